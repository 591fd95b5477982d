/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz/corpus.h - what the parts of make_corpus share. */
#ifndef CORPUS_H
#define CORPUS_H

#include "buf.h"

/* Writes one input of a corpus, or ends the program. */
void corpus_put(const char *corpus, const char *name, struct mir_bytes bytes);

/* Control bodies with a statement of every kind, an invite, frames. */
void corpus_control(const mirsal_env *env);
void corpus_frames(const mirsal_env *env);
/* Sealed files, and what stands in bundles. */
void corpus_bundle(const mirsal_env *env);

#endif
