/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/vault_fixture.c - sealed databases in a folder of their own; see the header.
 */
#include "vault_fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct vault_fixture vault_fixture;

int vault_set_up(void **state)
{
    (void)state;
    vault_fixture_init(&vault_fixture);
    return 0;
}

int vault_tear_down(void **state)
{
    (void)state;
    vault_fixture_fini(&vault_fixture);
    return 0;
}

void vault_fixture_init(struct vault_fixture *fixture)
{
    memset(fixture, 0, sizeof *fixture);
    test_env_init(&fixture->test, 7);
    assert_int_equal(mir_crypto_start(NULL), MIRSAL_OK);
    (void)snprintf(fixture->folder, sizeof fixture->folder, "vault_test.XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    memset(&fixture->key, 0x11, sizeof fixture->key);
    memset(&fixture->other, 0x22, sizeof fixture->other);
}

void vault_path(char out[96], const struct vault_fixture *fixture, const char *name)
{
    int size = snprintf(out, 96, "%s/%s", fixture->folder, name);
    assert_in_range(size, 1, 95);
}

void vault_fixture_fini(struct vault_fixture *fixture)
{
    DIR *folder = opendir(fixture->folder);
    assert_non_null(folder);
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (entry->d_name[0] != '.') {
            vault_file_remove(fixture, entry->d_name);
        }
    }
    (void)closedir(folder);
    assert_int_equal(rmdir(fixture->folder), 0);
    test_env_fini(&fixture->test);
}

static int try_open(struct vault_handle *out,
    const struct vault_fixture *fixture,
    const char *name,
    const struct mir_vault_options *options)
{
    char path[96];
    vault_path(path, fixture, name);
    memset(out, 0, sizeof *out);
    int flags = options->read_only ? SQLITE_OPEN_READONLY
                                   : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI;
    assert_int_equal(mir_vault_open(&out->vault, &fixture->test.env, options, NULL), MIRSAL_OK);
    int rc = sqlite3_open_v2(path, &out->sql, flags, mir_vault_vfs(out->vault));
    (void)sqlite3_extended_result_codes(out->sql, 1);
    if (rc != SQLITE_OK) {
        return sqlite3_extended_errcode(out->sql);
    }
    rc = mir_vault_prepare(out->sql);
    return rc == SQLITE_OK ? vault_try(out, "SELECT count(*) FROM sqlite_master") : rc;
}

int vault_try_open(struct vault_handle *out,
    const struct vault_fixture *fixture,
    const char *name,
    const struct mir_seal_key *key)
{
    struct mir_vault_options options = { .key = key };
    return try_open(out, fixture, name, &options);
}

int vault_try_read_only(struct vault_handle *out,
    const struct vault_fixture *fixture,
    const char *name)
{
    struct mir_vault_options options = { .key = &fixture->key, .read_only = 1 };
    return try_open(out, fixture, name, &options);
}

void vault_open(struct vault_handle *out, const struct vault_fixture *fixture, const char *name)
{
    assert_int_equal(vault_try_open(out, fixture, name, &fixture->key), SQLITE_OK);
}

void vault_open_wal(struct vault_handle *out, const struct vault_fixture *fixture, const char *name)
{
    vault_open(out, fixture, name);
    vault_run(out, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"
                   "CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, s)");
}

void vault_close(struct vault_handle *handle)
{
    assert_int_equal(sqlite3_close(handle->sql), SQLITE_OK);
    mir_vault_close(handle->vault);
    memset(handle, 0, sizeof *handle);
}

int vault_try(struct vault_handle *handle, const char *sql)
{
    return sqlite3_exec(handle->sql, sql, NULL, NULL, NULL);
}

void vault_run(struct vault_handle *handle, const char *sql)
{
    int rc = vault_try(handle, sql);
    if (rc != SQLITE_OK) {
        fail_msg("%s: %d %s", sql, rc, sqlite3_errmsg(handle->sql));
    }
}

