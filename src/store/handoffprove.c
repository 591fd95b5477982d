/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/handoffprove.c - mode author: the leaves that authors signed, out of their changesets;
 * protocol/handoff.md 5.
 *
 * What is shown names the changesets that are needed; each is opened once and its tree gives all
 * leaves that are shown of it. A record of which one leaf is not at hand is dropped, and what is
 * needed is found anew without it, until everything is there.
 */
#include "handoffparts.h"

#include "chains.h"
#include "epochkeys.h"
#include "fail.h"
#include "handoffcerts.h"
#include "hash.h"
#include "mir_limits.h"
#include "msgpack.h"
#include "sort.h"

#include <string.h>

#define BODY_MEMORY_MAX ((size_t)512 << 20)
#define ROLE_MONITOR    1

/* A leaf that is needed: of a record (field 0) or of a register. */
struct need {
    int64_t changeset; /* arrival number */
    uint32_t part;
    uint32_t slot; /* place among the record's leaves */
    mirsal_id record;
    uint32_t field;
    struct mir_bytes key;
};

/* What was found for a slot. */
struct slot {
    struct mir_bytes item; /* the leaf as it stands in a RECORD */
    mirsal_hash hash;
    uint8_t salt[16];
    struct mir_shown shown; /* the register's field and key */
};

struct prover {
    struct mir_handoff_maker *maker;
    struct mir_arena kept; /* of one round */
    struct mir_arena body; /* of one changeset */
    struct mir_buf needs;  /* struct need */
    struct slot **slots;   /* by part */
    int dropped;           /* in this round */
};

