# SPDX-License-Identifier: Apache-2.0
"""Who counts, from protocol/control.md 5 and 6.2: naive, over the set of control changesets.

Changesets come as (header, signature, body), in any order; nothing here depends on it. Statements
of the membership issue (5.8) make the devices they name unresolved.
"""
import changeset as c
import control as k
import primitives as p
from encoding import pack
from primitives import H, Refused


class Held:
    """One control changeset."""

    def __init__(self, name, f, body, knows, statements):
        self.name, self.device, self.seq, self.prev = name, f["device"], f["seq"], f["prev"]
        self.authority, self.body = f["authority"], body
        self.knows, self.statements = knows, statements


class Team:
    """The evaluation of one set."""

    def __init__(self, team, changesets):
        self.team, self.held = team, {}
        for header, signature, body in changesets:
            try:
                name, f = c.verify(header, signature, body)
                knows, _, statements = k.decode_body(body)
            except Refused:
                continue
            if f["compartment"] == c.CONTROL and f["team"] == team:
                self.held[name] = Held(name, f, body, knows, statements)
        self.find_genesis()
        self.find_admins()
        self.find_joins()
        self.settle()
        self.choose()
        self.find_epochs()

    # --- the set ----------------------------------------------------------------------------------

    def stands(self, x):
        """5.0: its chain is held back to seq 1."""
        while x.seq > 1:
            before = self.held.get(x.prev)
            if before is None or before.device != x.device or before.seq != x.seq - 1:
                return False
            x = before
        return True

    def past(self, x):
        """Names of what x knows (5.5)."""
        seen, queue = set(), [x]
        while queue:
            one = queue.pop()
            for name in [one.prev, one.authority] + one.knows:
                if name in self.held and name not in seen:
                    seen.add(name)
                    queue.append(self.held[name])
        return seen

    def resolved(self, x):
        """The statements of x that no unknown kind of its author stands before (2.1)."""
        line = x
        while line.prev in self.held:
            line = self.held[line.prev]
            if any(s[0] not in k.ELEMENTS for s in line.statements):
                return
        for index, statement in enumerate(x.statements):
            if statement[0] not in k.ELEMENTS:
                return
            yield index, statement

    def said(self, kind):
        """(changeset, index, statement) of a kind, in changesets that stand."""
        return [(x, i, s) for x in self.held.values() if self.stands(x)
                for i, s in self.resolved(x) if s[0] == kind]

    def newest(self, says):
        """Those that no other of them knows; in one changeset the later knows the earlier."""
        def known_by(a, b):
            return a[0].name in self.past(b[0]) or (a[0] is b[0] and a[1] < b[1])
        return [a for a in says if not any(known_by(a, b) for b in says)]

    # --- 5.1 --------------------------------------------------------------------------------------

    def find_genesis(self):
        """The one whose body's hash is the team."""
        self.genesis = None
        for x in self.held.values():
            says = x.statements[0]
            if x.seq == 1 and says[0] == k.GENESIS and x.device == says[1] \
                    and H("TEAM", x.body) == self.team:
                self.genesis, self.root, self.founder = says, says[1], says[3][0]
        if self.genesis is None:
            self.root = self.founder = None

    def find_admins(self):
        """Founder and whom root makes admin; taking wins."""
        roles = [say for say in self.said(k.ROLE) if say[0].device == self.root]
        self.admins = set()
        for device in {self.founder} | {say[2][1] for say in roles}:
            mine = self.newest([say for say in roles if say[2][1] == device])
            if all(say[2][2] == k.ADMIN for say in mine) and (mine or device == self.founder):
                self.admins.add(device)
        self.roles = roles + [say for say in self.said(k.ROLE) if say[0].device in self.admins
                              and say[0].device != self.root
                              and say[2][1] not in self.admins and say[2][2] != k.ADMIN]

    def by_admins(self, kind):
        """Statements of a kind by admins."""
        return [say for say in self.said(kind) if say[0].device in self.admins]

    # --- 5.2, 5.3 ---------------------------------------------------------------------------------

    def find_joins(self):
        """Joins with a valid proof under an admin's invite; barred: they know its revoke."""
        self.invites, self.joins, self.barred = {}, {}, set()
        for x in self.held.values():
            grant = next((s for s in x.statements if s[0] == k.INVITE), None)
            if grant and x.device in self.admins:
                self.invites[x.name] = (x, grant)
        revokes = self.by_admins(k.INVITE_REVOKE)
        self.revoked = {say[2][1] for say in revokes}
        for x in self.held.values():
            join = x.statements[0]
            if x.seq != 1 or join[0] != k.JOIN or join[1] not in self.invites:
                continue
            key = self.invites[join[1]][1][1]
            message = k.join_message(self.team, x.device, join)
            if not p.verify("JOIN", message, join[6], key):
                continue
            if any(say[2][1] == join[1] and say[0].name in self.past(x) for say in revokes):
                self.barred.add(x.name)
            self.joins[x.name] = x

    def role_of(self, device, join):
        """5.3, for a device that came by that join."""
        if device in self.admins:
            return k.ADMIN
        says = self.newest([say for say in self.roles if say[2][1] == device])
        if says:
            return min(say[2][2] for say in says)
        return self.invites[join.statements[0][1]][1][2] if join else k.OBSERVER

    def settle(self):
        """Joins named by an admit that counts; who is settled only grows."""
        self.settled, self.counting = set(), []
        while True:
            coordinators = {self.joins[name].device for name in self.settled
                            if self.role_of(self.joins[name].device, self.joins[name])
                            == k.COORDINATOR}
            self.counting = [
                say for say in self.said(k.ADMIT)
                if say[0].device in self.admins
                or (say[0].device in coordinators and say[2][3] == 0
                    and say[2][1] != say[0].device)]
            named = {say[2][2] for say in self.counting
                     if say[2][2] in self.joins and say[2][2] not in self.barred
                     and self.joins[say[2][2]].device == say[2][1]}
            if named <= self.settled:
                return
            self.settled |= named

    def choose(self):
        """Members: per device the settled join, else the placed one; else it waits."""
        placed = set()
        for name, (_, grant) in self.invites.items():
            mine = sorted(j for j, x in self.joins.items()
                          if x.statements[0][1] == name and j not in self.barred)
            left = max(0, grant[4] - sum(j in self.settled for j in mine))
            if name not in self.revoked:
                placed.update([j for j in mine if j not in self.settled][:left])
        best = {}
        for name, x in self.joins.items():
            order = (0 if name in self.settled else 1 if name in placed else 2, name)
            if x.device != self.founder and (x.device not in best or order < best[x.device]):
                best[x.device] = order
        self.members = {self.founder: None} if self.founder else {}
        self.members.update({device: self.joins[name] for device, (order, name) in best.items()
                             if order < 2})

    # --- 5.4 --------------------------------------------------------------------------------------

    def may_read(self, device, compartment):
        """The right to read, write-only or not."""
        join = self.members[device]
        if compartment == 0:
            return self.role_of(device, join) != k.MONITOR
        says = self.newest([(x, i, grant) for x, i, s in self.by_admins(k.COMPARTMENT)
                            if s[1] == compartment for grant in s[3] if grant[0] == device])
        if says:
            return all(say[2][1] for say in says)
        if compartment != 1:
            return False
        return join is None or self.invites[join.statements[0][1]][1][3] == 1

    def confirmed(self, device):
        """Whether keys may be given to it."""
        join = self.members[device]
        return (join is None or self.invites[join.statements[0][1]][1][6] == 1
                or any(say[2][2] == join.name and say[2][3] == 1 and say[2][1] == device
                       for say in self.counting))

    # --- 5.6, 6.2 ---------------------------------------------------------------------------------

    def find_epochs(self):
        """(compartment, number, public) → usable; schema in force."""
        self.epochs = {}
        for x, _, s in self.by_admins(k.EPOCH):
            self.epochs[tuple(s[1:4])] = self.usable(s[1], s[3], x.device)
        schemas = [(s[1], s[2]) for _, _, s in self.by_admins(k.SCHEMA)]
        if self.genesis:
            self.epochs.update({tuple(epoch): True for epoch in self.genesis[4]})
            schemas.append((self.genesis[5], self.genesis[6]))
        top = max((version for version, _ in schemas), default=0)
        self.schema_hash = min((name for version, name in schemas if version == top),
                               default=bytes(32))

    def usable(self, compartment, public, issuer):
        """5.6: a reader whom the issuer did not admit opened it, or there is none such."""
        unresolved = {s[1] for kind in (k.CUT, k.FREEZE) for _, _, s in self.said(kind)}
        others = [device for device in self.members
                  if device != issuer and device not in unresolved and self.confirmed(device)
                  and self.may_read(device, compartment) and not self.write_only(device)
                  and not self.admitted(device, issuer)]
        says = [say for say in self.said(k.EPOCH_OK)
                if say[2][1] == public and say[2][2] == 1 and say[0].device in others]
        return not others or bool(says)

    def admitted(self, device, issuer):
        """Whether issuer wrote its invite or an admit of it."""
        join = self.members[device]
        return join is not None and (
            self.invites[join.statements[0][1]][0].device == issuer
            or any(say[0].device == issuer and say[2][2] == join.name for say in self.counting))

    def write_only(self, device):
        """As its join says."""
        join = self.members[device]
        return join is not None and join.statements[0][4] == 1

    def writing(self, compartment):
        """Public key of the epoch writers use, or None."""
        fit = [name for name, usable in self.epochs.items() if usable and name[0] == compartment]
        top = max((name[1] for name in fit), default=0)
        return min((name[2] for name in fit if name[1] == top), default=None)

    def devices(self):
        """Rows of the digest: [device, role, protected, write_only, settled]."""
        return [[device, self.role_of(device, self.members[device]),
                 int(self.may_read(device, 1)), int(self.write_only(device)),
                 int(self.members[device] is None or self.members[device].name in self.settled)]
                for device in sorted(self.members)]

    def digest(self):
        """6.2."""
        rows = [list(name) for name in sorted(self.epochs)]
        return H("STATE", pack([1, self.team, self.devices(), rows, self.schema_hash]))

