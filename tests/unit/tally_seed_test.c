/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit/tally_seed_test.c - the founding report, where it is there: the figures that its rules were
 * measured with. Skips, saying so, when it is not.
 */
#include "tally_fixture.h"
#include "test_vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SEED "../data/seed/seed_example.json"

/* "C9" is record 0x4309: each kind has its letter. */
static unsigned number_of(const char *id)
{
    return id == NULL ? 0
                      : (unsigned)(unsigned char)id[0] << 8 | (unsigned)strtoul(id + 1, NULL, 10);
}

static const char *text_or(const json_t *object, const char *key, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : otherwise;
}

static enum mir_tally_age age_of(const char *age)
{
    if (strcmp(age, "child") == 0) {
        return MIR_TALLY_AGE_CHILD;
    }
    return strcmp(age, "adult") == 0 ? MIR_TALLY_AGE_ADULT : MIR_TALLY_AGE_NONE;
}

static enum mir_tally_sex sex_of(const char *sex)
{
    if (strcmp(sex, "female") == 0) {
        return MIR_TALLY_SEX_FEMALE;
    }
    return strcmp(sex, "male") == 0 ? MIR_TALLY_SEX_MALE : MIR_TALLY_SEX_NONE;
}

static void read_scope(struct tally_fixture *f, struct mir_tally_claim *claim, const json_t *list)
{
    mirsal_id *scope = f->scopes[f->scope_count++];
    for (size_t i = 0; i < json_array_size(list); i++) {
        scope[i] = tally_id(number_of(json_string_value(json_array_get(list, i))));
    }
    claim->scope = scope;
    claim->scope_count = json_array_size(list);
}

static void read_includes(struct tally_fixture *f,
    struct mir_tally_claim *claim,
    const json_t *list)
{
    size_t place = (size_t)(claim - f->claims);
    for (size_t i = 0; i < json_array_size(list) && i < 2; i++) {
        const char *sex = json_string_value(json_array_get(json_array_get(list, i), 0));
        const char *age = json_string_value(json_array_get(json_array_get(list, i), 1));
        f->includes[place][i].sex = sex_of(sex != NULL ? sex : "");
        f->includes[place][i].age = age_of(age != NULL ? age : "");
        claim->include_count++;
    }
    claim->includes = f->includes[place];
}

static void read_claim(struct tally_fixture *f, const json_t *object)
{
    struct mir_tally_claim *claim = &f->claims[f->input.claim_count++];
    const char *status = text_or(object, "status", "");
    const json_t *max = json_object_get(object, "max");
    claim->id = tally_id(number_of(test_text(object, "id")));
    claim->root = tally_id(number_of(text_or(object, "root_source", NULL)));
    claim->subset_of = tally_id(number_of(text_or(object, "subset_of", NULL)));
    claim->outcome =
        strcmp(test_text(object, "outcome"), "killed") == 0 ? MIR_TALLY_KILLED : MIR_TALLY_WOUNDED;
    if (strcmp(status, "civilian") == 0) {
        claim->status = MIR_TALLY_STATUS_CIVILIAN;
    } else if (strcmp(status, "combatant") == 0) {
        claim->status = MIR_TALLY_STATUS_COMBATANT;
    }
    claim->sex = sex_of(text_or(object, "sex", ""));
    claim->age = age_of(text_or(object, "age", ""));
    claim->quality = strcmp(test_text(object, "quality"), "vague") == 0 ? MIR_TALLY_QUALITY_VAGUE
                                                                        : MIR_TALLY_QUALITY_EXACT;
    claim->has_min = 1;
    claim->min = (uint64_t)json_integer_value(json_object_get(object, "min"));
    claim->has_max = json_is_integer(max);
    claim->max = (uint64_t)json_integer_value(max);
    read_scope(f, claim, json_object_get(object, "scope"));
    read_includes(f, claim, json_object_get(object, "includes"));
}

