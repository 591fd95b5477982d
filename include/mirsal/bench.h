/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirsal/bench.h - this machine's figures on generated reports, beside their floors.
 */
#ifndef MIRSAL_BENCH_H
#define MIRSAL_BENCH_H

#include <mirsal/store.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Records `records` generated reports in a new store under directory (made for it, emptied again)
 * and measures the floors on the same rows in the same run. *out is given: one JSON object with raw
 * numbers, ratios, and for each floor the command that repeats it without mirsal.
 */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_bench(mirsal_text *out,
    const char *directory,
    uint32_t records,
    mirsal_error *err);

/** The generated reports that the bench records, one line each: JSON, or SQL where sql is 1. */
MIRSAL_API MIRSAL_MUST_USE mirsal_code mirsal_bench_rows(uint32_t records,
    int sql,
    mirsal_line_callback line,
    void *context,
    mirsal_error *err);

#ifdef __cplusplus
}
#endif

#endif
