/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/table.h - text for a terminal: cleaned of what would steer it, measured in columns, set in
 * tables that stay aligned where Arabic and Latin are mixed.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stddef.h>
#include <stdio.h>

/* Columns that a UTF-8 text takes: none for marks and joiners, two for wide letters. */
size_t cli_width(const char *text);

/*
 * A copy without control characters and without marks that change the direction of what follows:
 * both become spaces. Given; free it. NULL when memory is out.
 */
char *cli_clean(const char *text);

/* The cleaned text to a stream. */
void cli_put(FILE *out, const char *text);

#define CLI_TABLE_COLUMNS_MAX 16u

struct cli_table {
    size_t columns;
    size_t cells;
    size_t capacity;
    char **texts; /* row after row; the first are the headings */
    size_t widths[CLI_TABLE_COLUMNS_MAX];
    unsigned right; /* bit n: column n is set to the right */
};

void cli_table_init(struct cli_table *table, const char *const *headings, size_t columns);
/* The next cell; NULL is an empty one. Cleaned and copied. */
void cli_table_cell(struct cli_table *table, const char *text);
void cli_table_number(struct cli_table *table, long long number);
size_t cli_table_rows(const struct cli_table *table);
/*
 * Prints headings and rows; a table without rows prints nothing. isolate puts each right-to-left
 * cell between marks that keep it from moving its neighbours, for terminals.
 */
void cli_table_print(FILE *out, const struct cli_table *table, int isolate);
void cli_table_fini(struct cli_table *table);

#endif
