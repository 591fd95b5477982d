/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/answer_status.c - what is unsent, who holds what, what waits and why; see answers.h.
 */
#include "answers.h"
#include "bracket.h"
#include "custody.h"
#include "drafts.h"
#include "epocholder.h"
#include "evidence_out.h"
#include "forget.h"
#include "forkproof.h"
#include "holdings.h"
#include "identity.h"
#include "json_out.h"
#include "members.h"
#include "project.h"
#include "replica.h"
#include "team_out.h"

#include <stdio.h>

#define ANSWER_MEMORY_MAX ((size_t)16 << 20)

/* Everything the answer counts. */
struct counts {
    struct mir_unsent unsent;
    uint64_t drafts;
    struct mir_forgotten forgotten;
    struct mir_holdings holdings;
    struct mir_holdings_custody custody;
    struct mir_read_counts records;
    uint64_t dangling;
    struct mir_clock_state clock;
    uint64_t forks;
    uint64_t only_here;
    uint64_t older; /* own changesets under an epoch that this device knew was turned */
    mirsal_hash digest;
    int has_digest;
};

static mirsal_code count_older(uint64_t *out, struct mir_store *store, mirsal_error *err)
{
    struct mir_older older;
    struct mir_arena arena;
    mir_arena_init(&arena, store->env, ANSWER_MEMORY_MAX);
    mirsal_code rc = mir_older_load(&older, &arena, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_older_count(out, &older, store, mir_store_device(store), err);
    }
    mir_arena_fini(&arena);
    return rc;
}

static mirsal_code count_forks(uint64_t *out, struct mir_store *store, mirsal_error *err)
{
    struct mir_fork *forks = NULL;
    size_t count = 0;
    struct mir_arena arena;
    mir_arena_init(&arena, store->env, ANSWER_MEMORY_MAX);
    mirsal_code rc = mir_forks(&forks, &count, &arena, store, err);
    *out = count;
    mir_arena_fini(&arena);
    return rc;
}

