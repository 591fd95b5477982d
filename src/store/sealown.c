/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/sealown.c - a body becomes the next changeset of its chain; see the header.
 *
 * A changeset cites as authority the device's first control changeset (its join, or genesis for the
 * founder), and once there is one the newest role statement on it, epoch, schema or policy that the
 * first does not know: rights hold for what knows them.
 */
#include "sealown.h"

#include "accept.h"
#include "epochkeys.h"
#include "fail.h"
#include "identity.h"
#include "layout.h"
#include "members.h"
#include "project.h"
#include "teamschema.h"

#include <string.h>

int mir_compare_refs(const void *a, const void *b, void *context)
{
    (void)context;
    return memcmp(a, b, MIR_REF_SIZE);
}

static mirsal_code find_authority(mirsal_hash *out, struct mir_store *store, mirsal_error *err)
{
    struct mir_buf kept;
    mir_buf_init(&kept, store->env, sizeof out->bytes);
    mirsal_code rc = mir_meta_bytes(&kept, store->sql, "authority", err);
    if (rc == MIRSAL_OK && kept.size != sizeof out->bytes) {
        rc = mir_fail(err, MIRSAL_CORRUPT, "the store names no authority");
    }
    if (rc == MIRSAL_OK) {
        memcpy(out->bytes, kept.data, sizeof out->bytes);
    }
    if (rc == MIRSAL_OK && store->membership != NULL) {
        *out = *mir_membership_authority(store->membership, mir_store_device(store), out);
    }
    mir_buf_fini(&kept);
    return rc;
}

mirsal_code mir_seal_next(struct mir_seal *out,
    struct mir_store *store,
    uint8_t compartment,
    mirsal_error *err)
{
    struct mir_chain_row head = { .no = 0 };
    int64_t device = 0;
    memset(out, 0, sizeof *out);
    mirsal_code rc = mir_identity_check(store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_device_no(&device, store->sql, mir_store_device(store), 0, err);
    }
    if (rc == MIRSAL_OK && device != 0) {
        rc = mir_chain_head(&head, store->sql, device, compartment, err);
    }
    if (rc == MIRSAL_OK) {
        rc = find_authority(&out->authority, store, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    out->env = store->env;
    out->sign_secret = &store->keys->sign;
    out->sealing_secret = store->keys->sealing.bytes;
    out->team = store->team;
    out->device = *mir_store_device(store);
    out->compartment = compartment;
    out->seq = 1;
    if (head.no != 0) {
        out->seq = head.seq + 1;
        out->prev = head.id;
    }
    return MIRSAL_OK;
}

/* The hash of a relay's checkpoint that no changeset of this device named yet. */
static mirsal_code take_seen(mirsal_hash *seen,
    int *has,
    struct mir_store *store,
    mirsal_error *err)
{
    struct mir_buf kept;
    mir_buf_init(&kept, store->env, sizeof seen->bytes);
    mirsal_code rc = mir_meta_bytes(&kept, store->sql, "seen", err);
    *has = rc == MIRSAL_OK && kept.size == sizeof seen->bytes;
    if (*has) {
        memcpy(seen->bytes, kept.data, sizeof seen->bytes);
        rc = mir_meta_set_bytes(store->sql, "seen", (struct mir_bytes){ NULL, 0 }, err);
    }
    mir_buf_fini(&kept);
    return rc;
}

static mirsal_code project_own(struct mir_sealed_body *out,
    struct mir_store *store,
    const struct mir_chain_row *row,
    const struct mir_changeset *changeset,
    const struct mir_body *body,
    mirsal_error *err)
{
    const struct mir_member *member =
        mir_membership_device(store->membership, mir_store_device(store));
    struct mir_project_author author = { row->device, member != NULL ? (uint8_t)member->role : 0,
        1 };
    mirsal_code rc = mir_project_apply(&out->conflicts_opened, store, row->no, &changeset->id,
        &changeset->fields, &author, body, err);
    return rc == MIRSAL_OK ? mir_chain_set_projected(store->sql, row->no, body->stamp, err) : rc;
}

mirsal_code mir_seal_own(struct mir_sealed_body *out,
    struct mir_store *store,
    uint8_t compartment,
    struct mir_body *body,
    struct mir_arena *arena,
    mirsal_error *err)
{
    MIR_WIPED_AGREE struct mir_agree_secret secret;
    const struct mir_epoch *epoch =
        mir_membership_epoch_for_writing(store->membership, compartment);
    struct mir_seal seal;
    struct mir_changeset changeset;
    struct mir_chain_row row;
    struct mir_bytes clear;
    mirsal_hash seen;
    int has_seen = 0;
    int opens = 0;
    memset(out, 0, sizeof *out);
    if (epoch == NULL) {
        return mir_fail(err, MIRSAL_NOT_ALLOWED, "no epoch of this compartment may be used");
    }
    mirsal_code rc = mir_seal_next(&seal, store, compartment, err);
    if (rc == MIRSAL_OK) {
        rc = take_seen(&seen, &has_seen, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_epoch_secret(&secret, &opens, store, &epoch->name.public_key, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    seal.seen = has_seen ? &seen : NULL;
    seal.epoch = epoch->name.number;
    memcpy(seal.epoch_key.bytes, epoch->name.public_key.bytes, sizeof seal.epoch_key.bytes);
    body->schema_place = mir_team_schema_place(store);
    if (!mir_team_schema_dictionary(
            &seal.dictionary, store, body->schema_version, body->schema_place)) {
        return mir_fail(err, MIRSAL_VERSION, "the schema's dictionary is not held");
    }
    rc = mir_changeset_seal(&changeset, &clear, arena, &seal, body, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    int keep = !opens || !mir_members_reads(store, compartment);
    rc = mir_accept_own(&row, store, &changeset, keep ? &clear : NULL, body->schema_version, err);
    if (rc == MIRSAL_OK && row.state == MIR_STATE_ACCEPTED) {
        rc = project_own(out, store, &row, &changeset, body, err);
    }
    out->id = changeset.id;
    out->body_size = (uint32_t)changeset.body.size;
    return rc;
}
