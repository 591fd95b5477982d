/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/list.h - records of a type by condition, place and time; full text.
 */
#ifndef MIR_LIST_H
#define MIR_LIST_H

#include "read.h"

/* A condition left at zero or NULL is none. */
struct mir_list {
    uint32_t type;
    const char *where; /* an SQL expression over the type's view */
    int has_since;
    int has_until;
    int32_t since; /* days since 1970, inclusive */
    int32_t until;
    int has_box;
    int64_t west, south, east, north; /* degrees × 10⁷; west > east crosses the date line */
    int has_near;
    int64_t near_lat, near_lon;
    int64_t near_m;
    uint64_t limit;
    const char *sort; /* a column of the view, "-" before it: descending; NULL: date_start, id */
    int all;          /* withdrawn records too */
};

/* UNKNOWN_TYPE, UNKNOWN_FIELD (a column no view has), BAD_VALUE (any other fault of where). */
mirsal_code mir_list(struct mir_items *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_list *list,
    mirsal_error *err) MIRSAL_MUST_USE;

struct mir_search_hit {
    mirsal_id id;
    uint32_t type;
    struct mir_bytes snippet; /* UTF-8, around the first word found */
};
/*
 * Records whose texts hold every word (folded: Arabic letters' forms, harakat and case do not
 * matter), best first; withdrawn ones are left out. limit 0: all.
 */
mirsal_code mir_search(struct mir_search_hit **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    const char *text,
    uint64_t limit,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
