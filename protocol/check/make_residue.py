#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes protocol/vectors/residue.json, valid and invalid, from the text.

make_residue.py [FOLDER]; everything is made from fixed seeds, so the file comes out the same.
"""
import hashlib
import os
import sys

import body as b
import changeset as c
import make_changeset as make
import primitives as p
import residue as r
from encoding import pack
from make_changeset import DEVICE, DICTIONARY, EPOCH, KEYS, TEAM, one
from primitives import H

PUBLIC = p.agree_public(EPOCH)


def sealed_body(records):
    """(header, signature, body) of the sample and (Body, seed)."""
    sealed = c.seal(KEYS, make.fields(), make.sample_body(records), 1, DICTIONARY, PUBLIC,
                    hashlib.sha256(b"random").digest())
    _, body, _, seed = c.open_body(sealed[0], sealed[2], EPOCH, lambda _: DICTIONARY)
    return sealed, body, seed


def made_vectors():
    """From a body, from a residue of it, nothing left of one."""
    out = []
    for name, records, pick in (
            ("one-record", 3, lambda ids: ids[1:2]), ("an-edited-record", 3, lambda _: []),
            ("incident-and-casualty", 3, lambda ids: [ids[0], ids[3]]),
            ("nothing-left", 2, lambda ids: ids), ("of-a-batch", 30, lambda ids: ids[7:9])):
        sealed, body, seed = sealed_body(records)
        purged = pick(body.ids())
        if name in ("an-edited-record", "nothing-left"):
            purged = purged + [body.edits[0][0]]
        left = r.purge(r.of_body(1, body, seed), purged)
        residue = r.seal(sealed[0], left, DICTIONARY, PUBLIC)
        _, clear = r.open_residue(sealed[0], residue, EPOCH, lambda _: DICTIONARY)
        out.append(one(name, "changeset 10", "residue", {
            "header": sealed[0], "body": sealed[2], "purged": b"".join(purged),
            "residue": residue, "epoch_secret": EPOCH, "dictionary": DICTIONARY},
            {"clear": clear, "leaves": len(left.salts), "hashes": len(left.hashes)}))
    return out


def refused_vectors():
    """Residues of the sample with one thing done wrongly."""
    sealed, body, seed = sealed_body(3)
    left = r.purge(r.of_body(1, body, seed), body.ids()[1:2])
    salts, hashes, rest = b"".join(left.salts), b"".join(left.hashes), b.encode(left.body, True)

    def given(clear=None, header=sealed[0], secret=EPOCH, aad=None):
        clear = r.clear_of(left) if clear is None else clear
        plain = c.pack_text(1, clear, DICTIONARY)
        residue = p.hpke_seal(PUBLIC, "SEAL", bytes(32), header if aad is None else aad, plain)
        return {"header": header, "residue": residue, "epoch_secret": secret,
                "dictionary": DICTIONARY}

    def bad(name, error, *args, **more):
        return one(name, "changeset 10", "residue", given(*args, **more), error=error)

    other = r.Left(1, b.decode(b.encode(left.body, True), DEVICE, 0, True), left.salts, left.hashes)
    place, field, form, _, _ = other.body.writes[0]
    other.body.writes[0] = (place, field, form, None, 77)
    swapped = left.hashes[1] + left.hashes[0] + hashes[64:]
    doubled = left.hashes[0] * 2 + hashes[64:]
    whole = b.encode(body)
    number = rest.index(pack([0, 2])) + 1
    return [
        bad("another-key", "NOT_AUTHENTIC", secret=bytes([1]) * 32),
        bad("of-another-header", "NOT_AUTHENTIC", aad=sealed_body(2)[0][0]),
        bad("a-value-changed", "BAD_ROOT", r.clear_of(other)),
        bad("a-salt-changed", "BAD_ROOT", pack(bytes(16) + salts[16:]) + pack(hashes) + rest),
        bad("a-hash-changed", "BAD_ROOT",
            pack(salts) + pack(bytes(32) + hashes[32:]) + rest),
        bad("a-hash-missing", "BAD_ROOT", pack(salts) + pack(hashes[32:]) + rest),
        bad("hashes-swapped", "MALFORMED", pack(salts) + pack(swapped) + rest),
        bad("a-hash-twice", "MALFORMED", pack(salts) + pack(doubled) + rest),
        bad("a-salt-missing", "MALFORMED", pack(salts[16:]) + pack(hashes) + rest),
        bad("a-hash-short", "MALFORMED", pack(salts) + pack(hashes[1:]) + rest),
        bad("a-body-whole", "MALFORMED", pack(salts) + pack(hashes) + whole),
        bad("numbers-descend", "MALFORMED", pack(salts) + pack(hashes)
            + rest[:number] + bytes([2, 0]) + rest[number + 2:]),
        bad("bytes-behind", "MALFORMED", r.clear_of(left) + b"\0"),
        bad("no-body", "MALFORMED", pack(salts) + pack(hashes)),
    ]


def run_vectors():
    """changeset.md 8: an item with a residue."""
    sealed, body, seed = sealed_body(3)
    residue = r.seal(sealed[0], r.purge(r.of_body(1, body, seed), body.ids()[1:2]), DICTIONARY,
                     PUBLIC)
    f = c.decode_header(sealed[0])
    after = c.seal(KEYS, make.fields(seq=2, prev=H("CHANGESET", sealed[0])), make.sample_body(1),
                   1, DICTIONARY, PUBLIC, bytes(32))
    run = c.encode_run([(sealed[0], sealed[1], residue, True), after])
    item = [f["epoch"], None, f["content_root"], None, sealed[1], residue, f["body_hash"],
            f["body_size"]]

    def given(item, compartment=0):
        return {"run": pack([DEVICE, compartment, 1, c.ZERO, f["authority"], [item]]),
                "team": TEAM, "device": DEVICE}

    ids = [found[0] for found in c.decode_run(run, TEAM, DEVICE)]
    assert ids[0] == H("CHANGESET", sealed[0])
    out = [one("run: residue and body", "changeset 8", "run",
               {"run": run, "team": TEAM, "device": DEVICE}, {"ids": ids})]
    for name, wrong in (("seven-parts", item[:7]), ("hash-short", item[:6] + [bytes(31), 9]),
                        ("size-text", item[:7] + ["9"])):
        out.append(one("run: " + name, "changeset 8", "run", given(wrong), error="MALFORMED"))
    out.append(one("run: size-over", "changeset 8", "run", given(item[:7] + [4456449]),
                   error="LIMIT"))
    control = [0, None, None, None] + item[4:]
    out.append(one("run: residue of control", "changeset 8", "run", given(control, 255),
                   error="MALFORMED"))
    return out


def files():
    """name → vectors."""
    return {"residue.json": made_vectors() + refused_vectors() + run_vectors()}


if __name__ == "__main__":
    here = sys.argv[1] if len(sys.argv) > 1 else os.path.join(p.PROTOCOL, "vectors")
    for file_name, vector_list in files().items():
        make.write(here, file_name, vector_list)
