/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/handoffref.c - see the header. A list of references ascends by its elements' bytes, so it
 * is sorted again; a tuple keeps its order.
 */
#include "handoffref.h"

#include "fail.h"
#include "mir_limits.h"
#include "msgpack.h"
#include "sort.h"

#include <string.h>

struct resolver {
    struct mir_store *store;
    struct mir_arena *arena;
    const struct mir_schema_field *field;
    int64_t changeset;
    struct mir_buf out;
};

static mirsal_code resolve_one(struct resolver *resolver,
    uint32_t refers,
    struct mir_bytes value,
    mirsal_error *err)
{
    struct mir_reader reader;
    mirsal_id id;
    int found = 0;
    mir_reader_init(&reader, value.data, value.size);
    if (mir_mp_peek(&reader) == MIR_MP_STR) {
        mirsal_code rc = mir_read_reference(
            &id, &found, resolver->store, refers, value, resolver->changeset, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
    }
    if (found) {
        mir_mp_write_bin(&resolver->out, id.bytes, sizeof id.bytes);
    } else {
        mir_buf_append(&resolver->out, value.data, value.size);
    }
    return MIRSAL_OK;
}

static mirsal_code resolve_tuple(struct resolver *resolver,
    struct mir_bytes value,
    mirsal_error *err)
{
    struct mir_reader reader;
    mirsal_code rc = MIRSAL_OK;
    mir_reader_init(&reader, value.data, value.size);
    if (mir_mp_peek(&reader) != MIR_MP_ARRAY) {
        mir_buf_append(&resolver->out, value.data, value.size);
        return MIRSAL_OK;
    }
    uint32_t count = mir_mp_read_array(&reader, UINT32_MAX);
    mir_mp_write_array(&resolver->out, count);
    for (uint32_t i = 0; i < count && rc == MIRSAL_OK; i++) {
        struct mir_bytes part = mir_mp_read_value(&reader, MIR_VALUE_SIZE_MAX);
        const struct mir_schema_component *component =
            i < resolver->field->component_count ? &resolver->field->components[i] : NULL;
        if (component != NULL && component->shape.kind == MIR_KIND_REF) {
            rc = resolve_one(resolver, component->shape.refers, part, err);
        } else {
            mir_buf_append(&resolver->out, part.data, part.size);
        }
    }
    return rc;
}

static int compare_bytes(const void *a, const void *b, void *context)
{
    (void)context;
    return mir_bytes_compare(*(const struct mir_bytes *)a, *(const struct mir_bytes *)b);
}

/* A list's elements, resolved; of references ascending, each once. */
static mirsal_code resolve_list(struct resolver *resolver,
    struct mir_bytes value,
    mirsal_error *err)
{
    struct mir_reader reader;
    int is_ref = resolver->field->shape.element == MIR_KIND_REF;
    mirsal_code rc = MIRSAL_OK;
    mir_reader_init(&reader, value.data, value.size);
    uint32_t count = mir_mp_read_array(&reader, UINT32_MAX);
    struct mir_bytes *items = mir_arena_alloc(resolver->arena, (size_t)count + 1, sizeof *items);
    if (items == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    for (uint32_t i = 0; i < count && rc == MIRSAL_OK; i++) {
        struct mir_bytes element = mir_mp_read_value(&reader, MIR_VALUE_SIZE_MAX);
        mir_buf_reset(&resolver->out);
        rc = is_ref ? resolve_one(resolver, resolver->field->shape.refers, element, err)
                    : resolve_tuple(resolver, element, err);
        items[i].size = resolver->out.size;
        items[i].data = mir_arena_copy(resolver->arena, resolver->out.data, resolver->out.size);
        if (rc == MIRSAL_OK && items[i].data == NULL) {
            rc = mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
        }
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    uint32_t kept = count;
    if (is_ref) {
        mir_sort(items, count, sizeof *items, compare_bytes, NULL);
        kept = 0;
        for (uint32_t i = 0; i < count; i++) {
            if (kept == 0 || !mir_bytes_equal(items[kept - 1], items[i])) {
                items[kept++] = items[i];
            }
        }
    }
    mir_buf_reset(&resolver->out);
    mir_mp_write_array(&resolver->out, kept);
    for (uint32_t i = 0; i < kept; i++) {
        mir_buf_append(&resolver->out, items[i].data, items[i].size);
    }
    return MIRSAL_OK;
}

/* One value or element. */
static mirsal_code resolve_shape(struct resolver *resolver,
    enum mir_kind kind,
    struct mir_bytes value,
    mirsal_error *err)
{
    mir_buf_reset(&resolver->out);
    if (kind == MIR_KIND_REF) {
        return resolve_one(resolver, resolver->field->shape.refers, value, err);
    }
    if (kind == MIR_KIND_TUPLE) {
        return resolve_tuple(resolver, value, err);
    }
    if (kind == MIR_KIND_LIST && (resolver->field->shape.element == MIR_KIND_REF ||
                                     resolver->field->shape.element == MIR_KIND_TUPLE)) {
        return resolve_list(resolver, value, err);
    }
    mir_buf_append(&resolver->out, value.data, value.size);
    return MIRSAL_OK;
}

static mirsal_code resolve_bytes(struct mir_bytes *bytes,
    struct resolver *resolver,
    enum mir_kind kind,
    mirsal_error *err)
{
    mirsal_code rc = resolve_shape(resolver, kind, *bytes, err);
    if (rc == MIRSAL_OK) {
        rc = mir_buf_finish(&resolver->out, err);
    }
    if (rc != MIRSAL_OK || mir_bytes_equal(*bytes, mir_buf_bytes(&resolver->out))) {
        return rc;
    }
    uint8_t *kept = mir_arena_copy(resolver->arena, resolver->out.data, resolver->out.size);
    if (kept == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    *bytes = (struct mir_bytes){ kept, resolver->out.size };
    return MIRSAL_OK;
}

mirsal_code mir_handoff_resolve(struct mir_shown *shown,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_schema_field *field,
    mirsal_error *err)
{
    struct resolver resolver = { store, arena, field, shown->changeset, { 0 } };
    enum mir_kind kind = field->shape.kind;
    mirsal_code rc = MIRSAL_OK;
    mir_buf_init(&resolver.out, store->env, (size_t)2 * MIR_VALUE_SIZE_MAX);
    if (kind == MIR_KIND_SET && shown->key.size > 0) {
        rc = resolve_bytes(&shown->key, &resolver, field->shape.element, err);
    } else if (kind == MIR_KIND_REF || kind == MIR_KIND_TUPLE || kind == MIR_KIND_LIST) {
        rc = resolve_bytes(&shown->value, &resolver, kind, err);
    }
    mir_buf_fini(&resolver.out);
    return rc;
}
