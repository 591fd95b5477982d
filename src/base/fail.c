/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/fail.c - the caller-owned error is filled here and nowhere else.
 *
 * A message is cut to fit, at a whole UTF-8 character, and is NUL-terminated always. Nothing here
 * allocates, so running out of memory can be reported too.
 */
#include "fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

mirsal_class mirsal_code_class(mirsal_code code)
{
    switch (code) {
#define CLASS_CASE(name, value, class_, print, text)                                               \
    case MIRSAL_##name:                                                                            \
        return MIRSAL_CLASS_##class_;
        MIRSAL_ERRORS(CLASS_CASE)
#undef CLASS_CASE
    }
    return MIRSAL_CLASS_CALLER;
}

const char *mirsal_code_name(mirsal_code code)
{
    switch (code) {
#define NAME_CASE(name, value, class_, print, text)                                                \
    case MIRSAL_##name:                                                                            \
        return print;
        MIRSAL_ERRORS(NAME_CASE)
#undef NAME_CASE
    }
    return "usage";
}

const char *mirsal_code_text(mirsal_code code)
{
    switch (code) {
#define TEXT_CASE(name, value, class_, print, text)                                                \
    case MIRSAL_##name:                                                                            \
        return text;
        MIRSAL_ERRORS(TEXT_CASE)
#undef TEXT_CASE
    }
    return "unknown code";
}

/* Drops a UTF-8 character that was cut at the end of a full buffer. */
static void trim_cut_character(char *text, size_t size)
{
    size_t start = size;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0u) == 0x80u) {
        start--;
    }
    if (start == 0) {
        return;
    }
    unsigned char lead = (unsigned char)text[start - 1];
    size_t need = lead >= 0xF0u ? 4 : lead >= 0xE0u ? 3 : lead >= 0xC0u ? 2 : 1;
    if (size - (start - 1) < need) {
        text[start - 1] = '\0';
    }
}

static void format_text(char *out, size_t capacity, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

static void format_text(char *out, size_t capacity, const char *format, va_list arguments)
{
    int length = vsnprintf(out, capacity, format, arguments);
    if (length < 0) {
        out[0] = '\0';
    } else if ((size_t)length >= capacity) {
        trim_cut_character(out, capacity - 1);
    }
}

static void clear_error(mirsal_error *err, mirsal_code code)
{
    memset(err, 0, sizeof *err);
    err->code = code;
}

mirsal_code mir_fail(mirsal_error *err, mirsal_code code, const char *format, ...)
{
    MIR_ASSERT(code != MIRSAL_OK);
    if (err != NULL) {
        va_list arguments;
        clear_error(err, code);
        va_start(arguments, format);
        format_text(err->message, sizeof err->message, format, arguments);
        va_end(arguments);
    }
    return code;
}

mirsal_code mir_fail_field(mirsal_error *err,
    mirsal_code code,
    const char *field,
    const char *format,
    ...)
{
    MIR_ASSERT(code != MIRSAL_OK);
    if (err != NULL) {
        va_list arguments;
        clear_error(err, code);
        size_t size = strnlen(field, sizeof err->field);
        if (size == sizeof err->field) {
            size--;
        }
        memcpy(err->field, field, size);
        if (field[size] != '\0') {
            trim_cut_character(err->field, size);
        }
        va_start(arguments, format);
        format_text(err->message, sizeof err->message, format, arguments);
        va_end(arguments);
    }
    return code;
}

mirsal_code mir_wrap(mirsal_error *err, mirsal_code code, const char *format, ...)
{
    if (err != NULL) {
        char context[sizeof err->message];
        char joined[2 * sizeof err->message + 2];
        va_list arguments;
        va_start(arguments, format);
        format_text(context, sizeof context, format, arguments);
        va_end(arguments);

        int length = snprintf(joined, sizeof joined, "%s: %s", context, err->message);
        size_t size = length > 0 ? (size_t)length : 0;
        int is_cut = size > sizeof err->message - 1;
        if (is_cut) {
            size = sizeof err->message - 1;
        }
        memcpy(err->message, joined, size);
        err->message[size] = '\0';
        if (is_cut) {
            trim_cut_character(err->message, size);
        }
        err->code = code;
    }
    return code;
}

/* In words that no locale changes. */
static const struct system_reason {
    int number;
    mirsal_code code;
    const char *text;
} system_reasons[] = {
    { ENOENT, MIRSAL_NOT_FOUND, "no such file or folder" },
    { EACCES, MIRSAL_NO_ACCESS, "permission denied" },
    { EPERM, MIRSAL_NO_ACCESS, "permission denied" },
    { EROFS, MIRSAL_NO_ACCESS, "the disk is read-only" },
    { ENOSPC, MIRSAL_DISK_FULL, "no space left" },
    { EDQUOT, MIRSAL_DISK_FULL, "no space left within the quota" },
    { ENOMEM, MIRSAL_NO_MEMORY, "out of memory" },
    { ENOTDIR, MIRSAL_IO, "part of the path is no folder" },
    { EISDIR, MIRSAL_IO, "it is a folder" },
    { EFBIG, MIRSAL_IO, "too large for this disk" },
    { ENAMETOOLONG, MIRSAL_IO, "the name is too long" },
    { EIO, MIRSAL_IO, "the disk failed" },
};

mirsal_code mir_fail_system(mirsal_error *err, int number, const char *what)
{
    mirsal_code code = MIRSAL_IO;
    const char *text = NULL;
    for (size_t i = 0; i < sizeof system_reasons / sizeof *system_reasons && text == NULL; i++) {
        if (system_reasons[i].number == number) {
            code = system_reasons[i].code;
            text = system_reasons[i].text;
        }
    }
    if (text != NULL) {
        (void)mir_fail(err, code, "%s: %s", what, text);
    } else {
        (void)mir_fail(err, code, "%s (errno %d)", what, number);
    }
    if (err != NULL) {
        err->detail = (uint32_t)number;
    }
    return code;
}

_Noreturn void mir_assert_failed(const char *expression, const char *file, int line)
{
    (void)fprintf(stderr, "mirsal: %s:%d: assertion failed: %s\n", file, line, expression);
    abort();
}
