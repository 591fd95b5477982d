/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/bundleopen.c - a part of a bundle from a file; see the header.
 *
 * The stream's last chunk opens only as such. When it does not open, the mark behind it decides: it
 * stands, so the file was changed; it is missing, so the file was cut, and of what is left a chunk
 * that came whole is still used.
 */
#include "bundleopen.h"

#include "env.h"
#include "fail.h"
#include "longfile.h"

#include <string.h>
#include <unistd.h>

#define PIECE_SIZE MIR_STREAM_CHUNK_SIZE

struct mir_bundle_file {
    struct mir_store *store;
    struct mir_long_in in;
    struct mir_agree_secret secret;
    struct mir_sealedfile sealed;
    struct mir_buf clear; /* opened, not yet given to the splitter from clear_at on */
    size_t clear_at;
    struct mir_splitter splitter;
    struct mir_bundle_order order;
    struct mir_bundle_head head;
    int has_head;
    int has_mark;
    int ended;
    int cut;
    uint64_t content_size; /* bytes before the mark */
    uint64_t read;
    uint64_t opened; /* clear bytes that came out, those skipped too */
    uint64_t fed;    /* the same, given to the splitter */
    uint8_t piece[PIECE_SIZE];
};

static mirsal_code refuse(mirsal_error *err, const char *why)
{
    return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "the bundle %s", why);
}

static mirsal_code refuse_at(mirsal_error *err, uint64_t before)
{
    return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "the bundle was changed before its byte %llu",
        (unsigned long long)before);
}

static mirsal_code seek_to(struct mir_bundle_file *file, uint64_t at, mirsal_error *err)
{
    if (lseek(file->in.fd, (off_t)at, SEEK_SET) < 0) {
        return mir_file_fail(err, "the file cannot be read");
    }
    file->read = at;
    return MIRSAL_OK;
}

