/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/handoffattest.c - mode attested: a record's own tree over what stands, and the leaves that
 * are shown; protocol/handoff.md 4. Made twice, for the manifest and for the file: the same bytes,
 * within one read of the store.
 */
#include "handoffparts.h"

#include "fail.h"
#include "handoffref.h"
#include "hash.h"
#include "merkle.h"
#include "msgpack.h"
#include "sort.h"

#include <string.h>

static mirsal_code no_memory(mirsal_error *err)
{
    return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
}

static int compare_fields(const void *a, const void *b, void *context)
{
    const uint32_t *left = a;
    const uint32_t *right = b;
    (void)context;
    return *left < *right ? -1 : *left > *right;
}

mirsal_code mir_handoff_judge(uint8_t **shows,
    struct mir_handoff_maker *maker,
    struct mir_handoff_record *entry,
    const struct mir_record *record,
    mirsal_error *err)
{
    const struct mir_handoff_making *making = maker->making;
    uint32_t count = 0;
    uint32_t *withheld =
        mir_arena_alloc(&maker->record, record->register_count + 1, sizeof *withheld);
    *shows = mir_arena_alloc(&maker->record, record->register_count + 1, 1);
    if (withheld == NULL || *shows == NULL) {
        return no_memory(err);
    }
    for (size_t i = 0; i < record->register_count; i++) {
        const struct mir_schema_field *field =
            mir_schema_field_by_id(maker->store->schema, record->registers[i].field);
        enum mir_handoff_show show = MIR_HANDOFF_OMIT;
        if (field != NULL && field->shape.kind != MIR_KIND_WITHDRAWAL) {
            show = making->shows(making->shows_context, record, field);
        }
        (*shows)[i] = show == MIR_HANDOFF_SHOW;
        if (show == MIR_HANDOFF_WITHHOLD &&
            (count == 0 || withheld[count - 1] != record->registers[i].field)) {
            withheld[count++] = record->registers[i].field;
        }
    }
    mir_sort(withheld, count, sizeof *withheld, compare_fields, NULL);
    entry->withheld_count = count;
    entry->withheld = mir_arena_copy(maker->arena, withheld, count * sizeof *withheld);
    return entry->withheld == NULL ? no_memory(err) : MIRSAL_OK;
}

void mir_handoff_note(struct mir_handoff_maker *maker,
    const mirsal_id *record,
    const struct mir_shown *shown,
    const uint8_t salt[16],
    const mirsal_hash *leaf)
{
    struct mir_buf *out = &maker->shown;
    mir_mp_write_array(out, 5);
    mir_mp_write_bin(out, record->bytes, sizeof record->bytes);
    mir_mp_write_uint(out, shown->field);
    if (shown->key.size == 0) {
        mir_mp_write_nil(out);
    } else {
        mir_buf_append(out, shown->key.data, shown->key.size);
    }
    mir_mp_write_bin(out, salt, 16);
    mir_mp_write_bin(out, leaf->bytes, sizeof leaf->bytes);
}

/* A register with the place that says whether it is shown. */
struct row {
    struct mir_shown shown;
    uint8_t is_shown;
};

static int compare_rows(const void *a, const void *b, void *context)
{
    const struct row *left = a;
    const struct row *right = b;
    (void)context;
    if (left->shown.field != right->shown.field) {
        return left->shown.field < right->shown.field ? -1 : 1;
    }
    return mir_bytes_compare(left->shown.key, right->shown.key);
}

