# SPDX-License-Identifier: Apache-2.0
"""Control, from protocol/control.md 1 to 4: bodies, statements, sealed texts, envelopes, invites.

A statement in memory is [kind, element, …], the array it is on the wire.
"""
import base64

import changeset as c
import primitives as p
from encoding import Reader, depth, is_bin, is_uint, need, pack
from primitives import H, LIMITS, Refused

(GENESIS, ADMIT, JOIN, ROLE, INVITE, INVITE_REVOKE, COMPARTMENT, EPOCH, EPOCH_KEY, EPOCH_OK,
 SCHEMA, POLICY, RECEIPT, RELAY, CUT, FREEZE, UNFREEZE, ADOPT, RETIRE, PURGE, PURGE_DONE, UNPURGE,
 RESIDUE, FORK_PROOF, RECOVERY) = range(25)
OBSERVER, MONITOR, COORDINATOR, ADMIN = range(4)
U32, U63 = 2**32 - 1, 2**63 - 1
ENVELOPE_SIZE, TEXT_UNIT, PREFIX = 80, 16, "mirsal1"


# --- 2. Statements: one check for each form of element --------------------------------------------

def bin_of(size):
    """A bin of that size."""
    return lambda value: need(is_bin(value, size), why=f"bin {size}")


def uint_in(low, high):
    """An unsigned integer between the two."""
    return lambda value: need(is_uint(value) and low <= value <= high, why="number")


def list_of(check, ascending=None):
    """An array of such; ascending: the part of an item that rises strictly."""
    def judge(value):
        need(isinstance(value, list), why="list")
        for item in value:
            check(item)
        if ascending:
            keys = [ascending(item) for item in value]
            need(all(a < b for a, b in zip(keys, keys[1:])), why="order")
    return judge


def row_of(*checks):
    """An array of exactly these elements."""
    def judge(value):
        need(isinstance(value, list) and len(value) == len(checks), why="elements")
        for check, item in zip(checks, value):
            check(item)
    return judge


def text(value):
    """3.1: a sealed text or nil."""
    if value is None:
        return
    need(isinstance(value, list) and len(value) == 2, why="text")
    need(is_uint(value[0], U32) and isinstance(value[1], bytes), why="text")
    need(len(value[1]) <= LIMITS["SEALED_TEXT_SIZE_MAX"], "LIMIT", "text")
    need(len(value[1]) >= 48, why="text")


def optional(check):
    """nil or such."""
    return lambda value: None if value is None else check(value)


def a_bin(value):
    """A bin of any size."""
    need(isinstance(value, bytes), why="bin")


def a_str(value):
    """A text in clear."""
    need(isinstance(value, str), why="str")


def anything(value):
    """An element left opaque."""
    need(depth(value) <= LIMITS["MSGPACK_DEPTH_MAX"], "LIMIT", "depth")


def heads(value):
    """Heads of a receipt."""
    need(not isinstance(value, list) or len(value) <= LIMITS["RECEIPT_HEADS_MAX"], "LIMIT", "heads")
    list_of(row_of(b32, data, seq, b32), lambda head: (head[0], head[1]))(value)


b16, b32, b64 = bin_of(16), bin_of(32), bin_of(64)
flag, role, seq = uint_in(0, 1), uint_in(0, 3), uint_in(1, U63)
data, number, u32, uint = uint_in(0, 254), uint_in(1, U32), uint_in(0, U32), uint_in(0, 2**64 - 1)
envelope = bin_of(ENVELOPE_SIZE)
places = list_of(row_of(uint_in(0, 255), seq, b32), lambda place: place[0])
hashes = list_of(b32)

