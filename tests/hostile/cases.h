/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/hostile/cases.h - one row a case: what mallory pushes, and what becomes of it.
 */
#ifndef HOSTILE_CASES_H
#define HOSTILE_CASES_H

#include "bed.h"

struct hostile {
    const char *name;
    enum mir_role role;        /* mallory's */
    void (*act)(struct bed *); /* what she pushes; the last of it is judged */
    mirsal_code code;          /* of a replica; then nothing is kept */
    enum mir_reject_code reject;
    enum mir_held state; /* of data; of control ACCEPTED, and its first statement's fault: */
    enum mir_reason reason;
    int changes;                 /* the digest follows what others rightly take from it */
    void (*check)(struct bed *); /* on both replicas */
};

extern const struct hostile control_cases[];
extern const size_t control_case_count;
extern const struct hostile data_cases[];
extern const size_t data_case_count;

#endif
