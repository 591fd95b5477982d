# SPDX-License-Identifier: Apache-2.0
"""Devices that mean harm, or are stolen: named sets for the "evaluate" vectors of control.json.

A case gives its world and what must be true of it, said by hand: states of single statements,
(changeset, number), and of data, by id. The vectors hold the whole evaluation beside it.
"""
import changeset as c
import control as k
import primitives as p
import states
from make_teams import Device, World, evaluate_vector, key
from primitives import H

CUT, FROZEN = ("quarantined", "cut"), ("quarantined", "frozen")
NOT_ALLOWED, FORK = ("quarantined", "not_allowed"), ("quarantined", "fork")
ADMIT, OPEN, COUNTS = ("waiting", "admit"), ("waiting", "unresolved"), None
ACCEPTED = ("accepted", "")
LOST, HOSTILE, RETIRED = range(3)
CASES = {}


def case(function):
    """A named set."""
    CASES[function.__name__.replace("_", " ")] = function
    return function


class Scene(World):
    """A team with data, and devices that go on from where they like."""

    def __init__(self):
        super().__init__()
        self.headers, self.heads, self.proofs = {}, {}, {}

    def write(self, device, compartment=0, authority=None, after=None):
        """A data changeset above the head of its chain, or above after; its id."""
        seq, prev = after or self.heads.get((device.key, compartment), (0, c.ZERO))
        self.count += 1
        fields = {"version": 1, "team": self.team, "device": device.key, "compartment": compartment,
                  "seq": seq + 1, "prev": prev, "epoch": 1, "authority": authority or self.genesis,
                  "content_root": key(f"root {self.count}"), "seen": None,
                  "body_hash": key(f"body {self.count}"), "body_size": 64}
        header = c.encode_header(fields)
        name = H("CHANGESET", header)
        self.headers[name] = header
        self.proofs[name] = [header, p.sign("CHANGESET", header, device.seed)]
        self.heads[device.key, compartment] = (seq + 1, name)
        return name

    def place(self, device, compartment=0):
        """[compartment, seq, id] of the head of a chain."""
        seq, name = self.heads[device.key, compartment]
        return [compartment, seq, name]

    def control_place(self, device):
        """The head of its control chain."""
        return [255, len(device.chain), device.chain[-1]]

    def cut(self, by, device, reason, *places, knows=(), undoes=()):
        """The id of a cut."""
        return self.say(by, [k.CUT, device.key, reason, list(places), list(undoes), None],
                        knows=knows)

    def demote(self, by, device, role, *places, knows=()):
        """The id of a loss that leaves these places."""
        return self.say(by, [k.ROLE, device.key, role, [], list(places), 0, None], knows=knows)

    def freeze(self, by, device, knows=()):
        """The id of a freeze at the head of its control chain."""
        seq, name = len(device.chain), device.chain[-1] if device.chain else c.ZERO
        return self.say(by, [k.FREEZE, device.key, seq, name, None], knows=knows)

    def receipt(self, by, device, compartment=0, knows=()):
        """The id of a receipt of the head of a chain."""
        seq, name = self.heads[device.key, compartment]
        return self.say(by, [k.RECEIPT, [[device.key, compartment, seq, name]]], knows=knows)

    def second_admin(self, name="second"):
        """An admin that root made."""
        device = self.member(name, k.COORDINATOR, 1)
        device.made = self.say(self.root, [k.ROLE, device.key, k.ADMIN, [], [], 0, None],
                               knows=[device.joined])
        return device


# --- rights taken, rights claimed -----------------------------------------------------------------

@case
def a_monitor_makes_itself_an_admin():
    w = Scene()
    m = w.member("m", k.MONITOR, 1)
    role = w.role(m, m, k.ADMIN)
    invite = w.invite(m, "invite friend", k.COORDINATOR, knows=[role])
    return w, {(role, 0): NOT_ALLOWED, (invite, 0): NOT_ALLOWED}


@case
def an_admin_makes_another_admin():
    w = Scene()
    m = w.member("m", k.COORDINATOR, 1)
    return w, {(w.role(w.founder, m, k.ADMIN), 0): NOT_ALLOWED}


@case
def an_admin_takes_the_founders_right():
    w = Scene()
    second = w.second_admin()
    role = w.role(second, w.founder, k.MONITOR, knows=[second.made])
    cut = w.cut(second, w.founder, HOSTILE, knows=[role])
    return w, {(role, 0): NOT_ALLOWED, (cut, 0): NOT_ALLOWED,
               (w.invite(w.founder, "invite x"), 0): COUNTS}


