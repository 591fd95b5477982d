/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/compared.h - the words by which two people compare a device, and that they did.
 */
#ifndef MIR_COMPARED_H
#define MIR_COMPARED_H

#include "membership.h"
#include "store.h"

#define MIR_COMPARED_WORDS_SIZE 64u

/* Six words over the team and all keys of the device (primitives.md 10), in Latin or Arabic. */
void mir_compared_words(char out[MIR_COMPARED_WORDS_SIZE],
    const struct mir_store *store,
    const struct mir_member *member,
    int arabic);

/*
 * Two people compared the words of that device with those it shows itself. An admin's word settles
 * and confirms its join; everybody keeps a mark here. NOT_FOUND; BAD_VALUE for this device itself.
 */
mirsal_code mir_compared_say(struct mir_store *store, const mirsal_hash *device, mirsal_error *err)
    MIRSAL_MUST_USE;
/* 1 when this device keeps such a mark. */
mirsal_code mir_compared_here(int *out,
    struct mir_store *store,
    const mirsal_hash *device,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
