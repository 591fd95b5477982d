#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Handoffs between three organisations by the command line: accepted with their origin, signed for,
both ways at once, the same file twice, and corrections that reach who holds them. Finds the program
in MIRSAL_PROGRAM.
"""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

import processes

PASSPHRASE = "invented for this test"


class AcceptTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mirsal-accept-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.nur, self.amal, self.court = (self.found(name) for name in ("Nur", "Amal", "Court"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def found(self, name):
        device = processes.Device(self.folder, name, MIRSAL_PASSPHRASE=PASSPHRASE)
        device.json("team", "create", name, "--recovery", self.path(name + ".recovery"),
                    "--kdf-ms", "1")
        device.key = device.json("org", "key")["org_key"]
        device.team = device.json("team", "show")["team_id"]
        return device

    def report(self, device, title, deaths=4):
        incident = device.json("add", "incident", "date_start=2019-11-17", "title:en=" + title,
                               "release_level=partners", "rel_text=near the mill")["id"]
        claim = device.json("add", "casualty", "outcome=killed", "quality=exact",
                            f"min={deaths}", f"max={deaths}", "--parent", incident)["id"]
        return incident, claim

    def hand(self, device, name, *to, options=(), where="1"):
        keys = [word for other in to for word in ("--to", other.key)]
        return device.json("handoff", "create", self.path(name), "--where", where, *keys, *options)

    def one(self, device):
        listed = device.lines("list", "incident")
        self.assertEqual(1, len(listed), listed)
        return device.json("show", listed[0]["id"])

    def refused(self, device, *words, code="not_authentic"):
        run = device.run(*words)
        self.assertEqual((4, b""), (run.returncode, run.stdout), run.stderr.decode())
        error = json.loads(run.stderr)["error"]
        self.assertEqual(code, error["code"])
        return error

    def test_accepted_with_its_origin_and_signed_for(self):
        incident, claim = self.report(self.nur, "The mill")
        made = self.hand(self.nur, "one", self.court, options=(
            "--purpose", "case 7", "--terms", "not to be published", "--until", "2030-01-01",
            "--withhold", "rel_text"))
        answer = self.court.json("handoff", "accept", self.path("one"), "--from", self.nur.team,
                                 "--receipt", self.path("receipt"))
        self.assertEqual((2, 0, 0, 0), (answer["records"], answer["updated"], answer["refused"],
                                        answer["withdrawn"]))
        self.assertEqual(("case 7", "not to be published", "2030-01-01"),
                         (answer["purpose"], answer["terms"], answer["until"]))
        ours = self.one(self.court)
        self.assertEqual(
            {"team_id": self.nur.team, "name": "Nur", "record": incident, "source_id": None,
             "mode": "attested", "handoff": made["handoff"], "author": None},
            ours["meta"]["origin"])
        self.assertNotIn("rel_text", ours)
        self.assertEqual(self.nur.team[:16] + "/" + claim, ours["children"][0]["source_id"])
        self.assertEqual(4, self.court.json("tally")["rows"][0]["killed"]["min"])
        self.refused(self.court, "edit", ours["id"], "title:en=x", code="not_allowed")
        # The sender learns who holds it.
        listed = self.nur.lines("handoff", "list")[0]
        self.assertIsNone(listed["recipients"][0]["receipt"])
        kept = self.nur.json("handoff", "receipt", self.path("receipt"))
        self.assertEqual((made["handoff"], "Court", 2, 0), (
            kept["handoff"], kept["recipient"], kept["accepted"], kept["refused"]))
        listed = self.nur.lines("handoff", "list", made["handoff"][:8])
        self.assertEqual(2, listed[0]["recipients"][0]["receipt"]["accepted"])
        self.assertEqual([], listed[0]["owed"])
        verified = self.court.json("handoff", "verify", self.path("one"))
        shown = verified["records"][0]["id"]
        self.assertEqual([made["handoff"]],
                         [row["handoff"] for row in self.nur.lines("handoff", "list", shown)])
        self.assertEqual(1, self.nur.run("handoff", "list", "0" * 8).returncode)
        told = [line for line in self.nur.lines("log", incident) if "handoff" in line]
        self.assertEqual([("handed_over", made["handoff"]), ("signed_for", made["handoff"])],
                         [(line["event"], line["handoff"]) for line in told])
        self.assertEqual(("attested", "Court", ["rel_text"], "case 7", None),
                         (told[0]["mode"], told[0]["to"][0]["name"], told[0]["withheld"],
                          told[0]["purpose"], told[0]["why"]))
        self.assertEqual(3, told[0]["disclosed"])
        self.assertEqual(("Court", kept["time"]), (told[1]["by"]["name"], told[1]["at"]))
        self.assertGreaterEqual(told[1]["taken"], told[1]["at"])
        told = [line for line in self.court.lines("log", ours["id"]) if "handoff" in line]
        self.assertEqual([("accepted", self.nur.team, incident, ["rel_text"])],
                         [(line["event"], line["origin"]["team_id"], line["record"],
                           line["withheld"]) for line in told])
        people = subprocess.run([processes.PROGRAM, "--store", self.nur.store, "log", incident],
                                capture_output=True, timeout=60, check=True,
                                stdin=subprocess.DEVNULL, env=self.nur.environment)
        for words in ("handed over", "signed for", "Court", "withheld 1"):
            self.assertIn(words, people.stdout.decode())
        held = self.court.lines("handoff", "list")
        self.assertEqual(("in", "Nur", "case 7"),
                         (held[0]["direction"], held[0]["origin"]["name"], held[0]["purpose"]))
        # Both teams have it in their chains.
        for device, action in ((self.nur, "transferred"), (self.court, "received")):
            custody = device.lines("list", "custody")
            self.assertEqual([action], [line["action"] for line in custody])
            self.assertEqual(made["manifest_hash"], custody[0]["hash"])
            self.assertIn("case 7", custody[0]["note"])

    def test_the_same_file_twice_adds_nothing(self):
        self.report(self.nur, "The mill")
        self.hand(self.nur, "one", self.court)
        self.court.json("handoff", "accept", self.path("one"))
        digest = self.court.json("status")["digest"]
        again = self.court.json("handoff", "accept", self.path("one"))
        self.assertEqual((0, 0, 2, 0), (again["records"], again["updated"], again["unchanged"],
                                        again["changesets"]))
        self.assertEqual(digest, self.court.json("status")["digest"])
        self.assertEqual(1, len(self.court.lines("handoff", "list")))

    def test_both_ways_at_once_and_a_third(self):
        self.report(self.nur, "The mill", 4)
        self.report(self.amal, "The bridge", 3)
        self.hand(self.nur, "from-nur", self.amal, self.court)
        self.hand(self.amal, "from-amal", self.nur, self.court, options=("--mode", "author"))
        self.nur.json("handoff", "accept", self.path("from-amal"))
        self.amal.json("handoff", "accept", self.path("from-nur"))
        for name in ("from-nur", "from-amal"):
            self.court.json("handoff", "accept", self.path(name),
                            "--receipt", self.path(name + ".receipt"))
        for device in (self.nur, self.amal, self.court):
            row = device.json("tally")["rows"][0]
            self.assertEqual((2, 7), (row["incidents"], row["killed"]["min"]))
            self.assertTrue(device.json("verify")["ok"])
        origins = {line["meta"]["origin"]["name"]: line["meta"]["origin"]["author"] for line in (
            self.court.json("show", one["id"]) for one in self.court.lines("list", "incident"))}
        self.assertEqual({"Nur": None, "Amal": "author 1"}, origins)
        self.nur.json("handoff", "receipt", self.path("from-nur.receipt"))
        self.refused(self.nur, "handoff", "receipt", self.path("from-amal.receipt"))
        states = [one["receipt"] is not None
                  for one in self.nur.lines("handoff", "list")[0]["recipients"]]
        self.assertEqual([False, True], sorted(states))

    def test_who_may_not(self):
        self.report(self.nur, "The mill")
        self.hand(self.nur, "one", self.court)
        self.refused(self.amal, "handoff", "accept", self.path("one"))
        self.refused(self.court, "handoff", "accept", self.path("one"), "--from", self.amal.team)
        with open(self.path("one"), "rb") as file:
            data = bytearray(file.read())
        data[len(data) // 2] ^= 1
        with open(self.path("broken"), "wb") as file:
            file.write(data)
        self.refused(self.court, "handoff", "accept", self.path("broken"))
        self.assertEqual([], self.court.lines("list", "incident"))
        with open(self.path("receipt"), "wb") as file:
            file.write(b"\x92\xc4\x00\xc4\x00")
        self.refused(self.nur, "handoff", "receipt", self.path("receipt"))
        self.hand(self.nur, "own", self.nur)
        self.refused(self.nur, "handoff", "accept", self.path("own"), code="not_allowed")

    def test_what_is_owed(self):
        first, claim = self.report(self.nur, "The mill")
        second, _ = self.report(self.nur, "The bridge")
        third, _ = self.report(self.nur, "The school")
        self.hand(self.nur, "one", self.court)
        self.assertEqual([], self.nur.lines("handoff", "list")[0]["owed"])
        self.nur.json("edit", first, "rel_text=above the mill")
        self.nur.json("withdraw", second, "--reason", "recorded twice")
        self.nur.json("edit", claim, "min=5", "max=5")
        note = self.nur.json("add", "note", "text=seen", "--parent", third)["id"]
        self.nur.json("edit", third, "means=rocket")
        toll = self.nur.json("add", "casualty", "outcome=injured", "quality=exact", "min=2",
                             "max=2", "--parent", third)["id"]
        owed = {(one["record"], one["why"])
                for one in self.nur.lines("handoff", "list")[0]["owed"]}
        self.assertEqual({(first, "corrected"), (second, "withdrawn"), (claim, "corrected"),
                          (third, "corrected"), (toll, "added"), (note, "added")}, owed)
        self.court.json("handoff", "accept", self.path("one"), "--receipt", self.path("receipt"))
        made = self.nur.json("handoff", "create", self.path("two"), "--update",
                             self.path("receipt"))
        self.assertEqual(4, made["retractions"])
        self.assertEqual([], [one for line in self.nur.lines("handoff", "list")
                              for one in line["owed"]])
        self.court.json("handoff", "accept", self.path("two"))
        schools = [self.court.json("show", line["id"]) for line in
                   self.court.lines("list", "incident") if line["title"] == [["en", "The school"]]]
        self.assertEqual(["rocket"], schools[0]["means"])
        self.assertIn("wounded", [one.get("outcome") for one in schools[0]["children"]])
        # Withheld is withheld, in what comes later too.
        self.hand(self.nur, "three", self.amal, options=("--mode", "author", "--withhold",
                                                         "rel_text"))
        self.nur.json("edit", third, "rel_text=behind the school")
        self.nur.json("edit", first, "means=artillery")
        listed = {line["recipients"][0]["name"]: line["owed"]
                  for line in self.nur.lines("handoff", "list")}
        self.assertEqual([first], [one["record"] for one in listed["Amal"]])

    def test_a_correction_reaches_who_holds_it(self):
        first, claim = self.report(self.nur, "The mill")
        second, _ = self.report(self.nur, "The bridge")
        third, _ = self.report(self.nur, "The school")
        self.nur.json("edit", first, "lat=35.6", "lon=36.6")
        # No record has means yet: it is withheld all the same, in updates too.
        self.hand(self.nur, "one", self.court, options=("--withhold", "rel_text,point,means"))
        self.court.json("handoff", "accept", self.path("one"), "--receipt", self.path("receipt"))
        self.nur.json("edit", first, "title:en=The old mill", "rel_text=a secret place",
                      "means=airstrike")
        self.nur.json("withdraw", second, "--reason", "recorded twice")
        corrected = self.nur.json("edit", claim, "min=5", "max=5")["id"]
        made = self.nur.json("handoff", "create", self.path("two"), "--update",
                             self.path("receipt"))
        self.assertEqual((2, 3), (made["records"], made["retractions"]))
        for line in self.nur.lines("handoff", "list"):
            self.assertEqual([], line["owed"])
        told = [line for line in self.nur.lines("log", second) if "handoff" in line]
        self.assertEqual([("handed_over", None), ("signed_for", None), ("retracted", "withdrawn")],
                         [(line["event"], line.get("why")) for line in told])
        shown = self.court.json("handoff", "verify", self.path("two"))
        self.assertEqual({first, corrected}, {one["id"] for one in shown["records"]})
        answer = self.court.json("handoff", "accept", self.path("two"), "--receipt",
                                 self.path("again"))
        self.assertEqual((1, 1, 2), (answer["records"], answer["updated"], answer["withdrawn"]))
        titles = {line["title"][0][1]: line for line in self.court.lines("list", "incident")}
        self.assertEqual({"The old mill", "The school"}, set(titles))
        self.assertNotIn("rel_text", titles["The old mill"])
        self.assertNotIn("means", titles["The old mill"])
        row = self.court.json("tally")["rows"][0]
        self.assertEqual((2, 9, 9), (row["incidents"], row["killed"]["min"], row["killed"]["max"]))
        self.assertEqual(0, self.court.json("handoff", "accept", self.path("two"))["changesets"])
        # The first file again, late: what the update told of stays.
        late = self.court.json("handoff", "accept", self.path("one"))
        self.assertEqual((0, 0, 0), (late["records"], late["updated"], late["changesets"]))
        self.assertEqual((3, 3), (late["outdated"], late["unchanged"]))
        self.assertIn("The old mill", [line["title"][0][1]
                                       for line in self.court.lines("list", "incident")])
        # A place that a correction names comes along; what was withheld is, in the new one too.
        place = self.nur.json("add", "place", 'names=[["en","Hamlet"]]', "kind=village",
                              "lat=35.5", "lon=36.5")["id"]
        self.nur.json("handoff", "receipt", self.path("again"))
        self.nur.json("edit", first, f"place={place}", "title:en=The mill")
        self.nur.json("handoff", "create", self.path("placed"), "--update", self.path("receipt"))
        shown = {one["id"]: one for one in
                 self.court.json("handoff", "verify", self.path("placed"))["records"]}
        self.assertEqual({first, place}, set(shown))
        self.assertEqual(["point"], shown[place]["withheld"])
        self.court.json("handoff", "accept", self.path("placed"))
        # The next one, by either receipt.
        self.nur.json("edit", first, "title:en=The new mill", "means=artillery")
        owed = [one for line in self.nur.lines("handoff", "list") for one in line["owed"]]
        self.assertEqual({first}, {one["record"] for one in owed})
        self.nur.json("handoff", "receipt", self.path("again"))
        self.nur.json("handoff", "create", self.path("three"), "--update", self.path("again"),
                      "--to", self.court.key, "--where", "1")
        self.assertEqual(1, self.court.json("handoff", "accept", self.path("three"))["updated"])
        self.assertFalse(any("means" in line for line in self.court.lines("list", "incident")))
        self.assertEqual([], [one for line in self.nur.lines("handoff", "list")
                              for one in line["owed"]])
        run = self.nur.run("handoff", "create", self.path("four"), "--update",
                           self.path("again"), "--to", self.amal.key)
        self.assertEqual(1, run.returncode, run.stderr)

    def test_an_update_takes_values_away(self):
        first, _ = self.report(self.nur, "The mill")
        self.nur.json("edit", first, "means=airstrike,rocket", "title:ar=x", "lat=35.6", "lon=36.6")
        self.hand(self.nur, "one", self.court, options=("--withhold", "date"))
        self.court.json("handoff", "accept", self.path("one"), "--receipt", self.path("receipt"))
        self.nur.json("edit", first, "means=rocket,artillery", "title:ar=", "rel_text=", "lat=",
                      "lon=")
        self.nur.json("handoff", "create", self.path("two"), "--update", self.path("receipt"),
                      "--withhold", "date")
        answer = self.court.json("handoff", "accept", self.path("two"))
        self.assertEqual((0, 1, 0), (answer["records"], answer["emptied"], answer["withdrawn"]))
        ours = self.one(self.court)
        self.assertEqual((["artillery", "rocket"], [["en", "The mill"]]),
                         (sorted(ours["means"]), ours["title"]))
        for key in ("rel_text", "lat", "lon", "date_start"):
            self.assertNotIn(key, ours)
        # Again, and the first one late: nothing changes.
        for name in ("two", "one"):
            answer = self.court.json("handoff", "accept", self.path(name))
            self.assertEqual((0, 0), (answer["emptied"], answer["changesets"]))
        self.assertTrue(self.court.json("verify")["ok"])

    def test_each_recipient_is_owed(self):
        first, _ = self.report(self.nur, "The mill")
        victim = self.nur.json("add", "victim", f"incidents={first}", "consent=partners",
                               'names=[["en","A. B."]]')["id"]
        self.hand(self.nur, "one", self.court, self.amal)
        holders = {"court": self.court, "amal": self.amal}
        for name, device in holders.items():
            device.json("handoff", "accept", self.path("one"), "--receipt", self.path(name))
        self.nur.json("edit", first, "title:en=The old mill")
        for name, device in holders.items():
            owed = self.nur.lines("handoff", "list")[0]["owed"]
            self.assertEqual([first], [one["record"] for one in owed])
            update = self.path(name + " update")
            # Until it is signed for, the receipt gives the same again: a file may be lost.
            for _ in ("lost", "arrived"):
                made = self.nur.json("handoff", "create", update, "--update", self.path(name))
                self.assertEqual((1, 1), (made["records"], made["retractions"]))
            self.assertEqual(1, device.json("handoff", "accept", update, "--receipt",
                                            update + " receipt")["updated"])
            self.nur.json("handoff", "receipt", update + " receipt")
        self.assertEqual([], [one for line in self.nur.lines("handoff", "list")
                              for one in line["owed"]])
        # Consent that was taken back: left out, withdrawn there, and to be deleted.
        self.nur.json("edit", victim, "consent=withdrawn")
        made = self.nur.json("handoff", "create", self.path("two"), "--update", self.path("court"))
        self.assertEqual((0, 1), (made["records"], made["left_out"]["consent"]))
        answer = self.court.json("handoff", "accept", self.path("two"), expect=(3,))
        self.assertEqual(1, answer["withdrawn"])
        held = self.court.json("show", answer["to_delete"][0])
        self.assertEqual("withdrawn", held["meta"]["state"])
        self.assertEqual([], self.court.lines("list", "victim"))


if __name__ == "__main__":
    unittest.main()
