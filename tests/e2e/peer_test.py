#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Phone to phone with real processes: serve and sync --peer, without any relay and then with one.

What passed is read off the stores by what each side lists and counts.
"""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest

from processes import PROGRAM, CuttingProxy, Device, Relay


class Serving:
    """mirsal serve on a device's store, until closed."""

    def __init__(self, device, *words):
        self.errors = os.path.join(os.path.dirname(device.store),
                                   os.path.basename(device.store) + ".serve")
        with open(self.errors, "ab") as errors:
            self.process = subprocess.Popen(
                device.words(["serve", "--listen", "127.0.0.1:0", *words]),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
                env=device.environment)
        line = self.process.stdout.readline()
        if not line:
            with open(self.errors, encoding="utf-8") as errors:
                raise AssertionError(f"serve: {self.process.wait()} {errors.read()}")
        ready = json.loads(line)
        self.peer = ready["peer"]
        self.port = int(ready["listen"].rsplit(":", 1)[1])

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        code = self.process.wait(timeout=40)
        self.process.stdout.close()
        return code

    def told(self):
        with open(self.errors, encoding="utf-8") as errors:
            return errors.read()


class PeerCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mirsal-peer-")
        self.open = []
        self.relay = None
        self.dima = self.device("dima")
        self.dima.found(self.folder)

    def tearDown(self):
        for serving in self.open:
            if serving.process.poll() is None:
                serving.stop(signal.SIGKILL)
        if self.relay is not None:
            self.relay.close()
        shutil.rmtree(self.folder)

    def device(self, name):
        return Device(self.folder, name)

    def joined(self, name, role="monitor", *options):
        device = self.device(name)
        device.json("join", self.dima.invite(role), "--insecure-no-passphrase", "--force",
                    *options)
        return device

    def serve(self, device):
        serving = Serving(device)
        self.open.append(serving)
        return serving

    def report(self, device, source_id):
        device.json("add", "incident", f"source_id={source_id}", f"title:en=Raid {source_id}")

    def meet(self, client, serving, *words, expect=(0, 3)):
        return client.json("sync", "--peer", serving.peer, *words, expect=expect)

    def digest(self, device):
        return device.json("team", "show")["digest"]

    def add_relay(self):
        self.relay = Relay(self.folder)
        self.relay.start()
        self.dima.json("relay", "add", f"http://127.0.0.1:{self.relay.port}#{self.relay.key}",
                       "--token", self.relay.token)

    def refused(self, device, peer, code=4):
        run = device.run("sync", "--peer", peer)
        self.assertEqual(code, run.returncode, run.stderr.decode())
        self.assertEqual(b"", run.stdout if code != 5 else b"")
        return json.loads(run.stderr.splitlines()[-1])["error"]["message"]


