/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/cmd_record.c - add, edit, withdraw, import: what writes records.
 *
 * An answer is given only after the commit returned, so that "done" means durable.
 */
#include "actions.h"
#include "messages.h"
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Commits, or rolls back what failed; result is the commit's. */
static mirsal_code finish(struct cli *cli, mirsal_code rc, mirsal_commit_result *result)
{
    if (rc == MIRSAL_OK) {
        return mirsal_commit(result, cli->store, &cli->err);
    }
    mirsal_rollback(cli->store);
    return rc;
}

/* Takes the object. */
static mirsal_code print_object(struct cli *cli, json_t *object)
{
    mirsal_code rc = MIRSAL_OK;
    char *line = cli->json ? json_dumps(object, JSON_COMPACT) : NULL;
    if (!cli->json) {
        cli_render_object(cli->out, object, cli->language);
    } else if (line != NULL) {
        fprintf(cli->out, "%s\n", line);
    } else {
        rc = cli_fail(&cli->err, MIRSAL_NO_MEMORY, "out of memory");
    }
    free(line);
    json_decref(object);
    return rc;
}

static mirsal_code print_draft(struct cli *cli, const mirsal_id *id)
{
    char id_text[37];
    json_t *object = json_object();
    cli_id_text(id_text, id);
    (void)json_object_set_new(object, "draft", json_string(id_text));
    return print_object(cli, object);
}

/* What a correction that made a new record did with the old one. */
struct correction {
    char old[37]; /* empty: none was made */
    json_t *left; /* compartments whose part of the old record could not be copied; NULL: none */
};

static mirsal_code print_written(struct cli *cli,
    const mirsal_id *id,
    const mirsal_commit_result *result,
    const struct correction *correction)
{
    char id_text[37];
    char changeset[65];
    json_t *object = json_object();
    cli_id_text(id_text, id);
    cli_hash_text(changeset, &result->changeset);
    (void)json_object_set_new(object, "id", json_string(id_text));
    (void)json_object_set_new(
        object, "changeset", result->changesets == 0 ? json_null() : json_string(changeset));
    if (correction->old[0] != '\0') {
        (void)json_object_set_new(object, "superseded", json_string(correction->old));
    }
    if (correction->left != NULL) {
        (void)json_object_set(object, "left_sealed", correction->left);
    }
    return print_object(cli, object);
}

/* Of texts that name no language; NULL: none is stated. */
static const char *bare_language(void)
{
    const char *tag = getenv("MIRSAL_LANG");
    return tag == NULL || tag[0] == '\0' ? NULL : tag;
}

