/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/fixture_local.c - a device's view of the fixture replica.
 */
#include "fixture_views.h"

#include "msgpack.h"

#include <string.h>

static int compare_own_heads(const struct mir_own_head *a, const struct mir_own_head *b)
{
    if (a->compartment != b->compartment) {
        return a->compartment < b->compartment ? -1 : 1;
    }
    if (a->seq != b->seq) {
        return a->seq < b->seq ? -1 : 1;
    }
    return memcmp(a->id, b->id, sizeof a->id);
}

struct fixture_item *fixture_rival(const struct fixture_replica *replica,
    const struct mir_changeset *changeset)
{
    for (size_t i = 0; i < fixture_count(replica); i++) {
        struct fixture_item *item = fixture_at(replica, i);
        const struct mir_header *fields = &item->changeset.fields;
        if (fields->seq == changeset->fields.seq &&
            fields->compartment == changeset->fields.compartment &&
            mir_hash_equal(&fields->device, &changeset->fields.device) &&
            !mir_hash_equal(&item->changeset.id, &changeset->id)) {
            return item;
        }
    }
    return NULL;
}

/* 1 when no held changeset (of those known, if so asked) follows this one. */
static int is_head(const struct fixture_replica *replica, size_t index, int known_only)
{
    const struct mir_changeset *changeset = &fixture_at(replica, index)->changeset;
    for (size_t i = 0; i < fixture_count(replica); i++) {
        const struct fixture_item *item = fixture_at(replica, i);
        if ((!known_only || item->known) &&
            mir_hash_equal(&item->changeset.fields.prev, &changeset->id)) {
            return 0;
        }
    }
    return 1;
}

void fixture_heads(const struct fixture_replica *replica,
    int known_only,
    struct mir_bytes wants,
    const struct mir_sync_device *device,
    struct mir_heads *out)
{
    for (size_t i = 0; i < fixture_count(replica); i++) {
        const struct fixture_item *item = fixture_at(replica, i);
        const struct mir_header *fields = &item->changeset.fields;
        uint8_t compartment = fields->compartment;
        int control = compartment == MIR_COMPARTMENT_CONTROL;
        if ((known_only && !item->known) ||
            (!control && memchr(wants.data, compartment, wants.size) == NULL)) {
            continue;
        }
        int may_read = device->standing == MIR_SYNC_MEMBER &&
                       (device->readable[compartment / 8] >> (compartment % 8) & 1) != 0;
        if (!control && !may_read && !mir_hash_equal(&fields->device, &device->device)) {
            continue;
        }
        if (is_head(replica, i, known_only)) {
            const struct mir_head head = { fields->device, compartment, fields->seq,
                item->changeset.id };
            mir_heads_add(out, &head);
        }
    }
}

/* The device's own rights, as its own membership tells. */
static struct mir_sync_device own_rights(const struct fixture_replica *replica)
{
    struct mir_sync_device none;
    for (uint32_t i = 0; i < replica->member_count; i++) {
        if (mir_hash_equal(&replica->members[i].device.device, &replica->device.id)) {
            return replica->members[i].device;
        }
    }
    memset(&none, 0, sizeof none);
    none.device = replica->device.id;
    return none;
}

