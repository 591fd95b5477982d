/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/fixture_replica.c - what a fixture holds: devices, changesets, chains; and what tests
 * do to it directly.
 */
#include "fixture_replica.h"

#include "fixture_views.h"
#include "merkle.h"
#include "sign.h"

#include <string.h>

#define ARENA_MAX (256u << 20)

void fixture_device_init(struct fixture_device *device, uint8_t seed)
{
    uint8_t bytes[32];
    struct mir_sign_public sign_public;
    memset(device, 0, sizeof *device);
    memset(bytes, seed, sizeof bytes);
    mir_sign_keypair(&sign_public, &device->sign, bytes);
    memcpy(device->id.bytes, sign_public.bytes, sizeof device->id.bytes);
    bytes[0] ^= 0xff;
    mir_agree_keypair(&device->noise_public, &device->noise, bytes);
}

static void init_common(struct fixture_replica *replica, const mirsal_env *env, uint8_t seed)
{
    assert_int_equal(mir_crypto_start(NULL), MIRSAL_OK);
    memset(replica, 0, sizeof *replica);
    replica->env = env;
    mir_arena_init(&replica->arena, env, ARENA_MAX);
    mir_buf_init(&replica->items, env, ARENA_MAX);
    mir_buf_init(&replica->pushed, env, ARENA_MAX);
    mir_buf_init(&replica->queue, env, ARENA_MAX);
    fixture_device_init(&replica->device, seed);
    fixture_device_init(&replica->identity, (uint8_t)(seed + 100));
    replica->serial = 1;
    replica->wants[0] = 0;
    replica->wants[1] = 1;
    replica->want_count = 2;
    fixture_local_view(replica);
    fixture_host_view(replica);
}

void fixture_init_device(struct fixture_replica *replica, const mirsal_env *env, uint8_t seed)
{
    init_common(replica, env, seed);
}

void fixture_init_relay(struct fixture_replica *replica, const mirsal_env *env, uint8_t seed)
{
    init_common(replica, env, seed);
    replica->has_epoch = 1;
    memset(replica->store_epoch, seed, sizeof replica->store_epoch);
    replica->accepts_token = "letmein";
}

void fixture_fini(struct fixture_replica *replica)
{
    assert_false(replica->in_pull);
    mir_buf_fini(&replica->queue);
    mir_buf_fini(&replica->pushed);
    mir_buf_fini(&replica->items);
    mir_arena_fini(&replica->arena);
}

void fixture_attach(struct fixture_replica *device, struct fixture_replica *relay)
{
    device->relay = relay;
}

void fixture_found(struct fixture_replica *relay, const mirsal_hash *team)
{
    relay->team = *team;
    relay->has_team = 1;
}

size_t fixture_count(const struct fixture_replica *replica)
{
    return replica->items.size / sizeof(struct fixture_item);
}

struct fixture_item *fixture_at(const struct fixture_replica *replica, size_t index)
{
    assert_true(index < fixture_count(replica));
    return (struct fixture_item *)(void *)replica->items.data + index;
}

struct fixture_item *fixture_find(const struct fixture_replica *replica, const mirsal_hash *id)
{
    for (size_t i = 0; i < fixture_count(replica); i++) {
        struct fixture_item *item = fixture_at(replica, i);
        if (mir_hash_equal(&item->changeset.id, id)) {
            return item;
        }
    }
    return NULL;
}

/* A control body of 'J', a Noise key, and 'M' or 'W'. */
static void note_member(struct fixture_replica *replica, const struct mir_changeset *changeset)
{
    struct mir_bytes body = changeset->body;
    if (changeset->fields.compartment != MIR_COMPARTMENT_CONTROL || body.size != 34 ||
        body.data[0] != 'J') {
        return;
    }
    for (uint32_t i = 0; i < replica->member_count; i++) {
        if (mir_hash_equal(&replica->members[i].device.device, &changeset->fields.device)) {
            return;
        }
    }
    assert_true(replica->member_count < FIXTURE_MEMBERS_MAX);
    struct fixture_member *member = &replica->members[replica->member_count++];
    memset(member, 0, sizeof *member);
    member->device.device = changeset->fields.device;
    memcpy(member->noise.bytes, body.data + 1, 32);
    member->device.standing = body.data[33] == 'W' ? MIR_SYNC_WAITING : MIR_SYNC_MEMBER;
    member->device.readable[0] = 3; /* main and protected */
}

