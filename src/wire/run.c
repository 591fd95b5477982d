/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/run.c - compact runs, written and read; protocol/changeset.md 8.
 *
 *   [device | nil, compartment, first_seq, prev, team_authority, [item…]]
 *   item = [epoch, authority | nil, content_root | nil, seen | nil, signature, body]
 *        / [epoch, authority | nil, content_root, seen | nil, signature, residue, hash, size]
 */
#include "run.h"

#include "fail.h"
#include "hash.h"
#include "msgpack.h"

#include <string.h>

#define ITEM_PARTS 6u
#define LEFT_PARTS 8u /* of an item with a residue: what the header says of the body, too */

void mir_run_writer_init(struct mir_run_writer *writer, const mirsal_env *env, size_t size_max)
{
    memset(writer, 0, sizeof *writer);
    mir_buf_init(&writer->items, env, size_max);
}

void mir_run_writer_fini(struct mir_run_writer *writer)
{
    mir_buf_fini(&writer->items);
    memset(writer, 0, sizeof *writer);
}

int mir_run_writer_follows(const struct mir_run_writer *writer, const struct mir_changeset *next)
{
    const struct mir_header *first = &writer->first;
    return writer->count == 0 || (writer->count < MIR_RUN_CHANGESETS_MAX &&
                                     mir_hash_equal(&first->team, &next->fields.team) &&
                                     mir_hash_equal(&first->device, &next->fields.device) &&
                                     first->compartment == next->fields.compartment &&
                                     first->seq + writer->count == next->fields.seq &&
                                     mir_hash_equal(&writer->id, &next->fields.prev));
}

static void write_hash_unless(struct mir_buf *out, int nil, const mirsal_hash *hash)
{
    if (nil) {
        mir_mp_write_nil(out);
    } else {
        mir_mp_write_bin(out, hash->bytes, sizeof hash->bytes);
    }
}

mirsal_code mir_run_writer_add(struct mir_run_writer *writer,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    const struct mir_header *fields = &changeset->fields;
    struct mir_buf *out = &writer->items;
    if (!mir_run_writer_follows(writer, changeset)) {
        return mir_fail(err, MIRSAL_MISUSE, "a changeset that does not continue its run");
    }
    if (writer->count == 0) {
        writer->first = *fields;
        writer->authority = fields->authority;
    }
    mir_mp_write_array(out, changeset->residue ? LEFT_PARTS : ITEM_PARTS);
    mir_mp_write_uint(out, fields->epoch);
    write_hash_unless(
        out, mir_hash_equal(&writer->authority, &fields->authority), &fields->authority);
    write_hash_unless(out, fields->compartment == MIR_COMPARTMENT_CONTROL, &fields->content_root);
    write_hash_unless(out, !fields->has_seen, &fields->seen);
    mir_mp_write_bin(out, changeset->signature.data, changeset->signature.size);
    mir_mp_write_bin(out, changeset->body.data, changeset->body.size);
    if (changeset->residue) {
        mir_mp_write_bin(out, fields->body_hash.bytes, sizeof fields->body_hash.bytes);
        mir_mp_write_uint(out, fields->body_size);
    }
    writer->authority = fields->authority;
    writer->id = changeset->id;
    writer->count++;
    return mir_buf_finish(out, err);
}

mirsal_code mir_run_writer_finish(struct mir_run_writer *writer,
    struct mir_buf *out,
    const mirsal_hash *session_device,
    mirsal_error *err)
{
    const struct mir_header *first = &writer->first;
    if (writer->count == 0) {
        return mir_fail(err, MIRSAL_MISUSE, "a run without a changeset");
    }
    mirsal_code code = mir_buf_finish(&writer->items, err);
    if (code != MIRSAL_OK) {
        return code;
    }
    mir_mp_write_array(out, 6);
    write_hash_unless(out, session_device != NULL && mir_hash_equal(session_device, &first->device),
        &first->device);
    mir_mp_write_uint(out, first->compartment);
    mir_mp_write_uint(out, first->seq);
    mir_mp_write_bin(out, first->prev.bytes, sizeof first->prev.bytes);
    mir_mp_write_bin(out, first->authority.bytes, sizeof first->authority.bytes);
    mir_mp_write_array(out, writer->count);
    mir_buf_append(out, writer->items.data, writer->items.size);
    mir_buf_reset(&writer->items);
    writer->count = 0;
    return mir_buf_finish(out, err);
}

/* A hash, or nil where that is allowed; 1 when there was a hash. */
static int read_hash_or_nil(struct mir_reader *reader, mirsal_hash *hash)
{
    if (mir_mp_read_nil_if(reader)) {
        return 0;
    }
    mir_mp_read_bin_exact(reader, hash->bytes, sizeof hash->bytes);
    return mir_reader_ok(reader);
}

