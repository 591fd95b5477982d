#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Judges every vector of protocol/vectors/bundle.json; the file is what make_bundle.py writes."""
import json
import os
import sys

try:
    import bundle as b
    import make_bundle
    import primitives as p
    import sealedfile as s
except ModuleNotFoundError as missing:
    print(f"skipped: {missing.name} is not here")
    sys.exit(77)


def op_sealed(v):
    """Section 1."""
    return {"content": s.open_file(v["file"], v["kind"], [v["secret"]] if "secret" in v else [],
                                   v.get("passphrase")).hex()}


def op_part(v):
    """Sections 2 and 3."""
    r = b.read_content(v["content"], v["mac"], v["team"])
    return {"bundle": r["head"][1].hex(), "part": r["head"][2], "device": r["head"][4].hex(),
            "changesets": [name.hex() for name in r["changesets"]],
            "purged": [name.hex() for name in r["purged"]], "last": r["close"][0]}


def judge(vector):
    """None, or what is wrong."""
    given = {key: bytes.fromhex(value) if isinstance(value, str) else value
             for key, value in vector["input"].items()}
    try:
        result = {"sealed": op_sealed, "part": op_part}[vector["op"]](given)
    except p.Refused as refused:
        return None if refused.code == vector.get("error") else f"refused with {refused}"
    if "error" in vector:
        return f"not refused with {vector['error']}"
    return None if result == vector["expect"] else f"gives {result}"


def main():
    """Exit 1 where anything differs."""
    with open(os.path.join(p.PROTOCOL, "vectors", "bundle.json"), encoding="utf-8") as file:
        vectors = json.load(file)["vectors"]
    wrong = [(v["name"], judge(v)) for v in vectors if judge(v)]
    for name, why in wrong:
        print(f"{name}: {why}")
    if make_bundle.vectors() != vectors:
        print("bundle.json is not what make_bundle.py writes")
        wrong.append("file")
    print(f"{len(vectors)} vectors, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
