/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/kill_shim.c - an LD_PRELOAD module that kills the process before a given change of the disk.
 *
 * MIRSAL_KILL_AT is the number of the change, from 1: a file made or emptied, written, truncated,
 * synced, renamed or removed, a folder made or removed. Standard input, output and error do not
 * count. A process that makes fewer changes goes to its end, and writes how many it made into the
 * file MIRSAL_KILL_COUNT.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

static long kill_at;
static atomic_long changes;

__attribute__((constructor)) static void begin(void)
{
    const char *number = getenv("MIRSAL_KILL_AT");
    kill_at = number == NULL ? 0 : strtol(number, NULL, 10);
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("MIRSAL_KILL_COUNT");
    FILE *out = path == NULL ? NULL : fopen(path, "w");
    if (out != NULL) {
        (void)fprintf(out, "%ld\n", atomic_load(&changes));
        (void)fclose(out);
    }
}

static void change(void)
{
    if (atomic_fetch_add(&changes, 1) + 1 == kill_at) {
        (void)kill(getpid(), SIGKILL);
        (void)pause();
    }
}

/* Finds the C library's function once; function points to a static pointer to it. */
static void resolve(void *function, const char *name)
{
    void *found = NULL;
    memcpy(&found, function, sizeof found);
    if (found == NULL) {
        found = dlsym(RTLD_NEXT, name);
        memcpy(function, &found, sizeof found);
    }
}

#define OPEN(name)                                                                                 \
    EXPORTED int name(const char *path, int flags, ...)                                            \
    {                                                                                              \
        static int (*next)(const char *, int, ...);                                                \
        va_list more;                                                                              \
        va_start(more, flags);                                                                     \
        unsigned mode = (flags & O_CREAT) != 0 ? va_arg(more, unsigned) : 0;                       \
        va_end(more);                                                                              \
        resolve(&next, #name);                                                                     \
        if ((flags & (O_CREAT | O_TRUNC)) != 0) {                                                  \
            change();                                                                              \
        }                                                                                          \
        return next(path, flags, mode);                                                            \
    }
OPEN(open)
OPEN(open64)

#define ON_FD(result, name, parameters, arguments)                                                 \
    EXPORTED result name parameters                                                                \
    {                                                                                              \
        static result(*next) parameters;                                                           \
        resolve(&next, #name);                                                                     \
        if (fd > STDERR_FILENO) {                                                                  \
            change();                                                                              \
        }                                                                                          \
        return next arguments;                                                                     \
    }
ON_FD(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size))
ON_FD(ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at))
ON_FD(ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at))
ON_FD(int, ftruncate, (int fd, off_t size), (fd, size))
ON_FD(int, ftruncate64, (int fd, off64_t size), (fd, size))
ON_FD(int, fsync, (int fd), (fd))
ON_FD(int, fdatasync, (int fd), (fd))

#define ON_PATH(name, parameters, arguments)                                                       \
    EXPORTED int name parameters                                                                   \
    {                                                                                              \
        static int(*next) parameters;                                                              \
        resolve(&next, #name);                                                                     \
        change();                                                                                  \
        return next arguments;                                                                     \
    }
ON_PATH(rename, (const char *from, const char *to), (from, to))
ON_PATH(unlink, (const char *path), (path))
ON_PATH(rmdir, (const char *path), (path))
ON_PATH(mkdir, (const char *path, mode_t mode), (path, mode))
