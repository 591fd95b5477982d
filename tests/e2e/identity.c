/* SPDX-License-Identifier: Apache-2.0 */
/*
 * e2e/identity.c - sealing that hides nothing, for a control of peek_test.py: linked in the place
 * of hpke.h's functions by --wrap into a test program that is never installed.
 *
 * The clear text stands as it is; the tag is of the context's key, so that another key still does
 * not open.
 */
#include "hpke.h"

#include <string.h>

void __wrap_mir_hpke_seal(struct mir_hpke *hpke,
    uint8_t *out,
    struct mir_bytes aad,
    const void *clear,
    size_t clear_size);
mirsal_code __wrap_mir_hpke_open(struct mir_hpke *hpke,
    uint8_t *out,
    struct mir_bytes aad,
    const void *sealed,
    size_t size,
    mirsal_error *err);
mirsal_code __wrap_mir_hpke_seal_to(struct mir_buf *out,
    const struct mir_agree_public *recipient,
    enum mir_context info,
    const uint8_t ikm[32],
    struct mir_bytes aad,
    struct mir_bytes clear,
    mirsal_error *err);
mirsal_code __wrap_mir_hpke_open_from(struct mir_buf *out,
    const struct mir_agree_secret *recipient,
    enum mir_context info,
    struct mir_bytes aad,
    struct mir_bytes sealed,
    mirsal_error *err);

void __wrap_mir_hpke_seal(struct mir_hpke *hpke,
    uint8_t *out,
    struct mir_bytes aad,
    const void *clear,
    size_t clear_size)
{
    (void)aad;
    memmove(out, clear, clear_size);
    memcpy(out + clear_size, hpke->key, MIR_HPKE_TAG_SIZE);
}

mirsal_code __wrap_mir_hpke_open(struct mir_hpke *hpke,
    uint8_t *out,
    struct mir_bytes aad,
    const void *sealed,
    size_t size,
    mirsal_error *err)
{
    const uint8_t *bytes = sealed;
    (void)aad;
    (void)err;
    if (size < MIR_HPKE_TAG_SIZE ||
        memcmp(bytes + size - MIR_HPKE_TAG_SIZE, hpke->key, MIR_HPKE_TAG_SIZE) != 0) {
        return MIRSAL_NOT_AUTHENTIC;
    }
    memmove(out, bytes, size - MIR_HPKE_TAG_SIZE);
    return MIRSAL_OK;
}

mirsal_code __wrap_mir_hpke_seal_to(struct mir_buf *out,
    const struct mir_agree_public *recipient,
    enum mir_context info,
    const uint8_t ikm[32],
    struct mir_bytes aad,
    struct mir_bytes clear,
    mirsal_error *err)
{
    struct mir_hpke hpke;
    uint8_t enc[MIR_HPKE_ENC_SIZE];
    mirsal_code rc = mir_hpke_setup_sender(&hpke, enc, recipient, mir_context_text(info), ikm, err);
    if (rc == MIRSAL_OK) {
        mir_buf_append(out, enc, sizeof enc);
        uint8_t *sealed = mir_buf_extend(out, clear.size + MIR_HPKE_TAG_SIZE);
        rc = mir_buf_finish(out, err);
        if (rc == MIRSAL_OK) {
            __wrap_mir_hpke_seal(&hpke, sealed, aad, clear.data, clear.size);
        }
    }
    return rc;
}

mirsal_code __wrap_mir_hpke_open_from(struct mir_buf *out,
    const struct mir_agree_secret *recipient,
    enum mir_context info,
    struct mir_bytes aad,
    struct mir_bytes sealed,
    mirsal_error *err)
{
    struct mir_hpke hpke;
    (void)aad;
    if (sealed.size < MIR_HPKE_ENC_SIZE + MIR_HPKE_TAG_SIZE) {
        return MIRSAL_NOT_AUTHENTIC;
    }
    mirsal_code rc =
        mir_hpke_setup_receiver(&hpke, sealed.data, recipient, mir_context_text(info), err);
    size_t size = sealed.size - MIR_HPKE_ENC_SIZE;
    const uint8_t *bytes = sealed.data + MIR_HPKE_ENC_SIZE;
    if (rc == MIRSAL_OK &&
        memcmp(bytes + size - MIR_HPKE_TAG_SIZE, hpke.key, MIR_HPKE_TAG_SIZE) != 0) {
        rc = MIRSAL_NOT_AUTHENTIC;
    }
    if (rc == MIRSAL_OK) {
        mir_buf_append(out, bytes, size - MIR_HPKE_TAG_SIZE);
        rc = mir_buf_finish(out, err);
    }
    return rc;
}
