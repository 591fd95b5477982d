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


def describe(handoff, record):
    """A record as a dict: fields by name, a list of [key, value] where there are keys."""
    fields = handoff.schema.fields[record.type]
    number, claimed = h.author_of(handoff, record)
    shown = {}
    for field, key, value in record.values:
        codes = handoff.schema.codes.get(fields[field].vocabulary, {})
        if fields[field].kind == h.values.CODE and value in codes:
            value = codes[value][1]
        if key is None:
            shown[fields[field].name] = plain(value)
        else:
            shown.setdefault(fields[field].name, []).append([plain(key), plain(value)])
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
            "retractions": [[uuid(row[0]), ("withdrawn", "corrected", "purged")[row[1]]]
                            for row in m["retractions"]],
            "supersedes": [[uuid(row[0]), names.get(row[1], row[1]), row[2].hex()]
                           for row in m["supersedes"]]}


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
            print(f"  {name}: {json.dumps(value, ensure_ascii=False)}")
        if record["withheld"]:
            print(f"  withheld: {', '.join(map(str, record['withheld']))}")
    for record, why in result["retractions"]:
        print(f"\nno longer stands: {record} ({why})")
    print(f"\n{len(result['records'])} records verified, {result['withheld']} values withheld,"
          f" {result['left_out']} records left out. That none was superseded, and the lists of"
          " what is withheld, are the signer's word.")


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("file")
    parser.add_argument("--org-key-file", required=True)
    parser.add_argument("--org-passphrase-file")
    parser.add_argument("--from", dest="team", help="id of the team it must come from")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    try:
        key = read_secret(given.org_key_file, read_passphrase(given.org_passphrase_file))
        with open(given.file, "rb") as file:
            content = sealedfile.open_file(file.read(), sealedfile.HANDOFF, [key.hpke_secret])
        team = bytes.fromhex(given.team) if given.team else None
        handoff = h.open_content(content, key.sign, key.hpke, team)
    except (h.Unfit, Refused) as refused:
        print(f"refused: {refused}", file=sys.stderr)
        return 4
    if given.json:
        print(json.dumps(answer(handoff), ensure_ascii=False))
    else:
        tell(answer(handoff))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
