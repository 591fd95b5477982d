/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/keyimage.c - the bytes of a `keys` file; see the header.
 *
 * Destroying takes no lock, so that nobody can keep it waiting. A change that is under way does not
 * bring back what was destroyed: it writes `keys.new` first and looks at the old file last, and
 * destroying overwrites the old file first and looks for `keys.new` and for another file in the old
 * one's place last. Whichever comes second sees the other.
 */
#include "keyimage.h"

#include "fail.h"
#include "files.h"
#include "keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION_AT 8u
#define KDF_AT     9u
#define ROUNDS_MAX 16 /* of a file that is replaced while it is looked at */

const char mir_key_magic[8] = { 'm', 'i', 'r', 's', 'a', 'l', 'k', '1' };
const char mir_wiped_magic[8] = { 'm', 'i', 'r', 's', 'a', 'l', 'w', '1' };

static mirsal_code fail_disk(mirsal_error *err, const char *what)
{
    int number = errno;
    mirsal_code code = number == ENOSPC || number == EDQUOT ? MIRSAL_DISK_FULL : MIRSAL_IO;
    (void)mir_fail(err, code, "%s (errno %d)", what, number);
    if (err != NULL) {
        err->detail = (uint32_t)number;
    }
    return code;
}

static int put_all(int fd, const uint8_t *data, size_t size, size_t at)
{
    size_t done = 0;
    while (done < size) {
        ssize_t put = pwrite(fd, data + done, size - done, (off_t)(at + done));
        if (put < 0 && errno != EINTR) {
            return -1;
        }
        done += put > 0 ? (size_t)put : 0;
    }
    return fsync(fd);
}

/* -1 on an error; else how many bytes there were, size at most. */
static ssize_t get_all(int fd, uint8_t *data, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = pread(fd, data + done, size - done, (off_t)done);
        if (got == 0) {
            break;
        }
        if (got < 0 && errno != EINTR) {
            return -1;
        }
        done += got > 0 ? (size_t)got : 0;
    }
    return (ssize_t)done;
}

static mirsal_code check_head(const uint8_t *bytes, size_t size, mirsal_error *err)
{
    if (size >= sizeof mir_wiped_magic &&
        memcmp(bytes, mir_wiped_magic, sizeof mir_wiped_magic) == 0) {
        return mir_fail(err, MIRSAL_WIPED, "the store was wiped");
    }
    if (size <= VERSION_AT || memcmp(bytes, mir_key_magic, sizeof mir_key_magic) != 0) {
        return mir_fail(err, MIRSAL_CORRUPT, "the key file is not one");
    }
    if (bytes[VERSION_AT] != MIR_KEY_VERSION) {
        return mir_fail(err, MIRSAL_VERSION, "a key file of another version");
    }
    int is_damaged = size != MIR_KEY_IMAGE_SIZE || bytes[KDF_AT] > 1;
    for (size_t i = MIR_KEY_HEAD_SIZE; i < MIR_KEY_SECTOR && !is_damaged; i++) {
        is_damaged = bytes[i] != 0;
    }
    return is_damaged ? mir_fail(err, MIRSAL_CORRUPT, "the key file is damaged") : MIRSAL_OK;
}

static mirsal_code read_image(struct mir_key_image *image, mirsal_error *err)
{
    struct stat status;
    ssize_t size = get_all(image->fd, image->bytes, sizeof image->bytes);
    if (size < 0 || fstat(image->fd, &status) != 0) {
        return fail_disk(err, "the key file cannot be read");
    }
    mirsal_code rc = check_head(image->bytes, (size_t)size, err);
    if (rc == MIRSAL_OK && status.st_size != (off_t)MIR_KEY_IMAGE_SIZE) {
        rc = mir_fail(err, MIRSAL_CORRUPT, "the key file is damaged");
    }
    return rc;
}

