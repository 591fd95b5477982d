/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/merge_vectors_test.c - judges every vector of protocol/vectors/merge.json.
 */
#include "digest.h"
#include "registers.h"
#include "vector_judge.h"

#include <string.h>

static enum mir_policy policy_of(const char *name)
{
    static const enum mir_policy policies[] = { MIR_POLICY_REVIEW, MIR_POLICY_RANKED,
        MIR_POLICY_LATEST, MIR_POLICY_SET, MIR_POLICY_LOG, MIR_POLICY_LATTICE, MIR_POLICY_ONCE,
        MIR_POLICY_DERIVED };
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        if (strcmp(mir_policy_name(policies[i]), name) == 0) {
            return policies[i];
        }
    }
    fail_msg("no policy %s", name);
    return MIR_POLICY_NONE;
}

static void read_write(struct judged *vector, struct mir_register_write *out, const json_t *from)
{
    const json_t *parents = test_array(from, "parents");
    size_t count = json_array_size(parents);
    struct mir_write_name *names = mir_arena_alloc(&vector->arena, count + 1, sizeof *names);
    assert_non_null(names);
    for (size_t i = 0; i < count; i++) {
        struct mir_bytes name = test_bytes_of(json_array_get(parents, i));
        assert_int_equal(name.size, sizeof names->bytes);
        memcpy(names[i].bytes, name.data, name.size);
    }
    test_fixed(out->changeset.bytes, sizeof out->changeset.bytes, from, "changeset");
    test_fixed(out->author.bytes, sizeof out->author.bytes, from, "author");
    out->role = (enum mir_role)test_number(from, "role");
    out->stamp = test_number(from, "stamp");
    out->accepted = (int)test_number(from, "accepted");
    out->creating = (int)test_number(from, "creating");
    out->ordinal = (uint32_t)test_number(from, "ordinal");
    out->value = test_bytes(from, "value");
    out->parents = names;
    out->parent_count = count;
}

static int is_listed(const json_t *ids, const mirsal_hash *id)
{
    for (size_t i = 0; i < json_array_size(ids); i++) {
        struct mir_bytes hex = test_bytes_of(json_array_get(ids, i));
        if (hex.size == sizeof id->bytes && memcmp(hex.data, id->bytes, hex.size) == 0) {
            return 1;
        }
    }
    return 0;
}

static mirsal_code judge_register(struct judged *vector)
{
    struct mir_register found;
    const json_t *from = test_array(vector->input, "writes");
    const json_t *live = test_array(vector->expect, "live");
    const json_t *depths = test_array(vector->expect, "depths");
    const json_t *conflict = json_object_get(vector->expect, "conflict");
    size_t count = json_array_size(from);
    struct mir_register_write *writes = mir_arena_alloc(&vector->arena, count + 1, sizeof *writes);
    assert_non_null(writes);
    for (size_t i = 0; i < count; i++) {
        read_write(vector, &writes[i], json_array_get(from, i));
    }
    mirsal_code code = mir_register_evaluate(&found, writes, count,
        policy_of(test_text(vector->input, "policy")), &vector->test.env, NULL);
    assert_int_equal(found.live_count, json_array_size(live));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(writes[i].live, is_listed(live, &writes[i].changeset));
        assert_int_equal(writes[i].depth, json_integer_value(json_array_get(depths, i)));
    }
    judge_same_hash(found.winner != MIR_REGISTER_NO_WINNER ? &writes[found.winner].changeset : NULL,
        json_object_get(vector->expect, "winner"));
    const char *kind = mir_register_conflict_name(found.conflict);
    if (json_is_null(conflict)) {
        assert_null(kind);
    } else {
        assert_non_null(kind);
        assert_string_equal(kind, json_string_value(conflict));
    }
    return code;
}

static int has_record(const json_t *list, const mirsal_id *record)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct mir_bytes hex = test_bytes_of(json_array_get(list, i));
        if (hex.size == sizeof record->bytes && memcmp(hex.data, record->bytes, hex.size) == 0) {
            return 1;
        }
    }
    return 0;
}

/* One register of a state: its live writes, and what it adds to the digest. */
static void add_register(struct judged *vector,
    mirsal_hash *sum,
    const json_t *from,
    const json_t *live)
{
    struct mir_register found;
    struct mir_buf scratch;
    mirsal_id record;
    mirsal_hash term;
    const json_t *listed = test_array(from, "writes");
    size_t count = json_array_size(listed);
    struct mir_register_write *writes = mir_arena_alloc(&vector->arena, count + 1, sizeof *writes);
    mirsal_hash *others = mir_arena_alloc(&vector->arena, count + 1, sizeof *others);
    assert_non_null(writes);
    assert_non_null(others);
    test_fixed(record.bytes, sizeof record.bytes, from, "record");
    for (size_t i = 0; i < count; i++) {
        read_write(vector, &writes[i], json_array_get(listed, i));
        writes[i].accepted &= !has_record(test_array(vector->input, "void"), &record);
    }
    assert_int_equal(mir_register_evaluate(&found, writes, count,
                         policy_of(test_text(from, "policy")), &vector->test.env, NULL),
        MIRSAL_OK);
    struct mir_digest_register given = { .record = &record,
        .field = (uint32_t)test_number(from, "field"),
        .key = test_bytes(from, "key"),
        .others = others };
    assert_int_equal(found.live_count, json_array_size(live));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(writes[i].live, is_listed(live, &writes[i].changeset));
        if (writes[i].live && i != found.winner) {
            others[given.other_count++] = writes[i].changeset;
        }
    }
    if (found.winner == MIR_REGISTER_NO_WINNER ||
        has_record(test_array(vector->input, "recalled"), &record)) {
        return;
    }
    given.winner = &writes[found.winner].changeset;
    given.value = writes[found.winner].value;
    mir_buf_init(&scratch, &vector->test.env, (size_t)1 << 20);
    assert_int_equal(mir_digest_register(&term, &given, &scratch, NULL), MIRSAL_OK);
    mir_buf_fini(&scratch);
    mir_digest_add(sum, &term);
}

static mirsal_code judge_state(struct judged *vector)
{
    mirsal_hash sum;
    const json_t *listed = test_array(vector->input, "registers");
    const json_t *live = test_array(vector->expect, "live");
    memset(&sum, 0, sizeof sum);
    assert_int_equal(json_array_size(listed), json_array_size(live));
    for (size_t i = 0; i < json_array_size(listed); i++) {
        add_register(vector, &sum, json_array_get(listed, i), json_array_get(live, i));
    }
    judge_same_hash(&sum, json_object_get(vector->expect, "digest"));
    return MIRSAL_OK;
}

static void registers(void **state)
{
    static const struct judge judges[] = { { "register", judge_register }, { "state", judge_state },
        { NULL, NULL } };
    (void)state;
    judge_file("protocol/vectors/merge.json", judges, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
