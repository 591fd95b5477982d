/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/bundle_calls.c - bundles out and in; mirsal/bundle.h.
 */
#include "bundlein.h"
#include "bundlenotes.h"
#include "bundleout.h"
#include "evidence_out.h"
#include "fail.h"
#include "files.h"
#include "handle.h"
#include "json_out.h"
#include "kdf_tune.h"
#include "mir_limits.h"
#include "names.h"
#include "text.h"

#include <mirsal/bundle.h>
#include <stdio.h>
#include <string.h>

#define ARENA_MAX ((size_t)1 << 20)

static void write_number(struct mir_buf *out, const char *key, uint64_t number)
{
    mir_json_key(out, key);
    mir_json_uint(out, number);
}

static void write_bundle_id(struct mir_buf *out, const uint8_t bundle[16])
{
    mirsal_id id;
    memcpy(id.bytes, bundle, sizeof id.bytes);
    mir_json_key(out, "bundle");
    mir_json_uuid(out, &id);
}

static mirsal_code read_order(struct mir_bundle_order_out *order,
    mirsal_hash *to,
    const mirsal_store *store,
    const mirsal_bundle_export_options *options,
    mirsal_error *err)
{
    order->path = options->path;
    order->since = options->since;
    order->part_size = options->split;
    order->progress = options->progress;
    order->progress_context = options->progress_context;
    order->since_passphrase = (struct mir_bytes){ options->passphrase, options->passphrase_size };
    if (options->path == NULL || store->txn != NULL) {
        return mir_fail(err, MIRSAL_MISUSE, "a transaction is open, or no path was given");
    }
    if (options->to != NULL) {
        order->to = to;
        return mir_name_device(to, store->store, options->to, err);
    }
    if (options->passphrase_size == 0) {
        return MIRSAL_OK;
    }
    order->passphrase = order->since_passphrase;
    return mir_kdf_tune(
        &order->kdf_passes, &order->kdf_memory_kib, &store->env, options->kdf_ms, err);
}

mirsal_code mirsal_bundle_export(mirsal_text *out,
    mirsal_store *store,
    const mirsal_bundle_export_options *options,
    mirsal_error *err)
{
    struct mir_bundle_order_out order = { 0 };
    struct mir_bundle_written written = { 0 };
    struct mir_buf reply;
    mirsal_hash to;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_handle_version(options->version, 1, err);
    }
    if (rc == MIRSAL_OK) {
        rc = read_order(&order, &to, store, options, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_bundle_write(&written, store->store, &order, err);
    }
    if (rc == MIRSAL_OK) {
        mir_json_open(&reply, '{');
        write_number(&reply, "changesets", written.changesets);
        write_number(&reply, "media", 0);
        write_number(&reply, "bytes", written.bytes);
        write_bundle_id(&reply, written.bundle);
        write_number(&reply, "parts", written.parts);
        write_number(&reply, "resumed", written.resumed);
        mir_json_close(&reply, '}');
    }
    return mir_reply_end(out, &reply, rc, err);
}

/* What several files of a bundle did together. */
struct sums {
    struct mir_bundle_taken all;
    mirsal_code refused; /* the first file that was not authentic; the others are used */
    mirsal_error why;
    int64_t heard_above; /* mir_evidence_last before */
    size_t evidence;     /* new against relays */
};

static void add(struct sums *sums, const struct mir_bundle_taken *taken)
{
    struct mir_bundle_taken *all = &sums->all;
    if (taken->has_head) {
        memcpy(all->bundle, taken->bundle, sizeof all->bundle);
        all->device = taken->device;
        all->time_ms = taken->time_ms;
        all->has_head = 1;
    }
    all->changesets += taken->changesets;
    all->duplicates += taken->duplicates;
    all->left_out += taken->left_out;
    all->words += taken->words;
    all->bytes += taken->bytes;
    all->resumed |= taken->resumed;
    all->cut |= taken->cut;
    all->counts.projected += taken->counts.projected;
    all->counts.conflicts_opened += taken->counts.conflicts_opened;
    all->counts.quarantined += taken->counts.quarantined;
    all->wrote += taken->wrote;
}

static mirsal_code take_file(struct sums *sums,
    struct mir_store *store,
    const struct mir_bundle_source *source,
    mirsal_error *err)
{
    struct mir_bundle_taken taken;
    mirsal_code rc = mir_bundle_take(&taken, store, source, err);
    add(sums, &taken);
    if (mirsal_code_class(rc) != MIRSAL_CLASS_PEER) {
        return rc;
    }
    if (sums->refused == MIRSAL_OK && err != NULL) {
        sums->why = *err;
    }
    sums->refused = sums->refused == MIRSAL_OK ? rc : sums->refused;
    return MIRSAL_OK;
}

