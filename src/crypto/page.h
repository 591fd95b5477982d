/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/page.h - one page of a database sealed in its own room (XChaCha20-Poly1305).
 *
 * Its last 40 bytes are reserved: clear text ‖ 40 zeros is ciphertext ‖ nonce 24 ‖ tag 16 at rest.
 * What the page is bound to: the role of its file and its number.
 */
#ifndef MIR_PAGE_H
#define MIR_PAGE_H

#include "keys.h"

#define MIR_PAGE_SIZE       4096u
#define MIR_PAGE_RESERVE    40u
#define MIR_PAGE_NONCE_SIZE 24u

enum mir_page_role {
    MIR_PAGE_DATABASE = 1,
    MIR_PAGE_WAL = 2,
    MIR_PAGE_JOURNAL = 3,
};

/* Fresh random bytes, never used twice under one key. */
struct mir_page_nonce {
    uint8_t bytes[MIR_PAGE_NONCE_SIZE];
};

/* out and clear are MIR_PAGE_SIZE bytes and may be the same; clear's reserve is not read. */
void mir_page_seal(uint8_t *out,
    const uint8_t *clear,
    const struct mir_seal_key *key,
    const struct mir_page_nonce *nonce,
    enum mir_page_role role,
    uint32_t number);
/*
 * 1, and out is the clear page with a reserve of zeros; 0, and out is all zeros. out and sealed are
 * MIR_PAGE_SIZE bytes and may be the same.
 */
int mir_page_open(uint8_t *out,
    const uint8_t *sealed,
    const struct mir_seal_key *key,
    enum mir_page_role role,
    uint32_t number) MIRSAL_MUST_USE;

/* A tag over bytes that stay clear: nonce ‖ Poly1305, in a page's reserve of its own. */
void mir_page_tag(uint8_t out[MIR_PAGE_RESERVE],
    const void *data,
    size_t size,
    const struct mir_seal_key *key,
    const struct mir_page_nonce *nonce);
/* 1 when the tag is one of these bytes under this key. */
int mir_page_tag_holds(const uint8_t tag[MIR_PAGE_RESERVE],
    const void *data,
    size_t size,
    const struct mir_seal_key *key) MIRSAL_MUST_USE;

#endif
