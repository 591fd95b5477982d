/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/sort.c - heap sort: in place, no recursion, O(n log n) whatever a peer sends.
 */
#include "sort.h"

#include "fail.h"

#include <stddef.h>
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

/* Puts item down at root, or below it: what is greater moves up, so that no child among the first
 * count is greater than its parent. */
static void sift_down(const struct heap *heap, const uint8_t *item, size_t root, size_t count)
{
    while (root < count / 2) {
        size_t child = 2 * root + 1;
        if (child + 1 < count &&
            heap->compare(item_at(heap, child), item_at(heap, child + 1), heap->context) < 0) {
            child++;
        }
        if (heap->compare(item, item_at(heap, child), heap->context) >= 0) {
            break;
        }
        memcpy(item_at(heap, root), item_at(heap, child), heap->size);
        root = child;
    }
    memcpy(item_at(heap, root), item, heap->size);
}

void mir_sort(void *items, size_t count, size_t size, mir_compare compare, void *context)
{
    MIR_ASSERT(size > 0 && size <= ELEMENT_SIZE_MAX);
    struct heap heap = { items, size, compare, context };
    _Alignas(max_align_t) uint8_t kept[ELEMENT_SIZE_MAX];
    for (size_t i = count / 2; i > 0; i--) {
        memcpy(kept, item_at(&heap, i - 1), size);
        sift_down(&heap, kept, i - 1, count);
    }
    for (size_t left = count; left > 1; left--) {
        memcpy(kept, item_at(&heap, left - 1), size);
        memcpy(item_at(&heap, left - 1), item_at(&heap, 0), size);
        sift_down(&heap, kept, 0, left - 1);
    }
}
