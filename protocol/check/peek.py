#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A hostile relay's reading: all that it has, in every form it could take, searched for markers.

peek.py --relay FOLDER --capture FILE --keys FILE --markers FILE

FOLDER is mirsald's data folder, FILE of keys its `keys` (not sealed), the capture what went through
its sockets, or HTTP bodies one after another; markers stand one a line. Read are: every file; every
value of every SQLite table; the first message of each Noise session in the capture, which the
relay's static keys open; whatever inflates, at every offset, with the schema's dictionary and
without; base64 and hex in any of these. A marker is looked for in UTF-8 and UTF-16, hex and base64,
whatever its case. Exit 0: none found; 1: those found, each with the place; 2: wrong use.
"""
import argparse
import base64
import binascii
import os
import re
import sqlite3
import sys
import zlib

try:
    import primitives as p
    import sync as s
    from encoding import Reader
except ModuleNotFoundError as missing:
    print(f"skipped: {missing.name} is not here")
    sys.exit(77)

INFLATED_MAX = 65536
STEPS = (48, 464, 3584, 61440)
GATHERED = 1 << 20
BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{12,}")
HEX = re.compile(rb"(?:[0-9A-Fa-f]{2}){8,}")
MAGIC = b"mirsald1\0"


def forms(marker):
    """Byte strings that show a marker; lower case where the case is not told."""
    text = marker.encode()
    out = {form for variant in (marker, marker.lower()) for form in (
        variant.encode(), variant.encode("utf-16-le"), variant.encode("utf-16-be"))}
    out |= {form.lower() for form in out}
    out.add(text.hex().encode())
    for skip in range(3):
        encoded = base64.b64encode(bytes(skip) + text)
        # The characters that this text alone decides, wherever it stands in what was encoded.
        core = encoded[-(-8 * skip // 6):8 * (skip + len(text)) // 6]
        out |= {core.lower(), core.translate(bytes.maketrans(b"+/", b"-_")).lower()}
    return out


class Search:
    """Markers not yet found, and where the others were."""

    def __init__(self, markers):
        self.left = {marker: forms(marker) for marker in markers}
        self.found = {}
        self.shortest = min((len(form) for every in self.left.values() for form in every),
                            default=1)
        self.gathered, self.size = [], 0

    def look(self, data, where):
        """Searches bytes as they are."""
        lower = data.lower()
        for marker in [marker for marker, every in self.left.items()
                       if any(form in lower for form in every)]:
            del self.left[marker]
            self.found[marker] = where

    def gather(self, data, where):
        """Small pieces are searched together."""
        if len(data) >= self.shortest:
            self.gathered.append(data)
            self.size += len(data)
            if self.size > GATHERED:
                self.flush(where)

    def flush(self, where):
        """Searches what was gathered, and what base64 and hex stand in it."""
        data = b"\xff".join(self.gathered)
        self.gathered, self.size = [], 0
        self.look(data, where)
        self.decode(data, where)

    def decode(self, data, where):
        """Searches what runs of base64 and hex hold, at every alignment."""
        out = []
        for run in BASE64.findall(data):
            run = run.replace(b"-", b"+").replace(b"_", b"/")
            for skip in range(4):
                part = run[skip:]
                out.append(base64.b64decode(part[:len(part) // 4 * 4]))
        for run in HEX.findall(data):
            out += [binascii.unhexlify(run), binascii.unhexlify(run[1:-1])]
        self.look(b"\xff".join(out), where + ", decoded")

    def inflate(self, data, dictionary, where):
        """Searches whatever inflates, from every offset."""
        for at in range(len(data)):
            kind = data[at] >> 1 & 3
            if kind == 3 or (kind == 0 and not stored(data, at)):
                continue
            self.gather(inflated(data, at, dictionary), where)
        self.flush(where)

    def everything(self, data, dictionary, where):
        """One blob in all of these ways."""
        self.look(data, where)
        self.decode(data, where)
        self.inflate(data, b"", where + ", inflated")
        self.inflate(data, dictionary, where + ", inflated with the dictionary")


def stored(data, at):
    """Whether a stored block of deflate may begin there."""
    return at + 5 <= len(data) and data[at + 1] ^ data[at + 3] == 255 \
        and data[at + 2] ^ data[at + 4] == 255


def inflated(data, at, dictionary):
    """What a raw stream from there gives, up to its first error."""
    stream = zlib.decompressobj(-15, dictionary) if dictionary else zlib.decompressobj(-15)
    out = b""
    for step in STEPS:
        try:
            out += stream.decompress(stream.unconsumed_tail + data[at:at + step], INFLATED_MAX)
        except zlib.error:
            break
        at += step
        if stream.eof or at >= len(data) or len(out) >= INFLATED_MAX:
            break
    return out


# --- what a relay has -----------------------------------------------------------------------------

def read_keys(data):
    """(identity seed, {serial: Noise secret}) of the relay's keys file."""
    if not data.startswith(MAGIC):
        raise ValueError("the keys are sealed, or no relay's")
    _, seed, _, noise = Reader(data[len(MAGIC):]).value()
    return seed, {serial: secret for serial, _, secret in noise}


