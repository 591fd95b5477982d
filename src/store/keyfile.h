/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/keyfile.h - a device's secrets: made, sealed into the `keys` file, read back.
 *
 * The file has two slots of equal look, each a box (crypto/password.h) under the one key that the
 * passphrase gives. One holds the store's keys. The other holds what a decoy is made of, or nothing
 * but random bytes while no duress passphrase is set: nobody can tell. Which is which was drawn at
 * random. Clear content of a slot, 472 bytes, the rest zeros:
 *
 *   1 device:   signing seed 32 ‖ Noise secret 32 ‖ HPKE secret 32 ‖ sealing 32 ‖ database 32
 *   2 decoy:    founded u64 ‖ name size u8 ‖ name 120 ‖ label size u8 ‖ label 120
 */
#ifndef MIR_KEYFILE_H
#define MIR_KEYFILE_H

#include "keyimage.h"
#include "sealed.h"
#include "store.h"

#define MIR_DECOY_TEXT_MAX  120u
#define MIR_TRIES_LIMIT_MAX 1000u

enum mir_slot_kind { MIR_SLOT_DEVICE = 1, MIR_SLOT_DECOY = 2 };

/* What a store is made of that stands in the place of the one that its passphrase destroys. */
struct mir_decoy {
    uint64_t founded_ms; /* when its team says that it was made */
    char name[MIR_DECOY_TEXT_MAX + 1u];
    char label[MIR_DECOY_TEXT_MAX + 1u]; /* empty: none */
};

/* What a passphrase opened. In mir_secret_alloc memory. */
struct mir_slot {
    enum mir_slot_kind kind;
    uint32_t place;
    uint16_t limit;              /* wrong tries before the keys are destroyed; 0: any number */
    struct mir_device_keys keys; /* of a device */
    struct mir_decoy decoy;
};

/* Fresh keys from the environment's randomness. */
void mir_device_keys_make(struct mir_device_keys *out, const mirsal_env *env);

/* A file with these keys, random bytes in the other slot. Replaces what is there. */
mirsal_code mir_keyfile_write(const char *path,
    const mirsal_env *env,
    const struct mir_sealed_lock *lock,
    const struct mir_device_keys *keys,
    uint16_t limit,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * Opens the slot that the passphrase opens; one derivation. *lock is what opened it.
 *
 * Where a limit is set, the try is counted and synced before the derivation, and forgotten when the
 * passphrase was right; the last one destroys the keys. A decoy's passphrase destroys the store's
 * slot before this returns. NO_STORE, WRONG_PASSPHRASE (also: one given to a file without, and the
 * other way round; neither counts), WIPED, VERSION, CORRUPT.
 */
mirsal_code mir_keyfile_read(struct mir_slot *out,
    struct mir_sealed_lock *lock,
    const char *path,
    const mirsal_env *env,
    struct mir_bytes passphrase,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * Opens the store's own slot and writes nothing, whatever the passphrase is: of a file without a
 * passphrase none is asked, a decoy's is a wrong one. NOT_ALLOWED where tries are counted: that
 * would be no count. Else the codes of mir_keyfile_read, but WIPED.
 */
mirsal_code mir_keyfile_look(struct mir_slot *out,
    struct mir_sealed_lock *lock,
    const char *path,
    const mirsal_env *env,
    struct mir_bytes passphrase,
    mirsal_error *err) MIRSAL_MUST_USE;

/*
 * For what changes a key file: opens it alone and finds again the slot that this lock opens,
 * without a derivation. WRONG_PASSPHRASE when the file was sealed anew meanwhile. Close the image
 * also after a failure.
 */
mirsal_code mir_keyfile_again(struct mir_slot *out,
    struct mir_key_image *image,
    const char *path,
    const mirsal_env *env,
    const struct mir_sealed_lock *lock,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The bytes of a slot, under the head as it stands in bytes. */
mirsal_code mir_keyfile_put_keys(uint8_t bytes[MIR_KEY_IMAGE_SIZE],
    uint32_t place,
    const mirsal_env *env,
    const struct mir_sealed_lock *lock,
    const struct mir_device_keys *keys,
    mirsal_error *err) MIRSAL_MUST_USE;
mirsal_code mir_keyfile_put_decoy(uint8_t bytes[MIR_KEY_IMAGE_SIZE],
    uint32_t place,
    const mirsal_env *env,
    const struct mir_sealed_lock *lock,
    const struct mir_decoy *decoy,
    mirsal_error *err) MIRSAL_MUST_USE;
/* 1 when this key opens a slot of the image. */
int mir_keyfile_opens(const struct mir_key_image *image,
    const mirsal_env *env,
    const struct mir_seal_key *key);
/* The head of a file that this lock seals, no try counted. */
void mir_keyfile_put_head(uint8_t bytes[MIR_KEY_IMAGE_SIZE],
    const struct mir_sealed_lock *lock,
    uint16_t limit);

#endif
