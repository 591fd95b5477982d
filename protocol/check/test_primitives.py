#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Judges every vector of protocol/vectors/primitives.json with primitives.py.

Also: the file is what make_primitives.py writes, and primitives.md cites vectors that exist.
"""
import json
import os
import re
import sys

try:
    import make_primitives
    import primitives as p
    from words import fingerprint_words
except ModuleNotFoundError as missing:
    print(f"skipped: {missing.name} is not here")
    sys.exit(77)

BYTES = {"data", "key", "seed", "signature", "public", "secret", "ikm", "recipient", "aad",
         "clear", "sealed", "prologue", "initiator_s", "initiator_e", "responder_s",
         "responder_e", "message", "responder", "payload", "payload_1", "payload_2", "salt",
         "leaf", "root", "old_root", "proof", "passphrase", "nonce", "box", "prefix",
         "stream", "then", "team", "device", "noise", "hpke"}
LISTS = {"clears", "received", "leaves", "ids"}


def noise_sides(v):
    """Both sides of a session, handshake done: (message 1, message 2, initiator, responder)."""
    i = p.NoiseIK(True, v["prologue"], v["initiator_s"], v["initiator_e"],
                  p.agree_public(v["responder_s"]))
    r = p.NoiseIK(False, v["prologue"], v["responder_s"], v["responder_e"])
    message_1 = i.write(v["payload_1"])
    assert r.read(message_1) == v["payload_1"]
    assert r.rs == p.agree_public(v["initiator_s"])
    message_2 = r.write(v["payload_2"])
    assert i.read(message_2) == v["payload_2"]
    return message_1, message_2, i.split(), r.split()


def op_sign(v):
    public, signature = p.sign_public(v["seed"]), p.sign(v["context"], v["data"], v["seed"])
    p.check_signature(v["context"], v["data"], signature, public)
    return {"public": public, "signature": signature}


def op_export(v):
    enc, sender = p.hpke_setup_sender(
        p.agree_public(v["secret"]), p.context_text(v["info"]), v["ikm"])
    receiver = p.hpke_setup_receiver(enc, v["secret"], p.context_text(v["info"]))
    exported = sender.export(p.context_text(v["context"]), v["size"])
    assert exported == receiver.export(p.context_text(v["context"]), v["size"])
    return {"exported": exported}


def op_noise(v):
    message_1, message_2, i, r = noise_sides(v)
    up, down = [i.seal(clear) for clear in v["clears"]], [r.seal(clear) for clear in v["clears"]]
    assert [r.open(message) for message in up] == v["clears"]
    assert [i.open(message) for message in down] == v["clears"]
    assert i.handshake_hash == r.handshake_hash
    return {"message_1": message_1, "message_2": message_2, "up": up, "down": down,
            "handshake_hash": i.handshake_hash}


def op_noise_read_1(v):
    r = p.NoiseIK(False, v["prologue"], v["responder_s"], v["responder_e"])
    payload = r.read(v["message"])
    return {"payload": payload, "initiator": r.rs}


def op_noise_read_2(v):
    i = p.NoiseIK(True, v["prologue"], v["initiator_s"], v["initiator_e"], v["responder"])
    i.write(v["payload_1"])
    return {"payload": i.read(v["message"])}


def op_noise_write_1(v):
    i = p.NoiseIK(True, v["prologue"], v["initiator_s"], v["initiator_e"], v["responder"])
    return {"message": i.write(v["payload"])}


def op_noise_received(v):
    _, _, _, r = noise_sides(v)
    return {"last": [r.open(message) for message in v["received"]][-1]}


def op_stream_edited(v):
    whole = p.stream_seal(v["key"], v["prefix"], v["aad"], p.stream_pattern(v["size"]))
    stream = b"".join(whole[start:end] for start, end in v["pieces"]) + v["then"]
    return {"hash": p.keyed_hash(b"", p.stream_open(v["key"], v["aad"], stream))}


def op_words(v):
    latin, arabic = fingerprint_words(v["team"], v["device"], v["noise"], v["hpke"])
    return {"latin": latin.encode(), "arabic": arabic.encode()}


OPERATIONS = {
    "hash": lambda v: {"hash": p.H(v["context"], v["data"])},
    "keyed": lambda v: {"hash": p.keyed_hash(v["key"], v["data"], v["size"], v.get("context"))},
    "sign": op_sign,
    "words": op_words,
    "verify": lambda v: p.check_signature(
        v["context"], v["data"], v["signature"], v["public"]) or {},
    "agree": lambda v: {"shared": p.agree(v["secret"], v["public"])},
    "derive": lambda v: dict(zip(("secret", "public"), p.hpke_derive_keypair(v["ikm"]))),
    "seal": lambda v: {"sealed": p.hpke_seal(
        v["recipient"], v["info"], v["ikm"], v["aad"], v["clear"])},
    "open": lambda v: {"clear": p.hpke_open(v["secret"], v["info"], v["aad"], v["sealed"])},
    "export": op_export,
    "noise": op_noise,
    "noise_read_1": op_noise_read_1,
    "noise_read_2": op_noise_read_2,
    "noise_write_1": op_noise_write_1,
    "noise_received": op_noise_received,
    "salt": lambda v: {"salt": p.merkle_salt(v["seed"], v["index"])},
    "leaf": lambda v: {"hash": p.merkle_leaf(v["salt"], v["data"])},
    "decoy": lambda v: {"hash": p.merkle_decoy(v["salt"])},
    "tree": lambda v: {"root": p.merkle_root(v["leaves"])},
    "content": lambda v: {"root": p.content_root(v["leaves"], v["seed"])},
    "checkpoint": lambda v: {"root": p.merkle_root([p.checkpoint_leaf(i) for i in v["ids"]])},
    "prove_inclusion": lambda v: {"proof": b"".join(p.inclusion_proof(v["leaves"], v["index"]))},
    "inclusion": lambda v: p.check_inclusion(
        v["root"], v["size"], v["index"], v["leaf"], v["proof"]) or {},
    "prove_consistency": lambda v: {
        "proof": b"".join(p.consistency_proof(v["leaves"], v["old_size"]))},
    "consistency": lambda v: p.check_consistency(
        v["old_root"], v["old_size"], v["root"], v["size"], v["proof"]) or {},
    "kdf": lambda v: {"key": p.kdf(v["passphrase"], v["salt"], v["passes"], v["memory_kib"])},
    "box_seal": lambda v: {"box": p.box_seal(v["key"], v["nonce"], v["aad"], v["clear"])},
    "box_open": lambda v: {"clear": p.box_open(v["key"], v["aad"], v["box"])},
    "stream_seal": lambda v: {"stream": p.stream_seal(
        v["key"], v["prefix"], v["aad"], p.stream_pattern(v["size"]))},
    "stream_hash": lambda v: {"hash": p.keyed_hash(b"", p.stream_seal(
        v["key"], v["prefix"], v["aad"], p.stream_pattern(v["size"])))},
    "stream_open": lambda v: {"clear": p.stream_open(v["key"], v["aad"], v["stream"])},
    "stream_edited": op_stream_edited,
}


def given(vector):
    """The input with hex as bytes."""
    out = dict(vector["input"])
    for key in out:
        if key in BYTES:
            out[key] = bytes.fromhex(out[key])
        elif key in LISTS:
            out[key] = [bytes.fromhex(item) for item in out[key]]
    return out


def judge(vector):
    """None, or what is wrong."""
    try:
        result = OPERATIONS[vector["operation"]](given(vector))
    except p.Refused as refused:
        return None if refused.code == vector.get("error") else f"refused with {refused}"
    if "error" in vector:
        return f"not refused with {vector['error']}"
    result = make_primitives.as_json(result)
    return None if result == vector["expect"] else f"gives {result}"


def cited_prefixes():
    """What primitives.md names as the beginnings of its vectors' names."""
    with open(os.path.join(p.PROTOCOL, "primitives.md"), encoding="utf-8") as file:
        text = file.read()
    cited = re.findall(r"Vectors: ((?:`[^`]+`[,\s]*)+)", text)
    names = [name for group in cited for name in re.findall(r"`([^`]+)`", group)]
    return [name for name in names if ".json" not in name]


def main():
    """Judges all; 0 when nothing is wrong."""
    with open(os.path.join(p.PROTOCOL, "vectors", "primitives.json"), encoding="utf-8") as file:
        text = file.read()
    vectors = json.loads(text)["vectors"]
    wrong = [(vector["name"], judge(vector)) for vector in vectors]
    wrong = [(name, why) for name, why in wrong if why is not None]
    for prefix in cited_prefixes():
        if not any(vector["name"].startswith(prefix) for vector in vectors):
            wrong.append((prefix, "cited in primitives.md, but no vector begins so"))
    if text != make_primitives.make_text():
        wrong.append(("primitives.json", "make_primitives.py writes another file"))
    for name, why in wrong:
        print(f"{name}: {why}")
    print(f"{len(vectors)} vectors, {len(wrong)} wrong")
    return 1 if wrong or len(vectors) < 200 else 0


if __name__ == "__main__":
    sys.exit(main())
