/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/qr.c - two rows of modules to a line, with the quiet zone of four that readers need.
 */
#include "qr.h"

#include <qrencode.h>

#define QUIET 4

static int is_dark(const QRcode *code, int row, int column)
{
    if (row < 0 || column < 0 || row >= code->width || column >= code->width) {
        return 0;
    }
    return (code->data[row * code->width + column] & 1) != 0;
}

static void put_code(FILE *out, const char *text, const char *begin, const char *end)
{
    if (text[0] == '\0') {
        return;
    }
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
    if (code == NULL) {
        return;
    }
    for (int row = -QUIET; row < code->width + QUIET; row += 2) {
        fputs(begin, out);
        for (int column = -QUIET; column < code->width + QUIET; column++) {
            int upper = is_dark(code, row, column);
            int lower = is_dark(code, row + 1, column);
            fputs(upper && lower ? "█" : upper ? "▀" : lower ? "▄" : " ", out);
        }
        fputs(end, out);
    }
    QRcode_free(code);
}

void cli_qr_print(FILE *out, const char *text)
{
    put_code(out, text, "\033[30;107m", "\033[0m\n");
}

void cli_qr_comment(FILE *out, const char *text)
{
    put_code(out, text, "# ", "\n");
}
