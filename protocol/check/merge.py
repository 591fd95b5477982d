# SPDX-License-Identifier: Apache-2.0
"""One register, from protocol/merge.md 1 to 4, and the state of several: naive, over what is held.

A write is a dict: changeset (32 bytes), author, role, stamp, accepted, creating (for once), ordinal
(lattice: the value's place; set, log: 1 present, 0 absent), value, parents (16-byte names).
"""
from encoding import pack, unpack
from primitives import H

COORDINATOR = 2
POLICIES = ("once", "ranked", "review", "set", "lattice", "log", "latest", "derived")
UNRANKED = ("latest", "log")


def counts(write, policy):
    """Whether a write is one of the register's at all."""
    if not write["accepted"] or policy == "derived":
        return False
    if policy == "once":
        return bool(write["creating"])
    return policy != "log" or write["ordinal"] != 0


def rank(write, policy):
    """3: the author's role number, or 0 for everybody."""
    return 0 if policy in UNRANKED else write["role"]


class Register:
    """live: changesets; depths: changeset → depth; winner: a changeset or None; conflict."""

    def __init__(self, writes, policy):
        self.policy = policy
        self.held = {write["changeset"]: write for write in writes}
        self.good = {name: write for name, write in self.held.items() if counts(write, policy)}
        self.depths = {}
        for name in self.good:
            self.measure(name)
        dead = {parent for name, write in self.good.items() for parent in self.parents(name)
                if self.supersedes(write, self.good[parent])}
        self.live = sorted(set(self.good) - dead)
        self.winner = max(self.live, key=self.standing, default=None)
        self.conflict = self.find_conflict()

    def parents(self, name):
        """1: held writes that its parents name, which count; a name of two names nothing."""
        found = set()
        for parent in self.held[name]["parents"]:
            answers = [other for other in self.held if other[:16] == parent]
            if len(answers) == 1 and answers[0] in self.good and answers[0] != name:
                found.add(answers[0])
        return found

    def supersedes(self, write, parent):
        """1."""
        if write["author"] == parent["author"]:
            return True
        return (write["role"] >= COORDINATOR
                and rank(write, self.policy) >= rank(parent, self.policy))

    def measure(self, name):
        """2."""
        if name not in self.depths:
            mine = self.good[name]
            self.depths[name] = max([1] + [
                self.measure(parent) + (self.good[parent]["author"] != mine["author"])
                for parent in self.parents(name)])
        return self.depths[name]

    def standing(self, name):
        """3: the highest wins."""
        write = self.good[name]
        first = write["ordinal"] if self.policy in ("lattice", "set", "log") else 0
        return (first, rank(write, self.policy), self.depths[name], write["stamp"], name)

    def find_conflict(self):
        """4: "values", "once" or None."""
        if self.policy == "once" and any(
                write["accepted"] and not write["creating"] for write in self.held.values()):
            return "once"
        live = [self.good[name] for name in self.live]
        if self.policy == "ranked" and live:
            top = max(write["role"] for write in live)
            live = [write for write in live if write["role"] == top]
        elif self.policy != "review":
            return None
        return "values" if len({write["value"] for write in live}) > 1 else None


def state(registers, void=(), recalled=()):
    """The digest of control.md 6.1 over registers, and which writes of each are live.

    Registers are dicts: record, field, key (encoded, empty for none), policy, writes. Records that
    an order in force names are void (9); recalled are those of control.md 5.16.
    """
    total, live = 0, []
    for register in registers:
        writes = register["writes"]
        if register["record"] in void:
            writes = [dict(write, accepted=0) for write in writes]
        found = Register(writes, register["policy"])
        live.append(found.live)
        if found.winner is None or register["record"] in recalled:
            continue
        key = unpack(register["key"]) if register["key"] else None
        total += int.from_bytes(H("DIGEST", pack([
            register["record"], register["field"], key, found.winner,
            unpack(found.good[found.winner]["value"]),
            [name for name in found.live if name != found.winner]])), "big")
    return (total % 2**256).to_bytes(32, "big"), live
