/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/txn.c - a local transaction; see the header.
 *
 * The store's write transaction is open from begin to commit. Bodies that are full are sealed,
 * stored and projected between two records, so memory stays bounded in an import.
 */
#include "txn.h"

#include "accept.h"
#include "env.h"
#include "fail.h"
#include "gather.h"
#include "identity.h"
#include "layout.h"
#include "members.h"
#include "mir_limits.h"
#include "projection.h"
#include "sealown.h"
#include "sort.h"
#include "stamp.h"
#include "value.h"

#include <string.h>

#define PARTS_MAX 8u /* compartments in one transaction */

struct part {
    uint8_t compartment;
    struct mir_gather gather;
};

struct counter {
    uint8_t compartment;
    uint32_t type;
    uint32_t next;
};

struct mir_txn {
    struct mir_store *store;
    enum mir_txn_kind kind;
    enum mir_role role;
    uint8_t base[8];
    uint64_t stamp;
    struct part parts[PARTS_MAX]; /* ascending by compartment */
    size_t part_count;
    struct mir_buf counters; /* struct counter */
    mirsal_id last;          /* the record written to last */
    int64_t device;          /* device.no of this device, 0 before its first changeset */
    struct mir_txn_result result;
};

/* Where a record stands that is written to. */
struct target {
    const struct mir_schema_type *type;
    uint8_t compartment;
    uint32_t create; /* in that compartment's open body, or MIR_GATHER_NONE */
    int own;         /* made by this device, or by one that it took over from */
};

static mirsal_code check_right(struct mir_txn *txn, mirsal_error *err)
{
    struct mir_store *store = txn->store;
    const struct mir_member *member =
        mir_membership_device(store->membership, mir_store_device(store));
    mirsal_code rc = mir_identity_check(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (member == NULL || member->role < MIR_ROLE_MONITOR) {
        return mir_fail(err, MIRSAL_NOT_ALLOWED, "this device may not write");
    }
    if (store->schema_lacking) {
        return mir_fail(
            err, MIRSAL_VERSION, "the team's schema has not come: sync, or join with --schema");
    }
    txn->role = member->role;
    return mir_device_no(&txn->device, store->sql, mir_store_device(store), 0, err);
}

mirsal_code mir_txn_begin(struct mir_txn **out,
    struct mir_store *store,
    enum mir_txn_kind kind,
    mirsal_error *err)
{
    *out = NULL;
    struct mir_txn *txn = mir_alloc(store->env, sizeof *txn);
    if (txn == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    txn->store = store;
    txn->kind = kind;
    mir_buf_init(&txn->counters, store->env, SIZE_MAX / 2);
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        goto out;
    }
    rc = check_right(txn, err);
    if (rc != MIRSAL_OK) {
        mir_store_rollback(store);
        goto out;
    }
    mir_random(store->env, txn->base, sizeof txn->base);
    txn->stamp = mir_stamp_next(&store->stamp, mir_now_ms(store->env));
out:
    if (rc != MIRSAL_OK) {
        mir_buf_fini(&txn->counters);
        mir_release(store->env, txn, sizeof *txn);
        return rc;
    }
    *out = txn;
    return MIRSAL_OK;
}

void mir_txn_set_base(struct mir_txn *txn, const uint8_t base[8])
{
    MIR_ASSERT(txn->part_count == 0 && txn->counters.size == 0 && txn->result.changesets == 0);
    memcpy(txn->base, base, sizeof txn->base);
}

static mirsal_code find_part(struct part **out,
    struct mir_txn *txn,
    uint8_t compartment,
    mirsal_error *err)
{
    size_t at = 0;
    while (at < txn->part_count && txn->parts[at].compartment < compartment) {
        at++;
    }
    *out = &txn->parts[at];
    if (at < txn->part_count && txn->parts[at].compartment == compartment) {
        return MIRSAL_OK;
    }
    if (txn->part_count == PARTS_MAX) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "too many compartments in one transaction");
    }
    memmove(&txn->parts[at + 1], &txn->parts[at], (txn->part_count - at) * sizeof txn->parts[0]);
    txn->parts[at].compartment = compartment;
    mir_gather_init(&txn->parts[at].gather, txn->store->env);
    txn->part_count++;
    return MIRSAL_OK;
}

