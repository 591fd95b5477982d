/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/value.c - is this a value of this field? See the header.
 *
 * A checker reads with one cursor and keeps the first fault; reading on after it is harmless.
 */
#include "value.h"

#include "fail.h"
#include "mir_limits.h"
#include "msgpack.h"

#include <string.h>

#define LANGUAGE_SIZE_MAX  35u
#define OFFSET_MINUTES_MAX 840
#define SUFFIX_SIZE        4u /* "_min" */

struct checker {
    struct mir_reader reader;
    mirsal_code code;
    const char *text;
};

static void fault(struct checker *checker, mirsal_code code, const char *text)
{
    if (checker->code == MIRSAL_OK) {
        checker->code = code;
        checker->text = text;
    }
}

static int is_next(struct checker *checker, enum mir_mp_type type)
{
    if (mir_mp_peek(&checker->reader) == type) {
        return 1;
    }
    fault(checker, MIRSAL_BAD_VALUE, "not a value of this kind");
    return 0;
}

static void check_text(struct checker *checker, size_t size_max, int may_be_empty)
{
    if (!is_next(checker, MIR_MP_STR)) {
        return;
    }
    struct mir_bytes text = mir_mp_read_str(&checker->reader, size_max);
    if (!mir_reader_ok(&checker->reader)) {
        int large = checker->reader.failed == MIRSAL_LIMIT;
        fault(checker, large ? MIRSAL_TOO_LARGE : MIRSAL_NOT_UTF8,
            large ? "the text is too large" : "the text is not valid UTF-8");
    } else if (text.size == 0 && !may_be_empty) {
        fault(checker, MIRSAL_BAD_VALUE, "the text is empty");
    }
}

static void check_language(struct checker *checker)
{
    if (!is_next(checker, MIR_MP_STR)) {
        return;
    }
    struct mir_bytes text = mir_mp_read_str(&checker->reader, LANGUAGE_SIZE_MAX);
    int good = text.size > 0;
    for (size_t i = 0; good && i < text.size; i++) {
        uint8_t c = text.data[i];
        good =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    }
    if (!good) {
        fault(checker, MIRSAL_BAD_VALUE, "not a language tag");
    }
}

/* Gives 0 after a fault. */
static int64_t check_int(struct checker *checker, const struct mir_schema_shape *shape)
{
    if (!is_next(checker, MIR_MP_INT)) {
        return 0;
    }
    int64_t value = mir_mp_read_int(&checker->reader);
    if (!mir_reader_ok(&checker->reader)) {
        fault(checker, MIRSAL_OUT_OF_RANGE, "the number is out of range");
        return 0;
    }
    if ((shape->has_min && value < shape->min) || (shape->has_max && value > shape->max)) {
        fault(checker, MIRSAL_OUT_OF_RANGE, "the number is out of range");
    }
    return value;
}

static void check_code(struct checker *checker, const struct mir_schema_shape *shape)
{
    if (!is_next(checker, MIR_MP_INT)) {
        return;
    }
    int64_t id = mir_mp_read_int(&checker->reader);
    if (id < 0 || id > UINT32_MAX || shape->vocabulary == NULL ||
        mir_schema_code_by_id(shape->vocabulary, (uint32_t)id) == NULL) {
        fault(checker, MIRSAL_BAD_VALUE, "not a code of this vocabulary");
    }
}

static void check_ref(struct checker *checker)
{
    if (mir_mp_peek(&checker->reader) == MIR_MP_STR) {
        check_text(checker, MIR_TEXT_SIZE_MAX, 0);
        return;
    }
    if (!is_next(checker, MIR_MP_BIN)) {
        return;
    }
    if (mir_mp_read_bin(&checker->reader, MIR_VALUE_SIZE_MAX).size != sizeof(mirsal_id)) {
        fault(checker, MIRSAL_BAD_VALUE, "not a reference");
    }
}

/* A value of one part: of a component, or of an element that is no tuple. */
static int64_t check_part(struct checker *checker,
    enum mir_kind kind,
    const struct mir_schema_shape *shape)
{
    static const struct mir_schema_shape flag = { .has_min = 1, .has_max = 1, .min = 0, .max = 1 };
    int64_t number = 0;
    if (kind == MIR_KIND_INT || kind == MIR_KIND_DAY) {
        number = check_int(checker, shape);
    } else if (kind == MIR_KIND_FLAG) {
        number = check_int(checker, &flag);
    } else if (kind == MIR_KIND_CODE) {
        check_code(checker, shape);
    } else if (kind == MIR_KIND_TEXT) {
        check_text(checker, MIR_TEXT_SIZE_MAX, 0);
    } else if (kind == MIR_KIND_REF) {
        check_ref(checker);
    } else {
        fault(checker, MIRSAL_BAD_VALUE, "not a value of this kind");
    }
    return number;
}

