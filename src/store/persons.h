/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/persons.h - whose an admin's device is: numbers that relays compare, and the names that
 * root gave them, sealed to main; protocol/control.md 2.3 and 5.16.
 */
#ifndef MIR_PERSONS_H
#define MIR_PERSONS_H

#include "arena.h"
#include "store.h"

/*
 * The number of the person whom root's earlier words call by that name, else the next free one;
 * NULL or "": 0, the founder's person. NOT_FOUND: an earlier name cannot be opened here, and one
 * person could get two numbers.
 */
mirsal_code mir_person_number(uint32_t *out,
    struct mir_store *store,
    const char *name,
    mirsal_error *err) MIRSAL_MUST_USE;

/* The name that root gave a number; empty where there is none, or it does not open here. Lives in
 * arena, with a NUL behind it. */
mirsal_code mir_person_name(struct mir_bytes *out,
    struct mir_arena *arena,
    struct mir_store *store,
    uint32_t person,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