static mirsal_code no_memory(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

static void drop(struct prover *prover, uint32_t part)
{
    prover->dropped |= !prover->maker->parts[part].dropped;
    prover->maker->parts[part].dropped = 1;
}

static int compare_registers(const mirsal_id *a_record,
    uint32_t a_field,
    struct mir_bytes a_key,
    const struct need *b)
{
    int order = memcmp(a_record, &b->record, sizeof *a_record);
    if (order != 0) {
        return order;
    }
    return a_field != b->field ? (a_field < b->field ? -1 : 1) : mir_bytes_compare(a_key, b->key);
}

static int compare_needs(const void *a, const void *b, void *context)
{
    const struct need *left = a;
    const struct need *right = b;
    (void)context;
    if (left->changeset != right->changeset) {
        return left->changeset < right->changeset ? -1 : 1;
    }
    return compare_registers(&left->record, left->field, left->key, right);
}

/* What one record needs: itself, and every register that is shown. */
static mirsal_code gather_part(struct prover *prover, uint32_t at, mirsal_error *err)
{
    struct mir_handoff_maker *maker = prover->maker;
    struct mir_handoff_part *part = &maker->parts[at];
    struct mir_record record = { 0 };
    uint8_t *shows = NULL;
    struct need need;
    mir_arena_reset(&maker->record);
    part->entry.id = maker->making->records[at].id;
    part->entry.type = maker->making->records[at].type;
    mirsal_code rc = mir_read_record(&record, &maker->record, maker->store, &part->entry.id, err);
    if (rc == MIRSAL_OK) {
        rc = mir_handoff_judge(&shows, maker, &part->entry, &record, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    prover->slots[at] =
        mir_arena_alloc(&prover->kept, record.register_count + 1, sizeof *prover->slots[at]);
    if (prover->slots[at] == NULL) {
        return no_memory(err);
    }
    memset(&need, 0, sizeof need);
    need.part = at;
    need.record = part->entry.id;
    need.changeset = record.created.changeset;
    mir_buf_append(&prover->needs, &need, sizeof need);
    for (size_t i = 0; i < record.register_count; i++) {
        const struct mir_shown *shown = &record.registers[i];
        if (!shows[i]) {
            continue;
        }
        need.slot++;
        need.changeset = shown->changeset;
        need.field = shown->field;
        need.key.size = shown->key.size;
        need.key.data = mir_arena_copy(&prover->kept, shown->key.data, shown->key.size);
        if (need.key.data == NULL) {
            return no_memory(err);
        }
        mir_buf_append(&prover->needs, &need, sizeof need);
        prover->slots[at][need.slot].shown.field = need.field;
        prover->slots[at][need.slot].shown.key = need.key;
    }
    part->entry.leaves = need.slot + 1;
    return mir_buf_finish(&prover->needs, err);
}

/* The need that a leaf of a body answers, or NULL. needs are of that changeset. */
static const struct need *find_need(const struct need *needs,
    size_t count,
    const mirsal_id *record,
    uint32_t field,
    struct mir_bytes key)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_registers(record, field, key, &needs[middle]);
        if (order == 0) {
            return &needs[middle];
        }
        low = order > 0 ? middle + 1 : low;
        high = order > 0 ? high : middle;
    }
    return NULL;
}

static mirsal_code give_leaf(struct prover *prover,
    const struct mir_handoff_tree *tree,
    const struct mir_body *body,
    size_t number,
    uint32_t from,
    struct slot *slot,
    mirsal_error *err)
{
    struct mir_handoff_maker *maker = prover->maker;
    mir_buf_reset(&maker->leaf);
    mir_body_leaf(&maker->leaf, body, number);
    mir_buf_reset(&maker->payload);
    mir_handoff_tree_leaf(&maker->payload, tree, number, mir_buf_bytes(&maker->leaf), from);
    mirsal_code rc = mir_buf_finish(&maker->payload, err);
    slot->hash = tree->leaves[number];
    mir_handoff_tree_salt(slot->salt, tree, number);
    slot->item.size = maker->payload.size;
    slot->item.data = mir_arena_copy(&prover->kept, maker->payload.data, maker->payload.size);
    return rc == MIRSAL_OK && slot->item.data == NULL ? no_memory(err) : rc;
}

/* Every leaf of the body that is needed, into its slot. */
static mirsal_code give_leaves(struct prover *prover,
    const struct mir_handoff_tree *tree,
    const struct mir_body *body,
    const struct need *needs,
    size_t count,
    uint32_t from,
    mirsal_error *err)
{
    const struct mir_bytes none = { NULL, 0 };
    mirsal_code rc = MIRSAL_OK;
    size_t heads = (size_t)2 + body->creates_count;
    for (uint32_t i = 0; i < body->creates_count && rc == MIRSAL_OK; i++) {
        const struct need *need = find_need(needs, count, &body->creates[i].record, 0, none);
        if (need != NULL) {
            rc = give_leaf(prover, tree, body, (size_t)2 + i, from,
                &prover->slots[need->part][need->slot], err);
        }
    }
    for (uint32_t i = 0; i < body->writes_count && rc == MIRSAL_OK; i++) {
        const struct mir_write *write = &body->writes[i];
        const struct need *need = find_need(needs, count, &write->record, write->field, write->key);
        size_t number =
            heads + (i < body->edits_at ? i : body->edits_at + (size_t)2 * (i - body->edits_at));
        if (need != NULL) {
            rc = give_leaf(
                prover, tree, body, number, from, &prover->slots[need->part][need->slot], err);
        }
    }
    return rc;
}

/* CHANGESET: header, signature, the leaf of its stamp. */
static mirsal_code give_changeset(struct prover *prover,
    struct mir_handoff_shown_changeset *out,
    const struct mir_handoff_tree *tree,
    const struct mir_changeset *changeset,
    const struct mir_body *body,
    uint32_t from,
    mirsal_error *err)
{
    struct mir_handoff_maker *maker = prover->maker;
    mir_buf_reset(&maker->leaf);
    mir_body_leaf(&maker->leaf, body, 1);
    mir_buf_reset(&maker->payload);
    mir_mp_write_array(&maker->payload, 3);
    mir_mp_write_bin(&maker->payload, changeset->header.data, changeset->header.size);
    mir_mp_write_bin(&maker->payload, changeset->signature.data, changeset->signature.size);
    mir_handoff_tree_leaf(&maker->payload, tree, 1, mir_buf_bytes(&maker->leaf), from);
    mirsal_code rc = mir_buf_finish(&maker->payload, err);
    out->payload.size = maker->payload.size;
    out->payload.data = mir_arena_copy(maker->arena, maker->payload.data, maker->payload.size);
    return rc == MIRSAL_OK && out->payload.data == NULL ? no_memory(err) : rc;
}

/* Whole, or what purges left of it. *opens = 0: what it shows cannot be proven. */
static mirsal_code open_changeset(struct mir_left *out,
    struct mir_changeset *changeset,
    int *opens,
    struct prover *prover,
    int64_t no,
    mirsal_error *err)
{
    struct mir_store *store = prover->maker->store;
    struct mir_chain_row row;
    enum mir_opening how = MIR_OPENING_NO_KEY;
    *opens = 0;
    mirsal_code rc = mir_chain_row(&row, store->sql, no, err);
    if (rc != MIRSAL_OK || row.no == 0 ||
        (row.kept != MIR_KEPT_WHOLE && row.kept != MIR_KEPT_RESIDUE)) {
        return rc;
    }
    rc = mir_chain_load(changeset, &prover->body, store->sql, no, err);
    if (rc == MIRSAL_OK && changeset->body.size > 0) {
        rc = mir_epoch_open_left(out, &how, &prover->body, store, changeset, err);
        *opens = rc == MIRSAL_OK && how == MIR_OPENED;
    }
    return rc;
}

/* One changeset and what is needed of it. */
static mirsal_code show_changeset(struct prover *prover,
    uint32_t place,
    const struct need *needs,
    size_t count,
    mirsal_error *err)
{
    struct mir_handoff_shown_changeset *shown = &prover->maker->changesets[place];
    struct mir_left left;
    struct mir_changeset changeset;
    struct mir_handoff_tree tree;
    mirsal_hash root;
    int opens = 0;
    mir_arena_reset(&prover->body);
    memset(&tree, 0, sizeof tree);
    memset(&left, 0, sizeof left);
    mirsal_code rc = open_changeset(&left, &changeset, &opens, prover, shown->no, err);
    if (rc == MIRSAL_OK && opens) {
        rc = mir_handoff_tree_of(&tree, &prover->body, &left, &root, err);
        if (rc == MIRSAL_OK && !mir_hash_equal(&root, &changeset.fields.content_root)) {
            rc = mir_fail(err, MIRSAL_BAD_ROOT, "content root does not match the body");
        }
        if (rc == MIRSAL_OK) {
            rc = give_changeset(prover, shown, &tree, &changeset, &left.body, place, err);
        }
        if (rc == MIRSAL_OK) {
            rc = give_leaves(prover, &tree, &left.body, needs, count, place, err);
        }
    }
    mir_handoff_tree_fini(&tree);
    for (size_t i = 0; i < count && rc == MIRSAL_OK; i++) {
        if (prover->slots[needs[i].part][needs[i].slot].item.size == 0) {
            drop(prover, needs[i].part);
        }
    }
    return rc;
}

static int compare_changesets(const void *a, const void *b, void *context)
{
    const struct mir_handoff_shown_changeset *left = a;
    const struct mir_handoff_shown_changeset *right = b;
    (void)context;
    return memcmp(&left->id, &right->id, sizeof left->id);
}

/* The changesets that are needed, ascending by id. */
static mirsal_code list_changesets(struct prover *prover, mirsal_error *err)
{
    struct mir_handoff_maker *maker = prover->maker;
    const struct need *needs = (const struct need *)(const void *)prover->needs.data;
    size_t count = prover->needs.size / sizeof *needs;
    size_t distinct = 0;
    for (size_t i = 0; i < count; i++) {
        distinct += i == 0 || needs[i].changeset != needs[i - 1].changeset;
    }
    maker->changeset_count = 0;
    maker->changesets = mir_arena_alloc(maker->arena, distinct + 1, sizeof *maker->changesets);
    if (maker->changesets == NULL) {
        return no_memory(err);
    }
    if (distinct > MIR_HANDOFF_CHANGESETS_MAX) {
        return mir_fail(
            err, MIRSAL_TOO_LARGE, "this handoff is too large: choose fewer records for one file");
    }
    for (size_t i = 0; i < count; i++) {
        struct mir_author author;
        if (i > 0 && needs[i].changeset == needs[i - 1].changeset) {
            continue;
        }
        mirsal_code rc = mir_read_author(&author, maker->store, needs[i].changeset, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
        struct mir_handoff_shown_changeset *shown = &maker->changesets[maker->changeset_count++];
        shown->no = needs[i].changeset;
        shown->id = author.id;
        shown->device = author.device;
    }
    mir_sort(maker->changesets, maker->changeset_count, sizeof *maker->changesets,
        compare_changesets, NULL);
    return MIRSAL_OK;
}

static mirsal_code show_changesets(struct prover *prover, mirsal_error *err)
{
    struct mir_handoff_maker *maker = prover->maker;
    const struct need *needs = (const struct need *)(const void *)prover->needs.data;
    size_t count = prover->needs.size / sizeof *needs;
    mirsal_code rc = MIRSAL_OK;
    for (size_t place = 0; place < maker->changeset_count && rc == MIRSAL_OK; place++) {
        size_t low = 0;
        size_t high = count;
        while (low < high) { /* the first need of that changeset */
            size_t middle = low + (high - low) / 2;
            int before = needs[middle].changeset < maker->changesets[place].no;
            low = before ? middle + 1 : low;
            high = before ? high : middle;
        }
        size_t end = low;
        while (end < count && needs[end].changeset == maker->changesets[place].no) {
            end++;
        }
        rc = show_changeset(prover, (uint32_t)place, needs + low, end - low, err);
    }
    return rc;
}

/* Authors without a certificate: what they wrote is not proven. */
static mirsal_code drop_unknown(struct prover *prover, mirsal_error *err)
{
    struct mir_handoff_maker *maker = prover->maker;
    const struct need *needs = (const struct need *)(const void *)prover->needs.data;
    struct mir_handoff_certs certs;
    mirsal_hash *devices =
        mir_arena_alloc(&prover->kept, maker->changeset_count + 1, sizeof *devices);
    size_t distinct = 0;
    if (devices == NULL) {
        return no_memory(err);
    }
    for (size_t i = 0; i < maker->changeset_count; i++) {
        size_t at = 0;
        while (at < distinct &&
               memcmp(&devices[at], &maker->changesets[i].device, sizeof *devices) != 0) {
            at++;
        }
        if (at == distinct) {
            devices[distinct++] = maker->changesets[i].device;
        }
    }
    mirsal_code rc = mir_handoff_certs(&certs, &prover->kept, maker->store, devices, distinct, err);
    for (size_t i = 0; i < maker->changeset_count && rc == MIRSAL_OK; i++) {
        const struct mir_handoff_shown_changeset *shown = &maker->changesets[i];
        if (mir_handoff_role(certs.shown, certs.shown_count, &shown->device) >= ROLE_MONITOR) {
            continue;
        }
        for (size_t k = 0; k < prover->needs.size / sizeof *needs; k++) {
            if (needs[k].changeset == shown->no) {
                drop(prover, needs[k].part);
            }
        }
    }
    return rc;
}

/* RECORD and its digest from the slots. */
static mirsal_code finish_part(struct prover *prover, uint32_t at, mirsal_error *err)
{
    struct mir_handoff_maker *maker = prover->maker;
    struct mir_handoff_part *part = &maker->parts[at];
    mir_buf_reset(&maker->payload);
    mir_mp_write_array(&maker->payload, part->entry.leaves);
    for (uint32_t i = 0; i < part->entry.leaves; i++) {
        const struct slot *slot = &prover->slots[at][i];
        mir_buf_append(&maker->payload, slot->item.data, slot->item.size);
        mir_handoff_digest_add(&maker->digest, &slot->hash);
        if (i > 0) {
            mir_handoff_note(maker, &part->entry.id, &slot->shown, slot->salt, &slot->hash);
        }
    }
    mirsal_code rc = mir_handoff_digest_end(&part->entry.shown, &maker->digest, err);
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&maker->payload, err);
    }
    part->payload.size = maker->payload.size;
    part->payload.data = mir_arena_copy(maker->arena, maker->payload.data, maker->payload.size);
    return rc == MIRSAL_OK && part->payload.data == NULL ? no_memory(err) : rc;
}

