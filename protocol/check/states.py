# SPDX-License-Identifier: Apache-2.0
"""What follows from who counts: rights, states of statements and data, epochs, policies, digest.

protocol/control.md 5.8, 5.10 to 5.15 and 6.2, over evaluate.py's Team.
"""
import control as k
import evaluate
from encoding import pack
from evaluate import POLICIES, ROOT_KINDS, policy_known
from primitives import H

ADMINS_ALONE = (k.ROLE, k.INVITE, k.INVITE_REVOKE, k.COMPARTMENT, k.EPOCH, k.SCHEMA, k.POLICY,
                k.RELAY, k.CUT, k.FREEZE, k.PURGE, k.UNPURGE)
OPEN = ("waiting", "unresolved")
NOT_ALLOWED = ("quarantined", "not_allowed")
ACCEPTED = ("accepted", "")


def first_of(x, kind):
    """The number of the first statement of a kind in x."""
    return next((i for i, s in enumerate(x.statements) if s[0] == kind), None)


def is_naming(statement):
    """A purge that names more bodies of an order."""
    return statement[0] == k.PURGE and statement[1] is not None and bool(statement[4])


class Team(evaluate.Team):
    """Who counts, and what that makes of everything held."""

    def __init__(self, team, changesets, data=()):
        super().__init__(team, changesets, data)
        self.faults = self.find_faults()
        self.find_rights()
        self.find_purges()
        self.find_adopts()
        self.forked = self.find_forks()

    # --- 5.10 -------------------------------------------------------------------------------------

    def find_faults(self):
        """{(changeset, number): (state, reason)} of statements that do not count."""
        out = {}
        for x in self.set.control.values():
            for index in range(len(x.statements)):
                state = self.state_of(x, index)
                if state is not None:
                    out[x.name, index] = state
        return out

    def state_of(self, x, index):
        """None where the statement counts."""
        kind, by_root = x.statements[index][0], x.device == self.root
        if not self.set.stands(x) and kind != k.INVITE:
            return "waiting", "prev"
        if kind not in k.ELEMENTS or not self.set.resolved(x, index):
            return OPEN
        if kind == k.GENESIS:
            return None if x is self.genesis and index == 0 else NOT_ALLOWED
        if kind == k.JOIN:
            return self.state_of_join(x, index)
        if self.genesis is None:
            return NOT_ALLOWED
        if by_root:
            if kind not in ROOT_KINDS or (kind == k.PURGE and index != first_of(x, kind)
                                          and not is_naming(x.statements[index])):
                return NOT_ALLOWED
        else:
            state = self.state_of_word(x, index)
            if state is not None:
                return state
        if kind == k.EPOCH and not self.reached(*x.statements[index][1:3]):
            return OPEN
        if kind == k.POLICY and not policy_known(x.statements[index]):
            return OPEN
        return None

    def reached(self, compartment, number):
        """5.14: whether all numbers below it were said."""
        first = {epoch[0]: epoch[1] for epoch in self.genesis.statements[0][4]}
        said = {s[2] for _, _, s in self.set.said(k.EPOCH) if s[1] == compartment}
        said |= {first[compartment]} if compartment in first else set()
        return all(below in said for below in range(first.get(compartment, 1), number))

    def state_of_join(self, x, index):
        """5.10, 3."""
        if x.seq != 1 or index != 0 or x.device in (self.root, self.founder):
            return NOT_ALLOWED
        if x.statements[0][1] not in self.set.control:
            return "waiting", "authority"
        if not self.valid(x):
            return NOT_ALLOWED
        if self.counting.get(x.device) is not x or x.device not in self.members:
            return "waiting", "admit"
        return None

    def state_of_word(self, x, index):
        """5.10, 5 to 9."""
        statement, device = x.statements[index], x.device
        if self.cut(x):
            return "quarantined", "cut"
        if not self.admin_by_root(x) and device != self.founder:
            if device not in self.counting:
                return NOT_ALLOWED
            if device not in self.members or self.set.path(x)[-1] is not self.counting[device]:
                return "waiting", "admit"
        if not self.may_say(x, index):
            return NOT_ALLOWED
        if statement[0] == k.ADMIT and not self.admin_by_root(x) and device != self.founder \
                and self.set.path(x)[-1].name not in self.settled:
            return "waiting", "admit"
        if self.frozen(x) and not (
                (statement[0] == k.INVITE and self.is_mild(statement))
                or (statement[0] == k.ADMIT and self.mild_join(statement[2]))):
            return "quarantined", "frozen"
        return None

    def may_say(self, x, index):
        """5.10, 7."""
        statement, role = x.statements[index], self.role_at(x)
        kind = statement[0]
        first = first_of(x, kind)
        return not (
            (kind in ADMINS_ALONE and role != k.ADMIN) or kind in (k.UNFREEZE, k.RECOVERY)
            or (kind in (k.ADMIT, k.ADOPT, k.RESIDUE) and role not in (k.COORDINATOR, k.ADMIN))
            or (kind == k.ADMIT and statement[3] == 1 and role != k.ADMIN)
            or (kind == k.ROLE and (self.is_admin(statement[1]) or statement[2] == k.ADMIN))
            or (kind == k.CUT and self.is_admin(statement[1]))
            or (kind in (k.INVITE, k.RETIRE, k.PURGE) and index != first
                and not is_naming(statement))
            or (kind == k.COMPARTMENT and statement[1] in (0, 255))
            or (kind == k.RETIRE and not self.frozen(x) and not self.retire_counts(x)))

    def counted(self, kind):
        """Statements of a kind that count by 5.10."""
        return [(x, index, s) for x in self.set.control.values()
                for index, s in enumerate(x.statements)
                if s[0] == kind and (x.name, index) not in self.faults]

    # --- 5.8 --------------------------------------------------------------------------------------

    def find_rights(self):
        """Grants, compartments, epochs named, schema."""
        says = self.counted(k.COMPARTMENT)
        self.compartments = {0, 1} | {say[2][1] for say in says}
        self.grants = [(x, index, (s[1], device, readable)) for x, index, s in says
                       for device, readable in s[3]]
        self.epochs = {}
        if self.genesis:
            self.epochs = {tuple(epoch): None for epoch in self.genesis.statements[0][4]}
        for x, _, s in self.counted(k.EPOCH):
            if self.epochs.get(tuple(s[1:4]), ()) is not None:
                self.epochs.setdefault(tuple(s[1:4]), []).append(x)
        schemas = [(s[1], s[2]) for _, _, s in self.counted(k.SCHEMA)]
        if self.genesis:
            schemas.append(tuple(self.genesis.statements[0][5:7]))
        top = max((version for version, _ in schemas), default=0)
        self.schema_hash = min((name for version, name in schemas if version == top),
                               default=bytes(32))

    def granted(self, device, compartment, without=None):
        """Whether a member is granted reading; without: what knows that changeset left out."""
        def fit(says):
            return [say for say in says if without is None
                    or without.name not in self.set.knows(say[0])]
        if compartment == 0:
            if without is None:
                return self.role(device) != k.MONITOR
            newest = self.set.newest(fit(self.roles(device)))
            if newest:
                return min(say[2][2] for say in newest) != k.MONITOR
            join = self.counting.get(device)
            return join is None or self.basis(join) != k.MONITOR
        newest = self.set.newest(fit([say for say in self.grants
                                      if say[2][:2] == (compartment, device)]))
        if newest:
            return all(say[2][2] for say in newest)
        return self.began_with(device, compartment)

    def began_with(self, device, compartment):
        """Protected, by genesis or the invite."""
        if compartment != 1:
            return False
        if device == self.founder:
            return True
        join = self.counting.get(device)
        name = join.statements[0][1] if join and self.after_retire(join) is None else None
        return name in self.invites and self.invites[name][2][3] == 1

    def vouchers(self, device):
        """[(author, the changeset it is from)]."""
        if device == self.founder:
            return [(self.root, self.genesis)]
        join = self.counting.get(device)
        if join is None:
            return []
        out = [(say[0].device, say[0]) for say in self.admits
               if say[2][2] == join.name and say[2][1] == device and say[2][3] == 1
               and self.admits_freely(say[0])]
        name = join.statements[0][1]
        if self.after_retire(join) is None and self.in_person(name):
            out.append((self.invites[name][0].device, join))
        return out

    # --- 5.16 -------------------------------------------------------------------------------------

    def find_purges(self):
        """{order: level} of those in force; {record: level}; {changeset: level}; recalled."""
        self.purges, self.purged, self.named, self.recalled = {}, {}, {}, set()
        words, lifts = self.counted(k.PURGE), self.counted(k.UNPURGE)
        for order, x in self.set.control.items():
            at = first_of(x, k.PURGE)
            if at is None or x.statements[at][1] is not None:
                continue
            voices = {by.device for by, _, s in words
                      if order == (s[1] or by.name) and not is_naming(s)}
            lifted = [by for by, _, s in lifts if s[1] == order]
            if self.root in voices:
                lifted = [by for by in lifted if by.device == self.root]
            level = 2 if self.root in voices or any(
                not self.persons(a) & self.persons(b) for a in voices for b in voices) else 1
            if voices and lifted and level == 2:
                self.recalled.update(x.statements[at][2])
            if voices and not lifted:
                self.purges[order] = level
                for record in x.statements[at][2]:
                    self.purged[record] = max(self.purged.get(record, 0), self.purges[order])
                more = [n for _, _, s in words if s[1] == order for n in s[4]]
                for body in x.statements[at][4] + more:
                    self.named[body] = max(self.named.get(body, 0), self.purges[order])

    def persons(self, device):
        """Numbers of those whose device root says it is."""
        newest = self.set.newest([say for say in self.root_roles(device) if say[2][2] == k.ADMIN])
        return {say[2][5] for say in newest} or {0}

    # --- 5.11, 5.12 -------------------------------------------------------------------------------

    def find_adopts(self):
        """Adopts in force: {id of data: [changesets]}."""
        undone = {name for say in self.cuts for name in say[2][4]}
        self.adopts = [say for say in self.counted(k.ADOPT) if say[0].name not in undone]

    def adopted(self, x):
        """Whether an adopt reaches x."""
        hostile = any(say[2][1] == x.device and say[2][2] == 1
                      and not self.set.places_leave(say[2][3], x) for say in self.cuts)
        return any(x.name in say[2][1] and say[0].device != x.device
                   and (not hostile or self.speaks(say[0])) for say in self.adopts)

    def named_places(self, device):
        """Places of a device's chains that others name."""
        out = set()
        for x, _, receipt in self.counted(k.RECEIPT):
            for d, compartment, seq, name in receipt[1]:
                heard = self.role_at(x) != k.MONITOR if compartment == 0 \
                    else self.granted(x.device, compartment)
                if d == device and x.device != device and heard:
                    out.add((compartment, seq, name))
        for x, _, cut in self.cuts:
            if cut[1] == device and x.device != device:
                out.update(tuple(place) for place in cut[3])
        return out

    def find_forks(self):
        """Names of data changesets on branches that do not stand."""
        out, below = set(), {}
        standing = [x for x in self.set.data.values() if self.set.stands(x)]
        for x in standing:
            below.setdefault((x.chain(), x.prev), []).append(x)
        for (chain, _), heads in below.items():
            branches = [[x for x in standing if head in self.set.path(x)] for head in heads]
            branches = [branch for branch in branches if not all(self.cut(x) for x in branch)]
            if len(branches) < 2:
                continue
            places = self.named_places(chain[0])
            named = [branch for branch in branches
                     if any((x.compartment, x.seq, x.name) in places for x in branch)]
            if not named:
                adopts = {name for say in self.adopts if say[0].device != chain[0]
                          for name in say[2][1]}
                named = [branch for branch in branches if any(x.name in adopts for x in branch)]
            for branch in branches:
                if len(named) != 1 or branch is not named[0]:
                    out.update(x.name for x in branch)
        return out

    # --- 5.13 -------------------------------------------------------------------------------------

    def state(self, x):
        """(state, reason) of a data changeset that opens."""
        if not self.set.stands(x):
            return "waiting", "prev"
        if x.authority not in self.set.control:
            return "waiting", "authority"
        if x.device not in self.members:
            return "waiting", "admit"
        adopted = self.adopted(x)
        if self.cut(x) and not adopted:
            return "quarantined", "cut"
        if self.role_at(x) == k.OBSERVER or x.compartment not in self.compartments:
            return NOT_ALLOWED
        if x.name in self.forked and not adopted:
            return "quarantined", "fork"
        return ACCEPTED

    # --- 5.14 -------------------------------------------------------------------------------------

    def usable(self, name):
        """Whether writers may use the epoch."""
        makers = self.epochs[name]
        return makers is None or any(
            self.opened(name, x.device) or not self.to_ask(name[0], x) for x in makers)

    def opened(self, name, issuer):
        """(a): somebody independent of the issuer says that it opens."""
        return any(say[2][1] == name[2] and say[2][2] == 1
                   and self.witness(say[0], name[0], issuer) for say in self.counted(k.EPOCH_OK))

    def witness(self, x, compartment, issuer):
        """Whether x is of a device that may be believed on it."""
        if x.device == issuer or self.write_only(x.device) \
                or all(author == issuer for author, _ in self.vouchers(x.device)):
            return False
        if compartment == 0:
            return self.role_at(x) != k.MONITOR
        return self.began_with(x.device, compartment) \
            or any(say[2] == (compartment, x.device, 1) for say in self.grants)

    def to_ask(self, compartment, epoch):
        """(b): readers who were there before the epoch and that its issuer did not admit."""
        def before(x):
            return epoch.name not in self.set.knows(x)
        return [d for d in self.members if d != epoch.device and not self.ended(d)
                and not self.write_only(d)
                and (d == self.founder or before(self.counting[d]))
                and any(author != epoch.device and before(x) for author, x in self.vouchers(d))
                and self.granted(d, compartment, without=epoch)]

    def is_reader(self, device, compartment):
        """5.8: only such devices are given keys."""
        return device in self.members and not self.ended(device) \
            and self.granted(device, compartment) and not self.write_only(device) \
            and bool(self.vouchers(device))

    def carries(self, name):
        """Whether some statement of the epoch holds the private half before it."""
        return any(tuple(s[1:4]) == name and s[4] is not None
                   for _, _, s in self.counted(k.EPOCH))

    def was_reader(self, device, compartment, epoch):
        """Whether it was one before the changeset of an epoch."""
        def before(x):
            return epoch.name not in self.set.knows(x)
        return self.is_reader(device, compartment) \
            and (device == self.founder or before(self.counting[device])) \
            and any(before(x) for _, x in self.vouchers(device)) \
            and self.granted(device, compartment, without=epoch)

    def begins_later(self, name, device):
        """Whether its reading begins at an epoch above, which carries nothing older."""
        return any(other[0] == name[0] and other[1] > name[1] and makers is not None
                   and not self.carries(other)
                   and not any(self.was_reader(device, name[0], x) for x in makers)
                   for other, makers in self.epochs.items())

    def keys_due(self, holder):
        """Envelopes that holder should write, where it has the private halves."""
        words = self.counted(k.EPOCH_OK)
        sent = [say for say in self.counted(k.EPOCH_KEY) if say[0].device in self.members
                and not self.ended(say[0].device) and self.granted(say[0].device, say[2][1])]
        rows = []
        for name in sorted(self.epochs):
            near = [other for other in self.epochs if other[0] == name[0] and other != name]
            carried = all(other[1] != name[1] for other in near) \
                and any(other[1] == name[1] + 1 and self.carries(other) for other in near)
            makers = self.epochs[name]
            issuer = self.founder if makers is None else min(x.device for x in makers)
            for device in sorted(self.members) if self.is_reader(holder, name[0]) else ():
                if device in (holder, issuer) or not self.is_reader(device, name[0]) \
                        or self.begins_later(name, device):
                    continue
                said = [say for say in words if say[0].device == device and say[2][1] == name[2]]
                if (carried and not said) or any(say[2][2] == 1 for say in said):
                    continue
                if all(by[0].device != holder and any(
                        by[0].name in self.set.knows(say[0]) for say in said)
                        for by in sent if by[2][3:5] == [name[2], device]):
                    rows.append([*name, device])
        return rows

    def writing(self, compartment):
        """Public key of the epoch writers use, or None."""
        fit = [name for name in self.epochs if name[0] == compartment and self.usable(name)]
        top = max((name[1] for name in fit), default=0)
        return min((name[2] for name in fit if name[1] == top), default=None)

    # --- 5.15 -------------------------------------------------------------------------------------

    def policy(self, name):
        """The strictest of root's newest words and of those that root has not heard."""
        strictest, default = POLICIES[name][3], POLICIES[name][2]
        of_root = [say for say in self.by_root[k.POLICY] if say[2][1] == name]
        newest = self.set.newest(of_root)
        values = [say[2][2] for say in newest] or [default]
        values += [say[2][2] for say in self.counted(k.POLICY) if say[2][1] == name
                   and say[0].device != self.root
                   and not any(self.set.known_by(say, word) for word in of_root)]
        return strictest(values)

    # --- 6.2 --------------------------------------------------------------------------------------

    def devices(self):
        """[device, role, compartments granted, write_only, settled, vouched, ended, replaced]."""
        return [[d, self.role(d), [n for n in sorted(self.compartments) if self.granted(d, n)],
                 int(self.write_only(d)),
                 int(d == self.founder or self.counting[d].name in self.settled),
                 int(bool(self.vouchers(d))), self.ended(d), self.replaced(d)]
                for d in sorted(self.members)]

    def parts(self):
        """What the digest covers, in its order."""
        return [self.devices(), [[*name, int(self.usable(name))] for name in sorted(self.epochs)],
                self.cut_rows(), self.freeze_rows(), sorted({say[0].name for say in self.adopts}),
                [self.policy(name) for name in sorted(POLICIES)], self.schema_hash,
                [[order, self.purges[order]] for order in sorted(self.purges)]]

    def digest(self):
        """6.2."""
        return H("STATE", pack([1, self.team, *self.parts()]))
