/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/verify.h - every signature, chain and root that is held, and with deep the tables too.
 */
#ifndef MIR_VERIFY_H
#define MIR_VERIFY_H

#include "store.h"

struct mir_verify_problem {
    mirsal_hash changeset; /* zeros: not about one */
    char text[128];
};

struct mir_verify_result {
    uint64_t changesets;
    uint64_t opened;        /* bodies opened and compared with their content_root */
    uint64_t sealed_only;   /* own ones that this write-only device cannot read any more */
    uint64_t headers_only;  /* whose sealed body a reader holds, and this device no more */
    uint64_t purged;        /* whose body was purged */
    uint64_t damaged_pages; /* of the problems, those of pages that the vault did not open */
    uint64_t problem_count;
    struct mir_verify_problem problems[64]; /* the first of them */
};

/*
 * Changes nothing. deep: also each page of the database and each frame of its WAL, the digests
 * against the tables, and the tables against projections made anew (inside a transaction that is
 * rolled back). Problems are no code, pages that do not open among them: the codes are those of
 * reading.
 */
mirsal_code mir_verify(struct mir_verify_result *out,
    struct mir_store *store,
    int deep,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