/* 1 when a is `…_min` (or `min`, `from`) and b its `…_max`. */
static int bounds(const char *low, const char *high)
{
    size_t low_size = strlen(low);
    size_t high_size = strlen(high);
    if (strcmp(low, "from") == 0) {
        return strcmp(high, "to") == 0;
    }
    if (strcmp(low, "min") == 0) {
        return strcmp(high, "max") == 0;
    }
    return low_size == high_size && low_size > SUFFIX_SIZE &&
           strcmp(low + low_size - SUFFIX_SIZE, "_min") == 0 &&
           strcmp(high + high_size - SUFFIX_SIZE, "_max") == 0 &&
           memcmp(low, high, low_size - SUFFIX_SIZE) == 0;
}

#define COMPONENTS_KEPT 32u

struct tuple {
    int present[COMPONENTS_KEPT];
    int64_t numbers[COMPONENTS_KEPT];
};

static void check_pairs(struct checker *checker,
    const struct mir_schema_field *field,
    const struct tuple *tuple)
{
    uint32_t count =
        field->component_count < COMPONENTS_KEPT ? field->component_count : COMPONENTS_KEPT;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < count; j++) {
            if (tuple->present[i] && tuple->present[j] &&
                bounds(field->components[i].name, field->components[j].name) &&
                tuple->numbers[i] > tuple->numbers[j]) {
                fault(checker, MIRSAL_MIN_ABOVE_MAX, "minimum above maximum");
            }
        }
    }
}

static void check_tuple(struct checker *checker, const struct mir_schema_field *field)
{
    struct tuple tuple;
    uint32_t present = 0;
    memset(&tuple, 0, sizeof tuple);
    if (!is_next(checker, MIR_MP_ARRAY)) {
        return;
    }
    if (mir_mp_read_array(&checker->reader, UINT32_MAX) != field->component_count) {
        fault(checker, MIRSAL_BAD_VALUE, "not all parts of the value");
        return;
    }
    for (uint32_t i = 0; i < field->component_count && checker->code == MIRSAL_OK; i++) {
        const struct mir_schema_shape *shape = &field->components[i].shape;
        if (mir_mp_read_nil_if(&checker->reader)) {
            continue;
        }
        int64_t number = check_part(checker, shape->kind, shape);
        present++;
        if (i < COMPONENTS_KEPT) {
            tuple.present[i] = 1;
            tuple.numbers[i] = number;
        }
    }
    if (present == 0) {
        fault(checker, MIRSAL_BAD_VALUE, "no part of the value is known");
    }
    check_pairs(checker, field, &tuple);
    if (field->shape.kind == MIR_KIND_DATE || field->shape.kind == MIR_KIND_POINT) {
        if (!tuple.present[0] || !tuple.present[1]) {
            fault(checker, MIRSAL_BAD_VALUE, "a part that must be there is missing");
        }
    }
    if (field->shape.kind == MIR_KIND_DATE && tuple.numbers[0] > tuple.numbers[1]) {
        fault(checker, MIRSAL_MIN_ABOVE_MAX, "first day after the last");
    }
}

static void check_element(struct checker *checker, const struct mir_schema_field *field)
{
    if (field->shape.element == MIR_KIND_TUPLE) {
        check_tuple(checker, field);
    } else {
        (void)check_part(checker, field->shape.element, &field->shape);
    }
}

static void check_list(struct checker *checker, const struct mir_schema_field *field)
{
    struct mir_bytes before = { NULL, 0 };
    if (!is_next(checker, MIR_MP_ARRAY)) {
        return;
    }
    uint32_t count = mir_mp_read_array(&checker->reader, UINT32_MAX);
    for (uint32_t i = 0; i < count && checker->code == MIRSAL_OK; i++) {
        size_t mark = checker->reader.at;
        check_element(checker, field);
        struct mir_bytes element = mir_reader_since(&checker->reader, mark);
        if (i > 0 && field->shape.element != MIR_KIND_TUPLE &&
            mir_bytes_compare(before, element) >= 0) {
            fault(checker, MIRSAL_BAD_VALUE, "the list is not in its order");
        }
        before = element;
    }
}

static void check_time(struct checker *checker)
{
    static const struct mir_schema_shape any = { .kind = MIR_KIND_INT };
    static const struct mir_schema_shape offset = {
        .has_min = 1, .has_max = 1, .min = -OFFSET_MINUTES_MAX, .max = OFFSET_MINUTES_MAX
    };
    if (!is_next(checker, MIR_MP_ARRAY)) {
        return;
    }
    mir_mp_read_array_exact(&checker->reader, 2);
    (void)check_int(checker, &any);
    if (!mir_mp_read_nil_if(&checker->reader)) {
        (void)check_int(checker, &offset);
    }
}