mirsal_code cli_run_add(struct cli *cli)
{
    const struct correction none = { 0 };
    mirsal_id id;
    mirsal_commit_result result = { 0 };
    mirsal_add_options options = MIRSAL_ADD_OPTIONS_INIT;
    mirsal_code rc = cli_open(cli);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    options.type = cli->args.operands[0];
    options.assignments = cli->args.operands + 1;
    options.count = cli->args.operand_count - 1u;
    options.parent = cli_args_text(&cli->args, "--parent");
    options.compartment = cli_args_text(&cli->args, "--compartment");
    options.language = bare_language();
    if (cli_args_has(&cli->args, "--draft")) {
        rc = mirsal_draft_add(&id, cli->store, &options, &cli->err);
        return rc == MIRSAL_OK ? print_draft(cli, &id) : rc;
    }
    rc = mirsal_begin(cli->store, &cli->err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = finish(cli, mirsal_add(&id, cli->store, &options, &cli->err), &result);
    return rc == MIRSAL_OK ? print_written(cli, &id, &result, &none) : rc;
}

/*
 * The record that a correction took the place of, as the new one names it; and where the old one
 * may have more than this device could read and copy: the same places, for they go by the type.
 */
static void find_corrected(struct cli *cli, struct correction *out, const mirsal_id *id)
{
    char name[37];
    mirsal_text text = { 0 };
    mirsal_error ignored = { 0 };
    json_error_t reason;
    cli_id_text(name, id);
    if (mirsal_show(&text, cli->store, name, 0, &ignored) != MIRSAL_OK) {
        return;
    }
    json_t *record = json_loadb(text.data, text.size, 0, &reason);
    const json_t *old = json_object_get(record, "supersedes");
    const char *first = json_string_value(json_is_array(old) ? json_array_get(old, 0) : old);
    if (first != NULL && strlen(first) == 36) {
        memcpy(out->old, first, 37);
    }
    out->left = json_incref(json_object_get(json_object_get(record, "meta"), "sealed_in"));
    json_decref(record);
    mirsal_text_free(&text);
}

mirsal_code cli_run_edit(struct cli *cli)
{
    mirsal_id id;
    mirsal_commit_result result = { 0 };
    struct correction correction = { 0 };
    int is_new = 0;
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_begin(cli->store, &cli->err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mirsal_edit(&id, &is_new, cli->store, cli->args.operands[0], cli->args.operands + 1,
        cli->args.operand_count - 1u, bare_language(), &cli->err);
    rc = finish(cli, rc, &result);
    if (rc == MIRSAL_OK && is_new) {
        find_corrected(cli, &correction, &id);
    }
    if (rc == MIRSAL_OK) {
        rc = print_written(cli, &id, &result, &correction);
    }
    if (rc == MIRSAL_OK && correction.left != NULL) {
        cli_notice(cli, "not_copied");
    }
    json_decref(correction.left);
    return rc;
}

mirsal_code cli_run_withdraw(struct cli *cli)
{
    const struct correction none = { 0 };
    mirsal_id id;
    mirsal_commit_result result = { 0 };
    const char *why = cli_args_text(&cli->args, "--reason");
    if (why[0] == '\0') {
        return cli_fail(&cli->err, MIRSAL_USAGE, "withdraw needs a reason that says something");
    }
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_begin(cli->store, &cli->err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mirsal_withdraw(&id, cli->store, cli->args.operands[0], why, &cli->err);
    rc = finish(cli, rc, &result);
    return rc == MIRSAL_OK ? print_written(cli, &id, &result, &none) : rc;
}

static int read_some(void *context, void *buffer, size_t capacity, size_t *size)
{
    const int *file = context;
    ssize_t got = 0;
    *size = 0;
    do {
        got = read(*file, buffer, capacity);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return errno;
    }
    *size = (size_t)got;
    return 0;
}

struct import_progress {
    int on_terminal;
    time_t told;
};

/* On a terminal often, otherwise a line each few seconds. */
static void tell_lines(void *context, uint64_t lines)
{
    struct import_progress *progress = context;
    time_t now = time(NULL);
    if (progress->on_terminal) {
        fprintf(stderr, "\r%llu", (unsigned long long)lines);
    } else if (now - progress->told >= 5) {
        progress->told = now;
        fprintf(stderr, "%llu\n", (unsigned long long)lines);
    }
}

static mirsal_code import_from(struct cli *cli, int file)
{
    mirsal_text answer = { 0 };
    uint64_t rejected = 0;
    struct import_progress progress = { isatty(STDERR_FILENO), time(NULL) };
    mirsal_import_options options = MIRSAL_IMPORT_OPTIONS_INIT;
    options.type = cli_args_text(&cli->args, "--type");
    options.source_id = cli_args_text(&cli->args, "--source-id");
    options.dry_run = cli_args_has(&cli->args, "--dry-run");
    options.progress = cli->quiet ? NULL : tell_lines;
    options.progress_context = &progress;
    mirsal_code rc =
        mirsal_import(&answer, &rejected, cli->store, read_some, &file, &options, &cli->err);
    if (!cli->quiet && progress.on_terminal) {
        fputs("\r\033[K", stderr);
    }
    if (rc == MIRSAL_OK) {
        cli->person = rejected > 0;
        if (rejected > 0) {
            cli_notice(cli, "rejected_lines");
        }
        rc = cli_answer(cli, &answer, cli_render_import);
    }
    return rc;
}

mirsal_code cli_run_import(struct cli *cli)
{
    const char *path = cli->args.operands[0];
    int is_stdin = strcmp(path, "-") == 0;
    int file = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return cli_fail(&cli->err, MIRSAL_NOT_FOUND, "%s: %s", path, strerror(errno));
    }
    struct stat kind;
    mirsal_code rc = fstat(file, &kind) == 0 && S_ISDIR(kind.st_mode)
                         ? cli_fail(&cli->err, MIRSAL_NOT_FOUND, "%s is a folder", path)
                         : cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = import_from(cli, file);
    }
    if (!is_stdin) {
        (void)close(file);
    }
    return rc;
}
