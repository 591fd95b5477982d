/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/rebuild.h - all projections anew from the chains, with the same digest.
 */
#ifndef MIR_REBUILD_H
#define MIR_REBUILD_H

#include "store.h"

/* One transaction; LOCKED while another writes. Tables that were damaged are whole again. */
mirsal_code mir_rebuild(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;

#endif