/* One round over all that is not dropped. */
static mirsal_code try_all(struct prover *prover, mirsal_error *err)
{
    struct mir_handoff_maker *maker = prover->maker;
    size_t count = maker->making->record_count;
    mirsal_code rc = MIRSAL_OK;
    mir_arena_reset(&prover->kept);
    mir_buf_reset(&prover->needs);
    prover->dropped = 0;
    prover->slots = mir_arena_alloc(&prover->kept, count + 1, sizeof *prover->slots);
    if (prover->slots == NULL) {
        return no_memory(err);
    }
    for (size_t i = 0; i < count && rc == MIRSAL_OK; i++) {
        if (!maker->parts[i].dropped) {
            rc = gather_part(prover, (uint32_t)i, err);
        }
    }
    if (rc == MIRSAL_OK && prover->needs.size > 0) {
        mir_sort(prover->needs.data, prover->needs.size / sizeof(struct need), sizeof(struct need),
            compare_needs, NULL);
    }
    if (rc == MIRSAL_OK) {
        rc = list_changesets(prover, err);
    }
    if (rc == MIRSAL_OK) {
        rc = drop_unknown(prover, err);
    }
    return rc == MIRSAL_OK && !prover->dropped ? show_changesets(prover, err) : rc;
}

mirsal_code mir_handoff_prove(struct mir_handoff_maker *maker, mirsal_error *err)
{
    struct prover prover = { .maker = maker };
    mirsal_code rc = MIRSAL_OK;
    mir_arena_init(&prover.kept, maker->store->env, SIZE_MAX / 2);
    mir_arena_init(&prover.body, maker->store->env, BODY_MEMORY_MAX);
    mir_buf_init(&prover.needs, maker->store->env, SIZE_MAX / 2);
    do {
        rc = try_all(&prover, err);
    } while (rc == MIRSAL_OK && prover.dropped);
    for (size_t i = 0; i < maker->making->record_count && rc == MIRSAL_OK; i++) {
        if (!maker->parts[i].dropped) {
            rc = finish_part(&prover, (uint32_t)i, err);
        }
    }
    mir_buf_fini(&prover.needs);
    mir_arena_fini(&prover.body);
    mir_arena_fini(&prover.kept);
    return rc;
}
