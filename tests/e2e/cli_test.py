#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line by hand, without a server: answers, exit codes, errors, what stays unchanged.

Finds the program in MIRSAL_PROGRAM. Each class has a team of its own in a temporary folder.
"""
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.environ.get("MIRSAL_PROGRAM")
PASSPHRASE = "invented for this test"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
HASH = re.compile(r"[0-9a-f]{64}\Z")


class Ended(Exception):
    """A command that ended otherwise than expected."""


class Store:
    def __init__(self, folder, name):
        self.folder = os.path.join(folder, name)
        self.environment = {"PATH": os.environ.get("PATH", ""), "HOME": folder, "LC_ALL": "C",
                            "MIRSAL_PASSPHRASE": PASSPHRASE,
                            "MIRSAL_RECOVERY_PASSPHRASE": "another"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                self.environment[name] = os.environ[name]

    def run(self, *words, given=b"", **changes):
        environment = dict(self.environment, **changes)
        environment = {key: value for key, value in environment.items() if value is not None}
        words = [word if isinstance(word, bytes) else word.encode() for word in words]
        return subprocess.run([PROGRAM, "--store", self.folder, *words], input=given,
                              env=environment, capture_output=True, timeout=60, check=False)

    def json(self, *words, expect=0, **more):
        """The JSON answer of a command that ends with the expected code."""
        run = self.run("--json", *words, **more)
        if run.returncode != expect:
            raise Ended(f"{words}: exit {run.returncode}, {run.stderr.decode()}")
        return json.loads(run.stdout)

    def lines(self, *words, **more):
        run = self.run("--json", *words, **more)
        if run.returncode != 0:
            raise Ended(f"{words}: exit {run.returncode}, {run.stderr.decode()}")
        return [json.loads(line) for line in run.stdout.splitlines()]


def found_team(folder, name="dima"):
    store = Store(folder, name)
    answer = store.json("team", "create", "Harm documentation", "--recovery",
                        os.path.join(folder, f"recovery-{name}"), "--kdf-ms", "1")
    return store, answer


class CliCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="mirsal-cli-")
        cls.store, cls.created = found_team(cls.folder)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def assert_error(self, run, exit_code, code, field=None):
        self.assertEqual((exit_code, b""), (run.returncode, run.stdout), run.stderr.decode())
        error = json.loads(run.stderr)["error"]
        self.assertEqual(code, error["code"], error)
        self.assertTrue(error["message"])
        if field is not None:
            self.assertEqual(field, error.get("field"), error)
        return error


class TeamTest(CliCase):
    def test_created(self):
        self.assertRegex(self.created["team_id"], HASH)
        self.assertRegex(self.created["device_id"], HASH)
        self.assertTrue(os.path.isfile(self.created["recovery"]))
        self.assertIs(False, self.created["drilled"])
        self.assertEqual(0o700, os.stat(self.store.folder).st_mode & 0o777)
        self.assertEqual(0o600, os.stat(self.created["recovery"]).st_mode & 0o777)

    def test_show_and_status(self):
        team = self.store.json("team", "show")
        self.assertEqual("Harm documentation", team["name"])
        status = self.store.json("status")
        self.assertEqual("active", status["state"])
        self.assertEqual("admin", status["role"])
        self.assertEqual(self.created["device_id"], status["device_id"])
        for key in ("unsent", "custody", "relays", "clock", "quarantined", "waits", "digest",
                    "digests", "compartments", "write_only", "review", "dangling"):
            self.assertIn(key, status)

    def test_drafts(self):
        store, _ = found_team(self.folder, "drafts")
        made = store.json("add", "incident", "title:en=Drafted", "--draft")["draft"]
        below = store.json("add", "casualty", "--parent", made[:8], "min=3", "--draft")["draft"]
        self.assertEqual(2, store.json("status")["drafts"])
        self.assertEqual([], store.lines("list", "incident"))
        self.assertEqual([], store.lines("search", "Drafted"))
        self.assertEqual([(made, None), (below, made)],
                         [(line["draft"], line["parent"]) for line in store.lines("draft", "list")])
        self.assertIn("title:en=Drafted", store.run("draft", "list").stdout.decode())
        self.assert_error(store.run("--json", "draft", "send"), 2, "usage")
        self.assert_error(store.run("--json", "draft", "send", "ffffff"), 1, "not_found")
        self.assertEqual([made, below], [line["id"] for line in store.lines("draft", "send", made)])
        self.assertEqual(made, store.lines("list", "incident")[0]["id"])
        dropped = store.json("add", "incident", "title:en=Dropped", "--draft")["draft"]
        self.assertEqual([{"draft": dropped}], store.lines("draft", "drop", dropped[:10]))
        self.assertEqual([], store.lines("draft", "send", "--all"))
        self.assertEqual(0, store.json("status")["drafts"])

    def test_devices(self):
        devices = self.store.json("device", "list")["devices"]
        self.assertEqual([self.created["device_id"]], [device["device_id"] for device in devices])
        self.assertIs(True, devices[0]["this"])
        shown = self.store.json("device", "show", self.created["device_id"][:8])
        self.assertEqual(self.created["device_id"], shown["device_id"])

    def test_a_second_team_does_not_fit(self):
        run = self.store.run("--json", "team", "create", "X", "--recovery", self.folder + "/r2")
        self.assert_error(run, 1, "store_exists")
        self.assertFalse(os.path.exists(self.folder + "/r2"))

    def test_invite_and_join(self):
        invite = self.store.json("invite", "--role", "monitor", "--label", "Amal", "--uses", "2",
                                 "--in-person")
        self.assertTrue(invite["invite"].startswith("mirsal1"))
        self.assertEqual(("monitor", 2), (invite["role"], invite["uses"]))
        amal = Store(self.folder, "amal")
        joined = amal.json("join", invite["invite"], "--label", "Amal's phone", "--kdf-ms", "1")
        self.assertEqual(self.created["team_id"], joined["team_id"])
        self.assertEqual("monitor", joined["role"])
        self.assertEqual(6, len(joined["words"].split()))
        shown = amal.json("device", "show", joined["device_id"])
        self.assertEqual([joined["words"], joined["words_ar"]], [shown["words"], shown["words_ar"]])
        office = self.created["device_id"]
        self.assertTrue(amal.json("device", "verify", office)["verified"])
        self.assert_error(
            amal.run("--json", "device", "verify", joined["device_id"]), 1, "bad_value")
        self.assert_error(amal.run("--json", "invite", "--role", "monitor"), 4, "not_allowed")
        self.assert_error(amal.run("--json", "join", invite["invite"]), 1, "store_exists")
        written = amal.json("add", "incident", "title:en=Raid")
        self.assertEqual([written["id"]], [row["id"] for row in amal.lines("list", "incident")])
        run = Store(self.folder, "nobody").run(
            "--json", "join", invite["invite"], "--insecure-no-passphrase", MIRSAL_PASSPHRASE=None)
        self.assert_error(run, 2, "usage")

    def test_wrong_invite(self):
        stranger = Store(self.folder, "stranger")
        for text in ("mirsal1", "mirsal1AAAA", "no invite at all"):
            run = stranger.run("--json", "join", text, "--kdf-ms", "1")
            self.assertIn(run.returncode, (1, 4), run.stderr)
            self.assertEqual(b"", run.stdout)
            self.assertFalse(os.path.exists(os.path.join(stranger.folder, "keys")))

    def test_relay_offline_is_kept(self):
        store, _ = found_team(self.folder, "offline")
        self.assert_error(store.run("--json", "relay", "add", "http://127.0.0.1:1", "--token", "t"),
                          1, "bad_value")
        key = "A" * 43
        run = store.run("--json", "relay", "add", f"http://127.0.0.1:1#{key}", "--token", "t")
        self.assertEqual(5, run.returncode, run.stderr)
        self.assertEqual("no_relay", json.loads(run.stderr.splitlines()[-1])["error"]["code"])
        self.assertIn("http://127.0.0.1:1", json.dumps(store.json("relay", "list")))
        store.json("add", "incident", "title:en=Raid")
        run = store.run("--json", "sync")
        self.assertEqual(5, run.returncode, run.stderr)
        self.assertLess(0, store.json("status")["unsent"])


class SecretTest(CliCase):
    def test_nobody_gives_it(self):
        run = self.store.run("--json", "status", MIRSAL_PASSPHRASE=None)
        self.assert_error(run, 2, "usage")
        for missing in ("MIRSAL_PASSPHRASE", "MIRSAL_RECOVERY_PASSPHRASE"):
            other = Store(self.folder, "other")
            run = other.run("--json", "team", "create", "X", "--recovery", self.folder + "/r",
                            **{missing: None})
            self.assert_error(run, 2, "usage")
            self.assertFalse(os.path.exists(self.folder + "/r"))

    def test_wrong(self):
        run = self.store.run("--json", "status", MIRSAL_PASSPHRASE="wrong")
        self.assert_error(run, 4, "wrong_passphrase")
        self.assertNotIn(b"wrong\n", run.stderr)

    def test_prompt_on_a_terminal(self):
        """Asked on standard error, and what is typed is not echoed."""
        ours, theirs = pty.openpty()
        environment = dict(self.store.environment)
        del environment["MIRSAL_PASSPHRASE"]
        process = subprocess.Popen(
            [PROGRAM, "--store", self.store.folder, "--json", "status"], stdin=theirs,
            stdout=subprocess.PIPE, stderr=theirs, env=environment, start_new_session=True)
        seen = b""
        while b"Passphrase: " not in seen:
            seen += os.read(ours, 1024)
        os.write(ours, PASSPHRASE.encode() + b"\n")
        answer, _ = process.communicate(timeout=30)
        os.close(theirs)
        try:
            seen += os.read(ours, 1024)
        except OSError:
            pass
        os.close(ours)
        self.assertEqual(0, process.returncode, seen)
        self.assertEqual(self.created["device_id"], json.loads(answer)["device_id"])
        self.assertNotIn(PASSPHRASE.encode(), seen)

    def test_from_a_file(self):
        path = os.path.join(self.folder, "secret")
        with open(path, "w", encoding="utf-8") as out:
            out.write(PASSPHRASE + "\n")
        self.store.json("--passphrase-file", path, "status", MIRSAL_PASSPHRASE=None)
        run = self.store.run("--json", "status", "--passphrase-file", path + "x")
        self.assert_error(run, 2, "usage")

    def test_without_any(self):
        open_store = Store(self.folder, "open")
        open_store.json("team", "create", "X", "--recovery", self.folder + "/r-open",
                        "--insecure-no-passphrase", MIRSAL_PASSPHRASE=None)
        open_store.json("status", MIRSAL_PASSPHRASE=None)

    def test_no_store(self):
        nowhere = Store(self.folder, "nowhere")
        self.assert_error(nowhere.run("--json", "status"), 1, "no_store")
        self.assert_error(nowhere.run("--json", "status", MIRSAL_PASSPHRASE=None), 1, "no_store")
        self.assertFalse(os.path.exists(nowhere.folder))

    def test_where_the_store_lies(self):
        run = subprocess.run([PROGRAM, "--json", "status"], capture_output=True, check=False,
                             env=dict(self.store.environment, MIRSAL_STORE=self.store.folder))
        self.assertEqual(0, run.returncode, run.stderr)
        environment = dict(self.store.environment, XDG_DATA_HOME=self.folder + "/data")
        os.makedirs(self.folder + "/data")
        os.symlink(self.store.folder, self.folder + "/data/mirsal")
        run = subprocess.run([PROGRAM, "--json", "status"], capture_output=True, check=False,
                             env=environment)
        self.assertEqual(0, run.returncode, run.stderr)


class RecordTest(CliCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        add = cls.store.json
        add("add", "place", "source_id=t:P1", 'names=[["ar","الملاجة"],["en","Al-Malaja"]]',
            "kind=village", "lat=35.59209", "lon=36.49474")
        add("add", "source", "source_id=t:S1", "public_name=Civil Defence", "kind=rescue_service")
        add("add", "actor", "source_id=t:A1", 'names=[["en","Syrian regime forces"]]')
        add("add", "report", "source_id=t:R1", "source=@t:S1", "published=2019-11-17")
        cls.incident = add("add", "incident", "source_id=t:I1", "event_type=air_drone_strike",
                           "date_start=2019-11-17", "place=@t:P1", "means=airstrike",
                           "title:ar=غارة جوية على الملاجة", "title:en=Airstrike on Al-Malaja")
        cls.casualty = add("add", "casualty", "--parent", "@t:I1", "source_id=t:C1",
                           "report=@t:R1", "root_source=@t:S1", "outcome=killed",
                           "status=civilian", "min=5", "max=5", "quality=exact")

    def test_every_type(self):
        more = {
            "observation": ["incident=@t:I1", "text:en=Smoke over the village"],
            "victim": ['names=[["en","N."]]', "outcome=killed", "incidents=@t:I1"],
            "attribution": ["--parent", "@t:I1", "actor=@t:A1", "role=perpetrator",
                            "certainty=asserted"],
            "equipment": ["incident=@t:I1", "item=tank", "state=destroyed", "min=1", "max=1"],
            "toll": ["verbatim=48 since April", "from=2019-04-30", "to=2019-11-17"],
            "custody": ["item=@t:I1", "note=copied"],
            "link": ["a=@t:I1", "rel=parallel_with", "b=@t:I1"],
            "note": ["subject=@t:I1", "text=to be asked again"],
        }
        for type_, words in more.items():
            answer = self.store.json("add", type_, *words)
            self.assertRegex(answer["id"], UUID, type_)
            self.assertRegex(answer["changeset"], HASH, type_)
            record = self.store.json("show", answer["id"])
            self.assertEqual(type_, record["type"])

    def test_show(self):
        record = self.store.json("show", "@t:I1")
        self.assertEqual(self.incident["id"], record["id"])
        self.assertEqual([["ar", "غارة جوية على الملاجة"], ["en", "Airstrike on Al-Malaja"]],
                         record["title"])
        self.assertEqual(["2019-11-17", "2019-11-17", "day"],
                         [record[key] for key in ("date_start", "date_end", "date_prec")])
        self.assertIn(self.casualty["id"], [child["id"] for child in record["children"]])
        self.assertEqual("accepted", record["meta"]["state"])
        self.assertEqual([], record["conflicts"])
        by_prefix = self.store.json("show", self.incident["id"][:35])
        self.assertEqual(record["id"], by_prefix["id"])
        history = self.store.json("show", "@t:I1", "--history")["history"]
        self.assertIn("title", {write["field"].split(":")[0] for write in history})

    def test_edit_and_withdraw(self):
        made = self.store.json("add", "incident", "title:en=Raid", "means=airstrike")
        edited = self.store.json("edit", made["id"], "means+=artillery",
                                 "date_start=2019-11-16/2019-11-18")
        self.assertEqual(made["id"], edited["id"])
        record = self.store.json("show", made["id"])
        self.assertEqual(["airstrike", "artillery"], record["means"])
        self.assertEqual(("2019-11-16", "2019-11-18"), (record["date_start"], record["date_end"]))
        self.store.json("edit", made["id"], "means=")
        self.assertNotIn("means", self.store.json("show", made["id"]))
        self.store.json("withdraw", made["id"], "--reason", "recorded twice")
        ids = [row["id"] for row in self.store.lines("list", "incident")]
        self.assertNotIn(made["id"], ids)
        ids = [row["id"] for row in self.store.lines("list", "incident", "--all")]
        self.assertIn(made["id"], ids)

    def test_a_once_field_makes_a_new_record(self):
        made = self.store.json("add", "casualty", "--parent", "@t:I1", "outcome=wounded", "min=2",
                               "max=2", "quality=exact")
        edited = self.store.json("edit", made["id"], "min=3", "max=3")
        self.assertNotEqual(made["id"], edited["id"])
        self.assertEqual(made["id"], edited["superseded"])
        self.store.json("withdraw", edited["id"], "--reason", "only a test")

    def test_list(self):
        rows = self.store.lines("list", "incident", "--where", "governorate is null")
        self.assertIn(self.incident["id"], [row["id"] for row in rows])
        for words in (["--since", "2019-11-17", "--until", "2019-11"],
                      ["--near", "35.59,36.49,5"], ["--bbox", "36,35,37,36"],
                      ["--where", "event_type = 'air_drone_strike'"]):
            ids = [row["id"] for row in self.store.lines("list", "incident", *words)]
            self.assertIn(self.incident["id"], ids, words)
        self.assertEqual(1, len(self.store.lines("list", "incident", "--limit", "1")))
        self.assertEqual([], self.store.lines("list", "incident", "--until", "2000"))

    def test_search_in_arabic(self):
        for words in (["الملاجة"], ["الملاجه"], ["airstrike"]):
            found = self.store.lines("search", *words)
            self.assertIn(self.incident["id"], [row["id"] for row in found], words)
        self.assertEqual([], self.store.lines("search", "لا_شيء_كهذا"))

    def test_changes_and_log(self):
        changes = self.store.lines("changes")
        self.assertIn(self.incident["id"], [row["id"] for row in changes])
        self.assertEqual([], self.store.lines("changes", "--since", changes[-1]["cursor"]))
        log = self.store.lines("log", "@t:I1")
        self.assertIn(self.incident["changeset"], [row["changeset"] for row in log])

    def test_follow_ends_on_a_signal(self):
        process = subprocess.Popen(
            [PROGRAM, "--store", self.store.folder, "--json", "changes", "--follow"],
            env=self.store.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            self.assertIn("cursor", json.loads(process.stdout.readline()))
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=20)
        finally:
            process.kill()
        self.assertEqual(0, process.returncode, errors)

    def test_tally(self):
        answer = self.store.json("tally")
        self.assertEqual(1, len(answer["rows"]))
        answer = self.store.json("tally", "--by", "place", "--where", "source_id = 't:I1'")
        self.assertEqual([(5, 5)], [(row["killed"]["min"], row["killed"]["max"])
                                    for row in answer["rows"]])
        self.assertEqual([self.incident["id"]], answer["rows"][0]["ids"])
        text = self.store.run("tally", "--by", "place", "--where", "source_id = 't:I1'")
        self.assertEqual(0, text.returncode)
        self.assertIn(self.incident["id"], text.stdout.decode())
        self.assertIn(self.casualty["id"], text.stdout.decode())

    def test_export_twice_alike(self):
        for name in ("one", "two"):
            answer = self.store.json("export", "--format", "jsonl", f"{self.folder}/{name}")
            with open(f"{self.folder}/{name}/manifest.json", encoding="utf-8") as file:
                listed = json.load(file)["files"]
            self.assertIn("incident.jsonl", [file["name"] for file in listed])
            self.assertEqual(sum(file["rows"] for file in listed), answer["rows"])
        for name in sorted(os.listdir(self.folder + "/one")):
            contents = []
            for copy in ("one", "two"):
                with open(f"{self.folder}/{copy}/{name}", "rb") as file:
                    contents.append(file.read())
            if name != "manifest.json":
                self.assertEqual(*contents, name)
        with open(self.folder + "/one/incident.jsonl", encoding="utf-8") as file:
            sources = [json.loads(line)["source_id"] for line in file]
        self.assertEqual(sorted(sources), sources)
        run = self.store.run("--json", "export", "--format", "jsonl", self.folder + "/one")
        self.assert_error(run, 1, "store_exists")

    def test_verify_rebuild_inspect(self):
        self.assertIs(True, self.store.json("verify", "--deep")["ok"])
        digest = self.store.json("status")["digest"]
        self.assertEqual(digest, self.store.json("rebuild")["digest"])
        explained = self.store.json("inspect", self.created["recovery"])
        self.assertEqual("recovery", explained["kind"])

    def test_people_read_it(self):
        text = self.store.run("show", "@t:I1").stdout.decode()
        self.assertIn("Airstrike on Al-Malaja", text)
        text = self.store.run("list", "incident", LC_ALL="ar_SY.UTF-8").stdout.decode()
        self.assertIn("غارة جوية على الملاجة", text)
        self.assertIn("العنوان", text)
        text = self.store.run("status").stdout.decode()
        self.assertIn("unsent: ", text)
        run = self.store.run("show", "@none", LC_ALL="ar")
        self.assertIn("غير موجود", run.stderr.decode())

    def test_language_of_bare_texts(self):
        made = self.store.json("add", "incident", "title=غارة", MIRSAL_LANG="ar")
        self.assertEqual([["ar", "غارة"]], self.store.json("show", made["id"])["title"])
        made = self.store.json("add", "incident", "title=Raid")
        self.assertEqual([["und", "Raid"]], self.store.json("show", made["id"])["title"])


class ReviewTest(CliCase):
    def test_assess_and_resolve_need_reasons(self):
        made = self.store.json("add", "incident", "title:en=Raid")
        self.assertEqual([], self.store.lines("conflicts"))
        self.assertEqual([], self.store.lines("conflicts", "--all"))
        run = self.store.run("--json", "resolve", made["id"], "title:en", "--value", "X")
        self.assert_error(run, 2, "usage")
        run = self.store.run("--json", "resolve", made["id"], "date", "--pick", "1", "--reason", "")
        self.assert_error(run, 2, "usage")
        run = self.store.run("--json", "resolve", made["id"], "date", "--reason", "r")
        self.assert_error(run, 2, "usage")
        run = self.store.run("--json", "assess", made["id"], "--field", "killed", "--min", "1",
                             "--max", "1")
        self.assert_error(run, 2, "usage")
        answer = self.store.json("assess", made["id"], "--field", "killed", "--min", "2", "--max",
                                 "4", "--best", "3", "--reason", "the hospital's register")
        self.assertRegex(answer["id"], UUID)
        row = self.store.json("tally", "--where", f"id = '{made['id']}'")["rows"][0]
        self.assertEqual((2, 3, 4), tuple(row["killed"][key] for key in ("min", "best", "max")))


class BadInputTest(CliCase):
    def digest(self):
        return self.store.json("status")["digests"]

    def test_each_is_named_and_changes_nothing(self):
        before = self.digest()
        cases = [
            (["add", "nosuch"], 1, "unknown_type", None),
            (["list", "nosuch"], 1, "unknown_type", None),
            (["add", "incident", "nosuch=1"], 1, "unknown_field", "nosuch"),
            (["add", "incident", "lat=135", "lon=36"], 1, "out_of_range", "lat"),
            (["add", "incident", "lat=35", "lon=236"], 1, "out_of_range", "lon"),
            (["add", "incident", "lat=north", "lon=36"], 1, "bad_value", "lat"),
            (["add", "incident", "date_start=2019-02-30"], 1, "bad_value", None),
            (["add", "incident", "date_start=2019-13"], 1, "bad_value", None),
            (["add", "incident", "date_start=soon"], 1, "bad_value", None),
            (["add", "incident", "event_type=nosuch"], 1, "bad_value", "event_type"),
            (["add", "casualty", "outcome=killed", "min=9", "max=5"], 1, "min_above_max", None),
            (["add", "casualty", "outcome=killed", "min=-1"], 1, "out_of_range", "min"),
            (["add", "casualty", "outcome=killed", "min=five"], 1, "bad_value", "min"),
            (["add", "incident", b"title=\xff"], 1, "not_utf8", None),
            (["search", b"\xed\xa0\x80"], 1, "not_utf8", None),
            (["show", "@none"], 1, "not_found", None),
            (["show", "ffffffff"], 1, "not_found", None),
            (["edit", "@none", "title=x"], 1, "not_found", None),
            (["withdraw", "@none", "--reason", "x"], 1, "not_found", None),
            (["device", "show", "ffffffff"], 1, "not_found", None),
            (["device", "admit", "ffffffff"], 1, "not_found", None),
            (["list", "incident", "--where", "nosuch = 1"], 1, "unknown_field", "nosuch"),
            (["list", "incident", "--where", "1; select 1"], 1, "bad_value", None),
            (["list", "incident", "--where", "load_extension('x')"], 4, "not_allowed", None),
            (["list", "incident", "--since", "yesterday"], 1, "bad_value", None),
            (["list", "incident", "--bbox", "1,2,3"], 1, "bad_value", None),
            (["tally", "--by", "colour"], 1, "bad_value", "by"),
            (["changes", "--since", "nowhere"], 1, "bad_value", None),
            (["import", "/no/such/file"], 1, "not_found", None),
            (["inspect", "/no/such/file"], 1, "not_found", None),
            (["relay", "add", "ftp://x#y", "--token", "t"], 1, "bad_value", None),
            ([], 2, "usage", None),
            (["nosuch"], 2, "usage", None),
            (["bundle", "send", "x"], 2, "usage", None),
            (["handoff", "create", "x"], 2, "usage", None),
            (["purge", "x"], 2, "usage", None),
            (["sync", "--elsewhere"], 2, "usage", None),
            (["sync", "--peer", "x"], 1, "bad_value", "peer"),
            (["sync", "--peer", "x", "--moved"], 2, "usage", None),
            (["serve"], 2, "usage", None),
            (["serve", "--listen", "nowhere"], 1, "bad_value", "listen"),
            (["export", "--format", "csv", "x"], 2, "usage", None),
            (["invite", "--role", "root"], 2, "usage", None),
            (["completion", "fish"], 2, "usage", None),
            (["help", "nosuch"], 2, "usage", None),
        ]
        for words, exit_code, code, field in cases:
            with self.subTest(words=words):
                self.assert_error(self.store.run("--json", *words), exit_code, code, field)
        self.assertEqual(before, self.digest())

    def rejected(self, text, *words):
        path = os.path.join(self.folder, "in.jsonl")
        with open(path, "wb") as out:
            out.write(text)
        answer = self.store.json("import", path, *words, expect=3)
        self.assertEqual(len(answer["rejected"]), answer["rejected_total"])
        return [(row["line"], row["code"]) for row in answer["rejected"]]

    def test_lines_of_an_import(self):
        good = b'{"type":"incident","source_id":"b:%d","title":"x"}'
        lines = [
            (good % 1, None),
            (b'{"type":"incident"', "bad_value"),
            (b'[1]', "bad_value"),
            (b'{"type":"nosuch","source_id":"b:2"}', "unknown_type"),
            (b'{"type":"incident","source_id":"b:3","nosuch":1}', "unknown_field"),
            (b'{"type":"incident","source_id":"b:4","lat":1,"lon":200}', "out_of_range"),
            (b'{"type":"incident","source_id":"b:5","title":"\xff"}', "not_utf8"),
            (good % 1, "duplicate_source_id"),
            (b'{"type":"casualty","source_id":"b:6","outcome":"killed","min":3,"max":2}',
             "min_above_max"),
            (b'{"type":"incident","source_id":"b:7","title":"' + b"x" * 10_000_000 + b'"}',
             "too_large"),
            (good % 8, None),
            (b'{"type":"incident","source_id":"b:9","children":[{"type":"casualty","min":-1}]}',
             "out_of_range"),
        ]
        wanted = [(number, code) for number, (_, code) in enumerate(lines, 1) if code]
        self.assertEqual(wanted, self.rejected(b"\n".join(text for text, _ in lines) + b"\n"))
        ids = {row.get("source_id") for row in self.store.lines("list", "incident")}
        self.assertLessEqual({"b:1", "b:8"}, ids)
        self.assertNotIn("b:9", ids)

    def test_import_from_a_pipe_twice(self):
        text = ('{"type":"incident","source_id":"p:1","title":[["ar","غارة"]],"children":'
                '[{"type":"casualty","source_id":"p:2","outcome":"killed","min":2,"max":2}]}\n')
        dry = self.store.json("import", "-", "--dry-run", given=text.encode())
        self.assertEqual((1, 1), (dry["rows"], dry["added"]))
        self.assertEqual(1, self.store.json("import", "-", given=text.encode())["added"])
        again = self.store.json("import", "-", given=text.encode())
        self.assertEqual((0, 0, 1), (again["added"], again["updated"], again["unchanged"]))
        ids = [row["source_id"] for row in self.store.lines("list", "casualty")
               if "source_id" in row]
        self.assertIn("p:2", ids)


class ProgramTest(unittest.TestCase):
    def run_program(self, *words):
        return subprocess.run([PROGRAM, *words], capture_output=True, check=False, text=True,
                              env={"PATH": os.environ.get("PATH", ""), "HOME": "/nowhere"})

    def test_help_and_version(self):
        self.assertRegex(self.run_program("--version").stdout, r"^mirsal \d+\.\d+\.\d+\n$")
        listed = self.run_program("help")
        self.assertEqual(0, listed.returncode)
        commands = re.findall(r"^  ([a-z]+(?: [a-z]+)?)  ", listed.stdout, re.M)
        self.assertIn("team create", commands)
        for command in commands:
            text = self.run_program("help", *command.split()).stdout
            self.assertIn(f"mirsal {command}", text)
            self.assertIn("examples:", text)
            self.assertEqual(text, self.run_program(*command.split(), "--help").stdout)

    def test_errors_for_people(self):
        run = self.run_program("nosuch")
        self.assertEqual((2, ""), (run.returncode, run.stdout))
        self.assertIn("nosuch", run.stderr)

    def test_completion_is_bash(self):
        script = self.run_program("completion", "bash").stdout
        run = subprocess.run(["bash", "-n"], input=script, text=True, check=False)
        self.assertEqual(0, run.returncode)


if __name__ == "__main__":
    if PROGRAM is None or not os.access(PROGRAM, os.X_OK):
        print("skipped: MIRSAL_PROGRAM names no program")
        sys.exit(77)
    unittest.main()
