#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Judges every vector of protocol/vectors/residue.json; and residues of random bodies.

Also: the file is what make_residue.py writes.
"""
import json
import os
import random
import sys

try:
    import body as b
    import changeset as c
    import make_residue
    import primitives as p
    import residue as r
    from make_changeset import DEVICE
    from test_changeset import judge_run, of_hex, random_body
except ModuleNotFoundError as missing:
    print(f"skipped: {missing.name} is not here")
    sys.exit(77)


def judge_residue(v):
    left, clear = r.open_residue(v["header"], v["residue"], v["epoch_secret"],
                                 lambda _: v["dictionary"])
    if "body" in v:
        version, body, _, seed = c.open_body(v["header"], v["body"], v["epoch_secret"],
                                             lambda _: v["dictionary"])
        purged = [v["purged"][i:i + 16] for i in range(0, len(v["purged"]), 16)]
        again = r.purge(r.of_body(version, body, seed), purged)
        assert r.clear_of(again) == clear, "made again it is another residue"
    return {"clear": clear.hex(), "leaves": len(left.salts), "hashes": len(left.hashes)}


def judge(vector):
    """True when the vector is judged as it says."""
    judges = {"residue": judge_residue, "run": judge_run}
    try:
        found = judges[vector["op"]](of_hex(vector["input"]))
    except p.Refused as refused:
        return vector.get("error") == refused.code or print(vector["name"], refused)
    return vector.get("expect") == found or print(vector["name"], "was accepted or differs")


def random_residues(count):
    """In two steps and in one: the same residue, the same root, the other records untouched."""
    rng = random.Random(20260101)
    for _ in range(count):
        body, seed = random_body(rng), rng.randbytes(32)
        body = b.decode(b.encode(body), DEVICE, 0)
        whole = r.of_body(1, body, seed)
        assert whole.content_root() == b.content_root(1, body, seed)
        records = body.ids() + [edit[0] for edit in body.edits]
        first, second = (set(rng.sample(records, rng.randint(0, len(records)))) for _ in range(2))
        once = r.purge(whole, first | second)
        twice = r.purge(r.purge(whole, first), second)
        assert r.clear_of(once) == r.clear_of(twice)
        assert once.content_root() == b.content_root(1, body, seed)
        kept = [leaf for leaf in b.leaf_values(1, body)
                if leaf[0] < 2 or leaf[1] not in first | second]
        assert b.leaf_values(1, once.body) == kept


def main():
    written = make_residue.files()["residue.json"]
    with open(os.path.join(p.PROTOCOL, "vectors", "residue.json"), encoding="utf-8") as file:
        vectors = json.load(file)["vectors"]
    assert vectors == written, "residue.json is not what make_residue.py writes"
    failed = sum(not judge(vector) for vector in vectors)
    random_residues(200)
    print(f"{len(vectors) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
