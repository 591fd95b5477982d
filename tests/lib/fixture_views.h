/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/fixture_views.h - what the files of the fixture replica share.
 */
#ifndef FIXTURE_VIEWS_H
#define FIXTURE_VIEWS_H

#include "fixture_replica.h"

/* Fill replica->local and replica->host. */
void fixture_local_view(struct fixture_replica *replica);
void fixture_host_view(struct fixture_replica *replica);
/* Copies and appends; the pointer is valid until the next one. */
struct fixture_item *fixture_store(struct fixture_replica *replica,
    const struct mir_changeset *changeset);
void fixture_copy_changeset(struct fixture_replica *replica,
    struct mir_changeset *out,
    const struct mir_changeset *from);
/* Heads of control and the wanted chains; readable NULL: all may be read. */
void fixture_heads(const struct fixture_replica *replica,
    int known_only,
    struct mir_bytes wants,
    const struct mir_sync_device *device,
    struct mir_heads *out);
/* Another changeset at that place, or NULL. */
struct fixture_item *fixture_rival(const struct fixture_replica *replica,
    const struct mir_changeset *changeset);

#endif
