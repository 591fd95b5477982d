/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/sim/check.c - what must hold, held against the oracle.
 */
#include "sim.h"

#include "chains.h"
#include "history.h"
#include "known.h"
#include "members.h"
#include "read.h"
#include "rebuild.h"
#include "sql.h"
#include "verify.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_MAX ((size_t)64 << 20)

/* Runs a query whose first column is an id; gives the ids. */
static int read_ids(struct sim_device *device, const char *text, int own, struct mir_buf *out)
{
    sqlite3_stmt *find = NULL;
    int row = 0;
    mirsal_error err = { 0 };
    mirsal_code rc = mir_sql_prepare(&find, device->store->sql, text, &err);
    if (rc == MIRSAL_OK) {
        if (own) {
            mir_sql_bind_blob(find, 1, device->key.bytes, sizeof device->key.bytes);
        }
        rc = mir_sql_step(&row, device->store->sql, find, &err);
    }
    while (rc == MIRSAL_OK && row) {
        mir_buf_append(out, mir_sql_column(find, 0).data, sizeof(mirsal_hash));
        rc = mir_sql_step(&row, device->store->sql, find, &err);
    }
    mir_sql_release(find);
    return sim_device_alive(device, rc, &err, "reading ids");
}

static size_t count_ids(const struct mir_buf *ids)
{
    return ids->size / sizeof(mirsal_hash);
}

static const mirsal_hash *id_at(const struct mir_buf *ids, size_t index)
{
    return (const mirsal_hash *)(const void *)(ids->data + index * sizeof(mirsal_hash));
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(mirsal_hash));
}

static void sort_ids(struct mir_buf *ids)
{
    if (ids->size > 0) {
        qsort(ids->data, count_ids(ids), sizeof(mirsal_hash), compare_ids);
    }
}

static int holds(const struct mir_buf *sorted, const mirsal_hash *id)
{
    return sorted->size > 0 &&
           bsearch(id, sorted->data, count_ids(sorted), sizeof *id, compare_ids) != NULL;
}

uint8_t *sim_applied(struct sim_device *device)
{
    static const char text[] =
        "SELECT id FROM changeset WHERE projected = 1 AND state = 0 AND compartment <> 255";
    const struct oracle *oracle = &device->world->oracle;
    struct mir_buf ids;
    mir_buf_init(&ids, &device->world->relay.test.env, ARENA_MAX);
    uint8_t *applied = NULL;
    if (read_ids(device, text, 0, &ids)) {
        applied = calloc(1, oracle->changeset_count + 1);
        assert(applied != NULL);
        for (size_t i = 0; i < count_ids(&ids); i++) {
            uint32_t at = oracle_find_changeset(oracle, id_at(&ids, i));
            if (at == ORACLE_NONE) {
                sim_fail(device->world, "device %u applied a changeset that nobody committed",
                    device->index);
            } else {
                applied[at] = 1;
            }
        }
    }
    mir_buf_fini(&ids);
    return applied;
}

void sim_check_kept(struct sim_device *device)
{
    static const char all_text[] = "SELECT id FROM changeset";
    struct sim_world *world = device->world;
    struct mir_buf ids;
    if (world->failed || device->store == NULL) {
        return;
    }
    mir_buf_init(&ids, &world->relay.test.env, ARENA_MAX);
    if (read_ids(device, all_text, 0, &ids)) {
        int64_t count = (int64_t)count_ids(&ids);
        sort_ids(&ids);
        for (uint32_t i = 0; i < world->oracle.changeset_count; i++) {
            const struct oracle_changeset *changeset = &world->oracle.changesets[i];
            if (changeset->author == device->index && !holds(&ids, &changeset->id)) {
                sim_fail(world, "device %u lost a changeset that was acknowledged", device->index);
            }
        }
        if (count < device->held) {
            sim_fail(world, "device %u held %lld changesets, and holds %lld", device->index,
                (long long)device->held, (long long)count);
        }
        device->held = count;
    }
    mir_buf_fini(&ids);
}

