#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Judges every vector of protocol/vectors/merge.json; the order of writes changes nothing.

Also: the file is what make_merge.py writes.
"""
import json
import os
import random
import sys

try:
    import make_merge as make
    import primitives as p
except ModuleNotFoundError as missing:
    print(f"skipped: {missing.name} is not here")
    sys.exit(77)


def of_hex(write):
    """Bytes for hex; numbers stay."""
    out = {key: bytes.fromhex(value) if isinstance(value, str) else value
           for key, value in write.items()}
    return dict(out, parents=[bytes.fromhex(parent) for parent in write["parents"]])


def judge(vector):
    """True when the vector is judged as it says."""
    given = vector["input"]
    if vector["op"] == "state":
        registers = [dict(item, record=bytes.fromhex(item["record"]),
                          key=bytes.fromhex(item["key"]),
                          writes=[of_hex(write) for write in item["writes"]])
                     for item in given["registers"]]
        found = make.judged_state(registers, *(
            [bytes.fromhex(record) for record in given[which]] for which in ("void", "recalled")))
        return vector["expect"] == found or print(vector["name"], "differs")
    writes = [of_hex(write) for write in given["writes"]]
    found = make.judged(given["policy"], writes)
    random.Random(1).shuffle(writes)
    again = make.judged(given["policy"], writes + writes[:1])
    assert [again[key] for key in ("live", "winner", "conflict")] == [
        found[key] for key in ("live", "winner", "conflict")], "another order, another result"
    return vector["expect"] == found or print(vector["name"], "differs")


def main():
    with open(os.path.join(p.PROTOCOL, "vectors", "merge.json"), encoding="utf-8") as file:
        vectors = json.load(file)["vectors"]
    assert vectors == make.vectors(), "merge.json is not what make_merge.py writes"
    failed = sum(not judge(vector) for vector in vectors)
    print(f"{len(vectors) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
