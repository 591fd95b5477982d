/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/vector_judge.h - vectors of protocol/vectors judged one after another: each names an
 * operation, its input, and what is expected or the error.
 */
#ifndef VECTOR_JUDGE_H
#define VECTOR_JUDGE_H

#include "arena.h"
#include "test_vectors.h"

struct judged {
    struct test_env test;
    struct mir_arena arena;
    const char *name;
    const json_t *input;
    const json_t *expect; /* NULL where an error is expected */
};

struct judge {
    const char *name; /* the vector's "op" */
    /* Checks what expect holds, and gives the code of what was refused. */
    mirsal_code (*judge)(struct judged *vector);
};

/* Judges a file by its path from the root; fewer vectors than count_min fail. judges end with a
 * NULL name. The test's environment is new for each vector. */
void judge_file(const char *path, const struct judge *judges, size_t count_min);

/* The name of a code in mirsal/error.h, without its prefix. */
const char *judge_code_text(mirsal_code code);
/* Hex of expect under that key is these bytes. */
void judge_same(const void *data, size_t size, const json_t *object, const char *key);
/* Hex text of 32 bytes, or null for NULL. */
void judge_same_hash(const mirsal_hash *hash, const json_t *hex);

#endif