@case
def a_coordinator_confirms_a_fingerprint():
    w = Scene()
    coordinator, m = w.member("c", k.COORDINATOR, 1), w.member("m", k.OBSERVER)
    return w, {(w.admit(coordinator, m, 1), 0): NOT_ALLOWED,
               (w.admit(coordinator, m, 0), 0): COUNTS}


@case
def an_observer_writes():
    w = Scene()
    return w, {w.write(w.member("o", k.OBSERVER, 1)): NOT_ALLOWED}


@case
def a_compartment_that_nobody_made():
    w = Scene()
    return w, {w.write(w.member("m", k.MONITOR, 1), 7): NOT_ALLOWED}


@case
def a_statement_after_an_unknown_one():
    w = Scene()
    m = w.member("m", k.MONITOR, 1)
    unknown = w.say(w.founder, [77, "field", 3], [k.ROLE, m.key, k.COORDINATOR, [], [], 0, None])
    later = w.role(w.founder, m, k.COORDINATOR)
    return w, {(unknown, 0): OPEN, (unknown, 1): OPEN, (later, 0): OPEN}


# --- joining --------------------------------------------------------------------------------------

@case
def a_forged_join():
    w = Scene()
    grant = w.invite(w.founder, "invite a")
    thief = Device("thief")
    join = w.join(thief, grant, "guessed")
    return w, {(join, 0): NOT_ALLOWED, w.write(thief, authority=join): ADMIT}


@case
def an_invite_used_twice():
    w = Scene()
    grant = w.invite(w.founder, "invite a")
    first, second = Device("first"), Device("second")
    names = {w.join(first, grant, "invite a"): first, w.join(second, grant, "invite a"): second}
    low, high = sorted(names)
    return w, {(low, 0): COUNTS, (high, 0): ADMIT,
               w.write(names[low]): ACCEPTED, w.write(names[high]): ADMIT}


@case
def forty_joins_unsettle_nobody():
    w = Scene()
    grant = w.invite(w.founder, "invite a")
    honest = Device("honest")
    honest.joined = w.join(honest, grant, "invite a")
    w.admit(w.founder, honest)
    claims = {(honest.joined, 0): COUNTS, w.write(honest): ACCEPTED}
    for n in range(40):
        claims[w.join(Device(f"crowd {n}"), grant, "invite a"), 0] = ADMIT
    return w, claims


@case
def a_join_after_the_invite_was_revoked():
    w = Scene()
    grant = w.invite(w.founder, "invite a")
    revoke = w.say(w.founder, [k.INVITE_REVOKE, grant])
    late, knowing = Device("late"), Device("knowing")
    return w, {(w.join(late, grant, "invite a"), 0): ADMIT,
               (w.join(knowing, grant, "invite a", knows=[revoke]), 0): NOT_ALLOWED}


@case
def a_coordinator_settles_its_own_second_device():
    w = Scene()
    grant = w.invite(w.founder, "invite a", k.COORDINATOR, uses=2)
    first, second = Device("first"), Device("second")
    for device in (first, second):
        device.joined = w.join(device, grant, "invite a")
    return w, {(w.admit(first, second), 0): ADMIT, (w.admit(second, first), 0): ADMIT}


# --- cuts -----------------------------------------------------------------------------------------

@case
def backdated_work_of_a_cut_device():
    w = Scene()
    m = w.member("m", k.MONITOR, 1)
    before = w.write(m)
    place = w.place(m)
    w.cut(w.founder, m, LOST, place)
    return w, {before: ACCEPTED, w.write(m): CUT, w.write(m, 1): CUT}


@case
def a_cut_by_the_cut():
    w = Scene()
    m, other = w.member("m", k.MONITOR, 1), w.member("o", k.MONITOR, 1)
    second = w.second_admin()
    w.say(w.root, [k.CUT, second.key, HOSTILE, [w.control_place(second)], [], None])
    kept = w.write(other)
    cut = w.cut(second, other, LOST, knows=[second.made])
    lost = w.cut(w.founder, m, LOST, w.control_place(m))
    return w, {(cut, 0): CUT, kept: ACCEPTED, (lost, 0): COUNTS, w.write(m): CUT}


@case
def a_cut_that_names_what_is_not_held():
    w = Scene()
    m = w.member("m", k.MONITOR, 1)
    first, second = w.write(m), w.write(m)
    w.cut(w.founder, m, LOST, [0, 1, key("another branch")])
    return w, {first: ACCEPTED, second: CUT}


