/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/fixture_host.c - a relay's view of the fixture replica.
 */
#include "fixture_views.h"

#include "merkle.h"

#include <string.h>

static mirsal_code not_found(mirsal_error *err)
{
    if (err != NULL) {
        err->code = MIRSAL_NOT_FOUND;
    }
    return MIRSAL_NOT_FOUND;
}

static mirsal_code identity(void *context, mirsal_hash *out, uint32_t *serial, mirsal_error *err)
{
    const struct fixture_replica *replica = context;
    (void)err;
    *out = replica->identity.id;
    *serial = replica->serial;
    return MIRSAL_OK;
}

static mirsal_code noise_secret(void *context,
    uint32_t serial,
    struct mir_agree_secret *out,
    mirsal_error *err)
{
    const struct fixture_replica *replica = context;
    *out = replica->identity.noise;
    return serial == replica->serial ? MIRSAL_OK : not_found(err);
}

static mirsal_code find_team(void *context,
    const uint8_t prefix[16],
    mirsal_hash *team,
    mirsal_error *err)
{
    const struct fixture_replica *replica = context;
    *team = replica->team;
    int found = replica->has_team && memcmp(team->bytes, prefix, 16) == 0;
    return found ? MIRSAL_OK : not_found(err);
}

static mirsal_code register_team(void *context,
    struct mir_bytes token,
    struct mir_bytes genesis,
    mirsal_hash *team,
    mirsal_error *err)
{
    struct fixture_replica *replica = context;
    (void)err;
    const struct mir_bytes expected = { (const uint8_t *)replica->accepts_token,
        strlen(replica->accepts_token) };
    if (!mir_bytes_equal(token, expected)) {
        return MIRSAL_NOT_ALLOWED;
    }
    if (genesis.size != sizeof team->bytes) {
        return MIRSAL_MALFORMED;
    }
    memcpy(team->bytes, genesis.data, sizeof team->bytes);
    fixture_found(replica, team);
    return MIRSAL_OK;
}

static mirsal_code find_device(void *context,
    const mirsal_hash *team,
    const struct mir_agree_public *noise,
    struct mir_sync_device *out,
    mirsal_error *err)
{
    const struct fixture_replica *replica = context;
    (void)team;
    memset(out, 0, sizeof *out);
    for (uint32_t i = 0; i < replica->member_count; i++) {
        if (mir_equal(&replica->members[i].noise, noise, sizeof *noise)) {
            *out = replica->members[i].device;
            return MIRSAL_OK;
        }
    }
    return not_found(err);
}

static mirsal_code put(void *context,
    const mirsal_hash *team,
    const mirsal_hash *device,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    struct fixture_replica *replica = context;
    struct mir_changeset copy;
    (void)team;
    (void)device;
    fixture_copy_changeset(replica, &copy, changeset);
    mir_buf_append(&replica->queue, &copy, sizeof copy);
    return mir_buf_finish(&replica->queue, err);
}

/* 0 when it is to be stored, else why not; a fork is both. */
static uint32_t judge(struct fixture_replica *replica, const struct mir_changeset *changeset)
{
    const struct mir_header *fields = &changeset->fields;
    if (fields->seq > 1 && fixture_find(replica, &fields->prev) == NULL) {
        return MIR_REJECT_GAP;
    }
    if (!mir_hash_is_zero(&fields->authority) &&
        fixture_find(replica, &fields->authority) == NULL) {
        return MIR_REJECT_AUTHORITY;
    }
    if (mir_changeset_verify(changeset, NULL) != MIRSAL_OK) {
        return MIR_REJECT_SIGNATURE;
    }
    return fixture_rival(replica, changeset) != NULL ? MIR_REJECT_FORK : 0;
}

static int was_rejected(const struct mir_sync_outcome *outcome, const struct mir_header *fields)
{
    const struct mir_reject *rejects = (const void *)outcome->rejects.data;
    for (size_t i = 0; i < outcome->rejects.size / sizeof *rejects; i++) {
        if (rejects[i].code != MIR_REJECT_FORK && rejects[i].compartment == fields->compartment &&
            mir_hash_equal(&rejects[i].device, &fields->device)) {
            return 1;
        }
    }
    return 0;
}

