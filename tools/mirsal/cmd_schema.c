/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/cmd_schema.c - schema show, schema extend; the schema's file of team create and join.
 */
#include "actions.h"
#include "messages.h"
#include "output.h"
#include "root.h"
#include "schema_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA_FILE_MAX ((size_t)8 << 20)

static mirsal_code read_whole(struct cli_schema_file *out, FILE *file, mirsal_error *err)
{
    size_t capacity = 0;
    size_t got = 0;
    do {
        if (out->size == capacity) {
            capacity = capacity == 0 ? 65536u : capacity * 2u;
            char *grown = capacity <= SCHEMA_FILE_MAX ? realloc(out->data, capacity) : NULL;
            if (grown == NULL) {
                return cli_fail(err, MIRSAL_TOO_LARGE, "the schema's file is too large");
            }
            out->data = grown;
        }
        got = fread(out->data + out->size, 1, capacity - out->size, file);
        out->size += got;
    } while (got > 0);
    if (ferror(file)) {
        return cli_fail(err, MIRSAL_IO, "the schema's file could not be read");
    }
    return out->size > 0 ? MIRSAL_OK
                         : cli_fail(err, MIRSAL_BAD_VALUE, "the schema's file is empty");
}

mirsal_code cli_schema_file_read(struct cli_schema_file *out, const char *path, mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    if (path == NULL) {
        return MIRSAL_OK;
    }
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return cli_fail(err, MIRSAL_NOT_FOUND, "%s: %s", path, strerror(errno));
    }
    mirsal_code rc = read_whole(out, file, err);
    (void)fclose(file);
    return rc;
}

void cli_schema_file_free(struct cli_schema_file *file)
{
    free(file->data);
    memset(file, 0, sizeof *file);
}

/* Types with their fields; labels in the reader's language. */
static void render_schema(FILE *out, const json_t *answer, enum cli_language language)
{
    const char *keys[] = { "name", "kind", "policy", language == CLI_ARABIC ? "ar" : "en" };
    const char *label = keys[3];
    size_t at;
    json_t *type;
    fprintf(out, "%s %lld\n", cli_key_text(answer, "schema"),
        (long long)json_integer_value(json_object_get(answer, "version")));
    json_array_foreach(json_object_get(answer, "types"), at, type)
    {
        fprintf(out, "\n%s: %s\n", cli_key_text(type, "name"), cli_key_text(type, label));
        cli_put_table(out, json_object_get(type, "fields"), keys, 4, language);
    }
}

mirsal_code cli_run_schema_show(struct cli *cli)
{
    mirsal_text answer = { 0 };
    mirsal_code rc = cli_open(cli);
    if (rc == MIRSAL_OK) {
        rc = mirsal_schema_show(&answer, cli->store, &cli->err);
    }
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, render_schema) : rc;
}

static mirsal_code extend(struct cli *cli,
    mirsal_text *answer,
    struct cli_root *root,
    const struct cli_schema_file *file)
{
    const char *files[CLI_ROOT_PATHS + 1];
    if (cli->args.given_count > CLI_ROOT_PATHS) {
        return cli_fail(&cli->err, MIRSAL_USAGE, "more options than a set has shares");
    }
    size_t count = cli_args_all(files, &cli->args, "--root");
    mirsal_code rc = cli_root_find(cli, root, files, count);
    if (rc == MIRSAL_OK) {
        rc = cli_open(cli);
    }
    if (rc == MIRSAL_OK) {
        do {
            rc = mirsal_schema_extend(answer, cli->store, file->data, file->size,
                count > 0 ? &root->source : NULL, &cli->err);
        } while (cli_root_asked(cli, root, &rc));
    }
    return rc;
}

mirsal_code cli_run_schema_extend(struct cli *cli)
{
    struct cli_schema_file file;
    mirsal_text answer = { 0 };
    struct cli_root *root = calloc(1, sizeof *root);
    mirsal_code rc = cli_schema_file_read(&file, cli->args.operands[0], &cli->err);
    if (rc == MIRSAL_OK && root == NULL) {
        rc = cli_fail(&cli->err, MIRSAL_NO_MEMORY, "out of memory");
    }
    if (rc == MIRSAL_OK) {
        rc = extend(cli, &answer, root, &file);
    }
    if (root != NULL) {
        cli_root_wipe(root);
        free(root);
    }
    cli_schema_file_free(&file);
    return rc == MIRSAL_OK ? cli_answer(cli, &answer, cli_render_object) : rc;
}
