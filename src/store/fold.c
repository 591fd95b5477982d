/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/fold.c - texts made comparable; see the header.
 *
 * Folding goes point by point and never makes a text longer than its own UTF-8, so that a place in
 * the folded text can be found again in the original by walking both.
 */
#include "fold.h"

/* U+00C0 to U+017F without accents, in lower case; '*' stays as it is. */
static const char latin_base[] = "aaaaaa*ceeeeiiii*nooooo*ouuuuy**"
                                 "aaaaaa*ceeeeiiii*nooooo*ouuuuy*y"
                                 "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
                                 "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

static uint32_t fold_latin(uint32_t point)
{
    if (point >= 'A' && point <= 'Z') {
        return point + 0x20;
    }
    if (point >= 0xC0 && point <= 0x17F) {
        char base = latin_base[point - 0xC0];
        if (base != '*') {
            return (uint32_t)(unsigned char)base;
        }
        return point == 0xC6 || point == 0xD0 || point == 0xDE ? point + 0x20 : point;
    }
    return point;
}

static uint32_t fold_arabic(uint32_t point)
{
    if ((point >= 0x64B && point <= 0x65F) || point == 0x640 || point == 0x670 ||
        (point >= 0x610 && point <= 0x61A) || (point >= 0x6D6 && point <= 0x6ED)) {
        return 0;
    }
    if (point >= 0x660 && point <= 0x669) {
        return point - 0x660 + '0';
    }
    if (point >= 0x6F0 && point <= 0x6F9) {
        return point - 0x6F0 + '0';
    }
    switch (point) {
    case 0x622: /* آ */
    case 0x623: /* أ */
    case 0x625: /* إ */
    case 0x671: /* ٱ */
        return 0x627;
    case 0x624: /* ؤ */
        return 0x648;
    case 0x626: /* ئ */
    case 0x649: /* ى */
    case 0x6CC: /* ی */
        return 0x64A;
    case 0x629: /* ة */
        return 0x647;
    case 0x6A9: /* ک */
        return 0x643;
    default:
        return point;
    }
}

uint32_t mir_fold_point(uint32_t point)
{
    if (point < 0x300) {
        return fold_latin(point);
    }
    if (point <= 0x36F) {
        return 0; /* combining accents */
    }
    if (point >= 0x600 && point <= 0x6FF) {
        return fold_arabic(point);
    }
    if ((point >= 0x391 && point <= 0x3A9) || (point >= 0x410 && point <= 0x42F)) {
        return point + 0x20;
    }
    if (point >= 0x400 && point <= 0x40F) {
        return point + 0x50;
    }
    if (point >= 0x1E00 && point <= 0x1E95) {
        return point | 1u; /* pairs: capital even, small odd */
    }
    return point == 0x200C || point == 0x200D || point == 0x200E || point == 0x200F ? 0 : point;
}

uint32_t mir_fold_next(size_t *at, struct mir_bytes text)
{
    while (*at < text.size) {
        uint8_t head = text.data[*at];
        size_t size = head < 0x80 ? 1 : head < 0xC2 ? 0 : head < 0xE0 ? 2 : head < 0xF0 ? 3 : 4;
        if (size == 0 || head > 0xF4 || size > text.size - *at) {
            (*at)++;
            continue;
        }
        uint32_t point = size == 1 ? head : head & (0xFFu >> (size + 1));
        size_t good = 1;
        while (good < size && (text.data[*at + good] & 0xC0) == 0x80) {
            point = point << 6 | (text.data[*at + good] & 0x3Fu);
            good++;
        }
        *at += good;
        if (good == size && point != 0) {
            return point;
        }
    }
    return 0;
}

static void append_point(struct mir_buf *out, uint32_t point)
{
    uint8_t bytes[4];
    size_t size = 0;
    if (point < 0x80) {
        bytes[size++] = (uint8_t)point;
    } else if (point < 0x800) {
        bytes[size++] = (uint8_t)(0xC0u | point >> 6);
        bytes[size++] = (uint8_t)(0x80u | (point & 0x3Fu));
    } else if (point < 0x10000) {
        bytes[size++] = (uint8_t)(0xE0u | point >> 12);
        bytes[size++] = (uint8_t)(0x80u | (point >> 6 & 0x3Fu));
        bytes[size++] = (uint8_t)(0x80u | (point & 0x3Fu));
    } else {
        bytes[size++] = (uint8_t)(0xF0u | point >> 18);
        bytes[size++] = (uint8_t)(0x80u | (point >> 12 & 0x3Fu));
        bytes[size++] = (uint8_t)(0x80u | (point >> 6 & 0x3Fu));
        bytes[size++] = (uint8_t)(0x80u | (point & 0x3Fu));
    }
    mir_buf_append(out, bytes, size);
}

void mir_fold_text(struct mir_buf *out, struct mir_bytes text)
{
    size_t at = 0;
    for (uint32_t point = mir_fold_next(&at, text); point != 0; point = mir_fold_next(&at, text)) {
        uint32_t folded = mir_fold_point(point);
        if (folded != 0) {
            append_point(out, folded);
        }
    }
}

static int is_dropped(uint32_t point)
{
    return point == ' ' || point == '-' || point == '\'' || point == '`' || point == '_' ||
           point == 0x2BF || point == 0x2BE || point == 0x2BB || point == 0x2BC ||
           (point >= 0x2010 && point <= 0x2019) || point == 0xA0;
}

/* Behind an article that begins at `at`, or at itself. */
static size_t skip_article(struct mir_bytes text, size_t at)
{
    size_t next = at;
    uint32_t first = mir_fold_point(mir_fold_next(&next, text));
    uint32_t second = mir_fold_point(mir_fold_next(&next, text));
    size_t behind = next;
    uint32_t third = mir_fold_next(&next, text);
    if (first == 0x627 && second == 0x644 && third != 0 && !is_dropped(third)) {
        return behind;
    }
    if ((first == 'a' || first == 'e') && second == 'l' && third == '-') {
        return next;
    }
    return at;
}

void mir_fold_name(struct mir_buf *out, struct mir_bytes text)
{
    size_t at = skip_article(text, 0);
    for (uint32_t point = mir_fold_next(&at, text); point != 0; point = mir_fold_next(&at, text)) {
        if (is_dropped(point)) {
            at = point == ' ' ? skip_article(text, at) : at;
            continue;
        }
        uint32_t folded = mir_fold_point(point);
        if (folded != 0) {
            append_point(out, folded);
        }
    }
}
