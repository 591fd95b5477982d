/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/opening.c - the clear body of a changeset that is held; see the header.
 */
#include "opening.h"

#include "epochkeys.h"
#include "fail.h"
#include "identity.h"
#include "members.h"
#include "reader.h"
#include "residues.h"
#include "sql.h"

#include <string.h>

/* An own body that was kept clear: schema version u32, clear body, or what a purge left of it. */
static mirsal_code open_clear(struct mir_opened *out,
    int *found,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_changeset *changeset,
    const struct mir_chain_row *of,
    mirsal_error *err)
{
    static const char text[] = "SELECT clear FROM content WHERE no = ?1 AND clear IS NOT NULL";
    sqlite3_stmt *statement = NULL;
    struct mir_place place;
    uint32_t version = 0;
    *found = 0;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, of->no);
    rc = mir_sql_step(found, store->sql, statement, err);
    if (rc == MIRSAL_OK && *found) {
        struct mir_bytes kept = mir_sql_column(statement, 0);
        struct mir_reader reader;
        mir_reader_init(&reader, kept.data, kept.size);
        version = mir_reader_be32(&reader);
        struct mir_bytes clear = mir_reader_take(&reader, mir_reader_left(&reader));
        out->clear.size = clear.size;
        out->clear.data = mir_arena_copy(arena, clear.data, clear.size);
        if (out->clear.data == NULL) {
            rc = mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
        }
    }
    mir_sql_release(statement);
    if (rc != MIRSAL_OK || !*found) {
        return rc;
    }
    memcpy(place.device, changeset->fields.device.bytes, sizeof place.device);
    place.compartment = changeset->fields.compartment;
    rc = of->kept == MIR_KEPT_RESIDUE
             ? mir_body_decode_left(&out->body, arena, &place, out->clear, err)
             : mir_body_decode(&out->body, arena, &place, out->clear, err);
    out->body.schema_version = version;
    return rc;
}

/* The first residue is not what was signed, or not for this device's keys: another may be. */
static mirsal_code open_others(struct mir_opened *out,
    enum mir_opening *how,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_changeset *changeset,
    int64_t no,
    mirsal_error *err)
{
    struct mir_changeset other = *changeset;
    struct mir_buf hashes;
    enum mir_opening first = *how;
    mir_buf_init(&hashes, store->env, SIZE_MAX / 2);
    mirsal_code rc = mir_residues_list(&hashes, store->sql, no, err);
    for (size_t at = 32; rc == MIRSAL_OK && *how != MIR_OPENED && at < hashes.size; at += 32) {
        mirsal_hash hash;
        memcpy(hash.bytes, hashes.data + at, sizeof hash.bytes);
        rc = mir_residues_bytes(&other.body, arena, store->sql, no, &hash, err);
        if (rc == MIRSAL_OK && other.body.size > 0) {
            rc = mir_epoch_open(out, how, arena, store, &other, err);
        }
        if (rc == MIRSAL_OK && *how == MIR_OPENED) {
            rc = mir_residues_choose(store->sql, no, &hash, err);
        }
    }
    *how = *how == MIR_OPENED ? MIR_OPENED : first;
    mir_buf_fini(&hashes);
    return rc;
}

mirsal_code mir_content_open(struct mir_opened *out,
    enum mir_content *content,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_changeset *changeset,
    const struct mir_chain_row *row,
    mirsal_error *err)
{
    static const enum mir_content contents[] = { [MIR_OPENED] = MIR_CONTENT_OPENED,
        [MIR_OPENING_NO_KEY] = MIR_CONTENT_NO_KEY,
        [MIR_OPENING_NO_SCHEMA] = MIR_CONTENT_NO_SCHEMA,
        [MIR_OPENING_BAD] = MIR_CONTENT_BAD };
    enum mir_opening how = MIR_OPENING_NO_KEY;
    int found = 0;
    mirsal_code rc = MIRSAL_OK;
    *content = MIR_CONTENT_OPENED;
    if (mir_identity_is_own(store, &changeset->fields.device)) {
        rc = open_clear(out, &found, arena, store, changeset, row, err);
        if (rc != MIRSAL_OK || found) {
            return rc;
        }
    }
    int reads = mir_members_reads(store, changeset->fields.compartment);
    int held = row->kept == MIR_KEPT_WHOLE || row->kept == MIR_KEPT_RESIDUE;
    if (!held || (!reads && !mir_members_opens(store))) {
        *content = MIR_CONTENT_CLOSED;
        return MIRSAL_OK;
    }
    if (changeset->body.size == 0) {
        *content = MIR_CONTENT_NO_BODY;
        return MIRSAL_OK;
    }
    rc = mir_epoch_open(out, &how, arena, store, changeset, err);
    if (rc == MIRSAL_OK && changeset->residue && how != MIR_OPENED) {
        rc = open_others(out, &how, arena, store, changeset, row->no, err);
    }
    *content = !reads && how == MIR_OPENING_NO_KEY ? MIR_CONTENT_CLOSED : contents[how];
    return rc;
}
