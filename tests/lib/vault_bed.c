/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/vault_bed.c - plain SQLite on a vault; see the header.
 */
#include "vault_bed.h"

#include "test_env.h"
#include "vault.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct vault_bed {
    const char *under;
    struct test_env test; /* of the vault alone, while it is opened and closed */
    struct mir_vault *vault;
};

struct vault_bed *vault_bed_new(const char *under, uint8_t seed)
{
    struct vault_bed *bed = calloc(1, sizeof *bed);
    assert(bed != NULL);
    bed->under = under;
    if (seed != 0) {
        struct mir_seal_key key;
        const struct mir_vault_options options = { .under = under, .key = &key };
        memset(key.bytes, seed, sizeof key.bytes);
        assert_int_equal(mir_crypto_start(NULL), MIRSAL_OK);
        test_env_init(&bed->test, seed);
        if (under == NULL) { /* the test's is for one thread of one process */
            bed->test.env.random = mir_system_random;
        }
        assert_int_equal(mir_vault_open(&bed->vault, &bed->test.env, &options, NULL), MIRSAL_OK);
    }
    return bed;
}

void vault_bed_free(struct vault_bed *bed)
{
    if (bed != NULL && bed->vault != NULL) {
        mir_vault_close(bed->vault);
        test_env_fini(&bed->test);
    }
    free(bed);
}

const char *vault_bed_name(const struct vault_bed *bed)
{
    return bed->vault != NULL ? mir_vault_vfs(bed->vault) : bed->under;
}

int vault_bed_open(sqlite3 **out, const struct vault_bed *bed, const char *path)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    *out = NULL;
    int rc = sqlite3_open_v2(path, out, flags, vault_bed_name(bed));
    if (rc == SQLITE_OK) {
        rc = bed->vault != NULL ? mir_vault_prepare(*out) : bed_run(*out, "PRAGMA temp_store=2");
    }
    if (rc != SQLITE_OK) {
        (void)sqlite3_close(*out);
        *out = NULL;
    }
    return rc;
}

int bed_run(sqlite3 *db, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = sqlite3_vmprintf(format, arguments);
    va_end(arguments);
    assert(text != NULL);
    int rc = sqlite3_exec(db, text, NULL, NULL, NULL);
    sqlite3_free(text);
    return rc;
}

int64_t bed_number(sqlite3 *db, const char *text, int64_t missing)
{
    sqlite3_stmt *statement = NULL;
    int64_t number = missing;
    if (sqlite3_prepare_v2(db, text, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        number = sqlite3_column_int64(statement, 0);
    }
    (void)sqlite3_finalize(statement);
    return number;
}

static uint64_t mix(uint64_t digest, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++) {
        digest = (digest ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return digest;
}

static uint64_t mix_row(uint64_t digest, sqlite3_stmt *statement)
{
    for (int i = 0; i < sqlite3_column_count(statement); i++) {
        int type = sqlite3_column_type(statement, i);
        const void *value = sqlite3_column_blob(statement, i);
        int size = sqlite3_column_bytes(statement, i);
        digest = mix(digest, &type, sizeof type);
        digest = mix(digest, &size, sizeof size);
        if (value != NULL) {
            digest = mix(digest, value, (size_t)size);
        }
    }
    return digest;
}

uint64_t bed_digest(sqlite3 *db, const char *text)
{
    sqlite3_stmt *statement = NULL;
    uint64_t digest = UINT64_C(0xcbf29ce484222325);
    int rc = sqlite3_prepare_v2(db, text, -1, &statement, NULL);
    if (rc == SQLITE_OK && statement != NULL) {
        while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
            digest = mix_row(digest, statement);
        }
    }
    (void)sqlite3_finalize(statement);
    return mix(digest, &rc, sizeof rc);
}

int bed_is_whole(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    int whole = 0;
    if (sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        const unsigned char *word = sqlite3_column_text(statement, 0);
        whole = word != NULL && strcmp((const char *)word, "ok") == 0;
    }
    (void)sqlite3_finalize(statement);
    return whole;
}