static void read_head(struct mir_run_reader *run, const mirsal_hash *session_device)
{
    struct mir_reader *reader = &run->reader;
    mir_mp_read_array_exact(reader, 6);
    if (!read_hash_or_nil(reader, &run->next.device)) {
        if (session_device != NULL) {
            run->next.device = *session_device;
        } else {
            mir_reader_fail(reader, MIRSAL_MALFORMED, "no device");
        }
    }
    uint64_t compartment = mir_mp_read_uint(reader);
    run->next.seq = mir_mp_read_uint(reader);
    if (compartment > UINT8_MAX || run->next.seq < 1 || run->next.seq > INT64_MAX) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "no such place in a chain");
    }
    run->next.compartment = (uint8_t)compartment;
    mir_mp_read_bin_exact(reader, run->next.prev.bytes, sizeof run->next.prev.bytes);
    mir_mp_read_bin_exact(reader, run->next.authority.bytes, sizeof run->next.authority.bytes);
    run->left = mir_mp_read_array(reader, MIR_RUN_CHANGESETS_MAX);
    if (run->left == 0) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "a run without a changeset");
    }
    if (mir_reader_ok(reader) && run->left - 1 > (uint64_t)INT64_MAX - run->next.seq) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "no such place in a chain");
    }
}

mirsal_code mir_run_reader_init(struct mir_run_reader *reader,
    struct mir_bytes bytes,
    const mirsal_hash *team,
    const mirsal_hash *session_device,
    const mirsal_env *env,
    mirsal_error *err)
{
    memset(reader, 0, sizeof *reader);
    reader->env = env;
    reader->next.team = *team;
    mir_reader_init(&reader->reader, bytes.data, bytes.size);
    read_head(reader, session_device);
    if (mir_reader_ok(&reader->reader)) {
        return MIRSAL_OK;
    }
    return mir_reader_finish(&reader->reader, "run", err);
}

/* What the header says of a body: of one that came, or of one whose residue came. */
static void read_body(struct mir_run_reader *run, struct mir_changeset *out, uint32_t parts)
{
    struct mir_reader *reader = &run->reader;
    struct mir_header *next = &run->next;
    int control = next->compartment == MIR_COMPARTMENT_CONTROL;
    out->body = mir_mp_read_bin(reader, control ? MIR_CONTROL_BODY_SIZE_MAX : MIR_BODY_SIZE_MAX);
    out->residue = parts == LEFT_PARTS;
    if (out->residue) {
        mir_mp_read_bin_exact(reader, next->body_hash.bytes, sizeof next->body_hash.bytes);
        next->body_size = (uint32_t)mir_mp_read_uint_max(reader, MIR_BODY_SIZE_MAX);
        if (control) {
            mir_reader_fail(reader, MIRSAL_MALFORMED, "a residue of a control changeset");
        }
        return;
    }
    next->body_size = (uint32_t)out->body.size;
    mir_hash_bytes(&next->body_hash, MIR_CONTEXT_BODY, out->body.data, out->body.size);
    if (control) {
        next->content_root = next->body_hash;
    }
}

/* Reads an item into the fields of the header to come. */
static void read_item(struct mir_run_reader *run, struct mir_changeset *out)
{
    struct mir_reader *reader = &run->reader;
    struct mir_header *next = &run->next;
    mirsal_hash before = next->authority;
    uint32_t parts = mir_mp_read_array(reader, LEFT_PARTS);
    if (parts != ITEM_PARTS && parts != LEFT_PARTS) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "an item of another form");
    }
    uint64_t epoch = mir_mp_read_uint(reader);
    if (epoch > UINT32_MAX) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "an epoch over 32 bits");
    }
    next->epoch = (uint32_t)epoch;
    if (read_hash_or_nil(reader, &next->authority) && mir_hash_equal(&before, &next->authority)) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "an authority said twice");
    }
    int control = next->compartment == MIR_COMPARTMENT_CONTROL;
    if (read_hash_or_nil(reader, &next->content_root) == control) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "a content root where there is none");
    }
    next->has_seen = read_hash_or_nil(reader, &next->seen);
    out->signature = mir_mp_read_bin(reader, SIZE_MAX);
    read_body(run, out, parts);
}

int mir_run_reader_next(struct mir_run_reader *reader,
    struct mir_changeset *out,
    mirsal_code *code,
    mirsal_error *err)
{
    struct mir_changeset item = { 0 };
    struct mir_buf header;
    memset(out, 0, sizeof *out);
    if (reader->left == 0 || !mir_reader_ok(&reader->reader)) {
        *code = mir_reader_finish(&reader->reader, "run", err);
        return 0;
    }
    int first = reader->header[0] == 0; /* no header was built yet */
    mirsal_hash authority = reader->next.authority;
    read_item(reader, &item);
    if (first && !mir_hash_equal(&authority, &reader->next.authority)) {
        mir_reader_fail(&reader->reader, MIRSAL_MALFORMED, "an authority said twice");
    }
    if (!mir_reader_ok(&reader->reader)) {
        *code = mir_reader_finish(&reader->reader, "run", err);
        return 0;
    }
    mir_buf_init(&header, reader->env, sizeof reader->header);
    mir_header_encode(&header, &reader->next);
    *code = mir_buf_finish(&header, err);
    if (*code == MIRSAL_OK) {
        memcpy(reader->header, header.data, header.size);
        struct mir_bytes bytes = { reader->header, header.size };
        *code = item.residue ? mir_changeset_read_left(out, bytes, item.signature, item.body, err)
                             : mir_changeset_read(out, bytes, item.signature, item.body, err);
    }
    mir_buf_fini(&header);
    if (*code != MIRSAL_OK) {
        reader->left = 0;
        mir_reader_fail(&reader->reader, *code, "a changeset that breaks the rules");
        return 0;
    }
    reader->next.prev = out->id;
    reader->next.seq++;
    reader->left--;
    return 1;
}
