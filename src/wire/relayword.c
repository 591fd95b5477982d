/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/relayword.c - see the header; protocol/sync.md 5.
 */
#include "relayword.h"

#include "fail.h"
#include "mir_limits.h"
#include "msgpack.h"
#include "reader.h"

#include <string.h>

#define COMPARTMENT_MAX 255u

void mir_acknowledged_write(struct mir_buf *out, const struct mir_head *heads, size_t count)
{
    mir_mp_write_array(out, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        mir_mp_write_array(out, 3);
        mir_mp_write_uint(out, heads[i].compartment);
        mir_mp_write_uint(out, heads[i].seq);
        mir_mp_write_bin(out, heads[i].id.bytes, sizeof heads[i].id.bytes);
    }
}

uint32_t mir_acknowledged_begin(struct mir_reader *reader)
{
    return mir_mp_read_array(reader, MIR_HEADS_MAX);
}

void mir_acknowledged_next(struct mir_reader *reader, struct mir_head *head)
{
    mir_mp_read_array_exact(reader, 3);
    head->compartment = (uint8_t)mir_mp_read_uint_in(reader, COMPARTMENT_MAX);
    head->seq = mir_mp_read_uint(reader);
    mir_mp_read_bin_exact(reader, head->id.bytes, sizeof head->id.bytes);
}

static int is_below(const struct mir_head *a, const struct mir_head *b)
{
    if (a->compartment != b->compartment) {
        return a->compartment < b->compartment;
    }
    if (a->seq != b->seq) {
        return a->seq < b->seq;
    }
    return memcmp(&a->id, &b->id, sizeof a->id) < 0;
}

/* Moves behind the heads, which it gives as bytes. */
static struct mir_bytes read_heads(struct mir_reader *reader)
{
    size_t mark = reader->at;
    struct mir_head before = { .compartment = 0 };
    uint32_t count = mir_acknowledged_begin(reader);
    for (uint32_t i = 0; i < count && mir_reader_ok(reader); i++) {
        struct mir_head head = { .compartment = 0 };
        mir_acknowledged_next(reader, &head);
        if (i > 0 && !is_below(&before, &head)) {
            mir_reader_fail(reader, MIRSAL_MALFORMED, "heads are not ascending");
        }
        before = head;
    }
    return mir_reader_since(reader, mark);
}

void mir_relay_word_write(struct mir_buf *out, const struct mir_relay_word *word)
{
    const struct mir_checkpoint *checkpoint = &word->checkpoint;
    const struct mir_acknowledgement *given = &word->acknowledgement;
    int is_checkpoint = word->kind == MIR_WORD_CHECKPOINT;
    mir_mp_write_array(out, is_checkpoint ? 7 : 8);
    mir_mp_write_uint(out, word->kind);
    mir_mp_write_bin(out, word->identity.bytes, sizeof word->identity.bytes);
    if (is_checkpoint) {
        mir_mp_write_bin(out, checkpoint->store_epoch, sizeof checkpoint->store_epoch);
        mir_mp_write_uint(out, checkpoint->size);
        mir_mp_write_bin(out, checkpoint->root.bytes, sizeof checkpoint->root.bytes);
        mir_mp_write_uint(out, checkpoint->time_ms);
        mir_mp_write_bin(out, checkpoint->signature, sizeof checkpoint->signature);
        return;
    }
    mir_mp_write_bin(out, given->store_epoch, sizeof given->store_epoch);
    mir_mp_write_uint(out, given->size);
    mir_mp_write_uint(out, given->time_ms);
    mir_mp_write_bin(out, given->device.bytes, sizeof given->device.bytes);
    mir_buf_append(out, given->heads.data, given->heads.size);
    mir_mp_write_bin(out, given->signature, sizeof given->signature);
}

mirsal_code mir_relay_word_read(struct mir_relay_word *out,
    struct mir_bytes bytes,
    mirsal_error *err)
{
    struct mir_checkpoint *checkpoint = &out->checkpoint;
    struct mir_acknowledgement *given = &out->acknowledgement;
    struct mir_reader reader;
    memset(out, 0, sizeof *out);
    if (bytes.size > MIR_RELAY_WORD_SIZE_MAX) {
        return mir_fail(err, MIRSAL_LIMIT, "a relay's word of %zu bytes", bytes.size);
    }
    mir_reader_init(&reader, bytes.data, bytes.size);
    uint32_t count = mir_mp_read_array(&reader, UINT32_MAX); /* judged below */
    uint64_t kind = mir_mp_read_uint(&reader);
    if (mir_reader_ok(&reader) && !(kind == MIR_WORD_CHECKPOINT && count == 7) &&
        !(kind == MIR_WORD_ACKNOWLEDGEMENT && count == 8)) {
        mir_reader_fail(&reader, MIRSAL_MALFORMED, "no word of a relay");
    }
    out->kind = (enum mir_word_kind)kind;
    mir_mp_read_bin_exact(&reader, out->identity.bytes, sizeof out->identity.bytes);
    if (kind == MIR_WORD_CHECKPOINT) {
        mir_mp_read_bin_exact(&reader, checkpoint->store_epoch, sizeof checkpoint->store_epoch);
        checkpoint->size = mir_mp_read_uint(&reader);
        mir_mp_read_bin_exact(&reader, checkpoint->root.bytes, sizeof checkpoint->root.bytes);
        checkpoint->time_ms = mir_mp_read_uint(&reader);
        mir_mp_read_bin_exact(&reader, checkpoint->signature, sizeof checkpoint->signature);
    } else {
        mir_mp_read_bin_exact(&reader, given->store_epoch, sizeof given->store_epoch);
        given->size = mir_mp_read_uint(&reader);
        given->time_ms = mir_mp_read_uint(&reader);
        mir_mp_read_bin_exact(&reader, given->device.bytes, sizeof given->device.bytes);
        given->heads = read_heads(&reader);
        mir_mp_read_bin_exact(&reader, given->signature, sizeof given->signature);
    }
    return mir_reader_finish(&reader, "a relay's word", err);
}

int mir_relay_word_verify(const struct mir_relay_word *word, const mirsal_hash *team)
{
    return word->kind == MIR_WORD_CHECKPOINT
               ? mir_checkpoint_verify(&word->checkpoint, &word->identity, team)
               : mir_acknowledgement_verify(&word->acknowledgement, &word->identity, team);
}
