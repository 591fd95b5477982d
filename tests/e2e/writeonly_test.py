#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A write-only phone over a real relay: what it still finds, and what its pages still hold, before
and after the relay has acknowledged; relays that lost everything; kills in between.

MIRSAL_SEED repeats a run.
"""
import os
import random
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import unittest

from processes import Device, Relay

SEED = int(os.environ.get("MIRSAL_SEED") or random.randrange(10**9))
PAGES = os.environ.get("MIRSAL_PAGES")
MARKERS = 100
LETTERS = "bcdfghjklmnpqrstvwxz"


class WriteOnlyCase(unittest.TestCase):
    def setUp(self):
        self.draw = random.Random(SEED)
        self.folder = tempfile.mkdtemp(prefix="mirsal-writeonly-")
        self.relays = []
        self.dima = Device(self.folder, "dima")
        self.dima.found(self.folder)
        self.add_relay()
        self.phone = Device(self.folder, "phone")
        invite = self.dima.invite("monitor")
        self.dima.json("sync")
        self.phone.json("join", invite, "--write-only", "--insecure-no-passphrase", "--force")

    def tearDown(self):
        for relay in self.relays:
            relay.close()
        shutil.rmtree(self.folder)

    def add_relay(self):
        folder = os.path.join(self.folder, f"relay-{len(self.relays)}")
        os.mkdir(folder)
        relay = Relay(folder)
        relay.start()
        self.relays.append(relay)
        self.dima.json("relay", "add", f"http://127.0.0.1:{relay.port}#{relay.key}",
                       "--token", relay.token)

    def word(self):
        """No two begin alike, so that an index cannot shorten one by the other."""
        return "".join(self.draw.choice(LETTERS) for _ in range(14))

    def report(self, *more):
        """An incident with a marker in its title; (id, marker)."""
        marker = self.word()
        made = self.phone.json("add", "incident", f"title:en=Harm {marker} there", *more)
        return made["id"], marker

    def pages(self, sought):
        given = "".join(f"{one.hex()}\n" for one in sought)
        run = subprocess.run([PAGES, self.phone.store], input=given.encode(), capture_output=True,
                             env=self.phone.environment, timeout=120, check=False)
        self.assertEqual(0, run.returncode, run.stderr.decode())
        counts = [int(line) for line in run.stdout.split()]
        self.assertEqual(len(sought), len(counts))
        return counts

    def sync(self, *words, device=None, expect=(0, 3)):
        return (device or self.phone).json("sync", *words, expect=expect)

    def assert_forgotten(self, ids, markers):
        phone = self.phone
        self.assertEqual([0] * len(markers), self.pages([one.encode() for one in markers]))
        self.assertEqual([0] * len(ids),
                         self.pages([bytes.fromhex(one.replace("-", "")) for one in ids]))
        self.assertEqual([], phone.lines("list", "incident", "--all"))
        for marker in markers[:10]:
            self.assertEqual([], phone.lines("search", marker))
        for name in ids[:10]:
            self.assertEqual(1, phone.run("show", name).returncode)
            self.assertEqual(1, phone.run("log", name).returncode)
        status = phone.json("status")
        self.assertEqual((0, False), (status["records"], status["residue"]))
        self.assertIs(True, phone.json("verify", "--deep")["ok"])


class ForgetTest(WriteOnlyCase):
    def test_hundred_markers(self):
        phone = self.phone
        ids, markers, places = [], [], []
        while len(markers) < MARKERS:
            lat, lon = self.draw.randrange(300000000), self.draw.randrange(300000000)
            source = self.word()
            made, marker = self.report(f"lat={lat / 1e7:.7f}", f"lon={lon / 1e7:.7f}",
                                       f"source_id={source}")
            below = phone.json("add", "casualty", "--parent", made, "min=1", "max=3")["id"]
            edited = self.word()
            phone.json("edit", made, f"rel_text=near {edited}")
            ids += [made, below]
            markers += [marker, source, edited]
            places.append(struct.pack(">iiii", lon, lon, lat, lat))
        self.assertEqual(len(markers) // 3, len(phone.lines("list", "incident")))
        self.assertEqual(1, len(phone.lines("search", markers[0])))
        before = self.pages([one.encode() for one in markers])
        self.assertTrue(all(count > 0 for count in before), before)
        self.assertTrue(all(count > 0 for count in self.pages(places)))
        self.sync()
        self.assert_forgotten(ids, markers)
        self.assertEqual([0] * len(places), self.pages(places))
        self.assertEqual([], phone.lines("changes"))
        out = os.path.join(self.folder, "export")
        phone.json("export", "--format", "jsonl", out)
        for name in os.listdir(out):
            with open(os.path.join(out, name), encoding="utf-8") as file:
                text = file.read()
            self.assertFalse([marker for marker in markers if marker in text], name)
        phone.json("rebuild")
        self.assert_forgotten(ids, markers)
        # What remains: a line for each.
        lines = [line for line in phone.lines("log") if line["kind"] == "data"]
        self.assertEqual({("sent", "relay", "sealed", None)},
                         {(line["state"], line["custody"], line["kept"], line["stamp"])
                          for line in lines})
        self.assertTrue(all(line["writes"] == [] for line in lines))
        # A reader has all of it, and says so: the sealed bytes go, the chain goes on.
        self.sync(device=self.dima)
        self.assertEqual(len(ids) // 2, len(self.dima.lines("list", "incident")))
        self.sync()
        verified = phone.json("verify", "--deep")
        self.assertEqual((True, 0, len(lines)),
                         (verified["ok"], verified["sealed_only"], verified["headers_only"]))
        self.assertEqual({"readers"}, {line["custody"] for line in phone.lines("log")
                                       if line["kind"] == "data"})
        self.report()
        self.sync()
        self.sync(device=self.dima)
        self.assertEqual(len(ids) // 2 + 1, len(self.dima.lines("list", "incident")))
        self.assertEqual(0, self.dima.json("status")["quarantined"])

    def test_what_may_be_done_before_and_after(self):
        phone, dima = self.phone, self.dima
        made, marker = self.report("source_id=field:1")
        phone.json("edit", "@field:1", "rel_text=first")
        phone.json("edit", made, "rel_text=second")
        self.assertEqual("second", phone.json("show", made)["rel_text"])
        self.sync()
        for words in (("edit", made, "rel_text=third"), ("edit", "@field:1", "rel_text=third"),
                      ("withdraw", made, "--reason", "why"), ("show", made[:8])):
            run = phone.run(*words)
            self.assertEqual(1, run.returncode, words)
            self.assertIn(b"add a new record", run.stderr)
        # A whole id and a source id still name it for what stands below it.
        phone.json("add", "casualty", "--parent", "@field:1", "min=5", "outcome=killed")
        phone.json("add", "casualty", "--parent", made, "min=6", "outcome=killed")
        self.assertEqual(1, phone.run("add", "casualty", "--parent", made[:8], "min=7").returncode)
        self.sync()
        self.assert_forgotten([made], [marker, "field:1"])
        self.sync(device=dima)
        shown = dima.json("show", "@field:1")
        self.assertEqual("second", shown["rel_text"])
        self.assertEqual([5, 6], sorted(child["min"] for child in shown["children"]))
        self.assertEqual((0, 0), (dima.json("status")["dangling"],
                                  dima.json("status")["conflicts"]))

    def test_drafts_stay(self):
        phone = self.phone
        made, marker = self.report()
        draft = phone.json("add", "casualty", "--parent", made, "min=4", "--draft")["draft"]
        self.sync()
        self.assert_forgotten([], [marker])
        self.assertEqual([draft], [line["draft"] for line in phone.lines("draft", "list")])
        phone.lines("draft", "send", draft)
        self.sync()
        self.sync(device=self.dima)
        self.assertEqual([4], [child["min"] for child in self.dima.json("show", made)["children"]])

    def test_coordinator_that_reads_nothing(self):
        samir = Device(self.folder, "samir")
        invite = self.dima.invite("coordinator", "--protected")
        self.sync(device=self.dima)
        samir.json("join", invite, "--write-only", "--insecure-no-passphrase", "--force")
        made = samir.json("add", "incident", "title=mine")["id"]
        self.report()
        self.sync()
        for device in (samir, self.dima, samir):
            self.sync(device=device)
        self.assertEqual([], samir.lines("list", "incident"))
        self.assertIsNone(samir.json("status")["digest"])
        self.assertEqual(1, samir.run("show", made).returncode)
        self.assertEqual(2, len(self.dima.lines("list", "incident")))


class RestoreTest(WriteOnlyCase):
    def test_relay_restored(self):
        """From a copy made before anything was sent; the phone brings what no reader has."""
        relay = self.relays[0]
        self.sync()
        relay.stop()
        shutil.copytree(relay.data, relay.data + ".old")
        relay.start()
        made, marker = self.report()
        self.sync()
        self.assert_forgotten([made], [marker])
        relay.stop()
        shutil.rmtree(relay.data)
        shutil.move(relay.data + ".old", relay.data)
        relay.start()
        second, other = self.report()
        for _ in range(3):
            self.sync()
        self.assert_forgotten([made, second], [marker, other])
        self.assertEqual(0, self.phone.json("status")["unsent"])
        self.sync(device=self.dima)
        titles = [line["title"] for line in self.dima.lines("list", "incident")]
        self.assertEqual({marker, other}, {word for title in titles for pair in title
                                           for word in pair[1].split() if word in (marker, other)})

    def test_relay_lost_what_a_reader_has(self):
        """The phone has headers alone; the reader brings the bodies, and the chain goes on."""
        relay = self.relays[0]
        self.sync()
        relay.stop()
        shutil.copytree(relay.data, relay.data + ".old")
        relay.start()
        self.report()
        self.sync()
        self.sync(device=self.dima)
        self.sync()
        self.assertEqual(1, self.phone.json("verify")["headers_only"])
        relay.stop()
        shutil.rmtree(relay.data)
        shutil.move(relay.data + ".old", relay.data)
        relay.start()
        made, marker = self.report()
        self.sync(expect=(0, 3))
        self.assertEqual([made], [line["id"] for line in self.phone.lines("list", "incident")])
        for device in (self.dima, self.phone, self.phone, self.dima):
            self.sync(device=device)
        self.assert_forgotten([made], [marker])
        self.assertEqual(2, len(self.dima.lines("list", "incident")))

    def test_two_relays(self):
        self.add_relay()
        self.sync("--relay", "all", device=self.dima)
        self.sync()
        made, marker = self.report()
        first = f"http://127.0.0.1:{self.relays[0].port}"
        second = f"http://127.0.0.1:{self.relays[1].port}"
        self.sync("--relay", first)
        self.assert_forgotten([made], [marker])
        # The other gets the sealed bytes all the same.
        self.sync("--relay", second)
        self.relays[0].stop()
        self.sync("--relay", second, device=self.dima)
        self.assertEqual([made], [line["id"] for line in self.dima.lines("list", "incident")])
        self.relays[0].start()


class KillTest(WriteOnlyCase):
    def test_kills_while_sending(self):
        """Each report is either unsent and readable, or held by the relay and forgotten."""
        self.sync()
        ids, markers = [], []
        for turn in range(16):
            made, marker = self.report()
            ids.append(made)
            markers.append(marker)
            process = self.phone.start("sync")
            time.sleep(self.draw.random() * 0.12)
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdout.close()
            here = {line["id"] for line in self.phone.lines("list", "incident")}
            status = self.phone.json("status")
            self.assertEqual(len(here), status["unsent"], turn)
            self.assertEqual(len(ids) - len(here), status["forgotten"], turn)
            gone = [marker for made, marker in zip(ids, markers) if made not in here]
            self.assertEqual([0] * len(gone), self.pages([one.encode() for one in gone]))
            self.assertIs(True, self.phone.json("verify", "--deep")["ok"])
        self.sync()
        self.assert_forgotten(ids, markers)
        self.sync(device=self.dima)
        self.assertEqual(sorted(ids),
                         sorted(line["id"] for line in self.dima.lines("list", "incident")))


if __name__ == "__main__":
    print(f"MIRSAL_SEED={SEED}")
    unittest.main()
