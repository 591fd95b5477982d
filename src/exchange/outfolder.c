/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/outfolder.c - see the header.
 */
#include "outfolder.h"

#include "env.h"
#include "fail.h"
#include "files.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PENDING_MAX   ((size_t)512 << 20)
#define PENDING_FLUSH ((size_t)1 << 18)

/* An empty folder makes room, anything else does not. */
static mirsal_code check_target(const char *path, mirsal_error *err)
{
    struct stat found;
    if (lstat(path, &found) != 0) {
        return errno == ENOENT ? MIRSAL_OK
                               : mir_fail_system(err, errno, "cannot look at the folder");
    }
    static const char *const none[] = { NULL };
    return S_ISDIR(found.st_mode)
               ? mir_folder_holds_only(path, none, err)
               : mir_fail(err, MIRSAL_STORE_EXISTS, "something is already there");
}

mirsal_code mir_outfolder_begin(struct mir_outfolder *folder,
    const mirsal_env *env,
    const char *path,
    const struct mir_export_hash *hash,
    size_t file_count,
    mirsal_error *err)
{
    uint8_t random[6];
    char suffix[2 * sizeof random + 1];
    size_t size = strlen(path);
    memset(folder, 0, sizeof *folder);
    folder->open = -1;
    folder->hash = *hash;
    mir_arena_init(&folder->arena, env, (size_t)1 << 20);
    mir_buf_init(&folder->pending, env, PENDING_MAX);
    while (size > 1 && path[size - 1] == '/') {
        size--;
    }
    if (size == 0 || size + sizeof suffix + 8 > sizeof folder->path) {
        return mir_fail(err, MIRSAL_BAD_VALUE, "the folder's name is too long, or empty");
    }
    memcpy(folder->path, path, size);
    mir_random(env, random, sizeof random);
    mir_hex_encode(suffix, random, sizeof random);
    folder->files = mir_arena_alloc(&folder->arena, file_count, sizeof *folder->files);
    folder->capacity = file_count;
    if (folder->files == NULL) {
        return mir_fail(err, MIRSAL_NO_MEMORY, "out of memory");
    }
    mirsal_code rc = check_target(folder->path, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    (void)snprintf(folder->partial, sizeof folder->partial, "%s.part-%s", folder->path, suffix);
    if (mkdir(folder->partial, 0700) != 0) {
        int number = errno;
        folder->partial[0] = '\0';
        return mir_fail_system(err, number, "cannot make the folder");
    }
    return MIRSAL_OK;
}

static int build_path(char out[MIR_OUTFOLDER_PATH + 128],
    const struct mir_outfolder *folder,
    const char *name)
{
    int size = snprintf(out, MIR_OUTFOLDER_PATH + 128, "%s/%s", folder->partial, name);
    return size > 0 && size < (int)MIR_OUTFOLDER_PATH + 128;
}

mirsal_code mir_outfolder_open(struct mir_outfolder *folder, const char *name, mirsal_error *err)
{
    char path[MIR_OUTFOLDER_PATH + 128];
    const char *kept = mir_arena_copy(&folder->arena, name, strlen(name));
    MIR_ASSERT(folder->open < 0 && folder->count < folder->capacity);
    if (kept == NULL || !build_path(path, folder, name)) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "too many files, or too long a name");
    }
    folder->open = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (folder->open < 0) {
        return mir_fail_system(err, errno, "cannot make a file");
    }
    folder->files[folder->count++] = (struct mir_outfile){ .name = kept };
    folder->hash.begin(folder->hash.context);
    return MIRSAL_OK;
}

static mirsal_code flush(struct mir_outfolder *folder, mirsal_error *err)
{
    size_t at = 0;
    mirsal_code rc = mir_buf_finish(&folder->pending, err);
    while (rc == MIRSAL_OK && at < folder->pending.size) {
        ssize_t wrote = write(folder->open, folder->pending.data + at, folder->pending.size - at);
        if (wrote < 0 && errno != EINTR) {
            rc = mir_fail_system(err, errno, "cannot write");
        }
        at += wrote > 0 ? (size_t)wrote : 0;
    }
    if (rc == MIRSAL_OK && folder->pending.size > 0) {
        folder->hash.update(folder->hash.context, folder->pending.data, folder->pending.size);
    }
    mir_buf_reset(&folder->pending);
    return rc;
}

mirsal_code mir_outfolder_line(struct mir_outfolder *folder,
    struct mir_bytes line,
    mirsal_error *err)
{
    MIR_ASSERT(folder->open >= 0);
    mir_buf_append(&folder->pending, line.data, line.size);
    mir_buf_append_u8(&folder->pending, '\n');
    folder->files[folder->count - 1].rows++;
    return folder->pending.size < PENDING_FLUSH ? MIRSAL_OK : flush(folder, err);
}

mirsal_code mir_outfolder_close(struct mir_outfolder *folder, mirsal_error *err)
{
    mirsal_code rc = flush(folder, err);
    if (rc == MIRSAL_OK && fsync(folder->open) != 0) {
        rc = mir_fail_system(err, errno, "cannot write");
    }
    if (close(folder->open) != 0 && rc == MIRSAL_OK) {
        rc = mir_fail_system(err, errno, "cannot write");
    }
    folder->open = -1;
    if (rc == MIRSAL_OK) {
        folder->hash.end(folder->hash.context, folder->files[folder->count - 1].sha256);
    }
    return rc;
}

/* The names in a folder are durable when it was synced. */
static mirsal_code sync_folder(const char *path, mirsal_error *err)
{
    int opened = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) {
        return mir_fail_system(err, errno, "cannot open the folder");
    }
    int failed = fsync(opened) == 0 ? 0 : errno;
    (void)close(opened);
    return failed == 0 || failed == EINVAL ? MIRSAL_OK
                                           : mir_fail_system(err, failed, "cannot write");
}

mirsal_code mir_outfolder_finish(struct mir_outfolder *folder, mirsal_error *err)
{
    char parent[MIR_OUTFOLDER_PATH];
    mirsal_code rc = sync_folder(folder->partial, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (rename(folder->partial, folder->path) != 0) {
        return errno == ENOTEMPTY || errno == EEXIST
                   ? mir_fail(err, MIRSAL_STORE_EXISTS, "something is already there")
                   : mir_fail_system(err, errno, "cannot name the folder");
    }
    folder->partial[0] = '\0';
    memcpy(parent, folder->path, sizeof parent);
    char *slash = strrchr(parent, '/');
    if (slash == NULL) {
        return sync_folder(".", err);
    }
    slash[slash == parent ? 1 : 0] = '\0';
    return sync_folder(parent, err);
}

void mir_outfolder_end(struct mir_outfolder *folder)
{
    char path[MIR_OUTFOLDER_PATH + 128];
    if (folder->partial[0] != '\0') {
        if (folder->open >= 0) {
            (void)close(folder->open);
        }
        for (size_t i = 0; i < folder->count; i++) {
            if (build_path(path, folder, folder->files[i].name)) {
                (void)unlink(path);
            }
        }
        (void)rmdir(folder->partial);
    }
    mir_buf_fini(&folder->pending);
    mir_arena_fini(&folder->arena);
    memset(folder, 0, sizeof *folder);
}
