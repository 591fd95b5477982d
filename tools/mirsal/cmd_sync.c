/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/cmd_sync.c - sync, once or again and again.
 *
 * With --watch a relay that does not answer is tried again, each time after a longer pause with
 * some chance in it, so that the devices of a team do not come back all at once.
 */
#include "actions.h"
#include "messages.h"
#include "output.h"

#include <time.h>
#include <unistd.h>

#define INTERVAL_MS  UINT64_C(15000)
#define PAUSE_MAX_MS UINT64_C(900000)
#define LINE_EVERY_S 5

struct progress {
    int shown; /* to anybody */
    int on_terminal;
    int drawn;
    time_t told;
};

/* Draws how much went over the wire; ends the run when a signal came. */
static int tell_progress(void *context, uint64_t bytes_out, uint64_t bytes_in)
{
    struct progress *progress = context;
    time_t now = time(NULL);
    if (progress->shown && progress->on_terminal) {
        fprintf(stderr, "\r↑ %llu  ↓ %llu", (unsigned long long)bytes_out,
            (unsigned long long)bytes_in);
        progress->drawn = 1;
    } else if (progress->shown && now - progress->told >= LINE_EVERY_S) {
        progress->told = now;
        fprintf(stderr, "out %llu, in %llu\n", (unsigned long long)bytes_out,
            (unsigned long long)bytes_in);
    }
    return cli_is_stopped();
}

static mirsal_code run_once(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_sync_result result = { 0 };
    mirsal_sync_options options = MIRSAL_SYNC_OPTIONS_INIT;
    struct progress progress = { !cli->quiet, isatty(STDERR_FILENO), 0, time(NULL) };
    options.relay = cli_args_text(&cli->args, "--relay");
    options.peer = cli_args_text(&cli->args, "--peer");
    options.budget = cli_args_number(&cli->args, "--budget");
    options.proxy = cli_args_text(&cli->args, "--proxy");
    options.moved = cli_args_has(&cli->args, "--moved");
    options.progress = tell_progress;
    options.progress_context = &progress;
    mirsal_code rc = mirsal_sync_run(&answer, &result, cli->store, &options, &cli->err);
    if (progress.drawn) {
        fputs("\r\033[K", stderr);
    }
    if (rc == MIRSAL_NO_RELAY && cli->json && !cli_args_has(&cli->args, "--watch")) {
        (void)cli_answer(cli, &answer, cli_render_sync);
    }
    if (rc != MIRSAL_OK) {
        mirsal_text_free(&answer);
        return rc;
    }
    if (result.renewed) {
        cli_notice(cli, "renewed");
    }
    if (result.another_log) {
        cli_notice(cli, "another_log");
    }
    if (result.evidence > 0) {
        cli_notice(cli, "relay_lies");
    }
    cli->person = result.renewed || result.conflicts_opened > 0 || result.quarantined > 0 ||
                  result.waiting || result.evidence > 0;
    if (cli->person) {
        cli_notice(cli, "person_needed");
    }
    return cli_answer(cli, &answer, cli_render_sync);
}

/* Whether it is worth another try: the world may change, the arguments do not. */
static int is_passing(mirsal_code code)
{
    return code == MIRSAL_NO_RELAY || code == MIRSAL_LOCKED || code == MIRSAL_QUOTA ||
           code == MIRSAL_REFUSED;
}

/* A quarter up or down, from the clock's fast digits: no secret hangs on it. */
static uint64_t with_chance(uint64_t pause_ms)
{
    struct timespec now = { 0 };
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t share = (uint64_t)now.tv_nsec / 1000u % 512u;
    return pause_ms - pause_ms / 4u + pause_ms / 1024u * share;
}

static mirsal_code watch(struct cli *cli)
{
    uint64_t interval_ms = cli_args_number(&cli->args, "--interval");
    mirsal_code rc = MIRSAL_OK;
    interval_ms = interval_ms == 0 ? INTERVAL_MS : interval_ms;
    uint64_t pause_ms = interval_ms;
    cli_catch_signals();
    while (!cli_is_stopped()) {
        rc = run_once(cli);
        if (rc == MIRSAL_OK) {
            rc = cli_release(cli);
            pause_ms = interval_ms;
        } else if (is_passing(rc) && !cli_is_stopped()) {
            cli_print_error(stderr, &cli->err, cli->json, cli->language);
            pause_ms = pause_ms >= PAUSE_MAX_MS / 2u ? PAUSE_MAX_MS : pause_ms * 2u;
            pause_ms = pause_ms < interval_ms ? interval_ms : pause_ms;
            rc = MIRSAL_OK;
        }
        if (rc != MIRSAL_OK) {
            break;
        }
        cli_wait_ms(with_chance(pause_ms));
    }
    return cli_is_stopped() && rc == MIRSAL_CANCELLED ? MIRSAL_OK : rc;
}

mirsal_code cli_run_sync(struct cli *cli)
{
    int is_watch = cli_args_has(&cli->args, "--watch");
    if (cli_args_has(&cli->args, "--interval") &&
        (!is_watch || cli_args_number(&cli->args, "--interval") == 0)) {
        return cli_fail(&cli->err, MIRSAL_USAGE, "--interval goes with --watch, 1s at least");
    }
    if (cli_args_has(&cli->args, "--budget") && cli_args_number(&cli->args, "--budget") == 0) {
        return cli_fail(&cli->err, MIRSAL_USAGE, "--budget is 1 byte at least");
    }
    if (cli_args_has(&cli->args, "--peer") &&
        (cli_args_has(&cli->args, "--relay") || cli_args_has(&cli->args, "--moved"))) {
        return cli_fail(&cli->err, MIRSAL_USAGE, "--peer goes without --relay and --moved");
    }
    mirsal_code rc = cli_open(cli);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (is_watch) {
        return watch(cli);
    }
    rc = run_once(cli);
    if (rc == MIRSAL_NO_RELAY) {
        cli_notice(cli, "kept_for_later");
    }
    return rc;
}
