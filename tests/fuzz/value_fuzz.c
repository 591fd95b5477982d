/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz/value_fuzz.c - any MessagePack value: written again by msgpack-c, it is the same. */
#include "fuzz.h"
#include "msgpack.h"

/* Writes the tokens of a value again, one after another. */
static void write_again(struct mir_buf *out, struct mir_bytes value)
{
    struct mir_reader reader;
    struct mir_bytes bytes;
    mir_reader_init(&reader, value.data, value.size);
    while (mir_reader_left(&reader) > 0) {
        switch (mir_mp_peek(&reader)) {
        case MIR_MP_NIL:
            fuzz_demand(mir_mp_read_nil_if(&reader), "nil is read");
            mir_mp_write_nil(out);
            break;
        case MIR_MP_INT:
            if (mir_reader_peek(&reader) >= 0xd0) {
                mir_mp_write_int(out, mir_mp_read_int(&reader));
            } else {
                mir_mp_write_uint(out, mir_mp_read_uint(&reader));
            }
            break;
        case MIR_MP_STR:
            bytes = mir_mp_read_str(&reader, SIZE_MAX);
            mir_mp_write_str(out, bytes.data, bytes.size);
            break;
        case MIR_MP_BIN:
            bytes = mir_mp_read_bin(&reader, SIZE_MAX);
            mir_mp_write_bin(out, bytes.data, bytes.size);
            break;
        case MIR_MP_ARRAY:
            mir_mp_write_array(out, mir_mp_read_array(&reader, UINT32_MAX));
            break;
        case MIR_MP_BAD:
        default:
            fuzz_demand(0, "an accepted value has no bad token");
        }
    }
    fuzz_demand(mir_reader_ok(&reader), "tokens of an accepted value are read");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mir_reader reader;
    struct mir_buf again;
    mir_reader_init(&reader, data, size);
    struct mir_bytes value = mir_mp_read_value(&reader, SIZE_MAX);
    if (mir_reader_finish(&reader, "value", NULL) != MIRSAL_OK) {
        return 0;
    }
    mir_buf_init(&again, fuzz_env(), SIZE_MAX);
    write_again(&again, value);
    fuzz_demand_equal(value, mir_buf_bytes(&again), "a value is written as it was read");
    mir_buf_fini(&again);
    return 0;
}
