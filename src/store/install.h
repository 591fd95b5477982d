/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/install.h - whether a store lies where it was made: a copy of it must not sign as well.
 *
 * A nonce stands outside the store, in a folder of the person's state. The store's file `install`
 * names it and binds it to the machine (/etc/machine-id, where there is one) and the inode of the
 * database. A store that was copied, moved to another disk or brought back from a copy
 * of its files has another inode or finds no nonce. It guards against accidents, not against who
 * reads both: what a relay holds of the device tells of those (store.h: behind).
 *
 *   install in the store's folder:  mirsali1 ‖ name 16 ‖ check 32
 *   hex of name in the state folder: nonce 32
 *   check = BLAKE2b-256(key = nonce, inode u64 ‖ text of the machine)
 */
#ifndef MIR_INSTALL_H
#define MIR_INSTALL_H

#include <mirsal/types.h>

struct mir_install_place {
    const mirsal_env *env;
    const char *directory; /* the store's */
    const char *state;     /* made where it is missing; NULL: nothing is kept or checked */
};

/* The store is at home here from now on. DISK_FULL, IO. */
mirsal_code mir_install_write(const struct mir_install_place *place, mirsal_error *err)
    MIRSAL_MUST_USE;
/* 1 when it is at home here, or nothing is checked. What cannot be read does not fit. */
int mir_install_fits(const struct mir_install_place *place);
/*
 * For a store that is destroyed: the nonce too, unless it is that of the store it was copied from.
 */
void mir_install_remove(const struct mir_install_place *place);

#endif
