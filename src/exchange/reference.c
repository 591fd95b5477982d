/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/reference.c - references from text; scalar.h.
 */
#include "scalar.h"

#include "fail.h"
#include "pack.h"
#include "text.h"

#include <string.h>

static mirsal_code check_type(struct mir_values *values,
    uint32_t refers,
    const char *name,
    const mirsal_id *id,
    mirsal_error *err)
{
    uint32_t type = 0;
    if (refers == 0 || values->lookup == NULL) {
        return MIRSAL_OK;
    }
    mirsal_code rc = values->lookup->type(values->lookup->context, &type, id, err);
    if (rc == MIRSAL_OK && type != 0 && type != refers) {
        const struct mir_schema_type *wanted = mir_schema_type_by_id(values->schema, refers);
        rc = mir_fail_field(err, MIRSAL_BAD_VALUE, name, "%s names a record that is no %s", name,
            wanted == NULL ? "such type" : wanted->name);
    }
    return rc;
}

mirsal_code mir_reference_source(struct mir_buf *out,
    struct mir_values *values,
    uint32_t refers,
    const char *name,
    struct mir_bytes text,
    mirsal_error *err)
{
    mirsal_id id = { 0 };
    int found = 0;
    mirsal_code rc = MIRSAL_OK;
    if (text.size == 0 || !mir_utf8_valid(text.data, text.size)) {
        return mir_fail_field(err, text.size == 0 ? MIRSAL_BAD_VALUE : MIRSAL_NOT_UTF8, name,
            "%s is no source id", name);
    }
    if (values->lookup != NULL) {
        rc = values->lookup->source(values->lookup->context, &id, &found, refers, text, err);
    }
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (found) {
        mir_pack_bin(out, id.bytes, sizeof id.bytes);
    } else {
        mir_pack_text(out, text.data, text.size);
    }
    return MIRSAL_OK;
}

/* What may stand for the beginning of an id. */
static int is_prefix(struct mir_bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        int hex = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') ||
                  (byte >= 'A' && byte <= 'F') || byte == '-';
        if (!hex) {
            return 0;
        }
    }
    return text.size >= 6;
}

mirsal_code mir_reference_text(struct mir_buf *out,
    struct mir_values *values,
    uint32_t refers,
    const char *name,
    struct mir_bytes text,
    mirsal_error *err)
{
    mirsal_id id;
    if (text.size > 1 && text.data[0] == '@') {
        struct mir_bytes source = { text.data + 1, text.size - 1 };
        return mir_reference_source(out, values, refers, name, source, err);
    }
    if (!mir_uuid_parse(&id, (const char *)text.data, text.size)) {
        if (values->lookup == NULL || !is_prefix(text)) {
            return mir_fail_field(err, MIRSAL_BAD_VALUE, name, "%s is no reference", name);
        }
        mirsal_error inner = { 0 };
        mirsal_code rc = values->lookup->prefix(values->lookup->context, &id, refers, text, &inner);
        if (rc != MIRSAL_OK) {
            return mir_fail_field(err, rc, name, "%s: %s", name, inner.message);
        }
    }
    mirsal_code rc = check_type(values, refers, name, &id, err);
    if (rc == MIRSAL_OK) {
        mir_pack_bin(out, id.bytes, sizeof id.bytes);
    }
    return rc;
}
