#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Verifies a handoff file without mirsal, from protocol/ alone. See HANDOFF-README.md beside this.

    verify_handoff.py FILE --org-key-file KEY [--org-passphrase-file P] [--from TEAM] [--json]

Exit 0: everything shown is proven as the text says; 4: refused, with the reason; 2: wrong use.
"""
import argparse
import datetime
import getpass
import json
import os
import sys

import handoff as h
import primitives as p
import sealedfile
import words
from encoding import unpack
from primitives import H, Refused


class Secret:
    """An organisation's key: what it opens and signs with, and the public halves."""

    def __init__(self, row):
        _, self.team, self.seed, self.hpke_secret, self.name = row
        self.sign, self.hpke = p.sign_public(self.seed), p.agree_public(self.hpke_secret)


def read_passphrase(path):
    """From a file, the environment or a prompt; without its line end."""
    if path:
        with open(path, "rb") as file:
            return file.read().rstrip(b"\r\n")
    if "MIRSAL_ORG_PASSPHRASE" in os.environ:
        return os.environ["MIRSAL_ORG_PASSPHRASE"].encode()
    if not sys.stdin.isatty():
        raise EOFError
    return getpass.getpass("passphrase of the organisation's key: ").encode()


def read_secret(path, passphrase):
    """The key in a file of `org key --secret`."""
    with open(path, "rb") as file:
        clear = sealedfile.open_file(file.read(), sealedfile.ORG_SECRET, passphrase=passphrase)
    return Secret(h.org_text(unpack(clear)))


def fingerprint(team):
    """Six words, in both scripts: handoff.md 1.4."""
    return words.words_of(H("WORDS", team))


def uuid(record):
    """As people write it."""
    text = record.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def day(number):
    """A day since 1970."""
    return (datetime.date(1970, 1, 1) + datetime.timedelta(days=number)).isoformat()


def moment(ms):
    """UTC."""
    zero = datetime.datetime(1970, 1, 1)
    return (zero + datetime.timedelta(milliseconds=ms)).isoformat(timespec="seconds") + "Z"


def plain(value):
    """A value for people: ids and hashes as hex."""
    if isinstance(value, bytes):
        return uuid(value) if len(value) == 16 else value.hex()
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def scalar(schema, kind, vocabulary, value):
    """One value for people: codes by name, days and times as such; None where it is unknown."""
    if value is None or value == []:
        return None
    if kind == h.values.CODE:
        return schema.codes.get(vocabulary, {}).get(value, (value, value))[1]
    if kind == h.values.DAY:
        return day(value)
    if kind == h.values.TIME:
        return moment(value[0] if isinstance(value, list) else value)
    return plain(value)


def element(schema, field, kind, value):
    """A value, or one item of a list or set: components by name, where it has some."""
    if kind not in (h.values.DATE, h.values.POINT, h.values.TUPLE) or value == []:
        return scalar(schema, kind, field.vocabulary, value)
    degrees = field.parts[:2] if kind == h.values.POINT else []
    return {part.name: item / 10**7 if part in degrees and item is not None
            else scalar(schema, part.kind, part.vocabulary, item)
            for part, item in zip(field.parts, value)}


def shown_value(schema, field, key, value):
    """What a leaf shows: an item of a list where it has a key."""
    if field.kind == h.values.SET:
        return element(schema, field, field.element, key)
    if field.kind == h.values.NAMES:
        return plain(key)
    if key is not None:
        return [plain(key), plain(value)]
    if field.kind == h.values.LIST and value != []:
        return [element(schema, field, field.element, item) for item in value]
    return element(schema, field, field.kind, value)


def describe(handoff, record):
    """A record as a dict: fields by name, a list where there are keys."""
    fields = handoff.schema.fields[record.type]
    number, claimed = h.author_of(handoff, record)
    shown = {}
    for field, key, value in record.values:
        if fields[field].kind in (h.values.SET, h.values.NAMES) and value == 0:
            continue  # taken out of the set
        item = shown_value(handoff.schema, fields[field], key, value)
        if key is None:
            shown[fields[field].name] = item
        else:
            shown.setdefault(fields[field].name, []).append(item)
    authors = handoff.manifest["authors"]
    author = number and {"pseudonym": f"author {number}", "role": h.ROLE[authors[number - 1][1]]}
    return {"id": uuid(record.id), "type": handoff.schema.types[record.type][1],
            "author": author or None,
            "claimed": moment(claimed >> 16) if number else None, "fields": shown,
            "withheld": [fields[f].name if f in fields else f for f in record.withheld]}


