/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/sealing.h - what sealing and opening share; protocol/changeset.md 2.
 */
#ifndef MIR_SEALING_H
#define MIR_SEALING_H

#include "buf.h"

/* The plaintext is padded to a multiple of this. */
size_t mir_padding_unit(size_t clear_size);
/* Elements 0 to 9 of a header's bytes: the aad. */
struct mir_bytes mir_header_authenticated(struct mir_bytes header);

#endif
