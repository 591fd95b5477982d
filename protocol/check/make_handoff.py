#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes protocol/vectors/handoff.json, valid and refused, from the text.

make_handoff.py [FOLDER]; everything is made from fixed seeds, so the file comes out the same.
"""
import sys

import changeset as c
import control as k
import primitives as p
from encoding import pack
from make_changeset import one, write
from make_teams import Device, World, key
from handoff_parts import (COMPILED, COUNT, COURT, MANIFEST, MEANS, OTHER, RAID, SHELLING, SUMMARY,
                           TITLE, Content, Team, Tree, frame, given, ident, org, unpacked)
from primitives import H

REFUSED = []


def refused(reason, mode=0):
    """The function changes a content, and may give its bytes or its input."""
    def keep(function):
        REFUSED.append((function.__name__.replace("_", " "), reason, mode, function))
        return function
    return keep


def flip(data, at):
    """One bit of it changed."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


@refused("truncated")
def cut_behind_the_manifest(x):
    return x.frames()[0]


@refused("truncated")
def cut_within_a_record(x):
    return x.bytes()[:-1]


@refused("truncated")
def a_record_dropped(x):
    x.records.pop()
    return x.bytes()


@refused("truncated")
def nothing_at_all(_):
    return b""


@refused("trailing")
def a_record_twice(x):
    return x.bytes() + x.frames()[-1]


@refused("trailing")
def a_byte_behind(x):
    return x.bytes() + b"\0"


@refused("form")
def frames_in_another_order(x):
    frames = x.frames()
    return b"".join([frames[0], frames[-3], *frames[1:-3], *frames[-2:]])


@refused("form")
def a_number_in_a_longer_form(x):
    manifest = x.manifest()
    manifest = manifest[:4] + b"\xcc\x00" + manifest[5:]
    signature = p.sign("MANIFEST", H("MANIFEST", manifest), x.signer.seed)
    return frame(MANIFEST, pack([manifest, signature])) + b"".join(x.frames()[1:])


@refused("form")
def records_out_of_order(x):
    x.m[20].reverse()
    x.records.reverse()


@refused("form")
def a_record_shown_and_left_out(x):
    x.m[21] = [[RAID, 1, 0]]


@refused("form")
def authors_in_mode_attested(x):
    x.m[18] = [[x.team.author.key, k.MONITOR]]


@refused("form")
def a_leaf_that_names_a_changeset_in_mode_attested(x):
    x.records[0][1][0] = 0


@refused("form")
def media_in_a_version_without(x):
    x.m[22] = [[key("media")]]


@refused("limit")
def more_recipients_than_allowed(x):
    devices = sorted((Device(f"org {i}") for i in range(17)), key=lambda device: device.key)
    x.m[7] = [org(device) for device in devices]


@refused("limit")
def a_frame_that_claims_too_much(x):
    return bytes([MANIFEST]) + b"\x01\x00\x00\x01" + x.bytes()[5:]


@refused("version")
def a_version_to_come(x):
    x.m[0] = 2


@refused("signature")
def the_signature_stripped(x):
    return frame(MANIFEST, pack([x.manifest(), bytes(64)])) + b"".join(x.frames()[1:])


@refused("signature")
def signed_by_another(x):
    return x.bytes(x.team.world.founder)


@refused("signature")
def the_note_of_what_is_withheld_taken_out(x):
    whole = x.frames()
    x.m[20][0][5] = []
    return frame(MANIFEST, pack([x.manifest(), unpacked(whole[0][5:])[1]])) + b"".join(whole[1:])


@refused("signature")
def withheld_further_by_who_received_it(x):
    signature = unpacked(x.frames()[0][5:])[1]
    x.records[0].pop(2)
    x.m[20][0][5] = sorted(x.m[20][0][5] + [TITLE])
    x.again()
    return frame(MANIFEST, pack([x.manifest(), signature])) + b"".join(x.frames()[1:])


@refused("signature")
def a_left_out_record_unsaid(x):
    whole = x.frames()
    x.m[21] = []
    return frame(MANIFEST, pack([x.manifest(), unpacked(whole[0][5:])[1]])) + b"".join(whole[1:])


