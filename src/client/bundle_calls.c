/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/bundle_calls.c - bundles out and in; mirsal/bundle.h.
 */
#include "bundlein.h"
#include "bundlename.h"
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

#define ARENA_MAX     ((size_t)1 << 20)
#define REFUSED_SHOWN 8u

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

static void write_parts(struct mir_buf *out, const char *key, const uint32_t *parts, size_t count)
{
    mir_json_key(out, key);
    mir_json_open(out, '[');
    for (size_t i = 0; i < count; i++) {
        mir_json_item(out);
        mir_json_uint(out, parts[i]);
    }
    mir_json_close(out, ']');
}

/* A bundle that files were parts of. */
struct heard {
    uint8_t bundle[16];
    mirsal_hash device;
    uint64_t time_ms;
    uint32_t files;
};

/* What several files did together. */
struct sums {
    struct mir_bundle_taken all;
    struct mir_buf heard;     /* struct heard */
    struct mir_buf cut_parts; /* uint32_t: numbers of the files' names */
    struct mir_buf refused;   /* the same, of those that were not taken to their end */
    mirsal_error why;         /* of the first of them */
    mirsal_bundle_progress progress;
    void *progress_context;
    uint64_t size;       /* of all files */
    uint64_t done;       /* of those before */
    int64_t heard_above; /* mir_evidence_last before */
    size_t evidence;     /* new against relays */
};

static int tell_progress(void *context, uint64_t done, uint64_t all)
{
    const struct sums *sums = context;
    (void)all;
    return sums->progress(sums->progress_context, sums->done + done, sums->size);
}

static void add_heard(struct sums *sums, const struct mir_bundle_taken *taken)
{
    struct heard *known = (struct heard *)(void *)sums->heard.data;
    for (size_t i = 0; i < sums->heard.size / sizeof *known; i++) {
        if (memcmp(known[i].bundle, taken->bundle, sizeof taken->bundle) == 0) {
            known[i].files++;
            return;
        }
    }
    struct heard heard = { .device = taken->device, .time_ms = taken->time_ms, .files = 1 };
    memcpy(heard.bundle, taken->bundle, sizeof heard.bundle);
    mir_buf_append(&sums->heard, &heard, sizeof heard);
}

/* The one that most of the files are of; NULL where none had a whole head. */
static const struct heard *main_bundle(const struct sums *sums)
{
    const struct heard *heard = (const struct heard *)(const void *)sums->heard.data;
    const struct heard *most = NULL;
    for (size_t i = 0; i < sums->heard.size / sizeof *heard; i++) {
        most = most == NULL || heard[i].files > most->files ? &heard[i] : most;
    }
    return most;
}

