/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/query.h - SQL of others, read-only: the views, one per record type, and safe functions.
 */
#ifndef MIR_QUERY_H
#define MIR_QUERY_H

#include "store.h"

struct mir_query;

/* UNKNOWN_FIELD, NOT_ALLOWED (anything but reading the views), BAD_VALUE with SQLite's words. */
mirsal_code mir_query_open(struct mir_query **out,
    struct mir_store *store,
    const char *sql,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Copied; NULL binds null. at counts from 1. BAD_VALUE when there is no such parameter. */
mirsal_code mir_query_bind(struct mir_query *query, int at, const char *text, mirsal_error *err)
    MIRSAL_MUST_USE;
mirsal_code mir_query_step(int *row, struct mir_query *query, mirsal_error *err) MIRSAL_MUST_USE;
int mir_query_columns(const struct mir_query *query);
/* Borrowed until the next step; NULL for SQL NULL and out of range. */
const char *mir_query_name(const struct mir_query *query, int column);
const char *mir_query_text(const struct mir_query *query, int column);
int64_t mir_query_int(const struct mir_query *query, int column);
/* SQLite's number: 1 integer, 2 float, 3 text, 4 blob, 5 null. */
int mir_query_type(const struct mir_query *query, int column);
double mir_query_double(const struct mir_query *query, int column);
void mir_query_close(struct mir_query *query); /* accepts NULL */

#endif
