/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/sealedfile_fuzz.c - sealed files, fed in two pieces (cut at the first byte's place) to a
 * reader that has a key: what is looked at is what is read, and pieces change nothing.
 */
#include "fuzz.h"
#include "sealedfile.h"

#include <string.h>

static mirsal_code read_in(struct mir_buf *clear, struct mir_bytes bytes, size_t cut)
{
    static const struct mir_agree_secret secret = { { 7 } }; /* the corpus is sealed to it */
    const struct mir_sealedfile_keys keys = { .secrets = &secret, .count = 1 };
    struct mir_sealedfile file;
    mir_sealedfile_reader_init(&file, fuzz_env(), MIR_SEALEDFILE_BUNDLE, &keys);
    mirsal_code rc = mir_sealedfile_read(clear, &file, (struct mir_bytes){ bytes.data, cut }, NULL);
    if (rc == MIRSAL_OK) {
        rc = mir_sealedfile_read(
            clear, &file, (struct mir_bytes){ bytes.data + cut, bytes.size - cut }, NULL);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_sealedfile_read_end(clear, &file, NULL);
    }
    mir_sealedfile_fini(&file);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mir_sealedfile_look look;
    struct mir_buf whole;
    struct mir_buf pieces;
    if (size == 0) {
        return 0;
    }
    const struct mir_bytes bytes = { data + 1, size - 1 };
    size_t cut = data[0] < bytes.size ? data[0] : bytes.size;
    mir_buf_init(&whole, fuzz_env(), SIZE_MAX);
    mir_buf_init(&pieces, fuzz_env(), SIZE_MAX);
    mirsal_code looked = mir_sealedfile_inspect(&look, bytes, NULL);
    mirsal_code rc = read_in(&whole, bytes, bytes.size);
    fuzz_demand(rc == read_in(&pieces, bytes, cut), "pieces change nothing");
    fuzz_demand_equal(mir_buf_bytes(&whole), mir_buf_bytes(&pieces), "the same content");
    fuzz_demand(rc != MIRSAL_OK || looked == MIRSAL_OK, "what opens can be looked at");
    fuzz_demand(looked != MIRSAL_OK || look.head_size <= bytes.size, "a head within the file");
    mir_buf_fini(&pieces);
    mir_buf_fini(&whole);
    return 0;
}
