# SPDX-License-Identifier: Apache-2.0
"""The set of changesets held: chains, what stands, what is known, what a place leaves.

protocol/control.md 5.0. A statement is (changeset, its number, the array).
"""
import changeset as c
import control as k
import primitives as p
from primitives import H, Refused


class Held:
    """One changeset; statements and knows are empty for data."""

    def __init__(self, name, f, body=None, knows=(), statements=()):
        self.name, self.device, self.compartment = name, f["device"], f["compartment"]
        self.seq, self.prev, self.authority = f["seq"], f["prev"], f["authority"]
        self.body, self.told, self.statements = body, list(knows), statements
        self.is_control = self.compartment == c.CONTROL

    def chain(self):
        """Device and compartment."""
        return self.device, self.compartment


class Set:
    """What is held of a team."""

    def __init__(self, team, changesets, data):
        self.team, self.control, self.data, self.cache = team, {}, {}, {}
        for header, signature, body in changesets:
            try:
                name, f = c.verify(header, signature, body)
                knows, _, statements = k.decode_body(body)
            except Refused:
                continue
            if f["compartment"] == c.CONTROL and f["team"] == team:
                self.control[name] = Held(name, f, body, knows, statements)
        for header in data:
            self.keep_data(header)
        self.given = set(self.data)
        for _, _, proof in self.said(k.FORK_PROOF):
            self.keep_proof(proof)

    def keep_data(self, header):
        """A data header, taken as verified."""
        f = c.decode_header(header)
        if f["compartment"] != c.CONTROL and f["team"] == self.team:
            self.data[H("CHANGESET", header)] = Held(H("CHANGESET", header), f)

    def keep_proof(self, proof):
        """Two headers of one place count as held."""
        try:
            first, second = c.decode_header(proof[1]), c.decode_header(proof[3])
            p.check_signature("CHANGESET", proof[1], proof[2], first["device"])
            p.check_signature("CHANGESET", proof[3], proof[4], second["device"])
        except Refused:
            return
        place = ("team", "device", "compartment", "seq")
        if proof[1] != proof[3] and all(first[name] == second[name] for name in place):
            self.keep_data(proof[1])
            self.keep_data(proof[3])

    def among(self, x):
        """Those that x may stand on."""
        return self.control if x.is_control else self.data

    def path(self, x):
        """X and those below it, newest first."""
        if ("path", x) not in self.cache:
            out = [x]
            while out[-1].seq > 1:
                before = self.among(x).get(out[-1].prev)
                if before is None or before.chain() != x.chain() or before.seq != out[-1].seq - 1:
                    break
                out.append(before)
            self.cache["path", x] = out
        return self.cache["path", x]

    def stands(self, x):
        """Its chain is held back to seq 1."""
        return self.path(x)[-1].seq == 1

    def past(self, x):
        """Names of what a control changeset knows: prev, authority, knows, and what those know."""
        if ("past", x) not in self.cache:
            seen, queue = set(), [x]
            while queue:
                one = queue.pop()
                for name in [one.prev, one.authority] + one.told:
                    if name in self.control and name not in seen:
                        seen.add(name)
                        queue.append(self.control[name])
            self.cache["past", x] = seen
        return self.cache["past", x]

    def knows(self, x):
        """The same; of data the authorities on its path, and what they know."""
        if x.is_control:
            return self.past(x)
        if ("knows", x) not in self.cache:
            cited = {y.authority for y in self.path(x) if y.authority in self.control}
            self.cache["knows", x] = cited.union(*(self.past(self.control[a]) for a in cited))
        return self.cache["knows", x]

    def known_by(self, one, other):
        """Whether the statement other knows the statement one."""
        return one[0].name in self.past(other[0]) or (one[0] is other[0] and one[1] < other[1])

    def newest(self, says):
        """Those that no other of them knows."""
        return [one for one in says if not any(self.known_by(one, other) for other in says)]

    def resolved(self, x, index):
        """5.0: no unknown kind stands before it, in x or below x on its path."""
        return all(s[0] in k.ELEMENTS for s in x.statements[:index]) \
            and all(s[0] in k.ELEMENTS for y in self.path(x)[1:] for s in y.statements)

    def said(self, kind):
        """Statements of a kind that stand, and that 5.0 lets count."""
        return [(x, index, statement) for x in self.control.values() if self.stands(x)
                for index, statement in enumerate(x.statements)
                if statement[0] == kind and self.resolved(x, index)]

    def of_chain(self, x):
        """Standing changesets of the chain of x."""
        if ("chain", x.chain()) not in self.cache:
            self.cache["chain", x.chain()] = [y for y in self.among(x).values()
                                              if y.chain() == x.chain() and self.stands(y)]
        return self.cache["chain", x.chain()]

    def fork_place(self, x):
        """The lowest seq at which two of the chain stand."""
        seqs = [y.seq for y in self.of_chain(x)]
        return min((seq for seq in seqs if seqs.count(seq) > 1), default=float("inf"))

    def leaves(self, seq, name, x):
        """Whether the place leaves x."""
        if not self.stands(x):
            return False
        for y in self.of_chain(x):
            if y.seq == seq and y.name == name:
                return x in self.path(y)
        return x.seq <= seq and x.seq < self.fork_place(x)

    def places_leave(self, places, x):
        """The place of x's compartment decides; without one nothing is left."""
        return any(place[0] == x.compartment and self.leaves(place[1], place[2], x)
                   for place in places)
