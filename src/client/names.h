/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/names.h - what people write to name a device, an invite or a relay.
 */
#ifndef MIR_NAMES_H
#define MIR_NAMES_H

#include "store.h"

/* All 64 hex digits, or the first 6 or more that only one has. NOT_FOUND, AMBIGUOUS_ID. */
mirsal_code mir_name_device(mirsal_hash *out,
    const struct mir_store *store,
    const char *text,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_name_purge(mirsal_hash *out,
    const struct mir_store *store,
    const char *text,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_name_invite(mirsal_hash *out,
    const struct mir_store *store,
    const char *text,
    mirsal_error *err) MIRSAL_MUST_USE;

/* URL#KEY: *url_size bytes of text are the URL, without a slash at its end. BAD_VALUE. */
mirsal_code mir_name_relay(size_t *url_size,
    mirsal_hash *identity,
    const mirsal_env *env,
    const char *text,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
