/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/tallylinks.c - which links between incidents count; see the header.
 */
#include "tallylinks.h"

#include "fail.h"
#include "policy.h"

#include <string.h>

static int is_none(const mirsal_id *id)
{
    static const mirsal_id no_id;
    return memcmp(id, &no_id, sizeof no_id) == 0;
}

mirsal_code mir_tally_may_decide(int *may,
    struct mir_store *store,
    const struct mir_author *author,
    const mirsal_id *subject,
    mirsal_error *err)
{
    struct mir_row row;
    struct mir_author creator;
    *may = mir_role_resolves((enum mir_role)author->role);
    if (*may) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_projection_find_any(&row, store, subject, err);
    if (rc != MIRSAL_OK || row.table == NULL) {
        return rc;
    }
    rc = mir_read_author(&creator, store, row.changeset, err);
    *may = rc == MIRSAL_OK && creator.device_no == author->device_no;
    return rc;
}

/* 1 when a is ranked above b: role, stamp, changeset. */
int mir_tally_outranks(const struct mir_author *a, const struct mir_author *b)
{
    if (a->role != b->role) {
        return a->role > b->role;
    }
    if (a->stamp != b->stamp) {
        return a->stamp > b->stamp;
    }
    return memcmp(&a->id, &b->id, sizeof a->id) > 0;
}

mirsal_code mir_tally_read_link(struct mir_tally_links *out,
    struct mir_store *store,
    const struct mir_full_row *row,
    mirsal_error *err)
{
    const char *relation = mir_rows_code(row, "rel");
    struct mir_counted_link *link = &out->links[out->count];
    int may = 0;
    if (strcmp(relation, "duplicate_of") == 0 || strcmp(relation, "same_as") == 0) {
        link->kind = LINK_SAME;
    } else if (strcmp(relation, "not_duplicate_of") == 0 || strcmp(relation, "not_same_as") == 0) {
        link->kind = LINK_NOT_SAME;
    } else if (strcmp(relation, "part_of") == 0) {
        link->kind = LINK_PART;
    } else {
        return MIRSAL_OK;
    }
    link->author = row->author;
    mirsal_code rc = mir_rows_ref(&link->a, store, row, "a", err);
    if (rc == MIRSAL_OK) {
        rc = mir_rows_ref(&link->b, store, row, "b", err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_tally_may_decide(&may, store, &row->author, &link->a, err);
    }
    if (rc == MIRSAL_OK && may && !mir_row_is_out(row->row.withdrawn) && !is_none(&link->a) &&
        !is_none(&link->b)) {
        out->count++;
    }
    return rc;
}

static int same_pair(const struct mir_counted_link *x, const struct mir_counted_link *y)
{
    return (memcmp(&x->a, &y->a, sizeof x->a) == 0 && memcmp(&x->b, &y->b, sizeof x->b) == 0) ||
           (memcmp(&x->a, &y->b, sizeof x->a) == 0 && memcmp(&x->b, &y->a, sizeof x->b) == 0);
}

/* A denial that outranks the link takes it away. */
static int is_denied(const struct mir_tally_links *links, const struct mir_counted_link *link)
{
    for (size_t i = 0; i < links->count; i++) {
        const struct mir_counted_link *other = &links->links[i];
        if (other->kind == LINK_NOT_SAME && same_pair(link, other) &&
            mir_tally_outranks(&other->author, &link->author)) {
            return 1;
        }
    }
    return 0;
}

mirsal_code mir_tally_give_links(struct mir_tally_input *out,
    struct mir_arena *arena,
    const struct mir_tally_links *links,
    mirsal_error *err)
{
    struct mir_tally_link *same = mir_arena_alloc(arena, links->count + 1, sizeof *same);
    struct mir_tally_link *parts = mir_arena_alloc(arena, links->count + 1, sizeof *parts);
    if (same == NULL || parts == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < links->count; i++) {
        const struct mir_counted_link *link = &links->links[i];
        const struct mir_tally_link given = { link->a, link->b };
        if (link->kind == LINK_PART) {
            parts[out->part_count++] = given;
        } else if (link->kind == LINK_SAME && !is_denied(links, link)) {
            same[out->same_count++] = given;
        }
    }
    out->same = same;
    out->parts = parts;
    return MIRSAL_OK;
}
