#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Epochs and compartments with real programs over a real relay: who reads what, before and after.
"""
import json
import os
import shutil
import tempfile
import unittest

from processes import Device, Relay

MAIN, PROTECTED = 0, 1


class EpochsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mirsal-epochs-")
        self.relay = Relay(self.folder)
        self.relay.start()
        self.sent = 0
        self.devices = []
        self.dima = Device(self.folder, "dima")
        self.dima.found(self.folder)
        self.dima.json("relay", "add", f"http://127.0.0.1:{self.relay.port}#{self.relay.key}",
                       "--token", self.relay.token)
        self.devices.append(self.dima)

    def tearDown(self):
        self.relay.close()
        shutil.rmtree(self.folder)

    def member(self, name, role, *options):
        device = Device(self.folder, name)
        device.join(self.dima.invite(role, *options))
        self.devices.append(device)
        self.settle()
        return device

    def settle(self, *devices):
        """Syncs all, until a turn moves nothing."""
        for _ in range(10):
            answers = [one.json("sync", expect=(0, 3)) for one in devices or self.devices]
            if not any(answer["pushed"] or answer["pulled"] for answer in answers):
                return
        self.fail("they never settle")

    def record(self, device, *more):
        self.sent += 1
        name = f"e:{self.sent:03}"
        device.json("add", "incident", f"source_id={name}", f"title=report {self.sent}", *more)
        return name

    def device_id(self, device):
        return device.json("status")["device_id"]

    def epoch(self, device, compartment=MAIN):
        rows = device.json("status")["compartments"]
        return next(row["epoch"] for row in rows if row["number"] == compartment)

    def chains(self, device, compartment):
        """How many changesets of others the device's frontier names in a compartment."""
        rows = device.json("device", "list")["devices"]
        return sum(chain["last_seq"] for row in rows if not row["this"]
                   for chain in row["chains"] if chain["compartment"] == compartment)

    def test_a_reader_who_lost_the_right_reads_nothing_new(self):
        amal = self.member("amal", "coordinator")
        before = self.record(self.dima)
        self.settle()
        self.assertIn(before, amal.source_ids())
        self.dima.json("device", "role", self.device_id(amal), "monitor")
        self.settle()
        self.assertEqual(self.epoch(self.dima), 2)
        after = self.record(self.dima)
        self.settle()
        self.assertNotIn(after, amal.source_ids())
        own = self.record(amal)
        self.settle()
        self.assertIn(own, self.dima.source_ids())

    def test_a_newcomer_reads_the_history_out_of_the_newest(self):
        amal = self.member("amal", "coordinator")
        names = []
        for _ in range(3):
            names.append(self.record(self.dima))
            self.dima.json("epoch", "rotate")
            self.settle()
        names.append(self.record(amal))
        samir = self.member("samir", "observer")
        self.settle()
        self.assertEqual(set(samir.source_ids()), set(names))
        self.assertEqual(self.epoch(samir), 4)
        status = samir.json("status")
        self.assertEqual(status["waits"].get("epoch_key", 0), 0)
        self.assertEqual(status["digest"], self.dima.json("status")["digest"])

    def test_without_history_a_newcomer_begins_there(self):
        amal = self.member("amal", "coordinator")
        old = self.record(self.dima)
        self.settle()
        turned = self.dima.json("epoch", "rotate", "--no-history")
        self.assertEqual((turned["compartment"], turned["epoch"]), (0, 2))
        self.settle()
        young = self.record(self.dima)
        samir = self.member("samir", "observer")
        self.settle()
        self.assertEqual(set(amal.source_ids()), {old, young})
        self.assertEqual(samir.source_ids(), [young])
        status = samir.json("status")
        self.assertEqual((status["waits"]["epoch_key"], status["waiting"], status["not_given"]),
                         (0, 0, 1))
        self.assertEqual(amal.json("status")["not_given"], 0)
        epochs = self.dima.json("team", "show")["epochs"]
        self.assertEqual([(row["compartment"], row["epoch"], row["history"]) for row in epochs],
                         [(0, 1, True), (0, 2, False), (1, 1, True)])

    def test_compartments_by_governorate(self):
        amal = self.member("amal", "coordinator")
        samir = self.member("samir", "coordinator")
        idlib = self.dima.json("compartment", "add", "Idlib")["number"]
        aleppo = self.dima.json("compartment", "add", "حلب")["number"]
        self.dima.json("compartment", "grant", "Idlib", self.device_id(amal))
        self.dima.json("compartment", "grant", "حلب", self.device_id(samir))
        self.settle()
        there = self.record(self.dima, "--compartment", "Idlib")
        elsewhere = self.record(samir, "--compartment", "حلب")
        by_another = self.record(samir, "--compartment", str(idlib))
        shared = self.record(self.dima)
        self.settle()
        self.assertEqual(set(amal.source_ids()), {there, by_another, shared})
        self.assertLessEqual({elsewhere, shared}, set(samir.source_ids()))
        self.assertNotIn(there, samir.source_ids())
        self.assertEqual(self.chains(amal, aleppo), 0)
        self.assertEqual(self.chains(samir, idlib), 0)
        rows = {row["number"]: row for row in amal.json("team", "show")["compartments"]}
        self.assertEqual(rows[aleppo]["name"], "حلب")
        self.assertEqual((rows[idlib]["readable"], rows[aleppo]["readable"]), (True, False))
        self.dima.json("compartment", "revoke", "Idlib", self.device_id(amal))
        self.settle()
        later = self.record(self.dima, "--compartment", "Idlib")
        self.settle()
        self.assertNotIn(later, amal.source_ids())
        self.assertIn(later, self.dima.source_ids())
        self.assertEqual(self.epoch(self.dima, idlib), 2)
        refused = amal.run("compartment", "add", "Hama")
        self.assertEqual(refused.returncode, 4)

    def test_protected_fields_are_there_and_closed(self):
        amal = self.member("amal", "coordinator")
        phone = self.member("phone", "monitor")
        self.relay.stop()
        self.relay.command("join", self.dima.invite("observer"))
        self.relay.start()
        name = self.record(phone, "private_lat=35.1", "private_lon=36.7")
        self.settle()
        self.settle()
        shown = amal.json("show", "@" + name)
        self.assertIs(shown["meta"]["sealed"], True)
        self.assertEqual(shown["meta"]["sealed_in"], ["protected"])
        self.assertNotIn("private_lat", shown)
        self.assertNotIn("sealed", self.dima.json("show", "@" + name)["meta"])
        self.assertEqual((self.chains(amal, PROTECTED), self.chains(self.dima, PROTECTED)), (0, 1))
        self.assertEqual([row["source_id"] for row in amal.lines("list", "incident")], [name])
        self.assertEqual(amal.lines("search", "36.7"), [])
        out = os.path.join(self.folder, "out")
        amal.json("export", "--format", "jsonl", out)
        with open(os.path.join(out, "manifest.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file)["sealed_compartments"], [PROTECTED])
        with open(os.path.join(out, "incident.jsonl"), encoding="utf-8") as file:
            self.assertNotIn("36.7", file.read())
        other = "@" + self.record(phone, "kind=single", "private_lat=35.1", "private_lon=36.7")
        self.settle()
        other = amal.json("show", other)["id"]
        for device, fields, left in ((amal, "means=mortar", None),
                                     (self.dima, "kind=cluster", None),
                                     (amal, "kind=cluster", ["protected"])):
            answer = device.json("edit", other, fields)
            self.assertEqual(("superseded" in answer, answer.get("left_sealed")),
                             (fields == "kind=cluster", left))
        for device, count in ((amal, 1), (self.dima, None)):
            path = os.path.join(self.folder, "corrected.jsonl")
            with open(path, "w", encoding="utf-8") as file:
                json.dump({"type": "incident", "id": other, "kind": "cluster"}, file)
            answer = device.json("import", path)
            self.assertEqual((1, count), (answer["updated"], answer.get("records_left_sealed")))
        self.dima.json("compartment", "grant", "protected", self.device_id(amal))
        self.settle()
        self.settle()
        self.assertNotIn("sealed", amal.json("show", "@" + name)["meta"])
        self.assertEqual(self.chains(amal, PROTECTED), 4)


if __name__ == "__main__":
    unittest.main()
