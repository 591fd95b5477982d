/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz/run_fuzz.c - runs: what is read whole is written as it was. */
#include "fuzz.h"
#include "run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const mirsal_hash team = { { 0x7e } };
    struct mir_run_reader reader;
    struct mir_run_writer writer;
    struct mir_changeset next;
    struct mir_buf again;
    mirsal_code code = MIRSAL_OK;
    const struct mir_bytes bytes = { data, size };
    if (mir_run_reader_init(&reader, bytes, &team, NULL, fuzz_env(), NULL) != MIRSAL_OK) {
        return 0;
    }
    mir_run_writer_init(&writer, fuzz_env(), SIZE_MAX);
    while (mir_run_reader_next(&reader, &next, &code, NULL)) {
        fuzz_demand(mir_run_writer_add(&writer, &next, NULL) == MIRSAL_OK, "a run continues");
    }
    if (code == MIRSAL_OK) {
        mir_buf_init(&again, fuzz_env(), SIZE_MAX);
        fuzz_demand(
            mir_run_writer_finish(&writer, &again, NULL, NULL) == MIRSAL_OK, "a run is written");
        fuzz_demand_equal(bytes, mir_buf_bytes(&again), "a run is written as it was read");
        mir_buf_fini(&again);
    }
    mir_run_writer_fini(&writer);
    return 0;
}
