#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Markers planted in a record that two admins purge: once the days are over no file of any replica
or relay holds one, nor a sealed body that holds it; all else of the batch lives on everywhere.

A relay, two admins, a coordinator who imported the batch, a reader server, a phone that came later.
The days pass by MIRSAL_CLOCK; stores have no passphrase and are read page by page (mirsal-pages).
"""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from processes import Device, Ended, Relay

CLOCK = os.environ.get("MIRSAL_CLOCK")
PAGES = os.environ.get("MIRSAL_PAGES")
SHIM = os.environ.get("MIRSAL_KILL")
PYTHON = "/usr/bin/python3"
CHECK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "protocol", "check")
DAY = 86400
ARABIC, LATIN, VALUE = "ثجذضظغ" * 2, "qzvxwkjyfpbq", "@field:witness-77441"


def converge(devices):
    """Everyone syncs until nothing moves."""
    for _ in range(8):
        moved = 0
        for device in devices:
            run = device.json("sync", expect=(0, 3))
            moved += run["pushed"] + run["pulled"]
        if moved == 0:
            return
    raise AssertionError("they go on and on")


def wait_until(condition):
    for _ in range(300):
        if condition():
            return True
        time.sleep(0.1)
    return False


class PurgedCase(unittest.TestCase):
    records = 40

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mirsal-purged-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.relay = Relay(self.folder)
        self.relay.start()
        self.addCleanup(lambda: self.relay.close())
        self.recovery = os.path.join(self.folder, "recovery.mirsal")
        self.founder = Device(self.folder, "founder")
        self.founder.json("team", "create", "Harm documentation", "--recovery", self.recovery,
                          "--insecure-no-passphrase", "--kdf-ms", "1")
        self.founder.json("relay", "add", f"http://127.0.0.1:{self.relay.port}#{self.relay.key}",
                          "--token", self.relay.token)
        self.admin = self.joined("admin", "coordinator", "--protected")
        self.helper = self.joined("helper")
        self.all = [self.founder, self.admin, self.helper]
        converge(self.all)
        self.founder.json("device", "role", self.admin.json("status")["device_id"], "admin",
                          "--person", "Amal", "--root", self.recovery)
        converge(self.all)

    def joined(self, name, role="coordinator", *options):
        device = Device(self.folder, name)
        device.join(self.founder.invite(role, *options))
        return device

    def batch(self):
        """Incidents of one import, the markers in the eighth; its id."""
        path = os.path.join(self.folder, "import.jsonl")
        with open(path, "w", encoding="utf-8") as out:
            for n in range(self.records):
                line = {"type": "incident", "source_id": f"field:{n}",
                        "title": [["en", f"raid number {n}"]], "rel_text": f"street {n}"}
                if n == 7:
                    line.update({"title": [["ar", f"غارة {ARABIC}"], ["en", f"Harm to {LATIN}"]],
                                 "rel_text": f"told by {LATIN}", "source_id": VALUE[1:]})
                out.write(json.dumps(line, ensure_ascii=False) + "\n")
        self.helper.json("import", path)
        os.unlink(path)
        return self.helper.json("show", VALUE)["id"]

    def order(self, record):
        order = self.founder.json("purge", record, "--reason", "threatened")["purge"]
        converge(self.all)
        self.admin.json("purge", "approve", order)
        converge(self.all)
        return order

    def pass_days(self, days):
        """The relay and every device wake up later."""
        shift = {"LD_PRELOAD": CLOCK, "MIRSAL_CLOCK_SHIFT": str(days * DAY)}
        for device in self.all:
            device.environment.update(shift)
        self.relay.stop()
        self.relay.start(**shift)

    # --- what the files hold ----------------------------------------------------------------------

    def pages(self, store, sought):
        """How many pages of a store hold each of some bytes."""
        given = "".join(f"{one.hex()}\n" for one in sought)
        run = subprocess.run([PAGES, store], input=given.encode(), capture_output=True, timeout=120,
                             env=self.founder.environment, check=False)
        self.assertEqual(0, run.returncode, run.stderr.decode())
        return [int(line) for line in run.stdout.split()]

    def relay_holds(self, sought):
        """Of each: whether some file of the relay's folder holds it."""
        found = [0] * len(sought)
        for folder, _, names in os.walk(self.relay.data):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    data = file.read()
                found = [old + (one in data) for old, one in zip(found, sought)]
        return found

    def sealed(self):
        """Some bytes from the middle of each body of helper's data that the relay has."""
        path = [os.path.join(folder, name) for folder, _, names in os.walk(self.relay.data)
                for name in names if len(name) == 67 and name.endswith(".db")]
        import sqlite3
        bodies = []
        with sqlite3.connect(f"file:{path[0]}?mode=ro", uri=True) as log:
            for body, in log.execute("SELECT body FROM content JOIN changeset USING (no)"
                                     " WHERE compartment <> 255 AND length(body) > 0"):
                bodies += [body[32:64], body[len(body) // 2:len(body) // 2 + 32], body[-40:-8]]
        log.close()
        return bodies

    def digests(self, devices):
        return {(digests["control"], digests["0"]) for digests in
                (device.json("status")["digests"] for device in devices)}


@unittest.skipUnless(CLOCK and PAGES, "MIRSAL_CLOCK or MIRSAL_PAGES names nothing")
class MarkersTest(PurgedCase):
    markers = [one.encode() for one in (ARABIC, LATIN, VALUE[1:])]

    def test_no_file_holds_them(self):
        self.relay.stop()
        self.relay.command("join", self.founder.invite("observer"))
        self.relay.start()
        self.server = Device(self.folder, "server", store=os.path.join(self.relay.data, "store"))
        record = self.batch()
        converge(self.all)
        held = self.sealed()
        self.helper.json("add", "casualty", "--parent", "@field:8", "min=1", "max=3")
        converge(self.all)
        self.agree()
        other = [one for one in self.sealed() if one not in held]
        self.assertTrue(held)
        for device in (*self.all, self.server):
            self.assertTrue(all(n > 0 for n in self.pages(device.store, self.markers)))
        self.assertTrue(all(self.relay_holds(held)))
        # A late edit by a hand that has not heard of it.
        order = self.founder.json("purge", record, "--reason", "threatened")["purge"]
        self.helper.json("edit", record, f"rel_text=moved to {ARABIC}")
        converge(self.all)
        late = [one for one in self.sealed() if one not in held + other]
        self.admin.json("purge", "approve", order)
        converge(self.all)
        self.agree()
        self.assertEqual([2], [said["bodies"] for said in
                               self.helper.json("purge", "list")["purges"]])
        self.pass_days(29)
        converge(self.all)
        self.assertTrue(all(self.relay_holds(held + late)))
        self.pass_days(31)
        converge(self.all)
        converge(self.all)
        self.assert_gone(held + late)
        self.assertTrue(all(self.relay_holds(other)))
        for device in self.all:
            self.assertEqual({"state": "purged"}, device.json("show", record)["meta"])
            self.assertEqual(2, sum(line.get("kept") == "residue" for line in device.lines("log")))
        for device in self.all:
            for said in device.json("purge", "list")["purges"]:
                self.assertEqual(("destroyed", [], 4),
                                 (said["state"], said["open"], len(said["confirmed"])))
        # Who comes later holds the same.
        newcomer = self.joined("newcomer")
        newcomer.environment.update(self.founder.environment)
        self.all.append(newcomer)
        converge(self.all)
        self.assert_gone(held + late)

    def agree(self):
        """The server's reader included, which syncs by itself."""
        self.assertTrue(wait_until(lambda: len(self.digests([*self.all, self.server])) == 1))

    def assert_gone(self, held):
        self.assertEqual([0] * len(held), self.relay_holds(held))
        self.agree()
        for device in (*self.all, self.server):
            self.assertEqual([0] * len(self.markers + held),
                             self.pages(device.store, self.markers + held), device.store)
            self.assertEqual(self.records - 1, len(device.lines("list", "incident")))
            self.assertEqual([], device.lines("search", LATIN))
            self.assertEqual("street 8", device.json("show", "@field:8")["rel_text"])
            verified = device.json("verify", "--deep")
            self.assertEqual((True, []), (verified["ok"], verified["problems"]))

    def test_a_victim_whom_its_author_does_not_read(self):
        """In compartment 1, which a coordinator writes and does not read: she keeps what is not
        purged of her own batch, without a key to it."""
        incident = self.helper.json("add", "incident", "title:en=raid")["id"]
        converge(self.all)
        path = os.path.join(self.folder, "victims.jsonl")
        with open(path, "w", encoding="utf-8") as out:
            for n, name in enumerate((LATIN, "another", "a third")):
                out.write(json.dumps({"type": "victim", "incidents": [incident],
                                      "source_id": f"v:{n}", "occupation": name}) + "\n")
        self.helper.json("import", path)
        os.unlink(path)
        record = self.helper.json("show", "@v:0")["id"]
        converge(self.all)
        self.assertTrue(self.pages(self.helper.store, [LATIN.encode()])[0] > 0)
        self.order(record)
        self.pass_days(31)
        converge(self.all)
        converge(self.all)
        for device in self.all:
            self.assertEqual([0], self.pages(device.store, [LATIN.encode()]), device.store)
            self.assertEqual(["a third", "another"], sorted(
                line["occupation"] for line in device.lines("list", "victim")))
            self.assertIs(True, device.json("verify", "--deep")["ok"])


@unittest.skipUnless(CLOCK and PAGES and SHIM, "MIRSAL_KILL, _CLOCK or _PAGES names nothing")
class KillTest(PurgedCase):
    def test_killed_while_it_destroys(self):
        """Before any change of the disk a store opens again, whole, and goes on to the end."""
        record = self.batch()
        converge(self.all)
        self.order(record)
        self.pass_days(31)
        self.relay.stop()
        markers = [ARABIC.encode(), LATIN.encode()]
        counted = os.path.join(self.folder, "changes")
        self.assertEqual(0, self.copy().run(
            "status", LD_PRELOAD=f"{CLOCK}:{SHIM}", MIRSAL_KILL_COUNT=counted).returncode)
        with open(counted, encoding="ascii") as file:
            changes = int(file.read())
        self.assertGreater(changes, 20)
        for at in sorted({1, changes, *range(1, changes, max(1, changes // 30))}):
            store = self.copy()
            killed = store.run("status", LD_PRELOAD=f"{CLOCK}:{SHIM}", MIRSAL_KILL_AT=str(at))
            self.assertEqual(-signal.SIGKILL, killed.returncode, at)
            verified = store.json("verify", "--deep")
            self.assertEqual((True, []), (verified["ok"], verified["problems"]), at)
            self.assertEqual(self.records - 1, len(store.lines("list", "incident")), at)
            self.assertEqual("destroyed", store.json("purge", "list")["purges"][0]["state"], at)
            self.assertEqual([0, 0], self.pages(store.store, markers), at)

    def copy(self):
        """The founder's store as it is before it opens in its 31st day."""
        store = os.path.join(self.folder, "copy")
        shutil.rmtree(store, ignore_errors=True)
        shutil.copytree(self.founder.store, store)
        device = Device(self.folder, "copy")
        device.environment.update(self.founder.environment)
        return device


    def test_a_relay_killed_while_it_drops(self):
        """Before any change of the disk its log opens again, checks, and goes on to the end."""
        self.batch()
        record = self.helper.json("show", VALUE)["id"]
        converge(self.all)
        held = self.sealed()
        self.order(record)
        self.relay.stop()
        data, counted = self.relay.data, os.path.join(self.folder, "changes")
        later = {"LD_PRELOAD": f"{CLOCK}:{SHIM}", "MIRSAL_CLOCK_SHIFT": str(31 * DAY)}
        self.assertTrue(all(self.relay_holds(held)))
        self.relay.data = os.path.join(self.folder, "copy")
        shutil.copytree(data, self.relay.data)
        self.relay.command("status", MIRSAL_KILL_COUNT=counted, **later)
        self.assertFalse(any(self.relay_holds(held)))
        with open(counted, encoding="ascii") as file:
            changes = int(file.read())
        self.assertGreater(changes, 10)
        for at in sorted({1, changes, *range(1, changes, max(1, changes // 12))}):
            shutil.rmtree(self.relay.data)
            shutil.copytree(data, self.relay.data)
            self.relay.command("status", expect=-signal.SIGKILL, MIRSAL_KILL_AT=str(at), **later)
            self.relay.command("check", **later)
            self.assertFalse(any(self.relay_holds(held)), at)
        self.pass_days_on()
        newcomer = self.joined("newcomer")
        self.all.append(newcomer)
        converge(self.all)
        self.assertEqual(self.records - 1, len(newcomer.lines("list", "incident")))
        self.assertEqual(1, len(self.digests([self.founder, newcomer])))

    def pass_days_on(self):
        """As pass_days(31), of a relay that is stopped."""
        self.relay.start()
        self.pass_days(31)


@unittest.skipUnless(CLOCK and PAGES, "MIRSAL_CLOCK or MIRSAL_PAGES names nothing")
class AgainTest(PurgedCase):
    """What comes again: from a backup, from a store that slept, to a relay that lost everything."""

    def test_a_backup_and_a_store_that_slept(self):
        record = self.batch()
        converge(self.all)
        backup = os.path.join(self.folder, "backup")
        self.helper.json("backup", backup)
        sleeper = self.joined("sleeper")
        converge([*self.all, sleeper])
        self.order(record)
        self.pass_days(31)
        converge(self.all)
        converge(self.all)
        restored = Device(self.folder, "restored")
        restored.environment.update(self.founder.environment)
        restored.json("restore", backup, "--invite", self.founder.invite("coordinator"))
        sleeper.environment.update(self.founder.environment)
        self.all += [restored, sleeper]
        converge(self.all)
        self.pass_days(62)
        converge(self.all)
        converge(self.all)
        self.assertEqual(1, len(self.digests(self.all)))
        for device in self.all:
            self.assertEqual([0], self.pages(device.store, [LATIN.encode()]), device.store)
            self.assertEqual(self.records - 1, len(device.lines("list", "incident")))
            self.assertIs(True, device.json("verify", "--deep")["ok"])

    def test_bundles_old_and_new(self):
        """By stick alone a store hears of it, and a bundle of before brings nothing back."""
        record = self.batch()
        converge(self.all)
        sleeper = self.joined("sleeper")
        converge([*self.all, sleeper])
        old, new = (os.path.join(self.folder, name) for name in ("old.bundle", "new.bundle"))
        self.helper.json("bundle", "export", old)
        self.order(record)
        self.pass_days(31)
        converge(self.all)
        converge(self.all)
        self.relay.stop()
        self.founder.json("bundle", "import", old)
        self.founder.json("bundle", "export", new)
        sleeper.environment.update(self.founder.environment)
        sleeper.json("bundle", "import", new)
        self.assertEqual(self.records - 1, len(sleeper.lines("list", "incident")))
        self.assertGreater(self.pages(sleeper.store, [LATIN.encode()])[0], 0)
        sleeper.environment["MIRSAL_CLOCK_SHIFT"] = str(62 * DAY)
        sleeper.json("bundle", "import", old)
        for device in (self.founder, sleeper):
            self.assertEqual([0], self.pages(device.store, [LATIN.encode()]), device.store)
            self.assertEqual(self.records - 1, len(device.lines("list", "incident")))
            self.assertIs(True, device.json("verify", "--deep")["ok"])
        self.assertEqual(self.founder.json("status")["digests"]["0"],
                         sleeper.json("status")["digests"]["0"])
        self.prove_to_others()

    def prove_to_others(self):
        """What is left of the batch, by its author's signature, to two implementations."""
        file, secret = (os.path.join(self.folder, name) for name in ("handed", "org.key"))
        words = {"MIRSAL_ORG_PASSPHRASE": "invented"}
        key = self.founder.json("org", "key")["org_key"]
        made = self.founder.json("handoff", "create", file, "--where", "1", "--to", key,
                                 "--mode", "author")
        self.assertEqual((self.records - 1, 0), (made["records"], made["left_out"]["unproven"]))
        self.assertEqual(0, self.founder.run("org", "key", "--secret", secret, **words).returncode)
        if subprocess.run([PYTHON, "-c", "import nacl, cryptography"], capture_output=True,
                          check=False).returncode != 0:
            return
        run = subprocess.run([PYTHON, "-B", os.path.join(CHECK, "verify_handoff.py"), file,
                              "--org-key-file", secret, "--json"], capture_output=True,
                             check=False, env=dict(os.environ, **words))
        self.assertEqual(0, run.returncode, run.stderr)
        self.assertEqual(self.records - 1, len(json.loads(run.stdout)["records"]))

    def test_what_is_imported_again(self):
        """An export of before brings back neither it nor what hangs from it, by its id."""
        record = self.batch()
        claim = self.helper.json("add", "casualty", "--parent", record, "min=1")["id"]
        converge(self.all)
        order = self.founder.json("purge", record, "--reason", "threatened")
        self.assertEqual({record, claim}, {one["id"] for one in order["records"]})
        again = os.path.join(self.folder, "again.jsonl")
        with open(again, "w", encoding="utf-8") as out:
            for line in ({"type": "incident", "id": record, "source_id": VALUE[1:]},
                         {"type": "incident", "source_id": "id:" + record, "rel_text": LATIN},
                         {"type": "incident", "rel_text": "new",
                          "children": [{"type": "casualty", "id": claim, "min": 1}]},
                         {"type": "casualty", "scope": [record], "min": 2},
                         {"type": "casualty", "scope": [{"source_id": "id:" + record}], "min": 2}):
                out.write(json.dumps(line) + "\n")
        for destroyed in (False, True):
            if destroyed:
                self.admin.json("purge", "approve", order["purge"])
                converge(self.all)
                self.pass_days(31)
                converge(self.all)
            for device in (self.founder, self.helper):
                converge(self.all)
                answer = device.json("import", again, expect=(3,))
                self.assertEqual((0, 5), (answer["added"], answer["rejected_total"]))
                self.assertEqual({"not_allowed"}, {one["code"] for one in answer["rejected"]})
                self.assertEqual(4, device.run("add", "note", f"subject={record}",
                                               "text=told").returncode)
        self.assertEqual([0], self.pages(self.founder.store, [LATIN.encode()]))

    def test_another_relay_gets_the_residue(self):
        record = self.batch()
        converge(self.all)
        self.order(record)
        self.pass_days(31)
        converge(self.all)
        folder = os.path.join(self.folder, "second")
        os.mkdir(folder)
        second = Relay(folder)
        second.start()      # by its clock no invite has expired yet
        self.addCleanup(second.close)
        self.founder.json("relay", "add", f"http://127.0.0.1:{second.port}#{second.key}",
                          "--token", second.token)
        for _ in range(3):
            for device in self.all:
                device.json("sync", "--relay", "all", expect=(0, 3))
        first = self.relay.changesets()
        self.assertEqual(first, second.changesets())
        newcomer = self.joined("newcomer")
        newcomer.environment.update(self.founder.environment)
        self.relay.stop()
        self.all.append(newcomer)
        for _ in range(4):
            for device in self.all:
                device.json("sync", expect=(0, 3, 5))
        self.relay.start(LD_PRELOAD=CLOCK, MIRSAL_CLOCK_SHIFT=str(31 * DAY))
        self.assertEqual(self.records - 1, len(newcomer.lines("list", "incident")))
        self.assertEqual([0], self.pages(newcomer.store, [LATIN.encode()]))


if __name__ == "__main__":
    unittest.main()
