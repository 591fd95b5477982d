/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/progress.c - see the header.
 */
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_EVERY_S 5
#define BAR_WIDTH    30u

struct cli_progress cli_progress_begin(const struct cli *cli)
{
    return (struct cli_progress){ !cli->quiet, isatty(STDERR_FILENO), 0, 0, time(NULL) };
}

static void draw(struct cli_progress *progress, unsigned percent)
{
    char bar[BAR_WIDTH + 1u];
    unsigned filled = percent * BAR_WIDTH / 100u;
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', filled);
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r[%s] %3u %%", bar, percent);
    progress->drawn = 1;
    progress->percent = percent;
}

void cli_progress_tell(struct cli_progress *progress, uint64_t done, uint64_t all)
{
    unsigned percent = all == 0 || done >= all ? 100u : (unsigned)(done * 100u / all);
    time_t now = time(NULL);
    if (progress->shown && progress->on_terminal) {
        if (!progress->drawn || percent != progress->percent) {
            draw(progress, percent);
        }
    } else if (progress->shown && now - progress->told >= LINE_EVERY_S) {
        progress->told = now;
        fprintf(stderr, "%u %%\n", percent);
    }
}

void cli_progress_end(const struct cli_progress *progress)
{
    if (progress->drawn) {
        fputs("\r\033[K", stderr);
    }
}
