/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/bundleopen.h - a part of a bundle read from a file, frame by frame, in bounded memory;
 * protocol/bundle.md 2 and 3. What a cut left whole is given out; the cut is told from a change.
 */
#ifndef MIR_BUNDLEOPEN_H
#define MIR_BUNDLEOPEN_H

#include "bundle.h"
#include "store.h"

struct mir_bundle_file;

/*
 * Opens the file by this device's key or the passphrase, and reads its BUNDLE frame. NOT_AUTHENTIC:
 * no part of a bundle, sealed to others, of another team, changed; USAGE with field "passphrase":
 * it wants one; WRONG_PASSPHRASE; NOT_FOUND; VERSION. *out is given; store is borrowed.
 */
mirsal_code mir_bundle_file_open(struct mir_bundle_file **out,
    struct mir_store *store,
    const char *path,
    struct mir_bytes passphrase,
    mirsal_error *err) MIRSAL_MUST_USE;
void mir_bundle_file_close(struct mir_bundle_file *file); /* accepts NULL */

/* NULL where the part was cut before its head was whole. Borrowed. */
const struct mir_bundle_head *mir_bundle_file_head(const struct mir_bundle_file *file);
/* The MAC of its sealed file, 32 bytes: another file of the same part has another. Borrowed. */
const uint8_t *mir_bundle_file_mac(const struct mir_bundle_file *file);

/*
 * The next frame after BUNDLE, borrowed until the next call; kind NONE at the end. NOT_AUTHENTIC
 * from the place on where the file was changed.
 */
mirsal_code mir_bundle_file_next(struct mir_frame *out,
    struct mir_bundle_file *file,
    mirsal_error *err) MIRSAL_MUST_USE;
/* At the end: 1 where the file was cut short. */
int mir_bundle_file_is_cut(const struct mir_bundle_file *file);

/* Where the next frame begins in the clear text; only places behind the first RUN are gone to. */
uint64_t mir_bundle_file_place(const struct mir_bundle_file *file);
mirsal_code mir_bundle_file_go(struct mir_bundle_file *file, uint64_t place, mirsal_error *err)
    MIRSAL_MUST_USE;

/* Bytes of the file: read so far, and all. */
uint64_t mir_bundle_file_read(const struct mir_bundle_file *file);
uint64_t mir_bundle_file_size(const struct mir_bundle_file *file);

#endif
