/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/forget_test.c - what a write-only device forgets, when, what stays, and that no page keeps
 * any of it.
 */
#include "forget.h"

#include "known.h"
#include "peers.h"
#include "rebuild.h"
#include "replica.h"
#include "test_pages.h"
#include "test_team.h"
#include "verify.h"

#include <string.h>

#define MARKER "five houses north of Zarzur"

static struct test_store founder;
static struct test_store phone;
static mirsal_error err;
static int64_t peer;

static void join(int write_only)
{
    static const mirsal_hash identity = { { 7 } };
    struct mir_bytes url = { (const uint8_t *)"http://localhost:1", 18 };
    const struct test_invite terms = {
        .role = MIR_ROLE_MONITOR, .uses = 1, .write_only = write_only
    };
    test_team_found(&founder, 1);
    test_team_join(&phone, &founder, 2, &terms);
    test_store_reopen(&phone);
    assert_int_equal(mir_store_begin(phone.store, &err), MIRSAL_OK);
    assert_int_equal(mir_peer_keep(phone.store, url, &identity, 0, &err), MIRSAL_OK);
    assert_int_equal(mir_peer_find(&peer, phone.store, &identity, &err), MIRSAL_OK);
    assert_int_equal(mir_store_commit(phone.store, &err), MIRSAL_OK);
}

static int set_up(void **state)
{
    (void)state;
    join(1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&phone);
    test_store_fini(&founder);
    return 0;
}

/* A relay says that it holds the main chain up to there. */
static void acknowledge(uint64_t seq)
{
    struct mir_chain_row row;
    int64_t device = 0;
    assert_int_equal(mir_store_begin(phone.store, &err), MIRSAL_OK);
    assert_int_equal(
        mir_device_no(&device, phone.store->sql, mir_store_device(phone.store), 0, &err),
        MIRSAL_OK);
    assert_int_equal(mir_chain_at(&row, phone.store->sql, device, 0, seq, NULL, &err), MIRSAL_OK);
    assert_int_not_equal(row.no, 0);
    assert_int_equal(mir_known_mark(phone.store, peer, &row, &err), MIRSAL_OK);
    assert_int_equal(mir_store_commit(phone.store, &err), MIRSAL_OK);
}

static int64_t count(const char *sql)
{
    return test_team_count(&phone, sql);
}

static int pages(const char *text)
{
    return test_pages_holding(phone.store->sql, text, strlen(text));
}

/* Problems that a deep check finds. */
static uint64_t verify(struct mir_verify_result *out)
{
    assert_int_equal(mir_verify(out, phone.store, 1, &err), MIRSAL_OK);
    return out->problem_count;
}

static int64_t count_words(void)
{
    return count("SELECT count(*) FROM words WHERE words MATCH 'zarzur OR houses'");
}

/* rel_text is not indexed: a title is. */
static mirsal_id titled(const char *text)
{
    const struct mir_bytes key = { (const uint8_t *)"\xa2"
                                                    "en",
        3 };
    uint8_t value[128] = { 0xd9, (uint8_t)strlen(text) };
    struct mir_txn *txn = NULL;
    struct mir_txn_result result;
    mirsal_id id;
    memcpy(value + 2, text, strlen(text));
    struct mir_bytes bytes = { value, strlen(text) + 2 };
    assert_true(strlen(text) >= 32);
    assert_int_equal(mir_txn_begin(&txn, phone.store, MIR_TXN_LONE, &err), MIRSAL_OK);
    assert_int_equal(mir_txn_create(&id, txn, TEST_INCIDENT, -1, &err), MIRSAL_OK);
    assert_int_equal(mir_txn_write(txn, &id, TEST_TITLE, key, bytes, &err), MIRSAL_OK);
    assert_int_equal(mir_txn_commit(&result, txn, &err), MIRSAL_OK);
    return id;
}

