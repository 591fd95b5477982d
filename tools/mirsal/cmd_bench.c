/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/cmd_bench.c - bench: this machine's figures on generated reports, in a folder of its own.
 */
#include "actions.h"
#include "output.h"

#include <dirent.h>
#include <mirsal/bench.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER_SIZE  512u
#define RECORDS_MAX  10000000u
#define ANSWERS_SIZE 16384u

/* Removes what a folder holds, files only, and the folder. */
static void remove_folder(const char *folder)
{
    DIR *listing = opendir(folder);
    for (struct dirent *entry = listing == NULL ? NULL : readdir(listing); entry != NULL;
         entry = readdir(listing)) {
        char path[2 * FOLDER_SIZE];
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) < (int)sizeof path) {
            (void)unlink(path);
        }
    }
    if (listing != NULL) {
        closedir(listing);
    }
    (void)rmdir(folder);
}

static void remove_store(const char *folder)
{
    static const char *const inner[] = { "store/media", "store", "" };
    for (size_t i = 0; i < sizeof inner / sizeof inner[0]; i++) {
        char path[2 * FOLDER_SIZE];
        (void)snprintf(path, sizeof path, "%s/%s", folder, inner[i]);
        remove_folder(path);
    }
}

static mirsal_code run_one(struct cli *cli, mirsal_text *answer, uint32_t records)
{
    char folder[FOLDER_SIZE];
    const char *parent = getenv("TMPDIR");
    (void)snprintf(
        folder, sizeof folder, "%.400s/mirsal-bench-XXXXXX", parent == NULL ? "/tmp" : parent);
    if (mkdtemp(folder) == NULL) {
        return cli_fail(&cli->err, MIRSAL_IO, "no folder can be made for the bench");
    }
    mirsal_code rc = mirsal_bench(answer, folder, records, &cli->err);
    remove_store(folder);
    return rc;
}

static mirsal_code run_all(struct cli *cli, const uint32_t *records, size_t count)
{
    mirsal_text whole = { calloc(1, ANSWERS_SIZE), 0 };
    mirsal_code rc = MIRSAL_OK;
    if (whole.data == NULL) {
        return cli_fail(&cli->err, MIRSAL_NO_MEMORY, "no memory for the answer");
    }
    for (size_t i = 0; i < count && rc == MIRSAL_OK; i++) {
        mirsal_text one = { 0 };
        rc = run_one(cli, &one, records[i]);
        if (rc == MIRSAL_OK && !cli->json) {
            rc = cli_answer(cli, &one, cli_render_object);
        } else if (rc == MIRSAL_OK) {
            whole.size += (size_t)snprintf(whole.data + whole.size, ANSWERS_SIZE - whole.size,
                "%s%s", i == 0 ? "{\"runs\":[" : ",", one.data);
        }
        mirsal_text_free(&one);
    }
    if (rc == MIRSAL_OK && cli->json) {
        fprintf(cli->out, "%s]}\n", whole.data);
    }
    free(whole.data);
    return rc;
}

static int print_row(void *context, const char *line, size_t size)
{
    FILE *out = context;
    return fwrite(line, 1, size, out) != size || fputc('\n', out) == EOF;
}

mirsal_code cli_run_bench(struct cli *cli)
{
    static const uint32_t usual[] = { 1000, 10000 };
    static const char *const names[] = { "--rows", "--sql", "--records" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (cli_args_number(&cli->args, names[i]) > RECORDS_MAX) {
            return cli_fail(&cli->err, MIRSAL_OUT_OF_RANGE, "%s: more than %u", names[i],
                (unsigned)RECORDS_MAX);
        }
    }
    uint32_t rows = (uint32_t)cli_args_number(&cli->args, "--rows");
    uint32_t sql = (uint32_t)cli_args_number(&cli->args, "--sql");
    uint32_t records = (uint32_t)cli_args_number(&cli->args, "--records");
    if (rows > 0 || sql > 0) {
        return mirsal_bench_rows(sql > 0 ? sql : rows, sql > 0, print_row, cli->out, &cli->err);
    }
    return records > 0 ? run_all(cli, &records, 1)
                       : run_all(cli, usual, sizeof usual / sizeof usual[0]);
}
