/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/files.c - the few files beside the database; see the header.
 */
#include "files.h"

#include "fail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_STEP 4096u

mirsal_code mir_file_fail(mirsal_error *err, const char *what)
{
    return mir_fail_system(err, errno, what);
}

mirsal_code mir_path_join(char out[MIR_PATH_MAX],
    const char *folder,
    const char *name,
    mirsal_error *err)
{
    int length = snprintf(out, MIR_PATH_MAX, "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= MIR_PATH_MAX) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "the path is too long");
    }
    return MIRSAL_OK;
}

int mir_file_exists(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0;
}

uint64_t mir_file_size(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
}

uint64_t mir_file_inode(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? (uint64_t)status.st_ino : 0;
}

mirsal_code mir_file_read(struct mir_buf *out, const char *path, size_t size_max, mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    size_t total = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return mir_file_fail(err, "the file cannot be opened");
    }
    for (;;) {
        uint8_t step[READ_STEP];
        ssize_t got = read(fd, step, sizeof step);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            rc = mir_file_fail(err, "the file cannot be read");
            break;
        }
        if (got == 0) {
            rc = mir_buf_finish(out, err);
            break;
        }
        total += (size_t)got;
        if (total > size_max) {
            rc = mir_fail(err, MIRSAL_TOO_LARGE, "the file is over %zu bytes", size_max);
            break;
        }
        mir_buf_append(out, step, (size_t)got);
    }
    (void)close(fd);
    return rc;
}

static mirsal_code write_all(int fd, struct mir_bytes bytes, mirsal_error *err)
{
    size_t done = 0;
    while (done < bytes.size) {
        ssize_t put = write(fd, bytes.data + done, bytes.size - done);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return mir_file_fail(err, "the file cannot be written");
        }
        done += (size_t)put;
    }
    return fsync(fd) == 0 ? MIRSAL_OK : mir_file_fail(err, "the file cannot be synced");
}

static void parent_of(char out[MIR_PATH_MAX], const char *path)
{
    (void)snprintf(out, MIR_PATH_MAX, "%s", path);
    char *slash = strrchr(out, '/');
    if (slash == NULL) {
        (void)snprintf(out, MIR_PATH_MAX, ".");
    } else if (slash == out) {
        out[1] = '\0';
    } else {
        *slash = '\0';
    }
}

static mirsal_code sync_folder(const char *path, mirsal_error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return mir_file_fail(err, "the folder cannot be opened");
    }
    mirsal_code rc = fsync(fd) == 0 ? MIRSAL_OK : mir_file_fail(err, "the folder cannot be synced");
    (void)close(fd);
    return rc;
}

mirsal_code mir_file_replace(const char *path, struct mir_bytes bytes, mirsal_error *err)
{
    char beside[MIR_PATH_MAX];
    int length = snprintf(beside, sizeof beside, "%s.new", path);
    if (length < 0 || (size_t)length >= sizeof beside) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "the path is too long");
    }
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return mir_file_fail(err, "the file cannot be made");
    }
    mirsal_code rc = write_all(fd, bytes, err);
    if (close(fd) != 0 && rc == MIRSAL_OK) {
        rc = mir_file_fail(err, "the file cannot be closed");
    }
    if (rc == MIRSAL_OK && rename(beside, path) != 0) {
        rc = mir_file_fail(err, "the file cannot be renamed");
    }
    if (rc != MIRSAL_OK) {
        (void)unlink(beside);
        return rc;
    }
    return mir_parent_sync(path, err);
}

mirsal_code mir_parent_sync(const char *path, mirsal_error *err)
{
    char folder[MIR_PATH_MAX];
    parent_of(folder, path);
    return sync_folder(folder, err);
}

mirsal_code mir_file_remove(const char *path, mirsal_error *err)
{
    if (unlink(path) == 0 || errno == ENOENT) {
        return MIRSAL_OK;
    }
    return mir_file_fail(err, "the file cannot be removed");
}

mirsal_code mir_folder_make(int *made, const char *path, mirsal_error *err)
{
    char part[MIR_PATH_MAX];
    *made = 0;
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof part) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "the path is empty or too long");
    }
    memcpy(part, path, size + 1);
    for (size_t i = 1; i <= size; i++) {
        if (part[i] != '/' && part[i] != '\0') {
            continue;
        }
        part[i] = '\0';
        if (mkdir(part, 0700) == 0) {
            *made = i == size;
        } else if (errno != EEXIST) {
            return mir_file_fail(err, "the folder cannot be made");
        }
        part[i] = path[i];
    }
    return MIRSAL_OK;
}

