/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/cmd_team.c - team, relay, invite, join, device.
 */
#include "actions.h"
#include "messages.h"
#include "output.h"
#include "root.h"
#include "schema_file.h"
#include "secrets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define DAY_MS UINT64_C(86400000)

/* The folders above the store, where the default place is new; errors show when it is made. */
static void make_parents(const char *directory)
{
    char path[sizeof(((struct cli *)NULL)->directory)];
    size_t size = strlen(directory);
    memcpy(path, directory, size + 1u);
    for (size_t i = 1; i < size; i++) {
        if (path[i] == '/') {
            path[i] = '\0';
            (void)mkdir(path, 0700);
            path[i] = '/';
        }
    }
}

/* The passphrase of a store that is about to be made; asked twice where nobody gave it. */
static mirsal_code new_passphrase(struct cli *cli, struct cli_secret *secret)
{
    int insecure = cli_args_has(&cli->args, "--insecure-no-passphrase");
    mirsal_code rc = cli_secret_find(
        secret, cli_args_text(&cli->args, "--passphrase-file"), "MIRSAL_PASSPHRASE", &cli->err);
    if (rc == MIRSAL_OK && secret->given && insecure) {
        cli_secret_wipe(secret);
        return cli_fail(
            &cli->err, MIRSAL_USAGE, "--insecure-no-passphrase, but a passphrase was given");
    }
    if (rc == MIRSAL_OK && !secret->given && !insecure) {
        rc = cli_secret_ask(
            secret, cli_text(cli->language, "ask_passphrase"), "MIRSAL_PASSPHRASE", 1, &cli->err);
    }
    return rc;
}

