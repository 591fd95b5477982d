/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/handoff.h - chosen records for other organisations, with proofs; organisation keys.
 */
#ifndef MIRSAL_HANDOFF_H
#define MIRSAL_HANDOFF_H

#include <mirsal/record.h>
#include <mirsal/store.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The organisation's public key, made at the first call: {"org_key","team_id","fingerprint"}. *out
 * is given. NOT_ALLOWED below coordinator.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_org_key(mirsal_text *out,
    mirsal_store *store,
    mirsal_error *err);

/**
 * Writes its secret half into a file sealed by a passphrase, for other devices of the organisation
 * and for who verifies without a store. Answer and codes as mirsal_org_key; USAGE without a
 * passphrase; STORE_EXISTS: the file is there.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_org_key_write(mirsal_text *out,
    mirsal_store *store,
    const char *path,
    const void *passphrase,
    size_t passphrase_size,
    mirsal_error *err);

/** Takes such a file into this store. NOT_ALLOWED: of another team; WRONG_PASSPHRASE. */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_org_key_take(mirsal_text *out,
    mirsal_store *store,
    const char *path,
    const void *passphrase,
    size_t passphrase_size,
    mirsal_error *err);

#define MIRSAL_HANDOFF_OPTIONS_VERSION 1u

/** What is handed over, to whom, on what terms. All pointers are borrowed for the call. */
typedef struct mirsal_handoff_options {
    uint32_t version;
    const char *path;      /**< NULL with dry_run */
    const char *const *to; /**< organisation keys, mirsalorg1… */
    size_t to_count;
    const char *where;    /**< a condition over incident, or NULL: all */
    const char *withhold; /**< fields with commas between, FIELD or TYPE.FIELD; or NULL */
    const char *disclose; /**< sensitive fields that go along, likewise; or NULL */
    int include_media;    /**< this version keeps no media: nothing changes */
    int by_author;        /**< mode author: proves who wrote, and shows it */
    const char *purpose;  /**< or NULL */
    const char *terms;    /**< or NULL */
    const char *until;    /**< YYYY-MM-DD, or NULL */
    const char *release;  /**< strictest release level that leaves; NULL: partners */
    const char *update;   /**< a receipt: what is owed to who signed it; or NULL */
    int court;            /**< consent for courts allows it too */
    int dry_run;          /**< tells what would leave, writes nothing */
    /** Before anything is written, where free text looks like a telephone number, an account or
     * coordinates: pointed is {"record","field","what"} in an array, the first 1,000 of count.
     * Other than 0: nothing is written, and the call ends with USAGE. Or NULL. */
    int (*look)(void *context, const char *pointed, size_t size, uint64_t count);
    void *look_context;
} mirsal_handoff_options;
#define MIRSAL_HANDOFF_OPTIONS_INIT                                                                \
    {                                                                                              \
        .version = MIRSAL_HANDOFF_OPTIONS_VERSION                                                  \
    }

/**
 * The `handoff create` answer. *out is given. NOT_ALLOWED below coordinator; BAD_VALUE with
 * err->field to, until, release or where; UNKNOWN_FIELD; NOT_FOUND where no record meets where;
 * TOO_LARGE.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_handoff_create(mirsal_text *out,
    mirsal_store *store,
    const mirsal_handoff_options *options,
    mirsal_error *err);

#define MIRSAL_HANDOFF_VERIFY_VERSION 1u

/** How a handoff is verified. All pointers are borrowed for the call. */
typedef struct mirsal_handoff_verify_options {
    uint32_t version;
    const char *path;
    const char *html;         /**< a printable summary is written there, or NULL */
    const char *from;         /**< the origin: 6 or more hex digits of its id, or its six words */
    const char *org_key_path; /**< the recipient's secret key, instead of those in the store */
    const void *passphrase;   /**< of that file */
    size_t passphrase_size;
    const mirsal_env *env; /**< without a store: NULL for the system's */
} mirsal_handoff_verify_options;
#define MIRSAL_HANDOFF_VERIFY_INIT                                                                 \
    {                                                                                              \
        .version = MIRSAL_HANDOFF_VERIFY_VERSION                                                   \
    }

/**
 * The `handoff verify` answer. *out is given. store may be NULL with org_key_path. NOT_AUTHENTIC
 * with the reason's name in err->field (protocol/handoff.md 7), VERSION, WRONG_PASSPHRASE.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_handoff_verify(mirsal_text *out,
    mirsal_store *store,
    const mirsal_handoff_verify_options *options,
    mirsal_error *err);

/**
 * Verifies as mirsal_handoff_verify does (html is not read), imports the records with their origin
 * as new changesets of this device, and writes to receipt (or NULL) what this organisation signs
 * for. An update changes what was accepted before and withdraws what the origin took back. Again,
 * it changes nothing. What was withheld stays absent. *out is given: {"handoff","origin_team",
 * "origin_name","purpose","terms","until","records","updated","unchanged","refused","withdrawn",
 * "conflicts_opened","changesets","to_delete" (records here that the origin purged, or whose people
 * took their consent back),"receipt"}.
 * *review, where not NULL: how many of these a person has to look at. NOT_ALLOWED below
 * coordinator, and of this team's own handoff.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_handoff_accept(mirsal_text *out,
    uint64_t *review,
    mirsal_store *store,
    const mirsal_handoff_verify_options *options,
    const char *receipt,
    mirsal_error *err);

/**
 * Checks a receipt against what this store handed over and keeps it. *out is given: {"handoff",
 * "recipient","time","accepted","refused","manifest_hash"}. NOT_AUTHENTIC, BAD_SIGNATURE.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_handoff_receipt(mirsal_text *out,
    mirsal_store *store,
    const char *path,
    mirsal_error *err);

/**
 * The `handoff list` answer: what this store handed over, with receipts and what is owed, and what
 * it accepted. handoff: the beginning of a handoff's id or of a shown record's, or NULL for all;
 * NOT_FOUND.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_handoff_list(mirsal_store *store,
    const char *handoff,
    mirsal_line_callback line,
    void *context,
    mirsal_error *err);

#ifdef __cplusplus
}
#endif

#endif
