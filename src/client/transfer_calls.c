/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/transfer_calls.c - import and export of files.
 */
#include "env.h"
#include "export.h"
#include "fail.h"
#include "handle.h"
#include "hash.h"
#include "import.h"
#include "members.h"

#include <mirsal/exchange.h>
#include <string.h>

#define DAY_MS 86400000u

mirsal_code mirsal_import(mirsal_text *out,
    uint64_t *rejected,
    mirsal_store *store,
    mirsal_read_callback read,
    void *read_context,
    const mirsal_import_options *options,
    mirsal_error *err)
{
    const struct mir_import import = { .type = options->type,
        .source_id = options->source_id,
        .dry_run = options->dry_run,
        .read = read,
        .read_context = read_context,
        .progress = options->progress,
        .progress_context = options->progress_context };
    struct mir_import_counts counts = { 0 };
    struct mir_buf reply;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_handle_version(options->version, 1, err);
    }
    if (rc == MIRSAL_OK && store->txn != NULL) {
        rc = mir_fail(err, MIRSAL_MISUSE, "a transaction is open");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_import_run(&reply, &counts, store->store, &import, err);
    }
    if (rejected != NULL) {
        *rejected = counts.rejected;
    }
    rc = mir_reply_end(out, &reply, rc, err);
    mir_handle_tell(store);
    return rc;
}

static void begin_hash(void *context)
{
    mir_sha256_init(context);
}

static void update_hash(void *context, const void *data, size_t size)
{
    mir_sha256_update(context, data, size);
}

static void end_hash(void *context, uint8_t out[32])
{
    mirsal_hash hash;
    mir_sha256_final(context, &hash);
    memcpy(out, hash.bytes, sizeof hash.bytes);
}

/* Compartments of the team that this device does not read. */
static size_t list_sealed(uint8_t out[MIR_COMPARTMENTS], const struct mir_store *store)
{
    size_t count = 0;
    for (uint32_t number = 0; number < MIR_COMPARTMENTS; number++) {
        uint64_t exists = store->membership->compartments[number / 64] >> (number % 64) & 1;
        if (exists && !mir_members_reads(store, number)) {
            out[count++] = (uint8_t)number;
        }
    }
    return count;
}

mirsal_code mirsal_export(mirsal_text *out,
    mirsal_store *store,
    const char *directory,
    const mirsal_export_options *options,
    mirsal_error *err)
{
    static const mirsal_export_options none = MIRSAL_EXPORT_OPTIONS_INIT;
    const mirsal_export_options *given = options != NULL ? options : &none;
    struct mir_sha256 state;
    uint8_t sealed[MIR_COMPARTMENTS];
    struct mir_disclosure disclosure = { .release = MIR_RELEASE_PARTNERS,
        .personal = given->personal };
    struct mir_export run = { .directory = directory,
        .where = given->where,
        .disclosure = given->for_team ? NULL : &disclosure,
        .hash = { &state, begin_hash, update_hash, end_hash },
        .sealed = sealed };
    struct mir_buf reply;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK && given->release != NULL) {
        disclosure.release = mir_release_of(given->release);
        if (disclosure.release == 0) {
            rc = mir_fail_field(err, MIRSAL_BAD_VALUE, "release",
                "a release level is public, partners, organisation, team or sealed");
        }
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_read_begin(store->store, err);
    }
    if (rc == MIRSAL_OK) {
        disclosure.schema = store->store->schema;
        disclosure.today = (int64_t)(mir_now_ms(&store->env) / DAY_MS);
        run.sealed_count = list_sealed(sealed, store->store);
        rc = mir_store_digest(&run.digest, &run.has_digest, store->store, err);
        if (rc == MIRSAL_OK) {
            rc = mir_export_run(&reply, store->store, &run, err);
        }
        mir_store_read_end(store->store);
    }
    return mir_reply_end(out, &reply, rc, err);
}
