/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/pointed.c - telephone numbers and accounts; see the header. Coordinates: pointedplace.c.
 */
#include "pointed.h"

#include "textsigns.h"

#include <string.h>

#define PHONE_DIGITS_MIN   8u
#define PHONE_DIGITS_MAX   15u
#define ACCOUNT_DIGITS_MAX 34u
#define GROUPS_MAX         24u
#define WALLET_MIN         26u
#define WALLET_MAX         62u

/* Digits without a gap; value as far as a year goes. */
struct group {
    unsigned digits;
    unsigned value;
    char gap; /* before it; 0: none */
    char first;
};

/* A number with the gaps that people write in telephone and account numbers. */
struct number {
    struct group groups[GROUPS_MAX];
    size_t count;
    unsigned gaps; /* in a row, at the end */
    int plus;
};

static int is_gap(char sign)
{
    return sign != 0 && strchr(" -/()._", sign) != NULL;
}

static int is_year(const struct group *group)
{
    return group->digits == 4 && group->value >= 1900 && group->value <= 2100;
}

static int is_day_or_month(const struct group *group)
{
    return group->digits <= 2 && group->value >= 1 && group->value <= 31;
}

/* 2019-11-17 or 17/11/2019, at the beginning of the groups. */
static int is_date(const struct group *groups, size_t count)
{
    if (count < 3 || groups[1].gap != groups[2].gap || groups[1].gap == ' ') {
        return 0;
    }
    return is_day_or_month(&groups[1]) && ((is_year(&groups[0]) && is_day_or_month(&groups[2])) ||
                                              (is_day_or_month(&groups[0]) && is_year(&groups[2])));
}

static unsigned judge_groups(const struct group *groups, size_t count, int plus)
{
    unsigned digits = 0;
    unsigned longest = 0;
    size_t points = 0;
    size_t years = 0;
    for (size_t i = 0; i < count; i++) {
        digits += groups[i].digits;
        longest = groups[i].digits > longest ? groups[i].digits : longest;
        points += i > 0 && groups[i].gap == '.';
        years += (size_t)is_year(&groups[i]);
    }
    if (digits < PHONE_DIGITS_MIN || years == count) {
        return 0;
    }
    if (digits > PHONE_DIGITS_MAX) {
        return digits <= ACCOUNT_DIGITS_MAX && digits >= 3 * count ? MIR_POINTED_ACCOUNT : 0;
    }
    /* Figures are short groups or have one point; a number with a plus is one in any form. */
    int dotted = points == 0 || (groups[0].first == '0' && points + 1 == count);
    return plus || longest >= 6 || (count >= 3 && digits >= 9 && dotted) ? MIR_POINTED_PHONE : 0;
}

/* Dates are cut out of it. */
static unsigned judge_number(const struct number *number)
{
    unsigned found = 0;
    size_t from = 0;
    for (size_t i = 0; i < number->count; i++) {
        if (!number->plus && is_date(&number->groups[i], number->count - i)) {
            found |= judge_groups(&number->groups[from], i - from, 0);
            i += 2;
            from = i + 1;
        }
    }
    return found | judge_groups(&number->groups[from], number->count - from, number->plus);
}

static void add_digit(struct number *number, char sign, char before)
{
    if (number->count == 0 || number->gaps > 0) {
        if (number->count == GROUPS_MAX) {
            return;
        }
        struct group *group = &number->groups[number->count++];
        *group = (struct group){ .gap = number->count > 1 ? before : (char)0, .first = sign };
        number->plus = number->count == 1 ? before == '+' : number->plus;
    }
    struct group *group = &number->groups[number->count - 1];
    group->digits++;
    group->value = group->value < 10000 ? 10 * group->value + (unsigned)(sign - '0') : 10000;
    number->gaps = 0;
}

static unsigned scan_numbers(struct mir_bytes text)
{
    struct mir_signs signs = { text.data, text.size, 0 };
    struct number number;
    unsigned found = 0;
    char before = ' ';
    char sign = ' ';
    memset(&number, 0, sizeof number);
    while (sign != 0) {
        sign = mir_sign_next(&signs);
        if (mir_sign_is_digit(sign)) {
            add_digit(&number, sign, before);
        } else if (number.count > 0 && is_gap(sign) && number.gaps < 2) {
            number.gaps++;
        } else {
            found |= judge_number(&number);
            memset(&number, 0, sizeof number);
        }
        before = sign;
    }
    return found;
}