void sim_check_known(struct sim_device *device)
{
    static const char text[] = "SELECT id FROM changeset WHERE no = ?1";
    struct sim_world *world = device->world;
    struct mir_buf all;
    struct mir_buf relay;
    struct mir_buf missing;
    struct mir_buf unknown;
    mirsal_error err = { 0 };
    if (world->failed || device->store == NULL) {
        return;
    }
    const mirsal_env *env = &world->relay.test.env;
    mir_buf_init(&all, env, ARENA_MAX);
    mir_buf_init(&relay, env, ARENA_MAX);
    mir_buf_init(&missing, env, ARENA_MAX);
    mir_buf_init(&unknown, env, ARENA_MAX);
    mirsal_code rc = mir_store_begin(device->store, &err);
    if (rc == MIRSAL_OK) {
        rc = mir_known_missing(&missing, device->store, 1, &err);
        mir_store_rollback(device->store);
    }
    for (size_t at = 0; rc == MIRSAL_OK && at < missing.size; at += sizeof(int64_t)) {
        sqlite3_stmt *find = NULL;
        int64_t no = 0;
        int row = 0;
        memcpy(&no, missing.data + at, sizeof no);
        rc = mir_sql_prepare(&find, device->store->sql, text, &err);
        if (rc == MIRSAL_OK) {
            mir_sql_bind_int(find, 1, no);
            rc = mir_sql_step(&row, device->store->sql, find, &err);
        }
        if (rc == MIRSAL_OK && row) {
            mir_buf_append(&unknown, mir_sql_column(find, 0).data, sizeof(mirsal_hash));
        }
        mir_sql_release(find);
    }
    if (sim_device_alive(device, rc, &err, "known") &&
        read_ids(device, "SELECT id FROM changeset", 0, &all)) {
        sort_ids(&unknown);
        sim_relay_ids(&world->relay, &relay);
        for (size_t i = 0; i < count_ids(&all); i++) {
            if (!holds(&unknown, id_at(&all, i)) && !holds(&relay, id_at(&all, i))) {
                sim_fail(world, "device %u takes as held by the relay what it does not hold",
                    device->index);
            }
        }
    }
    mir_buf_fini(&all);
    mir_buf_fini(&relay);
    mir_buf_fini(&missing);
    mir_buf_fini(&unknown);
}

static int equals(struct mir_bytes bytes, const void *data, size_t size)
{
    return bytes.size == size && (size == 0 || memcmp(bytes.data, data, size) == 0);
}

/* Each live write of a register with several is live in the store, and no other. */
static void check_live(struct sim_device *device,
    struct mir_arena *arena,
    const struct oracle_write *probe,
    const struct oracle_register *expected)
{
    const struct oracle *oracle = &device->world->oracle;
    const struct mir_bytes key = { probe->key_size > 0 ? probe->key : NULL, probe->key_size };
    struct mir_writings found;
    mirsal_error err = { 0 };
    mirsal_code rc = mir_history_register(
        &found, arena, device->store, &oracle->records[probe->record].id, probe->field, key, &err);
    if (!sim_device_alive(device, rc, &err, "history")) {
        return;
    }
    uint32_t live = 0;
    for (size_t i = 0; i < found.count; i++) {
        int is_live = 0;
        for (uint32_t at = 0; at < expected->live_count; at++) {
            const struct oracle_write *write = &oracle->writes[expected->live[at]];
            is_live = is_live || memcmp(&oracle->changesets[write->changeset].id,
                                     &found.writes[i].author.id, sizeof(mirsal_hash)) == 0;
        }
        if (is_live != (found.writes[i].live != 0)) {
            sim_fail(device->world, "device %u: field %u: a write is %s, and should be %s",
                device->index, probe->field, found.writes[i].live ? "live" : "not live",
                is_live ? "live" : "not");
        }
        live += found.writes[i].live ? 1 : 0;
    }
    if (found.count != expected->written || live != expected->live_count) {
        sim_fail(device->world, "device %u: field %u: %zu writes, %u live; should be %u, %u",
            device->index, probe->field, found.count, live, expected->written,
            expected->live_count);
    }
}

