#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Judges every vector of protocol/vectors/sync.json; the exchange from both of its sides.

Also: the file is what make_sync.py writes.
"""
import json
import os
import sys

try:
    import make_sync as make
    import primitives as p
    import sync as s
    from encoding import Reader, pack
    from test_control import of_hex
except ModuleNotFoundError as missing:
    print(f"skipped: {missing.name} is not here")
    sys.exit(77)


def judge_frame(v):
    return {"payload": pack(s.decode_payload(v["kind"], v["payload"])).hex()}


def judge_stream(v):
    return {"frames": [[kind, payload.hex()] for kind, payload in s.split_frames(v["stream"])]}


def judge_relay_key(v):
    fields = s.read_relay_key(v["key"], v["identity"])
    return {"serial": fields[2], "noise": fields[3].hex()}


def judge_checkpoint(v):
    fields = [v[name] for name in ("identity", "team", "epoch", "size", "root", "time_ms")]
    p.check_signature("CHECKPOINT", s.checkpoint_bytes(*fields), v["signature"], v["identity"])
    return {"seen": s.checkpoint_hash(*fields).hex()}


def judge_word(v):
    return {"word": pack(s.read_word(v["word"], v["team"])).hex()}


def judge_frontier(v):
    assert s.frontier(v["heads"][::-1]) == s.frontier(v["heads"])
    return {"frontier": s.frontier(v["heads"]).hex()}


def judge_tag(v):
    return {"tag": s.tag(v["hash"], v["id"]).hex()}


def judge_exchange(v):
    """The relay's side, from the bytes that make_sync's client sent."""
    expect = {name: bytes.fromhex(text) for name, text in EXPECT.items()}
    serial, message = s.read_first_request(expect["first"])
    server = p.NoiseIK(False, s.prologue(v["identity"]), v["relay"], v["relay_ephemeral"])
    assert (serial, server.read(message)) == (v["serial"], v["asked"])
    assert server.rs == p.agree_public(v["device"])
    reply = server.write(b"")
    transport = server.split()
    answer = s.first_answer(reply, transport, v["told"])
    session, counter, sealed = s.read_later_request(expect["later"])
    assert (session, counter) == (v["session"], 1) and len(sealed) == 2
    assert b"".join(map(transport.open, sealed)) == v["more"]
    client = p.NoiseIK(True, s.prologue(v["identity"]), v["device"], v["device_ephemeral"],
                       p.agree_public(v["relay"]))
    first = s.first_request(v["serial"], client.write(v["asked"]))
    reader = Reader(answer)
    assert client.read(reader.take(reader.number(2))) == b""
    ours = client.split()
    assert b"".join(map(ours.open, s.read_messages(reader))) == v["told"]
    later = s.later_request(session, 1, ours, v["more"])
    return {"first": first.hex(), "answer": answer.hex(), "later": later.hex(),
            "handshake_hash": transport.handshake_hash.hex()}


JUDGES = {"frame": judge_frame, "stream": judge_stream, "relay_key": judge_relay_key,
          "checkpoint": judge_checkpoint, "word": judge_word,
          "frontier": judge_frontier, "tag": judge_tag, "exchange": judge_exchange}
EXPECT = {}


def judge(vector):
    """True when the vector is judged as it says."""
    EXPECT.clear()
    EXPECT.update(vector.get("expect", {}))
    try:
        found = JUDGES[vector["op"]]({name: of_hex(value)
                                      for name, value in vector["input"].items()})
    except p.Refused as refused:
        return vector.get("error") == refused.code or print(vector["name"], refused)
    return vector.get("expect") == found or print(vector["name"], "was accepted or differs")


def main():
    with open(os.path.join(p.PROTOCOL, "vectors", "sync.json"), encoding="utf-8") as file:
        vectors = json.load(file)["vectors"]
    assert vectors == make.vectors(), "sync.json is not what make_sync.py writes"
    failed = sum(not judge(vector) for vector in vectors)
    print(f"{len(vectors) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