static mirsal_code next_number(uint32_t *out,
    struct mir_txn *txn,
    uint8_t compartment,
    uint32_t type,
    mirsal_error *err)
{
    for (size_t at = 0; at < txn->counters.size; at += sizeof(struct counter)) {
        struct counter *counter = (struct counter *)(void *)(txn->counters.data + at);
        if (counter->compartment == compartment && counter->type == type) {
            *out = counter->next++;
            return MIRSAL_OK;
        }
    }
    struct counter counter = { compartment, type, 1 };
    *out = 0;
    mir_buf_append(&txn->counters, &counter, sizeof counter);
    return mir_buf_finish(&txn->counters, err);
}

static mirsal_code seal_part(struct mir_txn *txn, struct part *part, mirsal_error *err)
{
    struct mir_body body = { .schema_version = txn->store->schema->version,
        .stamp = txn->stamp,
        .creates = mir_gather_creates(&part->gather),
        .creates_count = (uint32_t)mir_gather_create_count(&part->gather),
        .writes = mir_gather_writes(&part->gather),
        .writes_count = (uint32_t)mir_gather_write_count(&part->gather) };
    struct mir_sealed_body sealed;
    if (body.creates_count == 0 && body.writes_count == 0) {
        return MIRSAL_OK;
    }
    memcpy(body.base, txn->base, sizeof body.base);
    mirsal_code rc =
        mir_seal_own(&sealed, txn->store, part->compartment, &body, &part->gather.arena, err);
    if (rc != MIRSAL_OK) {
        return rc == MIRSAL_LIMIT ? mir_fail(err, MIRSAL_TOO_LARGE, "too much in one record") : rc;
    }
    if (txn->result.changesets == 0) {
        txn->result.changeset = sealed.id;
    }
    txn->result.changesets++;
    txn->result.conflicts_opened += sealed.conflicts_opened;
    mir_meter_sealed(&part->gather.meter, sealed.body_size);
    mir_gather_reset(&part->gather);
    return MIRSAL_OK;
}

static mirsal_code seal_all(struct mir_txn *txn, mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < txn->part_count; i++) {
        rc = seal_part(txn, &txn->parts[i], err);
    }
    return rc;
}

/* Between two records: seals when a body is full. All at once, so that edits find their records. */
static mirsal_code turn_to(struct mir_txn *txn, const mirsal_id *record, mirsal_error *err)
{
    size_t bound = txn->kind == MIR_TXN_BATCH ? MIR_BODY_BATCH_SIZE : MIR_BODY_LONE_SIZE;
    int full = 0;
    if (memcmp(&txn->last, record, sizeof txn->last) == 0) {
        return MIRSAL_OK;
    }
    txn->last = *record;
    for (size_t i = 0; i < txn->part_count; i++) {
        full |= mir_meter_full(&txn->parts[i].gather.meter, bound);
    }
    return full ? seal_all(txn, err) : MIRSAL_OK;
}