/* The register as the store shows it; *shown counts those that it must show. */
static void check_register(struct sim_device *device,
    struct mir_arena *arena,
    const struct mir_record *record,
    const struct oracle_write *probe,
    const struct oracle_register *expected,
    size_t *shown)
{
    struct sim_world *world = device->world;
    const struct oracle *oracle = &world->oracle;
    const struct mir_bytes key = { probe->key_size > 0 ? probe->key : NULL, probe->key_size };
    const struct mir_shown *found = mir_record_find(record, probe->field, key);
    int visible =
        expected->winner != ORACLE_NONE && (oracle_policy(probe->field) != MIR_POLICY_SET ||
                                               oracle->writes[expected->winner].value[0] == 1);
    *shown += visible ? 1 : 0;
    if (visible != (found != NULL)) {
        sim_fail(world, "device %u: field %u is %s", device->index, probe->field,
            visible ? "not shown" : "shown, and should not be");
        return;
    }
    if (visible) {
        const struct oracle_write *winner = &oracle->writes[expected->winner];
        struct mir_author author;
        mirsal_error err = { 0 };
        mirsal_code rc = mir_read_author(&author, device->store, found->changeset, &err);
        if (!sim_device_alive(device, rc, &err, "author of a value")) {
            return;
        }
        if (!equals(found->value, winner->value, winner->value_size) ||
            memcmp(&author.id, &oracle->changesets[winner->changeset].id, sizeof author.id) != 0) {
            sim_fail(world, "device %u: field %u shows another value than the winner",
                device->index, probe->field);
        }
        if ((found->conflict != 0) != (expected->conflict || expected->once)) {
            sim_fail(world, "device %u: field %u: conflict %d, should be %d", device->index,
                probe->field, found->conflict, expected->conflict || expected->once);
        }
    }
    if (expected->written > 1) {
        check_live(device, arena, probe, expected);
    }
}

struct queue {
    struct mir_review *items;
    size_t count;
    size_t matched;
};

static void expect_item(struct sim_device *device,
    struct queue *queue,
    const struct oracle_write *probe,
    enum mir_review_kind kind,
    int expected)
{
    const mirsal_id *record = &device->world->oracle.records[probe->record].id;
    int found = 0;
    for (size_t i = 0; i < queue->count; i++) {
        const struct mir_review *item = &queue->items[i];
        if (item->kind == kind && item->field == probe->field &&
            equals(item->key, probe->key, probe->key_size) &&
            memcmp(&item->record, record, sizeof *record) == 0) {
            found++;
        }
    }
    queue->matched += (size_t)found;
    if (found != (expected ? 1 : 0)) {
        sim_fail(device->world,
            "device %u: field %u stands %d times in the review queue as %s, not %d", device->index,
            probe->field, found, mir_review_kind_name(kind), expected ? 1 : 0);
    }
}

static int is_first(const struct oracle *oracle, const uint8_t *applied, uint32_t at)
{
    for (uint32_t i = 0; i < at; i++) {
        if (applied[oracle->writes[i].changeset] &&
            oracle_same_register(&oracle->writes[i], &oracle->writes[at])) {
            return 0;
        }
    }
    return 1;
}

static void check_standing(struct sim_device *device,
    const struct mir_record *found,
    const uint8_t *applied,
    uint32_t record,
    struct queue *queue)
{
    struct sim_world *world = device->world;
    int unseen = 0;
    const struct oracle_write probe = { .record = record,
        .field = world->oracle.records[record].type * 100 + 2 };
    enum oracle_standing standing = oracle_withdrawal(&unseen, &world->oracle, applied, record);
    if ((found->state == MIR_RECORD_WITHDRAWN) != (standing == ORACLE_TAKEN_OUT)) {
        sim_fail(world, "device %u: a record is %s", device->index,
            standing == ORACLE_TAKEN_OUT ? "not taken out" : "taken out, and should not be");
    }
    expect_item(device, queue, &probe, MIR_REVIEW_WITHDRAWN, unseen);
    expect_item(device, queue, &probe, MIR_REVIEW_SUGGESTION, standing == ORACLE_SUGGESTED);
}

