/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/test_vectors.h - read JSON vectors; find the tree and the public vectors beside it.
 *
 * What is missing or of another kind than asked for fails the running test and names the vector.
 */
#ifndef TEST_VECTORS_H
#define TEST_VECTORS_H

#include "buf.h"
#include "test_env.h"

#include <jansson.h>

#define TEST_SKIP 77 /* meson's exit status of a skipped test */

/* A file of this tree by its path from the root: "protocol/vectors/primitives.json". */
json_t *test_load_source(const char *path);
/*
 * A file of the public vectors by its path there, or NULL when the folder is not here. Where a
 * number exceeds 63 bits, all numbers of the file are reals.
 */
json_t *test_load_shared(const char *path);
/* The folder of public vectors, or NULL. Static. */
const char *test_shared_vectors(void);
/* As main's return when test_shared_vectors is NULL: says so and gives TEST_SKIP. */
int test_skip_without_shared(void);

const char *test_text(const json_t *object, const char *key);
uint64_t test_number(const json_t *object, const char *key);
const json_t *test_array(const json_t *object, const char *key);
/* Hex to bytes, into memory that lives until test_release_bytes. */
struct mir_bytes test_bytes(const json_t *object, const char *key);
struct mir_bytes test_bytes_of(const json_t *hex_text);
/* Exactly size bytes. */
void test_fixed(void *out, size_t size, const json_t *object, const char *key);
int test_has(const json_t *object, const char *key);
/* Frees all that test_bytes gave. */
void test_release_bytes(void);

#endif
