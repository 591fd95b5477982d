#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Judges every vector of protocol/vectors/encoding.json and changeset.json; and random bodies.

Also: the files are what make_changeset.py writes.
"""
import json
import os
import random
import sys

try:
    import body as b
    import changeset as c
    import make_changeset as make
    import primitives as p
    from encoding import pack, unpack
except ModuleNotFoundError as missing:
    print(f"skipped: {missing.name} is not here")
    sys.exit(77)


def of_hex(given):
    """Input with bytes for hex; numbers stay."""
    return {key: bytes.fromhex(value) if isinstance(value, str) else value
            for key, value in given.items()}


def judge_encoding(v):
    return {"bytes": pack(unpack(v["bytes"])).hex()}


def judge_verify(v):
    return {"id": c.verify(v["header"], v["signature"], v["body"])[0].hex()}


def judge_body(v):
    body = b.decode(v["clear"], v["device"], v["compartment"])
    assert b.encode(body) == v["clear"], "encode(decode(x)) is another x"
    leaves = [p.merkle_leaf(p.merkle_salt(v["seed"], i), pack(leaf)).hex()
              for i, leaf in enumerate(b.leaf_values(v["schema_version"], body))]
    return {"leaves": leaves,
            "content_root": b.content_root(v["schema_version"], body, v["seed"]).hex()}


def judge_open(v):
    c.verify(v["header"], v["signature"], v["body"])
    clear = c.open_body(v["header"], v["body"], v["epoch_secret"], lambda _: v["dictionary"])[2]
    return {"clear": clear.hex()}


def judge_run(v):
    items = c.decode_run(v["run"], v["team"], v["device"])
    return {"ids": [item[0].hex() for item in items]}


JUDGES = {None: judge_encoding, "verify": judge_verify, "body": judge_body, "open": judge_open,
          "run": judge_run}


def judge(vector):
    """True when the vector is judged as it says."""
    try:
        found = JUDGES[vector.get("op")](of_hex(vector["input"]))
    except p.Refused as refused:
        return vector.get("error") == refused.code or print(vector["name"], refused)
    return vector.get("expect") == found or print(vector["name"], "was accepted or differs")


def random_body(rng, device=make.DEVICE, compartment=0):
    """Any body: values of all shapes, references, edits."""
    base = rng.randbytes(8)
    body = b.Body(rng.getrandbits(64), base)
    for kind in rng.sample(range(1, 50), rng.randint(0, 3)):
        for n in range(rng.randint(1, 6)):
            body.creates.append((kind, n, b.record_id(device, compartment, base, kind, n)))
    body.creates.sort()
    ids = body.ids() or [rng.randbytes(16)]

    def value(depth=0):
        pick = rng.randrange(7 if depth < 4 else 5)
        if pick == 0:
            return rng.choice([rng.randint(-2**63, 2**63 - 1), rng.randint(-40, 300)])
        if pick == 1:
            return rng.choice(["", "غارة", "x" * rng.randint(0, 300)])
        if pick == 2:
            return rng.choice(ids + [rng.randbytes(16)])
        if pick == 3:
            return rng.randbytes(32)
        if pick == 4:
            return rng.randint(0, 9)
        return [value(depth + 1) for _ in range(rng.randint(0, 3))]

    for field in rng.sample(range(1, 500), rng.randint(1, 8)):
        form = rng.randrange(3)
        width = rng.randint(1, 3)
        shape = rng.choice([value, lambda: rng.randint(-5, 5),
                            lambda w=width: [rng.choice([None, rng.getrandbits(40)])
                                             for _ in range(w)]])
        kinds = [i for i in range(len(body.creates)) if rng.random() < 0.7]
        for place in kinds:
            keys = [None] if form == 0 else [value() for _ in range(rng.randint(1, 3))]
            for key in {pack(key): key for key in keys}.values():
                body.writes.append((place, field, form, key, 1 if form == 2 else shape()))
    seen = set()
    names = [rng.randbytes(16) for _ in range(3)]
    for _ in range(rng.randint(0 if body.creates else 1, 4)):
        record, field = rng.randbytes(16), rng.randint(1, 500)
        key = rng.choice([None, "en", 4])
        if (record, field, key) not in seen:
            seen.add((record, field, key))
            body.edits.append((record, field, key, value(),
                               sorted(rng.sample(names, rng.randint(0, 3)))))
    return body


def random_bodies(count):
    """encode, decode, encode; and sealed, opened."""
    rng = random.Random(20191117)
    secret = rng.randbytes(32)
    for _ in range(count):
        body = random_body(rng)
        clear = b.encode(body)
        again = b.decode(clear, make.DEVICE, 0)
        assert b.encode(again) == clear
        sealed = c.seal(make.KEYS, make.fields(), body, 1, make.DICTIONARY,
                        p.agree_public(secret), rng.randbytes(32))
        c.verify(*sealed)
        assert c.open_body(sealed[0], sealed[2], secret, lambda _: make.DICTIONARY)[2] == clear


def main():
    folder = os.path.join(p.PROTOCOL, "vectors")
    written = make.files()
    failed = total = 0
    for name in ("encoding.json", "changeset.json"):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            vectors = json.load(file)["vectors"]
        assert vectors == written[name], f"{name} is not what make_changeset.py writes"
        total += len(vectors)
        failed += sum(not judge(vector) for vector in vectors)
    random_bodies(200)
    print(f"{total - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
