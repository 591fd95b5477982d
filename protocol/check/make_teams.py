# SPDX-License-Identifier: Apache-2.0
"""Small teams, and who counts in them: the "evaluate" vectors of protocol/vectors/control.json."""
import hashlib

import changeset as c
import control as k
import primitives as p
import states as s
from make_changeset import in_hex, one
from primitives import H

STAMP = 1573984800000 << 16
NOW = 1573984800000


def key(words):
    """32 bytes from words."""
    return hashlib.sha256(words.encode()).digest()


class Device:
    """Keys by a name."""

    def __init__(self, name):
        self.seed = key("sign " + name)
        self.noise_secret, self.hpke_secret = key("noise " + name), key("hpke " + name)
        self.key = p.sign_public(self.seed)
        self.noise = p.agree_public(self.noise_secret)
        self.hpke = p.agree_public(self.hpke_secret)
        self.chain, self.told = [], set()


EPOCH_MAIN, EPOCH_PROTECTED = p.agree_public(key("main 1")), p.agree_public(key("protected 1"))


class World:
    """A team being founded: root, the founder, and who joins."""

    def __init__(self, epochs=((0, 1, EPOCH_MAIN), (1, 1, EPOCH_PROTECTED))):
        self.root, self.founder = Device("root"), Device("founder")
        f = self.founder
        genesis = [k.GENESIS, self.root.key, key("nonce")[:16], [f.key, f.noise, f.hpke],
                   [list(epoch) for epoch in epochs], 1, key("schema"), None]
        body = k.encode_body([], STAMP, [genesis])
        self.team, self.made, self.count = H("TEAM", body), {}, 0
        self.genesis = self.keep(self.root, c.control(self.root.seed, self.header(
            self.root, c.ZERO), body))
        f.knows = [self.genesis]

    def header(self, device, authority):
        """The next header of a device's control chain."""
        return {"team": self.team, "device": device.key, "compartment": 255,
                "seq": len(device.chain) + 1, "prev": device.chain[-1] if device.chain else c.ZERO,
                "authority": authority, "seen": None}

    def keep(self, device, changeset):
        """Its id; the chain goes on from it."""
        name = H("CHANGESET", changeset[0])
        self.made[name] = changeset
        device.chain.append(name)
        return name

    def say(self, device, *statements, knows=()):
        """A control changeset of a device that cites genesis and knows what is given."""
        self.count += 1
        body = k.encode_body(list(knows), STAMP + self.count, list(statements))
        return self.keep(device, c.control(device.seed, self.header(device, self.genesis), body))

    def invite(self, by, name, role=k.MONITOR, protected=0, uses=1, in_person=0, expires=0,
               knows=()):
        """The id of an invite whose secret is key(name)."""
        return self.say(by, [k.INVITE, p.sign_public(key(name)), role, protected, uses, expires,
                             in_person, None], knows=knows)

    def join(self, device, grant, secret, write_only=0, knows=(), spoil=False):
        """The id of a join by the invite of that secret."""
        join = k.make_join(key(secret), self.team, grant, device.key, device.noise, device.hpke,
                           write_only)
        if spoil:
            join[6] = join[6][:40] + bytes([join[6][40] ^ 1]) + join[6][41:]
        return self.say(device, join, knows=[grant, *knows])

    def member(self, name, role=k.MONITOR, confirmed=None, **terms):
        """A device that joined by the founder's invite, admitted by the founder where said."""
        device = Device(name)
        grant = self.invite(self.founder, "invite " + name, role, **terms)
        device.joined = self.join(device, grant, "invite " + name)
        if confirmed is not None:
            self.admit(self.founder, device, confirmed)
        return device

    def admit(self, by, device, confirmed=0):
        """The id of an admit."""
        return self.say(by, [k.ADMIT, device.key, device.joined, confirmed], knows=[device.joined])

    def role(self, by, device, role, knows=()):
        """The id of a role statement."""
        return self.say(by, [k.ROLE, device.key, role, [], [], 0, None], knows=knows)

    def grant(self, by, device, readable, knows=(), compartment=1):
        """The id of a compartment statement."""
        return self.say(by, [k.COMPARTMENT, compartment, None, [[device.key, readable]], []],
                        knows=knows)

    def lone(self, name):
        """A changeset's lone form."""
        return k.lone(*self.made[name])


# --- who counts -----------------------------------------------------------------------------------

CASES = {}


