/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/handoff_read.c - the reader of a handoff's content; protocol/handoff.md 2, 7.
 *
 * Frames come in one order that the manifest's counts fix, so the reader always knows which one is
 * next; it holds that one, the manifest, the certificates until they are judged, and per changeset
 * its root. Everything is judged as it comes, and nothing may be shown before the end was reached.
 */
#include "handoff.h"

#include "changeset.h"
#include "fail.h"
#include "handoff_leaf.h"
#include "hash.h"
#include "mir_limits.h"
#include "msgpack.h"
#include "sign.h"

#include <string.h>

#define HEAD_SIZE        5u
#define MANIFEST_MEMORY  ((size_t)128 << 20)
#define CONTROL_MEMORY   ((size_t)64 << 20)
#define ROLE_MONITOR     1
#define ROLE_COORDINATOR 2

struct mir_handoff_reader {
    struct mir_handoff_reading reading;
    struct mir_arena arena;   /* manifest, roots */
    struct mir_arena control; /* certificates, until they are judged */
    struct mir_buf pending;
    struct mir_handoff_digest digest;
    struct mir_handoff_manifest manifest;
    mirsal_hash hash;
    int has_manifest;
    struct mir_bytes *certificates;
    uint32_t certificate_count;
    struct mir_handoff_shown_device *shown;
    size_t shown_count;
    int has_schema;
    struct mir_handoff_root *roots; /* of changesets */
    uint32_t changeset_count;
    uint32_t record_count;
    int failed;
};

