/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/handoffmake.c - see the header. Records first, since the manifest lists what each shows;
 * then the frames in their order.
 */
#include "handoffmake.h"

#include "controldigest.h"
#include "env.h"
#include "fail.h"
#include "handoffcerts.h"
#include "handoffparts.h"
#include "hash.h"
#include "identity.h"
#include "members.h"
#include "mir_limits.h"
#include "schema_decode.h"
#include "schema_encode.h"
#include "sort.h"
#include "sql.h"
#include "team.h"

#include <string.h>

#define RECORD_MEMORY_MAX ((size_t)512 << 20)
#define SHOWN_MAX         ((size_t)512 << 20)

static mirsal_code no_memory(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

static mirsal_code begin(struct mir_handoff_maker *maker,
    struct mir_store *store,
    struct mir_arena *arena,
    const struct mir_handoff_making *making,
    mirsal_error *err)
{
    memset(maker, 0, sizeof *maker);
    maker->store = store;
    maker->making = making;
    maker->arena = arena;
    mir_arena_init(&maker->record, store->env, RECORD_MEMORY_MAX);
    mir_buf_init(&maker->payload, store->env, (size_t)2 * MIR_HANDOFF_FRAME_SIZE_MAX);
    mir_buf_init(&maker->leaf, store->env, (size_t)3 * MIR_VALUE_SIZE_MAX);
    mir_buf_init(&maker->shown, store->env, SHOWN_MAX);
    mir_handoff_digest_init(&maker->digest, store->env);
    mir_random(store->env, maker->secret, sizeof maker->secret);
    if (making->record_count > MIR_HANDOFF_RECORDS_MAX ||
        making->left_count > MIR_HANDOFF_RECORDS_MAX) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "more than %u records: choose fewer for one file",
            MIR_HANDOFF_RECORDS_MAX);
    }
    maker->parts = mir_arena_alloc(arena, making->record_count + 1, sizeof *maker->parts);
    return maker->parts == NULL ? no_memory(err) : MIRSAL_OK;
}

static void end(struct mir_handoff_maker *maker)
{
    mir_wipe(maker->secret, sizeof maker->secret);
    mir_handoff_digest_fini(&maker->digest);
    mir_buf_fini(&maker->shown);
    mir_buf_fini(&maker->leaf);
    mir_buf_fini(&maker->payload);
    mir_arena_fini(&maker->record);
}

static mirsal_code make_records(struct mir_handoff_maker *maker, mirsal_error *err)
{
    const struct mir_handoff_making *making = maker->making;
    mirsal_code rc = MIRSAL_OK;
    if (making->mode == MIR_HANDOFF_BY_AUTHOR) {
        return mir_handoff_prove(maker, err);
    }
    for (size_t i = 0; i < making->record_count && rc == MIRSAL_OK; i++) {
        rc = mir_handoff_attest(maker, &maker->parts[i], &making->records[i], 1, err);
    }
    return rc;
}

static int compare_left(const void *a, const void *b, void *context)
{
    const struct mir_handoff_left *left = a;
    const struct mir_handoff_left *right = b;
    (void)context;
    if (left->type != right->type) {
        return left->type < right->type ? -1 : 1;
    }
    return memcmp(&left->id, &right->id, sizeof left->id);
}

/* Entries of what is there, and of what is not. */
static mirsal_code list_records(struct mir_handoff_maker *maker,
    struct mir_handoff_manifest *manifest,
    uint32_t *withheld,
    mirsal_error *err)
{
    const struct mir_handoff_making *making = maker->making;
    struct mir_handoff_record *records =
        mir_arena_alloc(maker->arena, making->record_count + 1, sizeof *records);
    struct mir_handoff_left *left =
        mir_arena_alloc(maker->arena, making->left_count + making->record_count + 1, sizeof *left);
    if (records == NULL || left == NULL) {
        return no_memory(err);
    }
    for (size_t i = 0; i < making->left_count; i++) {
        left[manifest->left_count++] = making->left[i];
    }
    for (size_t i = 0; i < making->record_count; i++) {
        if (maker->parts[i].dropped) {
            left[manifest->left_count++] = (struct mir_handoff_left){ making->records[i].id,
                making->records[i].type, MIR_HANDOFF_LEFT_UNPROVEN };
        } else {
            *withheld += maker->parts[i].entry.withheld_count;
            records[manifest->record_count++] = maker->parts[i].entry;
        }
    }
    mir_sort(left, manifest->left_count, sizeof *left, compare_left, NULL);
    manifest->records = records;
    manifest->left = left;
    return MIRSAL_OK;
}

