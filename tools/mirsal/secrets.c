/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/secrets.c - secrets are read into memory of the caller's and wiped by it; none is printed
 * or put into an error.
 */
#include "secrets.h"

#include "messages.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Through a volatile pointer, so that it is not left out as a write that nobody reads. */
void cli_wipe(void *data, size_t size)
{
    volatile unsigned char *at = data;
    while (size-- > 0) {
        *at++ = 0;
    }
}

void cli_secret_wipe(struct cli_secret *secret)
{
    cli_wipe(secret, sizeof(*secret));
}

/* Cuts the line break; what is left is the secret. */
static mirsal_code accept(struct cli_secret *secret, const char *from, mirsal_error *err)
{
    while (secret->size > 0 &&
           (secret->bytes[secret->size - 1u] == '\n' || secret->bytes[secret->size - 1u] == '\r')) {
        secret->size--;
    }
    if (secret->size == 0) {
        return cli_fail(err, MIRSAL_USAGE, "%s: the passphrase is empty", from);
    }
    secret->given = 1;
    return MIRSAL_OK;
}

static mirsal_code read_file(struct cli_secret *out, const char *path, mirsal_error *err)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return cli_fail(err, MIRSAL_USAGE, "%s: %s", path, strerror(errno));
    }
    setvbuf(file, NULL, _IONBF, 0); /* no second copy of the secret */
    int character = fgetc(file);
    while (character != EOF && character != '\n' && out->size < sizeof(out->bytes)) {
        out->bytes[out->size++] = (char)character;
        character = fgetc(file);
    }
    fclose(file);
    if (out->size == sizeof(out->bytes)) {
        cli_secret_wipe(out);
        return cli_fail(err, MIRSAL_USAGE, "%s: the passphrase is too long", path);
    }
    return accept(out, path, err);
}

mirsal_code cli_secret_find(struct cli_secret *out,
    const char *file,
    const char *variable,
    mirsal_error *err)
{
    *out = (struct cli_secret){ 0 };
    char *value = getenv(variable);
    size_t size = value == NULL ? 0 : strlen(value);
    if (value != NULL && file == NULL && size < sizeof(out->bytes)) {
        memcpy(out->bytes, value, size);
        out->size = size;
    }
    if (value != NULL) {
        cli_wipe(value, size);
        unsetenv(variable);
    }
    if (file != NULL) {
        return read_file(out, file, err);
    }
    if (size >= sizeof(out->bytes)) {
        return cli_fail(err, MIRSAL_USAGE, "%s: the passphrase is too long", variable);
    }
    return value == NULL ? MIRSAL_OK : accept(out, variable, err);
}

/* One line from the terminal without echo; signals wait until echo is on again. */
static mirsal_code read_quietly(struct cli_secret *out, const char *label, mirsal_error *err)
{
    struct termios loud;
    sigset_t held;
    sigset_t before;
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGTSTP);
    if (tcgetattr(STDIN_FILENO, &loud) != 0) {
        return cli_fail(err, MIRSAL_USAGE, "the terminal does not answer");
    }
    struct termios quiet = loud;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    quiet.c_lflag |= ECHONL | ICANON;
    sigprocmask(SIG_BLOCK, &held, &before);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    fprintf(stderr, "%s: ", label);
    fflush(stderr);
    ssize_t got = read(STDIN_FILENO, out->bytes, sizeof(out->bytes));
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &loud);
    sigprocmask(SIG_SETMASK, &before, NULL);
    out->size = got > 0 ? (size_t)got : 0;
    if (out->size == sizeof(out->bytes)) {
        cli_secret_wipe(out);
        return cli_fail(err, MIRSAL_USAGE, "the passphrase is too long");
    }
    return accept(out, label, err);
}

mirsal_code cli_secret_ask(struct cli_secret *out,
    const char *label,
    const char *variable,
    int confirm,
    mirsal_error *err)
{
    struct cli_secret again = { 0 };
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
        return cli_fail(err, MIRSAL_USAGE, "no passphrase was given (%s)", variable);
    }
    mirsal_code rc = read_quietly(out, label, err);
    if (rc == MIRSAL_OK && confirm) {
        rc = read_quietly(&again, label, err);
        if (rc == MIRSAL_OK &&
            (again.size != out->size || memcmp(again.bytes, out->bytes, out->size) != 0)) {
            rc = cli_fail(err, MIRSAL_USAGE, "the two passphrases differ");
        }
    }
    if (rc != MIRSAL_OK) {
        cli_secret_wipe(out);
    }
    cli_secret_wipe(&again);
    return rc;
}
