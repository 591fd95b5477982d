/* SPDX-License-Identifier: Apache-2.0 */
/* unit/open_test.c - what does not open, and why: key, header, stream, padding, root. */
#include "changeset.h"

#include "deflate.h"
#include "hash.h"
#include "hpke.h"
#include "mir_limits.h"
#include "msgpack.h"
#include "sealing.h"
#include "test_body.h"

#include <string.h>

static struct test_env test;
static struct test_body body;
static struct test_author author;
static struct mir_changeset sealed;
static struct mir_opened opened;
static struct mir_open keys;

static int set_up(void **state)
{
    (void)state;
    test_env_init(&test, 17);
    test_body_init(&body, &test.env);
    test_author_init(&author, &test.env);
    test_author_seal(&sealed, &author, &body, 4);
    keys = test_author_open(&author);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_body_fini(&body);
    test_env_fini(&test);
    return 0;
}

static mirsal_code open_sealed(void)
{
    return mir_changeset_open(&opened, &body.arena, &sealed, &keys, NULL);
}

static void wrong_key_or_bytes(void **state)
{
    (void)state;
    uint8_t *changed = mir_arena_copy(&body.arena, sealed.body.data, sealed.body.size);
    assert_int_equal(open_sealed(), MIRSAL_OK);
    sealed.body.data = changed;
    for (size_t at = 0; at < sealed.body.size; at += 7) {
        changed[at] ^= 1;
        assert_int_equal(open_sealed(), MIRSAL_NOT_AUTHENTIC);
        assert_int_equal(opened.clear.size, 0);
        changed[at] ^= 1;
    }
    size_t whole = sealed.body.size;
    for (size_t size = 0; size < 64; size++) {
        sealed.body.size = size;
        assert_int_equal(open_sealed(), MIRSAL_NOT_AUTHENTIC);
    }
    sealed.body.size = whole;
    author.epoch_secret.bytes[5] ^= 1;
    assert_int_equal(open_sealed(), MIRSAL_NOT_AUTHENTIC);
}

static void header_is_authenticated(void **state)
{
    (void)state;
    uint8_t *header = mir_arena_copy(&body.arena, sealed.header.data, sealed.header.size);
    size_t authenticated = mir_header_authenticated(sealed.header).size;
    sealed.header.data = header;
    for (size_t at = 4; at < 4 + 32; at++) { /* the team */
        header[at] ^= 1;
        assert_int_equal(open_sealed(), MIRSAL_NOT_AUTHENTIC);
        header[at] ^= 1;
    }
    header[1 + authenticated + 4] ^= 1; /* the body's hash is not under the seal */
    assert_int_equal(open_sealed(), MIRSAL_OK);
}

static void schema_version_must_be_held(void **state)
{
    (void)state;
    struct mir_changeset other;
    body.body.schema_version = 4;
    assert_int_equal(
        mir_changeset_seal(&other, NULL, &body.arena, &author.seal, &body.body, NULL), MIRSAL_OK);
    assert_int_equal(
        mir_changeset_open(&opened, &body.arena, &other, &keys, NULL), MIRSAL_NOT_FOUND);
}

static void wrong_dictionary_is_found_out(void **state)
{
    (void)state;
    author.seal.dictionary.data = (const uint8_t *)"fie1d h0spita1 barre1 b0mb";
    mirsal_code code = open_sealed();
    assert_true(code == MIRSAL_BAD_ROOT || code == MIRSAL_MALFORMED);
}

/* Seals a plaintext of one's own making under the header of `sealed`, with any root. */
static void seal_plain(struct mir_bytes plain)
{
    struct mir_hpke hpke;
    uint8_t ikm[32] = { 1 };
    uint8_t *bytes = mir_arena_alloc(&body.arena, plain.size + 48, 1);
    assert_int_equal(mir_hpke_setup_sender(&hpke, bytes, &author.seal.epoch_key,
                         mir_context_text(MIR_CONTEXT_SEAL), ikm, NULL),
        MIRSAL_OK);
    mir_hpke_seal(
        &hpke, &bytes[32], mir_header_authenticated(sealed.header), plain.data, plain.size);
    mir_hpke_fini(&hpke);
    sealed.body = (struct mir_bytes){ bytes, plain.size + 48 };
}

