/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/sealedfile_test.c - a file opens for whom it was sealed, whole or as a true beginning, and
 * for nobody else.
 */
#include "sealedfile.h"

#include "test_env.h"

#include <string.h>

#define READERS 3u

static struct test_env world;
static struct mir_buf sealed;
static struct mir_buf clear;
static struct mir_agree_secret secrets[READERS];
static struct mir_agree_public keys[READERS];
static struct mir_sealedfile file;
static mirsal_error err;

static int set_up(void **state)
{
    (void)state;
    test_env_init(&world, 1);
    mir_buf_init(&sealed, &world.env, 1u << 20);
    mir_buf_init(&clear, &world.env, 1u << 20);
    memset(&file, 0, sizeof file);
    for (uint8_t i = 0; i < READERS; i++) {
        uint8_t seed[32] = { 1, i };
        mir_agree_keypair(&keys[i], &secrets[i], seed);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mir_sealedfile_fini(&file);
    mir_buf_fini(&sealed);
    mir_buf_fini(&clear);
    test_env_fini(&world);
    return 0;
}

static void seal(const struct mir_sealedfile_readers *readers, size_t size)
{
    struct mir_sealedfile writer;
    uint8_t piece[1000];
    assert_int_equal(
        mir_sealedfile_begin(&sealed, &writer, &world.env, MIR_SEALEDFILE_BUNDLE, readers, &err),
        MIRSAL_OK);
    for (size_t at = 0; at < size; at += sizeof piece) {
        size_t step = size - at < sizeof piece ? size - at : sizeof piece;
        memset(piece, (int)(at / sizeof piece % 251), sizeof piece);
        assert_int_equal(
            mir_sealedfile_write(&sealed, &writer, (struct mir_bytes){ piece, step }, &err),
            MIRSAL_OK);
    }
    assert_int_equal(mir_sealedfile_write_end(&sealed, &writer, &err), MIRSAL_OK);
    mir_sealedfile_fini(&writer);
}

static void seal_to(uint32_t count, size_t size)
{
    seal(&(struct mir_sealedfile_readers){ .keys = keys, .count = count }, size);
}

/* Opens what is in sealed, in pieces of that size. */
static mirsal_code open_in(size_t piece, const struct mir_sealedfile_keys *with)
{
    mirsal_code rc = MIRSAL_OK;
    mir_sealedfile_fini(&file);
    mir_buf_reset(&clear);
    mir_sealedfile_reader_init(&file, &world.env, MIR_SEALEDFILE_BUNDLE, with);
    for (size_t at = 0; rc == MIRSAL_OK && at < sealed.size; at += piece) {
        size_t step = sealed.size - at < piece ? sealed.size - at : piece;
        rc = mir_sealedfile_read(&clear, &file, (struct mir_bytes){ sealed.data + at, step }, &err);
    }
    return rc == MIRSAL_OK ? mir_sealedfile_read_end(&clear, &file, &err) : rc;
}

static mirsal_code open_with(uint32_t reader)
{
    struct mir_sealedfile_keys with = { .secrets = &secrets[reader], .count = 1 };
    return open_in(70000, &with);
}

static void each_reader_opens_it_in_any_pieces(void **state)
{
    (void)state;
    static const size_t pieces[] = { 1, 7, 65536, 1u << 20 };
    seal_to(2, 140000);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct mir_sealedfile_keys with = { .secrets = secrets, .count = 2 };
        assert_int_equal(open_in(pieces[i], &with), MIRSAL_OK);
        assert_int_equal(clear.size, 140000);
        assert_int_equal(clear.data[139999], 139);
    }
    assert_int_equal(open_with(0), MIRSAL_OK);
    assert_int_equal(open_with(1), MIRSAL_OK);
}

static void it_is_read_from_any_chunk_on(void **state)
{
    (void)state;
    struct mir_sealedfile_keys with = { .secrets = secrets, .count = 1 };
    seal_to(1, 200000);
    mir_sealedfile_reader_init(&file, &world.env, MIR_SEALEDFILE_BUNDLE, &with);
    assert_int_equal(mir_sealedfile_may_seek(&file), 0);
    assert_int_equal(
        mir_sealedfile_read(&clear, &file, (struct mir_bytes){ sealed.data, 1000 }, &err),
        MIRSAL_OK);
    assert_int_equal(mir_sealedfile_may_seek(&file), 1);
    uint64_t at = mir_sealedfile_seek(&file, 2);
    assert_int_equal(mir_sealedfile_read(&clear, &file,
                         (struct mir_bytes){ sealed.data + at, sealed.size - at }, &err),
        MIRSAL_OK);
    assert_int_equal(mir_sealedfile_read_end(&clear, &file, &err), MIRSAL_OK);
    assert_int_equal(clear.size, 200000 - 2 * MIR_STREAM_CHUNK_SIZE);
    assert_int_equal(clear.data[0], 2 * MIR_STREAM_CHUNK_SIZE / 1000);
}

static void nobody_else_opens_it(void **state)
{
    (void)state;
    seal_to(2, 100);
    assert_int_equal(open_with(2), MIRSAL_NOT_AUTHENTIC);
    assert_int_equal(clear.size, 0);
}

