/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/cli.h - what every command of the program shares: its arguments, the store, its answer.
 *
 * A command is a function from this context to a code. It writes its answer to `out`, which is
 * memory: main shows it only when the exit code lets it (the interface: nothing on stdout when the
 * exit is 1, 2 or 4).
 */
#ifndef CLI_H
#define CLI_H

#include "args.h"
#include "exits.h"

#include <mirsal/mirsal.h>
#include <stdio.h>

enum cli_language { CLI_ENGLISH, CLI_ARABIC };

struct cli {
    struct cli_args args;
    int json;
    int quiet;
    enum cli_language language;
    char directory[4096]; /* of the store */
    char state[4096];     /* where this person's nonces lie; empty: nowhere */
    mirsal_store *store;  /* opened by cli_open, closed by main */
    FILE *out;            /* the answer, in memory until cli_release or the end */
    char *held;           /* its bytes, after a flush of out */
    size_t held_size;
    int reader_gone; /* set when stdout is a pipe that nobody reads any more */
    int person;      /* set where a person is needed: exit 3 */
    int show_held;   /* set where the answer is shown whatever the exit is (verify, relay add) */
    mirsal_error err;
};

/* Fills err with one text and returns its code; err may be NULL. */
mirsal_code cli_fail(mirsal_error *err, mirsal_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * The store's folder: --store, $MIRSAL_STORE, $XDG_DATA_HOME/mirsal, ~/.local/share/mirsal.
 * USAGE when none of them is there.
 */
mirsal_code cli_find_store(struct cli *cli);

/*
 * Opens the store into cli->store. The passphrase comes from where secrets come from; a store that
 * was made without one opens without. USAGE: it needs one that nobody gave.
 */
mirsal_code cli_open(struct cli *cli);

/*
 * The folder for options.state_directory: $XDG_STATE_HOME/mirsal, ~/.local/state/mirsal, or NULL.
 */
const char *cli_state(struct cli *cli);

/* One line for people on stderr, unless --quiet. key is a message's (messages.h). */
void cli_notice(const struct cli *cli, const char *key);

#endif
