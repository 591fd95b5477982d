#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Recovery with real programs: a lost device, a lost admin, wrong shares, and drills at a terminal.
"""
import json
import os
import pty
import shutil
import subprocess
import tempfile
import unittest

from processes import PROGRAM, SERVER, Device, Relay


def converge(devices):
    """Everyone syncs until nothing moves."""
    for _ in range(6):
        moved = 0
        for device in devices:
            run = device.json("sync", expect=(0, 3))
            moved += run["pushed"] + run["pulled"]
        if moved == 0:
            return
    raise AssertionError("they go on and on")


class TeamCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mirsal-recovery-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.share = os.path.join(self.folder, "share")

    def device(self, name):
        return Device(self.folder, name)

    def found(self, *options):
        founder = self.device("founder")
        self.created = founder.json("team", "create", "Harm documentation", "--recovery",
                                    self.share, "--insecure-no-passphrase", "--kdf-ms", "1",
                                    *options)
        return founder

    def refused(self, device, *words, expect=4, says=None):
        run = device.run(*words)
        self.assertEqual((expect, b""), (run.returncode, run.stdout), run.stderr.decode())
        message = json.loads(run.stderr.splitlines()[-1])["error"]["message"]
        if says is not None:
            self.assertIn(says, message)
        return message


@unittest.skipUnless(SERVER, "no relay's program")
class LossTest(TeamCase):
    def setUp(self):
        super().setUp()
        self.relay = Relay(self.folder)
        self.relay.start()
        self.addCleanup(self.relay.close)
        self.founder = self.found("--shares", "2/3")
        self.founder.json("relay", "add",
                          f"http://127.0.0.1:{self.relay.port}#{self.relay.key}", "--token",
                          self.relay.token)
        self.helper, self.monitor = self.device("helper"), self.device("monitor")
        self.helper.join(self.founder.invite("coordinator", "--protected"))
        self.monitor.join(self.founder.invite("monitor"))
        for device, title in ((self.founder, "one"), (self.helper, "two"), (self.monitor, "three")):
            device.json("add", "incident", f"title:en={title}", "date_start=2019-11-17")
        converge([self.founder, self.helper, self.monitor])

    def digests(self, *devices):
        return {device.json("status")["digests"]["0"] for device in devices}

    def test_a_coordinator_is_lost(self):
        """What a second reader holds is there again on a new device."""
        before = self.digests(self.founder, self.helper)
        self.assertEqual(1, len(before))
        shutil.rmtree(self.helper.store)
        fresh = self.device("fresh")
        fresh.join(self.founder.invite("coordinator", "--protected"))
        converge([self.founder, fresh, self.monitor])
        self.assertEqual(before, self.digests(self.founder, fresh))
        self.assertEqual(self.founder.json("status")["digest"], fresh.json("status")["digest"])
        self.assertEqual(3, len(fresh.lines("list", "incident")))
        self.monitor.json("add", "incident", "title:en=four", "date_start=2019-11-18")
        converge([self.monitor, fresh])
        self.assertEqual(4, len(fresh.lines("list", "incident")))

    def test_the_only_admin_is_lost(self):
        """Shares make a coordinator's device an admin; all others believe it."""
        shutil.rmtree(self.founder.store)
        self.refused(self.helper, "invite", "--role", "monitor")
        made = self.helper.json("recover", self.share + ".1", self.share + ".3", "--admin",
                                "--person", "Amal")
        self.assertEqual("admin", made["role"])
        self.assertIsNone(made["recovery"])
        fresh = self.device("fresh")
        fresh.join(self.helper.invite("coordinator"))
        fresh.json("add", "incident", "title:en=four", "date_start=2019-11-18")
        converge([self.helper, fresh, self.monitor])
        for device in (self.helper, fresh):
            self.assertEqual(4, len(device.lines("list", "incident")))
        self.assertEqual(1, len(self.digests(self.helper, fresh)))
        controls = {device.json("status")["digests"]["control"]
                    for device in (self.helper, fresh, self.monitor)}
        self.assertEqual(1, len(controls))
        roles = {line["device_id"]: line["role"]
                 for line in self.monitor.json("device", "list")["devices"]}
        self.assertEqual("admin", roles[self.helper.json("status")["device_id"]])
        self.assertTrue(self.helper.json("verify")["ok"])

    def test_root_gives_and_takes_roles(self):
        device = self.helper.json("status")["device_id"]
        roots = ["--root", self.share + ".1", "--root", self.share + ".2"]
        self.refused(self.founder, "device", "role", device, "admin", says="root")
        self.assertEqual("admin",
                         self.founder.json("device", "role", device, "admin", *roots)["role"])
        converge([self.founder, self.helper])
        self.assertEqual("admin", self.helper.json("status")["role"])
        self.founder.json("device", "role", device, "observer", *roots)
        converge([self.founder, self.helper])
        self.assertEqual("observer", self.helper.json("status")["role"])


