/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/epochkeys.c - private halves of epochs, and opening bodies with them; see the header.
 */
#include "epochkeys.h"

#include "env.h"
#include "fail.h"
#include "membership.h"
#include "password.h"
#include "sql.h"
#include "teamschema.h"

#include <string.h>

#define BOX_SIZE_MAX 256u

mirsal_code mir_epoch_keep(struct mir_store *store,
    uint32_t compartment,
    uint32_t number,
    const struct mir_agree_secret *secret,
    const mirsal_hash *public_key,
    mirsal_error *err)
{
    static const char text[] = "INSERT INTO epoch_secret (compartment, number, public, secret)"
                               " VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    struct mir_agree_public fits;
    struct mir_buf box;
    uint8_t nonce[24];
    sqlite3_stmt *statement = NULL;
    mir_agree_public_of(&fits, secret);
    if (!mir_equal(fits.bytes, public_key->bytes, sizeof fits.bytes)) {
        return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "an epoch's private half does not fit");
    }
    mir_buf_init(&box, store->env, BOX_SIZE_MAX);
    mir_random(store->env, nonce, sizeof nonce);
    struct mir_bytes aad = { public_key->bytes, sizeof public_key->bytes };
    struct mir_bytes clear = { secret->bytes, sizeof secret->bytes };
    mir_box_seal(&box, &store->keys->database, nonce, aad, clear);
    mirsal_code rc = mir_buf_finish(&box, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_prepare(&statement, store->sql, text, err);
    }
    if (rc == MIRSAL_OK) {
        mir_sql_bind_int(statement, 1, compartment);
        mir_sql_bind_int(statement, 2, number);
        mir_sql_bind_blob(statement, 3, public_key->bytes, sizeof public_key->bytes);
        mir_sql_bind_blob(statement, 4, box.data, box.size);
        rc = mir_sql_done(store->sql, statement, err);
    }
    mir_buf_fini(&box);
    return rc;
}

/* From a row (public, secret). */
static mirsal_code unseal(struct mir_agree_secret *out,
    struct mir_store *store,
    sqlite3_stmt *statement,
    mirsal_error *err)
{
    struct mir_buf clear;
    struct mir_bytes public_key = mir_sql_column(statement, 0);
    struct mir_bytes box = mir_sql_column(statement, 1);
    mir_buf_init(&clear, store->env, BOX_SIZE_MAX);
    mirsal_code rc = mir_box_open(&clear, &store->keys->database, public_key, box, err);
    if (rc != MIRSAL_OK || clear.size != sizeof out->bytes) {
        rc = mir_fail(err, MIRSAL_CORRUPT, "an epoch's private half is damaged");
    } else {
        memcpy(out->bytes, clear.data, sizeof out->bytes);
    }
    mir_buf_fini(&clear);
    return rc;
}

