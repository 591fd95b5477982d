/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange/htmltext.c - see the header. Values were judged before; what does not fit its field all
 * the same is shown as a dash.
 */
#include "htmltext.h"

#include "dates.h"
#include "pack.h"
#include "scalar.h"
#include "text.h"

#include <string.h>

void mir_html_bytes(struct mir_buf *out, struct mir_bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        switch (text.data[i]) {
        case '&':
            mir_buf_append_text(out, "&amp;");
            break;
        case '<':
            mir_buf_append_text(out, "&lt;");
            break;
        case '>':
            mir_buf_append_text(out, "&gt;");
            break;
        case '"':
            mir_buf_append_text(out, "&quot;");
            break;
        case '\'':
            mir_buf_append_text(out, "&#39;");
            break;
        default:
            mir_buf_append_u8(out, text.data[i]);
        }
    }
}

void mir_html_text(struct mir_buf *out, const char *text)
{
    mir_html_bytes(out, (struct mir_bytes){ (const uint8_t *)text, strlen(text) });
}

void mir_html_hex(struct mir_buf *out, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        mir_buf_append_format(out, "%02x", data[i]);
    }
}

void mir_html_day(struct mir_buf *out, int64_t day)
{
    char text[MIR_DAY_TEXT_SIZE];
    mir_day_format(text, day);
    mir_html_text(out, text);
}

void mir_html_time(struct mir_buf *out, int64_t ms)
{
    char text[MIR_TIME_TEXT_SIZE];
    mir_time_format(text, ms, 0, 0);
    mir_html_text(out, text);
}

static void write_code(struct mir_buf *out,
    const struct mir_schema_vocabulary *vocabulary,
    int64_t number)
{
    const struct mir_schema_code *code = vocabulary == NULL || number < 0 || number > UINT32_MAX
                                             ? NULL
                                             : mir_schema_code_by_id(vocabulary, (uint32_t)number);
    if (code == NULL) {
        mir_buf_append_format(out, "%lld", (long long)number);
        return;
    }
    mir_html_text(out, code->en);
    mir_buf_append_text(out, " <bdi lang=\"ar\">");
    mir_html_text(out, code->ar);
    mir_buf_append_text(out, "</bdi>");
}

static void write_reference(struct mir_buf *out, const struct mir_packed *item)
{
    char uuid[MIR_UUID_TEXT_SIZE];
    mirsal_id id;
    if (item->kind != MIR_PACKED_BIN || item->bytes.size != sizeof id.bytes) {
        mir_buf_append_text(out, "<bdi>");
        mir_html_bytes(out, item->bytes);
        mir_buf_append_text(out, "</bdi>");
        return;
    }
    memcpy(id.bytes, item->bytes.data, sizeof id.bytes);
    mir_uuid_format(uuid, &id);
    mir_buf_append_format(out, "<a href=\"#r%s\" class=\"id\">%s</a>", uuid, uuid);
}

static void write_scalar(struct mir_buf *out,
    const struct mir_schema_shape *shape,
    struct mir_bytes value)
{
    struct mir_packed item = mir_packed_of(value);
    struct mir_reader reader;
    if (item.kind == MIR_PACKED_NIL || mir_packed_unknown(value)) {
        mir_buf_append_text(out, "<i>unknown</i>");
        return;
    }
    switch ((int)shape->kind) {
    case MIR_KIND_CODE:
        write_code(out, shape->vocabulary, item.number);
        break;
    case MIR_KIND_REF:
        write_reference(out, &item);
        break;
    case MIR_KIND_FLAG:
        mir_buf_append_text(out, item.number != 0 ? "yes" : "no");
        break;
    case MIR_KIND_DAY:
        mir_html_day(out, item.number);
        break;
    case MIR_KIND_TIME:
        mir_reader_init(&reader, value.data, value.size);
        (void)mir_packed_next(&reader);
        mir_html_time(out, mir_packed_next(&reader).number);
        break;
    case MIR_KIND_BYTES32:
        mir_html_hex(out, item.bytes.data, item.bytes.size);
        break;
    default:
        if (item.kind == MIR_PACKED_INT) {
            mir_buf_append_format(out, "%lld", (long long)item.number);
        } else {
            mir_buf_append_text(out, "<bdi>");
            mir_html_bytes(out, item.bytes);
            mir_buf_append_text(out, "</bdi>");
        }
    }
}

