/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/work.c - see the header.
 */
#include "work.h"

#include "fail.h"
#include "membership.h"

#include <string.h>

#define SCRATCH_MAX ((size_t)16 << 20)

void mir_work_begin(struct mir_work *work, struct mir_store *store, const char *language)
{
    memset(work, 0, sizeof *work);
    work->store = store;
    mir_arena_init(&work->arena, store->env, MIR_WORK_MEMORY_MAX);
    mir_buf_init(&work->scratch, store->env, SCRATCH_MAX);
    mir_lookup_store(&work->lookup, store);
    work->values = (struct mir_values){ .schema = store->schema,
        .arena = &work->arena,
        .scratch = &work->scratch,
        .lookup = &work->lookup,
        .language = language };
}

void mir_work_reset(struct mir_work *work)
{
    mir_arena_reset(&work->arena);
    mir_buf_reset(&work->scratch);
}

void mir_work_end(struct mir_work *work)
{
    mir_buf_fini(&work->scratch);
    mir_arena_fini(&work->arena);
}

int mir_work_resolves(const struct mir_store *store)
{
    const struct mir_member *member =
        store->membership == NULL || store->keys == NULL
            ? NULL
            : mir_membership_device(store->membership, mir_store_device(store));
    return member != NULL && member->member && mir_role_resolves(member->role);
}

mirsal_code mir_work_may_write(const struct mir_store *store,
    const struct mir_record *record,
    mirsal_error *err)
{
    if (record->created.own || mir_work_resolves(store)) {
        return MIRSAL_OK;
    }
    return mir_fail(err, MIRSAL_NOT_ALLOWED, "the record is another device's");
}

const struct mir_shown *mir_work_origin(const struct mir_store *store,
    const struct mir_record *record)
{
    const struct mir_schema_type *type = mir_schema_type_by_id(store->schema, record->type);
    int component = -1;
    const struct mir_schema_field *field =
        type == NULL ? NULL : mir_schema_field_by_name(&component, type, "origin");
    return field == NULL ? NULL : mir_record_find(record, field->id, (struct mir_bytes){ NULL, 0 });
}

mirsal_code mir_work_may_edit(const struct mir_store *store,
    const struct mir_record *record,
    mirsal_error *err)
{
    if (mir_work_origin(store, record) != NULL) {
        return mir_fail(err, MIRSAL_NOT_ALLOWED,
            "the record is another team's: what that team hands over or merges changes it;"
            " assess it, or link it");
    }
    return mir_work_may_write(store, record, err);
}