static mirsal_code describe(void *context, struct mir_sync_self *self, mirsal_error *err)
{
    struct fixture_replica *replica = context;
    (void)err;
    memset(self, 0, sizeof *self);
    self->team = replica->team;
    self->device = replica->device.id;
    self->joins = replica->joins;
    self->noise = replica->device.noise;
    self->relay_identity = replica->relay->identity.id;
    self->relay_noise = replica->relay->identity.noise_public;
    self->relay_serial = replica->relay->serial;
    if (replica->token != NULL) {
        self->token = (struct mir_bytes){ (const uint8_t *)replica->token, strlen(replica->token) };
        self->genesis = (struct mir_bytes){ replica->team.bytes, sizeof replica->team.bytes };
    }
    self->has_epoch = replica->has_epoch;
    memcpy(self->store_epoch, replica->store_epoch, sizeof self->store_epoch);
    for (uint32_t i = 0; i < replica->want_count; i++) {
        self->wants[i] = replica->wants[i];
        self->cursors[i].compartment = replica->wants[i];
        self->cursors[i].arrival = replica->cursors[replica->wants[i]];
    }
    self->want_count = replica->want_count;
    self->cursors[replica->want_count].compartment = MIR_COMPARTMENT_CONTROL;
    self->cursors[replica->want_count].arrival = replica->cursors[MIR_COMPARTMENT_CONTROL];
    self->cursor_count = replica->want_count + 1;
    self->has_checkpoint = replica->has_checkpoint;
    self->checkpoint = replica->checkpoint;
    self->wants_signed = replica->wants_signed;
    for (size_t i = 0; i < fixture_count(replica); i++) {
        const struct mir_changeset *changeset = &fixture_at(replica, i)->changeset;
        if (mir_hash_equal(&changeset->fields.device, &replica->device.id) &&
            is_head(replica, i, 0)) {
            struct mir_own_head head = { changeset->fields.compartment, changeset->fields.seq,
                { 0 } };
            memcpy(head.id, changeset->id.bytes, sizeof head.id);
            uint32_t at = self->head_count++;
            while (at > 0 && compare_own_heads(&self->heads[at - 1], &head) > 0) {
                self->heads[at] = self->heads[at - 1];
                at--;
            }
            self->heads[at] = head;
        }
    }
    return MIRSAL_OK;
}

static mirsal_code push_begin(void *context, mirsal_error *err)
{
    struct fixture_replica *replica = context;
    (void)err;
    replica->push_phase = 0;
    replica->push_at = 0;
    mir_buf_reset(&replica->pushed);
    return MIRSAL_OK;
}

/* 0 control, 1 own data, 2 others' data. */
static uint32_t phase_of(const struct fixture_replica *replica, const struct mir_header *fields)
{
    if (fields->compartment == MIR_COMPARTMENT_CONTROL) {
        return 0;
    }
    return mir_hash_equal(&fields->device, &replica->device.id) ? 1 : 2;
}

static mirsal_code push_next(void *context, struct mir_changeset *out, mirsal_error *err)
{
    struct fixture_replica *replica = context;
    (void)err;
    memset(out, 0, sizeof *out);
    for (; replica->push_phase < 3; replica->push_phase++, replica->push_at = 0) {
        while (replica->push_at < fixture_count(replica)) {
            size_t index = replica->push_at++;
            const struct fixture_item *item = fixture_at(replica, index);
            if (!item->known && !item->rejected &&
                phase_of(replica, &item->changeset.fields) == replica->push_phase) {
                mir_buf_append(&replica->pushed, &index, sizeof index);
                *out = item->changeset;
                return mir_buf_finish(&replica->pushed, err);
            }
        }
    }
    return MIRSAL_OK;
}

static mirsal_code rejected(void *context, const struct mir_reject *reject, mirsal_error *err)
{
    struct fixture_replica *replica = context;
    (void)err;
    for (size_t i = 0; i < fixture_count(replica) && reject->code != MIR_REJECT_FORK; i++) {
        struct fixture_item *item = fixture_at(replica, i);
        const struct mir_header *fields = &item->changeset.fields;
        if (fields->compartment == reject->compartment && fields->seq >= reject->seq &&
            mir_hash_equal(&fields->device, &reject->device)) {
            item->rejected = 1;
        }
    }
    return MIRSAL_OK;
}

static mirsal_code acknowledge(void *context, uint64_t count, mirsal_error *err)
{
    struct fixture_replica *replica = context;
    (void)err;
    replica->joins = 0;
    const size_t *indexes = (const void *)replica->pushed.data;
    assert_true(count <= replica->pushed.size / sizeof *indexes);
    for (uint64_t i = 0; i < count; i++) {
        struct fixture_item *item = fixture_at(replica, indexes[i]);
        item->known = item->known || !item->rejected;
    }
    return MIRSAL_OK;
}

static void know_back_to_start(struct fixture_replica *replica, struct fixture_item *item)
{
    while (item != NULL) {
        item->known = 1;
        item = fixture_find(replica, &item->changeset.fields.prev);
    }
}

