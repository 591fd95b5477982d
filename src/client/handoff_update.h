/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/handoff_update.h - what an update of an earlier handoff takes along: the records whose
 * shown values are others now or that supersede one, and what was withdrawn or purged.
 */
#ifndef MIR_HANDOFF_UPDATE_H
#define MIR_HANDOFF_UPDATE_H

#include "handoff_choose.h"
#include "handovers.h"

struct mir_handoff_update {
    struct mir_handover *items;
    size_t count;
    size_t of; /* the handoff that the receipt is of */
    size_t at; /* the first of those that it is an update of; itself where it is none */
    struct mir_org_key recipient;
    struct mir_handover_debt debt; /* of it and of its updates */
    mirsal_id *ids;                /* debt.corrections and debt.added */
    size_t id_count;
    uint32_t *never; /* fields that the first one withheld and showed of no record */
    size_t never_count;
    struct mir_handoff_choice *choice;     /* of ids */
    const struct mir_handoff_choice *more; /* whose new records go along too; or NULL */
};

/* Checks and keeps the receipt; all in arena. NOT_AUTHENTIC. */
mirsal_code mir_handoff_update_begin(struct mir_handoff_update *out,
    struct mir_arena *arena,
    struct mir_store *store,
    const char *receipt,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Within the read: what is owed now. */
mirsal_code mir_handoff_update_owe(struct mir_handoff_update *update,
    struct mir_arena *arena,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;
/* For mir_handoff_request; context is the update. What was withheld stays so, also in a record that
 * goes along for the first time because a correction refers to it. */
enum mir_handoff_show mir_handoff_update_shows(void *context,
    const struct mir_record *record,
    const struct mir_schema_field *field);
/*
 * making takes the update's records out of the choices, its retractions, and the purpose and terms
 * of the first where none are given.
 */
mirsal_code mir_handoff_update_make(struct mir_handoff_making *making,
    struct mir_handoff_update *update,
    struct mir_arena *arena,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
