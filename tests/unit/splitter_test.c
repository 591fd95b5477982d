/* SPDX-License-Identifier: Apache-2.0 */
/* unit/splitter_test.c - frames out of a stream, however it was cut. */
#include "frames.h"

#include "msgpack.h"
#include "test_env.h"

#include <string.h>

static struct test_env test;
static struct mir_splitter splitter;

static int start(void **state)
{
    (void)state;
    test_env_init(&test, 9);
    mir_splitter_init(&splitter, &test.env);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    mir_splitter_fini(&splitter);
    test_env_fini(&test);
    return 0;
}

/* Three frames: of 0, of 1, of 300 bytes. */
static void write_three(struct mir_buf *stream)
{
    uint8_t bytes[300];
    memset(bytes, 0x5a, sizeof bytes);
    mir_buf_init(stream, &test.env, 10000);
    mir_frame_write(stream, MIR_FRAME_END, (struct mir_bytes){ NULL, 0 });
    mir_frame_write(stream, MIR_FRAME_PAGE, (struct mir_bytes){ bytes, 1 });
    mir_frame_write(stream, MIR_FRAME_RUN, (struct mir_bytes){ bytes, sizeof bytes });
}

static void any_cut_gives_the_same_frames(void **state)
{
    (void)state;
    struct mir_buf stream;
    write_three(&stream);
    const size_t sizes[3] = { 0, 1, 300 };
    const enum mir_frame_kind kinds[3] = { MIR_FRAME_END, MIR_FRAME_PAGE, MIR_FRAME_RUN };
    for (size_t step = 1; step <= stream.size; step++) {
        unsigned found = 0;
        for (size_t at = 0; at < stream.size; at += step) {
            size_t size = stream.size - at < step ? stream.size - at : step;
            assert_int_equal(
                mir_splitter_feed(&splitter, (struct mir_bytes){ stream.data + at, size }, NULL),
                MIRSAL_OK);
            struct mir_frame frame;
            for (;;) {
                assert_int_equal(mir_splitter_next(&splitter, &frame, NULL), MIRSAL_OK);
                if (frame.kind == MIR_FRAME_NONE) {
                    break;
                }
                assert_true(found < 3);
                assert_int_equal(frame.kind, kinds[found]);
                assert_int_equal(frame.payload.size, sizes[found]);
                found++;
            }
        }
        assert_int_equal(found, 3);
        assert_true(mir_splitter_empty(&splitter));
    }
    mir_buf_fini(&stream);
}

static mirsal_code fed(const uint8_t *bytes, size_t size)
{
    mir_splitter_fini(&splitter);
    mir_splitter_init(&splitter, &test.env);
    assert_int_equal(
        mir_splitter_feed(&splitter, (struct mir_bytes){ bytes, size }, NULL), MIRSAL_OK);
    struct mir_frame frame;
    return mir_splitter_next(&splitter, &frame, NULL);
}

static void heads_are_judged_before_payloads_are_waited_for(void **state)
{
    (void)state;
    const uint8_t kind_0[] = { 0 };
    const uint8_t kind_12[] = { 12 };
    const uint8_t longer_form[] = { 3, 0xcc, 0x05 };
    const uint8_t no_uint[] = { 3, 0xa0 };
    const uint8_t over[] = { 3, 0xce, 0x00, 0x45, 0x00, 0x01 };
    const uint8_t at_limit[] = { 3, 0xce, 0x00, 0x45, 0x00, 0x00 };
    const uint8_t huge[] = { 3, 0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    assert_int_equal(fed(kind_0, 1), MIRSAL_PROTOCOL);
    assert_int_equal(fed(kind_12, 1), MIRSAL_PROTOCOL);
    assert_int_equal(fed(longer_form, sizeof longer_form), MIRSAL_MALFORMED);
    assert_int_equal(fed(no_uint, sizeof no_uint), MIRSAL_MALFORMED);
    assert_int_equal(fed(over, sizeof over), MIRSAL_LIMIT);
    assert_int_equal(fed(huge, sizeof huge), MIRSAL_LIMIT);
    assert_int_equal(fed(at_limit, sizeof at_limit), MIRSAL_OK);
    assert_false(mir_splitter_empty(&splitter));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_cut_gives_the_same_frames, start, stop),
        cmocka_unit_test_setup_teardown(
            heads_are_judged_before_payloads_are_waited_for, start, stop),
    };
    return cmocka_run_group_tests_name("splitter", tests, NULL, NULL);
}
