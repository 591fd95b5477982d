/* SPDX-License-Identifier: Apache-2.0 */
/* unit/sealedwrite_test.c - sealed files on disk: whole or not there, read back in pieces. */
#include "sealedwrite.h"

#include "client_fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SIZE 300000u

static struct client place;
static char path[160];
static struct mir_agree_secret secret;
static struct mir_agree_public reader;
static uint8_t *clear;

static int set_up(void **state)
{
    const uint8_t seed[32] = { 3 };
    (void)state;
    client_init(&place, 1);
    (void)snprintf(path, sizeof path, "%s.sealed", place.folder);
    assert_int_equal(mir_crypto_start(&place.err), MIRSAL_OK);
    mir_agree_keypair(&reader, &secret, seed);
    clear = malloc(SIZE);
    assert_non_null(clear);
    for (size_t i = 0; i < SIZE; i++) {
        clear[i] = (uint8_t)(i * 7 >> 3);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(clear);
    (void)unlink(path);
    client_fini(&place);
    return 0;
}

static void write_file(struct mir_sealed_out *file, int finish)
{
    const struct mir_sealedfile_readers readers = { .keys = &reader, .count = 1 };
    const mirsal_env *env = &place.test.env;
    client_ok(&place,
        mir_sealed_out_begin(file, env, path, MIR_SEALEDFILE_HANDOFF, &readers, &place.err));
    client_ok(&place, mir_sealed_out_write(file, (struct mir_bytes){ clear, SIZE }, &place.err));
    client_ok(&place, mir_sealed_out_seal(file, &place.err));
    if (finish) {
        client_ok(&place, mir_sealed_out_finish(file, &place.err));
    }
    mir_sealed_out_end(file);
}

static size_t taken;

static mirsal_code take(void *context,
    struct mir_bytes bytes,
    const struct mir_sealedfile *file,
    mirsal_error *err)
{
    (void)context;
    (void)err;
    assert_int_equal(file->opened_by, 0);
    assert_true(taken + bytes.size <= SIZE);
    assert_memory_equal(bytes.data, clear + taken, bytes.size);
    taken += bytes.size;
    return MIRSAL_OK;
}

static mirsal_code read_file(mirsal_hash *sha256, int *at_end)
{
    const struct mir_sealedfile_keys keys = { .secrets = &secret, .count = 1 };
    taken = 0;
    return mir_sealed_in(path, &place.test.env, MIR_SEALEDFILE_HANDOFF, &keys, take, NULL, sha256,
        at_end, &place.err);
}

static void what_is_written_is_read(void **state)
{
    struct mir_sealed_out file;
    mirsal_hash sha256;
    int at_end = 0;
    (void)state;
    write_file(&file, 1);
    assert_int_equal(read_file(&sha256, &at_end), MIRSAL_OK);
    assert_int_equal(taken, SIZE);
    assert_memory_equal(&sha256, &file.sha256, 32);
}

static void what_is_not_finished_is_not_there(void **state)
{
    struct mir_sealed_out file;
    (void)state;
    write_file(&file, 0);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void a_cut_is_met_at_the_end(void **state)
{
    struct mir_sealed_out file;
    int at_end = 0;
    (void)state;
    write_file(&file, 1);
    assert_int_equal(truncate(path, SIZE / 2), 0);
    assert_int_equal(read_file(NULL, &at_end), MIRSAL_NOT_AUTHENTIC);
    assert_true(at_end);
    assert_true(taken < SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_finished_is_not_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cut_is_met_at_the_end, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
