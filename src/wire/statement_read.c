/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/statement_read.c - reading control bodies; see statement.h.
 *
 * A known kind with other elements than its own is refused, also where no struct takes them: then
 * the statement's own grammar is walked.
 */
#include "statement.h"

#include "fail.h"
#include "mir_limits.h"
#include "msgpack.h"

#include <string.h>

#define SIGNATURE_SIZE 64u
#define LIST_MAX       65536u /* elements of one list of a statement: its bytes bound it anyway */
#define URL_SIZE_MAX   2048u

struct statement_reader {
    struct mir_reader reader;
    struct mir_arena *arena;
};

static void refuse(struct statement_reader *in, const char *what)
{
    mir_reader_fail(&in->reader, MIRSAL_MALFORMED, what);
}

static void read_hash(struct statement_reader *in, mirsal_hash *out)
{
    mir_mp_read_bin_exact(&in->reader, out->bytes, sizeof out->bytes);
}

static uint64_t read_below(struct statement_reader *in, uint64_t bound, const char *what)
{
    uint64_t value = mir_mp_read_uint(&in->reader);
    if (value >= bound) {
        refuse(in, what);
        return 0;
    }
    return value;
}

static int read_flag(struct statement_reader *in)
{
    return (int)read_below(in, 2, "a flag is 0 or 1");
}

static uint8_t read_compartment(struct statement_reader *in)
{
    return (uint8_t)read_below(in, 255, "no data compartment");
}

/* Room for count elements; a failed cursor or no memory gives none. */
static void *room(struct statement_reader *in, uint32_t count, size_t size)
{
    if (!mir_reader_ok(&in->reader)) {
        return NULL;
    }
    void *memory = mir_arena_alloc(in->arena, count > 0 ? count : 1u, size);
    if (memory == NULL) {
        mir_reader_fail(&in->reader, MIRSAL_NO_MEMORY, "out of memory");
    }
    return memory;
}

static void read_text(struct statement_reader *in, struct mir_sealed_text *out)
{
    if (mir_mp_read_nil_if(&in->reader)) {
        return;
    }
    mir_mp_read_array_exact(&in->reader, 2);
    out->epoch = (uint32_t)read_below(in, UINT64_C(1) << 32, "no epoch's number");
    out->sealed = mir_mp_read_bin(&in->reader, MIR_SEALED_TEXT_SIZE_MAX);
    out->has = 1;
    if (out->sealed.size < MIR_HPKE_ENC_SIZE + MIR_HPKE_TAG_SIZE) {
        refuse(in, "a sealed text is too short");
    }
}

static void read_epoch(struct statement_reader *in, struct mir_epoch_public *out)
{
    out->compartment = read_compartment(in);
    out->number = (uint32_t)read_below(in, UINT64_C(1) << 32, "no epoch's number");
    read_hash(in, &out->public_key);
    if (out->number == 0) {
        refuse(in, "epochs count from 1");
    }
}

static void read_place(struct statement_reader *in, struct mir_chain_place *out, uint64_t bound)
{
    out->compartment = (uint8_t)read_below(in, bound, "no compartment");
    out->seq = mir_mp_read_uint(&in->reader);
    read_hash(in, &out->id);
    if (out->seq == 0 || out->seq > INT64_MAX) {
        refuse(in, "no place in a chain");
    }
}

static uint32_t read_places(struct statement_reader *in, const struct mir_chain_place **out)
{
    uint32_t count = mir_mp_read_array(&in->reader, LIST_MAX);
    struct mir_chain_place *places = room(in, count, sizeof *places);
    for (uint32_t i = 0; places != NULL && i < count && mir_reader_ok(&in->reader); i++) {
        mir_mp_read_array_exact(&in->reader, 3);
        read_place(in, &places[i], 256);
        if (i > 0 && places[i - 1].compartment >= places[i].compartment) {
            refuse(in, "places do not ascend");
        }
    }
    *out = places;
    return count;
}