static int compare_recipients(const void *a, const void *b, void *context)
{
    const struct mir_org_key *left = a;
    const struct mir_org_key *right = b;
    (void)context;
    return memcmp(&left->sign, &right->sign, sizeof left->sign);
}

static mirsal_code list_recipients(struct mir_handoff_maker *maker,
    struct mir_handoff_manifest *manifest,
    mirsal_error *err)
{
    const struct mir_handoff_making *making = maker->making;
    struct mir_org_key *keys =
        mir_arena_copy(maker->arena, making->recipients, making->recipient_count * sizeof *keys);
    if (keys == NULL) {
        return no_memory(err);
    }
    mir_sort(keys, making->recipient_count, sizeof *keys, compare_recipients, NULL);
    for (uint32_t i = 0; i < making->recipient_count; i++) {
        if (i > 0 && compare_recipients(&keys[i - 1], &keys[i], NULL) == 0) {
            continue;
        }
        keys[manifest->recipient_count++] = keys[i];
    }
    manifest->recipients = keys;
    return MIRSAL_OK;
}

/* Mode author: the devices ascending, with the roles that certificates show; and the changesets. */
static mirsal_code list_authors(struct mir_handoff_maker *maker,
    struct mir_handoff_manifest *manifest,
    const struct mir_handoff_certs *certs,
    const mirsal_hash *devices,
    size_t count,
    mirsal_error *err)
{
    struct mir_handoff_author *authors = mir_arena_alloc(maker->arena, count + 1, sizeof *authors);
    struct mir_handoff_source *sources =
        mir_arena_alloc(maker->arena, maker->changeset_count + 1, sizeof *sources);
    if (authors == NULL || sources == NULL) {
        return no_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        authors[i].device = devices[i];
        authors[i].role = (uint32_t)mir_handoff_role(certs->shown, certs->shown_count, &devices[i]);
    }
    for (size_t i = 0; i < maker->changeset_count; i++) {
        uint32_t at = 0;
        while (memcmp(&devices[at], &maker->changesets[i].device, sizeof *devices) != 0) {
            at++;
        }
        sources[i].id = maker->changesets[i].id;
        sources[i].author = at;
    }
    manifest->authors = authors;
    manifest->author_count = (uint32_t)count;
    manifest->changesets = sources;
    manifest->changeset_count = (uint32_t)maker->changeset_count;
    return MIRSAL_OK;
}

static int compare_hashes(const void *a, const void *b, void *context)
{
    (void)context;
    return memcmp(a, b, sizeof(mirsal_hash));
}

/* Certificates of the signer, and of authors; what they are to the manifest. */
static mirsal_code certify(struct mir_handoff_maker *maker,
    struct mir_handoff_manifest *manifest,
    struct mir_handoff_certs *certs,
    mirsal_error *err)
{
    mirsal_hash *devices =
        mir_arena_alloc(maker->arena, maker->changeset_count + 2, sizeof *devices);
    size_t count = 0;
    if (devices == NULL) {
        return no_memory(err);
    }
    for (size_t i = 0; i < maker->changeset_count; i++) {
        devices[i] = maker->changesets[i].device;
    }
    mir_sort(devices, maker->changeset_count, sizeof *devices, compare_hashes, NULL);
    for (size_t i = 0; i < maker->changeset_count; i++) {
        if (count == 0 || compare_hashes(&devices[count - 1], &devices[i], NULL) != 0) {
            devices[count++] = devices[i];
        }
    }
    devices[count] = manifest->signer;
    mirsal_code rc = mir_handoff_certs(certs, maker->arena, maker->store, devices, count + 1, err);
    if (rc == MIRSAL_OK && mir_handoff_role(certs->shown, certs->shown_count, &manifest->signer) <
                               (int)MIR_ROLE_COORDINATOR) {
        rc = mir_fail(err, MIRSAL_NOT_ALLOWED,
            "no statement held here shows others that this device is a coordinator: an admin "
            "admits it first (device admit)");
    }
    manifest->control = certs->ids;
    manifest->control_count = (uint32_t)certs->count;
    return rc == MIRSAL_OK ? list_authors(maker, manifest, certs, devices, count, err) : rc;
}

