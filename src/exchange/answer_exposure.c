/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/answer_exposure.c - the words on one device, and what its loss exposes; see team_out.h.
 */
#include "answers.h"
#include "exposure.h"
#include "json_out.h"
#include "team_out.h"

#include <string.h>

static void put_uint(struct mir_buf *out, const char *key, uint64_t value)
{
    mir_json_key(out, key);
    mir_json_uint(out, value);
}

static int is_of(const mirsal_hash *a, const mirsal_hash *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static void write_places(struct mir_buf *out, const struct mir_places *places)
{
    mir_json_key(out, "kept");
    mir_json_open(out, '[');
    for (size_t i = 0; i < places->count; i++) {
        mir_json_item(out);
        mir_json_open(out, '{');
        put_uint(out, "compartment", places->items[i].compartment);
        put_uint(out, "seq", places->items[i].seq);
        mir_json_close(out, '}');
    }
    mir_json_close(out, ']');
}

static void write_words(struct mir_buf *out,
    const struct mir_membership *membership,
    const mirsal_hash *device)
{
    static const char *const reasons[] = { "lost", "hostile", "retired" };
    mir_json_key(out, "cuts");
    mir_json_open(out, '[');
    for (size_t i = 0; i < membership->cut_count; i++) {
        const struct mir_cut *cut = &membership->cuts[i];
        if (is_of(&cut->what->device, device)) {
            mir_json_item(out);
            mir_json_open(out, '{');
            mir_json_key(out, "changeset");
            mir_json_hash(out, &cut->id);
            mir_json_key(out, "by");
            mir_json_hash(out, &cut->by);
            mir_json_key(out, "reason");
            mir_json_text(out, reasons[cut->what->reason % 3]);
            write_places(out, &cut->what->places);
            mir_json_close(out, '}');
        }
    }
    mir_json_close(out, ']');
    mir_json_key(out, "freezes");
    mir_json_open(out, '[');
    for (size_t i = 0; i < membership->freeze_count; i++) {
        const struct mir_freeze *freeze = &membership->freezes[i];
        if (is_of(&freeze->device, device)) {
            mir_json_item(out);
            mir_json_open(out, '{');
            mir_json_key(out, "changeset");
            mir_json_hash(out, &freeze->said);
            mir_json_key(out, "by");
            mir_json_hash(out, &freeze->by);
            put_uint(out, "seq", freeze->seq);
            mir_json_close(out, '}');
        }
    }
    mir_json_close(out, ']');
}

static void write_exposure(struct mir_buf *out, const struct mir_exposure *exposure)
{
    mir_json_item(out);
    mir_json_open(out, '{');
    put_uint(out, "compartment", exposure->compartment);
    put_uint(out, "from_epoch", exposure->lowest);
    put_uint(out, "to_epoch", exposure->highest);
    mir_json_key(out, "since");
    if (exposure->since != 0) {
        mir_json_stamp(out, exposure->since);
    } else {
        mir_json_null(out);
    }
    put_uint(out, "changesets", exposure->changesets);
    mir_json_close(out, '}');
}

mirsal_code mir_exposure_write(struct mir_buf *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_member *member,
    mirsal_error *err)
{
    struct mir_exposure *exposures = NULL;
    size_t count = 0;
    mirsal_code rc = mir_exposure(&exposures, &count, arena, store, member, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    write_words(out, store->membership, &member->key);
    mir_json_key(out, "could_read");
    mir_json_open(out, '[');
    for (size_t i = 0; i < count; i++) {
        write_exposure(out, &exposures[i]);
    }
    mir_json_close(out, ']');
    mir_json_key(out, "to_turn");
    mir_json_open(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (exposures[i].turn) {
            mir_json_item(out);
            mir_json_open(out, '{');
            put_uint(out, "compartment", exposures[i].compartment);
            put_uint(out, "epoch", exposures[i].writing);
            mir_json_close(out, '}');
        }
    }
    mir_json_close(out, ']');
    return MIRSAL_OK;
}