static void store_one(struct fixture_replica *replica,
    const struct mir_changeset *changeset,
    struct mir_sync_outcome *outcome)
{
    const struct mir_header *fields = &changeset->fields;
    if (fixture_find(replica, &changeset->id) != NULL || was_rejected(outcome, fields)) {
        return;
    }
    uint32_t code = judge(replica, changeset);
    if (code != 0) {
        struct mir_reject reject;
        memset(&reject, 0, sizeof reject);
        reject.device = fields->device;
        reject.compartment = fields->compartment;
        reject.seq = fields->seq;
        reject.code = (enum mir_reject_code)code;
        mir_buf_append(&outcome->rejects, &reject, sizeof reject);
    }
    if (code == 0 || code == MIR_REJECT_FORK) {
        (void)fixture_store(replica, changeset);
        const struct mir_sync_range range = { fixture_count(replica), fixture_count(replica) };
        mir_buf_append(&outcome->ranges, &range, sizeof range);
        outcome->stored++;
    }
}

static mirsal_code commit(void *context,
    const mirsal_hash *team,
    struct mir_sync_outcome *outcome,
    mirsal_error *err)
{
    struct fixture_replica *replica = context;
    const struct mir_changeset *queue = (const void *)replica->queue.data;
    (void)team;
    replica->commits_hosted++;
    if (replica->fail_commits > 0) {
        replica->fail_commits--;
        mir_buf_reset(&replica->queue);
        if (err != NULL) {
            err->code = MIRSAL_DISK_FULL;
        }
        return MIRSAL_DISK_FULL;
    }
    for (size_t i = 0; i < replica->queue.size / sizeof *queue; i++) {
        store_one(replica, &queue[i], outcome);
    }
    mir_buf_reset(&replica->queue);
    return MIRSAL_OK;
}

static void discard(void *context)
{
    struct fixture_replica *replica = context;
    mir_buf_reset(&replica->queue);
}

static mirsal_code root_at(void *context,
    const mirsal_hash *team,
    uint64_t size,
    mirsal_hash *root,
    mirsal_error *err)
{
    struct fixture_replica *replica = context;
    struct mir_merkle_frontier frontier;
    (void)team;
    (void)err;
    assert_true(size <= fixture_count(replica));
    memset(&frontier, 0, sizeof frontier);
    for (uint64_t i = 0; i < size; i++) {
        mirsal_hash leaf;
        mir_log_leaf(&leaf, &fixture_at(replica, (size_t)i)->changeset.id);
        mir_merkle_frontier_append(&frontier, &leaf);
    }
    mir_merkle_frontier_root(root, &frontier);
    return MIRSAL_OK;
}

static mirsal_code read_log(void *context,
    const mirsal_hash *team,
    struct mir_sync_log *out,
    mirsal_error *err)
{
    struct fixture_replica *replica = context;
    uint64_t size = fixture_count(replica);
    memcpy(out->store_epoch, replica->store_epoch, sizeof out->store_epoch);
    out->size = size;
    if (size > 0 && (!replica->has_checkpoint || replica->checkpoint.size != size ||
                        memcmp(replica->checkpoint.store_epoch, replica->store_epoch,
                            sizeof replica->store_epoch) != 0)) {
        replica->has_checkpoint = 1;
        memcpy(replica->checkpoint.store_epoch, replica->store_epoch,
            sizeof replica->checkpoint.store_epoch);
        replica->checkpoint.size = size;
        replica->checkpoint.time_ms = replica->env->now_ms(replica->env->context);
        (void)root_at(context, team, size, &replica->checkpoint.root, err);
        mir_checkpoint_sign(
            &replica->checkpoint, &replica->identity.id, &replica->team, &replica->identity.sign);
    }
    out->has_checkpoint = replica->has_checkpoint;
    out->checkpoint = replica->checkpoint;
    return MIRSAL_OK;
}

static mirsal_code own_heads(void *context,
    const mirsal_hash *team,
    const mirsal_hash *device,
    struct mir_heads *out,
    mirsal_error *err)
{
    struct fixture_replica *replica = context;
    (void)team;
    for (size_t i = 0; i < fixture_count(replica); i++) {
        const struct mir_changeset *changeset = &fixture_at(replica, i)->changeset;
        int followed = 0;
        for (size_t j = 0; j < fixture_count(replica); j++) {
            followed = followed || mir_hash_equal(&fixture_at(replica, j)->changeset.fields.prev,
                                       &changeset->id);
        }
        if (!followed && mir_hash_equal(&changeset->fields.device, device)) {
            const struct mir_head head = { *device, changeset->fields.compartment,
                changeset->fields.seq, changeset->id };
            mir_heads_add(out, &head);
        }
    }
    return mir_buf_finish(&out->buf, err);
}

static mirsal_code header(void *context,
    const mirsal_hash *team,
    const mirsal_hash *id,
    struct mir_buf *out,
    uint8_t signature[64],
    mirsal_error *err)
{
    struct fixture_replica *replica = context;
    const struct fixture_item *item = fixture_find(replica, id);
    (void)team;
    if (item == NULL) {
        return not_found(err);
    }
    mir_buf_append(out, item->changeset.header.data, item->changeset.header.size);
    memcpy(signature, item->changeset.signature.data, MIR_SIGNATURE_SIZE);
    return mir_buf_finish(out, err);
}

