/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/sort.h - sorting: no memory, no recursion, and a context for the order.
 */
#ifndef MIR_SORT_H
#define MIR_SORT_H

#include <stddef.h>

typedef int (*mir_compare)(const void *a, const void *b, void *context);
/* Not stable: give a total order. size of one element ≤ 256. */
void mir_sort(void *items, size_t count, size_t size, mir_compare compare, void *context);

#endif
