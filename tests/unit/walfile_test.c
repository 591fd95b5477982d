/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/walfile_test.c - the write-ahead log: what stays clear, where it ends, what is damage.
 */
#include "vaultin.h"

#include "vault_fixture.h"
#include "walwalk.h"

#include <stdio.h>
#include <string.h>

/* a.db and its WAL of a killed process: rows 0 to `rows` - 1, a transaction each. */
static void make_killed(int rows)
{
    struct vault_handle handle;
    vault_open_wal(&handle, &vault_fixture, "m.db");
    vault_run(&handle, "PRAGMA wal_checkpoint(TRUNCATE)");
    vault_fill(&handle, 0, rows);
    vault_copy_killed(&vault_fixture, "m.db", "a.db");
    vault_close(&handle);
}

/* Rows read after recovery, or -1 and what is damaged. */
static int64_t recover(const char **damage)
{
    static char text[MIR_VAULT_DAMAGE_TEXT_SIZE];
    struct vault_handle handle;
    int64_t rows = -1;
    vault_copy_killed(&vault_fixture, "a.db", "b.db");
    int rc = vault_try_open(&handle, &vault_fixture, "b.db", &vault_fixture.key);
    if (rc == SQLITE_OK) {
        rows = vault_int(&handle, "SELECT count(*) FROM t WHERE s LIKE 'seen by the mill %'");
        assert_int_equal(vault_int(&handle, "SELECT count(*) FROM pragma_integrity_check"
                                            " WHERE integrity_check = 'ok'"),
            1);
    } else {
        assert_int_equal(rc, SQLITE_IOERR_DATA);
    }
    (void)snprintf(text, sizeof text, "%s", vault_damage(&handle));
    *damage = text;
    vault_close(&handle);
    return rows;
}

static uint32_t frames_of(const char *wal)
{
    return (
        uint32_t)((vault_file_size(&vault_fixture, wal) - MIR_WAL_HEADER_SIZE) / MIR_FRAME_SIZE);
}

static uint32_t committed_at(const char *wal, uint32_t frame)
{
    uint8_t header[MIR_FRAME_HEADER_SIZE];
    vault_file_read(&vault_fixture, wal, (long)mir_frame_at(frame), header, sizeof header);
    return mir_be32(header + 4);
}

/* Detail 3, and 9: what leaks. */
static void headers_stay_clear_and_pages_do_not(void **state)
{
    (void)state;
    uint8_t header[MIR_WAL_HEADER_SIZE];
    make_killed(5);
    vault_file_read(&vault_fixture, "a.db-wal", 0, header, sizeof header);
    assert_int_equal(mir_be32(header) & ~1u, 0x377f0682);
    assert_int_equal(mir_be32(header + 8), MIR_PAGE_SIZE);
    uint32_t commits = 0;
    for (uint32_t frame = 1; frame <= frames_of("a.db-wal"); frame++) {
        commits += committed_at("a.db-wal", frame) != 0;
        vault_file_read(
            &vault_fixture, "a.db-wal", (long)mir_frame_at(frame), header, sizeof header);
        assert_in_range(mir_be32(header), 1, 10);
    }
    assert_int_equal(commits, 5);
    assert_false(vault_folder_holds(&vault_fixture, VAULT_WORDS, strlen(VAULT_WORDS)));
}

/* Detail 3: pages spilled in a transaction and changed again keep their frames. */
static void a_page_is_rewritten_in_its_frame(void **state)
{
    (void)state;
    struct vault_handle handle;
    const char *damage = NULL;
    vault_open_wal(&handle, &vault_fixture, "m.db");
    vault_fill(&handle, 0, 200);
    vault_run(&handle, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA cache_size=4; PRAGMA cache_spill=4;"
                       "BEGIN; UPDATE t SET s = s || 'a'");
    long size = vault_file_size(&vault_fixture, "m.db-wal");
    vault_run(&handle, "UPDATE t SET s = s || 'b'; UPDATE t SET s = s || 'c'; COMMIT");
    assert_true(size > 10L * MIR_FRAME_SIZE);
    assert_true(vault_file_size(&vault_fixture, "m.db-wal") < 2 * size);
    vault_copy_killed(&vault_fixture, "m.db", "a.db");
    assert_int_equal(vault_int(&handle, "SELECT count(*) FROM t WHERE s LIKE '%abc'"), 200);
    vault_close(&handle);
    assert_int_equal(recover(&damage), 200);
}

