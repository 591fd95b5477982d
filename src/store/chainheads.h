/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/chainheads.h - heads of chains in the tables of layout.h: of all that is held, or of what a
 * relay is known to hold.
 */
#ifndef MIR_CHAINHEADS_H
#define MIR_CHAINHEADS_H

#include "chains.h"
#include "relay.h"

/*
 * Adds the heads of one compartment's chains, of one device alone where only is given; peer 0: of
 * all that is held; it is peer.no or MIR_KNOWN_MET. A forked chain gives each head.
 */
mirsal_code mir_chain_heads(struct mir_heads *out,
    struct mir_sql *sql,
    int64_t peer,
    uint32_t compartment,
    const mirsal_hash *only,
    mirsal_error *err) MIRSAL_MUST_USE;
/*
 * The same of all that is held, but of a chain in which a changeset is missing, an invite that came
 * before its prev say, the end of what is whole from seq 1 on, if anything is: who is told so sends
 * what is missing.
 */
mirsal_code mir_chain_whole_heads(struct mir_heads *out,
    struct mir_sql *sql,
    uint32_t compartment,
    const mirsal_hash *only,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
