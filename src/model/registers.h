/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/registers.h - one register: what is live, how deep, who wins, whether a person is needed;
 * protocol/merge.md 1 to 4.
 *
 * A pure function of the set of writes: order and repetition of the input change nothing.
 */
#ifndef MIR_REGISTERS_H
#define MIR_REGISTERS_H

#include "buf.h"
#include "policy.h"

/* The first 16 bytes of a changeset's id, which name its write to this register. */
struct mir_write_name {
    uint8_t bytes[16];
};

struct mir_register_write {
    mirsal_hash changeset;
    mirsal_hash author; /* device; one that retired into another: the first of that line */
    enum mir_role role; /* of the author */
    uint64_t stamp;
    int accepted; /* judged accepted, and its record stands */
    int creating; /* written by the record's creating changeset or a twin of it; for once */
    /* lattice: the value's place, strictest highest; set, log: 1 present, 0 absent; else 0 */
    uint32_t ordinal;
    struct mir_bytes value;               /* borrowed; equal bytes are equal values */
    const struct mir_write_name *parents; /* borrowed */
    size_t parent_count;
    /* Set by mir_register_evaluate. */
    int live;
    uint32_t depth; /* 0 when the write does not count */
};

enum mir_register_conflict {
    MIR_REGISTER_AGREES = 0,
    MIR_REGISTER_VALUES, /* review queue, kind values */
    MIR_REGISTER_ONCE,   /* review queue, kind once: an accepted write that does not count */
};

#define MIR_REGISTER_NO_WINNER SIZE_MAX

struct mir_register {
    size_t winner; /* index into writes, or MIR_REGISTER_NO_WINNER */
    size_t live_count;
    size_t value_count; /* different values among the live */
    enum mir_register_conflict conflict;
};

/*
 * Evaluates the writes held of one register, and sets live and depth of each. Only accepted writes
 * count; a name that two held writes of the register answer to names nothing. A changeset that is
 * given twice counts once, the other copies are not live. Memory is released before it returns.
 * NO_MEMORY.
 */
mirsal_code mir_register_evaluate(struct mir_register *out,
    struct mir_register_write *writes,
    size_t count,
    enum mir_policy policy,
    const mirsal_env *env,
    mirsal_error *err) MIRSAL_MUST_USE;

/* The printed kind of the review item: "values", "once", NULL when none is due. */
const char *mir_register_conflict_name(enum mir_register_conflict conflict);

#endif
