/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/test_desk.c - see the header.
 */
#include "test_desk.h"

#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct mir_txn *begin(struct test_store *device)
{
    struct mir_txn *txn = NULL;
    memset(&device->err, 0, sizeof device->err);
    if (mir_txn_begin(&txn, device->store, MIR_TXN_LONE, &device->err) != MIRSAL_OK) {
        fail_msg("begin: %s", device->err.message);
    }
    return txn;
}

static mirsal_code end(struct test_store *device, struct mir_txn *txn, mirsal_code rc)
{
    struct mir_txn_result result;
    if (rc != MIRSAL_OK) {
        mir_txn_rollback(txn);
        return rc;
    }
    rc = mir_txn_commit(&result, txn, &device->err);
    if (rc != MIRSAL_OK) {
        fail_msg("commit: %s", device->err.message);
    }
    return rc;
}

static size_t count_of(const char *const *assignments)
{
    size_t count = 0;
    while (assignments[count] != NULL) {
        count++;
    }
    return count;
}

const char *desk_name(const mirsal_id *id)
{
    static char names[8][MIR_UUID_TEXT_SIZE];
    static unsigned next;
    char *name = names[next++ % 8];
    mir_uuid_format(name, id);
    return name;
}

static mirsal_code add(mirsal_id *id,
    struct test_store *device,
    const char *type,
    const mirsal_id *parent,
    const char *const *assignments)
{
    struct mir_add what = { .type = type,
        .assignments = assignments,
        .count = count_of(assignments),
        .parent = parent == NULL ? NULL : desk_name(parent) };
    struct mir_txn *txn = begin(device);
    return end(device, txn, mir_record_add(id, txn, device->store, &what, &device->err));
}

mirsal_id desk_add(struct test_store *device,
    const char *type,
    const mirsal_id *parent,
    const char *const *assignments)
{
    mirsal_id id = { 0 };
    if (add(&id, device, type, parent, assignments) != MIRSAL_OK) {
        fail_msg("add: %s: %s", device->err.field, device->err.message);
    }
    return id;
}

mirsal_code desk_try_add(struct test_store *device,
    const char *type,
    const char *const *assignments)
{
    mirsal_id id = { 0 };
    return add(&id, device, type, NULL, assignments);
}

mirsal_code desk_try_edit(struct mir_edited *out,
    struct test_store *device,
    const char *record,
    const char *const *assignments)
{
    struct mir_txn *txn = begin(device);
    return end(device, txn,
        mir_record_edit(out, txn, device->store, record, assignments, count_of(assignments), NULL,
            &device->err));
}

struct mir_edited desk_edit(struct test_store *device,
    const mirsal_id *record,
    const char *const *assignments)
{
    struct mir_edited edited = { 0 };
    if (desk_try_edit(&edited, device, desk_name(record), assignments) != MIRSAL_OK) {
        fail_msg("edit: %s: %s", device->err.field, device->err.message);
    }
    return edited;
}

mirsal_code desk_try_resolve(struct test_store *device, const struct mir_resolve *resolve)
{
    mirsal_id id = { 0 };
    struct mir_txn *txn = begin(device);
    return end(device, txn, mir_record_resolve(&id, txn, device->store, resolve, &device->err));
}

void desk_withdraw(struct test_store *device, const mirsal_id *record, const char *reason)
{
    mirsal_id id = { 0 };
    struct mir_txn *txn = begin(device);
    mirsal_code rc =
        mir_record_withdraw(&id, txn, device->store, desk_name(record), reason, &device->err);
    if (end(device, txn, rc) != MIRSAL_OK) {
        fail_msg("withdraw: %s", device->err.message);
    }
}

struct source {
    const char *text;
    size_t left;
};

/* In small pieces, so that lines span them. */
static int read_text(void *context, void *buffer, size_t capacity, size_t *size)
{
    struct source *source = context;
    *size = source->left < 1000 ? source->left : 1000;
    *size = *size < capacity ? *size : capacity;
    memcpy(buffer, source->text, *size);
    source->text += *size;
    source->left -= *size;
    return 0;
}

static json_t *load(const struct mir_buf *text)
{
    json_error_t why;
    json_t *json = json_loadb((const char *)text->data, text->size, JSON_REJECT_DUPLICATES, &why);
    if (json == NULL) {
        fail_msg("answer: %s: %.*s", why.text, (int)text->size, (const char *)text->data);
    }
    return json;
}

json_t *desk_import(struct test_store *device, const char *lines, const struct mir_import *options)
{
    struct source source = { lines, strlen(lines) };
    struct mir_import import = { 0 };
    struct mir_import_counts counts = { 0 };
    struct mir_buf answer;
    if (options != NULL) {
        import = *options;
    }
    import.read = read_text;
    import.read_context = &source;
    mir_buf_init(&answer, &device->world.env, (size_t)16 << 20);
    if (mir_import_run(&answer, &counts, device->store, &import, &device->err) != MIRSAL_OK) {
        fail_msg("import: %s: %s", device->err.field, device->err.message);
    }
    json_t *json = load(&answer);
    mir_buf_fini(&answer);
    return json;
}

json_t *desk_show(struct test_store *device, const mirsal_id *record, int history)
{
    struct mir_buf answer;
    mir_buf_init(&answer, &device->world.env, (size_t)16 << 20);
    if (mir_answer_show(&answer, device->store, record, history, &device->err) != MIRSAL_OK) {
        fail_msg("show: %s", device->err.message);
    }
    json_t *json = load(&answer);
    mir_buf_fini(&answer);
    return json;
}

int desk_take_line(void *context, const char *json, size_t size)
{
    json_t *line = json_loadb(json, size, JSON_REJECT_DUPLICATES, NULL);
    if (line == NULL) {
        fail_msg("line: %.*s", (int)size, json);
    }
    return json_array_append_new(context, line);
}

json_t *desk_list(struct test_store *device, const struct mir_answer_list *list)
{
    json_t *lines = json_array();
    if (mir_answer_list(device->store, list, desk_take_line, lines, &device->err) != MIRSAL_OK) {
        fail_msg("list: %s", device->err.message);
    }
    return lines;
}

json_t *desk_conflicts(struct test_store *device, int all)
{
    json_t *lines = json_array();
    if (mir_answer_conflicts(device->store, NULL, all, desk_take_line, lines, &device->err) !=
        MIRSAL_OK) {
        fail_msg("conflicts: %s", device->err.message);
    }
    return lines;
}

const char *desk_at(const json_t *json, const char *path)
{
    static char texts[8][256];
    static unsigned next;
    char *text = texts[next++ % 8];
    while (*path != '\0' && json != NULL) {
        size_t size = strcspn(path, "/");
        (void)snprintf(text, 256, "%.*s", (int)size, path);
        json = json_is_array(json) ? json_array_get(json, (size_t)strtoul(text, NULL, 10))
                                   : json_object_get(json, text);
        path += size;
        path += *path == '/';
    }
    text[0] = '\0';
    if (json_is_string(json)) {
        (void)snprintf(text, 256, "%s", json_string_value(json));
    } else if (json != NULL) {
        char *dumped = json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT);
        (void)snprintf(text, 256, "%s", dumped);
        free(dumped);
    }
    return text;
}
