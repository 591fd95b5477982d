/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/bundleout.c - a bundle is written; see the header.
 */
#include "bundleout.h"

#include "bundlename.h"
#include "bundlenotes.h"
#include "bundleopen.h"
#include "bundlepick.h"
#include "env.h"
#include "evidence.h"
#include "fail.h"
#include "hash.h"
#include "longfile.h"
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ARENA_MAX    ((size_t)16 << 20)
#define RUN_SIZE     57344u /* aim for one run */
#define RUN_OVERHEAD 192u   /* device, prev, authority, head of a frame */
#define CLOSE_SIZE   64u
#define HEAD_SIZE    512u /* more than each of: a sealed file's head without envelopes, BUNDLE */
#define FRAMES_MAX   (2u * MIR_FRAME_SIZE_MAX)

struct writing {
    struct mir_store *store;
    const struct mir_bundle_order_out *order;
    struct mir_buf keys; /* struct mir_agree_public */
    struct mir_bundle_pick pick;
    struct mir_bundle_note note; /* how far it came; fingerprint of the order */
    uint64_t all;                /* bytes of what goes along */
    uint64_t done;
    struct mir_arena arena;
    struct mir_run_writer run;
    /* The part at hand. */
    struct mir_long_out file;
    struct mir_sealedfile sealed;
    struct mir_buf frames;
    struct mir_buf out;
    uint64_t clear; /* bytes of its content */
    uint64_t part_bytes;
    uint64_t part_changesets;
};

/* Bytes of the part's file when its content has so many. */
static uint64_t part_size(const struct writing *writing, uint64_t clear)
{
    uint64_t chunks = (clear + MIR_STREAM_CHUNK_SIZE - 1) / MIR_STREAM_CHUNK_SIZE;
    return writing->sealed.head_size + MIR_STREAM_PREFIX_SIZE + clear +
           (chunks > 0 ? chunks : 1) * MIR_STREAM_TAG_SIZE + MIR_BUNDLE_MARK_SIZE;
}

/* The part's number in its file's name: none for a bundle of one file. */
static uint32_t numbered(const struct mir_bundle_order_out *order, uint32_t part)
{
    return order->part_size == 0 ? 0 : part;
}

/* To the file, as what was sealed of it so far. */
static mirsal_code flush_sealed(struct writing *writing, mirsal_error *err)
{
    mirsal_error why = { 0 };
    mirsal_code rc = mir_buf_finish(&writing->out, err);
    if (rc == MIRSAL_OK) {
        rc = mir_long_out_write(&writing->file, mir_buf_bytes(&writing->out), &why);
        if (rc == MIRSAL_IO && why.detail == EFBIG) {
            rc = mir_fail(err, MIRSAL_TOO_LARGE, "this disk takes no file so large: use --split");
        } else if (rc != MIRSAL_OK && err != NULL) {
            *err = why;
        }
    }
    writing->part_bytes += writing->out.size;
    mir_buf_reset(&writing->out);
    return rc;
}

static mirsal_code flush_frames(struct writing *writing, mirsal_error *err)
{
    mirsal_code rc = mir_buf_finish(&writing->frames, err);
    if (rc == MIRSAL_OK) {
        writing->clear += writing->frames.size;
        rc = mir_sealedfile_write(
            &writing->out, &writing->sealed, mir_buf_bytes(&writing->frames), err);
    }
    mir_buf_reset(&writing->frames);
    return rc == MIRSAL_OK ? flush_sealed(writing, err) : rc;
}

static void write_head(struct writing *writing, struct mir_bundle_head *head)
{
    struct mir_store *store = writing->store;
    memset(head, 0, sizeof *head);
    memcpy(head->bundle, writing->note.bundle, sizeof head->bundle);
    head->part = writing->note.parts + 1u;
    head->team = store->team;
    memcpy(head->device.bytes, store->keys->sign_public.bytes, sizeof head->device.bytes);
    head->time_ms = mir_now_ms(store->env);
    mir_random(store->env, head->tag_key, sizeof head->tag_key);
    mir_bundle_head_write(&writing->frames, head, writing->sealed.mac, &store->keys->sign);
}

