#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes protocol/vectors/sync.json, valid and invalid, from the text.

make_sync.py [FOLDER]; everything is made from fixed seeds, so the file comes out the same.
"""
import random
import sys

import primitives as p
import sync as s
from encoding import pack
from make_changeset import one, write
from make_teams import NOW, key

IDENTITY_SEED = key("relay identity")
IDENTITY = p.sign_public(IDENTITY_SEED)
SIGNATURE, EPOCH = bytes(range(64)), bytes(range(8))
HEADS = [[0, 7, b"\1" * 8], [1, 7, b"\1" * 8], [255, 2, b"\3" * 8]]
SAMPLES = {
    s.REGISTER: [b"token", b"genesis"],
    s.HELLO: [key("team")[:16], EPOCH, [[0, 12], [255, 3]], [15, key("root")[:16]], HEADS, [0, 1],
              2**20, NOW, 3],
    s.STATE: [HEADS, EPOCH, [EPOCH, 15, key("root"), NOW, SIGNATURE], key("node") + key("node 2"),
              NOW, 8, 3, key("session")[:16], [16, SIGNATURE]],
    s.PAGE: [0, 2**33],
    s.REJECT: [key("device"), 0, 5, 3, "its predecessor is missing"],
    s.HEADERS: [[b"header", SIGNATURE], [b"another", SIGNATURE]],
    s.VECTOR: [sorted([key("a"), key("b")]), [[0, 0, 4, EPOCH], [0, 255, 1, EPOCH],
                                             [1, 0, 4, EPOCH], [1, 0, 4, b"\7" * 8]]],
    s.CHECKPOINT: [EPOCH, 15, key("root"), NOW, SIGNATURE],
    s.END: [1, key("frontier")[:16]],
    s.REFUSE: [5, "malformed"],
}


def changed(value, path, new):
    """An array with another element; path: indices from the outside."""
    copy = list(value)
    copy[path[0]] = changed(copy[path[0]], path[1:], new) if len(path) > 1 else new
    return copy


def relay_words(team=key("team"), root=key("root")):
    """A checkpoint and an acknowledgement of three chains, as words."""
    heads = [[0, 7, key("head 0")], [1, 7, key("head 1")], [255, 2, key("head 255")]]
    mark = [1, IDENTITY, EPOCH, 15, root, NOW]
    mark.append(p.sign("CHECKPOINT", s.checkpoint_bytes(IDENTITY, team, *mark[2:]), IDENTITY_SEED))
    said = [2, IDENTITY, EPOCH, 15, NOW, key("device"), heads]
    said.append(p.sign("RECEIPT", s.acknowledgement_bytes(IDENTITY, team, *said[2:]),
                       IDENTITY_SEED))
    return mark, said


def frame_vectors():
    """Section 2."""
    out = []

    def good(name, kind, value):
        payload = pack(value)
        s.decode_payload(kind, payload)
        out.append(one("frame: " + name, "sync 2", "frame", {"kind": kind, "payload": payload},
                       {"payload": payload}))

    def bad(name, kind, payload, error="MALFORMED"):
        payload = payload if isinstance(payload, bytes) else pack(payload)
        out.append(one("frame: " + name, "sync 2.1", "frame", {"kind": kind, "payload": payload},
                       error=error))

    for kind, value in SAMPLES.items():
        name = s.NAMES[kind]
        good(name, kind, value)
        bad(f"{name}, trailing", kind, pack(value) + b"\0")
        bad(f"{name}, cut", kind, pack(value)[:-1])
        bad(f"{name}, no array", kind, 7)
        if kind != s.HEADERS:
            bad(f"{name}, one more", kind, value + [0])
            bad(f"{name}, one less", kind, value[:-1])
        for at, element in enumerate(value):
            if isinstance(element, bytes) and (kind, at) != (s.STATE, 3) and kind != s.REGISTER:
                bad(f"{name}, element {at}", kind, changed(value, [at], element + b"\0"))
            elif isinstance(element, int):
                bad(f"{name}, element {at}", kind, changed(value, [at], -1))
            elif isinstance(element, list):
                bad(f"{name}, element {at}", kind, changed(value, [at], 0))
            else:
                bad(f"{name}, element {at}", kind, changed(value, [at], 0))
    hello, state, vector = (SAMPLES[kind] for kind in (s.HELLO, s.STATE, s.VECTOR))
    good("HELLO of a first sync", s.HELLO, [key("team")[:16], None, [], None, [], [], 0, NOW, 2])
    good("STATE without news", s.STATE, [[], EPOCH, None, None, NOW, 0, 3, None, None])
    good("VECTOR of nothing", s.VECTOR, [[], []])
    good("HEADERS of nothing", s.HEADERS, [])
    good("END without frontier", s.END, [0, None])
    bad("cursors descend", s.HELLO, changed(hello, [2], [[255, 3], [0, 12]]))
    bad("cursors twice", s.HELLO, changed(hello, [2], [[0, 3], [0, 12]]))
    bad("wants descend", s.HELLO, changed(hello, [5], [1, 0]))
    bad("wants control", s.HELLO, changed(hello, [5], [0, 255]))
    bad("heads descend", s.HELLO, changed(hello, [4], HEADS[::-1]))
    bad("heads twice", s.STATE, changed(state, [0], [HEADS[0], HEADS[0]]))
    bad("compartment 256", s.PAGE, [256, 1])
    bad("END, more is 2", s.END, [2, None])
    bad("REJECT, code 0", s.REJECT, changed(SAMPLES[s.REJECT], [3], 0))
    bad("REJECT, code 8", s.REJECT, changed(SAMPLES[s.REJECT], [3], 8))
    bad("REFUSE, code 9", s.REFUSE, [9, ""])
    bad("REFUSE, a long text", s.REFUSE, [5, "x" * 201], "LIMIT")
    bad("REGISTER, a long token", s.REGISTER, [bytes(129), b"genesis"], "LIMIT")
    bad("STATE, a long proof", s.STATE, changed(state, [3], bytes(4097)), "LIMIT")
    bad("key serial 65536", s.STATE, changed(state, [6], 65536))
    bad("devices descend", s.VECTOR, changed(vector, [0], vector[0][::-1]))
    bad("entries descend", s.VECTOR, changed(vector, [1], vector[1][::-1]))
    bad("entry twice", s.VECTOR, changed(vector, [1], [vector[1][0]] * 2))
    bad("entry of no device", s.VECTOR, changed(vector, [1, 3, 0], 2))
    for name, word in zip(("checkpoint", "acknowledgement"), relay_words()):
        good("WORD, " + name, s.WORD, word)
        good(f"WORD, {name} that nobody signed", s.WORD, word[:-1] + [SIGNATURE])
        bad(f"WORD, {name}, trailing", s.WORD, pack(word) + b"\0")
        bad(f"WORD, {name}, cut", s.WORD, pack(word)[:-1])
        bad(f"WORD, {name}, one more", s.WORD, word + [0])
        bad(f"WORD, {name}, one less", s.WORD, word[:-1])
        bad(f"WORD, {name} called the other", s.WORD, changed(word, [0], 3 - word[0]))
        for at in range(1, len(word)):
            wrong = word[at] + b"\0" if isinstance(word[at], bytes) else -1
            bad(f"WORD, {name}, element {at}", s.WORD, changed(word, [at], wrong))
    bad("WORD, kind 0", s.WORD, changed(relay_words()[0], [0], 0))
    bad("WORD, kind 3", s.WORD, changed(relay_words()[0], [0], 3))
    bad("WORD, two heads in one place", s.WORD,
        changed(relay_words()[1], [6], [relay_words()[1][6][0]] * 2))
    bad("WORD, empty", s.WORD, b"")
    bad("WORD, an empty array", s.WORD, [])
    bad("WORD, too large", s.WORD, bytes(24577), "LIMIT")
    return out


def stream_vectors():
    """1.3: one stream of frames."""
    frames = [s.encode_frame(kind, SAMPLES[kind]) for kind in (s.HELLO, s.PAGE, s.END)]
    stream = b"".join(frames)

    def case(name, data, error=None):
        expect = None if error else {"frames": [[kind, payload] for kind, payload in
                                                s.split_frames(data)]}
        return one("stream: " + name, "sync 1.3", "stream", {"stream": data}, expect, error)

    told = b"".join([s.encode_frame(s.VECTOR, SAMPLES[s.VECTOR])]
                    + [s.encode_frame(s.WORD, word) for word in relay_words()]
                    + [s.encode_frame(s.END, [0, None])])
    return [case("three frames", stream), case("nothing", b""),
            case("words between peers", told),
            case("kind 0", b"\0" + stream[1:], "PROTOCOL"),
            case("kind 12", b"\x0c" + stream[1:], "PROTOCOL"),
            *(case(f"kind {kind} of bundles", bytes([kind]) + stream[1:], "PROTOCOL")
              for kind in (16, 17, 19)),
            case("size in a longer form", bytes([s.END, 0xcc, 2, 0x92, 0]), "MALFORMED"),
            case("size negative", bytes([s.END, 0xff]), "MALFORMED"),
            case("size over the limit", bytes([s.RUN]) + pack(4521985), "LIMIT")]


def signed_vectors():
    """1.6, 4, 5."""
    noise = p.agree_public(key("relay noise"))
    relay_key = s.make_relay_key(IDENTITY_SEED, 3, noise, NOW)
    out = []

    def relay(name, data, error=None, identity=IDENTITY):
        expect = None if error else {"serial": s.read_relay_key(data, identity)[2], "noise": noise}
        out.append(one("relay key: " + name, "sync 1.6", "relay_key",
                       {"key": data, "identity": identity}, expect, error))

    fields = [1, IDENTITY, 3, noise, NOW]

    def resigned(at, value):
        other = changed(fields, [at], value)
        return pack(other + [p.sign("RELAY_KEY", pack(other), IDENTITY_SEED)])

    relay("valid", relay_key)
    relay("another identity", relay_key, "NOT_AUTHENTIC", key("other"))
    relay("signature", relay_key[:-1] + bytes([relay_key[-1] ^ 1]), "BAD_SIGNATURE")
    relay("serial changed", pack(changed(fields, [2], 4) + [bytes(64)]), "BAD_SIGNATURE")
    relay("signed in another context", pack(fields + [p.sign("CHECKPOINT", pack(fields),
                                                             IDENTITY_SEED)]), "BAD_SIGNATURE")
    relay("version 2", resigned(0, 2), "VERSION")
    relay("serial 65536", resigned(2, 65536), "MALFORMED")
    relay("noise short", resigned(3, bytes(31)), "MALFORMED")
    relay("trailing", relay_key + b"\0", "MALFORMED")
    team, root = key("team"), key("root")
    signature = p.sign("CHECKPOINT", s.checkpoint_bytes(IDENTITY, team, EPOCH, 15, root, NOW),
                       IDENTITY_SEED)
    given = {"identity": IDENTITY, "team": team, "epoch": EPOCH, "size": 15, "root": root,
             "time_ms": NOW, "signature": signature}
    for name, changes in (("valid", {}), ("another team", {"team": key("other")}),
                          ("another store epoch", {"epoch": bytes(8)}),
                          ("another size", {"size": 16}), ("another root", {"root": key("r")}),
                          ("another time", {"time_ms": NOW + 1}),
                          ("another identity", {"identity": p.sign_public(key("i"))})):
        expect = {"seen": s.checkpoint_hash(IDENTITY, team, EPOCH, 15, root, NOW)}
        out.append(one("checkpoint: " + name, "sync 5", "checkpoint", dict(given, **changes),
                       None if changes else expect, "BAD_SIGNATURE" if changes else None))
    out += word_vectors(team, root)
    rng = random.Random(4)
    for count in (0, 1, 2, 12):
        heads = [[key(f"device {rng.randrange(4)}"), rng.choice([0, 1, 255]), rng.randrange(1, 9),
                  key(f"id {n}")] for n in range(count)]
        out.append(one(f"frontier: {count} heads", "sync 4.1", "frontier", {"heads": heads},
                       {"frontier": s.frontier(heads)}))
    forked = [[key("d"), 0, 5, key("one")], [key("d"), 0, 4, key("two")]]
    out.append(one("frontier: a forked chain", "sync 4.1", "frontier", {"heads": forked},
                   {"frontier": s.frontier(forked)}))
    for n in range(3):
        out.append(one(f"tag: {n}", "sync 4.2", "tag", {"hash": key("session"), "id": key(f"{n}")},
                       {"tag": s.tag(key("session"), key(f"{n}"))}))
    return out


def word_vectors(team, root):
    """5.3, 5.4: a relay's words as they travel on their own."""
    mark, said = relay_words(team, root)
    heads = said[6]
    out = []

    def case(name, value, error=None, of_team=team):
        data = value if isinstance(value, bytes) else pack(value)
        if not error:
            s.read_word(data, of_team)
        out.append(one("word: " + name, "sync 5.4", "word", {"word": data, "team": of_team},
                       None if error else {"word": data}, error))

    case("checkpoint", mark)
    case("acknowledgement", said)
    case("no heads", said[:6] + [[], p.sign("RECEIPT", s.acknowledgement_bytes(
        IDENTITY, team, EPOCH, 15, NOW, key("device"), []), IDENTITY_SEED)])
    for name, value in (("checkpoint", mark), ("acknowledgement", said)):
        case(name + " of another team", value, "BAD_SIGNATURE", key("other"))
        case(name + ", trailing", pack(value) + b"\0", "MALFORMED")
        case(name + ", cut", pack(value)[:-1], "MALFORMED")
        case(name + ", kind 3", changed(value, [0], 3), "MALFORMED")
        case(name + " called the other", changed(value, [0], 3 - value[0]), "MALFORMED")
        for at in range(1, len(value) - 1):
            if isinstance(value[at], bytes):
                case(f"{name}, element {at} changed",
                     changed(value, [at], bytes([value[at][0] ^ 1]) + value[at][1:]),
                     "BAD_SIGNATURE")
                case(f"{name}, element {at} long", changed(value, [at], value[at] + b"\0"),
                     "MALFORMED")
            elif isinstance(value[at], int):
                case(f"{name}, element {at} changed", changed(value, [at], value[at] + 1),
                     "BAD_SIGNATURE")
    case("a head changed", changed(said, [6, 0, 1], 8), "BAD_SIGNATURE")
    case("a head dropped", changed(said, [6], heads[1:]), "BAD_SIGNATURE")
    case("heads descend", changed(said, [6], heads[::-1]), "MALFORMED")
    case("a head twice", changed(said, [6], [heads[0], heads[0]]), "MALFORMED")
    case("a head's id short", changed(said, [6, 0, 2], bytes(8)), "MALFORMED")
    case("signed as a checkpoint", said[:-1] + [p.sign(
        "CHECKPOINT", s.acknowledgement_bytes(IDENTITY, team, *said[2:-1]), IDENTITY_SEED)],
         "BAD_SIGNATURE")
    case("too large", bytes(24577), "LIMIT")
    return out


