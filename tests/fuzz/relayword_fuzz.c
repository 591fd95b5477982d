/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/relayword_fuzz.c - words of relays, one after the other: how each came, its size in two
 * bytes, the word. A store takes them, compares them, and gives on what others should hear.
 *
 * Signatures are taken for good unless they begin with 255 (wrapped), so that what stands behind
 * them is reached. A word is written as it was read; what is held against a relay stands on words
 * of that relay; what is given on is read again. The store is as before after each input.
 */
#include "evidence_out.h"
#include "fuzz.h"
#include "mir_limits.h"
#include "reader.h"
#include "sign.h"
#include "test_team.h"

#include <string.h>

#define ANSWER_MAX ((size_t)64 << 20)

int __wrap_mir_sign_verify(const uint8_t signature[64],
    enum mir_context context,
    const void *data,
    size_t size,
    const uint8_t public_key[32]);

static struct test_store founder;
static mirsal_hash known; /* a relay of the team */

int __wrap_mir_sign_verify(const uint8_t signature[64],
    enum mir_context context,
    const void *data,
    size_t size,
    const uint8_t public_key[32])
{
    (void)context;
    (void)data;
    (void)public_key;
    return size <= MIR_SIGNED_SIZE_MAX && signature[0] != 255;
}

static void open_store(void)
{
    static int is_open;
    if (is_open) {
        return;
    }
    is_open = 1;
    test_team_found(&founder, 9);
    (void)test_team_report(&founder, "one");
    memset(known.bytes, 7, sizeof known.bytes);
    fuzz_demand(mir_relay_add(founder.store, "http://localhost:1", &known,
                    (struct mir_bytes){ NULL, 0 }, NULL) == MIRSAL_OK,
        "a relay of the team");
}

static void demand_form(struct mir_bytes bytes)
{
    struct mir_relay_word word;
    struct mir_buf again;
    if (mir_relay_word_read(&word, bytes, NULL) != MIRSAL_OK) {
        return;
    }
    mir_buf_init(&again, fuzz_env(), SIZE_MAX);
    mir_relay_word_write(&again, &word);
    fuzz_demand_equal(bytes, mir_buf_bytes(&again), "a word is written as it was read");
    mir_buf_fini(&again);
}

static mirsal_code demand_given(void *context, struct mir_bytes bytes, mirsal_error *err)
{
    struct mir_relay_word word;
    (void)context;
    fuzz_demand(mir_relay_word_read(&word, bytes, err) == MIRSAL_OK &&
                    mir_relay_word_verify(&word, &founder.store->team),
        "what is given on is a word");
    return MIRSAL_OK;
}

static void demand_evidence(void)
{
    struct mir_evidence *list = NULL;
    struct mir_arena arena;
    size_t count = 0;
    mir_arena_init(&arena, fuzz_env(), ANSWER_MAX);
    fuzz_demand(mir_evidence_list(&list, &count, &arena, founder.store, 0, NULL) == MIRSAL_OK,
        "what is held is listed");
    for (size_t i = 0; i < count; i++) {
        struct mir_relay_word one;
        struct mir_relay_word other;
        fuzz_demand(mir_relay_word_read(&one, list[i].one, NULL) == MIRSAL_OK &&
                        mir_hash_equal(&one.identity, &list[i].identity),
            "the relay's own word");
        fuzz_demand(
            list[i].kind != MIR_CONTRADICTION_FACES ||
                (mir_relay_word_read(&other, list[i].other, NULL) == MIRSAL_OK &&
                    mir_hash_equal(&one.identity, &other.identity) &&
                    one.checkpoint.size == other.checkpoint.size &&
                    memcmp(one.checkpoint.store_epoch, other.checkpoint.store_epoch, 8) == 0 &&
                    !mir_hash_equal(&one.checkpoint.root, &other.checkpoint.root)),
            "two roots for one size of one log");
    }
    mir_arena_fini(&arena);
}

static void demand_store(void)
{
    uint64_t words = 0;
    uint64_t bad = 0;
    struct mir_buf out;
    mir_buf_init(&out, fuzz_env(), ANSWER_MAX);
    fuzz_demand(mir_evidence_give(founder.store, demand_given, NULL, NULL) == MIRSAL_OK, "given");
    fuzz_demand(mir_evidence_verify(&words, &bad, founder.store, NULL) == MIRSAL_OK && bad == 0,
        "what is kept verifies");
    mir_buf_append_u8(&out, '{');
    fuzz_demand(mir_evidence_write(&out, NULL, founder.store, 0, NULL) == MIRSAL_OK &&
                    mir_buf_finish(&out, NULL) == MIRSAL_OK,
        "what is held is told");
    mir_buf_fini(&out);
    demand_evidence();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mir_reader reader;
    (void)fuzz_env();
    open_store();
    fuzz_demand(mir_sql_run(founder.store->sql, "BEGIN", NULL) == MIRSAL_OK, "a transaction");
    mir_reader_init(&reader, data, size);
    while (mir_reader_left(&reader) >= 3) {
        enum mir_evidence_via via = (enum mir_evidence_via)(1 + mir_reader_u8(&reader) % 3);
        size_t wanted = mir_reader_be16(&reader);
        size_t left = mir_reader_left(&reader);
        struct mir_bytes bytes = mir_reader_take(&reader, wanted < left ? wanted : left);
        demand_form(bytes);
        mirsal_code code = mir_evidence_take(founder.store, bytes, via, NULL);
        fuzz_demand(code == MIRSAL_OK || code == MIRSAL_MALFORMED || code == MIRSAL_LIMIT ||
                        code == MIRSAL_BAD_SIGNATURE,
            "a word is taken or refused");
    }
    demand_store();
    fuzz_demand(mir_sql_run(founder.store->sql, "ROLLBACK", NULL) == MIRSAL_OK, "and back");
    return 0;
}