static void the_number_of_envelopes_is_rounded_up(void **state)
{
    (void)state;
    struct mir_sealedfile_look look;
    seal_to(3, 100);
    assert_int_equal(mir_sealedfile_inspect(&look, mir_buf_bytes(&sealed), &err), MIRSAL_OK);
    assert_int_equal(look.envelopes, 4);
    assert_int_equal(look.kind, MIR_SEALEDFILE_BUNDLE);
    assert_int_equal(open_with(2), MIRSAL_OK);
}

static void a_passphrase_opens_it(void **state)
{
    (void)state;
    struct mir_bytes right = { (const uint8_t *)"carried", 7 };
    struct mir_bytes wrong = { (const uint8_t *)"carries", 7 };
    seal(&(struct mir_sealedfile_readers){ .passphrase = right,
             .kdf = { .passes = 2, .memory_kib = 65536 } },
        100);
    assert_int_equal(open_in(9, &(struct mir_sealedfile_keys){ .passphrase = right }), MIRSAL_OK);
    assert_int_equal(clear.size, 100);
    assert_int_equal(
        open_in(9, &(struct mir_sealedfile_keys){ .passphrase = wrong }), MIRSAL_WRONG_PASSPHRASE);
    assert_int_equal(open_with(0), MIRSAL_USAGE);
    sealed.data[27] ^= 1; /* 2 passes become 65,538 */
    sealed.data[28] ^= 1;
    assert_int_equal(
        open_in(9, &(struct mir_sealedfile_keys){ .passphrase = right }), MIRSAL_BAD_VALUE);
}

static void every_changed_byte_is_refused(void **state)
{
    (void)state;
    seal_to(1, 300);
    for (size_t at = 0; at < sealed.size; at++) {
        sealed.data[at] ^= 1;
        assert_int_not_equal(open_with(0), MIRSAL_OK);
        assert_int_equal(clear.size, 0);
        sealed.data[at] ^= 1;
    }
    assert_int_equal(open_with(0), MIRSAL_OK);
}

static void a_cut_file_gives_a_true_beginning(void **state)
{
    (void)state;
    static const size_t left[] = { 5, 60, 130, 140, 65536, 66000, 131500 };
    seal_to(1, 140000);
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        sealed.size = left[i];
        assert_int_equal(open_with(0), MIRSAL_NOT_AUTHENTIC);
        assert_true(clear.size % 65536 == 0);
    }
    assert_int_equal(clear.size, 131072);
}

static void bytes_behind_the_end_are_refused(void **state)
{
    (void)state;
    seal_to(1, 100);
    mir_buf_append_u8(&sealed, 0);
    assert_int_equal(open_with(0), MIRSAL_NOT_AUTHENTIC);
}

static void a_head_of_another_file_does_not_fit(void **state)
{
    (void)state;
    uint8_t head[123];
    seal_to(1, 100);
    memcpy(head, sealed.data, sizeof head);
    mir_buf_reset(&sealed);
    seal_to(1, 100);
    memcpy(sealed.data, head, sizeof head);
    assert_int_equal(open_with(0), MIRSAL_NOT_AUTHENTIC);
}

static void kinds_versions_and_other_files_are_told_apart(void **state)
{
    (void)state;
    seal_to(1, 100);
    sealed.data[8] = MIR_SEALEDFILE_HANDOFF;
    assert_int_equal(open_with(0), MIRSAL_BAD_VALUE);
    sealed.data[8] = MIR_SEALEDFILE_BUNDLE;
    sealed.data[7] = '2';
    assert_int_equal(open_with(0), MIRSAL_VERSION);
    sealed.data[0] = 'M';
    assert_int_equal(open_with(0), MIRSAL_MALFORMED);
    memcpy(sealed.data, "mirsalf1", 8);
    sealed.data[9] = 2; /* lock */
    assert_int_equal(open_with(0), MIRSAL_MALFORMED);
    sealed.data[9] = 0;
    sealed.data[11] = 3; /* count */
    assert_int_equal(open_with(0), MIRSAL_MALFORMED);
}

static void too_many_readers_are_refused(void **state)
{
    (void)state;
    struct mir_sealedfile_readers readers = { .keys = keys, .count = MIR_FILE_ENVELOPES_MAX + 1 };
    assert_int_equal(
        mir_sealedfile_begin(&sealed, &file, &world.env, MIR_SEALEDFILE_BUNDLE, &readers, &err),
        MIRSAL_BAD_VALUE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_reader_opens_it_in_any_pieces),
        TEST(it_is_read_from_any_chunk_on),
        TEST(nobody_else_opens_it),
        TEST(the_number_of_envelopes_is_rounded_up),
        TEST(a_passphrase_opens_it),
        TEST(every_changed_byte_is_refused),
        TEST(a_cut_file_gives_a_true_beginning),
        TEST(bytes_behind_the_end_are_refused),
        TEST(a_head_of_another_file_does_not_fit),
        TEST(kinds_versions_and_other_files_are_told_apart),
        TEST(too_many_readers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
