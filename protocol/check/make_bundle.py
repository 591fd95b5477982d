#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes protocol/vectors/bundle.json, valid and invalid, from the text.

make_bundle.py [FOLDER]; everything is made from fixed seeds, so the file comes out the same.
"""
import os
import sys

import bundle as b
import changeset as c
import primitives as p
import sealedfile as s
import sync
from encoding import pack
from make_changeset import one, write
from make_teams import NOW, World, key
from primitives import Refused

CONTENT = "a content that travels".encode() * 3


class Draw:
    """Bytes that come out the same."""

    def __init__(self, seed):
        self.seed, self.count = seed, 0

    def __call__(self, size):
        self.count += 1
        return key(f"{self.seed} {self.count}")[:size]


AMAL, DIMA, STRANGER = key("amal hpke"), key("dima hpke"), key("stranger hpke")


def flip(data, at):
    """One bit of one byte."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def to_keys(*secrets, content=CONTENT, seed="file"):
    """A sealed file of kind 1."""
    return s.seal_file(content, s.BUNDLE, [p.agree_public(x) for x in secrets], Draw(seed))


def to_passphrase(words, passes=2, memory=65536):
    """The same under a passphrase, with its lowest costs."""
    draw = Draw("passphrase")
    file_key, salt = draw(32), draw(16)
    head = (s.MAGIC + bytes([s.BUNDLE, 1]) + salt + passes.to_bytes(4, "big")
            + memory.to_bytes(4, "big"))
    head += p.box_seal(p.kdf(words, salt, passes, memory), draw(24), head, file_key)
    mac = s.derived(file_key, b"head", head)
    return head + mac + p.stream_seal(s.derived(file_key, b"body", mac), draw(19), mac, CONTENT)


def sealed_vectors():
    """Section 1."""
    out = []

    def judge(name, file, kind=s.BUNDLE, secret=None, passphrase=None):
        given = {"file": file, "kind": kind}
        given.update({"secret": secret} if secret else {"passphrase": passphrase})
        try:
            expect, error = {"content": s.open_file(
                file, kind, [secret] if secret else [], passphrase)}, None
        except Refused as refused:
            expect, error = None, refused.code
        out.append(one("sealed: " + name, "bundle 1", "sealed", given, expect, error))
        return error

    plain = to_keys(AMAL)
    assert judge("to one", plain, secret=AMAL) is None
    three = to_keys(AMAL, DIMA, key("third"))
    assert judge("to three, the second", three, secret=DIMA) is None
    assert judge("empty", to_keys(AMAL, content=b""), secret=AMAL) is None
    locked = to_passphrase(b"carried")
    assert judge("by passphrase", locked, passphrase=b"carried") is None
    other = to_keys(AMAL, seed="other")
    for name, file, secret, error in (
            ("sealed to another", plain, STRANGER, "NOT_AUTHENTIC"),
            ("no bytes", b"", AMAL, "NOT_AUTHENTIC"), ("another magic", b"M" + plain[1:], AMAL,
                                                   "MALFORMED"),
            ("a version to come", flip(plain, 7), AMAL, "VERSION"),
            ("another kind", plain[:8] + b"\2" + plain[9:], AMAL, "BAD_VALUE"),
            ("another lock", plain[:9] + b"\2" + plain[10:], AMAL, "MALFORMED"),
            ("no envelope", plain[:10] + b"\0\0" + plain[12:], AMAL, "MALFORMED"),
            ("three envelopes", plain[:10] + b"\0\3" + plain[12:], AMAL, "MALFORMED"),
            ("an envelope changed", flip(plain, 60), AMAL, "NOT_AUTHENTIC"),
            ("the MAC changed", flip(plain, 12 + 80), AMAL, "NOT_AUTHENTIC"),
            ("the head of another file", other[:124] + plain[124:], AMAL, "NOT_AUTHENTIC"),
            ("an envelope of another file", plain[:12] + other[12:92] + plain[92:], AMAL,
             "NOT_AUTHENTIC"),
            ("a chunk changed", flip(plain, len(plain) - 20), AMAL, "NOT_AUTHENTIC"),
            ("cut in the head", plain[:100], AMAL, "NOT_AUTHENTIC"),
            ("cut in the last chunk", plain[:-1], AMAL, "NOT_AUTHENTIC"),
            ("cut behind the head", plain[:124], AMAL, "NOT_AUTHENTIC"),
            ("a byte behind", plain + b"\0", AMAL, "NOT_AUTHENTIC")):
        assert judge(name, file, secret=secret) == error, name
    assert judge("a wrong passphrase", locked, passphrase=b"carries") == "WRONG_PASSPHRASE"
    weak = locked[:26] + (1).to_bytes(4, "big") + locked[30:]
    assert judge("costs below the floor", weak, passphrase=b"carried") == "BAD_VALUE"
    dear = locked[:30] + (2**21).to_bytes(4, "big") + locked[34:]
    assert judge("costs above the ceiling", dear, passphrase=b"carried") == "BAD_VALUE"
    return out


