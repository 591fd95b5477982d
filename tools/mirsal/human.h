/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/human.h - answers for people, made from the same JSON that --json prints.
 *
 * A render takes a whole answer, a row one line of JSON Lines. Keys that a reader does not expect
 * are shown as they are; keys that are missing are left out.
 */
#ifndef CLI_HUMAN_H
#define CLI_HUMAN_H

#include "cli.h"
#include "table.h"

#include <jansson.h>

typedef void cli_render(FILE *out, const json_t *answer, enum cli_language language);
typedef void cli_row(FILE *out,
    struct cli_table *table,
    const json_t *line,
    enum cli_language language);

/*
 * A value in one line: texts in languages as "ar: … · en: …", sets with commas, the empty array as
 * unknown. Given; free it. NULL when memory is out.
 */
char *cli_value_text(const json_t *value, enum cli_language language);

/* What a record is called in a table: its title, names, or what it claims. Given; free it. */
char *cli_record_title(const json_t *record, enum cli_language language);

/* Text of a key, or "" where it is missing or no text. Borrowed. */
const char *cli_key_text(const json_t *object, const char *key);

/* "label: value" for a key that is there. */
void cli_put_key(FILE *out, const json_t *object, const char *key, enum cli_language language);

/* A table of an array of objects, one column a key; keys that no object has are left out. */
void cli_put_table(FILE *out,
    const json_t *rows,
    const char *const *keys,
    size_t count,
    enum cli_language language);
/* What is held against relays, where anything is. */
void cli_put_evidence(FILE *out, const json_t *answer, enum cli_language language);

/* Any object: its keys in order, arrays of objects as tables. */
cli_render cli_render_object;
/* The text of "invite" alone on its line, then the rest. */
cli_render cli_render_invite;
cli_render cli_render_handoff_create; /* human_handoff.c */
cli_render cli_render_handoff_verify;
cli_render cli_render_devices;
cli_render cli_render_import;
cli_render cli_render_serve;
cli_render cli_render_sync;
cli_render cli_render_verify;
cli_render cli_render_tree; /* indented JSON: inspect */
cli_render cli_render_show;
cli_render cli_render_status; /* human_review.c */
cli_render cli_render_tally;

cli_row cli_row_list;
cli_row cli_row_search;
cli_row cli_row_change;
cli_row cli_row_log;
cli_row cli_row_draft;
cli_row cli_row_drafted;  /* sent or dropped */
cli_row cli_row_conflict; /* human_review.c; needs no table */
cli_row cli_row_handoff;  /* human_handoff.c; needs no table */

/* Headings of the rows above, in their order. */
extern const char *const cli_list_columns[4];
extern const char *const cli_search_columns[3];
extern const char *const cli_change_columns[4];
extern const char *const cli_log_columns[7];
extern const char *const cli_draft_columns[5];
extern const char *const cli_drafted_columns[2];

/* A table whose headings are the texts of these keys. */
void cli_table_labels(struct cli_table *table,
    const char *const *keys,
    size_t count,
    enum cli_language language);

#endif
