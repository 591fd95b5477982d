/* SPDX-License-Identifier: Apache-2.0 */
/* unit/export_test.c - import, export, import elsewhere, export: the same bytes; manifests. */
#include "export.h"

#include "test_desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct test_store founder;
static struct test_store other;

static int set_up(void **state)
{
    (void)state;
    test_team_found(&founder, 1);
    test_team_found(&other, 2);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_store_fini(&other);
    test_store_fini(&founder);
    return 0;
}

/* No SHA-256: a sum that shows whether all bytes came. */
static void begin(void *context)
{
    *(uint64_t *)context = 0;
}

static void update(void *context, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++) {
        *(uint64_t *)context = *(uint64_t *)context * 31 + bytes[i];
    }
}

static void end(void *context, uint8_t out[32])
{
    memset(out, 0, 32);
    memcpy(out, context, sizeof(uint64_t));
}

static const struct mir_disclosure *audience; /* NULL: the team */

static mirsal_code export_to(struct test_store *device,
    char folder[64],
    const char *where,
    json_t **answer)
{
    static unsigned number;
    uint64_t sum = 0;
    struct mir_buf out;
    struct mir_export options = { .directory = folder,
        .where = where,
        .disclosure = audience,
        .hash = { &sum, begin, update, end } };
    (void)snprintf(folder, 64, "/tmp/mirsal-export-%d-%u", (int)getpid(), number++);
    mir_buf_init(&out, &device->world.env, 4096);
    mirsal_code rc = mir_export_run(&out, device->store, &options, &device->err);
    if (rc == MIRSAL_OK && answer != NULL) {
        *answer = json_loadb((const char *)out.data, out.size, 0, NULL);
    }
    mir_buf_fini(&out);
    return rc;
}

static char *read_file(const char *folder, const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    char *text = calloc(1, 1u << 16);
    assert_non_null(text);
    assert_true(fread(text, 1, (1u << 16) - 1, file) > 0);
    (void)fclose(file);
    return text;
}

static void drop(const char *folder)
{
    static const char *const names[] = { "incident", "casualty", "source", "place", "report",
        "actor", "note", "link", "victim" };
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s.jsonl", folder, names[i]);
        (void)unlink(path);
    }
    (void)snprintf(path, sizeof path, "%s/manifest.json", folder);
    (void)unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

static void fill(void)
{
    json_decref(desk_import(&founder,
        "{\"type\":\"incident\",\"source_id\":\"x:2\",\"title\":[[\"en\",\"b\"],[\"ar\",\"ا\"]],"
        "\"lat\":35.59209,\"lon\":36.49474,\"geo_prec\":\"village\",\"means\":[\"mortar\"],"
        "\"place\":{\"source_id\":\"x:p\"},\"children\":[{\"type\":\"casualty\","
        "\"source_id\":\"x:2a\",\"min\":5,\"includes\":[[\"female\",\"adult\"]],"
        "\"root_source\":{\"source_id\":\"far\"}}]}\n"
        "{\"type\":\"incident\",\"source_id\":\"x:1\",\"date_start\":\"2031-05\"}\n"
        "{\"type\":\"place\",\"source_id\":\"x:p\",\"names\":[[\"en\",\"Mill\"]]}\n"
        "{\"type\":\"victim\",\"source_id\":\"x:v\",\"names\":[[\"en\",\"A Name\",\"full\"]]}\n",
        NULL));
    mirsal_id id = { 0 };
    assert_int_equal(mir_record_named(&id, founder.store, 0, "@x:2a", &founder.err), MIRSAL_OK);
    (void)desk_edit(&founder, &id, ASSIGN("min=4"));
    (void)desk_add(&founder, "incident", NULL, ASSIGN("rel_text=without a name"));
    mirsal_id gone = desk_add(&founder, "incident", NULL, ASSIGN("rel_text=gone"));
    desk_withdraw(&founder, &gone, "never was");
}

static void the_same_bytes_come_out_of_another_store(void **state)
{
    (void)state;
    static const char *const names[] = { "incident.jsonl", "casualty.jsonl", "place.jsonl",
        "victim.jsonl" };
    char first[64];
    char second[64];
    json_t *answer = NULL;
    fill();
    assert_int_equal(export_to(&founder, first, NULL, &answer), MIRSAL_OK);
    assert_string_equal(desk_at(answer, "rows"), "7");
    assert_int_equal(json_array_size(json_object_get(answer, "files")), 4);
    json_decref(answer);
    for (size_t i = 4; i > 0; i--) {
        char *lines = read_file(first, names[i - 1]);
        assert_non_null(lines);
        answer = desk_import(&other, lines, NULL);
        assert_string_equal(desk_at(answer, "rejected"), "[]");
        json_decref(answer);
        free(lines);
    }
    assert_int_equal(export_to(&other, second, NULL, NULL), MIRSAL_OK);
    for (size_t i = 0; i < 4; i++) {
        char *ours = read_file(first, names[i]);
        char *theirs = read_file(second, names[i]);
        assert_string_equal(ours, theirs);
        free(ours);
        free(theirs);
    }
    drop(first);
    drop(second);
}

