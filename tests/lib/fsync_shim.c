/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/fsync_shim.c - an LD_PRELOAD module that traces what is written, synced and sent, in order.
 *
 * MIRSAL_TRACE names the trace, MIRSAL_TRACE_DIR (optional) the directory whose files matter. Each
 * record is one line, appended by one write:
 *
 *     SEQ PID KIND CALL SINCE SIZE PATH
 *
 * KIND is file, socket (internet ones only) or stdout; CALL is write, sync or send. SEQ grows by
 * one with each record of a process. Writes and syncs are recorded when they have succeeded, sends
 * and stdout when they begin. SINCE is 0 but for a sync: it covers the writes with SEQ below it,
 * because a write of another thread may slip in between a sync's start and its end.
 *
 * glibc writes stdout without calling write(), so stdout becomes a stream of our own.
 * tests/e2e/trace_check.py judges a trace.
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

enum kind { KIND_NONE, KIND_FILE, KIND_SOCKET, KIND_STDOUT };

static const char *const kind_names[] = { "none", "file", "socket", "stdout" };

static int trace_fd = -1;
static char trace_dir[PATH_MAX];
static atomic_uint_fast64_t sequence = 1;

static struct {
    ssize_t (*write)(int, const void *, size_t);
    ssize_t (*pwrite)(int, const void *, size_t, off_t);
    ssize_t (*pwrite64)(int, const void *, size_t, off64_t);
    ssize_t (*writev)(int, const struct iovec *, int);
    ssize_t (*pwritev)(int, const struct iovec *, int, off_t);
    ssize_t (*pwritev64)(int, const struct iovec *, int, off64_t);
    int (*fsync)(int);
    int (*fdatasync)(int);
    ssize_t (*send)(int, const void *, size_t, int);
    ssize_t (*sendto)(int, const void *, size_t, int, __CONST_SOCKADDR_ARG, socklen_t);
    ssize_t (*sendmsg)(int, const struct msghdr *, int);
    ssize_t (*sendfile)(int, int, off_t *, size_t);
    ssize_t (*sendfile64)(int, int, off64_t *, size_t);
} next;

/* Finds the C library's function once; function points to a member of next. */
static void resolve(void *function, const char *name)
{
    void *found = NULL;
    memcpy(&found, function, sizeof found);
    if (found == NULL) {
        found = dlsym(RTLD_NEXT, name);
        memcpy(function, &found, sizeof found);
    }
}

#define RESOLVE(name) resolve(&next.name, #name)

/* What fd is, and for a file its path. Keeps errno. */
static enum kind kind_of(int fd, char path[PATH_MAX])
{
    int kept = errno;
    enum kind kind = KIND_NONE;
    struct stat about;
    path[0] = '-';
    path[1] = '\0';
    if (trace_fd < 0 || fd == trace_fd) {
        kind = KIND_NONE;
    } else if (fd == STDOUT_FILENO) {
        kind = KIND_STDOUT;
    } else if (fstat(fd, &about) != 0) {
        kind = KIND_NONE;
    } else if (S_ISSOCK(about.st_mode)) {
        int domain = 0;
        socklen_t size = sizeof domain;
        if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
            (domain == AF_INET || domain == AF_INET6)) {
            kind = KIND_SOCKET;
        }
    } else if (S_ISREG(about.st_mode)) {
        char link[64];
        (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(link, path, PATH_MAX - 1);
        path[length > 0 ? length : 0] = '\0';
        size_t prefix = strlen(trace_dir);
        if (length > 0 && strncmp(path, trace_dir, prefix) == 0) {
            kind = KIND_FILE;
        }
    }
    errno = kept;
    return kind;
}

/* Appends one record. Keeps errno; a trace that cannot be written is no trace, so it aborts. */
static void record(enum kind kind, const char *call, uint64_t since, size_t size, const char *path)
{
    int kept = errno;
    char line[PATH_MAX + 128];
    int length = snprintf(line, sizeof line, "%llu %ld %s %s %llu %zu %s\n",
        (unsigned long long)atomic_fetch_add(&sequence, 1), (long)getpid(), kind_names[kind], call,
        (unsigned long long)since, size, path);
    if (length < 0 || syscall(SYS_write, trace_fd, line, (size_t)length) != length) {
        abort();
    }
    errno = kept;
}

/* Called before bytes go to a socket or stdout. */
static void before_sending(int fd, const char *call, size_t size)
{
    char path[PATH_MAX];
    enum kind kind = kind_of(fd, path);
    if (kind == KIND_SOCKET || kind == KIND_STDOUT) {
        record(kind, call, 0, size, path);
    }
}