/* The changesets whose bodies orders destroy. */
static mirsal_code write_purged(struct writing *writing, mirsal_error *err)
{
    const struct mir_purges *purges = &writing->store->membership->purges;
    mirsal_hash *ids = mir_arena_alloc(&writing->arena, purges->body_count + 1, sizeof *ids);
    uint32_t count = 0;
    if (ids == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < purges->body_count && count < MIR_BUNDLE_PURGED_MAX; i++) {
        if (purges->bodies[i].level == MIR_PURGE_ORDERED) {
            ids[count++] = purges->bodies[i].id;
        }
    }
    mir_purged_write(&writing->frames, ids, count);
    return MIRSAL_OK;
}

static mirsal_code add_word(void *context, struct mir_bytes word, mirsal_error *err)
{
    struct writing *writing = context;
    mir_frame_write(&writing->frames, MIR_FRAME_WORD, word);
    return mir_buf_finish(&writing->frames, err);
}

/* What stands in part 1 alone: words of relays, the purge list, what is held here. */
static mirsal_code write_first(struct writing *writing,
    const struct mir_bundle_head *head,
    mirsal_error *err)
{
    struct mir_heads heads;
    struct mir_vector vector;
    mir_heads_init(&heads, writing->store->env);
    mirsal_code rc = mir_evidence_give(writing->store, add_word, writing, err);
    if (rc == MIRSAL_OK) {
        rc = write_purged(writing, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_bundle_pick_heads(&heads, &writing->pick, err);
    }
    mir_arena_reset(&writing->arena);
    if (rc == MIRSAL_OK) {
        rc = mir_vector_of(&vector, &heads, head->tag_key, &writing->arena, err);
    }
    if (rc == MIRSAL_OK) {
        mir_vector_write(&writing->frames, &vector);
    }
    mir_heads_fini(&heads);
    return rc;
}

static mirsal_code begin_part(struct writing *writing, mirsal_error *err)
{
    const struct mir_bundle_order_out *order = writing->order;
    struct mir_sealedfile_readers readers = {
        .keys = (const struct mir_agree_public *)(const void *)writing->keys.data,
        .count = (uint32_t)(writing->keys.size / sizeof(struct mir_agree_public)),
        .passphrase = order->passphrase,
        .kdf = { .passes = order->kdf_passes, .memory_kib = order->kdf_memory_kib },
    };
    struct mir_bundle_head head;
    char path[MIR_PATH_MAX];
    if (writing->note.parts == MIR_BUNDLE_PARTS_MAX) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "more than %u parts", MIR_BUNDLE_PARTS_MAX);
    }
    writing->clear = 0;
    writing->part_bytes = 0;
    writing->part_changesets = 0;
    mir_random(writing->store->env, readers.kdf.salt, sizeof readers.kdf.salt);
    mirsal_code rc =
        mir_bundle_part_path(path, order->path, numbered(order, writing->note.parts + 1u), err);
    if (rc == MIRSAL_OK) {
        rc = mir_bundle_may_replace(path, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_long_out_open(&writing->file, path, err);
    }
    if (rc != MIRSAL_OK && order->part_size != 0) {
        return mir_wrap(err, rc, "part %u", writing->note.parts + 1u);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_sealedfile_begin(&writing->out, &writing->sealed, writing->store->env,
            MIR_SEALEDFILE_BUNDLE, &readers, err);
    }
    if (rc == MIRSAL_OK) {
        write_head(writing, &head);
    }
    if (rc == MIRSAL_OK && head.part == 1) {
        rc = write_first(writing, &head, err);
    }
    if (rc == MIRSAL_OK) {
        rc = flush_frames(writing, err);
    }
    if (rc == MIRSAL_OK && order->part_size != 0 &&
        part_size(writing, writing->clear + CLOSE_SIZE) > order->part_size) {
        rc = mir_fail(err, MIRSAL_TOO_LARGE, "the head of a bundle is larger than a part");
    }
    return rc;
}