static void lines_are_sorted_and_references_are_source_ids(void **state)
{
    (void)state;
    char folder[64];
    fill();
    assert_int_equal(export_to(&founder, folder, NULL, NULL), MIRSAL_OK);
    char *incidents = read_file(folder, "incident.jsonl");
    const char *unnamed = strstr(incidents, "{\"type\":\"incident\",\"source_id\":\"id:");
    const char *one = strstr(incidents, "{\"type\":\"incident\",\"source_id\":\"x:1\"");
    const char *two = strstr(incidents, "{\"type\":\"incident\",\"source_id\":\"x:2\"");
    assert_true(unnamed == incidents && unnamed < one && one < two);
    assert_non_null(strstr(two, "\"place\":{\"source_id\":\"x:p\"}"));
    assert_null(strstr(incidents, "gone"));
    assert_null(strstr(incidents, "\"id\":"));
    free(incidents);
    char *claims = read_file(folder, "casualty.jsonl");
    assert_non_null(strstr(claims, "\"scope\":[{\"source_id\":\"x:2\"}]"));
    assert_non_null(strstr(claims, "\"root_source\":{\"source_id\":\"far\"}"));
    assert_non_null(strstr(claims, "\"source_id\":\"x:2a\",\"supersedes\":[{\"source_id\":\"id:"));
    free(claims);
    char *text = read_file(folder, "manifest.json");
    json_t *manifest = json_loads(text, 0, NULL);
    assert_string_equal(desk_at(manifest, "files/0/name"), "incident.jsonl");
    assert_string_equal(desk_at(manifest, "files/0/rows"), "3");
    assert_int_equal(strlen(desk_at(manifest, "files/0/sha256")), 64);
    assert_string_equal(desk_at(manifest, "query"), "null");
    assert_string_equal(desk_at(manifest, "sealed_compartments"), "[]");
    json_decref(manifest);
    free(text);
    drop(folder);
}

static void a_condition_takes_incidents_with_their_children(void **state)
{
    (void)state;
    char folder[64];
    json_t *answer = NULL;
    fill();
    assert_int_equal(export_to(&founder, folder, "source_id = 'x:2'", &answer), MIRSAL_OK);
    assert_string_equal(desk_at(answer, "rows"), "3");
    json_decref(answer);
    drop(folder);
    assert_int_equal(export_to(&founder, folder, "colour = 1", NULL), MIRSAL_UNKNOWN_FIELD);
    assert_int_equal(access(folder, F_OK), -1);
}

static void what_may_not_leave_is_counted_and_nowhere_named(void **state)
{
    (void)state;
    char folder[64];
    struct mir_disclosure partners = { .schema = founder.store->schema,
        .release = MIR_RELEASE_PARTNERS };
    json_decref(desk_import(&founder,
        "{\"type\":\"incident\",\"source_id\":\"in:1\",\"lat\":35.5,\"lon\":36.5}\n"
        "{\"type\":\"incident\",\"source_id\":\"team:1\",\"release_level\":\"team\","
        "\"children\":[{\"type\":\"casualty\",\"source_id\":\"team:1a\",\"min\":5}]}\n"
        "{\"type\":\"source\",\"source_id\":\"src:1\",\"contact\":\"MARKER phone\"}\n"
        "{\"type\":\"victim\",\"source_id\":\"v:no\","
        "\"names\":[[\"en\",\"MARKER Name\",\"full\"]]}\n"
        "{\"type\":\"victim\",\"source_id\":\"v:yes\",\"consent\":\"partners\","
        "\"mother_name\":\"MARKER Mother\",\"names\":[[\"en\",\"Known\",\"full\"]]}\n"
        "{\"type\":\"link\",\"source_id\":\"l:1\",\"a\":{\"source_id\":\"v:no\"},"
        "\"rel\":\"same_as\",\"b\":{\"source_id\":\"v:yes\"}}\n",
        NULL));
    audience = &partners;
    assert_int_equal(export_to(&founder, folder, NULL, NULL), MIRSAL_OK);
    audience = NULL;
    static const char *const names[] = { "incident.jsonl", "source.jsonl", "victim.jsonl",
        "link.jsonl", "manifest.json" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *text = read_file(folder, names[i]);
        assert_non_null(text);
        assert_null(strstr(text, "MARKER"));
        assert_null(strstr(text, "v:no"));
        assert_null(strstr(text, "team:1"));
        free(text);
    }
    assert_null(read_file(folder, "casualty.jsonl"));
    char *victims = read_file(folder, "victim.jsonl");
    assert_non_null(strstr(victims, "Known"));
    free(victims);
    char *text = read_file(folder, "manifest.json");
    json_t *manifest = json_loads(text, 0, NULL);
    assert_string_equal(desk_at(manifest, "release"), "partners");
    assert_string_equal(desk_at(manifest, "withheld_consent"), "1");
    assert_string_equal(desk_at(manifest, "withheld_release"), "2");
    assert_string_equal(desk_at(manifest, "withheld_fields"), "3");
    assert_string_equal(desk_at(manifest, "withheld/0/type"), "incident");
    json_decref(manifest);
    free(text);
    drop(folder);
}

static void other_formats_are_refused(void **state)
{
    (void)state;
    struct mir_buf out;
    struct mir_export options = { .format = "csv", .directory = "/tmp/mirsal-never" };
    mir_buf_init(&out, &founder.world.env, 4096);
    assert_int_equal(mir_export_run(&out, founder.store, &options, &founder.err), MIRSAL_BAD_VALUE);
    assert_string_equal(founder.err.field, "format");
    mir_buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            the_same_bytes_come_out_of_another_store, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            lines_are_sorted_and_references_are_source_ids, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_condition_takes_incidents_with_their_children, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            what_may_not_leave_is_counted_and_nowhere_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_formats_are_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
