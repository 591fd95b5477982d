/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/output.c - the answer is held in memory until its exit code is known.
 *
 * A command that answers more than HELD_MAX bytes is past the checks of its arguments; from there
 * on its answer goes out as it comes, so that a long list does not fill the memory.
 */
#include "output.h"

#include "messages.h"
#include "qr.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HELD_MAX ((size_t)64 << 20)

/* What err->field names: why a handoff is refused, the other side of a conversation, or a field of
 * the input. */
static const char *field_key(const mirsal_error *err)
{
    static const char refused[] = "handoff refused";
    mirsal_code code = err->code;
    if (strncmp(err->message, refused, sizeof(refused) - 1) == 0) {
        return "reason";
    }
    int peer = mirsal_code_class(code) == MIRSAL_CLASS_PEER || code == MIRSAL_NO_RELAY ||
               code == MIRSAL_REFUSED || code == MIRSAL_QUOTA;
    return peer ? "peer" : "field";
}

/* A copy that is UTF-8 and holds no control character: a message may have been cut. */
static void copy_printable(char *out, size_t capacity, const char *text)
{
    size_t size = 0;
    for (const char *at = text; *at != '\0' && size + 1 < capacity; at++) {
        out[size++] = (char)((unsigned char)*at < 0x20 || *at == 0x7F ? 0x20 : *at);
    }
    out[size] = '\0';
    while (size > 0 && !cli_is_utf8(out)) {
        out[--size] = '\0';
    }
}

static void print_json_error(FILE *to, const mirsal_error *err, const char *field)
{
    char message[sizeof(err->message)];
    json_t *inner = json_object();
    json_t *outer = json_object();
    copy_printable(message, sizeof(message), err->message);
    (void)json_object_set_new(inner, "code", json_string(mirsal_code_name(err->code)));
    (void)json_object_set_new(inner, "message", json_string(message));
    if (mirsal_code_class(err->code) == MIRSAL_CLASS_CALLER && err->offset != 0) {
        (void)json_object_set_new(inner, "line", json_integer((json_int_t)err->offset));
    }
    if (field[0] != '\0') {
        (void)json_object_set_new(inner, field_key(err), json_string(field));
    }
    (void)json_object_set_new(outer, "error", inner);
    char *line = json_dumps(outer, JSON_COMPACT);
    fprintf(to, "%s\n", line == NULL ? "{\"error\":{\"code\":\"too_large\"}}" : line);
    free(line);
    json_decref(outer);
}

void cli_print_error(FILE *to, const mirsal_error *err, int json, enum cli_language language)
{
    char message[sizeof(err->message)];
    char field[sizeof(err->field)];
    copy_printable(message, sizeof(message), err->message);
    copy_printable(field, sizeof(field), err->field);
    if (json) {
        print_json_error(to, err, field);
        return;
    }
    /* What cannot be read or written is not damaged because of that. */
    const char *name = err->code == MIRSAL_IO ? "unreadable" : mirsal_code_name(err->code);
    fprintf(to, "mirsal: %s", cli_text(language, name));
    if (mirsal_code_class(err->code) == MIRSAL_CLASS_CALLER && err->offset != 0) {
        fprintf(to, ", %s %llu", cli_text(language, "line"), (unsigned long long)err->offset);
    }
    if (field[0] != '\0') {
        fprintf(to, ", %s %s", cli_text(language, field_key(err)), field);
    }
    int adds = message[0] != '\0' && strcmp(message, cli_text(CLI_ENGLISH, name)) != 0;
    fprintf(to, "%s%s\n", adds ? ": " : "", adds ? message : "");
}

mirsal_code cli_output_open(struct cli *cli)
{
    cli->out = open_memstream(&cli->held, &cli->held_size);
    return cli->out != NULL ? MIRSAL_OK : cli_fail(&cli->err, MIRSAL_NO_MEMORY, "out of memory");
}