static void check_withdrawal(struct checker *checker)
{
    mirsal_hash before;
    mirsal_hash id;
    if (!is_next(checker, MIR_MP_ARRAY)) {
        return;
    }
    mir_mp_read_array_exact(&checker->reader, 2);
    check_text(checker, MIR_TEXT_SIZE_MAX, 1);
    uint32_t count = mir_mp_read_array(&checker->reader, MIR_REFS_MAX);
    for (uint32_t i = 0; i < count && mir_reader_ok(&checker->reader); i++) {
        mir_mp_read_bin_exact(&checker->reader, id.bytes, sizeof id.bytes);
        if (i > 0 && memcmp(before.bytes, id.bytes, sizeof id.bytes) >= 0) {
            fault(checker, MIRSAL_BAD_VALUE, "the changesets are not in their order");
        }
        before = id;
    }
}

static void check_presence(struct checker *checker)
{
    static const struct mir_schema_shape flag = { .has_min = 1, .has_max = 1, .min = 0, .max = 1 };
    (void)check_int(checker, &flag);
}

static void check_names_key(struct checker *checker, const struct mir_schema_field *field)
{
    if (!is_next(checker, MIR_MP_ARRAY)) {
        return;
    }
    uint32_t count = mir_mp_read_array(&checker->reader, 3);
    if (count < 2) {
        fault(checker, MIRSAL_BAD_VALUE, "a name has a language and a text");
        return;
    }
    check_language(checker);
    check_text(checker, MIR_TEXT_SIZE_MAX, 0);
    if (count == 3) {
        check_code(checker, &field->shape);
    }
}

static void check_key(struct checker *checker, const struct mir_schema_field *field)
{
    if (field->shape.kind == MIR_KIND_LANGTEXT) {
        check_language(checker);
    } else if (field->shape.kind == MIR_KIND_NAMES) {
        check_names_key(checker, field);
    } else {
        check_element(checker, field);
    }
}

static void check_value(struct checker *checker, const struct mir_schema_field *field)
{
    switch (field->shape.kind) {
    case MIR_KIND_LANGTEXT:
        check_text(checker, MIR_TEXT_SIZE_MAX, 0);
        break;
    case MIR_KIND_NAMES:
    case MIR_KIND_SET:
        check_presence(checker);
        break;
    case MIR_KIND_DATE:
    case MIR_KIND_POINT:
    case MIR_KIND_TUPLE:
        check_tuple(checker, field);
        break;
    case MIR_KIND_TIME:
        check_time(checker);
        break;
    case MIR_KIND_LIST:
        check_list(checker, field);
        break;
    case MIR_KIND_BYTES32:
        if (is_next(checker, MIR_MP_BIN) &&
            mir_mp_read_bin(&checker->reader, MIR_VALUE_SIZE_MAX).size != sizeof(mirsal_hash)) {
            fault(checker, MIRSAL_BAD_VALUE, "not 32 bytes");
        }
        break;
    case MIR_KIND_WITHDRAWAL:
        check_withdrawal(checker);
        break;
    case MIR_KIND_INT:
    case MIR_KIND_CODE:
    case MIR_KIND_TEXT:
    case MIR_KIND_REF:
    case MIR_KIND_FLAG:
    case MIR_KIND_DAY:
        (void)check_part(checker, field->shape.kind, &field->shape);
        break;
    case MIR_KIND_NONE:
        fault(checker, MIRSAL_BAD_VALUE, "not a value of this kind");
        break;
    }
}

static void begin(struct checker *checker, struct mir_bytes bytes)
{
    mir_reader_init(&checker->reader, bytes.data, bytes.size);
    if (bytes.size > MIR_VALUE_SIZE_MAX) {
        fault(checker, MIRSAL_TOO_LARGE, "the value is too large");
    }
}

/* Whole, and canonical. */
static void end(struct checker *checker)
{
    if (mir_reader_finish(&checker->reader, "value", NULL) != MIRSAL_OK) {
        fault(checker, MIRSAL_BAD_VALUE, "not a value of this kind");
    }
}

