/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/bundle.c - the frames that only bundles have, and the order of a part; see the header.
 */
#include "bundle.h"

#include "fail.h"
#include "msgpack.h"
#include "sign.h"

#include <string.h>

#define VERSION       1u
#define HEAD_SIZE_MAX 256u

/* BUNDLE: [head bin, signature 64]; the signature covers head ‖ MAC of the sealed file. */

static void write_head(struct mir_buf *out, const struct mir_bundle_head *head)
{
    mir_mp_write_array(out, 7);
    mir_mp_write_uint(out, VERSION);
    mir_mp_write_bin(out, head->bundle, sizeof head->bundle);
    mir_mp_write_uint(out, head->part);
    mir_mp_write_bin(out, head->team.bytes, sizeof head->team.bytes);
    mir_mp_write_bin(out, head->device.bytes, sizeof head->device.bytes);
    mir_mp_write_uint(out, head->time_ms);
    mir_mp_write_bin(out, head->tag_key, sizeof head->tag_key);
}

void mir_bundle_head_write(struct mir_buf *out,
    const struct mir_bundle_head *head,
    const uint8_t mac[32],
    const struct mir_sign_secret *secret)
{
    struct mir_buf payload;
    struct mir_buf encoded;
    uint8_t signature[MIR_SIGNATURE_SIZE];
    mir_buf_init(&payload, out->env, 2u * HEAD_SIZE_MAX);
    mir_buf_init(&encoded, out->env, HEAD_SIZE_MAX);
    write_head(&encoded, head);
    size_t size = encoded.size;
    mir_buf_append(&encoded, mac, 32);
    if (encoded.failed != MIRSAL_OK) {
        payload.failed = encoded.failed;
    } else {
        mir_sign(signature, MIR_CONTEXT_BUNDLE, encoded.data, encoded.size, secret);
        mir_mp_write_array(&payload, 2);
        mir_mp_write_bin(&payload, encoded.data, size);
        mir_mp_write_bin(&payload, signature, sizeof signature);
    }
    mir_buf_fini(&encoded);
    mir_frame_finish(out, MIR_FRAME_BUNDLE, &payload);
}

static mirsal_code read_head(struct mir_bundle_head *out, struct mir_bytes head, mirsal_error *err)
{
    struct mir_reader reader;
    mir_reader_init(&reader, head.data, head.size);
    mir_mp_read_array_exact(&reader, 7);
    uint64_t version = mir_mp_read_uint(&reader);
    if (mir_reader_ok(&reader) && version != VERSION) {
        return mir_fail(err, MIRSAL_VERSION, "a bundle of version %llu, this program reads %u",
            (unsigned long long)version, VERSION);
    }
    mir_mp_read_bin_exact(&reader, out->bundle, sizeof out->bundle);
    out->part = (uint32_t)mir_mp_read_uint_max(&reader, MIR_BUNDLE_PARTS_MAX);
    mir_mp_read_bin_exact(&reader, out->team.bytes, sizeof out->team.bytes);
    mir_mp_read_bin_exact(&reader, out->device.bytes, sizeof out->device.bytes);
    out->time_ms = mir_mp_read_uint(&reader);
    mir_mp_read_bin_exact(&reader, out->tag_key, sizeof out->tag_key);
    if (mir_reader_ok(&reader) && out->part == 0) {
        mir_reader_fail(&reader, MIRSAL_MALFORMED, "part 0 of a bundle");
    }
    return mir_reader_finish(&reader, "head of a bundle", err);
}

