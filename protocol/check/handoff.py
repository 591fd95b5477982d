# SPDX-License-Identifier: Apache-2.0
"""A handoff's content, from protocol/handoff.md alone: read, judged, refused with a named reason.

open_content goes over the frames once, in the order of section 7, and returns a Handoff.
"""
import base64

import changeset as c
import control as k
import primitives as p
import schema
import values
from encoding import Reader, is_bin, is_uint, pack, unpack
from primitives import H, LIMITS, Refused

ATTESTED, AUTHOR = 0, 1
MANIFEST, CONTROL, SCHEMA, CHANGESET, RECORD = range(1, 6)
NAMES = ("version", "mode", "handoff", "team", "name", "signer", "made", "recipients", "purpose",
         "terms", "until", "release", "as_of", "control", "schema", "update_of", "retractions",
         "supersedes", "authors", "changesets", "records", "left_out", "media")
U32, U64 = 2**32 - 1, 2**64 - 1
ROLE = ("observer", "monitor", "coordinator", "admin")


class Unfit(Exception):
    """A handoff that is refused: the reason of section 7, and where."""

    def __init__(self, reason, where=""):
        super().__init__(f"{reason}: {where}" if where else reason)
        self.reason = reason


def need(condition, reason="form", where=""):
    """Refuses unless the condition holds."""
    if not condition:
        raise Unfit(reason, where)


def parse(data, where):
    """The one array that data is."""
    try:
        value = unpack(data, 3)
    except Refused as refused:
        raise Unfit("limit" if refused.code == "LIMIT" else "form", where) from refused
    need(isinstance(value, list), where=where)
    return value


def ascending(keys):
    """Strictly."""
    return all(a < b for a, b in zip(keys, keys[1:]))


# --- 1. Organisation keys -------------------------------------------------------------------------

def org_text(value):
    """[1, team, x, y, name] of 1.2 and 1.3, or Unfit."""
    need(len(value) == 5 and value[0] == 1 and all(is_bin(v, 32) for v in value[1:4])
         and isinstance(value[4], str), where="organisation key")
    need(len(value[4].encode()) <= LIMITS["HANDOFF_TEXT_SIZE_MAX"], "limit", "organisation's name")
    return value


def read_org_key(text):
    """1.2: [1, team, sign, hpke, name]."""
    bare = "".join(text.split())
    need(bare.startswith("mirsalorg1"), where="organisation key")
    encoded = bare[len("mirsalorg1"):]
    try:
        data = base64.b64decode(encoded + "=" * (-len(encoded) % 4), b"-_", validate=True)
    except ValueError as error:
        raise Unfit("form", "organisation key") from error
    need(base64.urlsafe_b64encode(data).rstrip(b"=").decode() == encoded, where="base64url")
    return org_text(parse(data, "organisation key"))


def write_org_key(team, sign, hpke, name):
    """1.2."""
    data = pack([1, team, sign, hpke, name])
    return "mirsalorg1" + base64.urlsafe_b64encode(data).rstrip(b"=").decode()


# --- 2. Frames ------------------------------------------------------------------------------------

class Frames:
    """One cursor over the content."""

    def __init__(self, content):
        self.reader = Reader(content)

    def next(self, kind):
        """The payload of the next frame, which must be of that kind."""
        where = f"frame at byte {self.reader.at}"
        need(self.reader.left() >= 5, "truncated", where)
        found, size = self.reader.number(1), self.reader.number(4)
        need(found == kind, where=where)
        need(size <= LIMITS["HANDOFF_FRAME_SIZE_MAX"], "limit", where)
        need(self.reader.left() >= size, "truncated", where)
        return self.reader.take(size)

    def finish(self):
        """Nothing behind."""
        need(self.reader.left() == 0, "trailing", f"byte {self.reader.at}")


def write_frame(kind, payload):
    """2.1."""
    return bytes([kind]) + len(payload).to_bytes(4, "big") + payload