static void write_degrees(struct mir_buf *out, int64_t value)
{
    uint64_t size = value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;
    mir_buf_append_format(out, "%s%llu.%07llu", value < 0 ? "-" : "",
        (unsigned long long)(size / 10000000), (unsigned long long)(size % 10000000));
}

/* The components that are known, each with its label. */
static void write_components(struct mir_buf *out,
    const struct mir_schema_field *field,
    struct mir_bytes value)
{
    struct mir_reader reader;
    int first = 1;
    mir_reader_init(&reader, value.data, value.size);
    size_t count = mir_packed_next(&reader).count;
    for (uint32_t i = 0; i < field->component_count && i < count; i++) {
        struct mir_bytes part = mir_packed_whole(&reader);
        if (mir_packed_of(part).kind == MIR_PACKED_NIL) {
            continue;
        }
        mir_buf_append_text(out, first ? "" : "; ");
        first = 0;
        mir_html_text(out, field->components[i].en);
        mir_buf_append_text(out, ": ");
        if (field->shape.kind == MIR_KIND_POINT && i < 2) {
            write_degrees(out, mir_packed_of(part).number);
        } else {
            write_scalar(out, &field->components[i].shape, part);
        }
    }
}

/* [language, text] or [language, text, kind]. */
static void write_name(struct mir_buf *out,
    const struct mir_schema_field *field,
    struct mir_bytes key)
{
    struct mir_reader reader;
    mir_reader_init(&reader, key.data, key.size);
    size_t count = mir_packed_next(&reader).count;
    struct mir_packed language = mir_packed_next(&reader);
    struct mir_packed text = mir_packed_next(&reader);
    mir_buf_append_text(out, "<bdi lang=\"");
    mir_html_bytes(out, language.bytes);
    mir_buf_append_text(out, "\">");
    mir_html_bytes(out, text.bytes);
    mir_buf_append_text(out, "</bdi>");
    if (count > 2) {
        mir_buf_append_text(out, " (");
        write_code(out, field->shape.vocabulary, mir_packed_next(&reader).number);
        mir_buf_append_text(out, ")");
    }
}

static void write_element(struct mir_buf *out,
    const struct mir_schema_field *field,
    struct mir_bytes element)
{
    struct mir_schema_shape shape = mir_element_shape(&field->shape);
    if (shape.kind == MIR_KIND_TUPLE) {
        write_components(out, field, element);
    } else {
        write_scalar(out, &shape, element);
    }
}

static void write_list(struct mir_buf *out,
    const struct mir_schema_field *field,
    struct mir_bytes value)
{
    struct mir_reader reader;
    mir_reader_init(&reader, value.data, value.size);
    size_t count = mir_packed_next(&reader).count;
    for (size_t i = 0; i < count; i++) {
        mir_buf_append_text(out, i == 0 ? "" : "<br>");
        write_element(out, field, mir_packed_whole(&reader));
    }
}

void mir_html_value(struct mir_buf *out,
    const struct mir_schema_field *field,
    const struct mir_shown *shown)
{
    struct mir_packed language = mir_packed_of(shown->key);
    if (mir_packed_unknown(shown->value)) {
        mir_buf_append_text(out, "<i>unknown</i>");
        return;
    }
    switch ((int)field->shape.kind) {
    case MIR_KIND_LANGTEXT: /* a block of its own direction */
        mir_buf_append_text(out, "<span class=\"text\" dir=\"auto\" lang=\"");
        mir_html_bytes(out, language.bytes);
        mir_buf_append_text(out, "\">");
        mir_html_bytes(out, mir_packed_of(shown->value).bytes);
        mir_buf_append_text(out, "</span> <small>(");
        mir_html_bytes(out, language.bytes);
        mir_buf_append_text(out, ")</small>");
        break;
    case MIR_KIND_NAMES:
        write_name(out, field, shown->key);
        break;
    case MIR_KIND_SET:
        write_element(out, field, shown->key);
        break;
    case MIR_KIND_LIST:
        write_list(out, field, shown->value);
        break;
    case MIR_KIND_DATE:
    case MIR_KIND_POINT:
    case MIR_KIND_TUPLE:
        write_components(out, field, shown->value);
        break;
    default:
        write_scalar(out, &field->shape, shown->value);
    }
}