/* Detail 4. */
static void a_torn_frame_ends_the_log(void **state)
{
    (void)state;
    static const uint8_t rubbish[512] = { 0x77 };
    const char *damage = NULL;
    make_killed(10);
    assert_int_equal(recover(&damage), 10);
    long last = (long)mir_frame_at(frames_of("a.db-wal"));
    vault_file_write(&vault_fixture, "a.db-wal", last + 1024, rubbish, sizeof rubbish);
    assert_int_equal(recover(&damage), 9);
    assert_true(vault_file_size(&vault_fixture, "b.db-wal") <= 0);
}

/* Detail 4: a page read that does not open is an error. */
static void a_damaged_frame_in_use_is_named(void **state)
{
    (void)state;
    struct vault_handle handle;
    struct vault_handle reader;
    char wanted[80];
    uint8_t number[4];
    vault_open_wal(&handle, &vault_fixture, "a.db");
    vault_fill(&handle, 0, 10);
    uint32_t last = frames_of("a.db-wal");
    vault_file_read(&vault_fixture, "a.db-wal", (long)mir_frame_at(last), number, sizeof number);
    vault_file_flip(&vault_fixture, "a.db-wal", (long)(mir_frame_at(last) + 24 + 99) * 8);
    vault_open(&reader, &vault_fixture, "a.db");
    assert_int_equal(vault_try(&reader, "SELECT sum(length(s)) FROM t"), SQLITE_IOERR_DATA);
    (void)snprintf(wanted, sizeof wanted, "page %u in frame %u of a.db-wal does not open",
        (unsigned)mir_be32(number), (unsigned)last);
    assert_string_equal(vault_damage(&reader), wanted);
    vault_file_flip(&vault_fixture, "a.db-wal", (long)(mir_frame_at(last) + 24 + 99) * 8);
    assert_int_equal(vault_int(&reader, "SELECT count(*) FROM t"), 10);
    vault_close(&reader);
    vault_close(&handle);
}

/* Detail 4: SQLite reads frames whole to recover, and to sum its own transaction anew. */
static void a_frame_read_whole_is_zeros_in_recovery_alone(void **state)
{
    (void)state;
    static const uint8_t zeros[MIR_FRAME_SIZE];
    uint8_t frame[MIR_FRAME_SIZE];
    struct vault_handle handle;
    sqlite3_file *wal = NULL;
    sqlite3_file *file = NULL;
    vault_open_wal(&handle, &vault_fixture, "a.db");
    vault_fill(&handle, 0, 5);
    assert_int_equal(
        sqlite3_file_control(handle.sql, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal), SQLITE_OK);
    assert_int_equal(
        sqlite3_file_control(handle.sql, "main", SQLITE_FCNTL_FILE_POINTER, &file), SQLITE_OK);
    sqlite3_int64 at = mir_frame_at(2);
    assert_int_equal(wal->pMethods->xRead(wal, frame, sizeof frame, at), SQLITE_OK);
    vault_file_flip(&vault_fixture, "a.db-wal", (long)(at + 1000) * 8);
    assert_int_equal(wal->pMethods->xRead(wal, frame, sizeof frame, at), SQLITE_IOERR_DATA);
    int alone = SQLITE_SHM_EXCLUSIVE;
    assert_int_equal(file->pMethods->xShmLock(file, 1, 2, alone | SQLITE_SHM_LOCK), SQLITE_OK);
    assert_int_equal(wal->pMethods->xRead(wal, frame, sizeof frame, at), SQLITE_OK);
    assert_memory_equal(frame, zeros, sizeof frame);
    assert_int_equal(file->pMethods->xShmLock(file, 1, 2, alone | SQLITE_SHM_UNLOCK), SQLITE_OK);
    vault_file_flip(&vault_fixture, "a.db-wal", (long)(at + 1000) * 8);
    vault_close(&handle);
}

static void damage_within_the_log_is_no_power_cut(void **state)
{
    (void)state;
    const char *damage = NULL;
    char wanted[32];
    make_killed(10);
    uint32_t last = frames_of("a.db-wal");
    for (uint32_t frame = 1; frame < last - 3; frame++) {
        static const long places[] = { 0, 3, 8, 15, 16, 23, 24, 24 + 2000, 24 + 4090 };
        for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
            long bit = ((long)mir_frame_at(frame) + places[i]) * 8 + (long)i % 8;
            vault_file_flip(&vault_fixture, "a.db-wal", bit);
            assert_int_equal(recover(&damage), -1);
            (void)snprintf(wanted, sizeof wanted, "frame %u of b.db-wal", (unsigned)frame);
            assert_non_null(strstr(damage, wanted));
            assert_true(vault_file_same(&vault_fixture, "a.db-wal", "b.db-wal"));
            vault_file_flip(&vault_fixture, "a.db-wal", bit);
        }
    }
    assert_int_equal(recover(&damage), 10);
}

