/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/compared.c - words of devices, compared by people; see the header. The mark is a row of
 * meta, "compared " and the device's key in hex: it is this device's own, and no statement.
 */
#include "compared.h"

#include "changeset.h"
#include "fail.h"
#include "layout.h"
#include "members.h"
#include "team.h"
#include "text.h"
#include "words.h"

#include <string.h>

static const char mark_prefix[] = "compared ";

#define MARK_SIZE (sizeof mark_prefix + 64u)

static void name_mark(char out[MARK_SIZE], const mirsal_hash *device)
{
    memcpy(out, mark_prefix, sizeof mark_prefix - 1);
    mir_hex_encode(out + sizeof mark_prefix - 1, device->bytes, sizeof device->bytes);
}

void mir_compared_words(char out[MIR_COMPARED_WORDS_SIZE],
    const struct mir_store *store,
    const struct mir_member *member,
    int arabic)
{
    const struct mir_words_of of = { &store->team, &member->key, &member->noise, &member->hpke };
    _Static_assert(MIR_COMPARED_WORDS_SIZE == MIR_WORDS_TEXT_SIZE, "the words fit");
    mir_words_write(out, arabic ? MIR_WORDS_ARABIC : MIR_WORDS_LATIN, &of);
}

static mirsal_code say_it(struct mir_store *store, const mirsal_hash *device, mirsal_error *err)
{
    char mark[MARK_SIZE];
    name_mark(mark, device);
    mirsal_code rc = mir_meta_set_int(store->sql, mark, 1, err);
    if (rc == MIRSAL_OK && mir_members_self(store, MIR_ROLE_ADMIN) != NULL) {
        rc = mir_device_admit(store, device, err);
    }
    return rc;
}

mirsal_code mir_compared_say(struct mir_store *store, const mirsal_hash *device, mirsal_error *err)
{
    if (mir_membership_device(store->membership, device) == NULL) {
        return mir_fail(err, MIRSAL_NOT_FOUND, "no such device has joined");
    }
    if (mir_hash_equal(device, mir_store_device(store))) {
        return mir_fail(err, MIRSAL_BAD_VALUE, "this device is compared by another");
    }
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = say_it(store, device, err);
    if (rc != MIRSAL_OK) {
        mir_store_rollback(store);
        return rc;
    }
    return mir_store_commit(store, err);
}

mirsal_code mir_compared_here(int *out,
    struct mir_store *store,
    const mirsal_hash *device,
    mirsal_error *err)
{
    char mark[MARK_SIZE];
    int64_t value = 0;
    name_mark(mark, device);
    mirsal_code rc = mir_meta_int(&value, store->sql, mark, err);
    *out = rc == MIRSAL_OK && value != 0;
    return rc;
}
