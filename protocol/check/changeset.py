# SPDX-License-Identifier: Apache-2.0
"""Changesets, from protocol/changeset.md 1, 2, 7, 8: headers, sealing, opening, compact runs."""
import zlib

import body as b
import primitives as p
from encoding import Reader, is_bin, is_uint, need, pack
from primitives import H, LIMITS, Refused

VERSION, CONTROL, ZERO = 1, 255, bytes(32)
FIELDS = ("version", "team", "device", "compartment", "seq", "prev", "epoch", "authority",
          "content_root", "seen", "body_hash", "body_size")
U32, U63 = 2**32 - 1, 2**63 - 1


def encode_header(fields):
    """The header's bytes."""
    return pack([fields[name] for name in FIELDS])


def decode_header(header):
    """Fields by name; form and the rules on single fields."""
    need(len(header) <= LIMITS["HEADER_SIZE_MAX"], "LIMIT", "header")
    reader = Reader(header)
    values = reader.value()
    reader.finish()
    need(isinstance(values, list) and len(values) == 12, why="header")
    f = dict(zip(FIELDS, values))
    need(f["version"] == VERSION, why="version")
    for name in ("team", "device", "prev", "authority", "content_root", "body_hash"):
        need(is_bin(f[name], 32), why=name)
    need(f["seen"] is None or is_bin(f["seen"], 32), why="seen")
    need(is_uint(f["compartment"], 255), why="compartment")
    need(is_uint(f["seq"], U63) and f["seq"] >= 1, why="seq")
    need(is_uint(f["epoch"], U32) and is_uint(f["body_size"]), why="epoch or body_size")
    need((f["compartment"] == CONTROL) == (f["epoch"] == 0), why="epoch")
    need((f["seq"] == 1) == (f["prev"] == ZERO), why="prev")
    if f["authority"] == ZERO:
        need(f["seq"] == 1 and f["compartment"] == CONTROL, why="authority")
    most = "CONTROL_BODY_SIZE_MAX" if f["compartment"] == CONTROL else "BODY_SIZE_MAX"
    need(f["body_size"] <= LIMITS[most], "LIMIT", "body")
    return f


def verify(header, signature, body):
    """(id, fields) of a changeset whose form, body and signature hold; changeset.md 1.2, 1.3."""
    f = decode_header(header)
    need(f["body_size"] == len(body), "NOT_AUTHENTIC", "body_size")
    need(f["body_hash"] == H("BODY", body), "NOT_AUTHENTIC", "body_hash")
    if f["compartment"] == CONTROL:
        need(f["content_root"] == f["body_hash"], "BAD_ROOT")
    p.check_signature("CHANGESET", header, signature, f["device"])
    return H("CHANGESET", header), f


def aad_of(header):
    """Encoded elements 0 to 9, as they stand."""
    reader = Reader(header)
    reader.take(1)
    for _ in range(10):
        reader.value()
    return header[1:reader.at]


def pad_unit(clear_size):
    """The plaintext is filled to a multiple of this."""
    return 1024 if clear_size > 8192 else 32


def seal(keys, fields, body, schema_version, dictionary, epoch_public, randomness):
    """(header, signature, body bytes) of a data body. keys: seed and sealing; fields: header's."""
    clear = b.encode(body)
    ikm = p.keyed_hash(keys["sealing"] + randomness, fields["prev"] + H("BODY", clear),
                       name="EPHEMERAL")
    enc, context = p.hpke_setup_sender(epoch_public, p.context_text("SEAL"), ikm)
    seed = context.export(p.context_text("SALTS"), 32)
    fields = dict(fields, version=VERSION, body_hash=ZERO, body_size=0,
                  content_root=b.content_root(schema_version, body, seed))
    plain = pack_text(schema_version, clear, dictionary)
    sealed = enc + context.seal(aad_of(encode_header(fields)), plain)
    return finish(keys["seed"], fields, sealed)


def finish(seed, fields, body):
    """Hash, size, signature."""
    fields = dict(fields, body_hash=H("BODY", body), body_size=len(body))
    header = encode_header(fields)
    return header, p.sign("CHANGESET", header, seed), body


def control(seed, fields, body):
    """(header, signature, body) of a control body."""
    root = H("BODY", body)
    return finish(seed, dict(fields, version=VERSION, epoch=0, content_root=root), body)


def inflate(data, size, dictionary, limit="CLEAR_SIZE_MAX"):
    """Exactly size bytes; (clear, bytes left over)."""
    need(size <= LIMITS[limit], "LIMIT", "clear size")
    stream = zlib.decompressobj(-15, dictionary)
    try:
        clear = stream.decompress(data, size + 1)
    except zlib.error as error:
        raise Refused("MALFORMED", "deflate") from error
    need(len(clear) == size and stream.eof, why="deflate: another size")
    return clear, stream.unused_data


