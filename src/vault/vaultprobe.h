/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault/vaultprobe.h - whether a WAL or journal is one of this key, asked of its first page.
 */
#ifndef MIR_VAULTPROBE_H
#define MIR_VAULTPROBE_H

#include "vaultin.h"

enum mir_probe {
    MIR_PROBE_EMPTY, /* no file, or no whole page in it */
    MIR_PROBE_OPENS,
    MIR_PROBE_FOREIGN, /* its first page does not open: torn, damaged, or of another key */
};

/* A file by name; WAL, journal or database. */
enum mir_probe mir_vault_probe(struct mir_vault *vault, const char *name, enum mir_page_role role);
/* 1 when the database's WAL or journal begins with a page that opens under the key. */
int mir_vault_log_opens(struct mir_vault_file *database);

#endif