class Leaf:
    """2.2: one leaf as it is carried; value is what its bytes hold, once they are proven."""

    def __init__(self, row, where):
        need(isinstance(row, list) and len(row) == 5, where=where)
        self.source, self.bytes, self.salt, self.index, self.proof = row
        need(self.source is None or is_uint(self.source, U32), where=where)
        need(isinstance(self.bytes, bytes) and isinstance(self.proof, bytes), where=where)
        need(is_bin(self.salt, 16) and is_uint(self.index, U32), where=where)
        self.value = None
        self.hash = p.merkle_leaf(self.salt, self.bytes)

    def prove(self, root, depths, where):
        """2.3: the proof leads to root; depths: number of nodes by root."""
        count, rest = divmod(len(self.proof), 32)
        need(rest == 0 and 4 <= count <= 16, "proof", where)
        need(depths.setdefault(root, count) == count, "proof", where)
        try:
            p.check_inclusion(root, 1 << count, self.index, self.hash, self.proof)
        except Refused as refused:
            raise Unfit("proof", where) from refused
        try:
            self.value = parse(self.bytes, where)
        except Unfit as unfit:
            raise Unfit("leaf", where) from unfit


# --- 3. Manifest ----------------------------------------------------------------------------------

def is_text(value):
    """Not empty, or nil."""
    return value is None or isinstance(value, str) and value != ""


def check_rows(rows, checks, keys, most, where):
    """Each row has these elements; keys of rows ascend strictly; at most so many."""
    need(isinstance(rows, list), where=where)
    need(len(rows) <= most, "limit", where)
    for row in rows:
        need(isinstance(row, list) and len(row) == len(checks), where=where)
        need(all(check(item) for check, item in zip(checks, row)), where=where)
    need(ascending([keys(row) for row in rows]), where=where)


def b16(value):
    """bin 16."""
    return is_bin(value, 16)


def b32(value):
    """bin 32."""
    return is_bin(value, 32)


def u32(value):
    """uint of 32 bits."""
    return is_uint(value, U32)


def below(high):
    """uint below high."""
    return lambda value: is_uint(value, high - 1)


def is_field_list(value):
    """Ids, strictly ascending."""
    return isinstance(value, list) and all(map(u32, value)) and ascending(value)


def check_manifest(m):
    """Forms and orders of section 3, but for the version."""
    simple = {"mode": below(2), "handoff": b16, "team": b32, "signer": b32, "made": is_uint,
              "name": lambda v: isinstance(v, str), "purpose": is_text, "terms": is_text,
              "until": lambda v: v is None or values.is_int(v), "release": u32, "as_of": b32,
              "schema": b32, "update_of": lambda v: v is None or b16(v), "media": lambda v: v == []}
    for name, check in simple.items():
        need(check(m[name]), where=name)
    for name in ("name", "purpose", "terms"):
        need(len((m[name] or "").encode()) <= LIMITS["HANDOFF_TEXT_SIZE_MAX"], "limit", name)
    many = LIMITS["HANDOFF_RECORDS_MAX"]

    def a_name(value):
        return isinstance(value, str) and len(value.encode()) <= LIMITS["HANDOFF_TEXT_SIZE_MAX"]
    check_rows(m["recipients"], (b32, b32, b32, a_name), lambda r: r[1],
               LIMITS["HANDOFF_RECIPIENTS_MAX"], "recipients")
    need(m["recipients"], where="recipients")
    need(isinstance(m["control"], list) and m["control"] and all(map(b32, m["control"]))
         and ascending(m["control"]), where="control")
    need(len(m["control"]) <= LIMITS["HANDOFF_CONTROL_MAX"], "limit", "control")
    check_rows(m["retractions"], (b16, below(3)), lambda r: r[0], many, "retractions")
    check_rows(m["supersedes"], (b16, u32, b32), tuple, many, "supersedes")
    check_rows(m["authors"], (b32, below(4)), lambda r: r[0], LIMITS["HANDOFF_CONTROL_MAX"],
               "authors")
    check_rows(m["changesets"], (b32, below(len(m["authors"]))), lambda r: r[0],
               LIMITS["HANDOFF_CHANGESETS_MAX"], "changesets")

    def is_root(value):
        return value is None if m["mode"] == AUTHOR else b32(value)
    check_rows(m["records"], (b16, u32, is_root, u32, b32, is_field_list),
               lambda r: (r[1], r[0]), many, "records")
    need(all(row[3] >= 1 for row in m["records"]), where="records")
    check_rows(m["left_out"], (b16, u32, below(3)), lambda r: (r[1], r[0]), many, "left_out")
    need(not {r[0] for r in m["records"]} & {r[0] for r in m["left_out"]}, where="left_out")
    if m["mode"] == ATTESTED:
        need(m["authors"] == [] and m["changesets"] == [], where="mode")


