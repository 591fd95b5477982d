/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/assign.h - the command line's FIELD=VALUE, into an entry.
 *
 *     title=…  title:ar=…        text in the language given, or in the values' language
 *     means=a,b  means+=a  means-=a    a set: replaced, added to, taken from
 *     names:ar=…  names:ar:full=…      names of one language; names=[["ar","…"]] replaces all
 *     date_start=2019-11  lat=35.1  strikes_min=2    components of one register
 *     includes=[["female","adult"]]    structures as JSON
 *     FIELD=                           known to be unknown
 */
#ifndef MIR_ASSIGN_H
#define MIR_ASSIGN_H

#include "entry.h"

/* Several of one set add up. USAGE: not of this form; else the codes of values. */
mirsal_code mir_assign(struct mir_entry *entry,
    struct mir_values *values,
    const char *const *assignments,
    size_t count,
    mirsal_error *err) MIRSAL_MUST_USE;

enum mir_assign_operator {
    MIR_ASSIGN_REPLACE,
    MIR_ASSIGN_ADD,
    MIR_ASSIGN_REMOVE,
};
struct mir_assignment {
    char name[64];
    struct mir_bytes language; /* after the first colon; empty: none */
    struct mir_bytes kind;     /* after the second */
    enum mir_assign_operator operation;
    struct mir_bytes value;
};
/* Only the form; pieces are borrowed from text. */
mirsal_code mir_assignment_parse(struct mir_assignment *out, const char *text, mirsal_error *err)
    MIRSAL_MUST_USE;
/* "title" or "title:ar". */
mirsal_code mir_assignment_name(struct mir_assignment *out,
    struct mir_bytes name,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_assign_one(struct mir_entry *entry,
    struct mir_values *values,
    const struct mir_assignment *assignment,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