/* Called after bytes went to fd. */
static void after_writing(int fd, ssize_t written)
{
    char path[PATH_MAX];
    if (written > 0 && kind_of(fd, path) == KIND_FILE) {
        record(KIND_FILE, "write", 0, (size_t)written, path);
    }
}

static void after_syncing(int fd, int result, uint64_t since)
{
    char path[PATH_MAX];
    if (result == 0 && kind_of(fd, path) == KIND_FILE) {
        record(KIND_FILE, "sync", since, 0, path);
    }
}

static size_t total_size(const struct iovec *parts, size_t count)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += parts[i].iov_len;
    }
    return total;
}

EXPORTED ssize_t write(int fd, const void *data, size_t size)
{
    RESOLVE(write);
    before_sending(fd, "write", size);
    ssize_t written = next.write(fd, data, size);
    after_writing(fd, written);
    return written;
}

EXPORTED ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    RESOLVE(pwrite);
    ssize_t written = next.pwrite(fd, data, size, offset);
    after_writing(fd, written);
    return written;
}

EXPORTED ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
    RESOLVE(pwrite64);
    ssize_t written = next.pwrite64(fd, data, size, offset);
    after_writing(fd, written);
    return written;
}

EXPORTED ssize_t writev(int fd, const struct iovec *parts, int count)
{
    RESOLVE(writev);
    before_sending(fd, "write", count > 0 ? total_size(parts, (size_t)count) : 0);
    ssize_t written = next.writev(fd, parts, count);
    after_writing(fd, written);
    return written;
}

EXPORTED ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    RESOLVE(pwritev);
    ssize_t written = next.pwritev(fd, parts, count, offset);
    after_writing(fd, written);
    return written;
}

EXPORTED ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset)
{
    RESOLVE(pwritev64);
    ssize_t written = next.pwritev64(fd, parts, count, offset);
    after_writing(fd, written);
    return written;
}

EXPORTED int fsync(int fd)
{
    RESOLVE(fsync);
    uint64_t since = atomic_load(&sequence);
    int result = next.fsync(fd);
    after_syncing(fd, result, since);
    return result;
}

EXPORTED int fdatasync(int fd)
{
    RESOLVE(fdatasync);
    uint64_t since = atomic_load(&sequence);
    int result = next.fdatasync(fd);
    after_syncing(fd, result, since);
    return result;
}

EXPORTED ssize_t send(int fd, const void *data, size_t size, int flags)
{
    RESOLVE(send);
    before_sending(fd, "send", size);
    return next.send(fd, data, size, flags);
}

EXPORTED ssize_t
sendto(int fd, const void *data, size_t size, int flags, __CONST_SOCKADDR_ARG to, socklen_t to_size)
{
    RESOLVE(sendto);
    before_sending(fd, "send", size);
    return next.sendto(fd, data, size, flags, to, to_size);
}

EXPORTED ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    RESOLVE(sendmsg);
    before_sending(fd, "send", total_size(message->msg_iov, (size_t)message->msg_iovlen));
    return next.sendmsg(fd, message, flags);
}

EXPORTED ssize_t sendfile(int out, int in, off_t *offset, size_t size)
{
    RESOLVE(sendfile);
    before_sending(out, "send", size);
    return next.sendfile(out, in, offset, size);
}

EXPORTED ssize_t sendfile64(int out, int in, off64_t *offset, size_t size)
{
    RESOLVE(sendfile64);
    before_sending(out, "send", size);
    return next.sendfile64(out, in, offset, size);
}

static ssize_t write_stdout(void *cookie, const char *data, size_t size)
{
    (void)cookie;
    size_t done = 0;
    while (done < size) {
        ssize_t written = write(STDOUT_FILENO, data + done, size - done);
        if (written < 0 && errno != EINTR) {
            return 0;
        }
        done += written > 0 ? (size_t)written : 0;
    }
    return (ssize_t)size;
}

__attribute__((constructor)) static void begin_trace(void)
{
    const char *name = getenv("MIRSAL_TRACE");
    if (name == NULL) {
        return;
    }
    const char *dir = getenv("MIRSAL_TRACE_DIR");
    if (dir != NULL && realpath(dir, trace_dir) == NULL) {
        abort();
    }
    int fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) {
        abort();
    }
    /* Far from the numbers that a program may close or count on. */
    trace_fd = fcntl(fd, F_DUPFD_CLOEXEC, 200);
    (void)close(fd);
    FILE *traced = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = write_stdout });
    if (trace_fd < 0 || traced == NULL) {
        abort();
    }
    /* fileno() of a cookie stream fails unless told; programs ask it whether stdout is there. */
    traced->_fileno = STDOUT_FILENO;
    stdout = traced;
}