def read_manifest(frames):
    """The signed manifest by name, and its hash."""
    row = parse(frames.next(MANIFEST), "manifest's frame")
    need(len(row) == 2 and isinstance(row[0], bytes) and is_bin(row[1], 64), where="manifest")
    fields = parse(row[0], "manifest")
    need(fields and is_uint(fields[0]), where="manifest")
    need(fields[0] == 1, "version", "manifest")
    need(len(fields) == len(NAMES), where="manifest")
    m = dict(zip(NAMES, fields))
    check_manifest(m)
    digest = H("MANIFEST", row[0])
    need(p.verify("MANIFEST", digest, row[1], m["signer"]), "signature", "manifest")
    return m, digest


# --- 6. Certificates ------------------------------------------------------------------------------

class Said:
    """One CONTROL changeset, verified."""

    def __init__(self, id_, fields, statements):
        self.id, self.device, self.seq = id_, fields["device"], fields["seq"]
        self.authority, self.statements = fields["authority"], statements

    def of(self, kind):
        """Its statements of that kind."""
        return [s for s in self.statements if s[0] == kind]


def read_said(payload, team, where):
    """A lone control changeset that verifies by itself."""
    try:
        header, signature, body = k.read_lone(payload)
        id_, fields = c.verify(header, signature, body)
        need(fields["compartment"] == c.CONTROL and fields["team"] == team, "certificate", where)
        return Said(id_, fields, k.decode_body(body)[2]), body
    except Refused as refused:
        raise Unfit("certificate", where) from refused


def roles(team, held):
    """6.1 to 6.5: device → role. held: [(Said, body)]. Least sets, found by going round."""
    starts = [(s, body) for s, body in held if s.statements[0][0] == k.GENESIS
              and s.authority == c.ZERO and s.device == s.statements[0][1]
              and H("TEAM", body) == team]
    need(len(starts) == 1, "genesis", "control")
    genesis = starts[0][0]
    root, founder = genesis.device, genesis.statements[0][3][0]
    said = [s for s, _ in held]
    admins = {founder} | {r[1] for s in said if s.device == root for r in s.of(k.ROLE)
                          if r[2] == k.ADMIN} - {root}
    basis, came = joins(team, said, founder, admins)
    spoken = {d: [r[2] for s in said if s.device in admins | {root} for r in s.of(k.ROLE)
                  if r[1] == d] for d in basis}
    found, before = {d: k.ADMIN for d in admins}, None
    while before != found:
        before = dict(found)
        for device, low in basis.items():
            vouching = admins | {d for d, role in before.items() if role == k.COORDINATOR}
            admitted = came[device][1] or spoken[device] or any(
                a[1] == device and a[2] == came[device][0] for s in said if s.device in vouching
                for a in s.of(k.ADMIT))
            if device not in admins and admitted:
                found[device] = min(spoken[device] + [k.COORDINATOR]) if spoken[device] else low
    return found


