/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/bundlein.c - a bundle is taken in; see the header.
 *
 * A transaction ends at a frame's end, with the place from which the file is read on. Control is
 * settled before data is looked at, so that what the device may hold is judged by all of it.
 */
#include "bundlein.h"

#include "bundlenotes.h"
#include "bundleopen.h"
#include "duties.h"
#include "evidence.h"
#include "fail.h"
#include "identity.h"
#include "members.h"
#include "run.h"
#include "sql.h"

#include <string.h>

#define ARENA_MAX   ((size_t)16 << 20)
/* Writers wait for one batch, and one that is killed in it begins it anew. */
#define BATCH_COUNT 1024u
#define BATCH_BYTES ((uint64_t)128 << 10)

struct taking {
    struct mir_store *store;
    const struct mir_bundle_source *source;
    struct mir_bundle_file *file;
    struct mir_bundle_taken *taken;
    struct mir_arena arena;
    struct mir_bundle_seen seen;
    struct mir_bundle_close close;
    int in_transaction;
    int control_waits;   /* control was put and is not settled */
    uint64_t batch;      /* changesets put since the last commit */
    uint64_t batch_size; /* bytes of them */
    uint64_t read;       /* changesets that this run met */
    int from_beginning;
};

static mirsal_code begin(struct taking *taking, mirsal_error *err)
{
    if (taking->in_transaction) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_store_begin(taking->store, err);
    taking->in_transaction = rc == MIRSAL_OK;
    return rc;
}

