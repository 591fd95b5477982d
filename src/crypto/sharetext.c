/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/sharetext.c - shares as text; see the header.
 *
 * 50 bytes as 80 symbols of five bits, in 20 groups of four and a check symbol that also depends on
 * the group's place: one wrong symbol, two neighbours exchanged or two groups exchanged are named.
 */
#include "sharetext.h"

#include "env.h"
#include "fail.h"
#include "hash.h"
#include "shares.h"

#include <string.h>

#define HEAD_SIZE   10u /* team 5, set 3, shape 1, index 1 */
#define SUMMED_SIZE (HEAD_SIZE + MIR_SHARE_VALUE_SIZE)
#define SHARE_SIZE  (SUMMED_SIZE + 4u)
#define GROUPS      20u
#define GROUP       5u
#define SYMBOLS     (GROUPS * GROUP)

static const char prefix[] = "mirsal-share";
static const char version[] = "1";
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* The check symbol's value: GF(2⁵) modulo x⁵ + x² + 1. */
static uint8_t check_of(const uint8_t data[GROUP - 1], uint8_t group)
{
    unsigned sum = 0;
    for (unsigned i = GROUP - 1; i > 0; i--) {
        sum ^= data[i - 1];
        sum = (sum << 1 ^ (0x05u & (0u - (sum >> 4)))) & 0x1fu;
    }
    return (uint8_t)(sum ^ group);
}

static void summary(uint8_t out[4], const uint8_t *bytes, size_t size)
{
    mirsal_hash hash;
    mir_hash_bytes(&hash, MIR_CONTEXT_SHARE, bytes, size);
    memcpy(out, hash.bytes, 4);
}

static void put_head(uint8_t out[HEAD_SIZE], const struct mir_share *share)
{
    memcpy(out, share->team, sizeof share->team);
    memcpy(out + 5, share->set, sizeof share->set);
    out[8] = (uint8_t)((share->threshold - 1u) << 4 | (share->count - 1u));
    out[9] = share->index;
}

/* What tells that a seed is the one which was shared. */
static void put_check(uint8_t out[4], const uint8_t seed[32], const struct mir_share *share)
{
    uint8_t bound[32 + HEAD_SIZE - 1];
    uint8_t head[HEAD_SIZE];
    put_head(head, share);
    memcpy(bound, seed, 32);
    memcpy(bound + 32, head, HEAD_SIZE - 1);
    summary(out, bound, sizeof bound);
    mir_wipe(bound, sizeof bound);
}

mirsal_code mir_share_make(struct mir_share *shares,
    const uint8_t seed[32],
    const mirsal_hash *team,
    uint32_t threshold,
    uint32_t count,
    const mirsal_env *env,
    mirsal_error *err)
{
    uint8_t values[MIR_SHARES_MAX * MIR_SHARE_VALUE_SIZE];
    uint8_t secret[MIR_SHARE_VALUE_SIZE];
    struct mir_share named = { .threshold = (uint8_t)threshold, .count = (uint8_t)count };
    memcpy(named.team, team->bytes, sizeof named.team);
    mir_random(env, named.set, sizeof named.set);
    memcpy(secret, seed, 32);
    put_check(secret + 32, seed, &named);
    mirsal_code rc = mir_shares_split(
        values, (struct mir_bytes){ secret, sizeof secret }, threshold, count, env, err);
    for (uint32_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        shares[i] = named;
        shares[i].index = (uint8_t)(i + 1);
        memcpy(shares[i].value, values + (size_t)i * MIR_SHARE_VALUE_SIZE, MIR_SHARE_VALUE_SIZE);
    }
    mir_wipe(values, sizeof values);
    mir_wipe(secret, sizeof secret);
    return rc;
}

static mirsal_code refuse(mirsal_error *err, const char *text)
{
    return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "%s", text);
}

