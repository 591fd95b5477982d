/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz/corpus_bundle.c - sealed files to one key, and the contents of parts of bundles. */
#include "bundle.h"
#include "corpus.h"
#include "fail.h"

#include <string.h>

/* A file whose first byte says where the harness cuts it. */
static void put_sealed(const mirsal_env *env, const char *name, uint32_t readers, size_t size)
{
    static const struct mir_agree_secret secret = { { 7 } };
    struct mir_agree_public keys[3];
    struct mir_sealedfile_readers to = { .keys = keys, .count = readers };
    struct mir_sealedfile file;
    struct mir_buf out;
    uint8_t piece[1000];
    mir_buf_init(&out, env, SIZE_MAX);
    mir_buf_append_u8(&out, 100);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        mir_agree_public_of(&keys[i], &secret);
    }
    memset(piece, 5, sizeof piece);
    mirsal_code rc = mir_sealedfile_begin(&out, &file, env, MIR_SEALEDFILE_BUNDLE, &to, NULL);
    for (size_t at = 0; rc == MIRSAL_OK && at < size; at += sizeof piece) {
        rc = mir_sealedfile_write(&out, &file, (struct mir_bytes){ piece, sizeof piece }, NULL);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_sealedfile_write_end(&out, &file, NULL);
    }
    MIR_ASSERT(rc == MIRSAL_OK);
    corpus_put("sealedfile", name, mir_buf_bytes(&out));
    mir_sealedfile_fini(&file);
    mir_buf_fini(&out);
}

static void put_head(struct mir_buf *out, uint32_t part)
{
    static const uint8_t seed[32] = { 3 };
    static const uint8_t mac[32] = { 9 };
    struct mir_bundle_head head = {
        .bundle = { 1 }, .part = part, .team = { { 0x7e } }, .time_ms = UINT64_C(1700000000000)
    };
    struct mir_sign_public key;
    MIR_WIPED_SIGN struct mir_sign_secret secret;
    mir_sign_keypair(&key, &secret, seed);
    memcpy(head.device.bytes, key.bytes, sizeof key.bytes);
    mir_bundle_head_write(out, &head, mac, &secret);
}

void corpus_bundle(const mirsal_env *env)
{
    static const mirsal_hash purged[2] = { { { 1 } }, { { 2 } } };
    static mirsal_hash device = { { 4 } };
    struct mir_vector_entry entries[2] = { { 0, 0, 7, { 1 } }, { 0, 255, 2, { 2 } } };
    const struct mir_vector vector = { 1, &device, 2, entries };
    const struct mir_bundle_close close = { 1, 0, 0 };
    struct mir_buf out;
    put_sealed(env, "empty", 1, 0);
    put_sealed(env, "small", 3, 1000);
    put_sealed(env, "two-chunks", 1, 66000);
    mir_buf_init(&out, env, SIZE_MAX);
    put_head(&out, 1);
    mir_frame_write(&out, MIR_FRAME_WORD, (struct mir_bytes){ (const uint8_t *)"\x90", 1 });
    mir_purged_write(&out, purged, 2);
    mir_vector_write(&out, &vector);
    mir_bundle_close_write(&out, &close);
    corpus_put("bundle", "first", mir_buf_bytes(&out));
    mir_buf_reset(&out);
    put_head(&out, 2);
    mir_bundle_close_write(&out, &close);
    corpus_put("bundle", "second", mir_buf_bytes(&out));
    mir_buf_reset(&out);
    mir_purged_write(&out, NULL, 0);
    corpus_put("bundle", "no-head", mir_buf_bytes(&out));
    mir_buf_fini(&out);
}
