/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/handoff_manifest.c - a handoff's manifest as bytes and as a struct, and frames around
 * payloads; protocol/handoff.md 2.1, 3.
 */
#include "handoff.h"

#include "fail.h"
#include "hash.h"
#include "mir_limits.h"
#include "msgpack.h"
#include "sign.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MANIFEST_VERSION 1u
#define MANIFEST_ITEMS   23u

const char *mir_handoff_reason_name(enum mir_handoff_reason reason)
{
    static const char *const names[] = {
#define REASON_NAME(name, text) [MIR_HANDOFF_##name] = (text),
        MIR_HANDOFF_REASONS(REASON_NAME)
#undef REASON_NAME
    };
    return names[reason];
}

mirsal_code mir_handoff_refuse(mirsal_error *err,
    enum mir_handoff_reason reason,
    const char *format,
    ...)
{
    char text[160];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return mir_fail_field(err,
        reason == MIR_HANDOFF_VERSION ? MIRSAL_VERSION : MIRSAL_NOT_AUTHENTIC,
        mir_handoff_reason_name(reason), "handoff refused (%s): %s",
        mir_handoff_reason_name(reason), text);
}

static void write_id(struct mir_buf *out, const mirsal_id *id)
{
    mir_mp_write_bin(out, id->bytes, sizeof id->bytes);
}

static void write_hash(struct mir_buf *out, const mirsal_hash *hash)
{
    mir_mp_write_bin(out, hash->bytes, sizeof hash->bytes);
}

static void write_optional(struct mir_buf *out, struct mir_bytes text)
{
    if (text.size > 0) {
        mir_mp_write_str(out, text.data, text.size);
    } else {
        mir_mp_write_nil(out);
    }
}

static void write_recipients(struct mir_buf *out, const struct mir_handoff_manifest *manifest)
{
    mir_mp_write_array(out, manifest->recipient_count);
    for (uint32_t i = 0; i < manifest->recipient_count; i++) {
        const struct mir_org_key *key = &manifest->recipients[i];
        mir_mp_write_array(out, 4);
        write_hash(out, &key->team);
        write_hash(out, &key->sign);
        write_hash(out, &key->hpke);
        mir_mp_write_str(out, key->name.data, key->name.size);
    }
}

static void write_update(struct mir_buf *out, const struct mir_handoff_manifest *manifest)
{
    if (manifest->is_update) {
        mir_mp_write_bin(out, manifest->update_of, sizeof manifest->update_of);
    } else {
        mir_mp_write_nil(out);
    }
    mir_mp_write_array(out, manifest->retraction_count);
    for (uint32_t i = 0; i < manifest->retraction_count; i++) {
        mir_mp_write_array(out, 2);
        write_id(out, &manifest->retractions[i].record);
        mir_mp_write_uint(out, manifest->retractions[i].why);
    }
    mir_mp_write_array(out, manifest->supersede_count);
    for (uint32_t i = 0; i < manifest->supersede_count; i++) {
        mir_mp_write_array(out, 3);
        write_id(out, &manifest->supersedes[i].record);
        mir_mp_write_uint(out, manifest->supersedes[i].field);
        write_hash(out, &manifest->supersedes[i].leaf);
    }
}

static void write_authors(struct mir_buf *out, const struct mir_handoff_manifest *manifest)
{
    mir_mp_write_array(out, manifest->author_count);
    for (uint32_t i = 0; i < manifest->author_count; i++) {
        mir_mp_write_array(out, 2);
        write_hash(out, &manifest->authors[i].device);
        mir_mp_write_uint(out, manifest->authors[i].role);
    }
    mir_mp_write_array(out, manifest->changeset_count);
    for (uint32_t i = 0; i < manifest->changeset_count; i++) {
        mir_mp_write_array(out, 2);
        write_hash(out, &manifest->changesets[i].id);
        mir_mp_write_uint(out, manifest->changesets[i].author);
    }
}

