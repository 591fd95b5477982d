/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/names.c - prefixes of ids, and relays as mirsald prints them.
 */
#include "names.h"

#include "fail.h"
#include "text.h"

#include <string.h>

#define PREFIX_DIGITS_MIN 6u
#define DIGITS            (2u * sizeof(mirsal_hash))
#define URL_SIZE_MAX      1024u

/* Hashes that lie in an array of structs, and what they name. */
struct named {
    const void *first; /* NULL when there are none */
    size_t count;
    size_t stride;
    const char *what;
};

/* The one that begins like text. */
static mirsal_code find_prefix(mirsal_hash *out,
    const struct named *named,
    const char *text,
    mirsal_error *err)
{
    size_t size = strlen(text);
    size_t count = named->first != NULL ? named->count : 0;
    size_t found = 0;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; size >= PREFIX_DIGITS_MIN && size <= DIGITS && i < count; i++) {
        const mirsal_hash *hash = (const void *)((const uint8_t *)named->first + i * named->stride);
        char digits[DIGITS + 1];
        mir_hex_encode(digits, hash->bytes, sizeof hash->bytes);
        if (memcmp(digits, text, size) == 0) {
            *out = *hash;
            found++;
        }
    }
    if (found > 1) {
        return mir_fail(err, MIRSAL_AMBIGUOUS_ID, "%zu %ss begin like this", found, named->what);
    }
    return found == 1 ? MIRSAL_OK : mir_fail(err, MIRSAL_NOT_FOUND, "no such %s", named->what);
}

mirsal_code mir_name_device(mirsal_hash *out,
    const struct mir_store *store,
    const char *text,
    mirsal_error *err)
{
    const struct mir_membership *membership = store->membership;
    const struct mir_member *members = membership->members;
    const struct named named = { members != NULL ? &members->key : NULL, membership->member_count,
        sizeof *members, "device" };
    return find_prefix(out, &named, text, err);
}

mirsal_code mir_name_purge(mirsal_hash *out,
    const struct mir_store *store,
    const char *text,
    mirsal_error *err)
{
    const struct mir_purges *purges = &store->membership->purges;
    const struct named named = { purges->count > 0 ? &purges->items->id : NULL, purges->count,
        sizeof *purges->items, "order" };
    return find_prefix(out, &named, text, err);
}

mirsal_code mir_name_invite(mirsal_hash *out,
    const struct mir_store *store,
    const char *text,
    mirsal_error *err)
{
    const struct mir_membership *membership = store->membership;
    const struct mir_invite *invites = membership->invites;
    const struct named named = { invites != NULL ? &invites->id : NULL, membership->invite_count,
        sizeof *invites, "invite" };
    return find_prefix(out, &named, text, err);
}

mirsal_code mir_name_relay(size_t *url_size,
    mirsal_hash *identity,
    const mirsal_env *env,
    const char *text,
    mirsal_error *err)
{
    const char *mark = strrchr(text, '#');
    struct mir_buf key;
    *url_size = 0;
    memset(identity, 0, sizeof *identity);
    if (mark == NULL) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, "relay", "a relay is given as URL#KEY");
    }
    size_t size = (size_t)(mark - text);
    while (size > 0 && text[size - 1] == '/') {
        size--;
    }
    if ((strncmp(text, "http://", 7) != 0 && strncmp(text, "https://", 8) != 0) ||
        size > URL_SIZE_MAX || !mir_utf8_valid(text, size)) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, "relay", "not an http or https URL");
    }
    mir_buf_init(&key, env, sizeof identity->bytes);
    mirsal_code rc = MIRSAL_OK;
    if (!mir_base64url_decode(&key, mark + 1, strlen(mark + 1)) ||
        key.size != sizeof identity->bytes) {
        rc = mir_fail_field(err, MIRSAL_BAD_VALUE, "relay", "not the key of a relay");
    } else {
        memcpy(identity->bytes, key.data, key.size);
        *url_size = size;
    }
    mir_buf_fini(&key);
    return rc;
}
