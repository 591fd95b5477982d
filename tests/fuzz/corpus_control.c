/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz/corpus_control.c - control bodies with a statement of every kind, and an invite. */
#include "corpus.h"
#include "invite.h"
#include "msgpack.h"
#include "test_env.h"

#include <stdio.h>
#include <string.h>

/*
 * Elements of each kind after the kind: h bin 32, n bin 16, s bin 64, e bin 80, k three keys, u 1,
 * t sealed text, - nil, x `str`, H hashes, I ids, p places, g grants, r receipt heads, q epochs.
 */
static const char *const kinds[] = { "hnkquht", "hhu", "hhhuts", "huppu-", "huuuuu-", "h", "utgp",
    "uuh-", "uuhhe", "hu", "uhb", "uu", "r", "hxu", "hupHt", "huht", "h", "H", "hp", "-IHHt", "h",
    "h", "hhuu", "bsbs", "uu" };

static void write_filled(struct mir_buf *out, size_t size)
{
    static uint8_t next;
    uint8_t bytes[80];
    memset(bytes, ++next, sizeof bytes);
    mir_mp_write_bin(out, bytes, size);
}

static void write_place(struct mir_buf *out)
{
    mir_mp_write_uint(out, 1);
    mir_mp_write_uint(out, 300);
    write_filled(out, 32);
}

static void write_list(struct mir_buf *out, char what)
{
    mir_mp_write_array(out, 1);
    switch (what) {
    case 'H':
        write_filled(out, 32);
        break;
    case 'I':
        write_filled(out, 16);
        break;
    case 'p':
    case 'q':
        mir_mp_write_array(out, 3);
        write_place(out);
        break;
    case 'g':
        mir_mp_write_array(out, 2);
        write_filled(out, 32);
        mir_mp_write_uint(out, 1);
        break;
    default:
        mir_mp_write_array(out, 4);
        write_filled(out, 32);
        write_place(out);
        break;
    }
}

static void write_element(struct mir_buf *out, char what)
{
    switch (what) {
    case 'h':
        write_filled(out, 32);
        break;
    case 'n':
        write_filled(out, 16);
        break;
    case 's':
        write_filled(out, 64);
        break;
    case 'e':
    case 'b':
        write_filled(out, 80);
        break;
    case 'k':
        mir_mp_write_array(out, 3);
        for (int i = 0; i < 3; i++) {
            write_filled(out, 32);
        }
        break;
    case 'u':
        mir_mp_write_uint(out, 1);
        break;
    case 't':
        mir_mp_write_array(out, 2);
        mir_mp_write_uint(out, 1);
        write_filled(out, 64);
        break;
    case '-':
        mir_mp_write_nil(out);
        break;
    case 'x':
        mir_mp_write_str(out, "https://relay", 13);
        break;
    default:
        write_list(out, what);
        break;
    }
}

static void write_body(const mirsal_env *env, const char *name, const char *elements, uint64_t kind)
{
    struct mir_buf out;
    mir_buf_init(&out, env, SIZE_MAX);
    mir_mp_write_array(&out, 3);
    write_list(&out, 'H');
    mir_mp_write_uint(&out, UINT64_C(1700000000000) << 16);
    mir_mp_write_array(&out, 1);
    mir_mp_write_array(&out, (uint32_t)strlen(elements) + 1);
    mir_mp_write_uint(&out, kind);
    for (const char *at = elements; *at != '\0'; at++) {
        write_element(&out, *at);
    }
    struct mir_arena arena;
    struct mir_control_body body;
    mirsal_error err = { .code = MIRSAL_OK };
    mir_arena_init(&arena, env, (size_t)1 << 20);
    if (mir_control_body_read(&body, &arena, mir_buf_bytes(&out), &err) != MIRSAL_OK) {
        (void)fprintf(stderr, "%s: %s\n", name, err.message);
    }
    mir_arena_fini(&arena);
    corpus_put("control", name, mir_buf_bytes(&out));
    mir_buf_fini(&out);
}

/* The harness wants the array inside the string, or a whole string. */
static void make_invite(const mirsal_env *env)
{
    struct mir_invite_string invite;
    struct mir_buf out;
    memset(&invite, 0, sizeof invite);
    invite.changesets[0] = (struct mir_bytes){ (const uint8_t *)"genesis", 7 };
    invite.changeset_count = 1;
    invite.label = (struct mir_bytes){ (const uint8_t *)"Amal", 4 };
    invite.relay_url = (struct mir_bytes){ (const uint8_t *)"https://relay", 13 };
    invite.has_relay = 1;
    invite.epochs[0] = (struct mir_epoch_public){ 0, 1, { { 1 } } };
    invite.epochs[1] = (struct mir_epoch_public){ 1, 2, { { 2 } } };
    invite.epoch_count = 2;
    invite.role = 1;
    mir_buf_init(&out, env, SIZE_MAX);
    assert_int_equal(mir_invite_write(&out, &invite, NULL), MIRSAL_OK);
    corpus_put("invite", "string", mir_buf_bytes(&out));
    mir_buf_reset(&out);
    mir_mp_write_array(&out, 12);
    mir_mp_write_uint(&out, 1);
    write_filled(&out, 32);
    mir_mp_write_array(&out, 2);
    mir_mp_write_bin(&out, "genesis", 7);
    mir_mp_write_bin(&out, "invite", 6);
    write_filled(&out, 32);
    mir_mp_write_nil(&out);
    mir_mp_write_nil(&out);
    mir_mp_write_nil(&out);
    mir_mp_write_uint(&out, 0);
    write_list(&out, 'q');
    mir_mp_write_uint(&out, 2);
    mir_mp_write_uint(&out, 1);
    mir_mp_write_uint(&out, 0);
    corpus_put("invite", "array", mir_buf_bytes(&out));
    mir_buf_fini(&out);
}

void corpus_control(const mirsal_env *env)
{
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
        char name[16];
        (void)snprintf(name, sizeof name, "kind-%02zu", kind);
        write_body(env, name, kinds[kind], kind);
    }
    write_body(env, "kind-unknown", "huHx-", 99);
    make_invite(env);
}
