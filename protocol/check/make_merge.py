#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes protocol/vectors/merge.json from the text.

make_merge.py [FOLDER]; everything is made from fixed seeds, so the file comes out the same.
"""
import hashlib
import random
import sys

import merge as m
import primitives as p
from make_changeset import one, write

OBSERVER, MONITOR, COORDINATOR, ADMIN = range(4)
AMAL, BASEL, DIMA, SAMIR = (hashlib.sha256(name.encode()).digest()
                            for name in ("Amal", "Basel", "Dima", "Samir"))
ROLES = {AMAL: MONITOR, BASEL: MONITOR, DIMA: COORDINATOR, SAMIR: ADMIN}


def name(number):
    """Id of the changeset of that number; later ones are not higher."""
    return hashlib.sha256(b"changeset %d" % number).digest()


def say(number, author, value, *parents, **more):
    """A write: parents are numbers of changesets, or 16-byte names."""
    base = {"changeset": name(number), "author": author, "role": ROLES.get(author, MONITOR),
            "stamp": 1000 + number, "accepted": 1, "creating": 0, "ordinal": 0,
            "value": bytes([value]),
            "parents": [parent if isinstance(parent, bytes) else name(parent)[:16]
                        for parent in parents]}
    return dict(base, **more)


def twins():
    """Two ids that begin with the same 16 bytes."""
    first = hashlib.sha256(b"twin").digest()
    return first, first[:16] + bytes(16)


def cases():
    """name → (policy, writes)."""
    one_, two = twins()
    return {
        "no write": ("review", []),
        "one write": ("review", [say(1, AMAL, 1)]),
        "its author corrects it": ("review", [say(1, AMAL, 1), say(2, AMAL, 2, 1)]),
        "a monitor does not supersede another": ("review", [say(1, AMAL, 1), say(2, BASEL, 2, 1)]),
        "a coordinator does": ("review", [say(1, AMAL, 1), say(2, DIMA, 2, 1)]),
        "a coordinator not an admin's": ("review", [say(1, SAMIR, 1), say(2, DIMA, 2, 1)]),
        "a coordinator an admin's where rank is none": (
            "latest", [say(1, SAMIR, 1), say(2, DIMA, 2, 1)]),
        "a monitor not even where rank is none": (
            "latest", [say(1, SAMIR, 1), say(2, AMAL, 2, 1)]),
        "an observer who wrote before": (
            "review", [say(1, AMAL, 1, role=OBSERVER), say(2, DIMA, 2, 1)]),
        "two at once": ("review", [say(1, AMAL, 1), say(2, DIMA, 2, 1),
                                   say(3, SAMIR, 3, 1)]),
        "two at once, the same value": ("review", [say(1, AMAL, 1), say(2, DIMA, 2, 1),
                                                   say(3, SAMIR, 2, 1)]),
        "both resolved": ("review", [say(1, AMAL, 1), say(2, DIMA, 2, 1), say(3, SAMIR, 3, 1),
                                     say(4, SAMIR, 2, 2, 3)]),
        "a parent that is not held": ("review", [say(2, DIMA, 2, 1)]),
        "a parent that is not accepted": ("review", [say(1, AMAL, 1, accepted=0),
                                                     say(2, DIMA, 2, 1)]),
        "a child that is not accepted": ("review", [say(1, AMAL, 1),
                                                    say(2, DIMA, 2, 1, accepted=0)]),
        "a name that two answer to": ("review", [
            say(1, AMAL, 1, changeset=one_), say(2, AMAL, 2, changeset=two),
            say(3, DIMA, 3, one_[:16])]),
        "a name that two answer to, one not accepted": ("review", [
            say(1, AMAL, 1, changeset=one_), say(2, AMAL, 2, changeset=two, accepted=0),
            say(3, DIMA, 3, one_[:16])]),
        "depth counts turns between people": ("review", [
            say(1, AMAL, 1), say(2, BASEL, 2, 1), say(3, AMAL, 3, 2), say(4, AMAL, 4, 3),
            say(5, BASEL, 5, stamp=9999)]),
        "depth before stamp": ("review", [say(1, AMAL, 1, stamp=9), say(2, BASEL, 2, 1, stamp=5)]),
        "rank before depth": ("review", [say(1, AMAL, 1), say(2, BASEL, 2, 1),
                                         say(3, DIMA, 3, stamp=1)]),
        "stamp before id": ("review", [say(1, AMAL, 1, stamp=7), say(2, BASEL, 2, stamp=8),
                                       say(3, DIMA, 3, role=MONITOR, stamp=6)]),
        "id at last": ("review", [say(n, author, n, stamp=7) for n, author in
                                  enumerate((AMAL, BASEL), 1)]),
        "ranked: the highest agree": ("ranked", [say(1, AMAL, 1), say(2, BASEL, 2),
                                                 say(3, DIMA, 3)]),
        "ranked: the highest differ": ("ranked", [say(1, AMAL, 1), say(2, DIMA, 2),
                                                  say(3, DIMA, 3)]),
        "ranked: monitors alone": ("ranked", [say(1, AMAL, 1), say(2, BASEL, 2)]),
        "latest: stamp, whoever wrote": ("latest", [say(1, SAMIR, 1, stamp=5),
                                                    say(2, AMAL, 2, stamp=6)]),
        "set: present before absent": ("set", [say(1, SAMIR, 0, ordinal=0),
                                               say(2, AMAL, 1, ordinal=1)]),
        "set: taken out by who knew it": ("set", [say(1, AMAL, 1, ordinal=1),
                                                  say(2, DIMA, 0, 1, ordinal=0)]),
        "lattice: the strictest": ("lattice", [say(1, SAMIR, 1, ordinal=1),
                                               say(2, AMAL, 3, ordinal=3),
                                               say(3, DIMA, 2, ordinal=2)]),
        "lattice: lowered by who may": ("lattice", [say(1, AMAL, 3, ordinal=3),
                                                    say(2, DIMA, 1, 1, ordinal=1)]),
        "log: present and absent": ("log", [say(1, AMAL, 1, ordinal=1),
                                            say(2, SAMIR, 0, 1, ordinal=0)]),
        "once: the creator's": ("once", [say(1, AMAL, 1, creating=1)]),
        "once: another's is queued": ("once", [say(1, AMAL, 1, creating=1), say(2, SAMIR, 2, 1)]),
        "once: another's alone": ("once", [say(2, SAMIR, 2)]),
        "once: another's, not accepted": ("once", [say(1, AMAL, 1, creating=1),
                                                   say(2, SAMIR, 2, 1, accepted=0)]),
        "derived is never written": ("derived", [say(1, SAMIR, 1)]),
    }


def random_case(rng):
    """Up to a dozen writes, parents among the earlier."""
    policy, writes = rng.choice(m.POLICIES), []
    for number in range(rng.randint(2, 12)):
        ordinal = rng.randint(0, 1 if policy in ("set", "log") else 3)
        value = ordinal if policy in ("set", "log", "lattice") else rng.randint(0, 3)
        author = rng.choice([AMAL, BASEL, DIMA, SAMIR])
        writes.append(say(number, author, value, *rng.sample(
            range(max(1, number)), min(number, rng.randint(0, 3))),
            stamp=rng.randint(1, 4), accepted=int(rng.random() < 0.85),
            creating=int(rng.random() < 0.5), ordinal=ordinal))
    rng.shuffle(writes)
    return policy, writes


RAID, WITNESS, OTHER = (hashlib.sha256(text.encode()).digest()[:16]
                        for text in ("raid", "witness", "other"))


def register(record, field, *writes, policy="review", key=b""):
    """A register of a record."""
    return {"record": record, "field": field, "key": key, "policy": policy,
            "writes": list(writes)}


def states():
    """name → (registers, void records, recalled records). Changeset 1 made two records."""
    every = [register(RAID, 101, say(1, AMAL, 1)),
             register(RAID, 102, say(1, AMAL, 2), say(2, DIMA, 3, 1)),
             register(RAID, 103, say(1, AMAL, 1, ordinal=1), policy="set", key=b"\xa2ar"),
             register(WITNESS, 601, say(1, AMAL, 7), say(2, BASEL, 3), say(3, SAMIR, 4)),
             register(WITNESS, 602, say(1, AMAL, 1), say(2, AMAL, 2, 1), say(3, AMAL, 3, 2))]
    return {
        "state: nothing held": ([], [], []),
        "state: two records": (every, [], []),
        "state: another order of registers": (every[::-1], [], []),
        "state: a void record's neighbour in the batch stays": (every, [WITNESS], []),
        "state: what was superseded does not revive": (every[4:], [WITNESS], []),
        "state: both void": (every, [RAID, WITNESS], []),
        "state: void, and nothing of it held": (every, [OTHER], []),
        "state: recalled, live and in no digest": (every, [], [WITNESS]),
        "state: recalled, and void by another order": (every, [WITNESS], [WITNESS]),
        "state: one recalled, one void": (every, [RAID], [WITNESS]),
    }


def judged_state(registers, void, recalled):
    """What a vector of a state expects."""
    digest, live = m.state(registers, void, recalled)
    return {"digest": digest.hex(), "live": [[name_.hex() for name_ in one_] for one_ in live]}


def judged(policy, writes):
    """What a vector expects."""
    register = m.Register(writes, policy)
    return {"live": [changeset.hex() for changeset in register.live],
            "winner": register.winner.hex() if register.winner else None,
            "conflict": register.conflict,
            "depths": [register.depths.get(item["changeset"], 0) for item in writes]}


def vectors():
    """All of merge.json."""
    rng = random.Random(20191117)
    every = dict(cases(), **{f"random {n}": random_case(rng) for n in range(60)})
    out = []
    for words, (policy, writes) in every.items():
        vector = one(words, "merge 1-4", "register", {"writes": writes}, {})
        vector["input"]["policy"] = policy
        out.append(dict(vector, expect=judged(policy, writes)))
    for words, given in states().items():
        vector = one(words, "merge 9", "state",
                     dict(zip(("registers", "void", "recalled"), given)), {})
        out.append(dict(vector, expect=judged_state(*given)))
    return out


if __name__ == "__main__":
    write(sys.argv[1] if len(sys.argv) > 1 else p.PROTOCOL + "/vectors", "merge.json", vectors())