/* The close, the stream's end, the mark; then the part has its name. */
static mirsal_code end_part(struct writing *writing, int last, mirsal_error *err)
{
    struct mir_bundle_close close = { last, writing->part_changesets, 0 };
    mir_bundle_close_write(&writing->frames, &close);
    mirsal_code rc = flush_frames(writing, err);
    if (rc == MIRSAL_OK) {
        rc = mir_sealedfile_write_end(&writing->out, &writing->sealed, err);
    }
    if (rc == MIRSAL_OK) {
        mir_buf_append(&writing->out, MIR_BUNDLE_MARK, MIR_BUNDLE_MARK_SIZE);
        rc = flush_sealed(writing, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_long_out_finish(&writing->file, err);
    }
    mir_sealedfile_fini(&writing->sealed);
    if (rc == MIRSAL_OK) {
        writing->note.parts++;
        writing->note.changesets += writing->part_changesets;
        writing->note.bytes += writing->part_bytes;
    }
    return rc;
}

/* The gathered run becomes a frame. */
static mirsal_code flush_run(struct writing *writing, mirsal_error *err)
{
    struct mir_buf payload;
    if (writing->run.count == 0) {
        return MIRSAL_OK;
    }
    writing->part_changesets += writing->run.count;
    mir_buf_init(&payload, writing->store->env, MIR_FRAME_SIZE_MAX);
    mirsal_code rc = mir_run_writer_finish(&writing->run, &payload, NULL, err);
    if (rc == MIRSAL_OK) {
        mir_frame_write(&writing->frames, MIR_FRAME_RUN, mir_buf_bytes(&payload));
        rc = flush_frames(writing, err);
    }
    mir_buf_fini(&payload);
    return rc;
}

/* Whether so many bytes more of a run fit into the part at hand. */
static int fits(const struct writing *writing, size_t more)
{
    uint64_t clear = writing->clear + writing->run.items.size + more + RUN_OVERHEAD + CLOSE_SIZE;
    return writing->order->part_size == 0 || part_size(writing, clear) <= writing->order->part_size;
}

/* The part is full: the next one, remembered as the place from which to go on. */
static mirsal_code turn_part(struct writing *writing, uint8_t phase, int64_t no, mirsal_error *err)
{
    mirsal_code rc = flush_run(writing, err);
    if (rc == MIRSAL_OK && writing->part_changesets == 0 && writing->note.parts > 0) {
        return mir_fail(
            err, MIRSAL_TOO_LARGE, "a changeset is larger than a part: give a larger --split");
    }
    if (rc == MIRSAL_OK) {
        rc = end_part(writing, 0, err);
    }
    if (rc == MIRSAL_OK) {
        writing->note.phase = phase;
        writing->note.no = no;
        rc = mir_bundle_note_keep(writing->store, &writing->note, err);
    }
    return rc == MIRSAL_OK ? begin_part(writing, err) : rc;
}

static int is_cancelled(const struct writing *writing)
{
    const struct mir_bundle_order_out *order = writing->order;
    return order->progress != NULL &&
           order->progress(order->progress_context, writing->done, writing->all) != 0;
}

/* phase and no: of the changeset before, behind which a later run goes on. */
static mirsal_code add_changeset(struct writing *writing,
    const struct mir_chain_row *row,
    uint8_t phase,
    int64_t no,
    mirsal_error *err)
{
    struct mir_changeset changeset;
    mir_arena_reset(&writing->arena);
    mirsal_code rc = mir_chain_load(&changeset, &writing->arena, writing->store->sql, row->no, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (changeset.body.size == 0 && row->kept != MIR_KEPT_WHOLE) {
        return mir_bundle_pick_withhold(&writing->pick, row, err); /* purged, without a residue */
    }
    size_t size = changeset.header.size + changeset.signature.size + changeset.body.size;
    if (!fits(writing, size)) {
        rc = turn_part(writing, phase, no, err);
        if (rc == MIRSAL_OK && !fits(writing, size)) {
            rc = mir_fail(
                err, MIRSAL_TOO_LARGE, "a changeset is larger than a part: give a larger --split");
        }
    } else if (writing->run.items.size + size > RUN_SIZE ||
               !mir_run_writer_follows(&writing->run, &changeset)) {
        rc = flush_run(writing, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_run_writer_add(&writing->run, &changeset, err);
    }
    writing->done += row->size;
    if (rc == MIRSAL_OK && is_cancelled(writing)) {
        rc = mir_fail(err, MIRSAL_CANCELLED, "stopped");
    }
    return rc;
}

static mirsal_code write_all(struct writing *writing, mirsal_error *err)
{
    struct mir_chain_row row;
    uint8_t phase = writing->note.phase;
    int64_t no = writing->note.no;
    mirsal_code rc = begin_part(writing, err);
    while (rc == MIRSAL_OK && !writing->order->frontier_only) {
        rc = mir_bundle_pick_next(&row, &writing->pick, err);
        if (rc != MIRSAL_OK || row.no == 0) {
            break;
        }
        rc = add_changeset(writing, &row, phase, no, err);
        phase = writing->pick.phase;
        no = row.no;
    }
    if (rc == MIRSAL_OK) {
        rc = flush_run(writing, err);
    }
    return rc == MIRSAL_OK ? end_part(writing, 1, err) : rc;
}

static int reads_something(const struct mir_membership *membership, const struct mir_member *member)
{
    for (uint32_t c = 0; !member->write_only && c < MIR_COMPARTMENT_CONTROL; c++) {
        if (mir_membership_can_read(membership, &member->key, c)) {
            return 1;
        }
    }
    return 0;
}

/* Keys of the addressees; none with a passphrase. */
static mirsal_code find_keys(struct writing *writing, mirsal_error *err)
{
    const struct mir_bundle_order_out *order = writing->order;
    const struct mir_membership *membership = writing->store->membership;
    for (size_t i = 0; order->passphrase.size == 0 && i < membership->member_count; i++) {
        const struct mir_member *member = &membership->members[i];
        int is_addressed = order->to != NULL ? mir_hash_equal(&member->key, order->to)
                                             : member->member && !member->ended &&
                                                   reads_something(membership, member);
        if (is_addressed) {
            mir_buf_append(&writing->keys, member->hpke.bytes, sizeof member->hpke.bytes);
        }
    }
    mirsal_code rc = mir_buf_finish(&writing->keys, err);
    if (rc == MIRSAL_OK && order->passphrase.size == 0 && writing->keys.size == 0) {
        rc = mir_fail(err, MIRSAL_NOT_ALLOWED, "no device of the team can open it");
    }
    return rc;
}

/* The vector in the file that the other side wrote. */
static mirsal_code read_since(struct writing *writing, mirsal_error *err)
{
    const struct mir_bundle_order_out *order = writing->order;
    struct mir_bundle_file *file = NULL;
    struct mir_frame frame = { MIR_FRAME_NONE, { NULL, 0 } };
    struct mir_vector vector;
    mirsal_code rc =
        mir_bundle_file_open(&file, writing->store, order->since, order->since_passphrase, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    const struct mir_bundle_head *head = mir_bundle_file_head(file);
    const struct mir_member *member =
        head == NULL ? NULL : mir_membership_device(writing->store->membership, &head->device);
    if (head == NULL) {
        rc = mir_fail(err, MIRSAL_BAD_VALUE, "the file was cut before what its device holds");
    } else if (head->part != 1) {
        rc = mir_fail(err, MIRSAL_BAD_VALUE, "what a device holds stands in part 1 of its bundle");
    } else if (member == NULL || member->ended) {
        rc = mir_fail(err, MIRSAL_NOT_AUTHENTIC, "the frontier is of no device of the team");
    } else if (order->to != NULL && !mir_hash_equal(&head->device, order->to)) {
        rc = mir_fail(err, MIRSAL_BAD_VALUE, "the frontier is of another device than --to");
    }
    do {
        rc = rc == MIRSAL_OK ? mir_bundle_file_next(&frame, file, err) : rc;
    } while (rc == MIRSAL_OK && frame.kind != MIR_FRAME_VECTOR && frame.kind != MIR_FRAME_NONE);
    if (rc == MIRSAL_OK && frame.kind == MIR_FRAME_NONE) {
        rc = mir_fail(err, MIRSAL_BAD_VALUE, "the file was cut before what its device holds");
    }
    if (rc == MIRSAL_OK) {
        rc = mir_vector_read(&vector, frame.payload, &writing->arena, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_bundle_pick_since(&writing->pick, &vector, head->tag_key, err);
    }
    mir_bundle_file_close(file);
    return rc;
}

/* The same order gives the same fingerprint; nobody without this store's keys tests a passphrase by
 * it. */
static mirsal_code take_fingerprint(struct writing *writing, mirsal_error *err)
{
    const struct mir_bundle_order_out *order = writing->order;
    struct mir_buf said;
    mir_buf_init(&said, writing->store->env, SIZE_MAX / 2);
    mir_buf_append_be64(&said, order->part_size);
    mir_buf_append_be64(&said, strlen(order->path));
    mir_buf_append_text(&said, order->path);
    mir_buf_append_be64(&said, order->passphrase.size);
    mir_buf_append(&said, order->passphrase.data, order->passphrase.size);
    mir_buf_append(&said, writing->keys.data, writing->keys.size);
    mir_buf_append_u8(&said, (uint8_t)writing->pick.to_one);
    for (size_t at = 0; at < writing->pick.known.size; at += sizeof(struct mir_bundle_chain)) {
        struct mir_bundle_chain chain;
        memcpy(&chain, writing->pick.known.data + at, sizeof chain);
        mir_buf_append_be64(&said, (uint64_t)chain.device);
        mir_buf_append_u8(&said, chain.compartment);
        mir_buf_append_be64(&said, chain.seq);
    }
    mirsal_code rc = mir_buf_finish(&said, err);
    if (rc == MIRSAL_OK) {
        mir_hash_keyed(writing->note.fingerprint, sizeof writing->note.fingerprint,
            MIR_CONTEXT_FILE, writing->store->keys->sealing.bytes,
            sizeof writing->store->keys->sealing.bytes, mir_buf_bytes(&said));
    }
    mir_buf_fini(&said);
    return rc;
}

/* Whole parts of the same order that still stand: the run goes on behind them. */
static mirsal_code take_up(uint32_t *resumed, struct writing *writing, mirsal_error *err)
{
    struct mir_bundle_note kept;
    char path[MIR_PATH_MAX];
    uint64_t bytes = 0;
    int there = 0;
    *resumed = 0;
    mirsal_code rc = mir_bundle_note_read(&there, &kept, writing->store, err);
    there = rc == MIRSAL_OK && there && writing->order->part_size != 0 &&
            mir_equal(kept.fingerprint, writing->note.fingerprint, sizeof kept.fingerprint);
    for (uint32_t part = 1; rc == MIRSAL_OK && there && part <= kept.parts; part++) {
        rc = mir_bundle_part_path(path, writing->order->path, part, err);
        there = rc == MIRSAL_OK && mir_file_exists(path);
        bytes += there ? mir_file_size(path) : 0;
    }
    if (rc == MIRSAL_OK && there && bytes == kept.bytes) {
        writing->note = kept;
        writing->pick.top = kept.top;
        *resumed = kept.parts;
    } else {
        mir_random(writing->store->env, writing->note.bundle, sizeof writing->note.bundle);
        writing->note.top = writing->pick.top;
    }
    return rc;
}

/* Before anything is written: each part holds one changeset at least. */
static mirsal_code check_largest(const struct writing *writing, uint64_t largest, mirsal_error *err)
{
    uint64_t readers = writing->keys.size / sizeof(struct mir_agree_public);
    uint64_t clear = largest + RUN_OVERHEAD + CLOSE_SIZE + HEAD_SIZE;
    uint64_t chunks = clear / MIR_STREAM_CHUNK_SIZE + 1;
    uint64_t needed = clear + chunks * MIR_STREAM_TAG_SIZE + HEAD_SIZE +
                      2u * readers * MIR_SEALEDFILE_ENVELOPE_SIZE;
    if (writing->order->part_size == 0 || needed <= writing->order->part_size) {
        return MIRSAL_OK;
    }
    return mir_fail_field(err, MIRSAL_TOO_LARGE, "split",
        "a changeset of %llu bytes goes along: parts have to be of %lluk at least",
        (unsigned long long)largest, (unsigned long long)((needed + 1023u) / 1024u));
}

/* Goes over what will go along, for the sum; of what stands in whole parts already, too. */
static mirsal_code measure(struct writing *writing, mirsal_error *err)
{
    struct mir_chain_row row;
    struct mir_bundle_pick *pick = &writing->pick;
    const struct mir_bundle_note *note = &writing->note;
    uint64_t largest = 0;
    mirsal_code rc =
        writing->order->frontier_only ? MIRSAL_OK : mir_bundle_pick_next(&row, pick, err);
    while (rc == MIRSAL_OK && !writing->order->frontier_only && row.no != 0) {
        int is_done = note->parts > 0 && (pick->phase < note->phase ||
                                             (pick->phase == note->phase && row.no <= note->no));
        writing->done += is_done ? row.size : 0;
        writing->all += row.size;
        largest = row.size > largest ? row.size : largest;
        rc = mir_bundle_pick_next(&row, pick, err);
    }
    mir_bundle_pick_go(pick, note->phase, note->no);
    return rc == MIRSAL_OK ? check_largest(writing, largest, err) : rc;
}

static mirsal_code check_order(const struct mir_bundle_order_out *order, mirsal_error *err)
{
    if (order->part_size != 0 && order->part_size < MIR_BUNDLE_PART_MIN) {
        return mir_fail_field(
            err, MIRSAL_BAD_VALUE, "split", "a part has %u bytes at least", MIR_BUNDLE_PART_MIN);
    }
    return MIRSAL_OK;
}

static mirsal_code prepare(struct writing *writing, uint32_t *resumed, mirsal_error *err)
{
    struct mir_store *store = writing->store;
    const struct mir_bundle_order_out *order = writing->order;
    mirsal_code rc = check_order(order, err);
    if (rc == MIRSAL_OK) {
        rc = mir_store_refresh(store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_bundle_pick_init(&writing->pick, store, order->to, 0, err);
    }
    if (rc == MIRSAL_OK) {
        rc = find_keys(writing, err);
    }
    if (rc == MIRSAL_OK && order->since != NULL) {
        rc = read_since(writing, err);
    }
    if (rc == MIRSAL_OK) {
        rc = take_fingerprint(writing, err);
    }
    if (rc == MIRSAL_OK) {
        rc = take_up(resumed, writing, err);
    }
    return rc == MIRSAL_OK ? measure(writing, err) : rc;
}

mirsal_code mir_bundle_write(struct mir_bundle_written *out,
    struct mir_store *store,
    const struct mir_bundle_order_out *order,
    mirsal_error *err)
{
    uint32_t resumed = 0;
    memset(out, 0, sizeof *out);
    struct writing *writing = mir_secret_alloc(sizeof *writing);
    if (writing == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    writing->store = store;
    writing->order = order;
    mir_arena_init(&writing->arena, store->env, ARENA_MAX);
    mir_buf_init(&writing->keys, store->env, SIZE_MAX / 2);
    mir_buf_init(&writing->frames, store->env, SIZE_MAX / 2);
    mir_buf_init(&writing->out, store->env, SIZE_MAX / 2);
    mir_run_writer_init(&writing->run, store->env, MIR_FRAME_SIZE_MAX - RUN_OVERHEAD);
    mirsal_code rc = mir_sql_lean(store->sql, 1, err);
    if (rc == MIRSAL_OK) {
        rc = prepare(writing, &resumed, err);
    }
    if (rc == MIRSAL_OK) {
        rc = write_all(writing, err);
    }
    if (rc == MIRSAL_OK && order->part_size != 0) {
        mir_bundle_remove_earlier(order->path, writing->note.parts);
        rc = mir_bundle_note_drop(store, err);
    }
    if (rc == MIRSAL_OK) {
        memcpy(out->bundle, writing->note.bundle, sizeof out->bundle);
        out->changesets = writing->note.changesets;
        out->bytes = writing->note.bytes;
        out->parts = writing->note.parts;
        out->resumed = resumed;
    }
    mir_long_out_drop(&writing->file);
    mir_sealedfile_fini(&writing->sealed);
    mir_run_writer_fini(&writing->run);
    mir_bundle_pick_fini(&writing->pick);
    mir_buf_fini(&writing->out);
    mir_buf_fini(&writing->frames);
    mir_buf_fini(&writing->keys);
    mir_arena_fini(&writing->arena);
    mir_secret_free(writing);
    mirsal_code more = mir_sql_lean(store->sql, 0, rc == MIRSAL_OK ? err : NULL);
    return rc == MIRSAL_OK ? more : rc;
}