static void a_damaged_header_of_the_log_is_named(void **state)
{
    (void)state;
    const char *damage = NULL;
    make_killed(3);
    for (long bit = 0; bit < MIR_WAL_HEADER_SIZE * 8; bit += 5) {
        vault_file_flip(&vault_fixture, "a.db-wal", bit);
        assert_int_equal(recover(&damage), -1);
        assert_string_equal(damage, "the header of b.db-wal is damaged");
        vault_file_flip(&vault_fixture, "a.db-wal", bit);
    }
    assert_int_equal(recover(&damage), 3);
}

/* A log that begins anew is torn: all that it held is in the database. */
static void a_torn_header_of_a_log_that_is_not_needed_is_none(void **state)
{
    (void)state;
    struct vault_handle handle;
    const char *damage = NULL;
    vault_open_wal(&handle, &vault_fixture, "m.db");
    vault_fill(&handle, 0, 10);
    vault_run(&handle, "PRAGMA wal_checkpoint(FULL)");
    vault_copy_killed(&vault_fixture, "m.db", "a.db");
    vault_close(&handle);
    assert_true(frames_of("a.db-wal") >= 10);
    vault_file_write(&vault_fixture, "a.db-wal", 16, "rubbish and more", 16);
    assert_int_equal(recover(&damage), 10);
}

/* Page and size of frame 42 end with a sector; they are an older log's when only the rest came. */
static void a_size_of_an_older_log_is_no_commit(void **state)
{
    (void)state;
    static const uint8_t older[8] = { 0, 0, 0, 5, 0, 0, 0, 5 };
    struct vault_handle handle;
    const char *damage = NULL;
    assert_int_equal((mir_frame_at(42) + 8) % 512, 0);
    vault_open_wal(&handle, &vault_fixture, "m.db");
    vault_fill(&handle, 0, 10);
    vault_run(&handle, "PRAGMA wal_checkpoint(RESTART)");
    vault_run(&handle, "INSERT INTO t SELECT NULL, s FROM t, (SELECT 1 FROM t, t)");
    vault_copy_killed(&vault_fixture, "m.db", "a.db");
    vault_close(&handle);
    assert_true(frames_of("a.db-wal") > 50);
    assert_int_equal(committed_at("a.db-wal", 42), 0);
    vault_file_write(&vault_fixture, "a.db-wal", (long)mir_frame_at(42), older, sizeof older);
    assert_int_equal(recover(&damage), 10);
}

/* Whatever bit flips: all rows, or what a power cut would have left, or an error. */
static void no_flipped_bit_gives_wrong_data(void **state)
{
    (void)state;
    const char *damage = NULL;
    make_killed(4);
    long bits = vault_file_size(&vault_fixture, "a.db-wal") * 8;
    long errors = 0;
    for (long bit = 5; bit < bits; bit += 1501) {
        vault_file_flip(&vault_fixture, "a.db-wal", bit);
        int64_t rows = recover(&damage);
        assert_true(rows == -1 || rows == 3 || rows == 4);
        errors += rows == -1;
        vault_file_flip(&vault_fixture, "a.db-wal", bit);
    }
    assert_true(errors > bits / 1501 / 3);
}

/* Frames of a transaction that was rolled back stand behind a torn one, and say nothing. */
static void what_was_rolled_back_does_not_make_a_tear_damage(void **state)
{
    (void)state;
    struct vault_handle handle;
    const char *damage = NULL;
    static const uint8_t rubbish[512] = { 0x77 };
    vault_open_wal(&handle, &vault_fixture, "m.db");
    vault_fill(&handle, 0, 200);
    uint32_t before = frames_of("m.db-wal");
    vault_run(&handle, "PRAGMA cache_size=2; PRAGMA cache_spill=2; BEGIN;"
                       "UPDATE t SET s = s || 'a'; ROLLBACK");
    assert_true(frames_of("m.db-wal") > before + 4);
    vault_run(&handle, "PRAGMA cache_size=100; BEGIN; DELETE FROM t WHERE n = 3;"
                       "DELETE FROM t WHERE n = 150; COMMIT");
    assert_true(committed_at("m.db-wal", before + 2) != 0);
    vault_copy_killed(&vault_fixture, "m.db", "a.db");
    vault_close(&handle);
    assert_int_equal(recover(&damage), 198);
    vault_file_write(
        &vault_fixture, "a.db-wal", (long)mir_frame_at(before + 1) + 600, rubbish, sizeof rubbish);
    assert_int_equal(recover(&damage), 200);
}

