/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/shadow.h - a look at records that stand in quarantine: what was cut, lost a fork or was not
 * allowed is projected beside what counts, inside a transaction that is always rolled back.
 *
 * Meanwhile records that count show what quarantined edits would make of them: only those whose
 * state is MIR_RECORD_QUARANTINED are to be told.
 */
#ifndef MIR_SHADOW_H
#define MIR_SHADOW_H

#include "store.h"

/*
 * *any = 0: there is nothing that this device could open, or a transaction is open already, and
 * nothing was begun. Else mir_shadow_end follows.
 */
mirsal_code mir_shadow_begin(int *any, struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;
void mir_shadow_end(struct mir_store *store);

#endif