class MeetTest(PeerCase):
    def test_a_monitor_and_a_laptop_without_any_relay(self):
        phone = self.joined("phone")
        self.report(phone, "p:1")
        self.report(self.dima, "d:1")
        serving = self.serve(self.dima)
        answer = self.meet(phone, serving)
        self.assertIsNone(answer["relay"])
        self.assertEqual(serving.peer.split("#")[0], answer["peer"])
        for key in ("pushed", "pulled", "bytes_out", "bytes_in", "http_out", "http_in", "requests",
                    "conflicts_opened", "quarantined", "media_left", "media_left_bytes", "more"):
            self.assertIn(key, answer)
        self.assertFalse(answer["more"])
        self.assertGreaterEqual(answer["pushed"], 1)
        self.assertEqual(["d:1", "p:1"], self.dima.source_ids())
        self.assertEqual(["p:1"], phone.source_ids())
        # Held by a reader, who said so in the same run; at no relay, and unsent to any.
        status = phone.json("status")
        self.assertEqual({"device_only": 0, "relay": 0, "readers": 1},
                         {key: status["custody"][key]
                          for key in ("device_only", "relay", "readers")})
        self.assertEqual(1, status["unsent"])
        self.assertEqual([], status["relays"])
        # The laptop is written to while it serves, and the next run brings nothing old.
        self.report(self.dima, "d:2")
        self.report(phone, "p:2")
        again = self.meet(phone, serving)
        self.assertLessEqual(again["pulled"], 2)
        self.assertEqual(["d:1", "d:2", "p:1", "p:2"], self.dima.source_ids())
        self.assertEqual(0, serving.stop(signal.SIGINT))
        told = serving.told()
        self.assertIn("device nearby", told)
        for secret in ("Raid", "p:1", "phone", serving.peer.split("#")[1]):
            self.assertNotIn(secret, told)

    def test_a_monitor_serves_a_laptop(self):
        phone = self.joined("phone")
        self.report(phone, "p:1")
        self.report(self.dima, "d:1")
        serving = self.serve(phone)
        self.meet(self.dima, serving)
        self.assertEqual(["d:1", "p:1"], self.dima.source_ids())
        self.assertEqual(0, serving.stop())
        self.assertEqual(["p:1"], phone.source_ids())
        self.assertEqual(1, phone.json("status")["custody"]["readers"])
        self.assertEqual(1, phone.json("status")["changesets"] - self.control(phone))

    def control(self, device):
        """Control changesets held: all but the data that its own lists show, one each."""
        return device.json("status")["changesets"] - len(device.source_ids())

    def test_two_monitors_exchange_control_alone(self):
        one, two = self.joined("one"), self.joined("two")
        self.report(one, "one:1")
        self.report(two, "two:1")
        serving = self.serve(one)
        self.meet(two, serving)
        self.assertEqual(["one:1"], one.source_ids())
        self.assertEqual(["two:1"], two.source_ids())
        self.assertEqual(1, one.json("status")["custody"]["device_only"])
        self.assertEqual(1, two.json("status")["custody"]["device_only"])
        self.assertEqual(self.control(one), self.control(two))
        self.assertGreaterEqual(len(one.json("device", "list")["devices"]), 3)
        answer = self.meet(two, serving)
        self.assertEqual((0, 0), (answer["pushed"], answer["pulled"]))

    def test_what_met_syncs_with_a_relay_and_agrees(self):
        phone, laptop = self.joined("phone"), self.joined("laptop", "coordinator")
        self.report(phone, "p:1")
        self.report(laptop, "l:1")
        self.meet(phone, self.serve(laptop))
        self.meet(self.dima, self.serve(laptop))
        self.report(self.dima, "d:1")
        self.add_relay()
        at_dima = self.serve(self.dima)
        self.meet(laptop, at_dima)
        self.meet(phone, at_dima)
        for _ in range(2):
            for device in (self.dima, laptop, phone):
                device.json("sync", expect=(0, 3))
        self.assertEqual(["d:1", "l:1", "p:1"], laptop.source_ids())
        self.assertEqual(self.digest(self.dima), self.digest(laptop))
        status = phone.json("status")
        self.assertEqual(0, status["unsent"])
        self.assertEqual(0, status["custody"]["device_only"])
        # What went the short way did not come twice, nor fork.
        for device in (self.dima, laptop, phone):
            self.assertTrue(device.json("verify", "--deep")["ok"])

    def test_each_serves_the_other_at_once(self):
        laptop = self.joined("laptop", "coordinator")
        for i in range(20):
            self.report(self.dima, f"d:{i}")
            self.report(laptop, f"l:{i}")
        at_dima, at_laptop = self.serve(self.dima), self.serve(laptop)
        ends = {}

        def run(name, device, serving):
            ends[name] = [device.run("sync", "--peer", serving.peer).returncode
                          for _ in range(3)]

        threads = [threading.Thread(target=run, args=args) for args in
                   (("laptop", laptop, at_dima), ("dima", self.dima, at_laptop))]
        for thread in threads:
            thread.start()
        for i in range(5):
            self.report(self.dima, f"while:{i}")
        for thread in threads:
            thread.join(timeout=120)
        self.assertEqual({"laptop", "dima"}, set(ends))
        for codes in ends.values():
            self.assertTrue(set(codes) <= {0, 3}, codes)
        self.meet(laptop, at_dima)
        self.meet(self.dima, at_laptop)
        self.assertEqual(45, len(laptop.source_ids()))
        self.assertEqual(self.digest(self.dima), self.digest(laptop))

    def test_a_write_only_phone(self):
        phone = self.joined("phone", "monitor", "--write-only")
        other = self.joined("other")
        self.report(phone, "p:1")
        serving = self.serve(phone)
        self.meet(other, serving)
        self.assertEqual(["p:1"], phone.source_ids())
        self.meet(self.dima, serving)
        self.assertEqual(0, serving.stop())
        self.assertEqual(["p:1"], self.dima.source_ids())
        self.assertEqual([], phone.source_ids())
        self.report(phone, "p:2")
        serving = self.serve(self.dima)
        self.meet(phone, serving)
        self.assertEqual(["p:1", "p:2"], self.dima.source_ids())
        self.assertEqual([], phone.source_ids())


