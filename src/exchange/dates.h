/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/dates.h - days, periods and times as text: the proleptic Gregorian calendar, years 1 to
 * 9999. No locale, no time zone table.
 */
#ifndef MIR_DATES_H
#define MIR_DATES_H

#include <stddef.h>
#include <stdint.h>

#define MIR_DAY_TEXT_SIZE  40u
#define MIR_TIME_TEXT_SIZE 128u

/* What a date's text says of its precision, in the order of the vocabulary date_prec. */
enum mir_date_precision {
    MIR_DATE_DAY,
    MIR_DATE_DAYS,
    MIR_DATE_WEEK,
    MIR_DATE_MONTH,
    MIR_DATE_YEAR,
};
/* The code of the vocabulary date_prec. */
const char *mir_date_precision_code(enum mir_date_precision precision);

struct mir_period {
    int32_t first; /* days since 1970-01-01 */
    int32_t last;
    enum mir_date_precision precision;
};

/* "2019-11-17", "2019-11", "2019", "2019-11-16/2019-11-18". Returns 1, or 0 for anything else. */
int mir_period_parse(struct mir_period *out, const char *text, size_t size);
/* The precision of a span of days: 1 day, 2 to 6 days, a week, up to a month, longer. */
enum mir_date_precision mir_period_precision(int32_t first, int32_t last);
/* Exactly "YYYY-MM-DD". */
int mir_day_parse(int32_t *out, const char *text, size_t size);
void mir_day_format(char out[MIR_DAY_TEXT_SIZE], int64_t day);

/* "2019-11-17T09:00:00.5+02:00", seconds and fraction optional, Z or an offset. */
int mir_time_parse(int64_t *ms, int *offset, const char *text, size_t size);
void mir_time_format(char out[MIR_TIME_TEXT_SIZE], int64_t ms, int offset, int with_ms);

#endif
