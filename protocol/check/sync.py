# SPDX-License-Identifier: Apache-2.0
"""Sync, from protocol/sync.md 1, 2, 4, 5: frames, carriage, relay keys, checkpoints, frontiers.

A frame in memory is (kind, payload as a Python array); a RUN's payload is judged by changeset.py.
"""
import re

import primitives as p
from control import (a_bin, a_str, b32, b64, bin_of, flag, list_of, optional, row_of, seq, uint,
                     uint_in)
from encoding import Reader, need, pack
from primitives import H, LIMITS

(REGISTER, HELLO, RUN, STATE, PAGE, REJECT, HEADERS, VECTOR, CHECKPOINT, END,
 REFUSE) = range(1, 12)
WORD = 18  # between peers
NAMES = {REGISTER: "REGISTER", HELLO: "HELLO", RUN: "RUN", STATE: "STATE", PAGE: "PAGE",
         REJECT: "REJECT", HEADERS: "HEADERS", VECTOR: "VECTOR", CHECKPOINT: "CHECKPOINT",
         END: "END", REFUSE: "REFUSE", WORD: "WORD"}
FIRST, LATER = 1, 2
MESSAGE_CLEAR = LIMITS["NOISE_MESSAGE_MAX"] - 16


# --- 2. Frames ------------------------------------------------------------------------------------

def most(name, check):
    """A list or bytes of at most that limit."""
    def judge(value):
        need(not isinstance(value, (list, bytes)) or len(value) <= LIMITS[name], "LIMIT", name)
        check(value)
    return judge


def words(value):
    """A text for people."""
    a_str(value)
    need(len(value.encode()) <= LIMITS["ERROR_TEXT_MAX"], "LIMIT", "text")


b8, b16 = bin_of(8), bin_of(16)
compartment, u16, u32 = uint_in(0, 255), uint_in(0, 65535), uint_in(0, 2**32 - 1)
cursor = row_of(compartment, uint)
own_heads = most("HEADS_MAX", list_of(row_of(compartment, uint, b8), tuple))
full_heads = most("HEADS_MAX", list_of(row_of(compartment, uint, b32), tuple))
checkpoint_row = row_of(b8, uint, b32, uint, b64)


def word_form(value):
    """5.4: what a word is made of; the signature is judged by read_word."""
    need(isinstance(value, list) and value and value[0] in (1, 2), why="kind of word")
    if value[0] == 1:
        row_of(uint, b32, b8, uint, b32, uint, b64)(value)
    else:
        row_of(uint, b32, b8, uint, uint, b32, full_heads, b64)(value)


FRAMES = {
    REGISTER: row_of(most("TOKEN_SIZE_MAX", a_bin), a_bin),
    HELLO: row_of(b16, optional(b8), most("WANTS_MAX", list_of(cursor, lambda c: c[0])),
                  optional(row_of(uint, b16)), own_heads,
                  most("WANTS_MAX", list_of(uint_in(0, 254), lambda want: want)), uint, uint, u32),
    STATE: row_of(own_heads, b8, optional(checkpoint_row),
                  optional(most("PROOF_SIZE_MAX", a_bin)), uint, u32, u16, optional(b16),
                  optional(row_of(uint, b64))),
    PAGE: cursor,
    REJECT: row_of(b32, compartment, uint, uint_in(1, 7), words),
    HEADERS: most("HEADS_MAX", list_of(row_of(most("HEADER_SIZE_MAX", a_bin), b64))),
    VECTOR: row_of(list_of(b32, lambda device: device), most("VECTOR_ENTRIES_MAX", list_of(
        row_of(uint, compartment, uint, b8), tuple))),
    CHECKPOINT: checkpoint_row,
    END: row_of(flag, optional(b16)),
    REFUSE: row_of(uint_in(1, 8), words),
    WORD: word_form,
}


def decode_payload(kind, payload):
    """The array of a payload; RUN's is changeset.decode_run's."""
    need(kind in FRAMES, "PROTOCOL", "kind")
    need(len(payload) <= LIMITS["RELAY_WORD_SIZE_MAX" if kind == WORD else "FRAME_SIZE_MAX"],
         "LIMIT", "frame")
    reader = Reader(payload)
    value = reader.value()
    reader.finish()
    FRAMES[kind](value)
    if kind == VECTOR:
        need(all(entry[0] < len(value[0]) for entry in value[1]), why="device index")
    return value


def encode_frame(kind, value):
    """kind ‖ size ‖ payload; value is an array, or a RUN's bytes."""
    payload = value if isinstance(value, bytes) else pack(value)
    return bytes([kind]) + pack(len(payload)) + payload


def split_frames(stream):
    """[(kind, payload)] of a whole stream."""
    reader, out = Reader(stream), []
    while reader.left():
        kind = reader.number(1)
        need(kind in NAMES, "PROTOCOL", "kind")
        size = reader.value(0)
        need(isinstance(size, int) and size >= 0, why="size")
        need(size <= LIMITS["FRAME_SIZE_MAX"], "LIMIT", "frame")
        out.append((kind, reader.take(size)))
    return out


# --- 1. Carriage ----------------------------------------------------------------------------------

def prologue(identity):
    """1.1."""
    return b"mirsal/1" + identity + b"/v1/sync"


def padded(body):
    """1.2: zeros up to a multiple of HTTP_PAD."""
    return body + bytes(-len(body) % LIMITS["HTTP_PAD"])


