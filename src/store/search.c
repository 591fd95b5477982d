/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/search.c - full text over narratives and names; see list.h.
 */
#include "list.h"

#include "cells.h"
#include "fail.h"
#include "fold.h"
#include "parts.h"
#include "projection.h"

#include <string.h>

#define SNIPPET_BEFORE 60u /* bytes of the original */
#define SNIPPET_AFTER  120u

struct searching {
    struct mir_store *store;
    struct mir_arena *arena;
    struct mir_buf match; /* of FTS5: each word in quotes, as a prefix */
    struct mir_buf first; /* the first word */
    struct mir_buf folded;
    struct mir_search_hit *hits;
    size_t count;
    size_t capacity;
};

static int is_word(uint8_t c)
{
    return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The query folded as the index is; its words joined as FTS5 wants them. */
static void make_match(struct searching *searching, const char *text)
{
    struct mir_buf *folded = &searching->folded;
    mir_fold_text(folded, (struct mir_bytes){ (const uint8_t *)text, strlen(text) });
    for (size_t at = 0; at < folded->size;) {
        size_t end = at;
        while (end < folded->size && is_word(folded->data[end])) {
            end++;
        }
        if (end > at) {
            mir_buf_append_text(&searching->match, searching->match.size > 0 ? " \"" : "\"");
            mir_buf_append(&searching->match, folded->data + at, end - at);
            mir_buf_append_text(&searching->match, "\"*");
            if (searching->first.size == 0) {
                mir_buf_append(&searching->first, folded->data + at, end - at);
            }
        }
        at = end + 1;
    }
}

static size_t find_bytes(struct mir_bytes in, struct mir_bytes what)
{
    for (size_t at = 0; what.size > 0 && at + what.size <= in.size; at++) {
        if (memcmp(in.data + at, what.data, what.size) == 0) {
            return at;
        }
    }
    return SIZE_MAX;
}

/* Where in the original the folded text of this many bytes ends. */
static size_t find_original(struct searching *searching, struct mir_bytes text, size_t folded_at)
{
    size_t at = 0;
    mir_buf_reset(&searching->folded);
    while (at < text.size && searching->folded.size < folded_at) {
        size_t next = at;
        (void)mir_fold_next(&next, text);
        mir_fold_text(&searching->folded, (struct mir_bytes){ text.data + at, next - at });
        at = next;
    }
    return at;
}

static int is_continuation(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

/* 1 when the first word stands in the text: the snippet is around it. */
static int cut_snippet(struct mir_bytes *out, struct searching *searching, struct mir_bytes text)
{
    mir_buf_reset(&searching->folded);
    mir_fold_text(&searching->folded, text);
    size_t found = find_bytes(mir_buf_bytes(&searching->folded), mir_buf_bytes(&searching->first));
    if (found == SIZE_MAX) {
        return 0;
    }
    size_t at = find_original(searching, text, found);
    size_t begin = at > SNIPPET_BEFORE ? at - SNIPPET_BEFORE : 0;
    size_t end = text.size - at > SNIPPET_AFTER ? at + SNIPPET_AFTER : text.size;
    while (begin > 0 && is_continuation(text.data[begin])) {
        begin--;
    }
    while (end < text.size && is_continuation(text.data[end])) {
        end++;
    }
    out->size = end - begin;
    out->data = mir_arena_copy(searching->arena, text.data + begin, end - begin);
    return 1;
}

static void find_snippet(struct mir_bytes *out,
    struct searching *searching,
    const struct mir_table *table,
    sqlite3_stmt *read)
{
    for (uint32_t i = 0; i < table->column_count; i++) {
        struct mir_cell cell;
        struct mir_bytes key;
        struct mir_bytes value;
        if (!table->columns[i].searched) {
            continue;
        }
        mir_cell_begin(
            &cell, table->columns[i].form, mir_sql_column(read, (int)(MIR_ROW_CELLS + i)));
        while (mir_cell_next(&cell, &key, &value)) {
            struct mir_bytes text = mir_part_text(table->columns[i].field, key, value);
            if (text.size > 0 && cut_snippet(out, searching, text)) {
                return;
            }
        }
    }
}

static mirsal_code push_hit(struct searching *searching,
    const struct mir_search_hit *hit,
    mirsal_error *err)
{
    if (searching->count == searching->capacity) {
        size_t capacity = searching->capacity * 2 + 16;
        struct mir_search_hit *grown = mir_arena_alloc(searching->arena, capacity, sizeof *grown);
        if (grown == NULL) {
            return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
        }
        if (searching->count > 0) {
            memcpy(grown, searching->hits, searching->count * sizeof *grown);
        }
        searching->hits = grown;
        searching->capacity = capacity;
    }
    searching->hits[searching->count++] = *hit;
    return MIRSAL_OK;
}

static mirsal_code take_hit(struct searching *searching, int64_t no, mirsal_error *err)
{
    const struct mir_table *table = mir_projection_table_of_no(searching->store->projection, no);
    struct mir_search_hit hit = { .type = table == NULL ? 0 : table->type->id };
    sqlite3_stmt *read = NULL;
    int there = 0;
    if (table == NULL) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_sql_prepare(&read, searching->store->sql, table->read_no, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_int(read, 1, no);
    rc = mir_sql_step(&there, searching->store->sql, read, err);
    int out = !there ||
              mir_row_is_out((enum mir_row_withdrawn)mir_sql_column_int(read, MIR_ROW_WITHDRAWN));
    if (rc == MIRSAL_OK && !out) {
        struct mir_bytes id = mir_sql_column(read, MIR_ROW_ID);
        memcpy(hit.id.bytes, id.data, id.size < sizeof hit.id ? id.size : sizeof hit.id);
        find_snippet(&hit.snippet, searching, table, read);
        rc = push_hit(searching, &hit, err);
    }
    mir_sql_release(read);
    return rc;
}

static mirsal_code run_search(struct searching *searching, uint64_t limit, mirsal_error *err)
{
    static const char text[] = "SELECT rowid FROM words WHERE words MATCH ?1 ORDER BY rank, rowid";
    sqlite3_stmt *find = NULL;
    mirsal_code rc = mir_sql_prepare(&find, searching->store->sql, text, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sql_bind_text(find, 1, (const char *)searching->match.data, searching->match.size);
    while (limit == 0 || searching->count < limit) {
        int row = 0;
        rc = mir_sql_step(&row, searching->store->sql, find, err);
        if (rc != MIRSAL_OK || !row) {
            break;
        }
        rc = take_hit(searching, mir_sql_column_int(find, 0), err);
        if (rc != MIRSAL_OK) {
            break;
        }
    }
    mir_sql_release(find);
    return rc;
}

mirsal_code mir_search(struct mir_search_hit **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    const char *text,
    uint64_t limit,
    mirsal_error *err)
{
    struct searching searching = { .store = store, .arena = arena };
    *out = NULL;
    *count = 0;
    mir_buf_init(&searching.match, store->env, (size_t)1 << 20);
    mir_buf_init(&searching.first, store->env, (size_t)1 << 20);
    mir_buf_init(&searching.folded, store->env, (size_t)64 << 20);
    make_match(&searching, text);
    mirsal_code rc = mir_buf_finish(&searching.match, err);
    if (rc == MIRSAL_OK && searching.match.size > 0) {
        rc = run_search(&searching, limit, err);
    }
    if (rc == MIRSAL_OK) {
        *out = searching.hits;
        *count = searching.count;
    }
    mir_buf_fini(&searching.match);
    mir_buf_fini(&searching.first);
    mir_buf_fini(&searching.folded);
    return rc;
}
