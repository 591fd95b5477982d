/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/sync_off_shim.c - an LD_PRELOAD module that turns SQLite's synchronous OFF wherever the
 * program sets it, so that a test of durability can show that it would notice.
 */
#include <dlfcn.h>
#include <sqlite3.h>
#include <string.h>

typedef int (*exec_function)(sqlite3 *,
    const char *,
    int (*)(void *, int, char **, char **),
    void *,
    char **);

__attribute__((visibility("default"))) int sqlite3_exec(sqlite3 *database,
    const char *text,
    int (*callback)(void *, int, char **, char **),
    void *context,
    char **message)
{
    static exec_function next;
    if (next == NULL) {
        void *found = dlsym(RTLD_NEXT, "sqlite3_exec");
        memcpy(&next, &found, sizeof next);
    }
    int result = next(database, text, callback, context, message);
    if (result == SQLITE_OK && strstr(text, "synchronous") != NULL) {
        result = next(database, "PRAGMA synchronous=OFF", NULL, NULL, NULL);
    }
    return result;
}
