/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/orgkey_calls.h - an organisation's secret key out of its file.
 */
#ifndef MIR_ORGKEY_CALLS_H
#define MIR_ORGKEY_CALLS_H

#include "buf.h"

/* Appends the clear text. NOT_FOUND, NOT_AUTHENTIC, WRONG_PASSPHRASE; USAGE without one. */
mirsal_code mir_org_file_read(struct mir_buf *out,
    const mirsal_env *env,
    const char *path,
    struct mir_bytes passphrase,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