@case
def two_cuts_leave_what_both_leave():
    w = Scene()
    m = w.member("m", k.MONITOR, 1)
    first, place = w.write(m), w.place(m)
    second, later = w.write(m), w.place(m)
    w.cut(w.founder, m, LOST, later)
    other = w.second_admin()
    w.cut(other, m, LOST, place, knows=[other.made])
    return w, {first: ACCEPTED, second: CUT}


@case
def late_work_is_adopted():
    w = Scene()
    m, coordinator = w.member("m", k.MONITOR, 1), w.member("c", k.COORDINATOR, 1)
    w.cut(w.founder, m, LOST)
    honest, other = w.write(m), w.write(m)
    adopt = w.say(coordinator, [k.ADOPT, [honest]])
    own = w.say(m, [k.ADOPT, [other]])
    return w, {honest: ACCEPTED, other: CUT, (adopt, 0): COUNTS, (own, 0): CUT}


@case
def hostile_work_needs_an_admin():
    w = Scene()
    m, coordinator = w.member("m", k.MONITOR, 1), w.member("c", k.COORDINATOR, 1)
    w.cut(w.founder, m, HOSTILE)
    first, second = w.write(m), w.write(m)
    w.say(coordinator, [k.ADOPT, [first]])
    w.say(w.founder, [k.ADOPT, [second]])
    return w, {first: CUT, second: ACCEPTED}


@case
def an_adoption_is_undone():
    w = Scene()
    m = w.member("m", k.MONITOR, 1)
    w.cut(w.founder, m, LOST)
    late = w.write(m)
    adopt = w.say(w.founder, [k.ADOPT, [late]])
    w.cut(w.founder, m, LOST, undoes=[adopt])
    return w, {late: CUT}


@case
def a_lost_device_is_given_a_role_again():
    w = Scene()
    m = w.member("m", k.COORDINATOR, 1)
    cut = w.cut(w.founder, m, LOST, w.control_place(m))
    role = w.say(w.founder, [k.ROLE, m.key, k.COORDINATOR, [], [], 0, None], knows=[cut])
    return w, {(role, 0): COUNTS, w.write(m, authority=role): CUT,
               (w.admit(m, m), 0): CUT}


# --- losses and gains -----------------------------------------------------------------------------

@case
def a_loss_carries_a_cut():
    w = Scene()
    m = w.member("m", k.COORDINATOR, 1)
    kept, place = w.write(m), w.place(m)
    loss = w.demote(w.founder, m, k.MONITOR, place, w.control_place(m))
    late, knowing = w.write(m), w.write(m, authority=loss)
    return w, {kept: ACCEPTED, late: CUT, knowing: ACCEPTED}


@case
def a_gain_counts_for_what_knows_it():
    w = Scene()
    m = w.member("m", k.MONITOR, 1)
    target = w.member("t", k.MONITOR)
    early = w.admit(m, target)
    gain = w.role(w.founder, m, k.COORDINATOR)
    later = w.say(m, [k.ADMIT, target.key, target.joined, 0], knows=[gain])
    return w, {(early, 0): NOT_ALLOWED, (later, 0): COUNTS}


@case
def a_gain_from_a_place():
    w = Scene()
    m = w.member("m", k.MONITOR, 1)
    target = w.member("t", k.MONITOR)
    early = w.admit(m, target)
    w.say(w.founder, [k.ROLE, m.key, k.COORDINATOR, [w.control_place(m)], [], 0, None])
    return w, {(early, 0): COUNTS}


@case
def two_admins_change_one_role():
    w = Scene()
    m, second = w.member("m", k.MONITOR, 1), w.second_admin()
    w.role(w.founder, m, k.COORDINATOR)
    w.role(second, m, k.OBSERVER, knows=[second.made])
    return w, {}


@case
def root_takes_an_admins_right():
    w = Scene()
    second = w.second_admin()
    kept = w.invite(second, "invite kept", knows=[second.made])
    place = w.control_place(second)
    w.say(w.root, [k.ROLE, second.key, k.COORDINATOR, [], [place], 0, None])
    return w, {(kept, 0): COUNTS,
               (w.invite(second, "invite late", knows=[second.made]), 0): CUT}


# --- freezes --------------------------------------------------------------------------------------