class ShareTest(TeamCase):
    def drill(self, *files, store=None):
        return (store or self.device("nowhere"), "team", "drill", *files)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def read(self, number):
        with open(f"{self.share}.{number}", encoding="utf-8") as file:
            return file.read()

    def test_every_pair_opens(self):
        founder = self.found("--shares", "2/3")
        files = [f"{self.share}.{i}" for i in (1, 2, 3)]
        self.assertEqual(files, self.created["files"])
        self.assertIs(False, self.created["drilled"])
        self.assertFalse(os.path.exists(self.share))
        for path in files:
            self.assertEqual(0o600, os.stat(path).st_mode & 0o777)
        self.assertEqual({"threshold": 2, "shares": 3, "drilled_at": None},
                         founder.json("team", "show")["recovery"])
        for pair in (files[:2], files[1:], [files[2], files[0]], files):
            proven = founder.json("team", "drill", *pair)
            self.assertTrue(proven["of_store"])
            self.assertEqual(self.created["team_id"], proven["team_id"])
        self.assertIsNotNone(founder.json("team", "show")["recovery"]["drilled_at"])
        alone = self.device("nowhere").json("team", "drill", *files[:2])
        self.assertEqual(self.created["team_id"][:10], alone["team_id"])
        self.assertIsNone(alone["drilled_at"])

    def test_what_is_wrong_is_said(self):
        founder = self.found("--shares", "2/3")
        one, two = self.share + ".1", self.share + ".2"
        lines = self.read(1).splitlines()
        group = lines[4].split(" ")
        group[1] = group[1][:2] + ("7" if group[1][2] != "7" else "8") + group[1][3:]
        typo = self.write("typo", "\n".join(lines[:4] + [" ".join(group)] + lines[5:]))
        cut = self.write("cut", "\n".join(lines[:6])[:-4])
        for files, says in (
                ((one,), "1 of the 2 shares that are needed"),
                ((one, one), "share 1 is given twice"),
                ((typo, two), "file 1: group 7 of the share is mistyped"),
                ((cut, two), "file 1: group 15 of the share is missing or cut short"),
                ((self.write("words", "hello"), two), "file 1: not a share"),
                ((self.write("empty", ""), two), "file 1: the file holds no share")):
            self.refused(*self.drill(*files), says=says)
            self.refused(*self.drill(*files, store=founder), says=says)
        self.assertIsNone(founder.json("team", "show")["recovery"]["drilled_at"])
        self.refused(*self.drill(one, self.share + "x"), expect=1)

    def test_other_sets_and_teams(self):
        founder = self.found("--shares", "2/3")
        one, two, again = self.share + ".1", self.share + ".2", self.share + "-again"
        made = founder.json("recover", one, two, "--recovery", again, "--shares", "3/4")
        self.assertEqual([f"{again}.{i}" for i in (1, 2, 3, 4)], made["files"])
        self.assertEqual({"threshold": 3, "shares": 4, "drilled_at": None},
                         founder.json("team", "show")["recovery"])
        self.refused(*self.drill(one, again + ".1", again + ".2"), says="shares of two sets")
        founder.json("team", "drill", again + ".1", again + ".2", again + ".4")
        founder.json("team", "drill", one, two)
        other = self.device("other")
        other.json("team", "create", "Others", "--recovery", self.share + "-other", "--shares",
                   "2/2", "--insecure-no-passphrase", "--kdf-ms", "1")
        theirs = [self.share + "-other.1", self.share + "-other.2"]
        self.refused(*self.drill(one, theirs[1]), says="shares of two teams")
        self.refused(*self.drill(*theirs, store=founder), says="another team's root")
        self.refused(founder, "recover", *theirs, "--admin", says="another team's root")
        self.refused(founder, "recover", one, two, "--recovery", again, "--shares", "3/4",
                     expect=1)
        for wrong in ("1/3", "4/3", "2/17", "x", "2", "2/3/4", "-2/3"):
            self.refused(founder, "recover", one, two, "--recovery", again + "x",
                         f"--shares={wrong}", expect=2)

    def test_a_recovery_file(self):
        founder = self.found()
        self.assertEqual({"threshold": 1, "shares": 1, "drilled_at": None},
                         founder.json("team", "show")["recovery"])
        self.assertEqual(self.created["team_id"],
                         self.device("nowhere").json("team", "drill", self.share)["team_id"])
        wrong = founder.run("team", "drill", self.share, MIRSAL_RECOVERY_PASSPHRASE="wrong")
        self.assertEqual((4, b""), (wrong.returncode, wrong.stdout))
        self.assertEqual("wrong_passphrase", json.loads(wrong.stderr)["error"]["code"])
        new = self.share + "-new"
        founder.json("recover", self.share, "--recovery", new, "--kdf-ms", "1")
        founder.json("team", "drill", new)
        with open(new, "r+b") as file:
            file.truncate(50)
        self.refused(*self.drill(new), says="damaged")

    def test_shares_from_standard_input(self):
        self.found("--shares", "2/3")
        typed = self.read(1).lower().replace("mirsal-share1\n", "mirsal-share1 ") + self.read(3)
        run = subprocess.run(
            [PROGRAM, "--json", "--store", os.path.join(self.folder, "founder"), "team", "drill",
             "-"], input=typed.encode(), capture_output=True, timeout=60, check=False,
            env=self.device("x").environment)
        self.assertEqual(0, run.returncode, run.stderr)
        self.assertEqual(2, json.loads(run.stdout)["given"])


