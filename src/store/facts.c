/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/facts.c - control changesets decoded into the model's structs; see the header.
 */
#include "facts.h"

#include "changeset.h"
#include "fail.h"
#include "mir_limits.h"
#include "msgpack.h"
#include "sign.h"
#include "sort.h"
#include "statement.h"

#include <string.h>

#define JOIN_MESSAGE_SIZE 160u

/* A fact being made, with what the model has no need of. */
struct draft {
    struct mir_control *fact;
    struct mir_statement *statements;
    int64_t no;
    const struct mir_say_join *join; /* the first statement, or NULL */
    const mirsal_hash *grant_key;    /* that proves joins: its first invite's, or who retires */
    int invites;                     /* grant_key is an invite's */
    int judged;                      /* the proof of join is known */
};

struct loading {
    struct mir_arena *arena;
    struct mir_sql *sql;
    const mirsal_hash *team;
    struct draft *drafts;
    size_t count;
};

static mirsal_code no_memory(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

static void name_epoch(struct mir_epoch_name *out, const struct mir_epoch_public *from)
{
    out->compartment = from->compartment;
    out->number = from->number;
    out->public_key = from->public_key;
}

static int copy_genesis(struct mir_statement_genesis *out,
    struct mir_arena *arena,
    const struct mir_say_genesis *from)
{
    struct mir_epoch_name *epochs =
        mir_arena_alloc(arena, (size_t)from->epoch_count + 1, sizeof *epochs);
    if (epochs == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < from->epoch_count; i++) {
        name_epoch(&epochs[i], &from->epochs[i]);
    }
    out->founder = from->founder;
    out->noise = from->noise;
    out->hpke = from->hpke;
    out->epochs = epochs;
    out->epoch_count = from->epoch_count;
    out->schema_version = from->schema_version;
    out->schema_hash = from->schema_hash;
    return 1;
}

static int copy_grants(struct mir_statement *out,
    struct mir_arena *arena,
    const struct mir_say_compartment *from)
{
    struct mir_grant *grants =
        mir_arena_alloc(arena, (size_t)from->grant_count + 1, sizeof *grants);
    if (grants == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < from->grant_count; i++) {
        grants[i].device = from->grants[i].device;
        grants[i].readable = from->grants[i].readable;
    }
    out->compartment.number = from->number;
    out->compartment.grants = grants;
    out->compartment.grant_count = from->grant_count;
    return 1;
}

static int copy_receipt(struct mir_statement *out,
    struct mir_arena *arena,
    const struct mir_say *say)
{
    struct mir_receipt_head *heads =
        mir_arena_alloc(arena, (size_t)say->receipt.count + 1, sizeof *heads);
    if (heads == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < say->receipt.count; i++) {
        heads[i].device = say->receipt.heads[i].device;
        heads[i].compartment = say->receipt.heads[i].head.compartment;
        heads[i].seq = say->receipt.heads[i].head.seq;
        heads[i].id = say->receipt.heads[i].head.id;
    }
    out->receipt.heads = heads;
    out->receipt.head_count = say->receipt.count;
    return 1;
}

/* A value that is no integer is that of another version. */
static void copy_policy(struct mir_statement *out, const struct mir_say_act *act)
{
    struct mir_reader reader;
    out->policy.name = act->numbers[0];
    mir_reader_init(&reader, act->value.data, act->value.size);
    out->policy.value = mir_mp_read_int(&reader);
    out->policy.is_integer = mir_reader_finish(&reader, "policy", NULL) == MIRSAL_OK;
}

static void copy_purge(struct mir_statement_purge *out, const struct mir_say_purge *from)
{
    out->approves = from->approves;
    out->of = from->of;
    out->records = from->records;
    out->record_count = from->record_count;
    out->media = from->media;
    out->media_count = from->media_count;
    out->changesets = from->changesets;
    out->changeset_count = from->changeset_count;
}

/* What is said about purges, but the purge itself. */
static void copy_of_purge(struct mir_statement *out, const struct mir_say *say)
{
    if (say->kind == MIR_SAY_PURGE_DONE) {
        out->purge_done.order = say->subject;
    } else if (say->kind == MIR_SAY_UNPURGE) {
        out->unpurge.order = say->subject;
    } else {
        out->residue.changeset = say->act.subject;
        out->residue.hash = say->act.second;
        out->residue.size = say->act.numbers[0];
        out->residue.epoch = say->act.numbers[1];
    }
}

static void copy_small(struct mir_statement *out, const struct mir_say *say)
{
    if (say->kind == MIR_SAY_ADMIT) {
        out->admit.device = say->admit.device;
        out->admit.join = say->admit.join;
        out->admit.confirmed = say->admit.confirmed;
    } else if (say->kind == MIR_SAY_JOIN) {
        out->join.grant = say->join.grant;
        out->join.noise = say->join.noise;
        out->join.hpke = say->join.hpke;
        out->join.write_only = say->join.write_only;
    } else if (say->kind == MIR_SAY_INVITE) {
        out->invite.role = (enum mir_role)say->invite.role;
        out->invite.protected_ = say->invite.protected_;
        out->invite.uses = say->invite.uses;
        out->invite.in_person = say->invite.in_person;
    } else if (say->kind == MIR_SAY_INVITE_REVOKE) {
        out->invite_revoke.invite = say->subject;
    } else if (say->kind == MIR_SAY_EPOCH) {
        name_epoch(&out->epoch.name, &say->epoch.name);
        out->epoch.has_previous = say->epoch.has_previous;
    } else if (say->kind == MIR_SAY_EPOCH_KEY) {
        name_epoch(&out->epoch_key.name, &say->epoch_key.name);
        out->epoch_key.device = say->epoch_key.device;
    } else if (say->kind == MIR_SAY_EPOCH_OK) {
        out->epoch_ok.public_key = say->epoch_ok.public_key;
        out->epoch_ok.opened = say->epoch_ok.opened;
    } else if (say->kind == MIR_SAY_SCHEMA) {
        out->schema.version = say->schema.version;
        out->schema.hash = say->schema.hash;
    } else if (say->kind == MIR_SAY_RELAY) {
        out->relay.identity = say->relay.identity;
        out->relay.url = say->relay.url;
        out->relay.in_use = say->relay.in_use;
    } else if (say->kind == MIR_SAY_POLICY) {
        copy_policy(out, &say->act);
    } else if (say->kind == MIR_SAY_FREEZE) {
        out->freeze.device = say->act.subject;
        out->freeze.seq = say->act.numbers[0];
        out->freeze.id = say->act.second;
    } else if (say->kind == MIR_SAY_UNFREEZE) {
        out->unfreeze.freeze = say->act.subject;
    } else if (say->kind == MIR_SAY_ADOPT) {
        out->adopt.ids = say->act.ids;
        out->adopt.count = say->act.id_count;
    } else if (say->kind == MIR_SAY_RETIRE) {
        out->retire.successor = say->act.subject;
    } else if (say->kind == MIR_SAY_PURGE) {
        copy_purge(&out->purge, &say->purge);
    } else if (say->kind == MIR_SAY_PURGE_DONE || say->kind == MIR_SAY_UNPURGE ||
               say->kind == MIR_SAY_RESIDUE) {
        copy_of_purge(out, say);
    }
}

static int copy_places(struct mir_places *out,
    struct mir_arena *arena,
    const struct mir_chain_place *from,
    uint32_t count)
{
    struct mir_spot *spots = mir_arena_alloc(arena, (size_t)count + 1, sizeof *spots);
    if (spots == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        spots[i].compartment = from[i].compartment;
        spots[i].seq = from[i].seq;
        spots[i].id = from[i].id;
    }
    out->items = spots;
    out->count = count;
    return 1;
}

static int copy_role(struct mir_statement *out,
    struct mir_arena *arena,
    const struct mir_say_role *from)
{
    out->role.device = from->device;
    out->role.role = (enum mir_role)from->role;
    out->role.person = from->person;
    return copy_places(&out->role.from, arena, from->from, from->from_count) &&
           copy_places(&out->role.cut, arena, from->cut, from->cut_count);
}

static int copy_cut(struct mir_statement *out,
    struct mir_arena *arena,
    const struct mir_say_act *from)
{
    out->cut.device = from->subject;
    out->cut.reason = (enum mir_cut_reason)from->numbers[0];
    out->cut.undoes = from->ids;
    out->cut.undo_count = from->id_count;
    return copy_places(&out->cut.places, arena, from->places, from->place_count);
}

static int read_proof(struct mir_data_header *out,
    const struct loading *loading,
    struct mir_bytes bytes,
    struct mir_bytes signature)
{
    struct mir_header header;
    if (mir_header_decode(&header, bytes, NULL) != MIRSAL_OK ||
        !mir_hash_equal(&header.team, loading->team) ||
        header.compartment == MIR_COMPARTMENT_CONTROL ||
        !mir_sign_verify(
            signature.data, MIR_CONTEXT_CHANGESET, bytes.data, bytes.size, header.device.bytes)) {
        return 0;
    }
    mir_changeset_id(&out->id, bytes);
    out->device = header.device;
    out->prev = header.prev;
    out->authority = header.authority;
    out->compartment = header.compartment;
    out->seq = header.seq;
    return 1;
}

/* Two data headers of one place, each signed by their device. */
static int copy_fork_proof(struct mir_statement *out,
    const struct loading *loading,
    const struct mir_say_act *from)
{
    struct mir_data_header *two = mir_arena_alloc(loading->arena, 2, sizeof *two);
    if (two == NULL) {
        return 0;
    }
    if (read_proof(&two[0], loading, from->headers[0], from->signatures[0]) &&
        read_proof(&two[1], loading, from->headers[1], from->signatures[1]) &&
        mir_hash_equal(&two[0].device, &two[1].device) && two[0].seq == two[1].seq &&
        two[0].compartment == two[1].compartment && !mir_hash_equal(&two[0].id, &two[1].id)) {
        out->fork_proof.two = two;
    }
    return 1;
}

static int copy_statement(struct mir_statement *out,
    struct loading *loading,
    struct draft *draft,
    struct mir_bytes body,
    const struct mir_say *say)
{
    out->kind =
        say->kind < MIR_SAY_KINDS ? (enum mir_statement_kind)say->kind : MIR_STATEMENT_UNKNOWN;
    if (say->kind == MIR_SAY_GENESIS) {
        mirsal_hash team;
        mir_hash_bytes(&team, MIR_CONTEXT_TEAM, body.data, body.size);
        out->genesis.is_team = mir_hash_equal(&team, loading->team);
        return copy_genesis(&out->genesis, loading->arena, &say->genesis);
    }
    if (say->kind == MIR_SAY_COMPARTMENT) {
        return copy_grants(out, loading->arena, &say->compartment);
    }
    if (say->kind == MIR_SAY_RECEIPT) {
        return copy_receipt(out, loading->arena, say);
    }
    if (say->kind == MIR_SAY_ROLE) {
        return copy_role(out, loading->arena, &say->role);
    }
    if (say->kind == MIR_SAY_CUT) {
        return copy_cut(out, loading->arena, &say->act);
    }
    if (say->kind == MIR_SAY_FORK_PROOF) {
        return copy_fork_proof(out, loading, &say->act);
    }
    if (say->kind == MIR_SAY_JOIN) {
        draft->join = &say->join;
    }
    if (say->kind == MIR_SAY_INVITE && !draft->invites) {
        draft->grant_key = &say->invite.key;
        draft->invites = 1;
    }
    if (say->kind == MIR_SAY_RETIRE && draft->grant_key == NULL) {
        draft->grant_key = &draft->fact->device;
    }
    if (say->kind < MIR_SAY_KINDS) {
        copy_small(out, say);
    }
    return 1;
}

static mirsal_code read_body(struct loading *loading,
    struct draft *draft,
    struct mir_bytes column,
    mirsal_error *err)
{
    struct mir_control_body read;
    struct mir_bytes body = { mir_arena_copy(loading->arena, column.data, column.size),
        column.size };
    struct mir_control *fact = draft->fact;
    if (body.data == NULL) {
        return no_memory(err);
    }
    mirsal_code rc = mir_control_body_read(&read, loading->arena, body, err);
    if (rc == MIRSAL_NO_MEMORY) {
        return rc;
    }
    if (rc != MIRSAL_OK) {
        return mir_fail(err, MIRSAL_CORRUPT, "a control changeset is damaged");
    }
    draft->statements = mir_arena_alloc(loading->arena, read.say_count, sizeof *draft->statements);
    if (draft->statements == NULL) {
        return no_memory(err);
    }
    for (uint32_t i = 0; i < read.say_count; i++) {
        if (!copy_statement(&draft->statements[i], loading, draft, body, &read.says[i])) {
            return no_memory(err);
        }
    }
    fact->knows = read.knows;
    fact->knows_count = read.knows_count;
    fact->statements = draft->statements;
    fact->statement_count = read.say_count;
    return MIRSAL_OK;
}

static mirsal_code read_row(struct loading *loading,
    struct draft *draft,
    sqlite3_stmt *statement,
    mirsal_error *err)
{
    struct mir_header header;
    struct mir_control *fact = draft->fact;
    struct mir_bytes bytes = mir_sql_column(statement, 1);
    if (mir_header_decode(&header, bytes, NULL) != MIRSAL_OK) {
        return mir_fail(err, MIRSAL_CORRUPT, "a control changeset is damaged");
    }
    draft->no = mir_sql_column_int(statement, 0);
    mir_changeset_id(&fact->id, bytes);
    fact->device = header.device;
    fact->seq = header.seq;
    fact->prev = header.prev;
    fact->authority = header.authority;
    mirsal_code rc = read_body(loading, draft, mir_sql_column(statement, 2), err);
    draft->judged = sqlite3_column_type(statement, 3) != SQLITE_NULL;
    if (rc == MIRSAL_OK && draft->judged && draft->join != NULL) {
        draft->statements[0].join.proof_ok = mir_sql_column_int(statement, 3) != 0;
    }
    return rc;
}

static mirsal_code count_control(size_t *count, struct mir_sql *sql, mirsal_error *err)
{
    static const char text[] = "SELECT count(*) FROM changeset WHERE compartment = 255";
    sqlite3_stmt *statement = NULL;
    int row = 0;
    *count = 0;
    mirsal_code rc = mir_sql_prepare(&statement, sql, text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, sql, statement, err);
    }
    if (rc == MIRSAL_OK && row) {
        *count = (size_t)mir_sql_column_int(statement, 0);
    }
    mir_sql_release(statement);
    return rc;
}

