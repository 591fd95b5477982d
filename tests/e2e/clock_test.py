#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clocks of 1970 and 2106, twelve hours off, a step back: work is taken, and flagged.

The programs run under MIRSAL_CLOCK, which sets their wall clock.
"""
import os
import shutil
import tempfile
import unittest

from processes import Device, Relay, preload

CLOCK = os.environ.get("MIRSAL_CLOCK")
HOUR = 3600


@unittest.skipUnless(CLOCK, "MIRSAL_CLOCK names no module")
class ClockTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mirsal-clock-")
        self.relay = Relay(self.folder)
        self.relay.start()

    def tearDown(self):
        self.relay.close()
        shutil.rmtree(self.folder)

    def at(self, device, shift):
        device.environment.update({"LD_PRELOAD": preload(CLOCK), "MIRSAL_CLOCK_SHIFT": shift})

    def test_work_of_wrong_clocks_is_taken_and_flagged(self):
        dima = Device(self.folder, "dima")
        dima.found(self.folder)
        dima.json("relay", "add", f"http://127.0.0.1:{self.relay.port}#{self.relay.key}",
                  "--token", self.relay.token)
        dima.json("sync")
        clocks = {"right": "0", "early": "@0", "late": "@4300000000", "ahead": str(12 * HOUR)}
        offsets = {}
        for name, shift in clocks.items():
            device = Device(self.folder, name)
            invite = dima.invite("monitor")
            if name == "early":     # the battery was out before the device ever joined
                self.at(device, shift)
            device.join(invite)
            self.at(device, shift)
            device.json("add", "incident", f"source_id=k:{name}", f"title={name}")
            device.json("sync", expect=(0, 3))
            clock = device.json("status")["clock"]
            self.assertEqual(name != "right", clock["suspect"], name)
            offsets[name] = clock["offset_s"]
        self.assertAlmostEqual(0, offsets["right"], delta=5)
        self.assertAlmostEqual(-12 * HOUR, offsets["ahead"], delta=5)
        self.assertLess(offsets["late"], -HOUR)
        self.assertGreater(offsets["early"], HOUR)
        dima.json("sync", expect=(0, 3))
        self.assertEqual(sorted(f"k:{name}" for name in clocks), dima.source_ids())
        for name in clocks:
            made = dima.json("show", f"@k:{name}")["meta"]["created"]
            self.assertEqual("ok" if name == "right" else "suspect", made["clock"], name)
            self.assertTrue(made["before"].startswith("20"), made)
        lines = {line["changeset"]: line for line in dima.lines("log") if line["kind"] == "data"}
        self.assertEqual(3, sum(line["clock"] == "suspect" for line in lines.values()))
        # Nobody's clock was dragged: what dima writes now is of the relay's time.
        dima.json("add", "incident", "source_id=k:dima", "title=now")
        dima.json("sync", expect=(0, 3))
        made = dima.json("show", "@k:dima")["meta"]["created"]
        self.assertEqual("ok", made["clock"])
        self.assertIsNotNone(made["after"])
        self.assertLessEqual(made["after"], made["before"])

    def test_a_step_back_stops_nothing(self):
        dima = Device(self.folder, "dima")
        dima.found(self.folder)
        for number, shift in enumerate((12 * HOUR, 0, -12 * HOUR)):
            self.at(dima, str(shift))
            dima.json("add", "incident", f"source_id=k:{number}", "title=still")
            self.assertEqual(number > 0, dima.json("status")["clock"]["suspect"])
        stamps = [line["stamp"] for line in dima.lines("log") if line["kind"] == "data"]
        self.assertEqual(sorted(stamps), stamps)
        self.assertEqual(3, len(dima.source_ids()))


if __name__ == "__main__":
    unittest.main()
