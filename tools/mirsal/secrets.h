/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/secrets.h - passphrases: from the environment, a file, or a prompt without echo.
 */
#ifndef CLI_SECRETS_H
#define CLI_SECRETS_H

#include "cli.h"

#define CLI_SECRET_MAX 1024u

struct cli_secret {
    char bytes[CLI_SECRET_MAX];
    size_t size;
    int given; /* 0: nobody gave it */
};

/*
 * The first line of the file where option was given, else the variable; what the variable held is
 * wiped from the environment either way. given stays 0 when there is neither. USAGE: the file does
 * not open, or the secret is empty or too long.
 */
mirsal_code cli_secret_find(struct cli_secret *out,
    const char *file,
    const char *variable,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * Asks on the terminal, twice with confirm. USAGE without a terminal, naming the variable; nothing
 * prompts then.
 */
mirsal_code cli_secret_ask(struct cli_secret *out,
    const char *label,
    const char *variable,
    int confirm,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * cli_open, and *out keeps the store's passphrase for what is opened beside it: wipe it, also after
 * a failure.
 */
mirsal_code cli_open_keeping(struct cli *cli, struct cli_secret *out) MIRSAL_MUST_USE;

/* Not left out by the compiler. */
void cli_wipe(void *data, size_t size);
void cli_secret_wipe(struct cli_secret *secret);

#endif