static void check_record(struct sim_device *device,
    struct mir_arena *arena,
    const uint8_t *applied,
    uint32_t record,
    struct queue *queue)
{
    struct sim_world *world = device->world;
    const struct oracle *oracle = &world->oracle;
    struct mir_record found;
    size_t shown = 0;
    mirsal_error err = { 0 };
    mirsal_code rc =
        mir_read_record(&found, arena, device->store, &oracle->records[record].id, &err);
    if (!sim_device_alive(device, rc, &err, "record")) {
        return;
    }
    for (uint32_t i = 0; i < oracle->write_count && !world->failed; i++) {
        const struct oracle_write *write = &oracle->writes[i];
        struct oracle_register expected;
        if (write->record != record || !applied[write->changeset] ||
            !is_first(oracle, applied, i)) {
            continue;
        }
        oracle_evaluate(
            &expected, oracle, applied, record, write->field, write->key, write->key_size);
        check_register(device, arena, &found, write, &expected, &shown);
        expect_item(device, queue, write, MIR_REVIEW_VALUES, expected.conflict);
        expect_item(device, queue, write, MIR_REVIEW_ONCE, expected.once);
    }
    if (!world->failed && shown != found.register_count) {
        sim_fail(world, "device %u: a record shows %zu registers, not %zu", device->index,
            found.register_count, shown);
    }
    if (!world->failed) {
        check_standing(device, &found, applied, record, queue);
    }
}

static void plant_queue_bug(struct sim_device *device)
{
    mirsal_error err = { 0 };
    if (device->world->canary == SIM_CANARY_QUEUE_DROPS &&
        mir_sql_run(device->store->sql, "DELETE FROM review WHERE kind = 1", &err) != MIRSAL_OK) {
        sim_fail(device->world, "device %u: queue: %s", device->index, err.message);
    }
}

void sim_check_device(struct sim_device *device)
{
    struct sim_world *world = device->world;
    struct mir_arena arena;
    struct queue queue = { 0 };
    mirsal_error err = { 0 };
    if (world->failed || device->store == NULL || !world->checks || device->write_only) {
        return;
    }
    uint8_t *applied = sim_applied(device);
    if (applied == NULL) {
        return;
    }
    sim_take_roles(device);
    plant_queue_bug(device);
    mir_arena_init(&arena, &world->relay.test.env, ARENA_MAX);
    mirsal_code rc =
        mir_review_list(&queue.items, &queue.count, &arena, device->store, NULL, 1, &err);
    int alive = sim_device_alive(device, rc, &err, "queue");
    size_t judged = 0;
    for (size_t i = 0; i < queue.count; i++) {
        enum mir_review_kind kind = queue.items[i].kind;
        judged += kind == MIR_REVIEW_VALUES || kind == MIR_REVIEW_ONCE ||
                  kind == MIR_REVIEW_WITHDRAWN || kind == MIR_REVIEW_SUGGESTION;
    }
    uint64_t records = 0;
    for (uint32_t i = 0; alive && i < world->oracle.record_count && !world->failed; i++) {
        if (oracle_exists(&world->oracle, applied, i) && !sim_purged(device, i)) {
            records++;
            check_record(device, &arena, applied, i, &queue);
        }
    }
    struct mir_read_counts counts;
    rc = mir_read_counts(&counts, device->store, &err);
    if (!world->failed && sim_device_alive(device, rc, &err, "counts")) {
        if (counts.records != records || queue.matched != judged) {
            sim_fail(world,
                "device %u: %llu records, should be %llu; %zu review items, should be %zu",
                device->index, (unsigned long long)counts.records, (unsigned long long)records,
                judged, queue.matched);
        }
        world->conflicts = judged > world->conflicts ? judged : world->conflicts;
    }
    mir_arena_fini(&arena);
    free(applied);
}

/* What the store itself says of a changeset that it should have applied, or should not. */
static void describe(char *out, size_t size, struct sim_device *device, const mirsal_hash *id)
{
    struct mir_chain_row row;
    mirsal_error err = { 0 };
    if (mir_chain_find(&row, device->store->sql, id, &err) != MIRSAL_OK || row.no == 0) {
        (void)snprintf(out, size, "not held");
        return;
    }
    (void)snprintf(out, size, "%s (%s)%s", mir_state_name(row.state), mir_reason_name(row.reason),
        row.projected ? ", applied" : "");
}

