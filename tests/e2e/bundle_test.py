#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bundles by the command line: a monitor without any network, a coordinator, a stick between them.
Whole, in parts, cut, doubled, changed, killed while they are written and read.

Finds the programs in MIRSAL_PROGRAM and MIRSALD_PROGRAM. MIRSAL_SEED repeats a run.
"""
import json
import os
import random
import shutil
import signal
import tempfile
import time
import unittest

from processes import Device, Relay

SEED = int(os.environ.get("MIRSAL_SEED") or random.randrange(10**9))


class BundleCase(unittest.TestCase):
    def setUp(self):
        self.draw = random.Random(SEED)
        self.folder = tempfile.mkdtemp(prefix="mirsal-bundle-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.dima = Device(self.folder, "dima")
        self.dima.found(self.folder)
        self.phone = self.member("phone", "monitor")
        self.desk = self.member("desk", "coordinator", "--protected")
        self.stick = self.path("stick")
        # Who joined tells a reader by file, and the others hear of it by file.
        self.carry(self.phone, self.dima)
        self.carry(self.desk, self.dima)
        self.carry(self.dima, self.desk)
        self.carry(self.dima, self.phone, "--to", self.phone.json("status")["device_id"])

    def path(self, name):
        return os.path.join(self.folder, name)

    def member(self, name, role, *options):
        device = Device(self.folder, name)
        device.join(self.dima.invite(role, *options))
        return device

    def report(self, device, *more):
        return device.json("add", "incident", "date=2019-11-17", "title:en=Harm", *more)["id"]

    def fill(self, device, count, size=20000):
        """One import of incidents with a text that does not deflate to nothing."""
        lines = self.path("lines.jsonl")
        with open(lines, "w", encoding="utf-8") as file:
            for _ in range(count):
                text = "".join(self.draw.choice("abcdefghijklmnopqrstuvwxyz ") for _ in range(size))
                name = f"s:{self.draw.randrange(10**12)}"
                file.write(json.dumps({"type": "incident", "source_id": name,
                                       "rel_text": text}) + "\n")
        device.json("import", lines)

    def ids(self, device):
        return sorted(line["id"] for line in device.lines("list", "incident"))

    def digest(self, device):
        return device.json("status")["digest"]

    def carry(self, source, sink, *options, name="carry"):
        """One file; the two answers."""
        given = source.json("bundle", "export", self.path(name), *options)
        return given, sink.json("bundle", "import", self.path(name))

    def refused(self, device, *words):
        run = device.run(*words)
        self.assertEqual((4, b""), (run.returncode, run.stdout), run.stderr.decode())
        return json.loads(run.stderr)["error"]

    def parts(self):
        return sorted(name for name in os.listdir(self.folder) if name.startswith("stick."))


class WayTest(BundleCase):
    """What goes which way, and to whom."""

    def test_a_day_without_a_network(self):
        made = [self.report(self.phone) for _ in range(3)]
        given = self.phone.json("bundle", "export", self.stick, "--all-readers")
        self.assertEqual((1, 0), (given["parts"], given["media"]))
        self.assertEqual(os.path.getsize(self.stick), given["bytes"])
        taken = self.dima.json("bundle", "import", self.stick)
        self.assertEqual(sorted(made), self.ids(self.dima))
        self.assertEqual((False, []), (taken["cut"], taken["missing"]))
        # The answer: control that the phone lacks, and nothing that it said it holds.
        reply = self.dima.json("bundle", "export", self.path("reply"), "--to",
                               self.phone.json("status")["device_id"], "--since", self.stick)
        self.assertLess(reply["changesets"], given["changesets"])
        self.assertGreater(self.phone.json("bundle", "import", self.path("reply"))["changesets"], 0)
        # What the phone can tell of its own report, which it cannot read.
        meta = self.phone.json("show", made[0])["meta"]
        self.assertEqual(("readers", 1, ["main", "protected"]),
                         (meta["custody"], meta["held"]["readers"], meta["sealed_in"]))
        # A delta of the other side's delta.
        made.append(self.report(self.phone))
        again = self.phone.json("bundle", "export", self.stick, "--since", self.path("reply"))
        self.assertLessEqual(again["changesets"], 3)
        self.dima.json("bundle", "import", self.stick)
        self.assertEqual(sorted(made), self.ids(self.dima))
        # A frontier alone.
        self.dima.json("bundle", "import", self.stick, "--frontier", self.path("held"))
        none = self.phone.json("bundle", "export", self.path("none"), "--since", self.path("held"))
        self.assertEqual(0, none["changesets"])

    def test_the_same_as_a_sync(self):
        relay_folder = self.path("relay-folder")
        os.mkdir(relay_folder)
        relay = Relay(relay_folder)
        relay.start()
        self.addCleanup(relay.close)
        self.fill(self.desk, 20, 300)
        self.report(self.desk)
        self.carry(self.dima, self.desk)
        self.carry(self.desk, self.dima)
        self.assertEqual(self.digest(self.desk), self.digest(self.dima))
        third = self.member("third", "coordinator", "--protected")
        self.carry(third, self.dima)
        self.dima.json("relay", "add", f"http://127.0.0.1:{relay.port}#{relay.key}", "--token",
                       relay.token)
        self.dima.json("sync", expect=(0, 3))
        self.assertGreater(self.carry(self.dima, third)[1]["words"], 0)
        third.json("sync", expect=(0, 3))
        self.dima.json("sync", expect=(0, 3))
        third.json("sync", expect=(0, 3))
        self.assertEqual(self.digest(self.dima), self.digest(third))

    def test_only_whom_it_is_for(self):
        self.report(self.dima)
        desk = self.desk.json("status")["device_id"]
        self.dima.json("bundle", "export", self.stick, "--to", desk)
        error = self.refused(self.phone, "bundle", "import", self.stick)
        self.assertEqual("not_authentic", error["code"])
        self.assertIn("sealed to others", error["message"])
        self.assertEqual(1, len(self.ids(self.desk) or self.took(self.desk)))
        stranger = Device(self.folder, "stranger")
        other = self.path("other")
        os.mkdir(other)
        stranger.found(other)
        self.refused(stranger, "bundle", "import", self.stick)

    def took(self, device):
        device.json("bundle", "import", self.stick)
        return self.ids(device)

    def test_a_conflict_wants_a_person(self):
        one = self.report(self.desk)
        self.carry(self.desk, self.dima)
        self.dima.json("edit", one, "date_start=2019-11-16")
        self.desk.json("edit", one, "date_start=2019-11-18")
        self.desk.json("bundle", "export", self.stick)
        answer = self.dima.json("bundle", "import", self.stick, expect=(3,))
        self.assertEqual((1, False), (answer["conflicts_opened"], answer["cut"]))
        self.assertEqual(0, self.dima.json("bundle", "import", self.stick)["conflicts_opened"])

    def test_by_passphrase(self):
        words = self.path("words")
        with open(words, "w", encoding="utf-8") as file:
            file.write("invented for this\n")
        self.report(self.phone)
        self.phone.json("bundle", "export", self.stick, "--bundle-passphrase-file", words)
        self.assertEqual(2, self.dima.run("bundle", "import", self.stick).returncode)
        self.dima.json("bundle", "import", self.stick, "--bundle-passphrase-file", words)
        self.assertEqual(1, len(self.ids(self.dima)))
        explained = self.dima.json("inspect", self.stick)
        self.assertEqual(("bundle", "passphrase"), (explained["kind"], explained["sealed_by"]))
        with open(words, "w", encoding="utf-8") as file:
            file.write("another\n")
        self.assertEqual("wrong_passphrase", self.refused(
            self.dima, "bundle", "import", self.stick, "--bundle-passphrase-file", words)["code"])


class HarmTest(BundleCase):
    """What happens to files on their way."""

    def test_parts_in_any_order_one_missing_some_doubled(self):
        self.fill(self.phone, 60)
        given = self.phone.json("bundle", "export", self.stick, "--split", "128k")
        parts = self.parts()
        self.assertEqual(given["parts"], len(parts))
        self.assertGreater(len(parts), 4)
        for part in parts:
            self.assertLessEqual(os.path.getsize(self.path(part)), 131072)
        late = parts.pop(self.draw.randrange(len(parts)))
        number = int(late.rsplit(".", 1)[1])
        self.draw.shuffle(parts)
        for part in parts + parts[:2]:
            answer = self.dima.json("bundle", "import", self.path(part), expect=(0, 3))
            self.assertIn(number if number < given["parts"] else given["parts"],
                          answer["missing"] + [number])
        answer = self.dima.json("bundle", "import", self.path(parts[0]), expect=(3,))
        self.assertEqual([number], answer["missing"])
        answer = self.dima.json("bundle", "import", self.path(late))
        self.assertEqual([], answer["missing"])
        self.assertEqual(60, len(self.ids(self.dima)))
        self.assertEqual(self.ids(self.phone), self.ids(self.dima))
        # All at once, under the name that --split was given.
        answer = self.desk.json("bundle", "import", self.stick)
        self.assertEqual((False, []), (answer["cut"], answer["missing"]))
        self.assertEqual(60, len(self.ids(self.desk)))
        self.assertTrue(self.dima.json("verify")["ok"])

    def test_each_file_is_taken_by_itself(self):
        """A bad file is named, and hinders none of the others."""
        self.fill(self.phone, 40)
        self.phone.json("bundle", "export", self.stick, "--split", "128k")
        parts = self.parts()
        self.assertGreater(len(parts), 4)
        kept = {}
        for name in parts:
            with open(self.path(name), "rb") as file:
                kept[name] = file.read()

        def write(name, data):
            with open(self.path(name), "wb") as file:
                file.write(data)

        def restore():
            for name in parts:
                write(name, kept[name])

        # As a card leaves them that was pulled out: named, not refused.
        write(parts[1], b"")
        write(parts[-1], kept[parts[-1]][:60])
        answer = self.dima.json("bundle", "import", self.stick, expect=(3,))
        self.assertEqual((True, [2, len(parts)], [2, len(parts)]),
                         (answer["cut"], answer["cut_parts"], answer["missing"]))
        # A changed one, one of another use, and a folder: each named, all others used.
        restore()
        write(parts[1], kept[parts[1]][:70000] + b"?" + kept[parts[1]][70001:])
        os.unlink(self.path(parts[2]))
        os.mkdir(self.path(parts[2]))
        write(parts[3], b"a letter")
        error = self.refused(self.desk, "bundle", "import", self.stick)
        self.assertEqual("not_authentic", error["code"])
        self.assertIn(".002, .003, .004", error["message"])
        os.rmdir(self.path(parts[2]))
        restore()
        answer = self.desk.json("bundle", "import", self.stick)
        self.assertEqual((False, []), (answer["cut"], answer["missing"]))
        self.assertTrue(answer["resumed"])
        self.assertEqual(self.ids(self.phone), self.ids(self.desk))
        # One by a passphrase among them wants it, once the others are in.
        words = self.path("words")
        with open(words, "w", encoding="utf-8") as file:
            file.write("by the well\n")
        self.fill(self.phone, 2, 60000)
        self.phone.json("bundle", "export", self.path("other"), "--split", "128k",
                        "--bundle-passphrase-file", words)
        os.replace(self.path("other.001"), self.path(parts[0]))
        run = self.dima.run("bundle", "import", self.stick)
        self.assertEqual((2, b""), (run.returncode, run.stdout))
        self.assertEqual(self.ids(self.desk), self.ids(self.dima))
        answer = self.dima.json("bundle", "import", self.stick, "--bundle-passphrase-file", words,
                                expect=(3,))
        self.assertEqual([[2]], [other["missing"] for other in answer["others"]])
        self.assertEqual([], answer["missing"])

    def test_an_earlier_bundle_of_the_name_is_gone(self):
        self.fill(self.phone, 20)
        self.phone.json("bundle", "export", self.stick)
        self.phone.json("bundle", "export", self.stick, "--split", "128k")
        self.assertFalse(os.path.exists(self.stick))
        self.assertGreater(len(self.parts()), 2)
        self.carry(self.phone, self.dima)
        self.report(self.phone)
        with open(self.path("stick.999"), "w", encoding="utf-8") as file:
            file.write("mine")
        self.dima.json("bundle", "export", self.path("back"), "--to",
                       self.phone.json("status")["device_id"])
        self.phone.json("bundle", "import", self.path("back"))
        given = self.phone.json("bundle", "export", self.stick, "--split", "128k", "--since",
                                self.path("back"))
        self.assertEqual(1, given["parts"])
        self.assertEqual(["stick.001", "stick.999"], self.parts())
        os.unlink(self.path("stick.999"))
        self.assertEqual(1, self.dima.json("bundle", "import", self.stick)["changesets"])
        # What is no bundle is left alone, and named.
        os.mkdir(self.path("stick.002"))
        run = self.phone.run("bundle", "export", self.stick, "--split", "128k")
        self.assertEqual(2, run.returncode)
        self.assertIn("part 2: not a file", json.loads(run.stderr)["error"]["message"])

    def test_what_came_out_of_order_reaches_a_relay(self):
        self.fill(self.phone, 40)
        self.phone.json("bundle", "export", self.stick, "--split", "128k")
        for part in reversed(self.parts()):
            self.dima.json("bundle", "import", self.path(part), expect=(0, 3))
        relay = Relay(self.folder)
        relay.start()
        self.addCleanup(relay.close)
        self.dima.json("relay", "add", f"http://127.0.0.1:{relay.port}#{relay.key}", "--token",
                       relay.token)
        self.dima.json("sync", expect=(0, 3))
        self.assertEqual(0, self.dima.json("status")["unsent"])
        late = self.member("late", "coordinator")
        self.dima.json("sync", expect=(0, 3))
        late.json("sync", expect=(0, 3))
        self.dima.json("sync", expect=(0, 3))
        late.json("sync", expect=(0, 3))
        self.assertEqual(40, len(self.ids(late)))

    def test_cut_and_changed(self):
        self.fill(self.phone, 30)
        self.phone.json("bundle", "export", self.stick)
        with open(self.stick, "rb") as file:
            whole = file.read()

        def write(data):
            with open(self.stick, "wb") as file:
                file.write(data)

        write(whole[:len(whole) // 2])
        answer = self.dima.json("bundle", "import", self.stick, expect=(3,))
        self.assertEqual((True, [1]), (answer["cut"], answer["missing"]))
        self.assertGreater(answer["changesets"], 0)
        held = len(self.ids(self.dima))
        changed = bytearray(whole)
        changed[len(whole) * 3 // 4] ^= 1
        write(bytes(changed))
        self.refused(self.dima, "bundle", "import", self.stick)
        between = len(self.ids(self.dima))
        self.assertGreaterEqual(between, held)
        self.assertLess(between, 30)
        write(whole + b"more")
        self.refused(self.dima, "bundle", "import", self.stick)
        for few in (0, 5, 100):     # within its head: cut short, like any other place
            write(whole[:few])
            answer = self.dima.json("bundle", "import", self.stick, expect=(3,))
            self.assertEqual((True, 0), (answer["cut"], answer["changesets"]))
        write(whole[:8] + bytes([2]) + whole[9:100])
        self.refused(self.dima, "bundle", "import", self.stick)
        write(whole)
        answer = self.dima.json("bundle", "import", self.stick)
        self.assertEqual((False, [], True), (answer["cut"], answer["missing"], answer["resumed"]))
        self.assertEqual(30, len(self.ids(self.dima)))
        self.assertEqual(0, self.dima.json("bundle", "import", self.stick)["changesets"])
        self.assertTrue(self.dima.json("verify")["ok"])

    def test_killed_while_it_is_read(self):
        self.fill(self.phone, 150, 60000)
        self.phone.json("bundle", "export", self.stick)
        resumed = 0
        for attempt in range(40):
            process = self.dima.start("bundle", "import", self.stick)
            time.sleep(0.15 + 0.05 * attempt)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            if process.returncode == 0:
                break
        answer = self.dima.json("bundle", "import", self.stick)
        resumed += answer["resumed"]
        self.assertTrue(resumed)
        self.assertEqual(150, len(self.ids(self.dima)))
        self.assertTrue(self.dima.json("verify")["ok"])

    def test_killed_while_it_is_written(self):
        self.fill(self.phone, 150, 60000)
        process = self.phone.start("bundle", "export", self.stick)
        time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if os.path.exists(self.stick):      # it was done before
            self.assertTrue(self.dima.json("bundle", "import", self.stick))
        process = self.phone.start("bundle", "export", self.stick, "--split", "128k")
        until = time.monotonic() + 20
        while len(self.parts()) < 3 and time.monotonic() < until:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        whole = [part for part in self.parts() if not part.endswith(".new")]
        kept = {part: os.stat(self.path(part)).st_mtime_ns for part in whole}
        given = self.phone.json("bundle", "export", self.stick, "--split", "128k")
        if process.returncode != 0:
            self.assertGreater(given["resumed"], 0)
            for part in whole[:given["resumed"]]:
                self.assertEqual(kept[part], os.stat(self.path(part)).st_mtime_ns)
        answer = self.desk.json("bundle", "import", self.stick if not os.path.exists(self.stick)
                                else self.path(self.parts()[0]), expect=(0, 3))
        self.assertFalse(answer["cut"])
        for part in self.parts():
            if not part.endswith(".new"):
                self.desk.json("bundle", "import", self.path(part), expect=(0, 3))
        self.assertEqual(150, len(self.ids(self.desk)))


if __name__ == "__main__":
    unittest.main()
