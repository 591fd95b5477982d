/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/sample.h - invented reports for measuring: the same number gives the same report.
 */
#ifndef MIR_SAMPLE_H
#define MIR_SAMPLE_H

#include "buf.h"
#include "floor.h"

/* Report number n. */
void mir_sample_report(struct mir_floor_report *out, uint32_t number);
/* As a line of the import form, without newline. */
void mir_sample_json(struct mir_buf *out, const struct mir_floor_report *report);
/* As two INSERT statements for the tables of store/floor.c. */
void mir_sample_sql(struct mir_buf *out, const struct mir_floor_report *report);

#endif
