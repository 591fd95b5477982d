/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/changeset.c - headers and the lone form: reading, checking, verifying;
 * protocol/changeset.md 1.
 */
#include "changeset.h"

#include "fail.h"
#include "hash.h"
#include "mir_limits.h"
#include "msgpack.h"
#include "sign.h"

#include <string.h>

#define VERSION       1u
#define HEADER_FIELDS 12u

int mir_hash_equal(const mirsal_hash *a, const mirsal_hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

int mir_hash_compare(const mirsal_hash *a, const mirsal_hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

int mir_hash_is_zero(const mirsal_hash *hash)
{
    static const mirsal_hash zero;
    return mir_hash_equal(hash, &zero);
}

static void write_hash(struct mir_buf *out, const mirsal_hash *hash)
{
    mir_mp_write_bin(out, hash->bytes, sizeof hash->bytes);
}

static void read_hash(struct mir_reader *reader, mirsal_hash *hash)
{
    mir_mp_read_bin_exact(reader, hash->bytes, sizeof hash->bytes);
}

void mir_header_encode(struct mir_buf *out, const struct mir_header *header)
{
    mir_mp_write_array(out, HEADER_FIELDS);
    mir_mp_write_uint(out, VERSION);
    write_hash(out, &header->team);
    write_hash(out, &header->device);
    mir_mp_write_uint(out, header->compartment);
    mir_mp_write_uint(out, header->seq);
    write_hash(out, &header->prev);
    mir_mp_write_uint(out, header->epoch);
    write_hash(out, &header->authority);
    write_hash(out, &header->content_root);
    if (header->has_seen) {
        write_hash(out, &header->seen);
    } else {
        mir_mp_write_nil(out);
    }
    write_hash(out, &header->body_hash);
    mir_mp_write_uint(out, header->body_size);
}

static uint64_t read_up_to(struct mir_reader *reader, uint64_t max, const char *what)
{
    uint64_t value = mir_mp_read_uint(reader);
    if (value > max) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, what);
        return 0;
    }
    return value;
}

/* Rules on single fields, changeset.md 1.2; the first that is broken. */
static void check_fields(struct mir_reader *reader, const struct mir_header *header)
{
    int control = header->compartment == MIR_COMPARTMENT_CONTROL;
    int first = header->seq == 1;
    const char *broken = NULL;
    if (header->seq == 0 || first != mir_hash_is_zero(&header->prev)) {
        broken = "no place in a chain";
    } else if (control != (header->epoch == 0)) {
        broken = "an epoch that does not fit the compartment";
    } else if (mir_hash_is_zero(&header->authority) && !(control && first)) {
        broken = "no authority";
    }
    if (broken != NULL) {
        mir_reader_fail(reader, MIRSAL_MALFORMED, broken);
    } else if (header->body_size > (control ? MIR_CONTROL_BODY_SIZE_MAX : MIR_BODY_SIZE_MAX)) {
        mir_reader_fail(reader, MIRSAL_LIMIT, "a body over its limit");
    }
}

mirsal_code mir_header_decode(struct mir_header *out, struct mir_bytes bytes, mirsal_error *err)
{
    struct mir_reader reader;
    memset(out, 0, sizeof *out);
    if (bytes.size > MIR_HEADER_SIZE_MAX) {
        return mir_fail(err, MIRSAL_LIMIT, "a header of %zu bytes", bytes.size);
    }
    mir_reader_init(&reader, bytes.data, bytes.size);
    mir_mp_read_array_exact(&reader, HEADER_FIELDS);
    if (mir_mp_read_uint(&reader) != VERSION) {
        mir_reader_fail(&reader, MIRSAL_MALFORMED, "another version");
    }
    read_hash(&reader, &out->team);
    read_hash(&reader, &out->device);
    out->compartment = (uint8_t)read_up_to(&reader, UINT8_MAX, "no such compartment");
    out->seq = read_up_to(&reader, INT64_MAX, "a seq over 63 bits");
    read_hash(&reader, &out->prev);
    out->epoch = (uint32_t)read_up_to(&reader, UINT32_MAX, "an epoch over 32 bits");
    read_hash(&reader, &out->authority);
    read_hash(&reader, &out->content_root);
    out->has_seen = !mir_mp_read_nil_if(&reader);
    if (out->has_seen) {
        read_hash(&reader, &out->seen);
    }
    read_hash(&reader, &out->body_hash);
    out->body_size = (uint32_t)read_up_to(&reader, UINT32_MAX, "a size over 32 bits");
    if (mir_reader_ok(&reader) && mir_reader_left(&reader) == 0) {
        check_fields(&reader, out);
    }
    return mir_reader_finish(&reader, "header", err);
}

