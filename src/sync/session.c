/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync/session.c - the five calls, for either half of a conversation.
 */
#include "session.h"

#include "env.h"
#include "exchange.h"
#include "fail.h"
#include "initiator.h"

#include <string.h>

struct mir_session {
    const mirsal_env *env;
    struct mir_initiator *initiator; /* one of the two */
    struct mir_exchange *exchange;
};

static mirsal_code new_session(struct mir_session **out, const mirsal_env *env, mirsal_error *err)
{
    *out = mir_alloc(env, sizeof **out);
    if (*out == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for a session");
    }
    (*out)->env = env;
    return MIRSAL_OK;
}

mirsal_code mir_session_open(struct mir_session **out,
    const struct mir_session_options *options,
    mirsal_error *err)
{
    *out = NULL;
    struct mir_session *session = NULL;
    mirsal_code code = new_session(&session, options->env, err);
    if (code == MIRSAL_OK) {
        code = mir_initiator_open(&session->initiator, options, err);
    }
    if (code != MIRSAL_OK) {
        mir_session_close(session);
        return code;
    }
    *out = session;
    return MIRSAL_OK;
}

mirsal_code mir_responder_accept(struct mir_session **out,
    struct mir_responder *responder,
    const struct mir_sync_host *host,
    mirsal_error *err)
{
    *out = NULL;
    struct mir_session *session = NULL;
    mirsal_code code = new_session(&session, mir_responder_env(responder), err);
    if (code == MIRSAL_OK) {
        code = mir_exchange_open(&session->exchange, responder, host, err);
    }
    if (code != MIRSAL_OK) {
        mir_session_close(session);
        return code;
    }
    *out = session;
    return MIRSAL_OK;
}

mirsal_code mir_session_receive(struct mir_session *session,
    const void *data,
    size_t size,
    mirsal_error *err)
{
    if (session->initiator != NULL) {
        return mir_initiator_receive(session->initiator, data, size, err);
    }
    return mir_exchange_receive(session->exchange, data, size, err);
}

mirsal_code mir_session_send(uint8_t *buffer,
    size_t capacity,
    size_t *size,
    struct mir_session *session,
    mirsal_error *err)
{
    *size = 0;
    if (capacity == 0) {
        return mir_fail(err, MIRSAL_MISUSE, "no room to send into");
    }
    if (session->initiator != NULL) {
        *size = mir_initiator_send(session->initiator, buffer, capacity);
        return MIRSAL_OK;
    }
    return mir_exchange_send(buffer, capacity, size, session->exchange, err);
}

enum mir_need mir_session_need(const struct mir_session *session)
{
    return session->initiator != NULL ? session->initiator->need
                                      : mir_exchange_need(session->exchange);
}

void mir_session_close(struct mir_session *session)
{
    if (session == NULL) {
        return;
    }
    if (session->initiator != NULL) {
        mir_initiator_close(session->initiator);
    }
    if (session->exchange != NULL) {
        mir_exchange_close(session->exchange);
    }
    mir_release(session->env, session, sizeof *session);
}

void mir_session_spend(struct mir_session *session, uint64_t bytes)
{
    MIR_ASSERT(session->initiator != NULL);
    session->initiator->beside += bytes;
}

void mir_session_count(struct mir_session_counters *out, const struct mir_session *session)
{
    memset(out, 0, sizeof *out);
    if (session->initiator != NULL) {
        *out = session->initiator->counters;
    } else {
        mir_exchange_count(out, session->exchange);
    }
}

unsigned mir_session_status(const struct mir_session *session)
{
    return session->exchange != NULL ? mir_exchange_status(session->exchange) : 0;
}
