/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/pointed.h - free text that looks like what identifies somebody: pointed out to a person
 * before it leaves. A hint, not a judge: it errs on the side of pointing.
 */
#ifndef MIR_POINTED_H
#define MIR_POINTED_H

#include "buf.h"

enum mir_pointed {
    MIR_POINTED_PHONE = 1,
    MIR_POINTED_ACCOUNT = 2,    /* e-mail, @name, IBAN, card, wallet, a URL with a user's name */
    MIR_POINTED_COORDINATE = 4, /* decimal degrees, degrees and minutes, grid, a link to a map */
};

/* Flags of enum mir_pointed; signs of all scripts as textsigns.h reads them. UTF-8. */
unsigned mir_pointed_scan(struct mir_bytes text);
/* "phone", "account", "coordinate" of one flag. */
const char *mir_pointed_name(enum mir_pointed what);

#endif
