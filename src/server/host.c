/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server/host.c - one exchange's way to the teams' logs: a borrowed reader, a queue of what came.
 */
#include "host.h"
#include "env.h"
#include "fail.h"
#include "text.h"
#include <string.h>

struct mir_host {
    struct mir_host_options options;
    struct mir_sync_host vtable;
    struct mir_team *team; /* whose reader is borrowed */
    struct mir_relay_log *reader;
    struct mir_queued *first;
    struct mir_queued **last;
};

static void drop_reader(struct mir_host *host)
{
    if (host->team != NULL) {
        mir_team_give_back(host->team, host->reader);
    }
    host->team = NULL;
    host->reader = NULL;
}

/* The reader of a team, kept while the exchange asks for the same one. */
static mirsal_code reader_of(struct mir_host *host, const mirsal_hash *team, mirsal_error *err)
{
    if (host->team != NULL && memcmp(mir_team_id(host->team), team, sizeof(*team)) == 0) {
        return MIRSAL_OK;
    }
    drop_reader(host);
    struct mir_team *found;
    mirsal_code rc =
        mir_teams_find(&found, host->options.teams, team->bytes, sizeof(team->bytes), err);
    if (rc == MIRSAL_OK) {
        rc = mir_team_borrow(&host->reader, found, err);
    }
    if (rc == MIRSAL_OK) {
        host->team = found;
    }
    return rc;
}

static mirsal_code host_identity(void *context,
    mirsal_hash *out,
    uint32_t *serial,
    mirsal_error *err)
{
    const struct mir_host *host = context;
    (void)err;
    memcpy(out->bytes, host->options.keys->identity.bytes, sizeof(out->bytes));
    *serial = mir_relay_keys_serial(host->options.keys);
    return MIRSAL_OK;
}

static mirsal_code host_noise_secret(void *context,
    uint32_t serial,
    struct mir_agree_secret *out,
    mirsal_error *err)
{
    const struct mir_host *host = context;
    return mir_relay_keys_noise(out, host->options.keys, serial, err);
}

static mirsal_code host_find_team(void *context,
    const uint8_t prefix[16],
    mirsal_hash *team,
    mirsal_error *err)
{
    struct mir_host *host = context;
    struct mir_team *found;
    mirsal_code rc = mir_teams_find(&found, host->options.teams, prefix, 16, err);
    if (rc == MIRSAL_OK) {
        *team = *mir_team_id(found);
    }
    return rc;
}

static mirsal_code host_register_team(void *context,
    struct mir_bytes token,
    struct mir_bytes genesis,
    mirsal_hash *team,
    mirsal_error *err)
{
    struct mir_host *host = context;
    struct mir_team *found;
    char expected[2 * MIR_RELAY_TOKEN_SIZE + 1]; /* as init printed it */
    mir_hex_encode(expected, host->options.keys->token, MIR_RELAY_TOKEN_SIZE);
    int fits = token.size == sizeof expected - 1u && mir_equal(token.data, expected, token.size);
    mir_wipe(expected, sizeof expected);
    if (!fits) {
        return mir_fail(err, MIRSAL_NOT_ALLOWED, "not the token of this relay");
    }
    mirsal_code rc = mir_teams_register(&found, host->options.teams, genesis, err);
    if (rc == MIRSAL_OK) {
        *team = *mir_team_id(found);
    }
    return rc;
}

static mirsal_code host_find_device(void *context,
    const mirsal_hash *team,
    const struct mir_agree_public *noise,
    struct mir_sync_device *out,
    mirsal_error *err)
{
    struct mir_host *host = context;
    mirsal_code rc = reader_of(host, team, err);
    return rc == MIRSAL_OK ? mir_relay_log_find_device(host->reader, noise, out, err) : rc;
}

static mirsal_code host_put(void *context,
    const mirsal_hash *team,
    const mirsal_hash *device,
    const struct mir_changeset *changeset,
    mirsal_error *err)
{
    struct mir_host *host = context;
    struct mir_queued *queued;
    (void)team; /* named again, and the same, at commit */
    mirsal_code rc = mir_queued_make(&queued, host->options.env, device, changeset, err);
    if (rc == MIRSAL_OK) {
        *host->last = queued;
        host->last = &queued->next;
    }
    return rc;
}

static void host_discard(void *context)
{
    struct mir_host *host = context;
    mir_queued_free(host->options.env, host->first);
    host->first = NULL;
    host->last = &host->first;
}

static mirsal_code host_commit(void *context,
    const mirsal_hash *team,
    struct mir_sync_outcome *outcome,
    mirsal_error *err)
{
    struct mir_host *host = context;
    struct mir_team *found;
    mirsal_code rc =
        mir_teams_find(&found, host->options.teams, team->bytes, sizeof(team->bytes), err);
    if (rc == MIRSAL_OK && host->first != NULL) {
        rc = mir_team_commit(found, host->first, outcome, err);
    }
    host_discard(host);
    return rc;
}