def first_messages(capture, seed, noise):
    """Payloads of the first Noise messages, found by their opening, wherever they stand."""
    prologue = s.prologue(p.sign_public(seed))
    for serial, secret in noise.items():
        head = bytes([s.FIRST]) + serial.to_bytes(2, "big")
        at = capture.find(head)
        while at >= 0:
            size = int.from_bytes(capture[at + 3:at + 5], "big")
            message = capture[at + 5:at + 5 + size]
            if 96 <= size == len(message):
                try:
                    yield p.NoiseIK(False, prologue, secret, bytes(31) + b"\1").read(message)
                except p.Refused:
                    pass
            at = capture.find(head, at + 1)


def files_of(folder):
    """Every file below a folder."""
    for base, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            yield os.path.join(base, name)


def values_of(path):
    """(table, value) of every text and blob of a SQLite file."""
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    database.text_factory = bytes
    try:
        names = [row[0].decode() for row in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            try:
                for row in database.execute(f'SELECT * FROM "{name}"'):
                    yield from ((name, value) for value in row if isinstance(value, bytes))
            except sqlite3.Error:
                continue  # a table that needs a module this SQLite has not; its file is read raw
    finally:
        database.close()


def blobs(folder, capture, seed, noise):
    """(where, bytes) of all that the relay has, each once."""
    yield "the capture", capture
    for payload in first_messages(capture, seed, noise):
        yield "a first message", payload
    for path in files_of(folder):
        with open(path, "rb") as file:
            data = file.read()
        name = os.path.relpath(path, folder)
        yield name, data
        if data.startswith(b"SQLite format 3\0"):
            table = {}
            for where, value in values_of(path):
                table.setdefault(where, []).append(value)
            for where, values in table.items():
                for value in values:
                    yield f"{name}, {where}", value


def dictionary():
    """The default schema's preset dictionary (schema.md)."""
    import schema
    path = os.path.join(schema.PROTOCOL, "schema", "incident.json")
    return schema.c.dictionary(schema.c.compile_schema(schema.c.load(path)))


def peek(folder, capture, keys, markers, words):
    """A Search that has looked everywhere."""
    search, seen = Search(markers), set()
    for where, data in blobs(folder, capture, *read_keys(keys)):
        if data not in seen and len(data) >= 4:
            seen.add(data)
            search.everything(data, words, where)
        if not search.left:
            break
    return search


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    for name in ("relay", "capture", "keys", "markers"):
        parser.add_argument("--" + name, required=True)
    given = parser.parse_args()
    contents = {}
    for name in ("capture", "keys", "markers"):
        with open(getattr(given, name), "rb") as file:
            contents[name] = file.read()
    markers = contents["markers"].decode().split("\n")
    markers = sorted({marker.strip() for marker in markers if marker.strip()})
    search = peek(given.relay, contents["capture"], contents["keys"], markers, dictionary())
    for marker, where in sorted(search.found.items()):
        print(f"{marker}: {where}")
    print(f"{len(search.found)} of {len(markers)} markers found")
    return 1 if search.found else 0


if __name__ == "__main__":
    sys.exit(main())
