/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/answer_purge.c - purge orders, who stands behind them, and who has carried them out
 * (answers.h).
 */
#include "answers.h"

#include "fail.h"
#include "handed.h"
#include "json_out.h"
#include "members.h"
#include "purge.h"
#include "purgebodies.h"
#include "read.h"
#include "statements.h"
#include "team.h"
#include "team_out.h"
#include "text.h"

#define ANSWER_MEMORY_MAX ((size_t)64 << 20)

/* Bodies held here that tell of the order's records and that no order in force names. */
static mirsal_code count_unnamed(uint64_t *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_purge *purge,
    mirsal_error *err)
{
    mirsal_hash *bodies = NULL;
    size_t count = 0;
    mirsal_code rc =
        mir_purge_bodies(&bodies, &count, arena, store, purge->records, purge->record_count, err);
    *out = 0;
    for (size_t at = 0; rc == MIRSAL_OK && at < count; at++) {
        *out += mir_purges_of_body(store->membership, &bodies[at]) == MIR_PURGE_NONE;
    }
    return rc;
}

static void write_item(struct mir_buf *out,
    const struct mir_store *store,
    const mirsal_id *id,
    uint32_t number)
{
    const struct mir_schema_type *type = mir_schema_type_by_id(store->schema, number);
    mir_json_item(out);
    mir_json_open(out, '{');
    mir_json_key(out, "id");
    mir_json_uuid(out, id);
    mir_json_key(out, "type");
    if (type == NULL) {
        mir_json_null(out);
    } else {
        mir_json_text(out, type->name);
    }
    mir_json_close(out, '}');
}

/* What hangs from its records and no order names: it has another parent, or came later. */
static mirsal_code write_children(struct mir_buf *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_purge *purge,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    int asked = purge->level != MIR_PURGE_NONE;
    mir_json_key(out, "children");
    mir_json_open(out, '[');
    for (size_t i = 0; rc == MIRSAL_OK && asked && i < purge->record_count; i++) {
        struct mir_items items = { 0 };
        rc = mir_read_children(&items, arena, store, &purge->records[i], err);
        for (size_t n = 0; rc == MIRSAL_OK && n < items.count; n++) {
            if (mir_purges_of_record(store->membership, &items.items[n].id) == MIR_PURGE_NONE) {
                write_item(out, store, &items.items[n].id, items.items[n].type);
            }
        }
    }
    mir_json_close(out, ']');
    return rc;
}

static mirsal_code write_records(struct mir_buf *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_purge *purge,
    mirsal_error *err)
{
    uint64_t unnamed = 0;
    mirsal_code rc = MIRSAL_OK;
    mir_json_key(out, "records");
    mir_json_open(out, '[');
    for (size_t i = 0; rc == MIRSAL_OK && i < purge->record_count; i++) {
        uint32_t number = 0;
        rc = mir_read_type(&number, store, &purge->records[i], err);
        write_item(out, store, &purge->records[i], number);
    }
    mir_json_close(out, ']');
    if (rc == MIRSAL_OK) {
        rc = write_children(out, arena, store, purge, err);
    }
    mir_json_key(out, "bodies");
    mir_json_uint(out, purge->changeset_count);
    if (rc == MIRSAL_OK && purge->level != MIR_PURGE_NONE) {
        rc = count_unnamed(&unnamed, arena, store, purge, err);
    }
    mir_json_key(out, "unnamed");
    mir_json_uint(out, unnamed);
    return rc;
}

/* The order's reason and when it was said, as its author says. */
static mirsal_code write_said(struct mir_buf *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_purge *purge,
    mirsal_error *err)
{
    struct mir_control_body body = { .say_count = 0 };
    struct mir_bytes reason = { NULL, 0 };
    mirsal_code rc = mir_statements_read(&body, arena, store, &purge->id, err);
    for (uint32_t i = 0; rc == MIRSAL_OK && i < body.say_count; i++) {
        if (body.says[i].kind == MIR_SAY_PURGE) {
            rc = mir_statements_open_text(&reason, arena, store, &body.says[i].purge.reason, err);
            break;
        }
    }
    mir_optional_write(out, "reason", reason);
    mir_json_key(out, "said");
    mir_json_stamp(out, body.stamp);
    return rc;
}

/* A device by key and label; root is no device and has the label "root". */
static mirsal_code write_device(struct mir_buf *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const mirsal_hash *device,
    mirsal_error *err)
{
    static const struct mir_bytes root = { (const uint8_t *)"root", 4 };
    struct mir_invite_facts facts = { .stamp = 0 };
    int is_root = mir_hash_equal(device, &store->membership->root);
    mirsal_code rc = is_root ? MIRSAL_OK : mir_device_facts(&facts, arena, store, device, err);
    mir_json_open(out, '{');
    mir_json_key(out, "device_id");
    mir_json_hash(out, device);
    mir_optional_write(out, "label", is_root ? root : facts.label);
    mir_json_close(out, '}');
    return rc;
}

static mirsal_code write_voices(struct mir_buf *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_purge *purge,
    mirsal_error *err)
{
    const struct mir_members *members = store->members;
    mirsal_code rc = MIRSAL_OK;
    mir_json_key(out, "by");
    rc = write_device(out, arena, store, &purge->by, err);
    mir_json_key(out, "voices");
    mir_json_open(out, '[');
    for (size_t i = 0; rc == MIRSAL_OK && i < purge->voice_count; i++) {
        for (size_t at = 0; rc == MIRSAL_OK && at < members->count; at++) {
            if (mir_hash_equal(&members->facts[at].id, &purge->voices[i])) {
                mir_json_item(out);
                rc = write_device(out, arena, store, &members->facts[at].device, err);
                break;
            }
        }
    }
    mir_json_close(out, ']');
    return rc;
}

