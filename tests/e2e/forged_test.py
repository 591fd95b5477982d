#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Handoffs between two organisations, verified by mirsal and by protocol/check, and forged.

The second implementation and the forger run in Debian's python3, which has their libraries; without
them the test says so and is skipped.
"""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from processes import Device

CHECK = os.path.join(os.environ["MIRSAL_SOURCE"], "protocol", "check")
PYTHON = "/usr/bin/python3"
KEY = {"MIRSAL_ORG_PASSPHRASE": "of the court"}
MARKERS = ("WITHHELD-SUMMARY-7Q", "PRIVATE-TEXT-9X", "سرّ-الشاهد")


def has_libraries():
    """Of the second implementation."""
    if not os.path.exists(PYTHON):
        return False
    return subprocess.run([PYTHON, "-c", "import nacl, cryptography"], capture_output=True,
                          check=False).returncode == 0


@unittest.skipUnless(has_libraries(), "python3-nacl or python3-cryptography is not here")
class ForgedTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mirsal-forged-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.team, self.court = self.founded("team"), self.founded("court")
        self.key = self.court.json("org", "key")["org_key"]
        self.secret = self.path("court.key")
        run = self.court.run("org", "key", "--secret", self.secret, **KEY)
        self.assertEqual(run.returncode, 0, run.stderr)
        incident = self.team.json("add", "incident", "title:en=Raid on a market",
                                  f"summary:en={MARKERS[0]}", "date_start=2019-11-17",
                                  "lat=35.59", "lon=36.49", "means=airstrike")["id"]
        self.team.json("add", "casualty", "--parent", incident, "outcome=killed", "min=5", "max=6")
        self.team.json("add", "observation", "--parent", incident, "text:en=seen from the roof",
                       f"private_text:ar={MARKERS[2]}", f"interviewee={MARKERS[1]}")

    def founded(self, name):
        folder = self.path(name + " papers")
        os.mkdir(folder)
        device = Device(self.folder, name)
        device.found(folder)
        return device

    def path(self, name):
        return os.path.join(self.folder, name)

    def hand_over(self, mode):
        file = self.path(mode + ".handoff")
        self.team.json("handoff", "create", file, "--to", self.key, "--where", "1", "--mode", mode,
                       "--withhold", "summary", "--purpose", "case 12")
        return file

    def check(self, script, *words):
        return subprocess.run([PYTHON, "-B", os.path.join(CHECK, script), *words, "--org-key-file",
                               self.secret], capture_output=True, check=False,
                              env=dict(os.environ, **KEY))

    def test_two_implementations_say_the_same(self):
        for mode in ("attested", "author"):
            file = self.hand_over(mode)
            ours = self.court.json("handoff", "verify", file)
            run = self.check("verify_handoff.py", file, "--json")
            self.assertEqual(run.returncode, 0, run.stderr)
            theirs = json.loads(run.stdout)
            for name in ("verified", "origin_team", "mode", "purpose", "withheld", "authors",
                         "fingerprint"):
                self.assertEqual(ours[name], theirs[name], name)
            self.assertEqual(ours["as_of"]["control"], theirs["as_of"])
            self.assertEqual(
                [(r["id"], r["type"], r["author"], sorted(r["withheld"])) for r in ours["records"]],
                [(r["id"], r["type"], r["author"], sorted(r["withheld"]))
                 for r in theirs["records"]])
            self.assertEqual(len(ours["records"]), 3)
            fields = theirs["records"][0]["fields"]
            self.assertEqual((fields["date"]["date_start"], fields["point"]["lat"],
                              fields["means"]), ("2019-11-17", 35.59, ["airstrike"]))
            self.assertEqual(ours["records"][0]["author"] is None, mode == "attested")

    def test_its_options_are_those_of_mirsal(self):
        file = self.hand_over("attested")
        ours = self.court.json("handoff", "verify", file)
        for team, code in ((ours["fingerprint"].title(), 0), (ours["fingerprint_ar"], 0),
                           (ours["origin_team"][:8].upper(), 0),
                           (self.court.json("team", "show")["team_id"], 4), ("SOHR", 2)):
            run = self.check("verify_handoff.py", file, "--from", team)
            self.assertEqual(run.returncode, code, (team, run.stderr))
        run = subprocess.run([PYTHON, "-B", os.path.join(CHECK, "verify_handoff.py"), file,
                              "--org-key-file", self.secret], capture_output=True, check=False,
                             stdin=subprocess.DEVNULL, env={"PATH": os.environ["PATH"]})
        self.assertEqual(run.returncode, 2, run.stderr)
        self.assertNotIn(b"Traceback", run.stderr)

    def test_what_is_withheld_is_in_no_byte(self):
        for mode in ("attested", "author"):
            file = self.hand_over(mode)
            code = ("import sys, verify_handoff as v, sealedfile as s\n"
                    "key = v.read_secret(sys.argv[1], v.read_passphrase(None))\n"
                    "data = open(sys.argv[2], 'rb').read()\n"
                    "sys.stdout.buffer.write(s.open_file(data, s.HANDOFF, [key.hpke_secret]))\n")
            run = subprocess.run([PYTHON, "-B", "-c", code, self.secret, file], cwd=CHECK,
                                 capture_output=True, check=False, env=dict(os.environ, **KEY))
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIn(b"Raid on a market", run.stdout)
            for marker in MARKERS:
                self.assertNotIn(marker.encode(), run.stdout)

    def test_each_forgery_is_refused_by_its_reason(self):
        for mode in ("attested", "author"):
            out = self.path(mode + " forged")
            run = self.check("forge_handoff.py", self.hand_over(mode), "--out", out)
            self.assertEqual(run.returncode, 0, run.stderr)
            with open(os.path.join(out, "reasons.txt"), encoding="utf-8") as file:
                reasons = dict(line.split() for line in file)
            self.assertGreaterEqual(len(reasons), 24)
            before = self.court.json("status")
            for name, reason in reasons.items():
                forged = os.path.join(out, name + ".handoff")
                run = self.court.run("handoff", "accept", forged, "--receipt", out + ".receipt")
                self.assertEqual((run.returncode, run.stdout), (4, b""), name)
                self.assertEqual(json.loads(run.stderr)["error"]["reason"], reason, name)
                self.assertEqual(self.check("verify_handoff.py", forged).returncode, 4, name)
            after = self.court.json("status")
            self.assertEqual((before["digest"], 0, 0),
                             (after["digest"], after["records"], after["conflicts"]))
            self.assertFalse(os.path.exists(out + ".receipt"))
            self.assertEqual([], self.court.lines("handoff", "list"))


if __name__ == "__main__":
    unittest.main()
