/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/foreign.h - records of another team as records of this one: named by their origin,
 * imported by the one way that all imports go.
 *
 * A record of team T with the id R has here the source id T/R (16 hex digits of T, the UUID of R),
 * references to such records too, and the field `origin`. So what two devices import is one record
 * for counting, and the same record again is an update. What this team's schema does not know of it
 * is kept in `raw`.
 */
#ifndef MIR_FOREIGN_H
#define MIR_FOREIGN_H

#include "foreignback.h"
#include "import.h"
#include "record_out.h"

#define MIR_FOREIGN_NAME_SIZE (16u + 1u + 36u)

/* Whence records come. */
struct mir_origin {
    mirsal_hash team;
    struct mir_bytes name; /* what that team calls itself; empty: nothing */
    const char *mode;      /* a code of origin_mode */
    const char *handoff;   /* hex, or NULL */
};

/* T/R, ended by NUL. */
void mir_foreign_name(char out[MIR_FOREIGN_NAME_SIZE + 1u],
    const mirsal_hash *team,
    const mirsal_id *record);
/* {"source_id":"T/R"}: for references. */
void mir_foreign_reference(struct mir_buf *out, const mirsal_hash *team, const mirsal_id *record);

/*
 * Appends one line of JSON, as import takes it. form is of the other team's schema, and writes
 * references as this team's import is to read them. author: a pseudonym there, or NULL. Withdrawals
 * and what each replica computes are left out.
 */
mirsal_code mir_foreign_line(struct mir_buf *out,
    const struct mir_origin *origin,
    const struct mir_record_out *form,
    const struct mir_record *record,
    const char *author,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Gives lines one by one: appends to *out, nothing at the end. */
typedef mirsal_code (*mir_foreign_next)(void *context, struct mir_buf *out, mirsal_error *err);

/* NOT_ALLOWED unless this device is a coordinator. *counts also tell what was not taken. */
mirsal_code mir_foreign_import(struct mir_import_counts *counts,
    struct mir_store *store,
    mir_foreign_next next,
    void *context,
    mirsal_error *err) MIRSAL_MUST_USE;

struct mir_foreign_merging {
    void (*progress)(void *context, uint64_t done, uint64_t total); /* records; or NULL */
    void *progress_context;
};
/*
 * All records of another team's store (guest.h) that it can read and has not withdrawn. Several
 * that it counts as one by their source id come as one; what came to it from this team stays out.
 * *back tells what it took back since an earlier merge.
 */
mirsal_code mir_foreign_merge(struct mir_import_counts *counts,
    struct mir_foreign_back *back,
    struct mir_store *store,
    struct mir_store *guest,
    const struct mir_foreign_merging *merging,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
