/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/actions.c - small things that several commands need: ids as text, loops that signals end.
 */
#include "actions.h"

#include <signal.h>
#include <time.h>

static volatile sig_atomic_t stopped;

static void put_hex(char *out, const uint8_t *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        out[2u * i] = digits[bytes[i] >> 4];
        out[2u * i + 1u] = digits[bytes[i] & 15u];
    }
}

void cli_id_text(char out[37], const mirsal_id *id)
{
    static const size_t groups[] = { 4, 2, 2, 2, 6 };
    size_t from = 0;
    char *at = out;
    for (size_t i = 0; i < 5; i++) {
        put_hex(at, id->bytes + from, groups[i]);
        at += 2u * groups[i];
        from += groups[i];
        *at++ = i < 4 ? '-' : '\0';
    }
}

void cli_hash_text(char out[65], const mirsal_hash *hash)
{
    put_hex(out, hash->bytes, sizeof(hash->bytes));
    out[64] = '\0';
}

static void note_signal(int number)
{
    (void)number;
    stopped = 1;
}

void cli_catch_signals(void)
{
    struct sigaction action = { .sa_handler = note_signal };
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int cli_is_stopped(void)
{
    return stopped != 0;
}

/* In short steps: a signal that comes before nanosleep begins is seen at the next. */
void cli_wait_ms(uint64_t ms)
{
    const uint64_t step_ms = 200;
    while (ms > 0 && !stopped) {
        uint64_t now = ms < step_ms ? ms : step_ms;
        struct timespec span = { .tv_nsec = (long)(now * 1000000u) };
        (void)nanosleep(&span, NULL);
        ms -= now;
    }
}
