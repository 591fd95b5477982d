/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/outnames.h - the source id under which an export knows each record.
 *
 * That is the record's own; "id:UUID" for one without, and for one that another record of the same
 * source id supersedes: so a name stands for the newest of a line of corrections.
 */
#ifndef MIR_OUTNAMES_H
#define MIR_OUTNAMES_H

#include "disclose.h"

struct mir_outname {
    mirsal_id id;
    uint32_t type;
    int chosen;                 /* is exported, unless it is withheld */
    enum mir_withheld withheld; /* with what it hangs from */
    struct mir_bytes name;
};
struct mir_outnames {
    struct mir_arena arena;
    struct mir_store *store;
    const struct mir_disclosure *disclosure; /* NULL: nothing is withheld */
    struct mir_outname *items;               /* ascending by id */
    size_t count;
};

/* Records of all types that are in lists; where: a condition over incident, or NULL: all.
 * disclosure is borrowed; NULL: nothing is withheld. */
mirsal_code mir_outnames_read(struct mir_outnames *out,
    struct mir_store *store,
    const char *where,
    const struct mir_disclosure *disclosure,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_outnames_fini(struct mir_outnames *names); /* accepts a zeroed struct */

/* The name of any record; one that is not held, or not in lists, has one too. In arena. */
mirsal_code mir_outnames_find(struct mir_bytes *out,
    struct mir_arena *arena,
    const struct mir_outnames *names,
    const mirsal_id *id,
    mirsal_error *err) MIRSAL_MUST_USE;
/* 1 in *withheld: nothing of the record leaves, its name neither. */
mirsal_code mir_outnames_withheld(int *withheld,
    const struct mir_outnames *names,
    const mirsal_id *id,
    mirsal_error *err) MIRSAL_MUST_USE;
/* Those of one type that are exported, ascending by name, then by id. In arena. */
mirsal_code mir_outnames_of_type(const struct mir_outname ***out,
    size_t *count,
    struct mir_arena *arena,
    const struct mir_outnames *names,
    uint32_t type,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
