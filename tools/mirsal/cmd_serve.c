/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/cmd_serve.c - serve: devices of the team that are near sync with this store.
 */
#include "actions.h"
#include "messages.h"
#include "output.h"

#include <stdio.h>

#define LOOK_EVERY_MS UINT64_C(60000) /* until a signal comes */

/* One line a request: how much came and went. Of one write each, as threads call it. */
static void tell_event(void *context, const mirsal_serve_event *event)
{
    const struct cli *cli = context;
    char line[256];
    int size = 0;
    if (cli->quiet) {
        return;
    }
    if (event->code != MIRSAL_OK || event->http_status != 200) {
        size = snprintf(line, sizeof line, "%s: %s (%d)\n", cli_text(cli->language, "served_not"),
            event->code != MIRSAL_OK ? mirsal_code_name(event->code) : "http", event->http_status);
    } else {
        size = snprintf(line, sizeof line, "%s: ↓ %llu (%llu B)  ↑ %llu (%llu B)\n",
            cli_text(cli->language, "served"), (unsigned long long)event->taken,
            (unsigned long long)event->bytes_in, (unsigned long long)event->given,
            (unsigned long long)event->bytes_out);
    }
    if (size > 0 && (size_t)size < sizeof line) {
        fputs(line, stderr);
    }
}

mirsal_code cli_run_serve(struct cli *cli)
{
    mirsal_serve_options options = MIRSAL_SERVE_OPTIONS_INIT;
    mirsal_serve *serve = NULL;
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_open(cli);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    options.store = cli->store;
    options.listen = cli_args_text(&cli->args, "--listen");
    options.on_event = tell_event;
    options.context = cli;
    cli_catch_signals();
    rc = mirsal_serve_start(&answer, &serve, &options, &cli->err);
    if (rc == MIRSAL_OK) {
        rc = cli_answer_with_code(cli, &answer, cli_render_serve, "peer");
    }
    if (rc == MIRSAL_OK) {
        rc = cli_release(cli);
    }
    while (rc == MIRSAL_OK && !cli_is_stopped()) {
        cli_wait_ms(LOOK_EVERY_MS);
    }
    mirsal_serve_stop(serve);
    return rc;
}
