/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/sort.c - heap sort: in place, no recursion, O(n log n) whatever a peer sends.
 */
#include "sort.h"

#include "fail.h"

#include <stdint.h>
#include <string.h>

#define ELEMENT_SIZE_MAX 256u

struct heap {
    uint8_t *items;
    size_t size;
    mir_compare compare;
    void *context;
};

static uint8_t *item_at(const struct heap *heap, size_t index)
{
    return heap->items + index * heap->size;
}

static void swap_items(const struct heap *heap, size_t a, size_t b)
{
    uint8_t kept[ELEMENT_SIZE_MAX];
    memcpy(kept, item_at(heap, a), heap->size);
    memcpy(item_at(heap, a), item_at(heap, b), heap->size);
    memcpy(item_at(heap, b), kept, heap->size);
}

/* Moves the item at root down until no child among the first count is greater. */
static void sift_down(const struct heap *heap, size_t root, size_t count)
{
    while (root < count / 2) {
        size_t child = 2 * root + 1;
        if (child + 1 < count &&
            heap->compare(item_at(heap, child), item_at(heap, child + 1), heap->context) < 0) {
            child++;
        }
        if (heap->compare(item_at(heap, root), item_at(heap, child), heap->context) >= 0) {
            return;
        }
        swap_items(heap, root, child);
        root = child;
    }
}

void mir_sort(void *items, size_t count, size_t size, mir_compare compare, void *context)
{
    MIR_ASSERT(size > 0 && size <= ELEMENT_SIZE_MAX);
    struct heap heap = { items, size, compare, context };
    for (size_t i = count / 2; i > 0; i--) {
        sift_down(&heap, i - 1, count);
    }
    for (size_t left = count; left > 1; left--) {
        swap_items(&heap, 0, left - 1);
        sift_down(&heap, 0, left - 1);
    }
}
