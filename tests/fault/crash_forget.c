/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fault/crash_forget.c - what a write-only phone does once a relay has acknowledged, and how
 * its store must look whenever the power went; swept by crash_sweep.c.
 */
#include "crash_sweep.h"

#include "forget.h"
#include "known.h"
#include "test_pages.h"

static mirsal_code take_word_of_relay(struct sweep *sweep, mirsal_error *err)
{
    static const mirsal_hash identity = { { 7 } };
    struct mir_store *store = sweep->phone.store;
    struct mir_chain_row head = { .no = 0 };
    int64_t device = 0;
    int64_t peer = 0;
    mirsal_code rc = mir_store_begin(store, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    rc = mir_peer_find(&peer, store, &identity, err);
    if (rc == MIRSAL_OK) {
        rc = mir_device_no(&device, store->sql, mir_store_device(store), 0, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_chain_head(&head, store->sql, device, 0, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_known_mark(store, peer, &head, err);
    }
    if (rc == MIRSAL_OK) {
        return mir_store_commit(store, err);
    }
    mir_store_rollback(store);
    return rc;
}

/* A relay acknowledges, the phone forgets, and goes on. */
mirsal_code sweep_forget_reports(struct sweep *sweep, mirsal_error *err)
{
    mirsal_hash id;
    mirsal_code rc = sweep_open_store(sweep, err);
    if (rc == MIRSAL_OK) {
        rc = take_word_of_relay(sweep, err);
    }
    if (rc == MIRSAL_OK) {
        rc = mir_forget(sweep->phone.store, err);
    }
    if (rc == MIRSAL_OK) {
        rc = sweep_report(&id, &sweep->phone, UNSENT_TEXT, err);
    }
    if (rc == MIRSAL_OK) {
        sweep_acknowledge(sweep, &id);
    }
    mir_store_close(sweep->phone.store);
    sweep->phone.store = NULL;
    return rc;
}

static int64_t number_of(struct phone *phone, const char *text)
{
    sqlite3_stmt *find = NULL;
    int row = 0;
    int64_t number = -1;
    if (mir_sql_prepare_once(&find, phone->store->sql, text, NULL) == MIRSAL_OK &&
        mir_sql_step(&row, phone->store->sql, find, NULL) == MIRSAL_OK && row) {
        number = mir_sql_column_int(find, 0);
    }
    mir_sql_finalize(find);
    return number;
}

/*
 * What the relay has is in no table and no page, what it has not is readable, and every sealed body
 * is here for a relay that loses its own.
 */
int sweep_is_forgotten(struct phone *phone)
{
    int64_t clear = number_of(phone, "SELECT count(clear) FROM content");
    int64_t data = number_of(phone, "SELECT count(*) FROM changeset WHERE compartment = 0");
    int64_t sent = number_of(phone, "SELECT coalesce(max(seq), 0) FROM peer_head");
    int64_t shown = number_of(phone, "SELECT count(*) FROM r_1");
    int pages = test_pages_holding(phone->store->sql, SENT_TEXT, sizeof SENT_TEXT - 1);
    return clear == data - sent && shown == data - sent && (sent == 0 ? pages > 0 : pages == 0) &&
           number_of(phone, "SELECT count(*) FROM content WHERE length(body) = 0") == 0;
}
