/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/handoff_terms.c - see the header.
 */
#include "handoff_terms.h"

#include "env.h"
#include "fail.h"
#include "handoff_choose.h"
#include "reader.h"

#include <string.h>

#define DAY_MS UINT64_C(86400000)

static int has_number(const uint32_t *numbers, size_t count, uint32_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (numbers[i] == number) {
            return 1;
        }
    }
    return 0;
}

mirsal_code mir_handoff_never_shown(uint32_t **out,
    size_t *count,
    struct mir_arena *arena,
    const struct mir_handover *handed,
    mirsal_error *err)
{
    const struct mir_handoff_manifest *manifest = &handed->manifest;
    uint32_t *shown = NULL;
    size_t shown_count = 0;
    size_t room = handed->withheld.size / sizeof(uint32_t);
    struct mir_reader reader;
    *count = 0;
    mirsal_code rc = mir_handover_fields(&shown, &shown_count, arena, handed, err);
    for (uint32_t i = 0; i < manifest->record_count; i++) {
        room += manifest->records[i].withheld_count;
    }
    *out = mir_arena_alloc(arena, room + 1, sizeof **out);
    if (rc == MIRSAL_OK && *out == NULL) {
        rc = mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    mir_reader_init(&reader, handed->withheld.data, handed->withheld.size);
    while (rc == MIRSAL_OK && mir_reader_left(&reader) >= sizeof(uint32_t)) {
        uint32_t field = mir_reader_be32(&reader);
        if (!has_number(shown, shown_count, field) && !has_number(*out, *count, field)) {
            (*out)[(*count)++] = field;
        }
    }
    for (uint32_t i = 0; rc == MIRSAL_OK && i < manifest->record_count; i++) {
        const struct mir_handoff_record *record = &manifest->records[i];
        for (uint32_t k = 0; k < record->withheld_count; k++) {
            uint32_t field = record->withheld[k];
            if (!has_number(shown, shown_count, field) && !has_number(*out, *count, field)) {
                (*out)[(*count)++] = field;
            }
        }
    }
    return rc;
}

static int shows(void *context,
    const struct mir_record *record,
    const struct mir_schema_field *field)
{
    return mir_handoff_choice_shows(context, record, field) == MIR_HANDOFF_SHOW;
}

static mirsal_code leaves(int *out,
    void *context,
    const struct mir_record *record,
    mirsal_error *err)
{
    const struct mir_handoff_choice *choice = context;
    enum mir_withheld withheld = MIR_DISCLOSED;
    mirsal_code rc = mir_disclose_whole(&withheld, &choice->disclosure, choice->store, record, err);
    *out = withheld == MIR_DISCLOSED;
    return rc;
}

mirsal_code mir_handoff_owed(struct mir_handover_debt *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_handover_asked *asked,
    mirsal_error *err)
{
    const struct mir_handover *handed = &asked->items[asked->at];
    struct mir_handoff_choice choice;
    const struct mir_handover_terms terms = { shows, leaves, &choice };
    struct mir_handover_asked by_terms = *asked;
    memset(&choice, 0, sizeof choice);
    by_terms.terms = &terms;
    choice.store = store;
    choice.disclosure.schema = store->schema;
    choice.disclosure.release = (enum mir_release)handed->manifest.release;
    choice.disclosure.outside = 1;
    choice.disclosure.today = (int64_t)(mir_now_ms(store->env) / DAY_MS);
    mirsal_code rc =
        mir_handoff_never_shown(&choice.withhold, &choice.withhold_count, arena, handed, err);
    if (rc == MIRSAL_OK) {
        rc = mir_handover_fields(&choice.disclose, &choice.disclose_count, arena, handed, err);
    }
    return rc == MIRSAL_OK ? mir_handover_owed(out, arena, store, &by_terms, err) : rc;
}