struct fixture_item *fixture_store(struct fixture_replica *replica,
    const struct mir_changeset *changeset)
{
    struct fixture_item item;
    memset(&item, 0, sizeof item);
    fixture_copy_changeset(replica, &item.changeset, changeset);
    mir_buf_append(&replica->items, &item, sizeof item);
    assert_int_equal(mir_buf_finish(&replica->items, NULL), MIRSAL_OK);
    note_member(replica, &item.changeset);
    return fixture_at(replica, fixture_count(replica) - 1);
}

void fixture_copy_changeset(struct fixture_replica *replica,
    struct mir_changeset *out,
    const struct mir_changeset *from)
{
    *out = *from;
    out->header.data = mir_arena_copy(&replica->arena, from->header.data, from->header.size);
    out->signature.data =
        mir_arena_copy(&replica->arena, from->signature.data, from->signature.size);
    out->body.data = mir_arena_copy(&replica->arena, from->body.data, from->body.size);
    assert_non_null(out->header.data);
    assert_non_null(out->signature.data);
    assert_non_null(out->body.data);
}

static const struct mir_changeset *newest(const struct fixture_replica *replica,
    const mirsal_hash *device,
    uint8_t compartment)
{
    const struct mir_changeset *found = NULL;
    for (size_t i = 0; i < fixture_count(replica); i++) {
        const struct mir_changeset *changeset = &fixture_at(replica, i)->changeset;
        if (changeset->fields.compartment == compartment &&
            mir_hash_equal(&changeset->fields.device, device) &&
            (found == NULL || changeset->fields.seq >= found->fields.seq)) {
            found = changeset;
        }
    }
    return found;
}

static void sign_and_store(struct fixture_replica *replica,
    const struct fixture_device *author,
    struct mir_header *fields,
    struct mir_bytes body)
{
    struct mir_buf header;
    uint8_t signature[MIR_SIGNATURE_SIZE];
    struct mir_changeset changeset;
    fields->team = replica->team;
    fields->device = author->id;
    fields->epoch = fields->compartment == MIR_COMPARTMENT_CONTROL ? 0 : 1;
    mir_hash_bytes(&fields->body_hash, MIR_CONTEXT_BODY, body.data, body.size);
    fields->content_root = fields->body_hash;
    fields->body_size = (uint32_t)body.size;
    mir_buf_init(&header, replica->env, MIR_HEADER_SIZE_MAX);
    mir_header_encode(&header, fields);
    assert_int_equal(mir_buf_finish(&header, NULL), MIRSAL_OK);
    mir_sign(signature, MIR_CONTEXT_CHANGESET, header.data, header.size, &author->sign);
    assert_int_equal(mir_changeset_read(&changeset, mir_buf_bytes(&header),
                         (struct mir_bytes){ signature, sizeof signature }, body, NULL),
        MIRSAL_OK);
    (void)fixture_store(replica, &changeset);
    mir_buf_fini(&header);
}

/* The newest control changeset of the author is what it cites, or else the first of anybody. */
static void cite(const struct fixture_replica *replica,
    const struct fixture_device *author,
    struct mir_header *fields)
{
    const struct mir_changeset *control = newest(replica, &author->id, MIR_COMPARTMENT_CONTROL);
    for (size_t i = 0; control == NULL && i < fixture_count(replica); i++) {
        const struct mir_changeset *other = &fixture_at(replica, i)->changeset;
        control = other->fields.compartment == MIR_COMPARTMENT_CONTROL ? other : NULL;
    }
    if (control != NULL) {
        fields->authority = control->id;
    }
}