/* version, clear size and flags as given; the clear body, deflated; then tail bytes. */
static mirsal_code open_plain(uint64_t version,
    uint64_t size,
    uint64_t flags,
    struct mir_bytes clear,
    struct mir_bytes tail,
    size_t unit)
{
    struct mir_buf plain;
    mir_buf_init(&plain, &test.env, SIZE_MAX);
    mir_mp_write_uint(&plain, version);
    mir_mp_write_uint(&plain, size);
    mir_mp_write_uint(&plain, flags);
    assert_int_equal(mir_deflate(&plain, clear, author.seal.dictionary, NULL), MIRSAL_OK);
    mir_buf_append(&plain, tail.data, tail.size);
    if (unit > 0 && plain.size % unit != 0) {
        (void)mir_buf_extend(&plain, unit - plain.size % unit);
    }
    seal_plain(mir_buf_bytes(&plain));
    mir_buf_fini(&plain);
    return open_sealed();
}

static void plaintext_has_one_form(void **state)
{
    (void)state;
    struct mir_bytes none = { NULL, 0 };
    const struct mir_bytes one = { (const uint8_t *)"\x01", 1 };
    static const uint8_t zeros[1024];
    const struct mir_bytes more = { zeros, 32 };
    struct mir_bytes clear;
    assert_int_equal(open_sealed(), MIRSAL_OK);
    clear = opened.clear;
    /* Sealed with another ephemeral, so that only the root is wrong: all before it passed. */
    assert_int_equal(open_plain(3, clear.size, 0, clear, none, 32), MIRSAL_BAD_ROOT);
    assert_int_equal(open_plain(3, clear.size, 0, clear, more, 32), MIRSAL_MALFORMED);
    assert_int_equal(open_plain(3, clear.size, 0, clear, one, 32), MIRSAL_MALFORMED);
    assert_int_equal(open_plain(3, clear.size, 0, clear, one, 0), MIRSAL_MALFORMED);
    assert_int_equal(open_plain(3, clear.size, 1, clear, none, 32), MIRSAL_MALFORMED);
    assert_int_equal(
        open_plain(UINT64_C(1) << 32, clear.size, 0, clear, none, 32), MIRSAL_MALFORMED);
    assert_int_equal(open_plain(3, clear.size - 1, 0, clear, none, 32), MIRSAL_MALFORMED);
    assert_int_equal(open_plain(3, clear.size + 1, 0, clear, none, 32), MIRSAL_MALFORMED);
    assert_int_equal(open_plain(3, MIR_CLEAR_SIZE_MAX + 1, 0, clear, none, 32), MIRSAL_LIMIT);
    clear.size--; /* a clear body cut short */
    assert_int_equal(open_plain(3, clear.size, 0, clear, none, 32), MIRSAL_MALFORMED);
    seal_plain(none);
    assert_int_equal(open_sealed(), MIRSAL_MALFORMED);
}

static void tells_when_memory_is_out(void **state)
{
    (void)state;
    for (uint64_t at = 1;; at++) {
        struct mir_arena arena;
        mir_arena_init(&arena, &test.env, SIZE_MAX);
        test.failures = 0;
        test.fail_at = test.allocations + at;
        mirsal_code code = mir_changeset_open(&opened, &arena, &sealed, &keys, NULL);
        test.fail_at = 0;
        mir_arena_fini(&arena);
        if (test.failures == 0) {
            assert_int_equal(code, MIRSAL_OK);
            assert_true(at > 5);
            return;
        }
        assert_int_equal(code, MIRSAL_NO_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(wrong_key_or_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(header_is_authenticated, set_up, tear_down),
        cmocka_unit_test_setup_teardown(schema_version_must_be_held, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_dictionary_is_found_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(plaintext_has_one_form, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_when_memory_is_out, set_up, tear_down),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
