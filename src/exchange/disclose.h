/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/disclose.h - what may leave the team: one policy for exports and handoffs.
 *
 * A record past its release level (its own, or that of one it hangs from) stays, and so does one
 * whose `release_until` is over. Fields of sensitivity 0 and 1 leave; personal data (2, and all of
 * a record in the protected compartment) by the consent that the record itself tells (`consent`);
 * what endangers people (3) only when it is named.
 */
#ifndef MIR_DISCLOSE_H
#define MIR_DISCLOSE_H

#include "read.h"

/* Ids of the vocabulary release_level. */
enum mir_release {
    MIR_RELEASE_PUBLIC = 1,
    MIR_RELEASE_PARTNERS = 2,
    MIR_RELEASE_ORGANISATION = 3,
    MIR_RELEASE_TEAM = 4,
    MIR_RELEASE_SEALED = 5,
};

enum mir_withheld {
    MIR_DISCLOSED = 0,
    MIR_WITHHELD_SENSITIVE, /* sensitivity 3, not named */
    MIR_WITHHELD_CONSENT,
    MIR_WITHHELD_RELEASE, /* its level, or its day is over */
};

/* To whom. Zeroed but for release and today: the strictest. */
struct mir_disclosure {
    const struct mir_schema *schema;
    enum mir_release release; /* records up to this level leave; without one they do */
    int outside;              /* to another organisation: consent `internal` allows nothing, and
                                 `courts` what goes to a court, at any release level */
    int courts;               /* to a court: consent `courts` allows it too */
    int personal;             /* personal data without consent too */
    int sensitive;            /* fields of sensitivity 3 too */
    int64_t today;            /* days since 1970-01-01 */
};

/* public, partners, organisation, team, sealed. 0: none of these. */
enum mir_release mir_release_of(const char *name);

/* The record by what it says itself. */
enum mir_withheld mir_disclose_record(const struct mir_disclosure *disclosure,
    const struct mir_record *record);
/* One of its fields, where the record leaves. */
enum mir_withheld mir_disclose_field(const struct mir_disclosure *disclosure,
    const struct mir_record *record,
    const struct mir_schema_field *field);
/* The record with all that it hangs from: what its type's parent field names, and so on up. */
mirsal_code mir_disclose_whole(enum mir_withheld *out,
    const struct mir_disclosure *disclosure,
    struct mir_store *store,
    const struct mir_record *record,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
