/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/sort.c - introsort (Musser 1997): in place, no recursion, O(n log n) whatever a peer sends.
 *
 * Quicksort by the median of three; a part that was divided too often is sorted as a heap, a short
 * one by insertion. What is in order already is left after one look.
 */
#include "sort.h"

#include "fail.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ELEMENT_SIZE_MAX 256u
#define SHORT            16u
/* Of two parts the smaller is divided first, so no more than log2(n) wait. */
#define WAITING_MAX      64u

struct items {
    uint8_t *bytes;
    size_t size;
    mir_compare compare;
    void *context;
};

struct part {
    size_t first;
    size_t end;
    unsigned depth; /* divisions left */
};

static uint8_t *item_at(const struct items *items, size_t index)
{
    return items->bytes + index * items->size;
}

static int compare_at(const struct items *items, size_t a, size_t b)
{
    return items->compare(item_at(items, a), item_at(items, b), items->context);
}

static void swap(const struct items *items, size_t a, size_t b)
{
    uint8_t kept[ELEMENT_SIZE_MAX];
    memcpy(kept, item_at(items, a), items->size);
    memcpy(item_at(items, a), item_at(items, b), items->size);
    memcpy(item_at(items, b), kept, items->size);
}

/* Puts item down at root, or below it: what is greater moves up, so that no child among the first
 * count is greater than its parent. */
static void sift_down(const struct items *heap, const uint8_t *item, size_t root, size_t count)
{
    while (root < count / 2) {
        size_t child = 2 * root + 1;
        if (child + 1 < count && compare_at(heap, child, child + 1) < 0) {
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

static void sort_heap(const struct items *items, struct part part)
{
    const struct items heap = { item_at(items, part.first), items->size, items->compare,
        items->context };
    size_t count = part.end - part.first;
    _Alignas(max_align_t) uint8_t kept[ELEMENT_SIZE_MAX];
    for (size_t i = count / 2; i > 0; i--) {
        memcpy(kept, item_at(&heap, i - 1), heap.size);
        sift_down(&heap, kept, i - 1, count);
    }
    for (size_t left = count; left > 1; left--) {
        memcpy(kept, item_at(&heap, left - 1), heap.size);
        memcpy(item_at(&heap, left - 1), item_at(&heap, 0), heap.size);
        sift_down(&heap, kept, 0, left - 1);
    }
}

static void sort_short(const struct items *items, struct part part)
{
    _Alignas(max_align_t) uint8_t kept[ELEMENT_SIZE_MAX];
    for (size_t i = part.first + 1; i < part.end; i++) {
        size_t at = i;
        memcpy(kept, item_at(items, i), items->size);
        while (
            at > part.first && items->compare(item_at(items, at - 1), kept, items->context) > 0) {
            memcpy(item_at(items, at), item_at(items, at - 1), items->size);
            at--;
        }
        memcpy(item_at(items, at), kept, items->size);
    }
}

/* The median of first, middle and last goes to first; returns where it belongs: nothing before it
 * is greater, nothing behind it less. */
static size_t divide(const struct items *items, struct part part)
{
    size_t middle = part.first + (part.end - part.first) / 2;
    size_t last = part.end - 1;
    if (compare_at(items, middle, part.first) < 0) {
        swap(items, middle, part.first);
    }
    if (compare_at(items, last, part.first) < 0) {
        swap(items, last, part.first);
    }
    if (compare_at(items, last, middle) < 0) {
        swap(items, last, middle);
    }
    swap(items, middle, part.first);
    size_t low = part.first;
    size_t high = part.end;
    for (;;) {
        do {
            low++;
        } while (low < part.end && compare_at(items, low, part.first) < 0);
        do {
            high--;
        } while (compare_at(items, high, part.first) > 0);
        if (low >= high) {
            break;
        }
        swap(items, low, high);
    }
    swap(items, part.first, high);
    return high;
}

static int is_sorted(const struct items *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (compare_at(items, i - 1, i) > 0) {
            return 0;
        }
    }
    return 1;
}

void mir_sort(void *bytes, size_t count, size_t size, mir_compare compare, void *context)
{
    MIR_ASSERT(size > 0 && size <= ELEMENT_SIZE_MAX);
    const struct items items = { bytes, size, compare, context };
    struct part waiting[WAITING_MAX];
    size_t waiting_count = 0;
    struct part part = { 0, count, 0 };
    if (is_sorted(&items, count)) {
        return;
    }
    for (size_t left = count; left > 0; left /= 2) {
        part.depth += 2;
    }
    for (;;) {
        if (part.end - part.first > SHORT && part.depth > 0) {
            size_t at = divide(&items, part);
            struct part low = { part.first, at, part.depth - 1 };
            struct part high = { at + 1, part.end, part.depth - 1 };
            int low_first = low.end - low.first < high.end - high.first;
            waiting[waiting_count++] = low_first ? high : low;
            part = low_first ? low : high;
            continue;
        }
        if (part.end - part.first > SHORT) {
            sort_heap(&items, part);
        } else {
            sort_short(&items, part);
        }
        if (waiting_count == 0) {
            return;
        }
        part = waiting[--waiting_count];
    }
}