/* That they are of one set, none twice, and enough. */
static mirsal_code check_set(const struct mir_share *shares, size_t count, mirsal_error *err)
{
    uint32_t seen = 0;
    for (size_t i = 0; i < count; i++) {
        const struct mir_share *share = &shares[i];
        if (memcmp(share->team, shares->team, sizeof share->team) != 0) {
            return refuse(err, "shares of two teams");
        }
        if (memcmp(share->set, shares->set, sizeof share->set) != 0 ||
            share->threshold != shares->threshold || share->count != shares->count) {
            return refuse(err, "shares of two sets, each made at another time");
        }
        if (seen >> share->index & 1) {
            return mir_fail(
                err, MIRSAL_NOT_AUTHENTIC, "share %u is given twice", (unsigned)share->index);
        }
        seen |= 1u << share->index;
    }
    if (count == 0) {
        return refuse(err, "no share is given");
    }
    if (count < shares->threshold) {
        return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "%zu of the %u shares that are needed", count,
            (unsigned)shares->threshold);
    }
    return MIRSAL_OK;
}

mirsal_code mir_share_rebuild(uint8_t seed[32],
    const struct mir_share *shares,
    size_t count,
    mirsal_error *err)
{
    struct mir_share_value values[MIR_SHARES_MAX];
    uint8_t secret[MIR_SHARE_VALUE_SIZE];
    uint8_t check[4];
    memset(seed, 0, 32);
    mirsal_code rc = check_set(shares, count, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    for (size_t i = 0; i < count; i++) {
        values[i].index = shares[i].index;
        values[i].bytes = shares[i].value;
    }
    rc = mir_shares_join(secret, sizeof secret, shares->threshold, values, count, err);
    if (rc == MIRSAL_OK) {
        put_check(check, secret, shares);
        if (!mir_equal(check, secret + 32, sizeof check)) {
            rc = refuse(err, "the shares do not fit together");
        }
    }
    if (rc == MIRSAL_OK) {
        memcpy(seed, secret, 32);
    }
    mir_wipe(secret, sizeof secret);
    return rc;
}

static unsigned symbol_at(const uint8_t *bytes, size_t symbol)
{
    size_t bit = symbol * 5;
    unsigned two = (unsigned)bytes[bit / 8] << 8;
    if (bit / 8 + 1 < SHARE_SIZE) {
        two |= bytes[bit / 8 + 1];
    }
    return two >> (11 - bit % 8) & 0x1fu;
}

void mir_share_write(struct mir_buf *out, const struct mir_share *share, int line)
{
    uint8_t bytes[SHARE_SIZE];
    char text[GROUP + 1];
    put_head(bytes, share);
    memcpy(bytes + HEAD_SIZE, share->value, sizeof share->value);
    summary(bytes + SUMMED_SIZE, bytes, SUMMED_SIZE);
    mir_buf_append_text(out, prefix);
    mir_buf_append_text(out, version);
    for (uint8_t group = 0; group < GROUPS; group++) {
        uint8_t data[GROUP - 1];
        text[0] = '-';
        if (!line) {
            text[0] = group % 5 == 0 ? '\n' : ' ';
        }
        for (unsigned i = 0; i < GROUP - 1; i++) {
            data[i] = (uint8_t)symbol_at(bytes, group * (GROUP - 1u) + i);
            text[1 + i] = alphabet[data[i]];
        }
        mir_buf_append(out, text, GROUP);
        mir_buf_append_u8(out, (uint8_t)alphabet[check_of(data, group)]);
        mir_wipe(data, sizeof data);
    }
    mir_buf_append_u8(out, '\n');
    mir_wipe(bytes, sizeof bytes);
    mir_wipe(text, sizeof text);
}

static char lower(uint8_t byte)
{
    return (char)(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
}

static int begins_with(struct mir_bytes text, const char *word)
{
    size_t size = strlen(word);
    for (size_t i = 0; i < size; i++) {
        if (i >= text.size || lower(text.data[i]) != word[i]) {
            return 0;
        }
    }
    return 1;
}

static void skip(struct mir_bytes *text, size_t size)
{
    text->data += size;
    text->size -= size;
}

static int is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* Blanks, and lines that begin with #. */
static void skip_blanks(struct mir_bytes *text)
{
    while (text->size > 0 && (is_blank(text->data[0]) || text->data[0] == '#')) {
        int comment = text->data[0] == '#';
        skip(text, 1);
        while (comment && text->size > 0 && text->data[0] != '\n') {
            skip(text, 1);
        }
    }
}

/* A symbol's value; 32 for what is none. O is read as 0, I and L as 1. */
static uint8_t symbol_of(uint8_t byte)
{
    char sign = lower(byte);
    sign = (char)(sign == 'o' ? '0' : sign == 'i' || sign == 'l' ? '1' : sign);
    for (uint8_t value = 0; value < 32; value++) {
        if (lower((uint8_t)alphabet[value]) == sign) {
            return value;
        }
    }
    return 32;
}

static mirsal_code bad_group(mirsal_error *err, size_t symbol, const char *what)
{
    return mir_fail(
        err, MIRSAL_NOT_AUTHENTIC, "group %zu of the share %s", symbol / GROUP + 1, what);
}

/* Up to SYMBOLS values; each whole group is checked as it ends. */
static mirsal_code read_symbols(uint8_t symbols[SYMBOLS], struct mir_bytes *text, mirsal_error *err)
{
    size_t count = 0;
    while (count < SYMBOLS) {
        while (text->size > 0 && (is_blank(text->data[0]) || text->data[0] == '-')) {
            skip(text, 1);
        }
        if (text->size == 0 || text->data[0] == '#' || begins_with(*text, prefix)) {
            return bad_group(err, count, "is missing or cut short");
        }
        symbols[count] = symbol_of(text->data[0]);
        if (symbols[count] > 31) {
            return bad_group(err, count, "has a sign that no share has");
        }
        skip(text, 1);
        count++;
        if (count % GROUP == 0 &&
            check_of(symbols + count - GROUP, (uint8_t)(count / GROUP - 1)) != symbols[count - 1]) {
            return bad_group(err, count - 1, "is mistyped");
        }
    }
    return MIRSAL_OK;
}

static void pack_symbols(uint8_t bytes[SHARE_SIZE], const uint8_t symbols[SYMBOLS])
{
    size_t at = 0;
    unsigned held = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < SYMBOLS; i++) {
        if (i % GROUP == GROUP - 1) {
            continue;
        }
        held = (held << 5 | symbols[i]) & 0xfffu;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            bytes[at++] = (uint8_t)(held >> bits);
        }
    }
}

