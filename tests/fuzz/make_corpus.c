/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/make_corpus.c - writes the small corpora anew: make_corpus FOLDER, the folder of corpora.
 *
 * Deterministic: the same sources give the same files.
 */
#include "corpus.h"
#include "deflate.h"
#include "msgpack.h"
#include "run.h"
#include "test_body.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *root;

void corpus_put(const char *corpus, const char *name, struct mir_bytes bytes)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", root, corpus);
    (void)mkdir(path, 0777);
    (void)snprintf(path, sizeof path, "%s/%s/%s", root, corpus, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes.data, 1, bytes.size, file) != bytes.size ||
        fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

static void put_text(const char *corpus, const char *name, const char *bytes, size_t size)
{
    corpus_put(corpus, name, (struct mir_bytes){ (const uint8_t *)bytes, size });
}

#define PUT(corpus, name, text) put_text(corpus, name, text, sizeof(text) - 1)

static void make_values(void)
{
    PUT("value", "integers",
        "\x9c\x00\x7f\xcc\x80\xcd\x01\x00\xce\x00\x01\x00\x00"
        "\xcf\x00\x00\x00\x01\x00\x00\x00\x00\xff\xd0\xdf\xd1\xff\x7f"
        "\xd2\xff\xff\x7f\xff\xd3\xff\xff\xff\xff\x7f\xff\xff\xff\xe0");
    PUT("value", "texts",
        "\x94\xa0\xa6\xd8\xad\xd9\x84\xd8\xa8\xd9\x21"
        "a text of more than thirty one byte\xa1x");
    PUT("value", "nested", "\x91\x91\x91\x91\x91\x91\x91\x92\xc0\xc4\x03\x00\x01\x02");
    PUT("value", "sixteen",
        "\xdc\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
        "\x00\x00");
}

static void make_streams(const mirsal_env *env)
{
    static const char words[] = "market school hospital";
    static const char text[] = "a market, a school, a hospital, a market";
    const struct mir_bytes clear = { (const uint8_t *)text, sizeof text - 1 };
    for (size_t with = 0; with < 2; with++) {
        const struct mir_bytes dictionary = { (const uint8_t *)words,
            with > 0 ? sizeof words - 1 : 0 };
        struct mir_buf out;
        mir_buf_init(&out, env, SIZE_MAX);
        mir_buf_append_be16(&out, (uint16_t)clear.size);
        mir_buf_append_u8(&out, (uint8_t)dictionary.size);
        mir_buf_append(&out, dictionary.data, dictionary.size);
        assert_int_equal(mir_deflate(&out, clear, dictionary, NULL), MIRSAL_OK);
        corpus_put("inflate", with > 0 ? "dictionary" : "plain", mir_buf_bytes(&out));
        mir_buf_fini(&out);
    }
}

static void make_bodies(const mirsal_env *env)
{
    static const struct {
        const char *name;
        uint32_t records;
        uint32_t edits;
    } bodies[] = { { "edits", 0, 6 }, { "one", 1, 0 }, { "four", 4, 1 }, { "many", 40, 9 } };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct test_body body;
        struct mir_buf out;
        test_body_init(&body, env);
        memset(body.place.device, 0, sizeof body.place.device);
        body.place.device[0] = 0xd0; /* as in body_fuzz.c */
        test_body_random(&body, bodies[i].records, bodies[i].edits);
        mir_buf_init(&out, env, SIZE_MAX);
        assert_int_equal(
            mir_body_encode(&out, &body.body, &body.place, &body.arena, NULL), MIRSAL_OK);
        corpus_put("body", bodies[i].name, mir_buf_bytes(&out));
        mir_buf_reset(&out);
        assert_int_equal(
            mir_body_encode_left(&out, &body.body, &body.place, &body.arena, NULL), MIRSAL_OK);
        corpus_put("left", bodies[i].name, mir_buf_bytes(&out));
        mir_buf_fini(&out);
        test_body_fini(&body);
    }
}

static void make_changesets(const mirsal_env *env)
{
    struct test_author author;
    struct test_body bodies[3];
    struct mir_changeset chain[3];
    struct mir_run_writer writer;
    struct mir_buf out;
    mirsal_hash seen = { { 9 } };
    test_author_init(&author, env);
    memset(author.seal.team.bytes, 0, 32);
    author.seal.team.bytes[0] = 0x7e; /* as in run_fuzz.c */
    mir_run_writer_init(&writer, env, SIZE_MAX);
    mir_buf_init(&out, env, SIZE_MAX);
    for (size_t i = 0; i < 3; i++) {
        test_body_init(&bodies[i], env);
        author.seal.seen = i == 1 ? &seen : NULL;
        author.seal.authority.bytes[0] = i == 2 ? 2 : 1;
        test_author_seal(&chain[i], &author, &bodies[i], 1);
        test_author_advance(&author, &chain[i]);
        assert_int_equal(mir_run_writer_add(&writer, &chain[i], NULL), MIRSAL_OK);
    }
    assert_int_equal(mir_run_writer_finish(&writer, &out, NULL, NULL), MIRSAL_OK);
    corpus_put("run", "data", mir_buf_bytes(&out));
    corpus_put("changeset", "header", chain[1].header);
    mir_buf_reset(&out);
    mir_changeset_encode(&out, &chain[0]);
    corpus_put("changeset", "data", mir_buf_bytes(&out));
    const struct mir_bytes text = { (const uint8_t *)"\x93\x90\x00\x90", 4 };
    author.seal.seq = 1;
    memset(author.seal.prev.bytes, 0, 32);
    assert_int_equal(
        mir_changeset_control(&chain[0], &bodies[0].arena, &author.seal, text, NULL), MIRSAL_OK);
    mir_buf_reset(&out);
    mir_changeset_encode(&out, &chain[0]);
    corpus_put("changeset", "control", mir_buf_bytes(&out));
    assert_int_equal(mir_run_writer_add(&writer, &chain[0], NULL), MIRSAL_OK);
    mir_buf_reset(&out);
    assert_int_equal(mir_run_writer_finish(&writer, &out, NULL, NULL), MIRSAL_OK);
    corpus_put("run", "control", mir_buf_bytes(&out));
    for (size_t i = 0; i < 3; i++) {
        test_body_fini(&bodies[i]);
    }
    mir_run_writer_fini(&writer);
    mir_buf_fini(&out);
}

int main(int argc, char **argv)
{
    struct test_env test;
    if (argc != 2 || mir_crypto_start(NULL) != MIRSAL_OK) {
        fprintf(stderr, "usage: make_corpus FOLDER\n");
        return 2;
    }
    root = argv[1];
    test_env_init(&test, 20260101);
    make_values();
    make_streams(&test.env);
    make_bodies(&test.env);
    make_changesets(&test.env);
    corpus_control(&test.env);
    corpus_frames(&test.env);
    corpus_bundle(&test.env);
    test_env_fini(&test);
    return 0;
}
