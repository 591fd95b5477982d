/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/inflate_fuzz.c - raw streams: u16 clear size, u8 size of the dictionary, dictionary, stream.
 */
#include "deflate.h"
#include "fuzz.h"
#include "reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t clear[UINT16_MAX];
    static uint8_t twice[UINT16_MAX];
    struct mir_reader reader;
    struct mir_buf packed;
    mir_reader_init(&reader, data, size);
    size_t clear_size = mir_reader_be16(&reader);
    struct mir_bytes dictionary = mir_reader_take(&reader, mir_reader_u8(&reader));
    struct mir_bytes stream = mir_reader_take(&reader, mir_reader_left(&reader));
    if (!mir_reader_ok(&reader) ||
        mir_inflate(clear, clear_size, &stream, dictionary, fuzz_env(), NULL) != MIRSAL_OK) {
        return 0;
    }
    mir_buf_init(&packed, fuzz_env(), SIZE_MAX);
    const struct mir_bytes text = { clear, clear_size };
    fuzz_demand(mir_deflate(&packed, text, dictionary, NULL) == MIRSAL_OK, "it deflates again");
    struct mir_bytes ours = mir_buf_bytes(&packed);
    fuzz_demand(mir_inflate(twice, clear_size, &ours, dictionary, fuzz_env(), NULL) == MIRSAL_OK,
        "it inflates again");
    fuzz_demand(ours.size == 0, "a stream of ours is read whole");
    const struct mir_bytes again = { twice, clear_size };
    fuzz_demand_equal(text, again, "text is as it was");
    mir_buf_fini(&packed);
    return 0;
}
