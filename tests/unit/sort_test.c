/* SPDX-License-Identifier: Apache-2.0 */
/* unit/sort_test.c - every small size and shape of input comes out in order, with nothing lost. */
#include "sort.h"

#include "env.h"
#include "test_env.h"

#include <string.h>

struct item {
    uint32_t key;
    uint8_t rest[28];
};

static int compare_items(const void *a, const void *b, void *context)
{
    const struct item *first = a;
    const struct item *second = b;
    uint64_t *calls = context;
    (*calls)++;
    return (first->key > second->key) - (first->key < second->key);
}

static void check_sorted(struct item *items, size_t count, uint32_t sum)
{
    uint64_t calls = 0;
    mir_sort(items, count, sizeof items[0], compare_items, &calls);
    for (size_t i = 0; i < count; i++) {
        sum -= items[i].key;
        assert_int_equal(items[i].rest[0], (uint8_t)items[i].key);
        assert_int_equal(items[i].rest[27], (uint8_t)(items[i].key >> 8));
        if (i > 0) {
            assert_true(items[i - 1].key <= items[i].key);
        }
    }
    assert_int_equal(sum, 0);
    assert_true(calls <= 2 * count * 11);
}

static void every_shape_is_sorted(void **state)
{
    (void)state;
    static struct item items[1000];
    struct test_env test;
    test_env_init(&test, 5);
    for (size_t count = 0; count < 1000; count += count < 70 ? 1 : 93) {
        for (int shape = 0; shape < 4; shape++) {
            uint32_t sum = 0;
            for (size_t i = 0; i < count; i++) {
                uint32_t key = 0;
                mir_random(&test.env, &key, sizeof key);
                key = shape == 0   ? (uint32_t)i
                      : shape == 1 ? (uint32_t)(count - i)
                      : shape == 2 ? key % 4
                                   : key;
                items[i].key = key;
                items[i].rest[0] = (uint8_t)key;
                items[i].rest[27] = (uint8_t)(key >> 8);
                sum += key;
            }
            check_sorted(items, count, sum);
        }
    }
}

/* McIlroy's adversary (1999): an order made up as it is asked for, the worst for any quicksort. */
struct adversary {
    uint32_t order[2000]; /* of item i; GAS: not made up yet */
    uint32_t solid;
    uint32_t candidate;
    uint64_t calls;
};
#define GAS UINT32_MAX

static int compare_against(const void *a, const void *b, void *context)
{
    struct adversary *adversary = context;
    uint32_t first = 0;
    uint32_t second = 0;
    memcpy(&first, a, sizeof first);
    memcpy(&second, b, sizeof second);
    adversary->calls++;
    if (adversary->order[first] == GAS && adversary->order[second] == GAS) {
        uint32_t frozen = first == adversary->candidate ? first : second;
        adversary->order[frozen] = adversary->solid++;
    }
    if (adversary->order[first] == GAS) {
        adversary->candidate = first;
    } else if (adversary->order[second] == GAS) {
        adversary->candidate = second;
    }
    return (adversary->order[first] > adversary->order[second]) -
           (adversary->order[first] < adversary->order[second]);
}

static void no_order_makes_it_slow(void **state)
{
    (void)state;
    static struct adversary adversary;
    static uint32_t items[2000];
    for (uint32_t i = 0; i < 2000; i++) {
        items[i] = i;
        adversary.order[i] = GAS;
    }
    mir_sort(items, 2000, sizeof items[0], compare_against, &adversary);
    assert_true(adversary.calls < UINT64_C(2000) * 60); /* quadratic: some 500 each */
}

static int compare_bytes(const void *a, const void *b, void *context)
{
    (void)context;
    return memcmp(a, b, 1);
}

static void the_smallest_and_largest_elements_are_moved_whole(void **state)
{
    (void)state;
    char letters[] = "mirsal";
    mir_sort(letters, 6, 1, compare_bytes, NULL);
    assert_string_equal(letters, "ailmrs");
    uint8_t large[2][256];
    memset(large[0], 2, 256);
    memset(large[1], 1, 256);
    mir_sort(large, 2, 256, compare_bytes, NULL);
    for (size_t i = 0; i < 256; i++) {
        assert_int_equal(large[0][i], 1);
        assert_int_equal(large[1][i], 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shape_is_sorted),
        cmocka_unit_test(no_order_makes_it_slow),
        cmocka_unit_test(the_smallest_and_largest_elements_are_moved_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
