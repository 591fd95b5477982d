#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes protocol/vectors/primitives.json from protocol/primitives.md, by primitives.py alone.

Inputs are drawn from the names of the vectors, so that the same file comes out each time.
"""
import hashlib
import json
import os

import nacl.bindings

import primitives as p
from words import fingerprint_words

ORDER = 2**252 + 27742317777372353535851937790883648493
SMALL_8 = bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
IDENTITY = bytes([1]) + bytes(31)
IDENTITY_NOT_CANONICAL = (2**255 - 18).to_bytes(32, "little")

vectors = []


def drawn(label, size=32):
    """size bytes that depend on the label alone."""
    return hashlib.shake_256(b"mirsal vectors " + label.encode()).digest(size)


def as_json(value):
    """bytes become hex, in lists and objects too."""
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    return value


def add(name, section, operation, given, expect=None, error=None):
    """One vector: what is given, and what comes out or how it is refused."""
    vector = {"name": name, "section": f"primitives {section}", "operation": operation,
              "input": as_json(given)}
    if error is not None:
        vector["error"] = error
    else:
        vector["expect"] = as_json(expect if expect is not None else {})
    vectors.append(vector)


def flip(data, at, mask=1):
    """data with bits of one byte turned."""
    changed = bytearray(data)
    changed[at] ^= mask
    return bytes(changed)


def add_hashes():
    """Section 2."""
    for name in p.CONTEXTS:
        add(f"hash: context {name}", "2.2", "hash", {"context": name, "data": b"mirsal"},
            {"hash": p.H(name, b"mirsal")})
    for size in (0, 1, 127, 128, 129, 1000):
        data = drawn("hash", size)
        add(f"hash: {size} bytes", "2.2", "hash", {"context": "BODY", "data": data},
            {"hash": p.H("BODY", data)})
    key = drawn("keyed", 64)
    for size, key_size, name in ((16, 32, None), (32, 32, None), (32, 64, "EPHEMERAL"),
                                 (16, 1, "RECORD")):
        given = {"key": key[:key_size], "data": b"data", "size": size}
        if name is not None:
            given["context"] = name
        add(f"keyed: {size} bytes by a key of {key_size}, {name or 'plain'}", "2.3", "keyed", given,
            {"hash": p.keyed_hash(key[:key_size], b"data", size, name)})


def challenge(r_point, public, message):
    """k of Ed25519."""
    return int.from_bytes(hashlib.sha512(r_point + public + message).digest(), "little") % ORDER


def scalar_of(seed):
    """The secret scalar of an Ed25519 seed."""
    wide = bytearray(hashlib.sha512(seed).digest()[:32])
    wide[0] &= 248
    wide[31] = wide[31] & 127 | 64
    return int.from_bytes(wide, "little")


def times_base(scalar):
    """scalar·B."""
    return nacl.bindings.crypto_scalarmult_ed25519_base_noclamp(scalar.to_bytes(32, "little"))


def add_signatures():
    """Section 3."""
    seed = drawn("signer")
    public = p.sign_public(seed)
    message = b"a header"
    for name in ("CHANGESET", "CHECKPOINT", "RELAY_KEY"):
        for data in (b"", message, drawn("long", 320)):
            signature = p.sign(name, data, seed)
            add(f"sign: {name}, {len(data)} bytes", "3.1", "sign",
                {"context": name, "seed": seed, "data": data},
                {"public": public, "signature": signature})
    signature = p.sign("CHANGESET", message, seed)

    def verify(name, section, error="BAD_SIGNATURE", **changes):
        given = {"context": "CHANGESET", "data": message, "signature": signature, "public": public}
        given.update(changes)
        add(f"sign: {name}", section, "verify", given, None, error)

    verify("holds", "3.1", None)
    verify("another context", "3.1", context="CHECKPOINT")
    verify("another key", "3.1", public=p.sign_public(drawn("another")))
    verify("other bytes", "3.1", data=b"b header")
    verify("one byte less", "3.1", data=message[:-1])
    verify("context moved into the bytes", "3.1", context="RECEIPT",
           data=p.context_bytes("CHANGESET") + message)
    verify("R changed", "3.1", signature=flip(signature, 0))
    verify("S changed", "3.1", signature=flip(signature, 40))
    verify("all zero", "3.1", signature=bytes(64))
    longest = drawn("longest", p.LIMITS["SIGNED_SIZE_MAX"])
    verify("longest", "3.2", None, data=longest, signature=p.sign("CHANGESET", longest, seed))
    longer = longest + b"\0"
    wide = p.Ed25519PrivateKey.from_private_bytes(seed).sign(p.context_bytes("CHANGESET") + longer)
    verify("too long", "3.2", data=longer, signature=wide)

    s_value = int.from_bytes(signature[32:], "little")
    verify("S plus the order", "3.3",
           signature=signature[:32] + (s_value + ORDER).to_bytes(32, "little"))
    signed = p.context_bytes("CHANGESET") + message
    r = int.from_bytes(drawn("r"), "little") % ORDER
    r_point = times_base(r)
    plain = r_point + r.to_bytes(32, "little")
    verify("key of small order", "3.3", public=IDENTITY, signature=plain)
    verify("key not canonical", "3.3", public=IDENTITY_NOT_CANONICAL, signature=plain)
    a = scalar_of(seed)
    k = challenge(IDENTITY, public, signed)
    verify("R of small order", "3.3", signature=IDENTITY + (k * a % ORDER).to_bytes(32, "little"))
    mixed = nacl.bindings.crypto_core_ed25519_add(public, SMALL_8)
    k = challenge(r_point, mixed, signed)
    assert k % 8 != 0
    verify("holds only with the cofactor", "3.3", public=mixed,
           signature=r_point + ((r + k * a) % ORDER).to_bytes(32, "little"))


def add_agreement():
    """Section 4."""
    secret = drawn("agree a")
    public = p.agree_public(drawn("agree b"))
    add("agree: two keys", "4.1", "agree", {"secret": secret, "public": public},
        {"shared": p.agree(secret, public)})
    high = flip(public, 31, 0x80)
    add("agree: top bit of the public key is ignored", "4.1", "agree",
        {"secret": secret, "public": high}, {"shared": p.agree(secret, public)})
    for name, value in (("zero", 0), ("one", 1), ("minus one", 2**255 - 20), ("p", 2**255 - 19)):
        add(f"agree: small order, {name}", "4.1", "agree",
            {"secret": secret, "public": value.to_bytes(32, "little")}, None, "NOT_AUTHENTIC")


def add_hpke():
    """Section 5."""
    ikm = drawn("ikm")
    secret, public = p.hpke_derive_keypair(drawn("recipient"))
    for label in ("derive one", "derive two"):
        pair = p.hpke_derive_keypair(drawn(label))
        add(f"derive: {label[7:]}", "5.1", "derive", {"ikm": drawn(label)},
            {"secret": pair[0], "public": pair[1]})
    for name in ("SEAL", "KEY", "TEXT", "FILE"):
        for clear in (b"", b"a report", drawn("clear", 1000)):
            aad = b"" if name == "FILE" else drawn("aad", 90)
            sealed = p.hpke_seal(public, name, ikm, aad, clear)
            add(f"seal: {name}, {len(clear)} bytes", "5.2", "seal",
                {"info": name, "recipient": public, "ikm": ikm, "aad": aad, "clear": clear},
                {"sealed": sealed})
            add(f"open: {name}, {len(clear)} bytes", "5.2", "open",
                {"info": name, "secret": secret, "aad": aad, "sealed": sealed}, {"clear": clear})
    add("seal: recipient of small order", "4.1", "seal",
        {"info": "SEAL", "recipient": bytes(32), "ikm": ikm, "aad": b"", "clear": b"x"},
        None, "NOT_AUTHENTIC")
    aad = b"elements 0 to 9"
    sealed = p.hpke_seal(public, "SEAL", ikm, aad, b"a report")

    def refuse(name, section="5.2", **changes):
        given = {"info": "SEAL", "secret": secret, "aad": aad, "sealed": sealed}
        given.update(changes)
        add(f"open: {name}", section, "open", given, None, "NOT_AUTHENTIC")

    refuse("other aad", aad=b"elements 0 to 8")
    refuse("no aad", aad=b"")
    refuse("other info", info="KEY")
    refuse("other key", secret=drawn("other recipient"))
    refuse("enc changed", sealed=flip(sealed, 3))
    refuse("top bit of enc changed", sealed=flip(sealed, 31, 0x80))
    refuse("ciphertext changed", sealed=flip(sealed, 33))
    refuse("tag changed", sealed=flip(sealed, len(sealed) - 1))
    refuse("one byte short", sealed=sealed[:-1])
    refuse("one byte long", sealed=sealed + b"\0")
    refuse("enc and tag cut", sealed=sealed[:47])
    refuse("nothing", sealed=b"")
    refuse("enc of small order", "4.1", sealed=bytes(32) + sealed[32:])
    for name, size in (("SALTS", 32), ("SALTS", 64), ("TEAM", 16)):
        _, context = p.hpke_setup_sender(public, p.context_text("SEAL"), ikm)
        add(f"export: {name}, {size} bytes", "5.3", "export",
            {"info": "SEAL", "secret": secret, "ikm": ikm, "context": name, "size": size},
            {"exported": context.export(p.context_text(name), size)})


def add_noise():
    """Section 6."""
    keys = {"prologue": b"mirsal/1" + drawn("relay") + b"/v1/sync",
            "initiator_s": drawn("i s"), "initiator_e": drawn("i e"),
            "responder_s": drawn("r s"), "responder_e": drawn("r e")}

    def sides():
        i = p.NoiseIK(True, keys["prologue"], keys["initiator_s"], keys["initiator_e"],
                      p.agree_public(keys["responder_s"]))
        return i, p.NoiseIK(False, keys["prologue"], keys["responder_s"], keys["responder_e"])

    for label, first, second in (("short", b"hello", b"state"), ("empty", b"", b""),
                                 ("long", drawn("first", 3000), drawn("second", 500))):
        i, r = sides()
        message_1 = i.write(first)
        assert r.read(message_1) == first
        message_2 = r.write(second)
        assert i.read(message_2) == second
        i, r = i.split(), r.split()
        clears = [b"up", b"", drawn("bulk", 200), b"last"]
        up = [i.seal(clear) for clear in clears]
        down = [r.seal(clear) for clear in clears]
        given = dict(keys, payload_1=first, payload_2=second, clears=clears)
        add(f"noise: whole session, {label}", "6.1", "noise", given,
            {"message_1": message_1, "message_2": message_2, "up": up, "down": down,
             "handshake_hash": i.handshake_hash})
        if label == "short":
            kept = message_1, message_2, up, down
    message_1, message_2, up, down = kept
    i_public = p.agree_public(keys["initiator_s"])

    def read_1(name, message, section="6.2", error="NOT_AUTHENTIC", **changes):
        given = dict(prologue=keys["prologue"], responder_s=keys["responder_s"],
                     responder_e=keys["responder_e"], message=message)
        given.update(changes)
        add(f"noise: message 1, {name}", section, "noise_read_1", given,
            {"payload": b"hello", "initiator": i_public}, error)

    read_1("whole", message_1, error=None)
    for name, at in (("ephemeral", 5), ("static key", 40), ("tag of static key", 70),
                     ("payload", 82), ("tag", 100)):
        read_1(f"{name} changed", flip(message_1, at))
    read_1("top bit of the ephemeral changed", flip(message_1, 31, 0x80))
    for size in (0, 31, 32, 80, 95, 96, len(message_1) - 1):
        read_1(f"cut to {size}", message_1[:size])
    read_1("one byte long", message_1 + b"\0")
    read_1("another prologue", message_1, prologue=keys["prologue"] + b"2")
    read_1("another responder", message_1, responder_s=drawn("other r"))
    read_1("ephemeral of small order", bytes(32) + message_1[32:], "4.1")
    read_1("too long", bytes(65536), "6.1", "LIMIT")

    def read_2(name, message, section="6.2", error="NOT_AUTHENTIC", **changes):
        given = dict(prologue=keys["prologue"], initiator_s=keys["initiator_s"],
                     initiator_e=keys["initiator_e"],
                     responder=p.agree_public(keys["responder_s"]), payload_1=b"hello",
                     message=message)
        given.update(changes)
        add(f"noise: message 2, {name}", section, "noise_read_2", given,
            {"payload": b"state"}, error)

    read_2("whole", message_2, error=None)
    for name, at in (("ephemeral", 5), ("payload", 33), ("tag", 45)):
        read_2(f"{name} changed", flip(message_2, at))
    for size in (0, 32, 47, 48, len(message_2) - 1):
        read_2(f"cut to {size}", message_2[:size])
    read_2("of another session", message_2, initiator_e=drawn("other e"))
    read_2("message 1 sent back", message_1)
    read_2("ephemeral of small order", bytes(32) + message_2[32:], "4.1")
    add("noise: responder's key of small order", "4.1", "noise_write_1",
        {"prologue": b"", "initiator_s": keys["initiator_s"], "initiator_e": keys["initiator_e"],
         "responder": bytes(32), "payload": b""}, None, "NOT_AUTHENTIC")

    def received(name, messages, error="NOT_AUTHENTIC"):
        add(f"noise: transport, {name}", "6.2", "noise_received",
            dict(keys, payload_1=b"hello", payload_2=b"state", received=messages),
            {"last": b"last"}, error)

    received("in order", up, None)
    received("replayed", [up[0], up[0]])
    received("out of order", [up[1]])
    received("changed", [up[0], flip(up[1], 3)])
    received("cut", [up[0][:-1]])
    received("shorter than a tag", [up[0][:15]])
    received("own message sent back", [down[0]])


def add_trees():
    """Section 7."""
    seed = drawn("seed")
    for index in (0, 1, 255, 256, 65535, 2**32 - 1):
        add(f"salt: {index}", "7.2", "salt", {"seed": seed, "index": index},
            {"salt": p.merkle_salt(seed, index)})
    for data in (b"", b"\x92\x00\x01", drawn("leaf", 300)):
        add(f"leaf: {len(data)} bytes", "7.3", "leaf", {"salt": drawn("salt", 16), "data": data},
            {"hash": p.merkle_leaf(drawn("salt", 16), data)})
    add("decoy: one", "7.3", "decoy", {"salt": drawn("salt", 16)},
        {"hash": p.merkle_decoy(drawn("salt", 16))})
    leaves = [p.H("LEAF", bytes([i])) for i in range(40)]
    for count in (0, 1, 2, 3, 4, 5, 7, 8, 16, 33):
        add(f"tree: {count} leaves", "7.1", "tree", {"leaves": leaves[:count]},
            {"root": p.merkle_root(leaves[:count])})
    contents = [drawn(f"content {i}", 3 + i) for i in range(33)]
    for count in (1, 15, 16, 17, 32, 33):
        add(f"content: {count} leaves", "7.4", "content",
            {"seed": seed, "leaves": contents[:count]},
            {"root": p.content_root(contents[:count], seed)})
    add("content: order of places matters through the salts", "7.4", "content",
        {"seed": seed, "leaves": contents[1::-1]}, {"root": p.content_root(contents[1::-1], seed)})
    add("content: equal leaves", "7.4", "content",
        {"seed": seed, "leaves": [b"same"] * 3}, {"root": p.content_root([b"same"] * 3, seed)})
    for count in (1, 3):
        ids = [drawn(f"id {i}") for i in range(count)]
        add(f"checkpoint: {count} arrivals", "7.7", "checkpoint", {"ids": ids},
            {"root": p.merkle_root([p.checkpoint_leaf(i) for i in ids])})
    add_inclusion(leaves)
    add_consistency(leaves)


def add_inclusion(leaves):
    """Section 7.5."""
    for size, index in ((1, 0), (2, 1), (3, 2), (7, 0), (7, 6), (8, 5), (16, 9), (33, 32)):
        proof = b"".join(p.inclusion_proof(leaves[:size], index))
        add(f"inclusion: proof of {index} in {size}", "7.5", "prove_inclusion",
            {"leaves": leaves[:size], "index": index}, {"proof": proof})
        p.check_inclusion(p.merkle_root(leaves[:size]), size, index, leaves[index], proof)
    root = p.merkle_root(leaves[:7])
    proof = b"".join(p.inclusion_proof(leaves[:7], 4))

    def check(name, error="NOT_AUTHENTIC", **changes):
        given = {"size": 7, "index": 4, "leaf": leaves[4], "root": root, "proof": proof}
        given.update(changes)
        add(f"inclusion: {name}", "7.5", "inclusion", given, None, error)

    check("holds", None)
    check("one leaf, no proof", None, size=1, index=0, root=leaves[4], proof=b"")
    check("another place", index=5)
    check("another leaf", leaf=leaves[5])
    check("another root", root=p.merkle_root(leaves[:8]))
    check("another size", size=4)
    check("a size that is no tree's", size=0, index=0)
    check("index at the size", index=7)
    check("index far beyond", index=2**62)
    check("no proof", proof=b"")
    check("a node missing", proof=proof[:-32])
    check("a node more", proof=proof + bytes(32))
    check("the root appended", proof=proof + root)
    check("nodes turned round", proof=proof[64:] + proof[32:64] + proof[:32])
    check("a bit changed", proof=flip(proof, 40))
    check("half a node", proof=proof[:-16])
    check("an inner node for a leaf", size=4, index=1, leaf=p.merkle_node(leaves[2], leaves[3]),
          root=p.merkle_root(leaves[:4]), proof=p.merkle_node(leaves[0], leaves[1]))
    check("deeper than any tree", size=2**62, index=1, proof=bytes(65 * 32))


def add_consistency(leaves):
    """Section 7.6."""
    for old, size in ((0, 5), (1, 1), (1, 2), (3, 7), (4, 7), (6, 8), (8, 8), (16, 33), (17, 33)):
        proof = b"".join(p.consistency_proof(leaves[:size], old))
        add(f"consistency: proof of {old} in {size}", "7.6", "prove_consistency",
            {"leaves": leaves[:size], "old_size": old}, {"proof": proof})
        if old > 0:
            p.check_consistency(p.merkle_root(leaves[:old]), old, p.merkle_root(leaves[:size]),
                                size, proof)
    roots = {size: p.merkle_root(leaves[:size]) for size in range(9)}
    proof = b"".join(p.consistency_proof(leaves[:7], 3))

    def check(name, error="NOT_AUTHENTIC", **changes):
        given = {"old_size": 3, "old_root": roots[3], "size": 7, "root": roots[7], "proof": proof}
        given.update(changes)
        add(f"consistency: {name}", "7.6", "consistency", given, None, error)

    check("holds", None)
    check("from a full tree", None, old_size=4, old_root=roots[4],
          proof=b"".join(p.consistency_proof(leaves[:7], 4)))
    check("equal sizes", None, old_size=7, old_root=roots[7], proof=b"")
    check("equal sizes, other roots", old_size=7, old_root=roots[6], proof=b"")
    check("equal sizes with a proof", old_size=7, old_root=roots[7], proof=proof)
    check("from the empty tree", old_size=0, old_root=roots[0], proof=b"")
    check("sizes turned round", old_size=7, old_root=roots[7], size=3, root=roots[3])
    check("another old root", old_root=roots[2])
    check("another root", root=roots[8])
    check("another old size", old_size=2)
    check("another size", size=9)
    check("no proof", proof=b"")
    check("a node missing", proof=proof[:-32])
    check("a node more", proof=proof + bytes(32))
    check("a bit changed", proof=flip(proof, 70))
    check("half a node", proof=proof[:-16])
    other = [p.H("LEAF", b"other")] + leaves[1:7]
    check("a history rewritten", root=p.merkle_root(other),
          proof=b"".join(p.consistency_proof(other, 3)))


def add_passphrases():
    """Section 8."""
    salt = drawn("kdf salt", 16)
    passes, memory = p.LIMITS["KDF_PASSES_MIN"], p.LIMITS["KDF_MEMORY_KIB_MIN"]
    passphrase = "مرسال 7".encode()
    passes_max, memory_max = p.LIMITS["KDF_PASSES_MAX"], p.LIMITS["KDF_MEMORY_KIB_MAX"]
    add("kdf: floor", "8.1", "kdf",
        {"passphrase": passphrase, "salt": salt, "passes": passes, "memory_kib": memory},
        {"key": p.kdf(passphrase, salt, passes, memory)})
    for name, bad_passes, bad_memory in (
            ("one pass", 1, memory), ("no pass", 0, memory),
            ("too many passes", passes_max + 1, memory),
            ("too little memory", passes, memory - 1), ("too much memory", passes, memory_max + 1)):
        add(f"kdf: {name}", "8.1", "kdf",
            {"passphrase": b"x", "salt": salt, "passes": bad_passes, "memory_kib": bad_memory},
            None, "BAD_VALUE")
    key, nonce = drawn("box key"), drawn("nonce", 24)
    for clear in (b"", b"a key", drawn("box", 200)):
        for aad in (b"", b"kind"):
            add(f"box: {len(clear)} bytes, aad of {len(aad)}", "8.2", "box_seal",
                {"key": key, "nonce": nonce, "aad": aad, "clear": clear},
                {"box": p.box_seal(key, nonce, aad, clear)})
    box = p.box_seal(key, nonce, b"kind", b"a key")

    def check(name, error="NOT_AUTHENTIC", **changes):
        given = {"key": key, "aad": b"kind", "box": box}
        given.update(changes)
        add(f"box: {name}", "8.2", "box_open", given, {"clear": b"a key"}, error)

    check("opens", None)
    check("other key", key=drawn("other box key"))
    check("other aad", aad=b"kinf")
    check("nonce changed", box=flip(box, 0))
    check("ciphertext changed", box=flip(box, 24))
    check("tag changed", box=flip(box, len(box) - 1))
    check("one byte short", box=box[:-1])
    check("shorter than nonce and tag", box=box[:39])
    check("nothing", box=b"")


def add_streams():
    """Section 9."""
    given = {"key": drawn("stream key"), "prefix": drawn("prefix", 19), "aad": b"what is before"}
    key, prefix, aad = given.values()
    chunk = p.STREAM_CHUNK
    for size in (0, 1, 100):
        stream = p.stream_seal(key, prefix, aad, p.stream_pattern(size))
        add(f"stream: {size} bytes, whole", "9.1", "stream_seal", dict(given, size=size),
            {"stream": stream})
        add(f"stream: {size} bytes, opened", "9.1", "stream_open",
            {"key": key, "aad": aad, "stream": stream}, {"clear": p.stream_pattern(size)})
    for size in (chunk - 1, chunk, chunk + 1, 2 * chunk, 3 * chunk + 5):
        stream = p.stream_seal(key, prefix, aad, p.stream_pattern(size))
        add(f"stream: {size} bytes", "9.1" if size % chunk else "9.2", "stream_hash",
            dict(given, size=size), {"hash": p.keyed_hash(b"", stream)})
    stream = p.stream_seal(key, prefix, aad, b"a backup")

    def refuse(name, section="9.3", **changes):
        add(f"stream: {name}", section, "stream_open",
            dict({"key": key, "aad": aad, "stream": stream}, **changes), None, "NOT_AUTHENTIC")

    refuse("other key", key=drawn("other stream key"))
    refuse("other aad", aad=b"what was before")
    refuse("prefix changed", stream=flip(stream, 18))
    refuse("ciphertext changed", stream=flip(stream, 19))
    refuse("tag changed", stream=flip(stream, len(stream) - 1))
    refuse("one byte long", stream=stream + b"\0")
    refuse("a tag long", stream=stream + bytes(16))
    for size in (0, 18, 19, 34, 35, len(stream) - 1):
        refuse(f"cut to {size}", stream=stream[:size])
    step = chunk + 16
    ends = {0: 0, 1: 19 + step, 2: 19 + 2 * step, 3: 19 + 3 * step, 4: 19 + 3 * step + 21}

    def edited(name, *chunks, error="NOT_AUTHENTIC", cut=0, then=b""):
        """Of a stream of three whole chunks and five bytes those that stand, in order."""
        pieces = [[0, 19]] + [[ends[i] if i else 19, ends[i + 1]] for i in chunks]
        pieces[-1][1] -= cut
        size = 3 * chunk + 5
        add(f"stream edited: {name}", "9.3", "stream_edited",
            dict(given, size=size, pieces=pieces, then=then),
            {"hash": p.keyed_hash(b"", p.stream_pattern(size))}, error)

    edited("nothing", 0, 1, 2, 3, error=None)
    edited("last left out", 0, 1, 2)
    edited("first left out", 1, 2, 3)
    edited("middle left out", 0, 2, 3)
    edited("two turned round", 1, 0, 2, 3)
    edited("one doubled", 0, 1, 1, 2, 3)
    edited("last doubled", 0, 1, 2, 3, 3)
    edited("one appended", 0, 1, 2, 3, 0)
    edited("last alone", 3)
    edited("cut within the last", 0, 1, 2, 3, cut=1)
    edited("cut within a chunk", 0, 1, cut=100)
    edited("cut to the tag of the last", 0, 1, 2, 3, cut=5)
    empty = nacl.bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(
        b"", aad, p.stream_nonce(prefix, 1, True), key)
    edited("an empty last chunk", 0, then=empty)


def add_words():
    """Section 10; texts as the bytes of their UTF-8."""
    for name in ("one", "another", "third", "fourth", "fifth"):
        keys = {key: drawn(f"words {name} {key}") for key in ("team", "device", "noise", "hpke")}
        latin, arabic = fingerprint_words(**keys)
        add(f"words: {name}", "10.1", "words", keys,
            {"latin": latin.encode(), "arabic": arabic.encode()})


def make_text():
    """The file, whole."""
    vectors.clear()
    for part in (add_hashes, add_signatures, add_agreement, add_hpke, add_noise, add_trees,
                 add_passphrases, add_streams, add_words):
        part()
    names = [vector["name"] for vector in vectors]
    assert len(names) == len(set(names)), "a name stands twice"
    return ('{"source": "protocol/check/make_primitives.py", "vectors": [\n'
            + ",\n".join(json.dumps(vector) for vector in vectors) + "\n]}\n")


def main():
    """Writes the file."""
    text = make_text()
    with open(os.path.join(p.PROTOCOL, "vectors", "primitives.json"), "w", encoding="utf-8") as out:
        out.write(text)
    refused = sum("error" in vector for vector in vectors)
    print(f"{len(vectors)} vectors, {refused} of them refused")


if __name__ == "__main__":
    main()