static mirsal_code read_rows(struct loading *loading, struct mir_control *facts, mirsal_error *err)
{
    static const char text[] =
        "SELECT c.no, t.header, t.body, j.valid FROM changeset AS c"
        " JOIN content AS t ON t.no = c.no LEFT JOIN join_proof AS j ON j.changeset = c.no"
        " WHERE c.compartment = 255 ORDER BY c.no";
    sqlite3_stmt *statement = NULL;
    size_t at = 0;
    int row = 0;
    mirsal_code rc = mir_sql_prepare(&statement, loading->sql, text, err);
    while (rc == MIRSAL_OK) {
        rc = mir_sql_step(&row, loading->sql, statement, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        if (at == loading->count) {
            rc = mir_fail(err, MIRSAL_CORRUPT, "control changesets were miscounted");
            break;
        }
        loading->drafts[at].fact = &facts[at];
        rc = read_row(loading, &loading->drafts[at], statement, err);
        at++;
    }
    mir_sql_release(statement);
    loading->count = at;
    return rc;
}

static int verify_proof(const struct loading *loading,
    const struct draft *draft,
    const mirsal_hash *key)
{
    uint8_t room[JOIN_MESSAGE_SIZE];
    const struct mir_say_join *join = draft->join;
    memcpy(room, loading->team->bytes, 32);
    memcpy(room + 32, join->grant.bytes, 32);
    memcpy(room + 64, draft->fact->device.bytes, 32);
    memcpy(room + 96, join->noise.bytes, 32);
    memcpy(room + 128, join->hpke.bytes, 32);
    return mir_sign_verify(join->proof, MIR_CONTEXT_JOIN, room, sizeof room, key->bytes);
}

static mirsal_code keep_proof(struct loading *loading,
    const struct draft *draft,
    int valid,
    mirsal_error *err)
{
    static const char text[] =
        "INSERT INTO join_proof (changeset, valid) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    sqlite3_stmt *statement = NULL;
    if (sqlite3_txn_state(mir_sql_handle(loading->sql), "main") != SQLITE_TXN_WRITE) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_sql_prepare(&statement, loading->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(statement, 1, draft->no);
    mir_sql_bind_int(statement, 2, valid);
    return mir_sql_done(loading->sql, statement, err);
}

/* A proof is judged once its grant is held; before that it is not valid, and nothing is kept. */
static mirsal_code judge_proofs(struct loading *loading, mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < loading->count; i++) {
        struct draft *draft = &loading->drafts[i];
        const mirsal_hash *key = NULL;
        if (draft->join == NULL || draft->judged) {
            continue;
        }
        for (size_t j = 0; key == NULL && j < loading->count; j++) {
            if (mir_hash_equal(&loading->drafts[j].fact->id, &draft->join->grant)) {
                key = loading->drafts[j].grant_key;
            }
        }
        if (key != NULL) {
            int valid = verify_proof(loading, draft, key);
            draft->statements[0].join.proof_ok = valid;
            rc = keep_proof(loading, draft, valid, err);
        }
    }
    return rc;
}

mirsal_code mir_facts_load(struct mir_control **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_sql *sql,
    const mirsal_hash *team,
    mirsal_error *err)
{
    struct loading loading = { .arena = arena, .sql = sql, .team = team };
    *out = NULL;
    *count = 0;
    mirsal_code rc = count_control(&loading.count, sql, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    struct mir_control *facts = mir_arena_alloc(arena, loading.count + 1, sizeof *facts);
    loading.drafts = mir_arena_alloc(arena, loading.count + 1, sizeof *loading.drafts);
    if (facts == NULL || loading.drafts == NULL) {
        return no_memory(err);
    }
    rc = read_rows(&loading, facts, err);
    if (rc == MIRSAL_OK) {
        rc = judge_proofs(&loading, err);
    }
    if (rc == MIRSAL_OK) {
        *out = facts;
        *count = loading.count;
    }
    return rc;
}

static int compare_hashes(const void *a, const void *b, void *context)
{
    (void)context;
    return memcmp(a, b, sizeof(mirsal_hash));
}

static int among(const mirsal_hash *sorted, size_t count, const mirsal_hash *wanted)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(sorted[middle].bytes, wanted->bytes, sizeof wanted->bytes);
        if (order == 0) {
            return 1;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return 0;
}

mirsal_code mir_facts_heads(struct mir_buf *out,
    const struct mir_control *facts,
    size_t count,
    const mirsal_hash *but,
    size_t but_count,
    mirsal_error *err)
{
    struct mir_buf led;
    size_t found = 0;
    mir_buf_init(&led, out->env, SIZE_MAX / 2);
    mir_buf_append(&led, but, but_count * sizeof *but);
    for (size_t i = 0; i < count; i++) {
        mir_buf_append(&led, &facts[i].prev, sizeof facts[i].prev);
        mir_buf_append(&led, &facts[i].authority, sizeof facts[i].authority);
        mir_buf_append(&led, facts[i].knows, facts[i].knows_count * sizeof *facts[i].knows);
    }
    mirsal_code rc = mir_buf_finish(&led, err);
    if (rc == MIRSAL_OK) {
        mirsal_hash *sorted = (mirsal_hash *)(void *)led.data;
        size_t led_count = led.size / sizeof *sorted;
        mir_sort(sorted, led_count, sizeof *sorted, compare_hashes, NULL);
        for (size_t i = 0; i < count && found < MIR_KNOWS_MAX; i++) {
            if (!among(sorted, led_count, &facts[i].id)) {
                mir_buf_append(out, &facts[i].id, sizeof facts[i].id);
                found++;
            }
        }
        rc = mir_buf_finish(out, err);
    }
    if (rc == MIRSAL_OK && found > 0) {
        mir_sort(out->data, found, sizeof(mirsal_hash), compare_hashes, NULL);
    }
    mir_buf_fini(&led);
    return rc;
}
