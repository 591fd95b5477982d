#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A team's form grows while devices are apart: the old one and the new one lose nothing."""
import json
import os
import shutil
import tempfile
import unittest

from processes import Device, Relay

SHELTER = {"extends": 1, "vocabularies": [
    {"name": "shelter_kind", "codes": [{"code": "cellar", "en": "Cellar", "ar": "قبو"},
                                       {"code": "cave", "en": "Cave", "ar": "كهف"}]}],
           "types": [{"name": "incident", "fields": [
               {"name": "shelter", "kind": "code", "vocabulary": "shelter_kind",
                "policy": "review", "sensitivity": 1, "en": "Shelter", "ar": "ملجأ"}]}]}
CLINIC = {"extends": 2, "types": [{"name": "clinic", "en": "Clinic", "ar": "عيادة", "fields": [
    {"name": "beds", "kind": "int", "min": 0, "policy": "latest", "sensitivity": 1,
     "en": "Beds", "ar": "أسرّة"}]}]}


class SchemaTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mirsal-schema-")
        self.relay = Relay(self.folder)
        self.relay.start()

    def tearDown(self):
        self.relay.close()
        shutil.rmtree(self.folder)

    def file(self, name, form):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as out:
            json.dump(form, out)
        return path

    def found(self, *options):
        dima = Device(self.folder, "dima")
        dima.json("team", "create", "Harm documentation", "--recovery",
                  os.path.join(self.folder, "recovery"), "--insecure-no-passphrase",
                  "--kdf-ms", "1", *options)
        dima.json("relay", "add", f"http://127.0.0.1:{self.relay.port}#{self.relay.key}",
                  "--token", self.relay.token)
        return dima

    def sync(self, *devices):
        for _ in range(2):
            for device in devices:
                device.json("sync", expect=(0, 3))

    def test_old_and_new_exchange_edits(self):
        dima = self.found()
        sami = Device(self.folder, "sami")
        sami.join(dima.invite("coordinator"))
        old = sami.json("add", "incident", "source_id=k:1", "title=before")["id"]
        self.sync(sami, dima, sami)
        # Apart: dima has the new form, sami the old one, and both write to both records.
        dima.json("schema", "extend", self.file("shelter.json", SHELTER))
        dima.json("edit", old, "shelter=cellar")
        new = dima.json("add", "incident", "source_id=k:2", "shelter=قبو")["id"]
        sami.json("edit", old, "title=after")
        sami.json("add", "incident", "source_id=k:3", "title=by the old form")
        self.assertEqual(1, sami.json("team", "show")["schema_version"])
        self.sync(dima, sami)
        for device in (dima, sami):
            self.assertEqual(2, device.json("team", "show")["schema_version"])
            self.assertEqual(["k:1", "k:2", "k:3"], device.source_ids())
            self.assertEqual("cellar", device.json("show", new)["shelter"])
            shown = device.json("show", old)
            self.assertEqual(["cellar", [["und", "after"]]], [shown["shelter"], shown["title"]])
            self.assertEqual(0, device.json("status")["waiting"])
        dima.json("edit", old, "shelter=cave", "title=at last")
        self.sync(dima, sami)
        self.assertEqual("cave", sami.json("show", old)["shelter"])
        digests = [device.json("status")["digests"] for device in (dima, sami)]
        self.assertEqual(digests[0]["0"], digests[1]["0"])
        dima.json("verify", "--deep")

    def test_a_team_begins_with_its_own_form(self):
        shelter = self.file("shelter.json", SHELTER)
        dima = self.found("--schema", shelter)
        self.sync(dima)
        sami, amal = Device(self.folder, "sami"), Device(self.folder, "amal")
        sami.join(dima.invite("coordinator"))
        amal.json("join", dima.invite("monitor"), "--insecure-no-passphrase", "--force",
                  "--schema", shelter)
        amal.json("add", "incident", "source_id=k:1", "shelter=cave")
        run = sami.run("add", "incident", "title=too soon")
        self.assertEqual("version", json.loads(run.stderr)["error"]["code"])
        self.sync(amal, sami, dima, sami)
        sami.json("add", "incident", "source_id=k:2", "shelter=cellar")
        dima.json("schema", "extend", self.file("clinic.json", CLINIC))
        dima.json("add", "clinic", "source_id=c:1", "beds=4")
        self.sync(dima, sami)
        self.assertEqual(4, sami.lines("list", "clinic")[0]["beds"])
        self.assertEqual(["k:1", "k:2"], sami.source_ids())
        out = os.path.join(self.folder, "out")
        sami.json("export", "--format", "jsonl", out)
        with open(os.path.join(out, "clinic.jsonl"), encoding="utf-8") as lines:
            self.assertEqual(4, json.loads(lines.readline())["beds"])
        refused = sami.run("schema", "extend", self.file("more.json", {"extends": 3}))
        self.assertEqual(4, refused.returncode)


if __name__ == "__main__":
    unittest.main()