static void only_frames_are_written(void **state)
{
    (void)state;
    struct vault_handle handle;
    sqlite3_file *file = NULL;
    uint8_t bytes[MIR_FRAME_SIZE] = { 0 };
    vault_open_wal(&handle, &vault_fixture, "a.db");
    assert_int_equal(
        sqlite3_file_control(handle.sql, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file), SQLITE_OK);
    long size = vault_file_size(&vault_fixture, "a.db-wal");
    assert_int_equal(file->pMethods->xWrite(file, bytes, MIR_FRAME_SIZE, 32), SQLITE_IOERR_WRITE);
    assert_int_equal(file->pMethods->xWrite(file, bytes, 4096, 32), SQLITE_IOERR_WRITE);
    assert_int_equal(file->pMethods->xWrite(file, bytes, 4096, 57), SQLITE_IOERR_WRITE);
    assert_int_equal(file->pMethods->xWrite(file, bytes, 512, 56), SQLITE_IOERR_WRITE);
    assert_int_equal(file->pMethods->xWrite(file, bytes, 24, 57), SQLITE_IOERR_WRITE);
    bytes[4090] = 1;
    assert_int_equal(file->pMethods->xWrite(file, bytes, 4096, 56), SQLITE_IOERR_WRITE);
    assert_int_equal(file->pMethods->xRead(file, bytes, 4096, 57), SQLITE_IOERR_READ);
    assert_int_equal(vault_file_size(&vault_fixture, "a.db-wal"), size);
    vault_close(&handle);
}

/* A header waits for its page, and for nothing else. */
static void a_header_alone_is_written_before_anything_else(void **state)
{
    (void)state;
    struct vault_handle handle;
    sqlite3_file *file = NULL;
    uint8_t header[MIR_FRAME_HEADER_SIZE] = { 0, 0, 0, 2, 7 };
    uint8_t page[MIR_PAGE_SIZE] = { 0 };
    uint8_t back[MIR_FRAME_HEADER_SIZE];
    sqlite3_int64 size = 0;
    vault_open_wal(&handle, &vault_fixture, "a.db");
    assert_int_equal(
        sqlite3_file_control(handle.sql, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file), SQLITE_OK);
    const sqlite3_io_methods *call = file->pMethods;
    assert_int_equal(call->xFileSize(file, &size), SQLITE_OK);
    uint32_t frame = (uint32_t)((size - MIR_WAL_HEADER_SIZE) / MIR_FRAME_SIZE) + 1;
    int amount = MIR_FRAME_HEADER_SIZE;
    for (int other = 0; other < 4; other++) {
        sqlite3_int64 at = mir_frame_at(frame + (uint32_t)other);
        header[5] = (uint8_t)other;
        assert_int_equal(call->xWrite(file, header, amount, at), SQLITE_OK);
        if (other == 0) {
            assert_int_equal(call->xSync(file, SQLITE_SYNC_NORMAL), SQLITE_OK);
        } else if (other == 1) {
            assert_int_equal(call->xFileSize(file, &size), SQLITE_OK);
            assert_int_equal(size, at + amount);
        } else if (other == 2) {
            assert_int_equal(call->xWrite(file, header, amount, at + MIR_FRAME_SIZE), SQLITE_OK);
        }
        assert_int_equal(call->xRead(file, back, amount, at), SQLITE_OK);
        assert_memory_equal(back, header, sizeof back);
        assert_int_equal(call->xWrite(file, page, (int)MIR_PAGE_SIZE, at + amount), SQLITE_OK);
        assert_int_equal(call->xRead(file, page, (int)MIR_PAGE_SIZE, at + amount), SQLITE_OK);
    }
    assert_int_equal(call->xTruncate(file, mir_frame_at(frame)), SQLITE_OK);
    vault_close(&handle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            headers_stay_clear_and_pages_do_not, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_page_is_rewritten_in_its_frame, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(a_torn_frame_ends_the_log, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_damaged_frame_in_use_is_named, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_frame_read_whole_is_zeros_in_recovery_alone, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            damage_within_the_log_is_no_power_cut, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_damaged_header_of_the_log_is_named, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_torn_header_of_a_log_that_is_not_needed_is_none, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_size_of_an_older_log_is_no_commit, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            no_flipped_bit_gives_wrong_data, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            what_was_rolled_back_does_not_make_a_tear_damage, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(
            a_header_alone_is_written_before_anything_else, vault_set_up, vault_tear_down),
        cmocka_unit_test_setup_teardown(only_frames_are_written, vault_set_up, vault_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