/* All of the manifest but its records. */
static mirsal_code describe(struct mir_handoff_maker *maker,
    struct mir_handoff_manifest *manifest,
    mirsal_error *err)
{
    const struct mir_handoff_making *making = maker->making;
    struct mir_store *store = maker->store;
    manifest->mode = making->mode;
    mir_random(store->env, manifest->handoff, sizeof manifest->handoff);
    manifest->team = store->team;
    manifest->signer = *mir_store_device(store);
    manifest->made_ms = mir_now_ms(store->env);
    manifest->purpose = making->purpose;
    manifest->terms = making->terms;
    manifest->has_until = making->has_until;
    manifest->until = making->until;
    manifest->release = making->release;
    manifest->is_update = making->is_update;
    memcpy(manifest->update_of, making->update_of, sizeof manifest->update_of);
    manifest->retractions = making->retractions;
    manifest->retraction_count = making->retraction_count;
    manifest->supersedes = making->supersedes;
    manifest->supersede_count = making->supersede_count;
    mirsal_code rc = mir_team_name(&manifest->name, maker->arena, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_control_digest(&manifest->as_of, store->membership, &store->team, store->env, err);
    }
    return rc == MIRSAL_OK ? list_recipients(maker, manifest, err) : rc;
}

/* Frames in a buffer that is given on when it is full. */
static mirsal_code give(struct mir_handoff_maker *maker,
    struct mir_buf *frames,
    enum mir_handoff_frame kind,
    struct mir_bytes payload,
    mirsal_error *err)
{
    const struct mir_handoff_making *making = maker->making;
    mirsal_code rc = mir_handoff_frame_write(frames, kind, payload, err);
    if (rc == MIRSAL_OK) {
        rc = making->write(making->write_context, mir_buf_bytes(frames), err);
    }
    mir_buf_reset(frames);
    return rc;
}

static mirsal_code give_records(struct mir_handoff_maker *maker,
    struct mir_buf *frames,
    mirsal_error *err)
{
    const struct mir_handoff_making *making = maker->making;
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; i < maker->changeset_count && rc == MIRSAL_OK; i++) {
        rc = give(maker, frames, MIR_HANDOFF_FRAME_CHANGESET, maker->changesets[i].payload, err);
    }
    for (size_t i = 0; i < making->record_count && rc == MIRSAL_OK; i++) {
        struct mir_handoff_part *part = &maker->parts[i];
        if (part->dropped) {
            continue;
        }
        struct mir_bytes payload = part->payload;
        if (making->mode == MIR_HANDOFF_ATTESTED) {
            struct mir_handoff_part again = *part;
            rc = mir_handoff_attest(maker, &again, &making->records[i], 0, err);
            payload = mir_buf_bytes(&maker->payload);
        }
        if (rc == MIRSAL_OK) {
            rc = give(maker, frames, MIR_HANDOFF_FRAME_RECORD, payload, err);
        }
    }
    return rc;
}

static mirsal_code give_all(struct mir_handoff_maker *maker,
    const struct mir_handoff_certs *certs,
    struct mir_bytes manifest,
    struct mir_bytes schema,
    mirsal_error *err)
{
    const struct mir_handoff_making *making = maker->making;
    struct mir_buf frames;
    mir_buf_init(&frames, maker->store->env, (size_t)3 * MIR_HANDOFF_FRAME_SIZE_MAX);
    mirsal_code rc = mir_handoff_manifest_frame(&frames, manifest, &maker->store->keys->sign, err);
    if (rc == MIRSAL_OK) {
        rc = making->write(making->write_context, mir_buf_bytes(&frames), err);
    }
    mir_buf_reset(&frames);
    for (size_t i = 0; i < certs->count && rc == MIRSAL_OK; i++) {
        rc = give(maker, &frames, MIR_HANDOFF_FRAME_CONTROL, certs->lone[i], err);
    }
    if (rc == MIRSAL_OK) {
        rc = give(maker, &frames, MIR_HANDOFF_FRAME_SCHEMA, schema, err);
    }
    if (rc == MIRSAL_OK) {
        rc = give_records(maker, &frames, err);
    }
    mir_buf_fini(&frames);
    return rc;
}