static mirsal_code store_options(struct cli *cli,
    mirsal_store_options *options,
    struct cli_secret *secret)
{
    uint64_t kdf_ms = cli_args_number(&cli->args, "--kdf-ms");
    mirsal_code rc = cli_find_store(cli);
    if (rc == MIRSAL_OK && kdf_ms > 60000) {
        rc = cli_fail(&cli->err, MIRSAL_USAGE, "--kdf-ms is 60000 at most");
    }
    if (rc == MIRSAL_OK) {
        rc = new_passphrase(cli, secret);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    options->directory = cli->directory;
    options->state_directory = cli_state(cli);
    options->passphrase = secret->given ? secret->bytes : NULL;
    options->passphrase_size = secret->given ? secret->size : 0;
    options->insecure_no_passphrase = !secret->given;
    options->kdf_ms = (uint32_t)kdf_ms;
    make_parents(cli->directory);
    return MIRSAL_OK;
}

mirsal_code cli_run_team_create(struct cli *cli)
{
    struct cli_secret secret = { 0 };
    struct cli_secret recovery = { 0 };
    struct cli_schema_file schema = { 0 };
    mirsal_text answer = { 0 };
    mirsal_store_options options = MIRSAL_STORE_OPTIONS_INIT;
    mirsal_team_options team = MIRSAL_TEAM_OPTIONS_INIT;
    mirsal_code rc =
        cli_secret_find(&recovery, cli_args_text(&cli->args, "--recovery-passphrase-file"),
            "MIRSAL_RECOVERY_PASSPHRASE", &cli->err);
    if (rc == MIRSAL_OK) {
        rc = cli_schema_file_read(&schema, cli_args_text(&cli->args, "--schema"), &cli->err);
    }
    if (rc == MIRSAL_OK) {
        rc = store_options(cli, &options, &secret);
    }
    if (rc == MIRSAL_OK) {
        rc = cli_shares_wanted(cli, &team.threshold, &team.shares);
    }
    if (rc == MIRSAL_OK && !recovery.given && team.shares == 0) {
        rc = cli_secret_ask(&recovery, cli_text(cli->language, "ask_recovery"),
            "MIRSAL_RECOVERY_PASSPHRASE", 1, &cli->err);
    }
    if (rc != MIRSAL_OK) {
        goto out;
    }
    team.name = cli->args.operands[0];
    team.label = cli_args_text(&cli->args, "--label");
    team.recovery_path = cli_args_text(&cli->args, "--recovery");
    team.recovery_passphrase = recovery.bytes;
    team.recovery_passphrase_size = recovery.size;
    team.schema = schema.data;
    team.schema_size = schema.size;
    rc = mirsal_team_create(&cli->store, &answer, &options, &team, &cli->err);
    if (rc == MIRSAL_OK) {
        if (options.insecure_no_passphrase) {
            cli_notice(cli, "unsealed_keys");
        }
        rc = cli_root_written(cli, &answer);
    }
    if (rc == MIRSAL_OK) {
        rc = cli_answer(cli, &answer, cli_render_object);
    }
out:
    cli_schema_file_free(&schema);
    cli_secret_wipe(&recovery);
    cli_secret_wipe(&secret);
    return rc;
}

mirsal_code cli_run_team_show(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_team_show(&answer, cli->store, &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

/* A first run with the relay registers the team there. */
static mirsal_code register_at(struct cli *cli, const char *url)
{
    mirsal_text answer = { 0 };
    mirsal_sync_options options = MIRSAL_SYNC_OPTIONS_INIT;
    options.relay = url;
    options.tries = 1;
    mirsal_code rc = mirsal_sync_run(&answer, NULL, cli->store, &options, &cli->err);
    mirsal_text_free(&answer);
    return rc;
}

/* A relay that cannot be reached is kept: its answer is shown, and the exit says so. */
mirsal_code cli_run_relay_add(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_relay_add(&answer, cli->store, cli->args.operands[0],
            cli_args_text(&cli->args, "--token"), &cli->err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    json_error_t reason;
    json_t *object = json_loadb(answer.data, answer.size, 0, &reason);
    mirsal_code shown = cli_answer(cli, &answer, cli_render_object);
    rc = register_at(cli, cli_key_text(object, "relay"));
    json_decref(object);
    if (rc == MIRSAL_NO_RELAY) {
        cli_notice(cli, "relay_later");
    }
    return rc == MIRSAL_OK ? shown : rc;
}

mirsal_code cli_run_relay_list(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_relay_list(&answer, cli->store, &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

mirsal_code cli_run_invite(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_invite_options options = MIRSAL_INVITE_OPTIONS_INIT;
    uint64_t uses = cli_args_number(&cli->args, "--uses");
    uint64_t span = cli_args_number(&cli->args, "--expires");
    if (cli_args_has(&cli->args, "--uses") && (uses == 0 || uses > 10000)) {
        return cli_fail(&cli->err, MIRSAL_USAGE, "--uses is between 1 and 10000");
    }
    if (cli_args_has(&cli->args, "--expires") && (span == 0 || span > 3660u * DAY_MS)) {
        return cli_fail(&cli->err, MIRSAL_USAGE, "--expires is between 1s and ten years");
    }
    mirsal_code rc = cli_open(cli);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    options.role = cli_args_text(&cli->args, "--role");
    options.label = cli_args_text(&cli->args, "--label");
    options.uses = (uint32_t)uses;
    options.expires_ms = span == 0 ? 0 : (uint64_t)time(NULL) * 1000u + span;
    options.protected_ = cli_args_has(&cli->args, "--protected");
    options.in_person = cli_args_has(&cli->args, "--in-person");
    rc = mirsal_invite_create(&answer, cli->store, &options, &cli->err);
    return rc == MIRSAL_OK ? cli_answer_with_code(cli, &answer, cli_render_invite, "invite") : rc;
}

mirsal_code cli_run_invite_list(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_invite_list(&answer, cli->store, &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

mirsal_code cli_run_invite_revoke(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_invite_revoke(&answer, cli->store, cli->args.operands[0], &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

mirsal_code cli_run_join(struct cli *cli)
{
    struct cli_secret secret = { 0 };
    mirsal_text answer = { 0 };
    mirsal_store_options options = MIRSAL_STORE_OPTIONS_INIT;
    mirsal_join_options join = MIRSAL_JOIN_OPTIONS_INIT;
    join.invite = cli->args.operands[0];
    join.label = cli_args_text(&cli->args, "--label");
    join.write_only = cli_args_has(&cli->args, "--write-only");
    struct cli_schema_file schema;
    mirsal_code rc =
        cli_schema_file_read(&schema, cli_args_text(&cli->args, "--schema"), &cli->err);
    join.schema = schema.data;
    join.schema_size = schema.size;
    if (rc == MIRSAL_OK) {
        rc = store_options(cli, &options, &secret);
    }
    options.force = cli_args_has(&cli->args, "--force");
    if (rc == MIRSAL_OK) {
        rc = mirsal_join(&cli->store, &answer, &options, &join, &cli->err);
    }
    cli_schema_file_free(&schema);
    cli_secret_wipe(&secret);
    if (rc == MIRSAL_OK) {
        if (options.insecure_no_passphrase) {
            cli_notice(cli, "unsealed_keys");
        }
        rc = cli_answer(cli, &answer, cli_render_object);
    }
    return rc;
}

mirsal_code cli_run_device_list(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_device_list(&answer, cli->store, &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_devices) : rc;
}

mirsal_code cli_run_device_show(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_device_show(&answer, cli->store, cli->args.operands[0], &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

mirsal_code cli_run_device_verify(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_device_verify(&answer, cli->store, cli->args.operands[0], &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}

mirsal_code cli_run_device_admit(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_device_admit(&answer, cli->store, cli->args.operands[0], &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}