static uint32_t read_hashes(struct statement_reader *in, const mirsal_hash **out, uint32_t max)
{
    uint32_t count = mir_mp_read_array(&in->reader, max);
    mirsal_hash *hashes = room(in, count, sizeof *hashes);
    for (uint32_t i = 0; hashes != NULL && i < count && mir_reader_ok(&in->reader); i++) {
        read_hash(in, &hashes[i]);
        if (i > 0 && memcmp(hashes[i - 1].bytes, hashes[i].bytes, sizeof hashes->bytes) >= 0) {
            refuse(in, "hashes do not ascend");
        }
    }
    *out = hashes;
    return count;
}

static void read_genesis(struct statement_reader *in, struct mir_say_genesis *out)
{
    read_hash(in, &out->root);
    mir_mp_read_bin_exact(&in->reader, out->nonce, sizeof out->nonce);
    mir_mp_read_array_exact(&in->reader, 3);
    read_hash(in, &out->founder);
    read_hash(in, &out->noise);
    read_hash(in, &out->hpke);
    out->epoch_count = mir_mp_read_array(&in->reader, 255);
    struct mir_epoch_public *epochs = room(in, out->epoch_count, sizeof *epochs);
    for (uint32_t i = 0; epochs != NULL && i < out->epoch_count; i++) {
        mir_mp_read_array_exact(&in->reader, 3);
        read_epoch(in, &epochs[i]);
        if (i > 0 && epochs[i - 1].compartment >= epochs[i].compartment) {
            refuse(in, "epochs do not ascend");
        }
    }
    out->epochs = epochs;
    out->schema_version = (uint32_t)read_below(in, UINT64_C(1) << 32, "no schema's version");
    read_hash(in, &out->schema_hash);
    read_text(in, &out->name);
}

static void read_join(struct statement_reader *in, struct mir_say_join *out)
{
    read_hash(in, &out->grant);
    read_hash(in, &out->noise);
    read_hash(in, &out->hpke);
    out->write_only = read_flag(in);
    read_text(in, &out->label);
    mir_mp_read_bin_exact(&in->reader, out->proof, sizeof out->proof);
}

static void read_role(struct statement_reader *in, struct mir_say_role *out)
{
    read_hash(in, &out->device);
    out->role = (uint8_t)read_below(in, 4, "no role");
    out->from_count = read_places(in, &out->from);
    out->cut_count = read_places(in, &out->cut);
    out->person = (uint32_t)read_below(in, UINT64_C(1) << 32, "no person's number");
    read_text(in, &out->name);
}

static void read_invite(struct statement_reader *in, struct mir_say_invite *out)
{
    read_hash(in, &out->key);
    out->role = (uint8_t)read_below(in, 3, "no role that invites give");
    out->protected_ = read_flag(in);
    out->uses = mir_mp_read_uint(&in->reader);
    out->expires_ms = mir_mp_read_uint(&in->reader);
    out->in_person = read_flag(in);
    read_text(in, &out->label);
    if (out->uses == 0) {
        refuse(in, "an invite has a use");
    }
}

static void read_grants(struct statement_reader *in, struct mir_say_compartment *out)
{
    out->number = read_compartment(in);
    read_text(in, &out->name);
    out->grant_count = mir_mp_read_array(&in->reader, LIST_MAX);
    struct mir_reader_grant *grants = room(in, out->grant_count, sizeof *grants);
    for (uint32_t i = 0; grants != NULL && i < out->grant_count && mir_reader_ok(&in->reader);
         i++) {
        mir_mp_read_array_exact(&in->reader, 2);
        read_hash(in, &grants[i].device);
        grants[i].readable = read_flag(in);
    }
    out->grants = grants;
    out->cut_count = read_places(in, &out->cut);
}