static void what_no_relay_has_stays(void **state)
{
    (void)state;
    mirsal_id id = test_team_report(&phone, MARKER);
    assert_int_equal(mir_forget(phone.store, &err), MIRSAL_OK);
    assert_string_equal(test_team_shown(&phone, &id), MARKER);
    test_store_reopen(&phone);
    assert_string_equal(test_team_shown(&phone, &id), MARKER);
    assert_true(pages(MARKER) > 0);
    assert_int_equal(test_team_edit(&phone, &id, "six houses"), MIRSAL_OK);
    assert_string_equal(test_team_shown(&phone, &id), "six houses");
}

static void what_a_relay_has_is_gone_and_its_bytes_stay(void **state)
{
    (void)state;
    struct mir_verify_result result;
    struct mir_forgotten forgotten;
    mirsal_id id = test_team_report(&phone, MARKER);
    (void)titled("The market of Zarzur and five houses north of it");
    assert_int_equal(test_team_edit(&phone, &id, MARKER " and a school"), MIRSAL_OK);
    assert_true(count_words() > 0);
    int64_t size = count("SELECT sum(length(body)) FROM content");
    acknowledge(3);
    assert_int_equal(mir_forget(phone.store, &err), MIRSAL_OK);
    assert_string_equal(test_team_shown(&phone, &id), "");
    assert_int_equal(test_team_edit(&phone, &id, "other"), MIRSAL_NOT_FOUND);
    assert_int_equal(count("SELECT count(*) FROM r_1"), 0);
    assert_int_equal(count("SELECT count(*) FROM write"), 0);
    assert_int_equal(count("SELECT count(*) FROM review"), 0);
    assert_int_equal(count("SELECT count(*) FROM applied"), 0);
    assert_int_equal(count("SELECT count(*) FROM changeset WHERE stamp IS NOT NULL"), 0);
    assert_int_equal(count("SELECT count(*) FROM content WHERE clear IS NOT NULL"), 0);
    assert_int_equal(count_words(), 0);
    assert_int_equal(count("SELECT sum(length(body)) FROM content"), size);
    assert_int_equal(pages("Zarzur"), 0);
    assert_int_equal(pages("zarzur"), 0);
    assert_int_equal(test_pages_holding(phone.store->sql, id.bytes, sizeof id.bytes), 0);
    assert_int_equal(verify(&result), 0);
    assert_int_equal(result.sealed_only, 3);
    assert_int_equal(mir_forgotten(&forgotten, phone.store, &err), MIRSAL_OK);
    assert_int_equal(forgotten.changesets, 3);
    assert_false(forgotten.residue);
    assert_int_equal(mir_rebuild(phone.store, &err), MIRSAL_OK);
    assert_int_equal(count("SELECT count(*) FROM r_1"), 0);
    test_store_reopen(&phone);
    assert_int_equal(pages("Zarzur"), 0);
}

static void the_chain_goes_on_and_readers_get_all(void **state)
{
    (void)state;
    mirsal_id first = test_team_report(&phone, MARKER);
    acknowledge(1);
    assert_int_equal(mir_forget(phone.store, &err), MIRSAL_OK);
    mirsal_id second = test_team_report(&phone, "two");
    assert_string_equal(test_team_shown(&phone, &second), "two");
    assert_int_equal(count("SELECT max(seq) FROM changeset WHERE compartment = 0"), 2);
    assert_int_equal(count("SELECT count(*) FROM fork"), 0);
    test_team_meet(&founder, &phone, 5);
    assert_string_equal(test_team_shown(&founder, &first), MARKER);
    assert_string_equal(test_team_shown(&founder, &second), "two");
    assert_string_equal(test_team_shown(&phone, &second), "two");
}

