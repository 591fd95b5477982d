#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""merge by the command line: a colleague's store where it lies, no byte of it changed, closed, in
use and left behind by a program that was killed; both orders give one digest. Finds the program in
MIRSAL_PROGRAM.
"""
import hashlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import unittest

import processes

PASSPHRASE = "invented for this test"
RECORDS = 300


def files(folder):
    """Name, times and hash of every file: what `untouched` means."""
    found = {}
    for root, folders, names in os.walk(folder):
        for name in folders + names:
            path = os.path.join(root, name)
            status = os.stat(path)
            digest = ""
            if name in names:
                with open(path, "rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest() if hasattr(
                        hashlib, "file_digest") else hashlib.sha256(file.read()).hexdigest()
            found[os.path.relpath(path, folder)] = (status.st_mtime_ns, status.st_size, digest)
    return found


def lines(name, count):
    return "".join(json.dumps({
        "type": "incident", "source_id": f"{name}:{number}", "date_start": "2019-11-17",
        "date_end": "2019-11-17", "title": f"Airstrike {number} as {name} has it",
        "children": [{"type": "casualty", "source_id": f"{name}:{number}:c", "outcome": "killed",
                      "quality": "exact", "min": number % 7 + 1, "max": number % 7 + 1}]}) + "\n"
                   for number in range(count))


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mirsal-merge-")
        self.addCleanup(shutil.rmtree, self.folder)

    def device(self, name, passphrase=PASSPHRASE, **more):
        return processes.Device(self.folder, name, MIRSAL_PASSPHRASE=passphrase, **more)

    def found(self, name, team="Nur", **more):
        device = self.device(name, **more)
        device.json("team", "create", team, "--recovery",
                    os.path.join(self.folder, name + ".recovery"), "--kdf-ms", "1")
        return device

    def join(self, name, admin, role="coordinator", **more):
        device = self.device(name, **more)
        invite = admin.json("invite", "--role", role, "--in-person")["invite"]
        device.json("join", invite, "--kdf-ms", "1", "--label", name)
        return device

    def add(self, device, title):
        return device.json("add", "incident", "date_start=2019-11-17", "title:en=" + title)["id"]

    def import_lines(self, device, text):
        run = subprocess.run(device.words(["import", "-"]), input=text.encode(), timeout=900,
                             env=device.environment, capture_output=True, check=False)
        self.assertEqual(0, run.returncode, run.stderr.decode())
        return json.loads(run.stdout)

    def merge(self, into, other, expect=(0,), **more):
        """The answer; the other store's folder is as it was."""
        before = files(other.store)
        run = subprocess.run(into.words(["merge", other.store]), stdin=subprocess.DEVNULL,
                             env=dict(into.environment, **more), capture_output=True, timeout=900,
                             check=False)
        self.assertIn(run.returncode, expect, run.stderr.decode())
        self.assertEqual(before, files(other.store))
        return json.loads(run.stdout) if run.stdout else json.loads(run.stderr)["error"]

    def digest(self, device):
        return device.json("status")["digest"]


