/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/bundlename.c - see the header.
 */
#include "bundlename.h"

#include "fail.h"
#include "longfile.h"
#include "mir_limits.h"
#include "sealedfile.h"

#include <stdio.h>
#include <string.h>

mirsal_code mir_bundle_part_path(char out[MIR_PATH_MAX],
    const char *name,
    uint32_t part,
    mirsal_error *err)
{
    int size = part == 0 ? snprintf(out, MIR_PATH_MAX, "%s", name)
                         : snprintf(out, MIR_PATH_MAX, "%s.%03u", name, part);
    if (size < 0 || (size_t)size >= MIR_PATH_MAX) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "the path is too long");
    }
    return MIRSAL_OK;
}

mirsal_code mir_bundle_may_replace(const char *path, mirsal_error *err)
{
    char begins[MIR_SEALEDFILE_MAGIC_SIZE + 1u];
    struct mir_long_in in;
    size_t got = 0;
    if (!mir_file_exists(path)) {
        return MIRSAL_OK;
    }
    mirsal_code rc = mir_long_in_open(&in, path, err);
    if (rc == MIRSAL_OK) {
        rc = mir_long_in_read(&got, &in, begins, sizeof begins, err);
    }
    mir_long_in_close(&in);
    if (rc == MIRSAL_OK && got > 0 &&
        (got != sizeof begins ||
            memcmp(begins, MIR_SEALEDFILE_MAGIC, MIR_SEALEDFILE_MAGIC_SIZE) != 0 ||
            begins[MIR_SEALEDFILE_MAGIC_SIZE] != MIR_SEALEDFILE_BUNDLE)) {
        rc = mir_fail(err, MIRSAL_STORE_EXISTS, "the file exists and is no bundle");
    }
    return rc;
}

/* 1 where a bundle's file stood and is gone. */
static int remove_one(const char *name, uint32_t part)
{
    char path[MIR_PATH_MAX];
    return mir_bundle_part_path(path, name, part, NULL) == MIRSAL_OK && mir_file_exists(path) &&
           mir_bundle_may_replace(path, NULL) == MIRSAL_OK &&
           mir_file_remove(path, NULL) == MIRSAL_OK;
}

void mir_bundle_remove_earlier(const char *name, uint32_t parts)
{
    uint32_t part = parts + 1u;
    (void)remove_one(name, 0);
    while (part <= MIR_BUNDLE_PARTS_MAX && remove_one(name, part)) {
        part++;
    }
}