/* A change of what was forgotten, still here, stands alone until it is forgotten too. */
static void a_change_that_was_not_sent_yet_survives_its_record(void **state)
{
    (void)state;
    struct mir_verify_result result;
    mirsal_id id = test_team_report(&phone, MARKER);
    assert_int_equal(test_team_edit(&phone, &id, "corrected"), MIRSAL_OK);
    acknowledge(1);
    assert_int_equal(mir_forget(phone.store, &err), MIRSAL_OK);
    assert_int_equal(pages(MARKER), 0);
    assert_true(pages("corrected") > 0);
    assert_int_equal(count("SELECT count(*) FROM review"), 0);
    assert_int_equal(test_team_edit(&phone, &id, "other"), MIRSAL_NOT_FOUND);
    assert_int_equal(verify(&result), 0);
    test_team_meet(&founder, &phone, 5);
    assert_string_equal(test_team_shown(&founder, &id), "corrected");
    acknowledge(2);
    assert_int_equal(mir_forget(phone.store, &err), MIRSAL_OK);
    assert_int_equal(pages("corrected"), 0);
    assert_int_equal(verify(&result), 0);
}

static void a_receipt_lets_the_sealed_body_go(void **state)
{
    (void)state;
    struct mir_verify_result result;
    enum mir_custody custody;
    uint32_t readers = 0;
    (void)test_team_report(&phone, MARKER);
    test_team_meet(&founder, &phone, 5);
    /* A reader has it, no relay: the clear text goes, and what a relay still needs stays. */
    assert_true(pages(MARKER) > 0);
    assert_int_equal(mir_forget(phone.store, &err), MIRSAL_OK);
    assert_int_equal(pages(MARKER), 0);
    assert_int_equal(count("SELECT count(*) FROM changeset WHERE kept = 1"), 1);
    assert_int_equal(count("SELECT count(*) FROM changeset WHERE kept = 2"), 0);
    assert_true(count("SELECT length(body) FROM content WHERE no ="
                      " (SELECT no FROM changeset WHERE compartment = 0)") > 0);
    assert_int_equal(verify(&result), 0);
    assert_int_equal(result.sealed_only, 1);
    acknowledge(1);
    int64_t no = count("SELECT no FROM changeset WHERE compartment = 0");
    assert_int_equal(mir_forget(phone.store, &err), MIRSAL_OK);
    assert_int_equal(count("SELECT length(body) FROM content WHERE no ="
                           " (SELECT no FROM changeset WHERE compartment = 0)"),
        0);
    assert_int_equal(verify(&result), 0);
    assert_int_equal(result.headers_only, 1);
    assert_int_equal(result.sealed_only, 0);
    assert_int_equal(mir_custody_of(&custody, &readers, phone.store, no, &err), MIRSAL_OK);
    assert_int_equal(custody, MIR_CUSTODY_READERS);
    (void)test_team_report(&phone, "two");
    assert_int_equal(count("SELECT max(seq) FROM changeset WHERE compartment = 0"), 2);
    test_team_meet(&founder, &phone, 6);
    assert_int_equal(count("SELECT count(*) FROM fork"), 0);
}

static void what_is_gone_without_reason_is_a_problem(void **state)
{
    (void)state;
    struct mir_verify_result result;
    (void)test_team_report(&phone, MARKER);
    acknowledge(1);
    assert_int_equal(mir_forget(phone.store, &err), MIRSAL_OK);
    assert_int_equal(mir_sql_run(phone.store->sql,
                         "UPDATE content SET body = x'' WHERE no = (SELECT no FROM changeset"
                         " WHERE compartment = 0)",
                         &err),
        MIRSAL_OK);
    assert_int_equal(verify(&result), 1);
    assert_int_equal(
        mir_sql_run(phone.store->sql, "UPDATE changeset SET kept = 2 WHERE compartment = 0", &err),
        MIRSAL_OK);
    assert_int_equal(verify(&result), 0);
    assert_int_equal(result.headers_only, 1);
    assert_int_equal(mir_sql_run(phone.store->sql,
                         "UPDATE content SET signature = zeroblob(64) WHERE no ="
                         " (SELECT no FROM changeset WHERE compartment = 0)",
                         &err),
        MIRSAL_OK);
    assert_int_equal(verify(&result), 1);
    assert_non_null(strstr(result.problems[0].text, "signature"));
}

