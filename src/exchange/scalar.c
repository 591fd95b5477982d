/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/scalar.c - see the header. Numbers are read without locale and, for degrees given as
 * text, without floating point.
 */
#include "scalar.h"

#include "dates.h"
#include "fail.h"
#include "mir_limits.h"
#include "pack.h"
#include "text.h"

#include <jansson.h>
#include <string.h>

#define DEGREE INT64_C(10000000)

static mirsal_code check_bounds(const struct mir_schema_shape *shape,
    const char *name,
    int64_t value,
    mirsal_error *err)
{
    if ((shape->has_min && value < shape->min) || (shape->has_max && value > shape->max)) {
        return mir_fail_field(err, MIRSAL_OUT_OF_RANGE, name, "%s is out of range", name);
    }
    return MIRSAL_OK;
}

static mirsal_code put_int(struct mir_buf *out,
    const struct mir_schema_shape *shape,
    const char *name,
    int64_t value,
    mirsal_error *err)
{
    mirsal_code rc = check_bounds(shape, name, value, err);
    if (rc == MIRSAL_OK) {
        mir_pack_int(out, value);
    }
    return rc;
}

static mirsal_code bad_value(const char *name, const char *what, mirsal_error *err)
{
    return mir_fail_field(err, MIRSAL_BAD_VALUE, name, "%s is not %s", name, what);
}

/* Whole decimal number; digits beyond 18 are out of range of every field. */
static mirsal_code int_of_text(int64_t *out,
    const char *name,
    struct mir_bytes text,
    mirsal_error *err)
{
    size_t at = text.size > 0 && text.data[0] == '-' ? 1 : 0;
    uint64_t value = 0;
    if (at == text.size) {
        return bad_value(name, "a whole number", err);
    }
    for (size_t i = at; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return bad_value(name, "a whole number", err);
        }
        if (value > UINT64_C(99999999999999999)) {
            return mir_fail_field(err, MIRSAL_OUT_OF_RANGE, name, "%s is out of range", name);
        }
        value = value * 10 + (uint64_t)(text.data[i] - '0');
    }
    *out = at == 1 ? -(int64_t)value : (int64_t)value;
    return MIRSAL_OK;
}

static mirsal_code put_code(struct mir_buf *out,
    const struct mir_schema_shape *shape,
    const char *name,
    struct mir_bytes text,
    mirsal_error *err)
{
    const struct mir_schema_code *code =
        mir_schema_code_by_text(shape->vocabulary, (const char *)text.data, text.size);
    if (code == NULL) {
        return bad_value(name, "a code of its list", err);
    }
    mir_pack_int(out, code->id);
    return MIRSAL_OK;
}

static mirsal_code put_text(struct mir_buf *out,
    const char *name,
    struct mir_bytes text,
    mirsal_error *err)
{
    if (!mir_utf8_valid(text.data, text.size)) {
        return mir_fail_field(err, MIRSAL_NOT_UTF8, name, "%s is not UTF-8", name);
    }
    if (text.size > MIR_TEXT_SIZE_MAX) {
        return mir_fail_field(
            err, MIRSAL_TOO_LARGE, name, "%s has over %u bytes", name, (unsigned)MIR_TEXT_SIZE_MAX);
    }
    mir_pack_text(out, text.data, text.size);
    return MIRSAL_OK;
}

static mirsal_code put_flag(struct mir_buf *out,
    const char *name,
    struct mir_bytes text,
    mirsal_error *err)
{
    static const char *const words[] = { "0", "no", "false", "1", "yes", "true" };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (text.size == strlen(words[i]) && memcmp(text.data, words[i], text.size) == 0) {
            mir_pack_int(out, i < 3 ? 0 : 1);
            return MIRSAL_OK;
        }
    }
    return bad_value(name, "yes or no", err);
}

static mirsal_code put_time(struct mir_buf *out,
    const char *name,
    struct mir_bytes text,
    mirsal_error *err)
{
    int64_t ms = 0;
    int offset = 0;
    if (!mir_time_parse(&ms, &offset, (const char *)text.data, text.size)) {
        return bad_value(name, "a time with its zone", err);
    }
    mir_pack_array(out, 2);
    mir_pack_int(out, ms);
    mir_pack_int(out, offset);
    return MIRSAL_OK;
}

