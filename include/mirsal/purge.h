/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/purge.h - a record that must not be held any more: hidden at one admin's word, destroyed
 * on every replica and relay at root's, or at that of two admins whom root named as two persons.
 *
 * Each call is durable when it returns; what the team would not count is not said: NOT_ALLOWED,
 * nothing changed. *out is given, mirsal_text_free.
 *
 * No call reaches what has left the team's replicas: exports, handoffs, printed pages, backups, and
 * bundles on sticks that are not read in again.
 */
#ifndef MIRSAL_PURGE_H
#define MIRSAL_PURGE_H

#include <mirsal/recovery.h>
#include <mirsal/store.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Orders that a record go, with those that hang from it and from nothing that stays, and with every
 * body held that says something of them. It is hidden at once;
 * with root's word (source; else NULL) it is ordered too. reason is sealed to readers of main, or
 * NULL. The answer has "purge" (the order), "state" ("hidden" or "ordered") and the keys of
 * mirsal_purge_list. NOT_FOUND, AMBIGUOUS_ID, NOT_ALLOWED, and as mirsal_team_drill.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_purge(mirsal_text *out,
    mirsal_store *store,
    const char *record,
    const char *reason,
    const mirsal_root_source *source,
    mirsal_error *err);

/**
 * A second person's word, or root's, for an order (a prefix of 6 digits or more). The answer is as
 * above. NOT_ALLOWED also where this device's person has spoken for it.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_purge_approve(mirsal_text *out,
    mirsal_store *store,
    const char *order,
    const mirsal_root_source *source,
    mirsal_error *err);

/**
 * Ends an order for good: what is still held of the record is shown and counts again. What root
 * ordered root lifts.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_purge_lift(mirsal_text *out,
    mirsal_store *store,
    const char *order,
    const mirsal_root_source *source,
    mirsal_error *err);

/**
 * {"purges": [{"purge", "state", "records": [{"id", "type"}], "children", "bodies", "unnamed",
 * "held", "reason", "said", "by", "voices", "due", "destroyed", "confirmed", "open",
 * "handed"}]}: every order held. state is hidden, ordered, destroyed (here), lifted, or
 * quarantined (nobody's word for it counts).
 * children: records here that hang from its records and that no order names, for they have another
 * parent or came later: purge them by themselves, or the record once more.
 * bodies: how many it names; held: those that stand here; unnamed: those here that tell of its
 * records and that no order names: an admin's device that opens them names them when it syncs, once
 * the order is of level 2. due: when this replica destroys the last that it holds. confirmed are
 * the devices that say they destroyed what it names, open those that have not.
 * handed are the handoffs made here that hold a record of it: {"handoff", "made", "to"}.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_purge_list(mirsal_text *out,
    mirsal_store *store,
    mirsal_error *err);

#ifdef __cplusplus
}
#endif

#endif
