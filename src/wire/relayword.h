/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/relayword.h - what a relay signs about its log as it travels on its own: checkpoints and
 * acknowledgements; protocol/sync.md 5.
 */
#ifndef MIR_RELAYWORD_H
#define MIR_RELAYWORD_H

#include "reader.h"
#include "relay.h"

/* The heads of one device, in the order given: ascending by (compartment, seq, id). */
void mir_acknowledged_write(struct mir_buf *out, const struct mir_head *heads, size_t count);
/* How many follow; then each of them. The device is not set. Failure stays in the reader. */
uint32_t mir_acknowledged_begin(struct mir_reader *reader);
void mir_acknowledged_next(struct mir_reader *reader, struct mir_head *head);

enum mir_word_kind {
    MIR_WORD_CHECKPOINT = 1,
    MIR_WORD_ACKNOWLEDGEMENT = 2,
};

struct mir_relay_word {
    enum mir_word_kind kind;
    mirsal_hash identity; /* the relay's */
    struct mir_checkpoint checkpoint;
    struct mir_acknowledgement acknowledgement;
};

void mir_relay_word_write(struct mir_buf *out, const struct mir_relay_word *word);
/* MALFORMED, LIMIT. acknowledgement.heads is borrowed from bytes, and its form was checked. */
mirsal_code mir_relay_word_read(struct mir_relay_word *out,
    struct mir_bytes bytes,
    mirsal_error *err) MIRSAL_MUST_USE;
/* 1 when its relay signed it for this team. */
int mir_relay_word_verify(const struct mir_relay_word *word, const mirsal_hash *team);

#endif