static mirsal_code relay_heads(void *context,
    const struct mir_own_head *heads,
    uint32_t count,
    mirsal_error *err)
{
    struct fixture_replica *replica = context;
    (void)err;
    for (uint32_t h = 0; h < count; h++) {
        for (size_t i = 0; i < fixture_count(replica); i++) {
            struct fixture_item *item = fixture_at(replica, i);
            const struct mir_header *fields = &item->changeset.fields;
            if (fields->compartment == heads[h].compartment && fields->seq == heads[h].seq &&
                mir_hash_equal(&fields->device, &replica->device.id) &&
                memcmp(item->changeset.id.bytes, heads[h].id, sizeof heads[h].id) == 0) {
                know_back_to_start(replica, item);
            }
        }
    }
    return MIRSAL_OK;
}

static mirsal_code pull_begin(void *context, mirsal_error *err)
{
    struct fixture_replica *replica = context;
    (void)err;
    assert_false(replica->in_pull);
    replica->in_pull = 1;
    replica->count_before = fixture_count(replica);
    memcpy(replica->cursors_before, replica->cursors, sizeof replica->cursors);
    for (size_t i = 0; i < fixture_count(replica); i++) {
        struct fixture_item *item = fixture_at(replica, i);
        item->was_known = item->known;
    }
    return MIRSAL_OK;
}

static mirsal_code put(void *context,
    enum mir_sync_verdict *verdict,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    struct fixture_replica *replica = context;
    (void)err;
    assert_true(replica->in_pull);
    struct fixture_item *item = fixture_find(replica, &changeset->id);
    if (item != NULL) {
        item->known = 1;
        *verdict = MIR_SYNC_DUPLICATE;
        return MIRSAL_OK;
    }
    if (mir_changeset_verify(changeset, NULL) != MIRSAL_OK) {
        *verdict = MIR_SYNC_REJECTED;
        return MIRSAL_OK;
    }
    *verdict = fixture_rival(replica, changeset) != NULL ? MIR_SYNC_FORK : MIR_SYNC_STORED;
    fixture_store(replica, changeset)->known = 1;
    return MIRSAL_OK;
}

static mirsal_code pull_commit(void *context, const struct mir_cursor *cursor, mirsal_error *err)
{
    struct fixture_replica *replica = context;
    (void)err;
    assert_true(replica->in_pull);
    replica->in_pull = 0;
    replica->commits++;
    if (cursor != NULL) {
        replica->pages++;
        replica->cursors[cursor->compartment] = cursor->arrival;
    }
    return MIRSAL_OK;
}

static void pull_abort(void *context)
{
    struct fixture_replica *replica = context;
    assert_true(replica->in_pull);
    replica->in_pull = 0;
    replica->items.size = replica->count_before * sizeof(struct fixture_item);
    memcpy(replica->cursors, replica->cursors_before, sizeof replica->cursors);
    for (size_t i = 0; i < fixture_count(replica); i++) {
        struct fixture_item *item = fixture_at(replica, i);
        item->known = item->was_known;
    }
}

static mirsal_code relay_state(void *context,
    const uint8_t store_epoch[8],
    uint32_t key_serial,
    uint64_t time_ms,
    mirsal_error *err)
{
    struct fixture_replica *replica = context;
    (void)err;
    (void)key_serial;
    (void)time_ms;
    replica->token = NULL;
    if (!replica->has_epoch ||
        memcmp(replica->store_epoch, store_epoch, sizeof replica->store_epoch) != 0) {
        memset(replica->cursors, 0, sizeof replica->cursors);
        replica->has_checkpoint = 0;
        replica->has_epoch = 1;
        memcpy(replica->store_epoch, store_epoch, sizeof replica->store_epoch);
    }
    return MIRSAL_OK;
}

static mirsal_code checkpoint(void *context,
    const struct mir_checkpoint *given,
    int consistent,
    mirsal_error *err)
{
    struct fixture_replica *replica = context;
    (void)err;
    if (consistent) {
        replica->has_checkpoint = 1;
        replica->checkpoint = *given;
    } else {
        replica->contradictions++;
    }
    return MIRSAL_OK;
}