class OwnTeamTest(Case):
    def pair(self):
        office = self.found("office")
        laptop = self.join("laptop", office)
        self.merge(office, laptop)
        self.merge(laptop, office)
        return office, laptop

    def test_two_stores_meet_without_any_relay(self):
        office, laptop = self.pair()
        mill = self.add(office, "The mill")
        bridge = self.add(laptop, "The bridge")
        answer = self.merge(office, laptop)
        self.assertEqual((True, 1, 0, 0), (answer["own_team"], answer["records"],
                                           answer["conflicts_opened"], answer["refused"]))
        self.merge(laptop, office)
        for device in (office, laptop):
            self.assertEqual({mill, bridge},
                             {line["id"] for line in device.lines("list", "incident")})
        self.assertEqual(self.digest(office), self.digest(laptop))
        again = self.merge(office, laptop)
        self.assertEqual((0, 0), (again["records"], again["conflicts_opened"]))

    def test_both_orders_give_one_digest(self):
        office, laptop = self.pair()
        shared = self.add(office, "The mill")
        self.merge(laptop, office)
        for device, name in ((office, "a"), (laptop, "b")):
            self.import_lines(device, lines(name, RECORDS))
            device.json("edit", shared, "rel_text=as " + name + " has it")
        first = self.merge(office, laptop, expect=(3,))
        second = self.merge(laptop, office, expect=(3,))
        for answer in (first, second):
            self.assertEqual((2 * RECORDS, 1, 0),
                             (answer["records"], answer["conflicts_opened"], answer["refused"]))
        self.assertEqual(self.digest(office), self.digest(laptop))
        self.assertTrue(office.json("verify")["ok"])

    def test_a_store_in_use_is_read_as_it_stands(self):
        office, laptop = self.pair()
        self.add(laptop, "The bridge")
        follower = subprocess.Popen(laptop.words(["changes", "--follow"]), stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, env=laptop.environment)
        self.addCleanup(follower.stdout.close)
        self.addCleanup(follower.wait)
        self.addCleanup(follower.terminate)
        follower.stdout.readline()
        self.add(laptop, "The school")
        follower.stdout.readline()
        follower.send_signal(signal.SIGSTOP)  # by itself it looks again and again, and marks that
        answer = self.merge(office, laptop)
        follower.send_signal(signal.SIGCONT)
        self.assertEqual(2, answer["records"])

    def test_a_store_whose_program_was_killed(self):
        office, laptop = self.pair()
        self.add(laptop, "The bridge")
        follower = subprocess.Popen(laptop.words(["changes", "--follow"]), stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, env=laptop.environment)
        follower.stdout.readline()
        self.add(laptop, "The school")
        follower.kill()
        follower.wait()
        follower.stdout.close()
        self.assertIn("store.db-wal", os.listdir(laptop.store))
        self.assertEqual(2, self.merge(office, laptop)["records"])
        # A copy without the WAL's index, as a file manager leaves it.
        os.unlink(os.path.join(laptop.store, "store.db-shm"))
        self.add(office, "The well")
        self.assertEqual(0, self.merge(office, laptop)["records"])
        self.assertEqual(2, len(laptop.lines("list", "incident")))

    def test_passphrases(self):
        office = self.found("office")
        laptop = self.join("laptop", office, passphrase="its own")
        answer = self.merge(office, laptop, expect=(4,))
        self.assertEqual("wrong_passphrase", answer["code"])
        answer = self.merge(office, laptop, expect=(4,), MIRSAL_MERGE_PASSPHRASE="another")
        self.assertEqual("wrong_passphrase", answer["code"])
        self.assertTrue(self.merge(office, laptop, MIRSAL_MERGE_PASSPHRASE="its own")["own_team"])
        path = os.path.join(self.folder, "passphrase")
        with open(path, "w", encoding="utf-8") as file:
            file.write("its own\n")
        office.json("merge", laptop.store, "--merge-passphrase-file", path)
        laptop.environment["MIRSAL_PASSPHRASE"] = "its own"
        laptop.json("passphrase", "limit", "3")
        answer = self.merge(office, laptop, expect=(4,), MIRSAL_MERGE_PASSPHRASE="its own")
        self.assertEqual("not_allowed", answer["code"])

    def test_what_is_no_store(self):
        office = self.found("office")
        empty = os.path.join(self.folder, "empty")
        os.mkdir(empty)
        for path in (empty, os.path.join(self.folder, "nowhere")):
            run = office.run("merge", path)
            self.assertEqual((1, b""), (run.returncode, run.stdout))
            self.assertEqual("no_store", json.loads(run.stderr)["error"]["code"])
        self.assertEqual([], os.listdir(empty))
        half = os.path.join(self.folder, "half")
        shutil.copytree(office.store, half)
        os.unlink(os.path.join(half, "store.db"))
        run = office.run("merge", half)
        error = json.loads(run.stderr)["error"]
        self.assertEqual((1, "corrupt"), (run.returncode, error["code"]))
        self.assertIn("store.db is missing", error["message"])
        run = office.run("merge", office.store)
        self.assertEqual(0, run.returncode, run.stderr)
        self.assertEqual(0, json.loads(run.stdout)["changesets"])


