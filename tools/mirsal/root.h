/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/root.h - root's key as people have it: recovery file, shares, typed or scanned.
 */
#ifndef CLI_ROOT_H
#define CLI_ROOT_H

#include "cli.h"
#include "secrets.h"

#define CLI_ROOT_PATHS 17

/* Where a command opens root's key from. Wipe it with cli_root_wipe. */
struct cli_root {
    mirsal_root_source source;
    const char *paths[CLI_ROOT_PATHS];
    struct cli_secret passphrase;
    char typed[16384];
};

/*
 * The passphrase from where it is given, not asked for; the path `-` takes shares from standard
 * input. USAGE.
 */
mirsal_code cli_root_find(struct cli *cli,
    struct cli_root *root,
    const char *const *paths,
    size_t count) MIRSAL_MUST_USE;
/*
 * Whether the call that gave rc only wanted the recovery file's passphrase, and it was asked for
 * now: call again. Where it could not be asked, cli->err says so.
 */
int cli_root_asked(struct cli *cli, struct cli_root *root, mirsal_code *rc);
void cli_root_wipe(struct cli_root *root);

/* One of the commands that root's word may stand behind; source is NULL without --root. */
typedef mirsal_code (
    *cli_word_call)(mirsal_text *answer, struct cli *cli, const mirsal_root_source *source);
/* Opens the store, calls, and asks for the recovery file's passphrase where it is needed. */
mirsal_code cli_with_root(struct cli *cli, cli_word_call call, mirsal_text *answer) MIRSAL_MUST_USE;

/* K/N into numbers; both 0 where the option was not given. USAGE. */
mirsal_code cli_shares_wanted(struct cli *cli, uint32_t *threshold, uint32_t *shares)
    MIRSAL_MUST_USE;

/*
 * After root's key was written: answer is that of team create or recover. Puts a QR code into each
 * share's file; at a terminal shows each, and asks for a drill. Sets "drilled" of the answer, and
 * says so where none was made.
 */
mirsal_code cli_root_written(struct cli *cli, mirsal_text *answer) MIRSAL_MUST_USE;

#endif