ELEMENTS = {
    GENESIS: (b32, b16, row_of(b32, b32, b32), list_of(row_of(data, number, b32)), u32, b32, text),
    ADMIT: (b32, b32, flag),
    JOIN: (b32, b32, b32, flag, text, b64),
    ROLE: (b32, role, places, places, u32, text),
    INVITE: (b32, uint_in(0, 2), flag, uint_in(1, 2**64 - 1), uint, flag, text),
    INVITE_REVOKE: (b32,),
    COMPARTMENT: (data, text, list_of(row_of(b32, flag)), places),
    EPOCH: (data, number, b32, optional(envelope)),
    EPOCH_KEY: (data, number, b32, b32, envelope),
    EPOCH_OK: (b32, flag),
    SCHEMA: (u32, b32, a_bin),
    POLICY: (uint, anything),
    RECEIPT: (heads,),
    RELAY: (b32, a_str, flag),
    CUT: (b32, uint_in(0, 2), places, hashes, text),
    FREEZE: (b32, uint, b32, text),
    UNFREEZE: (b32,),
    ADOPT: (hashes,),
    RETIRE: (b32, places),
    PURGE: (optional(b32), list_of(b16), hashes, hashes, text),
    PURGE_DONE: (b32,),
    UNPURGE: (b32,),
    RESIDUE: (b32, b32, uint, uint),
    FORK_PROOF: (a_bin, b64, a_bin, b64),
    RECOVERY: (uint, uint),
}


def encode_body(knows, stamp, statements):
    """A control body's bytes; changeset.md 7."""
    return pack([sorted(knows), stamp, statements])


def decode_body(body):
    """(knows, stamp, statements)."""
    need(len(body) <= LIMITS["CONTROL_BODY_SIZE_MAX"], "LIMIT", "control body")
    reader = Reader(body)
    values = reader.value(LIMITS["MSGPACK_DEPTH_MAX"] + 3)
    reader.finish()
    need(isinstance(values, list) and len(values) == 3, why="control body")
    knows, stamp, statements = values
    list_of(b32, lambda name: name)(knows)
    need(len(knows) <= LIMITS["KNOWS_MAX"], "LIMIT", "knows")
    uint(stamp)
    need(isinstance(statements, list) and statements, why="statements")
    need(len(statements) <= LIMITS["STATEMENTS_MAX"], "LIMIT", "statements")
    for index, statement in enumerate(statements):
        check_statement(statement)
        need(statement[0] != JOIN or index == 0, why="a join that is not first")
    return knows, stamp, statements


def check_statement(statement):
    """2.1: a known kind has its own elements; an unknown one is kept."""
    need(isinstance(statement, list) and statement and is_uint(statement[0]), why="statement")
    if statement[0] in ELEMENTS:
        row_of(*ELEMENTS[statement[0]])(statement[1:])
        if statement[0] == PURGE:  # 2.3
            order, named = statement[1] is None, any(statement[2:4])
            need(named or bool(statement[4]) if order else not named, why="no purge")
    else:
        for element in statement[1:]:
            anything(element)


# --- 3. Sealed parts ------------------------------------------------------------------------------

def seal_text(public, epoch, team, words, ikm):
    """A text for statements, sealed to main's epoch."""
    clear = words.encode()
    clear += bytes(-len(clear) % TEXT_UNIT)
    return [epoch, p.hpke_seal(public, "TEXT", ikm, team, clear)]


def open_text(secret, team, sealed):
    """The words of a text."""
    clear = p.hpke_open(secret, "TEXT", team, sealed[1])
    need(len(clear) % TEXT_UNIT == 0, why="filling")
    bare = clear.rstrip(b"\0")
    need(len(clear) - len(bare) < TEXT_UNIT and b"\0" not in bare, why="filling")
    try:
        return bare.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("MALFORMED", "not UTF-8") from error


def envelope_aad(team, compartment, epoch, public):
    """What an envelope is bound to."""
    return team + bytes([compartment]) + epoch.to_bytes(4, "big") + public


def seal_envelope(recipient, team, compartment, epoch, secret, ikm):
    """An epoch's private half for one recipient."""
    aad = envelope_aad(team, compartment, epoch, p.agree_public(secret))
    return p.hpke_seal(recipient, "KEY", ikm, aad, secret)


def open_envelope(recipient, team, compartment, epoch, public, sealed):
    """The private half; it must fit the public one."""
    secret = p.hpke_open(recipient, "KEY", envelope_aad(team, compartment, epoch, public), sealed)
    need(len(secret) == 32 and p.agree_public(secret) == public, "NOT_AUTHENTIC", "another half")
    return secret


