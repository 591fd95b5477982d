/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz/changeset_fuzz.c - lone changesets and headers: what decodes encodes to the same bytes. */
#include "changeset.h"
#include "fuzz.h"

static void demand_header(struct mir_bytes bytes)
{
    struct mir_header header;
    struct mir_buf again;
    if (mir_header_decode(&header, bytes, NULL) != MIRSAL_OK) {
        return;
    }
    mir_buf_init(&again, fuzz_env(), SIZE_MAX);
    mir_header_encode(&again, &header);
    fuzz_demand_equal(bytes, mir_buf_bytes(&again), "a header is written as it was read");
    mir_buf_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mir_changeset changeset;
    struct mir_buf again;
    const struct mir_bytes bytes = { data, size };
    demand_header(bytes);
    if (mir_changeset_decode(&changeset, bytes, NULL) != MIRSAL_OK) {
        return 0;
    }
    demand_header(changeset.header);
    mirsal_code code = mir_changeset_verify(&changeset, NULL);
    fuzz_demand(code == MIRSAL_OK || code == MIRSAL_BAD_SIGNATURE, "a signature verifies or not");
    mir_buf_init(&again, fuzz_env(), SIZE_MAX);
    mir_changeset_encode(&again, &changeset);
    fuzz_demand_equal(bytes, mir_buf_bytes(&again), "a changeset is written as it was read");
    mir_buf_fini(&again);
    return 0;
}
