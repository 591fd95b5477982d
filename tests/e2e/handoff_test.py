#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Handoffs between two organisations by the command line: both modes, what is withheld and left
out, who is refused; where python3-nacl is there, the second implementation judges the same files
and forges them. Finds the program in MIRSAL_PROGRAM.
"""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from processes import PROGRAM, Device

CHECK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "protocol", "check")
PYTHON = "/usr/bin/python3"
PASSPHRASE = "invented for this test"
LINES = [
    {"type": "place", "source_id": "sub", "names": [["en", "Subdistrict"]]},
    {"type": "place", "source_id": "village", "names": [["ar", "MARKER قرية"]], "lat": 35.6412345,
     "lon": 36.6723456, "admin3": {"source_id": "sub"}},
    {"type": "source", "source_id": "office", "public_name": "Media office",
     "contact": "MARKER contact of a source"},
    {"type": "incident", "source_id": "raid", "title": [["ar", "غارة"], ["en", "Raid <b>x</b>"]],
     "summary": "MARKER summary: call 0944 123 456, @somebody", "place": {"source_id": "village"},
     "date_start": "2019-11-17", "lat": 35.6412345, "lon": 36.6723456,
     "private_lat": 35.7777777, "private_lon": 36.8888888,
     "children": [
         {"type": "casualty", "source_id": "killed", "outcome": "killed", "min": 5, "max": 5,
          "root_source": {"source_id": "office"}},
         {"type": "victim", "source_id": "named", "names": [["ar", "MARKER agreed"]],
          "consent": "partners"},
         {"type": "victim", "source_id": "silent", "names": [["ar", "MARKER refused"]],
          "consent": "refused"}]},
    {"type": "incident", "source_id": "inner", "title": "MARKER inner", "release_level": "team",
     "children": [{"type": "casualty", "source_id": "inner-killed", "min": 1, "max": 1}]},
]


def judge_is_here():
    """The libraries that protocol/check stands on."""
    return subprocess.run([PYTHON, "-c", "import nacl, cryptography"], check=False,
                          capture_output=True).returncode == 0


class HandoffTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mirsal-handoff-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.ours, self.court, self.other = (
            Device(self.folder, name, MIRSAL_ORG_PASSPHRASE=PASSPHRASE)
            for name in ("ours", "court", "other"))
        for device in (self.ours, self.court, self.other):
            device.json("team", "create", "Observatory", "--recovery", device.store + ".recovery",
                        "--insecure-no-passphrase", "--kdf-ms", "1")
        lines = self.path("lines")
        with open(lines, "w", encoding="utf-8") as file:
            file.write("\n".join(json.dumps(line) for line in LINES))
        self.ours.json("import", lines)
        self.key = self.court.json("org", "key")["org_key"]
        self.secret = self.path("court.key")
        self.court.json("org", "key", "--secret", self.secret)

    def path(self, name):
        return os.path.join(self.folder, name)

    def create(self, *words, name="handoff", device=None, expect=(0,)):
        file = self.path(name)
        made = (device or self.ours).json("handoff", "create", file, "--to", self.key, "--where",
                                          "1", *words, expect=expect)
        return file, made

    def verify(self, file, *words, device=None):
        return (device or self.court).json("handoff", "verify", file, *words)

    def refused(self, reason, file, *words, device=None):
        run = (device or self.court).run("handoff", "verify", file, *words)
        self.assertEqual(run.returncode, 4, run.stderr)
        self.assertEqual(run.stdout, b"")
        self.assertEqual(json.loads(run.stderr)["error"]["reason"], reason)

    def content(self, file):
        """The clear text, by the second implementation."""
        code = ("import sys; sys.path.insert(0, sys.argv[1]); import sealedfile as s,"
                " verify_handoff as v; k = v.read_secret(sys.argv[3], sys.argv[4].encode());"
                "sys.stdout.buffer.write(s.open_file(open(sys.argv[2], 'rb').read(), s.HANDOFF,"
                " [k.hpke_secret]))")
        return subprocess.run([PYTHON, "-B", "-c", code, CHECK, file, self.secret, PASSPHRASE],
                              check=True, capture_output=True).stdout

    def test_attested(self):
        file, made = self.create("--purpose", "case 12", "--until", "2099-12-31", "--withhold",
                                 "summary,point")
        answer = self.verify(file)
        self.assertEqual(answer["verified"], True)
        self.assertEqual((answer["mode"], answer["purpose"], answer["until"], answer["expired"]),
                         ("attested", "case 12", "2099-12-31", False))
        self.assertEqual(answer["origin_team"], self.ours.json("team", "show")["team_id"])
        self.assertEqual(answer["origin_known"], False)
        self.assertEqual((answer["withheld"], len(answer["records"])),
                         (made["withheld"], made["records"]))
        by_name = {record["fields"]["source_id"]: record for record in answer["records"]}
        self.assertEqual(sorted(by_name), ["killed", "named", "office", "raid", "sub", "village"])
        raid = by_name["raid"]
        self.assertEqual(sorted(raid["withheld"]), ["point", "private_point", "summary"])
        self.assertEqual((raid["author"], raid["claimed"]), (None, None))
        self.assertEqual(raid["fields"]["title"], [["ar", "غارة"], ["en", "Raid <b>x</b>"]])
        self.assertEqual(raid["fields"]["place"], by_name["village"]["id"])
        self.assertEqual(by_name["village"]["fields"]["admin3"], by_name["sub"]["id"])
        self.assertEqual(by_name["village"]["withheld"], ["point"])
        self.assertEqual(by_name["office"]["withheld"], ["contact"])
        left = answer["left_out"]
        self.assertEqual((left["consent"], left["release"]), (1, 2))
        self.assertEqual(made["left_out"]["consent"], 1)

    def test_author(self):
        phone = Device(self.folder, "phone")
        phone.join(self.ours.invite("monitor"))
        file, _ = self.create("--mode", "author")
        answer = self.verify(file)
        self.assertEqual(answer["authors"], 1)
        for record in answer["records"]:
            self.assertEqual(record["author"], {"pseudonym": "author 1", "role": "admin"})
            self.assertRegex(record["claimed"], r"^20\d\d-")
        run = phone.run("handoff", "create", self.path("no"), "--to", self.key, "--where", "1")
        self.assertEqual(run.returncode, 4)
        self.assertFalse(os.path.exists(self.path("no")))

    def test_who_may_open_it(self):
        file, _ = self.create()
        self.refused("sealed", file, device=self.other)
        self.other.json("org", "key")
        self.refused("sealed", file, device=self.other)
        self.refused("from", file, "--from", self.court.json("team", "show")["team_id"])
        words = self.verify(file)["fingerprint"]
        self.assertTrue(self.verify(file, "--from", words)["origin_known"])
        run = self.court.run("handoff", "verify", file, "--from", "Observatory")
        self.assertEqual(run.returncode, 2)
        self.assertTrue(self.verify(file, "--from", words.title().replace(" ", "-"))["verified"])
        nowhere = Device(self.folder, "nowhere", MIRSAL_ORG_PASSPHRASE=PASSPHRASE)
        answer = self.verify(file, "--org-key-file", self.secret, device=nowhere)
        self.assertTrue(answer["verified"])
        run = Device(self.folder, "nowhere", MIRSAL_ORG_PASSPHRASE="wrong").run(
            "handoff", "verify", file, "--org-key-file", self.secret)
        self.assertEqual(run.returncode, 4)
        second = Device(self.folder, "second", MIRSAL_ORG_PASSPHRASE=PASSPHRASE)
        second.join(self.court.invite("coordinator"))
        second.json("org", "key", "--take", self.secret)
        self.assertTrue(self.verify(file, device=second)["verified"])

    def test_nothing_is_no_handoff(self):
        file = self.path("none")
        run = self.ours.run("handoff", "create", file, "--to", self.key, "--where", "0")
        self.assertEqual(run.returncode, 1)
        self.assertEqual(json.loads(run.stderr.splitlines()[-1])["error"]["code"], "not_found")
        self.assertFalse(os.path.exists(file))
        self.assertEqual(self.ours.lines("handoff", "list"), [])

    def test_damage(self):
        file, _ = self.create()
        with open(file, "rb") as whole:
            data = whole.read()
        for reason, changed in (("truncated", data[:-1]), ("truncated", data[:len(data) // 2]),
                                ("sealed", data[:20] + bytes([data[20] ^ 1]) + data[21:]),
                                ("sealed", b"no handoff at all, of some length that is enough")):
            with open(self.path("changed"), "wb") as out:
                out.write(changed)
            self.refused(reason, self.path("changed"))

    def test_what_leaves_is_told_first(self):
        run = self.ours.run("handoff", "create", self.path("dry"), "--to", self.key, "--where", "1",
                            "--dry-run")
        answer = json.loads(run.stdout)
        self.assertFalse(os.path.exists(self.path("dry")))
        self.assertEqual({item["what"] for item in answer["pointed_out"]}, {"phone", "account"})
        self.assertEqual({item["field"] for item in answer["pointed_out"]}, {"summary"})
        text = run.stderr.decode()
        self.assertLess(text.index("attested"), text.index("telephone"))
        self.assertNotIn("MARKER", text)
        _, made = self.create("--release", "team", "--disclose", "source.contact")
        self.assertEqual(made["left_out"]["release"], 0)
        for wrong in (["--until", "2001-01-01"], ["--withhold", "no_such_field"],
                      ["--release", "nobody"]):
            self.assertNotEqual(self.ours.run(
                "handoff", "create", self.path("no"), "--to", self.key, "--where", "1",
                *wrong).returncode, 0)
            self.assertFalse(os.path.exists(self.path("no")))
        self.assertEqual(self.ours.run("handoff", "create", self.path("no"), "--to",
                                       self.key).returncode, 2)

    def people(self, device, *words, **more):
        """What a person reads, not a program."""
        run = subprocess.run([PROGRAM, "--store", device.store, *words], capture_output=True,
                             timeout=60, check=True, stdin=subprocess.DEVNULL,
                             env=dict(device.environment, **more))
        return run.stdout.decode()

    def test_what_people_read(self):
        file, made = self.create("--withhold", "summary")
        told = self.people(self.court, "handoff", "verify", file)
        answer = self.verify(file)
        for record in answer["records"]:
            self.assertIn(f"\n{record['type']} {record['id']}\n", told)
        self.assertIn("\n  withheld: contact\n", told)
        self.assertEqual(told.count("  withheld: "),
                         sum(bool(record["withheld"]) for record in answer["records"]))
        self.assertIn("left out:\n  ", told)
        self.assertIn("  lat: 35.6412345\n", told)
        self.assertIn(answer["fingerprint"], told)
        arabic = self.people(self.court, "handoff", "verify", file, LC_ALL="ar_SY.UTF-8")
        self.assertIn("محجوب: contact", arabic)
        raid = next(r["id"] for r in answer["records"] if r["fields"]["source_id"] == "raid")
        self.ours.json("edit", raid, "title:ar=غارة ثانية")
        listed = self.people(self.ours, "handoff", "list")
        self.assertIn(f"    {raid}  corrected\n", listed)
        self.assertIn(made["handoff"], listed)

    def test_the_page_to_print(self):
        file, _ = self.create()
        answer = self.verify(file, "--html", self.path("page.html"))
        with open(self.path("page.html"), encoding="utf-8") as page:
            html = page.read()
        for part in (answer["fingerprint"], answer["manifest_hash"], answer["file_sha256"],
                     "Raid &lt;b&gt;x&lt;/b&gt;", "withheld", "without consent"):
            self.assertIn(part, html)
        for part in ("<script", "<b>x", "http:", "https:", "src=", "MARKER contact",
                     "MARKER refused"):
            self.assertNotIn(part, html)

    @unittest.skipUnless(judge_is_here(), "python3-nacl is not here")
    def test_markers_are_in_no_byte(self):
        for mode in ("attested", "author"):
            file, _ = self.create("--withhold", "summary,point,names", "--mode", mode, name=mode)
            content = self.content(file)
            self.assertIn("غارة".encode(), content)
            for marker in (b"MARKER", (356412345).to_bytes(4, "big"),
                           (357777777).to_bytes(4, "big")):
                self.assertNotIn(marker, content)

    @unittest.skipUnless(judge_is_here(), "python3-nacl is not here")
    def test_two_implementations_agree(self):
        helper = Device(self.folder, "helper")
        helper.join(self.ours.invite("coordinator"))
        for mode in ("attested", "author"):
            file, _ = self.create("--mode", mode, name=mode)
            run = subprocess.run(
                [PYTHON, "-B", os.path.join(CHECK, "verify_handoff.py"), file, "--org-key-file",
                 self.secret, "--json"], env=dict(os.environ, MIRSAL_ORG_PASSPHRASE=PASSPHRASE),
                capture_output=True, check=False)
            self.assertEqual(run.returncode, 0, run.stderr)
            theirs, ours = json.loads(run.stdout), self.verify(file)
            for name in ("origin_team", "fingerprint", "mode", "withheld", "authors", "handoff"):
                self.assertEqual(theirs[name], ours[name], name)
            self.assertEqual([(r["id"], r["type"], r["author"], r["withheld"])
                              for r in theirs["records"]],
                             [(r["id"], r["type"], r["author"], r["withheld"])
                              for r in ours["records"]])
            self.judge_forgeries(file, self.path("forged-" + mode))

    def judge_forgeries(self, file, folder):
        subprocess.run([PYTHON, "-B", os.path.join(CHECK, "forge_handoff.py"), file,
                        "--org-key-file", self.secret, "--out", folder],
                       env=dict(os.environ, MIRSAL_ORG_PASSPHRASE=PASSPHRASE), check=True,
                       capture_output=True)
        with open(os.path.join(folder, "reasons.txt"), encoding="utf-8") as reasons:
            forgeries = [line.split() for line in reasons]
        self.assertGreaterEqual(len(forgeries), 20)
        for name, reason in forgeries:
            self.refused(reason, os.path.join(folder, name.removesuffix(".handoff") + ".handoff"))


if __name__ == "__main__":
    if PROGRAM is None:
        raise SystemExit(77)
    unittest.main()