@case
def two_admins_freeze_each_other():
    w = Scene()
    second, m = w.second_admin(), w.member("m", k.MONITOR, 1)
    w.say(second, [k.EPOCH_OK, key("nothing"), 0], knows=[second.made])
    a = w.freeze(w.founder, second)
    b = w.say(second, [k.FREEZE, w.founder.key, len(w.founder.chain) - 1, w.founder.chain[-2],
                       None])
    role = w.role(w.founder, m, k.COORDINATOR)
    return w, {(a, 0): FROZEN, (b, 0): FROZEN, (role, 0): FROZEN}


@case
def a_false_freeze_hides_no_report():
    w = Scene()
    second = w.second_admin()
    w.say(second, [k.FREEZE, w.founder.key, len(w.founder.chain), w.founder.chain[-1], None],
          knows=[second.made])
    m = w.member("m", k.MONITOR, 1)
    coordinator = w.member("c", k.COORDINATOR)
    return w, {(m.joined, 0): COUNTS, w.write(m): ACCEPTED, w.write(w.founder): ACCEPTED,
               w.write(coordinator): ADMIT}


@case
def root_ends_a_freeze():
    w = Scene()
    second, m = w.second_admin(), w.member("m", k.MONITOR, 1)
    freeze = w.freeze(second, w.founder, knows=[second.made])
    role = w.role(w.founder, m, k.COORDINATOR)
    own = w.say(w.founder, [k.UNFREEZE, freeze])
    w.say(w.root, [k.UNFREEZE, freeze])
    return w, {(role, 0): COUNTS, (own, 0): NOT_ALLOWED}


# --- forks ----------------------------------------------------------------------------------------

@case
def a_stolen_phone_signs_an_old_number_again():
    w = Scene()
    m, reader = w.member("m", k.MONITOR, 1), w.member("c", k.COORDINATOR, 1)
    first, place = w.write(m), w.heads[m.key, 0]
    second = w.write(m)
    w.receipt(reader, m)
    forged = w.write(m, after=place)
    return w, {first: ACCEPTED, second: ACCEPTED, forged: FORK, w.write(m): FORK}


@case
def a_fork_that_nobody_vouches_for():
    w = Scene()
    m = w.member("m", k.MONITOR, 1)
    first, place = w.write(m), w.heads[m.key, 0]
    return w, {first: ACCEPTED, w.write(m): FORK, w.write(m, after=place): FORK}


@case
def a_fork_at_the_first_number():
    w = Scene()
    m, reader = w.member("m", k.MONITOR, 1), w.member("c", k.COORDINATOR, 1)
    first = w.write(m)
    w.receipt(reader, m)
    return w, {first: ACCEPTED, w.write(m, after=(0, c.ZERO)): FORK}


@case
def the_forger_receipts_its_own_branch():
    w = Scene()
    m, reader = w.member("m", k.COORDINATOR, 1), w.member("c", k.COORDINATOR, 1)
    first, place = w.write(m), w.heads[m.key, 0]
    second = w.write(m)
    w.receipt(reader, m)
    forged = w.write(m, after=place)
    w.receipt(m, m)
    return w, {first: ACCEPTED, second: ACCEPTED, forged: FORK}


@case
def a_fork_that_only_a_proof_shows():
    w = Scene()
    m, other = w.member("m", k.MONITOR, 1), w.member("o", k.MONITOR, 1)
    first, place = w.write(m), w.heads[m.key, 0]
    second = w.write(m)
    hidden = w.write(m, after=place)
    w.say(other, [k.FORK_PROOF, *w.proofs[second], *w.proofs[hidden]])
    del w.headers[hidden]
    return w, {first: ACCEPTED, second: FORK}


@case
def a_cut_names_the_branch_that_stands():
    w = Scene()
    m = w.member("m", k.MONITOR, 1)
    first, place = w.write(m), w.heads[m.key, 0]
    second, stands = w.write(m), w.place(m)
    forged = w.write(m, after=place)
    w.cut(w.founder, m, LOST, stands)
    return w, {first: ACCEPTED, second: ACCEPTED, forged: CUT}


@case
def a_second_genesis():
    w = Scene()
    thief = Device("thief")
    body = k.encode_body([], 5, [[k.GENESIS, w.root.key, key("other")[:16],
                                  [thief.key, thief.noise, thief.hpke], [], 1, key("schema"),
                                  None]])
    header = {"team": w.team, "device": w.root.key, "compartment": 255, "seq": 1, "prev": c.ZERO,
              "authority": c.ZERO, "seen": None}
    made = c.control(w.root.seed, header, body)
    name = H("CHANGESET", made[0])
    w.made[name] = made
    return w, {(name, 0): NOT_ALLOWED, (w.invite(thief, "invite x"), 0): NOT_ALLOWED}


