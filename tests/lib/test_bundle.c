/* SPDX-License-Identifier: Apache-2.0 */
/* tests/lib/test_bundle.c - two stores and files between them; see the header. */
#include "test_bundle.h"

#include "files.h"
#include "msgpack.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PARTS_MAX 64u
#define TEXT_MAX  262144u

void test_bundle_init(struct test_bundle *bundle)
{
    static const struct test_invite coordinator = {
        .role = MIR_ROLE_COORDINATOR, .protected_ = 1, .in_person = 1, .uses = 1
    };
    memset(bundle, 0, sizeof *bundle);
    test_team_found(&bundle->office, 1);
    test_team_join(&bundle->field, &bundle->office, 2, &coordinator);
    test_team_meet(&bundle->office, &bundle->field, 3);
    (void)snprintf(bundle->path, sizeof bundle->path, "%s.bundle", bundle->field.folder);
}

void test_bundle_fini(struct test_bundle *bundle)
{
    for (unsigned part = 0; part <= PARTS_MAX; part++) {
        (void)unlink(test_bundle_part(bundle, part));
    }
    test_store_fini(&bundle->field);
    test_store_fini(&bundle->office);
}

static void report(struct test_store *device, const char *text, size_t size)
{
    struct mir_txn *txn = NULL;
    struct mir_txn_result result;
    struct mir_buf value;
    mirsal_id id;
    mir_buf_init(&value, &device->world.env, 2u * TEXT_MAX);
    mir_mp_write_str(&value, text, size);
    assert_int_equal(mir_txn_begin(&txn, device->store, MIR_TXN_LONE, &device->err), MIRSAL_OK);
    assert_int_equal(mir_txn_create(&id, txn, TEST_INCIDENT, -1, &device->err), MIRSAL_OK);
    assert_int_equal(mir_txn_write(txn, &id, TEST_REL_TEXT, (struct mir_bytes){ NULL, 0 },
                         mir_buf_bytes(&value), &device->err),
        MIRSAL_OK);
    assert_int_equal(mir_txn_commit(&result, txn, &device->err), MIRSAL_OK);
    mir_buf_fini(&value);
}

void test_bundle_fill(struct test_bundle *bundle, unsigned reports, size_t size)
{
    static char text[TEXT_MAX];
    uint64_t state = 88172645463325252u + size;
    assert_true(size <= TEXT_MAX);
    for (unsigned i = 0; i < reports; i++) {
        for (size_t at = 0; at < size; at++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            text[at] = (char)(0x30 + state % 0x4b); /* printable */
        }
        report(&bundle->field, text, size);
    }
}

struct mir_bundle_written test_bundle_write(struct test_bundle *bundle,
    struct test_store *from,
    uint64_t part_size)
{
    struct mir_bundle_order_out order = { .path = bundle->path, .part_size = part_size };
    struct mir_bundle_written written;
    assert_int_equal(mir_bundle_write(&written, from->store, &order, &from->err), MIRSAL_OK);
    return written;
}

const char *test_bundle_part(const struct test_bundle *bundle, unsigned part)
{
    static char path[160];
    if (part == 0) {
        return bundle->path;
    }
    (void)snprintf(path, sizeof path, "%s.%03u", bundle->path, part);
    return path;
}

struct mir_bundle_taken test_bundle_take(struct test_bundle *bundle,
    struct test_store *to,
    unsigned part,
    mirsal_code expected)
{
    struct mir_bundle_source source = { .path = test_bundle_part(bundle, part) };
    struct mir_bundle_taken taken;
    mirsal_code rc = mir_bundle_take(&taken, to->store, &source, &to->err);
    if (rc != expected) {
        fail_msg("taken with %d: %s", (int)rc, to->err.message);
    }
    return taken;
}

void test_bundle_read(struct mir_buf *out, struct test_bundle *bundle, const char *path)
{
    mir_buf_init(out, &bundle->field.world.env, SIZE_MAX / 2);
    assert_int_equal(mir_file_read(out, path, SIZE_MAX / 4, NULL), MIRSAL_OK);
}

void test_bundle_replace(const char *path, struct mir_bytes bytes)
{
    assert_int_equal(mir_file_replace(path, bytes, NULL), MIRSAL_OK);
}
