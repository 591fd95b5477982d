# SPDX-License-Identifier: Apache-2.0
"""Who counts, from protocol/control.md 5 and 6.2: naive, over the set of changesets held.

Control changesets come as (header, signature, body), data as headers that are taken as verified, in
any order; nothing here depends on it. Places, knowing and chains are held.py's; the states that
follow from all this are states.py's.
"""
import control as k
import primitives as p
from encoding import pack
from held import Set
from primitives import H

ROOT_KINDS = (k.ROLE, k.CUT, k.UNFREEZE, k.SCHEMA, k.POLICY, k.PURGE, k.UNPURGE, k.RECOVERY)
POLICIES = {0: (1, 36500, 180, min), 1: (0, 36500, 30, max), 2: (0, 1, 1, min)}  # 5.15


def policy_known(statement):
    """Whether 5.15 has the name and the value."""
    name, value = statement[1:3]
    return name in POLICIES and isinstance(value, int) \
        and POLICIES[name][0] <= value <= POLICIES[name][1]


class Team:
    """The evaluation of one set."""

    def __init__(self, team, changesets, data=()):
        self.team, self.set = team, Set(team, changesets, data)
        self.cache = {}
        self.find_genesis()
        self.find_root()
        self.find_freezes()
        self.find_cuts()
        self.find_invites()
        self.settle()
        self.choose()

    def once(self, name, x, find):
        """What find gives, remembered for (name, x)."""
        if (name, x) not in self.cache:
            self.cache[name, x] = find()
        return self.cache[name, x]

    def find_genesis(self):
        """The one whose body's hash is the team."""
        self.genesis = self.root = self.founder = None
        for _, x in sorted(self.set.control.items(), reverse=True):
            says = x.statements[0]
            if x.seq == 1 and says[0] == k.GENESIS and x.device == says[1] != says[3][0] \
                    and H("TEAM", x.body) == self.team:
                self.genesis, self.root, self.founder = x, says[1], says[3][0]

    def find_root(self):
        """5.1: what root says, and counts."""
        self.by_root = {kind: [say for say in self.set.said(kind) if say[0].device == self.root]
                        for kind in ROOT_KINDS}
        self.by_root[k.POLICY] = [say for say in self.by_root[k.POLICY] if policy_known(say[2])]

    # --- 5.2 Admins -------------------------------------------------------------------------------

    def root_roles(self, device):
        """R₀(D)."""
        return [say for say in self.by_root[k.ROLE] if say[2][1] == device]

    def is_admin(self, device):
        """What root's newest words on it give; the founder also without any."""
        newest = self.set.newest(self.root_roles(device))
        return all(say[2][2] == k.ADMIN for say in newest) and (
            bool(newest) or (device == self.founder and device is not None))

    def in_force(self, x, roles):
        """K(X): of roles on X's device those X knows, stands from, or one of the latter knows."""
        known = [say for say in roles if say[0].name in self.set.knows(x)]
        placed = [say for say in roles if any(
            place[0] == x.compartment and any(
                y.seq == place[1] and y.name == place[2] and self.set.stands(y)
                for y in self.set.path(x)) for place in say[2][3])]
        before = [say for say in roles if any(self.set.known_by(say, later) for later in placed)]
        return [say for say in roles if say in known or say in placed or say in before]

    def admin_by_root(self, x):
        """Whether root's words in force at x all give admin."""
        def find():
            newest = self.set.newest(self.in_force(x, self.root_roles(x.device)))
            if newest:
                return all(say[2][2] == k.ADMIN for say in newest)
            return self.genesis is not None and x.device == self.founder
        return self.once("admin", x, find)

    def cut_by_root(self, x):
        """Whether root, or its own retire, cuts what x is as admin."""
        def find():
            roles = self.root_roles(x.device)
            inside = self.in_force(x, roles)
            return any(not self.set.places_leave(say[2][3], x) for say in self.by_root[k.CUT]
                       if say[2][1] == x.device) \
                or any(say[2][2] < k.ADMIN and not self.set.places_leave(say[2][4], x)
                       for say in roles if say not in inside) \
                or self.retires_known(x)
        return self.once("cut by root", x, find)

    def speaks(self, x):
        """X speaks as admin."""
        return self.admin_by_root(x) and not self.cut_by_root(x)

    # --- 5.3, 5.4 ---------------------------------------------------------------------------------

    def find_freezes(self):
        """Freezes that count, all at once."""
        undone = {say[2][1] for say in self.by_root[k.UNFREEZE]}
        self.freezes = [say for say in self.set.said(k.FREEZE)
                        if self.speaks(say[0]) and say[0].name not in undone]

    def frozen(self, x):
        """Whether a freeze has a place that does not leave x."""
        return x.is_control and self.speaks(x) and any(
            say[2][1] == x.device and not self.set.leaves(say[2][2], say[2][3], x)
            for say in self.freezes)

    def admits_freely(self, x):
        """X speaks as admin and is not frozen."""
        return self.speaks(x) and not self.frozen(x)

    @staticmethod
    def is_mild(invite):
        """An invite that a freeze leaves."""
        return invite[2] <= k.MONITOR and not invite[3]

    def mild_join(self, join):
        """A join whose admission a freeze leaves: its grant is a mild invite or a retire."""
        x = self.set.control.get(join)
        if x is None or x.statements[0][0] != k.JOIN:
            return False
        grant = self.set.control.get(x.statements[0][1])
        if grant is None:
            return False
        invite = next((s for s in grant.statements if s[0] == k.INVITE), None)
        if invite:
            return self.is_mild(invite)
        return self.first(grant, k.RETIRE) is not None and self.set.stands(grant)

    def find_cuts(self):
        """Cuts that count."""
        self.cuts = self.by_root[k.CUT] + [
            say for say in self.set.said(k.CUT) if say[0].device != self.root
            and self.admits_freely(say[0]) and not self.is_admin(say[2][1])]

    def cut_by_word(self, x):
        """Whether a cut that reaches x does not leave it."""
        if x.device == self.root:
            return False
        reaching = [say for say in self.cuts if say[2][1] == x.device and (
            say[0].device == self.root or not (x.is_control and self.admin_by_root(x)))]
        return any(not self.set.places_leave(say[2][3], x) for say in reaching)

    # --- 5.5 Invites and joins --------------------------------------------------------------------

    def first(self, x, kind):
        """The first statement of a kind in x that 5.0 lets count, whether x stands or not."""
        for index, statement in enumerate(x.statements):
            if statement[0] == kind:
                return (x, index, statement) if self.set.resolved(x, index) else None
        return None

    def find_invites(self):
        """Invites that count, by changeset; revokes."""
        self.invites = {}
        for x in self.set.control.values():
            say = self.first(x, k.INVITE)
            if say and self.speaks(x) and (not self.frozen(x) or self.is_mild(say[2])):
                self.invites[x.name] = say
        self.revokes = [say for say in self.set.said(k.INVITE_REVOKE) if self.admits_freely(say[0])]

    def in_person(self, name):
        """Whether the invite counts as in person."""
        return name in self.invites and self.invites[name][2][6] == 1 \
            and not self.frozen(self.invites[name][0])

    def valid(self, x):
        """Whether x is a valid join."""
        return self.once("valid", x, lambda: self.find_valid(x))

    def find_valid(self, x):
        """The same."""
        join = x.statements[0]
        if not x.is_control or x.seq != 1 or join[0] != k.JOIN or self.genesis is None \
                or x.device in (self.root, self.founder):
            return False
        grant = self.set.control.get(join[1])
        if grant is None:
            return False
        message = k.join_message(self.team, x.device, join)
        invite = self.first(grant, k.INVITE)
        if invite and self.admin_by_root(grant):
            known = any(say[2][1] == grant.name and say[0].name in self.set.knows(x)
                        for say in self.revokes)
            if not known and p.verify("JOIN", message, join[6], invite[2][1]):
                return True
        retire = self.first(grant, k.RETIRE)
        if retire is None or any(s[0] == k.INVITE for s in grant.statements):
            return False
        return self.retire_counts(grant) and retire[2][1] == x.device \
            and p.verify("JOIN", message, join[6], grant.device)

    def after_retire(self, x):
        """The changeset with the retire that x joined by, or None."""
        grant = self.set.control[x.statements[0][1]]
        return None if any(s[0] == k.INVITE for s in grant.statements) else grant

    def basis(self, x):
        """Role that a valid join begins with."""
        grant = self.set.control[x.statements[0][1]]
        if self.after_retire(x) is None:
            role = self.first(grant, k.INVITE)[2][2]
            return role if grant.name in self.invites else min(role, k.MONITOR)
        if grant.device == self.founder:
            return k.MONITOR
        return min(k.MONITOR, self.basis(self.set.path(grant)[-1]))

    # --- 5.9 Retires ------------------------------------------------------------------------------

    def begins_well(self, x):
        """The founder's, or the path begins with a valid join."""
        return x.device == self.founder or self.valid(self.set.path(x)[-1])

    def retires_known(self, x):
        """Whether x knows another standing changeset of its device with a retire."""
        return any(say[0].device == x.device and say[0] is not x
                   and say[0].name in self.set.knows(x) for say in self.set.said(k.RETIRE))

    def retire_counts(self, x):
        """Whether the first retire in x counts."""
        def find():
            return (self.first(x, k.RETIRE) is not None and self.set.stands(x)
                    and not (self.admin_by_root(x) and self.cut_by_root(x))
                    and self.begins_well(x) and not self.lost(x) and not self.cut_by_word(x)
                    and not self.frozen(x) and not self.retires_known(x))
        return self.once("retire", x, find)

    def retires(self, device):
        """Those of a device that count."""
        return [self.first(say[0], k.RETIRE) for say in self.set.said(k.RETIRE)
                if say[0].device == device and say[1] == self.first(say[0], k.RETIRE)[1]
                and self.retire_counts(say[0])]

    # --- 5.7 Role ---------------------------------------------------------------------------------

    def roles(self, device):
        """R(D)."""
        out = self.root_roles(device)
        if not self.is_admin(device):
            out = out + [say for say in self.set.said(k.ROLE)
                         if say[2][1] == device and say[2][2] < k.ADMIN
                         and say[0].device != self.root and self.admits_freely(say[0])]
        return out

    def role_at(self, x):
        """Role of changeset x; None where no join gives it one."""
        if self.admin_by_root(x):
            return k.ADMIN
        newest = self.set.newest(self.in_force(x, self.roles(x.device)))
        if newest:
            return min(k.COORDINATOR, *(say[2][2] for say in newest))
        if x.device == self.founder:
            return k.COORDINATOR
        join = self.set.path(x)[-1] if x.is_control else self.counting.get(x.device)
        return self.basis(join) if join is not None and self.valid(join) else None

    def lost(self, x):
        """Whether a loss that x does not know cuts it."""
        if self.admin_by_root(x):
            return False
        role, roles = self.role_at(x), self.roles(x.device)
        inside = self.in_force(x, roles)
        return any(role is not None and say[2][2] < role
                   and not self.set.places_leave(say[2][4], x)
                   for say in roles if say not in inside)

    def cut(self, x):
        """Whether x is cut, whoever says so."""
        if x.device == self.root:
            return False
        return (self.admin_by_root(x) and self.cut_by_root(x)) or self.lost(x) \
            or self.cut_by_word(x) \
            or any(say[0].name in self.set.knows(x) for say in self.retires(x.device))

    def role(self, device):
        """The device's."""
        if self.is_admin(device):
            return k.ADMIN
        newest = self.set.newest(self.roles(device))
        if newest:
            return min(k.COORDINATOR, *(say[2][2] for say in newest))
        join = self.counting.get(device)
        return self.basis(join) if join else k.COORDINATOR

    def ended(self, device):
        """2 cut, 1 retired, 0 neither."""
        if any(say[2][1] == device for say in self.cuts):
            return 2
        return 1 if self.retires(device) else 0

    # --- 5.6 Members ------------------------------------------------------------------------------

    def settle(self):
        """Joins named by an admit that counts; who is settled only grows."""
        self.joins = {x.name: x for x in self.set.control.values()
                      if self.set.stands(x) and self.valid(x)}
        self.settled, self.admits, self.counting = set(), [], {}
        while True:
            self.admits = [say for say in self.set.said(k.ADMIT) if self.admit_counts(say)]
            named = {say[2][2] for say in self.admits if say[2][2] in self.joins
                     and self.joins[say[2][2]].device == say[2][1]}
            if named <= self.settled:
                return
            self.settled |= named

    def admit_counts(self, say):
        """By an admin, by a coordinator whose own join is settled."""
        x, _, admit = say
        if self.speaks(x):
            return not self.frozen(x) or self.mild_join(admit[2])
        return admit[3] == 0 and x.device != self.root and not self.cut(x) \
            and self.role_at(x) == k.COORDINATOR \
            and (x.device == self.founder or self.set.path(x)[-1].name in self.settled)

    def placed_by_invites(self):
        """Joins that the remaining uses of their invites allow."""
        placed, revoked = set(), {say[2][1] for say in self.revokes}
        for name, say in self.invites.items():
            mine = sorted(j for j, x in self.joins.items()
                          if x.statements[0][1] == name and self.after_retire(x) is None)
            left = max(0, say[2][4] - sum(j in self.settled for j in mine))
            if name not in revoked:
                placed.update([j for j in mine if j not in self.settled][:left])
        return placed

    def choose(self):
        """The counting join of each device; members."""
        placed = self.placed_by_invites()
        while True:
            best = {}
            for name, x in self.joins.items():
                order = (0 if name in self.settled else 1 if name in placed else 2, name)
                if x.device not in best or order < best[x.device]:
                    best[x.device] = order
            self.counting = {device: self.joins[order[1]] for device, order in best.items()}
            self.members = {device for device, order in best.items() if order[0] < 2}
            if self.founder:
                self.members.add(self.founder)
            more = {name for name, x in self.joins.items() if name not in placed
                    and (grant := self.after_retire(x)) is not None
                    and grant.device in self.members
                    and len({say[2][1] for say in self.retires(grant.device)}) == 1}
            if not more:
                return
            placed |= more

    def replaced(self, device):
        """The device that it replaces, or None."""
        join = self.counting.get(device)
        grant = self.after_retire(join) if join else None
        return grant.device if grant else None

    def write_only(self, device):
        """As its counting join says."""
        join = self.counting.get(device)
        return join is not None and join.statements[0][4] == 1

    # --- 6.2 --------------------------------------------------------------------------------------

    def rows(self, says, row):
        """Rows of statements that count, ascending by their bytes, each once."""
        found = {pack(row(say[2])): row(say[2]) for say in says}
        return [found[key] for key in sorted(found)]

    def cut_rows(self):
        """[[device, reason, places]…]."""
        return self.rows(self.cuts, lambda s: [s[1], s[2], s[3]])

    def freeze_rows(self):
        """[[device, seq, id]…]."""
        return self.rows(self.freezes, lambda s: [s[1], s[2], s[3]])


