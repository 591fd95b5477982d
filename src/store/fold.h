/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/fold.h - texts made comparable: Arabic letters, harakat, case and accents fold away.
 */
#ifndef MIR_FOLD_H
#define MIR_FOLD_H

#include "buf.h"

/*
 * Appends the folded text, for search: tatweel and harakat go; أ إ آ ٱ become ا, ى ي, ة ه, ؤ و,
 * ئ ي; Arabic and Persian digits become ASCII; Latin, Greek and Cyrillic letters lower case,
 * Latin ones without accents. What is not valid UTF-8 is left out.
 */
void mir_fold_text(struct mir_buf *out, struct mir_bytes text);
/* As mir_fold_text, for names: also without blanks, hyphens, apostrophes, ʿ, ʾ and an article
 * (al-, ال) at the beginning of a word. */
void mir_fold_name(struct mir_buf *out, struct mir_bytes text);

/* The code point at *at, which moves behind it; 0 at the end. Bad bytes are skipped. */
uint32_t mir_fold_next(size_t *at, struct mir_bytes text);
/* One code point folded; 0 when it goes. */
uint32_t mir_fold_point(uint32_t point);

#endif