mirsal_code mir_scalar_text(struct mir_buf *out,
    struct mir_values *values,
    const struct mir_schema_shape *shape,
    const char *name,
    struct mir_bytes text,
    mirsal_error *err)
{
    int64_t number = 0;
    int32_t day = 0;
    uint8_t hash[32];
    mirsal_code rc = MIRSAL_OK;
    if (text.size == 0) {
        return mir_fail_field(err, MIRSAL_BAD_VALUE, name, "%s is empty", name);
    }
    switch ((int)shape->kind) {
    case MIR_KIND_INT:
        rc = int_of_text(&number, name, text, err);
        return rc != MIRSAL_OK ? rc : put_int(out, shape, name, number, err);
    case MIR_KIND_CODE:
        return put_code(out, shape, name, text, err);
    case MIR_KIND_TEXT:
        return put_text(out, name, text, err);
    case MIR_KIND_REF:
        return mir_reference_text(out, values, shape->refers, name, text, err);
    case MIR_KIND_TIME:
        return put_time(out, name, text, err);
    case MIR_KIND_FLAG:
        return put_flag(out, name, text, err);
    case MIR_KIND_DAY:
        if (!mir_day_parse(&day, (const char *)text.data, text.size)) {
            return bad_value(name, "a day (YYYY-MM-DD)", err);
        }
        return put_int(out, shape, name, day, err);
    case MIR_KIND_BYTES32:
        if (!mir_hex_decode(hash, sizeof hash, (const char *)text.data, text.size)) {
            return bad_value(name, "64 hex digits", err);
        }
        mir_pack_bin(out, hash, sizeof hash);
        return MIRSAL_OK;
    default:
        return bad_value(name, "a single value", err);
    }
}

/* A number that JSON holds as a whole one, or as a real one without a fraction. */
static int whole_of_json(int64_t *out, const json_t *json)
{
    if (json_is_integer(json)) {
        *out = json_integer_value(json);
        return 1;
    }
    double real = json_is_real(json) ? json_real_value(json) : 0.5;
    if (!(real >= -9007199254740992.0 && real <= 9007199254740992.0)) {
        return 0;
    }
    *out = (int64_t)real;
    double rest = real - (double)*out;
    return !(rest < 0.0) && !(rest > 0.0);
}

static mirsal_code number_of_json(struct mir_buf *out,
    const struct mir_schema_shape *shape,
    const char *name,
    const json_t *json,
    mirsal_error *err)
{
    int64_t number = 0;
    if (shape->kind == MIR_KIND_FLAG && json_is_boolean(json)) {
        mir_pack_int(out, json_is_true(json) ? 1 : 0);
        return MIRSAL_OK;
    }
    if (!whole_of_json(&number, json)) {
        return bad_value(
            name, shape->kind == MIR_KIND_FLAG ? "true or false" : "a whole number", err);
    }
    if (shape->kind == MIR_KIND_FLAG && number != 0 && number != 1) {
        return bad_value(name, "true or false", err);
    }
    return put_int(out, shape, name, number, err);
}

mirsal_code mir_scalar_json(struct mir_buf *out,
    struct mir_values *values,
    const struct mir_schema_shape *shape,
    const char *name,
    const struct json_t *json,
    mirsal_error *err)
{
    if (shape->kind == MIR_KIND_INT || shape->kind == MIR_KIND_FLAG) {
        return number_of_json(out, shape, name, json, err);
    }
    if (shape->kind == MIR_KIND_REF && json_is_object(json)) {
        const json_t *source = json_object_get(json, "source_id");
        if (!json_is_string(source) || json_object_size(json) != 1) {
            return bad_value(name, "a reference", err);
        }
        struct mir_bytes text = { (const uint8_t *)json_string_value(source),
            json_string_length(source) };
        return mir_reference_source(out, values, shape->refers, name, text, err);
    }
    if (!json_is_string(json)) {
        return bad_value(name, "given as text", err);
    }
    struct mir_bytes text = { (const uint8_t *)json_string_value(json), json_string_length(json) };
    return mir_scalar_text(out, values, shape, name, text, err);
}