int64_t vault_int(struct vault_handle *handle, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t value = -1;
    if (sqlite3_prepare_v2(handle->sql, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        value = sqlite3_column_int64(statement, 0);
    }
    (void)sqlite3_finalize(statement);
    return value;
}

void vault_fill(struct vault_handle *handle, int from, int count)
{
    char sql[128];
    for (int i = from; i < from + count; i++) {
        (void)snprintf(sql, sizeof sql, "INSERT INTO t VALUES (%d, '%s ' || hex(randomblob(140)))",
            i, VAULT_WORDS);
        vault_run(handle, sql);
    }
}

const char *vault_damage(const struct vault_handle *handle)
{
    static char text[MIR_VAULT_DAMAGE_TEXT_SIZE];
    struct mir_vault_damage damage;
    mir_vault_damage(&damage, handle->vault);
    mir_vault_damage_text(text, sizeof text, &damage);
    return text;
}

static FILE *open_file(const struct vault_fixture *fixture, const char *name, const char *mode)
{
    char path[96];
    vault_path(path, fixture, name);
    return fopen(path, mode);
}

long vault_file_size(const struct vault_fixture *fixture, const char *name)
{
    FILE *file = open_file(fixture, name, "rb");
    if (file == NULL) {
        return -1;
    }
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    (void)fclose(file);
    return size;
}

void vault_file_read(const struct vault_fixture *fixture,
    const char *name,
    long at,
    void *out,
    size_t size)
{
    FILE *file = open_file(fixture, name, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_equal(fread(out, 1, size, file), size);
    (void)fclose(file);
}

void vault_file_write(const struct vault_fixture *fixture,
    const char *name,
    long at,
    const void *data,
    size_t size)
{
    FILE *file = open_file(fixture, name, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

void vault_file_flip(const struct vault_fixture *fixture, const char *name, long bit)
{
    uint8_t byte = 0;
    vault_file_read(fixture, name, bit / 8, &byte, 1);
    byte ^= (uint8_t)(1u << bit % 8);
    vault_file_write(fixture, name, bit / 8, &byte, 1);
}

static uint8_t *load(const struct vault_fixture *fixture, const char *name, size_t *size)
{
    long found = vault_file_size(fixture, name);
    assert_true(found >= 0);
    *size = (size_t)found;
    uint8_t *data = malloc(*size + 1);
    assert_non_null(data);
    vault_file_read(fixture, name, 0, data, *size);
    return data;
}

void vault_file_copy(const struct vault_fixture *fixture, const char *from, const char *to)
{
    size_t size = 0;
    uint8_t *data = load(fixture, from, &size);
    FILE *file = open_file(fixture, to, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    free(data);
}

void vault_file_remove(const struct vault_fixture *fixture, const char *name)
{
    char path[96];
    vault_path(path, fixture, name);
    (void)unlink(path);
}

int vault_file_same(const struct vault_fixture *fixture, const char *one, const char *other)
{
    size_t sizes[2] = { 0, 0 };
    uint8_t *a = load(fixture, one, &sizes[0]);
    uint8_t *b = load(fixture, other, &sizes[1]);
    int same = sizes[0] == sizes[1] && memcmp(a, b, sizes[0]) == 0;
    free(a);
    free(b);
    return same;
}

int vault_folder_holds(const struct vault_fixture *fixture, const void *data, size_t size)
{
    DIR *folder = opendir(fixture->folder);
    int holds = 0;
    assert_non_null(folder);
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        size_t file_size = 0;
        uint8_t *file = load(fixture, entry->d_name, &file_size);
        for (size_t at = 0; !holds && at + size <= file_size; at++) {
            holds = memcmp(file + at, data, size) == 0;
        }
        free(file);
    }
    (void)closedir(folder);
    return holds;
}

void vault_copy_killed(const struct vault_fixture *fixture, const char *from, const char *to)
{
    static const char *const suffixes[] = { "", "-wal", "-journal" };
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        char one[40];
        char other[40];
        (void)snprintf(one, sizeof one, "%s%s", from, suffixes[i]);
        (void)snprintf(other, sizeof other, "%s%s", to, suffixes[i]);
        if (vault_file_size(fixture, one) >= 0) {
            vault_file_copy(fixture, one, other);
        } else {
            vault_file_remove(fixture, other);
        }
    }
    char index[40];
    (void)snprintf(index, sizeof index, "%s-shm", to);
    vault_file_remove(fixture, index);
}
