/* SPDX-License-Identifier: Apache-2.0 */
/* client/recovery_out.h - what team create and recover answer alike. */
#ifndef MIR_RECOVERY_OUT_H
#define MIR_RECOVERY_OUT_H

#include "buf.h"

/* "files": those that hold root's key; none where path is NULL. */
void mir_recovery_files_write(struct mir_buf *reply, const char *path, uint32_t shares);

#endif
