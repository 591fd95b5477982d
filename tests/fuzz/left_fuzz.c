/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz/left_fuzz.c - what is left of bodies: what decodes encodes to the same bytes. */
#include "body.h"
#include "fuzz.h"
#include "mir_limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct mir_place place = { { 0xd0 }, 0 };
    struct mir_arena arena;
    struct mir_body body;
    struct mir_buf again;
    const struct mir_bytes clear = { data, size };
    mir_arena_init(&arena, fuzz_env(), MIR_BODY_MEMORY_MAX);
    mirsal_code code = mir_body_decode_left(&body, &arena, &place, clear, NULL);
    fuzz_demand(code == MIRSAL_OK || code == MIRSAL_MALFORMED || code == MIRSAL_LIMIT,
        "memory for a body suffices");
    if (code == MIRSAL_OK) {
        size_t leaves = mir_body_leaf_count(&body);
        fuzz_demand(leaves <= MIR_LEAVES_MAX, "leaves are within their limit");
        mir_buf_init(&again, fuzz_env(), SIZE_MAX);
        mir_body_leaf(&again, &body, leaves - 1);
        mir_buf_reset(&again);
        fuzz_demand(
            mir_body_encode_left(&again, &body, &place, &arena, NULL) == MIRSAL_OK, "it encodes");
        fuzz_demand_equal(clear, mir_buf_bytes(&again), "a body is written as it was read");
        mir_buf_fini(&again);
    }
    mir_arena_fini(&arena);
    return 0;
}