void mir_changeset_id(mirsal_hash *out, struct mir_bytes header)
{
    mir_hash_bytes(out, MIR_CONTEXT_CHANGESET, header.data, header.size);
}

/* Header, id and the sizes of both; the body is not compared. */
static mirsal_code read_parts(struct mir_changeset *out,
    struct mir_bytes header,
    struct mir_bytes signature,
    struct mir_bytes body,
    mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    mirsal_code code = mir_header_decode(&out->fields, header, err);
    if (code != MIRSAL_OK) {
        return code;
    }
    if (signature.size != MIR_SIGNATURE_SIZE) {
        return mir_fail(err, MIRSAL_MALFORMED, "a signature of %zu bytes", signature.size);
    }
    mir_changeset_id(&out->id, header);
    out->header = header;
    out->signature = signature;
    out->body = body;
    return MIRSAL_OK;
}

mirsal_code mir_changeset_read(struct mir_changeset *out,
    struct mir_bytes header,
    struct mir_bytes signature,
    struct mir_bytes body,
    mirsal_error *err)
{
    mirsal_hash hash;
    const struct mir_header *fields = &out->fields;
    mirsal_code code = read_parts(out, header, signature, body, err);
    if (code != MIRSAL_OK) {
        return code;
    }
    if (body.size != fields->body_size) {
        return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "a body of %zu bytes, where %u were signed",
            body.size, fields->body_size);
    }
    mir_hash_bytes(&hash, MIR_CONTEXT_BODY, body.data, body.size);
    if (!mir_hash_equal(&hash, &fields->body_hash)) {
        return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "another body than the one signed");
    }
    if (fields->compartment == MIR_COMPARTMENT_CONTROL &&
        !mir_hash_equal(&hash, &fields->content_root)) {
        return mir_fail(err, MIRSAL_BAD_ROOT, "content root of a control body is not its hash");
    }
    return MIRSAL_OK;
}

mirsal_code mir_changeset_read_left(struct mir_changeset *out,
    struct mir_bytes header,
    struct mir_bytes signature,
    struct mir_bytes residue,
    mirsal_error *err)
{
    mirsal_code code = read_parts(out, header, signature, residue, err);
    if (code == MIRSAL_OK && out->fields.compartment == MIR_COMPARTMENT_CONTROL) {
        code = mir_fail(err, MIRSAL_MALFORMED, "a residue of a control changeset");
    }
    if (code == MIRSAL_OK && residue.size > MIR_BODY_SIZE_MAX) {
        code = mir_fail(err, MIRSAL_LIMIT, "a residue of %zu bytes", residue.size);
    }
    out->residue = 1;
    return code;
}

mirsal_code mir_changeset_verify(const struct mir_changeset *changeset, mirsal_error *err)
{
    MIR_ASSERT(changeset->signature.size == MIR_SIGNATURE_SIZE);
    if (!mir_sign_verify(changeset->signature.data, MIR_CONTEXT_CHANGESET, changeset->header.data,
            changeset->header.size, changeset->fields.device.bytes)) {
        return mir_fail(err, MIRSAL_BAD_SIGNATURE, "signature of a changeset does not verify");
    }
    return MIRSAL_OK;
}

void mir_changeset_encode(struct mir_buf *out, const struct mir_changeset *changeset)
{
    mir_mp_write_array(out, 3);
    mir_mp_write_bin(out, changeset->header.data, changeset->header.size);
    mir_mp_write_bin(out, changeset->signature.data, changeset->signature.size);
    mir_mp_write_bin(out, changeset->body.data, changeset->body.size);
}

mirsal_code mir_changeset_decode(struct mir_changeset *out,
    struct mir_bytes bytes,
    mirsal_error *err)
{
    struct mir_reader reader;
    memset(out, 0, sizeof *out);
    mir_reader_init(&reader, bytes.data, bytes.size);
    mir_mp_read_array_exact(&reader, 3);
    struct mir_bytes header = mir_mp_read_bin(&reader, MIR_HEADER_SIZE_MAX);
    struct mir_bytes signature = mir_mp_read_bin(&reader, SIZE_MAX);
    struct mir_bytes body = mir_mp_read_bin(&reader, MIR_BODY_SIZE_MAX);
    mirsal_code code = mir_reader_finish(&reader, "changeset", err);
    return code == MIRSAL_OK ? mir_changeset_read(out, header, signature, body, err) : code;
}
