/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/sealing.h - what sealing and opening share; protocol/changeset.md 2.
 */
#ifndef MIR_SEALING_H
#define MIR_SEALING_H

#include "changeset.h"

/* Of a changeset's body and of its residue: what the plaintext holds (2.3). */
struct mir_sealed_text {
    uint32_t schema_version;
    struct mir_bytes clear; /* in the arena */
};

/* Appends schema version, clear size, flags, the deflated clear text and the padding. */
mirsal_code mir_sealed_text_pack(struct mir_buf *out,
    uint32_t schema_version,
    struct mir_bytes dictionary,
    struct mir_bytes clear,
    mirsal_error *err) MIRSAL_MUST_USE;
/* The reverse, of at most clear_max bytes. NOT_FOUND: the schema is not held; else PEER codes. */
mirsal_code mir_sealed_text_unpack(struct mir_sealed_text *out,
    struct mir_arena *arena,
    const struct mir_open *keys,
    struct mir_bytes plain,
    size_t clear_max,
    mirsal_error *err) MIRSAL_MUST_USE;

/* The plaintext is padded to a multiple of this. */
size_t mir_padding_unit(size_t clear_size);
/* Elements 0 to 9 of a header's bytes: the aad. */
struct mir_bytes mir_header_authenticated(struct mir_bytes header);

#endif
