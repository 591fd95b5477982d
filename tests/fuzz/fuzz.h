/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/fuzz.h - what harnesses share: an environment, and an oracle that stops the run.
 *
 * A harness decodes its input and demands that what was accepted encodes to the same bytes.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "buf.h"

/* libFuzzer's entry; replay.c calls it for each file of a corpus. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The C library's memory, a clock that stands, and no randomness worth the name. */
const mirsal_env *fuzz_env(void);

/* Stops the run when it does not hold. */
void fuzz_demand(int holds, const char *what);
void fuzz_demand_equal(struct mir_bytes a, struct mir_bytes b, const char *what);

#endif
