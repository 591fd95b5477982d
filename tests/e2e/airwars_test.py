#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Airwars' archive through import, relay and a second device: both export the same.

The data stands in airwars-syria under the folder of shared data (MIRSAL_SHARED, or `shared` beside
the source tree); without it the test is skipped. The rows tell of real deaths: nothing of them is
printed, only numbers, field names and codes.
"""
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import airwars_to_jsonl

PROGRAM = os.environ.get("MIRSAL_PROGRAM")
SERVER = os.environ.get("MIRSALD_PROGRAM")
SKIPPED = 77


def data_folder():
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    shared = os.environ.get("MIRSAL_SHARED") or os.path.join(root, "..", "shared")
    folder = os.path.join(shared, "data", "airwars-syria")
    return folder if os.path.isfile(os.path.join(folder, "incidents.csv.xz")) else None


class Ended(Exception):
    """A command that ended otherwise than expected."""


class Store:
    def __init__(self, folder, name):
        self.folder = os.path.join(folder, name)
        self.environment = {"PATH": os.environ.get("PATH", ""), "HOME": folder, "LC_ALL": "C",
                            "MIRSAL_PASSPHRASE": "invented for this test",
                            "MIRSAL_RECOVERY_PASSPHRASE": "another"}

    def json(self, *words, expect=0):
        run = subprocess.run([PROGRAM, "--store", self.folder, "--json", "--quiet", *words],
                             env=self.environment, stdin=subprocess.DEVNULL, capture_output=True,
                             timeout=120, check=False)
        if run.returncode != expect:
            raise Ended(f"{words[0]}: exit {run.returncode}, {run.stderr.decode()[:200]}")
        return json.loads(run.stdout)


class Relay:
    def __init__(self, folder):
        self.folder = os.path.join(folder, "relay")
        environment = {"PATH": os.environ.get("PATH", "")}
        made = subprocess.run([SERVER, "init", "--data", self.folder], env=environment,
                              capture_output=True, check=True, timeout=60)
        self.token = json.loads(made.stdout)["token"]
        self.errors = open(os.path.join(folder, "relay.log"), "wb")
        self.process = subprocess.Popen(
            [SERVER, "run", "--data", self.folder, "--listen", "127.0.0.1:0"],
            env=environment, stdout=subprocess.PIPE, stderr=self.errors)
        answer = json.loads(self.process.stdout.readline())
        self.address = f"http://{answer['listen']}#{answer['relay'].split('#')[1]}"

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        self.errors.close()
        return code


def digests_of(folder):
    """Name: SHA-256, of every file but the manifest."""
    digests = {}
    for name in os.listdir(folder):
        if name != "manifest.json":
            with open(os.path.join(folder, name), "rb") as file:
                digests[name] = hashlib.sha256(file.read()).hexdigest()
    return digests


def lines_of(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def bounds(figure):
    return figure["min"], figure["max"]


def in_order(field, value):
    """A set of names in one order; of other fields the value itself."""
    return sorted(value) if field == "names" else value


class AirwarsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="mirsal-airwars-")
        cls.relay = None
        cls.path = os.path.join(cls.folder, "airwars.jsonl")
        cls.records = list(airwars_to_jsonl.records_of(data_folder()))
        with open(cls.path, "w", encoding="utf-8") as file:
            airwars_to_jsonl.write(cls.records, file)
        cls.coordinator = Store(cls.folder, "coordinator")
        cls.second = Store(cls.folder, "second")
        cls.answers = {}
        try:
            cls.travel()
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def travel(cls):
        """Founder to relay to a coordinator; its import to relay to a second device."""
        founder = Store(cls.folder, "founder")
        founder.json("team", "create", "Archive", "--recovery",
                     os.path.join(cls.folder, "recovery"), "--kdf-ms", "1")
        cls.relay = Relay(cls.folder)
        founder.json("relay", "add", cls.relay.address, "--token", cls.relay.token)
        for store, role in ((cls.coordinator, "coordinator"), (cls.second, "observer")):
            invite = founder.json("invite", "--role", role, "--protected", "--in-person")
            store.json("join", invite["invite"], "--kdf-ms", "1")
        founder.json("sync")
        cls.coordinator.json("sync")
        cls.second.json("sync")
        founder.json("sync")
        cls.coordinator.json("sync")
        cls.answers["import"] = cls.coordinator.json("import", cls.path, expect=3)
        cls.answers["push"] = cls.coordinator.json("sync")
        cls.answers["pull"] = cls.second.json("sync")
        for name, store in (("coordinator", cls.coordinator), ("second", cls.second)):
            store.json("export", os.path.join(cls.folder, f"{name}-out"), "--format", "jsonl",
                       "--for-team")
            cls.answers[name] = store.json("status")

    @classmethod
    def tearDownClass(cls):
        if cls.relay is not None:
            cls.relay.stop()
        shutil.rmtree(cls.folder)

    def export(self, name):
        return os.path.join(self.folder, f"{name}-out")

    def test_import(self):
        answer = self.answers["import"]
        rejected = answer["rejected"]
        self.assertEqual(len(self.records), answer["rows"])
        self.assertEqual(len(self.records) - 1, answer["added"])
        self.assertEqual([("out_of_range", "lon")],
                         [(item["code"], item["field"]) for item in rejected])

    def test_sync_took_all(self):
        first, second = self.answers["coordinator"], self.answers["second"]
        self.assertEqual(0, first["unsent"])
        self.assertEqual(first["digests"]["0"], second["digests"]["0"])
        self.assertEqual(first["digests"]["1"], second["digests"]["1"])
        self.assertEqual(first["records"], second["records"])
        self.assertEqual(0, second["quarantined"])
        self.assertEqual(0, second["dangling"])

    def test_exports_are_identical(self):
        first, second = digests_of(self.export("coordinator")), digests_of(self.export("second"))
        self.assertIn("incident.jsonl", first)
        self.assertEqual(first, second)

    def test_nothing_is_lost(self):
        """Every record that was given comes out again, and each of its fields."""
        given = {}
        for record in self.records:
            if record.get("lon", 0) > 180:
                continue
            for one in [record, *record.get("children", [])]:
                given.setdefault(one["type"], {})[one["source_id"]] = one
        for name, records in given.items():
            exported = {line["source_id"]: line
                        for line in lines_of(self.export("second"), f"{name}.jsonl")}
            self.assertEqual(set(records), set(exported), name)
            for key, record in records.items():
                for field, value in record.items():
                    if field == "children":
                        continue
                    out = exported[key].get(field)
                    if out is None or in_order(field, out) != in_order(field, value):
                        self.fail(f"{name}: {field} came out otherwise")

    def row_of(self, store, *more):
        """Who names Russia's forces, in the first seventeen days of November 2019."""
        answer = store.json("tally", "--since", "2019-11-01", "--until", "2019-11-17",
                            "--by", "actor", *more)
        rows = [row for row in answer["rows"] if row["actor"] == "Russian forces"]
        self.assertEqual(1, len(rows))
        return rows[0]

    def test_tally(self):
        row = self.row_of(self.second)
        self.assertEqual((54, 19), (row["incidents"], row["without_figures"]))
        self.assertEqual((78, 122), bounds(row["killed"]))
        self.assertEqual((71, 108), bounds(row["killed"]["civilians"]))
        self.assertEqual((24, 31), bounds(row["killed"]["children"]))
        self.assertEqual((16, 20), bounds(row["killed"]["women"]))
        self.assertEqual((158, 267), bounds(row["wounded"]["civilians"]))
        self.assertEqual(31, row["sole"]["incidents"])
        self.assertEqual((31, 50), bounds(row["sole"]["killed"]["civilians"]))
        self.assertFalse(row["killed"]["open"])
        self.assertEqual(row, self.row_of(self.coordinator))

    def test_tally_of_a_grading(self):
        row = self.row_of(self.second, "--grading", "fair")
        self.assertEqual(21, row["incidents"])
        self.assertEqual((27, 40), bounds(row["killed"]["civilians"]))


if __name__ == "__main__":
    if data_folder() is None:
        print("skipped: the data is not there")
        sys.exit(SKIPPED)
    unittest.main()
