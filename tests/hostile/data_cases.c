/* SPDX-License-Identifier: Apache-2.0 */
/* hostile/data_cases.c - writes that may not count, or not for what they claim. */
#include "cases.h"

#include "history.h"
#include "layout.h"
#include "msgpack.h"
#include "read.h"
#include "statements.h"

#include <string.h>

static void works_on_after_her_cut(struct bed *bed)
{
    (void)test_team_report(&bed->mallory, "of before");
    bed_push_from(bed, 1);
    assert_int_equal(bed_put(bed->office, &bed->said[0]), MIRSAL_OK);
    bed->said_count = 0;
    bed_root_cut(bed);
}

/* Signed after the cut, dated before it and citing the past: its clock says 1970. */
static void backdates(struct bed *bed)
{
    struct test_body body;
    works_on_after_her_cut(bed);
    bed_push_from(bed, 1);
    struct mir_seal seal = bed_place(bed, MIR_COMPARTMENT_MAIN);
    bed_body(&body, bed);
    body.body.stamp = 1;
    (void)bed_text(&body, &bed->report, "backdated");
    (void)bed_seal(bed, &seal, &body);
    test_body_fini(&body);
}

/* A puppet among the coordinators admits who was cut; she works on. */
static void is_admitted_again(struct bed *bed)
{
    struct mir_say say;
    works_on_after_her_cut(bed);
    say = bed_admit(bed, &bed->mallory, 0);
    assert_int_equal(
        mir_statements_say_one(NULL, bed->reader.store, &say, &bed->reader.err), MIRSAL_OK);
    bed_meet(bed);
    (void)test_team_report(&bed->mallory, "again");
    bed_push_from(bed, 1);
}

static void stays_ended(struct bed *bed)
{
    const mirsal_hash *key = mir_store_device(bed->mallory.store);
    assert_int_equal(bed_member(&bed->reader, &bed->mallory)->ended, 2);
    assert_false(mir_membership_can_read(bed->reader.store->membership, key, 0));
    assert_false(mir_membership_can_write(bed->reader.store->membership, key, 0));
}

/* A number of her own chain, signed anew after others receipted what stood there. */
static void signs_her_first_number_again(struct bed *bed)
{
    struct test_body body;
    struct mir_seal seal = bed_place(bed, MIR_COMPARTMENT_MAIN);
    for (int i = 0; i < 4; i++) {
        (void)test_team_report(&bed->mallory, "honest so far");
    }
    test_team_meet(bed->office, &bed->mallory, 60);
    bed_meet(bed);
    (void)relay_fixture_put_all(&bed->relay, &bed->mallory);
    seal.seq = 1;
    memset(&seal.prev, 0, sizeof seal.prev);
    bed_body(&body, bed);
    (void)test_body_create(&body, TEST_INCIDENT, 0);
    (void)bed_seal(bed, &seal, &body);
    test_body_fini(&body);
}

static void honest_branch_stands(struct bed *bed)
{
    static const char text[] =
        "SELECT count(*) FROM changeset WHERE state = 2 AND reason = 21 AND compartment = 0";
    assert_int_equal(test_team_count(bed->office, text), 1);
    assert_int_equal(test_team_count(&bed->reader, text), 1);
}

/* An edit of another's record whose parents are what nobody signed, or a coordinator's word. */
static void edits(struct bed *bed, const mirsal_id *record, int real)
{
    struct test_body body;
    struct mir_ref parent;
    struct mir_seal seal = bed_place(bed, MIR_COMPARTMENT_MAIN);
    memset(&parent, 0x99, sizeof parent);
    if (real) {
        struct mir_record read;
        assert_int_equal(
            mir_read_record(&read, &bed->arena, bed->office->store, record, NULL), MIRSAL_OK);
        memcpy(parent.bytes, read.updated.id.bytes, sizeof parent.bytes);
    }
    bed_body(&body, bed);
    struct mir_write *write = bed_text(&body, record, "hers");
    write->parents = &parent;
    write->parents_count = 1;
    (void)bed_seal(bed, &seal, &body);
    test_body_fini(&body);
}

static void names_a_coordinators_word_as_parent(struct bed *bed)
{
    edits(bed, &bed->decided, 1);
}

static void names_parents_that_do_not_exist(struct bed *bed)
{
    edits(bed, &bed->report, 0);
}

/* Nothing is superseded: what stood stands, and a person is told of both. */
static void stands_beside(struct bed *bed, const mirsal_id *record, const char *text)
{
    struct test_store *stores[] = { bed->office, &bed->reader };
    for (size_t i = 0; i < 2; i++) {
        struct mir_record read;
        assert_string_equal(test_team_shown(stores[i], record), text);
        assert_int_equal(
            mir_read_record(&read, &bed->arena, stores[i]->store, record, NULL), MIRSAL_OK);
        assert_int_equal(read.state, MIR_RECORD_ACCEPTED);
    }
}

static void decision_stands(struct bed *bed)
{
    stands_beside(bed, &bed->decided, "of the reader");
}

static void report_stands(struct bed *bed)
{
    stands_beside(bed, &bed->report, "of the victim");
}

