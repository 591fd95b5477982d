/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/tally_figures.c - from claims on one scope to a range for each group; protocol/tally.md.
 *
 * Claims fall into cells by status and by who is counted. Within a cell they are alternatives and
 * give a range; cells of different people add up. A whole that is stated stands beside the sum of
 * its stated parts as one more alternative; parts that are linked to a whole never add to it.
 */
#include "tally_figures.h"

#include "sort.h"

#include <string.h>

struct cells {
    /* all: every claim; own: without those that are parts of a whole; implied: by "including". */
    struct mir_tally_range all[MIR_TALLY_STATUSES][MIR_TALLY_PEOPLE];
    struct mir_tally_range own[MIR_TALLY_STATUSES][MIR_TALLY_PEOPLE];
    struct mir_tally_range implied[MIR_TALLY_STATUSES][MIR_TALLY_PEOPLE];
};

typedef struct mir_tally_range cell_table[MIR_TALLY_STATUSES][MIR_TALLY_PEOPLE];

enum mir_tally_people mir_tally_people_of(enum mir_tally_sex sex, enum mir_tally_age age)
{
    if (age == MIR_TALLY_AGE_INFANT) {
        return MIR_TALLY_INFANT;
    }
    if (age == MIR_TALLY_AGE_CHILD) {
        if (sex == MIR_TALLY_SEX_NONE) {
            return MIR_TALLY_CHILD;
        }
        return sex == MIR_TALLY_SEX_FEMALE ? MIR_TALLY_GIRL : MIR_TALLY_BOY;
    }
    if (age == MIR_TALLY_AGE_ADULT && sex != MIR_TALLY_SEX_NONE) {
        return sex == MIR_TALLY_SEX_FEMALE ? MIR_TALLY_WOMAN : MIR_TALLY_MAN;
    }
    return sex == MIR_TALLY_SEX_NONE && age == MIR_TALLY_AGE_NONE ? MIR_TALLY_ANYBODY
                                                                  : MIR_TALLY_OTHERS;
}

struct mir_tally_range mir_tally_range_hull(struct mir_tally_range a, struct mir_tally_range b)
{
    if (!a.present || !b.present) {
        return a.present ? a : b;
    }
    a.min = b.min < a.min ? b.min : a.min;
    a.max = b.max > a.max ? b.max : a.max;
    a.open |= b.open;
    return a;
}

struct mir_tally_range mir_tally_range_sum(struct mir_tally_range a, struct mir_tally_range b)
{
    if (!a.present || !b.present) {
        return a.present ? a : b;
    }
    a.min += b.min; /* each at most a million, and few of them */
    a.max += b.max;
    a.open |= b.open;
    return a;
}

static void widen(struct mir_tally_range *cell, struct mir_tally_range range)
{
    *cell = mir_tally_range_hull(*cell, range);
}

static void add_claim(struct cells *cells, const struct mir_tally_said *said)
{
    const struct mir_tally_claim *claim = said->claim;
    enum mir_tally_people people = mir_tally_people_of(claim->sex, claim->age);
    struct mir_tally_range range = said->range;
    uint64_t named[MIR_TALLY_PEOPLE] = { 0 };
    widen(&cells->all[claim->status][people], range);
    if (!said->subset) {
        range.open |= said->orphan;
        widen(&cells->own[claim->status][people], range);
    }
    for (size_t i = 0; i < claim->include_count; i++) {
        named[mir_tally_people_of(claim->includes[i].sex, claim->includes[i].age)]++;
    }
    for (size_t p = MIR_TALLY_ANYBODY + 1; p < MIR_TALLY_PEOPLE; p++) {
        struct mir_tally_range implied = { named[p] > 0, said->range.open, named[p],
            said->range.max };
        if (named[p] > 0 && p != (size_t)people && named[p] <= said->range.max) {
            widen(&cells->implied[claim->status][p], implied);
        }
    }
}

/* Children as such, else the sum of those that are told apart. */
static struct mir_tally_range children_of(const cell_table table, size_t status)
{
    const struct mir_tally_range *cells = table[status];
    if (cells[MIR_TALLY_CHILD].present) {
        return cells[MIR_TALLY_CHILD];
    }
    struct mir_tally_range sum = mir_tally_range_sum(cells[MIR_TALLY_GIRL], cells[MIR_TALLY_BOY]);
    return mir_tally_range_sum(sum, cells[MIR_TALLY_INFANT]);
}

static struct mir_tally_range people_of_status(const cell_table table,
    size_t status,
    enum mir_tally_group group)
{
    if (group == MIR_TALLY_CHILDREN) {
        return children_of(table, status);
    }
    return table[status][group == MIR_TALLY_WOMEN ? MIR_TALLY_WOMAN : MIR_TALLY_MAN];
}

