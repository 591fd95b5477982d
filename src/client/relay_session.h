/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/relay_session.h - what the libcurl driver knows of a mirsal_session beyond the interface.
 */
#ifndef MIR_RELAY_SESSION_H
#define MIR_RELAY_SESSION_H

#include "accept.h"
#include "session.h"

#include <mirsal/sync.h>

/* What a run did, of one relay or of several. */
struct mir_sync_sums {
    uint64_t pushed;
    uint64_t pulled;
    uint64_t bytes_out; /* HTTP bodies */
    uint64_t bytes_in;
    uint64_t http_out; /* with headers */
    uint64_t http_in;
    uint64_t requests;
    uint64_t conflicts_opened;
    uint64_t quarantined;
    int more;
    int removed;         /* the relay says that this device is no member any more */
    int another_log;     /* a relay began one: it was restored, or moved */
    int64_t heard_above; /* mir_evidence_last as the run began */
    size_t evidence;     /* against relays, new in this run; mir_sync_sums_write counts it */
};

/* Appends the `sync` answer; relay NULL: none answered; peer: the device that was asked. */
struct mir_sync_asked {
    const char *relay;
    const char *peer;
    int with_http;
};
mirsal_code mir_sync_sums_write(struct mir_buf *out,
    struct mir_sync_sums *sums,
    const struct mir_sync_asked *asked,
    struct mir_store *store,
    mirsal_error *err) MIRSAL_MUST_USE;

/* Adds what the session did to the store; bytes and requests are the driver's to count. */
void mir_relay_session_sum(struct mir_sync_sums *sums, const mirsal_session *session);
/* Bytes that went over the wire beside the bodies count against the budget, too. */
void mir_relay_session_spend(mirsal_session *session, uint64_t bytes);

#endif