def pack_text(schema_version, clear, dictionary):
    """2.3: what a body's or a residue's plaintext is."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 8, zlib.Z_DEFAULT_STRATEGY, dictionary)
    plain = (pack(schema_version) + pack(len(clear)) + pack(0)
             + packer.compress(clear) + packer.flush())
    return plain + bytes(-len(plain) % pad_unit(len(clear)))


def open_text(plain, dictionary_of, limit="CLEAR_SIZE_MAX"):
    """(schema_version, clear) of such a plaintext."""
    reader = Reader(plain)
    version, size, flags = reader.value(), reader.value(), reader.value()
    need(is_uint(version, U32) and is_uint(size) and flags == 0, why="plaintext's head")
    clear, left = inflate(reader.take(reader.left()), size, dictionary_of(version), limit)
    need(len(plain) % pad_unit(size) == 0 and len(left) < pad_unit(size) and not any(left),
         why="padding")
    return version, clear


def open_body(header, body, secret, dictionary_of):
    """(schema_version, Body, clear, seed) of a verified data changeset; 2.4."""
    f = decode_header(header)
    need(len(body) >= 48, "NOT_AUTHENTIC", "body")
    context = p.hpke_setup_receiver(body[:32], secret, p.context_text("SEAL"))
    plain = context.open(aad_of(header), body[32:])
    version, clear = open_text(plain, dictionary_of)
    body = b.decode(clear, f["device"], f["compartment"])
    seed = context.export(p.context_text("SALTS"), 32)
    need(b.content_root(version, body, seed) == f["content_root"], "BAD_ROOT")
    return version, body, clear, seed


# --- compact runs ---------------------------------------------------------------------------------

def encode_run(changesets, session_device=None):
    """A run of (header, signature, body) that follow one another in one chain.

    A fourth element that is true says that body is a residue (10)."""
    first, items, authority = None, [], None
    for header, signature, body, *left in changesets:
        f = decode_header(header)
        if first is None:
            first, authority = f, f["authority"]
        items.append([f["epoch"], None if f["authority"] == authority else f["authority"],
                      None if f["compartment"] == CONTROL else f["content_root"],
                      f["seen"], signature, body]
                     + ([f["body_hash"], f["body_size"]] if any(left) else []))
        authority = f["authority"]
    device = None if first["device"] == session_device else first["device"]
    return pack([device, first["compartment"], first["seq"], first["prev"], first["authority"],
                 items])


def decode_run(run, team, session_device=None):
    """[(id, header, signature, body)], signatures not yet judged."""
    reader = Reader(run)
    values = reader.value(LIMITS["MSGPACK_DEPTH_MAX"] + 3)
    reader.finish()
    need(isinstance(values, list) and len(values) == 6, why="run")
    device, compartment, seq, prev, authority, items = values
    device = session_device if device is None else device
    need(is_bin(device, 32) and is_bin(prev, 32) and is_bin(authority, 32), why="run's head")
    need(is_uint(compartment, 255) and is_uint(seq, U63) and seq >= 1, why="run's place")
    need(isinstance(items, list) and items, why="run's items")
    need(len(items) <= LIMITS["RUN_CHANGESETS_MAX"], "LIMIT", "run")
    out = []
    for item in items:
        need(isinstance(item, list) and len(item) in (6, 8), why="item")
        epoch, own_authority, root, seen, signature, body, *named = item
        need(own_authority is None or own_authority != authority, why="authority said twice")
        authority = authority if own_authority is None else own_authority
        need(is_bin(signature, 64) and isinstance(body, bytes), why="item")
        need((root is None) == (compartment == CONTROL), why="content_root of an item")
        need(not named or (compartment != CONTROL and is_bin(named[0], 32)
                           and is_uint(named[1])), why="item with a residue")
        body_hash, size = named or (H("BODY", body), len(body))
        need(max(size, len(body)) <= LIMITS["BODY_SIZE_MAX"], "LIMIT", "body")
        fields = {"version": VERSION, "team": team, "device": device, "compartment": compartment,
                  "seq": seq, "prev": prev, "epoch": epoch, "authority": authority,
                  "content_root": body_hash if root is None else root, "seen": seen,
                  "body_hash": body_hash, "body_size": size}
        header = encode_header(fields)
        decode_header(header)
        prev, seq = H("CHANGESET", header), seq + 1
        out.append((prev, header, signature, body))
    return out
