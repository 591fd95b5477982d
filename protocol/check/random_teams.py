# SPDX-License-Identifier: Apache-2.0
"""Random teams with hostile devices among them: sets of changesets for the property test.

Every device says what it likes, with the right or without, citing what it has heard; chains fork,
some changesets are lost. What counts in such a set is not this file's business.
"""
import changeset as c
import control as k
import primitives as p
from make_teams import EPOCH_MAIN, Device, World, key
from primitives import H

DEVICES, STEPS = 8, 60


class Crowd(World):
    """A team in which anything may be said."""

    def __init__(self, rng):
        super().__init__()
        self.rng, self.data, self.joins, self.invites, self.orders = rng, {}, [], [], []
        self.devices = [self.root, self.founder] + [Device(f"device {n}") for n in range(DEVICES)]
        self.chains = {}  # (device, compartment): [(seq, id)]
        self.placed = {self.genesis: (self.root.key, 255, 1)}
        self.headers = {}  # data: id: (header, signature)
        for device in self.devices:
            device.heard = {self.genesis}
        self.chains[self.root.key, 255] = [(1, self.genesis)]

    def some(self, items, default=None):
        """One of them."""
        items = list(items)
        return self.rng.choice(items) if items else default

    def chance(self, probability):
        """Whether it happens."""
        return self.rng.random() < probability

    def place_next(self, device, compartment):
        """(seq, prev) to go on from: mostly the newest, sometimes an older one: a fork."""
        chain = self.chains.setdefault((device.key, compartment), [])
        if not chain or self.chance(0.02):
            return 1, c.ZERO
        seq, name = chain[-1] if self.chance(0.93) else self.some(chain)
        return seq + 1, name

    def cite(self, device):
        """An authority: mostly the newest heard."""
        return self.some(sorted(device.heard, key=list(self.made).index)[-3:])

    def told(self, device):
        """What a changeset's list of known heads holds."""
        heard = sorted(device.heard)
        return self.rng.sample(heard, min(len(heard), self.rng.randrange(4)))

    def keep_at(self, device, compartment, seq, name):
        """The chain goes on."""
        self.chains[device.key, compartment].append((seq, name))
        self.placed[name] = (device.key, compartment, seq)

    def speak(self, device, *statements, knows=()):
        """A control changeset; its id."""
        seq, prev = self.place_next(device, 255)
        if statements[0][0] == k.JOIN and self.chance(0.97):
            seq, prev = 1, c.ZERO
        self.count += 1
        body = k.encode_body([*dict.fromkeys([*knows, *self.told(device)])], self.count << 16,
                             list(statements))
        header = {"team": self.team, "device": device.key, "compartment": 255, "seq": seq,
                  "prev": prev, "authority": self.cite(device), "seen": None}
        made = c.control(device.seed, header, body)
        name = H("CHANGESET", made[0])
        self.made[name] = made
        if any(s[0] == k.PURGE for s in statements):
            self.orders.append(name)
        self.keep_at(device, 255, seq, name)
        device.heard.add(name)
        return name

    def write(self, device):
        """A data changeset, of which only the header matters."""
        compartment = self.rng.choice((0, 0, 0, 1, 2))
        seq, prev = self.place_next(device, compartment)
        self.count += 1
        fields = {"version": 1, "team": self.team, "device": device.key, "compartment": compartment,
                  "seq": seq, "prev": prev, "epoch": 1, "authority": self.cite(device),
                  "content_root": key(f"root {self.count}"), "seen": None,
                  "body_hash": key(f"body {self.count}"), "body_size": 64}
        header = c.encode_header(fields)
        name = H("CHANGESET", header)
        self.headers[name] = (header, p.sign("CHANGESET", header, device.seed))
        self.keep_at(device, compartment, seq, name)

    # --- statements -------------------------------------------------------------------------------

    def places(self, device, most=3):
        """Places of a device's chains, some of them false."""
        out = {}
        for compartment in self.rng.sample((0, 1, 2, 255), self.rng.randrange(most + 1)):
            seq, name = self.some(self.chains.get((device.key, compartment), []), (1, key("none")))
            if self.chance(0.1):
                seq, name = seq + self.rng.randrange(3), self.some(self.placed, name)
            out[compartment] = [compartment, seq, name]
        return [out[compartment] for compartment in sorted(out)]

    def whom(self):
        """A device to speak of."""
        return self.some(self.devices[1:])

    def say_role(self):
        device = self.whom()
        return [k.ROLE, device.key, self.rng.randrange(4), self.places(device, 1),
                self.places(device), self.rng.randrange(3), None]

    def say_cut(self):
        device = self.whom()
        undoes = self.rng.sample(sorted(self.made), min(len(self.made), self.rng.randrange(3)))
        return [k.CUT, device.key, self.rng.randrange(3), self.places(device), sorted(undoes), None]

    def say_freeze(self):
        device = self.whom()
        seq, name = self.some(self.chains.get((device.key, 255), []), (0, c.ZERO))
        return [k.FREEZE, device.key, seq if self.chance(0.9) else 0, name, None]

    def say_unfreeze(self):
        return [k.UNFREEZE, self.some(self.made)]

    def say_admit(self):
        name, device = self.some(self.joins, (key("none"), self.founder))
        device = device if self.chance(0.95) else self.whom()
        return [k.ADMIT, device.key, name, self.rng.randrange(2)]

    def say_revoke(self):
        return [k.INVITE_REVOKE, self.some(self.invites, (key("none"),))[0]]

    def say_compartment(self):
        grants = [[d.key, self.rng.randrange(2)] for d in self.rng.sample(self.devices[1:], 2)]
        return [k.COMPARTMENT, self.rng.choice((1, 1, 2, 3, 0)), None, grants, []]

    def say_epoch(self):
        number = self.rng.choice((2, 2, 3, 5))
        public = p.agree_public(key(f"epoch {number} {self.rng.randrange(2)}"))
        previous = bytes(80) if self.chance(0.4) else None
        return [k.EPOCH, self.rng.choice((0, 0, 1)), number, public, previous]

    def say_key(self):
        number = self.rng.choice((2, 2, 3))
        public = p.agree_public(key(f"epoch {number} {self.rng.randrange(2)}"))
        return [k.EPOCH_KEY, self.rng.choice((0, 0, 1)), number,
                public if self.chance(0.8) else EPOCH_MAIN, self.whom().key, bytes(80)]

    def say_opened(self):
        number = self.rng.choice((2, 2, 3))
        public = p.agree_public(key(f"epoch {number} {self.rng.randrange(2)}"))
        return [k.EPOCH_OK, public if self.chance(0.9) else EPOCH_MAIN, self.chance(0.8) * 1]

    def say_schema(self):
        return [k.SCHEMA, self.rng.randrange(1, 4), key(self.some("ab")), b"bytes"]

    def say_policy(self):
        return [k.POLICY, self.rng.choice((0, 0, 1, 2, 3)), self.rng.choice((0, 1, 1, 40, 400))]

    def say_receipt(self):
        heads = {}
        for _ in range(self.rng.randrange(1, 4)):
            name = self.some(self.headers)
            if name:
                device, compartment, seq = self.placed[name]
                heads[device, compartment] = [device, compartment, seq, name]
        return [k.RECEIPT, [heads[at] for at in sorted(heads)]]

    def say_adopt(self):
        names = sorted(self.headers)
        return [k.ADOPT, sorted(self.rng.sample(names, min(len(names), self.rng.randrange(1, 4))))]

    def say_proof(self):
        forks = [(a, b) for a in self.headers for b in self.headers
                 if a != b and self.placed[a] == self.placed[b]]
        first, second = self.some(forks, (None, None))
        if first is None:
            return self.say_opened()
        return [k.FORK_PROOF, *self.headers[first], *self.headers[second]]

    def say_purge(self):
        orders = [name for name in self.orders if name in self.made]
        if orders and self.chance(0.6):
            bodies = sorted(self.headers)[:self.rng.randrange(3)] if self.chance(0.3) else []
            return [k.PURGE, self.some(orders[-4:]), [], [], bodies, None]
        records = [key(f"record {self.rng.randrange(6)}")[:16] for _ in range(2)]
        return [k.PURGE, None, records, [], sorted(self.headers)[:1], None]

    def say_unpurge(self):
        return [k.UNPURGE, self.some(self.orders[-4:], key("none"))]

    def say_rest(self):
        return self.some(([99, "later"], [k.RECOVERY, 1, 1], [k.PURGE_DONE, key("none")],
                          [k.RESIDUE, key("none"), key("bytes"), 64, 1],
                          [k.RELAY, key("relay"), "https://relay.example", 1]))

    WORDS = ((say_role, 8), (say_cut, 7), (say_freeze, 5), (say_unfreeze, 2), (say_admit, 8),
             (say_revoke, 2), (say_compartment, 3), (say_epoch, 4), (say_key, 3), (say_opened, 4),
             (say_schema, 1), (say_policy, 2),
             (say_receipt, 6), (say_purge, 6), (say_unpurge, 1), (say_adopt, 5), (say_proof, 2),
             (say_rest, 1))

    # --- the course of things ---------------------------------------------------------------------

    def invite_some(self, by):
        """An invite, known by its changeset and its secret."""
        secret = f"invite {self.count}"
        name = self.speak(by, [k.INVITE, p.sign_public(key(secret)), self.rng.randrange(3),
                               self.chance(0.3) * 1, self.rng.randrange(1, 3), 0,
                               self.chance(0.4) * 1, None])
        self.invites.append((name, secret))

    def join_some(self, device):
        """A join by an invite, sometimes with another's secret."""
        name, secret = self.some(self.invites[-6:], (None, None))
        if name is None:
            return
        device.heard.add(name)
        if self.chance(0.05):
            secret = "guessed"
        join = k.make_join(key(secret), self.team, name, device.key, device.noise, device.hpke,
                           self.chance(0.15) * 1)
        self.joins.append((self.speak(device, join, knows=[name]), device))

    def retire_some(self, device):
        """A device names a successor, which mostly joins by that."""
        heir = self.some(self.devices[2:])
        name = self.speak(device, [k.RETIRE, heir.key, self.places(device)])
        if self.chance(0.8):
            heir.heard.add(name)
            join = k.make_join(device.seed, self.team, name, heir.key, heir.noise, heir.hpke, 0)
            self.joins.append((self.speak(heir, join, knows=[name]), heir))

    def step(self):
        """Somebody does something."""
        author = self.some(self.devices[2:]) if self.chance(0.5) else self.founder
        for device in self.devices:
            if self.chance(0.3):
                device.heard |= set(self.rng.sample(sorted(self.made), (len(self.made) + 1) // 2))
        lot = self.rng.random()
        if lot < 0.3:
            self.write(self.some(self.devices[1:]))
        elif lot < 0.4:
            self.invite_some(author)
        elif lot < 0.52:
            self.join_some(self.some(self.devices[2:]))
        elif lot < 0.55:
            self.retire_some(self.some(self.devices[1:]))
        elif lot < 0.62:
            author = self.root
            self.speak(author, self.some((self.say_role, self.say_cut, self.say_unfreeze,
                                          self.say_policy, self.say_adopt, self.say_purge,
                                          self.say_unpurge))())
        else:
            words = self.rng.choices(*zip(*self.WORDS), k=1 if self.chance(0.9) else 2)
            self.speak(author, *(word(self) for word in words))


def crowd(rng, steps=STEPS):
    """(team, control changesets, data headers) of a random team, in any order."""
    w = Crowd(rng)
    for _ in range(4):
        w.invite_some(w.founder)
        w.join_some(w.some(w.devices[2:]))
    for _ in range(steps):
        w.step()
    made, data = list(w.made.values()), [header for header, _ in w.headers.values()]
    rng.shuffle(made)
    rng.shuffle(data)
    lost = rng.choice((0, 0, 1, 2))
    return w.team, made[lost:], data[rng.choice((0, 0, 1)):]
