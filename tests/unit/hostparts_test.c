/* SPDX-License-Identifier: Apache-2.0 */
/* unit/hostparts_test.c - the queue of a host, and its reading calls on the set it finds. */
#include "hostparts.h"

#include "relay_fixture.h"

#include <string.h>

struct adapter {
    struct mir_host_parts parts; /* first: the context of the host */
    struct relay_fixture relay;
    struct mir_sync_host host;
};

static mirsal_code find(struct mir_served **out,
    struct mir_host_parts *parts,
    const mirsal_hash *team,
    mirsal_error *err)
{
    struct adapter *adapter = (struct adapter *)(void *)parts;
    (void)err;
    *out = mir_relay_log_served(adapter->relay.log);
    return memcmp(team, mir_relay_log_of(adapter->relay.log), 32) == 0 ? MIRSAL_OK
                                                                       : MIRSAL_NOT_FOUND;
}

static void open_adapter(struct adapter *adapter, uint64_t seed)
{
    memset(adapter, 0, sizeof *adapter);
    relay_fixture_open(&adapter->relay, seed);
    relay_fixture_put_all(&adapter->relay, &adapter->relay.admin);
    adapter->parts.env = &adapter->relay.admin.world.env;
    adapter->parts.find = find;
    mir_host_parts_fill(&adapter->host, &adapter->parts);
    assert_ptr_equal(adapter->host.context, &adapter->parts);
}

static void what_is_queued_is_dropped_by_discard(void **state)
{
    (void)state;
    struct adapter adapter;
    open_adapter(&adapter, 51);
    const struct mir_sync_host *host = &adapter.host;
    const mirsal_hash *team = mir_relay_log_of(adapter.relay.log);
    struct mir_arena arena;
    struct mir_changeset changeset;
    mir_arena_init(&arena, adapter.parts.env, 1 << 20);
    for (int64_t no = 1; no <= 2; no++) {
        relay_fixture_load(&changeset, &arena, &adapter.relay.admin, no);
        assert_int_equal(host->put(host->context, team, NULL, &changeset, NULL), MIRSAL_OK);
    }
    assert_non_null(adapter.parts.first);
    assert_non_null(adapter.parts.first->next);
    host->discard(host->context);
    assert_null(adapter.parts.first);
    mir_arena_fini(&arena);
    relay_fixture_close(&adapter.relay);
}

static void reading_asks_the_set_that_is_found(void **state)
{
    (void)state;
    struct adapter adapter;
    open_adapter(&adapter, 52);
    const struct mir_sync_host *host = &adapter.host;
    const mirsal_hash *team = mir_relay_log_of(adapter.relay.log);
    const mirsal_hash other = { { 9 } };
    struct mir_heads heads;
    mir_heads_init(&heads, adapter.parts.env);
    assert_int_equal(host->own_heads(host->context, team,
                         mir_store_device(adapter.relay.admin.store), &heads, NULL),
        MIRSAL_OK);
    assert_true(mir_heads_count(&heads) >= 2); /* control and main */
    struct mir_buf header;
    uint8_t signature[64];
    mir_buf_init(&header, adapter.parts.env, MIR_HEADER_SIZE_MAX);
    assert_int_equal(
        host->header(host->context, team, &mir_heads_at(&heads, 0)->id, &header, signature, NULL),
        MIRSAL_OK);
    assert_true(header.size > 0);
    assert_int_equal(host->own_heads(host->context, &other,
                         mir_store_device(adapter.relay.admin.store), &heads, NULL),
        MIRSAL_NOT_FOUND);
    mir_buf_fini(&header);
    mir_heads_fini(&heads);
    relay_fixture_close(&adapter.relay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_queued_is_dropped_by_discard),
        cmocka_unit_test(reading_asks_the_set_that_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
