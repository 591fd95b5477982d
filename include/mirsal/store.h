/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/store.h - one replica on disk: open and close, texts that are given, changes that are
 * told.
 *
 * A handle is used by one thread at a time. Several handles on one store may live in several
 * threads or
 * processes; writers take turns by transaction (busy wait 10 s, then LOCKED).
 */
#ifndef MIRSAL_STORE_H
#define MIRSAL_STORE_H

#include <mirsal/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An open store. */
typedef struct mirsal_store mirsal_store;

/**
 * Takes one JSON value (one line, without newline). Returns 0 to go on, other to stop (the call
 * ends with CANCELLED).
 */
typedef int (*mirsal_line_callback)(void *context, const char *json, size_t size);

#define MIRSAL_STORE_OPTIONS_VERSION 1u

/**
 * How a store is opened or made. All pointers are borrowed for the call, env for the handle's
 * life.
 */
typedef struct mirsal_store_options {
    uint32_t version;
    const char *directory;
    const void *passphrase; /**< NULL with size 0: none was given */
    size_t passphrase_size;
    int insecure_no_passphrase; /**< making: the keys are not sealed; the passphrase is ignored */
    int force;                  /**< making: so also for a monitor */
    uint32_t kdf_ms; /**< making: time aimed at for Argon2id, 0 = 500; floor 64 MiB × 2 passes */
    /**
     * A folder outside the store, made where it is missing, in which a nonce binds the store to its
     * place: a store that was copied opens for reading and does not sign. NULL: nothing is kept or
     * checked, and the caller sees to it that no copy of a store is used.
     */
    const char *state_directory;
    const char *vfs;       /**< name of a SQLite VFS, NULL for the system's */
    const mirsal_env *env; /**< NULL for the system's clock, randomness, memory */
} mirsal_store_options;

#define MIRSAL_STORE_OPTIONS_INIT                                                                  \
    {                                                                                              \
        .version = MIRSAL_STORE_OPTIONS_VERSION                                                    \
    }

/** Version of the library as text, static. */
MIRSAL_API const char *mirsal_version(void);

/**
 * Opens a store. *out is given: mirsal_close it. Without a passphrase a store opens whose keys are
 * not sealed; for others the code is USAGE with err->field "passphrase".
 * NO_STORE, WRONG_PASSPHRASE, VERSION, LOCKED, CORRUPT, WIPED.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_open(mirsal_store **out,
    const mirsal_store_options *options,
    mirsal_error *err);

/** Closes; rolls back what was begun. Accepts NULL. */
MIRSAL_API void mirsal_close(mirsal_store *store);

/**
 * Tells which register of which record changed, when the call that committed or merged has done so
 * and before it returns: type and field are names, borrowed for the call. A register may be told
 * of that stands as it did. record NULL (with type and field): too much changed to be told, read
 * anew. One callback at a time; NULL removes it.
 */
MIRSAL_API void mirsal_on_change(mirsal_store *store,
    void (*callback)(void *context, const mirsal_id *record, const char *type, const char *field),
    void *context);

/** The `status` answer (INTERFACE section 6), one JSON object. *out is given. */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_status(mirsal_text *out,
    mirsal_store *store,
    mirsal_error *err);

/**
 * Checks every signature, chain and root; with deep, also the database's pages and the tables
 * against a
 * rebuild. *out is given and set also when problems were found (then CORRUPT or NOT_AUTHENTIC).
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_verify(mirsal_text *out,
    mirsal_store *store,
    int deep,
    mirsal_error *err);

/**
 * Drops the projected tables and makes them again from the chains. *out is given: {"digest"}. Needs
 * the store alone: LOCKED while another handle has it open.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_rebuild(mirsal_text *out,
    mirsal_store *store,
    mirsal_error *err);

/**
 * Explains any mirsal file's bytes (keys, invite, changeset, recovery, frames) without opening it.
 * *out is given.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_inspect(mirsal_text *out,
    const void *data,
    size_t size,
    mirsal_error *err);

#ifdef __cplusplus
}
#endif

#endif
