/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/run.h - compact runs: consecutive changesets of one chain; protocol/changeset.md 8.
 */
#ifndef MIR_RUN_H
#define MIR_RUN_H

#include "changeset.h"
#include "mir_limits.h"
#include "reader.h"

/* Gathers a run. Changesets are borrowed during add only. */
struct mir_run_writer {
    struct mir_buf items;
    struct mir_header first;
    mirsal_hash authority; /* of the last item */
    mirsal_hash id;        /* of the last item */
    uint32_t count;
};

void mir_run_writer_init(struct mir_run_writer *writer, const mirsal_env *env, size_t size_max);
/* Accepts a zeroed struct. */
void mir_run_writer_fini(struct mir_run_writer *writer);
/* 1 when the changeset may follow in this run (always so in an empty one). */
int mir_run_writer_follows(const struct mir_run_writer *writer, const struct mir_changeset *next);
/* MISUSE when it does not follow, LIMIT. */
mirsal_code mir_run_writer_add(struct mir_run_writer *writer,
    const struct mir_changeset *changeset,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Appends the run and empties the writer. session_device, or NULL where it is to be named always.
 */
mirsal_code mir_run_writer_finish(struct mir_run_writer *writer,
    struct mir_buf *out,
    const mirsal_hash *session_device,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Reads a run, changeset by changeset. */
struct mir_run_reader {
    struct mir_reader reader;
    const mirsal_env *env;
    struct mir_header next; /* team, device, compartment, seq, prev, authority of what comes next */
    uint32_t left;
    uint8_t header[MIR_HEADER_SIZE_MAX];
};

/* bytes are borrowed while the reader is used. session_device may be NULL: a nil device is refused.
 */
mirsal_code mir_run_reader_init(struct mir_run_reader *reader,
    struct mir_bytes bytes,
    const mirsal_hash *team,
    const mirsal_hash *session_device,
    const mirsal_env *env,
    mirsal_error *err) MIRSAL_MUST_USE;
/*
 * 1 and the next changeset, whose header lives in the reader until the next call, its signature not
 * judged; 0 at the end, where *code tells how it ended: OK, or the first failure.
 */
int mir_run_reader_next(struct mir_run_reader *reader,
    struct mir_changeset *out,
    mirsal_code *code,
    mirsal_error *err);

#endif
