/* SPDX-License-Identifier: Apache-2.0 */
/* unit/share_vectors_test.c - judges every vector of protocol/vectors/shares.json. */
#include "keys.h"
#include "shares.h"
#include "sharetext.h"
#include "vector_judge.h"

#include <string.h>

/* Randomness that a vector gives, from its front. */
static void deal(void *context, void *out, size_t size)
{
    struct mir_bytes *left = context;
    assert_true(size <= left->size);
    memcpy(out, left->data, size);
    left->data += size;
    left->size -= size;
}

static mirsal_code judge_split(struct judged *vector)
{
    struct mir_bytes drawn = test_bytes(vector->input, "drawn");
    mirsal_env env = { .random = deal, .context = &drawn };
    uint8_t values[MIR_SHARES_MAX * MIR_SHARED_SIZE_MAX];
    struct mir_bytes secret = test_bytes(vector->input, "secret");
    size_t count = test_number(vector->input, "count");
    mirsal_code rc = mir_shares_split(values, secret,
        (uint32_t)test_number(vector->input, "threshold"), (uint32_t)count, &env, NULL);
    if (rc == MIRSAL_OK) {
        judge_same(values, count * secret.size, vector->expect, "values");
    }
    return rc;
}

static mirsal_code judge_join(struct judged *vector)
{
    struct mir_share_value shares[MIR_SHARES_MAX];
    uint8_t secret[MIR_SHARED_SIZE_MAX];
    size_t size = 0;
    const json_t *indices = test_array(vector->input, "indices");
    const json_t *values = test_array(vector->input, "values");
    for (size_t i = 0; i < json_array_size(values); i++) {
        struct mir_bytes value = test_bytes_of(json_array_get(values, i));
        shares[i].index = (uint8_t)json_integer_value(json_array_get(indices, i));
        shares[i].bytes = value.data;
        size = value.size;
    }
    mirsal_code rc = mir_shares_join(secret, size,
        (uint32_t)test_number(vector->input, "threshold"), shares, json_array_size(values), NULL);
    if (rc == MIRSAL_OK) {
        judge_same(secret, size, vector->expect, "secret");
    }
    return rc;
}

static void judge_text(struct judged *vector, const struct mir_buf *text, const char *key)
{
    const char *expected = test_text(vector->expect, key);
    assert_int_equal(text->size, strlen(expected));
    assert_memory_equal(text->data, expected, text->size);
}

static mirsal_code judge_make(struct judged *vector)
{
    struct mir_bytes drawn = test_bytes(vector->input, "drawn");
    mirsal_env env = { .random = deal, .context = &drawn };
    struct mir_share shares[MIR_SHARES_MAX];
    uint8_t seed[32];
    mirsal_hash team;
    struct mir_buf text;
    uint32_t count = (uint32_t)test_number(vector->input, "count");
    test_fixed(seed, sizeof seed, vector->input, "seed");
    test_fixed(team.bytes, sizeof team.bytes, vector->input, "team");
    mirsal_code rc = mir_share_make(
        shares, seed, &team, (uint32_t)test_number(vector->input, "threshold"), count, &env, NULL);
    if (rc == MIRSAL_OK) {
        mir_buf_init(&text, &vector->test.env, SIZE_MAX);
        for (uint32_t i = 0; i < count; i++) {
            mir_share_write(&text, &shares[i], 1);
        }
        judge_text(vector, &text, "text");
        mir_buf_fini(&text);
    }
    return rc;
}

static mirsal_code read_shares(struct mir_share *shares, size_t *count, struct judged *vector)
{
    const char *given = test_text(vector->input, "text");
    struct mir_bytes text = { (const uint8_t *)given, strlen(given) };
    int found = 1;
    mirsal_code rc = MIRSAL_OK;
    *count = 0;
    while (rc == MIRSAL_OK && found) {
        struct mir_share share;
        rc = mir_share_read(&share, &found, &text, NULL);
        if (found) {
            assert_true(*count < MIR_SHARES_MAX);
            shares[(*count)++] = share;
        }
    }
    return rc;
}

static mirsal_code judge_rebuild(struct judged *vector)
{
    struct mir_share shares[MIR_SHARES_MAX];
    uint8_t seed[32];
    size_t count = 0;
    mirsal_code rc = read_shares(shares, &count, vector);
    if (rc == MIRSAL_OK) {
        rc = mir_share_rebuild(seed, shares, count, NULL);
    }
    if (rc == MIRSAL_OK) {
        judge_same(seed, sizeof seed, vector->expect, "seed");
    }
    return rc;
}

static mirsal_code judge_read(struct judged *vector)
{
    struct mir_share shares[MIR_SHARES_MAX];
    const struct mir_share *share = shares;
    struct mir_buf out;
    size_t count = 0;
    mirsal_code rc = read_shares(shares, &count, vector);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    assert_int_equal(count, 1);
    mir_buf_init(&out, &vector->test.env, SIZE_MAX);
    mir_buf_append(&out, share->team, sizeof share->team);
    mir_buf_append(&out, share->set, sizeof share->set);
    mir_buf_append_u8(&out, (uint8_t)(16 * (share->threshold - 1) + share->count - 1));
    judge_same(out.data, out.size, vector->expect, "head");
    assert_int_equal(share->index, test_number(vector->expect, "index"));
    judge_same(share->value, sizeof share->value, vector->expect, "value");
    mir_buf_reset(&out);
    mir_share_write(&out, share, 0);
    judge_text(vector, &out, "lines");
    mir_buf_fini(&out);
    return MIRSAL_OK;
}

static void shares(void **state)
{
    static const struct judge judges[] = {
        { "split", judge_split },
        { "join", judge_join },
        { "make", judge_make },
        { "rebuild", judge_rebuild },
        { "read", judge_read },
        { NULL, NULL },
    };
    (void)state;
    judge_file("protocol/vectors/shares.json", judges, 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