def join_message(team, device, join):
    """2.2: what a join's proof signs."""
    return team + join[1] + device + join[2] + join[3]


def make_join(invite_seed, team, grant, device, noise, hpke, write_only=0, label=None):
    """A join with its proof."""
    join = [JOIN, grant, noise, hpke, write_only, label]
    return join + [p.sign("JOIN", join_message(team, device, join), invite_seed)]


# --- 4. Invites -----------------------------------------------------------------------------------

INVITE_NAMES = ("version", "team", "changesets", "secret", "label", "relay_url", "relay_identity",
                "relay_serial", "epochs", "role", "protected", "in_person")
INVITE_ROW = row_of(uint, b32, list_of(a_bin), b32, optional(a_str), optional(a_str), optional(b32),
                    uint_in(0, 65535), list_of(row_of(data, number, b32)), uint_in(0, 2), flag,
                    flag)


def lone(header, signature, body):
    """The array of three."""
    return pack([header, signature, body])


def read_lone(data_):
    """(header, signature, body) of a lone form."""
    reader = Reader(data_)
    values = reader.value()
    reader.finish()
    need(isinstance(values, list) and len(values) == 3
         and all(isinstance(value, bytes) for value in values), why="lone changeset")
    need(len(values[1]) == 64, why="signature")
    return tuple(values)


def write_invite(fields):
    """The string."""
    packed = pack([fields[name] for name in INVITE_NAMES])
    return PREFIX + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_invite(string):
    """Fields by name; form alone."""
    need(string.startswith(PREFIX), why="prefix")
    encoded = string[len(PREFIX):]
    try:
        packed = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_",
                                  validate=True)
    except ValueError as error:
        raise Refused("MALFORMED", "base64url") from error
    need(base64.urlsafe_b64encode(packed).decode().rstrip("=") == encoded, why="base64url")
    need(len(packed) <= LIMITS["INVITE_SIZE_MAX"], "LIMIT", "invite")
    reader = Reader(packed)
    values = reader.value()
    reader.finish()
    need(isinstance(values, list) and len(values) == 12, why="invite")
    need(values[0] == 1, "VERSION" if is_uint(values[0]) else "MALFORMED", "version")
    INVITE_ROW(values)
    fields = dict(zip(INVITE_NAMES, values))
    need(fields["changesets"], why="no changesets")
    return fields


def verify_invite(string, now_ms):
    """What a joiner checks; (fields, id of the invite's changeset)."""
    fields = read_invite(string)
    team, chain = fields["team"], []
    for data_ in fields["changesets"]:
        header, signature, body = read_lone(data_)
        name, f = c.verify(header, signature, body)
        need(f["compartment"] == c.CONTROL and f["team"] == team, "NOT_AUTHENTIC", "another team's")
        chain.append((name, f, body, decode_body(body)[2]))
    _, first, body, statements = chain[0]
    genesis = statements[0]
    need(H("TEAM", body) == team and genesis[0] == GENESIS and first["seq"] == 1
         and first["device"] == genesis[1], "NOT_AUTHENTIC", "genesis")
    admins = {genesis[3][0]}
    for _, f, _, statements in chain[1:-1]:
        if f["device"] == genesis[1]:
            admins |= {s[1] for s in statements if s[0] == ROLE and s[2] == ADMIN}
    name, f, _, statements = chain[-1]
    terms = next((s for s in statements if s[0] == INVITE), None)
    need(len(chain) >= 2 and terms is not None, "NOT_AUTHENTIC", "no invite")
    need(f["device"] in admins, "NOT_AUTHENTIC", "not an admin's")
    need(p.sign_public(fields["secret"]) == terms[1], "NOT_AUTHENTIC", "another secret")
    need(terms[2:4] == [fields["role"], fields["protected"]] and terms[6] == fields["in_person"],
         "NOT_AUTHENTIC", "other terms")
    need(terms[5] == 0 or now_ms < terms[5], "NOT_ALLOWED", "expired")
    return fields, name
