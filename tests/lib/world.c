/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/world.c - a projection without chains; see the header.
 */
#include "world.h"

#include "hash.h"
#include "msgpack.h"
#include "schema_decode.h"
#include "sort.h"

#include <stdio.h>
#include <string.h>

void world_open(struct world *world)
{
    memset(world, 0, sizeof *world);
    test_env_init(&world->test, 1);
    struct mir_store *store = &world->store;
    store->env = &world->test.env;
    mir_arena_init(&world->arena, store->env, (size_t)64 << 20);
    mirsal_error err;
    assert_int_equal(
        mir_schema_decode(&world->schema, &world->arena, mir_schema_default_bytes(), &err),
        MIRSAL_OK);
    store->schema = &world->schema;
    assert_int_equal(mir_sql_open(&store->sql, store->env,
                         &(struct mir_sql_options){ .path = ":memory:" }, &err),
        MIRSAL_OK);
    err.message[0] = 0;
    mirsal_code rc = mir_project_prepare(store, &err);
    if (rc != MIRSAL_OK) {
        fail_msg("prepare: %s: %s", err.message, sqlite3_errmsg(mir_sql_handle(store->sql)));
    }
    static const uint8_t roles[16] = { 3, 1, 1, 2, 2, 1 };
    memcpy(world->roles, roles, sizeof roles);
}

void world_close(struct world *world)
{
    mir_project_close(&world->store);
    mir_sql_close(world->store.sql);
    mir_arena_fini(&world->arena);
    test_env_fini(&world->test);
}

mirsal_hash draft_changeset(uint32_t number)
{
    mirsal_hash out;
    mir_hash_bytes(&out, MIR_CONTEXT_CHANGESET, &number, sizeof number);
    return out;
}

static mirsal_hash device_key(int64_t device)
{
    mirsal_hash out;
    mir_hash_bytes(&out, MIR_CONTEXT_JOIN, &device, sizeof device);
    return out;
}

mirsal_id draft_id(uint32_t number, uint32_t place)
{
    const uint32_t parts[2] = { number, place };
    mirsal_hash hash;
    mirsal_id out;
    mir_hash_bytes(&hash, MIR_CONTEXT_RECORD, parts, sizeof parts);
    memcpy(out.bytes, hash.bytes, sizeof out.bytes);
    return out;
}

void draft_begin(struct draft *draft,
    struct mir_arena *arena,
    const struct mir_schema *schema,
    uint32_t number,
    int64_t device)
{
    memset(draft, 0, sizeof *draft);
    draft->arena = arena;
    draft->schema = schema;
    draft->number = number;
    draft->device = device;
    draft->id = draft_changeset(number);
    draft->body.stamp = (uint64_t)(1000 + number) << 16;
    draft_room(draft, 16, 128);
}

void draft_room(struct draft *draft, uint32_t creates, uint32_t writes)
{
    draft->creates_max = creates;
    draft->writes_max = writes;
    draft->body.creates = mir_arena_alloc(draft->arena, creates, sizeof(struct mir_create));
    draft->body.writes = mir_arena_alloc(draft->arena, writes, sizeof(struct mir_write));
    assert_non_null(draft->body.creates);
    assert_non_null(draft->body.writes);
}

uint32_t draft_create(struct draft *draft, const char *type)
{
    uint32_t place = draft->body.creates_count++;
    assert_true(place < draft->creates_max);
    const struct mir_schema_type *found = mir_schema_type_by_name(draft->schema, type);
    draft->body.creates[place] = (struct mir_create){
        .type = found == NULL ? 999 : found->id,
        .number = place,
        .record = draft_id(draft->number, place),
    };
    return place;
}

static const struct mir_schema_field *find_field(const struct mir_schema *schema, const char *name)
{
    char type[48];
    const char *dot = strchr(name, '.');
    int component = 0;
    assert_non_null(dot);
    (void)snprintf(type, sizeof type, "%.*s", (int)(dot - name), name);
    const struct mir_schema_type *found = mir_schema_type_by_name(schema, type);
    assert_non_null(found);
    return mir_schema_field_by_name(&component, found, dot + 1);
}

uint32_t field_id(const struct mir_schema *schema, const char *field)
{
    const struct mir_schema_field *found = find_field(schema, field);
    return found == NULL ? 999999 : found->id;
}

