/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/backup.h - a store in one file, without what signs: written while others write, read back
 * into an empty folder.
 *
 * The file is a sealed head (sealed.h, magic mirsalb1) that holds the key of a stream, then that
 * stream (crypto/stream.h), whose aad is the head. Clear stream, integers big-endian:
 *
 *   team 32 ‖ device 32 ‖ made at u64 ms ‖ key of the database file 32
 *   entries, each: kind u8 (1 the database file, 2 a file of media/, 3 private halves of epochs)
 *   ‖ name size u8 ‖ name ‖ size u64 ‖ bytes; then one byte 0
 *
 * Kind 3: for each epoch compartment u32 ‖ number u32 ‖ private half 32.
 *
 * It holds no secret of the device: no signing, Noise, HPKE or sealing key, and not the key of the
 * store's database. The database file in it is sealed under a key drawn for this backup, and sealed
 * anew under another when it is restored: who once opened a backup cannot open, with what it holds,
 * the files of the store it came from or of one restored from it. With the private halves, what the
 * device could read can be read from its backup.
 */
#ifndef MIR_BACKUP_H
#define MIR_BACKUP_H

#include "store.h"

#define MIR_BACKUP_MAGIC       "mirsalb1"
#define MIR_BACKUP_DATABASE    1u
#define MIR_BACKUP_MEDIA       2u
#define MIR_BACKUP_EPOCHS      3u
#define MIR_BACKUP_EPOCH_SIZE  40u
#define MIR_BACKUP_END         0u
#define MIR_BACKUP_NAME_MAX    255u
#define MIR_BACKUP_DESCRIPTION 104u /* bytes before the entries */

/*
 * Writes path, 0600, in place of a backup that is there; sealed by the store's passphrase. While it
 * works, `path.snapshot` and `path.new` stand beside it, sealed too. STORE_EXISTS: the file at path
 * is no backup. *size is the file's. DISK_FULL, IO.
 */
mirsal_code mir_backup_write(uint64_t *size,
    struct mir_store *store,
    const char *path,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * A store made of the backup at path in the options' folder, open, with fresh keys that nobody
 * admitted: it reads, and signs after an invite (mir_team_enrol). It exists once it is published;
 * by then the whole file was verified, and before it closing removes all. NOT_AUTHENTIC (damaged,
 * cut, no backup), WRONG_PASSPHRASE, STORE_EXISTS, NOT_FOUND, VERSION.
 */
mirsal_code mir_backup_restore(struct mir_store **out,
    const struct mir_store_options *options,
    const char *path,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
