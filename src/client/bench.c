/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/bench.c - what recording costs here: rates and bytes, each beside its floor of one run.
 *
 * Floors: the same rows in plain SQLite (one durable transaction), the rows as JSON through
 * deflate -9, one Ed25519 signature and verification a time. Last, what wiping that store takes,
 * and of that its keys. No verdict, only numbers.
 */
#include "deflate.h"
#include "env.h"
#include "fail.h"
#include "files.h"
#include "floor.h"
#include "folder.h"
#include "handle.h"
#include "sample.h"
#include "sign.h"

#include <inttypes.h>
#include <mirsal/bench.h>
#include <mirsal/exchange.h>
#include <mirsal/team.h>
#include <stdio.h>
#include <string.h>

#define SIGN_COUNT    2000u
#define ROWS_SIZE_MAX ((size_t)1 << 30)

struct figures {
    uint32_t records;
    uint64_t import_ms;
    uint64_t sqlite_ms;
    uint64_t rows_bytes;
    uint64_t deflated_bytes;
    uint64_t sealed_bytes;
    uint64_t changesets;
    uint64_t wipe_keys_ms;
    uint64_t wipe_ms;
    uint64_t sign_ms;
    uint64_t verify_ms;
};

struct rows {
    struct mir_bytes bytes;
    size_t at;
};

static int read_rows(void *context, void *buffer, size_t capacity, size_t *size)
{
    struct rows *rows = context;
    size_t left = rows->bytes.size - rows->at;
    *size = left < capacity ? left : capacity;
    if (*size > 0) {
        memcpy(buffer, rows->bytes.data + rows->at, *size);
    }
    rows->at += *size;
    return 0;
}

static void make_report(struct mir_floor_report *out, void *context, uint32_t number)
{
    (void)context;
    mir_sample_report(out, number);
}

static void write_rows(struct mir_buf *out, uint32_t records)
{
    for (uint32_t i = 0; i < records; i++) {
        struct mir_floor_report report;
        mir_sample_report(&report, i);
        mir_sample_json(out, &report);
        mir_buf_append_u8(out, '\n');
    }
}