static mirsal_code host_log(void *context,
    const mirsal_hash *team,
    struct mir_sync_log *out,
    mirsal_error *err)
{
    struct mir_host *host = context;
    mirsal_code rc = reader_of(host, team, err);
    return rc == MIRSAL_OK ? mir_relay_log_state(host->reader, out, err) : rc;
}

static mirsal_code host_own_heads(void *context,
    const mirsal_hash *team,
    const mirsal_hash *device,
    struct mir_heads *out,
    mirsal_error *err)
{
    struct mir_host *host = context;
    mirsal_code rc = reader_of(host, team, err);
    return rc == MIRSAL_OK ? mir_relay_log_own_heads(host->reader, device, out, err) : rc;
}

static mirsal_code host_header(void *context,
    const mirsal_hash *team,
    const mirsal_hash *id,
    struct mir_buf *out,
    uint8_t signature[64],
    mirsal_error *err)
{
    struct mir_host *host = context;
    mirsal_code rc = reader_of(host, team, err);
    return rc == MIRSAL_OK ? mir_relay_log_header(host->reader, id, out, signature, err) : rc;
}

static mirsal_code host_read(void *context,
    const struct mir_sync_query *query,
    const struct mir_sync_sink *sink,
    uint64_t *size,
    int *ended,
    mirsal_error *err)
{
    struct mir_host *host = context;
    mirsal_code rc = reader_of(host, query->team, err);
    return rc == MIRSAL_OK ? mir_relay_log_read(host->reader, query, sink, size, ended, err) : rc;
}

static mirsal_code host_heads(void *context,
    const mirsal_hash *team,
    const struct mir_sync_device *device,
    struct mir_bytes wants,
    struct mir_heads *out,
    uint64_t *size,
    mirsal_error *err)
{
    struct mir_host *host = context;
    mirsal_code rc = reader_of(host, team, err);
    return rc == MIRSAL_OK ? mir_relay_log_heads(host->reader, device, wants, out, size, err) : rc;
}

static mirsal_code host_holds(void *context,
    const mirsal_hash *team,
    const mirsal_hash *device,
    const struct mir_vector_entry *entry,
    const uint8_t handshake_hash[32],
    int *held,
    mirsal_error *err)
{
    struct mir_host *host = context;
    mirsal_code rc = reader_of(host, team, err);
    return rc == MIRSAL_OK
               ? mir_relay_log_holds(host->reader, device, entry, handshake_hash, held, err)
               : rc;
}

static mirsal_code host_root_at(void *context,
    const mirsal_hash *team,
    uint64_t size,
    mirsal_hash *root,
    mirsal_error *err)
{
    struct mir_host *host = context;
    mirsal_code rc = reader_of(host, team, err);
    return rc == MIRSAL_OK ? mir_relay_log_root_at(host->reader, size, root, err) : rc;
}

static mirsal_code host_consistency(void *context,
    const mirsal_hash *team,
    uint64_t old_size,
    uint64_t size,
    struct mir_buf *proof,
    mirsal_error *err)
{
    struct mir_host *host = context;
    mirsal_code rc = reader_of(host, team, err);
    return rc == MIRSAL_OK ? mir_relay_log_consistency(host->reader, old_size, size, proof, err)
                           : rc;
}

static mirsal_code host_restored(void *context, const mirsal_hash *team, mirsal_error *err)
{
    struct mir_host *host = context;
    mirsal_code rc = reader_of(host, team, err);
    return rc == MIRSAL_OK ? mir_relay_log_restored(host->reader, err) : rc;
}

mirsal_code mir_host_open(struct mir_host **out,
    const struct mir_host_options *options,
    mirsal_error *err)
{
    *out = NULL;
    struct mir_host *host = mir_alloc(options->env, sizeof(*host));
    if (host == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "no memory for an exchange");
    }
    host->options = *options;
    host->last = &host->first;
    host->vtable = (struct mir_sync_host){
        .context = host,
        .identity = host_identity,
        .noise_secret = host_noise_secret,
        .find_team = host_find_team,
        .register_team = host_register_team,
        .find_device = host_find_device,
        .put = host_put,
        .commit = host_commit,
        .discard = host_discard,
        .log = host_log,
        .own_heads = host_own_heads,
        .header = host_header,
        .read = host_read,
        .heads = host_heads,
        .holds = host_holds,
        .root_at = host_root_at,
        .consistency = host_consistency,
        .restored = host_restored,
    };
    *out = host;
    return MIRSAL_OK;
}

void mir_host_close(struct mir_host *host)
{
    if (host == NULL) {
        return;
    }
    host_discard(host);
    drop_reader(host);
    mir_release(host->options.env, host, sizeof(*host));
}

const struct mir_sync_host *mir_host_vtable(struct mir_host *host)
{
    return &host->vtable;
}
