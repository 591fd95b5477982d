/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client/explain.c - what a file or a changeset is, from its bytes alone: nothing is opened, no
 * key is asked for.
 */
#include "changeset.h"
#include "env.h"
#include "fail.h"
#include "handle.h"
#include "invite.h"
#include "json_out.h"
#include "keyimage.h"
#include "mir_limits.h"
#include "policy.h"
#include "reader.h"
#include "relay.h"
#include "relayword.h"
#include "sealedfile.h"
#include "text.h"

#include <string.h>

#define MAGIC_SIZE     8u
#define EXPLAIN_MEMORY ((size_t)8 << 20)
#define KDF_ARGON2ID   1u
#define KDF_SALT_SIZE  16u

/* What the bytes are: of a backup or a sealed file the beginning may do, its size is not told. */
enum found { NOT_FOUND, BEGINNING, WHOLE };

struct explained {
    const mirsal_env *env;
    struct mir_bytes bytes;
    struct mir_buf *out;
};

static void put_text(struct mir_buf *out, const char *key, const char *text)
{
    mir_json_key(out, key);
    mir_json_text(out, text);
}

static void put_uint(struct mir_buf *out, const char *key, uint64_t value)
{
    mir_json_key(out, key);
    mir_json_uint(out, value);
}

static void put_hash(struct mir_buf *out, const char *key, const mirsal_hash *hash)
{
    mir_json_key(out, key);
    mir_json_hash(out, hash);
}

/*
 * Backups, `keys`, also wiped, and recovery files: what seals them. Nobody can tell what a slot of
 * keys holds.
 */
static enum found explain_sealed(const struct explained *what)
{
    static const struct {
        const char *magic;
        const char *name;
    } kinds[] = { { mir_key_magic, "keys" }, { "mirsalr1", "recovery" }, { "mirsalb1", "backup" } };
    struct mir_reader reader;
    mir_reader_init(&reader, what->bytes.data, what->bytes.size);
    struct mir_bytes magic = mir_reader_take(&reader, MAGIC_SIZE);
    if (mir_reader_ok(&reader) && memcmp(magic.data, mir_wiped_magic, MAGIC_SIZE) == 0) {
        put_text(what->out, "kind", "wiped keys");
        return 1;
    }
    uint8_t version = mir_reader_u8(&reader);
    uint8_t kdf = mir_reader_u8(&reader);
    (void)mir_reader_take(&reader, KDF_SALT_SIZE);
    uint32_t passes = mir_reader_be32(&reader);
    uint32_t memory_kib = mir_reader_be32(&reader);
    if (!mir_reader_ok(&reader)) {
        return NOT_FOUND;
    }
    const char *kind = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (memcmp(magic.data, kinds[i].magic, MAGIC_SIZE) == 0) {
            kind = kinds[i].name;
        }
    }
    if (kind == NULL) {
        return NOT_FOUND;
    }
    put_text(what->out, "kind", kind);
    put_uint(what->out, "version", version);
    put_text(what->out, "sealed_by", kdf == KDF_ARGON2ID ? "passphrase" : "nothing");
    if (kdf == KDF_ARGON2ID) {
        put_uint(what->out, "passes", passes);
        put_uint(what->out, "memory_kib", memory_kib);
    }
    if (kind == kinds[0].name) {
        uint16_t limit = mir_reader_be16(&reader);
        uint16_t tries = mir_reader_be16(&reader);
        put_uint(what->out, "slots", MIR_KEY_SLOTS);
        put_uint(what->out, "limit", limit);
        put_uint(what->out, "tries", tries);
    }
    return memcmp(magic.data, "mirsalb1", MAGIC_SIZE) == 0 ? BEGINNING : WHOLE;
}

/* Bundles, handoffs and secrets of organisations: who opens them is nowhere written. */
static enum found explain_file(const struct explained *what)
{
    static const char *const kinds[] = { [MIR_SEALEDFILE_BUNDLE] = "bundle",
        [MIR_SEALEDFILE_HANDOFF] = "handoff",
        [MIR_SEALEDFILE_ORG_SECRET] = "organisation's secret" };
    struct mir_sealedfile_look look;
    if (mir_sealedfile_inspect(&look, what->bytes, NULL) != MIRSAL_OK || look.kind == 0 ||
        look.kind >= sizeof kinds / sizeof kinds[0]) {
        return NOT_FOUND;
    }
    put_text(what->out, "kind", kinds[look.kind]);
    put_text(what->out, "sealed_by", look.has_passphrase ? "passphrase" : "keys");
    if (look.has_passphrase) {
        put_uint(what->out, "passes", look.kdf.passes);
        put_uint(what->out, "memory_kib", look.kdf.memory_kib);
    } else {
        put_uint(what->out, "envelopes", look.envelopes);
    }
    put_uint(what->out, "head_size", look.head_size);
    return BEGINNING;
}

static enum found explain_invite(const struct explained *what)
{
    struct mir_invite_string invite;
    struct mir_arena arena;
    mir_arena_init(&arena, what->env, EXPLAIN_MEMORY);
    int is_one = mir_invite_read(&invite, &arena, what->bytes, NULL) == MIRSAL_OK;
    if (is_one) {
        put_text(what->out, "kind", "invite");
        put_hash(what->out, "team_id", &invite.team);
        put_text(what->out, "role", mir_role_name((enum mir_role)invite.role));
        mir_json_key(what->out, "protected");
        mir_json_bool(what->out, invite.protected_);
        mir_json_key(what->out, "in_person");
        mir_json_bool(what->out, invite.in_person);
        mir_json_key(what->out, "relay");
        if (invite.has_relay) {
            mir_json_bytes(what->out, invite.relay_url);
        } else {
            mir_json_null(what->out);
        }
    }
    mir_wipe(&invite, sizeof invite);
    mir_arena_fini(&arena);
    return is_one ? WHOLE : NOT_FOUND;
}

