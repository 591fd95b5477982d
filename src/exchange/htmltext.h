/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/htmltext.h - text and values of records as HTML.
 */
#ifndef MIR_HTMLTEXT_H
#define MIR_HTMLTEXT_H

#include "buf.h"
#include "read.h"

/* With the five signs escaped that mean something in HTML. */
void mir_html_text(struct mir_buf *out, const char *text);
void mir_html_bytes(struct mir_buf *out, struct mir_bytes text);
void mir_html_hex(struct mir_buf *out, const uint8_t *data, size_t size);
void mir_html_day(struct mir_buf *out, int64_t day);
/* YYYY-MM-DD hh:mm UTC */
void mir_html_time(struct mir_buf *out, int64_t ms);
/* What a register shows: labels of codes in both languages, dates as days, references as links. */
void mir_html_value(struct mir_buf *out,
    const struct mir_schema_field *field,
    const struct mir_shown *shown);

#endif
