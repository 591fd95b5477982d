/* SPDX-License-Identifier: Apache-2.0 */
/* lib/test_body.c - bodies for tests. */
#include "test_body.h"

#include "fail.h"
#include "msgpack.h"

#include <string.h>

#define ROOM 66000u

void test_body_init(struct test_body *body, const mirsal_env *env)
{
    memset(body, 0, sizeof *body);
    mir_arena_init(&body->arena, env, SIZE_MAX);
    memset(body->place.device, 0xd0, sizeof body->place.device);
    body->body.schema_version = 3;
    body->body.stamp = UINT64_C(1700000000000) << 16;
    memset(body->body.base, 0xb0, sizeof body->body.base);
    body->creates_room = ROOM;
    body->writes_room = ROOM;
    body->body.creates =
        mir_arena_alloc(&body->arena, body->creates_room, sizeof *body->body.creates);
    body->body.writes = mir_arena_alloc(&body->arena, body->writes_room, sizeof *body->body.writes);
    assert_non_null(body->body.creates);
    assert_non_null(body->body.writes);
}

void test_body_fini(struct test_body *body)
{
    mir_arena_fini(&body->arena);
}

static struct mir_bytes keep(struct test_body *body, const void *data, size_t size)
{
    struct mir_bytes bytes = { mir_arena_copy(&body->arena, data, size), size };
    assert_non_null(bytes.data);
    return bytes;
}

uint32_t test_body_create(struct test_body *body, uint32_t type, uint32_t number)
{
    assert_true(body->body.creates_count < body->creates_room);
    struct mir_create *create = &body->body.creates[body->body.creates_count];
    create->type = type;
    create->number = number;
    mir_record_id(&create->record, &body->place, body->body.base, type, number);
    return body->body.creates_count++;
}

struct mir_write *test_body_write(struct test_body *body,
    uint32_t create,
    uint32_t field,
    const void *value,
    size_t size)
{
    assert_true(body->body.writes_count < body->writes_room);
    struct mir_write *write = &body->body.writes[body->body.writes_count++];
    memset(write, 0, sizeof *write);
    write->create = create;
    write->field = field;
    write->value = keep(body, value, size);
    return write;
}

struct mir_write *test_body_edit(struct test_body *body,
    uint8_t record_byte,
    uint32_t field,
    const void *value,
    size_t size)
{
    struct mir_write *write = test_body_write(body, MIR_NO_CREATE, field, value, size);
    memset(write->record.bytes, record_byte, sizeof write->record.bytes);
    return write;
}

void test_body_key(struct test_body *body,
    struct mir_write *write,
    enum mir_key_form form,
    const void *key,
    size_t size)
{
    write->key_form = form;
    write->key = keep(body, key, size);
}

void test_body_parents(struct test_body *body, struct mir_write *write, const char *bytes)
{
    uint32_t count = (uint32_t)strlen(bytes);
    struct mir_ref *parents = mir_arena_alloc(&body->arena, count, sizeof *parents);
    assert_non_null(parents);
    for (uint32_t i = 0; i < count; i++) {
        memset(parents[i].bytes, bytes[i], sizeof parents[i].bytes);
    }
    write->parents = parents;
    write->parents_count = count;
}

uint32_t test_random(const mirsal_env *env, uint32_t below)
{
    uint32_t value = 0;
    env->random(env->context, &value, sizeof value);
    return value % below;
}

static int64_t random_integer(const mirsal_env *env)
{
    uint64_t bits = 0;
    env->random(env->context, &bits, sizeof bits);
    return (int64_t)(bits >> test_random(env, 64)) - (int64_t)test_random(env, 40);
}

static void random_text(struct mir_buf *out, const mirsal_env *env)
{
    static const char *const words[] = { "حلب", "barrel bomb", "field hospital", "معرة النعمان", "",
        "رجل", "market", "two rockets hit the square at noon" };
    const char *word = words[test_random(env, sizeof words / sizeof words[0])];
    mir_mp_write_str(out, word, strlen(word));
}

/* A record of this body mostly, else one from before, or a hash. */
static void random_reference(struct mir_buf *out, const struct test_body *body)
{
    const mirsal_env *env = body->arena.env;
    uint8_t bytes[32];
    if (body->body.creates_count > 0 && test_random(env, 4) > 0) {
        uint32_t place = test_random(env, body->body.creates_count);
        mir_mp_write_bin(out, body->body.creates[place].record.bytes, 16);
        return;
    }
    memset(bytes, (int)test_random(env, 256), sizeof bytes);
    mir_mp_write_bin(out, bytes, test_random(env, 3) == 0 ? 32 : 16);
}

/* What a field holds follows from its number. */
static void random_value(struct mir_buf *out, const struct test_body *body, uint32_t field)
{
    const mirsal_env *env = body->arena.env;
    if (field % 8 != 3 && test_random(env, 60) == 0) {
        mir_mp_write_array(out, 0); /* unknown */
        return;
    }
    switch (field % 8) {
    case 0:
        mir_mp_write_int(out, random_integer(env));
        break;
    case 1:
    case 5:
        mir_mp_write_array(out, 2);
        mir_mp_write_int(out, (int64_t)test_random(env, 1000000) - 500000);
        if (test_random(env, 3) == 0) {
            mir_mp_write_nil(out);
        } else {
            mir_mp_write_uint(out, test_random(env, 300));
        }
        break;
    case 2:
        random_text(out, env);
        break;
    case 4:
        random_reference(out, body);
        break;
    case 6:
        mir_mp_write_array(out, 2);
        random_reference(out, body);
        mir_mp_write_uint(out, test_random(env, 5));
        break;
    default:
        mir_mp_write_uint(out, test_random(env, 200));
        break;
    }
}