@refused("recipient")
def read_by_another_organisation(x):
    return given(x.bytes(), OTHER)


@refused("recipient")
def an_old_key_of_the_recipient(x):
    old = Device("court")
    old.hpke = Device("old court").hpke
    return given(x.bytes(), old)


@refused("from")
def asked_for_another_team(x):
    return given(x.bytes(), COURT, H("TEAM", b"another"))


@refused("certificate")
def a_certificate_of_another_device(x):
    names = x.team.certificates(x.team.author)
    x.control[1] = x.team.world.lone([name for name in names if name not in x.m[13]][0])


@refused("certificate")
def a_certificate_whose_signature_is_changed(x):
    header, signature, body = k.read_lone(x.control[2])
    x.control[2] = k.lone(header, flip(signature, 40), body)


@refused("certificate")
def a_certificate_of_another_team(x):
    other = World()
    other.team = H("TEAM", b"another")
    name = other.say(other.founder, [k.ADMIT, x.signer.key, x.signer.joined, 1])
    x.m[13] = sorted([*x.m[13], name])
    x.control = [other.lone(one) if one == name else x.team.world.lone(one) for one in x.m[13]]


@refused("genesis")
def no_genesis(x):
    x.m[13].remove(x.team.world.genesis)
    x.control = [x.team.world.lone(name) for name in x.m[13]]


@refused("genesis")
def genesis_of_another_team(x):
    x.m[3] = H("TEAM", b"another")
    world = x.team.world
    fields = {"team": x.m[3], "device": world.root.key, "compartment": 255, "seq": 1,
              "prev": c.ZERO, "authority": c.ZERO, "seen": None}
    lone = k.lone(*c.control(world.root.seed, fields, world.made[world.genesis][2]))
    x.m[13], x.control = [H("CHANGESET", k.read_lone(lone)[0])], [lone]


@refused("signer")
def the_join_missing(x):
    x.m[13].remove(x.signer.joined)
    x.control = [x.team.world.lone(name) for name in x.m[13]]


@refused("signer")
def the_invite_missing(x):
    grant = k.decode_body(x.team.world.made[x.signer.joined][2])[2][0][1]
    x.m[13].remove(grant)
    x.control = [x.team.world.lone(name) for name in x.m[13]]


@refused("signer")
def a_coordinator_whom_nobody_admitted(x):
    x.signer = x.team.waiting
    x.m[5] = x.signer.key
    x.certify(x.signer)


@refused("signer")
def a_monitor_signs(x):
    x.signer = x.team.author
    x.m[5] = x.signer.key
    x.certify(x.signer)


@refused("signer")
def root_signs(x):
    x.signer = x.team.world.root
    x.m[5] = x.signer.key


@refused("signer")
def an_invite_by_no_admin(x):
    world = x.team.world
    device = Device("planted")
    grant = world.invite(x.team.coordinator, "planted", k.COORDINATOR, in_person=1)
    device.joined = world.join(device, grant, "planted")
    x.signer, x.m[5] = device, device.key
    x.certify(x.team.coordinator, device)


@refused("signer")
def a_join_with_a_false_proof(x):
    world = x.team.world
    device = Device("planted")
    grant = world.invite(world.founder, "planted", k.COORDINATOR, in_person=1)
    device.joined = world.join(device, grant, "planted", spoil=True)
    x.signer, x.m[5] = device, device.key
    x.certify(device)


@refused("schema")
def another_schema(x):
    x.schema = COMPILED[:-1] + b"\x91\xa1x"


@refused("schema")
def a_schema_that_is_none(x):
    x.schema = pack([1, "none"])
    x.m[14] = H("POLICY", x.schema)


@refused("proof")
def a_value_changed(x):
    x.records[0][1][1] = pack([3, RAID, TITLE, "en", "Another raid"])
    x.again()


@refused("proof")
def a_salt_changed(x):
    x.records[0][1][2] = flip(x.records[0][1][2], 3)
    x.again()


@refused("proof")
def a_field_added(x):
    leaf = [None, pack([3, SHELLING, MEANS, 2, 1]), bytes(16), 0, x.records[1][1][4]]
    x.records[1].append(leaf)
    x.again()


