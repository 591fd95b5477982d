/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/views.h - one view per record type, for people and SQL (INTERFACE section 2).
 *
 * A view's columns: id, the type's fields (components each their own), state, conflicts, updated.
 * `incident` has place_name, governorate, lat, lon (its own, else its place's), killed_min, …_best,
 * …_max, wounded_…, actors, sources too. Views are temporary: each connection makes its own.
 */
#ifndef MIR_VIEWS_H
#define MIR_VIEWS_H

#include "projection.h"

/* Functions and views of this connection, by the schema in force. */
mirsal_code mir_views_make(struct mir_store *store, mirsal_error *err) MIRSAL_MUST_USE;

#endif