mirsal_code mir_value_check(const struct mir_schema_field *field,
    struct mir_bytes key,
    struct mir_bytes value,
    mirsal_error *err)
{
    struct checker checker;
    memset(&checker, 0, sizeof checker);
    enum mir_key_form form = mir_schema_key_form(field);
    if (form == MIR_KEY_NONE && key.size > 0) {
        fault(&checker, MIRSAL_BAD_VALUE, "the field has no key");
    }
    if (form != MIR_KEY_NONE) {
        begin(&checker, key);
        check_key(&checker, field);
        end(&checker);
    }
    begin(&checker, value);
    if (!mir_value_is_unknown(value)) {
        check_value(&checker, field);
        end(&checker);
    } else if (form == MIR_KEY_SET) {
        fault(&checker, MIRSAL_BAD_VALUE, "an element is present or absent");
    }
    if (checker.code != MIRSAL_OK) {
        return mir_fail_field(err, checker.code, field->name, "%s", checker.text);
    }
    return MIRSAL_OK;
}

static uint32_t rank_of(const struct mir_schema_shape *shape, int64_t id)
{
    const struct mir_schema_code *code = NULL;
    if (shape->vocabulary != NULL && id >= 0 && id <= UINT32_MAX) {
        code = mir_schema_code_by_id(shape->vocabulary, (uint32_t)id);
    }
    return code != NULL ? code->rank : 0;
}

static uint32_t higher(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* The codes among the components of one tuple, date or point. */
static uint32_t rank_of_parts(struct mir_reader *reader, const struct mir_schema_field *field)
{
    uint32_t rank = 0;
    uint32_t count =
        mir_mp_peek(reader) == MIR_MP_ARRAY ? mir_mp_read_array(reader, UINT32_MAX) : 0;
    for (uint32_t i = 0; i < count && i < field->component_count && mir_reader_ok(reader); i++) {
        const struct mir_schema_shape *shape = &field->components[i].shape;
        if (shape->kind == MIR_KIND_CODE && mir_mp_peek(reader) == MIR_MP_INT) {
            rank = higher(rank, rank_of(shape, mir_mp_read_int(reader)));
        } else {
            (void)mir_mp_read_value(reader, MIR_VALUE_SIZE_MAX);
        }
    }
    return rank;
}

static uint32_t rank_of_one(struct mir_reader *reader,
    const struct mir_schema_field *field,
    enum mir_kind kind)
{
    if (kind == MIR_KIND_CODE) {
        return mir_mp_peek(reader) == MIR_MP_INT ? rank_of(&field->shape, mir_mp_read_int(reader))
                                                 : 0;
    }
    int has_parts = kind == MIR_KIND_TUPLE || kind == MIR_KIND_DATE || kind == MIR_KIND_POINT;
    return has_parts ? rank_of_parts(reader, field) : 0;
}

uint32_t mir_value_rank(const struct mir_schema_field *field,
    struct mir_bytes key,
    struct mir_bytes value)
{
    struct mir_reader reader;
    uint32_t rank = 0;
    struct mir_bytes from = field->shape.kind == MIR_KIND_SET ? key : value;
    mir_reader_init(&reader, from.data, from.size);
    if (field->shape.kind == MIR_KIND_SET) {
        return rank_of_one(&reader, field, field->shape.element);
    }
    if (field->shape.kind != MIR_KIND_LIST) {
        return rank_of_one(&reader, field, field->shape.kind);
    }
    int codes = field->shape.element == MIR_KIND_CODE || field->shape.element == MIR_KIND_TUPLE;
    uint32_t count =
        codes && mir_mp_peek(&reader) == MIR_MP_ARRAY ? mir_mp_read_array(&reader, UINT32_MAX) : 0;
    for (uint32_t i = 0; i < count && mir_reader_ok(&reader); i++) {
        rank = higher(rank, rank_of_one(&reader, field, field->shape.element));
    }
    return rank;
}

const struct mir_schema_field *mir_value_counterpart(int *is_low,
    const struct mir_schema_field *field)
{
    *is_low = 0;
    if (field->shape.kind != MIR_KIND_INT && field->shape.kind != MIR_KIND_DAY) {
        return NULL;
    }
    for (uint32_t i = 0; i < field->type->field_count; i++) {
        const struct mir_schema_field *other = &field->type->fields[i];
        if (bounds(field->name, other->name)) {
            *is_low = 1;
            return other;
        }
        if (bounds(other->name, field->name)) {
            return other;
        }
    }
    return NULL;
}

int mir_value_in_order(struct mir_bytes low, struct mir_bytes high)
{
    struct mir_reader a;
    struct mir_reader b;
    mir_reader_init(&a, low.data, low.size);
    mir_reader_init(&b, high.data, high.size);
    if (mir_mp_peek(&a) == MIR_MP_INT && mir_mp_peek(&b) == MIR_MP_INT) {
        return mir_mp_read_int(&a) <= mir_mp_read_int(&b);
    }
    return 1;
}

int mir_value_is_unknown(struct mir_bytes value)
{
    return value.size == 1 && value.data[0] == 0x90;
}