static int has_write(const struct mir_body *body, const struct mir_write *like)
{
    for (uint32_t i = body->writes_count - 1; i > 0 && i + 40 > body->writes_count; i--) {
        const struct mir_write *other = &body->writes[i - 1];
        if (other->create == like->create && other->field == like->field &&
            mir_bytes_equal(other->key, like->key)) {
            return 1;
        }
    }
    return 0;
}

/* One to three elements or languages of one field. */
static void random_keyed(struct test_body *body, uint32_t create, uint32_t field)
{
    const mirsal_env *env = body->arena.env;
    int set = field % 2 == 1;
    for (uint32_t i = test_random(env, 3) + 1; i > 0; i--) {
        struct mir_buf key;
        struct mir_buf value;
        mir_buf_init(&key, env, SIZE_MAX);
        mir_buf_init(&value, env, SIZE_MAX);
        if (set) {
            random_value(&key, body, field % 16 < 8 ? 6 : 7);
            mir_mp_write_uint(&value, 1);
        } else {
            mir_mp_write_str(&key, i == 1 ? "ar" : i == 2 ? "en" : "ku", 2);
            random_text(&value, env);
        }
        struct mir_write *write = test_body_write(body, create, field, value.data, value.size);
        test_body_key(body, write, set ? MIR_KEY_SET : MIR_KEY_TEXT, key.data, key.size);
        if (has_write(&body->body, write)) {
            body->body.writes_count--;
        }
        mir_buf_fini(&key);
        mir_buf_fini(&value);
    }
}

static void random_edit(struct test_body *body, uint32_t number)
{
    const mirsal_env *env = body->arena.env;
    struct mir_buf value;
    uint32_t field = 10 * test_random(env, 8);
    mir_buf_init(&value, env, SIZE_MAX);
    random_value(&value, body, field);
    struct mir_write *edit = test_body_edit(body, (uint8_t)number, field, value.data, value.size);
    memcpy(edit->record.bytes, &number, sizeof number);
    if (test_random(env, 3) == 0) {
        test_body_key(body, edit, MIR_KEY_TEXT,
            "\xa2"
            "ar",
            3);
    }
    if (test_random(env, 4) > 0) {
        const char parents[3] = { (char)('a' + test_random(env, 4)),
            (char)('f' + test_random(env, 4)), 0 };
        test_body_parents(body, edit, parents);
    }
    mir_buf_fini(&value);
}

void test_body_random(struct test_body *body, uint32_t records, uint32_t edits)
{
    const mirsal_env *env = body->arena.env;
    uint32_t next[3] = { 0, 7, 0 };
    for (uint32_t i = 0; i < records; i++) {
        uint32_t kind = test_random(env, 3);
        (void)test_body_create(body, 5 * kind + 1, next[kind]++);
    }
    for (uint32_t i = 0; i < records; i++) {
        for (uint32_t field = 0; field < 14; field++) {
            if (test_random(env, field == 8 || field == 5 ? 8 : 3) == 0 && field != 5) {
                continue;
            }
            if (field >= 10) {
                random_keyed(body, i, field);
                continue;
            }
            struct mir_buf value;
            mir_buf_init(&value, env, SIZE_MAX);
            random_value(&value, body, field);
            (void)test_body_write(body, i, field * 40, value.data, value.size);
            mir_buf_fini(&value);
        }
    }
    for (uint32_t i = 0; i < edits; i++) {
        random_edit(body, i);
    }
}

void test_author_init(struct test_author *author, const mirsal_env *env)
{
    struct mir_sign_public device;
    uint8_t seed[32];
    memset(author, 0, sizeof *author);
    env->random(env->context, seed, sizeof seed);
    mir_sign_keypair(&device, &author->sign_secret, seed);
    env->random(env->context, author->sealing_secret, sizeof author->sealing_secret);
    env->random(env->context, seed, sizeof seed);
    mir_agree_keypair(&author->seal.epoch_key, &author->epoch_secret, seed);
    author->seal.env = env;
    author->seal.sign_secret = &author->sign_secret;
    author->seal.sealing_secret = author->sealing_secret;
    memcpy(author->seal.device.bytes, device.bytes, sizeof device.bytes);
    memset(author->seal.team.bytes, 0x7e, sizeof author->seal.team.bytes);
    memset(author->seal.authority.bytes, 0xa0, sizeof author->seal.authority.bytes);
    author->seal.seq = 1;
    author->seal.epoch = 4;
    author->seal.dictionary.data = (const uint8_t *)"field hospital barrel bomb";
    author->seal.dictionary.size = 26;
}

void test_author_advance(struct test_author *author, const struct mir_changeset *before)
{
    author->seal.seq = before->fields.seq + 1;
    author->seal.prev = before->id;
}

void test_author_seal(struct mir_changeset *out,
    struct test_author *author,
    struct test_body *body,
    uint32_t records)
{
    struct mir_bytes clear;
    memcpy(body->place.device, author->seal.device.bytes, sizeof body->place.device);
    body->place.compartment = author->seal.compartment;
    test_body_random(body, records, 2);
    assert_int_equal(
        mir_changeset_seal(out, &clear, &body->arena, &author->seal, &body->body, NULL), MIRSAL_OK);
}

static int dictionary_of(struct mir_bytes *out, void *context, uint32_t schema_version)
{
    const struct test_author *author = context;
    *out = author->seal.dictionary;
    return schema_version == 3;
}

struct mir_open test_author_open(struct test_author *author)
{
    return (struct mir_open){
        .epoch_secret = &author->epoch_secret, .dictionary_of = dictionary_of, .context = author
    };
}