static enum found explain_changeset(const struct explained *what)
{
    struct mir_changeset changeset;
    if (mir_changeset_decode(&changeset, what->bytes, NULL) != MIRSAL_OK) {
        return NOT_FOUND;
    }
    const struct mir_header *header = &changeset.fields;
    put_text(what->out, "kind", "changeset");
    put_hash(what->out, "changeset", &changeset.id);
    put_hash(what->out, "team_id", &header->team);
    put_hash(what->out, "device", &header->device);
    if (header->compartment == MIR_COMPARTMENT_CONTROL) {
        put_text(what->out, "compartment", "control");
    } else {
        put_uint(what->out, "compartment", header->compartment);
        put_uint(what->out, "epoch", header->epoch);
    }
    put_uint(what->out, "seq", header->seq);
    put_hash(what->out, "prev", &header->prev);
    put_hash(what->out, "authority", &header->authority);
    put_uint(what->out, "body_size", header->body_size);
    mir_json_key(what->out, "signature");
    mir_json_text(
        what->out, mir_changeset_verify(&changeset, NULL) == MIRSAL_OK ? "valid" : "invalid");
    return WHOLE;
}

static void put_words_of(const struct explained *what, const struct mir_relay_word *word)
{
    const struct mir_acknowledgement *given = &word->acknowledgement;
    struct mir_reader reader;
    mir_reader_init(&reader, given->heads.data, given->heads.size);
    put_hash(what->out, "device", &given->device);
    mir_json_key(what->out, "heads");
    mir_json_open(what->out, '[');
    for (uint32_t left = mir_acknowledged_begin(&reader); left > 0; left--) {
        struct mir_head head = { .compartment = 0 };
        mir_acknowledged_next(&reader, &head);
        mir_json_item(what->out);
        mir_json_open(what->out, '{');
        put_uint(what->out, "compartment", head.compartment);
        put_uint(what->out, "seq", head.seq);
        put_hash(what->out, "changeset", &head.id);
        mir_json_close(what->out, '}');
    }
    mir_json_close(what->out, ']');
}

/* A word of a relay, as bytes or in hex as `verify` and `log` show it. The team that its signature
 * is for does not stand in it: who has a store verifies. */
static enum found explain_word(const struct explained *what)
{
    uint8_t *bytes = NULL;
    struct mir_bytes given = what->bytes;
    struct mir_relay_word word;
    char epoch[17];
    while (given.size > 0 && given.data[given.size - 1] == '\n') {
        given.size--;
    }
    size_t half = given.size / 2;
    if (given.size > 0 && given.size <= 2 * MIR_RELAY_WORD_SIZE_MAX && given.data[0] == '9') {
        bytes = mir_alloc(what->env, half + 1);
        if (bytes != NULL && mir_hex_decode(bytes, half, (const char *)given.data, given.size)) {
            given = (struct mir_bytes){ bytes, half };
        }
    }
    int is_one = mir_relay_word_read(&word, given, NULL) == MIRSAL_OK;
    if (is_one) {
        int checkpoint = word.kind == MIR_WORD_CHECKPOINT;
        const struct mir_checkpoint *mark = &word.checkpoint;
        const struct mir_acknowledgement *said = &word.acknowledgement;
        mir_hex_encode(epoch, checkpoint ? mark->store_epoch : said->store_epoch, 8);
        put_text(what->out, "kind", checkpoint ? "checkpoint" : "acknowledgement");
        put_hash(what->out, "relay", &word.identity);
        put_text(what->out, "store_epoch", epoch);
        put_uint(what->out, "log_size", checkpoint ? mark->size : said->size);
        put_uint(what->out, "time_ms", checkpoint ? mark->time_ms : said->time_ms);
        if (checkpoint) {
            put_hash(what->out, "root", &mark->root);
        } else {
            put_words_of(what, &word);
        }
    }
    if (bytes != NULL) {
        mir_release(what->env, bytes, half + 1);
    }
    return is_one ? WHOLE : NOT_FOUND;
}

mirsal_code mirsal_inspect(mirsal_text *out, const void *data, size_t size, mirsal_error *err)
{
    static enum found (*const kinds[])(const struct explained *what) = { explain_sealed,
        explain_file, explain_invite, explain_changeset, explain_word };
    mirsal_env env;
    struct mir_buf reply;
    *out = (mirsal_text){ 0 };
    mirsal_code rc = mir_crypto_start(err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    mir_handle_env(&env, NULL);
    mir_buf_init(&reply, &env, MIR_REPLY_SIZE_MAX);
    const struct explained what = { &env, { data, size }, &reply };
    enum found found = NOT_FOUND;
    mir_json_open(&reply, '{');
    for (size_t i = 0; !found && i < sizeof kinds / sizeof kinds[0]; i++) {
        found = kinds[i](&what);
    }
    if (found == WHOLE) {
        mir_json_key(&reply, "size");
        mir_json_uint(&reply, size);
    } else if (!found) {
        rc = mir_fail(err, MIRSAL_MALFORMED, "%zu bytes that are no file of mirsal", size);
    }
    mir_json_close(&reply, '}');
    return mir_reply_end(out, &reply, rc, err);
}
