/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/test_body.h - bodies for tests: written by hand, or drawn from an environment's
 * randomness.
 */
#ifndef TEST_BODY_H
#define TEST_BODY_H

#include "changeset.h"
#include "test_env.h"

struct test_body {
    struct mir_arena arena; /* holds all of it */
    struct mir_body body;
    struct mir_place place;
    uint32_t creates_room;
    uint32_t writes_room;
};

void test_body_init(struct test_body *body, const mirsal_env *env);
void test_body_fini(struct test_body *body);

/* Give the index of what was added. */
uint32_t test_body_create(struct test_body *body, uint32_t type, uint32_t number);
struct mir_write *test_body_write(struct test_body *body,
    uint32_t create,
    uint32_t field,
    const void *value,
    size_t size);
struct mir_write *test_body_edit(struct test_body *body,
    uint8_t record_byte,
    uint32_t field,
    const void *value,
    size_t size);
/* Sets the key of a write. */
void test_body_key(struct test_body *body,
    struct mir_write *write,
    enum mir_key_form form,
    const void *key,
    size_t size);
/* One parent per byte, each a ref of sixteen such bytes. */
void test_body_parents(struct test_body *body, struct mir_write *write, const char *bytes);

/* Values of every shape: integers, tuples, texts, references, keyed texts, sets, unknown. */
void test_body_random(struct test_body *body, uint32_t records, uint32_t edits);
uint32_t test_random(const mirsal_env *env, uint32_t below);

/* A device with its keys, and an epoch's, all drawn from the environment; seq 1 of main. */
struct test_author {
    struct mir_sign_secret sign_secret;
    uint8_t sealing_secret[32];
    struct mir_agree_secret epoch_secret;
    struct mir_seal seal; /* points into the above */
};

void test_author_init(struct test_author *author, const mirsal_env *env);
/* Moves to the next place in the chain. */
void test_author_advance(struct test_author *author, const struct mir_changeset *before);
/* A body of a few records, sealed; its bytes live in body's arena. */
void test_author_seal(struct mir_changeset *out,
    struct test_author *author,
    struct test_body *body,
    uint32_t records);
/* Keys that open what the author sealed. */
struct mir_open test_author_open(struct test_author *author);

#endif
