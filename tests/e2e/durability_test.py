#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No reply and no success line leaves before the sync of what it tells of, in device and relay.

The programs run under MIRSAL_SHIM, which traces; MIRSAL_SYNC_OFF turns SQLite's synchronous OFF
under them, and then each of these traces has to show it.
"""
import os
import shutil
import signal
import tempfile
import unittest

from processes import Device, Relay, preload
import trace_check

SHIM = os.environ.get("MIRSAL_SHIM")
SYNC_OFF = os.environ.get("MIRSAL_SYNC_OFF")
REPORTS = 5


@unittest.skipUnless(SHIM and SYNC_OFF, "MIRSAL_SHIM or MIRSAL_SYNC_OFF names no module")
class DurabilityTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mirsal-durability-")
        self.relay = Relay(self.folder)

    def tearDown(self):
        self.relay.close()
        shutil.rmtree(self.folder)

    def traced(self, name, folder, safe):
        modules = preload(SHIM) if safe else preload(SHIM, SYNC_OFF)
        os.makedirs(folder, exist_ok=True)
        return {"LD_PRELOAD": modules, "MIRSAL_TRACE": os.path.join(self.folder, name),
                "MIRSAL_TRACE_DIR": folder}

    def judge(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as lines:
            return trace_check.check(lines)

    def run_team(self, safe):
        self.relay.start(**self.traced("relay.trace", self.relay.data, safe))
        dima = Device(self.folder, "dima")
        dima.found(self.folder)
        dima.environment.update(self.traced("dima.trace", dima.store, safe))
        dima.json("relay", "add", f"http://127.0.0.1:{self.relay.port}#{self.relay.key}",
                  "--token", self.relay.token)
        for number in range(REPORTS):
            dima.json("add", "incident", f"source_id=k:{number}", "title=report")
            dima.json("sync")
        self.assertEqual(0, self.relay.stop(signal.SIGTERM))
        return self.judge("dima.trace"), self.judge("relay.trace")

    def test_nothing_is_told_before_it_is_synced(self):
        device, relay = self.run_team(safe=True)
        self.assertEqual(([], []), (device.breaches, relay.breaches))
        # relay add, and each add and sync; the relay took each sync's push
        self.assertGreaterEqual(device.acknowledged, 1 + 2 * REPORTS)
        self.assertGreaterEqual(relay.acknowledged, REPORTS)

    def test_it_is_seen_when_synchronous_is_off(self):
        device, relay = self.run_team(safe=False)
        self.assertGreaterEqual(len(device.breaches), 1 + 2 * REPORTS)
        self.assertGreaterEqual(len(relay.breaches), REPORTS)


if __name__ == "__main__":
    unittest.main()
