/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/guest.h - another store's folder, read with its passphrase and left as it is.
 *
 * No byte and no time of any of its files changes, and none is made: its WAL is read where it
 * stands, also one that was left by a program that ended in the midst. While nobody has it open it
 * is held alone; else what is read is one state of it, whatever others commit meanwhile.
 */
#ifndef MIR_GUEST_H
#define MIR_GUEST_H

#include "store.h"

/*
 * *out reads and never writes; close it with mir_store_close. It stands inside one read
 * transaction until then. No try is counted, and a duress passphrase is a wrong one. NO_STORE,
 * WRONG_PASSPHRASE, NOT_ALLOWED (keyfile.h, mir_keyfile_look), LOCKED, VERSION, CORRUPT.
 */
mirsal_code mir_guest_open(struct mir_store **out,
    const struct mir_store_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;

/* VERSION when its tables are not those that this program makes: its records cannot be listed. */
mirsal_code mir_guest_readable(struct mir_store *guest, mirsal_error *err) MIRSAL_MUST_USE;

#endif