static void an_interrupted_forgetting_ends_at_the_next_open(void **state)
{
    (void)state;
    struct mir_forgotten forgotten;
    (void)test_team_report(&phone, MARKER);
    acknowledge(1);
    /* Ended before it began. */
    test_store_reopen(&phone);
    assert_int_equal(count("SELECT count(*) FROM r_1"), 0);
    assert_int_equal(pages(MARKER), 0);
    /* Ended between the transaction and the pages. */
    (void)test_team_report(&phone, MARKER);
    acknowledge(2);
    assert_int_equal(mir_forget_sent(phone.store, &err), MIRSAL_OK);
    assert_int_equal(mir_forgotten(&forgotten, phone.store, &err), MIRSAL_OK);
    assert_true(forgotten.residue);
    assert_true(pages(MARKER) > 0);
    test_store_reopen(&phone);
    assert_int_equal(mir_forgotten(&forgotten, phone.store, &err), MIRSAL_OK);
    assert_false(forgotten.residue);
    assert_int_equal(pages(MARKER), 0);
}

static void a_reader_in_the_way_puts_the_pages_off(void **state)
{
    (void)state;
    struct mir_store_options options;
    struct mir_forgotten forgotten;
    struct mir_store *other = NULL;
    (void)test_team_report(&phone, MARKER);
    test_store_options(&options, &phone);
    assert_int_equal(mir_store_open(&other, &options, &err), MIRSAL_OK);
    assert_int_equal(mir_store_read_begin(other, &err), MIRSAL_OK);
    acknowledge(1);
    assert_int_equal(mir_sql_run(phone.store->sql, "PRAGMA busy_timeout = 10", &err), MIRSAL_OK);
    assert_int_equal(mir_forget(phone.store, &err), MIRSAL_OK);
    assert_int_equal(mir_forgotten(&forgotten, phone.store, &err), MIRSAL_OK);
    assert_int_equal(forgotten.changesets, 1);
    assert_true(forgotten.residue);
    mir_store_read_end(other);
    mir_store_close(other);
    assert_int_equal(mir_forget(phone.store, &err), MIRSAL_OK);
    assert_int_equal(mir_forgotten(&forgotten, phone.store, &err), MIRSAL_OK);
    assert_false(forgotten.residue);
    assert_int_equal(pages(MARKER), 0);
}

static void a_device_that_reads_forgets_nothing(void **state)
{
    (void)state;
    join(0);
    mirsal_id id = test_team_report(&phone, MARKER);
    acknowledge(1);
    assert_int_equal(mir_forget(phone.store, &err), MIRSAL_OK);
    test_store_reopen(&phone);
    assert_string_equal(test_team_shown(&phone, &id), MARKER);
    assert_int_equal(count("SELECT count(*) FROM changeset WHERE kept <> 0"), 0);
}

static void nothing_is_forgotten_within_a_transaction(void **state)
{
    (void)state;
    mirsal_id id = test_team_report(&phone, MARKER);
    acknowledge(1);
    assert_int_equal(mir_store_begin(phone.store, &err), MIRSAL_OK);
    assert_int_equal(mir_forget(phone.store, &err), MIRSAL_OK);
    assert_int_equal(mir_store_commit(phone.store, &err), MIRSAL_OK);
    assert_string_equal(test_team_shown(&phone, &id), MARKER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_no_relay_has_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            what_a_relay_has_is_gone_and_its_bytes_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_chain_goes_on_and_readers_get_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_change_that_was_not_sent_yet_survives_its_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_receipt_lets_the_sealed_body_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            what_is_gone_without_reason_is_a_problem, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            an_interrupted_forgetting_ends_at_the_next_open, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reader_in_the_way_puts_the_pages_off, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_device_that_reads_forgets_nothing, NULL, tear_down),
        cmocka_unit_test_setup_teardown(
            nothing_is_forgotten_within_a_transaction, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