static mirsal_code read_bytes(struct mir_share *out,
    const uint8_t bytes[SHARE_SIZE],
    mirsal_error *err)
{
    uint8_t sum[4];
    summary(sum, bytes, SUMMED_SIZE);
    if (!mir_equal(sum, bytes + SUMMED_SIZE, sizeof sum)) {
        return refuse(err, "the share is mistyped: its sum does not fit");
    }
    memcpy(out->team, bytes, sizeof out->team);
    memcpy(out->set, bytes + 5, sizeof out->set);
    out->threshold = (uint8_t)((bytes[8] >> 4) + 1);
    out->count = (uint8_t)((bytes[8] & 15) + 1);
    out->index = bytes[9];
    memcpy(out->value, bytes + HEAD_SIZE, sizeof out->value);
    if (out->threshold < 2 || out->threshold > out->count || out->index == 0 ||
        out->index > out->count) {
        mir_wipe(out, sizeof *out);
        return refuse(err, "not a share that this program makes");
    }
    return MIRSAL_OK;
}

mirsal_code mir_share_read(struct mir_share *out,
    int *found,
    struct mir_bytes *text,
    mirsal_error *err)
{
    uint8_t symbols[SYMBOLS] = { 0 };
    uint8_t bytes[SHARE_SIZE];
    memset(out, 0, sizeof *out);
    *found = 0;
    skip_blanks(text);
    if (text->size == 0) {
        return MIRSAL_OK;
    }
    if (!begins_with(*text, prefix)) {
        return refuse(err, "not a share: it begins with mirsal-share1");
    }
    skip(text, sizeof prefix - 1);
    if (!begins_with(*text, version) ||
        (text->size > 1 && text->data[1] >= '0' && text->data[1] <= '9')) {
        return mir_fail(err, MIRSAL_VERSION, "a share of another version");
    }
    skip(text, sizeof version - 1);
    mirsal_code rc = read_symbols(symbols, text, err);
    if (rc == MIRSAL_OK) {
        pack_symbols(bytes, symbols);
        rc = read_bytes(out, bytes, err);
    }
    *found = rc == MIRSAL_OK;
    mir_wipe(symbols, sizeof symbols);
    mir_wipe(bytes, sizeof bytes);
    return rc;
}