mirsal_code mir_txn_create(mirsal_id *out,
    struct mir_txn *txn,
    uint32_t type,
    int compartment,
    mirsal_error *err)
{
    const struct mir_schema_type *known = mir_schema_type_by_id(txn->store->schema, type);
    struct mir_create create = { .type = type };
    struct mir_place place;
    struct part *part = NULL;
    if (known == NULL) {
        return mir_fail(err, MIRSAL_UNKNOWN_TYPE, "no such record type");
    }
    uint32_t where = compartment >= 0 ? (uint32_t)compartment : known->compartment;
    if (where >= MIR_COMPARTMENT_CONTROL || !mir_schema_type_allows(known, where)) {
        return mir_fail(err, MIRSAL_BAD_VALUE, "records of this type do not stand there");
    }
    mirsal_code rc = next_number(&create.number, txn, (uint8_t)where, type, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    memcpy(place.device, mir_store_device(txn->store)->bytes, sizeof place.device);
    place.compartment = (uint8_t)where;
    mir_record_id(&create.record, &place, txn->base, type, create.number);
    rc = turn_to(txn, &create.record, err);
    if (rc == MIRSAL_OK) {
        rc = find_part(&part, txn, (uint8_t)where, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_gather_create(&part->gather, &create, err);
    }
    if (rc == MIRSAL_OK) {
        *out = create.record;
    }
    return rc;
}

/* A device that replaced another is one author with it. */
static mirsal_code find_line(int *own, const struct mir_txn *txn, int64_t device, mirsal_error *err)
{
    struct mir_store *store = txn->store;
    mirsal_hash key;
    if (store->former.size == 0) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_device_key(&key, store->sql, device, err);
    if (rc == MIRSAL_OK) {
        *own = mir_membership_same_author(store->membership, &key, mir_store_device(store));
    }
    return rc;
}

static mirsal_code find_target(struct target *out,
    struct mir_txn *txn,
    const mirsal_id *record,
    mirsal_error *err)
{
    struct mir_row row;
    struct mir_chain_row creating;
    for (size_t i = 0; i < txn->part_count; i++) {
        uint32_t create = mir_gather_find_create(&txn->parts[i].gather, record);
        if (create != MIR_GATHER_NONE) {
            uint32_t type = mir_gather_creates(&txn->parts[i].gather)[create].type;
            out->type = mir_schema_type_by_id(txn->store->schema, type);
            out->compartment = txn->parts[i].compartment;
            out->create = create;
            out->own = 1;
            return MIRSAL_OK;
        }
    }
    mirsal_code rc = mir_projection_find_any(&row, txn->store, record, err);
    if (rc == MIRSAL_OK && mir_projection_is_purged(txn->store, record)) {
        return mir_fail(err, MIRSAL_NOT_ALLOWED, "the record is purged: what is written is void");
    }
    if (rc == MIRSAL_OK && row.table == NULL) {
        return mir_fail(err, MIRSAL_NOT_FOUND, "no such record");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_chain_row(&creating, txn->store->sql, row.changeset, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    out->type = row.table->type;
    out->compartment = (uint8_t)row.compartment;
    out->create = MIR_GATHER_NONE;
    out->own = creating.no != 0 && creating.device == txn->device;
    return out->own || creating.no == 0 ? MIRSAL_OK
                                        : find_line(&out->own, txn, creating.device, err);
}

/* min above max across two fields of a record made here (protocol/schema.md 2.6). */
static mirsal_code check_pair(struct mir_txn *txn,
    const struct mir_write *write,
    const struct mir_schema_field *field,
    mirsal_error *err)
{
    int is_low = 0;
    const struct mir_schema_field *other = mir_value_counterpart(&is_low, field);
    for (size_t i = 0; other != NULL && i < txn->part_count; i++) {
        const struct mir_gather *gather = &txn->parts[i].gather;
        uint32_t at = mir_gather_find_write(gather, &write->record, other->id, write->key);
        if (at == MIR_GATHER_NONE) {
            continue;
        }
        struct mir_bytes value = mir_gather_writes(gather)[at].value;
        if (!mir_value_in_order(is_low ? write->value : value, is_low ? value : write->value)) {
            return mir_fail_field(err, MIRSAL_MIN_ABOVE_MAX, field->name, "minimum above maximum");
        }
    }
    return MIRSAL_OK;
}

/* Adds an edit with the live writes of its register as parents. */
static mirsal_code add_edit(struct mir_txn *txn,
    struct part *part,
    struct mir_write *write,
    int pending,
    mirsal_error *err)
{
    struct mir_buf parents;
    int foreign = 0;
    mir_buf_init(&parents, txn->store->env, MIR_PARENTS_MAX * MIR_REF_SIZE);
    mirsal_code rc = MIRSAL_OK;
    if (!pending) {
        rc = mir_project_live(
            &parents, &foreign, txn->store, &write->record, write->field, write->key, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&parents, err);
    }
    if (rc == MIRSAL_OK) {
        write->parents_count = (uint32_t)(parents.size / MIR_REF_SIZE);
        write->parents = (const struct mir_ref *)(const void *)parents.data;
        mir_sort(parents.data, write->parents_count, MIR_REF_SIZE, mir_compare_refs, NULL);
        rc = mir_gather_write(&part->gather, write, err);
    }
    mir_buf_fini(&parents);
    return rc;
}

static mirsal_code check_write(const struct mir_schema_field **field,
    struct mir_txn *txn,
    const struct target *target,
    uint32_t field_id,
    struct mir_bytes key,
    struct mir_bytes value,
    mirsal_error *err)
{
    *field = mir_schema_field_by_id(txn->store->schema, field_id);
    if (*field == NULL || (*field)->type != target->type) {
        return mir_fail(err, MIRSAL_UNKNOWN_FIELD, "no such field of this type");
    }
    if ((*field)->policy == MIR_POLICY_DERIVED) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, (*field)->name, "computed, never written");
    }
    if (!target->own && txn->role < MIR_ROLE_COORDINATOR) {
        return mir_fail(err, MIRSAL_NOT_ALLOWED, "a monitor writes to own records only");
    }
    mirsal_code rc = mir_value_check(*field, key, value, err);
    if (rc == MIRSAL_OK && mir_value_rank(*field, key, value) > (uint32_t)txn->role) {
        rc = mir_fail_field(
            err, MIRSAL_NOT_ALLOWED, (*field)->name, "not for this device's role to say");
    }
    return rc;
}

mirsal_code mir_txn_write(struct mir_txn *txn,
    const mirsal_id *record,
    uint32_t field_id,
    struct mir_bytes key,
    struct mir_bytes value,
    mirsal_error *err)
{
    const struct mir_schema_field *field = NULL;
    struct target target = { .create = MIR_GATHER_NONE };
    struct part *part = NULL;
    mirsal_code rc = turn_to(txn, record, err);
    if (rc == MIRSAL_OK) {
        rc = find_target(&target, txn, record, err);
    }
    if (rc == MIRSAL_OK) {
        rc = check_write(&field, txn, &target, field_id, key, value, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    uint32_t where = mir_schema_field_compartment(field, target.compartment);
    struct mir_write write = { .create = MIR_NO_CREATE,
        .field = field_id,
        .key_form = mir_schema_key_form(field),
        .record = *record,
        .key = key,
        .value = value };
    rc = find_part(&part, txn, (uint8_t)where, err);
    if (rc == MIRSAL_OK && target.create != MIR_GATHER_NONE) {
        rc = check_pair(txn, &write, field, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    uint32_t at = mir_gather_find_write(&part->gather, record, field_id, key);
    if (at != MIR_GATHER_NONE) {
        return mir_gather_replace(&part->gather, at, value, err);
    }
    if (target.create != MIR_GATHER_NONE && where == target.compartment) {
        write.create = target.create;
        return mir_gather_write(&part->gather, &write, err);
    }
    return add_edit(txn, part, &write, target.create != MIR_GATHER_NONE, err);
}

static void free_txn(struct mir_txn *txn)
{
    const mirsal_env *env = txn->store->env;
    for (size_t i = 0; i < txn->part_count; i++) {
        mir_gather_fini(&txn->parts[i].gather);
    }
    mir_buf_fini(&txn->counters);
    mir_release(env, txn, sizeof *txn);
}

mirsal_code mir_txn_commit(struct mir_txn_result *out, struct mir_txn *txn, mirsal_error *err)
{
    struct mir_store *store = txn->store;
    memset(out, 0, sizeof *out);
    mirsal_code rc = seal_all(txn, err);
    if (rc == MIRSAL_OK) {
        rc = mir_project_settle(store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_meta_set_int(store->sql, "stamp", (int64_t)store->stamp, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_commit(store, err);
    } else {
        mir_store_rollback(store);
    }
    if (rc == MIRSAL_OK) {
        *out = txn->result;
    }
    free_txn(txn);
    return rc;
}

void mir_txn_rollback(struct mir_txn *txn)
{
    if (txn != NULL) {
        mir_store_rollback(txn->store);
        free_txn(txn);
    }
}
