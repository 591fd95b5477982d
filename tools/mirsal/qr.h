/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/qr.h - a QR code in the letters of a terminal.
 */
#ifndef CLI_QR_H
#define CLI_QR_H

#include <stdio.h>

/*
 * Prints the text as a QR code of half blocks, dark on light whatever the terminal's colours; what
 * does not fit into one prints nothing.
 */
void cli_qr_print(FILE *out, const char *text);
/* The same without colours, each line behind a `#`: for paper, dark on light. */
void cli_qr_comment(FILE *out, const char *text);

#endif
