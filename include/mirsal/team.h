/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/team.h - teams, invites, joining, devices, relays.
 *
 * Answers are JSON objects with the keys of INTERFACE section 6; each *out is given
 * (mirsal_text_free).
 */
#ifndef MIRSAL_TEAM_H
#define MIRSAL_TEAM_H

#include <mirsal/recovery.h>
#include <mirsal/store.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A new team. Pointers are borrowed. */
typedef struct mirsal_team_options {
    uint32_t version;
    const char *name;
    const char *label;         /**< of the founding device, or NULL */
    const char *recovery_path; /**< the root key is written there, sealed by its own passphrase */
    const void *recovery_passphrase;
    size_t recovery_passphrase_size;
    uint32_t threshold; /**< with shares: how many of them are needed, 2 or more */
    uint32_t shares;    /**< 0: one file; 2 to 16: PATH.1 to PATH.shares, without a passphrase */
    const void *schema; /**< JSON that extends the default (mirsal_schema_extend), or NULL */
    size_t schema_size;
} mirsal_team_options;
#define MIRSAL_TEAM_OPTIONS_INIT                                                                   \
    {                                                                                              \
        .version = 1u                                                                              \
    }

/**
 * Makes a store with a new team, this device its founding admin. *out (given) is open; *answer is
 * given; its "drilled" is false: only a person proves that recovery works (mirsal_team_drill).
 * STORE_EXISTS; USAGE with err->field "passphrase" or "recovery_passphrase" without one.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_team_create(mirsal_store **out,
    mirsal_text *answer,
    const mirsal_store_options *store,
    const mirsal_team_options *team,
    mirsal_error *err);
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_team_show(mirsal_text *out,
    mirsal_store *store,
    mirsal_error *err);

/** What an invite grants. */
typedef struct mirsal_invite_options {
    uint32_t version;
    const char *role; /**< coordinator, monitor or observer */
    const char *label;
    uint32_t uses;       /**< 0 = 1 */
    uint64_t expires_ms; /**< wall clock; 0 = 7 days from now */
    int protected_;      /**< may read the protected compartment */
    int in_person;       /**< keys are delivered without comparing fingerprints */
} mirsal_invite_options;
#define MIRSAL_INVITE_OPTIONS_INIT                                                                 \
    {                                                                                              \
        .version = 1u                                                                              \
    }

MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_invite_create(mirsal_text *out,
    mirsal_store *store,
    const mirsal_invite_options *options,
    mirsal_error *err);
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_invite_list(mirsal_text *out,
    mirsal_store *store,
    mirsal_error *err);
/** invite: id or unique prefix of 6 hex digits or more. NOT_FOUND, AMBIGUOUS_ID, NOT_ALLOWED. */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_invite_revoke(mirsal_text *out,
    mirsal_store *store,
    const char *invite,
    mirsal_error *err);

/** How a device joins. */
typedef struct mirsal_join_options {
    uint32_t version;
    const char *invite; /**< the string mirsal1… */
    const char *label;
    int write_only;
    const void *schema; /**< the team's own, as at its creation; or NULL */
    size_t schema_size;
} mirsal_join_options;
#define MIRSAL_JOIN_OPTIONS_INIT                                                                   \
    {                                                                                              \
        .version = 1u                                                                              \
    }

/**
 * Makes a store for a new device of the invite's team; needs no network. NOT_AUTHENTIC,
 * STORE_EXISTS; USAGE with err->field "passphrase" without one.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_join(mirsal_store **out,
    mirsal_text *answer,
    const mirsal_store_options *store,
    const mirsal_join_options *options,
    mirsal_error *err);

MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_device_list(mirsal_text *out,
    mirsal_store *store,
    mirsal_error *err);
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_device_show(mirsal_text *out,
    mirsal_store *store,
    const char *device,
    mirsal_error *err);
/** Settles a join, fingerprint compared; keys go out with the next sync. */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_device_admit(mirsal_text *out,
    mirsal_store *store,
    const char *device,
    mirsal_error *err);
/**
 * Two people compared the words that this answer and that device's own show. An admin's word
 * admits and confirms; every other device keeps it for itself. BAD_VALUE for this device itself.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_device_verify(mirsal_text *out,
    mirsal_store *store,
    const char *device,
    mirsal_error *err);

/** The schema in use as JSON (protocol/schema.md 1). VERSION where it has not come yet. */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_schema_show(mirsal_text *out,
    mirsal_store *store,
    mirsal_error *err);
/**
 * An admin adds types, fields, vocabularies and codes: a whole schema of a higher version, or
 * {"extends":VERSION, …} with what is new (protocol/schema.md 8). BAD_VALUE names in err->field
 * what is wrong or what was changed; NOT_ALLOWED, TOO_LARGE. source may be NULL; with root's word
 * policies and ranks may become looser and ranges wider.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_schema_extend(mirsal_text *out,
    mirsal_store *store,
    const void *json,
    size_t size,
    const mirsal_root_source *source,
    mirsal_error *err);

/**
 * A new key for what is written from now on, for those who may read today. compartment: name or
 * number, NULL: main; history 0: it does not carry the older keys to those who come later.
 * BAD_VALUE, NOT_ALLOWED.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_epoch_rotate(mirsal_text *out,
    mirsal_store *store,
    const char *compartment,
    int history,
    mirsal_error *err);
/** A compartment that this device reads, and whom it grants it. BAD_VALUE, NOT_ALLOWED. */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_compartment_add(mirsal_text *out,
    mirsal_store *store,
    const char *name,
    mirsal_error *err);
/** readable 0 takes the right back and turns the epoch. NOT_FOUND, BAD_VALUE, NOT_ALLOWED. */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_compartment_grant(mirsal_text *out,
    mirsal_store *store,
    const char *compartment,
    const char *device,
    int readable,
    mirsal_error *err);

/**
 * url_key is URL#KEY as mirsald prints it; token may be NULL where the team is registered already.
 * Needs no network: the next mirsal_sync_run with this relay registers the team there. An admin
 * says it to the whole team, every other device keeps it for itself. BAD_VALUE.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_relay_add(mirsal_text *out,
    mirsal_store *store,
    const char *url_key,
    const char *token,
    mirsal_error *err);
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_relay_list(mirsal_text *out,
    mirsal_store *store,
    mirsal_error *err);

/** Signed changesets, newest last, one JSON line each (`log`); record may be NULL for all. */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_log(mirsal_store *store,
    const char *record,
    mirsal_line_callback line,
    void *context,
    mirsal_error *err);

#ifdef __cplusplus
}
#endif

#endif