static mirsal_code gather(struct counts *out, struct mir_store *store, mirsal_error *err)
{
    mirsal_code rc = mir_replica_unsent(&out->unsent, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_drafts_count(&out->drafts, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_forgotten(&out->forgotten, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_holdings(&out->holdings, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_holdings_custody(&out->custody, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_custody_only_here(&out->only_here, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_read_counts(&out->records, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_read_dangling(&out->dangling, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_bracket_clock(&out->clock, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = count_older(&out->older, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = count_forks(&out->forks, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_digest(&out->digest, &out->has_digest, store, err);
    }
    return rc;
}

static void put_uint(struct mir_buf *out, const char *key, uint64_t value)
{
    mir_json_key(out, key);
    mir_json_uint(out, value);
}

static void write_self(struct mir_buf *out,
    const struct mir_store *store,
    const struct counts *counts,
    struct mir_bytes label)
{
    const struct mir_member *member =
        mir_membership_device(store->membership, mir_store_device(store));
    enum mir_signing signing = mir_identity_signing(store);
    mir_json_key(out, "team_id");
    mir_json_hash(out, &store->team);
    mir_json_key(out, "device_id");
    mir_json_hash(out, mir_store_device(store));
    mir_optional_write(out, "label", label);
    mir_json_key(out, "role");
    if (member != NULL && signing != MIR_SIGNS_INVITED) {
        mir_json_text(out, mir_role_name(member->role));
    } else {
        mir_json_null(out);
    }
    mir_json_key(out, "state");
    mir_json_text(out, signing == MIR_SIGNS_INVITED ? "waiting" : mir_member_state(member));
    if (signing != MIR_SIGNS) {
        mir_json_key(out, "reason");
        mir_json_text(out, mir_identity_reason(signing));
    }
    mir_json_key(out, "write_only");
    mir_json_bool(out, store->write_only);
    put_uint(out, "forgotten", counts->forgotten.changesets);
    mir_json_key(out, "residue");
    mir_json_bool(out, counts->forgotten.residue);
    mir_json_key(out, "behind");
    mir_json_bool(out, store->behind);
}

static void write_custody(struct mir_buf *out, const struct counts *counts)
{
    put_uint(out, "drafts", counts->drafts);
    put_uint(out, "unsent", counts->unsent.changesets);
    put_uint(out, "unsent_bytes", counts->unsent.bytes);
    mir_json_key(out, "custody");
    mir_json_open(out, '{');
    put_uint(out, "device_only", counts->custody.device_only);
    put_uint(out, "relay", counts->custody.relay);
    put_uint(out, "readers", counts->custody.readers);
    put_uint(out, "others_only_here", counts->only_here);
    mir_json_close(out, '}');
}

/* By reason, those that are; the named one always. */
static void write_reasons(struct mir_buf *out,
    const char *key,
    const uint64_t counts[MIR_HOLDINGS_REASONS],
    const enum mir_reason *always,
    size_t always_count)
{
    mir_json_key(out, key);
    mir_json_open(out, '{');
    for (uint32_t reason = 0; reason < MIR_HOLDINGS_REASONS; reason++) {
        int named = 0;
        for (size_t i = 0; i < always_count; i++) {
            named = named || (uint32_t)always[i] == reason;
        }
        if (named || counts[reason] > 0) {
            put_uint(out, mir_reason_name((enum mir_reason)reason), counts[reason]);
        }
    }
    mir_json_close(out, '}');
}

static void write_counts(struct mir_buf *out, const struct counts *counts)
{
    static const enum mir_reason quarantine[] = { MIR_REASON_CUT };
    static const enum mir_reason waits[] = { MIR_REASON_EPOCH_KEY, MIR_REASON_ADMIT };
    mir_json_key(out, "clock");
    mir_json_open(out, '{');
    mir_json_key(out, "suspect");
    mir_json_bool(out, counts->clock.suspect);
    mir_json_key(out, "offset_s");
    mir_json_int(out, counts->clock.offset_s);
    mir_json_close(out, '}');
    put_uint(out, "records", counts->records.records);
    put_uint(out, "changesets", counts->holdings.changesets);
    put_uint(out, "conflicts", counts->records.conflicts);
    put_uint(out, "review", counts->records.review);
    put_uint(out, "quarantined", counts->holdings.quarantined_all + counts->records.quarantined);
    write_reasons(out, "quarantine", counts->holdings.quarantined, quarantine, 1);
    put_uint(out, "forks", counts->forks);
    put_uint(out, "waiting", counts->holdings.waiting_all);
    write_reasons(out, "waits", counts->holdings.waiting, waits, 2);
    put_uint(out, "not_given", counts->holdings.not_given);
    put_uint(out, "orphans", counts->records.orphans);
    put_uint(out, "dangling", counts->dangling);
    put_uint(out, "older_epoch", counts->older);
    put_uint(out, "media_missing", 0);
}

static mirsal_code write_digests(struct mir_buf *out,
    struct mir_store *store,
    const struct counts *counts,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    mir_json_key(out, "digest");
    if (counts->has_digest) {
        mir_json_hash(out, &counts->digest);
    } else {
        mir_json_null(out);
    }
    mir_json_key(out, "digests");
    mir_json_open(out, '{');
    mir_json_key(out, "control");
    mir_json_hash(out, &store->members->digest);
    for (uint32_t number = 0; rc == MIRSAL_OK && number < MIR_COMPARTMENTS; number++) {
        uint64_t exists = store->membership->compartments[number / 64] >> (number % 64) & 1;
        if (exists && mir_members_reads(store, number)) {
            char key[8];
            mirsal_hash digest;
            rc = mir_project_digest(&digest, store, number, err);
            (void)snprintf(key, sizeof key, "%u", (unsigned)number);
            mir_json_key(out, key);
            mir_json_hash(out, &digest);
        }
    }
    mir_json_close(out, '}');
    return rc;
}

mirsal_code mir_answer_status(struct mir_buf *out, struct mir_store *store, mirsal_error *err)
{
    struct counts counts = { 0 };
    struct mir_invite_facts facts = { 0 };
    struct mir_arena arena;
    mir_arena_init(&arena, store->env, ANSWER_MEMORY_MAX);
    mirsal_code rc = gather(&counts, store, err);
    if (rc == MIRSAL_OK && mir_membership_device(store->membership, mir_store_device(store))) {
        rc = mir_device_facts(&facts, &arena, store, mir_store_device(store), err);
    }
    if (rc == MIRSAL_OK) {
        mir_json_open(out, '{');
        write_self(out, store, &counts, facts.label);
        write_custody(out, &counts);
        rc = mir_relays_write(out, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_evidence_write(out, NULL, store, 0, err);
    }
    if (rc == MIRSAL_OK) {
        write_counts(out, &counts);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_compartments_write(out, store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = write_digests(out, store, &counts, err);
        mir_json_close(out, '}');
    }
    mir_arena_fini(&arena);
    return rc;
}