def answer(handoff):
    """All that the file says, and what each part rests on."""
    m = handoff.manifest
    records = [describe(handoff, record) for record in handoff.records]
    names = {number: field.name for fields in handoff.schema.fields.values()
             for number, field in fields.items()}
    return {"verified": True, "handoff": m["handoff"].hex(), "manifest": handoff.hash.hex(),
            "origin_team": m["team"].hex(), "name": m["name"],
            "fingerprint": fingerprint(m["team"])[0], "signer": m["signer"].hex(),
            "signer_role": h.ROLE[handoff.roles[m["signer"]]],
            "mode": ("attested", "author")[m["mode"]], "made": moment(m["made"]),
            "purpose": m["purpose"], "terms": m["terms"],
            "until": None if m["until"] is None else day(m["until"]),
            "as_of": m["as_of"].hex(), "records": records,
            "withheld": sum(len(record["withheld"]) for record in records),
            "authors": len(m["authors"]), "left_out": len(m["left_out"]),
            "update_of": m["update_of"] and m["update_of"].hex(),
            "retractions": [[uuid(row[0]), ("withdrawn", "corrected", "purged")[row[1]]]
                            for row in m["retractions"]],
            "supersedes": [[uuid(row[0]), names.get(row[1], row[1]), row[2].hex()]
                           for row in m["supersedes"]]}


def dumps(value):
    """On one line; a text as it is."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def tell(result):
    """For people."""
    for name in ("name", "origin_team", "fingerprint", "mode", "made", "signer", "signer_role",
                 "purpose", "terms", "until", "as_of", "handoff", "manifest"):
        print(f"{name:12} {result[name]}")
    for record in result["records"]:
        by = "" if record["author"] is None else (
            f", by {record['author']['pseudonym']} ({record['author']['role']}),"
            f" who claims {record['claimed']}")
        print(f"\n{record['type']} {record['id']}{by}")
        for name, value in record["fields"].items():
            print(f"  {name}: {'unknown' if value is None else dumps(value)}")
        if record["withheld"]:
            print(f"  withheld: {', '.join(map(str, record['withheld']))}")
    if result["update_of"]:
        print(f"\nupdate of the handoff {result['update_of']}")
    for record, why in result["retractions"]:
        print(f"no longer stands as it was shown: {record} ({why})")
    for record, field, leaf in result["supersedes"]:
        print(f"replaced: {record} {field}, leaf {leaf}")
    print(f"\n{len(result['records'])} records verified, {result['withheld']} values withheld,"
          f" {result['left_out']} records left out. That none was superseded, and the lists of"
          " what is withheld, are the signer's word.")


def team_named(text):
    """Whether a team is the one that --from says, by the beginning of its id or its six words; None
    when the text is neither."""
    text = " ".join(text.replace("-", " ").lower().split())
    if len(text.split()) == 6:
        return lambda team: text in fingerprint(team)
    if 6 <= len(text) <= 64 and set(text) <= set("0123456789abcdef"):
        return lambda team: team.hex().startswith(text)
    return None


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("file")
    parser.add_argument("--org-key-file", required=True)
    parser.add_argument("--org-passphrase-file")
    parser.add_argument("--from", dest="team", help="the team it must come from: the beginning"
                        " of its id, 6 digits or more, or its six words")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    team = team_named(given.team) if given.team else None
    if given.team and team is None:
        parser.error("--from takes the beginning of a team's id or its six words")
    try:
        key = read_secret(given.org_key_file, read_passphrase(given.org_passphrase_file))
        with open(given.file, "rb") as file:
            content = sealedfile.open_file(file.read(), sealedfile.HANDOFF, [key.hpke_secret])
        handoff = h.open_content(content, key.sign, key.hpke, team)
    except (h.Unfit, Refused) as refused:
        print(f"refused: {refused}", file=sys.stderr)
        return 4
    except EOFError:
        parser.error("no passphrase was given: MIRSAL_ORG_PASSPHRASE, --org-passphrase-file")
    except OSError as error:
        parser.error(str(error))
    if given.json:
        print(json.dumps(answer(handoff), ensure_ascii=False))
    else:
        tell(answer(handoff))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
