/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server/host.c - one exchange's way to the teams' logs: a borrowed reader, a queue of what came.
 */
#include "host.h"
#include "env.h"
#include "fail.h"
#include "hostparts.h"
#include "text.h"
#include <string.h>

struct mir_host {
    struct mir_host_parts parts; /* first: the context of the vtable */
    struct mir_host_options options;
    struct mir_sync_host vtable;
    struct mir_team *team; /* whose reader is borrowed */
    struct mir_relay_log *reader;
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

static mirsal_code find_set(struct mir_served **out,
    struct mir_host_parts *parts,
    const mirsal_hash *team,
    mirsal_error *err)
{
    struct mir_host *host = (struct mir_host *)(void *)parts;
    mirsal_code rc = reader_of(host, team, err);
    *out = rc == MIRSAL_OK ? mir_relay_log_served(host->reader) : NULL;
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

static mirsal_code host_commit(void *context,
    const mirsal_hash *team,
    struct mir_sync_outcome *outcome,
    mirsal_error *err)
{
    struct mir_host *host = context;
    struct mir_team *found;
    mirsal_code rc =
        mir_teams_find(&found, host->options.teams, team->bytes, sizeof(team->bytes), err);
    if (rc == MIRSAL_OK && host->parts.first != NULL) {
        rc = mir_team_commit(found, host->parts.first, outcome, err);
    }
    mir_host_parts_fini(&host->parts);
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

static mirsal_code host_acknowledge(void *context,
    const mirsal_hash *team,
    struct mir_acknowledgement *acknowledgement,
    mirsal_error *err)
{
    const struct mir_host *host = context;
    const struct mir_relay_keys *keys = host->options.keys;
    mirsal_hash identity;
    (void)err;
    memcpy(identity.bytes, keys->identity.bytes, sizeof identity.bytes);
    mir_acknowledgement_sign(acknowledgement, &identity, team, &keys->secret);
    return MIRSAL_OK;
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
    host->parts.env = options->env;
    host->parts.find = find_set;
    host->vtable = (struct mir_sync_host){
        .identity = host_identity,
        .noise_secret = host_noise_secret,
        .find_team = host_find_team,
        .register_team = host_register_team,
        .find_device = host_find_device,
        .commit = host_commit,
        .log = host_log,
        .root_at = host_root_at,
        .consistency = host_consistency,
        .acknowledge = host_acknowledge,
        .restored = host_restored,
    };
    mir_host_parts_fill(&host->vtable, &host->parts);
    *out = host;
    return MIRSAL_OK;
}

void mir_host_close(struct mir_host *host)
{
    if (host == NULL) {
        return;
    }
    mir_host_parts_fini(&host->parts);
    drop_reader(host);
    mir_release(host->options.env, host, sizeof(*host));
}

const struct mir_sync_host *mir_host_vtable(struct mir_host *host)
{
    return &host->vtable;
}
