/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/open.c - where the store lies, and opening it with the passphrase that was given.
 */
#include "messages.h"
#include "secrets.h"

#include <stdlib.h>

static int is_set(const char *value)
{
    return value != NULL && value[0] != '\0';
}

mirsal_code cli_find_store(struct cli *cli)
{
    const char *given = cli_args_text(&cli->args, "--store");
    const char *variable = getenv("MIRSAL_STORE");
    const char *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    int size = 0;
    if (given != NULL && given[0] == '\0') {
        return cli_fail(&cli->err, MIRSAL_USAGE, "--store needs DIR");
    }
    if (given != NULL) {
        size = snprintf(cli->directory, sizeof(cli->directory), "%s", given);
    } else if (is_set(variable)) {
        size = snprintf(cli->directory, sizeof(cli->directory), "%s", variable);
    } else if (is_set(data)) {
        size = snprintf(cli->directory, sizeof(cli->directory), "%s/mirsal", data);
    } else if (is_set(home)) {
        size = snprintf(cli->directory, sizeof(cli->directory), "%s/.local/share/mirsal", home);
    } else {
        return cli_fail(&cli->err, MIRSAL_USAGE, "no place for the store: --store DIR names one");
    }
    if (size < 0 || (size_t)size >= sizeof(cli->directory)) {
        return cli_fail(&cli->err, MIRSAL_USAGE, "the store's path is too long");
    }
    return MIRSAL_OK;
}

const char *cli_state(struct cli *cli)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    int size = -1;
    if (is_set(state)) {
        size = snprintf(cli->state, sizeof(cli->state), "%s/mirsal", state);
    } else if (is_set(home)) {
        size = snprintf(cli->state, sizeof(cli->state), "%s/.local/state/mirsal", home);
    }
    return size < 0 || (size_t)size >= sizeof(cli->state) ? NULL : cli->state;
}

static mirsal_code open_with(struct cli *cli, const struct cli_secret *secret)
{
    mirsal_store_options options = MIRSAL_STORE_OPTIONS_INIT;
    options.directory = cli->directory;
    options.state_directory = cli_state(cli);
    options.passphrase = secret->given ? secret->bytes : NULL;
    options.passphrase_size = secret->given ? secret->size : 0;
    options.insecure_no_passphrase = !secret->given;
    return mirsal_open(&cli->store, &options, &cli->err);
}

mirsal_code cli_open_keeping(struct cli *cli, struct cli_secret *out)
{
    mirsal_code rc = cli_find_store(cli);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = cli_secret_find(
        out, cli_args_text(&cli->args, "--passphrase-file"), "MIRSAL_PASSPHRASE", &cli->err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = open_with(cli, out);
    /* Without a secret only a store that has none opens; any other asks for it. */
    if (!out->given && (rc == MIRSAL_WRONG_PASSPHRASE || rc == MIRSAL_USAGE)) {
        rc = cli_secret_ask(
            out, cli_text(cli->language, "ask_passphrase"), "MIRSAL_PASSPHRASE", 0, &cli->err);
        if (rc == MIRSAL_OK) {
            rc = open_with(cli, out);
        }
    }
    return rc;
}

mirsal_code cli_open(struct cli *cli)
{
    struct cli_secret secret = { 0 };
    mirsal_code rc = cli_open_keeping(cli, &secret);
    cli_secret_wipe(&secret);
    return rc;
}
