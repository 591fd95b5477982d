#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who counts, with real programs and a relay: cuts, adopts, lesser roles, freezes.
"""
import json
import os
import shutil
import tempfile
import unittest

from processes import SERVER, Device, Relay


def converge(devices):
    """Everyone syncs until nothing moves."""
    for _ in range(8):
        moved = 0
        for device in devices:
            run = device.json("sync", expect=(0, 3))
            moved += run["pushed"] + run["pulled"]
        if moved == 0:
            return
    raise AssertionError("they go on and on")


@unittest.skipUnless(SERVER, "no relay's program")
class MembersTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mirsal-members-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.relay = Relay(self.folder)
        self.relay.start()
        self.addCleanup(self.relay.close)
        self.founder, self.helper = self.device("founder"), self.device("helper")
        self.phone = self.device("phone")
        self.share = os.path.join(self.folder, "share")
        self.founder.json("team", "create", "Harm documentation", "--recovery", self.share,
                          "--shares", "2/3", "--insecure-no-passphrase", "--kdf-ms", "1")
        self.founder.json("relay", "add", f"http://127.0.0.1:{self.relay.port}#{self.relay.key}",
                          "--token", self.relay.token)
        self.helper.join(self.founder.invite("coordinator", "--protected"))
        self.phone.join(self.founder.invite("coordinator"))
        self.all = [self.founder, self.helper, self.phone]
        self.add(self.phone, "early")
        converge(self.all)
        self.roots = ["--root", self.share + ".1", "--root", self.share + ".3"]

    def device(self, name):
        return Device(self.folder, name)

    @staticmethod
    def add(device, title):
        return device.json("add", "incident", f"title:en={title}", "date_start=2019-11-17")

    @staticmethod
    def name(device):
        return device.json("status")["device_id"]

    @staticmethod
    def titles(device):
        return sorted(line["title"][0][1] for line in device.lines("list", "incident"))

    def agree(self, *devices):
        for key in ("control", "0"):
            digests = {device.json("status")["digests"][key] for device in devices}
            self.assertEqual(1, len(digests), key)

    def refused(self, device, *words, expect=4, code="not_allowed"):
        before = device.json("status")
        run = device.run(*words)
        self.assertEqual((expect, b""), (run.returncode, run.stdout), run.stderr.decode())
        self.assertEqual(code, json.loads(run.stderr.splitlines()[-1])["error"]["code"])
        after = device.json("status")
        self.assertEqual((before["digests"], before["changesets"]),
                         (after["digests"], after["changesets"]))

    def row(self, device, of):
        return next(row for row in device.json("device", "list")["devices"]
                    if row["device_id"] == of)

    def test_a_lost_phone(self):
        """Late work is quarantined everywhere, relayed, and brought back by one command."""
        phone = self.name(self.phone)
        shown = self.founder.json("device", "show", phone)
        self.assertEqual([0], [one["compartment"] for one in shown["could_read"]])
        self.assertEqual([{"compartment": 0, "epoch": 1}], shown["to_turn"])
        self.assertEqual(1, shown["could_read"][0]["changesets"])
        self.assertIsNotNone(shown["could_read"][0]["since"])
        cut = self.founder.json("device", "cut", phone, "--reason", "lost", "--text", "at the line")
        self.assertEqual("cut", cut["state"])
        self.assertEqual("lost", cut["cuts"][0]["reason"])
        self.assertEqual(1, cut["chains"][0]["cut_at"])
        late = self.add(self.phone, "late")["changeset"]
        later = self.add(self.phone, "later")["changeset"]
        self.assertEqual(["early", "late", "later"], self.titles(self.phone))
        converge(self.all)
        for device in self.all:
            status = device.json("status")
            self.assertEqual((2, {"cut": 2}), (status["quarantined"], status["quarantine"]))
            row = self.row(device, phone)
            self.assertEqual(("cut", 1, 3, 2), (row["state"], *(row["chains"][0][key] for key in
                             ("cut_at", "last_seq", "quarantined"))))
            lines = {line["changeset"]: line for line in device.lines("log")}
            for changeset in (late, later):
                self.assertEqual(("quarantined", "cut"), (lines[changeset]["state"],
                                                          lines[changeset]["reason"]))
            self.assertTrue(device.json("verify")["ok"])
        for device in (self.founder, self.helper):
            self.assertEqual(["early"], self.titles(device))
        self.agree(self.founder, self.helper)
        self.assertEqual("cut", self.phone.json("status")["state"])
        run = self.phone.run("sync")
        self.assertEqual(3, run.returncode)
        self.assertIn(b"person", run.stderr + run.stdout)
        self.refused(self.phone, "device", "adopt", phone)
        self.refused(self.phone, "device", "cut", self.name(self.helper), "--reason", "hostile")

        shown = late[:12]  # what plain log prints
        self.assertEqual(late, self.helper.lines("log", shown)[0]["changeset"])
        self.assertEqual(1, self.helper.json("device", "adopt", phone, shown)["adopted"])
        converge(self.all)
        for device in (self.founder, self.helper):
            self.assertEqual(["early", "late"], self.titles(device))
        self.refused(self.helper, "device", "adopt", phone, late, expect=1, code="not_found")
        self.assertEqual(1, self.founder.json("device", "adopt", phone)["adopted"])
        converge(self.all)
        for device in (self.founder, self.helper):
            self.assertEqual(["early", "late", "later"], self.titles(device))
            self.assertEqual(0, device.json("status")["quarantined"])
        self.agree(self.founder, self.helper)

    def test_a_hostile_device(self):
        """After a hostile cut a coordinator brings nothing back; cut places are the team's word."""
        phone = self.name(self.phone)
        self.add(self.phone, "second")
        converge(self.all)
        self.refused(self.helper, "device", "cut", phone, "--reason", "hostile")
        self.refused(self.founder, "device", "cut", phone, "--reason", "hostile", "--at", "main:9",
                     expect=1, code="not_found")
        self.founder.json("device", "cut", phone, "--reason", "hostile", "--at", "main:1")
        converge(self.all)
        for device in (self.founder, self.helper):
            self.assertEqual(["early"], self.titles(device))
        self.refused(self.helper, "device", "adopt", phone)
        self.founder.json("device", "adopt", phone)
        converge([self.founder, self.helper])
        self.assertEqual(["early", "second"], self.titles(self.helper))
        self.agree(self.founder, self.helper)

    def test_a_lesser_role(self):
        """It cuts what was not known; what knows it is judged by the new role."""
        phone = self.name(self.phone)
        self.refused(self.phone, "device", "role", phone, "admin")
        self.refused(self.helper, "device", "role", phone, "monitor")
        self.founder.json("device", "role", phone, "monitor")
        self.add(self.phone, "unknowing")
        converge(self.all)
        for device in (self.founder, self.helper):
            self.assertEqual(["early"], self.titles(device))
            self.assertEqual({"cut": 1}, device.json("status")["quarantine"])
            self.assertEqual("active", self.row(device, phone)["state"])
        self.add(self.phone, "knowing")
        converge(self.all)
        for device in (self.founder, self.helper):
            self.assertEqual(["early", "knowing"], self.titles(device))
        self.founder.json("device", "adopt", phone)
        self.founder.json("device", "role", phone, "coordinator")
        converge(self.all)
        self.assertEqual(["early", "knowing", "unknowing"], self.titles(self.helper))
        self.assertEqual("coordinator", self.phone.json("status")["role"])
        self.agree(self.founder, self.helper)

    def test_who_is_lowered_reads_no_compartment_any_more(self):
        helper = self.name(self.helper)
        self.assertTrue(self.row(self.founder, helper)["protected"])
        self.founder.json("device", "role", helper, "monitor")
        self.assertFalse(self.row(self.founder, helper)["protected"])
        converge(self.all)
        source = self.founder.json("add", "source", "display_name=Abu Test")["id"]
        converge(self.all)
        self.assertEqual(2, self.founder.json("status")["compartments"][1]["epoch"])
        changed = self.helper.lines("changes")
        self.assertNotIn(source, [line["id"] for line in changed])

    def test_a_frozen_admin(self):
        """Another admin suspends; root alone ends it, or cuts."""
        helper = self.name(self.helper)
        self.founder.json("device", "role", helper, "admin", *self.roots)
        converge(self.all)
        self.refused(self.founder, "device", "cut", helper, "--reason", "hostile")
        self.refused(self.founder, "device", "freeze", self.name(self.phone))
        self.assertEqual("frozen", self.founder.json("device", "freeze", helper)["state"])
        converge(self.all)
        self.assertEqual("frozen", self.helper.json("status")["state"])
        self.assertEqual(3, self.helper.run("sync").returncode)
        self.refused(self.helper, "device", "cut", self.name(self.phone), "--reason", "lost")
        self.assertEqual(4, self.founder.run("device", "unfreeze", helper, "--root",
                                             self.share + ".1").returncode)
        self.add(self.helper, "reports go on")
        converge(self.all)
        self.assertEqual(["early", "reports go on"], self.titles(self.founder))
        self.assertEqual("active",
                         self.phone.json("device", "unfreeze", helper, *self.roots)["state"])
        converge(self.all)
        self.assertEqual("active", self.row(self.founder, helper)["state"])
        cut = self.founder.json("device", "cut", helper, "--reason", "hostile", *self.roots)
        self.assertEqual([{"compartment": 0, "epoch": 1}, {"compartment": 1, "epoch": 1}],
                         cut["to_turn"])
        converge(self.all)
        self.refused(self.helper, "invite", "--role", "monitor")
        self.agree(self.founder, self.phone)


if __name__ == "__main__":
    unittest.main()
