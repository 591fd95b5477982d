/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/handoff_choose.c - see the header.
 */
#include "handoff_choose.h"

#include "fail.h"
#include "outnames.h"
#include "pack.h"
#include "scalar.h"
#include "sort.h"

#include <string.h>

#define CHOICE_MEMORY_MAX ((size_t)1 << 30)
#define RECORD_MEMORY_MAX ((size_t)256 << 20)
#define POINTED_MEMORY    ((size_t)64 << 20)
#define NAME_SIZE         97u

/* A record that is looked at, each once. */
struct candidate {
    mirsal_id id;
    uint32_t type;
    enum mir_withheld withheld;
};

struct chooser {
    struct mir_handoff_choice *choice;
    const struct mir_handoff_request *request;
    struct mir_arena record;
    struct mir_buf found; /* struct candidate, in the order found */
    mirsal_id *seen;      /* ids of found, ascending */
    size_t seen_count;
    size_t seen_capacity;
};

static mirsal_code no_memory(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

static int compare_numbers(const void *a, const void *b, void *context)
{
    const uint32_t *left = a;
    const uint32_t *right = b;
    (void)context;
    return *left < *right ? -1 : *left > *right;
}

static int has_number(const uint32_t *numbers, size_t count, uint32_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (numbers[i] == number) {
            return 1;
        }
    }
    return 0;
}

/* Fields of one name: in the type said before a point, or in every type that has it. */
static mirsal_code add_named(uint32_t *out,
    size_t *count,
    const struct mir_schema *schema,
    const char *name,
    mirsal_error *err)
{
    char type_name[NAME_SIZE] = "";
    const char *point = strchr(name, '.');
    int known = 0;
    if (point != NULL) {
        memcpy(type_name, name, (size_t)(point - name));
    }
    for (uint32_t i = 0; i < schema->type_count; i++) {
        const struct mir_schema_type *type = &schema->types[i];
        int component = -1;
        if (point != NULL && strcmp(type->name, type_name) != 0) {
            continue;
        }
        const struct mir_schema_field *field =
            mir_schema_field_by_name(&component, type, point != NULL ? point + 1 : name);
        if (field == NULL) {
            continue;
        }
        known = 1;
        if (!has_number(out, *count, field->id)) {
            out[(*count)++] = field->id;
        }
    }
    return known
               ? MIRSAL_OK
               : mir_fail_field(err, MIRSAL_UNKNOWN_FIELD, name, "no record has a field %s", name);
}

static mirsal_code read_fields(uint32_t **out,
    size_t *count,
    struct mir_handoff_choice *choice,
    const char *list,
    mirsal_error *err)
{
    const struct mir_schema *schema = choice->disclosure.schema;
    mirsal_code rc = MIRSAL_OK;
    *count = 0;
    *out = mir_arena_alloc(&choice->arena, (size_t)schema->field_count + 1, sizeof **out);
    if (*out == NULL) {
        return no_memory(err);
    }
    while (list != NULL && *list != '\0' && rc == MIRSAL_OK) {
        char name[NAME_SIZE] = "";
        size_t size = strcspn(list, ",");
        if (size >= sizeof name) {
            return mir_fail(err, MIRSAL_UNKNOWN_FIELD, "no field has so long a name");
        }
        memcpy(name, list, size);
        if (size > 0) {
            rc = add_named(*out, count, schema, name, err);
        }
        list += size;
        list += *list == ',';
    }
    mir_sort(*out, *count, sizeof **out, compare_numbers, NULL);
    return rc;
}

enum mir_handoff_show mir_handoff_choice_shows(void *context,
    const struct mir_record *record,
    const struct mir_schema_field *field)
{
    const struct mir_handoff_choice *choice = context;
    if (field->shape.kind == MIR_KIND_WITHDRAWAL || field->policy == MIR_POLICY_DERIVED ||
        strcmp(field->name, "media_key") == 0) {
        return MIR_HANDOFF_OMIT;
    }
    if (has_number(choice->withhold, choice->withhold_count, field->id)) {
        return MIR_HANDOFF_WITHHOLD;
    }
    switch (mir_disclose_field(&choice->disclosure, record, field)) {
    case MIR_DISCLOSED:
        return MIR_HANDOFF_SHOW;
    case MIR_WITHHELD_SENSITIVE:
        return has_number(choice->disclose, choice->disclose_count, field->id)
                   ? MIR_HANDOFF_SHOW
                   : MIR_HANDOFF_WITHHOLD;
    case MIR_WITHHELD_CONSENT:
    case MIR_WITHHELD_RELEASE:
        break;
    }
    return MIR_HANDOFF_WITHHOLD;
}