static void write_time(struct mir_buf *out, const char *key, int has, uint64_t ms)
{
    mir_json_key(out, key);
    if (has) {
        mir_json_time(out, (int64_t)ms, 0, 0);
    } else {
        mir_json_null(out);
    }
}

static int has_confirmed(const struct mir_store *store,
    const struct mir_purge *purge,
    const mirsal_hash *device)
{
    const struct mir_purges *purges = &store->membership->purges;
    for (size_t i = 0; i < purges->receipt_count; i++) {
        if (mir_hash_equal(&purges->receipts[i].order, &purge->id) &&
            mir_hash_equal(&purges->receipts[i].by, device)) {
            return 1;
        }
    }
    return 0;
}

/* Devices that say they destroyed it; or those that have not, and that could read main. */
static mirsal_code write_confirmed(struct mir_buf *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_purge *purge,
    int confirmed,
    mirsal_error *err)
{
    const struct mir_membership *membership = store->membership;
    mirsal_code rc = MIRSAL_OK;
    mir_json_key(out, confirmed ? "confirmed" : "open");
    mir_json_open(out, '[');
    for (size_t i = 0; rc == MIRSAL_OK && i < membership->member_count; i++) {
        const mirsal_hash *device = &membership->members[i].key;
        int has = has_confirmed(store, purge, device);
        int asked = purge->level == MIR_PURGE_ORDERED &&
                    mir_membership_can_read(membership, device, MIR_COMPARTMENT_MAIN);
        if (confirmed ? has : asked && !has) {
            mir_json_item(out);
            rc = write_device(out, arena, store, device, err);
        }
    }
    mir_json_close(out, ']');
    return rc;
}

/* Handoffs made here that hold a record of the order: no order reaches them. */
static mirsal_code write_handed(struct mir_buf *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_purge *purge,
    mirsal_error *err)
{
    struct mir_handed *handed = NULL;
    size_t count = 0;
    mirsal_code rc = mir_handed_of(&handed, &count, arena, store, purge, err);
    mir_json_key(out, "handed");
    mir_json_open(out, '[');
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        char digits[2 * sizeof handed->handoff + 1];
        mir_hex_encode(digits, handed[i].handoff, sizeof handed[i].handoff);
        mir_json_item(out);
        mir_json_open(out, '{');
        mir_json_key(out, "handoff");
        mir_json_text(out, digits);
        write_time(out, "made", 1, handed[i].made_ms);
        mir_json_key(out, "to");
        mir_json_open(out, '[');
        for (uint32_t n = 0; n < handed[i].name_count; n++) {
            mir_json_item(out);
            mir_json_bytes(out, handed[i].names[n]);
        }
        mir_json_close(out, ']');
        mir_json_close(out, '}');
    }
    mir_json_close(out, ']');
    return rc;
}

static mirsal_code write_purge(struct mir_buf *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_purge *purge,
    mirsal_error *err)
{
    struct mir_purge_here here;
    struct mir_purge_left left;
    mirsal_code rc = mir_purge_here(&here, store, &purge->id, err);
    if (rc == MIRSAL_OK) {
        rc = mir_purge_left(&left, store, purge, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_json_key(out, "purge");
    mir_json_hash(out, &purge->id);
    mir_json_key(out, "state");
    mir_json_text(out, mir_purge_state_name(purge, &here));
    rc = write_records(out, arena, store, purge, err);
    if (rc == MIRSAL_OK) {
        rc = write_said(out, arena, store, purge, err);
    }
    if (rc == MIRSAL_OK) {
        rc = write_voices(out, arena, store, purge, err);
    }
    mir_json_key(out, "held");
    mir_json_uint(out, left.bodies);
    int pending = purge->level == MIR_PURGE_ORDERED && left.bodies > 0;
    write_time(out, "due", pending, left.due_ms);
    write_time(out, "destroyed", here.destroyed_ms != 0, here.destroyed_ms);
    for (int confirmed = 1; rc == MIRSAL_OK && confirmed >= 0; confirmed--) {
        rc = write_confirmed(out, arena, store, purge, confirmed, err);
    }
    return rc == MIRSAL_OK ? write_handed(out, arena, store, purge, err) : rc;
}

mirsal_code mir_answer_purge(struct mir_buf *out,
    struct mir_store *store,
    const mirsal_hash *order,
    mirsal_error *err)
{
    struct mir_arena arena;
    const struct mir_purge *purge = mir_purges_find(store->membership, order);
    if (purge == NULL) {
        return mir_fail(err, MIRSAL_NOT_FOUND, "no such order");
    }
    mir_arena_init(&arena, store->env, ANSWER_MEMORY_MAX);
    mir_json_open(out, '{');
    mirsal_code rc = write_purge(out, &arena, store, purge, err);
    mir_json_close(out, '}');
    mir_arena_fini(&arena);
    return rc;
}

mirsal_code mir_answer_purges(struct mir_buf *out, struct mir_store *store, mirsal_error *err)
{
    const struct mir_purges *purges = &store->membership->purges;
    struct mir_arena arena;
    mirsal_code rc = MIRSAL_OK;
    mir_arena_init(&arena, store->env, ANSWER_MEMORY_MAX);
    mir_json_open(out, '{');
    mir_json_key(out, "purges");
    mir_json_open(out, '[');
    for (size_t i = 0; rc == MIRSAL_OK && i < purges->count; i++) {
        mir_arena_reset(&arena);
        mir_json_item(out);
        mir_json_open(out, '{');
        rc = write_purge(out, &arena, store, &purges->items[i], err);
        mir_json_close(out, '}');
    }
    mir_json_close(out, ']');
    mir_json_close(out, '}');
    mir_arena_fini(&arena);
    return rc;
}