def joins(team, said, founder, admins):
    """6.3: device → basis; device → (join's changeset, invite says in person)."""
    by_id, basis, came, before = {s.id: s for s in said}, {}, {}, None
    first = [s for s in said if s.seq == 1 and s.statements[0][0] == k.JOIN]
    while before != basis:
        before = dict(basis)
        for s in first:
            join = s.statements[0]
            grant = by_id.get(join[1])
            message = k.join_message(team, s.device, join)
            if grant is None:
                continue
            invites, retires = grant.of(k.INVITE), grant.of(k.RETIRE)
            if invites and grant.device in admins and p.verify(
                    "JOIN", message, join[6], invites[0][1]):
                low, in_person = invites[0][2], invites[0][6]
            elif (any(r[1] == s.device for r in retires)
                  and (grant.device == founder or grant.device in before)
                  and p.verify("JOIN", message, join[6], grant.device)):
                low, in_person = min(k.MONITOR, before.get(grant.device, k.MONITOR)), 0
            else:
                continue
            need(came.get(s.device, (s.id,))[0] == s.id, "certificate", "two joins of one device")
            basis[s.device], came[s.device] = low, (s.id, in_person)
    return basis, came


# --- 7. Verifying ---------------------------------------------------------------------------------

class Handoff:
    """What was verified: manifest by name, its hash, schema, roles, records in their order."""

    def __init__(self, manifest, digest):
        self.manifest, self.hash, self.schema = manifest, digest, None
        self.roles, self.claimed, self.records = {}, [], []


class Shown:
    """A record: id, type, author's number or 0, claimed stamp or 0, values, withheld ids."""

    def __init__(self, row):
        self.id, self.type, self.withheld = row[0], row[1], row[5]
        self.sources, self.values = [], []


def read_control(frames, m):
    """The certificates, in the manifest's order."""
    held = []
    for number, id_ in enumerate(m["control"]):
        said, body = read_said(frames.next(CONTROL), m["team"], f"certificate {number}")
        need(said.id == id_, "certificate", f"certificate {number}")
        held.append((said, body))
    return held


def read_changeset(frames, handoff, place, depths):
    """A CHANGESET: its author, content_root and claimed stamp."""
    m, where = handoff.manifest, f"changeset {place}"
    row = parse(frames.next(CHANGESET), where)
    need(len(row) == 3 and isinstance(row[0], bytes) and is_bin(row[1], 64), where=where)
    try:
        fields = c.decode_header(row[0])
    except Refused as refused:
        raise Unfit("changeset", where) from refused
    id_, author = m["changesets"][place]
    need(H("CHANGESET", row[0]) == id_ and fields["team"] == m["team"]
         and fields["compartment"] != c.CONTROL and fields["device"] == m["authors"][author][0]
         and p.verify("CHANGESET", row[0], row[1], fields["device"]), "changeset", where)
    leaf = Leaf(row[2], where)
    need(leaf.source == place, where=where)
    leaf.prove(fields["content_root"], depths, where)
    need(len(leaf.value) == 2 and leaf.value[0] == 1 and is_uint(leaf.value[1]), "leaf", where)
    return fields["content_root"], leaf.value[1]


def read_record(frames, handoff, number, roots, depths):
    """A RECORD: each leaf proven, in order, of this record; then what the manifest says of it."""
    m = handoff.manifest
    row = m["records"][number]
    where = f"record {number}"
    leaves = parse(frames.next(RECORD), where)
    shown, last, hashes = Shown(row), None, b""
    for at, raw in enumerate(leaves):
        spot = f"{where}, leaf {at}"
        leaf = Leaf(raw, spot)
        if m["mode"] == ATTESTED:
            need(leaf.source is None, where=spot)
            root = row[2]
        else:
            need(leaf.source is not None and leaf.source < len(roots), where=spot)
            root = roots[leaf.source]
        leaf.prove(root, depths, spot)
        if at == 0:
            need(leaf.value == [2, row[0], row[1]], "leaf", spot)
        else:
            last = check_leaf(handoff, row, leaf, last, spot)
            shown.values.append(tuple(leaf.value[2:]))
        shown.sources.append(leaf.source)
        hashes += leaf.hash
    need(len(leaves) == row[3] and H("LEAF", b"\x03", hashes) == row[4], "undeclared", where)
    return shown


