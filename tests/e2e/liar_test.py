#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Relays that deceive, and honest ones that were restored: what sync, status, verify, log and
bundle import say of them, in JSON and to people, with which exit code.

The liar is mirsald itself, with older or other copies of its folder put under it while it stands
still. Where its files keep their places on the disk it cannot notice that.
"""
import glob
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import unittest

from processes import PROGRAM, Device, Relay

CONTROL = 255


class LiarCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mirsal-liar-")
        self.relay = Relay(self.folder)
        self.relay.start()
        self.url = f"http://127.0.0.1:{self.relay.port}"
        self.dima = Device(self.folder, "dima")
        self.dima.found(self.folder)
        self.dima.json("relay", "add", f"{self.url}#{self.relay.key}", "--token", self.relay.token)
        self.sync(self.dima)
        self.sara, self.mona = self.joined("sara"), self.joined("mona")
        self.all = (self.dima, self.sara, self.mona)
        self.add(self.dima, "d:1")
        self.settle()

    def tearDown(self):
        self.relay.close()
        shutil.rmtree(self.folder)

    def joined(self, name):
        device = Device(self.folder, name)
        device.json("join", self.dima.invite("coordinator", "--label", name),
                    "--insecure-no-passphrase", "--force")
        self.sync(device)
        return device

    def sync(self, device, expect=0):
        return device.json("sync", expect=(expect,))

    def settle(self):
        for _ in range(2):
            for device in self.all:
                self.sync(device)

    def add(self, device, source_id):
        device.json("add", "incident", f"source_id={source_id}", f"title:en=Raid {source_id}")

    def human(self, device, *words, expect=0):
        run = subprocess.run([PROGRAM, "--store", device.store, *words], capture_output=True,
                             env=device.environment, timeout=60, check=False)
        self.assertEqual(expect, run.returncode, run.stderr.decode())
        return run.stdout.decode() + run.stderr.decode()

    def held(self, device):
        """What a device holds against relays: kind and whether it is a proof."""
        return sorted((item["what"], item["proof"]) for item in self.evidence(device))

    def evidence(self, device):
        return device.json("status")["evidence"]

    def log_file(self, folder=None):
        return glob.glob(os.path.join(folder or self.relay.data, "teams", "*.db"))[0]

    def keep(self, name):
        """A copy of the folder of a relay that stands still; it goes on after."""
        self.relay.stop()
        shutil.copytree(self.relay.data, os.path.join(self.folder, name))
        self.relay.start()

    def turn(self, name, keep=None):
        """The liar shows that copy from now on, in the same files; what it showed is kept."""
        self.relay.stop()
        if keep is not None:
            shutil.rmtree(os.path.join(self.folder, keep))
            shutil.copytree(self.relay.data, os.path.join(self.folder, keep))
        with open(self.log_file(os.path.join(self.folder, name)), "rb") as source, \
                open(self.log_file(), "r+b") as target:
            target.truncate(0)
            target.write(source.read())
        self.relay.start()

    def carry(self, source, target, expect=0):
        bundle = os.path.join(self.folder, "carried.bundle")
        if os.path.exists(bundle):
            os.unlink(bundle)
        source.json("bundle", "export", bundle)
        return target.json("bundle", "import", bundle, expect=(expect,))

    def names(self, answer, what, proof):
        """The one item of that kind names the relay and what contradicts what."""
        items = [item for item in answer["evidence"] if item["what"] == what]
        self.assertEqual(1, len(items), answer["evidence"])
        self.assertEqual((self.url, proof), (items[0]["url"], items[0]["proof"]))
        self.assertEqual(len(items[0]["words"]), len(items[0]["said"]))
        return items[0]


class FacesTest(LiarCase):
    def test_two_faces(self):
        self.keep("one")
        shutil.copytree(os.path.join(self.folder, "one"), os.path.join(self.folder, "two"))
        self.add(self.dima, "d:2")
        self.sync(self.dima)
        self.turn("two", keep="one")
        self.add(self.sara, "s:2")
        self.sync(self.sara)
        # Each of them sees one log that grows, and nothing to say of it.
        self.assertEqual(([], []), (self.held(self.dima), self.held(self.sara)))
        answer = self.carry(self.dima, self.sara, expect=3)
        item = self.names(answer, "two_faces", True)
        one, other = item["said"]
        self.assertEqual((one["size"], one["log"], "checkpoint"),
                         (other["size"], other["log"], other["says"]))
        self.assertNotEqual(one["root"], other["root"])
        for words in (["status"], ["verify"]):
            self.names(self.sara.json(*words), "two_faces", True)
            told = self.human(self.sara, *words)
            for part in (self.url, "two histories", one["root"][:12], other["root"][:12],
                         "convince anybody"):
                self.assertIn(part, told)
        relay = self.sara.json("relay", "list")["relays"][0]
        self.assertIn("two histories", relay["error"])
        # Told once by the commands that find it, then by those that show it.
        self.assertEqual([], self.carry(self.dima, self.sara)["evidence"])
        # Mona met the liar before it lied, and hears of it from Sara alone.
        told = self.human(self.mona, "bundle", "import",
                          os.path.join(self.folder, self.bundle_of(self.sara)), expect=3)
        self.assertIn("two histories", told)
        self.assertIn("ask who runs it", told)
        self.assertEqual([("two_faces", True)], self.held(self.mona))
        # Nothing that anybody wrote is lost by it.
        self.assertEqual(["d:1", "d:2", "s:2"], self.mona.source_ids())

    def bundle_of(self, device):
        device.json("bundle", "export", os.path.join(self.folder, "told.bundle"))
        return "told.bundle"

    def test_a_device_that_meets_another_hears_of_it(self):
        self.keep("one")
        shutil.copytree(os.path.join(self.folder, "one"), os.path.join(self.folder, "two"))
        self.add(self.dima, "d:2")
        self.sync(self.dima)
        self.turn("two", keep="one")
        self.add(self.sara, "s:2")
        self.sync(self.sara)
        serving = subprocess.Popen(self.dima.words(["serve", "--listen", "127.0.0.1:0"]),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, env=self.dima.environment)
        try:
            peer = json.loads(serving.stdout.readline())["peer"]
            answer = self.sara.json("sync", "--peer", peer, expect=(3,))
            self.names(answer, "two_faces", True)
            # A newcomer who never saw the relay: from who serves, in the same way.
            noor = Device(self.folder, "noor")
            noor.json("join", self.dima.invite("coordinator"), "--insecure-no-passphrase",
                      "--force")
            told = self.human(noor, "sync", "--peer", peer, expect=3)
            self.assertIn("two histories", told)
            self.assertEqual([("two_faces", True)], self.held(noor))
        finally:
            serving.terminate()
            serving.wait(timeout=40)
            serving.stdout.close()
        self.assertIn(("two_faces", True), self.held(self.dima))


class WithholdTest(LiarCase):
    def withhold(self, device):
        """Away with its data from what is served; the arrival log still counts it."""
        with sqlite3.connect(self.log_file()) as log:
            log.execute("UPDATE changeset SET compartment = 99 WHERE compartment <> ? AND device ="
                        " (SELECT no FROM device WHERE key = ?)",
                        (CONTROL, bytes.fromhex(device.json("status")["device_id"])))
        log.close()

    def test_one_device_is_kept_from_one_reader(self):
        self.add(self.sara, "s:2")
        self.sync(self.sara)
        self.keep("whole")
        self.relay.stop()
        self.withhold(self.sara)
        self.relay.start()
        self.add(self.mona, "m:2")
        self.sync(self.mona)
        self.assertEqual(["d:1", "m:2"], self.mona.source_ids())
        self.assertEqual([], self.held(self.mona))
        answer = self.carry(self.sara, self.mona, expect=3)
        item = self.names(answer, "withheld", False)
        said = item["said"][0]
        self.assertEqual(("acknowledged", "sara", self.sara.json("status")["device_id"]),
                         (said["says"], said["label"], said["device"]))
        self.assertEqual([(0, 1)], [(chain["compartment"], chain["seq"]) for chain in
                                    said["chains"] if chain["compartment"] != CONTROL])
        for words in (["status"], ["verify"]):
            told = self.human(self.mona, *words)
            for part in (self.url, "does not serve them to this device", "sara: 0:1",
                         "only who saw it"):
                self.assertIn(part, told)
        # The record's own story says so beside the relay's word.
        events = [line for line in self.mona.lines("log", "@s:2")
                  if line.get("event") == "acknowledged"]
        self.assertEqual([(self.relay_identity(), "withheld")],
                         [(line["relay"], line["reason"]) for line in events])
        self.assertIn("withheld", self.human(self.mona, "log", "@s:2"))
        # Nobody else saw it: what was not shown convinces who was to see it.
        self.carry(self.mona, self.dima)
        self.assertEqual([], self.held(self.dima))

    def relay_identity(self):
        return self.mona.json("relay", "list")["relays"][0]["identity"]


class RollTest(LiarCase):
    def test_a_log_that_goes_back_and_says_nothing(self):
        self.keep("old")
        for device, source_id in ((self.dima, "d:2"), (self.sara, "s:2")):
            self.add(device, source_id)
            self.sync(device)
        # Back to what Mona saw last, who sends her own; then Dima comes.
        self.turn("old")
        self.add(self.mona, "m:2")
        self.sync(self.mona)
        self.assertTrue(self.sync(self.dima)["another_log"])
        # What each of them was signed are two histories of the log that it left: proof for all.
        self.carry(self.dima, self.mona, expect=3)
        self.names(self.mona.json("verify"), "two_faces", True)
        self.carry(self.mona, self.sara, expect=3)
        self.names(self.sara.json("status"), "two_faces", True)
        # Shown its own word, mirsald began a new log; the liar puts the old one back.
        self.turn("old")
        item = self.names(self.sync(self.dima, expect=3), "denied", False)
        # It signs how little it holds: less than before, later.
        before, after = item["said"]
        self.assertEqual(("acknowledged", before["device"]), (after["says"], after["device"]))
        self.assertGreater(before["size"], after["size"])
        self.assertLess(before["at"], after["at"])
        told = self.human(self.dima, "status")
        for part in (self.url, "no longer holds what it had acknowledged", "only who saw it"):
            self.assertIn(part, told)
        # The work is whole with everybody.
        for device in (self.sara, self.dima, self.mona, self.sara):
            device.json("sync", expect=(0, 3))
        self.assertEqual(["d:1", "d:2", "m:2", "s:2"], self.sara.source_ids())


class RestoredTest(LiarCase):
    """An honest relay: never named, whoever comes first."""

    def lose(self):
        for device, source_id in ((self.dima, "d:2"), (self.sara, "s:2")):
            self.add(device, source_id)
            self.sync(device)

    def check_honest(self):
        # Mona saw no more than the copy holds, and writes first: the relay signs at once.
        self.add(self.mona, "m:2")
        told = self.human(self.mona, "sync")
        self.assertIn("began a new log", told)
        for device in (self.dima, self.sara):
            self.assertTrue(self.sync(device)["another_log"])
        self.settle()
        for device in self.all:
            self.assertEqual([], self.evidence(device))
            self.assertEqual(["d:1", "d:2", "m:2", "s:2"], device.source_ids())
            status = device.json("status")
            relay = status["relays"][0]
            self.assertEqual((2, None), (relay["logs"], relay["error"]))
            self.assertFalse(self.sync(device)["another_log"])
        self.carry(self.mona, self.dima)
        self.carry(self.dima, self.sara)
        self.assertEqual([], self.held(self.dima) + self.held(self.sara))

    def test_from_a_backup(self):
        saved = os.path.join(self.folder, "relay.tar")
        self.relay.command("backup", saved)
        self.lose()
        self.relay.stop()
        shutil.rmtree(self.relay.data)
        with tarfile.open(saved) as tar:
            tar.extractall(self.relay.data)
        self.relay.start()
        self.check_honest()
        with open(self.relay.log, encoding="utf-8") as log:
            self.assertIn("new store epoch", log.read())

    def test_from_a_copy_of_its_folder(self):
        self.keep("copy")
        self.lose()
        self.relay.stop()
        os.rename(self.relay.data, os.path.join(self.folder, "lost"))
        shutil.copytree(os.path.join(self.folder, "copy"), self.relay.data)
        self.relay.start()
        self.check_honest()

    def test_a_restart_is_no_news(self):
        self.relay.stop()
        self.relay.start()
        for device in self.all:
            self.assertFalse(self.sync(device)["another_log"])


if __name__ == "__main__":
    if not PROGRAM:
        raise SystemExit("MIRSAL_PROGRAM names the program")
    unittest.main()
