/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/messages.h - labels and messages in English and Arabic.
 *
 * A message is found by a short key: a key of an answer, the printed name of an error code, the
 * words of a command, or a name of its own.
 */
#ifndef CLI_MESSAGES_H
#define CLI_MESSAGES_H

#include "cli.h"

/* Arabic where LC_ALL, LC_MESSAGES or LANG, whichever is set first, begins with ar. */
enum cli_language cli_language_of(const char *lc_all, const char *lc_messages, const char *lang);

/* The text of a key, static; the key itself where there is none. */
const char *cli_text(enum cli_language language, const char *key);

/* Message number at, for tests: its key, or NULL behind the last. */
const char *cli_text_key(size_t at);

#endif