class TerminalTest(TeamCase):
    def create(self, answers, *options):
        """team create at a terminal: answers are (what is waited for, what is typed)."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [PROGRAM, "--json", "--store", os.path.join(self.folder, "founder"), "team", "create",
             "X", "--recovery", self.share, "--kdf-ms", "1", "--insecure-no-passphrase", *options],
            stdin=theirs, stdout=subprocess.PIPE, stderr=theirs,
            env=self.device("x").environment, start_new_session=True)
        os.close(theirs)
        seen = b""
        for awaited, typed in answers:
            while awaited not in seen:
                seen += os.read(ours, 4096)
            seen = b""
            os.write(ours, typed())
        answer = process.stdout.read()
        self.assertEqual(0, process.wait(timeout=60))
        process.stdout.close()
        os.close(ours)
        return json.loads(answer)

    def share_text(self, number):
        with open(f"{self.share}.{number}", encoding="utf-8") as file:
            lines = [line for line in file if not line.startswith("#")]
        return "".join(lines).encode() + b"\n"

    def drilled_at(self):
        return self.device("founder").json("team", "show")["recovery"]["drilled_at"]

    def test_the_passphrase_is_typed_again(self):
        made = self.create([(b"no drill): ", lambda: b"wrong\n"),
                            (b"no drill): ", lambda: b"invented\n")])
        self.assertIs(True, made["drilled"])
        self.assertIsNotNone(self.drilled_at())

    def test_no_drill(self):
        made = self.create([(b"no drill): ", lambda: b"\n")])
        self.assertIs(False, made["drilled"])
        self.assertIsNone(self.drilled_at())

    def test_shares_are_typed(self):
        made = self.create([(b"(1/2):", lambda: self.share_text(3)),
                            (b"(2/2):", lambda: self.share_text(1))], "--shares", "2/3")
        self.assertIs(True, made["drilled"])
        self.assertIsNotNone(self.drilled_at())

    def test_the_same_share_twice_is_no_drill(self):
        made = self.create([(b"(1/2):", lambda: self.share_text(3)),
                            (b"(2/2):", lambda: self.share_text(3)),
                            (b"given twice", lambda: b"\n")], "--shares", "2/3")
        self.assertIs(False, made["drilled"])
        self.assertIsNone(self.drilled_at())


if __name__ == "__main__":
    unittest.main()
