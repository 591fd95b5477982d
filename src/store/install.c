/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/install.c - whether a store lies where it was made; see the header.
 *
 * The nonce is written before what names it, so that an interruption leaves a nonce of no use.
 */
#include "install.h"

#include "env.h"
#include "fail.h"
#include "files.h"
#include "folder.h"
#include "hash.h"
#include "text.h"

#include <string.h>

#define NAME_SIZE    16u
#define NONCE_SIZE   32u
#define CHECK_SIZE   32u
#define FILE_SIZE    (sizeof magic - 1 + NAME_SIZE + CHECK_SIZE)
#define MACHINE_MAX  64u
#define MACHINE_PATH "/etc/machine-id"

static const char magic[] = "mirsali1";

struct install {
    uint8_t name[NAME_SIZE];
    uint8_t check[CHECK_SIZE];
};

static mirsal_code state_path(char out[MIR_PATH_MAX],
    const char *state,
    const uint8_t name[NAME_SIZE],
    mirsal_error *err)
{
    char hex[NAME_SIZE * 2 + 1];
    mir_hex_encode(hex, name, NAME_SIZE);
    hex[NAME_SIZE * 2] = 0;
    return mir_path_join(out, state, hex, err);
}

/* Exactly size bytes of a file; 0 when it is not so. */
static int read_exact(void *out, size_t size, const mirsal_env *env, const char *path)
{
    struct mir_buf file;
    mir_buf_init(&file, env, size);
    int is_whole = mir_file_read(&file, path, size, NULL) == MIRSAL_OK && file.size == size;
    if (is_whole) {
        memcpy(out, file.data, size);
    }
    mir_buf_fini(&file);
    return is_whole;
}

static int read_install(struct install *out, const mirsal_env *env, const char *directory)
{
    char path[MIR_PATH_MAX];
    uint8_t bytes[FILE_SIZE];
    if (mir_path_join(path, directory, MIR_NAME_INSTALL, NULL) != MIRSAL_OK ||
        !read_exact(bytes, sizeof bytes, env, path) ||
        memcmp(bytes, magic, sizeof magic - 1) != 0) {
        return 0;
    }
    memcpy(out->name, bytes + sizeof magic - 1, sizeof out->name);
    memcpy(out->check, bytes + sizeof magic - 1 + NAME_SIZE, sizeof out->check);
    return 1;
}

static mirsal_code make_check(uint8_t out[CHECK_SIZE],
    const struct mir_install_place *place,
    const uint8_t nonce[NONCE_SIZE],
    mirsal_error *err)
{
    char path[MIR_PATH_MAX];
    struct mir_buf bound;
    mirsal_code rc = mir_path_join(path, place->directory, MIR_NAME_DATABASE, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_buf_init(&bound, place->env, 8 + MACHINE_MAX);
    mir_buf_append_be64(&bound, mir_file_inode(path));
    size_t before = bound.size;
    if (mir_file_read(&bound, MACHINE_PATH, MACHINE_MAX, NULL) != MIRSAL_OK) {
        bound.size = before;
    }
    rc = mir_buf_finish(&bound, err);
    if (rc == MIRSAL_OK) {
        mir_hash_keyed(out, CHECK_SIZE, -1, nonce, NONCE_SIZE, mir_buf_bytes(&bound));
    }
    mir_buf_fini(&bound);
    return rc;
}

/* Its nonce, and whether that is this store's own. */
static int find_nonce(char path[MIR_PATH_MAX], const struct mir_install_place *place)
{
    uint8_t nonce[NONCE_SIZE];
    uint8_t check[CHECK_SIZE];
    struct install install;
    return read_install(&install, place->env, place->directory) &&
           state_path(path, place->state, install.name, NULL) == MIRSAL_OK &&
           read_exact(nonce, sizeof nonce, place->env, path) &&
           make_check(check, place, nonce, NULL) == MIRSAL_OK &&
           mir_equal(check, install.check, sizeof check);
}

int mir_install_fits(const struct mir_install_place *place)
{
    char path[MIR_PATH_MAX];
    return place->state == NULL || find_nonce(path, place);
}

void mir_install_remove(const struct mir_install_place *place)
{
    char path[MIR_PATH_MAX];
    if (place->state != NULL && find_nonce(path, place)) {
        (void)!mir_file_remove(path, NULL);
    }
    if (mir_path_join(path, place->directory, MIR_NAME_INSTALL, NULL) == MIRSAL_OK) {
        (void)!mir_file_remove(path, NULL);
    }
}

mirsal_code mir_install_write(const struct mir_install_place *place, mirsal_error *err)
{
    char path[MIR_PATH_MAX];
    uint8_t nonce[NONCE_SIZE];
    uint8_t bytes[FILE_SIZE];
    struct install install;
    int made = 0;
    if (place->state == NULL) {
        return MIRSAL_OK;
    }
    mir_install_remove(place);
    mir_random(place->env, install.name, sizeof install.name);
    mir_random(place->env, nonce, sizeof nonce);
    mirsal_code rc = make_check(install.check, place, nonce, err);
    if (rc == MIRSAL_OK) {
        rc = mir_folder_make(&made, place->state, err);
    }
    if (rc == MIRSAL_OK) {
        rc = state_path(path, place->state, install.name, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_file_replace(path, (struct mir_bytes){ nonce, sizeof nonce }, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_path_join(path, place->directory, MIR_NAME_INSTALL, err);
    }
    if (rc == MIRSAL_OK) {
        memcpy(bytes, magic, sizeof magic - 1);
        memcpy(bytes + sizeof magic - 1, install.name, NAME_SIZE);
        memcpy(bytes + sizeof magic - 1 + NAME_SIZE, install.check, CHECK_SIZE);
        rc = mir_file_replace(path, (struct mir_bytes){ bytes, sizeof bytes }, err);
    }
    return rc;
}