class OtherTeamTest(Case):
    def setUp(self):
        super().setUp()
        self.nur = self.found("nur")
        self.amal = self.found("amal", team="Amal")
        self.team = self.amal.json("team", "show")["team_id"]

    def tally(self, device):
        return device.json("tally")["rows"][0]

    def report(self):
        """An incident with a place and a claim, as Amal has it."""
        place = self.amal.json("add", "place", "names:en=Saraqib")["id"]
        incident = self.amal.json("add", "incident", "date_start=2019-11-17", "title:en=The mill",
                                  "source_id=amal:1", "place=" + place)["id"]
        self.amal.json("add", "casualty", "outcome=killed", "quality=exact", "min=4", "max=4",
                       "--parent", incident)
        return incident

    def one(self, device):
        listed = device.lines("list", "incident")
        self.assertEqual(1, len(listed))
        return listed[0]

    def test_its_records_come_with_their_origin(self):
        theirs = self.report()
        answer = self.merge(self.nur, self.amal)
        self.assertEqual((False, 3, 0, 0, self.team),
                         (answer["own_team"], answer["records"], answer["conflicts_opened"],
                          answer["refused"], answer["team_id"]))
        ours = self.one(self.nur)
        self.assertNotEqual(theirs, ours["id"])
        self.assertEqual(self.team[:16] + "/" + theirs, ours["source_id"])
        shown = self.nur.json("show", ours["id"])
        self.assertEqual({"team_id": self.team, "name": "Amal", "record": theirs,
                          "source_id": "amal:1", "mode": "merge", "handoff": None, "author": None},
                         shown["meta"]["origin"])
        self.assertEqual("Saraqib", self.nur.json("show", ours["place"])["names"][0][1])
        self.assertEqual(["casualty"], [child["type"] for child in shown["children"]])
        self.assertEqual(4, self.tally(self.nur)["killed"]["min"])
        own = self.nur.json("device", "list")["devices"][0]["device_id"]
        self.assertEqual(own, shown["meta"]["created"]["device"])

    def test_again_is_an_update(self):
        theirs = self.report()
        self.merge(self.nur, self.amal)
        again = self.merge(self.nur, self.amal)
        self.assertEqual((0, 0, 3, 0), (again["records"], again["updated"], again["unchanged"],
                                        again["changesets"]))
        self.amal.json("edit", theirs, "title:en=The mill at night")
        changed = self.merge(self.nur, self.amal)
        self.assertEqual((0, 1, 2), (changed["records"], changed["updated"], changed["unchanged"]))
        self.assertEqual([["en", "The mill at night"]], self.one(self.nur)["title"])

    def test_nobody_here_edits_them(self):
        self.report()
        self.merge(self.nur, self.amal)
        ours = self.one(self.nur)["id"]
        for words in (("edit", ours, "title:en=other"), ("withdraw", ours, "--reason", "x")):
            run = self.nur.run(*words)
            self.assertEqual((4, b""), (run.returncode, run.stdout))
            error = json.loads(run.stderr)["error"]
            self.assertEqual("not_allowed", error["code"])
            self.assertIn("another team", error["message"])
        self.nur.json("assess", ours, "--field", "grading", "--value", "fair", "--reason", "two")
        self.nur.json("add", "casualty", "outcome=wounded", "quality=exact", "min=1", "max=1",
                      "--parent", ours)

    def test_two_coordinators_who_merge_count_once(self):
        self.report()
        second = self.join("second", self.nur)
        self.merge(self.nur, second)
        self.merge(second, self.nur)
        self.merge(self.nur, self.amal)
        self.merge(second, self.amal)
        self.merge(self.nur, second, expect=(0, 3))
        row = self.tally(self.nur)
        self.assertEqual((1, 4, 4), (row["incidents"], row["killed"]["min"], row["killed"]["max"]))

    def test_both_teams_at_once(self):
        self.report()
        self.nur.json("add", "incident", "date_start=2019-11-18", "title:en=The bridge")
        self.assertEqual(3, self.merge(self.nur, self.amal)["records"])
        # What came from Nur's own store stays out on the way back, and the other way round.
        self.assertEqual(1, self.merge(self.amal, self.nur)["records"])
        self.assertEqual(0, self.merge(self.nur, self.amal)["records"])
        for device in (self.nur, self.amal):
            self.assertEqual(2, len(device.lines("list", "incident")))
            self.assertTrue(device.json("verify")["ok"])

    def test_what_counts_as_one_there_comes_as_one(self):
        second = self.join("second", self.amal)
        self.merge(self.amal, second)
        self.merge(second, self.amal)
        for device in (self.amal, second):
            self.import_lines(device, lines("list", 3))
        self.merge(self.amal, second, expect=(0, 3))
        self.assertEqual(3, self.tally(self.amal)["incidents"])
        self.assertEqual(6, self.merge(self.nur, self.amal)["records"])
        self.assertEqual(self.tally(self.amal)["killed"], self.tally(self.nur)["killed"])
        self.assertEqual(3, self.tally(self.nur)["incidents"])

    def test_withdrawn_records_stay_there(self):
        theirs = self.report()
        self.amal.json("withdraw", theirs, "--reason", "recorded twice")
        self.merge(self.nur, self.amal)
        self.assertEqual([], self.nur.lines("list", "incident", "--all"))

    def test_what_they_take_back_is_taken_back_here(self):
        withdrawn, purged, kept = (self.add(self.amal, name) for name in ("One", "Two", "Three"))
        self.merge(self.nur, self.amal)
        self.assertEqual(3, self.tally(self.nur)["incidents"])
        self.amal.json("withdraw", withdrawn, "--reason", "recorded twice")
        self.amal.json("purge", purged, "--reason", "in danger", "--root",
                       os.path.join(self.folder, "amal.recovery"))
        answer = self.merge(self.nur, self.amal, expect=(3,))
        self.assertEqual((2, 1), (answer["withdrawn"], answer["to_delete"]))
        self.assertEqual([kept], [line["origin_record"] for line in
                                  self.nur.lines("list", "incident")])
        self.assertEqual(1, self.tally(self.nur)["incidents"])
        gone = next(line for line in self.nur.lines("list", "incident", "--all")
                    if line["origin_record"] == withdrawn)
        self.assertEqual("withdrawn", gone["meta"]["state"])
        self.assertIn("by its origin", gone["withdrawn"])
        answer = self.merge(self.nur, self.amal)
        self.assertEqual((0, 0, 0), tuple(answer[key] for key in
                                          ("changesets", "withdrawn", "to_delete")))

    def test_a_field_of_their_own_is_kept_raw(self):
        extension = os.path.join(self.folder, "extension.json")
        with open(extension, "w", encoding="utf-8") as file:
            json.dump({"extends": 1, "types": [{"name": "incident", "fields": [
                {"name": "weather", "kind": "text", "policy": "review", "sensitivity": 0,
                 "en": "Weather", "ar": "الطقس"}]}]}, file)
        self.amal.json("schema", "extend", extension)
        self.amal.json("add", "incident", "date_start=2019-11-17", "weather=clear sky")
        self.merge(self.nur, self.amal)
        self.assertEqual([["weather", "clear sky"]],
                         self.nur.json("show", self.one(self.nur)["id"])["raw"])

    def test_a_monitor_may_not(self):
        monitor = self.join("monitor", self.nur, role="monitor")
        self.report()
        answer = self.merge(monitor, self.amal, expect=(4,))
        self.assertEqual("not_allowed", answer["code"])


if __name__ == "__main__":
    unittest.main()