/* 1 when the id was not seen before; it is from now on. */
static int see(struct chooser *chooser, const mirsal_id *id, mirsal_code *failed, mirsal_error *err)
{
    size_t low = 0;
    size_t high = chooser->seen_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(&chooser->seen[middle], id, sizeof *id);
        if (order == 0) {
            return 0;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    if (chooser->seen_count == chooser->seen_capacity) {
        size_t capacity = chooser->seen_capacity == 0 ? 1024 : 2 * chooser->seen_capacity;
        mirsal_id *more = mir_arena_alloc(&chooser->choice->arena, capacity, sizeof *more);
        if (more == NULL) {
            *failed = no_memory(err);
            return 0;
        }
        if (chooser->seen_count > 0) {
            memcpy(more, chooser->seen, chooser->seen_count * sizeof *more);
        }
        chooser->seen = more;
        chooser->seen_capacity = capacity;
    }
    memmove(&chooser->seen[low + 1], &chooser->seen[low],
        (chooser->seen_count - low) * sizeof *chooser->seen);
    chooser->seen[low] = *id;
    chooser->seen_count++;
    return 1;
}

static mirsal_code add_candidate(struct chooser *chooser,
    const mirsal_id *id,
    uint32_t type,
    mirsal_error *err)
{
    struct candidate candidate;
    mirsal_code rc = MIRSAL_OK;
    memset(&candidate, 0, sizeof candidate);
    candidate.id = *id;
    candidate.type = type;
    if (see(chooser, id, &rc, err)) {
        mir_buf_append(&chooser->found, &candidate, sizeof candidate);
        rc = mir_buf_finish(&chooser->found, err);
    }
    return rc;
}

/* A record that a shown field refers to goes along where it hangs from nothing itself. */
static mirsal_code follow(struct chooser *chooser,
    uint32_t refers,
    struct mir_bytes reference,
    int64_t changeset,
    mirsal_error *err)
{
    struct mir_store *store = chooser->choice->store;
    mirsal_id id;
    uint32_t type_id = 0;
    int found = 0;
    mirsal_code rc = mir_read_reference(&id, &found, store, refers, reference, changeset, err);
    if (rc == MIRSAL_OK && found) {
        rc = mir_read_type(&type_id, store, &id, err);
    }
    const struct mir_schema_type *type = mir_schema_type_by_id(store->schema, type_id);
    if (rc != MIRSAL_OK || type == NULL || type->parent != NULL ||
        strcmp(type->name, "incident") == 0) {
        return rc;
    }
    return add_candidate(chooser, &id, type_id, err);
}

/* One element: a reference, or a tuple that holds some. */
static mirsal_code follow_element(struct chooser *chooser,
    const struct mir_schema_field *field,
    const struct mir_schema_shape *shape,
    struct mir_bytes value,
    int64_t changeset,
    mirsal_error *err)
{
    struct mir_reader reader;
    mirsal_code rc = MIRSAL_OK;
    if (shape->kind == MIR_KIND_REF) {
        return follow(chooser, shape->refers, value, changeset, err);
    }
    if (shape->kind != MIR_KIND_TUPLE) {
        return MIRSAL_OK;
    }
    mir_reader_init(&reader, value.data, value.size);
    size_t count = mir_packed_next(&reader).count;
    for (uint32_t i = 0; i < count && i < field->component_count && rc == MIRSAL_OK; i++) {
        struct mir_bytes part = mir_packed_whole(&reader);
        if (field->components[i].shape.kind == MIR_KIND_REF &&
            mir_packed_of(part).kind != MIR_PACKED_NIL) {
            rc = follow(chooser, field->components[i].shape.refers, part, changeset, err);
        }
    }
    return rc;
}

static mirsal_code follow_register(struct chooser *chooser,
    const struct mir_schema_field *field,
    const struct mir_shown *shown,
    mirsal_error *err)
{
    struct mir_schema_shape element = mir_element_shape(&field->shape);
    struct mir_reader reader;
    mirsal_code rc = MIRSAL_OK;
    if (mir_packed_unknown(shown->value)) {
        return MIRSAL_OK;
    }
    if (field->shape.kind == MIR_KIND_SET) {
        return follow_element(chooser, field, &element, shown->key, shown->changeset, err);
    }
    if (field->shape.kind != MIR_KIND_LIST) {
        return follow_element(chooser, field, &field->shape, shown->value, shown->changeset, err);
    }
    mir_reader_init(&reader, shown->value.data, shown->value.size);
    size_t count = mir_packed_next(&reader).count;
    for (size_t i = 0; i < count && rc == MIRSAL_OK; i++) {
        rc = follow_element(
            chooser, field, &element, mir_packed_whole(&reader), shown->changeset, err);
    }
    return rc;
}

/* Texts anywhere in a value. */
static unsigned scan_value(struct mir_bytes value)
{
    struct mir_reader reader;
    unsigned found = 0;
    mir_reader_init(&reader, value.data, value.size);
    while (mir_reader_ok(&reader) && mir_reader_left(&reader) > 0) {
        struct mir_packed item = mir_packed_next(&reader);
        if (item.kind == MIR_PACKED_NONE) {
            break;
        }
        if (item.kind == MIR_PACKED_TEXT) {
            found |= mir_pointed_scan(item.bytes);
        }
    }
    return found;
}

static void point_out(struct mir_handoff_choice *choice,
    const struct mir_record *record,
    const struct mir_schema_field *field,
    const struct mir_shown *shown)
{
    unsigned found = 0;
    /* An id of a source is no text that somebody wrote. */
    if (strcmp(field->name, "source_id") == 0) {
        return;
    }
    found = scan_value(shown->value);
    if (field->shape.kind != MIR_KIND_LANGTEXT && shown->key.size > 0) {
        found |= scan_value(shown->key);
    }
    for (unsigned flag = 1; flag <= MIR_POINTED_COORDINATE; flag <<= 1) {
        struct mir_handoff_pointed item;
        memset(&item, 0, sizeof item);
        item.record = record->id;
        item.type = record->type;
        item.field = field->id;
        item.what = (enum mir_pointed)flag;
        if ((found & flag) != 0) {
            mir_buf_append(&choice->pointed, &item, sizeof item);
        }
    }
}

static enum mir_handoff_show shows(const struct chooser *chooser,
    const struct mir_record *record,
    const struct mir_schema_field *field)
{
    const struct mir_handoff_request *request = chooser->request;
    return request->shows != NULL ? request->shows(request->shows_context, record, field)
                                  : mir_handoff_choice_shows(chooser->choice, record, field);
}

/* Judges one candidate; of what leaves, follows references and points out. */
static mirsal_code look_at(struct chooser *chooser, size_t at, mirsal_error *err)
{
    struct mir_handoff_choice *choice = chooser->choice;
    struct mir_record record = { 0 };
    struct candidate *found = (struct candidate *)(void *)chooser->found.data + at;
    enum mir_withheld withheld = MIR_DISCLOSED;
    mir_arena_reset(&chooser->record);
    mirsal_code rc = mir_read_record(&record, &chooser->record, choice->store, &found->id, err);
    if (rc == MIRSAL_OK) {
        rc = mir_disclose_whole(&withheld, &choice->disclosure, choice->store, &record, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (record.state != MIR_RECORD_ACCEPTED) {
        withheld = MIR_WITHHELD_SENSITIVE; /* not there at all */
    }
    found->withheld = withheld;
    for (size_t i = 0; withheld == MIR_DISCLOSED && i < record.register_count && rc == MIRSAL_OK;
         i++) {
        const struct mir_shown *shown = &record.registers[i];
        const struct mir_schema_field *field =
            mir_schema_field_by_id(choice->store->schema, shown->field);
        if (field == NULL || shows(chooser, &record, field) != MIR_HANDOFF_SHOW) {
            continue;
        }
        point_out(choice, &record, field, shown);
        rc = follow_register(chooser, field, shown, err);
    }
    return rc;
}

static int compare_candidates(const void *a, const void *b, void *context)
{
    const struct candidate *left = a;
    const struct candidate *right = b;
    (void)context;
    if (left->type != right->type) {
        return left->type < right->type ? -1 : 1;
    }
    return memcmp(&left->id, &right->id, sizeof left->id);
}

static mirsal_code divide(struct chooser *chooser, mirsal_error *err)
{
    struct mir_handoff_choice *choice = chooser->choice;
    struct candidate *found = (struct candidate *)(void *)chooser->found.data;
    size_t count = chooser->found.size / sizeof *found;
    choice->records = mir_arena_alloc(&choice->arena, count + 1, sizeof *choice->records);
    choice->left = mir_arena_alloc(&choice->arena, count + 1, sizeof *choice->left);
    if (choice->records == NULL || choice->left == NULL) {
        return no_memory(err);
    }
    if (count > 0) {
        mir_sort(found, count, sizeof *found, compare_candidates, NULL);
    }
    for (size_t i = 0; i < count; i++) {
        if (found[i].withheld == MIR_DISCLOSED) {
            choice->records[choice->record_count].id = found[i].id;
            choice->records[choice->record_count++].type = found[i].type;
        } else if (found[i].withheld != MIR_WITHHELD_SENSITIVE) {
            struct mir_handoff_left *left = &choice->left[choice->left_count++];
            left->id = found[i].id;
            left->type = found[i].type;
            left->why = found[i].withheld == MIR_WITHHELD_CONSENT ? MIR_HANDOFF_LEFT_CONSENT
                                                                  : MIR_HANDOFF_LEFT_RELEASE;
        }
    }
    return MIRSAL_OK;
}

static mirsal_code add_chosen(struct chooser *chooser, mirsal_error *err)
{
    struct mir_store *store = chooser->choice->store;
    struct mir_outnames names = { 0 };
    mirsal_code rc = mir_outnames_read(&names, store, chooser->request->where, NULL, err);
    for (size_t i = 0; i < names.count && rc == MIRSAL_OK; i++) {
        if (names.items[i].chosen) {
            rc = add_candidate(chooser, &names.items[i].id, names.items[i].type, err);
        }
    }
    mir_outnames_fini(&names);
    return rc;
}

static mirsal_code add_named_records(struct chooser *chooser, mirsal_error *err)
{
    static const mirsal_id none;
    const struct mir_handoff_request *request = chooser->request;
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; i < request->id_count && rc == MIRSAL_OK; i++) {
        uint32_t type = 0;
        if (memcmp(&request->ids[i], &none, sizeof none) == 0) {
            continue;
        }
        rc = mir_read_type(&type, chooser->choice->store, &request->ids[i], err);
        if (rc == MIRSAL_OK && type != 0) {
            rc = add_candidate(chooser, &request->ids[i], type, err);
        }
    }
    return rc;
}

static mirsal_code choose(struct chooser *chooser, mirsal_error *err)
{
    mirsal_code rc =
        chooser->request->ids != NULL ? add_named_records(chooser, err) : add_chosen(chooser, err);
    for (size_t at = 0; rc == MIRSAL_OK && at < chooser->found.size / sizeof(struct candidate);
         at++) {
        rc = look_at(chooser, at, err);
    }
    return rc == MIRSAL_OK ? divide(chooser, err) : rc;
}

mirsal_code mir_handoff_choose(struct mir_handoff_choice *out,
    struct mir_store *store,
    const struct mir_handoff_request *request,
    mirsal_error *err)
{
    struct chooser chooser = { .choice = out, .request = request };
    memset(out, 0, sizeof *out);
    out->store = store;
    out->disclosure.schema = store->schema;
    out->disclosure.release = request->release;
    out->disclosure.outside = 1;
    out->disclosure.courts = request->courts;
    out->disclosure.today = request->today;
    mir_arena_init(&out->arena, store->env, CHOICE_MEMORY_MAX);
    mir_buf_init(&out->pointed, store->env, POINTED_MEMORY);
    mir_arena_init(&chooser.record, store->env, RECORD_MEMORY_MAX);
    mir_buf_init(&chooser.found, store->env, CHOICE_MEMORY_MAX);
    mirsal_code rc = read_fields(&out->withhold, &out->withhold_count, out, request->withhold, err);
    if (rc == MIRSAL_OK) {
        rc = read_fields(&out->disclose, &out->disclose_count, out, request->disclose, err);
    }
    if (rc == MIRSAL_OK) {
        rc = choose(&chooser, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&out->pointed, err);
    }
    mir_buf_fini(&chooser.found);
    mir_arena_fini(&chooser.record);
    return rc;
}

int mir_handoff_choice_has(const struct mir_handoff_choice *choice,
    uint32_t type,
    const mirsal_id *id)
{
    size_t low = 0;
    size_t high = choice->record_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct mir_handoff_chosen *at = &choice->records[middle];
        int order = at->type != type ? (at->type < type ? -1 : 1) : memcmp(&at->id, id, sizeof *id);
        if (order == 0) {
            return 1;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return 0;
}

void mir_handoff_choice_fini(struct mir_handoff_choice *choice)
{
    mir_buf_fini(&choice->pointed);
    mir_arena_fini(&choice->arena);
    memset(choice, 0, sizeof *choice);
}
