/* SPDX-License-Identifier: Apache-2.0 */
/* unit/backup_test.c - what a backup holds, what it does not, and which file it replaces. */
#include "backup.h"

#include "files.h"
#include "sealed.h"
#include "stream.h"
#include "test_team.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct test_store device;
static mirsal_error err;
static char path[128];

static int set_up(void **state)
{
    (void)state;
    test_team_found(&device, 1);
    test_team_report(&device, "a report");
    (void)snprintf(path, sizeof path, "%s.backup", device.folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    test_store_fini(&device);
    return 0;
}

static int beside(const char *ending)
{
    char name[160];
    (void)snprintf(name, sizeof name, "%s%s", path, ending);
    return mir_file_exists(name);
}

/* All that the stream holds. */
static void read_clear(struct mir_buf *out)
{
    struct mir_seal_key key;
    struct mir_stream stream;
    struct mir_buf file;
    struct mir_buf clear;
    size_t head_size = MIR_SEALED_OVERHEAD + sizeof key.bytes;
    mir_buf_init(&file, &device.world.env, SIZE_MAX / 2);
    mir_buf_init(&clear, &device.world.env, SIZE_MAX / 2);
    mir_buf_init(out, &device.world.env, SIZE_MAX / 2);
    assert_int_equal(mir_file_read(&file, path, SIZE_MAX / 4, &err), MIRSAL_OK);
    struct mir_bytes head = { file.data, head_size };
    struct mir_bytes rest = { file.data + head_size, file.size - head_size };
    assert_int_equal(
        mir_sealed_open(&clear, NULL, head, MIR_BACKUP_MAGIC, (struct mir_bytes){ NULL, 0 }, &err),
        MIRSAL_OK);
    memcpy(key.bytes, clear.data, sizeof key.bytes);
    mir_stream_reader_init(&stream, &device.world.env, &key, head);
    assert_int_equal(mir_stream_read(out, &stream, rest, &err), MIRSAL_OK);
    assert_int_equal(mir_stream_read_end(out, &stream, &err), MIRSAL_OK);
    mir_stream_fini(&stream);
    mir_buf_fini(&clear);
    mir_buf_fini(&file);
}

static int holds(const struct mir_buf *bytes, const void *what, size_t size)
{
    for (size_t at = 0; at + size <= bytes->size; at++) {
        if (memcmp(bytes->data + at, what, size) == 0) {
            return 1;
        }
    }
    return 0;
}

static void no_secret_of_the_device_is_in_it(void **state)
{
    (void)state;
    uint64_t size = 0;
    struct mir_buf clear;
    const struct mir_device_keys *keys = device.store->keys;
    assert_int_equal(mir_backup_write(&size, device.store, path, &err), MIRSAL_OK);
    read_clear(&clear);
    assert_true(holds(&clear, device.store->team.bytes, 32));
    assert_true(holds(&clear, device.store->device.bytes, 32));
    assert_false(holds(&clear, keys->sign.bytes, 32));
    assert_false(holds(&clear, keys->noise.bytes, 32));
    assert_false(holds(&clear, keys->hpke.bytes, 32));
    assert_false(holds(&clear, keys->sealing.bytes, 32));
    assert_false(holds(&clear, keys->database.bytes, 32));
    mir_buf_fini(&clear);
}

static void it_is_whole_and_private_and_alone(void **state)
{
    (void)state;
    uint64_t size = 0;
    struct stat status;
    assert_int_equal(mir_backup_write(&size, device.store, path, &err), MIRSAL_OK);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(status.st_size, size);
    assert_false(beside(".new"));
    assert_false(beside(".snapshot"));
}

static void only_a_backup_is_written_over(void **state)
{
    (void)state;
    uint64_t size = 0;
    uint64_t again = 0;
    assert_int_equal(mir_backup_write(&size, device.store, path, &err), MIRSAL_OK);
    for (int i = 0; i < 40; i++) {
        test_team_report(&device, "more to keep, more to keep, more to keep, more to keep");
    }
    assert_int_equal(mir_backup_write(&again, device.store, path, &err), MIRSAL_OK);
    assert_true(again > size);
    struct mir_bytes letter = { (const uint8_t *)"a letter, not ours", 18 };
    assert_int_equal(mir_file_replace(path, letter, &err), MIRSAL_OK);
    assert_int_equal(mir_backup_write(&size, device.store, path, &err), MIRSAL_STORE_EXISTS);
    assert_int_equal(size, 0);
    struct mir_buf kept;
    mir_buf_init(&kept, &device.world.env, 100);
    assert_int_equal(mir_file_read(&kept, path, 100, &err), MIRSAL_OK);
    assert_true(mir_bytes_equal(mir_buf_bytes(&kept), letter));
    mir_buf_fini(&kept);
}

static void a_place_that_is_not_there_leaves_nothing(void **state)
{
    (void)state;
    uint64_t size = 0;
    char nowhere[200];
    (void)snprintf(nowhere, sizeof nowhere, "%s/none/file", path);
    assert_int_equal(mir_backup_write(&size, device.store, nowhere, &err), MIRSAL_NOT_FOUND);
    assert_false(mir_file_exists(path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_secret_of_the_device_is_in_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_is_whole_and_private_and_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_a_backup_is_written_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_place_that_is_not_there_leaves_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
