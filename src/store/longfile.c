/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/longfile.c - files in pieces; see the header.
 */
#include "longfile.h"

#include "fail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

mirsal_code mir_long_out_open(struct mir_long_out *out, const char *path, mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    int length = snprintf(out->path, sizeof out->path, "%s", path);
    int beside = snprintf(out->beside, sizeof out->beside, "%s.new", path);
    if (length <= 0 || beside < 0 || (size_t)beside >= sizeof out->beside) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "the path is empty or too long");
    }
    (void)unlink(out->beside);
    out->fd = open(out->beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (out->fd < 0) {
        return mir_file_fail(err, "the file cannot be made");
    }
    out->is_open = 1;
    return MIRSAL_OK;
}

mirsal_code mir_long_out_write(struct mir_long_out *out, struct mir_bytes bytes, mirsal_error *err)
{
    while (bytes.size > 0) {
        ssize_t put = write(out->fd, bytes.data, bytes.size);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return mir_file_fail(err, "the file cannot be written");
        }
        bytes.data += put;
        bytes.size -= (size_t)put;
    }
    return MIRSAL_OK;
}

mirsal_code mir_long_out_finish(struct mir_long_out *out, mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    if (fsync(out->fd) != 0) {
        rc = mir_file_fail(err, "the file cannot be synced");
    }
    if (close(out->fd) != 0 && rc == MIRSAL_OK) {
        rc = mir_file_fail(err, "the file cannot be closed");
    }
    out->is_open = 0;
    if (rc == MIRSAL_OK && rename(out->beside, out->path) != 0) {
        rc = mir_file_fail(err, "the file cannot be renamed");
    }
    if (rc != MIRSAL_OK) {
        (void)unlink(out->beside);
        return rc;
    }
    return mir_parent_sync(out->path, err);
}

void mir_long_out_drop(struct mir_long_out *out)
{
    if (out->is_open) {
        (void)close(out->fd);
        (void)unlink(out->beside);
        out->is_open = 0;
    }
}

mirsal_code mir_long_in_open(struct mir_long_in *in, const char *path, mirsal_error *err)
{
    struct stat status;
    memset(in, 0, sizeof *in);
    in->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (in->fd < 0) {
        return mir_file_fail(err, "the file cannot be opened");
    }
    in->is_open = 1;
    if (fstat(in->fd, &status) != 0) {
        return mir_file_fail(err, "the file cannot be read");
    }
    if (!S_ISREG(status.st_mode)) {
        return mir_fail(err, MIRSAL_MISUSE, "not a file");
    }
    in->size = (uint64_t)status.st_size;
    return MIRSAL_OK;
}

mirsal_code mir_long_in_read(size_t *size,
    struct mir_long_in *in,
    void *buffer,
    size_t capacity,
    mirsal_error *err)
{
    *size = 0;
    for (;;) {
        ssize_t got = read(in->fd, buffer, capacity);
        if (got >= 0) {
            *size = (size_t)got;
            return MIRSAL_OK;
        }
        if (errno != EINTR) {
            return mir_file_fail(err, "the file cannot be read");
        }
    }
}

void mir_long_in_close(struct mir_long_in *in)
{
    if (in->is_open) {
        (void)close(in->fd);
        in->is_open = 0;
    }
}