void fixture_write(struct fixture_replica *replica,
    const struct fixture_device *author,
    uint8_t compartment,
    const void *body,
    size_t size)
{
    struct mir_header fields;
    memset(&fields, 0, sizeof fields);
    const struct mir_changeset *before = newest(replica, &author->id, compartment);
    fields.compartment = compartment;
    fields.seq = before == NULL ? 1 : before->fields.seq + 1;
    if (before != NULL) {
        fields.prev = before->id;
    }
    cite(replica, author, &fields);
    sign_and_store(replica, author, &fields, (struct mir_bytes){ body, size });
}

void fixture_write_bulk(struct fixture_replica *replica, uint8_t compartment, size_t size)
{
    uint8_t *body = mir_arena_alloc(&replica->arena, size, 1);
    assert_non_null(body);
    replica->env->random(replica->env->context, body, size);
    fixture_write(replica, &replica->device, compartment, body, size);
}

void fixture_fork(struct fixture_replica *replica,
    const struct fixture_device *author,
    uint8_t compartment,
    const void *body,
    size_t size)
{
    struct mir_header fields;
    memset(&fields, 0, sizeof fields);
    const struct mir_changeset *other = newest(replica, &author->id, compartment);
    assert_non_null(other);
    fields.compartment = compartment;
    fields.seq = other->fields.seq;
    fields.prev = other->fields.prev;
    fields.authority = other->fields.authority;
    sign_and_store(replica, author, &fields, (struct mir_bytes){ body, size });
}

void fixture_join(struct fixture_replica *device, const mirsal_hash *team, char standing)
{
    uint8_t body[34];
    device->team = *team;
    device->has_team = 1;
    body[0] = 'J';
    memcpy(body + 1, device->device.noise_public.bytes, 32);
    body[33] = (uint8_t)standing;
    fixture_write(device, &device->device, MIR_COMPARTMENT_CONTROL, body, sizeof body);
    device->joins = 1;
}

void fixture_copy(struct fixture_replica *replica, const struct fixture_replica *other)
{
    for (size_t i = 0; i < fixture_count(other); i++) {
        const struct mir_changeset *changeset = &fixture_at(other, i)->changeset;
        if (fixture_find(replica, &changeset->id) == NULL) {
            (void)fixture_store(replica, changeset);
        }
    }
}

void fixture_truncate(struct fixture_replica *replica, size_t count)
{
    assert_true(count <= fixture_count(replica));
    replica->items.size = count * sizeof(struct fixture_item);
    replica->has_checkpoint = 0;
}

void fixture_assert_same(const struct fixture_replica *a, const struct fixture_replica *b)
{
    assert_int_equal(fixture_count(a), fixture_count(b));
    for (size_t i = 0; i < fixture_count(a); i++) {
        assert_non_null(fixture_find(b, &fixture_at(a, i)->changeset.id));
    }
}

void fixture_digest(mirsal_hash *out, const struct fixture_replica *replica)
{
    struct mir_buf bytes;
    mir_buf_init(&bytes, replica->env, ARENA_MAX);
    for (size_t i = 0; i < fixture_count(replica); i++) {
        const struct fixture_item *item = fixture_at(replica, i);
        mir_buf_append(&bytes, &item->changeset.id, sizeof item->changeset.id);
        mir_buf_append_u8(&bytes, (uint8_t)item->known);
    }
    mir_buf_append(&bytes, replica->cursors, sizeof replica->cursors);
    mir_buf_append(&bytes, replica->store_epoch, sizeof replica->store_epoch);
    mir_buf_append(&bytes, &replica->checkpoint, sizeof replica->checkpoint);
    assert_int_equal(mir_buf_finish(&bytes, NULL), MIRSAL_OK);
    mir_hash_bytes(out, MIR_CONTEXT_DIGEST, bytes.data, bytes.size);
    mir_buf_fini(&bytes);
}
