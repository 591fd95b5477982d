/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/progress.h - how far something long came, on stderr: a bar on a terminal, else a line
 * each few seconds; nothing with --quiet.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "cli.h"

#include <time.h>

struct cli_progress {
    int shown;
    int on_terminal;
    int drawn;
    unsigned percent;
    time_t told;
};

struct cli_progress cli_progress_begin(const struct cli *cli);
void cli_progress_tell(struct cli_progress *progress, uint64_t done, uint64_t all);
/* The bar is gone. */
void cli_progress_end(const struct cli_progress *progress);

#endif