@refused("proof")
def a_node_presented_as_a_leaf(x):
    leaf = x.records[1][1]
    x.records[1][1] = [None, leaf[1], leaf[2], leaf[3] // 2, leaf[4][32:]]
    x.again()


@refused("proof")
def a_proof_of_another_tree(x):
    x.records[0][1][3:] = x.records[1][1][3:]
    x.again()


@refused("proof")
def a_record_of_another_handoff(x):
    tree = Tree([leaf[1] for leaf in x.records[0]], key("the seed of another handoff"))
    x.records[0] = [tree.leaf(i) for i in range(len(x.records[0]))]


@refused("proof")
def an_index_beyond_the_tree(x):
    x.records[0][1][3] += 16
    x.again()


@refused("proof")
def a_proof_of_half_a_node(x):
    x.records[0][1][4] = x.records[0][1][4][:-16]
    x.again()


@refused("leaf")
def a_leaf_of_another_record(x):
    x.m[20][0][2], x.m[20][1][2] = x.m[20][1][2], x.m[20][0][2]
    x.records.reverse()
    x.again()


@refused("leaf")
def a_leaf_twice(x):
    x.records[1].insert(2, x.records[1][1])
    x.again()


@refused("leaf")
def no_leaf_of_the_record_itself(x):
    x.records[1].pop(0)
    x.again()


def with_leaf(x, content):
    """The second record with one more write, proven."""
    contents = [pack([2, SHELLING, 1]), pack([3, SHELLING, TITLE, "und", "Shelling"]),
                pack([3, SHELLING, COUNT, None, 1]), pack(content)]
    tree = Tree(contents, p.keyed_hash(key("handoff secret"), SHELLING))
    x.records[1] = [tree.leaf(i) for i in range(len(contents))]
    x.m[20][1][2] = tree.root
    x.again()


@refused("leaf")
def a_field_that_the_schema_lacks(x):
    with_leaf(x, [3, SHELLING, 999, None, 1])


@refused("leaf")
def a_value_of_another_kind(x):
    with_leaf(x, [3, SHELLING, MEANS, "shelling", 1])


@refused("leaf")
def a_leaf_of_parents(x):
    with_leaf(x, [4, SHELLING, MEANS, 2, []])


@refused("withheld")
def what_is_said_to_be_withheld_is_shown(x):
    x.m[20][0][5] = [SUMMARY, COUNT]


@refused("undeclared")
def a_field_removed_undeclared(x):
    x.records[0].pop(2)


@refused("undeclared")
def the_last_field_removed_undeclared(x):
    x.records[1].pop()


@refused("undeclared")
def a_count_changed(x):
    x.m[20][0][3] += 1


@refused("signature", 1)
def the_signature_stripped_by_author(x):
    return frame(MANIFEST, pack([x.manifest(), bytes(64)])) + b"".join(x.frames()[1:])


@refused("changeset", 1)
def an_author_s_signature_stripped(x):
    x.changesets[0][1] = bytes(64)


@refused("changeset", 1)
def a_header_changed(x):
    x.changesets[0][0] = flip(x.changesets[0][0], len(x.changesets[0][0]) - 1)


@refused("changeset", 1)
def another_author_named(x):
    x.m[19][0][1], x.m[19][1][1] = x.m[19][1][1], x.m[19][0][1]


@refused("changeset", 1)
def changesets_exchanged(x):
    x.changesets.reverse()


@refused("author", 1)
def a_certificate_of_an_author_missing(x):
    x.certify(x.signer, x.team.author)


@refused("author", 1)
def an_author_raised(x):
    x.m[18][0][1] = k.COORDINATOR


@refused("author", 1)
def an_author_without_a_changeset(x):
    x.certify(x.signer, x.team.author, x.team.second, x.team.coordinator)
    x.m[18].append([x.team.coordinator.key, k.COORDINATOR])
    x.m[18].sort()
    places = [entry[0] for entry in x.m[18]]
    x.m[19] = [[item[0], places.index(item[1].key)] for item in x.made]


@refused("unused", 1)
def a_changeset_that_no_record_shows(x):
    at = [item[1] for item in x.made].index(x.team.second)
    x.records[0] = [leaf for leaf in x.records[0] if leaf[0] != at]
    x.again()


@refused("undeclared", 1)
def a_later_value_replaced_by_an_older_one(x):
    x.records[0][2] = x.old_title


@refused("withheld", 1)
def a_withheld_leaf_of_the_changeset_shown(x):
    x.records[0].insert(3, x.summary)
    x.again()


@refused("proof", 1)
def a_proof_to_another_changeset(x):
    x.records[0][1][0] = 1 - x.records[0][1][0]
    x.again()


@refused("leaf", 1)
def no_stamp(x):
    at = x.records[1][0][0]
    x.changesets[at][2] = x.records[1][0]


def chain_vectors():
    """handoff.md 6."""
    def roles(name, world, names, expect):
        rows = sorted([device.key, role] for device, role in expect)
        return one(f"chain: {name}", 6, "chain", {
            "team": world.team, "control": [world.lone(x) for x in sorted(names)]},
            {"roles": rows})

    team = Team()
    world, founder = team.world, team.world.founder
    every = sorted(world.made)
    yield roles("the whole team", world, every, [
        (founder, 3), (team.coordinator, 2), (team.author, 1), (team.second, 1)])
    yield roles("genesis alone", world, [world.genesis], [(founder, 3)])
    yield roles("an admit without its join", world,
                [x for x in every if x != team.author.joined],
                [(founder, 3), (team.coordinator, 2), (team.second, 1)])
    admin = world.member("admin", k.COORDINATOR)
    world.role(world.root, admin, k.ADMIN)
    raised = world.member("raised", k.MONITOR)
    world.role(founder, raised, k.COORDINATOR)
    lowered = world.member("lowered", k.COORDINATOR, 1)
    world.role(admin, lowered, k.OBSERVER)
    unheard = world.member("unheard", k.MONITOR)
    world.role(team.coordinator, unheard, k.COORDINATOR)
    by_second = world.member("by coordinator", k.MONITOR)
    world.admit(raised, by_second)
    yield roles("roles said by root, founder, admin, coordinator", world, world.made, [
        (founder, 3), (admin, 3), (team.coordinator, 2), (raised, 2), (lowered, 0),
        (by_second, 1), (team.author, 1), (team.second, 1)])
    successor = Device("successor")
    retire = world.say(team.coordinator, [k.RETIRE, successor.key, []])
    join = k.make_join(team.coordinator.seed, world.team, retire, successor.key, successor.noise,
                       successor.hpke)
    successor.joined = world.say(successor, join, knows=[retire])
    world.admit(founder, successor)
    yield roles("a successor is a monitor", world, world.made, [
        (founder, 3), (admin, 3), (team.coordinator, 2), (raised, 2), (lowered, 0),
        (by_second, 1), (team.author, 1), (team.second, 1), (successor, 1)])


def verify_vectors():
    """handoff.md 7."""
    for mode, name in ((0, "attested"), (1, "author")):
        x = Content(mode)
        yield one(f"{name}", 7, "verify", given(x.bytes()), {"summary": x.summary_of()})
        yield one(f"{name}: of the team asked for", 7, "verify",
                  given(x.bytes(), COURT, x.m[3]), {"summary": x.summary_of()})
    x = Content()
    x.m[15], x.m[16] = key("earlier")[:16], [[ident("gone"), 2], [RAID, 1]]
    x.m[16].sort()
    x.m[17] = [[RAID, TITLE, key("an older leaf")]]
    yield one("attested: an update", 3, "verify", given(x.bytes(), None),
              {"summary": x.summary_of()})
    x = Content()
    x.m[20], x.records = [], []
    yield one("attested: no record", 3, "verify", given(x.bytes()), {"summary": x.summary_of()})
    for name, reason, mode, change in REFUSED:
        x = Content(mode)
        result = change(x)
        if not isinstance(result, dict):
            result = given(x.bytes() if result is None else result)
        yield one(f"refused: {name}", 7, "verify", result, {"reason": reason})


if __name__ == "__main__":
    write(sys.argv[1] if len(sys.argv) > 1 else p.PROTOCOL + "/vectors", "handoff.json",
          list(verify_vectors()) + list(chain_vectors()))
