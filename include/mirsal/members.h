/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/members.h - what is said of a device that is lost, hostile or retired, and taken back.
 *
 * Each call is durable when it returns; what the team would not count is not said: NOT_ALLOWED,
 * nothing changed. *out is given: the device as mirsal_device_show has it, mirsal_text_free.
 */
#ifndef MIRSAL_MEMBERS_H
#define MIRSAL_MEMBERS_H

#include <mirsal/recovery.h>
#include <mirsal/store.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A cut. Pointers are borrowed. */
typedef struct mirsal_cut_options {
    uint32_t version;
    const char *reason;    /**< "lost", "hostile" or "retired" */
    const char *const *at; /**< COMPARTMENT:SEQ each: a number, or main, protected, control */
    size_t at_count;
    const char *text;                 /**< why, sealed to readers of main; or NULL */
    const mirsal_root_source *source; /**< root's word, needed to cut an admin; else NULL */
} mirsal_cut_options;
#define MIRSAL_CUT_OPTIONS_INIT                                                                    \
    {                                                                                              \
        .version = 1u                                                                              \
    }

/**
 * What the device wrote later is quarantined everywhere: kept and relayed, not shown, not counted.
 * Chains that `at` does not name are cut after the last changeset that this store holds or a
 * receipt names. BAD_VALUE, NOT_FOUND (device, or a place of `at`), and as mirsal_team_drill.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_device_cut(mirsal_text *out,
    mirsal_store *store,
    const char *device,
    const mirsal_cut_options *options,
    mirsal_error *err);

/**
 * Work of a device that a cut or a fork put into quarantine counts again: these changesets (ids,
 * or the first 6 digits or more that only one has), or all of it where count is 0. The answer has
 * "adopted". NOT_FOUND: none is quarantined; AMBIGUOUS_ID.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_device_adopt(mirsal_text *out,
    mirsal_store *store,
    const char *device,
    const char *const *changesets,
    size_t count,
    mirsal_error *err);

/** Suspends an admin's later words until root decides. BAD_VALUE: not an admin. */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_device_freeze(mirsal_text *out,
    mirsal_store *store,
    const char *device,
    mirsal_error *err);
/** Root ends every freeze of a device. NOT_FOUND: it is not frozen; and as mirsal_team_drill. */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_device_unfreeze(mirsal_text *out,
    mirsal_store *store,
    const char *device,
    const mirsal_root_source *source,
    mirsal_error *err);

#ifdef __cplusplus
}
#endif

#endif
