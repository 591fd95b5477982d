# SPDX-License-Identifier: Apache-2.0
"""Handoffs being put together, whole or wrong: what make_handoff.py makes vectors of."""
import body as b
import changeset as c
import control as k
import primitives as p
from encoding import pack, unpack
from make_teams import NOW, STAMP, Device, World, key
from primitives import H

MANIFEST, CONTROL, SCHEMA, CHANGESET, RECORD = 1, 2, 3, 4, 5
TITLE, SUMMARY, COUNT, MEANS = 121, 122, 123, 124
COMPILED = pack([1, "vectors", 1, [[1, "means", [[1, "shelling", "Shelling", "قصف", 0, []],
                                                 [2, "airstrike", "Airstrike", "غارة", 0, []]]]],
                 [[1, "incident", "Incident", "حادثة", 0, 0, [
                     [101, "source_id", "Source id", "معرّف", 3, 0, 0, 0, 2, 1, None, None, []],
                     [102, "withdrawn", "Withdrawn", "مسحوب", 16, 0, 0, 0, 1, 1, None, None, []],
                     [TITLE, "title", "Title", "العنوان", 4, 0, 0, 0, 1, 0, None, None, []],
                     [SUMMARY, "summary", "Summary", "الملخص", 4, 0, 0, 0, 1, 1, None, None, []],
                     [COUNT, "count", "Count", "العدد", 1, 0, 0, 0, 1, 0, 0, 1000, []],
                     [MEANS, "means", "Means", "الوسيلة", 6, 2, 1, 0, 4, 0, None, None, []]]]],
                 []])
COURT, OTHER = Device("court"), Device("other organisation")
ORG_TEAM = H("TEAM", b"court")


def ident(name):
    """A record's id."""
    raw = bytearray(key("record " + name)[:16])
    raw[6], raw[8] = raw[6] & 0x0f | 0x80, raw[8] & 0x3f | 0x80
    return bytes(raw)


RAID, SHELLING = sorted([ident("raid"), ident("shelling")])


def org(device, name="Court"):
    """A recipient of the manifest."""
    return [ORG_TEAM, device.key, device.hpke, name]


def frame(kind, payload):
    """A frame."""
    return bytes([kind]) + len(payload).to_bytes(4, "big") + payload


class Tree:
    """Salted leaves with their proofs."""

    def __init__(self, contents, seed):
        self.contents, self.seed = contents, seed
        hashes = [p.merkle_leaf(p.merkle_salt(seed, i), x) for i, x in enumerate(contents)]
        self.row, self.hashes = p.content_row(list(hashes), seed), hashes
        self.root = p.merkle_root(self.row)

    def leaf(self, number, origin=None):
        """[from, bytes, salt, index, proof]."""
        index = self.row.index(self.hashes[number])
        return [origin, self.contents[number], p.merkle_salt(self.seed, number), index,
                b"".join(p.inclusion_proof(self.row, index))]


def leaf_hash(leaf):
    """Of a leaf as it stands in a record."""
    return p.merkle_leaf(leaf[2], leaf[1])


def shown(leaves):
    """3.1"""
    return H("LEAF", b"\3" + b"".join(leaf_hash(leaf) for leaf in leaves))


WRITES = {RAID: [(TITLE, "ar", "غارة"), (TITLE, "en", "Raid"), (SUMMARY, "en", "MARKER withheld"),
                 (COUNT, None, 3), (MEANS, 2, 1)],
          SHELLING: [(TITLE, "und", "Shelling"), (COUNT, None, 1)]}


class Team:
    """An origin with founder, a coordinator that signs, and two monitors that write."""

    def __init__(self):
        self.world = World()
        self.coordinator = self.world.member("coordinator", k.COORDINATOR, 1)
        self.author = self.world.member("author", k.MONITOR, 0)
        self.second = self.world.member("second", k.MONITOR, in_person=1)
        self.waiting = self.world.member("waiting", k.COORDINATOR)

    def certificates(self, *devices):
        """Ids of what proves them: genesis, invites, joins, admits."""
        world, names = self.world, set()
        names.add(world.genesis)
        for name, (_, _, body) in world.made.items():
            _, _, statements = k.decode_body(body)
            for statement in statements:
                for device in devices:
                    if name in device.chain[:1] or (
                            statement[0] == k.ADMIT and statement[1] == device.key):
                        names.add(name)
                        join = device.joined
                        names.add(k.decode_body(world.made[join][2])[2][0][1])
        return sorted(names)


