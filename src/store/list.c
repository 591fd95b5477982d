/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/list.c - records of a type by condition, place and time; see the header.
 *
 * The condition is prepared alone first, under the guard; then it stands in our own statement.
 */
#include "list.h"

#include "fail.h"
#include "guard.h"
#include "projection.h"
#include "shows.h"
#include "text.h"

#include <string.h>

#define METRES_PER_DEGREE 111195.0
#define DEGREE            10000000.0

/* 1 when the view has the column. */
static mirsal_code has_column(int *has,
    struct mir_store *store,
    const struct mir_table *table,
    const char *name,
    size_t size,
    mirsal_error *err)
{
    static const char text[] = "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2 COLLATE NOCASE";
    sqlite3_stmt *find = NULL;
    *has = 0;
    mirsal_code rc = mir_sql_prepare(&find, store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_text(find, 1, table->view, strlen(table->view));
    mir_sql_bind_text(find, 2, name, size);
    rc = mir_sql_step(has, store->sql, find, err);
    mir_sql_release(find);
    return rc;
}

static mirsal_code check_where(struct mir_store *store,
    const struct mir_table *table,
    const char *where,
    mirsal_error *err)
{
    struct mir_buf text;
    sqlite3_stmt *probe = NULL;
    mir_buf_init(&text, store->env, (size_t)1 << 20);
    mir_buf_append_format(&text, "SELECT 1 FROM \"%s\" WHERE (%s\n)", table->view, where);
    mir_buf_append_u8(&text, 0);
    mirsal_code rc = mir_buf_finish(&text, err);
    if (rc == MIRSAL_OK) {
        rc = mir_guard_prepare(&probe, store, (const char *)text.data, table->view, err);
    }
    mir_sql_finalize(probe);
    mir_buf_fini(&text);
    return rc;
}

/* cos of an angle in degrees, by its series; enough for distances. */
static double cosine(double degrees)
{
    double x = degrees * 3.14159265358979323846 / 180.0;
    double square = x * x;
    double term = 1;
    double sum = 1;
    for (int i = 2; i <= 16; i += 2) {
        term *= -square / (double)(i * (i - 1));
        sum += term;
    }
    return sum;
}

/* On a plane that touches the globe half-way between the two. */
static int is_near(const struct mir_list *list, double lat, double lon)
{
    double from_lat = (double)list->near_lat / DEGREE;
    double from_lon = (double)list->near_lon / DEGREE;
    double north = (lat - from_lat) * METRES_PER_DEGREE;
    double east = lon - from_lon;
    east = east > 180 ? east - 360 : east < -180 ? east + 360 : east;
    east *= METRES_PER_DEGREE * cosine((lat + from_lat) / 2);
    double metres = (double)list->near_m;
    return north * north + east * east <= metres * metres;
}

static void append_box(struct mir_buf *text, const struct mir_list *list)
{
    mir_buf_append_format(text, " AND round(lat * 10000000.0) BETWEEN %lld AND %lld",
        (long long)list->south, (long long)list->north);
    mir_buf_append_format(text,
        list->west <= list->east
            ? " AND round(lon * 10000000.0) BETWEEN %lld AND %lld"
            : " AND (round(lon * 10000000.0) >= %lld OR round(lon * 10000000.0) <= %lld)",
        (long long)list->west, (long long)list->east);
}

static void append_day(struct mir_buf *text, const char *before, int32_t day)
{
    mir_buf_append_text(text, before);
    mir_shows_day(text, day);
    mir_buf_append_text(text, "'");
}

static void append_period(struct mir_buf *text, const struct mir_list *list)
{
    if (list->has_since) {
        append_day(text, " AND date_end >= '", list->since);
    }
    if (list->has_until) {
        append_day(text, " AND date_start <= '", list->until);
    }
}

/* What makes a record straddle the period, as an SQL expression. */
static void append_boundary(struct mir_buf *text, const struct mir_list *list)
{
    mir_buf_append_text(text, ", (0");
    if (list->has_since) {
        append_day(text, " OR date_start < '", list->since);
    }
    if (list->has_until) {
        append_day(text, " OR date_end > '", list->until);
    }
    mir_buf_append_text(text, ")");
}

struct listing {
    struct mir_store *store;
    const struct mir_list *list;
    const struct mir_table *table;
    int has_dates;
};

static void append_order(struct mir_buf *text, const struct listing *listing)
{
    const char *sort = listing->list->sort;
    if (sort != NULL) {
        int descending = sort[0] == '-';
        mir_buf_append_format(text, " ORDER BY v.\"%s\"%s NULLS LAST, v.id", sort + descending,
            descending ? " DESC" : "");
    } else {
        mir_buf_append_text(
            text, listing->has_dates ? " ORDER BY date_start NULLS LAST, id" : " ORDER BY id");
    }
}

static void append_statement(struct mir_buf *text, const struct listing *listing)
{
    const struct mir_list *list = listing->list;
    mir_buf_append_text(text, "SELECT v.id");
    if (list->has_since || list->has_until) {
        append_boundary(text, list);
    } else {
        mir_buf_append_text(text, ", 0");
    }
    mir_buf_append_text(text, list->has_near ? ", lat, lon" : ", NULL, NULL");
    mir_buf_append_format(text, " FROM \"%s\" v WHERE 1", listing->table->view);
    if (!list->all) {
        mir_buf_append_text(text, " AND state = 'accepted'");
    }
    append_period(text, list);
    if (list->has_box) {
        append_box(text, list);
    }
    if (list->has_near) {
        mir_buf_append_text(text, " AND lat IS NOT NULL AND lon IS NOT NULL");
    }
    if (list->where != NULL) {
        mir_buf_append_format(text, " AND (%s\n)", list->where);
    }
    append_order(text, listing);
    mir_buf_append_u8(text, 0);
}

static mirsal_code need_column(struct listing *listing,
    const char *name,
    size_t size,
    mirsal_error *err)
{
    int has = 0;
    mirsal_code rc = has_column(&has, listing->store, listing->table, name, size, err);
    if (rc == MIRSAL_OK && !has) {
        char field[48];
        size = size < sizeof field ? size : sizeof field - 1;
        memcpy(field, name, size);
        field[size] = 0;
        rc = mir_fail_field(err, MIRSAL_UNKNOWN_FIELD, field, "no such field");
    }
    return rc;
}

static mirsal_code check_list(struct listing *listing, mirsal_error *err)
{
    const struct mir_list *list = listing->list;
    mirsal_code rc =
        has_column(&listing->has_dates, listing->store, listing->table, "date_start", 10, err);
    if (rc == MIRSAL_OK && (list->has_since || list->has_until)) {
        rc = need_column(listing, "date_start", 10, err);
    }
    if (rc == MIRSAL_OK && (list->has_box || list->has_near)) {
        rc = need_column(listing, "lat", 3, err);
    }
    if (rc == MIRSAL_OK && list->sort != NULL) {
        const char *name = list->sort + (list->sort[0] == '-');
        rc = need_column(listing, name, strlen(name), err);
    }
    if (rc == MIRSAL_OK && list->where != NULL) {
        rc = check_where(listing->store, listing->table, list->where, err);
    }
    return rc;
}

static mirsal_code take_row(struct mir_items *out,
    size_t *capacity,
    struct mir_arena *arena,
    const struct listing *listing,
    sqlite3_stmt *read,
    mirsal_error *err)
{
    struct mir_item item = { .type = listing->table->type->id };
    struct mir_bytes uuid = mir_sql_column(read, 0);
    if (!mir_uuid_parse(&item.id, (const char *)uuid.data, uuid.size)) {
        return mir_fail(err, MIRSAL_CORRUPT, "a record's id of another size");
    }
    item.boundary = mir_sql_column_int(read, 1) != 0;
    if (listing->list->has_near &&
        !is_near(listing->list, sqlite3_column_double(read, 2), sqlite3_column_double(read, 3))) {
        return MIRSAL_OK;
    }
    if (out->count == *capacity) {
        size_t more = *capacity * 2 + 64;
        struct mir_item *grown = mir_arena_alloc(arena, more, sizeof *grown);
        if (grown == NULL) {
            return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
        }
        if (out->count > 0) {
            memcpy(grown, out->items, out->count * sizeof *grown);
        }
        out->items = grown;
        *capacity = more;
    }
    out->items[out->count++] = item;
    return MIRSAL_OK;
}

static mirsal_code run_list(struct mir_items *out,
    struct mir_arena *arena,
    const struct listing *listing,
    const char *text,
    mirsal_error *err)
{
    sqlite3_stmt *read = NULL;
    size_t capacity = 0;
    mirsal_code rc = mir_sql_prepare_once(&read, listing->store->sql, text, err);
    while (rc == MIRSAL_OK && (listing->list->limit == 0 || out->count < listing->list->limit)) {
        int row = 0;
        rc = mir_sql_step(&row, listing->store->sql, read, err);
        if (rc != MIRSAL_OK && listing->list->where != NULL && rc == MIRSAL_IO) {
            rc = mir_fail(err, MIRSAL_BAD_VALUE, "the condition could not be computed");
        }
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        rc = take_row(out, &capacity, arena, listing, read, err);
    }
    mir_sql_finalize(read);
    return rc;
}

mirsal_code mir_list(struct mir_items *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_list *list,
    mirsal_error *err)
{
    struct listing listing = { .store = store, .list = list };
    struct mir_buf text;
    memset(out, 0, sizeof *out);
    listing.table = mir_projection_table(store->projection, list->type);
    if (listing.table == NULL) {
        return mir_fail(err, MIRSAL_UNKNOWN_TYPE, "no such record type");
    }
    mirsal_code rc = check_list(&listing, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_buf_init(&text, store->env, (size_t)1 << 20);
    append_statement(&text, &listing);
    rc = mir_buf_finish(&text, err);
    if (rc == MIRSAL_OK) {
        rc = run_list(out, arena, &listing, (const char *)text.data, err);
    }
    mir_buf_fini(&text);
    return rc;
}
