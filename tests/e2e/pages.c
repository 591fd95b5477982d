/* SPDX-License-Identifier: Apache-2.0 */
/*
 * e2e/pages.c - how many pages of a store hold each of some bytes, as SQLite reads them: unsealed,
 * database, freelist and WAL.
 *
 *   mirsal-pages STORE < lines of hex digits
 *
 * A count for each line. The store has no passphrase; it is opened as by any other program, which
 * also ends what was interrupted.
 */
#include "keys.h"
#include "store.h"
#include "test_env.h"
#include "test_pages.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

#define BYTES_MAX 512u

int main(int count, char **words)
{
    static struct test_env test;
    struct mir_store_options options = { 0 };
    struct mir_store *store = NULL;
    mirsal_error err = { 0 };
    char line[2 * BYTES_MAX + 2];
    uint8_t bytes[BYTES_MAX];
    if (count != 2) {
        fprintf(stderr, "usage: mirsal-pages STORE\n");
        return 2;
    }
    test_env_init(&test, 1);
    options.env = &test.env;
    options.directory = words[1];
    if (mir_crypto_start(&err) != MIRSAL_OK ||
        mir_store_open(&store, &options, &err) != MIRSAL_OK) {
        fprintf(stderr, "mirsal-pages: %s\n", err.message);
        return 1;
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        size_t digits = strcspn(line, "\n");
        if (digits == 0 || !mir_hex_decode(bytes, digits / 2, line, digits)) {
            fprintf(stderr, "mirsal-pages: not hex\n");
            return 2;
        }
        printf("%d\n", test_pages_holding(store->sql, bytes, digits / 2));
    }
    mir_store_close(store);
    return 0;
}
