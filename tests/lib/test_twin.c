/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/test_twin.c - see the header.
 */
#include "test_twin.h"

#include "files.h"

#include <stdio.h>

#define FILE_MAX ((size_t)64 << 20)

static void copy_file(struct test_store *to, struct test_store *from, const char *name)
{
    char path[128];
    struct mir_buf bytes;
    mir_buf_init(&bytes, &from->world.env, FILE_MAX);
    (void)snprintf(path, sizeof path, "%s/%s", from->folder, name);
    assert_int_equal(mir_file_read(&bytes, path, FILE_MAX, &from->err), MIRSAL_OK);
    (void)snprintf(path, sizeof path, "%s/%s", to->folder, name);
    assert_int_equal(mir_file_replace(path, mir_buf_bytes(&bytes), &from->err), MIRSAL_OK);
    mir_buf_fini(&bytes);
}

void test_twin_make(struct test_store *twin, struct test_store *device, uint64_t seed)
{
    int made = 0;
    char media[128];
    test_store_init(twin, seed);
    mir_store_close(device->store);
    device->store = NULL;
    assert_int_equal(mir_folder_make(&made, twin->folder, &twin->err), MIRSAL_OK);
    (void)snprintf(media, sizeof media, "%s/media", twin->folder);
    assert_int_equal(mir_folder_make(&made, media, &twin->err), MIRSAL_OK);
    copy_file(twin, device, "store.db");
    copy_file(twin, device, "keys");
    test_store_reopen(device);
    test_store_reopen(twin);
}