# --- epochs, retires, policies --------------------------------------------------------------------

@case
def an_epoch_with_rubbish_envelopes():
    w = Scene()
    second = w.second_admin()
    w.member("reader", k.COORDINATOR, 1)
    public = p.agree_public(key("rubbish"))
    epoch = w.say(second, [k.EPOCH, 0, 2, public, None], knows=[second.made])
    own = w.say(second, [k.EPOCH_OK, public, 1])
    return w, {(epoch, 0): COUNTS, (own, 0): COUNTS, ("writing", 0): 1}


@case
def an_epoch_that_an_independent_reader_opened():
    w = Scene()
    second = w.second_admin()
    reader = w.member("reader", k.COORDINATOR, 1)
    public = p.agree_public(key("good"))
    epoch = w.say(second, [k.EPOCH, 0, 2, public, None], knows=[second.made])
    w.say(reader, [k.EPOCH_OK, public, 1], knows=[epoch])
    return w, {("writing", 0): 2}


@case
def a_later_reader_takes_no_epoch_away():
    w = Scene()
    public = p.agree_public(key("good"))
    epoch = w.say(w.founder, [k.EPOCH, 0, 2, public, None])
    second = w.say(w.root, [k.EPOCH_OK, public, 0])
    reader = Device("reader")
    grant = w.invite(w.founder, "invite reader", k.COORDINATOR, knows=[epoch])
    reader.joined = w.join(reader, grant, "invite reader")
    w.admit(w.founder, reader, 1)
    return w, {("writing", 0): 2, (second, 0): NOT_ALLOWED}


@case
def a_retired_device_goes_on():
    w = Scene()
    m, heir = w.member("m", k.COORDINATOR, 1), Device("heir")
    kept = w.write(m)
    retire = w.say(m, [k.RETIRE, heir.key, [w.place(m)]])
    join = k.make_join(m.seed, w.team, retire, heir.key, heir.noise, heir.hpke, 0)
    heir.joined = w.say(heir, join, knows=[retire])
    target = w.member("t", k.MONITOR)
    return w, {kept: ACCEPTED, (heir.joined, 0): COUNTS, w.write(heir, authority=retire): ACCEPTED,
               w.write(m, authority=retire): CUT, (w.admit(m, target), 0): CUT,
               (w.admit(heir, target), 0): NOT_ALLOWED}


@case
def a_stolen_key_retires_to_the_thief():
    w = Scene()
    m, thief = w.member("m", k.MONITOR, 1), Device("thief")
    w.cut(w.founder, m, LOST, w.control_place(m))
    retire = w.say(m, [k.RETIRE, thief.key, []])
    join = k.make_join(m.seed, w.team, retire, thief.key, thief.noise, thief.hpke, 0)
    thief.joined = w.say(thief, join, knows=[retire])
    return w, {(retire, 0): CUT, (thief.joined, 0): NOT_ALLOWED, w.write(thief): ADMIT}


@case
def an_admin_loosens_a_policy():
    w = Scene()
    w.say(w.root, [k.POLICY, 0, 30])
    w.say(w.founder, [k.POLICY, 0, 400], [k.POLICY, 1, 60])
    return w, {("policy", 0): 30, ("policy", 1): 60}


def check(name, team, claims):
    """What was said by hand is what the evaluation finds."""
    for what, wanted in claims.items():
        if isinstance(what, bytes):
            found = team.state(team.set.data[what])
        elif what[0] == "writing":
            found = next((n for c_, n, public in team.epochs
                          if c_ == what[1] and public == team.writing(what[1])), None)
        elif what[0] == "policy":
            found = team.policy(what[1])
        elif what[0] == "purge":
            found = team.purges.get(what[1], 0)
        elif what[0] == "purged":
            found = team.purged.get(what[1], 0)
        elif what[0] == "recalled":
            found = what[1] in team.recalled
        elif what[0] == "named":
            found = team.named.get(what[1], 0)
        else:
            found = team.faults.get(what)
        assert found == wanted, f"{name}: {found}, not {wanted}"


def vectors():
    """Each case judged by hand, then as a vector."""
    out = []
    for name, make in CASES.items():
        w, claims = make()
        made, data = [w.made[name_] for name_ in sorted(w.made)], list(w.headers.values())
        check(name, states.Team(w.team, made, data), claims)
        out.append(evaluate_vector("hostile: " + name, w.team, made, data))
    return out
