#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Judges every vector of protocol/vectors/shares.json with shares.py.

Also: the file is what make_shares.py writes, and shares.md cites vectors that exist.
"""
import json
import os
import re
import sys

try:
    import make_shares
    import primitives as p
    import shares as s
except ModuleNotFoundError as missing:
    print(f"skipped: {missing.name} is not here")
    sys.exit(77)


def op_read(v):
    (head, index, value), = s.read(v["text"])
    assert s.read(s.text_of(head, index, value, False)) == [(head, index, value)]
    return {"head": head, "index": index, "value": value,
            "lines": s.text_of(head, index, value, False)}


OPERATIONS = {
    "split": lambda v: {"values": b"".join(s.split(
        v["secret"], v["threshold"], v["count"], v["drawn"]))},
    "join": lambda v: {"secret": s.join(v["threshold"], list(zip(v["indices"], v["values"])))},
    "make": lambda v: {"text": "".join(s.make(
        v["seed"], v["team"], v["threshold"], v["count"], v["drawn"]))},
    "rebuild": lambda v: {"seed": s.rebuild(s.read(v["text"]))},
    "read": op_read,
}


def given(vector):
    """The input with hex as bytes."""
    out = dict(vector["input"])
    for key in ("secret", "drawn", "seed", "team"):
        if key in out:
            out[key] = bytes.fromhex(out[key])
    if "values" in out:
        out["values"] = [bytes.fromhex(value) for value in out["values"]]
    return out


def judge(vector):
    """None, or what is wrong."""
    try:
        result = OPERATIONS[vector["op"]](given(vector))
    except p.Refused as refused:
        return None if refused.code == vector.get("error") else f"refused with {refused}"
    if "error" in vector:
        return f"not refused with {vector['error']}"
    result = make_shares.as_json(result)
    return None if result == vector["expect"] else f"gives {result}"


def main():
    """Judges all; 0 when nothing is wrong."""
    with open(os.path.join(p.PROTOCOL, "vectors", "shares.json"), encoding="utf-8") as file:
        text = file.read()
    with open(os.path.join(p.PROTOCOL, "shares.md"), encoding="utf-8") as file:
        cited = re.findall(r"Vectors: `([^`]+:)`", file.read())
    vectors = json.loads(text)["vectors"]
    wrong = [(vector["name"], judge(vector)) for vector in vectors]
    wrong = [(name, why) for name, why in wrong if why is not None]
    for prefix in cited:
        if not any(vector["name"].startswith(prefix) for vector in vectors):
            wrong.append((prefix, "cited in shares.md, but no vector begins so"))
    if text != make_shares.make_text():
        wrong.append(("shares.json", "make_shares.py writes another file"))
    for name, why in wrong:
        print(f"{name}: {why}")
    print(f"{len(vectors)} vectors, {len(wrong)} wrong")
    return 1 if wrong or len(vectors) < 80 or len(cited) < 4 else 0


if __name__ == "__main__":
    sys.exit(main())