/* All that was put is settled and stays, with the place behind it where that is known. */
static mirsal_code commit(struct taking *taking, int at_frame, mirsal_error *err)
{
    mirsal_code rc = begin(taking, err);
    if (rc == MIRSAL_OK) {
        rc = mir_accept_settle(&taking->taken->counts, taking->store, err);
    }
    if (rc == MIRSAL_OK && at_frame) {
        taking->seen.place = mir_bundle_file_place(taking->file);
        rc = mir_bundle_seen_keep(taking->store, mir_bundle_file_head(taking->file),
            mir_bundle_file_mac(taking->file), &taking->seen, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_store_commit(taking->store, err);
    } else if (taking->in_transaction) {
        mir_store_rollback(taking->store);
    }
    taking->in_transaction = 0;
    taking->control_waits = 0;
    taking->batch = 0;
    taking->batch_size = 0;
    return rc;
}

static void roll_back(struct taking *taking)
{
    if (taking->in_transaction) {
        mir_store_rollback(taking->store);
        taking->in_transaction = 0;
    }
}

static int may_hold(const struct mir_store *store, const struct mir_header *header)
{
    return header->compartment == MIR_COMPARTMENT_CONTROL ||
           mir_identity_is_own(store, &header->device) ||
           mir_members_reads(store, header->compartment);
}

static mirsal_code put(struct taking *taking,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    struct mir_bundle_taken *taken = taking->taken;
    enum mir_accepted accepted = MIR_ACCEPT_STORED;
    taking->read++;
    if (!may_hold(taking->store, &changeset->fields)) {
        taken->left_out++;
        taking->seen.partial = 1;
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_accept_put(&accepted, taking->store, changeset, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (accepted == MIR_ACCEPT_DUPLICATE) {
        taken->duplicates++;
        return MIRSAL_OK;
    }
    taken->changesets++;
    taking->batch++;
    taking->batch_size += changeset->body.size + changeset->header.size;
    taking->control_waits |= changeset->fields.compartment == MIR_COMPARTMENT_CONTROL;
    return MIRSAL_OK;
}

static mirsal_code take_run(struct taking *taking, struct mir_bytes payload, mirsal_error *err)
{
    struct mir_run_reader reader;
    struct mir_changeset changeset;
    mirsal_code rc =
        mir_run_reader_init(&reader, payload, &taking->store->team, NULL, taking->store->env, err);
    if (rc == MIRSAL_OK && taking->control_waits &&
        reader.next.compartment != MIR_COMPARTMENT_CONTROL) {
        rc = commit(taking, 0, err);
    }
    if (rc == MIRSAL_OK) {
        rc = begin(taking, err);
    }
    mirsal_code ended = rc;
    while (rc == MIRSAL_OK && mir_run_reader_next(&reader, &changeset, &ended, err)) {
        rc = put(taking, &changeset, err);
    }
    return rc == MIRSAL_OK ? ended : rc;
}

static mirsal_code take_close(struct taking *taking, struct mir_bytes payload, mirsal_error *err)
{
    mirsal_code rc = mir_bundle_close_read(&taking->close, payload, err);
    if (rc == MIRSAL_OK && taking->from_beginning && taking->close.changesets != taking->read) {
        rc = mir_fail(err, MIRSAL_NOT_AUTHENTIC, "the bundle's close does not fit it");
    }
    return rc;
}

/* One that its relay did not sign is left, and the rest used. */
static mirsal_code take_word(struct taking *taking, struct mir_bytes word, mirsal_error *err)
{
    mirsal_code rc = begin(taking, err);
    if (rc == MIRSAL_OK) {
        rc = mir_evidence_take(taking->store, word, MIR_VIA_BUNDLE, NULL);
        taking->taken->words += rc == MIRSAL_OK;
        if (rc != MIRSAL_OK && mirsal_code_class(rc) != MIRSAL_CLASS_PEER) {
            return mir_fail(err, rc, "a relay's word cannot be kept");
        }
        rc = MIRSAL_OK;
    }
    return rc;
}

static mirsal_code take_frame(struct taking *taking,
    const struct mir_frame *frame,
    mirsal_error *err)
{
    struct mir_vector vector;
    mirsal_hash *purged = NULL;
    uint32_t count = 0;
    mir_arena_reset(&taking->arena);
    if (frame->kind == MIR_FRAME_RUN) {
        return take_run(taking, frame->payload, err);
    }
    if (frame->kind == MIR_FRAME_CLOSE) {
        return take_close(taking, frame->payload, err);
    }
    if (frame->kind == MIR_FRAME_PURGED) {
        return mir_purged_read(&purged, &count, frame->payload, &taking->arena, err);
    }
    if (frame->kind == MIR_FRAME_VECTOR) {
        return mir_vector_read(&vector, frame->payload, &taking->arena, err);
    }
    return take_word(taking, frame->payload, err);
}

static int is_cancelled(const struct taking *taking)
{
    const struct mir_bundle_source *source = taking->source;
    return source->progress != NULL &&
           source->progress(source->progress_context, mir_bundle_file_read(taking->file),
               mir_bundle_file_size(taking->file)) != 0;
}

/* All frames; what was put before a failure that the file is to blame for stays. */
static mirsal_code take_frames(struct taking *taking, mirsal_error *err)
{
    struct mir_frame frame = { MIR_FRAME_NONE, { NULL, 0 } };
    mirsal_code rc = MIRSAL_OK;
    int had_run = !taking->from_beginning;
    do {
        rc = mir_bundle_file_next(&frame, taking->file, err);
        if (rc != MIRSAL_OK || frame.kind == MIR_FRAME_NONE) {
            break;
        }
        rc = take_frame(taking, &frame, err);
        had_run |= frame.kind == MIR_FRAME_RUN;
        int is_full = taking->batch >= BATCH_COUNT || taking->batch_size >= BATCH_BYTES;
        if (rc == MIRSAL_OK && is_full) {
            rc = commit(taking, had_run, err);
        }
        if (rc == MIRSAL_OK && frame.kind == MIR_FRAME_RUN && is_cancelled(taking)) {
            rc = commit(taking, had_run, err);
            rc = rc == MIRSAL_OK ? mir_fail(err, MIRSAL_CANCELLED, "stopped") : rc;
        }
    } while (rc == MIRSAL_OK);
    if (mirsal_code_class(rc) == MIRSAL_CLASS_PEER) {
        mirsal_code kept = commit(taking, 0, NULL);
        if (rc == MIRSAL_MALFORMED || rc == MIRSAL_LIMIT || rc == MIRSAL_PROTOCOL) {
            rc = mir_fail(err, MIRSAL_NOT_AUTHENTIC, "the bundle holds what no bundle holds");
        }
        return kept == MIRSAL_OK ? rc : kept;
    }
    return rc;
}

/* Where an earlier run stopped, unless something was left out then that may be held now. */
static mirsal_code take_up(struct taking *taking, int *done, mirsal_error *err)
{
    const struct mir_bundle_head *head = mir_bundle_file_head(taking->file);
    mirsal_code rc = mir_bundle_seen_read(
        &taking->seen, taking->store, head, mir_bundle_file_mac(taking->file), err);
    *done = 0;
    taking->from_beginning = rc != MIRSAL_OK || taking->seen.partial || taking->seen.place == 0;
    if (rc != MIRSAL_OK || taking->from_beginning) {
        taking->seen.partial = 0;
        taking->seen.place = 0;
        return rc;
    }
    taking->taken->resumed = 1;
    *done = taking->seen.whole;
    return *done ? rc : mir_bundle_file_go(taking->file, taking->seen.place, err);
}

static mirsal_code take_all(struct taking *taking, mirsal_error *err)
{
    const struct mir_bundle_head *head = mir_bundle_file_head(taking->file);
    struct mir_bundle_taken *taken = taking->taken;
    int done = 0;
    if (head == NULL) {
        taken->cut = 1;
        return MIRSAL_OK;
    }
    taken->has_head = 1;
    memcpy(taken->bundle, head->bundle, sizeof taken->bundle);
    taken->part = head->part;
    taken->device = head->device;
    taken->time_ms = head->time_ms;
    mirsal_code rc = take_up(taking, &done, err);
    if (rc != MIRSAL_OK || done) {
        return rc;
    }
    rc = take_frames(taking, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    taken->cut = mir_bundle_file_is_cut(taking->file);
    if (!taken->cut) {
        taking->seen.whole = 1;
        taking->seen.last = taking->close.last;
    }
    int has_place = !taken->cut || !taking->from_beginning || taking->read > 0;
    if (has_place) {
        return commit(taking, 1, err);
    }
    taking->seen.place = 0;
    rc = begin(taking, err);
    if (rc == MIRSAL_OK) {
        rc = mir_bundle_seen_keep(
            taking->store, head, mir_bundle_file_mac(taking->file), &taking->seen, err);
    }
    return rc == MIRSAL_OK ? commit(taking, 0, err) : rc;
}

mirsal_code mir_bundle_take(struct mir_bundle_taken *out,
    struct mir_store *store,
    const struct mir_bundle_source *source,
    mirsal_error *err)
{
    struct taking taking = { .store = store, .source = source, .taken = out };
    memset(out, 0, sizeof *out);
    mir_arena_init(&taking.arena, store->env, ARENA_MAX);
    mirsal_code rc = mir_store_refresh(store, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sql_lean(store->sql, 1, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_bundle_file_open(&taking.file, store, source->path, source->passphrase, err);
    }
    if (rc == MIRSAL_OK) {
        out->bytes = mir_bundle_file_size(taking.file);
        rc = take_all(&taking, err);
    }
    roll_back(&taking);
    mir_bundle_file_close(taking.file);
    mir_arena_fini(&taking.arena);
    if (rc == MIRSAL_OK && out->changesets > 0) {
        rc = mir_duties_run(&out->wrote, store, err);
    } else if (mirsal_code_class(rc) == MIRSAL_CLASS_PEER && out->changesets > 0) {
        mirsal_code owed = mir_duties_run(&out->wrote, store, NULL);
        rc = owed == MIRSAL_OK ? rc : owed;
    }
    mirsal_code more = mir_sql_lean(store->sql, 0, rc == MIRSAL_OK ? err : NULL);
    return rc == MIRSAL_OK ? more : rc;
}