static void add(struct sums *sums, const struct mir_bundle_taken *taken)
{
    struct mir_bundle_taken *all = &sums->all;
    if (taken->has_head) {
        add_heard(sums, taken);
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

/* The file is to blame, and others may be sound. */
static int is_of_file(mirsal_code rc, const mirsal_error *why)
{
    return mirsal_code_class(rc) == MIRSAL_CLASS_PEER || rc == MIRSAL_WRONG_PASSPHRASE ||
           rc == MIRSAL_VERSION || rc == MIRSAL_IO || rc == MIRSAL_NO_ACCESS ||
           rc == MIRSAL_NOT_FOUND || rc == MIRSAL_MISUSE ||
           (rc == MIRSAL_USAGE && strcmp(why->field, "passphrase") == 0);
}

/* One of several: what fails is noted. */
static mirsal_code take_part(struct sums *sums,
    struct mir_store *store,
    const struct mir_bundle_source *source,
    uint32_t part,
    mirsal_error *err)
{
    struct mir_bundle_taken taken;
    mirsal_error why = { 0 };
    mirsal_code rc = mir_bundle_take(&taken, store, source, &why);
    add(sums, &taken);
    if (taken.cut) {
        mir_buf_append(&sums->cut_parts, &part, sizeof part);
    }
    if (rc == MIRSAL_OK) {
        return rc;
    }
    if (!is_of_file(rc, &why)) {
        if (err != NULL) {
            *err = why;
        }
        return rc;
    }
    /* What one can give an answer to, a passphrase, goes before what one cannot. */
    if (sums->refused.size == 0 || (rc == MIRSAL_USAGE && sums->why.code != MIRSAL_USAGE)) {
        sums->why = why;
    }
    mir_buf_append(&sums->refused, &part, sizeof part);
    return MIRSAL_OK;
}

/* The parts that stand there under the name. */
static mirsal_code find_parts(struct mir_buf *out,
    struct sums *sums,
    const char *base,
    mirsal_error *err)
{
    char path[MIR_PATH_MAX];
    for (uint32_t part = 1; part <= MIR_BUNDLE_PARTS_MAX; part++) {
        if (mir_bundle_part_path(path, base, part, NULL) == MIRSAL_OK && mir_file_exists(path)) {
            mir_buf_append(out, &part, sizeof part);
            sums->size += mir_file_size(path);
        }
    }
    mirsal_code rc = mir_buf_finish(out, err);
    if (rc == MIRSAL_OK && out->size == 0) {
        rc = mir_fail(err, MIRSAL_NOT_FOUND, "no such file, nor parts of it");
    }
    return rc;
}

static mirsal_code take_parts(struct sums *sums,
    struct mir_store *store,
    struct mir_bundle_source *source,
    mirsal_error *err)
{
    const char *base = source->path;
    char path[MIR_PATH_MAX];
    struct mir_buf found;
    mir_buf_init(&found, store->env, ARENA_MAX);
    mirsal_code rc = find_parts(&found, sums, base, err);
    source->path = path;
    for (size_t at = 0; rc == MIRSAL_OK && at < found.size; at += sizeof(uint32_t)) {
        uint32_t part = 0;
        memcpy(&part, found.data + at, sizeof part);
        rc = mir_bundle_part_path(path, base, part, err);
        if (rc == MIRSAL_OK) {
            rc = take_part(sums, store, source, part, err);
            sums->done += mir_file_size(path);
        }
    }
    source->path = base;
    mir_buf_fini(&found);
    return rc;
}

/* Which files they were, and why the first of them. */
static mirsal_code fail_refused(const struct sums *sums, mirsal_error *err)
{
    const uint32_t *parts = (const uint32_t *)(const void *)sums->refused.data;
    size_t count = sums->refused.size / sizeof *parts;
    size_t shown = count < REFUSED_SHOWN ? count : REFUSED_SHOWN;
    char names[6 * REFUSED_SHOWN + 8u] = "";
    size_t used = 0;
    for (size_t i = 0; i < shown; i++) {
        int size =
            snprintf(names + used, sizeof names - used, "%s.%03u", i == 0 ? "" : ", ", parts[i]);
        used += size > 0 ? (size_t)size : 0;
    }
    if (err != NULL) {
        *err = sums->why;
    }
    return mir_wrap(
        err, sums->why.code, "%s%s (the other parts are used)", names, shown < count ? ", …" : "");
}

/* The file, or all the parts that stand there under its name. */
static mirsal_code take_files(struct sums *sums,
    struct mir_store *store,
    struct mir_bundle_source *source,
    mirsal_error *err)
{
    struct mir_bundle_taken taken;
    mirsal_code rc = MIRSAL_OK;
    if (mir_file_exists(source->path)) {
        sums->size = mir_file_size(source->path);
        rc = mir_bundle_take(&taken, store, source, err);
        add(sums, &taken);
        return rc;
    }
    rc = take_parts(sums, store, source, err);
    if (rc == MIRSAL_OK && (sums->heard.failed != MIRSAL_OK || sums->refused.failed != MIRSAL_OK ||
                               sums->cut_parts.failed != MIRSAL_OK)) {
        rc = mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    return rc == MIRSAL_OK && sums->refused.size > 0 ? fail_refused(sums, err) : rc;
}

/* The numbers of the bundle's parts that did not come whole yet. */
static mirsal_code write_missing(struct mir_buf *out,
    size_t *missing_count,
    struct mir_store *store,
    const struct heard *heard,
    mirsal_error *err)
{
    struct mir_arena arena;
    uint32_t *missing = NULL;
    size_t count = 0;
    mirsal_code rc = MIRSAL_OK;
    mir_arena_init(&arena, store->env, ARENA_MAX);
    if (heard != NULL) {
        rc = mir_bundle_missing(&missing, &count, &arena, store, heard->bundle, err);
    }
    write_parts(out, "missing", missing, count);
    *missing_count += count;
    mir_arena_fini(&arena);
    return rc;
}

/* Other bundles that some of the files were parts of. */
static mirsal_code write_others(struct mir_buf *out,
    size_t *missing,
    struct mir_store *store,
    const struct sums *sums,
    mirsal_error *err)
{
    const struct heard *heard = (const struct heard *)(const void *)sums->heard.data;
    size_t count = sums->heard.size / sizeof *heard;
    mirsal_code rc = MIRSAL_OK;
    if (count < 2) {
        return rc;
    }
    mir_json_key(out, "others");
    mir_json_open(out, '[');
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        if (&heard[i] != main_bundle(sums)) {
            mir_json_item(out);
            mir_json_open(out, '{');
            write_bundle_id(out, heard[i].bundle);
            rc = write_missing(out, missing, store, &heard[i], err);
            mir_json_close(out, '}');
        }
    }
    mir_json_close(out, ']');
    return rc;
}

static mirsal_code write_taken(struct mir_buf *out,
    mirsal_bundle_result *result,
    struct mir_store *store,
    struct sums *sums,
    mirsal_error *err)
{
    const struct mir_bundle_taken *all = &sums->all;
    const struct heard *heard = main_bundle(sums);
    size_t missing = 0;
    mir_json_open(out, '{');
    write_number(out, "changesets", all->changesets);
    write_number(out, "media", 0);
    write_number(out, "bytes", all->bytes);
    write_number(out, "duplicates", all->duplicates);
    write_number(out, "left_out", all->left_out);
    mir_json_key(out, "cut");
    mir_json_bool(out, all->cut);
    if (sums->cut_parts.size > 0) {
        write_parts(out, "cut_parts", (const uint32_t *)(const void *)sums->cut_parts.data,
            sums->cut_parts.size / sizeof(uint32_t));
    }
    mirsal_code rc = write_missing(out, &missing, store, heard, err);
    if (heard != NULL) {
        write_bundle_id(out, heard->bundle);
        mir_json_key(out, "device");
        mir_json_hash(out, &heard->device);
        mir_json_key(out, "made");
        mir_json_time(out, (int64_t)heard->time_ms, 0, 0);
    }
    rc = rc == MIRSAL_OK ? write_others(out, &missing, store, sums, err) : rc;
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
    *result = (mirsal_bundle_result){ all->cut || missing > 0, all->counts.conflicts_opened,
        all->counts.quarantined, sums->evidence };
    return rc;
}

/* What is held now, sealed to whoever made the bundle. */
static mirsal_code write_frontier(struct mir_store *store,
    const char *path,
    const struct sums *sums,
    mirsal_error *err)
{
    const struct heard *heard = main_bundle(sums);
    struct mir_bundle_written written;
    if (heard == NULL) {
        return mir_fail(err, MIRSAL_BAD_VALUE, "who made the bundle was cut off: no frontier");
    }
    const struct mir_bundle_order_out order = {
        .path = path, .to = &heard->device, .frontier_only = 1
    };
    return mir_bundle_write(&written, store, &order, err);
}

/* The whole import, inside a reply that has begun. */
static mirsal_code import_files(struct mir_buf *reply,
    mirsal_bundle_result *result,
    mirsal_store *store,
    const mirsal_bundle_import_options *options,
    mirsal_error *err)
{
    struct sums sums = { .progress = options->progress,
        .progress_context = options->progress_context };
    struct mir_bundle_source source = { .path = options->path,
        .passphrase = { options->passphrase, options->passphrase_size },
        .progress = options->progress != NULL ? tell_progress : NULL,
        .progress_context = &sums };
    mir_buf_init(&sums.heard, &store->env, ARENA_MAX);
    mir_buf_init(&sums.cut_parts, &store->env, ARENA_MAX);
    mir_buf_init(&sums.refused, &store->env, ARENA_MAX);
    mirsal_code rc = mir_evidence_last(&sums.heard_above, store->store, err);
    if (rc == MIRSAL_OK) {
        rc = take_files(&sums, store->store, &source, err);
    }
    if (rc == MIRSAL_OK && options->frontier != NULL) {
        rc = write_frontier(store->store, options->frontier, &sums, err);
    }
    if (rc == MIRSAL_OK) {
        rc = write_taken(reply, result, store->store, &sums, err);
    }
    mir_buf_fini(&sums.refused);
    mir_buf_fini(&sums.cut_parts);
    mir_buf_fini(&sums.heard);
    return rc;
}

mirsal_code mirsal_bundle_import(mirsal_text *out,
    mirsal_bundle_result *result,
    mirsal_store *store,
    const mirsal_bundle_import_options *options,
    mirsal_error *err)
{
    struct mir_buf reply;
    mirsal_bundle_result met = { 0 };
    mirsal_code rc = mir_reply_begin(out, &reply, store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_handle_version(options->version, 1, err);
    }
    if (rc == MIRSAL_OK && (store->txn != NULL || options->path == NULL)) {
        rc = mir_fail(err, MIRSAL_MISUSE, "a transaction is open, or no path was given");
    }
    if (rc == MIRSAL_OK) {
        rc = import_files(&reply, &met, store, options, err);
    }
    if (result != NULL) {
        *result = met;
    }
    rc = mir_reply_end(out, &reply, rc, err);
    mir_handle_tell(store);
    return rc;
}