/* Up to a piece of what stands before the mark. *size 0: that is all. */
static mirsal_code read_piece(size_t *size, struct mir_bundle_file *file, mirsal_error *err)
{
    uint64_t left = file->content_size - file->read;
    size_t room = left < PIECE_SIZE ? (size_t)left : PIECE_SIZE;
    *size = 0;
    while (*size < room) {
        size_t got = 0;
        mirsal_code rc = mir_long_in_read(&got, &file->in, file->piece + *size, room - *size, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
        if (got == 0) {
            return mir_fail(err, MIRSAL_IO, "the file became shorter while it was read");
        }
        *size += got;
    }
    file->read += *size;
    return MIRSAL_OK;
}

/* The mark, whole; or as much of it as a cut left, which belongs to no chunk. */
static mirsal_code look_for_mark(struct mir_bundle_file *file, mirsal_error *err)
{
    static const char mark[] = MIR_BUNDLE_MARK;
    uint8_t end[MIR_BUNDLE_MARK_SIZE];
    size_t size = file->in.size < sizeof end ? (size_t)file->in.size : sizeof end;
    size_t got = 0;
    file->content_size = file->in.size;
    mirsal_code rc = seek_to(file, file->in.size - size, err);
    if (rc == MIRSAL_OK && size > 0) {
        rc = mir_long_in_read(&got, &file->in, end, size, err);
    }
    for (size_t most = got; rc == MIRSAL_OK && most > 0; most--) {
        if (memcmp(end + got - most, mark, most) == 0) {
            file->content_size -= most;
            file->has_mark = most == sizeof end;
            break;
        }
    }
    return rc == MIRSAL_OK ? seek_to(file, 0, err) : rc;
}

/* Something stands behind the mark. */
static int has_mark_within(const struct mir_bundle_file *file, const struct mir_buf *tail)
{
    (void)file;
    for (size_t at = 0; at + MIR_BUNDLE_MARK_SIZE <= tail->size; at++) {
        if (memcmp(tail->data + at, MIR_BUNDLE_MARK, MIR_BUNDLE_MARK_SIZE) == 0) {
            return 1;
        }
    }
    return 0;
}

/* What the last chunk left unopened, read again: at most a chunk. */
static mirsal_code read_tail(struct mir_buf *tail, struct mir_bundle_file *file, mirsal_error *err)
{
    uint64_t chunk = file->opened / MIR_STREAM_CHUNK_SIZE;
    size_t got = 1;
    if (!mir_sealedfile_may_seek(&file->sealed)) {
        return MIRSAL_OK;
    }
    mirsal_code rc = seek_to(file, mir_sealedfile_seek(&file->sealed, chunk), err);
    while (rc == MIRSAL_OK && got > 0) {
        rc = read_piece(&got, file, err);
        mir_buf_append(tail, file->piece, got);
    }
    return rc == MIRSAL_OK ? mir_buf_finish(tail, err) : rc;
}

/* The last chunk does not open as the last one. */
static mirsal_code judge_end(struct mir_bundle_file *file, mirsal_error *err)
{
    static const uint8_t more = 0;
    struct mir_buf tail;
    if (file->has_mark) {
        return refuse(err, "was changed near its end");
    }
    mir_buf_init(&tail, file->store->env, MIR_STREAM_SEALED_SIZE);
    mirsal_code rc = read_tail(&tail, file, err);
    if (rc == MIRSAL_OK && has_mark_within(file, &tail)) {
        rc = refuse(err, "goes on behind its end");
    }
    if (rc == MIRSAL_OK && tail.size == MIR_STREAM_SEALED_SIZE) {
        rc = mir_sealedfile_read(&file->clear, &file->sealed, mir_buf_bytes(&tail), err);
        if (rc == MIRSAL_OK && mir_sealedfile_read(&file->clear, &file->sealed,
                                   (struct mir_bytes){ &more, 1 }, NULL) != MIRSAL_OK) {
            rc = refuse(err, "was changed near its end");
        }
    }
    mir_buf_fini(&tail);
    file->cut = rc == MIRSAL_OK;
    return rc;
}

/* Opens the next piece of the file. */
static mirsal_code open_more(struct mir_bundle_file *file, mirsal_error *err)
{
    size_t size = 0;
    mirsal_code rc = read_piece(&size, file, err);
    mir_buf_reset(&file->clear);
    file->clear_at = 0;
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (size > 0) {
        struct mir_bytes piece = { file->piece, size };
        rc = mir_sealedfile_read(&file->clear, &file->sealed, piece, err);
        if (rc == MIRSAL_NOT_AUTHENTIC && file->sealed.open) {
            rc = refuse_at(err, file->read);
        }
    } else {
        file->ended = 1;
        rc = mir_sealedfile_read_end(&file->clear, &file->sealed, err);
        if (rc == MIRSAL_NOT_AUTHENTIC && file->sealed.open) {
            rc = judge_end(file, err);
        }
    }
    file->opened += file->clear.size;
    return rc;
}

/* Gives the splitter what was opened, in the pieces that it takes. */
static mirsal_code feed(struct mir_bundle_file *file, mirsal_error *err)
{
    size_t size = file->clear.size - file->clear_at;
    size = size < MIR_NOISE_MESSAGE_MAX ? size : MIR_NOISE_MESSAGE_MAX;
    struct mir_bytes bytes = { file->clear.data + file->clear_at, size };
    file->clear_at += size;
    file->fed += size;
    return mir_splitter_feed(&file->splitter, bytes, err);
}

/* No frame is whole and no byte is left. */
static mirsal_code at_end(const struct mir_bundle_file *file, mirsal_error *err)
{
    if (file->cut) {
        return MIRSAL_OK;
    }
    if (file->order.step != MIR_FRAME_CLOSE || !mir_splitter_empty(&file->splitter)) {
        return refuse(err, "ends before its close");
    }
    return MIRSAL_OK;
}

static mirsal_code next_frame(struct mir_frame *out,
    struct mir_bundle_file *file,
    mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    for (;;) {
        rc = mir_splitter_next(&file->splitter, out, err);
        if (rc != MIRSAL_OK || out->kind != MIR_FRAME_NONE) {
            return rc == MIRSAL_OK ? mir_bundle_order(&file->order, out->kind, err) : rc;
        }
        if (file->clear_at < file->clear.size) {
            rc = feed(file, err);
        } else if (file->ended) {
            return at_end(file, err);
        } else {
            rc = open_more(file, err);
        }
        if (rc != MIRSAL_OK) {
            return rc;
        }
    }
}

/* Whatever a stranger may have done to the file has one name. */
static mirsal_code as_changed(mirsal_code rc, mirsal_error *err)
{
    int is_change = rc == MIRSAL_MALFORMED || rc == MIRSAL_LIMIT || rc == MIRSAL_PROTOCOL ||
                    rc == MIRSAL_BAD_SIGNATURE;
    return is_change ? refuse(err, "holds what no bundle holds: it was changed") : rc;
}

mirsal_code mir_bundle_file_next(struct mir_frame *out,
    struct mir_bundle_file *file,
    mirsal_error *err)
{
    return as_changed(next_frame(out, file, err), err);
}

static mirsal_code read_head(struct mir_bundle_file *file, mirsal_error *err)
{
    struct mir_frame frame = { MIR_FRAME_NONE, { NULL, 0 } };
    mirsal_code rc = file->cut ? MIRSAL_OK : next_frame(&frame, file, err);
    if (rc != MIRSAL_OK || frame.kind == MIR_FRAME_NONE) {
        return as_changed(rc, err);
    }
    rc = mir_bundle_head_read(&file->head, frame.payload, file->sealed.mac, err);
    if (rc == MIRSAL_OK && !mir_hash_equal(&file->head.team, &file->store->team)) {
        rc = refuse(err, "is another team's");
    }
    file->order.part = file->head.part;
    file->has_head = rc == MIRSAL_OK;
    return as_changed(rc, err);
}

/* A file that is none of mirsal's, or sealed for another use, is not authentic as a bundle. */
static mirsal_code as_no_bundle(mirsal_code rc, mirsal_error *err)
{
    if (rc == MIRSAL_MALFORMED || rc == MIRSAL_BAD_VALUE) {
        return mir_fail(err, MIRSAL_NOT_AUTHENTIC, "the file is no bundle");
    }
    return rc;
}

/* Nothing but the beginning of a bundle's head, as far as it can be seen. */
static int is_cut_head(const struct mir_bundle_file *file)
{
    const struct mir_buf *head = &file->sealed.head;
    return file->ended && !file->sealed.open && !file->has_mark &&
           (head->size <= MIR_SEALEDFILE_MAGIC_SIZE ||
               head->data[MIR_SEALEDFILE_MAGIC_SIZE] == MIR_SEALEDFILE_BUNDLE);
}

static mirsal_code open_head(struct mir_bundle_file *file, mirsal_error *err)
{
    mirsal_code rc = look_for_mark(file, err);
    while (rc == MIRSAL_OK && !file->sealed.open && !file->ended) {
        rc = open_more(file, err);
    }
    if (rc == MIRSAL_NOT_AUTHENTIC && is_cut_head(file)) {
        file->cut = 1;
        return MIRSAL_OK;
    }
    if (rc == MIRSAL_NOT_AUTHENTIC && !file->sealed.open && !file->ended) {
        rc = mir_fail(err, rc, "the bundle is sealed to others, or its head was changed");
    }
    return as_no_bundle(rc, err);
}

mirsal_code mir_bundle_file_open(struct mir_bundle_file **out,
    struct mir_store *store,
    const char *path,
    struct mir_bytes passphrase,
    mirsal_error *err)
{
    *out = NULL;
    struct mir_bundle_file *file = mir_secret_alloc(sizeof *file);
    if (file == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    file->store = store;
    file->secret = store->keys->hpke;
    mir_buf_init(&file->clear, store->env, 3u * PIECE_SIZE);
    mir_splitter_init_bundle(&file->splitter, store->env);
    const struct mir_sealedfile_keys keys = { &file->secret, 1, passphrase };
    mir_sealedfile_reader_init(&file->sealed, store->env, MIR_SEALEDFILE_BUNDLE, &keys);
    mirsal_code rc = mir_long_in_open(&file->in, path, err);
    if (rc == MIRSAL_OK) {
        rc = open_head(file, err);
    }
    if (rc == MIRSAL_OK) {
        rc = read_head(file, err);
    }
    if (rc != MIRSAL_OK) {
        mir_bundle_file_close(file);
        return rc;
    }
    *out = file;
    return MIRSAL_OK;
}

void mir_bundle_file_close(struct mir_bundle_file *file)
{
    if (file != NULL) {
        mir_splitter_fini(&file->splitter);
        mir_buf_fini(&file->clear);
        mir_sealedfile_fini(&file->sealed);
        mir_long_in_close(&file->in);
        mir_secret_free(file);
    }
}

const struct mir_bundle_head *mir_bundle_file_head(const struct mir_bundle_file *file)
{
    return file->has_head ? &file->head : NULL;
}

const uint8_t *mir_bundle_file_mac(const struct mir_bundle_file *file)
{
    return file->sealed.mac;
}

int mir_bundle_file_is_cut(const struct mir_bundle_file *file)
{
    return file->cut;
}

uint64_t mir_bundle_file_place(const struct mir_bundle_file *file)
{
    return file->fed - (file->splitter.pending.size - file->splitter.at);
}

mirsal_code mir_bundle_file_go(struct mir_bundle_file *file, uint64_t place, mirsal_error *err)
{
    uint64_t chunk = place / MIR_STREAM_CHUNK_SIZE;
    size_t within = (size_t)(place % MIR_STREAM_CHUNK_SIZE);
    if (!mir_sealedfile_may_seek(&file->sealed) || chunk > UINT32_MAX) {
        return refuse(err, "is shorter than it was");
    }
    uint64_t at = mir_sealedfile_seek(&file->sealed, chunk);
    if (at > file->content_size) {
        return refuse(err, "is shorter than it was");
    }
    mirsal_code rc = seek_to(file, at, err);
    mir_splitter_fini(&file->splitter);
    mir_splitter_init_bundle(&file->splitter, file->store->env);
    mir_buf_reset(&file->clear);
    file->clear_at = 0;
    file->ended = 0;
    file->opened = chunk * MIR_STREAM_CHUNK_SIZE;
    file->fed = file->opened;
    file->order.step = MIR_FRAME_RUN;
    while (rc == MIRSAL_OK && file->clear.size < within && !file->ended) {
        rc = open_more(file, err);
    }
    if (rc == MIRSAL_OK && file->clear.size < within) {
        rc = refuse(err, "is shorter than it was");
    }
    if (rc == MIRSAL_OK) {
        file->clear_at = within;
        file->fed += within;
    }
    return rc;
}

uint64_t mir_bundle_file_read(const struct mir_bundle_file *file)
{
    return file->read;
}

uint64_t mir_bundle_file_size(const struct mir_bundle_file *file)
{
    return file->in.size;
}
