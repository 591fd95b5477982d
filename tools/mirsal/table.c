/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/table.c - widths come from ranges of code points, not from the locale, so that tables are
 * aligned under LC_ALL=C too. Texts are valid UTF-8, as jansson gives them.
 */
#include "table.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct range {
    uint32_t first;
    uint32_t last;
};

static const struct range no_width[] = {
    { 0x0300, 0x036F },
    { 0x0610, 0x061A },
    { 0x064B, 0x065F },
    { 0x0670, 0x0670 },
    { 0x06D6, 0x06DC },
    { 0x06DF, 0x06E4 },
    { 0x06E7, 0x06E8 },
    { 0x06EA, 0x06ED },
    { 0x08D3, 0x08FF },
    { 0x200B, 0x200F },
    { 0x2066, 0x2069 },
    { 0xFE00, 0xFE0F },
    { 0xFEFF, 0xFEFF },
};
static const struct range wide[] = {
    { 0x1100, 0x115F },
    { 0x2E80, 0xA4CF },
    { 0xAC00, 0xD7A3 },
    { 0xF900, 0xFAFF },
    { 0xFF00, 0xFF60 },
    { 0x1F300, 0x1FAFF },
    { 0x20000, 0x3FFFD },
};
static const struct range right_to_left[] = {
    { 0x0590, 0x08FF },
    { 0xFB1D, 0xFDFF },
    { 0xFE70, 0xFEFC },
};
/* Control characters, and marks that embed, override or isolate directions, break lines. */
static const struct range steering[] = {
    { 0x0000, 0x001F },
    { 0x007F, 0x009F },
    { 0x2028, 0x202E },
    { 0x2066, 0x2069 },
};

#define IN(ranges, point) is_in(ranges, sizeof(ranges) / sizeof((ranges)[0]), point)

static int is_in(const struct range *ranges, size_t count, uint32_t point)
{
    for (size_t i = 0; i < count; i++) {
        if (point >= ranges[i].first && point <= ranges[i].last) {
            return 1;
        }
    }
    return 0;
}

/* The code point at text, and how many bytes it takes; a broken sequence counts byte by byte. */
static uint32_t next_point(const char *text, size_t *size)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t length = at[0] < 0xC0 ? 1u : at[0] < 0xE0 ? 2u : at[0] < 0xF0 ? 3u : 4u;
    uint32_t point = length == 1 ? at[0] : at[0] & (0x7Fu >> length);
    *size = 1;
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xC0u) != 0x80u) {
            return at[0];
        }
        point = point << 6 | (at[i] & 0x3Fu);
    }
    *size = length;
    return point;
}

size_t cli_width(const char *text)
{
    size_t width = 0;
    size_t size = 0;
    for (const char *at = text; *at != '\0'; at += size) {
        uint32_t point = next_point(at, &size);
        width += IN(no_width, point) ? 0u : IN(wide, point) ? 2u : 1u;
    }
    return width;
}

char *cli_clean(const char *text)
{
    size_t used = 0;
    size_t size = 0;
    char *clean = malloc(strlen(text) + 1u);
    if (clean == NULL) {
        return NULL;
    }
    for (const char *at = text; *at != '\0'; at += size) {
        if (IN(steering, next_point(at, &size))) {
            clean[used++] = ' ';
        } else {
            memcpy(clean + used, at, size);
            used += size;
        }
    }
    clean[used] = '\0';
    return clean;
}

void cli_put(FILE *out, const char *text)
{
    char *clean = cli_clean(text);
    fputs(clean == NULL ? "" : clean, out);
    free(clean);
}

void cli_table_init(struct cli_table *table, const char *const *headings, size_t columns)
{
    assert(columns > 0 && columns <= CLI_TABLE_COLUMNS_MAX);
    *table = (struct cli_table){ .columns = columns };
    for (size_t i = 0; i < columns; i++) {
        cli_table_cell(table, headings[i]);
    }
}

void cli_table_cell(struct cli_table *table, const char *text)
{
    if (table->cells == table->capacity) {
        size_t capacity = table->capacity == 0 ? 64u : table->capacity * 2u;
        char **texts = realloc(table->texts, capacity * sizeof(*texts));
        if (texts == NULL) {
            return;
        }
        table->texts = texts;
        table->capacity = capacity;
    }
    char *clean = cli_clean(text == NULL ? "" : text);
    size_t width = clean == NULL ? 0 : cli_width(clean);
    size_t *widest = &table->widths[table->cells % table->columns];
    *widest = width > *widest ? width : *widest;
    table->texts[table->cells++] = clean;
}

void cli_table_number(struct cli_table *table, long long number)
{
    char text[32];
    snprintf(text, sizeof(text), "%lld", number);
    table->right |= 1u << (table->cells % table->columns);
    cli_table_cell(table, text);
}

size_t cli_table_rows(const struct cli_table *table)
{
    return table->cells / table->columns - 1u;
}

static int is_right_to_left(const char *text)
{
    size_t size = 0;
    for (const char *at = text; *at != '\0'; at += size) {
        if (IN(right_to_left, next_point(at, &size))) {
            return 1;
        }
    }
    return 0;
}

static void print_cell(FILE *out, const struct cli_table *table, size_t cell, int isolate)
{
    size_t column = cell % table->columns;
    const char *text = table->texts[cell] == NULL ? "" : table->texts[cell];
    size_t blanks = table->widths[column] - cli_width(text);
    int last = column + 1 == table->columns;
    int right = (table->right >> column & 1u) != 0;
    int marks = isolate && is_right_to_left(text);
    if (right) {
        fprintf(out, "%*s", (int)blanks, "");
    }
    fprintf(out, "%s%s%s", marks ? "\xE2\x81\xA8" : "", text, marks ? "\xE2\x81\xA9" : "");
    if (last) {
        fputc('\n', out);
    } else {
        fprintf(out, "%*s", (int)(right ? 0 : blanks) + 2, "");
    }
}

void cli_table_print(FILE *out, const struct cli_table *table, int isolate)
{
    size_t whole = table->cells - table->cells % table->columns;
    for (size_t cell = 0; cli_table_rows(table) > 0 && cell < whole; cell++) {
        print_cell(out, table, cell, isolate);
    }
}

void cli_table_fini(struct cli_table *table)
{
    for (size_t i = 0; i < table->cells; i++) {
        free(table->texts[i]);
    }
    free(table->texts);
    *table = (struct cli_table){ .columns = 1 };
}
