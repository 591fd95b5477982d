/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/bundlename.h - the files that stand under a bundle's name: FILE, or FILE.001, FILE.002, …
 */
#ifndef MIR_BUNDLENAME_H
#define MIR_BUNDLENAME_H

#include "files.h"

/* The file of a part, from 1 on; part 0: of a bundle that is one file. TOO_LARGE. */
mirsal_code mir_bundle_part_path(char out[MIR_PATH_MAX],
    const char *name,
    uint32_t part,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Nothing stands there, or a bundle, or a file of no bytes; else STORE_EXISTS, MISUSE, IO. */
mirsal_code mir_bundle_may_replace(const char *path, mirsal_error *err) MIRSAL_MUST_USE;

/*
 * A bundle of so many parts was written under the name: what an earlier one left there, as one file
 * or in more parts, is removed, so that nobody takes it for this one. What cannot be, stays.
 */
void mir_bundle_remove_earlier(const char *name, uint32_t parts);

#endif
