/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/cli.c - errors and notices of the program's own.
 */
#include "cli.h"

#include "messages.h"

#include <stdarg.h>

mirsal_code cli_fail(mirsal_error *err, mirsal_code code, const char *format, ...)
{
    if (err != NULL) {
        va_list values;
        *err = (mirsal_error){ .code = code };
        va_start(values, format);
        (void)vsnprintf(err->message, sizeof(err->message), format, values);
        va_end(values);
    }
    return code;
}

void cli_notice(const struct cli *cli, const char *key)
{
    if (!cli->quiet) {
        fprintf(stderr, "%s\n", cli_text(cli->language, key));
    }
}
