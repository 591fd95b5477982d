/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/test_bundle.h - two stores of one team with something to carry, and files of bundles as
 * bytes that a test may change.
 */
#ifndef TEST_BUNDLE_H
#define TEST_BUNDLE_H

#include "bundlein.h"
#include "bundleout.h"
#include "test_team.h"

struct test_bundle {
    struct test_store office; /* the founder's */
    struct test_store field;  /* a coordinator's, who reads protected too; both know each other */
    char path[128];
};

void test_bundle_init(struct test_bundle *bundle);
void test_bundle_fini(struct test_bundle *bundle); /* removes path and its parts too */
/* Reports in the field store, each with a text of that size that does not deflate. */
void test_bundle_fill(struct test_bundle *bundle, unsigned reports, size_t size);

/* Writes path from that store, for all readers: part_size 0 one file. */
struct mir_bundle_written test_bundle_write(struct test_bundle *bundle,
    struct test_store *from,
    uint64_t part_size);
/* path, or one of its parts. Static. */
const char *test_bundle_part(const struct test_bundle *bundle, unsigned part);
/* Takes path or a part of it; the code is asserted. */
struct mir_bundle_taken test_bundle_take(struct test_bundle *bundle,
    struct test_store *to,
    unsigned part,
    mirsal_code expected);

/* The file's bytes; the caller ends the buffer. */
void test_bundle_read(struct mir_buf *out, struct test_bundle *bundle, const char *path);
void test_bundle_replace(const char *path, struct mir_bytes bytes);

#endif