mirsal_code mir_handoff_reader_open(struct mir_handoff_reader **out,
    const struct mir_handoff_reading *reading,
    mirsal_error *err)
{
    const mirsal_env *env = reading->env;
    *out = NULL;
    struct mir_handoff_reader *reader =
        env->resize(env->context, NULL, 0, sizeof(struct mir_handoff_reader));
    if (reader == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    memset(reader, 0, sizeof *reader);
    reader->reading = *reading;
    mir_arena_init(&reader->arena, env, MANIFEST_MEMORY);
    mir_arena_init(&reader->control, env, CONTROL_MEMORY);
    mir_buf_init(&reader->pending, env, (size_t)2 * MIR_HANDOFF_FRAME_SIZE_MAX + HEAD_SIZE);
    mir_handoff_digest_init(&reader->digest, env);
    *out = reader;
    return MIRSAL_OK;
}

void mir_handoff_reader_close(struct mir_handoff_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    const mirsal_env *env = reader->reading.env;
    mir_handoff_digest_fini(&reader->digest);
    mir_buf_fini(&reader->pending);
    mir_arena_fini(&reader->control);
    mir_arena_fini(&reader->arena);
    (void)env->resize(env->context, reader, sizeof *reader, 0);
}

const struct mir_handoff_manifest *mir_handoff_reader_manifest(
    const struct mir_handoff_reader *reader)
{
    return reader->has_manifest ? &reader->manifest : NULL;
}

const mirsal_hash *mir_handoff_reader_hash(const struct mir_handoff_reader *reader)
{
    return &reader->hash;
}

static int same(const mirsal_hash *a, const mirsal_hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static mirsal_code no_memory(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

/* A payload that must parse whole. */
static mirsal_code finish_payload(const struct mir_reader *payload,
    const char *what,
    uint32_t at,
    mirsal_error *err)
{
    mirsal_code rc = mir_reader_finish(payload, what, NULL);
    if (rc == MIRSAL_OK) {
        return MIRSAL_OK;
    }
    return mir_handoff_refuse(err, rc == MIRSAL_LIMIT ? MIR_HANDOFF_LIMIT : MIR_HANDOFF_FORM,
        "%s %u does not parse", what, at);
}

static mirsal_code check_recipient(const struct mir_handoff_reader *reader, mirsal_error *err)
{
    const struct mir_handoff_manifest *manifest = &reader->manifest;
    for (size_t i = 0; i < reader->reading.key_count; i++) {
        for (uint32_t k = 0; k < manifest->recipient_count; k++) {
            if (same(&reader->reading.keys[i].sign, &manifest->recipients[k].sign) &&
                same(&reader->reading.keys[i].hpke, &manifest->recipients[k].hpke)) {
                return MIRSAL_OK;
            }
        }
    }
    return reader->reading.key_count == 0 ? MIRSAL_OK
                                          : mir_handoff_refuse(err, MIR_HANDOFF_RECIPIENT,
                                                "the manifest names other recipients");
}

static mirsal_code make_room(struct mir_handoff_reader *reader, mirsal_error *err)
{
    const struct mir_handoff_manifest *manifest = &reader->manifest;
    reader->certificates =
        mir_arena_alloc(&reader->control, manifest->control_count, sizeof *reader->certificates);
    reader->roots = mir_arena_alloc(
        &reader->arena, (size_t)manifest->changeset_count + 1, sizeof *reader->roots);
    return reader->certificates == NULL || reader->roots == NULL ? no_memory(err) : MIRSAL_OK;
}

static mirsal_code take_manifest(struct mir_handoff_reader *reader,
    struct mir_bytes payload,
    mirsal_error *err)
{
    struct mir_reader cursor;
    uint8_t signature[64] = { 0 };
    const struct mir_handoff_sink *sink = &reader->reading.sink;
    mir_reader_init(&cursor, payload.data, payload.size);
    mir_mp_read_array_exact(&cursor, 2);
    struct mir_bytes bytes = mir_mp_read_bin(&cursor, MIR_HANDOFF_FRAME_SIZE_MAX);
    mir_mp_read_bin_exact(&cursor, signature, sizeof signature);
    mirsal_code rc = finish_payload(&cursor, "the manifest's frame", 0, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    uint8_t *kept = mir_arena_copy(&reader->arena, bytes.data, bytes.size);
    if (kept == NULL) {
        return no_memory(err);
    }
    bytes.data = kept;
    mir_handoff_manifest_hash(&reader->hash, bytes);
    rc = mir_handoff_manifest_read(&reader->manifest, &reader->arena, bytes, err);
    if (rc == MIRSAL_OK && !mir_sign_verify(signature, MIR_CONTEXT_MANIFEST, reader->hash.bytes,
                               sizeof reader->hash.bytes, reader->manifest.signer.bytes)) {
        rc = mir_handoff_refuse(
            err, MIR_HANDOFF_SIGNATURE, "the manifest's signature does not verify");
    }
    if (rc == MIRSAL_OK) {
        rc = check_recipient(reader, err);
    }
    if (rc == MIRSAL_OK && reader->reading.from != NULL &&
        !same(reader->reading.from, &reader->manifest.team)) {
        rc = mir_handoff_refuse(err, MIR_HANDOFF_FROM, "it is of another team");
    }
    if (rc == MIRSAL_OK) {
        rc = make_room(reader, err);
    }
    reader->has_manifest = rc == MIRSAL_OK;
    return rc == MIRSAL_OK && sink->manifest != NULL
               ? sink->manifest(sink->context, &reader->manifest, err)
               : rc;
}

static mirsal_code judge_certificates(struct mir_handoff_reader *reader, mirsal_error *err)
{
    const struct mir_handoff_manifest *manifest = &reader->manifest;
    mirsal_code rc = mir_handoff_chain(&reader->shown, &reader->shown_count, &reader->arena,
        &manifest->team, reader->certificates, reader->certificate_count, err);
    if (rc == MIRSAL_OK && mir_handoff_role(reader->shown, reader->shown_count, &manifest->signer) <
                               ROLE_COORDINATOR) {
        rc = mir_handoff_refuse(err, MIR_HANDOFF_SIGNER,
            "no certificate shows that its signer is a coordinator or admin of the team");
    }
    mir_arena_fini(&reader->control);
    return rc;
}

static mirsal_code take_control(struct mir_handoff_reader *reader,
    struct mir_bytes payload,
    mirsal_error *err)
{
    struct mir_changeset changeset;
    uint32_t at = reader->certificate_count;
    if (mir_changeset_decode(&changeset, payload, NULL) != MIRSAL_OK ||
        !same(&changeset.id, &reader->manifest.control[at])) {
        return mir_handoff_refuse(err, MIR_HANDOFF_CERTIFICATE,
            "certificate %u is not the one that the manifest names", at);
    }
    uint8_t *kept = mir_arena_copy(&reader->control, payload.data, payload.size);
    if (kept == NULL) {
        return mir_handoff_refuse(err, MIR_HANDOFF_LIMIT, "the certificates are too large");
    }
    reader->certificates[at] = (struct mir_bytes){ kept, payload.size };
    reader->certificate_count++;
    return reader->certificate_count == reader->manifest.control_count
               ? judge_certificates(reader, err)
               : MIRSAL_OK;
}

static mirsal_code check_authors(const struct mir_handoff_reader *reader, mirsal_error *err)
{
    const struct mir_handoff_manifest *manifest = &reader->manifest;
    for (uint32_t i = 0; i < manifest->author_count; i++) {
        int role =
            mir_handoff_role(reader->shown, reader->shown_count, &manifest->authors[i].device);
        if (role < ROLE_MONITOR || (uint32_t)role != manifest->authors[i].role) {
            return mir_handoff_refuse(err, MIR_HANDOFF_AUTHOR,
                "no certificate shows author %u in the role that the manifest says", i + 1);
        }
    }
    return MIRSAL_OK;
}

static mirsal_code take_schema(struct mir_handoff_reader *reader,
    struct mir_bytes payload,
    mirsal_error *err)
{
    const struct mir_handoff_sink *sink = &reader->reading.sink;
    mirsal_hash hash;
    mir_hash_bytes(&hash, MIR_CONTEXT_POLICY, payload.data, payload.size);
    if (!same(&hash, &reader->manifest.schema)) {
        return mir_handoff_refuse(
            err, MIR_HANDOFF_SCHEMA, "the schema is not the one that the manifest names");
    }
    reader->has_schema = 1;
    mirsal_code rc = sink->schema == NULL ? MIRSAL_OK : sink->schema(sink->context, payload, err);
    return rc == MIRSAL_OK ? check_authors(reader, err) : rc;
}

static mirsal_code check_changeset(struct mir_handoff_reader *reader,
    struct mir_changeset *changeset,
    mirsal_error *err)
{
    uint32_t at = reader->changeset_count;
    const struct mir_handoff_source *source = &reader->manifest.changesets[at];
    const char *what = NULL;
    if (mir_header_decode(&changeset->fields, changeset->header, NULL) != MIRSAL_OK) {
        what = "its header does not parse";
    } else {
        mir_changeset_id(&changeset->id, changeset->header);
        if (!same(&changeset->id, &source->id)) {
            what = "is not the one that the manifest names";
        } else if (!same(&changeset->fields.team, &reader->manifest.team) ||
                   changeset->fields.compartment == MIR_COMPARTMENT_CONTROL) {
            what = "is not of this team's records";
        } else if (mir_changeset_verify(changeset, NULL) != MIRSAL_OK) {
            what = "its signature does not verify";
        } else if (!same(&changeset->fields.device,
                       &reader->manifest.authors[source->author].device)) {
            what = "is another author's";
        }
    }
    return what == NULL
               ? MIRSAL_OK
               : mir_handoff_refuse(err, MIR_HANDOFF_CHANGESET, "changeset %u: %s", at, what);
}

static mirsal_code take_changeset(struct mir_handoff_reader *reader,
    struct mir_bytes payload,
    mirsal_error *err)
{
    struct mir_reader cursor;
    struct mir_changeset changeset;
    struct mir_handoff_leaf leaf;
    const struct mir_handoff_sink *sink = &reader->reading.sink;
    uint32_t at = reader->changeset_count;
    struct mir_handoff_place place = { "changeset", at, 0 };
    struct mir_handoff_roots roots = { reader->roots, reader->manifest.changeset_count,
        &reader->roots[at], 0 };
    memset(&changeset, 0, sizeof changeset);
    mir_reader_init(&cursor, payload.data, payload.size);
    mir_mp_read_array_exact(&cursor, 3);
    changeset.header = mir_mp_read_bin(&cursor, MIR_HEADER_SIZE_MAX);
    changeset.signature = mir_mp_read_bin(&cursor, MIR_SIGNATURE_SIZE);
    if (!mir_reader_ok(&cursor) || changeset.signature.size != MIR_SIGNATURE_SIZE) {
        return mir_handoff_refuse(err, MIR_HANDOFF_FORM, "changeset %u does not parse", at);
    }
    mirsal_code rc = check_changeset(reader, &changeset, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    reader->roots[at].hash = changeset.fields.content_root;
    rc = mir_handoff_leaf_read(&leaf, &cursor, &roots, &place, err);
    if (rc == MIRSAL_OK && (leaf.kind != 1 || leaf.from != at)) {
        rc = mir_handoff_refuse_leaf(err, MIR_HANDOFF_LEAF, &place, "is not its own stamp");
    }
    if (rc == MIRSAL_OK) {
        rc = finish_payload(&cursor, "changeset", at, err);
    }
    reader->roots[at].used = 0;
    reader->changeset_count++;
    return rc == MIRSAL_OK && sink->claimed != NULL
               ? sink->claimed(sink->context, at, leaf.stamp, err)
               : rc;
}

static mirsal_code check_shown(struct mir_handoff_reader *reader,
    uint32_t leaves,
    mirsal_error *err)
{
    const struct mir_handoff_record *record = &reader->manifest.records[reader->record_count];
    mirsal_hash shown;
    mirsal_code rc = mir_handoff_digest_end(&shown, &reader->digest, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (leaves != record->leaves) {
        return mir_handoff_refuse(err, MIR_HANDOFF_UNDECLARED,
            "record %u has %u leaves, the manifest says %u", reader->record_count, leaves,
            record->leaves);
    }
    return same(&shown, &record->shown)
               ? MIRSAL_OK
               : mir_handoff_refuse(err, MIR_HANDOFF_UNDECLARED,
                     "record %u shows other leaves than the manifest says", reader->record_count);
}

static mirsal_code take_record(struct mir_handoff_reader *reader,
    struct mir_bytes payload,
    mirsal_error *err)
{
    struct mir_reader cursor;
    const struct mir_handoff_sink *sink = &reader->reading.sink;
    uint32_t at = reader->record_count;
    const struct mir_handoff_record *record = &reader->manifest.records[at];
    struct mir_handoff_leaf leaves[2];
    struct mir_handoff_root own = { .hash = record->root };
    int attested = reader->manifest.mode == MIR_HANDOFF_ATTESTED;
    struct mir_handoff_roots roots = { reader->roots, reader->manifest.changeset_count,
        attested ? &own : NULL, attested };
    mirsal_code rc = MIRSAL_OK;
    mir_reader_init(&cursor, payload.data, payload.size);
    uint32_t count = mir_mp_read_array(&cursor, MIR_LEAVES_MAX);
    if (!mir_reader_ok(&cursor) || count == 0) {
        return mir_handoff_refuse(err, MIR_HANDOFF_FORM, "record %u does not parse", at);
    }
    memset(leaves, 0, sizeof leaves);
    for (uint32_t i = 0; i < count && rc == MIRSAL_OK; i++) {
        struct mir_handoff_leaf *leaf = &leaves[i & 1u];
        struct mir_handoff_place place = { "record", at, i };
        rc = mir_handoff_leaf_read(leaf, &cursor, &roots, &place, err);
        if (rc == MIRSAL_OK) {
            rc = mir_handoff_leaf_check(record, leaf, &leaves[(i & 1u) ^ 1u], &place, err);
        }
        if (rc == MIRSAL_OK && sink->leaf != NULL) {
            rc = sink->leaf(sink->context, at, i, leaf, err);
        }
        mir_handoff_digest_add(&reader->digest, &leaf->hash);
    }
    if (rc == MIRSAL_OK) {
        rc = finish_payload(&cursor, "record", at, err);
    }
    if (rc == MIRSAL_OK) {
        rc = check_shown(reader, count, err);
    }
    if (rc == MIRSAL_OK && sink->record != NULL) {
        rc = sink->record(sink->context, at, err);
    }
    reader->record_count++;
    return rc;
}

/* The kind of the next frame, 0 when all are there. */
static unsigned next_kind(const struct mir_handoff_reader *reader)
{
    if (!reader->has_manifest) {
        return MIR_HANDOFF_FRAME_MANIFEST;
    }
    if (reader->certificate_count < reader->manifest.control_count) {
        return MIR_HANDOFF_FRAME_CONTROL;
    }
    if (!reader->has_schema) {
        return MIR_HANDOFF_FRAME_SCHEMA;
    }
    if (reader->changeset_count < reader->manifest.changeset_count) {
        return MIR_HANDOFF_FRAME_CHANGESET;
    }
    return reader->record_count < reader->manifest.record_count ? MIR_HANDOFF_FRAME_RECORD : 0;
}

/* 5.4 */
static mirsal_code check_used(const struct mir_handoff_reader *reader, mirsal_error *err)
{
    const struct mir_handoff_manifest *manifest = &reader->manifest;
    for (uint32_t i = 0; i < manifest->changeset_count; i++) {
        if (!reader->roots[i].used) {
            return mir_handoff_refuse(
                err, MIR_HANDOFF_UNUSED, "no record shows a leaf of changeset %u", i);
        }
    }
    for (uint32_t author = 0; author < manifest->author_count; author++) {
        uint32_t at = 0;
        while (at < manifest->changeset_count && manifest->changesets[at].author != author) {
            at++;
        }
        if (at == manifest->changeset_count) {
            return mir_handoff_refuse(
                err, MIR_HANDOFF_AUTHOR, "author %u has no changeset", author + 1);
        }
    }
    return MIRSAL_OK;
}

static mirsal_code take_frame(struct mir_handoff_reader *reader,
    unsigned kind,
    struct mir_bytes payload,
    mirsal_error *err)
{
    switch (kind) {
    case MIR_HANDOFF_FRAME_MANIFEST:
        return take_manifest(reader, payload, err);
    case MIR_HANDOFF_FRAME_CONTROL:
        return take_control(reader, payload, err);
    case MIR_HANDOFF_FRAME_SCHEMA:
        return take_schema(reader, payload, err);
    case MIR_HANDOFF_FRAME_CHANGESET:
        return take_changeset(reader, payload, err);
    default:
        return take_record(reader, payload, err);
    }
}

/* Takes whole frames from what is pending. */
static mirsal_code take_frames(struct mir_handoff_reader *reader, mirsal_error *err)
{
    struct mir_bytes pending = mir_buf_bytes(&reader->pending);
    size_t at = 0;
    mirsal_code rc = MIRSAL_OK;
    while (rc == MIRSAL_OK && at < pending.size) {
        struct mir_reader head;
        unsigned kind = next_kind(reader);
        mir_reader_init(&head, pending.data + at, pending.size - at);
        unsigned given = mir_reader_u8(&head);
        uint32_t size = mir_reader_be32(&head);
        if (kind == 0) {
            rc = check_used(reader, err);
            return rc != MIRSAL_OK ? rc
                                   : mir_handoff_refuse(err, MIR_HANDOFF_TRAILING,
                                         "bytes stand behind the last record");
        }
        if (given != kind) {
            return mir_handoff_refuse(
                err, MIR_HANDOFF_FORM, "a frame of kind %u where %u is due", given, kind);
        }
        if (!mir_reader_ok(&head)) {
            break;
        }
        if (size > MIR_HANDOFF_FRAME_SIZE_MAX) {
            return mir_handoff_refuse(err, MIR_HANDOFF_LIMIT, "a frame of %u bytes", size);
        }
        struct mir_bytes payload = mir_reader_take(&head, size);
        if (!mir_reader_ok(&head)) {
            break;
        }
        rc = take_frame(reader, kind, payload, err);
        at += HEAD_SIZE + (size_t)size;
    }
    mir_buf_consume(&reader->pending, at < pending.size ? at : pending.size);
    return rc;
}

mirsal_code mir_handoff_reader_feed(struct mir_handoff_reader *reader,
    struct mir_bytes bytes,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    if (reader->failed) {
        return mir_fail(err, MIRSAL_MISUSE, "a handoff that was refused is read on");
    }
    while (bytes.size > 0 && rc == MIRSAL_OK) {
        size_t piece =
            bytes.size < MIR_HANDOFF_FRAME_SIZE_MAX ? bytes.size : MIR_HANDOFF_FRAME_SIZE_MAX;
        mir_buf_append(&reader->pending, bytes.data, piece);
        bytes.data += piece;
        bytes.size -= piece;
        rc = mir_buf_finish(&reader->pending, err);
        rc = rc == MIRSAL_OK ? take_frames(reader, err) : rc;
    }
    reader->failed = rc != MIRSAL_OK;
    return rc;
}

mirsal_code mir_handoff_reader_end(struct mir_handoff_reader *reader, mirsal_error *err)
{
    static const char *const names[] = { "", "manifest", "certificate", "schema", "changeset",
        "record" };
    if (reader->failed) {
        return mir_fail(err, MIRSAL_MISUSE, "a handoff that was refused is read on");
    }
    unsigned kind = next_kind(reader);
    if (kind != 0) {
        return mir_handoff_refuse(err, MIR_HANDOFF_TRUNCATED, "it ends before its %s %u",
            names[kind],
            kind == MIR_HANDOFF_FRAME_CONTROL     ? reader->certificate_count
            : kind == MIR_HANDOFF_FRAME_CHANGESET ? reader->changeset_count
                                                  : reader->record_count);
    }
    return check_used(reader, err);
}
