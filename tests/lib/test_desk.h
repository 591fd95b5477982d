/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/test_desk.h - what people do to a store on disk, and what it answers, as JSON.
 *
 * Each doing is a transaction of its own, which must succeed unless it says otherwise.
 */
#ifndef TEST_DESK_H
#define TEST_DESK_H

#include "answers.h"
#include "edit.h"
#include "import.h"
#include "test_team.h"

#include <jansson.h>

#define ASSIGN(...)                                                                                \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

mirsal_id desk_add(struct test_store *device,
    const char *type,
    const mirsal_id *parent,
    const char *const *assignments);
/* The code of adding; nothing is written when it fails. */
mirsal_code desk_try_add(struct test_store *device,
    const char *type,
    const char *const *assignments);
mirsal_code desk_try_edit(struct mir_edited *out,
    struct test_store *device,
    const char *record,
    const char *const *assignments);
struct mir_edited desk_edit(struct test_store *device,
    const mirsal_id *record,
    const char *const *assignments);
mirsal_code desk_try_resolve(struct test_store *device, const struct mir_resolve *resolve);
void desk_withdraw(struct test_store *device, const mirsal_id *record, const char *reason);
/* The text of a UUID; a few may be in use at once. */
const char *desk_name(const mirsal_id *id);

/* The `import` answer of JSON Lines; json_decref it. */
json_t *desk_import(struct test_store *device, const char *lines, const struct mir_import *options);
/* json_decref them. */
json_t *desk_show(struct test_store *device, const mirsal_id *record, int history);
json_t *desk_list(struct test_store *device, const struct mir_answer_list *list);
json_t *desk_conflicts(struct test_store *device, int all);
/* A callback that appends each line to a json_t array. */
int desk_take_line(void *context, const char *json, size_t size);
/* Text at a path like "meta/created/role" or "values/0/value", "" where there is none. Numbers and
 * booleans come as text too. */
const char *desk_at(const json_t *json, const char *path);

#endif
