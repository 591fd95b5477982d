/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/root.c - root's key from files, from the keyboard, and the drill that a person makes.
 */
#include "root.h"

#include "human.h"
#include "messages.h"
#include "qr.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRIES 3

static void wipe_text(char *text, size_t size)
{
    volatile char *at = text;
    while (size-- > 0) {
        *at++ = 0;
    }
}

void cli_root_wipe(struct cli_root *root)
{
    cli_secret_wipe(&root->passphrase);
    wipe_text(root->typed, sizeof(root->typed));
}

static mirsal_code read_all(struct cli_root *root, mirsal_error *err)
{
    size_t size = 0;
    ssize_t got = 1;
    while (got > 0 && size + 1u < sizeof(root->typed)) {
        got = read(STDIN_FILENO, root->typed + size, sizeof(root->typed) - 1u - size);
        size += got > 0 ? (size_t)got : 0;
    }
    root->typed[size] = '\0';
    if (got != 0 || strlen(root->typed) != size) {
        return cli_fail(err, MIRSAL_USAGE, "standard input is no text of shares");
    }
    return MIRSAL_OK;
}

mirsal_code cli_root_find(struct cli *cli,
    struct cli_root *root,
    const char *const *paths,
    size_t count)
{
    *root = (struct cli_root){ .source = MIRSAL_ROOT_SOURCE_INIT };
    root->source.paths = root->paths;
    mirsal_code rc =
        cli_secret_find(&root->passphrase, cli_args_text(&cli->args, "--recovery-passphrase-file"),
            "MIRSAL_RECOVERY_PASSPHRASE", &cli->err);
    if (rc == MIRSAL_OK && root->passphrase.given) {
        root->source.passphrase = root->passphrase.bytes;
        root->source.passphrase_size = root->passphrase.size;
    }
    for (size_t i = 0; rc == MIRSAL_OK && i < count; i++) {
        if (strcmp(paths[i], "-") != 0) {
            if (root->source.path_count == CLI_ROOT_PATHS) {
                return cli_fail(&cli->err, MIRSAL_USAGE, "more files than a set has shares");
            }
            root->paths[root->source.path_count++] = paths[i];
        } else if (root->source.text == NULL) {
            rc = read_all(root, &cli->err);
            root->source.text = root->typed;
        }
    }
    return rc;
}

int cli_root_asked(struct cli *cli, struct cli_root *root, mirsal_code *rc)
{
    if (*rc != MIRSAL_USAGE || root->passphrase.given ||
        strcmp(cli->err.field, "recovery_passphrase") != 0) {
        return 0;
    }
    *rc = cli_secret_ask(&root->passphrase, cli_text(cli->language, "ask_recovery"),
        "MIRSAL_RECOVERY_PASSPHRASE", 0, &cli->err);
    root->source.passphrase = root->passphrase.bytes;
    root->source.passphrase_size = root->passphrase.size;
    return *rc == MIRSAL_OK;
}

mirsal_code cli_shares_wanted(struct cli *cli, uint32_t *threshold, uint32_t *shares)
{
    const char *text = cli_args_text(&cli->args, "--shares");
    unsigned k = 0;
    unsigned n = 0;
    char end = '\0';
    *threshold = 0;
    *shares = 0;
    if (text == NULL) {
        return MIRSAL_OK;
    }
    if (strlen(text) > 5 || !isdigit((unsigned char)text[0]) ||
        sscanf(text, "%2u/%2u%c", &k, &n, &end) != 2 || k < 2 || k > n || n > 16) {
        return cli_fail(&cli->err, MIRSAL_USAGE,
            "--shares is K/N: K of N shares are needed, 2 or more, of 16 at most");
    }
    *threshold = k;
    *shares = n;
    return MIRSAL_OK;
}

/* The share of a file in one line of capitals, which a QR code holds best. */
static void read_share(char *out, size_t capacity, const char *path)
{
    char line[256];
    size_t size = 0;
    FILE *file = fopen(path, "r");
    out[0] = '\0';
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        for (const char *at = line; line[0] != '#' && *at != '\0' && size + 1u < capacity; at++) {
            out[size++] = isspace((unsigned char)*at) ? '-' : (char)toupper((unsigned char)*at);
        }
    }
    while (size > 0 && out[size - 1u] == '-') {
        size--;
    }
    out[size] = '\0';
    if (file != NULL) {
        fclose(file);
    }
    wipe_text(line, sizeof(line));
}

/* One after another, each gone from the screen before the next comes. */
static void show_share(const struct cli *cli, const char *path, const char *text)
{
    char line[16];
    if (cli->json || cli->quiet || !isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO)) {
        return;
    }
    printf("%s\n", path);
    cli_qr_print(stdout, text);
    printf("%s\n%s ", text, cli_text(cli->language, "share_next"));
    fflush(stdout);
    (void)!read(STDIN_FILENO, line, sizeof(line));
    fputs("\033[3J\033[2J\033[H", stdout);
    fflush(stdout);
}

static mirsal_code finish_shares(struct cli *cli, const json_t *files)
{
    char text[256];
    mirsal_code rc = MIRSAL_OK;
    for (size_t i = 0; rc == MIRSAL_OK && i < json_array_size(files); i++) {
        const char *path = json_string_value(json_array_get(files, i));
        read_share(text, sizeof(text), path);
        FILE *file = fopen(path, "a");
        if (file != NULL) {
            cli_qr_comment(file, text);
        }
        if (file == NULL || fclose(file) != 0) {
            rc = cli_fail(&cli->err, MIRSAL_IO, "%s: %s", path, strerror(errno));
        }
        if (rc == MIRSAL_OK) {
            show_share(cli, path, text);
        }
    }
    wipe_text(text, sizeof(text));
    return rc;
}

