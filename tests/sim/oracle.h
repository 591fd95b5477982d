/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/sim/oracle.h - the naive model: every write that was committed anywhere, and what a store
 * that applied some of the changesets must show. Written from protocol/merge.md, without a line of
 * src/model; quadratic and plain on purpose.
 */
#ifndef ORACLE_H
#define ORACLE_H

#include "policy.h"

#include <mirsal/types.h>
#include <stddef.h>
#include <stdint.h>

#define ORACLE_PARENTS_MAX 64u
#define ORACLE_KEY_MAX     40u
#define ORACLE_NONE        UINT32_MAX

struct oracle_changeset {
    mirsal_hash id;
    uint32_t author; /* device */
    uint8_t compartment;
    uint64_t stamp;
    int stands; /* its device was cut, and who cut it had applied this */
};

struct oracle_record {
    mirsal_id id;
    uint32_t type;
    uint32_t author;
    uint32_t changeset; /* that created it */
};

struct oracle_write {
    uint32_t changeset;
    uint32_t record;
    uint32_t field;
    uint8_t key[ORACLE_KEY_MAX];
    size_t key_size;
    uint8_t *value;
    size_t value_size;
    uint32_t parents[ORACLE_PARENTS_MAX]; /* writes */
    uint32_t parent_count;
    int with_record; /* by the transaction that made the record */
};

struct oracle {
    struct oracle_changeset *changesets;
    uint32_t changeset_count;
    struct oracle_record *records;
    uint32_t record_count;
    struct oracle_write *writes;
    uint32_t write_count;
    enum mir_role roles[16]; /* by device */
    int last_wins;           /* canary */
};

void oracle_free(struct oracle *oracle);

uint32_t oracle_add_changeset(struct oracle *oracle, const struct oracle_changeset *changeset);
uint32_t oracle_add_record(struct oracle *oracle, const struct oracle_record *record);
/* value is copied. */
uint32_t oracle_add_write(struct oracle *oracle, const struct oracle_write *write);
uint32_t oracle_find_changeset(const struct oracle *oracle, const mirsal_hash *id);
uint32_t oracle_find_record(const struct oracle *oracle, const mirsal_id *id);

enum mir_policy oracle_policy(uint32_t field);

/* One register as a store must show it. applied: a byte for each changeset. */
#define ORACLE_LIVE_MAX 64u
struct oracle_register {
    uint32_t winner; /* write, or ORACLE_NONE */
    uint32_t live[ORACLE_LIVE_MAX];
    uint32_t live_count;
    int conflict;     /* in the review queue as values */
    int once;         /* in the review queue as once */
    uint32_t written; /* writes applied */
};
void oracle_evaluate(struct oracle_register *out,
    const struct oracle *oracle,
    const uint8_t *applied,
    uint32_t record,
    uint32_t field,
    const void *key,
    size_t key_size);
int oracle_same_register(const struct oracle_write *a, const struct oracle_write *b);
/* The record is there for a store that applied these. */
int oracle_exists(const struct oracle *oracle, const uint8_t *applied, uint32_t record);

enum oracle_standing { ORACLE_STANDS, ORACLE_SUGGESTED, ORACLE_TAKEN_OUT };
/* *unseen = 1: taken out, and a live write is outside the list. */
enum oracle_standing oracle_withdrawal(int *unseen,
    const struct oracle *oracle,
    const uint8_t *applied,
    uint32_t record);

#endif
