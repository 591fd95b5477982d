/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/invite_fuzz.c - invite strings: the input as a string, and as the array inside one.
 */
#include "fuzz.h"
#include "invite.h"
#include "mir_limits.h"
#include "text.h"

/* What is read is written as it was; blanks around it aside. */
static void demand_invite(struct mir_bytes text, int bare)
{
    struct mir_arena arena;
    struct mir_invite_string invite;
    struct mir_buf again;
    struct mir_invite_string twice;
    mir_arena_init(&arena, fuzz_env(), (size_t)1 << 20);
    if (mir_invite_read(&invite, &arena, text, NULL) == MIRSAL_OK) {
        mir_buf_init(&again, fuzz_env(), SIZE_MAX);
        fuzz_demand(mir_invite_write(&again, &invite, NULL) == MIRSAL_OK, "an invite is written");
        if (bare) {
            fuzz_demand_equal(text, mir_buf_bytes(&again), "an invite is written as it was read");
        }
        fuzz_demand(mir_invite_read(&twice, &arena, mir_buf_bytes(&again), NULL) == MIRSAL_OK,
            "an invite that was written is read");
        mir_buf_fini(&again);
    }
    mir_arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mir_buf text;
    const struct mir_bytes bytes = { data, size };
    demand_invite(bytes, 0);
    if (size > MIR_INVITE_SIZE_MAX) {
        return 0;
    }
    mir_buf_init(&text, fuzz_env(), SIZE_MAX);
    mir_buf_append_text(&text, MIR_INVITE_PREFIX);
    mir_base64url_append(&text, data, size);
    demand_invite(mir_buf_bytes(&text), 1);
    mir_buf_fini(&text);
    return 0;
}