/*
 * Removes files of the folder at path. When it comes to a folder that is not empty, path names that
 * one then, and *deeper is 1.
 */
static mirsal_code remove_files(int *deeper, char path[MIR_PATH_MAX], mirsal_error *err)
{
    size_t length = strlen(path);
    struct dirent *entry = NULL;
    mirsal_code rc = MIRSAL_OK;
    *deeper = 0;
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return mir_file_fail(err, "the folder cannot be read");
    }
    while (rc == MIRSAL_OK && !*deeper && (entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        int more = snprintf(path + length, MIR_PATH_MAX - length, "/%s", entry->d_name);
        if (more < 0 || (size_t)more >= MIR_PATH_MAX - length) {
            rc = mir_fail(err, MIRSAL_TOO_LARGE, "the path is too long");
        } else if (unlink(path) == 0 || errno == ENOENT || rmdir(path) == 0) {
            path[length] = '\0';
        } else if (errno == ENOTEMPTY || errno == EEXIST) {
            *deeper = 1;
        } else {
            rc = mir_file_fail(err, "the file cannot be removed");
        }
    }
    (void)closedir(folder);
    return rc;
}

mirsal_code mir_folder_remove(const char *path, mirsal_error *err)
{
    char at[MIR_PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof at) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "the path is too long");
    }
    memcpy(at, path, length + 1);
    if (unlink(path) == 0 || errno == ENOENT) {
        return MIRSAL_OK;
    }
    for (;;) {
        int deeper = 0;
        mirsal_code rc = remove_files(&deeper, at, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
        if (deeper) {
            continue;
        }
        if (rmdir(at) != 0 && errno != ENOENT) {
            return mir_file_fail(err, "the folder cannot be removed");
        }
        if (strlen(at) == length) {
            return MIRSAL_OK;
        }
        *strrchr(at, '/') = '\0';
    }
}

mirsal_code mir_folder_holds_only(const char *path, const char *const *names, mirsal_error *err)
{
    mirsal_code rc = MIRSAL_OK;
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return mir_file_fail(err, "the folder cannot be read");
    }
    struct dirent *entry = NULL;
    while (rc == MIRSAL_OK && (entry = readdir(folder)) != NULL) {
        int known = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        for (size_t i = 0; names[i] != NULL && !known; i++) {
            known = strcmp(entry->d_name, names[i]) == 0;
        }
        if (!known) {
            rc = mir_fail(err, MIRSAL_STORE_EXISTS, "the folder is not empty");
        }
    }
    (void)closedir(folder);
    return rc;
}

static mirsal_code take_lock(int *out, int fd, int alone, mirsal_error *err)
{
    if (flock(fd, (alone ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
        mirsal_code rc = errno == EWOULDBLOCK
                             ? mir_fail(err, MIRSAL_LOCKED, "another process holds the store")
                             : mir_file_fail(err, "the lock cannot be taken");
        (void)close(fd);
        return rc;
    }
    *out = fd;
    return MIRSAL_OK;
}

mirsal_code mir_file_lock(int *out, const char *path, int alone, mirsal_error *err)
{
    *out = -1;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return fd < 0 ? mir_file_fail(err, "the lock cannot be made") : take_lock(out, fd, alone, err);
}

mirsal_code mir_file_lock_there(int *out, const char *path, int alone, mirsal_error *err)
{
    *out = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? MIRSAL_OK : mir_file_fail(err, "the lock cannot be read");
    }
    return take_lock(out, fd, alone, err);
}

/* The kernel lets go of the one lock before it gives the other. */
mirsal_code mir_file_alone(int lock, mirsal_error *err)
{
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        (void)flock(lock, LOCK_SH);
        return mir_fail(err, MIRSAL_LOCKED, "another process holds the store");
    }
    return MIRSAL_OK;
}

void mir_file_share(int lock)
{
    (void)flock(lock, LOCK_SH | LOCK_NB);
}

void mir_file_unlock(int lock)
{
    if (lock >= 0) {
        (void)close(lock);
    }
}

int mir_file_lock_gone(int lock)
{
    struct stat status;
    return lock >= 0 && fstat(lock, &status) == 0 && status.st_nlink == 0;
}
