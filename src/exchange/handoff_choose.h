/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/handoff_choose.h - which records and fields a handoff takes along, and what a person
 * should look at before it leaves.
 *
 * Incidents that fit the condition, their children, and what these refer to by a field that is
 * shown (places, actors, sources). Release, consent and sensitivity decide by disclose.h; fields
 * can be withheld or, where they are sensitive, disclosed by name.
 */
#ifndef MIR_HANDOFF_CHOOSE_H
#define MIR_HANDOFF_CHOOSE_H

#include "disclose.h"
#include "handoffmake.h"
#include "pointed.h"

struct mir_handoff_request {
    const char *where;    /* over incident; NULL: all */
    const mirsal_id *ids; /* these records instead, and what they refer to; zeros are none */
    size_t id_count;
    const char *withhold; /* field names with commas between, TYPE.FIELD or FIELD; or NULL */
    const char *disclose; /* sensitive fields, likewise */
    enum mir_release release;
    int courts;
    int64_t today;
    /* In place of mir_handoff_choice_shows, or NULL. */
    enum mir_handoff_show (*shows)(void *context,
        const struct mir_record *record,
        const struct mir_schema_field *field);
    void *shows_context;
};

/* A shown text that a person should look at. */
struct mir_handoff_pointed {
    mirsal_id record;
    uint32_t type;
    uint32_t field;
    enum mir_pointed what;
};

struct mir_handoff_choice {
    struct mir_store *store;
    struct mir_arena arena;
    struct mir_disclosure disclosure;
    uint32_t *withhold; /* field ids, ascending */
    size_t withhold_count;
    uint32_t *disclose;
    size_t disclose_count;
    struct mir_handoff_chosen *records; /* ascending by type, id */
    size_t record_count;
    struct mir_handoff_left *left; /* likewise */
    size_t left_count;
    struct mir_buf pointed; /* struct mir_handoff_pointed, in the order found */
};

/* UNKNOWN_FIELD, BAD_VALUE of the condition. The caller ends it also after a failure. */
mirsal_code mir_handoff_choose(struct mir_handoff_choice *out,
    struct mir_store *store,
    const struct mir_handoff_request *request,
    mirsal_error *err) MIRSAL_MUST_USE;
/* 1 when the record is one that leaves. */
int mir_handoff_choice_has(const struct mir_handoff_choice *choice,
    uint32_t type,
    const mirsal_id *id);
void mir_handoff_choice_fini(struct mir_handoff_choice *choice); /* accepts a zeroed struct */
/* For mir_handoff_making; context is the choice. */
enum mir_handoff_show mir_handoff_choice_shows(void *context,
    const struct mir_record *record,
    const struct mir_schema_field *field);

#endif
