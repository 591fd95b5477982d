#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes protocol/vectors/encoding.json and changeset.json, valid and invalid, from the text.

make_changeset.py [FOLDER]; everything is made from fixed seeds, so the files come out the same.
"""
import hashlib
import json
import os
import sys
import zlib

import body as b
import changeset as c
import primitives as p
from encoding import pack
from primitives import H

TEAM, AUTHORITY = H("TEAM", b"vectors"), H("CHANGESET", b"authority")
SEED = hashlib.sha256(b"device").digest()
SEALING = hashlib.sha256(b"sealing").digest()
EPOCH = hashlib.sha256(b"epoch").digest()
DICTIONARY = "civilians killed wounded مدنيين airstrike غارة جوية".encode()
KEYS = {"seed": SEED, "sealing": SEALING}
DEVICE = p.sign_public(SEED)


def fields(**changes):
    """Header fields of a first data changeset."""
    base = {"team": TEAM, "device": DEVICE, "compartment": 0, "seq": 1, "prev": c.ZERO,
            "epoch": 1, "authority": AUTHORITY, "seen": None}
    return dict(base, **changes)


def sample_body(records=3, base=bytes(range(8))):
    """Invented: incidents and casualties with every shape of column."""
    body = b.Body((1573984800000 << 16) + 1, base)
    for n in range(records):
        body.creates.append((1, n, b.record_id(DEVICE, 0, base, 1, n)))
        body.creates.append((5, n, b.record_id(DEVICE, 0, base, 5, n)))
    body.creates.sort()
    for n in range(records):
        incident = body.creates[n][2]
        body.writes += [(n, 106, 0, None, 12), (n, 108, 0, None, [18217, 18217 + n, 1]),
                        (n, 121, 1, "en", f"raid {n}"), (n, 121, 1, "ar", f"غارة {n}"),
                        (n, 116, 2, 3, 1), (n, 116, 2, 7, 1)]
        if n % 2 == 0:
            body.writes += [(n, 110, 0, None, b.record_id(DEVICE, 0, base, 5, 0)),
                            (n, 112, 0, None, [355920900, 364947400, None, 3])]
        body.writes += [(records + n, 505, 0, None, [incident]), (records + n, 513, 0, None, 5 + n)]
    names = sorted(H("CHANGESET", bytes([n]))[:16] for n in range(2))
    body.edits = [(H("RECORD", b"other")[:16], 106, None, [], names),
                  (H("RECORD", b"other")[:16], 121, "fr", "raid", names[:1])]
    return body


def encoding_vectors():
    """Single values: the shortest forms, and what must be refused."""
    good = [0, 127, 128, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**64 - 1, -1, -32, -33, -128,
            -129, -2**15, -2**15 - 1, -2**31, -2**31 - 1, -2**63, "", "a", "a" * 31, "a" * 32,
            "مرسال", "a" * 255, "a" * 256, b"", b"\0", b"\1" * 255, b"\1" * 256, None, [], [0] * 15,
            [0] * 16, [[[[[[[[]]]]]]]]]
    bad = ["", "c1", "c2", "c3", "80", "81a16101", "ca00000000", "cb0000000000000000", "d40000",
           "c70000", "cc7f", "cd00ff", "ce0000ffff", "cf00000000ffffffff", "d0ff", "d0e0", "d001",
           "d1ff80", "d1007f", "d2ffff8000", "d3ffffffff80000000", "d900", "d91f" + "61" * 31,
           "da00ff" + "61" * 255, "db00000001" + "61", "c5000100", "c60000000100", "dc0000",
           "dc000f" + "00" * 15, "dd00000000", "a2c328", "a1ff", "a3eda080", "a4f4908080", "a2c080",
           "a100", "a26100", "93ff", "9201", "dcffff00", "ddffffffff00", "c4", "c402ff", "a5616263",
           "0000", "c0c0", "9000", "cd", "cf00"]
    out = [{"name": f"value-{n:02}", "section": "encoding 2", "input": {"bytes": pack(v).hex()},
            "expect": {"bytes": pack(v).hex()}} for n, v in enumerate(good)]
    out += [{"name": f"refused-{n:02}", "section": "encoding 1-4", "input": {"bytes": text},
             "error": "MALFORMED"} for n, text in enumerate(bad)]
    deep = "91" * 9 + "c0"
    out.append({"name": "too-deep", "section": "encoding 1", "input": {"bytes": deep},
                "error": "LIMIT"})
    return out


def in_hex(value):
    """The same with bytes as hex."""
    if isinstance(value, dict):
        return {key: in_hex(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [in_hex(item) for item in value]
    return value.hex() if isinstance(value, bytes) else value


def one(name, section, op, given, expect=None, error=None):
    """A vector; bytes become hex."""
    vector = {"name": name, "section": section, "op": op, "input": in_hex(given)}
    return dict(vector, error=error) if error else dict(vector, expect=in_hex(expect))


def signed(f, body):
    """(header, signature, body) whatever the fields say."""
    header = c.encode_header(f)
    return header, p.sign("CHANGESET", header, SEED), body


def verify_vectors():
    """changeset.md 1."""
    body = b"a body as carried"
    good = dict(fields(version=1), content_root=H("BODY", b"root"), body_hash=H("BODY", body),
                body_size=len(body))
    control = dict(good, compartment=255, epoch=0, content_root=H("BODY", body), authority=c.ZERO)
    later = dict(good, seq=2, prev=H("CHANGESET", b"prev"), seen=H("CHECKPOINT", b"seen"))

    def case(name, f, error=None, change=None, body=body):
        header, signature, carried = signed(f, body)
        given = {"header": header, "signature": signature, "body": carried}
        if change:
            change(given)
        expect = None if error else {"id": H("CHANGESET", given["header"])}
        return one(name, "changeset 1", "verify", given, expect, error)

    def flip(key, at):
        def change(given):
            data = bytearray(given[key])
            data[at] ^= 1
            given[key] = bytes(data)
        return change

    def cut(given):
        given["header"] = given["header"][:-1]

    def trail(given):
        given["header"] += b"\0"

    m, n = "MALFORMED", "NOT_AUTHENTIC"
    return [
        case("data", good), case("genesis", control), case("later", later),
        case("protected", dict(good, compartment=1)),
        case("version-2", dict(good, version=2), m),
        case("team-short", dict(good, team=bytes(31)), m),
        case("compartment-256", dict(good, compartment=256), m),
        case("seq-0", dict(good, seq=0), m), case("seq-2-63", dict(later, seq=2**63), m),
        case("prev-at-1", dict(good, prev=later["prev"]), m),
        case("no-prev-at-2", dict(good, seq=2), m),
        case("data-epoch-0", dict(good, epoch=0), m),
        case("control-epoch-1", dict(control, epoch=1), m),
        case("epoch-2-32", dict(good, epoch=2**32), m),
        case("data-without-authority", dict(good, authority=c.ZERO), m),
        case("genesis-at-2", dict(control, seq=2, prev=later["prev"]), m),
        case("seen-zero-length", dict(good, seen=b""), m),
        case("size-negative", dict(good, body_size=-1), m),
        case("size-over", dict(good, body_size=4456449), "LIMIT"),
        case("control-size-over", dict(control, body_size=262145), "LIMIT"),
        case("size-off", dict(good, body_size=len(body) + 1), n),
        case("hash-off", dict(good, body_hash=H("BODY", b"else")), n),
        case("body-changed", good, n, flip("body", 0)),
        case("control-root-off", dict(control, content_root=H("BODY", b"root")), "BAD_ROOT"),
        case("signature-flipped", good, "BAD_SIGNATURE", flip("signature", 10)),
        case("signature-s-flipped", good, "BAD_SIGNATURE", flip("signature", 40)),
        case("header-field-changed", good, "BAD_SIGNATURE", flip("header", 4)),
        case("another-device", dict(good, device=p.sign_public(bytes(32))), "BAD_SIGNATURE"),
        case("header-cut", good, m, cut), case("header-trailing", good, m, trail),
    ]


def body_vectors():
    """changeset.md 3 to 5: clear bodies as values, many of them wrong in one place."""
    seed = hashlib.sha256(b"salts").digest()
    base, stamp = bytes(range(8)), 1 << 16
    ref = H("CHANGESET", b"x")[:16]
    own = b.record_id(DEVICE, 0, base, 1, 0)
    other = H("RECORD", b"y")[:16]

    def given(clear):
        return {"clear": clear, "device": DEVICE, "compartment": 0, "schema_version": 1,
                "seed": seed}

    def good(name, clear):
        body = b.decode(clear, DEVICE, 0)
        assert b.encode(body) == clear, name
        leaves = [pack(leaf) for leaf in b.leaf_values(1, body)]
        hashes = [p.merkle_leaf(p.merkle_salt(seed, i), leaf) for i, leaf in enumerate(leaves)]
        return one(name, "changeset 3-5", "body", given(clear),
                   {"leaves": hashes, "content_root": b.content_root(1, body, seed)})

    def with_columns(*columns, count=2):
        return pack([[], stamp, base, [[1, 0, count, list(columns)]], []])

    def with_edits(refs, *edits):
        return pack([refs, stamp, base, [], list(edits)])

    out = [good("sample", b.encode(sample_body())), good("one", b.encode(sample_body(1))),
           good("create-without-columns", with_columns(count=1)),
           good("integers-with-a-gap", with_columns([1, 0, 1, [5, None]])),
           good("large-differences-are-plain", with_columns([1, 0, 0, [-2**63, 2**63 - 1]])),
           good("tuples-with-a-gap", with_columns([1, 0, 2, [2, [1, 0], [7], [None]]])),
           good("arrays-of-texts", with_columns([1, 0, 0, [["a"], ["b"]]])),
           good("empty-array-is-unknown", with_columns([1, 0, 0, [[], None]])),
           good("reference-short", with_columns([1, 0, 0, [b"\0", b"\1"]])),
           good("reference-elsewhere", with_columns([1, 0, 0, [other, None]])),
           good("set-of-references", with_columns([1, 2, 0, [[b"\1"], None]])),
           good("hash", with_columns([1, 0, 0, [bytes(32), None]])),
           good("edit", with_edits([ref], [other, 1, None, 5, [0]])),
           good("edit-without-parents", with_edits([], [other, 1, "en", "x", []]))]
    wrong = {
        "not-an-array": pack(0), "four-elements": pack([[], stamp, base, []]),
        "nothing-in-it": pack([[], stamp, base, [], []]),
        "trailing": with_columns(count=1) + b"\0", "cut": with_columns(count=1)[:-1],
        "base-short": pack([[], stamp, base[:7], [[1, 0, 1, []]], []]),
        "stamp-negative": pack([[], -1, base, [[1, 0, 1, []]], []]),
        "types-descend": pack([[], stamp, base, [[2, 0, 1, []], [1, 0, 1, []]], []]),
        "type-twice": pack([[], stamp, base, [[1, 0, 1, []], [1, 1, 1, []]], []]),
        "count-0": with_columns(count=0),
        "first-overflows": pack([[], stamp, base, [[1, 2**32 - 1, 2, []]], []]),
        "fields-descend": with_columns([2, 0, 1, [1, 1]], [1, 0, 1, [1, 1]]),
        "column-without-write": with_columns([1, 0, 1, [None, None]]),
        "column-short": with_columns([1, 0, 1, [1]]),
        "key-form-3": with_columns([1, 3, 0, [1, 1]]), "form-3": with_columns([1, 0, 3, [1, 1]]),
        "integers-as-plain": with_columns([1, 0, 0, [1, 2]]),
        "texts-as-integers": with_columns([1, 0, 1, ["a", "b"]]),
        "tuples-as-plain": with_columns([1, 0, 0, [[1], [2]]]),
        "tuple-of-text-as-parts": with_columns([1, 0, 2, [1, None, ["a", "b"]]]),
        "tuple-presence-all": with_columns([1, 0, 2, [1, [1, 1], [1, 2]]]),
        "tuple-presence-2": with_columns([1, 0, 2, [1, [1, 2], [1]]]),
        "tuple-part-short": with_columns([1, 0, 2, [1, None, [1]]]),
        "tuple-n-0": with_columns([1, 0, 2, [0, None]]),
        "sum-overflows": with_columns([1, 0, 1, [2**63 - 1, 1]]),
        "integer-over-63-bits": with_columns([1, 0, 0, [2**63, None]]),
        "keyed-form-1": with_columns([1, 2, 1, [[1], None]]),
        "keyed-empty-cell": with_columns([1, 2, 0, [[], [1]]]),
        "keys-descend": with_columns([1, 2, 0, [[2, 1], None]]),
        "key-twice": with_columns([1, 1, 0, [[["en", "a"], ["en", "b"]], None]]),
        "key-nil": with_columns([1, 2, 0, [[None], None]]),
        "keyed-value-nil": with_columns([1, 1, 0, [[["en", None]], None]]),
        "reference-long-to-own": with_columns([1, 0, 0, [own, None]]),
        "reference-too-far": with_columns([1, 0, 0, [b"\2", None]]),
        "reference-not-shortest": with_columns([1, 0, 0, [b"\0\1", None]]),
        "bin-of-5": with_columns([1, 0, 0, [b"\0" * 5, None]]),
        "refs-descend": with_edits([b"\2" * 16, b"\1" * 16], [other, 1, None, 5, [0, 1]]),
        "ref-unused": with_edits([ref], [other, 1, None, 5, []]),
        "ref-short": with_edits([ref[:15]], [other, 1, None, 5, [0]]),
        "parent-too-far": with_edits([ref], [other, 1, None, 5, [1]]),
        "parents-twice": with_edits([ref], [other, 1, None, 5, [0, 0]]),
        "edit-value-nil": with_edits([], [other, 1, None, None, []]),
        "edits-descend": with_edits([], [other, 2, None, 5, []], [other, 1, None, 5, []]),
        "edit-twice": with_edits([], [other, 1, None, 5, []], [other, 1, None, 6, []]),
        "edit-of-own": pack([[], stamp, base, [[1, 0, 1, []]], [[own, 1, None, 5, []]]]),
    }
    out += [one(name, "changeset 3", "body", given(clear), error="MALFORMED")
            for name, clear in wrong.items()]
    nested = 1
    for _ in range(9):
        nested = [nested]
    out.append(one("value-too-deep", "encoding 1", "body",
                   given(with_columns([1, 0, 0, [nested, "a"]])), error="LIMIT"))
    return out


def open_vectors():
    """changeset.md 2."""
    public, random = p.agree_public(EPOCH), hashlib.sha256(b"random").digest()

    def given(sealed, secret=EPOCH, dictionary=DICTIONARY):
        return {"header": sealed[0], "signature": sealed[1], "body": sealed[2],
                "epoch_secret": secret, "dictionary": dictionary}

    def resealed(plain=None, clear=None, root=None, tail=None):
        """As seal, with one thing done wrongly; signed all the same."""
        body = sample_body()
        enc, context = p.hpke_setup_sender(public, p.context_text("SEAL"), random)
        seed = context.export(p.context_text("SALTS"), 32)
        clear = b.encode(body) if clear is None else clear
        f = dict(fields(version=1), body_hash=c.ZERO, body_size=0,
                 content_root=root or b.content_root(1, body, seed))
        packer = zlib.compressobj(9, zlib.DEFLATED, -15, 8, zlib.Z_DEFAULT_STRATEGY, DICTIONARY)
        stream = packer.compress(clear) + packer.flush()
        plain = (plain or (lambda s, n: pack(1) + pack(n) + pack(0) + s))(stream, len(clear))
        plain += bytes(-len(plain) % 32) if tail is None else tail(plain)
        return c.finish(SEED, f, enc + context.seal(c.aad_of(c.encode_header(f)), plain))

    out = []
    for name, body in (("lone", sample_body(1)), ("batch", sample_body(400))):
        sealed = c.seal(KEYS, fields(), body, 1, DICTIONARY, public, random)
        _, _, clear, _ = c.open_body(sealed[0], sealed[2], EPOCH, lambda v: DICTIONARY)
        out.append(one(name, "changeset 2", "open", given(sealed), {"clear": clear}))
    lone = c.seal(KEYS, fields(), sample_body(1), 1, DICTIONARY, public, random)
    m = "MALFORMED"
    out += [
        one("another-key", "changeset 2", "open", given(lone, bytes([1]) * 32),
            error="NOT_AUTHENTIC"),
        one("root-off", "changeset 2.4", "open", given(resealed(root=H("BODY", b"else"))),
            error="BAD_ROOT"),
        one("clear-size-low", "changeset 2.4", "open", given(
            resealed(lambda s, n: pack(1) + pack(n - 1) + pack(0) + s)), error=m),
        one("clear-size-high", "changeset 2.4", "open", given(
            resealed(lambda s, n: pack(1) + pack(n + 1) + pack(0) + s)), error=m),
        one("clear-size-over", "changeset 2.4", "open", given(
            resealed(lambda s, n: pack(1) + pack(4194305) + pack(0) + s)), error="LIMIT"),
        one("flags-1", "changeset 2.3", "open", given(
            resealed(lambda s, n: pack(1) + pack(n) + pack(1) + s)), error=m),
        one("stream-cut", "changeset 2.4", "open", given(
            resealed(lambda s, n: pack(1) + pack(n) + pack(0) + s[:-9])), error=m),
        one("padding-not-zero", "changeset 2.4", "open", given(
            resealed(tail=lambda plain: b"\1" * (32 - len(plain) % 32))), error=m),
        one("padding-too-long", "changeset 2.4", "open", given(
            resealed(tail=lambda plain: bytes(32 + -len(plain) % 32))), error=m),
        one("padding-missing", "changeset 2.3", "open", given(
            resealed(tail=lambda plain: bytes(1 + -len(plain) % 32))), error=m),
        one("clear-not-canonical", "changeset 3", "open", given(
            resealed(clear=b.encode(sample_body()) + b"\0")), error=m),
    ]
    return out


def run_vectors():
    """changeset.md 8."""
    public = p.agree_public(EPOCH)
    chain, prev = [], c.ZERO
    for n in range(4):
        authority = AUTHORITY if n < 2 else H("CHANGESET", b"newer")
        f = fields(seq=n + 1, prev=prev, authority=authority,
                   seen=H("CHECKPOINT", b"s") if n == 1 else None)
        chain.append(c.seal(KEYS, f, sample_body(1, bytes([n] * 8)), 1, DICTIONARY, public,
                            bytes([n]) * 32))
        prev = H("CHANGESET", chain[-1][0])
    control = [c.control(SEED, fields(compartment=255, authority=c.ZERO), b"\x93\x90\x01\x91\x90")]

    def given(run):
        return {"run": run, "team": TEAM, "device": DEVICE}

    def good(name, run):
        ids = [item[0] for item in c.decode_run(run, TEAM, DEVICE)]
        return one(name, "changeset 8", "run", given(run), {"ids": ids})

    def changed(change):
        values = [DEVICE, 0, 1, c.ZERO, AUTHORITY,
                  [[1, None, H("BODY", b"r"), None, bytes(64), b"body"]]]
        change(values)
        return given(pack(values))

    def setter(at, value, item=None):
        def change(values):
            if item is None:
                values[at] = value
            else:
                values[5][0][item] = value
        return change

    wrong = {"device-short": setter(0, bytes(31)), "compartment-256": setter(1, 256),
             "seq-0": setter(2, 0), "prev-missing": setter(2, 2), "no-items": setter(5, []),
             "authority-short": setter(4, bytes(16)), "epoch-0": setter(5, 0, 0),
             "authority-said-twice": setter(5, AUTHORITY, 1), "root-nil": setter(5, None, 2),
             "seen-short": setter(5, bytes(16), 3), "signature-short": setter(5, bytes(63), 4),
             "body-text": setter(5, "body", 5), "prev-at-1": setter(3, H("BODY", b"p"))}
    out = [good("chain", c.encode_run(chain)), good("own-chain", c.encode_run(chain, DEVICE)),
           good("from-the-middle", c.encode_run(chain[1:])), good("control", c.encode_run(control))]
    out += [one(name, "changeset 8", "run", changed(change), error="MALFORMED")
            for name, change in wrong.items()]
    return out


def write(folder, name, vectors):
    """One JSON file, one vector a line."""
    lines = ",\n".join(json.dumps(vector, ensure_ascii=False) for vector in vectors)
    with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
        out.write('{"vectors": [\n' + lines + "\n]}\n")


def files():
    """name → vectors."""
    return {"encoding.json": encoding_vectors(),
            "changeset.json": verify_vectors() + body_vectors() + open_vectors() + run_vectors()}


if __name__ == "__main__":
    here = sys.argv[1] if len(sys.argv) > 1 else os.path.join(p.PROTOCOL, "vectors")
    for file_name, vector_list in files().items():
        write(here, file_name, vector_list)
