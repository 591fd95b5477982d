/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/keyform.h - how a register's key is formed; protocol/changeset.md 3.2. Wire and model share
 * it.
 */
#ifndef MIR_KEYFORM_H
#define MIR_KEYFORM_H

enum mir_key_form {
    MIR_KEY_NONE = 0, /* one register per record */
    MIR_KEY_TEXT = 1, /* keyed text: the key is the language */
    MIR_KEY_SET = 2,  /* the key is the element, the value 1 or (edits only) 0 */
};

#endif
