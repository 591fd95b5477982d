/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault/walwalk.h - a WAL followed from frame to frame by its salts and checksums, as SQLite does
 * when it recovers one; and whether it once was longer than such a walk finds it.
 */
#ifndef MIR_WALWALK_H
#define MIR_WALWALK_H

#include "vaultin.h"

/* 1 and at frame 1, or 0 and nowhere when the header is not one that SQLite takes. */
int mir_wal_walk_start(struct mir_wal_walk *walk, const uint8_t header[MIR_WAL_HEADER_SIZE]);
/* The next frame, its page clear. 1 and one further, or 0 and nowhere: SQLite ends here. */
int mir_wal_walk_frame(struct mir_wal_walk *walk, const uint8_t *frame);
/* Goes on behind a frame that did not fit, from the checksum that stands in its header. */
void mir_wal_walk_resume(struct mir_wal_walk *walk, const uint8_t *frame, uint32_t next);
/*
 * 1 when behind the frame at which a walk ends a commit stands that another frame continues: what
 * comes after a commit was written once all before it was synced, so the walk ends at damage and
 * not where power was cut. salts and byte order are walk's, which may be nowhere.
 */
int mir_wal_was_longer(struct mir_vault_file *file,
    const struct mir_wal_walk *walk,
    uint32_t frame);

/*
 * 1 when the log's last commit is not in the database, asked of its page: of a log whose header is
 * no header any more. A log that begins anew may be torn there; then the database has it all.
 */
int mir_wal_is_needed(struct mir_vault_file *file);

sqlite3_int64 mir_frame_at(uint32_t frame);

#endif
