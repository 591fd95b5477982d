/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz/control_fuzz.c - control bodies: what is read is written as it was. */
#include "fuzz.h"
#include "statement.h"

#define MEMORY_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mir_arena arena;
    struct mir_control_body body;
    struct mir_buf again;
    const struct mir_bytes bytes = { data, size };
    mir_arena_init(&arena, fuzz_env(), MEMORY_MAX);
    mirsal_code code = mir_control_body_read(&body, &arena, bytes, NULL);
    fuzz_demand(code == MIRSAL_OK || code == MIRSAL_MALFORMED || code == MIRSAL_LIMIT,
        "memory for a control body suffices");
    if (code == MIRSAL_OK) {
        mir_buf_init(&again, fuzz_env(), SIZE_MAX);
        mir_control_body_write(&again, &body);
        fuzz_demand_equal(bytes, mir_buf_bytes(&again), "a control body is written as it was read");
        mir_buf_fini(&again);
    }
    mir_arena_fini(&arena);
    return 0;
}
