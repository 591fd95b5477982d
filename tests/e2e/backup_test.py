#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Backups by the command line: one moment while others write, what a restored store does and does
not, damage, and the way back into the team as a new device. Finds the programs in MIRSAL_PROGRAM
and MIRSALD_PROGRAM.
"""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from processes import PROGRAM, Relay, environment

PASSPHRASE = "invented for this test"


class Store:
    """A store below its test's folder."""

    def __init__(self, folder, name, **more):
        self.folder = os.path.join(folder, name)
        self.environment = dict(environment(folder, MIRSAL_PASSPHRASE=PASSPHRASE), **more)

    def run(self, *words, **changes):
        return subprocess.run([PROGRAM, "--store", self.folder, "--json", *words], timeout=120,
                              env=dict(self.environment, **changes), capture_output=True,
                              check=False)

    def lines(self, *words, expect=0, **changes):
        run = self.run(*words, **changes)
        assert run.returncode == expect, (words, run.returncode, run.stderr.decode())
        return [json.loads(line) for line in run.stdout.splitlines()]

    def json(self, *words, **more):
        return self.lines(*words, **more)[0]

    def ids(self):
        return sorted(line["id"] for line in self.lines("list", "incident"))

    def add(self, title):
        return self.json("add", "incident", "date=2019-11-16", f"title={title}")["id"]


class BackupTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mirsal-backup-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.store = Store(self.folder, "office")
        self.store.json("team", "create", "Nour", "--recovery",
                        os.path.join(self.folder, "recovery"), "--kdf-ms", "1")
        self.file = os.path.join(self.folder, "backup")

    def invite(self, role):
        return self.store.json("invite", "--role", role, "--in-person", "--protected")["invite"]

    def refused(self, run, code="not_allowed"):
        self.assertEqual((4, b""), (run.returncode, run.stdout), run.stderr.decode())
        error = json.loads(run.stderr)["error"]
        self.assertEqual(code, error["code"])
        return error["message"]

    def test_a_restored_store_reads_and_does_not_sign(self):
        first = self.store.add("a marker in the first report")
        self.store.json("backup", self.file)
        self.store.add("after it")
        again = Store(self.folder, "again")
        made = again.json("restore", self.file)
        self.assertEqual(("waiting", "restored", None),
                         (made["state"], made["reason"], made["role"]))
        self.assertEqual([first], again.ids())
        self.assertEqual(first, again.lines("search", "marker")[0]["id"])
        self.assertEqual(first, again.json("show", first)["id"])
        self.assertTrue(again.json("verify", "--deep")["ok"])
        digest = again.json("status")["digest"]
        self.assertIsNotNone(digest)
        self.assertEqual(digest, again.json("rebuild")["digest"])
        self.assertEqual(1, again.json("tally")["rows"][0]["incidents"])
        again.json("export", "--format", "jsonl", os.path.join(self.folder, "out"))
        for words in (["add", "incident", "date=2020"], ["edit", first, "title=x"],
                      ["invite", "--role", "monitor"], ["withdraw", first, "--reason", "x"],
                      ["sync"]):
            message = self.refused(again.run(*words))
            self.assertEqual("this store was restored: it signs after an invite", message, words)

    def test_damage_and_a_wrong_passphrase(self):
        self.store.add("one")
        self.store.json("backup", self.file)
        self.assertEqual(0o600, os.stat(self.file).st_mode & 0o777)
        with open(self.file, "rb") as file:
            whole = file.read()
        self.assertNotIn(b"SQLite", whole)
        broken = os.path.join(self.folder, "broken")
        again = Store(self.folder, "again")
        size = len(whole)
        for at in (0, 50, 106, 130, size // 2, size - 1):
            with open(broken, "wb") as file:
                file.write(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1:])
            run = again.run("restore", broken)
            self.assertEqual((4, b""), (run.returncode, run.stdout), at)
            self.assertFalse(os.path.exists(again.folder), at)
        for cut in (0, 106, 65700, size - 1):
            with open(broken, "wb") as file:
                file.write(whole[:cut])
            self.refused(again.run("restore", broken), "not_authentic")
            self.assertFalse(os.path.exists(again.folder))
        self.refused(again.run("restore", self.file, MIRSAL_PASSPHRASE="other"),
                     "wrong_passphrase")
        self.assertFalse(os.path.exists(again.folder))
        explained = self.store.json("inspect", self.file)
        self.assertEqual(("backup", "passphrase"), (explained["kind"], explained["sealed_by"]))

    def test_one_moment_while_others_write(self):
        rows = os.path.join(self.folder, "rows.jsonl")
        with open(rows, "w", encoding="utf-8") as file:
            for i in range(1500):
                file.write(json.dumps({"type": "incident", "source_id": f"r{i}",
                                       "date_start": "2019-11-16", "title": f"row {i}"}) + "\n")
        writer = subprocess.Popen([PROGRAM, "--store", self.store.folder, "--json", "import", rows],
                                  env=self.store.environment, stdout=subprocess.DEVNULL)
        files = []
        while writer.poll() is None or not files:
            files.append(f"{self.file}{len(files)}")
            self.store.json("backup", files[-1])
        self.assertEqual(0, writer.wait())
        for number in sorted({0, len(files) // 2, len(files) - 1}):
            again = Store(self.folder, f"again{number}")
            again.json("restore", files[number])
            self.assertTrue(again.json("verify", "--deep")["ok"])
            digest = again.json("status")["digest"]
            self.assertEqual(digest, again.json("rebuild")["digest"])
        self.assertFalse([name for name in os.listdir(self.folder)
                          if name.endswith((".new", ".snapshot"))])

    def test_the_way_back_as_a_new_device(self):
        relay = Relay(self.folder)
        self.addCleanup(relay.close)
        relay.start()
        self.store.json("relay", "add", f"http://127.0.0.1:{relay.port}#{relay.key}", "--token",
                        relay.token)
        phone = Store(self.folder, "phone")
        phone.json("join", self.invite("monitor"), "--label", "Amal", "--kdf-ms", "1")
        sent = phone.add("sent before the backup")
        phone.json("sync")
        unsent = phone.add("in the backup, never sent")
        phone.json("backup", self.file)
        shutil.rmtree(phone.folder)  # the phone is lost
        again = Store(self.folder, "again")
        made = again.json("restore", self.file, "--invite", self.invite("monitor"))
        self.assertEqual(("active", "monitor", "Amal"),
                         (made["state"], made["role"], made["label"]))
        self.assertEqual(sorted([sent, unsent]), again.ids())
        self.assertEqual(1, again.json("status")["unsent"])
        fresh = again.add("by the new device")
        again.json("sync")
        self.store.json("sync")
        self.assertEqual(sorted([sent, unsent, fresh]), self.store.ids())
        self.assertEqual(sorted([sent, unsent, fresh]), again.ids())
        self.assertEqual(0, again.json("status")["unsent"])
        self.assertEqual(0, self.store.json("status")["quarantined"])
        again.json("rebuild")
        self.assertEqual(sorted([sent, unsent, fresh]), again.ids())
        again.json("sync")
        self.assertEqual(0, again.json("sync")["pulled"])


if __name__ == "__main__":
    unittest.main()
