/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/handoff_chain.c - what a handoff's certificates show of devices; protocol/handoff.md 6.
 *
 * Every changeset is read once for the few statements that the rules speak of; then three least
 * sets are grown until nothing is added: admins (by root alone), joined devices (a retire may lead
 * to another), admitted devices (a coordinator may admit another). Roles read from role statements
 * do not depend on these sets beyond admins, so nothing is ever taken back.
 */
#include "handoff.h"

#include "changeset.h"
#include "fail.h"
#include "hash.h"
#include "mir_limits.h"
#include "sign.h"
#include "sort.h"
#include "statement.h"

#include <string.h>

#define ROLE_NONE        (-1)
#define ROLE_MONITOR     1
#define ROLE_COORDINATOR 2
#define ROLE_ADMIN       3
#define FACTS_MAX        16384u
#define BODY_MEMORY_MAX  ((size_t)64 << 20)

/* One changeset of the set. */
struct certificate {
    mirsal_hash id;
    mirsal_hash device;
    int has_invite;
    mirsal_hash invite_key;
    int invite_role;
    int in_person;
    int has_retire;
    mirsal_hash successor;
    int has_join;
    struct mir_say_join join;
};

enum fact_kind { FACT_ADMIT, FACT_ROLE };
struct fact {
    enum fact_kind kind;
    size_t by;          /* place of its certificate */
    mirsal_hash device; /* whom it is about */
    mirsal_hash join;   /* of an admit */
    int role;
};

/* A device with a join, or the founder, or one that root makes admin. */
struct device {
    mirsal_hash key;
    int founder;
    int admin;
    const struct certificate *joining; /* NULL: no join */
    int joined;
    int denied; /* its join never will be shown */
    int in_person;
    int basis;
    int admitted;
    int role_said; /* the lowest that role statements give, ROLE_NONE */
};

struct chain {
    struct mir_arena *arena;
    struct mir_arena scratch; /* of one body */
    const mirsal_hash *team;
    const struct mir_bytes *control;
    struct certificate *certificates;
    size_t count;
    struct mir_buf said; /* struct fact */
    const struct fact *facts;
    size_t fact_count;
    struct device *devices;
    size_t device_count;
    int has_genesis;
    mirsal_hash root;
    mirsal_hash founder;
};