/* Those of a status as such, else the sum of the people that are told apart. */
static struct mir_tally_range status_figure(const cell_table table, size_t status)
{
    if (table[status][MIR_TALLY_ANYBODY].present) {
        return table[status][MIR_TALLY_ANYBODY];
    }
    struct mir_tally_range sum =
        mir_tally_range_sum(table[status][MIR_TALLY_WOMAN], table[status][MIR_TALLY_MAN]);
    sum = mir_tally_range_sum(sum, children_of(table, status));
    return mir_tally_range_sum(sum, table[status][MIR_TALLY_OTHERS]);
}

static struct mir_tally_range people_figure(const cell_table table, enum mir_tally_group group)
{
    struct mir_tally_range sum = { 0, 0, 0, 0 };
    for (size_t status = MIR_TALLY_STATUS_NONE + 1; status < MIR_TALLY_STATUSES; status++) {
        sum = mir_tally_range_sum(sum, people_of_status(table, status, group));
    }
    return mir_tally_range_hull(people_of_status(table, MIR_TALLY_STATUS_NONE, group), sum);
}

static struct mir_tally_range total_figure(const cell_table own)
{
    struct mir_tally_range sum = { 0, 0, 0, 0 };
    for (size_t status = MIR_TALLY_STATUS_NONE + 1; status < MIR_TALLY_STATUSES; status++) {
        sum = mir_tally_range_sum(sum, status_figure(own, status));
    }
    if (own[MIR_TALLY_STATUS_NONE][MIR_TALLY_ANYBODY].present || !sum.present) {
        return mir_tally_range_hull(status_figure(own, MIR_TALLY_STATUS_NONE), sum);
    }
    return sum;
}

static struct mir_tally_range figure_of(const struct cells *cells, enum mir_tally_group group)
{
    struct mir_tally_range figure = { 0, 0, 0, 0 };
    switch (group) {
    case MIR_TALLY_TOTAL:
        return total_figure(cells->own);
    case MIR_TALLY_CIVILIANS:
        return status_figure(cells->all, MIR_TALLY_STATUS_CIVILIAN);
    case MIR_TALLY_COMBATANTS:
        return status_figure(cells->all, MIR_TALLY_STATUS_COMBATANT);
    case MIR_TALLY_WOMEN:
    case MIR_TALLY_MEN:
    case MIR_TALLY_CHILDREN:
        figure = people_figure(cells->all, group);
        return figure.present ? figure : people_figure(cells->implied, group);
    case MIR_TALLY_UNKNOWN:
    case MIR_TALLY_GROUPS:
        break;
    }
    return figure;
}

static struct mir_tally_range range_of_claims(const struct mir_tally_index *index,
    const uint32_t *claims,
    uint32_t count,
    enum mir_tally_group group)
{
    struct cells cells;
    memset(&cells, 0, sizeof cells);
    for (uint32_t i = 0; i < count; i++) {
        add_claim(&cells, &index->said[claims[i]]);
    }
    return figure_of(&cells, group);
}

struct mir_tally_range mir_tally_figure_range(const struct mir_tally_index *index,
    const struct mir_tally_scope *scope,
    enum mir_tally_group group)
{
    return range_of_claims(index, scope->claims, scope->claim_count, group);
}

uint32_t mir_tally_root_claims(const struct mir_tally_index *index,
    const struct mir_tally_scope *scope,
    uint32_t from)
{
    const mirsal_id *root = &index->said[scope->claims[from]].root;
    uint32_t end = from;
    while (end < scope->claim_count &&
           mir_id_compare(&index->said[scope->claims[end]].root, root) == 0) {
        end++;
    }
    return end - from;
}

/* Value that this root gives exactly; 0 when it gives a range or nothing. */
static int exact_value(uint64_t *value,
    const struct mir_tally_index *index,
    const struct mir_tally_scope *scope,
    uint32_t from,
    enum mir_tally_group group)
{
    uint32_t count = mir_tally_root_claims(index, scope, from);
    struct mir_tally_range range = range_of_claims(index, scope->claims + from, count, group);
    *value = range.min;
    return range.present && !range.open && range.min == range.max;
}

static int compare_values(const void *a, const void *b, void *context)
{
    (void)context;
    uint64_t left = 0;
    uint64_t right = 0;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    return left < right ? -1 : left > right;
}

int mir_tally_figure_best(uint64_t *best,
    uint64_t *values,
    const struct mir_tally_index *index,
    const struct mir_tally_scope *scope,
    enum mir_tally_group group)
{
    size_t count = 0;
    int agreed = 0;
    for (uint32_t i = 0; i < scope->claim_count;) {
        count += exact_value(&values[count], index, scope, i, group) ? 1 : 0;
        i += mir_tally_root_claims(index, scope, i);
    }
    mir_sort(values, count, sizeof *values, compare_values, NULL);
    for (size_t i = 1; i < count; i++) {
        int repeated = i > 1 && values[i - 2] == values[i];
        if (values[i - 1] == values[i] && !repeated) {
            *best = values[i];
            agreed++;
        }
    }
    return agreed == 1; /* with two pairs on two values nobody knows */
}