def case(function):
    """A set of control changesets: the function gives the world, and which are not held."""
    CASES[function.__name__.replace("_", " ")] = function
    return function


@case
def the_founder_alone():
    return World(), ()


@case
def nothing_without_genesis():
    w = World()
    w.member("a")
    return w, (w.genesis,)


@case
def a_monitor_waits_for_nothing():
    w = World()
    w.member("a")
    return w, ()


@case
def roles_by_invite_and_admit():
    w = World()
    w.member("monitor", k.MONITOR, 0)
    w.member("coordinator", k.COORDINATOR, 1, protected=1)
    w.member("observer", k.OBSERVER)
    return w, ()


@case
def surplus_joins_wait_in_order_of_ids():
    w = World()
    grant = w.invite(w.founder, "i", uses=2)
    for name in "abcd":
        w.join(Device(name), grant, "i")
    return w, ()


@case
def a_settled_join_takes_a_use():
    w = World()
    grant, devices = w.invite(w.founder, "i", uses=2), [Device(name) for name in "abcd"]
    for device in devices:
        device.joined = w.join(device, grant, "i")
    w.admit(w.founder, max(devices, key=lambda device: device.joined))
    return w, ()


@case
def admits_go_beyond_the_uses():
    w = World()
    grant = w.invite(w.founder, "i", uses=1)
    for name in "abc":
        device = Device(name)
        device.joined = w.join(device, grant, "i")
        w.admit(w.founder, device)
    return w, ()


@case
def a_revoke_stops_who_is_not_settled():
    w = World()
    grant, devices = w.invite(w.founder, "i", uses=9), [Device("a"), Device("b")]
    for device in devices:
        device.joined = w.join(device, grant, "i")
    w.admit(w.founder, devices[0])
    w.say(w.founder, [k.INVITE_REVOKE, grant])
    return w, ()


@case
def a_join_that_knows_the_revoke_is_none():
    w = World()
    grant, device = w.invite(w.founder, "i", uses=9), Device("a")
    revoke = w.say(w.founder, [k.INVITE_REVOKE, grant])
    device.joined = w.join(device, grant, "i", knows=[revoke])
    w.admit(w.founder, device)
    return w, ()


@case
def a_revoke_by_a_coordinator_is_nothing():
    w = World()
    coordinator = w.member("c", k.COORDINATOR, 1)
    grant = w.invite(w.founder, "i", uses=9)
    w.say(coordinator, [k.INVITE_REVOKE, grant], knows=[grant])
    w.join(Device("a"), grant, "i")
    return w, ()


@case
def a_forged_proof():
    w = World()
    grant = w.invite(w.founder, "i", uses=9)
    w.join(Device("a"), grant, "i", spoil=True)
    w.join(Device("b"), grant, "another secret")
    w.join(Device("d"), grant, "i")
    return w, ()


@case
def an_invite_by_no_admin():
    w = World()
    coordinator = w.member("c", k.COORDINATOR, 1)
    w.join(Device("a"), w.invite(coordinator, "i"), "i")
    return w, ()


@case
def only_the_first_invite_of_a_changeset():
    w = World()
    grant = w.say(w.founder, *[[k.INVITE, p.sign_public(key(name)), role, 0, 1, 0, 0, None]
                               for name, role in (("i", k.MONITOR), ("j", k.COORDINATOR))])
    w.join(Device("a"), grant, "i")
    w.join(Device("b"), grant, "j")
    return w, ()


@case
def an_invite_counts_while_its_prev_is_missing():
    w = World()
    first = w.say(w.founder, [k.EPOCH_OK, EPOCH_MAIN, 1])
    w.join(Device("a"), w.invite(w.founder, "i"), "i")
    return w, (first,)


@case
def an_admit_waits_for_its_prev():
    w = World()
    grant, devices = w.invite(w.founder, "i"), [Device(name) for name in "ab"]
    for device in devices:
        device.joined = w.join(device, grant, "i")
    first = w.say(w.founder, [k.EPOCH_OK, EPOCH_MAIN, 1])
    for device in devices:
        w.admit(w.founder, device)
    return w, (first,)


@case
def admits_of_coordinators():
    w = World()
    settled, loose = w.member("c", k.COORDINATOR, 0), w.member("d", k.COORDINATOR)
    grant, devices = w.invite(w.founder, "i"), [Device(name) for name in "efg"]
    for device in devices:
        device.joined = w.join(device, grant, "i")
    w.admit(settled, devices[0])
    w.admit(settled, devices[1], 1)
    w.admit(loose, devices[2])
    return w, ()


