/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/schema_file.h - a schema's file, whole in memory (cmd_schema.c).
 */
#ifndef CLI_SCHEMA_FILE_H
#define CLI_SCHEMA_FILE_H

#include "cli.h"

struct cli_schema_file {
    char *data;
    size_t size;
};

/* path NULL reads nothing. Free it, also on failure. NOT_FOUND, TOO_LARGE, BAD_VALUE, IO. */
mirsal_code cli_schema_file_read(struct cli_schema_file *out, const char *path, mirsal_error *err)
    MIRSAL_MUST_USE;
void cli_schema_file_free(struct cli_schema_file *file);

#endif