mirsal_code mir_bundle_head_read(struct mir_bundle_head *out,
    struct mir_bytes payload,
    const uint8_t mac[32],
    mirsal_error *err)
{
    struct mir_reader reader;
    uint8_t said[HEAD_SIZE_MAX + 32u];
    uint8_t signature[MIR_SIGNATURE_SIZE];
    memset(out, 0, sizeof *out);
    mir_reader_init(&reader, payload.data, payload.size);
    mir_mp_read_array_exact(&reader, 2);
    struct mir_bytes head = mir_mp_read_bin(&reader, HEAD_SIZE_MAX);
    mir_mp_read_bin_exact(&reader, signature, sizeof signature);
    mirsal_code rc = mir_reader_finish(&reader, "bundle", err);
    if (rc == MIRSAL_OK) {
        rc = read_head(out, head, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    memcpy(said, head.data, head.size);
    memcpy(said + head.size, mac, 32);
    if (!mir_sign_verify(signature, MIR_CONTEXT_BUNDLE, said, head.size + 32u, out->device.bytes)) {
        return mir_fail(err, MIRSAL_BAD_SIGNATURE, "the bundle's maker did not sign its head");
    }
    return MIRSAL_OK;
}

/* CLOSE: [last, changesets, media] */

void mir_bundle_close_write(struct mir_buf *out, const struct mir_bundle_close *close)
{
    struct mir_buf payload;
    mir_buf_init(&payload, out->env, 32);
    mir_mp_write_array(&payload, 3);
    mir_mp_write_uint(&payload, close->last ? 1 : 0);
    mir_mp_write_uint(&payload, close->changesets);
    mir_mp_write_uint(&payload, close->media);
    mir_frame_finish(out, MIR_FRAME_CLOSE, &payload);
}

mirsal_code mir_bundle_close_read(struct mir_bundle_close *out,
    struct mir_bytes payload,
    mirsal_error *err)
{
    struct mir_reader reader;
    memset(out, 0, sizeof *out);
    mir_reader_init(&reader, payload.data, payload.size);
    mir_mp_read_array_exact(&reader, 3);
    out->last = mir_mp_read_uint_in(&reader, 1) == 1;
    out->changesets = mir_mp_read_uint(&reader);
    out->media = mir_mp_read_uint_in(&reader, 0);
    return mir_reader_finish(&reader, "close of a bundle", err);
}

/* PURGED: [id 32…] */

void mir_purged_write(struct mir_buf *out, const mirsal_hash *ids, uint32_t count)
{
    struct mir_buf payload;
    mir_buf_init(&payload, out->env, MIR_FRAME_SIZE_MAX);
    mir_mp_write_array(&payload, count);
    for (uint32_t i = 0; i < count; i++) {
        mir_mp_write_bin(&payload, ids[i].bytes, sizeof ids[i].bytes);
    }
    mir_frame_finish(out, MIR_FRAME_PURGED, &payload);
}

mirsal_code mir_purged_read(mirsal_hash **ids,
    uint32_t *count,
    struct mir_bytes payload,
    struct mir_arena *arena,
    mirsal_error *err)
{
    struct mir_reader reader;
    mirsal_hash *list = NULL;
    *ids = NULL;
    *count = 0;
    mir_reader_init(&reader, payload.data, payload.size);
    uint32_t expected = mir_mp_read_array(&reader, MIR_BUNDLE_PURGED_MAX);
    if (expected > 0) {
        list = mir_arena_alloc(arena, expected, sizeof *list);
        if (list == NULL) {
            mir_reader_fail(&reader, MIRSAL_NO_MEMORY, "no memory for a purge list");
        }
    }
    for (uint32_t i = 0; i < expected && mir_reader_ok(&reader); i++) {
        mir_mp_read_bin_exact(&reader, list[i].bytes, sizeof list[i].bytes);
        if (i > 0 && mir_hash_compare(&list[i - 1], &list[i]) >= 0) {
            mir_reader_fail(&reader, MIRSAL_MALFORMED, "a purge list is not ascending");
        }
    }
    mirsal_code rc = mir_reader_finish(&reader, "purge list", err);
    if (rc == MIRSAL_OK) {
        *ids = list;
        *count = expected;
    }
    return rc;
}

/* BUNDLE, then WORD…, PURGED and VECTOR in part 1, then RUN…, CLOSE. */
static int may_follow(const struct mir_bundle_order *order, enum mir_frame_kind kind)
{
    enum mir_frame_kind before = (enum mir_frame_kind)order->step;
    int first = order->part == 1;
    if (kind == MIR_FRAME_BUNDLE) {
        return before == MIR_FRAME_NONE;
    }
    if (kind == MIR_FRAME_WORD || kind == MIR_FRAME_PURGED) {
        return first && (before == MIR_FRAME_BUNDLE || before == MIR_FRAME_WORD);
    }
    if (kind == MIR_FRAME_VECTOR) {
        return first && before == MIR_FRAME_PURGED;
    }
    if (kind == MIR_FRAME_RUN || kind == MIR_FRAME_CLOSE) {
        return before == MIR_FRAME_RUN || before == (first ? MIR_FRAME_VECTOR : MIR_FRAME_BUNDLE);
    }
    return 0;
}

mirsal_code mir_bundle_order(struct mir_bundle_order *order,
    enum mir_frame_kind kind,
    mirsal_error *err)
{
    if (!may_follow(order, kind)) {
        return mir_fail(err, MIRSAL_PROTOCOL, "a frame of kind %u after one of kind %u in a bundle",
            (unsigned)kind, (unsigned)order->step);
    }
    order->step = (uint8_t)kind;
    return MIRSAL_OK;
}