static void write_records(struct mir_buf *out, const struct mir_handoff_manifest *manifest)
{
    mir_mp_write_array(out, manifest->record_count);
    for (uint32_t i = 0; i < manifest->record_count; i++) {
        const struct mir_handoff_record *record = &manifest->records[i];
        mir_mp_write_array(out, 6);
        write_id(out, &record->id);
        mir_mp_write_uint(out, record->type);
        if (manifest->mode == MIR_HANDOFF_ATTESTED) {
            write_hash(out, &record->root);
        } else {
            mir_mp_write_nil(out);
        }
        mir_mp_write_uint(out, record->leaves);
        write_hash(out, &record->shown);
        mir_mp_write_array(out, record->withheld_count);
        for (uint32_t k = 0; k < record->withheld_count; k++) {
            mir_mp_write_uint(out, record->withheld[k]);
        }
    }
    mir_mp_write_array(out, manifest->left_count);
    for (uint32_t i = 0; i < manifest->left_count; i++) {
        mir_mp_write_array(out, 3);
        write_id(out, &manifest->left[i].id);
        mir_mp_write_uint(out, manifest->left[i].type);
        mir_mp_write_uint(out, manifest->left[i].why);
    }
}

int mir_handoff_superseded_compare(const struct mir_handoff_superseded *left,
    const struct mir_handoff_superseded *right)
{
    int order = memcmp(&left->record, &right->record, sizeof left->record);
    if (order == 0 && left->field != right->field) {
        order = left->field < right->field ? -1 : 1;
    }
    return order != 0 ? order : memcmp(&left->leaf, &right->leaf, sizeof left->leaf);
}

void mir_handoff_manifest_write(struct mir_buf *out, const struct mir_handoff_manifest *manifest)
{
    mir_mp_write_array(out, MANIFEST_ITEMS);
    mir_mp_write_uint(out, MANIFEST_VERSION);
    mir_mp_write_uint(out, manifest->mode);
    mir_mp_write_bin(out, manifest->handoff, sizeof manifest->handoff);
    write_hash(out, &manifest->team);
    mir_mp_write_str(out, manifest->name.data, manifest->name.size);
    write_hash(out, &manifest->signer);
    mir_mp_write_uint(out, manifest->made_ms);
    write_recipients(out, manifest);
    write_optional(out, manifest->purpose);
    write_optional(out, manifest->terms);
    if (manifest->has_until) {
        mir_mp_write_int(out, manifest->until);
    } else {
        mir_mp_write_nil(out);
    }
    mir_mp_write_uint(out, manifest->release);
    write_hash(out, &manifest->as_of);
    mir_mp_write_array(out, manifest->control_count);
    for (uint32_t i = 0; i < manifest->control_count; i++) {
        write_hash(out, &manifest->control[i]);
    }
    write_hash(out, &manifest->schema);
    write_update(out, manifest);
    write_authors(out, manifest);
    write_records(out, manifest);
    mir_mp_write_array(out, 0);
}

/* What reading a manifest needs besides the cursor. */
struct parser {
    struct mir_reader reader;
    struct mir_arena *arena;
    int no_memory;
};

static void break_form(struct parser *parser, const char *what)
{
    mir_reader_fail(&parser->reader, MIRSAL_MALFORMED, what);
}

/* Room for a list of items, each of which takes at least a byte of what is left. */
static void *read_list(struct parser *parser, uint32_t *count, uint32_t count_max, size_t size)
{
    *count = mir_mp_read_array(&parser->reader, count_max);
    if (!mir_reader_ok(&parser->reader)) {
        *count = 0;
        return NULL;
    }
    void *items = mir_arena_alloc(parser->arena, (size_t)*count + 1, size);
    if (items == NULL) {
        parser->no_memory = 1;
        *count = 0;
        mir_reader_fail(&parser->reader, MIRSAL_NO_MEMORY, "out of memory");
    }
    return items;
}

static void read_id(struct parser *parser, mirsal_id *out)
{
    mir_mp_read_bin_exact(&parser->reader, out->bytes, sizeof out->bytes);
}

static void read_hash(struct parser *parser, mirsal_hash *out)
{
    mir_mp_read_bin_exact(&parser->reader, out->bytes, sizeof out->bytes);
}

static uint32_t read_u32(struct parser *parser)
{
    return (uint32_t)mir_mp_read_uint_in(&parser->reader, UINT32_MAX);
}