static struct mir_write *add_write(struct draft *draft,
    const char *name,
    struct mir_bytes key,
    struct mir_bytes value)
{
    assert_true(draft->body.writes_count < draft->writes_max);
    struct mir_write *write = &draft->body.writes[draft->body.writes_count++];
    const struct mir_schema_field *field = find_field(draft->schema, name);
    write->field = field == NULL ? 999999 : field->id;
    write->key_form = field == NULL ? MIR_KEY_NONE : mir_schema_key_form(field);
    write->key = key;
    write->value = value;
    return write;
}

void draft_set(struct draft *draft,
    uint32_t place,
    const char *field,
    struct mir_bytes key,
    struct mir_bytes value)
{
    struct mir_write *write = add_write(draft, field, key, value);
    write->create = place;
    write->record = draft->body.creates[place].record;
}

void draft_edit(struct draft *draft,
    const mirsal_id *record,
    const char *field,
    struct mir_bytes key,
    struct mir_bytes value,
    const uint32_t *parents)
{
    struct mir_write *write = add_write(draft, field, key, value);
    write->create = MIR_NO_CREATE;
    write->record = *record;
    write->key_form = key.size == 0 ? MIR_KEY_NONE : MIR_KEY_TEXT;
    uint32_t count = 0;
    while (parents != NULL && parents[count] != 0) {
        count++;
    }
    struct mir_ref *refs = mir_arena_alloc(draft->arena, count + 1, sizeof *refs);
    assert_non_null(refs);
    for (uint32_t i = 0; i < count; i++) {
        mirsal_hash id = draft_changeset(parents[i]);
        memcpy(refs[i].bytes, id.bytes, sizeof refs[i].bytes);
    }
    write->parents = refs;
    write->parents_count = count;
}

