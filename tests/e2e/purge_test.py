#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Purges with real programs: one person hides, two order, an admin or root takes it back."""
import json
import os
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


class PurgeCase(unittest.TestCase):
    """A founder, an admin who is another person, a coordinator and a monitor."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mirsal-purge-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.relay = Relay(self.folder)
        self.relay.start()
        self.addCleanup(self.relay.close)
        self.recovery = os.path.join(self.folder, "recovery.mirsal")
        self.founder = Device(self.folder, "founder")
        self.founder.json("team", "create", "Harm documentation", "--recovery", self.recovery,
                          "--insecure-no-passphrase", "--kdf-ms", "1")
        self.founder.json("relay", "add", f"http://127.0.0.1:{self.relay.port}#{self.relay.key}",
                          "--token", self.relay.token)
        self.admin, self.helper = self.joined("admin"), self.joined("helper")
        self.phone = self.joined("phone", "monitor")
        self.all = (self.founder, self.admin, self.helper, self.phone)
        self.readers = self.all[:3]
        converge(self.all)
        self.by_root("device", "role", self.name(self.admin), "admin", "--person", "Amal")
        converge(self.all)

    def joined(self, name, role="coordinator"):
        device = Device(self.folder, name)
        device.join(self.founder.invite(role))
        return device

    def by_root(self, *words):
        return self.founder.json(*words, "--root", self.recovery)

    @staticmethod
    def name(device):
        return device.json("status")["device_id"]

    @staticmethod
    def add(device, title):
        return device.json("add", "incident", f"title:ar={title}", "rel_text=" + title + " told")

    @staticmethod
    def titles(device):
        return sorted(line["title"][0][1] for line in device.lines("list", "incident"))

    def refused(self, device, *words, says=None):
        run = device.run(*words)
        self.assertEqual((4, b""), (run.returncode, run.stdout), run.stderr.decode())
        error = json.loads(run.stderr.splitlines()[-1])["error"]
        self.assertEqual("not_allowed", error["code"])
        if says:
            self.assertIn(says, error["message"])

    def agree(self):
        for key in ("control", "0"):
            digests = {device.json("status")["digests"][key] for device in self.readers}
            self.assertEqual(1, len(digests), key)


@unittest.skipUnless(SERVER, "no relay's program")
class OrderTest(PurgeCase):
    def setUp(self):
        super().setUp()
        self.record = self.add(self.phone, "witness")["id"]
        self.other = self.add(self.helper, "street")["id"]
        converge(self.all)

    def hidden(self, device):
        """Nothing but id, type and state is told of it."""
        self.assertEqual(["street"], self.titles(device))
        self.assertEqual({"type": "incident", "id": self.record, "children": [],
                          "meta": {"state": "purged"}}, device.json("show", self.record))
        every = {line["id"]: line for line in device.lines("list", "incident", "--all")}
        self.assertEqual({"type": "incident", "id": self.record, "meta": {"state": "purged"}},
                         every[self.record])
        self.assertEqual([], device.lines("search", "witness"))
        self.assertEqual([self.other], [line["id"] for line in device.lines("search", "street")])
        self.assertEqual([], device.lines("conflicts", "--all"))
        out = os.path.join(self.folder, "out-" + os.path.basename(device.store))
        device.json("export", out, "--format", "jsonl")
        for folder, _, names in os.walk(out):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    self.assertNotIn(b"witness", file.read())
        shutil.rmtree(out)
        run = device.run("log")
        self.assertNotIn(self.record.encode(), run.stdout)

    def test_hidden_ordered_and_lifted(self):
        run = self.founder.run("purge", self.record, "--reason", "threatened")
        self.assertEqual(0, run.returncode, run.stderr.decode())
        self.assertIn(b"handoffs", run.stderr)
        said = json.loads(run.stdout)
        order = said["purge"]
        self.assertEqual("hidden", said["state"])
        self.hidden(self.founder)
        self.refused(self.founder, "purge", "approve", order[:8], says="another person")
        converge(self.all)
        for device in self.readers:
            self.hidden(device)
            self.assertTrue(device.json("verify")["ok"])
        self.agree()
        self.refused(self.helper, "purge", "approve", order)
        self.refused(self.helper, "purge", "lift", order)
        self.refused(self.helper, "purge", self.other, "--reason", "no")
        self.assertEqual(2, self.admin.run("purge", self.other, "--reason", " ").returncode)
        self.refused(self.helper, "edit", self.record, "rel_text=more", says="purged")
        self.assertEqual("ordered", self.admin.json("purge", "approve", order[:8])["state"])
        converge(self.all)
        for device in self.readers:
            row = device.json("purge", "list")["purges"][0]
            self.assertEqual(("ordered", "threatened", "founder", 1), (
                row["state"], row["reason"], row["by"]["label"] or "founder",
                len(row["records"])))
            self.assertEqual(2, len(row["voices"]))
            self.assertIsNotNone(row["due"])
            self.hidden(device)
        self.agree()
        self.assertEqual("lifted", self.founder.json("purge", "lift", order)["state"])
        converge(self.all)
        for device in self.readers:
            self.assertEqual(["street", "witness"], self.titles(device))
            self.assertEqual(1, len(device.lines("search", "witness")))
            self.assertEqual("lifted", device.json("purge", "list")["purges"][0]["state"])
            before = device.json("status")["digests"]
            device.json("rebuild")
            self.assertEqual(before, device.json("status")["digests"])
        self.agree()

    def test_late_edits_are_void_and_named_by_themselves(self):
        order = self.by_root("purge", self.record, "--reason", "in danger")
        self.assertEqual(("ordered", 1, 1), (order["state"], order["bodies"], order["held"]))
        self.helper.json("edit", self.record, "rel_text=witness again")
        converge(self.all)
        for device in self.readers:
            self.hidden(device)
            said = device.json("purge", "list")["purges"]
            self.assertEqual([(2, 2, 0)], [(one["bodies"], one["held"], one["unnamed"])
                                           for one in said])
        self.agree()
        self.refused(self.admin, "purge", self.record, "--reason", "again", says="already")
        self.refused(self.admin, "purge", "lift", order["purge"], says="root")
        hidden = self.admin.json("purge", self.other, "--reason", "not sure")["purge"]
        shown = subprocess.run([PROGRAM, "--store", self.admin.store, "purge", "list"],
                               capture_output=True, env=self.admin.environment, check=True)
        self.assertIn(b"mirsal purge approve " + hidden[:12].encode(), shown.stdout)
        self.assertIn(b"handoffs", shown.stderr)
        self.assertEqual("lifted", self.by_root("purge", "lift", order["purge"])["state"])
        converge(self.all)
        for device in self.readers:
            self.assertEqual(["witness"], self.titles(device))

    def test_counts_follow(self):
        """A purged claim is counted nowhere; what told of a purged incident counts nowhere."""
        def killed(device):
            return [(row["killed"]["min"], row["killed"]["max"])
                    for row in device.json("tally")["rows"]]
        low, high = ({"id": self.helper.json("add", "casualty", "--parent", self.other,
                                             "outcome=killed", f"min={n}", f"max={n}")["id"]}
                     for n in (2, 5))
        converge(self.all)
        self.assertEqual([(2, 5)], killed(self.founder))
        order = self.founder.json("purge", high["id"], "--reason", "threatened")["purge"]
        converge(self.all)
        for device in self.readers:
            self.assertEqual([(2, 2)], killed(device))
            children = device.json("show", self.other)["children"]
            self.assertEqual([low["id"]], [child["id"] for child in children])
            before = device.json("tally"), device.lines("conflicts", "--all")
            device.json("rebuild")
            self.assertEqual(before, (device.json("tally"), device.lines("conflicts", "--all")))
        self.agree()
        self.founder.json("purge", "lift", order)
        self.assertEqual([(2, 5)], killed(self.founder))
        self.assertEqual(["witness"], self.titles(self.phone))
        self.founder.json("purge", self.record, "--reason", "threatened")
        converge(self.all)
        self.assertEqual([], self.titles(self.phone))

    def test_what_hangs_from_it_goes_along(self):
        """Claims of the incident alone; one of two incidents stays, and is named."""
        claim = self.helper.json("add", "casualty", "--parent", self.record, "min=1")["id"]
        both = self.helper.json("add", "report", f"incident={self.record},{self.other}")["id"]
        converge(self.all)
        said = self.founder.json("purge", self.record, "--reason", "threatened")
        self.assertEqual([("incident", self.record), ("casualty", claim)],
                         [(one["type"], one["id"]) for one in said["records"]])
        self.assertEqual([{"id": both, "type": "report"}], said["children"])
        late = self.helper.json("add", "casualty", "--parent", self.record, "min=7")["id"]
        converge(self.all)
        for device in self.readers:
            self.assertEqual([late], [one["id"] for one in device.lines("list", "casualty")])
            children = device.json("purge", "list")["purges"][0]["children"]
            self.assertEqual({late, both}, {one["id"] for one in children})
        again = self.admin.json("purge", self.record, "--reason", "the late claim")
        self.assertEqual({self.record, late}, {one["id"] for one in again["records"]})
        converge(self.all)
        self.agree()
        for device in self.readers:
            self.assertEqual([], device.lines("list", "casualty"))
            self.assertEqual([both], [one["id"] for one in device.lines("list", "report")])
        # Its protected half, which the first admin does not read, another one's device names.
        seen = self.helper.json("add", "observation", "--parent", self.other, "text=open",
                                "private_text=told in confidence")["id"]
        converge(self.all)
        order = self.admin.json("purge", seen, "--reason", "in danger", "--root", self.recovery)
        self.assertEqual(("ordered", 1, 1), (order["state"], order["bodies"], order["held"]))
        converge(self.all)
        for device, held in ((self.founder, 2), (self.admin, 1), (self.helper, 2)):
            row = next(row for row in device.json("purge", "list")["purges"]
                       if row["purge"] == order["purge"])
            self.assertEqual((2, held, 0), (row["bodies"], row["held"], row["unnamed"]))
        self.agree()

    def test_two_devices_of_one_person(self):
        second = self.joined("second")
        self.all += (second,)
        self.readers += (second,)
        converge(self.all)
        shown = self.by_root("device", "role", self.name(second), "admin", "--person", "Amal")
        self.assertEqual({"number": 1, "name": "Amal"}, shown["person"])
        converge(self.all)
        self.assertEqual({"number": 0, "name": None},
                         self.helper.json("device", "show", self.name(self.founder))["person"])
        self.assertIsNone(second.json("device", "show", self.name(self.phone))["person"])
        order = self.admin.json("purge", self.record, "--reason", "threatened")["purge"]
        converge(self.all)
        self.refused(second, "purge", "approve", order, says="another person")
        self.assertEqual("ordered", self.founder.json("purge", "approve", order)["state"])
        converge(self.all)
        self.agree()


if __name__ == "__main__":
    unittest.main()
