/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/floor.h - generated reports as plain rows, and the floor that recording them is held
 * against: the same rows inserted into SQLite and nothing else.
 */
#ifndef MIR_FLOOR_H
#define MIR_FLOOR_H

#include <mirsal/types.h>

/* One invented incident with one claim, as two plain rows. */
struct mir_floor_report {
    char source_id[24];
    char date[11]; /* YYYY-MM-DD */
    double lat;
    double lon;
    char title_en[128];
    char title_ar[192];
    char summary[512];
    char means[24];
    char outcome[12];
    uint32_t killed_min;
    uint32_t killed_max;
};

typedef void (*mir_floor_make)(struct mir_floor_report *out, void *context, uint32_t number);

/*
 * Inserts `count` reports into a new database at path (then removed), in one durable transaction
 * with two prepared statements and the pragmas of a store. *elapsed_ms by env's ticks.
 */
mirsal_code mir_floor_insert(uint64_t *elapsed_ms,
    const mirsal_env *env,
    const char *path,
    uint32_t count,
    mir_floor_make make,
    void *context,
    mirsal_error *err) MIRSAL_MUST_USE;

struct mir_store;
/* Bytes of all data changesets held, as received, and how many they are. */
mirsal_code mir_floor_sealed(uint64_t *bytes,
    uint64_t *changesets,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