static int compare_numbers(uint32_t a, uint32_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_writes(const void *a, const void *b, void *context)
{
    const struct mir_write *x = a;
    const struct mir_write *y = b;
    const struct draft *draft = context;
    int x_edit = x->create == MIR_NO_CREATE;
    int y_edit = y->create == MIR_NO_CREATE;
    if (x_edit != y_edit) {
        return x_edit - y_edit;
    }
    int order = 0;
    if (!x_edit) {
        order = compare_numbers(
            draft->body.creates[x->create].type, draft->body.creates[y->create].type);
    } else {
        order = memcmp(&x->record, &y->record, sizeof x->record);
    }
    order = order != 0 ? order : compare_numbers(x->field, y->field);
    order = order != 0 ? order : compare_numbers(x->create, y->create);
    return order != 0 ? order : mir_bytes_compare(x->key, y->key);
}

void draft_end(struct draft *draft)
{
    struct mir_body *body = &draft->body;
    mir_sort(body->writes, body->writes_count, sizeof *body->writes, compare_writes, draft);
    body->edits_at = 0;
    while (body->edits_at < body->writes_count &&
           body->writes[body->edits_at].create != MIR_NO_CREATE) {
        body->edits_at++;
    }
}

uint32_t world_apply(struct world *world, const struct draft *draft)
{
    struct mir_header header = { .device = device_key(draft->device),
        .compartment = draft->compartment };
    struct mir_project_author author = {
        .device = draft->device + 1, .role = world->roles[draft->device], .own = draft->device == 0
    };
    mirsal_error err = { 0 };
    uint32_t opened = 0;
    mirsal_code rc = mir_project_apply(&opened, &world->store, ++world->arrivals, &draft->id,
        &header, &author, &draft->body, &err);
    if (rc != MIRSAL_OK) {
        fail_msg("apply: %s: %s", err.message, sqlite3_errmsg(mir_sql_handle(world->store.sql)));
    }
    return opened;
}

struct mir_bytes v_none(void)
{
    return (struct mir_bytes){ NULL, 0 };
}

static struct mir_bytes keep(struct mir_arena *arena, struct mir_buf *buf)
{
    struct mir_bytes out = { mir_arena_copy(arena, buf->data, buf->size), buf->size };
    assert_non_null(out.data);
    mir_buf_fini(buf);
    return out;
}

struct mir_bytes v_int(struct mir_arena *arena, int64_t value)
{
    struct mir_buf buf;
    mir_buf_init(&buf, arena->env, 1 << 20);
    mir_mp_write_int(&buf, value);
    return keep(arena, &buf);
}

struct mir_bytes v_text(struct mir_arena *arena, const char *text)
{
    struct mir_buf buf;
    mir_buf_init(&buf, arena->env, 1 << 20);
    mir_mp_write_str(&buf, text, strlen(text));
    return keep(arena, &buf);
}

struct mir_bytes v_ref(struct mir_arena *arena, const mirsal_id *id)
{
    struct mir_buf buf;
    mir_buf_init(&buf, arena->env, 1 << 20);
    mir_mp_write_bin(&buf, id->bytes, sizeof id->bytes);
    return keep(arena, &buf);
}

struct mir_bytes v_refs(struct mir_arena *arena, const mirsal_id *ids, uint32_t count)
{
    struct mir_buf buf;
    mir_buf_init(&buf, arena->env, 1 << 20);
    mir_mp_write_array(&buf, count);
    for (uint32_t i = 0; i < count; i++) {
        mir_mp_write_bin(&buf, ids[i].bytes, sizeof ids[i].bytes);
    }
    return keep(arena, &buf);
}

struct mir_bytes v_ints(struct mir_arena *arena, const int64_t *values, uint32_t count)
{
    struct mir_buf buf;
    mir_buf_init(&buf, arena->env, 1 << 20);
    mir_mp_write_array(&buf, count);
    for (uint32_t i = 0; i < count; i++) {
        if (values[i] == INT64_MIN) {
            mir_mp_write_nil(&buf);
        } else {
            mir_mp_write_int(&buf, values[i]);
        }
    }
    return keep(arena, &buf);
}

struct mir_bytes v_name(struct mir_arena *arena, const char *language, const char *name)
{
    struct mir_buf buf;
    mir_buf_init(&buf, arena->env, 1 << 20);
    mir_mp_write_array(&buf, 2);
    mir_mp_write_str(&buf, language, strlen(language));
    mir_mp_write_str(&buf, name, strlen(name));
    return keep(arena, &buf);
}

static int compare_hashes(const void *a, const void *b, void *context)
{
    (void)context;
    return memcmp(a, b, sizeof(mirsal_hash));
}

struct mir_bytes v_withdrawal(struct mir_arena *arena,
    const char *reason,
    const uint32_t *seen,
    uint32_t count)
{
    struct mir_buf buf;
    mirsal_hash ids[16];
    assert_true(count <= 16);
    for (uint32_t i = 0; i < count; i++) {
        ids[i] = draft_changeset(seen[i]);
    }
    mir_sort(ids, count, sizeof ids[0], compare_hashes, NULL);
    mir_buf_init(&buf, arena->env, 1 << 20);
    mir_mp_write_array(&buf, 2);
    mir_mp_write_str(&buf, reason, strlen(reason));
    mir_mp_write_array(&buf, count);
    for (uint32_t i = 0; i < count; i++) {
        mir_mp_write_bin(&buf, ids[i].bytes, sizeof ids[i].bytes);
    }
    return keep(arena, &buf);
}

struct mir_bytes v_code(struct mir_arena *arena,
    const struct mir_schema *schema,
    const char *field,
    const char *code)
{
    const struct mir_schema_field *found = find_field(schema, field);
    assert_non_null(found);
    const struct mir_schema_code *item =
        mir_schema_code_by_text(found->shape.vocabulary, code, strlen(code));
    assert_non_null(item);
    return v_int(arena, item->id);
}

void world_begin(struct world *world, struct draft *draft, uint32_t number, int64_t device)
{
    draft_begin(draft, &world->arena, &world->schema, number, device);
}

int64_t world_count(struct world *world, const char *text)
{
    sqlite3_stmt *statement = NULL;
    mirsal_error err;
    int row = 0;
    assert_int_equal(mir_sql_prepare_once(&statement, world->store.sql, text, &err), MIRSAL_OK);
    assert_int_equal(mir_sql_step(&row, world->store.sql, statement, &err), MIRSAL_OK);
    int64_t out = row ? mir_sql_column_int(statement, 0) : -1;
    mir_sql_finalize(statement);
    return out;
}

mirsal_id world_incident(struct world *world)
{
    struct draft draft;
    world_begin(world, &draft, 1, 1);
    uint32_t place = draft_create(&draft, "incident");
    draft_set(&draft, place, "incident.rel_text", v_none(), v_text(&world->arena, "near"));
    draft_set(&draft, place, "incident.raid_seq", v_none(), v_int(&world->arena, 1));
    draft_end(&draft);
    (void)world_apply(world, &draft);
    return draft_id(1, place);
}

void world_edit(struct world *world,
    uint32_t number,
    int64_t device,
    const mirsal_id *id,
    const char *value)
{
    struct draft draft;
    world_begin(world, &draft, number, device);
    draft_edit(&draft, id, "incident.rel_text", v_none(), v_text(&world->arena, value),
        (const uint32_t[]){ 1, 0 });
    draft_end(&draft);
    (void)world_apply(world, &draft);
}