/* 1 when the file of fd is the one at path. */
static int is_at(int fd, const char *path)
{
    struct stat held;
    struct stat named;
    return fstat(fd, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino &&
           held.st_dev == named.st_dev;
}

static mirsal_code open_file(struct mir_key_image *out, const char *path, mirsal_error *err)
{
    out->writable = 1;
    out->fd = open(path, O_RDWR | O_CLOEXEC);
    if (out->fd < 0 && (errno == EACCES || errno == EROFS || errno == EPERM)) {
        out->writable = 0;
        out->fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (out->fd < 0 && errno == ENOENT) {
        return mir_fail(err, MIRSAL_NO_STORE, "no store here");
    }
    return out->fd < 0 ? fail_disk(err, "the key file cannot be opened") : MIRSAL_OK;
}

mirsal_code mir_key_image_open(struct mir_key_image *out,
    const char *path,
    int alone,
    mirsal_error *err)
{
    memset(out, 0, sizeof *out);
    out->fd = -1;
    for (int round = 0; round < ROUNDS_MAX; round++) {
        mirsal_code rc = open_file(out, path, err);
        if (rc != MIRSAL_OK) {
            return rc;
        }
        int locked = alone ? -1 : 0;
        while (locked != 0) {
            locked = flock(out->fd, LOCK_EX);
            if (locked != 0 && errno != EINTR) {
                return fail_disk(err, "the key file cannot be locked");
            }
        }
        rc = read_image(out, err);
        if (is_at(out->fd, path)) {
            return rc;
        }
        mir_key_image_close(out);
    }
    return mir_fail(err, MIRSAL_LOCKED, "the key file is being changed");
}

void mir_key_image_close(struct mir_key_image *image)
{
    if (image->fd >= 0) {
        (void)close(image->fd);
    }
    image->fd = -1;
    mir_wipe(image->bytes, sizeof image->bytes);
}

mirsal_code mir_key_image_put(struct mir_key_image *image,
    size_t at,
    size_t size,
    mirsal_error *err)
{
    if (put_all(image->fd, image->bytes + at, size, at) != 0) {
        return fail_disk(err, "the key file cannot be written");
    }
    return MIRSAL_OK;
}

/* OK while the file is as it was read. */
static mirsal_code check_unchanged(const struct mir_key_image *image, mirsal_error *err)
{
    uint8_t now[MIR_KEY_IMAGE_SIZE];
    ssize_t size = get_all(image->fd, now, sizeof now);
    mirsal_code rc = MIRSAL_OK;
    if (size < 0) {
        rc = fail_disk(err, "the key file cannot be read");
    } else if (size != (ssize_t)sizeof now || memcmp(now, image->bytes, sizeof now) != 0) {
        rc = check_head(now, (size_t)size, err);
        rc = rc == MIRSAL_OK ? mir_fail(err, MIRSAL_LOCKED, "the key file was changed") : rc;
    }
    mir_wipe(now, sizeof now);
    return rc;
}

mirsal_code mir_key_image_replace(struct mir_key_image *image,
    const char *path,
    const uint8_t bytes[MIR_KEY_IMAGE_SIZE],
    mirsal_error *err)
{
    char beside[MIR_PATH_MAX];
    int length = snprintf(beside, sizeof beside, "%s.new", path);
    if (length < 0 || (size_t)length >= sizeof beside) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "the path is too long");
    }
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fail_disk(err, "the key file cannot be made");
    }
    mirsal_code rc = MIRSAL_OK;
    if (put_all(fd, bytes, MIR_KEY_IMAGE_SIZE, 0) != 0) {
        rc = fail_disk(err, "the key file cannot be written");
    }
    if (close(fd) != 0 && rc == MIRSAL_OK) {
        rc = fail_disk(err, "the key file cannot be written");
    }
    if (rc == MIRSAL_OK) {
        rc = check_unchanged(image, err);
    }
    if (rc == MIRSAL_OK && rename(beside, path) != 0) {
        rc = fail_disk(err, "the key file cannot be renamed");
    }
    if (rc != MIRSAL_OK) {
        (void)unlink(beside);
        return rc;
    }
    rc = mir_parent_sync(path, err);
    if (rc == MIRSAL_OK) {
        memset(image->bytes, 0, sizeof image->bytes);
        (void)!mir_key_image_put(image, 0, sizeof image->bytes, NULL);
    }
    return rc;
}

/*
 * In one file that is open: of a slot its sector, of the whole the head first, without whose salt
 * no slot opens.
 */
static int overwrite(int fd, uint32_t place, const uint8_t *random)
{
    uint8_t bytes[MIR_KEY_IMAGE_SIZE] = { 0 };
    struct stat status;
    if (random != NULL) {
        return put_all(fd, random, MIR_KEY_SECTOR, (size_t)MIR_KEY_SECTOR * (1u + place));
    }
    memcpy(bytes, mir_wiped_magic, sizeof mir_wiped_magic);
    if (put_all(fd, bytes, MIR_KEY_SECTOR, 0) != 0 || fstat(fd, &status) != 0) {
        return -1;
    }
    if (status.st_size > (off_t)sizeof bytes && ftruncate(fd, (off_t)sizeof bytes) != 0) {
        return -1;
    }
    return put_all(fd, bytes + MIR_KEY_SECTOR, sizeof bytes - MIR_KEY_SECTOR, MIR_KEY_SECTOR);
}

/* What a change under way has written beside, or left there when it was interrupted. */
static mirsal_code destroy_beside(const char *path,
    uint32_t place,
    const uint8_t *random,
    mirsal_error *err)
{
    char beside[MIR_PATH_MAX];
    int length = snprintf(beside, sizeof beside, "%s.new", path);
    if (length < 0 || (size_t)length >= sizeof beside) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "the path is too long");
    }
    int fd = open(beside, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? MIRSAL_OK : fail_disk(err, "the key file cannot be opened");
    }
    int failed = overwrite(fd, place, random);
    (void)close(fd);
    return failed ? fail_disk(err, "the key file cannot be overwritten") : MIRSAL_OK;
}

static mirsal_code destroy(const char *path,
    uint32_t place,
    const uint8_t *random,
    mirsal_error *err)
{
    for (int round = 0; round < ROUNDS_MAX; round++) {
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0) {
            return errno == ENOENT ? mir_fail(err, MIRSAL_NO_STORE, "no store here")
                                   : fail_disk(err, "the key file cannot be opened");
        }
        mirsal_code rc = MIRSAL_OK;
        if (overwrite(fd, place, random) != 0) {
            rc = fail_disk(err, "the key file cannot be overwritten");
        }
        if (rc == MIRSAL_OK) {
            rc = destroy_beside(path, place, random, err);
        }
        int same = is_at(fd, path);
        (void)close(fd);
        if (rc != MIRSAL_OK || same) {
            return rc;
        }
    }
    return mir_fail(err, MIRSAL_LOCKED, "the key file is being changed");
}

mirsal_code mir_key_slot_destroy(const char *path,
    uint32_t place,
    const uint8_t random[MIR_KEY_SECTOR],
    mirsal_error *err)
{
    MIR_ASSERT(place < MIR_KEY_SLOTS);
    return destroy(path, place, random, err);
}

mirsal_code mir_key_image_destroy(const char *path, mirsal_error *err)
{
    return destroy(path, 0, NULL, err);
}
