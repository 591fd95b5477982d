/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/handoff_fuzz.c - a handoff's content in pieces, and its manifest alone. Signatures hold
 * (wrapped), so that what stands behind them is reached; hashes do not lie.
 */
#include "fuzz.h"
#include "handoff.h"
#include "mir_limits.h"
#include "sign.h"

#define ARENA_MAX ((size_t)64 << 20)

int __wrap_mir_sign_verify(const uint8_t signature[64],
    enum mir_context context,
    const void *data,
    size_t size,
    const uint8_t public_key[32]);

int __wrap_mir_sign_verify(const uint8_t signature[64],
    enum mir_context context,
    const void *data,
    size_t size,
    const uint8_t public_key[32])
{
    (void)signature;
    (void)context;
    (void)data;
    (void)public_key;
    return size <= MIR_SIGNED_SIZE_MAX;
}

/* What is read whole is written as it was. */
static void read_manifest(struct mir_bytes bytes)
{
    struct mir_arena arena;
    struct mir_buf again;
    struct mir_handoff_manifest manifest;
    mir_arena_init(&arena, fuzz_env(), ARENA_MAX);
    mir_buf_init(&again, fuzz_env(), SIZE_MAX);
    if (mir_handoff_manifest_read(&manifest, &arena, bytes, NULL) == MIRSAL_OK) {
        mir_handoff_manifest_write(&again, &manifest);
        fuzz_demand_equal(bytes, mir_buf_bytes(&again), "a manifest is written as it was read");
    }
    mir_buf_fini(&again);
    mir_arena_fini(&arena);
}

static mirsal_code take_manifest(void *context,
    const struct mir_handoff_manifest *manifest,
    mirsal_error *err)
{
    (void)context;
    (void)err;
    fuzz_demand(manifest->recipient_count > 0, "a manifest has a recipient");
    return MIRSAL_OK;
}

static mirsal_code take_leaf(void *context,
    uint32_t record,
    uint32_t number,
    const struct mir_handoff_leaf *leaf,
    mirsal_error *err)
{
    (void)context;
    (void)record;
    (void)err;
    fuzz_demand((leaf->kind == 2) == (number == 0), "a record begins with itself");
    return MIRSAL_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct mir_handoff_reading reading = { .env = fuzz_env(),
        .sink = { NULL, take_manifest, NULL, NULL, take_leaf, NULL } };
    struct mir_handoff_reader *reader = NULL;
    if (size == 0) {
        return 0;
    }
    size_t piece = data[0] == 0 ? size : data[0];
    struct mir_bytes rest = { data + 1, size - 1 };
    if (data[0] == 1) {
        read_manifest(rest);
        return 0;
    }
    if (mir_handoff_reader_open(&reader, &reading, NULL) != MIRSAL_OK) {
        return 0;
    }
    mirsal_code rc = MIRSAL_OK;
    while (rest.size > 0 && rc == MIRSAL_OK) {
        size_t taken = rest.size < piece ? rest.size : piece;
        rc = mir_handoff_reader_feed(reader, (struct mir_bytes){ rest.data, taken }, NULL);
        rest.data += taken;
        rest.size -= taken;
    }
    if (rc == MIRSAL_OK) {
        rc = mir_handoff_reader_end(reader, NULL);
    }
    mir_handoff_reader_close(reader);
    return 0;
}
