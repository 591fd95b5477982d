/* SPDX-License-Identifier: Apache-2.0 */
/* unit/bundle_vectors_test.c - judges every vector of protocol/vectors/bundle.json. */
#include "bundle.h"
#include "run.h"
#include "vector_judge.h"

#include <string.h>

static mirsal_code judge_sealed(struct judged *vector)
{
    struct mir_agree_secret secret;
    struct mir_sealedfile_keys keys = { .secrets = &secret };
    struct mir_sealedfile file;
    struct mir_buf clear;
    if (test_has(vector->input, "secret")) {
        test_fixed(secret.bytes, sizeof secret.bytes, vector->input, "secret");
        keys.count = 1;
    } else {
        keys.passphrase = test_bytes(vector->input, "passphrase");
    }
    mir_buf_init(&clear, &vector->test.env, 1u << 20);
    mir_sealedfile_reader_init(&file, &vector->test.env,
        (enum mir_sealedfile_kind)test_number(vector->input, "kind"), &keys);
    mirsal_code rc = mir_sealedfile_read(&clear, &file, test_bytes(vector->input, "file"), NULL);
    if (rc == MIRSAL_OK) {
        rc = mir_sealedfile_read_end(&clear, &file, NULL);
    }
    if (rc == MIRSAL_OK) {
        judge_same(clear.data, clear.size, vector->expect, "content");
    }
    mir_sealedfile_fini(&file);
    mir_buf_fini(&clear);
    return rc;
}

struct part {
    struct judged *vector;
    struct mir_bundle_order order;
    struct mir_bundle_head head;
    struct mir_bundle_close close;
    uint8_t mac[32];
    mirsal_hash team;
    uint64_t changesets;
};

static void judge_hash_at(const struct judged *vector,
    const char *key,
    uint64_t at,
    const mirsal_hash *hash)
{
    if (vector->expect != NULL) {
        judge_same_hash(hash, json_array_get(test_array(vector->expect, key), at));
    }
}

static mirsal_code take_run(struct part *part, struct mir_bytes payload)
{
    struct mir_run_reader reader;
    struct mir_changeset changeset;
    mirsal_code rc =
        mir_run_reader_init(&reader, payload, &part->team, NULL, &part->vector->test.env, NULL);
    while (rc == MIRSAL_OK && mir_run_reader_next(&reader, &changeset, &rc, NULL)) {
        rc = mir_changeset_verify(&changeset, NULL);
        judge_hash_at(part->vector, "changesets", part->changesets++, &changeset.id);
    }
    return rc;
}

static mirsal_code take_purged(struct part *part, struct mir_bytes payload)
{
    mirsal_hash *ids = NULL;
    uint32_t count = 0;
    mirsal_code rc = mir_purged_read(&ids, &count, payload, &part->vector->arena, NULL);
    for (uint32_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        judge_hash_at(part->vector, "purged", i, &ids[i]);
    }
    return rc;
}

static mirsal_code take_frame(struct part *part, const struct mir_frame *frame)
{
    struct mir_vector list;
    mirsal_code rc = mir_bundle_order(&part->order, frame->kind, NULL);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (frame->kind == MIR_FRAME_BUNDLE) {
        rc = mir_bundle_head_read(&part->head, frame->payload, part->mac, NULL);
        part->order.part = part->head.part;
        return rc == MIRSAL_OK && !mir_hash_equal(&part->head.team, &part->team)
                   ? MIRSAL_NOT_AUTHENTIC
                   : rc;
    }
    if (frame->kind == MIR_FRAME_PURGED) {
        return take_purged(part, frame->payload);
    }
    if (frame->kind == MIR_FRAME_VECTOR) {
        return mir_vector_read(&list, frame->payload, &part->vector->arena, NULL);
    }
    if (frame->kind == MIR_FRAME_RUN) {
        return take_run(part, frame->payload);
    }
    rc = mir_bundle_close_read(&part->close, frame->payload, NULL);
    return rc == MIRSAL_OK && part->close.changesets != part->changesets ? MIRSAL_NOT_AUTHENTIC
                                                                         : rc;
}

static void judge_part_whole(const struct part *part)
{
    const struct judged *vector = part->vector;
    judge_same(part->head.bundle, sizeof part->head.bundle, vector->expect, "bundle");
    judge_same(part->head.device.bytes, sizeof part->head.device.bytes, vector->expect, "device");
    assert_int_equal(part->head.part, test_number(vector->expect, "part"));
    assert_int_equal(part->close.last, test_number(vector->expect, "last"));
    assert_int_equal(part->changesets, json_array_size(test_array(vector->expect, "changesets")));
}

static mirsal_code judge_part(struct judged *vector)
{
    struct part part = { .vector = vector };
    struct mir_splitter splitter;
    struct mir_frame frame = { .kind = MIR_FRAME_RUN };
    test_fixed(part.mac, sizeof part.mac, vector->input, "mac");
    test_fixed(part.team.bytes, sizeof part.team.bytes, vector->input, "team");
    mir_splitter_init_bundle(&splitter, &vector->test.env);
    mirsal_code rc = mir_splitter_feed(&splitter, test_bytes(vector->input, "content"), NULL);
    while (rc == MIRSAL_OK && frame.kind != MIR_FRAME_NONE) {
        rc = mir_splitter_next(&splitter, &frame, NULL);
        if (rc == MIRSAL_OK && frame.kind != MIR_FRAME_NONE) {
            rc = take_frame(&part, &frame);
        }
    }
    if (rc == MIRSAL_OK && part.order.step != MIR_FRAME_CLOSE) {
        rc = MIRSAL_NOT_AUTHENTIC;
    }
    if (rc == MIRSAL_OK) {
        judge_part_whole(&part);
    }
    mir_splitter_fini(&splitter);
    return rc;
}

static void bundles(void **state)
{
    static const struct judge judges[] = {
        { "sealed", judge_sealed },
        { "part", judge_part },
        { NULL, NULL },
    };
    (void)state;
    judge_file("protocol/vectors/bundle.json", judges, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bundles),
    };
    if (mir_crypto_start(NULL) != MIRSAL_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