/* Counts letters and digits; 0 when there is another sign, but one at the end. */
static int is_plain(const struct mir_word *word, size_t *letters, size_t *digits)
{
    *letters = 0;
    *digits = 0;
    for (size_t i = 0; i < word->size; i++) {
        int letter = mir_sign_is_letter(word->signs[i]);
        int digit = mir_sign_is_digit(word->signs[i]);
        if (!letter && !digit && i + 1 < word->size) {
            return 0;
        }
        *letters += (size_t)letter;
        *digits += (size_t)digit;
    }
    return 1;
}

/* An IBAN in one word, or in groups of four. */
struct iban {
    int begun;
    size_t signs; /* behind its first four */
    size_t digits;
};

static int is_iban_head(const struct mir_word *word)
{
    return word->size >= 4 && mir_sign_is_letter(word->signs[0]) &&
           mir_sign_is_letter(word->signs[1]) && mir_sign_is_digit(word->signs[2]) &&
           mir_sign_is_digit(word->signs[3]);
}

static int is_iban(struct iban *iban, const struct mir_word *word)
{
    size_t letters = 0;
    size_t digits = 0;
    int plain = is_plain(word, &letters, &digits);
    if (plain && is_iban_head(word) && (!iban->begun || word->size > 4)) {
        *iban = (struct iban){ .begun = 1, .signs = letters + digits - 4, .digits = digits - 2 };
    } else if (plain && iban->begun && letters + digits <= 4) {
        iban->signs += letters + digits;
        iban->digits += digits;
    } else {
        iban->begun = 0;
    }
    return iban->begun && iban->signs >= 11 && iban->digits >= 8;
}

/* Long words of letters and digits: where money goes, too. */
static int is_wallet(const struct mir_word *word)
{
    size_t letters = 0;
    size_t digits = 0;
    return is_plain(word, &letters, &digits) && letters + digits >= WALLET_MIN &&
           letters + digits <= WALLET_MAX && letters >= 4 && digits >= 4;
}

/* user@host, or @name at a word's beginning. */
static int is_address(const struct mir_word *word)
{
    for (size_t i = 0; i + 2 < word->size; i++) {
        if (word->signs[i] != '@') {
            continue;
        }
        char next = word->signs[i + 1];
        int follows = mir_sign_is_letter(next) || mir_sign_is_digit(next) || next == '_' ||
                      next == MIR_SIGN_OTHER;
        if (follows && (i == 0 || mir_sign_is_letter(word->signs[i - 1]) ||
                           mir_sign_is_digit(word->signs[i - 1]) ||
                           strchr("(\"'<:._-+", word->signs[i - 1]) != NULL)) {
            return 1;
        }
    }
    return 0;
}

/* Where people have pages of their own. */
static int is_profile(const struct mir_word *word)
{
    static const char *const hosts[] = { "facebook.com/", "fb.com/", "t.me/", "twitter.com/",
        "x.com/", "instagram.com/", "tiktok.com/@", "wa.me/", "youtube.com/@", "vk.com/",
        "telegram.me/", "linkedin.com/in/" };
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        size_t at = mir_word_find(word, hosts[i]);
        if (at < word->size && at + strlen(hosts[i]) < word->size) {
            return 1;
        }
    }
    return 0;
}

static unsigned scan_words(struct mir_bytes text)
{
    struct mir_signs signs = { text.data, text.size, 0 };
    struct mir_word word;
    struct iban iban = { .begun = 0 };
    int found = 0;
    while (!found && mir_word_next(&word, &signs)) {
        found = is_iban(&iban, &word) || is_wallet(&word) || is_address(&word) || is_profile(&word);
    }
    return found ? MIR_POINTED_ACCOUNT : 0;
}

unsigned mir_pointed_scan(struct mir_bytes text)
{
    return scan_numbers(text) | scan_words(text) |
           (mir_pointed_place(text) ? MIR_POINTED_COORDINATE : 0u);
}

const char *mir_pointed_name(enum mir_pointed what)
{
    return what == MIR_POINTED_PHONE     ? "phone"
           : what == MIR_POINTED_ACCOUNT ? "account"
                                         : "coordinate";
}
