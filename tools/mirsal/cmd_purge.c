/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/cmd_purge.c - purge, purge approve, purge lift, purge list.
 */
#include "actions.h"
#include "human.h"
#include "messages.h"
#include "output.h"
#include "root.h"

#include <mirsal/purge.h>
#include <stdio.h>
#include <string.h>

#define SHORT_DIGITS 12

/* Labels of devices, or the beginnings of their keys, in one line; nothing where there is none. */
static void put_devices(FILE *out, const json_t *purge, const char *key, enum cli_language language)
{
    const json_t *devices = json_object_get(purge, key);
    size_t at;
    json_t *device;
    if (json_array_size(devices) == 0) {
        return;
    }
    fprintf(out, "  %s: ", cli_text(language, key));
    json_array_foreach(devices, at, device)
    {
        const char *label = cli_key_text(device, "label");
        const char *name = label[0] != '\0' ? label : cli_key_text(device, "device_id");
        fprintf(out, "%s%.*s", at == 0 ? "" : ", ", label[0] != '\0' ? 4096 : SHORT_DIGITS, name);
    }
    fputc('\n', out);
}

static void put_count(FILE *out, const char *name, const json_t *count)
{
    if (json_integer_value(count) > 0) {
        fprintf(out, "  %s: %lld\n", name, (long long)json_integer_value(count));
    }
}

/* Who got it by a handoff, and when: to be told by people. */
static void put_handed(FILE *out, const json_t *purge, enum cli_language language)
{
    size_t at;
    json_t *handed;
    json_array_foreach(json_object_get(purge, "handed"), at, handed)
    {
        size_t n;
        json_t *name;
        fprintf(out, "  %s: %s", cli_text(language, "handed"), cli_key_text(handed, "made"));
        json_array_foreach(json_object_get(handed, "to"), n, name)
        {
            fprintf(out, "%s %s", n == 0 ? "" : ",", json_string_value(name));
        }
        fputc('\n', out);
    }
}

/* "5be0cd19… hidden", the records, who said it and why, who has carried it out. */
static void put_purge(FILE *out, const json_t *purge, enum cli_language language)
{
    static const char *const texts[] = { "reason", "said", "due", "destroyed" };
    size_t at;
    json_t *record;
    fprintf(out, "%.*s  %s\n", SHORT_DIGITS, cli_key_text(purge, "purge"),
        cli_text(language, cli_key_text(purge, "state")));
    json_array_foreach(json_object_get(purge, "records"), at, record)
    {
        fprintf(out, "  %s %s\n", cli_key_text(record, "id"), cli_key_text(record, "type"));
    }
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (cli_key_text(purge, texts[i])[0] != '\0') {
            fprintf(out, "  %s: %s\n", cli_text(language, texts[i]), cli_key_text(purge, texts[i]));
        }
    }
    json_array_foreach(json_object_get(purge, "children"), at, record)
    {
        fprintf(out, "  %s: mirsal purge %s (%s)\n", cli_text(language, "child_stays"),
            cli_key_text(record, "id"), cli_key_text(record, "type"));
    }
    put_count(out, cli_text(language, "held_here"), json_object_get(purge, "held"));
    put_count(out, cli_text(language, "unnamed"), json_object_get(purge, "unnamed"));
    if (strcmp(cli_key_text(purge, "state"), "hidden") == 0) {
        fprintf(out, "  %s: mirsal purge approve %.*s\n", cli_text(language, "approve_with"),
            SHORT_DIGITS, cli_key_text(purge, "purge"));
    }
    put_handed(out, purge, language);
    put_devices(out, purge, "voices", language);
    put_devices(out, purge, "confirmed", language);
    put_devices(out, purge, "open", language);
}

/* One order, or all. */
static void render_purges(FILE *out, const json_t *answer, enum cli_language language)
{
    const json_t *purges = json_object_get(answer, "purges");
    size_t at;
    json_t *purge;
    if (purges == NULL) {
        put_purge(out, answer, language);
    }
    json_array_foreach(purges, at, purge)
    {
        put_purge(out, purge, language);
    }
}

static mirsal_code call_purge(mirsal_text *answer,
    struct cli *cli,
    const mirsal_root_source *source)
{
    return mirsal_purge(answer, cli->store, cli->args.operands[0],
        cli_args_text(&cli->args, "--reason"), source, &cli->err);
}

static mirsal_code call_approve(mirsal_text *answer,
    struct cli *cli,
    const mirsal_root_source *source)
{
    return mirsal_purge_approve(answer, cli->store, cli->args.operands[0], source, &cli->err);
}

static mirsal_code call_lift(mirsal_text *answer, struct cli *cli, const mirsal_root_source *source)
{
    return mirsal_purge_lift(answer, cli->store, cli->args.operands[0], source, &cli->err);
}

/* What no order reaches is said before it is given. */
mirsal_code cli_run_purge(struct cli *cli)
{
    mirsal_text answer = { 0 };
    const char *why = cli_args_text(&cli->args, "--reason");
    if (why[strspn(why, " \t\r\n")] == '\0') {
        return cli_fail(&cli->err, MIRSAL_USAGE, "purge needs a reason that says something");
    }
    cli_notice(cli, "purge_reaches_not");
    mirsal_code rc = cli_with_root(cli, call_purge, &answer);
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, render_purges) : rc;
}

mirsal_code cli_run_purge_approve(struct cli *cli)
{
    mirsal_text answer = { 0 };
    cli_notice(cli, "purge_reaches_not");
    mirsal_code rc = cli_with_root(cli, call_approve, &answer);
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, render_purges) : rc;
}

mirsal_code cli_run_purge_lift(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_with_root(cli, call_lift, &answer);
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, render_purges) : rc;
}

mirsal_code cli_run_purge_list(struct cli *cli)
{
    mirsal_text answer = { 0 };
    cli_notice(cli, "purge_reaches_not");
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_purge_list(&answer, cli->store, &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, render_purges) : rc;
}