def check_leaf(handoff, row, leaf, last, spot):
    """2.2, 2.4 and the schema; its place in the order."""
    value = leaf.value
    need(len(value) == 5 and value[0] == 3 and value[1] == row[0] and u32(value[2]), "leaf", spot)
    field = handoff.schema.fields.get(row[1], {}).get(value[2])
    need(field is not None and handoff.schema.fits(field, value[3], value[4]), "leaf", spot)
    place = (value[2], b"" if value[3] is None else pack(value[3]))
    need(last is None or last < place, "leaf", spot)
    need(value[2] not in row[5], "withheld", spot)
    return place


def check_recipient(m, sign, hpke):
    """7: one of the recipients is who reads; None and None check nothing."""
    if sign is not None or hpke is not None:
        need(any(r[1] == sign and r[2] == hpke for r in m["recipients"]), "recipient", "manifest")


def open_content(content, sign=None, hpke=None, team=None):
    """Verifies a handoff's clear content for a reader's public keys (or none); a Handoff. team: the
    id that it must be of, or what judges one."""
    frames = Frames(content)
    m, digest = read_manifest(frames)
    handoff = Handoff(m, digest)
    check_recipient(m, sign, hpke)
    need(team is None or (team(m["team"]) if callable(team) else m["team"] == team), "from",
         "manifest")
    handoff.roles = roles(m["team"], read_control(frames, m))
    need(handoff.roles.get(m["signer"], 0) >= k.COORDINATOR, "signer", "manifest")
    compiled = frames.next(SCHEMA)
    need(H("POLICY", compiled) == m["schema"], "schema", "manifest")
    try:
        handoff.schema = values.Schema(schema.decode(compiled))
    except schema.c.SchemaError as refused:
        raise Unfit("schema", "schema") from refused
    for number, (device, role) in enumerate(m["authors"]):
        need(role >= k.MONITOR and handoff.roles.get(device) == role, "author",
             f"author {number}")
    depths, roots = {}, []
    for place in range(len(m["changesets"])):
        root, stamp = read_changeset(frames, handoff, place, depths)
        roots.append(root)
        handoff.claimed.append(stamp)
    for number in range(len(m["records"])):
        handoff.records.append(read_record(frames, handoff, number, roots, depths))
    used = {source for record in handoff.records for source in record.sources}
    if m["mode"] == AUTHOR:
        need(used == set(range(len(roots))), "unused", "changesets")
        need({row[1] for row in m["changesets"]} == set(range(len(m["authors"]))), "author",
             "an author without a changeset")
    frames.finish()
    return handoff


def author_of(handoff, record):
    """(number from 1, claimed stamp) of who made the record; (0, 0) in mode attested."""
    if handoff.manifest["mode"] == ATTESTED:
        return 0, 0
    source = record.sources[0]
    return handoff.manifest["changesets"][source][1] + 1, handoff.claimed[source]


# --- 8. Receipt -----------------------------------------------------------------------------------

def read_receipt(data):
    """[1, handoff, manifest hash, sign, ms, accepted, refused] of a receipt that verifies."""
    row = parse(data, "receipt")
    need(len(row) == 2 and isinstance(row[0], bytes) and is_bin(row[1], 64), where="receipt")
    receipt = parse(row[0], "receipt")
    need(len(receipt) == 7 and receipt[0] == 1 and is_bin(receipt[1], 16), where="receipt")
    need(is_bin(receipt[2], 32) and is_bin(receipt[3], 32), where="receipt")
    need(all(map(is_uint, receipt[4:])), where="receipt")
    need(p.verify("RECEIPT", row[0], row[1], receipt[3]), "signature", "receipt")
    return receipt
