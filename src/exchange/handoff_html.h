/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/handoff_html.h - a handoff that verified as one page to print: no scripts, nothing from
 * elsewhere; written for who knows the law and not this program.
 */
#ifndef MIR_HANDOFF_HTML_H
#define MIR_HANDOFF_HTML_H

#include "handoff_out.h"

mirsal_code mir_handoff_html(struct mir_buf *out,
    const struct mir_handoff_opened *opened,
    const struct mir_handoff_around *around,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