class Part:
    """The content of a part, each frame of which a vector may spoil."""

    def __init__(self, number=1):
        w = World()
        self.amal = w.member("amal")
        self.team, self.mac, self.tag_key = w.team, key("mac"), key("tags")
        self.head = b.write_head(key("bundle")[:16], number, w.team, self.amal.seed, NOW,
                                 self.tag_key, self.mac)
        chain = [(name, *w.made[name]) for name in self.amal.chain + w.founder.chain]
        self.run = c.encode_run([row[1:] for row in chain[:1]])
        self.second = c.encode_run([row[1:] for row in chain[1:]])
        tag = p.keyed_hash(self.tag_key, chain[0][0])[:8]
        self.vector = sync.encode_frame(sync.VECTOR, [[self.amal.key], [[0, 255, 1, tag]]])
        self.purged = sync.encode_frame(b.PURGED, [])
        self.count, self.last = len(chain), 1

    def close(self, count=None, last=None, media=0):
        """CLOSE."""
        return sync.encode_frame(b.CLOSE, [self.last if last is None else last,
                                           self.count if count is None else count, media])

    def runs(self):
        """Both RUNs."""
        return sync.encode_frame(sync.RUN, self.run) + sync.encode_frame(sync.RUN, self.second)

    def content(self):
        """Part 1 as it should be."""
        return self.head + self.purged + self.vector + self.runs() + self.close()


def part_vectors():
    """Sections 2 and 3."""
    out = []

    def judge(name, content, part, team=None, mac=None):
        given = {"content": content, "mac": mac or part.mac, "team": team or part.team}
        try:
            r = b.read_content(content, given["mac"], given["team"])
            expect, error = {"bundle": r["head"][1], "part": r["head"][2], "device": r["head"][4],
                             "changesets": r["changesets"], "purged": r["purged"],
                             "last": r["close"][0]}, None
        except Refused as refused:
            expect, error = None, refused.code
        out.append(one("part: " + name, "bundle 2", "part", given, expect, error))
        return error

    x, second = Part(), Part(2)
    two = sorted([key("a"), key("b")])
    purged = sync.encode_frame(b.PURGED, two)
    assert judge("the only one", x.content(), x) is None
    assert judge("without changesets", x.head + x.purged + x.vector + x.close(0), x) is None
    assert judge("what was purged", x.head + purged + x.vector + x.runs() + x.close(), x) is None
    assert judge("the second, not the last", second.head + second.runs() + second.close(last=0),
                 second) is None
    run = bytearray(x.run)
    run[-3] ^= 1
    changed = sync.encode_frame(sync.RUN, bytes(run))
    for name, content, error in (
            ("without its head", x.content()[len(x.head):], "PROTOCOL"),
            ("two heads", x.head + x.content(), "PROTOCOL"),
            ("without PURGED", x.head + x.vector + x.runs() + x.close(), "PROTOCOL"),
            ("without VECTOR", x.head + x.purged + x.runs() + x.close(), "PROTOCOL"),
            ("PURGED twice", x.head + x.purged + x.purged + x.vector + x.close(0), "PROTOCOL"),
            ("VECTOR behind a run", x.head + x.purged + x.runs() + x.vector + x.close(),
             "PROTOCOL"),
            ("a run behind CLOSE", x.content() + x.runs(), "PROTOCOL"),
            ("PURGED in the second", second.head + second.purged + second.close(0), "PROTOCOL"),
            ("without CLOSE", x.content()[:-len(x.close())], "NOT_AUTHENTIC"),
            ("one changeset fewer", x.head + x.purged + x.vector + x.close(), "NOT_AUTHENTIC"),
            ("media", x.head + x.purged + x.vector + x.runs() + x.close(media=1),
             "MALFORMED"),
            ("purged descends", x.head + sync.encode_frame(b.PURGED, two[::-1]) + x.vector
             + x.close(0), "MALFORMED"),
            ("a frame of sync's own", x.head + sync.encode_frame(sync.END, [0, None]),
             "PROTOCOL"),
            ("a frame that is cut", x.content()[:-1], "NOT_AUTHENTIC"),
            ("a changeset changed", x.head + x.purged + x.vector + changed + x.close(1),
             "BAD_SIGNATURE")):
        found = judge(name, content, x)
        assert found == error, f"{name}: {found}"
    assert judge("of another team", x.content(), x, team=key("team")) == "NOT_AUTHENTIC"
    assert judge("spliced under another file's head", x.content(), x, mac=key("other")
                 ) == "BAD_SIGNATURE"
    values = [2, key("bundle")[:16], 1, x.team, x.amal.key, NOW, x.tag_key]
    head = pack(values)
    future = sync.encode_frame(b.BUNDLE, [head, p.sign("BUNDLE", head + x.mac, x.amal.seed)])
    assert judge("a version to come", future + x.purged, x) == "VERSION"
    head = pack([1, *values[1:2], 0, *values[3:]])
    zero = sync.encode_frame(b.BUNDLE, [head, p.sign("BUNDLE", head + x.mac, x.amal.seed)])
    assert judge("part 0", zero, x) == "MALFORMED"
    return out


def vectors():
    """All of the file."""
    return sealed_vectors() + part_vectors()


if __name__ == "__main__":
    here = sys.argv[1] if len(sys.argv) > 1 else os.path.join(p.PROTOCOL, "vectors")
    write(here, "bundle.json", vectors())
