/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/identity.h - which device a store is, which ones it was, and whether it signs.
 *
 * A store is the device that its database says (meta "device"; without, the one of its keys), and
 * signs while that is the one of its keys. A restored store has fresh keys that nobody knows yet:
 * it is the device of its backup, reads all that it holds, and signs once it joined by its new
 * keys. Then it is a new device. What it was before stands in `former`: that work stays its own
 * to read, and goes to relays as it was signed.
 */
#ifndef MIR_IDENTITY_H
#define MIR_IDENTITY_H

#include "store.h"

enum mir_signing {
    MIR_SIGNS,
    MIR_SIGNS_INVITED, /* restored: after an invite */
    MIR_SIGNS_BEHIND,  /* a newer state of this device exists elsewhere: after an invite */
    MIR_SIGNS_MOVED,   /* copied or moved here: after a person's word, or an invite */
};
enum mir_signing mir_identity_signing(const struct mir_store *store);
/* "restored", "behind", "moved"; NULL when it signs. Static. */
const char *mir_identity_reason(enum mir_signing signing);
/* NOT_ALLOWED, and why, when it does not sign. */
mirsal_code mir_identity_check(const struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;

/* Of store.c: reads both from the database. */
mirsal_code mir_identity_load(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;

/* Whether the store is at home where it lies (install.h): when it was opened. */
void mir_identity_look(struct mir_store *store);
/* It is at home here from now on: a new store, and one of which a person says that it was moved. */
mirsal_code mir_identity_settle(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;
/*
 * A store that must not sign by the keys it has gets fresh ones, its database's key apart: it waits
 * for an invite from then on. Outside any transaction. WRONG_PASSPHRASE when the passphrase was
 * changed since it was opened.
 */
mirsal_code mir_identity_renew(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;

/* 1 for this device and those it was. */
int mir_identity_is_own(const struct mir_store *store, const mirsal_hash *device);

/* The store is this device, whatever its keys are. In a transaction of its own. */
mirsal_code mir_identity_set(struct mir_store *store, const mirsal_hash *device, mirsal_error *err)
    MIRSAL_MUST_USE;
/*
 * From here on the store is the device of its keys; the one it was joins the former ones. Inside
 * the caller's transaction, which joins that device.
 */
mirsal_code mir_identity_turn(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;

#endif