static mirsal_code finish(struct mir_handoff_made *out,
    struct mir_handoff_maker *maker,
    const struct mir_handoff_manifest *manifest,
    struct mir_buf *bytes,
    mirsal_error *err)
{
    mir_handoff_manifest_write(bytes, manifest);
    mirsal_code rc = mir_buf_finish(bytes, err);
    if (rc == MIRSAL_LIMIT) {
        return mir_fail(
            err, MIRSAL_TOO_LARGE, "this handoff is too large: choose fewer records for one file");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&maker->shown, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    uint8_t *kept = mir_arena_copy(maker->arena, bytes->data, bytes->size);
    uint8_t *shown = mir_arena_copy(maker->arena, maker->shown.data, maker->shown.size);
    if (kept == NULL || shown == NULL) {
        return no_memory(err);
    }
    memcpy(out->handoff, manifest->handoff, sizeof out->handoff);
    out->made_ms = manifest->made_ms;
    out->manifest = (struct mir_bytes){ kept, bytes->size };
    out->shown = (struct mir_bytes){ shown, maker->shown.size };
    mir_handoff_manifest_hash(&out->manifest_hash, out->manifest);
    memcpy(out->secret, maker->secret, sizeof out->secret);
    out->records = manifest->record_count;
    out->left = manifest->left_count;
    out->authors = manifest->author_count;
    return MIRSAL_OK;
}

static mirsal_code make(struct mir_handoff_made *out,
    struct mir_handoff_maker *maker,
    mirsal_error *err)
{
    struct mir_handoff_manifest manifest;
    struct mir_handoff_certs certs = { 0 };
    struct mir_buf bytes;
    struct mir_buf schema;
    memset(&manifest, 0, sizeof manifest);
    mir_buf_init(&bytes, maker->store->env, MIR_HANDOFF_FRAME_SIZE_MAX);
    mir_buf_init(&schema, maker->store->env, MIR_SCHEMA_SIZE_MAX);
    mir_schema_encode(&schema, maker->store->schema);
    mirsal_code rc = mir_buf_finish(&schema, err);
    mir_schema_hash(&manifest.schema, mir_buf_bytes(&schema));
    if (rc == MIRSAL_OK) {
        rc = describe(maker, &manifest, err);
    }
    if (rc == MIRSAL_OK) {
        rc = make_records(maker, err);
    }
    if (rc == MIRSAL_OK) {
        rc = certify(maker, &manifest, &certs, err);
    }
    if (rc == MIRSAL_OK) {
        rc = list_records(maker, &manifest, &out->withheld, err);
    }
    if (rc == MIRSAL_OK) {
        rc = finish(out, maker, &manifest, &bytes, err);
    }
    if (rc == MIRSAL_OK && maker->making->write != NULL) {
        rc = give_all(maker, &certs, out->manifest, mir_buf_bytes(&schema), err);
    }
    mir_buf_fini(&schema);
    mir_buf_fini(&bytes);
    return rc;
}

mirsal_code mir_handoff_make(struct mir_handoff_made *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_handoff_making *making,
    mirsal_error *err)
{
    struct mir_handoff_maker maker;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_members_need(store, MIR_ROLE_COORDINATOR, err);
    if (rc == MIRSAL_OK) {
        rc = mir_identity_check(store, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = begin(&maker, store, arena, making, err);
    if (rc == MIRSAL_OK) {
        rc = make(out, &maker, err);
    }
    end(&maker);
    return rc;
}

mirsal_code mir_handoff_keep(struct mir_store *store,
    const struct mir_handoff_made *made,
    mirsal_error *err)
{
    static const char text[] = "INSERT INTO handoff (id, made, manifest, secret, shown, withheld)"
                               " VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    sqlite3_stmt *statement = NULL;
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc == MIRSAL_OK) {
        mir_sql_bind_blob(statement, 1, made->handoff, sizeof made->handoff);
        mir_sql_bind_int(statement, 2, (int64_t)made->made_ms);
        mir_sql_bind_blob(statement, 3, made->manifest.data, made->manifest.size);
        mir_sql_bind_blob(statement, 4, made->secret, sizeof made->secret);
        mir_sql_bind_blob(statement, 5, made->shown.data, made->shown.size);
        mir_sql_bind_blob(statement, 6, made->held_back.data, made->held_back.size);
        rc = mir_sql_done(store->sql, statement, err);
    }
    if (rc == MIRSAL_OK) {
        return mir_store_commit(store, err);
    }
    mir_store_rollback(store);
    return rc;
}