/* A new team's store, the rows imported into it; the time of the import alone. */
static mirsal_code measure_import(struct figures *figures,
    const mirsal_env *env,
    const char *directory,
    struct mir_bytes bytes,
    mirsal_error *err)
{
    char folder[MIR_PATH_MAX];
    char recovery[MIR_PATH_MAX];
    mirsal_store *store = NULL;
    mirsal_text answer = { 0 };
    struct rows rows = { bytes, 0 };
    uint64_t rejected = 0;
    mirsal_import_options import = MIRSAL_IMPORT_OPTIONS_INIT;
    mirsal_code rc = mir_path_join(folder, directory, "store", err);
    if (rc == MIRSAL_OK) {
        rc = mir_path_join(recovery, directory, "recovery", err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mirsal_store_options options = MIRSAL_STORE_OPTIONS_INIT;
    mirsal_team_options team = MIRSAL_TEAM_OPTIONS_INIT;
    options.directory = folder;
    options.insecure_no_passphrase = 1;
    team.name = "bench";
    team.recovery_path = recovery;
    team.recovery_passphrase = "bench";
    team.recovery_passphrase_size = 5;
    rc = mirsal_team_create(&store, &answer, &options, &team, err);
    mirsal_text_free(&answer);
    uint64_t start_ms = mir_ticks_ms(env);
    if (rc == MIRSAL_OK) {
        rc = mirsal_import(&answer, &rejected, store, read_rows, &rows, &import, err);
        figures->import_ms = mir_ticks_ms(env) - start_ms;
        mirsal_text_free(&answer);
    }
    if (rc == MIRSAL_OK && rejected > 0) {
        rc = mir_fail(err, MIRSAL_BAD_VALUE, "generated reports were rejected");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_floor_sealed(&figures->sealed_bytes, &figures->changesets, store->store, err);
    }
    mirsal_close(store);
    if (rc == MIRSAL_OK) {
        start_ms = mir_ticks_ms(env);
        rc = mir_folder_wipe(&figures->wipe_keys_ms, env, folder, NULL, NULL, err);
        figures->wipe_ms = mir_ticks_ms(env) - start_ms;
    }
    return rc;
}

static void measure_sign(struct figures *figures, const mirsal_env *env)
{
    struct mir_sign_public public_key;
    struct mir_sign_secret secret;
    uint8_t signature[64];
    uint8_t message[256] = { 0 };
    const uint8_t seed[32] = { 1 };
    int verified = 0;
    mir_sign_keypair(&public_key, &secret, seed);
    uint64_t start_ms = mir_ticks_ms(env);
    for (uint32_t i = 0; i < SIGN_COUNT; i++) {
        memcpy(message, &i, sizeof i);
        mir_sign(signature, MIR_CONTEXT_CHANGESET, message, sizeof message, &secret);
    }
    uint64_t middle_ms = mir_ticks_ms(env);
    for (uint32_t i = 0; i < SIGN_COUNT; i++) {
        verified += mir_sign_verify(
            signature, MIR_CONTEXT_CHANGESET, message, sizeof message, public_key.bytes);
    }
    figures->sign_ms = middle_ms - start_ms;
    figures->verify_ms = mir_ticks_ms(env) - middle_ms;
    MIR_ASSERT(verified == (int)SIGN_COUNT);
    mir_wipe_sign_secret(&secret);
}

static mirsal_code measure_deflate(struct figures *figures,
    const mirsal_env *env,
    struct mir_bytes rows,
    mirsal_error *err)
{
    const struct mir_bytes none = { NULL, 0 };
    struct mir_buf packed;
    mir_buf_init(&packed, env, ROWS_SIZE_MAX);
    mirsal_code rc = mir_deflate(&packed, rows, none, err);
    figures->rows_bytes = rows.size;
    figures->deflated_bytes = packed.size;
    mir_buf_fini(&packed);
    return rc;
}

static double per_second(uint64_t count, uint64_t elapsed_ms)
{
    return elapsed_ms == 0 ? 0.0 : (double)count * 1000.0 / (double)elapsed_ms;
}

static double ratio(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0.0 : (double)part / (double)whole;
}

static void write_answer(struct mir_buf *out, const struct figures *f)
{
    mir_buf_append_format(out,
        "{\"records\":%u,\"import_ms\":%" PRIu64 ",\"sqlite_ms\":%" PRIu64
        ",\"import_per_s\":%.0f,\"sqlite_per_s\":%.0f,\"import_to_sqlite\":%.3f",
        (unsigned)f->records, f->import_ms, f->sqlite_ms, per_second(f->records, f->import_ms),
        per_second(f->records, f->sqlite_ms), ratio(f->sqlite_ms, f->import_ms));
    mir_buf_append_format(out,
        ",\"rows_bytes\":%" PRIu64 ",\"deflate9_bytes\":%" PRIu64 ",\"sealed_bytes\":%" PRIu64
        ",\"sealed_to_deflate9\":%.3f,\"changesets\":%" PRIu64,
        f->rows_bytes, f->deflated_bytes, f->sealed_bytes,
        ratio(f->sealed_bytes, f->deflated_bytes), f->changesets);
    mir_buf_append_format(
        out, ",\"wipe_keys_ms\":%" PRIu64 ",\"wipe_ms\":%" PRIu64, f->wipe_keys_ms, f->wipe_ms);
    mir_buf_append_format(out, ",\"sign_per_s\":%.0f,\"verify_per_s\":%.0f,\"floors\":{",
        per_second(SIGN_COUNT, f->sign_ms), per_second(SIGN_COUNT, f->verify_ms));
    mir_buf_append_format(out,
        "\"sqlite\":\"mirsal bench --sql %u > rows.sql; time sqlite3 plain.db < rows.sql\","
        "\"deflate9\":\"mirsal bench --rows %u | gzip -9 | wc -c\","
        "\"ed25519\":\"openssl speed -seconds 1 ed25519\"}}",
        (unsigned)f->records, (unsigned)f->records);
}

mirsal_code mirsal_bench(mirsal_text *out,
    const char *directory,
    uint32_t records,
    mirsal_error *err)
{
    struct figures figures = { .records = records };
    mirsal_env env;
    struct mir_buf rows;
    struct mir_buf answer;
    char path[MIR_PATH_MAX];
    *out = (mirsal_text){ 0 };
    mir_handle_env(&env, NULL);
    mir_buf_init(&rows, &env, ROWS_SIZE_MAX);
    mir_buf_init(&answer, &env, 8192);
    mirsal_code rc = mir_crypto_start(err);
    if (rc == MIRSAL_OK) {
        write_rows(&rows, records);
        rc = mir_buf_finish(&rows, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_path_join(path, directory, "plain.db", err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_floor_insert(&figures.sqlite_ms, &env, path, records, make_report, NULL, err);
    }
    if (rc == MIRSAL_OK) {
        rc = measure_import(&figures, &env, directory, mir_buf_bytes(&rows), err);
    }
    if (rc == MIRSAL_OK) {
        rc = measure_deflate(&figures, &env, mir_buf_bytes(&rows), err);
    }
    if (rc == MIRSAL_OK) {
        measure_sign(&figures, &env);
        write_answer(&answer, &figures);
        rc = mir_text_give(out, &answer, err);
    }
    mir_buf_fini(&answer);
    mir_buf_fini(&rows);
    return rc;
}

mirsal_code mirsal_bench_rows(uint32_t records,
    int sql,
    mirsal_line_callback line,
    void *context,
    mirsal_error *err)
{
    static const char head[] =
        "CREATE TABLE incident (source_id TEXT PRIMARY KEY, date TEXT, lat REAL, lon REAL,"
        " title_en TEXT, title_ar TEXT, summary TEXT, means TEXT);"
        "CREATE TABLE casualty (incident TEXT, outcome TEXT, min INTEGER, max INTEGER);BEGIN;";
    mirsal_env env;
    struct mir_buf text;
    int stop = 0;
    mirsal_code rc = MIRSAL_OK;
    mir_handle_env(&env, NULL);
    mir_buf_init(&text, &env, 8192);
    if (sql) {
        stop = line(context, head, sizeof head - 1u);
    }
    for (uint32_t i = 0; rc == MIRSAL_OK && !stop && i < records; i++) {
        struct mir_floor_report report;
        mir_buf_reset(&text);
        mir_sample_report(&report, i);
        (sql ? mir_sample_sql : mir_sample_json)(&text, &report);
        mir_buf_append_u8(&text, 0);
        rc = mir_buf_finish(&text, err);
        if (rc == MIRSAL_OK) {
            stop = line(context, (const char *)text.data, text.size - 1u);
        }
    }
    if (rc == MIRSAL_OK && sql && !stop) {
        stop = line(context, "COMMIT;", 7);
    }
    mir_buf_fini(&text);
    return stop ? mir_fail(err, MIRSAL_CANCELLED, "stopped") : rc;
}