/* The file, or all the parts that stand there under its name. */
static mirsal_code take_files(struct sums *sums,
    struct mir_store *store,
    struct mir_bundle_source *source,
    mirsal_error *err)
{
    const char *base = source->path;
    char path[MIR_PATH_MAX];
    uint32_t found = 0;
    mirsal_code rc = MIRSAL_OK;
    if (mir_file_exists(base)) {
        return take_file(sums, store, source, err);
    }
    source->path = path;
    for (uint32_t part = 1; rc == MIRSAL_OK && part <= MIR_BUNDLE_PARTS_MAX; part++) {
        int size = snprintf(path, sizeof path, "%s.%03u", base, part);
        if (size > 0 && (size_t)size < sizeof path && mir_file_exists(path)) {
            found++;
            rc = take_file(sums, store, source, err);
        }
    }
    source->path = base;
    if (rc == MIRSAL_OK && found == 0) {
        return mir_fail(err, MIRSAL_NOT_FOUND, "no such file, nor parts of it");
    }
    return rc;
}

static mirsal_code write_missing(struct mir_buf *out,
    int *incomplete,
    struct mir_store *store,
    const struct sums *sums,
    mirsal_error *err)
{
    struct mir_arena arena;
    uint32_t *missing = NULL;
    size_t count = 0;
    mirsal_code rc = MIRSAL_OK;
    mir_arena_init(&arena, store->env, ARENA_MAX);
    if (sums->all.has_head) {
        rc = mir_bundle_missing(&missing, &count, &arena, store, sums->all.bundle, err);
    }
    mir_json_key(out, "missing");
    mir_json_open(out, '[');
    for (size_t i = 0; i < count; i++) {
        mir_json_item(out);
        mir_json_uint(out, missing[i]);
    }
    mir_json_close(out, ']');
    *incomplete = sums->all.cut || count > 0;
    mir_arena_fini(&arena);
    return rc;
}

static mirsal_code write_taken(struct mir_buf *out,
    int *incomplete,
    struct mir_store *store,
    struct sums *sums,
    mirsal_error *err)
{
    const struct mir_bundle_taken *all = &sums->all;
    mir_json_open(out, '{');
    write_number(out, "changesets", all->changesets);
    write_number(out, "media", 0);
    write_number(out, "bytes", all->bytes);
    write_number(out, "duplicates", all->duplicates);
    write_number(out, "left_out", all->left_out);
    mir_json_key(out, "cut");
    mir_json_bool(out, all->cut);
    mirsal_code rc = write_missing(out, incomplete, store, sums, err);
    if (all->has_head) {
        write_bundle_id(out, all->bundle);
        mir_json_key(out, "device");
        mir_json_hash(out, &all->device);
        mir_json_key(out, "made");
        mir_json_time(out, (int64_t)all->time_ms, 0, 0);
    }
    write_number(out, "words", all->words);
    write_number(out, "projected", all->counts.projected);
    write_number(out, "conflicts_opened", all->counts.conflicts_opened);
    write_number(out, "quarantined", all->counts.quarantined);
    mir_json_key(out, "resumed");
    mir_json_bool(out, all->resumed);
    if (rc == MIRSAL_OK) {
        rc = mir_evidence_write(out, &sums->evidence, store, sums->heard_above, err);
    }
    mir_json_close(out, '}');
    return rc;
}

/* What is held now, sealed to whoever made the bundle. */
static mirsal_code write_frontier(struct mir_store *store,
    const char *path,
    const struct sums *sums,
    mirsal_error *err)
{
    struct mir_bundle_written written;
    struct mir_bundle_order_out order = {
        .path = path, .to = &sums->all.device, .frontier_only = 1
    };
    if (!sums->all.has_head) {
        return mir_fail(err, MIRSAL_BAD_VALUE, "who made the bundle was cut off: no frontier");
    }
    return mir_bundle_write(&written, store, &order, err);
}

mirsal_code mirsal_bundle_import(mirsal_text *out,
    int *incomplete,
    uint64_t *evidence,
    mirsal_store *store,
    const mirsal_bundle_import_options *options,
    mirsal_error *err)
{
    struct mir_bundle_source source = { .path = options->path,
        .passphrase = { options->passphrase, options->passphrase_size },
        .progress = options->progress,
        .progress_context = options->progress_context };
    struct sums sums = { .refused = MIRSAL_OK };
    struct mir_buf reply;
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    *incomplete = 0;
    if (rc == MIRSAL_OK) {
        rc = mir_evidence_last(&sums.heard_above, store->store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_handle_version(options->version, 1, err);
    }
    if (rc == MIRSAL_OK && (store->txn != NULL || options->path == NULL)) {
        rc = mir_fail(err, MIRSAL_MISUSE, "a transaction is open, or no path was given");
    }
    if (rc == MIRSAL_OK) {
        rc = take_files(&sums, store->store, &source, err);
    }
    if (rc == MIRSAL_OK && sums.refused != MIRSAL_OK) {
        rc = sums.refused;
        if (err != NULL) {
            *err = sums.why;
        }
    }
    if (rc == MIRSAL_OK && options->frontier != NULL) {
        rc = write_frontier(store->store, options->frontier, &sums, err);
    }
    if (rc == MIRSAL_OK) {
        rc = write_taken(&reply, incomplete, store->store, &sums, err);
    }
    if (evidence != NULL) {
        *evidence = sums.evidence;
    }
    rc = mir_reply_end(out, &reply, rc, err);
    mir_handle_tell(store);
    return rc;
}