/* [reason, [the changesets seen]] of the victim's report. */
static void withdraws_anothers_report(struct bed *bed)
{
    struct test_body body;
    struct mir_buf value;
    struct mir_record read;
    struct mir_seal seal = bed_place(bed, MIR_COMPARTMENT_MAIN);
    assert_int_equal(
        mir_read_record(&read, &bed->arena, bed->office->store, &bed->report, NULL), MIRSAL_OK);
    mir_buf_init(&value, seal.env, 256);
    mir_mp_write_array(&value, 2);
    mir_mp_write_str(&value, "gone", 4);
    mir_mp_write_array(&value, 1);
    mir_mp_write_bin(&value, read.created.id.bytes, 32);
    bed_body(&body, bed);
    struct mir_write *write = test_body_write(&body, MIR_NO_CREATE, 102, value.data, value.size);
    write->record = bed->report;
    (void)bed_seal(bed, &seal, &body);
    mir_buf_fini(&value);
    test_body_fini(&body);
}

/* A link that calls the victim's report a duplicate of the reader's. */
static void links_anothers_report_away(struct bed *bed)
{
    struct test_body body;
    uint8_t from[18] = { 0xc4, 16 };
    uint8_t to[18] = { 0xc4, 16 };
    static const uint8_t duplicate_of = 7;
    struct mir_seal seal = bed_place(bed, MIR_COMPARTMENT_MAIN);
    memcpy(from + 2, bed->report.bytes, 16);
    memcpy(to + 2, bed->decided.bytes, 16);
    bed_body(&body, bed);
    uint32_t link = test_body_create(&body, 15, 0);
    (void)test_body_write(&body, link, 1505, from, sizeof from);
    (void)test_body_write(&body, link, 1506, &duplicate_of, 1);
    (void)test_body_write(&body, link, 1507, to, sizeof to);
    (void)bed_seal(bed, &seal, &body);
    test_body_fini(&body);
}

static void is_a_suggestion(struct bed *bed)
{
    report_stands(bed);
    assert_int_equal(test_team_count(bed->office, "SELECT count(*) FROM review WHERE kind = 3"), 1);
}

/* One write of a type that the field has not, among 2,000 reports. */
static void slips_one_among_two_thousand(struct bed *bed)
{
    struct test_body body;
    static const uint8_t text[] = { 0xa2, 'o', 'k' };
    static const uint8_t number = 5;
    struct mir_seal seal = bed_place(bed, MIR_COMPARTMENT_MAIN);
    bed_body(&body, bed);
    for (uint32_t i = 0; i < 2000; i++) {
        uint32_t create = test_body_create(&body, TEST_INCIDENT, i);
        if (i == 1000) {
            (void)test_body_write(&body, create, TEST_REL_TEXT, &number, 1);
        } else {
            (void)test_body_write(&body, create, TEST_REL_TEXT, text, sizeof text);
        }
    }
    (void)bed_seal(bed, &seal, &body);
    test_body_fini(&body);
}

static void the_good_ones_count(struct bed *bed)
{
    struct test_store *stores[] = { bed->office, &bed->reader };
    for (size_t i = 0; i < 2; i++) {
        struct mir_read_counts counts;
        assert_int_equal(mir_read_counts(&counts, stores[i]->store, NULL), MIRSAL_OK);
        assert_int_equal(counts.quarantined, 1);
        assert_int_equal(
            test_team_count(stores[i], "SELECT count(*) FROM r_1 WHERE f111 IS NOT NULL"),
            1999 + 4);
    }
}

static void writes_before_its_place(struct bed *bed)
{
    (void)test_team_report(&bed->mallory, "left out");
    (void)test_team_report(&bed->mallory, "ahead");
    bed_push_from(bed, 2);
}

const struct hostile data_cases[] = {
    { "backdated work", MIR_ROLE_MONITOR, backdates, MIRSAL_OK, 0, MIR_STATE_QUARANTINED,
        MIR_REASON_CUT, 0, bed_reports_stand },
    { "who was cut, admitted again", MIR_ROLE_COORDINATOR, is_admitted_again, MIRSAL_OK, 0,
        MIR_STATE_QUARANTINED, MIR_REASON_CUT, 0, stays_ended },
    { "a second first number after many", MIR_ROLE_MONITOR, signs_her_first_number_again, MIRSAL_OK,
        MIR_REJECT_FORK, MIR_STATE_QUARANTINED, MIR_REASON_FORK, 0, honest_branch_stands },
    { "a gap in the chain", MIR_ROLE_MONITOR, writes_before_its_place, MIRSAL_OK, MIR_REJECT_GAP,
        MIR_STATE_WAITING, MIR_REASON_PREV, 0, NULL },
    { "a monitor names a decision as parent", MIR_ROLE_MONITOR, names_a_coordinators_word_as_parent,
        MIRSAL_OK, 0, MIR_STATE_ACCEPTED, MIR_REASON_NONE, 1, decision_stands },
    { "parents that do not exist", MIR_ROLE_MONITOR, names_parents_that_do_not_exist, MIRSAL_OK, 0,
        MIR_STATE_ACCEPTED, MIR_REASON_NONE, 1, report_stands },
    { "hiding by withdrawal", MIR_ROLE_MONITOR, withdraws_anothers_report, MIRSAL_OK, 0,
        MIR_STATE_ACCEPTED, MIR_REASON_NONE, 1, is_a_suggestion },
    { "hiding by a link", MIR_ROLE_MONITOR, links_anothers_report_away, MIRSAL_OK, 0,
        MIR_STATE_ACCEPTED, MIR_REASON_NONE, 1, report_stands },
    { "one wrong write among 2,000", MIR_ROLE_MONITOR, slips_one_among_two_thousand, MIRSAL_OK, 0,
        MIR_STATE_ACCEPTED, MIR_REASON_NONE, 1, the_good_ones_count },
};
const size_t data_case_count = sizeof data_cases / sizeof data_cases[0];
