/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/walwalk_test.c - SQLite's own rules: a WAL that SQLite wrote is walked to its last frame.
 */
#include "walwalk.h"

#include "vault_fixture.h"

#include <string.h>

static uint8_t header[MIR_WAL_HEADER_SIZE];
static uint8_t frames[40][MIR_FRAME_SIZE];
static uint32_t frame_count;

/* A log's frames with their pages clear, as SQLite summed them. */
static void make_log(void)
{
    struct vault_handle handle;
    vault_open_wal(&handle, &vault_fixture, "a.db");
    vault_fill(&handle, 0, 12);
    vault_file_read(&vault_fixture, "a.db-wal", 0, header, sizeof header);
    frame_count = (uint32_t)((vault_file_size(&vault_fixture, "a.db-wal") - 32) / MIR_FRAME_SIZE);
    assert_in_range(frame_count, 12, 40);
    for (uint32_t i = 0; i < frame_count; i++) {
        long at = (long)mir_frame_at(i + 1);
        vault_file_read(&vault_fixture, "a.db-wal", at, frames[i], MIR_FRAME_SIZE);
        uint8_t *page = frames[i] + MIR_FRAME_HEADER_SIZE;
        assert_true(
            mir_page_open(page, page, &vault_fixture.key, MIR_PAGE_WAL, mir_be32(frames[i])));
    }
    vault_close(&handle);
}

/* Detail 2: SQLite's checksums go over clear pages whose reserve is zeros. */
static void the_sums_are_those_of_clear_pages_with_an_empty_reserve(void **state)
{
    (void)state;
    struct mir_wal_walk walk;
    make_log();
    assert_true(mir_wal_walk_start(&walk, header));
    for (uint32_t i = 0; i < frame_count; i++) {
        assert_int_equal(walk.next, i + 1);
        assert_true(mir_wal_walk_frame(&walk, frames[i]));
    }
    assert_true(mir_wal_walk_start(&walk, header));
    frames[0][MIR_FRAME_SIZE - 1] = 1;
    assert_false(mir_wal_walk_frame(&walk, frames[0]));
    assert_int_equal(walk.next, 0);
}

static void a_frame_that_does_not_fit_ends_the_walk(void **state)
{
    (void)state;
    static const size_t places[] = { 3, 7, 8, 15, 16, 23, 24, 4000 };
    struct mir_wal_walk walk;
    make_log();
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        assert_true(mir_wal_walk_start(&walk, header));
        frames[0][places[i]] ^= 4;
        assert_false(mir_wal_walk_frame(&walk, frames[0]));
        frames[0][places[i]] ^= 4;
    }
    assert_true(mir_wal_walk_start(&walk, header));
    assert_false(mir_wal_walk_frame(&walk, frames[1]));
}

static void a_walk_goes_on_behind_a_frame(void **state)
{
    (void)state;
    struct mir_wal_walk walk;
    make_log();
    assert_true(mir_wal_walk_start(&walk, header));
    mir_wal_walk_resume(&walk, frames[4], 6);
    assert_true(mir_wal_walk_frame(&walk, frames[5]));
    assert_int_equal(walk.next, 7);
}

static void a_header_is_taken_whole(void **state)
{
    (void)state;
    struct mir_wal_walk walk;
    make_log();
    for (size_t bit = 0; bit < sizeof header * 8; bit++) {
        header[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(mir_wal_walk_start(&walk, header));
        assert_int_equal(walk.next, 0);
        header[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void a_log_was_longer_where_a_commit_is_continued(void **state)
{
    (void)state;
    struct vault_handle handle;
    struct mir_wal_walk walk;
    sqlite3_file *file = NULL;
    vault_open_wal(&handle, &vault_fixture, "a.db");
    vault_fill(&handle, 0, 5);
    assert_int_equal(
        sqlite3_file_control(handle.sql, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file), SQLITE_OK);
    vault_file_read(&vault_fixture, "a.db-wal", 0, header, sizeof header);
    uint32_t last = (uint32_t)((vault_file_size(&vault_fixture, "a.db-wal") - 32) / MIR_FRAME_SIZE);
    assert_true(mir_wal_walk_start(&walk, header));
    assert_true(mir_wal_was_longer(mir_vault_file_of(file), &walk, 1));
    assert_false(mir_wal_was_longer(mir_vault_file_of(file), &walk, last));
    assert_false(mir_wal_was_longer(mir_vault_file_of(file), &walk, last + 1));
    walk.salts[0] ^= 1;
    assert_false(mir_wal_was_longer(mir_vault_file_of(file), &walk, 1));
    vault_close(&handle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            the_sums_are_those_of_clear_pages_with_an_empty_reserve, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_frame_that_does_not_fit_ends_the_walk, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_walk_goes_on_behind_a_frame, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(a_header_is_taken_whole, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_log_was_longer_where_a_commit_is_continued, vault_set_up, vault_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