static void read_seed(struct tally_fixture *f)
{
    json_t *seed = test_load_shared(SEED);
    assert_non_null(seed);
    size_t i = 0;
    json_t *object = NULL;
    json_array_foreach(json_object_get(seed, "incidents"), i, object)
    {
        struct mir_tally_incident *incident = tally_incident(f, number_of(test_text(object, "id")));
        incident->cluster = strcmp(test_text(object, "type"), "cluster") == 0;
    }
    json_array_foreach(json_object_get(seed, "incident_links"), i, object)
    {
        if (strcmp(json_string_value(json_array_get(object, 1)), "part_of") == 0) {
            tally_part(f, number_of(json_string_value(json_array_get(object, 0))),
                number_of(json_string_value(json_array_get(object, 2))));
        }
    }
    json_array_foreach(json_object_get(seed, "casualty_claims"), i, object)
    {
        read_claim(f, object);
    }
    json_decref(seed);
}

static void set_of_claim(struct tally_fixture *f, const char *id, int rejected)
{
    mirsal_id wanted = tally_id(number_of(id));
    for (size_t i = 0; i < f->input.claim_count; i++) {
        if (memcmp(f->claims[i].id.bytes, wanted.bytes, sizeof wanted.bytes) == 0) {
            f->claims[i].rejected = rejected;
        }
    }
}

static void the_founding_report_counts_as_it_was_measured(void **state)
{
    (void)state;
    struct tally_fixture *f = test_calloc(1, sizeof *f);
    tally_fixture_init(f);
    read_seed(f);
    const struct mir_tally_row *row = tally_all(f);
    assert_figure(row->figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL], 9, 16);
    assert_at_least(row->figures[MIR_TALLY_WOUNDED][MIR_TALLY_TOTAL], 6);
    assert_int_equal(row->incidents, 4);
    const struct mir_tally *lineages = tally_by(f, MIR_TALLY_BY_SOURCE);
    assert_memory_equal(lineages->rows[0].source.bytes, tally_id(number_of("S1")).bytes, 16);
    assert_figure(lineages->rows[0].figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL], 9, 9);
    set_of_claim(f, "C9", 1);
    row = tally_all(f);
    assert_figure(row->figures[MIR_TALLY_KILLED][MIR_TALLY_TOTAL], 9, 9);
    assert_figure(row->figures[MIR_TALLY_KILLED][MIR_TALLY_WOMEN], 4, 4);
    for (size_t i = 0; i < f->input.incident_count; i++) { /* the cluster: all but the clash */
        mirsal_id clash = tally_id(number_of("I4"));
        f->incidents[i].excluded =
            memcmp(f->incidents[i].id.bytes, clash.bytes, sizeof clash.bytes) == 0;
    }
    row = tally_all(f);
    assert_int_equal(row->incidents, 3);
    assert_at_least(row->figures[MIR_TALLY_WOUNDED][MIR_TALLY_TOTAL], 4);
    assert_at_least(row->figures[MIR_TALLY_WOUNDED][MIR_TALLY_CIVILIANS], 2);
    tally_fixture_fini(f);
    test_free(f);
}

static void the_misplaced_claim_is_shown(void **state)
{
    (void)state;
    struct tally_fixture *f = test_calloc(1, sizeof *f);
    tally_fixture_init(f);
    read_seed(f);
    size_t shown = 0;
    assert_int_equal(mir_hints_find(&f->hints, &f->input, &f->test.env, NULL), MIRSAL_OK);
    for (size_t i = 0; i < f->hints.count; i++) {
        const struct mir_hint *hint = &f->hints.items[i];
        mirsal_id misplaced = tally_id(number_of("C9"));
        if (memcmp(hint->record.bytes, misplaced.bytes, sizeof misplaced.bytes) == 0) {
            shown |= hint->kind == MIR_HINT_MEDIAN ? 1u : 0u;
            shown |= hint->kind == MIR_HINT_ROOT_SOURCE ? 2u : 0u;
        }
    }
    assert_int_equal(shown, 3);
    tally_fixture_fini(f);
    test_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_founding_report_counts_as_it_was_measured),
        cmocka_unit_test(the_misplaced_claim_is_shown),
    };
    const char *folder = test_shared_vectors();
    char path[1024];
    struct stat status;
    (void)snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder : "", SEED);
    if (folder == NULL || stat(path, &status) != 0) {
        return test_skip_without_shared();
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