static mirsal_code read_from(void *context,
    const struct mir_sync_query *query,
    const struct mir_sync_sink *sink,
    uint64_t *size,
    int *ended,
    mirsal_error *err)
{
    struct fixture_replica *replica = context;
    (void)err;
    replica->reads++;
    *size = fixture_count(replica);
    *ended = 1;
    for (uint64_t i = query->after; i < *size && *ended; i++) {
        const struct mir_changeset *changeset = &fixture_at(replica, (size_t)i)->changeset;
        const struct mir_sync_place place = { changeset->id, changeset->fields.device,
            changeset->fields.compartment, changeset->fields.seq, i + 1 };
        if (place.compartment != query->compartment ||
            (query->only != NULL && !mir_hash_equal(&place.device, query->only)) ||
            !sink->wants(sink->context, &place)) {
            continue;
        }
        *ended = sink->take(sink->context, changeset, i + 1);
    }
    if (replica->on_read != NULL) {
        replica->on_read(replica);
    }
    return MIRSAL_OK;
}

static mirsal_code heads(void *context,
    const mirsal_hash *team,
    const struct mir_sync_device *device,
    struct mir_bytes wants,
    struct mir_heads *out,
    uint64_t *size,
    mirsal_error *err)
{
    struct fixture_replica *replica = context;
    (void)team;
    *size = fixture_count(replica);
    fixture_heads(replica, 0, wants, device, out);
    return mir_buf_finish(&out->buf, err);
}

static mirsal_code holds(void *context,
    const mirsal_hash *team,
    const mirsal_hash *device,
    const struct mir_vector_entry *entry,
    const uint8_t handshake_hash[32],
    int *held,
    mirsal_error *err)
{
    struct fixture_replica *replica = context;
    (void)team;
    (void)err;
    *held = 0;
    for (size_t i = 0; i < fixture_count(replica); i++) {
        const struct mir_changeset *changeset = &fixture_at(replica, i)->changeset;
        uint8_t tag[8];
        mir_vector_tag(tag, handshake_hash, &changeset->id);
        if (changeset->fields.seq == entry->seq &&
            changeset->fields.compartment == entry->compartment &&
            mir_hash_equal(&changeset->fields.device, device) &&
            memcmp(tag, entry->tag, sizeof tag) == 0) {
            *held = 1;
        }
    }
    return MIRSAL_OK;
}

static mirsal_code consistency(void *context,
    const mirsal_hash *team,
    uint64_t old_size,
    uint64_t size,
    struct mir_buf *proof,
    mirsal_error *err)
{
    struct fixture_replica *replica = context;
    (void)team;
    struct mir_buf leaves;
    mir_buf_init(&leaves, replica->env, 32u << 20);
    for (uint64_t i = 0; i < size; i++) {
        mirsal_hash leaf;
        mir_log_leaf(&leaf, &fixture_at(replica, (size_t)i)->changeset.id);
        mir_buf_append(&leaves, &leaf, sizeof leaf);
    }
    mir_merkle_consistency(proof, (const void *)leaves.data, (size_t)size, (size_t)old_size);
    mir_buf_fini(&leaves);
    return mir_buf_finish(proof, err);
}

static mirsal_code acknowledge(void *context,
    const mirsal_hash *team,
    struct mir_acknowledgement *acknowledgement,
    mirsal_error *err)
{
    const struct fixture_replica *replica = context;
    (void)err;
    mir_acknowledgement_sign(acknowledgement, &replica->identity.id, team, &replica->identity.sign);
    return MIRSAL_OK;
}

static mirsal_code restored(void *context, const mirsal_hash *team, mirsal_error *err)
{
    struct fixture_replica *replica = context;
    (void)team;
    (void)err;
    replica->store_epoch[0]++;
    return MIRSAL_OK;
}

void fixture_host_view(struct fixture_replica *replica)
{
    replica->host = (struct mir_sync_host){
        .context = replica,
        .identity = identity,
        .noise_secret = noise_secret,
        .find_team = find_team,
        .register_team = register_team,
        .find_device = find_device,
        .put = put,
        .commit = commit,
        .discard = discard,
        .log = read_log,
        .own_heads = own_heads,
        .header = header,
        .read = read_from,
        .heads = heads,
        .holds = holds,
        .root_at = root_at,
        .consistency = consistency,
        .acknowledge = acknowledge,
        .restored = restored,
    };
}
