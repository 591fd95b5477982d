/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lib/fixture_drive.c - the driver of both halves, with a network between them that can
 * break off or change bytes.
 */
#include "fixture_drive.h"

#include <string.h>

void fixture_drive_init(struct fixture_drive *drive,
    const mirsal_env *env,
    struct fixture_replica *relay)
{
    const struct mir_responder_options options = { .env = env };
    memset(drive, 0, sizeof *drive);
    drive->env = env;
    drive->relay = relay;
    drive->piece = 65536;
    drive->cut_request = DRIVE_NEVER;
    drive->cut_answer = DRIVE_NEVER;
    drive->flip_request = DRIVE_NEVER;
    drive->flip_answer = DRIVE_NEVER;
    assert_int_equal(mir_responder_open(&drive->responder, &options, NULL), MIRSAL_OK);
    mir_buf_init(&drive->request, env, MIR_HTTP_BODY_MAX * 2u);
    mir_buf_init(&drive->answer, env, 256u << 20);
}

void fixture_drive_fini(struct fixture_drive *drive)
{
    mir_buf_fini(&drive->request);
    mir_buf_fini(&drive->answer);
    mir_responder_close(drive->responder);
}

/* Gives the bytes in pieces, but for those after a cut that falls among them; 1 when it fell. */
static int deliver(struct fixture_drive *drive,
    struct mir_session *session,
    const struct mir_buf *bytes,
    uint64_t *cut,
    uint64_t before,
    mirsal_code *code)
{
    size_t size = bytes->size;
    int broken = *cut != DRIVE_NEVER && *cut < before + bytes->size;
    if (broken) {
        size = (size_t)(*cut - before);
        *cut = DRIVE_NEVER;
    }
    for (size_t at = 0; at < size; at += drive->piece) {
        size_t piece = size - at < drive->piece ? size - at : drive->piece;
        mirsal_code next = mir_session_receive(session, bytes->data + at, piece, NULL);
        *code = *code == MIRSAL_OK ? next : *code;
    }
    return broken;
}

static void flip(struct mir_buf *bytes, uint64_t *position, uint64_t before)
{
    if (*position != DRIVE_NEVER && *position < before + bytes->size) {
        bytes->data[*position - before] ^= 0x10;
        *position = DRIVE_NEVER;
    }
}

static void gather(struct fixture_drive *drive, struct mir_session *session, struct mir_buf *out)
{
    uint8_t buffer[4096];
    size_t size = 0;
    size_t capacity = drive->piece < sizeof buffer ? drive->piece : sizeof buffer;
    mir_buf_reset(out);
    do {
        if (mir_session_send(buffer, capacity, &size, session, NULL) != MIRSAL_OK) {
            break;
        }
        mir_buf_append(out, buffer, size);
    } while (size > 0);
    assert_int_equal(mir_buf_finish(out, NULL), MIRSAL_OK);
}

void fixture_serve(struct fixture_drive *drive)
{
    struct mir_session *server = NULL;
    mirsal_code code = MIRSAL_OK;
    assert_int_equal(
        mir_responder_accept(&server, drive->responder, &drive->relay->host, NULL), MIRSAL_OK);
    flip(&drive->request, &drive->flip_request, drive->sent);
    (void)deliver(drive, server, &drive->request, &drive->cut_request, drive->sent, &code);
    drive->sent += drive->request.size;
    drive->server_code = mir_session_receive(server, NULL, 0, NULL);
    drive->server_code = code != MIRSAL_OK ? code : drive->server_code;
    assert_int_not_equal(mir_session_need(server), MIR_NEED_READ);
    drive->status = mir_session_status(server);
    gather(drive, server, &drive->answer);
    assert_int_equal(mir_session_need(server), MIR_NEED_DONE);
    mir_session_close(server);
}

static mirsal_code exchange(struct fixture_drive *drive, struct mir_session *client)
{
    mirsal_code code = MIRSAL_OK;
    gather(drive, client, &drive->request);
    assert_int_equal(mir_session_need(client), MIR_NEED_READ);
    fixture_serve(drive);
    drive->exchanges++;
    mir_session_spend(client, drive->beside);
    if (drive->status == 200) {
        flip(&drive->answer, &drive->flip_answer, drive->answered);
        (void)deliver(drive, client, &drive->answer, &drive->cut_answer, drive->answered, &code);
        drive->answered += drive->answer.size;
    }
    if (code == MIRSAL_OK) {
        code = mir_session_receive(client, NULL, 0, NULL);
    }
    return code;
}

mirsal_code fixture_run(struct fixture_drive *drive, struct fixture_replica *device)
{
    struct mir_session *client = NULL;
    const struct mir_session_options options = { .env = drive->env,
        .local = &device->local,
        .budget = drive->budget,
        .request_size = drive->request_size };
    drive->exchanges = 0;
    drive->sent = 0;
    drive->answered = 0;
    for (size_t i = 0; i < fixture_count(device); i++) {
        fixture_at(device, i)->rejected = 0;
    }
    mirsal_code code = mir_session_open(&client, &options, NULL);
    assert_int_equal(code, MIRSAL_OK);
    while (code == MIRSAL_OK && mir_session_need(client) != MIR_NEED_DONE) {
        code = exchange(drive, client);
        if (drive->exchanges_max != 0 && drive->exchanges >= drive->exchanges_max) {
            break;
        }
    }
    mir_session_count(&drive->counters, client);
    mir_session_close(client);
    return code;
}
