/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/sign.c - Ed25519 over context ‖ bytes; protocol/primitives.md 3.
 *
 * Both passes of Ed25519 read the whole message, so context and bytes are put together on the
 * stack; SIGNED_SIZE_MAX bounds it.
 */
#include "sign.h"

#include "fail.h"
#include "mir_limits.h"

#include <sodium.h>
#include <string.h>

#define CONTEXT_SIZE 16u

struct signed_message {
    uint8_t bytes[CONTEXT_SIZE + MIR_SIGNED_SIZE_MAX];
    size_t size;
};

static void join_context(struct signed_message *out,
    enum mir_context context,
    const void *data,
    size_t size)
{
    memcpy(out->bytes, mir_context_bytes(context), CONTEXT_SIZE);
    if (size > 0) {
        memcpy(out->bytes + CONTEXT_SIZE, data, size);
    }
    out->size = CONTEXT_SIZE + size;
}

void mir_sign(uint8_t signature[64],
    enum mir_context context,
    const void *data,
    size_t size,
    const struct mir_sign_secret *secret)
{
    MIR_ASSERT(size <= MIR_SIGNED_SIZE_MAX);
    struct signed_message message;
    join_context(&message, context, data, size);
    int rc = crypto_sign_detached(signature, NULL, message.bytes, message.size, secret->bytes);
    MIR_ASSERT(rc == 0);
}

int mir_sign_verify(const uint8_t signature[64],
    enum mir_context context,
    const void *data,
    size_t size,
    const uint8_t public_key[32])
{
    if (size > MIR_SIGNED_SIZE_MAX) {
        return 0;
    }
    struct signed_message message;
    join_context(&message, context, data, size);
    return mir_sign_verify_raw(signature, message.bytes, message.size, public_key);
}

int mir_sign_verify_raw(const uint8_t signature[64],
    const void *data,
    size_t size,
    const uint8_t public_key[32])
{
    return crypto_sign_verify_detached(signature, data, size, public_key) == 0;
}
