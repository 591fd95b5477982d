#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""protocol/mirsal.cddl: every kind of control.md and sync.md stands in it, vectors match it."""
import base64
import json
import os
import re
import sys
import unittest

try:
    import primitives as p
    from cddl import Grammar
    from encoding import Reader, unpack
except ModuleNotFoundError as missing:
    print(f"skipped: {missing.name} is not here")
    sys.exit(77)

FRAMES = [*range(1, 12), 18]
RENAMED = {"invite": "invite-statement", "compartment": "compartment-statement"}


def read(name):
    """A file of protocol/."""
    with open(os.path.join(p.PROTOCOL, name), encoding="utf-8") as file:
        return file.read()


def vectors(name, op):
    """Vectors of that operation."""
    every = json.loads(read(os.path.join("vectors", name)))["vectors"]
    return [vector for vector in every if vector.get("op") == op]


def given(vector, key):
    """A value of the input, decoded."""
    return unpack(bytes.fromhex(vector["input"][key]), 9)


class Cddl(unittest.TestCase):
    def setUp(self):
        self.text = read("mirsal.cddl")
        self.grammar = Grammar(self.text)

    def accepts(self, value, rule, name):
        self.assertTrue(self.grammar.matches(value, rule), f"{name} is no {rule}")

    def test_every_statement_stands_in_it(self):
        rows = re.findall(r"^\| (\d+) \| (\w+) \|", read("control.md"), re.M)
        self.assertEqual([int(number) for number, _ in rows], list(range(25)))
        choice = [alternative[1] for alternative in self.grammar.rules["statement"]]
        for number, name in rows:
            rule = RENAMED.get(name, name)
            self.assertIn(rule, choice)
            first = self.grammar.rules[rule][0][1][0][2]
            self.assertEqual(first, [("range", int(number), int(number))], name)

    def test_every_frame_stands_in_it(self):
        rows = re.findall(r"^\| (\d+) \| ([A-Z]+) \|", read("sync.md"), re.M)
        self.assertEqual([int(number) for number, _ in rows], FRAMES)
        self.assertEqual([name for _, name in rows],
                         [alternative[1] for alternative in self.grammar.rules["frame"]])
        for number, name in rows:
            line = re.search(rf"^{name} = .*$", self.text, re.M).group(0)
            self.assertTrue(line.endswith(f"; kind {number}"), line)

    def test_control_matches(self):
        for vector in vectors("control.json", "body"):
            if "expect" in vector:
                self.accepts(given(vector, "body"), "control-body", vector["name"])
        for vector in vectors("control.json", "invite"):
            if "expect" in vector:
                text = bytes.fromhex(vector["input"]["string"]).decode()[7:]
                packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
                self.accepts(unpack(packed, 9), "invite", vector["name"])

    def test_control_of_another_form_does_not(self):
        refused = 0
        for vector in vectors("control.json", "body"):
            if vector.get("error") == "MALFORMED" and vector["name"].startswith("say: "):
                try:
                    body = given(vector, "body")
                except p.Refused:
                    continue
                refused += not self.grammar.matches(body, "control-body")
        self.assertGreater(refused, 120)

    def test_frames_match(self):
        names = [alternative[1] for alternative in self.grammar.rules["frame"]]
        rules = dict(zip(FRAMES, names, strict=True))
        for vector in vectors("sync.json", "frame"):
            rule = rules[vector["input"]["kind"]]
            if "expect" in vector and rule != "REGISTER":
                self.accepts(given(vector, "payload"), rule, vector["name"])
        for vector in vectors("sync.json", "relay_key"):
            if "expect" in vector:
                self.accepts(given(vector, "key"), "relay-key", vector["name"])
        for vector in vectors("sync.json", "word"):
            if "expect" in vector:
                self.accepts(given(vector, "word"), "relay-word", vector["name"])

    def test_changesets_match(self):
        for op, key, rule in (("verify", "header", "header"), ("body", "clear", "clear-body"),
                              ("run", "run", "run"), ("open", "header", "header")):
            for vector in vectors("changeset.json", op):
                if "expect" in vector:
                    self.accepts(given(vector, key), rule, vector["name"])
        for vector in vectors("residue.json", "run"):
            if "expect" in vector:
                self.accepts(given(vector, "run"), "run", vector["name"])
        for vector in vectors("residue.json", "residue"):
            if "expect" in vector:
                reader = Reader(bytes.fromhex(vector["expect"]["clear"]))
                _, _, rest = reader.value(), reader.value(), reader.value(14)
                self.accepts(rest, "rest", vector["name"])
        for vector in vectors("control.json", "evaluate"):
            for lone in vector["input"]["changesets"]:
                self.accepts(unpack(bytes.fromhex(lone)), "changeset", vector["name"])


if __name__ == "__main__":
    unittest.main()
