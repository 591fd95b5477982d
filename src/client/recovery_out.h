/* SPDX-License-Identifier: Apache-2.0 */
/* client/recovery_out.h - what calls about root's key share. */
#ifndef MIR_RECOVERY_OUT_H
#define MIR_RECOVERY_OUT_H

#include "rootword.h"

#include <mirsal/recovery.h>

/* "files": those that hold root's key; none where path is NULL. */
void mir_recovery_files_write(struct mir_buf *reply, const char *path, uint32_t shares);

/* Root's key for a call that says something by it; mir_root_close ends it. */
mirsal_code mir_root_given(struct mir_root **out,
    struct mir_store *store,
    const mirsal_root_source *source,
    mirsal_error *err) MIRSAL_MUST_USE;

#endif