static mirsal_code judge_state(void *context,
    const struct mir_state *state,
    const struct mir_checkpoint *shown,
    mirsal_error *err)
{
    struct fixture_replica *replica = context;
    (void)shown;
    (void)err;
    replica->signed_sizes = state->has_signed ? state->signed_size : 0;
    return MIRSAL_OK;
}

static mirsal_code own_header(void *context,
    const struct mir_signed_header *header,
    int *behind,
    mirsal_error *err)
{
    struct fixture_replica *replica = context;
    struct mir_header fields;
    mirsal_hash id;
    (void)err;
    *behind = 0;
    if (mir_header_decode(&fields, header->header, NULL) != MIRSAL_OK ||
        !mir_hash_equal(&fields.device, &replica->device.id) ||
        !mir_sign_verify(header->signature, MIR_CONTEXT_CHANGESET, header->header.data,
            header->header.size, replica->device.id.bytes)) {
        return MIRSAL_OK;
    }
    mir_changeset_id(&id, header->header);
    *behind = fixture_find(replica, &id) == NULL;
    replica->behind += (uint32_t)*behind;
    return MIRSAL_OK;
}

static mirsal_code heads(void *context, int known, struct mir_heads *out, mirsal_error *err)
{
    struct fixture_replica *replica = context;
    const struct mir_sync_device rights = own_rights(replica);
    const struct mir_bytes wants = { replica->wants, replica->want_count };
    fixture_heads(replica, known, wants, &rights, out);
    return mir_buf_finish(&out->buf, err);
}

static mirsal_code replace_known(void *context,
    const struct mir_vector *vector,
    const uint8_t handshake_hash[32],
    mirsal_error *err)
{
    struct fixture_replica *replica = context;
    (void)err;
    replica->vectors++;
    for (size_t i = 0; i < fixture_count(replica); i++) {
        struct fixture_item *item = fixture_at(replica, i);
        const struct mir_header *fields = &item->changeset.fields;
        replica->joins =
            replica->joins || (vector->entry_count == 0 && fields->compartment == 255 &&
                                  mir_hash_equal(&fields->device, &replica->device.id));
        item->known = 0;
        item->rejected = 0;
    }
    for (uint32_t e = 0; e < vector->entry_count; e++) {
        const struct mir_vector_entry *entry = &vector->entries[e];
        for (size_t i = 0; i < fixture_count(replica); i++) {
            struct fixture_item *item = fixture_at(replica, i);
            const struct mir_header *fields = &item->changeset.fields;
            uint8_t tag[8];
            mir_vector_tag(tag, handshake_hash, &item->changeset.id);
            if (fields->compartment == entry->compartment && fields->seq == entry->seq &&
                mir_hash_equal(&fields->device, &vector->devices[entry->device]) &&
                memcmp(tag, entry->tag, sizeof tag) == 0) {
                know_back_to_start(replica, item);
            }
        }
    }
    return MIRSAL_OK;
}

static mirsal_code settle(void *context, uint32_t *wrote, mirsal_error *err)
{
    struct fixture_replica *replica = context;
    (void)err;
    *wrote = 0;
    if (replica->on_settle != NULL) {
        replica->on_settle(replica, wrote);
    }
    return MIRSAL_OK;
}

void fixture_local_view(struct fixture_replica *replica)
{
    replica->local = (struct mir_sync_local){
        .context = replica,
        .describe = describe,
        .push_begin = push_begin,
        .push_next = push_next,
        .rejected = rejected,
        .acknowledge = acknowledge,
        .relay_heads = relay_heads,
        .pull_begin = pull_begin,
        .put = put,
        .pull_commit = pull_commit,
        .pull_abort = pull_abort,
        .relay_state = relay_state,
        .checkpoint = checkpoint,
        .judge_state = judge_state,
        .own_header = own_header,
        .heads = heads,
        .replace_known = replace_known,
        .settle = settle,
    };
}