static void read_epoch_statement(struct statement_reader *in, struct mir_say_epoch *out)
{
    read_epoch(in, &out->name);
    out->has_previous = !mir_mp_read_nil_if(&in->reader);
    if (out->has_previous) {
        mir_mp_read_bin_exact(&in->reader, out->previous, sizeof out->previous);
    }
}

static int before(const struct mir_receipt_of *a, const struct mir_receipt_of *b)
{
    int order = memcmp(a->device.bytes, b->device.bytes, sizeof a->device.bytes);
    return order < 0 || (order == 0 && a->head.compartment < b->head.compartment);
}

static void read_receipt(struct statement_reader *in, struct mir_say *out)
{
    out->receipt.count = mir_mp_read_array(&in->reader, MIR_RECEIPT_HEADS_MAX);
    struct mir_receipt_of *heads = room(in, out->receipt.count, sizeof *heads);
    for (uint32_t i = 0; heads != NULL && i < out->receipt.count && mir_reader_ok(&in->reader);
         i++) {
        mir_mp_read_array_exact(&in->reader, 4);
        read_hash(in, &heads[i].device);
        read_place(in, &heads[i].head, 255);
        if (i > 0 && !before(&heads[i - 1], &heads[i])) {
            refuse(in, "heads do not ascend");
        }
    }
    out->receipt.heads = heads;
}

static void read_hash_to(struct statement_reader *in, struct mir_say_act *act, int first)
{
    read_hash(in, first ? &act->subject : &act->second);
}

static void read_number(struct statement_reader *in, struct mir_say_act *act, uint64_t number)
{
    if (mir_reader_ok(&in->reader) && act->number_count < 2) {
        act->numbers[act->number_count++] = number;
    }
}

static uint32_t read_ids(struct statement_reader *in, const mirsal_hash **out)
{
    uint32_t count = mir_mp_read_array(&in->reader, LIST_MAX);
    mirsal_hash *ids = room(in, count, sizeof *ids);
    for (uint32_t i = 0; ids != NULL && i < count && mir_reader_ok(&in->reader); i++) {
        read_hash(in, &ids[i]);
    }
    *out = ids;
    return count;
}

static uint32_t read_records(struct statement_reader *in, const mirsal_id **out)
{
    uint32_t count = mir_mp_read_array(&in->reader, LIST_MAX);
    mirsal_id *records = room(in, count, sizeof *records);
    for (uint32_t i = 0; records != NULL && i < count && mir_reader_ok(&in->reader); i++) {
        mir_mp_read_bin_exact(&in->reader, records[i].bytes, sizeof records[i].bytes);
    }
    *out = records;
    return count;
}

static void read_purge(struct statement_reader *in, struct mir_say_purge *out)
{
    out->approves = !mir_mp_read_nil_if(&in->reader);
    if (out->approves) {
        read_hash(in, &out->of);
    }
    out->record_count = read_records(in, &out->records);
    out->media_count = read_ids(in, &out->media);
    out->changeset_count = read_ids(in, &out->changesets);
    read_text(in, &out->reason);
    uint64_t ordered = (uint64_t)out->record_count + out->media_count;
    if (mir_reader_ok(&in->reader) &&
        (out->approves ? ordered > 0 : ordered + out->changeset_count == 0)) {
        refuse(in, "a purge names something, or approves one that does");
    }
}

static void read_value(struct statement_reader *in, struct mir_say_act *act)
{
    size_t mark = in->reader.at;
    (void)mir_mp_read_value(&in->reader, MIR_CONTROL_BODY_SIZE_MAX);
    act->value = mir_reader_since(&in->reader, mark);
}

static void read_signature(struct statement_reader *in, struct mir_say_act *act)
{
    struct mir_bytes signature = mir_mp_read_bin(&in->reader, MIR_HEADER_SIZE_MAX);
    if (mir_reader_ok(&in->reader) && signature.size != SIGNATURE_SIZE) {
        refuse(in, "a signature has 64 bytes");
    }
    act->signatures[act->header_count++] = signature;
}

