#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Judges every vector of protocol/vectors/handoff.json with handoff.py.

Also: what the recipient of each good one could forge is refused by its reason, and no changed byte
of a sealed file is taken.
"""
import hashlib
import json
import os
import sys

try:
    import forge_handoff
    import handoff as h
    import primitives as p
    import sealedfile as s
    from encoding import pack
except ModuleNotFoundError as missing:
    print(f"skipped: {missing.name} is not here")
    sys.exit(77)


def in_hex(value):
    """The same with bytes as hex."""
    if isinstance(value, (list, tuple)):
        return [in_hex(item) for item in value]
    return value.hex() if isinstance(value, bytes) else value


def op_verify(v):
    """The summary, its keys and values in their encoding."""
    found = h.open_content(v["content"], v["sign"], v["hpke"], v["from"])
    m = found.manifest
    records = [[r.id, r.type, *h.author_of(found, r),
                [[field, pack(key), pack(value)] for field, key, value in r.values], r.withheld]
               for r in found.records]
    return {"summary": {"mode": m["mode"], "team": in_hex(m["team"]),
                        "handoff": in_hex(m["handoff"]), "manifest_hash": in_hex(found.hash),
                        "records": in_hex(records)}}


def op_chain(v):
    """Who is shown with which role."""
    held = [h.read_said(lone, v["team"], "") for lone in v["control"]]
    return {"roles": in_hex(sorted(h.roles(v["team"], held).items()))}


def given(vector):
    """The input with hex as bytes."""
    out = dict(vector["input"])
    for key in ("content", "sign", "hpke", "from", "team"):
        if out.get(key) is not None:
            out[key] = bytes.fromhex(out[key])
    if "control" in out:
        out["control"] = [bytes.fromhex(lone) for lone in out["control"]]
    return out


def judge(vector):
    """None, or what is wrong."""
    try:
        result = {"verify": op_verify, "chain": op_chain}[vector["op"]](given(vector))
    except h.Unfit as refused:
        result = {"reason": refused.reason}
    return None if result == vector["expect"] else f"gives {str(result)[:200]}"


def judge_forgeries(vector):
    """How many forgeries of a good handoff were made; each must be refused by its reason."""
    v, count = given(vector), 0
    for name, forged, reason in forge_handoff.forge_all(
            v["content"], vector["expect"]["summary"]["mode"]):
        try:
            h.open_content(forged, v["sign"], v["hpke"])
        except h.Unfit as refused:
            assert refused.reason == reason, f"{vector['name']}, {name}: {refused}, not {reason}"
            count += 1
        else:
            raise AssertionError(f"{vector['name']}, {name}: it verifies")
    return count


def judge_container(content):
    """A sealed file opens for its readers alone, and no changed byte of it is taken."""
    secrets = [hashlib.sha256(name).digest() for name in (b"court", b"archive", b"stranger")]
    keys = [p.agree_public(secret) for secret in secrets]
    file = s.seal_file(content, s.HANDOFF, keys[:2])
    assert s.open_file(file, s.HANDOFF, secrets[1:2]) == content
    spoiled = [(file[:at] + bytes([file[at] ^ 1]) + file[at + 1:], secrets[:1])
               for at in (*range(11), 50, 200, len(file) // 2, len(file) - 1)]
    for data, tried in spoiled + [(file, secrets[2:]), (file[:-1], secrets[:1])]:
        try:
            s.open_file(data, s.HANDOFF, tried)
        except p.Refused:
            continue
        raise AssertionError("a changed, cut or foreign file opens")


def main():
    """Exit 1 where anything differs."""
    with open(os.path.join(p.PROTOCOL, "vectors", "handoff.json"), encoding="utf-8") as file:
        vectors = json.load(file)["vectors"]
    wrong = 0
    for vector in vectors:
        why = judge(vector)
        if why:
            wrong += 1
            print(f"{vector['name']}: {why}")
    good = [v for v in vectors if v["expect"].get("summary", {}).get("records")]
    forged = sum(map(judge_forgeries, good))
    judge_container(given(good[0])["content"])
    print(f"{len(vectors)} vectors, {wrong} wrong; {forged} forgeries refused")
    return 1 if wrong or not forged else 0


if __name__ == "__main__":
    sys.exit(main())