def exchange_vectors():
    """Section 1: a round in sync, then a second one in a later request, with fixed keys."""
    device, ephemeral = key("device noise"), key("device ephemeral")
    relay, answer_ephemeral = key("relay noise"), key("relay ephemeral")
    session, frontier = key("session")[:16], key("frontier")[:16]
    hello = SAMPLES[s.HELLO][:6] + [0, NOW, 0]
    asked = s.encode_frame(s.HELLO, hello) + s.encode_frame(s.END, [0, None])
    told = (s.encode_frame(s.STATE, [HEADS, EPOCH, None, None, NOW, 0, 3, session, None])
            + s.encode_frame(s.END, [0, frontier]))
    more = asked + s.encode_frame(s.RUN, bytes(70000))
    client = p.NoiseIK(True, s.prologue(IDENTITY), device, ephemeral, p.agree_public(relay))
    server = p.NoiseIK(False, s.prologue(IDENTITY), relay, answer_ephemeral)
    message = client.write(asked)
    assert server.read(message) == asked
    reply = server.write(b"")
    client.read(reply)
    ours, theirs = client.split(), server.split()
    first, answer = s.first_request(3, message), s.first_answer(reply, theirs, told)
    later = s.later_request(session, 1, ours, more)
    assert len(first) == len(answer) == 256
    given = {"identity": IDENTITY, "device": device, "device_ephemeral": ephemeral, "relay": relay,
             "relay_ephemeral": answer_ephemeral, "serial": 3, "session": session,
             "asked": asked, "told": told, "more": more}
    return [one("exchange: in sync, then more", "sync 1", "exchange", given,
                {"first": first, "answer": answer, "later": later,
                 "handshake_hash": ours.handshake_hash})]


def vectors():
    """All of sync.json."""
    return frame_vectors() + stream_vectors() + signed_vectors() + exchange_vectors()


if __name__ == "__main__":
    write(sys.argv[1] if len(sys.argv) > 1 else p.PROTOCOL + "/vectors", "sync.json", vectors())
