/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check/changeset_pipe.c - random changesets from here to protocol/check/cross.py, and back.
 *
 *   changeset_pipe build SEED COUNT   writes so many lines: header, signature, body, the epoch's
 *                                     secret, dictionary, clear body; in hex
 *   changeset_pipe open               reads such lines, verifies and opens each, and writes the
 *                                     clear body that it found, or the code of the refusal
 */
#include "test_body.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS        5 /* what opening needs */
#define RECORDS_BELOW 9u
#define EDITS_BELOW   4u

static void write_hex(struct mir_bytes bytes, char end)
{
    for (size_t i = 0; i < bytes.size; i++) {
        (void)printf("%02x", bytes.data[i]);
    }
    (void)putchar(end);
}

/* One changeset of its own team, device and epoch. */
static int build_one(const mirsal_env *env)
{
    struct test_author author;
    struct test_body body;
    struct mir_changeset changeset;
    struct mir_bytes clear = { NULL, 0 };
    test_author_init(&author, env);
    test_body_init(&body, env);
    author.seal.compartment = (uint8_t)test_random(env, 3);
    author.seal.seq = 1 + test_random(env, 2);
    if (author.seal.seq > 1) {
        env->random(env->context, author.seal.prev.bytes, sizeof author.seal.prev.bytes);
    }
    memcpy(body.place.device, author.seal.device.bytes, sizeof body.place.device);
    body.place.compartment = author.seal.compartment;
    uint32_t records = test_random(env, 20) == 0 ? 200u : test_random(env, RECORDS_BELOW);
    test_body_random(&body, records, test_random(env, EDITS_BELOW) + (records == 0 ? 1u : 0u));
    mirsal_code code =
        mir_changeset_seal(&changeset, &clear, &body.arena, &author.seal, &body.body, NULL);
    if (code == MIRSAL_OK) {
        write_hex(changeset.header, ' ');
        write_hex(changeset.signature, ' ');
        write_hex(changeset.body, ' ');
        write_hex((struct mir_bytes){ author.epoch_secret.bytes, 32 }, ' ');
        write_hex(author.seal.dictionary, ' ');
        write_hex(clear, '\n');
    }
    test_body_fini(&body);
    return code == MIRSAL_OK;
}

static int build(uint64_t seed, unsigned long count)
{
    struct test_env test;
    int done = 1;
    test_env_init(&test, seed);
    for (unsigned long i = 0; done && i < count; i++) {
        done = build_one(&test.env);
    }
    test_env_fini(&test);
    return done;
}

static int dictionary_of(struct mir_bytes *out, void *context, uint32_t schema_version)
{
    (void)schema_version;
    *out = *(const struct mir_bytes *)context;
    return 1;
}

/* Fields of a line, decoded in place. */
static int read_fields(struct mir_bytes fields[FIELDS], char *line)
{
    char *rest = NULL;
    char *text = strtok_r(line, " \n", &rest);
    for (int i = 0; i < FIELDS; i++) {
        if (text == NULL) {
            return 0;
        }
        size_t size = strlen(text) / 2;
        uint8_t *bytes = malloc(size + 1);
        if (bytes == NULL || !mir_hex_decode(bytes, size, text, 2 * size)) {
            free(bytes);
            return 0;
        }
        fields[i] = (struct mir_bytes){ bytes, size };
        text = strtok_r(NULL, " \n", &rest);
    }
    return text == NULL;
}

static void open_one(const mirsal_env *env, struct mir_bytes fields[FIELDS])
{
    struct mir_arena arena;
    struct mir_changeset changeset;
    struct mir_opened opened;
    struct mir_agree_secret secret;
    const struct mir_open keys = { &secret, dictionary_of, &fields[4] };
    mir_arena_init(&arena, env, MIR_BODY_MEMORY_MAX);
    memcpy(secret.bytes, fields[3].data, sizeof secret.bytes);
    mirsal_code code = mir_changeset_read(&changeset, fields[0], fields[1], fields[2], NULL);
    if (code == MIRSAL_OK) {
        code = mir_changeset_verify(&changeset, NULL);
    }
    if (code == MIRSAL_OK) {
        code = mir_changeset_open(&opened, &arena, &changeset, &keys, NULL);
    }
    if (code == MIRSAL_OK) {
        write_hex(opened.clear, '\n');
    } else {
        (void)printf("refused %d\n", (int)code);
    }
    mir_arena_fini(&arena);
}

static int open_all(void)
{
    struct test_env test;
    char *line = NULL;
    size_t room = 0;
    int done = 1;
    test_env_init(&test, 1);
    while (done && getline(&line, &room, stdin) > 0) {
        struct mir_bytes fields[FIELDS] = { { NULL, 0 } };
        done = read_fields(fields, line) && fields[3].size == 32;
        if (done) {
            open_one(&test.env, fields);
        }
        for (int i = 0; i < FIELDS; i++) {
            free((void *)(uintptr_t)fields[i].data);
        }
    }
    free(line);
    test_env_fini(&test);
    return done;
}

int main(int argc, char **argv)
{
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    if (argc == 4 && strcmp(argv[1], "build") == 0) {
        return build(strtoull(argv[2], NULL, 10), strtoul(argv[3], NULL, 10)) ? 0 : 1;
    }
    if (argc == 2 && strcmp(argv[1], "open") == 0) {
        return open_all() ? 0 : 1;
    }
    (void)fprintf(stderr, "usage: changeset_pipe build SEED COUNT | open\n");
    return 2;
}