@case
def coordinators_settle_one_another_in_line():
    w = World()
    line = [w.member("c", k.COORDINATOR, 0), w.member("d", k.COORDINATOR),
            w.member("e", k.COORDINATOR)]
    w.admit(line[0], line[1])
    w.admit(line[1], line[2])
    return w, ()


@case
def nobody_settles_itself():
    w = World()
    one_, two = w.member("c", k.COORDINATOR), w.member("d", k.COORDINATOR)
    w.admit(one_, one_)
    w.admit(one_, two)
    w.admit(two, one_)
    return w, ()


@case
def an_admit_by_a_monitor():
    w = World()
    monitor, grant = w.member("m", k.MONITOR, 1), w.invite(w.founder, "i")
    for name in "ab":
        device = Device(name)
        device.joined = w.join(device, grant, "i")
        w.admit(monitor, device)
    return w, ()


@case
def an_admit_that_names_another_join():
    w = World()
    grant, devices = w.invite(w.founder, "i"), [Device(name) for name in "ab"]
    for device in devices:
        device.joined = w.join(device, grant, "i")
    w.say(w.founder, [k.ADMIT, devices[0].key, devices[1].joined, 1])
    return w, ()


@case
def an_admin_by_root():
    w = World()
    second = w.member("second", k.COORDINATOR, 1)
    raised = w.role(w.root, second, k.ADMIN, knows=[second.joined])
    w.join(Device("a"), w.invite(second, "i", knows=[raised]), "i")
    return w, ()


@case
def taking_wins_over_giving():
    w = World()
    second = w.member("second", k.COORDINATOR, 1)
    w.role(w.root, second, k.ADMIN)
    fork = list(w.root.chain)
    w.root.chain = fork[:1]
    w.role(w.root, second, k.MONITOR)
    return w, ()


@case
def root_takes_it_back_and_gives_it_again():
    w = World()
    second = w.member("second", k.COORDINATOR, 1)
    for role in (k.ADMIN, k.OBSERVER, k.ADMIN):
        w.role(w.root, second, role)
    return w, ()


@case
def the_founder_made_less_by_root():
    w = World()
    second = w.member("second", k.COORDINATOR, 1)
    w.role(w.root, second, k.ADMIN)
    w.role(w.root, w.founder, k.COORDINATOR)
    w.admit(second, w.member("late"))
    return w, ()


@case
def a_role_by_no_admin():
    w = World()
    coordinator, monitor = w.member("c", k.COORDINATOR, 1), w.member("m", k.MONITOR, 1)
    w.role(coordinator, monitor, k.COORDINATOR)
    w.role(monitor, coordinator, k.OBSERVER)
    return w, ()


@case
def a_role_of_admin_by_an_admin():
    w = World()
    coordinator = w.member("c", k.COORDINATOR, 1)
    w.role(w.founder, coordinator, k.ADMIN)
    return w, ()


@case
def a_role_on_an_admin_by_an_admin():
    w = World()
    second = w.member("second", k.COORDINATOR, 1)
    raised = w.role(w.root, second, k.ADMIN)
    w.role(w.founder, second, k.OBSERVER, knows=[raised])
    w.role(second, w.founder, k.OBSERVER, knows=[raised])
    return w, ()


@case
def the_role_that_knows_the_other():
    w = World()
    monitor = w.member("m", k.MONITOR, 1)
    w.role(w.founder, monitor, k.OBSERVER)
    w.role(w.founder, monitor, k.COORDINATOR)
    return w, ()


@case
def concurrent_roles_give_the_lowest():
    w = World()
    monitor, second = w.member("m", k.MONITOR, 1), w.member("second", k.COORDINATOR, 1)
    w.role(w.root, second, k.ADMIN)
    w.role(w.founder, monitor, k.COORDINATOR)
    w.role(second, monitor, k.OBSERVER)
    return w, ()


@case
def a_forked_control_chain():
    w = World()
    monitor = w.member("m", k.MONITOR, 1)
    fork = list(w.founder.chain)
    w.role(w.founder, monitor, k.COORDINATOR)
    w.founder.chain = fork
    w.role(w.founder, monitor, k.OBSERVER)
    w.join(Device("a"), w.invite(w.founder, "i"), "i")
    return w, ()


