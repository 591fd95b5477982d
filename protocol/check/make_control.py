#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes protocol/vectors/control.json, valid and invalid, from the text.

make_control.py [FOLDER]; everything is made from fixed seeds, so the file comes out the same.
"""
import sys

import control as k
import make_epochs
import make_hostile
import make_purges
import primitives as p
from encoding import pack
from make_changeset import one, write
from make_teams import (EPOCH_MAIN, EPOCH_PROTECTED, NOW, STAMP, Device, World, evaluate_vectors,
                        key)


# --- statements -----------------------------------------------------------------------------------

PLACES = [[0, 4, key("id 0")], [1, 9, key("id 1")], [255, 2, key("id 255")]]
TEXT = [1, bytes(64)]
SAMPLES = {
    "genesis": [0, key("a"), bytes(16), [key("b"), key("c"), key("d")],
                [[0, 1, key("e")], [1, 1, key("f")]], 1, key("g"), TEXT],
    "admit": [1, key("a"), key("b"), 1],
    "join": [2, key("a"), key("b"), key("c"), 0, TEXT, bytes(64)],
    "role": [3, key("a"), 3, PLACES, [], 7, TEXT],
    "invite": [4, key("a"), 2, 1, 30, NOW, 0, TEXT],
    "invite_revoke": [5, key("a")],
    "compartment": [6, 7, TEXT, [[key("a"), 1], [key("b"), 0]], PLACES],
    "epoch": [7, 0, 2, key("a"), bytes(80)],
    "epoch_key": [8, 1, 2**32 - 1, key("a"), key("b"), bytes(80)],
    "epoch_ok": [9, key("a"), 1],
    "schema": [10, 2, key("a"), b"schema"],
    "policy": [11, 3, [1, "x", None]],
    "receipt": [12, [[bytes(32), 0, 3, key("a")], [bytes(32), 1, 2, key("b")],
                     [b"\1" * 32, 0, 1, key("c")]]],
    "relay": [13, key("a"), "https://relay.example", 1],
    "cut": [14, key("a"), 1, PLACES, [key("b")], None],
    "freeze": [15, key("a"), 7, key("b"), TEXT],
    "unfreeze": [16, key("a")],
    "adopt": [17, [key("a"), key("b")]],
    "retire": [18, key("a"), PLACES],
    "purge": [19, None, [bytes(16)], [key("a")], [key("b")], None],
    "purge_done": [20, key("a")],
    "unpurge": [21, key("a")],
    "residue": [22, key("a"), key("b"), 4096, 2],
    "fork_proof": [23, b"header", bytes(64), b"header", bytes(64)],
    "recovery": [24, 2, 3],
}
LOOSE = {"schema": (1, 3), "policy": (1, 2), "fork_proof": (1, 3), "recovery": (1, 2)}


def body_of(*statements, knows=(), stamp=STAMP):
    """A control body around statements, right or wrong."""
    return pack([list(knows), stamp, list(statements)])


def changed(statement, at, value):
    """A statement with another element."""
    return statement[:at] + [value] + statement[at + 1:]


def body_vectors():
    """Bodies and every kind of statement; section 2, changeset.md 7."""
    out = []

    def good(name, body):
        k.decode_body(body)
        out.append(one(name, "control 2", "body", {"body": body}, {"kinds": [
            s[0] for s in k.decode_body(body)[2]]}))

    def bad(name, body, error="MALFORMED"):
        out.append(one(name, "control 2.1", "body", {"body": body}, error=error))

    for name, statement in SAMPLES.items():
        good("say: " + name, body_of(statement))
        bad(f"say: {name}, one more", body_of(statement + [0]))
        bad(f"say: {name}, one less", body_of(statement[:-1]))
        for at, element in enumerate(statement[1:], 1):
            wrong = None
            if isinstance(element, bytes) and at not in LOOSE.get(name, ()):
                wrong = element + b"\0"
            elif isinstance(element, int):
                wrong = -1
            elif isinstance(element, list) and name != "policy":
                wrong = 0
            elif isinstance(element, bytes):
                wrong = "text"
            elif isinstance(element, str):
                wrong = b"bin"
            if wrong is not None:
                bad(f"say: {name}, element {at}", body_of(changed(statement, at, wrong)))
    s = SAMPLES
    good("say: an unknown kind", body_of([25, "kept", [1, None], key("a")], s["admit"]))
    good("say: an unknown kind alone", body_of([2**40]))
    good("body: several statements", body_of(s["join"], s["admit"], s["epoch"],
                                             knows=sorted([key("x"), key("y")])))
    good("say: an approval of a purge", body_of([19, key("a"), [], [], [], TEXT]))
    good("say: a naming of bodies", body_of([19, key("a"), [], [], [key("b")], None]))
    bad("say: a naming of records", body_of([19, key("a"), [bytes(16)], [], [key("b")], None]))
    bad("say: a naming of media", body_of([19, key("a"), [], [key("m")], [], None]))
    bad("say: a purge that names nothing", body_of([19, None, [], [], [], None]))
    good("say: text nil", body_of(changed(s["invite"], 7, None)))
    good("say: previous nil", body_of(changed(s["epoch"], 4, None)))
    for name, at, value in (
            ("admit", 3, 2), ("join", 4, 2), ("role", 2, 4), ("invite", 2, 3), ("invite", 3, 2),
            ("invite", 4, 0), ("invite", 6, 2), ("compartment", 1, 255), ("epoch", 1, 255),
            ("epoch", 2, 0), ("epoch", 2, 2**32), ("epoch_key", 2, 0), ("epoch_ok", 2, 2),
            ("relay", 3, 2), ("cut", 2, 3), ("invite", 7, [1]), ("invite", 7, [1, bytes(47)]),
            ("invite", 7, [1, "text"]), ("schema", 1, 2**32),
            ("role", 3, list(reversed(PLACES))), ("role", 3, [PLACES[0], PLACES[0]]),
            ("role", 4, [[0, 0, key("a")]]), ("role", 4, [[0, 1, bytes(31)]]),
            ("role", 4, [[256, 1, key("a")]]), ("cut", 4, [bytes(31)]),
            ("receipt", 1, list(reversed(s["receipt"][1]))),
            ("receipt", 1, [s["receipt"][1][0]] * 2),
            ("receipt", 1, [[bytes(32), 0, 0, key("a")]]), ("receipt", 1, [[bytes(32), 0, 1]]),
            ("genesis", 3, [key("b"), key("c")]), ("genesis", 4, [[0, 0, key("e")]]),
            ("compartment", 3, [[key("a"), 2]]), ("purge", 2, [bytes(15)]),
            ("purge", 1, key("a")), ("role", 5, 2**32),
            ("adopt", 1, [bytes(33)])):
        bad(f"say: {name}, element {at} is {str(value)[:24]}", body_of(changed(s[name], at, value)))
    bad("say: text over its limit", body_of(changed(s["invite"], 7, [1, bytes(4097)])), "LIMIT")
    bad("body: no statement", body_of())
    bad("body: an empty statement", body_of([]))
    bad("body: a statement without kind", body_of(["admit"]))
    bad("body: a negative kind", body_of([-1]))
    bad("body: a join that is second", body_of(s["admit"], s["join"]))
    bad("body: knows descends", body_of(s["admit"], knows=[key("y"), key("x")]
                                        if key("y") > key("x") else [key("x"), key("y")]))
    bad("body: knows twice", body_of(s["admit"], knows=[key("x")] * 2))
    bad("body: knows short", body_of(s["admit"], knows=[bytes(31)]))
    bad("body: stamp negative", body_of(s["admit"], stamp=-1))
    bad("body: four elements", pack([[], STAMP, [s["admit"]], 0]))
    bad("body: trailing", body_of(s["admit"]) + b"\0")
    bad("body: cut", body_of(s["admit"])[:-1])
    bad("body: statements over the limit", body_of(*[[25]] * 4097), "LIMIT")
    return out


def sealed_vectors():
    """Texts, envelopes, proofs; section 3, 2.2."""
    secret, team, ikm = key("main 1"), key("team"), key("ikm")
    words = "أمل, monitor"
    sealed = k.seal_text(EPOCH_MAIN, 1, team, words, ikm)[1]

    def filled(clear):
        return p.hpke_seal(EPOCH_MAIN, "TEXT", ikm, team, clear)

    def text(name, box=sealed, error=None, **changes):
        given = dict({"secret": secret, "team": team, "sealed": box}, **changes)
        return one("text: " + name, "control 3.1", "text", given,
                   None if error else {"clear": k.open_text(
                       given["secret"], given["team"], [1, box]).encode()}, error)

    n, m = "NOT_AUTHENTIC", "MALFORMED"
    out = [text("words"), text("none", filled(b"")), text("16 bytes", filled(b"a" * 16)),
           text("another team", error=n, team=key("other")),
           text("another key", error=n, secret=key("other")),
           text("changed", sealed[:-1] + bytes([sealed[-1] ^ 1]), n),
           text("not UTF-8", filled(b"\xff" * 16), m),
           text("zero inside", filled(b"a\0" + b"a" * 14), m),
           text("not filled", filled(b"a" * 15), m),
           text("filled to 32", filled(b"a" + bytes(31)), m),
           text("nothing but filling", filled(bytes(16)), m)]
    reader, epoch = key("hpke reader"), key("epoch 2")
    public = p.agree_public(epoch)
    box = k.seal_envelope(p.agree_public(reader), team, 1, 2, epoch, ikm)
    names = {"recipient": reader, "team": team, "compartment": 1, "number": 2, "public": public}

    def envelope(name, box=box, error=None, **changes):
        given = dict(names, envelope=box, **changes)
        return one("envelope: " + name, "control 3.2", "envelope", given,
                   None if error else {"secret": epoch}, error)

    other = p.hpke_seal(p.agree_public(reader), "KEY", ikm,
                        k.envelope_aad(team, 1, 2, public), key("another half"))
    out += [envelope("opens"), envelope("another team", error=n, team=key("other")),
            envelope("another compartment", error=n, compartment=0),
            envelope("another number", error=n, number=3),
            envelope("another public key", error=n, public=EPOCH_MAIN),
            envelope("another recipient", error=n, recipient=key("other")),
            envelope("changed", box[:40] + bytes([box[40] ^ 1]) + box[41:], n),
            envelope("a half that does not fit", other, n)]
    new, seed = Device("new"), key("invite")
    join = k.make_join(seed, team, key("grant"), new.key, new.noise, new.hpke)

    def proof(name, error=None, **changes):
        given = dict({"team": team, "device": new.key, "grant": join[1], "noise": join[2],
                      "hpke": join[3], "proof": join[6], "key": p.sign_public(seed)}, **changes)
        return one("proof: " + name, "control 2.2", "proof", given,
                   None if error else {"valid": 1}, error)

    out.append(proof("valid"))
    out += [proof("another " + name, "BAD_SIGNATURE", **{name: key("other")})
            for name in ("team", "device", "grant", "noise", "hpke")]
    out.append(proof("another key", "BAD_SIGNATURE", key=p.sign_public(key("other"))))
    return out


# --- invites --------------------------------------------------------------------------------------

def invite_vectors():
    """Section 4: form, and what a joiner checks."""
    w = World()
    grant = w.invite(w.founder, "invite", k.COORDINATOR, 1, 3, in_person=1, expires=NOW + 1000)
    second = w.member("second", k.COORDINATOR, 1)
    raised = w.role(w.root, second, k.ADMIN)
    by_second = w.invite(second, "invite", knows=[raised])
    by_other = w.invite(Device("stranger"), "invite")
    said_by_founder = w.role(w.founder, second, k.ADMIN)
    lowered = w.role(w.root, second, k.COORDINATOR)
    no_invite = w.say(w.founder, [k.EPOCH_OK, EPOCH_MAIN, 1])
    base = {"version": 1, "team": w.team, "changesets": [w.lone(w.genesis), w.lone(grant)],
            "secret": key("invite"), "label": "Amal", "relay_url": "https://relay.example",
            "relay_identity": key("relay"), "relay_serial": 3,
            "epochs": [[0, 1, EPOCH_MAIN], [1, 1, EPOCH_PROTECTED]], "role": 2, "protected": 1,
            "in_person": 1}
    plain = dict(base, role=1, protected=0, in_person=0)
    out = []

    def case(name, fields, error=None, string=None, now=NOW):
        string = k.write_invite(fields) if string is None else string
        expect = None if error else {"invite": k.verify_invite(string, now)[1]}
        out.append(one("invite: " + name, "control 4", "invite",
                       {"string": string.encode(), "now_ms": now}, expect, error))

    def chain(*names):
        return {"changesets": [w.lone(name) for name in names]}

    n, m = "NOT_AUTHENTIC", "MALFORMED"
    good = k.write_invite(base)
    case("of the founder", base)
    case("without label and relay", dict(base, label=None, relay_url=None, relay_identity=None,
                                         relay_serial=0))
    case("of another admin", dict(plain, **chain(w.genesis, raised, by_second)))
    case("another prefix", base, m, "mirsal2" + good[7:])
    case("no prefix", base, m, good[7:])
    case("cut", base, m, good[:-3])
    case("padding of base64", base, m, good + "=")
    case("a character of base64 alone", base, m, good[:20] + "+" + good[21:])
    case("version 2", dict(base, version=2), "VERSION")
    case("secret short", dict(base, secret=bytes(31)), m)
    case("role admin", dict(base, role=3), m)
    case("in_person 2", dict(base, in_person=2), m)
    case("epoch 0", dict(base, epochs=[[0, 0, EPOCH_MAIN]]), m)
    case("no changesets", dict(base, changesets=[]), m)
    case("expired", base, "NOT_ALLOWED", now=NOW + 1000)
    case("the last millisecond", base, now=NOW + 999)
    case("another secret", dict(base, secret=key("other")), n)
    case("another role", dict(base, role=1), n)
    case("another protected", dict(base, protected=0), n)
    case("another team", dict(base, team=key("other")), n)
    case("genesis alone", dict(base, **chain(w.genesis)), n)
    case("invite alone", dict(base, **chain(grant)), n)
    case("the last is no invite", dict(base, **chain(w.genesis, no_invite)), n)
    case("of a stranger", dict(plain, **chain(w.genesis, by_other)), n)
    case("of an admin without proof", dict(plain, **chain(w.genesis, by_second)), n)
    case("a role by another than root", dict(plain, **chain(w.genesis, said_by_founder,
                                                            by_second)), n)
    case("a role that is not admin", dict(plain, **chain(w.genesis, lowered, by_second)), n)
    header, signature, body = w.made[grant]
    spoilt = signature[:5] + bytes([signature[5] ^ 1]) + signature[6:]
    case("signature", dict(base, changesets=[w.lone(w.genesis), k.lone(header, spoilt, body)]),
         "BAD_SIGNATURE")
    header, signature, body = w.made[w.genesis]
    case("signature of genesis", dict(base, changesets=[
        k.lone(header, bytes(64), body), w.lone(grant)]), "BAD_SIGNATURE")
    return out


def vectors():
    """All of control.json."""
    return body_vectors() + sealed_vectors() + invite_vectors() + evaluate_vectors() \
        + make_epochs.vectors() + make_hostile.vectors() + make_purges.vectors()


if __name__ == "__main__":
    write(sys.argv[1] if len(sys.argv) > 1 else p.PROTOCOL + "/vectors", "control.json", vectors())
