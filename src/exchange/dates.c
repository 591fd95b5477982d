/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/dates.c - see the header. Days are counted in eras of 400 years that begin in March, so
 * that the leap day is the last of its year.
 */
#include "dates.h"

#include <stdio.h>
#include <string.h>

#define DAYS_OF_ERA INT64_C(146097)
#define EPOCH_SHIFT INT64_C(719468) /* days from 0000-03-01 to 1970-01-01 */
#define MS_OF_DAY   INT64_C(86400000)
#define OFFSET_MAX  840

const char *mir_date_precision_code(enum mir_date_precision precision)
{
    switch (precision) {
    case MIR_DATE_DAY:
        return "day";
    case MIR_DATE_DAYS:
        return "days";
    case MIR_DATE_WEEK:
        return "week";
    case MIR_DATE_MONTH:
        return "month";
    case MIR_DATE_YEAR:
        return "year";
    }
    return "day";
}

/* year 1 to 9999, month 1 to 12. */
static int32_t day_of(int year, int month, int day)
{
    int64_t shifted = month <= 2 ? year - 1 : year;
    int64_t era = shifted / 400;
    int64_t year_of_era = shifted - era * 400;
    int64_t month_from_march = (month + 9) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int32_t)(era * DAYS_OF_ERA + day_of_era - EPOCH_SHIFT);
}

static void split_day(int64_t days, int64_t *year, int *month, int *day)
{
    int64_t shifted = days + EPOCH_SHIFT;
    int64_t era = (shifted >= 0 ? shifted : shifted - (DAYS_OF_ERA - 1)) / DAYS_OF_ERA;
    int64_t day_of_era = shifted - era * DAYS_OF_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    *month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    *year = year_of_era + era * 400 + (*month <= 2 ? 1 : 0);
}

static int days_in_month(int year, int month)
{
    static const int days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* Exactly count digits at *at; -1 when they are not there. */
static int take_digits(const char *text, size_t size, size_t *at, size_t count)
{
    int value = 0;
    if (size - *at < count) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        char digit = text[*at + i];
        if (digit < '0' || digit > '9') {
            return -1;
        }
        value = value * 10 + (digit - '0');
    }
    *at += count;
    return value;
}

static int take_char(const char *text, size_t size, size_t *at, char wanted)
{
    if (*at >= size || text[*at] != wanted) {
        return 0;
    }
    *at += 1;
    return 1;
}

/* One day, month or year; nothing behind it. */
static int parse_part(struct mir_period *out, const char *text, size_t size)
{
    size_t at = 0;
    int year = take_digits(text, size, &at, 4);
    if (year < 1) {
        return 0;
    }
    if (at == size) {
        *out = (struct mir_period){ day_of(year, 1, 1), day_of(year, 12, 31), MIR_DATE_YEAR };
        return 1;
    }
    int month = take_char(text, size, &at, '-') ? take_digits(text, size, &at, 2) : -1;
    if (month < 1 || month > 12) {
        return 0;
    }
    int length = days_in_month(year, month);
    if (at == size) {
        *out = (struct mir_period){ day_of(year, month, 1), day_of(year, month, length),
            MIR_DATE_MONTH };
        return 1;
    }
    int day = take_char(text, size, &at, '-') ? take_digits(text, size, &at, 2) : -1;
    if (day < 1 || day > length || at != size) {
        return 0;
    }
    int32_t number = day_of(year, month, day);
    *out = (struct mir_period){ number, number, MIR_DATE_DAY };
    return 1;
}

enum mir_date_precision mir_period_precision(int32_t first, int32_t last)
{
    int64_t days = (int64_t)last - first + 1;
    if (days <= 1) {
        return MIR_DATE_DAY;
    }
    if (days <= 6) {
        return MIR_DATE_DAYS;
    }
    if (days == 7) {
        return MIR_DATE_WEEK;
    }
    return days <= 31 ? MIR_DATE_MONTH : MIR_DATE_YEAR;
}

int mir_period_parse(struct mir_period *out, const char *text, size_t size)
{
    const char *slash = size > 0 ? memchr(text, '/', size) : NULL;
    if (slash == NULL) {
        return parse_part(out, text, size);
    }
    size_t head = (size_t)(slash - text);
    struct mir_period first = { 0 };
    struct mir_period last = { 0 };
    if (!parse_part(&first, text, head) || !parse_part(&last, slash + 1, size - head - 1) ||
        last.last < first.first) {
        return 0;
    }
    *out =
        (struct mir_period){ first.first, last.last, mir_period_precision(first.first, last.last) };
    return 1;
}

