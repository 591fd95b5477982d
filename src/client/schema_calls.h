/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/schema_calls.h - a schema's file for a store that does not stand yet.
 */
#ifndef MIR_SCHEMA_CALLS_H
#define MIR_SCHEMA_CALLS_H

#include "buf.h"

/* Appends the compiled bytes of a file that extends the default schema; none where size is 0. */
mirsal_code mir_schema_given(struct mir_buf *out,
    const void *json,
    size_t size,
    const mirsal_env *env,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
