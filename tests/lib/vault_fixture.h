/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/vault_fixture.h - a folder with sealed databases: connections through vaults, the files
 * as the disk has them, bits flipped in them.
 */
#ifndef VAULT_FIXTURE_H
#define VAULT_FIXTURE_H

#include "test_env.h"
#include "vault.h"

#include <sqlite3.h>

struct vault_fixture {
    struct test_env test;
    char folder[32];
    struct mir_seal_key key;
    struct mir_seal_key other; /* a wrong one */
};

void vault_fixture_init(struct vault_fixture *fixture);
/* Removes the folder; fails the test if memory is not released. */
void vault_fixture_fini(struct vault_fixture *fixture);

/* cmocka's set-up and tear-down of one that a test file's tests use in turn. */
extern struct vault_fixture vault_fixture;
int vault_set_up(void **state);
int vault_tear_down(void **state);

/* A vault of its own and a connection through it. */
struct vault_handle {
    struct mir_vault *vault;
    sqlite3 *sql;
};
/* SQLite's extended code of opening, preparing, reading the schema; close the handle anyway. */
int vault_try_open(struct vault_handle *out,
    const struct vault_fixture *fixture,
    const char *name,
    const struct mir_seal_key *key);
int vault_try_read_only(struct vault_handle *out,
    const struct vault_fixture *fixture,
    const char *name);
/* Under the right key; must succeed. */
void vault_open(struct vault_handle *out, const struct vault_fixture *fixture, const char *name);
/* The same in WAL with no checkpoint by itself, and a table t (n INTEGER PRIMARY KEY, s). */
void vault_open_wal(struct vault_handle *out,
    const struct vault_fixture *fixture,
    const char *name);
void vault_close(struct vault_handle *handle);

/* SQLite's extended code; the other must succeed. */
int vault_try(struct vault_handle *handle, const char *sql);
void vault_run(struct vault_handle *handle, const char *sql);
/* The first column of the first row; -1 when it fails or has none. */
int64_t vault_int(struct vault_handle *handle, const char *sql);
/* Puts `count` rows of about 300 bytes with the planted words into t, a transaction each. */
void vault_fill(struct vault_handle *handle, int from, int count);
/* What the last page that did not open is called. */
const char *vault_damage(const struct vault_handle *handle);

#define VAULT_WORDS "seen by the mill"

/* Files of the folder. Sizes and reads of a file that is not there: -1, nothing. */
void vault_path(char out[96], const struct vault_fixture *fixture, const char *name);
long vault_file_size(const struct vault_fixture *fixture, const char *name);
void vault_file_read(const struct vault_fixture *fixture,
    const char *name,
    long at,
    void *out,
    size_t size);
void vault_file_write(const struct vault_fixture *fixture,
    const char *name,
    long at,
    const void *data,
    size_t size);
void vault_file_flip(const struct vault_fixture *fixture, const char *name, long bit);
void vault_file_copy(const struct vault_fixture *fixture, const char *from, const char *to);
void vault_file_remove(const struct vault_fixture *fixture, const char *name);
int vault_file_same(const struct vault_fixture *fixture, const char *one, const char *other);
/* 1 when some file of the folder holds the bytes. */
int vault_folder_holds(const struct vault_fixture *fixture, const void *data, size_t size);
/* name, -wal and -journal, as a process that was killed leaves them. */
void vault_copy_killed(const struct vault_fixture *fixture, const char *from, const char *to);

#endif
