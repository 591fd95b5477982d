#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Judges every vector of protocol/vectors/control.json; evaluations in many orders.

Also: the file is what make_control.py writes.
"""
import json
import os
import random
import sys

try:
    import control as k
    import states
    import make_control as make
    import make_teams as teams
    import primitives as p
except ModuleNotFoundError as missing:
    print(f"skipped: {missing.name} is not here")
    sys.exit(77)


def of_hex(value):
    """Bytes for hex; numbers stay."""
    if isinstance(value, list):
        return [of_hex(item) for item in value]
    return bytes.fromhex(value) if isinstance(value, str) else value


def judge_body(v):
    knows, stamp, statements = k.decode_body(v["body"])
    assert k.encode_body(knows, stamp, statements) == v["body"], "encode(decode(x)) is another x"
    return {"kinds": [statement[0] for statement in statements]}


def judge_text(v):
    return {"clear": k.open_text(v["secret"], v["team"], [1, v["sealed"]]).encode().hex()}


def judge_envelope(v):
    return {"secret": k.open_envelope(v["recipient"], v["team"], v["compartment"], v["number"],
                                      v["public"], v["envelope"]).hex()}


def judge_proof(v):
    join = [k.JOIN, v["grant"], v["noise"], v["hpke"]]
    p.check_signature("JOIN", k.join_message(v["team"], v["device"], join), v["proof"], v["key"])
    return {"valid": 1}


def judge_invite(v):
    string = v["string"].decode()
    fields, name = k.verify_invite(string, v["now_ms"])
    assert k.write_invite(fields) == string, "write(read(x)) is another x"
    return {"invite": name.hex()}


def judge_evaluate(v):
    """The same whatever the order; twice held is once held."""
    changesets = [k.read_lone(item) for item in v["changesets"]]
    rng, data = random.Random(len(changesets)), v["data"]
    found = teams.evaluated(states.Team(v["team"], changesets, data))
    for _ in range(3):
        rng.shuffle(changesets)
        rng.shuffle(data)
        again = teams.evaluated(
            states.Team(v["team"], changesets + changesets[:2], data + data[:2]))
        assert again == found, "another order, another result"
    return found


JUDGES = {"body": judge_body, "text": judge_text, "envelope": judge_envelope,
          "proof": judge_proof, "invite": judge_invite, "evaluate": judge_evaluate}


def judge(vector):
    """True when the vector is judged as it says."""
    given = {name: of_hex(value) for name, value in vector["input"].items()}
    try:
        found = JUDGES[vector["op"]](given)
    except p.Refused as refused:
        return vector.get("error") == refused.code or print(vector["name"], refused)
    return vector.get("expect") == found or print(vector["name"], "was accepted or differs")


def main():
    with open(os.path.join(p.PROTOCOL, "vectors", "control.json"), encoding="utf-8") as file:
        vectors = json.load(file)["vectors"]
    assert vectors == make.vectors(), "control.json is not what make_control.py writes"
    failed = sum(not judge(vector) for vector in vectors)
    print(f"{len(vectors) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
