/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/invite.c - the invite string; see the header.
 */
#include "invite.h"

#include "fail.h"
#include "mir_limits.h"
#include "msgpack.h"
#include "text.h"

#include <string.h>

#define INVITE_VERSION 1u
#define ELEMENTS       12u
#define PREFIX_SIZE    (sizeof MIR_INVITE_PREFIX - 1)
#define TEXT_MAX       (MIR_INVITE_SIZE_MAX * 4 / 3 + 64)

static void write_optional(struct mir_buf *out, struct mir_bytes text)
{
    if (text.size > 0) {
        mir_mp_write_str(out, text.data, text.size);
    } else {
        mir_mp_write_nil(out);
    }
}

static void write_array(struct mir_buf *out, const struct mir_invite_string *invite)
{
    mir_mp_write_array(out, ELEMENTS);
    mir_mp_write_uint(out, INVITE_VERSION);
    mir_mp_write_bin(out, invite->team.bytes, sizeof invite->team.bytes);
    mir_mp_write_array(out, invite->changeset_count);
    for (uint32_t i = 0; i < invite->changeset_count; i++) {
        mir_mp_write_bin(out, invite->changesets[i].data, invite->changesets[i].size);
    }
    mir_mp_write_bin(out, invite->secret, sizeof invite->secret);
    write_optional(out, invite->label);
    write_optional(out, invite->relay_url);
    if (invite->has_relay) {
        mir_mp_write_bin(out, invite->relay_identity.bytes, sizeof invite->relay_identity.bytes);
    } else {
        mir_mp_write_nil(out);
    }
    mir_mp_write_uint(out, invite->relay_serial);
    mir_mp_write_array(out, invite->epoch_count);
    for (uint32_t i = 0; i < invite->epoch_count; i++) {
        const struct mir_epoch_public *epoch = &invite->epochs[i];
        mir_mp_write_array(out, 3);
        mir_mp_write_uint(out, epoch->compartment);
        mir_mp_write_uint(out, epoch->number);
        mir_mp_write_bin(out, epoch->public_key.bytes, sizeof epoch->public_key.bytes);
    }
    mir_mp_write_uint(out, invite->role);
    mir_mp_write_uint(out, invite->protected_ != 0);
    mir_mp_write_uint(out, invite->in_person != 0);
}

mirsal_code mir_invite_write(struct mir_buf *out,
    const struct mir_invite_string *invite,
    mirsal_error *err)
{
    struct mir_buf array;
    mir_buf_init(&array, out->env, MIR_INVITE_SIZE_MAX);
    write_array(&array, invite);
    mirsal_code rc = mir_buf_finish(&array, err);
    if (rc == MIRSAL_OK) {
        mir_buf_append_text(out, MIR_INVITE_PREFIX);
        mir_base64url_append(out, array.data, array.size);
        rc = mir_buf_finish(out, err);
    }
    mir_buf_fini(&array);
    return rc;
}

static struct mir_bytes read_optional(struct mir_reader *reader)
{
    struct mir_bytes none = { NULL, 0 };
    if (mir_mp_read_nil_if(reader)) {
        return none;
    }
    struct mir_bytes text = mir_mp_read_str(reader, MIR_INVITE_SIZE_MAX);
    if (text.size == 0) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "an empty text");
    }
    return text;
}

static uint64_t read_below(struct mir_reader *reader, uint64_t bound)
{
    uint64_t value = mir_mp_read_uint(reader);
    if (value >= bound) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "a number out of its range");
        return 0;
    }
    return value;
}

static void read_epochs(struct mir_reader *reader, struct mir_invite_string *out)
{
    out->epoch_count = mir_mp_read_array(reader, MIR_INVITE_EPOCHS_MAX);
    for (uint32_t i = 0; i < out->epoch_count && mir_reader_ok(reader); i++) {
        struct mir_epoch_public *epoch = &out->epochs[i];
        mir_mp_read_array_exact(reader, 3);
        epoch->compartment = (uint8_t)read_below(reader, 255);
        epoch->number = (uint32_t)read_below(reader, UINT64_C(1) << 32);
        mir_mp_read_bin_exact(reader, epoch->public_key.bytes, sizeof epoch->public_key.bytes);
        if (epoch->number == 0 || (i > 0 && out->epochs[i - 1].compartment >= epoch->compartment)) {
            mir_reader_fail(reader, MIRSAL_MALFORMED, "epochs do not ascend");
        }
    }
}

static void read_array(struct mir_reader *reader, struct mir_invite_string *out)
{
    mir_mp_read_bin_exact(reader, out->team.bytes, sizeof out->team.bytes);
    out->changeset_count = mir_mp_read_array(reader, MIR_INVITE_PROOFS_MAX);
    for (uint32_t i = 0; i < out->changeset_count && mir_reader_ok(reader); i++) {
        out->changesets[i] = mir_mp_read_bin(reader, MIR_INVITE_SIZE_MAX);
    }
    mir_mp_read_bin_exact(reader, out->secret, sizeof out->secret);
    out->label = read_optional(reader);
    out->relay_url = read_optional(reader);
    out->has_relay = !mir_mp_read_nil_if(reader);
    if (out->has_relay) {
        mir_mp_read_bin_exact(reader, out->relay_identity.bytes, sizeof out->relay_identity.bytes);
    }
    out->relay_serial = (uint32_t)read_below(reader, 65536);
    read_epochs(reader, out);
    out->role = (uint8_t)read_below(reader, 3);
    out->protected_ = (int)read_below(reader, 2);
    out->in_person = (int)read_below(reader, 2);
    if (out->changeset_count == 0 || out->has_relay != (out->relay_url.size > 0)) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, "a part is missing");
    }
}

static int is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct mir_bytes trimmed(struct mir_bytes text)
{
    while (text.size > 0 && is_blank(text.data[0])) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && is_blank(text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

mirsal_code mir_invite_read(struct mir_invite_string *out,
    struct mir_arena *arena,
    struct mir_bytes text,
    mirsal_error *err)
{
    struct mir_buf decoded;
    struct mir_reader reader;
    const uint8_t *kept = NULL;
    uint64_t version = 0;
    memset(out, 0, sizeof *out);
    text = trimmed(text);
    if (text.size > TEXT_MAX) {
        return mir_fail(err, MIRSAL_LIMIT, "the invite is too large");
    }
    if (text.size < PREFIX_SIZE || memcmp(text.data, MIR_INVITE_PREFIX, PREFIX_SIZE) != 0) {
        return mir_fail(err, MIRSAL_MALFORMED, "not an invite");
    }
    mir_buf_init(&decoded, arena->env, MIR_INVITE_SIZE_MAX);
    mirsal_code rc = MIRSAL_OK;
    const char *body = (const char *)text.data + PREFIX_SIZE;
    if (!mir_base64url_decode(&decoded, body, text.size - PREFIX_SIZE)) {
        rc = mir_fail(err, MIRSAL_MALFORMED, "the invite is damaged");
        goto out;
    }
    kept = mir_arena_copy(arena, decoded.data, decoded.size);
    if (kept == NULL) {
        rc = mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
        goto out;
    }
    mir_reader_init(&reader, kept, decoded.size);
    mir_mp_read_array_exact(&reader, ELEMENTS);
    version = mir_mp_read_uint(&reader);
    if (mir_reader_ok(&reader) && version != INVITE_VERSION) {
        rc = mir_fail(err, MIRSAL_VERSION, "an invite of another version");
        goto out;
    }
    read_array(&reader, out);
    rc = mir_reader_finish(&reader, "invite", err);
out:
    mir_buf_fini(&decoded);
    return rc;
}
