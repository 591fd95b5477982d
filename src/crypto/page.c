/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/page.c - one page sealed in its own room; see the header.
 */
#include "page.h"

#include <sodium.h>
#include <string.h>

#define CLEAR_SIZE (MIR_PAGE_SIZE - MIR_PAGE_RESERVE)
#define TAG_AT     (CLEAR_SIZE + MIR_PAGE_NONCE_SIZE)

_Static_assert(sizeof(struct mir_seal_key) == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key");
_Static_assert(MIR_PAGE_NONCE_SIZE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");
_Static_assert(TAG_AT + crypto_aead_xchacha20poly1305_ietf_ABYTES == MIR_PAGE_SIZE, "tag");

static const char context[] = "mirsal1.pag";
#define CONTEXT_SIZE (sizeof context - 1)
#define BOUND_SIZE   (CONTEXT_SIZE + 1 + 4)

/* What a page is bound to: context ‖ role ‖ number, big-endian. */
static void bind_page(uint8_t out[BOUND_SIZE], enum mir_page_role role, uint32_t number)
{
    memcpy(out, context, CONTEXT_SIZE);
    out[CONTEXT_SIZE] = (uint8_t)role;
    for (size_t i = 0; i < 4; i++) {
        out[CONTEXT_SIZE + 1 + i] = (uint8_t)(number >> (24 - 8 * i));
    }
}

void mir_page_seal(uint8_t *out,
    const uint8_t *clear,
    const struct mir_seal_key *key,
    const struct mir_page_nonce *nonce,
    enum mir_page_role role,
    uint32_t number)
{
    uint8_t bound[BOUND_SIZE];
    bind_page(bound, role, number);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt_detached(out, out + TAG_AT, NULL, clear,
        CLEAR_SIZE, bound, sizeof bound, NULL, nonce->bytes, key->bytes);
    memcpy(out + CLEAR_SIZE, nonce->bytes, sizeof nonce->bytes);
}

int mir_page_open(uint8_t *out,
    const uint8_t *sealed,
    const struct mir_seal_key *key,
    enum mir_page_role role,
    uint32_t number)
{
    uint8_t bound[BOUND_SIZE];
    bind_page(bound, role, number);
    int opened = crypto_aead_xchacha20poly1305_ietf_decrypt_detached(out, NULL, sealed, CLEAR_SIZE,
                     sealed + TAG_AT, bound, sizeof bound, sealed + CLEAR_SIZE, key->bytes) == 0;
    if (!opened) {
        memset(out, 0, CLEAR_SIZE);
    }
    memset(out + CLEAR_SIZE, 0, MIR_PAGE_RESERVE);
    return opened;
}

void mir_page_tag(uint8_t out[MIR_PAGE_RESERVE],
    const void *data,
    size_t size,
    const struct mir_seal_key *key,
    const struct mir_page_nonce *nonce)
{
    memcpy(out, nonce->bytes, sizeof nonce->bytes);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
        out, out + MIR_PAGE_NONCE_SIZE, NULL, out, 0, data, size, NULL, nonce->bytes, key->bytes);
}

int mir_page_tag_holds(const uint8_t tag[MIR_PAGE_RESERVE],
    const void *data,
    size_t size,
    const struct mir_seal_key *key)
{
    return crypto_aead_xchacha20poly1305_ietf_decrypt_detached(
               NULL, NULL, tag, 0, tag + MIR_PAGE_NONCE_SIZE, data, size, tag, key->bytes) == 0;
}