static void read_by_grammar(struct statement_reader *in,
    struct mir_say_act *act,
    const char *grammar)
{
    for (const char *at = grammar; *at != '\0' && mir_reader_ok(&in->reader); at++) {
        switch (*at) {
        case 'h':
            read_hash_to(in, act, at == grammar);
            break;
        case 's':
            read_signature(in, act);
            break;
        case 'H':
            act->id_count = read_ids(in, &act->ids);
            break;
        case 'p':
            act->place_count = read_places(in, &act->places);
            break;
        case 't':
            read_text(in, &act->text);
            break;
        case 'r':
            read_number(in, act, read_below(in, 3, "no reason of a cut"));
            break;
        case 'b':
            act->headers[act->header_count] = mir_mp_read_bin(&in->reader, MIR_HEADER_SIZE_MAX);
            break;
        case 'v':
            read_value(in, act);
            break;
        default:
            read_number(in, act, mir_mp_read_uint(&in->reader));
            break;
        }
    }
}

static const struct {
    uint32_t elements; /* after the kind */
    const char *grammar;
} forms[MIR_SAY_KINDS] = {
    [MIR_SAY_GENESIS] = { 7, NULL },
    [MIR_SAY_ADMIT] = { 3, NULL },
    [MIR_SAY_JOIN] = { 6, NULL },
    [MIR_SAY_ROLE] = { 6, NULL },
    [MIR_SAY_INVITE] = { 7, NULL },
    [MIR_SAY_INVITE_REVOKE] = { 1, "h" },
    [MIR_SAY_COMPARTMENT] = { 4, NULL },
    [MIR_SAY_EPOCH] = { 4, NULL },
    [MIR_SAY_EPOCH_KEY] = { 5, NULL },
    [MIR_SAY_EPOCH_OK] = { 2, NULL },
    [MIR_SAY_SCHEMA] = { 3, NULL },
    [MIR_SAY_POLICY] = { 2, "uv" },
    [MIR_SAY_RECEIPT] = { 1, NULL },
    [MIR_SAY_RELAY] = { 3, NULL },
    [MIR_SAY_CUT] = { 5, "hrpHt" },
    [MIR_SAY_FREEZE] = { 4, "huht" },
    [MIR_SAY_UNFREEZE] = { 1, "h" },
    [MIR_SAY_ADOPT] = { 1, "H" },
    [MIR_SAY_RETIRE] = { 2, "hp" },
    [MIR_SAY_PURGE] = { 5, NULL },
    [MIR_SAY_PURGE_DONE] = { 1, "h" },
    [MIR_SAY_UNPURGE] = { 1, "h" },
    [MIR_SAY_RESIDUE] = { 4, "hhuu" },
    [MIR_SAY_FORK_PROOF] = { 4, "bsbs" },
    [MIR_SAY_RECOVERY] = { 2, NULL },
};

const char *mir_say_grammar(uint64_t kind)
{
    return kind < MIR_SAY_KINDS ? forms[kind].grammar : NULL;
}

static void read_relay(struct statement_reader *in, struct mir_say *out)
{
    read_hash(in, &out->relay.identity);
    out->relay.url = mir_mp_read_str(&in->reader, URL_SIZE_MAX);
    out->relay.in_use = read_flag(in);
}