/* A text that is not empty, or nil. */
static struct mir_bytes read_optional(struct parser *parser)
{
    if (mir_mp_read_nil_if(&parser->reader)) {
        return (struct mir_bytes){ NULL, 0 };
    }
    struct mir_bytes text = mir_mp_read_str(&parser->reader, MIR_HANDOFF_TEXT_SIZE_MAX);
    if (text.size == 0) {
        break_form(parser, "an empty text");
    }
    return text;
}

static void need_ascending(struct parser *parser, int order)
{
    if (order >= 0) {
        break_form(parser, "a list does not ascend");
    }
}

static int compare_hash(const mirsal_hash *a, const mirsal_hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

static int compare_places(const mirsal_id *a, uint32_t a_type, const mirsal_id *b, uint32_t b_type)
{
    return a_type != b_type ? (a_type < b_type ? -1 : 1)
                            : memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

static void read_recipients(struct parser *parser, struct mir_handoff_manifest *out)
{
    struct mir_org_key *keys =
        read_list(parser, &out->recipient_count, MIR_HANDOFF_RECIPIENTS_MAX, sizeof *keys);
    for (uint32_t i = 0; i < out->recipient_count && mir_reader_ok(&parser->reader); i++) {
        mir_mp_read_array_exact(&parser->reader, 4);
        read_hash(parser, &keys[i].team);
        read_hash(parser, &keys[i].sign);
        read_hash(parser, &keys[i].hpke);
        keys[i].name = mir_mp_read_str(&parser->reader, MIR_HANDOFF_TEXT_SIZE_MAX);
        if (i > 0) {
            need_ascending(parser, compare_hash(&keys[i - 1].sign, &keys[i].sign));
        }
    }
    out->recipients = keys;
    if (out->recipient_count == 0) {
        break_form(parser, "no recipient");
    }
}

static void read_control(struct parser *parser, struct mir_handoff_manifest *out)
{
    mirsal_hash *ids = read_list(parser, &out->control_count, MIR_HANDOFF_CONTROL_MAX, sizeof *ids);
    for (uint32_t i = 0; i < out->control_count && mir_reader_ok(&parser->reader); i++) {
        read_hash(parser, &ids[i]);
        if (i > 0) {
            need_ascending(parser, compare_hash(&ids[i - 1], &ids[i]));
        }
    }
    out->control = ids;
    if (out->control_count == 0) {
        break_form(parser, "no certificate");
    }
}

static void read_update(struct parser *parser, struct mir_handoff_manifest *out)
{
    out->is_update = !mir_mp_read_nil_if(&parser->reader);
    if (out->is_update) {
        mir_mp_read_bin_exact(&parser->reader, out->update_of, sizeof out->update_of);
    }
    struct mir_handoff_retraction *gone =
        read_list(parser, &out->retraction_count, MIR_HANDOFF_RECORDS_MAX, sizeof *gone);
    for (uint32_t i = 0; i < out->retraction_count && mir_reader_ok(&parser->reader); i++) {
        mir_mp_read_array_exact(&parser->reader, 2);
        read_id(parser, &gone[i].record);
        gone[i].why = (enum mir_handoff_retracted)mir_mp_read_uint_in(&parser->reader, 2);
        if (i > 0) {
            need_ascending(parser, memcmp(&gone[i - 1].record, &gone[i].record, 16));
        }
    }
    out->retractions = gone;
    struct mir_handoff_superseded *old =
        read_list(parser, &out->supersede_count, MIR_HANDOFF_RECORDS_MAX, sizeof *old);
    for (uint32_t i = 0; i < out->supersede_count && mir_reader_ok(&parser->reader); i++) {
        mir_mp_read_array_exact(&parser->reader, 3);
        read_id(parser, &old[i].record);
        old[i].field = (uint32_t)mir_mp_read_uint_in(&parser->reader, UINT32_MAX);
        read_hash(parser, &old[i].leaf);
        if (i > 0) {
            need_ascending(parser, mir_handoff_superseded_compare(&old[i - 1], &old[i]));
        }
    }
    out->supersedes = old;
}

static void read_authors(struct parser *parser, struct mir_handoff_manifest *out)
{
    struct mir_handoff_author *authors =
        read_list(parser, &out->author_count, MIR_HANDOFF_CONTROL_MAX, sizeof *authors);
    for (uint32_t i = 0; i < out->author_count && mir_reader_ok(&parser->reader); i++) {
        mir_mp_read_array_exact(&parser->reader, 2);
        read_hash(parser, &authors[i].device);
        authors[i].role = (uint32_t)mir_mp_read_uint_in(&parser->reader, 3);
        if (i > 0) {
            need_ascending(parser, compare_hash(&authors[i - 1].device, &authors[i].device));
        }
    }
    out->authors = authors;
    struct mir_handoff_source *sources =
        read_list(parser, &out->changeset_count, MIR_HANDOFF_CHANGESETS_MAX, sizeof *sources);
    for (uint32_t i = 0; i < out->changeset_count && mir_reader_ok(&parser->reader); i++) {
        mir_mp_read_array_exact(&parser->reader, 2);
        read_hash(parser, &sources[i].id);
        sources[i].author = read_u32(parser);
        if (i > 0) {
            need_ascending(parser, compare_hash(&sources[i - 1].id, &sources[i].id));
        }
        if (sources[i].author >= out->author_count) {
            break_form(parser, "an author that is not listed");
        }
    }
    out->changesets = sources;
    if (out->mode == MIR_HANDOFF_ATTESTED && (out->author_count > 0 || out->changeset_count > 0)) {
        break_form(parser, "authors in mode attested");
    }
}

static void read_withheld(struct parser *parser, struct mir_handoff_record *record)
{
    /* A record has no more fields than a schema has names. */
    uint32_t *fields =
        read_list(parser, &record->withheld_count, MIR_SCHEMA_NAMES_MAX, sizeof *fields);
    for (uint32_t i = 0; i < record->withheld_count && mir_reader_ok(&parser->reader); i++) {
        fields[i] = read_u32(parser);
        if (i > 0 && fields[i - 1] >= fields[i]) {
            break_form(parser, "a list does not ascend");
        }
    }
    record->withheld = fields;
}

static void read_record(struct parser *parser,
    struct mir_handoff_record *record,
    enum mir_handoff_mode mode)
{
    mir_mp_read_array_exact(&parser->reader, 6);
    read_id(parser, &record->id);
    record->type = read_u32(parser);
    int has_root = !mir_mp_read_nil_if(&parser->reader);
    if (has_root) {
        read_hash(parser, &record->root);
    }
    record->leaves = (uint32_t)mir_mp_read_uint_max(&parser->reader, MIR_LEAVES_MAX);
    read_hash(parser, &record->shown);
    read_withheld(parser, record);
    if (has_root != (mode == MIR_HANDOFF_ATTESTED) || record->leaves == 0) {
        break_form(parser, "a record's root or leaves do not fit the mode");
    }
}

static void read_records(struct parser *parser, struct mir_handoff_manifest *out)
{
    struct mir_handoff_record *records =
        read_list(parser, &out->record_count, MIR_HANDOFF_RECORDS_MAX, sizeof *records);
    for (uint32_t i = 0; i < out->record_count && mir_reader_ok(&parser->reader); i++) {
        read_record(parser, &records[i], out->mode);
        if (i > 0) {
            need_ascending(parser, compare_places(&records[i - 1].id, records[i - 1].type,
                                       &records[i].id, records[i].type));
        }
    }
    out->records = records;
    struct mir_handoff_left *left =
        read_list(parser, &out->left_count, MIR_HANDOFF_RECORDS_MAX, sizeof *left);
    uint32_t at = 0;
    for (uint32_t i = 0; i < out->left_count && mir_reader_ok(&parser->reader); i++) {
        mir_mp_read_array_exact(&parser->reader, 3);
        read_id(parser, &left[i].id);
        left[i].type = read_u32(parser);
        left[i].why = (enum mir_handoff_left_why)mir_mp_read_uint_in(&parser->reader, 2);
        if (i > 0) {
            need_ascending(parser,
                compare_places(&left[i - 1].id, left[i - 1].type, &left[i].id, left[i].type));
        }
        while (at < out->record_count &&
               compare_places(&records[at].id, records[at].type, &left[i].id, left[i].type) < 0) {
            at++;
        }
        if (at < out->record_count &&
            compare_places(&records[at].id, records[at].type, &left[i].id, left[i].type) == 0) {
            break_form(parser, "a record both shown and left out");
        }
    }
    out->left = left;
}

static void read_head(struct parser *parser, struct mir_handoff_manifest *out)
{
    struct mir_reader *reader = &parser->reader;
    out->mode = (enum mir_handoff_mode)mir_mp_read_uint_in(reader, 1);
    mir_mp_read_bin_exact(reader, out->handoff, sizeof out->handoff);
    read_hash(parser, &out->team);
    out->name = mir_mp_read_str(reader, MIR_HANDOFF_TEXT_SIZE_MAX);
    read_hash(parser, &out->signer);
    out->made_ms = mir_mp_read_uint(reader);
    read_recipients(parser, out);
    out->purpose = read_optional(parser);
    out->terms = read_optional(parser);
    out->has_until = !mir_mp_read_nil_if(reader);
    if (out->has_until) {
        out->until = mir_mp_read_int(reader);
    }
    out->release = read_u32(parser);
    read_hash(parser, &out->as_of);
    read_control(parser, out);
    read_hash(parser, &out->schema);
}

mirsal_code mir_handoff_manifest_read(struct mir_handoff_manifest *out,
    struct mir_arena *arena,
    struct mir_bytes bytes,
    mirsal_error *err)
{
    struct parser parser = { .arena = arena };
    memset(out, 0, sizeof *out);
    mir_reader_init(&parser.reader, bytes.data, bytes.size);
    mir_mp_read_array_exact(&parser.reader, MANIFEST_ITEMS);
    uint64_t version = mir_mp_read_uint(&parser.reader);
    if (mir_reader_ok(&parser.reader) && version != MANIFEST_VERSION) {
        return mir_handoff_refuse(err, MIR_HANDOFF_VERSION, "made by another version");
    }
    read_head(&parser, out);
    read_update(&parser, out);
    read_authors(&parser, out);
    read_records(&parser, out);
    mir_mp_read_array_exact(&parser.reader, 0);
    mirsal_code rc = mir_reader_finish(&parser.reader, "manifest", NULL);
    if (rc == MIRSAL_OK) {
        return MIRSAL_OK;
    }
    if (parser.no_memory) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    return mir_handoff_refuse(err, rc == MIRSAL_LIMIT ? MIR_HANDOFF_LIMIT : MIR_HANDOFF_FORM,
        "manifest: %s, at byte %zu", parser.reader.what != NULL ? parser.reader.what : "more bytes",
        parser.reader.what != NULL ? parser.reader.failed_at : parser.reader.at);
}

void mir_handoff_manifest_hash(mirsal_hash *out, struct mir_bytes manifest)
{
    mir_hash_bytes(out, MIR_CONTEXT_MANIFEST, manifest.data, manifest.size);
}

mirsal_code mir_handoff_frame_write(struct mir_buf *out,
    enum mir_handoff_frame kind,
    struct mir_bytes payload,
    mirsal_error *err)
{
    if (payload.size > MIR_HANDOFF_FRAME_SIZE_MAX) {
        return mir_fail(
            err, MIRSAL_TOO_LARGE, "this handoff is too large: choose fewer records for one file");
    }
    mir_buf_append_u8(out, (uint8_t)kind);
    mir_buf_append_be32(out, (uint32_t)payload.size);
    mir_buf_append(out, payload.data, payload.size);
    return mir_buf_finish(out, err);
}

mirsal_code mir_handoff_manifest_frame(struct mir_buf *out,
    struct mir_bytes manifest,
    const struct mir_sign_secret *signer,
    mirsal_error *err)
{
    mirsal_hash hash;
    uint8_t signature[64];
    struct mir_buf payload;
    mir_handoff_manifest_hash(&hash, manifest);
    mir_sign(signature, MIR_CONTEXT_MANIFEST, hash.bytes, sizeof hash.bytes, signer);
    mir_buf_init(&payload, out->env, SIZE_MAX / 2);
    mir_mp_write_array(&payload, 2);
    mir_mp_write_bin(&payload, manifest.data, manifest.size);
    mir_mp_write_bin(&payload, signature, sizeof signature);
    mirsal_code rc = mir_buf_finish(&payload, err);
    if (rc == MIRSAL_OK) {
        rc = mir_handoff_frame_write(out, MIR_HANDOFF_FRAME_MANIFEST, mir_buf_bytes(&payload), err);
    }
    mir_buf_fini(&payload);
    return rc;
}