static mirsal_code unwritten(int reason)
{
    if (reason == EPIPE) {
        return MIRSAL_CANCELLED;
    }
    return reason == ENOSPC || reason == EDQUOT ? MIRSAL_DISK_FULL : MIRSAL_IO;
}

mirsal_code cli_release(struct cli *cli)
{
    if (fflush(cli->out) != 0) {
        return cli_fail(&cli->err, MIRSAL_NO_MEMORY, "the answer does not fit in memory");
    }
    size_t size = cli->held_size;
    size_t written = size == 0 ? 0 : fwrite(cli->held, 1, size, stdout);
    if (written != size || fflush(stdout) != 0) {
        int reason = errno;
        cli->reader_gone = reason == EPIPE;
        return cli_fail(
            &cli->err, unwritten(reason), "the answer could not be written: %s", strerror(reason));
    }
    rewind(cli->out);
    return MIRSAL_OK;
}

void cli_output_close(struct cli *cli)
{
    if (cli->out != NULL) {
        fclose(cli->out);
    }
    free(cli->held);
    cli->out = NULL;
    cli->held = NULL;
}

mirsal_code cli_answer(struct cli *cli, mirsal_text *text, cli_render *render)
{
    return cli_answer_with_code(cli, text, render, NULL);
}

mirsal_code cli_answer_with_code(struct cli *cli,
    mirsal_text *text,
    cli_render *render,
    const char *key)
{
    json_t *answer = NULL;
    mirsal_code rc = MIRSAL_OK;
    if (text->data == NULL) {
        return rc;
    }
    if (cli->json) {
        fprintf(cli->out, "%s\n", text->data);
    } else {
        json_error_t reason;
        answer = json_loadb(text->data, text->size, JSON_DECODE_ANY, &reason);
        if (answer == NULL) {
            rc = cli_fail(&cli->err, MIRSAL_CORRUPT, "the answer is not JSON");
        } else {
            render(cli->out, answer, cli->language);
        }
        if (answer != NULL && key != NULL && isatty(STDOUT_FILENO)) {
            cli_qr_print(cli->out, cli_key_text(answer, key));
        }
    }
    json_decref(answer);
    mirsal_text_free(text);
    return rc;
}

static int is_too_much(struct cli *cli)
{
    long at = ftell(cli->out);
    return at > 0 && (size_t)at > HELD_MAX;
}

static void keep_cursor(struct cli_lines *lines, const json_t *line)
{
    const char *cursor = json_string_value(json_object_get(line, "cursor"));
    if (cursor != NULL && strlen(cursor) < sizeof(lines->cursor)) {
        memcpy(lines->cursor, cursor, strlen(cursor) + 1u);
    }
}

int cli_lines_give(void *context, const char *json, size_t size)
{
    struct cli_lines *lines = context;
    struct cli *cli = lines->cli;
    json_t *line = NULL;
    lines->count++;
    if (!cli->json || lines->at_once) {
        json_error_t reason;
        line = json_loadb(json, size, JSON_DECODE_ANY, &reason);
        keep_cursor(lines, line);
    }
    if (cli->json) {
        fwrite(json, 1, size, cli->out);
        fputc('\n', cli->out);
    } else if (line != NULL) {
        lines->row(cli->out, lines->table, line, cli->language);
    }
    json_decref(line);
    if (lines->at_once || is_too_much(cli)) {
        lines->failed = cli_release(cli);
    }
    return lines->failed != MIRSAL_OK;
}

mirsal_code cli_lines_finish(struct cli_lines *lines, mirsal_code rc)
{
    if (lines->failed != MIRSAL_OK) {
        rc = lines->failed;
    }
    if (lines->table != NULL) {
        if (rc == MIRSAL_OK && !lines->cli->json) {
            cli_table_print(lines->cli->out, lines->table, isatty(STDOUT_FILENO));
        }
        cli_table_fini(lines->table);
    }
    return rc;
}
