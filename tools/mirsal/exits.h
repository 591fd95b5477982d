/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/exits.h - the exit codes of both programs, so that they always agree.
 */
#ifndef EXITS_H
#define EXITS_H

#include <mirsal/error.h>
#include <string.h>

enum cli_exit {
    CLI_EXIT_DONE = 0,
    CLI_EXIT_FAILED = 1,
    CLI_EXIT_USAGE = 2,
    CLI_EXIT_PERSON = 3, /* done, but a person is needed */
    CLI_EXIT_REFUSED = 4,
    CLI_EXIT_NO_RELAY = 5,
    CLI_EXIT_UNREAD = 141, /* nobody reads stdout any more: as a shell tells the end by SIGPIPE */
};

/* The exit code of a result: by the printed name of the code, so that these two agree as well. */
static inline int cli_exit_of(mirsal_code code, int person)
{
    static const struct {
        const char *name;
        int exit;
    } exits[] = {
        { "usage", CLI_EXIT_USAGE },
        { "wrong_passphrase", CLI_EXIT_REFUSED },
        { "not_allowed", CLI_EXIT_REFUSED },
        { "not_authentic", CLI_EXIT_REFUSED },
        { "relay_refused", CLI_EXIT_REFUSED },
        { "no_relay", CLI_EXIT_NO_RELAY },
    };
    const char *name = mirsal_code_name(code);
    if (code == MIRSAL_OK) {
        return person ? CLI_EXIT_PERSON : CLI_EXIT_DONE;
    }
    for (size_t i = 0; i < sizeof(exits) / sizeof(exits[0]); i++) {
        if (strcmp(exits[i].name, name) == 0) {
            return exits[i].exit;
        }
    }
    return CLI_EXIT_FAILED;
}

#endif