static void read_elements(struct statement_reader *in, struct mir_say *out)
{
    if (out->kind == MIR_SAY_GENESIS) {
        read_genesis(in, &out->genesis);
    } else if (out->kind == MIR_SAY_ADMIT) {
        read_hash(in, &out->admit.device);
        read_hash(in, &out->admit.join);
        out->admit.confirmed = read_flag(in);
    } else if (out->kind == MIR_SAY_JOIN) {
        read_join(in, &out->join);
    } else if (out->kind == MIR_SAY_ROLE) {
        read_role(in, &out->role);
    } else if (out->kind == MIR_SAY_INVITE) {
        read_invite(in, &out->invite);
    } else if (out->kind == MIR_SAY_COMPARTMENT) {
        read_grants(in, &out->compartment);
    } else if (out->kind == MIR_SAY_EPOCH) {
        read_epoch_statement(in, &out->epoch);
    } else if (out->kind == MIR_SAY_EPOCH_KEY) {
        read_epoch(in, &out->epoch_key.name);
        read_hash(in, &out->epoch_key.device);
        mir_mp_read_bin_exact(&in->reader, out->epoch_key.envelope, sizeof out->epoch_key.envelope);
    } else if (out->kind == MIR_SAY_EPOCH_OK) {
        read_hash(in, &out->epoch_ok.public_key);
        out->epoch_ok.opened = read_flag(in);
    } else if (out->kind == MIR_SAY_SCHEMA) {
        out->schema.version = (uint32_t)read_below(in, UINT64_C(1) << 32, "no schema's version");
        read_hash(in, &out->schema.hash);
        out->schema.schema = mir_mp_read_bin(&in->reader, MIR_SCHEMA_SIZE_MAX);
    } else if (out->kind == MIR_SAY_RECEIPT) {
        read_receipt(in, out);
    } else if (out->kind == MIR_SAY_RELAY) {
        read_relay(in, out);
    } else if (out->kind == MIR_SAY_PURGE) {
        read_purge(in, &out->purge);
    } else if (out->kind == MIR_SAY_RECOVERY) {
        out->recovery.threshold = mir_mp_read_uint(&in->reader);
        out->recovery.shares = mir_mp_read_uint(&in->reader);
    }
}

static void read_say(struct statement_reader *in, struct mir_say *out)
{
    size_t mark = in->reader.at;
    uint32_t count = mir_mp_read_array(&in->reader, LIST_MAX);
    if (count == 0) {
        refuse(in, "a statement has a kind");
        return;
    }
    out->kind = mir_mp_read_uint(&in->reader);
    if (out->kind >= MIR_SAY_KINDS) {
        for (uint32_t i = 1; i < count && mir_reader_ok(&in->reader); i++) {
            (void)mir_mp_read_value(&in->reader, MIR_CONTROL_BODY_SIZE_MAX);
        }
    } else if (count != forms[out->kind].elements + 1) {
        refuse(in, "a statement with other elements than its kind has");
    } else if (forms[out->kind].grammar != NULL) {
        read_by_grammar(in, &out->act, forms[out->kind].grammar);
    } else {
        read_elements(in, out);
    }
    out->bytes = mir_reader_since(&in->reader, mark);
}

mirsal_code mir_control_body_read(struct mir_control_body *out,
    struct mir_arena *arena,
    struct mir_bytes bytes,
    mirsal_error *err)
{
    struct statement_reader in = { .arena = arena };
    memset(out, 0, sizeof *out);
    if (bytes.size > MIR_CONTROL_BODY_SIZE_MAX) {
        return mir_fail(err, MIRSAL_LIMIT, "control body of %zu bytes", bytes.size);
    }
    mir_reader_init(&in.reader, bytes.data, bytes.size);
    mir_mp_read_array_exact(&in.reader, 3);
    out->knows_count = read_hashes(&in, &out->knows, MIR_KNOWS_MAX);
    out->stamp = mir_mp_read_uint(&in.reader);
    out->say_count = mir_mp_read_array(&in.reader, MIR_STATEMENTS_MAX);
    if (out->say_count == 0) {
        refuse(&in, "a control body without a statement");
    }
    struct mir_say *says = room(&in, out->say_count, sizeof *says);
    for (uint32_t i = 0; says != NULL && i < out->say_count && mir_reader_ok(&in.reader); i++) {
        read_say(&in, &says[i]);
        if (says[i].kind == MIR_SAY_JOIN && i > 0) {
            refuse(&in, "a join that is not the first statement");
        }
    }
    out->says = says;
    return mir_reader_finish(&in.reader, "control body", err);
}