/* All that stands, references resolved, ascending; *count of them. */
static mirsal_code resolve_all(struct row **out,
    size_t *count,
    struct mir_handoff_maker *maker,
    const struct mir_record *record,
    const uint8_t *shows,
    mirsal_error *err)
{
    struct row *rows = mir_arena_alloc(&maker->record, record->register_count + 1, sizeof *rows);
    size_t kept = 0;
    mirsal_code rc = rows == NULL ? no_memory(err) : MIRSAL_OK;
    for (size_t i = 0; i < record->register_count && rc == MIRSAL_OK; i++) {
        const struct mir_schema_field *field =
            mir_schema_field_by_id(maker->store->schema, record->registers[i].field);
        if (field == NULL || field->shape.kind == MIR_KIND_WITHDRAWAL) {
            continue;
        }
        rows[kept].shown = record->registers[i];
        rows[kept].is_shown = shows[i];
        rc = mir_handoff_resolve(&rows[kept].shown, &maker->record, maker->store, field, err);
        kept++;
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_sort(rows, kept, sizeof *rows, compare_rows, NULL);
    *count = 0;
    for (size_t i = 0; i < kept; i++) {
        if (*count == 0 || compare_rows(&rows[*count - 1], &rows[i], NULL) != 0) {
            rows[(*count)++] = rows[i];
        }
    }
    *out = rows;
    return MIRSAL_OK;
}

static void write_leaf(struct mir_handoff_maker *maker,
    const mirsal_id *record,
    uint32_t type,
    const struct row *row)
{
    mir_buf_reset(&maker->leaf);
    if (row == NULL) {
        mir_handoff_leaf_record(&maker->leaf, record, type);
    } else {
        mir_handoff_leaf_write(
            &maker->leaf, record, row->shown.field, row->shown.key, row->shown.value);
    }
}

/* The tree over all, then what is shown of it. */
static mirsal_code write_record(struct mir_handoff_maker *maker,
    struct mir_handoff_record *entry,
    const struct row *rows,
    size_t count,
    int note,
    mirsal_error *err)
{
    struct mir_handoff_tree tree;
    uint8_t seed[32];
    mir_handoff_seed(seed, maker->secret, &entry->id);
    mirsal_code rc = mir_handoff_tree_init(&tree, &maker->record, seed, count + 1, err);
    mir_wipe(seed, sizeof seed);
    for (size_t i = 0; i <= count && rc == MIRSAL_OK; i++) {
        write_leaf(maker, &entry->id, entry->type, i == 0 ? NULL : &rows[i - 1]);
        rc = mir_buf_finish(&maker->leaf, err);
        mir_handoff_tree_add(&tree, mir_buf_bytes(&maker->leaf));
    }
    if (rc == MIRSAL_OK) {
        rc = mir_handoff_tree_close(&tree, &entry->root, err);
    }
    entry->leaves = 1;
    for (size_t i = 0; i < count; i++) {
        entry->leaves += rows[i].is_shown;
    }
    mir_buf_reset(&maker->payload);
    mir_mp_write_array(&maker->payload, entry->leaves);
    for (size_t i = 0; i <= count && rc == MIRSAL_OK; i++) {
        uint8_t salt[16];
        if (i > 0 && !rows[i - 1].is_shown) {
            continue;
        }
        write_leaf(maker, &entry->id, entry->type, i == 0 ? NULL : &rows[i - 1]);
        mir_handoff_tree_leaf(&maker->payload, &tree, i, mir_buf_bytes(&maker->leaf), -1);
        mir_handoff_digest_add(&maker->digest, &tree.leaves[i]);
        if (note && i > 0) {
            mir_merkle_salt(salt, tree.seed, (uint32_t)i);
            mir_handoff_note(maker, &entry->id, &rows[i - 1].shown, salt, &tree.leaves[i]);
        }
    }
    mir_handoff_tree_fini(&tree);
    if (rc == MIRSAL_OK) {
        rc = mir_handoff_digest_end(&entry->shown, &maker->digest, err);
    }
    return rc == MIRSAL_OK ? mir_buf_finish(&maker->payload, err) : rc;
}

mirsal_code mir_handoff_attest(struct mir_handoff_maker *maker,
    struct mir_handoff_part *part,
    const struct mir_handoff_chosen *chosen,
    int note,
    mirsal_error *err)
{
    struct mir_record record = { 0 };
    struct row *rows = NULL;
    uint8_t *shows = NULL;
    size_t count = 0;
    mir_arena_reset(&maker->record);
    part->entry.id = chosen->id;
    part->entry.type = chosen->type;
    mirsal_code rc = mir_read_record(&record, &maker->record, maker->store, &chosen->id, err);
    if (rc == MIRSAL_OK) {
        rc = mir_handoff_judge(&shows, maker, &part->entry, &record, err);
    }
    if (rc == MIRSAL_OK) {
        rc = resolve_all(&rows, &count, maker, &record, shows, err);
    }
    return rc == MIRSAL_OK ? write_record(maker, &part->entry, rows, count, note, err) : rc;
}
