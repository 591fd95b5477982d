/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check/device_keys.c - what the second implementation must know to speak as a device of a test's
 * team: device_keys STORE writes the team, the signing seed and the Noise secret of a store
 * without a passphrase, in hex.
 */
#include "keys.h"
#include "store.h"
#include "test_env.h"

#include <stdio.h>

static void write_hex(const uint8_t bytes[32], char end)
{
    for (size_t i = 0; i < 32; i++) {
        (void)printf("%02x", bytes[i]);
    }
    (void)putchar(end);
}

int main(int argc, char **argv)
{
    struct mir_store *store = NULL;
    mirsal_error err = { 0 };
    struct test_env test;
    if (argc != 2 || mir_crypto_start(&err) != MIRSAL_OK) {
        fprintf(stderr, "usage: device_keys STORE\n");
        return 2;
    }
    test_env_init(&test, 1);
    const struct mir_store_options options = { .env = &test.env, .directory = argv[1] };
    if (mir_store_open(&store, &options, &err) != MIRSAL_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    write_hex(store->team.bytes, ' ');
    write_hex(store->keys->sign.bytes, ' ');
    write_hex(store->keys->noise.bytes, '\n');
    mir_store_close(store);
    test_env_fini(&test);
    return 0;
}