class RefuseTest(PeerCase):
    def test_a_key_that_is_not_the_device_s(self):
        phone = self.joined("phone")
        at_dima, at_phone = self.serve(self.dima), self.serve(phone)
        wrong = at_dima.peer.split("#")[0] + "#" + at_phone.peer.split("#")[1]
        self.assertIn("key", self.refused(phone, wrong))
        self.assertIn("http://HOST:PORT#KEY",
                      self.refused(phone, at_dima.peer.split("#")[0], code=1))

    def test_a_device_of_another_team(self):
        stranger = Device(os.path.join(self.folder, "else"), "stranger")
        os.mkdir(os.path.join(self.folder, "else"))
        stranger.found(os.path.join(self.folder, "else"))
        self.report(stranger, "s:1")
        self.assertIn("another team", self.refused(stranger, self.serve(self.dima).peer))
        self.assertIn("another team", self.refused(self.dima, self.serve(stranger).peer))
        self.assertEqual([], self.dima.source_ids())

    def test_a_device_that_was_cut(self):
        phone = self.joined("phone")
        serving = self.serve(self.dima)
        self.meet(phone, serving)
        self.report(phone, "p:1")
        who = [one for one in self.dima.json("device", "list")["devices"] if not one.get("this")]
        self.dima.json("device", "cut", who[0]["device_id"], "--reason", "lost")
        self.assertIn("removed", self.refused(phone, serving.peer))
        self.assertIn("removed", self.refused(self.dima, self.serve(phone).peer))
        self.assertEqual([], self.dima.source_ids())
        # It learnt nothing either, and still keeps its work.
        self.assertEqual(["p:1"], phone.source_ids())

    def test_nobody_there(self):
        phone = self.joined("phone")
        serving = self.serve(self.dima)
        peer = serving.peer
        self.assertEqual(0, serving.stop())
        self.report(phone, "p:1")
        self.refused(phone, peer, code=5)
        self.assertEqual(["p:1"], phone.source_ids())

    def test_wrong_words(self):
        self.assertEqual(2, self.dima.run("serve").returncode)
        self.assertEqual(1, self.dima.run("serve", "--listen", "nowhere").returncode)
        taken = self.dima.run("serve", "--listen", f"127.0.0.1:{self.serve(self.dima).port}")
        self.assertEqual((1, "bad_value"), (taken.returncode,
                                            json.loads(taken.stderr)["error"]["code"]))
        self.assertEqual(2, self.dima.run("sync", "--peer", "x", "--relay", "all").returncode)


class BreakTest(PeerCase):
    def test_the_network_breaks_and_the_run_goes_on(self):
        phone = self.joined("phone")
        for i in range(60):
            self.report(phone, f"p:{i}")
        serving = self.serve(self.dima)
        cuts = iter([900, 3000, 5000, None, 7000])
        proxy = CuttingProxy(lambda: serving.port, lambda: next(cuts, None))
        key = serving.peer.split("#")[1]
        for _ in range(8):
            run = phone.run("sync", "--peer", f"http://127.0.0.1:{proxy.port}#{key}")
            if run.returncode in (0, 3):
                break
        self.assertIn(run.returncode, (0, 3), run.stderr.decode())
        self.assertGreaterEqual(proxy.dropped, 2)
        self.assertEqual(60, len(self.dima.source_ids()))
        proxy.close()

    def test_either_side_is_killed_in_the_middle(self):
        phone = self.joined("phone")
        for i in range(40):
            self.report(phone, f"p:{i}")
        for at in (0.05, 0.12, 0.2):
            serving = self.serve(self.dima)
            process = phone.start("sync", "--peer", serving.peer)
            try:
                process.wait(timeout=at)
            except subprocess.TimeoutExpired:
                pass
            serving.stop(signal.SIGKILL)
            process.kill()
            process.wait()
            process.stdout.close()
        serving = self.serve(self.dima)
        self.meet(phone, serving)
        self.assertEqual(40, len(self.dima.source_ids()))
        self.assertTrue(self.dima.json("verify", "--deep")["ok"])
        self.assertTrue(phone.json("verify", "--deep")["ok"])


if __name__ == "__main__":
    if not PROGRAM:
        raise SystemExit("MIRSAL_PROGRAM names the program")
    unittest.main()