mirsal_code mir_epoch_secret(struct mir_agree_secret *out,
    int *found,
    struct mir_store *store,
    const mirsal_hash *public_key,
    mirsal_error *err)
{
    static const char text[] = "SELECT public, secret FROM epoch_secret WHERE public = ?1";
    sqlite3_stmt *statement = NULL;
    *found = 0;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_blob(statement, 1, public_key->bytes, sizeof public_key->bytes);
    rc = mir_sql_step(found, store->sql, statement, err);
    if (rc == MIRSAL_OK && *found) {
        rc = unseal(out, store, statement, err);
    }
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_epoch_each(struct mir_store *store,
    mirsal_code (*each)(void *context,
        const struct mir_epoch_public *name,
        const struct mir_agree_secret *secret,
        mirsal_error *err),
    void *context,
    mirsal_error *err)
{
    static const char text[] = "SELECT public, secret, compartment, number FROM epoch_secret"
                               " ORDER BY compartment, number, public";
    MIR_WIPED_AGREE struct mir_agree_secret secret;
    sqlite3_stmt *statement = NULL;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    while (rc == MIRSAL_OK) {
        struct mir_epoch_public name;
        rc = mir_sql_step(&row, store->sql, statement, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        rc = unseal(&secret, store, statement, err);
        if (rc == MIRSAL_OK) {
            struct mir_agree_public public_key;
            mir_agree_public_of(&public_key, &secret);
            memcpy(name.public_key.bytes, public_key.bytes, sizeof public_key.bytes);
            name.compartment = (uint8_t)mir_sql_column_int(statement, 2);
            name.number = (uint32_t)mir_sql_column_int(statement, 3);
            rc = each(context, &name, &secret, err);
        }
    }
    mir_sql_release(statement);
    return rc;
}

mirsal_code mir_epoch_count(uint32_t *count,
    struct mir_store *store,
    uint32_t compartment,
    uint32_t number,
    mirsal_error *err)
{
    static const char text[] = "SELECT count(*) FROM epoch_secret"
                               " WHERE compartment = ?1 AND (?2 = 0 OR number = ?2)";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    *count = 0;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, compartment);
    mir_sql_bind_int(statement, 2, number);
    rc = mir_sql_step(&row, store->sql, statement, err);
    if (rc == MIRSAL_OK && row) {
        *count = (uint32_t)mir_sql_column_int(statement, 0);
    }
    mir_sql_release(statement);
    return rc;
}

static uint32_t epochs_named(const struct mir_store *store, const struct mir_header *header)
{
    uint32_t count = 0;
    for (size_t i = 0; store->membership != NULL && i < store->membership->epoch_count; i++) {
        const struct mir_epoch_name *name = &store->membership->epochs[i].name;
        count += name->compartment == header->compartment && name->number == header->epoch;
    }
    return count;
}

/* What one try says. NOT_AUTHENTIC: another key may open it, so *how stays. */
static mirsal_code judge_try(enum mir_opening *how, mirsal_code tried)
{
    switch (mirsal_code_class(tried)) {
    case MIRSAL_CLASS_NONE:
        *how = MIR_OPENED;
        return MIRSAL_OK;
    case MIRSAL_CLASS_PEER:
        if (tried != MIRSAL_NOT_AUTHENTIC) {
            *how = MIR_OPENING_BAD;
        }
        return MIRSAL_OK;
    case MIRSAL_CLASS_CALLER:
        *how = MIR_OPENING_NO_SCHEMA;
        return MIRSAL_OK;
    case MIRSAL_CLASS_DENIED:
    case MIRSAL_CLASS_AGAIN:
    case MIRSAL_CLASS_LOCAL:
        break;
    }
    return tried;
}

/* One way to open a body: which of the schemas of its version. */
struct attempt {
    struct mir_store *store;
    uint32_t place;
    uint32_t held; /* schemas of the version that the body turned out to have */
    uint32_t named;
    struct mir_left *left; /* what to fill with salts and hashes too, or NULL */
};

static int dictionary_of(struct mir_bytes *out, void *context, uint32_t schema_version)
{
    struct attempt *attempt = context;
    attempt->held = mir_team_schema_held(&attempt->named, attempt->store, schema_version);
    return mir_team_schema_dictionary(out, attempt->store, schema_version, attempt->place);
}

/* A body, or a residue in its place. */
static mirsal_code try_once(struct mir_opened *out,
    struct mir_arena *arena,
    struct attempt *attempt,
    const struct mir_open *keys,
    const struct mir_changeset *changeset)
{
    struct mir_left left = { 0 };
    mirsal_code rc = MIRSAL_OK;
    if (changeset->residue) {
        memset(out, 0, sizeof *out);
        rc = mir_residue_open(&left, arena, changeset, changeset->body, keys, NULL);
        out->body = left.body;
    } else {
        rc = mir_changeset_open(out, arena, changeset, keys, NULL);
        if (rc == MIRSAL_OK && attempt->left != NULL) {
            rc = mir_left_of_body(&left, arena, &out->body, out->seed, NULL);
        }
    }
    if (rc == MIRSAL_OK && attempt->left != NULL) {
        *attempt->left = left;
        attempt->left->body.schema_place = attempt->place;
    }
    mir_wipe(out->seed, sizeof out->seed);
    return rc;
}

/* With one private half, by each schema of the body's version in turn. */
static mirsal_code open_with(struct mir_opened *out,
    enum mir_opening *how,
    struct mir_arena *arena,
    struct attempt *attempt,
    const struct mir_agree_secret *secret,
    const struct mir_changeset *changeset)
{
    struct mir_open keys = { secret, dictionary_of, attempt };
    mirsal_code rc = MIRSAL_OK;
    attempt->held = 0;
    attempt->named = 0;
    for (attempt->place = 0;; attempt->place++) {
        *how = MIR_OPENING_NO_KEY;
        rc = judge_try(how, try_once(out, arena, attempt, &keys, changeset));
        if (rc != MIRSAL_OK || *how != MIR_OPENING_BAD || attempt->place + 1 >= attempt->held) {
            break;
        }
    }
    out->body.schema_place = attempt->place;
    if (rc == MIRSAL_OK && *how == MIR_OPENING_BAD && attempt->held < attempt->named) {
        *how = MIR_OPENING_NO_SCHEMA;
    }
    return rc;
}

/* A residue may be sealed to any epoch since; left as in struct attempt. */
static mirsal_code open_by_any(struct mir_opened *out,
    struct mir_left *left,
    enum mir_opening *how,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    static const char text[] = "SELECT public, secret FROM epoch_secret"
                               " WHERE compartment = ?1 AND (number = ?2 OR ?2 = 0)"
                               " ORDER BY number DESC";
    MIR_WIPED_AGREE struct mir_agree_secret secret;
    struct attempt attempt = { .store = store, .left = left };
    sqlite3_stmt *statement = NULL;
    uint32_t tries = 0;
    int row = 0;
    *how = MIR_OPENING_NO_KEY;
    mirsal_code rc = mir_sql_prepare(&statement, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, changeset->fields.compartment);
    mir_sql_bind_int(statement, 2, changeset->residue ? 0 : changeset->fields.epoch);
    while (*how == MIR_OPENING_NO_KEY) {
        rc = mir_sql_step(&row, store->sql, statement, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        rc = unseal(&secret, store, statement, err);
        if (rc != MIRSAL_OK) {
            break;
        }
        tries++;
        rc = open_with(out, how, arena, &attempt, &secret, changeset);
        if (rc != MIRSAL_OK) {
            rc = mir_fail(err, rc, "a body could not be opened");
            break;
        }
    }
    mir_sql_release(statement);
    if (rc == MIRSAL_OK && *how == MIR_OPENING_NO_KEY && tries > 0 && !changeset->residue &&
        tries >= epochs_named(store, &changeset->fields)) {
        *how = MIR_OPENING_BAD;
    }
    return rc;
}

mirsal_code mir_epoch_open(struct mir_opened *out,
    enum mir_opening *how,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    return open_by_any(out, NULL, how, arena, store, changeset, err);
}

mirsal_code mir_epoch_open_left(struct mir_left *out,
    enum mir_opening *how,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    struct mir_opened opened;
    return open_by_any(&opened, out, how, arena, store, changeset, err);
}
