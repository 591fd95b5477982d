#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Copied and moved stores by the command line: none of them signs beside the other. Finds the
programs in MIRSAL_PROGRAM and MIRSALD_PROGRAM.
"""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from backup_test import Store
from processes import Relay

MOVED = "this store was copied or moved here: it signs after `sync --moved`, or after an invite"


class CloneTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mirsal-clone-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.relay = Relay(self.folder)
        self.addCleanup(self.relay.close)
        self.relay.start()
        self.office = Store(self.folder, "office")
        self.office.json("team", "create", "Nour", "--recovery",
                         os.path.join(self.folder, "recovery"), "--kdf-ms", "1")
        self.office.json("relay", "add", f"http://127.0.0.1:{self.relay.port}#{self.relay.key}",
                         "--token", self.relay.token)
        self.phone = Store(self.folder, "phone")
        self.phone.json("join", self.invite(), "--label", "Amal", "--kdf-ms", "1")
        self.first = self.phone.add("before the copy")

    def invite(self):
        return self.office.json("invite", "--role", "monitor", "--in-person")["invite"]

    def copy(self, name, **more):
        subprocess.run(["cp", "-a", self.phone.folder, os.path.join(self.folder, name)],
                       check=True)
        return Store(self.folder, name, **more)

    def states(self):
        state = os.path.join(self.folder, ".local", "state", "mirsal")
        return sorted(os.listdir(state))

    def refused(self, run, words):
        self.assertEqual((4, b""), (run.returncode, run.stdout), run.stderr.decode())
        error = json.loads(run.stderr)["error"]
        self.assertEqual(("not_allowed", words), (error["code"], error["message"]))

    def test_a_copy_reads_and_does_not_sign(self):
        copy = self.copy("copy")
        self.assertEqual([self.first], copy.ids())
        status = copy.json("status")
        self.assertEqual(("active", "moved"), (status["state"], status["reason"]))
        self.assertNotIn("reason", self.phone.json("status"))
        for words in (["add", "incident", "date=2020"], ["edit", self.first, "title=x"]):
            self.refused(copy.run(*words), MOVED)
        self.phone.add("by the original")
        self.phone.json("sync")
        copy.json("sync", expect=3)
        self.refused(copy.run("add", "incident", "date=2020"),
                     "a newer state of this device exists elsewhere: it signs as a new device,"
                     " after an invite")
        self.office.json("sync")
        self.assertEqual(0, self.office.json("status")["quarantined"])

    def test_another_home(self):
        home = os.path.join(self.folder, "elsewhere")
        os.mkdir(home)
        there = Store(self.folder, "phone", HOME=home)
        self.refused(there.run("add", "incident", "date=2020"), MOVED)
        self.phone.add("still at home")

    def test_a_store_that_was_moved_signs_on(self):
        copy = self.copy("copy")
        shutil.rmtree(self.phone.folder)
        copy.json("sync", expect=3)
        self.refused(copy.run("add", "incident", "date=2020"), MOVED)
        copy.json("sync", "--moved")
        fresh = copy.add("at the new place")
        copy.json("sync")
        self.office.json("sync")
        self.assertEqual(sorted([self.first, fresh]), self.office.ids())
        self.assertEqual(0, self.office.json("status")["quarantined"])
        self.assertEqual(copy.json("status")["device_id"], self.office.json(
            "show", fresh)["meta"]["created"]["device"])

    def test_no_relay_no_word(self):
        copy = self.copy("copy")
        self.relay.stop()
        run = copy.run("sync", "--moved")
        self.assertEqual(5, run.returncode)
        self.refused(copy.run("add", "incident", "date=2020"), MOVED)

    def test_an_old_copy_in_the_place_of_the_store(self):
        """Files brought back from an old copy: a new device, and nothing is lost."""
        copy = self.copy("copy")
        newer = self.phone.add("after the copy")
        self.phone.json("sync")
        self.office.json("sync")
        old = self.phone.json("status")["device_id"]
        shutil.rmtree(self.phone.folder)
        os.rename(copy.folder, self.phone.folder)
        self.refused(self.phone.run("add", "incident", "date=2020"), MOVED)
        run = self.phone.run("sync", "--moved")
        self.assertEqual(3, run.returncode, run.stderr.decode())
        status = self.phone.json("status")
        self.assertNotEqual(old, status["device_id"])
        self.assertEqual(("monitor", "active"), (status["role"], status["state"]))
        self.assertNotIn("reason", status)
        fresh = self.phone.add("by the new device")
        self.phone.json("sync")
        self.office.json("sync")
        self.assertEqual(sorted([self.first, newer, fresh]), self.office.ids())
        self.assertEqual(0, self.office.json("status")["quarantined"])
        states = {line["device_id"]: line["state"]
                  for line in self.office.json("device", "list")["devices"]}
        self.assertEqual("retired", states[old])

    def test_two_copies_signed(self):
        """A person's wrong word: the one that comes late keeps its work as another device."""
        self.phone.json("sync")
        self.office.json("sync")
        copy = self.copy("copy")
        copy.json("sync", "--moved")
        one = self.phone.add("by the original")
        self.phone.json("sync")
        self.office.json("sync")
        copy.add("by the copy")
        run = copy.run("sync")
        self.assertEqual(3, run.returncode, run.stderr.decode())
        two = copy.add("by the copy, later")
        for store in (self.office, copy, self.office):
            store.run("sync")
        titles = sorted(line["title"][0][1] for line in self.office.lines("list", "incident"))
        self.assertEqual(["before the copy", "by the copy", "by the copy, later",
                          "by the original"], titles)
        self.assertIn(one, self.office.ids())
        self.assertIn(two, self.office.ids())
        self.assertEqual(1, self.office.json("status")["forks"])
        verified = self.office.json("verify")
        self.assertTrue(verified["ok"])
        [fork] = verified["forks"]
        old = [line["device"] for line in self.office.lines("log")
               if line["changeset"] in fork["changesets"]]
        self.assertEqual([fork["device"]] * 2, old)
        self.assertTrue(fork["proven"])
        reasons = sorted(line.get("reason", "") for line in self.office.lines("log")
                         if line["changeset"] in fork["changesets"])
        self.assertEqual(["", "fork"], reasons)
        [lost] = [line for line in self.office.lines("list", "incident", "--all")
                  if line["meta"]["state"] == "quarantined"]
        self.assertEqual("by the copy", lost["title"][0][1])
        self.assertEqual("quarantined", self.office.json("show", lost["id"])["meta"]["state"])
        self.assertNotIn(lost["id"], self.office.ids())
        self.phone.run("sync")
        made = self.phone.json("join", self.invite())
        self.assertEqual("active", made["state"])
        three = self.phone.add("by the original, as another")
        self.phone.json("sync")
        self.office.run("sync")
        self.assertIn(three, self.office.ids())

    def test_both_go_on_as_two_devices(self):
        copy = self.copy("copy")
        made = copy.json("join", self.invite())
        self.assertEqual(("active", "Amal"), (made["state"], made["label"]))
        self.assertNotEqual(self.phone.json("status")["device_id"], made["device_id"])
        one, two = copy.add("by the copy"), self.phone.add("by the original")
        for store in (copy, self.phone, copy, self.office):
            store.json("sync")
        self.assertEqual(sorted([self.first, one, two]), self.office.ids())
        self.assertEqual(sorted([self.first, one]), copy.ids())
        self.assertEqual(0, self.office.json("status")["quarantined"])
        self.assertTrue(copy.json("verify", "--deep")["ok"])
        copy.json("rebuild")
        self.assertEqual(sorted([self.first, one]), copy.ids())

    def test_a_wipe_takes_the_nonce_with_it(self):
        before = self.states()
        self.assertEqual(2, len(before))
        self.phone.json("wipe", "--yes")
        self.assertEqual(1, len(self.states()))
        self.assertFalse(os.path.exists(self.phone.folder))


if __name__ == "__main__":
    unittest.main()
