/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/keyimage.h - the bytes of a `keys` file: read, replaced whole, overwritten in place.
 *
 * Three sectors of 512 bytes, so that no disk overwrites half of one: a head and two slots.
 * Head: magic 8 ‖ version u8 ‖ kdf u8 ‖ salt 16 ‖ passes u32 ‖ memory KiB u32 ‖ limit u16 ‖
 * tries u16 ‖ zeros. What the slots hold is keyfile.h's; protocol/primitives.md 8.3.
 */
#ifndef MIR_KEYIMAGE_H
#define MIR_KEYIMAGE_H

#include "buf.h"

#define MIR_KEY_SECTOR     512u
#define MIR_KEY_SLOTS      2u
#define MIR_KEY_IMAGE_SIZE (MIR_KEY_SECTOR * (1u + MIR_KEY_SLOTS))
#define MIR_KEY_AAD_SIZE   34u /* the head up to memory */
#define MIR_KEY_LIMIT_AT   34u
#define MIR_KEY_TRIES_AT   36u
#define MIR_KEY_HEAD_SIZE  38u

extern const char mir_key_magic[8];
extern const char mir_wiped_magic[8]; /* in the place of the magic: the keys are destroyed */
#define MIR_KEY_VERSION 1u

struct mir_key_image {
    int fd;
    int writable;
    uint8_t bytes[MIR_KEY_IMAGE_SIZE];
};

/*
 * Opens and reads the file. With alone it waits until nobody else counts a try or changes the file;
 * closing ends that. NO_STORE, WIPED, VERSION, CORRUPT, IO. Close it also after a failure.
 */
mirsal_code mir_key_image_open(struct mir_key_image *out,
    const char *path,
    int alone,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_key_image_close(struct mir_key_image *image);

/* What bytes hold from `at` on goes to the same place of the file, and is synced. */
mirsal_code mir_key_image_put(struct mir_key_image *image,
    size_t at,
    size_t size,
    mirsal_error *err) MIRSAL_MUST_USE;
/*
 * A new file with these bytes in the place of the one that was opened alone: all old or all new.
 * The old one's bytes are overwritten once the new stands. WIPED or LOCKED: the old one was
 * destroyed or changed meanwhile, and stays as it is.
 */
mirsal_code mir_key_image_replace(struct mir_key_image *image,
    const char *path,
    const uint8_t bytes[MIR_KEY_IMAGE_SIZE],
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * Overwrites a slot of the file with these random bytes, wherever a change under way has put it:
 * what that slot held is gone when this returns.
 */
mirsal_code mir_key_slot_destroy(const char *path,
    uint32_t place,
    const uint8_t random[MIR_KEY_SECTOR],
    mirsal_error *err) MIRSAL_MUST_USE;
/*
 * Destroys all that the file holds and leaves the mark that opening answers with WIPED. Needs no
 * lock and reads nothing: also a damaged file is destroyed. NO_STORE when there is none.
 */
mirsal_code mir_key_image_destroy(const char *path, mirsal_error *err) MIRSAL_MUST_USE;

#endif
