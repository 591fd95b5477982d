#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Forges a handoff as its recipient could: opens it, changes one thing, seals it again.

    forge_handoff.py FILE --org-key-file KEY [--org-passphrase-file P] --out FOLDER

Each forgery becomes FOLDER/NAME.handoff, and FOLDER/reasons.txt says by which reason of
protocol/handoff.md 7 it must be refused. Nobody but the signer can make a forgery that verifies.
"""
import argparse
import os
import sys

import handoff as h
import sealedfile
import verify_handoff as v
from encoding import pack, unpack

FORGERIES = {}


def forgery(attested, author=None):
    """A function from frames to frames; the reason in each mode, None: not made."""
    def note(function):
        FORGERIES[function.__name__] = (function, (attested, author or attested))
        return function
    return note


def flip(data, at=-1):
    """One bit of one byte."""
    data = bytearray(data)
    data[at] ^= 1
    return bytes(data)


def swap(frames, number, payload):
    """Another payload at that place."""
    return frames[:number] + [(frames[number][0], payload)] + frames[number + 1:]


def places(frames, kind):
    """Where frames of that kind stand."""
    return [i for i, frame in enumerate(frames) if frame[0] == kind]


def with_leaf(frames, change, kind=h.RECORD, record=0, leaf=-1):
    """One leaf of one record changed: change([from, bytes, salt, index, proof])."""
    at = places(frames, kind)[record]
    leaves = unpack(frames[at][1], 3)
    leaves[leaf] = change(list(leaves[leaf]))
    return swap(frames, at, pack(leaves))


def set_at(place, value):
    """A change of one element; value: what it becomes, or a function of what it was."""
    def change(leaf):
        leaf[place] = value(leaf[place]) if callable(value) else value
        return leaf
    return change


def with_manifest(frames, name, value):
    """Another element of the manifest under the old signature."""
    manifest, signature = unpack(frames[0][1], 3)
    fields = unpack(manifest, 3)
    fields[h.NAMES.index(name)] = value(fields[h.NAMES.index(name)])
    return swap(frames, 0, pack([pack(fields), signature]))


@forgery("proof")
def value_changed(frames):
    def change(data):
        value = unpack(data, 1)
        value[4] = value[4] + 1 if isinstance(value[4], int) else "forged"
        return pack(value)
    return with_leaf(frames, set_at(1, change))


@forgery("proof")
def salt_changed(frames):
    return with_leaf(frames, set_at(2, flip))


@forgery("proof")
def place_changed(frames):
    return with_leaf(frames, set_at(3, lambda index: index ^ 1))


@forgery("proof")
def place_beyond_the_tree(frames):
    return with_leaf(frames, set_at(3, 1 << 20))


@forgery("proof")
def path_changed(frames):
    return with_leaf(frames, set_at(4, flip))


@forgery("proof")
def path_shortened(frames):
    return with_leaf(frames, set_at(4, lambda proof: proof[32:]))


@forgery("proof")
def path_lengthened(frames):
    return with_leaf(frames, set_at(4, lambda proof: proof + bytes(32)))


@forgery("proof")
def node_as_leaf(frames):
    return with_leaf(frames, lambda leaf: [leaf[0], b"\1" + leaf[4][:64], leaf[2], leaf[3] // 2,
                                           leaf[4][32:]])


@forgery("undeclared")
def leaf_dropped(frames):
    at = places(frames, h.RECORD)[0]
    return swap(frames, at, pack(unpack(frames[at][1], 3)[:-1]))


@forgery("leaf")
def leaf_doubled(frames):
    at = places(frames, h.RECORD)[0]
    leaves = unpack(frames[at][1], 3)
    return swap(frames, at, pack(leaves + leaves[-1:]))


@forgery("leaf")
def leaves_reordered(frames):
    at = places(frames, h.RECORD)[0]
    leaves = unpack(frames[at][1], 3)
    return swap(frames, at, pack(leaves[:1] + leaves[:0:-1]))


@forgery("proof", "leaf")
def leaf_of_another_record(frames):
    first, second = places(frames, h.RECORD)[:2]
    leaves = unpack(frames[first][1], 3)
    leaves[-1] = unpack(frames[second][1], 3)[-1]
    return swap(frames, first, pack(leaves))


@forgery("proof", "leaf")
def records_exchanged(frames):
    first, second = places(frames, h.RECORD)[:2]
    return frames[:first] + [frames[second], frames[first]] + frames[second + 1:]


@forgery("truncated")
def record_dropped(frames):
    return frames[:-1]


@forgery("trailing")
def record_added(frames):
    return frames + frames[-1:]


@forgery("signature")
def purpose_changed(frames):
    return with_manifest(frames, "purpose", lambda text: (text or "") + " and more")


@forgery("signature")
def term_lengthened(frames):
    return with_manifest(frames, "until", lambda day: (day or 0) + 365)


@forgery("signature")
def count_changed(frames):
    return with_manifest(frames, "records", lambda rows: [
        row[:3] + [row[3] + 1] + row[4:] for row in rows])


@forgery("signature")
def withheld_field_hidden(frames):
    return with_manifest(frames, "records", lambda rows: [row[:5] + [[]] for row in rows])


@forgery("signature")
def team_exchanged(frames):
    return with_manifest(frames, "team", flip)


@forgery("signature")
def signature_stripped(frames):
    manifest, _ = unpack(frames[0][1], 3)
    return swap(frames, 0, pack([manifest, bytes(64)]))


@forgery("certificate")
def certificate_changed(frames):
    at = places(frames, h.CONTROL)[0]
    lone = unpack(frames[at][1], 3)
    return swap(frames, at, pack([lone[0], flip(lone[1]), lone[2]]))


@forgery("certificate")
def certificates_exchanged(frames):
    first, second = places(frames, h.CONTROL)[:2]
    return frames[:first] + [frames[second], frames[first]] + frames[second + 1:]


@forgery("form")
def certificate_dropped(frames):
    at = places(frames, h.CONTROL)[-1]
    return frames[:at] + frames[at + 1:]


@forgery("schema")
def schema_changed(frames):
    at = places(frames, h.SCHEMA)[0]
    return swap(frames, at, flip(frames[at][1]))


@forgery(None, "changeset")
def header_changed(frames):
    at = places(frames, h.CHANGESET)[0]
    row = unpack(frames[at][1], 3)
    return swap(frames, at, pack([flip(row[0]), *row[1:]]))


@forgery(None, "changeset")
def author_signature_changed(frames):
    at = places(frames, h.CHANGESET)[0]
    row = unpack(frames[at][1], 3)
    return swap(frames, at, pack([row[0], flip(row[1]), row[2]]))


@forgery(None, "proof")
def claimed_time_changed(frames):
    at = places(frames, h.CHANGESET)[0]
    row = unpack(frames[at][1], 3)
    row[2][1] = pack([1, unpack(row[2][1])[1] + 1])
    return swap(frames, at, pack(row))


# Kind of which a forgery exchanges two.
NEEDS_TWO = {"leaf_of_another_record": h.RECORD, "records_exchanged": h.RECORD,
             "certificates_exchanged": h.CONTROL}


def frames_of(content):
    """[(kind, payload)] of content that verifies."""
    out, at = [], 0
    while at < len(content):
        size = int.from_bytes(content[at + 1:at + 5], "big")
        out.append((content[at], content[at + 5:at + 5 + size]))
        at += 5 + size
    return out


def forge_all(content, mode):
    """(name, forged content, reason) of every forgery that this handoff has matter for."""
    frames = frames_of(content)
    for name, (function, reasons) in FORGERIES.items():
        needs_two = NEEDS_TWO.get(name)
        if reasons[mode] and (needs_two is None or len(places(frames, needs_two)) > 1):
            forged = b"".join(h.write_frame(*frame) for frame in function(frames))
            yield name, forged, reasons[mode]


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("file")
    parser.add_argument("--org-key-file", required=True)
    parser.add_argument("--org-passphrase-file")
    parser.add_argument("--out", required=True)
    given = parser.parse_args(arguments)
    key = v.read_secret(given.org_key_file, v.read_passphrase(given.org_passphrase_file))
    with open(given.file, "rb") as file:
        content = sealedfile.open_file(file.read(), sealedfile.HANDOFF, [key.hpke_secret])
    mode = h.open_content(content, key.sign, key.hpke).manifest["mode"]
    os.makedirs(given.out, exist_ok=True)
    with open(os.path.join(given.out, "reasons.txt"), "w", encoding="utf-8") as reasons:
        for name, forged, reason in forge_all(content, mode):
            with open(os.path.join(given.out, name + ".handoff"), "wb") as out:
                out.write(sealedfile.seal_file(forged, sealedfile.HANDOFF, [key.hpke]))
            reasons.write(f"{name} {reason}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
