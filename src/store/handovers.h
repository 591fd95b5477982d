/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/handovers.h - what was handed to others and what was accepted from them: tables `handoff`
 * (handoffmake.h), `handoff_receipt` and `accepted`.
 *
 * The tables are this store's alone. The team hears of both by a `custody` record for each
 * (client/accept_calls.c).
 */
#ifndef MIR_HANDOVERS_H
#define MIR_HANDOVERS_H

#include "handoff.h"
#include "orgkey.h"
#include "read.h"

struct mir_handover_receipt {
    struct mir_handoff_receipt receipt;
    struct mir_bytes name; /* of the recipient, as the manifest says it */
    uint64_t taken_ms;     /* when it was taken in here */
};

/* A handoff of this store's; all of it in the arena that was given. */
struct mir_handover {
    uint8_t id[16];
    uint64_t made_ms;
    mirsal_hash hash; /* of the manifest */
    struct mir_handoff_manifest manifest;
    struct mir_bytes shown;    /* mir_handoff_made */
    struct mir_bytes withheld; /* held_back of mir_handoff_made */
    struct mir_handover_receipt *receipts;
    size_t receipt_count;
};
/* Oldest first. */
mirsal_code mir_handover_list(struct mir_handover **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;

/* What no longer stands of what a handoff showed. */
struct mir_handover_debt {
    struct mir_handoff_retraction *items; /* ascending by record */
    const mirsal_id *corrections; /* of each: the record that supersedes it, or its own id where it
                                     shows other values, or zeros */
    size_t count;
    struct mir_handoff_superseded *leaves; /* shown, of other values now; ascending */
    size_t leaf_count;
    mirsal_id *added; /* records below one that was handed over, which came later; ascending */
    size_t added_count;
};

/* What would leave by the terms of the handoff: the caller's rule. */
struct mir_handover_terms {
    int (*shows)(void *context,
        const struct mir_record *record,
        const struct mir_schema_field *field);
    mirsal_code (
        *leaves)(int *leaves, void *context, const struct mir_record *record, mirsal_error *err);
    void *context;
};

struct mir_handover_asked {
    const struct mir_handover *items;
    size_t count;
    size_t at;
    const mirsal_hash *to; /* one of its recipients, by its signing key; NULL: each of them */
    const struct mir_handover_terms *terms; /* NULL: what came later is not asked for */
};
/* Of items[at], less what later updates among the items have told; with `to`, those that it signed
 * for: a file may be lost on its way. */
mirsal_code mir_handover_owed(struct mir_handover_debt *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const struct mir_handover_asked *asked,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Fields that the handoff showed a value of, ascending, each once. In arena. */
mirsal_code mir_handover_fields(uint32_t **out,
    size_t *count,
    struct mir_arena *arena,
    const struct mir_handover *handed,
    mirsal_error *err) MIRSAL_MUST_USE;

/* handovertree.c. 1 when items[of] is an update of items[at], or of one of its updates. */
int mir_handover_follows(const struct mir_handover *items, size_t count, size_t of, size_t at);
int mir_handover_is_to(const struct mir_handover *handed, const mirsal_hash *sign);
/* 1 when a later update of the same first handoff has told what became of the record: that
 * recipient, who signed for it; or, with NULL, when there is one for each of items[at]. */
int mir_handover_told(const struct mir_handover *items,
    size_t count,
    size_t at,
    const mirsal_id *record,
    const mirsal_hash *to);

/* 1 when items from `from` on, of the same first handoff as items[at], gave it to the recipient;
 * with asked->to, of updates those alone that were signed for. */
int mir_handover_gave(const struct mir_handover_asked *asked,
    size_t from,
    const mirsal_hash *to,
    const struct mir_item *record);

/*
 * Checks a receipt's file against what was handed, and keeps it: once for each recipient. *of is
 * the handoff. NOT_AUTHENTIC: form, another handoff, another manifest, a key that is no recipient;
 * BAD_SIGNATURE.
 */
mirsal_code mir_handover_take_receipt(struct mir_handoff_receipt *out,
    struct mir_handover *of,
    struct mir_arena *arena,
    struct mir_store *store,
    struct mir_bytes file,
    mirsal_error *err) MIRSAL_MUST_USE;

/* A handoff of another team that was taken in. */
struct mir_accepted_handoff {
    mirsal_hash hash;
    struct mir_handoff_manifest manifest;
    uint64_t time_ms;
    uint64_t accepted;
    uint64_t refused;
};
mirsal_code mir_accepted_list(struct mir_accepted_handoff **out,
    size_t *count,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;
/* In a transaction of its own; what is there under that id stays. manifest: its bytes. */
mirsal_code mir_accepted_keep(struct mir_store *store,
    const struct mir_handoff_manifest *manifest,
    struct mir_bytes bytes,
    uint64_t accepted,
    uint64_t refused,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