def messages(transport, stream):
    """(u16 size ‖ transport message)… ‖ u16 0."""
    out = b""
    for at in range(0, len(stream), MESSAGE_CLEAR):
        sealed = transport.seal(stream[at:at + MESSAGE_CLEAR])
        out += len(sealed).to_bytes(2, "big") + sealed
    return out + bytes(2)


def first_request(serial, message):
    """01 ‖ key serial ‖ size ‖ message 1."""
    return padded(bytes([FIRST]) + serial.to_bytes(2, "big") + len(message).to_bytes(2, "big")
                  + message)


def later_request(session, counter, transport, stream):
    """02 ‖ session ‖ counter ‖ messages."""
    return padded(bytes([LATER]) + session + counter.to_bytes(4, "big")
                  + messages(transport, stream))


def first_answer(message, transport, stream):
    """size ‖ message 2 ‖ messages."""
    return padded(len(message).to_bytes(2, "big") + message + messages(transport, stream))


def zeros(reader):
    """The rest is padding."""
    need(not any(reader.take(reader.left())), why="padding")


def read_first_request(body):
    """(serial, message 1)."""
    need(len(body) % LIMITS["HTTP_PAD"] == 0, why="padding")
    reader = Reader(body)
    need(reader.number(1) == FIRST, why="not a first request")
    serial, message = reader.number(2), reader.take(reader.number(2))
    zeros(reader)
    return serial, message


def read_messages(reader):
    """Messages up to size 0, then zeros."""
    out = []
    while True:
        size = reader.number(2)
        if size == 0:
            zeros(reader)
            return out
        out.append(reader.take(size))


def read_later_request(body):
    """(session, counter, messages)."""
    reader = Reader(body)
    need(reader.number(1) == LATER, why="not a later request")
    return reader.take(16), reader.number(4), read_messages(reader)


# --- 1.6, 4, 5 ------------------------------------------------------------------------------------

def make_relay_key(seed, serial, noise, from_ms):
    """The answer of GET /v1/relay."""
    fields = [1, p.sign_public(seed), serial, noise, from_ms]
    return pack(fields + [p.sign("RELAY_KEY", pack(fields), seed)])


def read_relay_key(data, identity):
    """Its fields, or Refused."""
    reader = Reader(data)
    value = reader.value()
    reader.finish()
    need(isinstance(value, list) and len(value) == 6, why="relay key")
    if value[0] != 1:
        need(False, "VERSION" if isinstance(value[0], int) else "MALFORMED")
    row_of(uint, b32, u16, b32, uint, b64)(value)
    need(value[1] == identity, "NOT_AUTHENTIC", "another identity")
    p.check_signature("RELAY_KEY", pack(value[:5]), value[5], identity)
    return value


def checkpoint_bytes(identity, team, epoch, size, root, time_ms):
    """What a checkpoint's signature and hash cover."""
    return pack([identity, team, epoch, size, root, time_ms])


def acknowledgement_bytes(identity, team, epoch, size, time_ms, device, heads):
    """5.3: what an acknowledgement's signature covers; heads: [[compartment, seq, id], …]."""
    return pack([identity, team, epoch, size, time_ms, device, H("RECEIPT", pack(heads))])


def read_word(data, team):
    """5.4: a relay's word, judged whole."""
    value = decode_payload(WORD, data)
    if value[0] == 1:
        covered, context = checkpoint_bytes(value[1], team, *value[2:6]), "CHECKPOINT"
    else:
        covered, context = acknowledgement_bytes(value[1], team, *value[2:7]), "RECEIPT"
    p.check_signature(context, covered, value[-1], value[1])
    return value


def checkpoint_hash(*fields):
    """Header field seen."""
    return H("CHECKPOINT", checkpoint_bytes(*fields))


def frontier(heads):
    """4.1: heads are (device, compartment, seq, id)."""
    ordered = sorted(heads, key=lambda head: (head[0], head[1], head[3]))
    return H("FRONTIER", *[device + bytes([place]) + number.to_bytes(8, "big") + name
                           for device, place, number, name in ordered])[:16]


def tag(handshake_hash, name):
    """4.2."""
    return p.keyed_hash(handshake_hash, name)[:8]


# --- 3, 10.9 --------------------------------------------------------------------------------------

ROUND = {"client": "(REGISTER )?HELLO (CHECKPOINT )?(VECTOR {words})?(RUN )*END ",
         "server": "STATE (HEADERS )?(REJECT )*{words}(RUN |PAGE )*(VECTOR )?END "}


def judge_round(frames, side, peer):
    """One side's frames of a whole round, in order; peer: between devices. Payloads too."""
    words = "(WORD )*" if peer else ""
    said = "".join(NAMES[kind] + " " for kind, _ in frames)
    need(re.fullmatch(ROUND[side].format(words=words), said), "PROTOCOL", said)
    size = sum(len(payload) for kind, payload in frames if kind == WORD)
    need(size <= LIMITS["RELAY_WORDS_SIZE_MAX"], "LIMIT", "words")
    for kind, payload in frames:
        if kind not in (RUN, WORD):
            decode_payload(kind, payload)


def take_words(frames, team):
    """The words of a round that verify; what does not is dropped (5.4)."""
    out = []
    for kind, payload in frames:
        try:
            out += [read_word(payload, team)] if kind == WORD else []
        except p.Refused:
            pass
    return out


def open_stream(transport, sealed):
    """The stream of frames that a direction's messages carry."""
    return b"".join(map(transport.open, sealed))
