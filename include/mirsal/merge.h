/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/merge.h - another store, read where it lies and left as it is.
 */
#ifndef MIRSAL_MERGE_H
#define MIRSAL_MERGE_H

#include <mirsal/store.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What to merge, and how it is opened. Pointers are borrowed. */
typedef struct mirsal_merge_options {
    uint32_t version;
    const char *path;       /**< folder of the other store */
    const char *passphrase; /**< its own; size 0: none */
    size_t passphrase_size;
    void (*progress)(void *context, uint64_t done, uint64_t total); /**< or NULL */
    void *progress_context;
} mirsal_merge_options;
#define MIRSAL_MERGE_OPTIONS_INIT                                                                  \
    {                                                                                              \
        .version = 1u                                                                              \
    }

/**
 * Of a store of this team its chains, each verified as if a peer sent it. No file of the other
 * store changes and none is made there. Nobody else opens it meanwhile, unless others have it open
 * already: then one state of it is read. What was interrupted goes on where it stopped.
 *
 * Of another team's store its records, as an import: new changesets of this device, each record
 * with `origin` (show's meta.origin) and the source id T/R (protocol/schema.md 1.7). They are
 * changed by nobody here but by importing them again. Needs a coordinator (NOT_ALLOWED).
 *
 * *out is given: {"changesets","records","conflicts_opened","quarantined","refused" (changesets
 * that do not verify, records that could not be taken),"team_id","own_team"}; of the own team's
 * store also "evidence" (new against relays), of another's "updated", "unchanged", and of what was
 * merged before "withdrawn" (its team took it back, and so it is here), "shown_again",
 * "to_delete" (its team purged them). *review, where not NULL: how many things of these a person
 * has to look at. NO_STORE, WRONG_PASSPHRASE, LOCKED, VERSION; NOT_ALLOWED: that store counts wrong
 * passphrases.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_merge(mirsal_text *out,
    uint64_t *review,
    mirsal_store *store,
    const mirsal_merge_options *options,
    mirsal_error *err);

#ifdef __cplusplus
}
#endif

#endif
