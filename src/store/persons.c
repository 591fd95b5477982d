/* SPDX-License-Identifier: Apache-2.0 */
/* store/persons.c - numbers and names of persons; see the header. */
#include "persons.h"

#include "fail.h"
#include "members.h"
#include "statements.h"

#include <string.h>

#define ARENA_MAX ((size_t)8 << 20)

/* A word of root on somebody's role, as it goes through root's words. */
struct naming {
    uint32_t person;
    int has_name;
    struct mir_bytes name; /* empty where it does not open here */
};

typedef int (*heard)(void *context, const struct naming *naming);

/* Each role statement of root, until hear gives 0. */
static mirsal_code hear_root(struct mir_store *store,
    struct mir_arena *arena,
    heard hear,
    void *context,
    mirsal_error *err)
{
    const struct mir_members *members = store->members;
    mirsal_code rc = MIRSAL_OK;
    int on = 1;
    for (size_t i = 0; rc == MIRSAL_OK && on && i < members->count; i++) {
        struct mir_control_body body = { .say_count = 0 };
        if (!mir_hash_equal(&members->facts[i].device, &members->membership.root)) {
            continue;
        }
        rc = mir_statements_read(&body, arena, store, &members->facts[i].id, err);
        for (uint32_t at = 0; rc == MIRSAL_OK && on && at < body.say_count; at++) {
            const struct mir_say_role *role = &body.says[at].role;
            struct naming naming = { .person = role->person };
            if (body.says[at].kind != MIR_SAY_ROLE) {
                continue;
            }
            naming.person = role->person;
            naming.has_name = role->name.has;
            rc = mir_statements_open_text(&naming.name, arena, store, &role->name, err);
            on = rc == MIRSAL_OK ? hear(context, &naming) : 0;
        }
    }
    return rc;
}

struct numbering {
    struct mir_bytes name;
    uint32_t found;
    uint32_t highest;
    int has_found;
    int unread;
};

static int hear_number(void *context, const struct naming *naming)
{
    struct numbering *numbering = context;
    if (naming->person > numbering->highest) {
        numbering->highest = naming->person;
    }
    numbering->unread |= naming->has_name && naming->name.size == 0;
    if (naming->name.size != numbering->name.size || naming->name.size == 0 ||
        memcmp(naming->name.data, numbering->name.data, naming->name.size) != 0) {
        return 1;
    }
    numbering->found = naming->person;
    numbering->has_found = 1;
    return 0;
}

mirsal_code mir_person_number(uint32_t *out,
    struct mir_store *store,
    const char *name,
    mirsal_error *err)
{
    struct numbering numbering = { .found = 0 };
    struct mir_arena arena;
    *out = 0;
    if (name == NULL || name[0] == '\0') {
        return MIRSAL_OK;
    }
    numbering.name.data = (const uint8_t *)name;
    numbering.name.size = strlen(name);
    mir_arena_init(&arena, store->env, ARENA_MAX);
    mirsal_code rc = hear_root(store, &arena, hear_number, &numbering, err);
    mir_arena_fini(&arena);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (numbering.has_found) {
        *out = numbering.found;
    } else if (numbering.unread) {
        rc = mir_fail(err, MIRSAL_NOT_FOUND, "a person's name that root gave does not open here");
    } else if (numbering.highest == UINT32_MAX) {
        rc = mir_fail(err, MIRSAL_LIMIT, "no number is left for another person");
    } else {
        *out = numbering.highest + 1;
    }
    return rc;
}

struct calling {
    uint32_t person;
    struct mir_bytes name;
};

static int hear_name(void *context, const struct naming *naming)
{
    struct calling *calling = context;
    if (naming->person == calling->person && naming->name.size > 0) {
        calling->name = naming->name;
    }
    return 1;
}

mirsal_code mir_person_name(struct mir_bytes *out,
    struct mir_arena *arena,
    struct mir_store *store,
    uint32_t person,
    mirsal_error *err)
{
    struct calling calling = { .person = person };
    memset(out, 0, sizeof *out);
    mirsal_code rc = hear_root(store, arena, hear_name, &calling, err);
    if (rc == MIRSAL_OK) {
        *out = calling.name;
    }
    return rc;
}
