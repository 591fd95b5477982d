/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server/tar.c - POSIX.1-1988 ustar: a header block of 512 bytes a file, its bytes, zeros to the
 * block.
 */
#include "tar.h"
#include "fail.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK ((size_t)512)

struct ustar {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100];
    char magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct ustar) == 512, "a ustar header is one block");

static mirsal_code fail_write(mirsal_error *err)
{
    return mir_fail(
        err, errno == ENOSPC ? MIRSAL_DISK_FULL : MIRSAL_IO, "the backup is not written");
}

mirsal_code mir_tar_open(struct mir_tar *tar, const char *path, uint64_t time_s, mirsal_error *err)
{
    tar->time_s = time_s;
    tar->file = NULL;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST) {
        return mir_fail(err, MIRSAL_STORE_EXISTS, "the backup file is there already");
    }
    if (fd < 0) {
        return fail_write(err);
    }
    tar->file = fdopen(fd, "wb");
    if (tar->file == NULL) {
        close(fd);
        return fail_write(err);
    }
    return MIRSAL_OK;
}

static void fill_header(struct ustar *header, const char *name, uint64_t size, uint64_t time_s)
{
    unsigned sum = 0;
    memset(header, 0, sizeof(*header));
    snprintf(header->name, sizeof(header->name), "%s", name);
    memcpy(header->mode, "0000600", 8);
    memcpy(header->uid, "0000000", 8);
    memcpy(header->gid, "0000000", 8);
    snprintf(header->size, sizeof(header->size), "%011llo", (unsigned long long)size);
    snprintf(header->mtime, sizeof(header->mtime), "%011llo",
        (unsigned long long)(time_s & UINT64_C(077777777777)));
    memset(header->checksum, ' ', sizeof(header->checksum));
    header->type = '0';
    memcpy(header->magic, "ustar", 6);
    memcpy(header->version, "00", 2);
    for (size_t i = 0; i < sizeof(*header); i++) {
        sum += ((const unsigned char *)header)[i];
    }
    snprintf(header->checksum, sizeof(header->checksum), "%06o", sum);
}

static mirsal_code copy_file(struct mir_tar *tar, FILE *from, uint64_t size, mirsal_error *err)
{
    char block[16 * BLOCK];
    uint64_t left = size;
    while (left > 0) {
        size_t want = left < sizeof(block) ? (size_t)left : sizeof(block);
        if (fread(block, 1, want, from) != want) {
            return mir_fail(err, MIRSAL_IO, "a file to back up ended early");
        }
        size_t padded = (want + BLOCK - 1u) / BLOCK * BLOCK;
        memset(block + want, 0, padded - want);
        if (fwrite(block, 1, padded, tar->file) != padded) {
            return fail_write(err);
        }
        left -= want;
    }
    return MIRSAL_OK;
}

mirsal_code mir_tar_add(struct mir_tar *tar, const char *name, const char *path, mirsal_error *err)
{
    struct ustar header;
    struct stat status;
    FILE *from = fopen(path, "rb");
    mirsal_code rc = MIRSAL_OK;
    if (from == NULL || fstat(fileno(from), &status) != 0 ||
        (uint64_t)status.st_size > UINT64_C(077777777777)) {
        rc = mir_fail(err, MIRSAL_IO, "a file to back up does not open");
    } else {
        fill_header(&header, name, (uint64_t)status.st_size, tar->time_s);
        if (fwrite(&header, 1, sizeof(header), tar->file) != sizeof(header)) {
            rc = fail_write(err);
        } else {
            rc = copy_file(tar, from, (uint64_t)status.st_size, err);
        }
    }
    if (from != NULL) {
        fclose(from);
    }
    return rc;
}

mirsal_code mir_tar_finish(struct mir_tar *tar, mirsal_error *err)
{
    static const char zeros[2 * BLOCK];
    if (fwrite(zeros, 1, sizeof(zeros), tar->file) != sizeof(zeros) || fflush(tar->file) != 0 ||
        fsync(fileno(tar->file)) != 0) {
        return fail_write(err);
    }
    int failed = fclose(tar->file) != 0;
    tar->file = NULL;
    return failed ? fail_write(err) : MIRSAL_OK;
}

void mir_tar_close(struct mir_tar *tar)
{
    if (tar->file != NULL) {
        fclose(tar->file);
        tar->file = NULL;
    }
}