/* Lines until an empty one. */
static void type_share(struct cli_root *root)
{
    size_t size = strlen(root->typed);
    size_t before = 0;
    do {
        before = size;
        ssize_t got = read(STDIN_FILENO, root->typed + size, sizeof(root->typed) - 1u - size);
        size += got > 0 ? (size_t)got : 0;
    } while (size > before + 1u && size + 1u < sizeof(root->typed));
    root->typed[size] = '\0';
}

/* 1 when something was typed. */
static int type_proof(struct cli *cli, struct cli_root *root, const json_t *made)
{
    json_int_t threshold = json_integer_value(json_object_get(made, "threshold"));
    if (json_integer_value(json_object_get(made, "shares")) < 2) {
        mirsal_error unused;
        cli_secret_wipe(&root->passphrase);
        if (cli_secret_ask(&root->passphrase, cli_text(cli->language, "ask_drill"),
                "MIRSAL_RECOVERY_PASSPHRASE", 0, &unused) != MIRSAL_OK) {
            return 0;
        }
        root->source.passphrase = root->passphrase.bytes;
        root->source.passphrase_size = root->passphrase.size;
        return 1;
    }
    root->source.path_count = 0;
    root->source.text = root->typed;
    root->typed[0] = '\0';
    for (json_int_t i = 0; i < threshold; i++) {
        size_t before = strlen(root->typed);
        fprintf(stderr, "%s (%d/%d):\n", cli_text(cli->language, "ask_share"), (int)i + 1,
            (int)threshold);
        type_share(root);
        if (strlen(root->typed) < before + 2u) {
            return 0;
        }
    }
    return 1;
}

static int drill(struct cli *cli, const json_t *made)
{
    int drilled = 0;
    struct cli_root *root = calloc(1, sizeof(*root));
    for (int i = 0; root != NULL && !drilled && i < TRIES; i++) {
        mirsal_text answer = { 0 };
        root->source = (mirsal_root_source)MIRSAL_ROOT_SOURCE_INIT;
        root->paths[0] = json_string_value(json_object_get(made, "recovery"));
        root->source.paths = root->paths;
        root->source.path_count = 1;
        if (!type_proof(cli, root, made)) {
            break;
        }
        mirsal_code rc = mirsal_team_drill(&answer, cli->store, &root->source, NULL, &cli->err);
        drilled = rc == MIRSAL_OK;
        if (!drilled) {
            fprintf(stderr, "mirsal: %s\n", cli->err.message);
        }
        mirsal_text_free(&answer);
    }
    if (root != NULL) {
        cli_root_wipe(root);
    }
    free(root);
    return drilled;
}

mirsal_code cli_root_written(struct cli *cli, mirsal_text *answer)
{
    json_error_t reason;
    mirsal_code rc = MIRSAL_OK;
    json_t *made = json_loadb(answer->data, answer->size, 0, &reason);
    int shared = json_integer_value(json_object_get(made, "shares")) > 1;
    if (made == NULL || json_is_null(json_object_get(made, "recovery"))) {
        json_decref(made);
        return MIRSAL_OK;
    }
    cli_notice(cli, shared ? "keep_shares" : "keep_recovery");
    if (shared) {
        rc = finish_shares(cli, json_object_get(made, "files"));
    }
    if (rc == MIRSAL_OK && isatty(STDIN_FILENO) && isatty(STDERR_FILENO) && drill(cli, made)) {
        json_object_set_new(made, "drilled", json_true());
        char *text = json_dumps(made, JSON_COMPACT | JSON_PRESERVE_ORDER);
        if (text != NULL) {
            mirsal_text_free(answer);
            *answer = (mirsal_text){ text, strlen(text) };
        }
    } else if (rc == MIRSAL_OK) {
        cli_notice(cli, "not_drilled");
    }
    json_decref(made);
    return rc;
}

mirsal_code cli_with_root(struct cli *cli, cli_word_call call, mirsal_text *answer)
{
    const char **files = calloc(cli->args.given_count + 1, sizeof(*files));
    struct cli_root *root = calloc(1, sizeof(*root));
    mirsal_code rc = MIRSAL_OK;
    if (files == NULL || root == NULL) {
        rc = cli_fail(&cli->err, MIRSAL_NO_MEMORY, "out of memory");
    }
    size_t count = rc == MIRSAL_OK ? cli_args_all(files, &cli->args, "--root") : 0;
    if (rc == MIRSAL_OK && count > CLI_ROOT_PATHS) {
        rc = cli_fail(&cli->err, MIRSAL_USAGE, "more shares than a set has");
    }
    if (rc == MIRSAL_OK) {
        rc = cli_root_find(cli, root, files, count);
    }
    if (rc == MIRSAL_OK) {
        rc = cli_open(cli);
    }
    if (rc == MIRSAL_OK) {
        do {
            rc = call(answer, cli, count > 0 ? &root->source : NULL);
        } while (cli_root_asked(cli, root, &rc));
    }
    if (root != NULL) {
        cli_root_wipe(root);
    }
    free(root);
    free(files);
    return rc;
}
