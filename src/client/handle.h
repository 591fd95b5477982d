/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/handle.h - what stands behind a mirsal_store, and what every call of the interface does
 * first and last.
 */
#ifndef MIR_HANDLE_H
#define MIR_HANDLE_H

#include "store.h"
#include "txn.h"

#include <mirsal/record.h>
#include <mirsal/store.h>

#define MIR_REPLY_SIZE_MAX ((size_t)1 << 30)

struct mir_add;

struct mirsal_store {
    mirsal_env env; /* filled */
    struct mir_store *store;
    struct mir_txn *txn; /* between begin and commit, else NULL */
    void (*on_change)(void *context, const mirsal_id *record, const char *type, const char *field);
    void *on_change_context;
    struct mir_buf changes; /* of what is not told yet: struct change of handle.c */
    int all_changed;        /* then: more than is told one by one */
};

/* The environment with the system's clock, randomness, memory and log where none is given. */
void mir_handle_env(mirsal_env *out, const mirsal_env *given);
/* MISUSE for a struct of a version that this build does not know. */
mirsal_code mir_handle_version(uint32_t version, uint32_t known, mirsal_error *err) MIRSAL_MUST_USE;

/* What to add, as the options say; MISUSE without a type. All is borrowed. */
mirsal_code mir_handle_add(struct mir_add *out,
    const mirsal_add_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * A handle without a store, and *within as the store's options want them: env, directory, vfs and
 * passphrase. The crypto library is started. End it with mirsal_close.
 */
mirsal_code mir_handle_new(mirsal_store **out,
    struct mir_store_options *within,
    const mirsal_store_options *options,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Its store was opened or made: from here on changes are noted. */
void mir_handle_ready(mirsal_store *handle);
/* Tells what changed since, once nothing is open. */
void mir_handle_tell(mirsal_store *handle);
/* Forgets what was noted in a transaction that was rolled back. */
void mir_handle_forget(mirsal_store *handle);

/*
 * Around a call that reads and answers with a text: begin empties *out and takes note of what
 * others committed; end gives the text when rc is MIRSAL_OK, and returns rc or what failed then.
 */
mirsal_code mir_reply_begin(mirsal_text *out,
    struct mir_buf *reply,
    mirsal_store *handle,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_reply_end(mirsal_text *out,
    struct mir_buf *reply,
    mirsal_code rc,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
