/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/test_twin.h - a store copied file by file, so that two of one device sign.
 */
#ifndef TEST_TWIN_H
#define TEST_TWIN_H

#include "test_team.h"

/* Closes device, copies its folder for twin, and opens both. */
void test_twin_make(struct test_store *twin, struct test_store *device, uint64_t seed);

#endif