@case
def two_roles_in_one_changeset():
    w = World()
    monitor = w.member("m", k.MONITOR, 1)
    w.say(w.founder, *[[k.ROLE, monitor.key, role, [], [], 0, None]
                       for role in (k.OBSERVER, k.COORDINATOR)])
    return w, ()


@case
def grants_that_contradict():
    w = World()
    coordinator, second = w.member("c", k.COORDINATOR, 1), w.member("second", k.COORDINATOR, 1)
    w.role(w.root, second, k.ADMIN)
    w.grant(w.founder, coordinator, 1)
    w.grant(second, coordinator, 0)
    return w, ()


@case
def a_grant_that_knows_the_refusal():
    w = World()
    coordinator, second = w.member("c", k.COORDINATOR, 1), w.member("second", k.COORDINATOR, 1)
    w.role(w.root, second, k.ADMIN)
    refusal = w.grant(second, coordinator, 0)
    w.grant(w.founder, coordinator, 1, knows=[refusal])
    return w, ()


@case
def a_grant_replaces_the_invite_and_genesis():
    w = World()
    coordinator = w.member("c", k.COORDINATOR, 1, protected=1)
    w.grant(w.founder, coordinator, 0)
    w.grant(w.founder, w.founder, 0)
    return w, ()


@case
def a_grant_by_no_admin():
    w = World()
    coordinator = w.member("c", k.COORDINATOR, 1)
    w.grant(coordinator, coordinator, 1)
    return w, ()


@case
def two_joins_of_one_device():
    w = World()
    device = Device("a")
    for name, role in (("i", k.MONITOR), ("j", k.OBSERVER)):
        device.chain = []
        device.joined = w.join(device, w.invite(w.founder, name, role), name)
    return w, ()


@case
def two_joins_of_one_device_one_settled():
    w = World()
    device, joined = Device("a"), []
    for name, role in (("i", k.MONITOR), ("j", k.OBSERVER)):
        device.chain = []
        joined.append(w.join(device, w.invite(w.founder, name, role), name))
    device.joined = max(joined)
    w.admit(w.founder, device)
    return w, ()


@case
def a_write_only_device():
    w = World()
    device = Device("a")
    device.joined = w.join(device, w.invite(w.founder, "i", k.COORDINATOR, 1), "i", write_only=1)
    return w, ()


@case
def the_highest_schema_counts():
    w = World()
    for version, name in ((2, "b"), (3, "c"), (3, "d"), (1, "e")):
        w.say(w.root if name == "c" else w.founder, [k.SCHEMA, version, key(name), b"bytes"])
    return w, ()


@case
def a_schema_by_no_admin():
    w = World()
    w.say(w.member("c", k.COORDINATOR, 1), [k.SCHEMA, 2, key("b"), b"bytes"])
    return w, ()


@case
def an_unknown_kind_leaves_later_statements_unresolved():
    w = World()
    monitor = w.member("m", k.MONITOR, 1)
    w.say(w.founder, [k.ROLE, monitor.key, k.OBSERVER, [], [], 0, None], [99, "later"],
          [k.ROLE, monitor.key, k.COORDINATOR, [], [], 0, None])
    return w, ()


def evaluated(team):
    """What a vector expects of an evaluation."""
    names = ("members", "epochs", "cuts", "freezes", "adopts", "policies", "schema_hash", "purges")
    return dict(
        zip(names, in_hex(team.parts())), writing_main=in_hex(team.writing(0)),
        digest=team.digest().hex(), keys_due=in_hex(team.keys_due(team.founder)),
        faults=[[name.hex(), at, *state] for (name, at), state in sorted(team.faults.items())],
        recalled=[name.hex() for name in sorted(team.recalled)],
        purged=[[name.hex(), level] for name, level in sorted(team.named.items())],
        states=[[name.hex(), *team.state(team.set.data[name])]
                for name in sorted(team.set.given)])


def evaluate_vectors(cases=None):
    """Section 5: small sets, and who counts in them."""
    out = []
    for name, make in (cases or CASES).items():
        w, missing = make()
        made = [changeset for name_, changeset in sorted(w.made.items()) if name_ not in missing]
        out.append(evaluate_vector("team: " + name, w.team, made))
    return out


def evaluate_vector(name, team, made, data=()):
    """One set, and what its evaluation gives."""
    vector = one(name, "control 5", "evaluate",
                 {"team": team, "changesets": [k.lone(*item) for item in made],
                  "data": sorted(data)}, {})
    return dict(vector, expect=evaluated(s.Team(team, made, data)))