int mir_day_parse(int32_t *out, const char *text, size_t size)
{
    struct mir_period period = { 0 };
    if (!parse_part(&period, text, size) || period.precision != MIR_DATE_DAY) {
        return 0;
    }
    *out = period.first;
    return 1;
}

void mir_day_format(char out[MIR_DAY_TEXT_SIZE], int64_t day)
{
    int64_t year = 0;
    int month = 0;
    int of_month = 0;
    if (day < -719162 || day > 2932896) { /* 0001-01-01 to 9999-12-31 */
        day = day < 0 ? -719162 : 2932896;
    }
    split_day(day, &year, &month, &of_month);
    (void)snprintf(out, MIR_DAY_TEXT_SIZE, "%04d-%02d-%02d", (int)year, month, of_month);
}

/* Behind the point: up to nine digits, of which three count. */
static int take_fraction(const char *text, size_t size, size_t *at)
{
    int ms = 0;
    int weight = 100;
    size_t start = *at;
    while (*at < size && text[*at] >= '0' && text[*at] <= '9' && *at - start < 9) {
        ms += (text[*at] - '0') * weight;
        weight /= 10;
        *at += 1;
    }
    return *at > start ? ms : -1;
}

/* Z or ±hh:mm, to the end of the text. */
static int take_offset(int *out, const char *text, size_t size, size_t at)
{
    *out = 0;
    if (take_char(text, size, &at, 'Z')) {
        return at == size;
    }
    int sign = take_char(text, size, &at, '+') ? 1 : take_char(text, size, &at, '-') ? -1 : 0;
    int hours = sign != 0 ? take_digits(text, size, &at, 2) : -1;
    (void)take_char(text, size, &at, ':');
    int minutes = hours >= 0 ? take_digits(text, size, &at, 2) : -1;
    if (minutes < 0 || minutes > 59 || hours * 60 + minutes > OFFSET_MAX) {
        return 0;
    }
    *out = sign * (hours * 60 + minutes);
    return at == size;
}

int mir_time_parse(int64_t *ms, int *offset, const char *text, size_t size)
{
    int32_t day = 0;
    size_t at = 11;
    if (size < 17 || !mir_day_parse(&day, text, 10) || (text[10] != 'T' && text[10] != ' ')) {
        return 0;
    }
    int hours = take_digits(text, size, &at, 2);
    int minutes = take_char(text, size, &at, ':') ? take_digits(text, size, &at, 2) : -1;
    int seconds = 0;
    int fraction = 0;
    if (take_char(text, size, &at, ':')) {
        seconds = take_digits(text, size, &at, 2);
        if (take_char(text, size, &at, '.')) {
            fraction = take_fraction(text, size, &at);
        }
    }
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 59 ||
        fraction < 0 || !take_offset(offset, text, size, at)) {
        return 0;
    }
    *ms = day * MS_OF_DAY + ((int64_t)hours * 3600 + minutes * 60 + seconds) * 1000 + fraction -
          (int64_t)*offset * 60000;
    return 1;
}

void mir_time_format(char out[MIR_TIME_TEXT_SIZE], int64_t ms, int offset, int with_ms)
{
    int64_t local = ms + (int64_t)offset * 60000;
    int64_t day = (local >= 0 ? local : local - (MS_OF_DAY - 1)) / MS_OF_DAY;
    int in_day = (int)(local - day * MS_OF_DAY);
    char date[MIR_DAY_TEXT_SIZE];
    char fraction[16] = "";
    char zone[32] = "Z";
    mir_day_format(date, day);
    if (with_ms) {
        (void)snprintf(fraction, sizeof fraction, ".%03d", in_day % 1000);
    }
    if (offset != 0) {
        int away = offset < 0 ? -offset : offset;
        (void)snprintf(
            zone, sizeof zone, "%c%02d:%02d", offset < 0 ? '-' : '+', away / 60 % 100, away % 60);
    }
    (void)snprintf(out, MIR_TIME_TEXT_SIZE, "%s%c%02d:%02d:%02d%s%s", date, 'T', in_day / 3600000,
        in_day / 60000 % 60, in_day / 1000 % 60, fraction, zone);
}