static void check_whole(struct sim_device *device, const uint8_t *applied)
{
    const struct sim_world *world = device->world;
    for (uint32_t i = 0; i < world->oracle.changeset_count; i++) {
        const struct oracle_changeset *changeset = &world->oracle.changesets[i];
        int reads = changeset->author == device->index ||
                    (device->role != MIR_ROLE_MONITOR &&
                        (changeset->compartment == 0 || device->protected_));
        int ended = world->devices[changeset->author].cut && !changeset->stands;
        if (reads != applied[i] && !device->write_only && !ended) {
            char text[80];
            describe(text, sizeof text, device, &changeset->id);
            sim_fail(device->world,
                "device %u (%s%s) %s changeset %u, of device %u, compartment %u: %s", device->index,
                mir_role_name(device->role), device->protected_ ? ", protected" : "",
                reads ? "lacks" : "applied", i, changeset->author, changeset->compartment, text);
            return;
        }
    }
}

static void check_rebuild(struct sim_device *device)
{
    struct mir_verify_result verified;
    mirsal_hash before;
    mirsal_hash after;
    int has = 0;
    mirsal_error err = { 0 };
    mirsal_code rc = mir_store_digest(&before, &has, device->store, &err);
    if (rc == MIRSAL_OK) {
        rc = mir_verify(&verified, device->store, 1, &err);
    }
    if (rc == MIRSAL_OK && verified.problem_count > 0) {
        sim_fail(device->world, "device %u: verify: %s", device->index, verified.problems[0].text);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_rebuild(device->store, &err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_digest(&after, &has, device->store, &err);
    }
    if (sim_device_alive(device, rc, &err, "rebuild") && has &&
        memcmp(&before, &after, sizeof before) != 0) {
        sim_fail(device->world, "device %u: rebuild gives another digest", device->index);
    }
    sim_check_device(device);
}

static void check_relay_holds(struct sim_device *device, const struct mir_buf *relay)
{
    struct mir_buf ids;
    mir_buf_init(&ids, &device->world->relay.test.env, ARENA_MAX);
    if (read_ids(device, "SELECT id FROM changeset", 0, &ids)) {
        for (size_t i = 0; i < count_ids(&ids); i++) {
            if (!holds(relay, id_at(&ids, i))) {
                sim_fail(device->world, "the relay lacks a changeset of device %u's store",
                    device->index);
                break;
            }
        }
    }
    mir_buf_fini(&ids);
}

void sim_check_converged(struct sim_world *world, int last)
{
    mirsal_hash state;
    const struct sim_device *first_reader = NULL;
    struct mir_buf relay;
    mir_buf_init(&relay, &world->relay.test.env, ARENA_MAX);
    sim_relay_ids(&world->relay, &relay);
    for (uint32_t i = 0; i < world->device_count && !world->failed; i++) {
        struct sim_device *device = &world->devices[i];
        mirsal_hash digest;
        int has = 0;
        if (device->cut) {
            continue;
        }
        mirsal_error err = { 0 };
        uint8_t *applied = sim_applied(device);
        mirsal_code rc = mir_store_digest(&digest, &has, device->store, &err);
        if (applied == NULL || !sim_device_alive(device, rc, &err, "digest")) {
            free(applied);
            continue;
        }
        check_whole(device, applied);
        free(applied);
        check_relay_holds(device, &relay);
        sim_check_device(device);
        if (memcmp(&device->store->members->digest, &world->devices[0].store->members->digest,
                sizeof digest) != 0) {
            sim_fail(world, "device %u has another control digest", i);
        }
        if (has != (device->role != MIR_ROLE_MONITOR)) {
            sim_fail(world, "device %u: digest %d", i, has);
        } else if (has && first_reader == NULL) {
            first_reader = device;
            state = digest;
        } else if (has && memcmp(&digest, &state, sizeof digest) != 0) {
            sim_fail(world, "devices %u and %u have different digests", first_reader->index, i);
        }
        sim_trace(world, &device->store->members->digest, sizeof digest);
        sim_trace(world, &digest, has ? sizeof digest : 0);
    }
    mir_buf_fini(&relay);
    if (!world->failed && world->checks && last) {
        check_rebuild(&world->devices[sim_draw(world, world->device_count)]);
    }
}