class Content:
    """A handoff's parts, which a vector may change before they are put together."""

    def __init__(self, mode=0):
        self.team = Team()
        self.signer = self.team.coordinator
        self.m = [1, mode, key("handoff")[:16], self.team.world.team, "Observatory",
                  self.signer.key, NOW, [org(COURT)], "court case", None, 20000, 2,
                  H("STATE", b"as of"), [], H("POLICY", COMPILED), None, [], [], [], [], [],
                  [[ident("left"), 1, 1]], []]
        self.schema, self.records, self.changesets = COMPILED, [], []
        devices = [self.signer]
        if mode:
            devices += self.by_author()
        else:
            self.attested()
        self.certify(*devices)

    def certify(self, *devices):
        """CONTROL and its list."""
        names = self.team.certificates(*devices)
        self.control = [self.team.world.lone(name) for name in names]
        self.m[13] = names

    def attested(self):
        """Records with trees of their own."""
        for record in (RAID, SHELLING):
            seed = p.keyed_hash(key("handoff secret"), record)
            contents = [pack([2, record, 1])]
            writes = sorted(WRITES[record], key=lambda w: (w[0], pack(w[1]) if w[1] else b""))
            contents += [pack([3, record, *write]) for write in writes]
            tree = Tree(contents, seed)
            leaves = [tree.leaf(i) for i in range(len(contents))
                      if i == 0 or writes[i - 1][0] != SUMMARY]
            self.add_record(record, tree.root, leaves,
                            [SUMMARY] if len(leaves) < len(contents) else [])

    def add_record(self, record, root, leaves, withheld):
        """A record with its entry."""
        self.records.append(leaves)
        self.m[20].append([record, 1, root, len(leaves), shown(leaves), withheld])

    def by_author(self):
        """Changesets of two authors: one creates both, the other corrects a title."""
        team = self.team
        first, second = team.author, team.second
        creates = b.Body(STAMP + 77, bytes(8))
        creates.creates = [(1, 0, RAID), (1, 1, SHELLING)]
        for place, record in enumerate((RAID, SHELLING)):
            for field, name, value in WRITES[record]:
                form = 1 if field in (TITLE, SUMMARY) else 2 if field == MEANS else 0
                creates.writes.append((place, field, form, name, value))
        edit = b.Body(STAMP + 99, bytes(8))
        edit.edits = [(RAID, TITLE, "en", "Raid on a market", [])]
        made = []
        for device, body in ((first, creates), (second, edit)):
            values = [pack(leaf) for leaf in b.leaf_values(1, body)]
            tree = Tree(values, key("salts of " + body.base.hex() + str(body.stamp)))
            fields = {"version": 1, "team": team.world.team, "device": device.key,
                      "compartment": 0, "seq": 1, "prev": c.ZERO, "epoch": 1,
                      "authority": device.joined, "content_root": tree.root, "seen": None}
            header, signature, _ = c.finish(device.seed, fields, b"sealed " + values[1])
            made.append((H("CHANGESET", header), device, header, signature, tree))
        made.sort(key=lambda item: item[0])
        authors = sorted([first, second], key=lambda device: device.key)
        self.m[18] = [[device.key, k.MONITOR] for device in authors]
        self.m[19] = [[item[0], authors.index(item[1])] for item in made]
        self.changesets = [[item[2], item[3], item[4].leaf(1, at)] for at, item in enumerate(made)]
        self.trees = [item[4] for item in made]
        self.made = made
        wrote = {item[1]: at for at, item in enumerate(made)}

        def leaf(device, content):
            at = wrote[device]
            return self.trees[at].leaf(self.trees[at].contents.index(pack(content)), at)

        raid = [leaf(first, [2, RAID, 1]), leaf(first, [3, RAID, TITLE, "ar", "غارة"]),
                leaf(second, [3, RAID, TITLE, "en", "Raid on a market"]),
                leaf(first, [3, RAID, COUNT, None, 3]), leaf(first, [3, RAID, MEANS, 2, 1])]
        shelling = [leaf(first, [2, SHELLING, 1]),
                    leaf(first, [3, SHELLING, TITLE, "und", "Shelling"]),
                    leaf(first, [3, SHELLING, COUNT, None, 1])]
        self.old_title = leaf(first, [3, RAID, TITLE, "en", "Raid"])
        self.summary = leaf(first, [3, RAID, SUMMARY, "en", "MARKER withheld"])
        self.add_record(RAID, None, raid, [SUMMARY])
        self.add_record(SHELLING, None, shelling, [])
        return [first, second]

    def again(self):
        """Entries that fit the records as they are now."""
        for entry, leaves in zip(self.m[20], self.records):
            entry[3], entry[4] = len(leaves), shown(leaves)
        return self

    def manifest(self):
        """Its bytes."""
        return pack(self.m)

    def frames(self, signer=None):
        """The frames, one by one."""
        manifest = self.manifest()
        signature = p.sign("MANIFEST", H("MANIFEST", manifest), (signer or self.signer).seed)
        return ([frame(MANIFEST, pack([manifest, signature]))]
                + [frame(CONTROL, lone) for lone in self.control]
                + [frame(SCHEMA, self.schema)]
                + [frame(CHANGESET, pack(item)) for item in self.changesets]
                + [frame(RECORD, pack(leaves)) for leaves in self.records])

    def bytes(self, signer=None):
        """The content."""
        return b"".join(self.frames(signer))

    def summary_of(self):
        """What a reader shows."""
        records = []
        for entry, leaves in zip(self.m[20], self.records):
            number, claimed = 0, 0
            if self.m[1]:
                place = leaves[0][0]
                number = self.m[19][place][1] + 1
                claimed = STAMP + (77 if self.made[place][1] is self.team.author else 99)
            values = []
            for leaf in leaves[1:]:
                _, _, field, name, value = unpacked(leaf[1])
                values.append([field, pack(name), pack(value)])
            records.append([entry[0], entry[1], number, claimed, values, entry[5]])
        return {"mode": self.m[1], "team": self.m[3], "handoff": self.m[2],
                "manifest_hash": H("MANIFEST", self.manifest()), "records": records}


def unpacked(data):
    """A value."""
    return unpack(data, 9)


def given(content, reader=COURT, origin=None):
    """The input of an op verify."""
    return {"content": content, "sign": reader.key if reader else None,
            "hpke": reader.hpke if reader else None, "from": origin}