static int same(const mirsal_hash *a, const mirsal_hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static int compare_devices(const void *a, const void *b, void *context)
{
    const struct device *left = a;
    const struct device *right = b;
    (void)context;
    int order = memcmp(&left->key, &right->key, sizeof left->key);
    return order != 0 ? order : (left->joining != NULL) - (right->joining != NULL);
}

static struct device *find_device(const struct chain *chain, const mirsal_hash *key)
{
    size_t low = 0;
    size_t high = chain->device_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(&chain->devices[middle].key, key, sizeof *key);
        if (order == 0) {
            return &chain->devices[middle];
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return NULL;
}

static const struct certificate *find_certificate(const struct chain *chain, const mirsal_hash *id)
{
    size_t low = 0;
    size_t high = chain->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(&chain->certificates[middle].id, id, sizeof *id);
        if (order == 0) {
            return &chain->certificates[middle];
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return NULL;
}

static mirsal_code refuse(mirsal_error *err, size_t at, const char *what)
{
    return mir_handoff_refuse(err, MIR_HANDOFF_CERTIFICATE, "certificate %zu %s", at, what);
}

static struct device *new_device(struct chain *chain, const mirsal_hash *key)
{
    struct device *device = &chain->devices[chain->device_count++];
    device->key = *key;
    device->role_said = ROLE_NONE;
    device->basis = ROLE_NONE;
    return device;
}

static mirsal_code take_genesis(struct chain *chain,
    const struct mir_changeset *changeset,
    const struct mir_say *say,
    mirsal_error *err)
{
    mirsal_hash team;
    mir_hash_bytes(&team, MIR_CONTEXT_TEAM, changeset->body.data, changeset->body.size);
    if (chain->has_genesis || !same(&team, chain->team) ||
        !mir_hash_is_zero(&changeset->fields.authority) ||
        !same(&changeset->fields.device, &say->genesis.root)) {
        return mir_handoff_refuse(
            err, MIR_HANDOFF_GENESIS, "the first statement is not this team's");
    }
    chain->has_genesis = 1;
    chain->root = say->genesis.root;
    chain->founder = say->genesis.founder;
    return MIRSAL_OK;
}

static mirsal_code add_fact(struct chain *chain, const struct fact *fact, mirsal_error *err)
{
    mir_buf_append(&chain->said, fact, sizeof *fact);
    chain->fact_count++;
    return chain->fact_count <= FACTS_MAX ? mir_buf_finish(&chain->said, err)
                                          : mir_handoff_refuse(err, MIR_HANDOFF_LIMIT,
                                                "certificates hold too many statements");
}

static mirsal_code take_say(struct chain *chain,
    struct certificate *certificate,
    const struct mir_changeset *changeset,
    const struct mir_say *say,
    int first,
    mirsal_error *err)
{
    struct fact fact;
    memset(&fact, 0, sizeof fact);
    fact.by = (size_t)(certificate - chain->certificates);
    switch (say->kind) {
    case MIR_SAY_GENESIS:
        return first ? take_genesis(chain, changeset, say, err) : MIRSAL_OK;
    case MIR_SAY_INVITE:
        if (!certificate->has_invite) {
            certificate->has_invite = 1;
            certificate->invite_key = say->invite.key;
            certificate->invite_role = say->invite.role;
            certificate->in_person = say->invite.in_person;
        }
        return MIRSAL_OK;
    case MIR_SAY_JOIN:
        if (first && changeset->fields.seq == 1) {
            certificate->has_join = 1;
            certificate->join = say->join;
            certificate->join.label = (struct mir_sealed_text){ 0 };
        }
        return MIRSAL_OK;
    case MIR_SAY_ADMIT:
        fact.kind = FACT_ADMIT;
        fact.device = say->admit.device;
        fact.join = say->admit.join;
        return add_fact(chain, &fact, err);
    case MIR_SAY_ROLE:
        fact.kind = FACT_ROLE;
        fact.device = say->role.device;
        fact.role = say->role.role;
        return add_fact(chain, &fact, err);
    case MIR_SAY_RETIRE:
        if (!certificate->has_retire) {
            certificate->has_retire = 1;
            certificate->successor = say->act.subject;
        }
        return MIRSAL_OK;
    default:
        return MIRSAL_OK;
    }
}

static mirsal_code take_certificate(struct chain *chain, size_t at, mirsal_error *err)
{
    struct mir_changeset changeset;
    struct mir_control_body body;
    struct certificate *certificate = &chain->certificates[at];
    mir_arena_reset(&chain->scratch);
    if (mir_changeset_decode(&changeset, chain->control[at], NULL) != MIRSAL_OK ||
        changeset.fields.compartment != MIR_COMPARTMENT_CONTROL ||
        mir_control_body_read(&body, &chain->scratch, changeset.body, NULL) != MIRSAL_OK) {
        return refuse(err, at, "does not parse");
    }
    if (!same(&changeset.fields.team, chain->team)) {
        return refuse(err, at, "is of another team");
    }
    if (!same(&changeset.fields.content_root, &changeset.fields.body_hash) ||
        mir_changeset_verify(&changeset, NULL) != MIRSAL_OK) {
        return refuse(err, at, "does not verify");
    }
    if (at > 0 &&
        memcmp(&chain->certificates[at - 1].id, &changeset.id, sizeof changeset.id) >= 0) {
        return refuse(err, at, "is not in its place");
    }
    certificate->id = changeset.id;
    certificate->device = changeset.fields.device;
    mirsal_code rc = MIRSAL_OK;
    for (uint32_t i = 0; i < body.say_count && rc == MIRSAL_OK; i++) {
        rc = take_say(chain, certificate, &changeset, &body.says[i], i == 0, err);
    }
    return rc;
}

/* Signed by the founder, or a device that root made admin. */
static int by_admin(const struct chain *chain, const struct certificate *certificate)
{
    const struct device *device = find_device(chain, &certificate->device);
    return device != NULL && device->admin;
}

static int said_by_root(const struct chain *chain, const struct fact *fact)
{
    return same(&chain->certificates[fact->by].device, &chain->root);
}

static int makes_admin(const struct chain *chain, const struct fact *fact)
{
    return fact->kind == FACT_ROLE && fact->role == ROLE_ADMIN && said_by_root(chain, fact) &&
           !same(&fact->device, &chain->root);
}

static int said_by_admin(const struct chain *chain, const struct fact *fact)
{
    return said_by_root(chain, fact) || by_admin(chain, &chain->certificates[fact->by]);
}

/* Founder and admins get a place among the devices; each device has one. */
static mirsal_code sort_devices(struct chain *chain, mirsal_error *err)
{
    size_t kept = 0;
    size_t room = chain->count + 1;
    for (size_t i = 0; i < chain->fact_count; i++) {
        room += (size_t)makes_admin(chain, &chain->facts[i]);
    }
    chain->devices = mir_arena_alloc(chain->arena, room, sizeof *chain->devices);
    if (chain->devices == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    (void)new_device(chain, &chain->founder);
    for (size_t i = 0; i < chain->fact_count; i++) {
        if (makes_admin(chain, &chain->facts[i])) {
            (void)new_device(chain, &chain->facts[i].device);
        }
    }
    for (size_t i = 0; i < chain->count; i++) {
        if (chain->certificates[i].has_join) {
            new_device(chain, &chain->certificates[i].device)->joining = &chain->certificates[i];
        }
    }
    mir_sort(chain->devices, chain->device_count, sizeof *chain->devices, compare_devices, NULL);
    for (size_t i = 0; i < chain->device_count; i++) {
        struct device *device = &chain->devices[i];
        if (kept > 0 && same(&chain->devices[kept - 1].key, &device->key)) {
            if (chain->devices[kept - 1].joining != NULL) {
                return mir_handoff_refuse(
                    err, MIR_HANDOFF_CERTIFICATE, "one device joins in two certificates");
            }
            kept--;
        }
        chain->devices[kept++] = *device;
    }
    chain->device_count = kept;
    return MIRSAL_OK;
}

/* 6.2, and what role statements say of everybody. */
static void find_roles(struct chain *chain)
{
    struct device *founder = find_device(chain, &chain->founder);
    MIR_ASSERT(founder != NULL);
    founder->founder = 1;
    founder->admin = 1;
    for (size_t i = 0; i < chain->fact_count; i++) {
        const struct fact *fact = &chain->facts[i];
        struct device *device = find_device(chain, &fact->device);
        if (device != NULL && makes_admin(chain, fact)) {
            device->admin = 1;
        }
    }
    for (size_t i = 0; i < chain->fact_count; i++) {
        const struct fact *fact = &chain->facts[i];
        struct device *device = find_device(chain, &fact->device);
        if (fact->kind != FACT_ROLE || device == NULL || !said_by_admin(chain, fact)) {
            continue;
        }
        int role = fact->role > ROLE_COORDINATOR ? ROLE_COORDINATOR : fact->role;
        if (device->role_said == ROLE_NONE || role < device->role_said) {
            device->role_said = role;
        }
    }
}

static int proof_holds(const struct chain *chain,
    const struct device *device,
    const uint8_t key[32])
{
    struct mir_buf message;
    mir_buf_init(&message, chain->arena->env, 1024);
    mir_join_message(&message, chain->team, &device->key, &device->joining->join);
    int holds = mir_buf_finish(&message, NULL) == MIRSAL_OK &&
                mir_sign_verify(
                    device->joining->join.proof, MIR_CONTEXT_JOIN, message.data, message.size, key);
    mir_buf_fini(&message);
    return holds;
}

/* 6.3 (b): the basis, or ROLE_NONE while the retiring device is not shown joined. */
static int succeed(const struct chain *chain,
    const struct certificate *grant,
    struct device *device)
{
    const struct device *retiring = find_device(chain, &grant->device);
    if (!grant->has_retire || !same(&grant->successor, &device->key) || retiring == NULL) {
        device->denied = 1;
        return ROLE_NONE;
    }
    if (!retiring->founder && !retiring->joined) {
        return ROLE_NONE;
    }
    device->denied = !proof_holds(chain, device, retiring->key.bytes);
    return retiring->founder || retiring->basis > ROLE_MONITOR ? ROLE_MONITOR : retiring->basis;
}

/* 6.3. 1 when it was shown now. */
static int show_joined(const struct chain *chain, struct device *device)
{
    int basis = ROLE_NONE;
    if (device->joined || device->denied || device->joining == NULL) {
        return 0;
    }
    const struct certificate *grant = find_certificate(chain, &device->joining->join.grant);
    if (grant == NULL) {
        device->denied = 1;
    } else if (grant->has_invite) {
        device->denied =
            !by_admin(chain, grant) || !proof_holds(chain, device, grant->invite_key.bytes);
        device->in_person = grant->in_person;
        basis = grant->invite_role;
    } else {
        basis = succeed(chain, grant, device);
    }
    if (device->denied || basis == ROLE_NONE) {
        return 0;
    }
    device->basis = basis;
    device->joined = 1;
    return 1;
}

/* 6.5 */
static int role_of(const struct device *device)
{
    if (device->admin) {
        return ROLE_ADMIN;
    }
    if (!device->admitted) {
        return ROLE_NONE;
    }
    int role = device->role_said != ROLE_NONE ? device->role_said : device->basis;
    return role > ROLE_COORDINATOR ? ROLE_COORDINATOR : role;
}

/* 6.4 by one statement. 1 when it was shown now. */
static int show_admitted(const struct chain *chain, const struct fact *fact)
{
    struct device *device = find_device(chain, &fact->device);
    if (device == NULL || device->admitted || !device->joined) {
        return 0;
    }
    const struct device *by = find_device(chain, &chain->certificates[fact->by].device);
    if (fact->kind == FACT_ADMIT) {
        device->admitted = by != NULL && role_of(by) >= ROLE_COORDINATOR &&
                           same(&fact->join, &device->joining->id);
    } else if (fact->kind == FACT_ROLE) {
        device->admitted = said_by_admin(chain, fact);
    }
    return device->admitted;
}

static void grow(struct chain *chain)
{
    int more = 1;
    while (more) {
        more = 0;
        for (size_t i = 0; i < chain->device_count; i++) {
            more |= show_joined(chain, &chain->devices[i]);
        }
    }
    for (size_t i = 0; i < chain->device_count; i++) {
        struct device *device = &chain->devices[i];
        device->admitted = device->joined && device->in_person;
    }
    more = 1;
    while (more) {
        more = 0;
        for (size_t i = 0; i < chain->fact_count; i++) {
            more |= show_admitted(chain, &chain->facts[i]);
        }
    }
}

static mirsal_code tell_roles(struct mir_handoff_shown_device **out,
    size_t *count,
    const struct chain *chain,
    mirsal_error *err)
{
    *count = 0;
    *out = mir_arena_alloc(chain->arena, chain->device_count + 1, sizeof **out);
    if (*out == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < chain->device_count; i++) {
        int role = role_of(&chain->devices[i]);
        if (role != ROLE_NONE) {
            (*out)[*count].device = chain->devices[i].key;
            (*out)[*count].role = role;
            (*count)++;
        }
    }
    return MIRSAL_OK;
}

mirsal_code mir_handoff_chain(struct mir_handoff_shown_device **out,
    size_t *count,
    struct mir_arena *arena,
    const mirsal_hash *team,
    const struct mir_bytes *control,
    size_t control_count,
    mirsal_error *err)
{
    struct chain chain = { .arena = arena, .team = team, .control = control };
    if (control_count > MIR_HANDOFF_CONTROL_MAX) {
        return mir_handoff_refuse(err, MIR_HANDOFF_LIMIT, "%zu certificates", control_count);
    }
    mir_arena_init(&chain.scratch, arena->env, BODY_MEMORY_MAX);
    chain.certificates = mir_arena_alloc(arena, control_count + 1, sizeof *chain.certificates);
    mir_buf_init(&chain.said, arena->env, (FACTS_MAX + 1) * sizeof(struct fact));
    mirsal_code rc = MIRSAL_OK;
    if (chain.certificates == NULL) {
        rc = mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < control_count && rc == MIRSAL_OK; i++) {
        rc = take_certificate(&chain, i, err);
        chain.count = i + 1;
    }
    if (rc == MIRSAL_OK && !chain.has_genesis) {
        rc = mir_handoff_refuse(err, MIR_HANDOFF_GENESIS, "the team's first statement is missing");
    }
    chain.facts = (const struct fact *)(const void *)chain.said.data;
    if (rc == MIRSAL_OK) {
        rc = sort_devices(&chain, err);
    }
    if (rc == MIRSAL_OK) {
        find_roles(&chain);
        grow(&chain);
        rc = tell_roles(out, count, &chain, err);
    }
    mir_buf_fini(&chain.said);
    mir_arena_fini(&chain.scratch);
    return rc;
}

int mir_handoff_role(const struct mir_handoff_shown_device *shown,
    size_t count,
    const mirsal_hash *device)
{
    for (size_t i = 0; i < count; i++) {
        if (same(&shown[i].device, device)) {
            return shown[i].role;
        }
    }
    return ROLE_NONE;
}