/* ±D.D, rounded half away from zero at the seventh place. */
static mirsal_code degrees_of_text(int64_t *out,
    const char *name,
    struct mir_bytes text,
    mirsal_error *err)
{
    size_t at = text.size > 0 && (text.data[0] == '-' || text.data[0] == '+') ? 1 : 0;
    int64_t value = 0;
    int digits = 0;
    int places = -1; /* behind the point, -1 before it */
    int round_up = 0;
    for (; at < text.size; at++) {
        uint8_t byte = text.data[at];
        if (byte == '.' && places < 0) {
            places = 0;
        } else if (byte < '0' || byte > '9') {
            return bad_value(name, "a number of degrees", err);
        } else if (places == 7) {
            round_up = round_up == 0 ? (byte >= '5' ? 1 : -1) : round_up;
        } else {
            value = value > DEGREE * 100000 ? value : value * 10 + (byte - '0');
            places += places >= 0 ? 1 : 0;
            digits++;
        }
    }
    if (digits == 0) {
        return bad_value(name, "a number of degrees", err);
    }
    for (int i = places < 0 ? 0 : places; i < 7; i++) {
        value *= 10;
    }
    value += round_up > 0 ? 1 : 0;
    *out = text.data[0] == '-' ? -value : value;
    return MIRSAL_OK;
}

mirsal_code mir_degrees_text(struct mir_buf *out,
    const struct mir_schema_shape *shape,
    const char *name,
    struct mir_bytes text,
    mirsal_error *err)
{
    int64_t value = 0;
    mirsal_code rc = degrees_of_text(&value, name, text, err);
    return rc != MIRSAL_OK ? rc : put_int(out, shape, name, value, err);
}

mirsal_code mir_degrees_json(struct mir_buf *out,
    const struct mir_schema_shape *shape,
    const char *name,
    const struct json_t *json,
    mirsal_error *err)
{
    if (!json_is_number(json)) {
        return bad_value(name, "a number of degrees", err);
    }
    double degrees = json_number_value(json);
    if (!(degrees >= -1000.0 && degrees <= 1000.0)) {
        return mir_fail_field(err, MIRSAL_OUT_OF_RANGE, name, "%s is out of range", name);
    }
    double scaled = degrees * (double)DEGREE;
    return put_int(out, shape, name, (int64_t)(scaled + (scaled < 0.0 ? -0.5 : 0.5)), err);
}

struct mir_schema_shape mir_element_shape(const struct mir_schema_shape *shape)
{
    struct mir_schema_shape element = *shape;
    if (shape->kind == MIR_KIND_SET || shape->kind == MIR_KIND_LIST) {
        element.kind = shape->element;
        element.element = MIR_KIND_NONE;
    }
    return element;
}

mirsal_code mir_values_keep(struct mir_bytes *out,
    struct mir_values *values,
    const struct mir_buf *packed,
    mirsal_error *err)
{
    mirsal_code rc = mir_buf_finish(packed, err);
    if (rc != MIRSAL_OK) {
        return rc;
    }
    if (packed->size > MIR_VALUE_SIZE_MAX) {
        return mir_fail(
            err, MIRSAL_TOO_LARGE, "value of over %u bytes", (unsigned)MIR_VALUE_SIZE_MAX);
    }
    uint8_t *kept = mir_arena_copy(values->arena, packed->data, packed->size);
    if (kept == NULL) {
        return mir_fail(err, MIRSAL_TOO_LARGE, "record too large");
    }
    *out = (struct mir_bytes){ kept, packed->size };
    return MIRSAL_OK;
}

int mir_language_valid(struct mir_bytes tag)
{
    for (size_t i = 0; i < tag.size; i++) {
        uint8_t byte = tag.data[i];
        int letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        if (!letter && !(byte >= '0' && byte <= '9') && byte != '-') {
            return 0;
        }
    }
    return tag.size >= 1 && tag.size <= 35;
}
