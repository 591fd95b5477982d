#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Passphrases, duress, tries, wiping, and taking turns, on real processes.

MIRSAL_KILL is kill_shim: it ends a process before any one of its changes of the disk, and the test
looks at what that leaves, change by change, until the command goes to its end.
"""
import fcntl
import json
import os
import pty
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest

from processes import PROGRAM, SERVER, Device, environment, preload

SHIM = os.environ.get("MIRSAL_KILL")
REAL, NEW, DURESS, WRONG = "invented one", "invented two", "invented three", "invented four"
TITLE = "found under the stairs"


def killing(test):
    return unittest.skipUnless(SHIM, "no shim for this build")(test)


class KeysCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mirsal-keys-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.device = Device(self.folder, "store", MIRSAL_PASSPHRASE=REAL)
        self.device.json("team", "create", "Harm documentation", "--kdf-ms", "1", "--recovery",
                         os.path.join(self.folder, "recovery"))
        self.device.json("add", "incident", f"title={TITLE}")

    def run_as(self, passphrase, *words, **more):
        return self.device.run(*words, MIRSAL_PASSPHRASE=passphrase, **more)

    def titles(self, passphrase):
        run = self.run_as(passphrase, "list", "incident")
        self.assertEqual(0, run.returncode, run.stderr)
        return [json.loads(line)["title"][0][1] for line in run.stdout.splitlines()]

    def code(self, run, expect):
        self.assertEqual(expect, run.returncode, run.stderr)
        self.assertEqual(b"", run.stdout)
        return json.loads(run.stderr)["error"]["code"]

    def set_duress(self):
        run = self.run_as(REAL, "passphrase", "duress", "--name", "Recipes",
                          MIRSAL_DURESS_PASSPHRASE=DURESS)
        self.assertEqual(0, run.returncode, run.stderr)

    def bytes_of(self, *names):
        read = {}
        for name in names or sorted(os.listdir(self.device.store)):
            path = os.path.join(self.device.store, name)
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    read[name] = file.read()
        return read

    def inspected(self):
        return self.device.json("inspect", os.path.join(self.device.store, "keys"))

    def copy(self, whole, name):
        self.device.store = f"{whole}-{name}"
        shutil.copytree(whole, self.device.store)

    def count_changes(self, passphrase, words, **more):
        count, whole = os.path.join(self.folder, "count"), self.device.store
        self.copy(whole, "counted")
        self.run_as(passphrase, *words, LD_PRELOAD=preload(SHIM), MIRSAL_KILL_COUNT=count, **more)
        self.device.store = whole
        with open(count, encoding="ascii") as file:
            return int(file.read())

    def killed_at_each(self, passphrase, words, ends=1 << 30, stride=1, **more):
        """Yields (n, ended, run) for the store as a command leaves it that is killed before change
        n, for each of the first and the last changes, and every stride between. ended: it went to
        its end, which is the last."""
        whole = self.device.store
        total = self.count_changes(passphrase, words, **more)
        self.assertGreater(total, 5, "the shim does not reach the program")
        steps = [step for step in range(1, total + 1)
                 if step <= ends or step > total - ends or step % stride == 0]
        for step in steps + [1 << 30]:
            self.copy(whole, step)
            run = self.run_as(passphrase, *words, LD_PRELOAD=preload(SHIM),
                              MIRSAL_KILL_AT=str(step), **more)
            yield step, run.returncode != -signal.SIGKILL, run
            shutil.rmtree(self.device.store, ignore_errors=True)
        self.device.store = whole


class ChangeTest(KeysCase):
    def change(self, old, new):
        return self.run_as(old, "passphrase", "change", MIRSAL_NEW_PASSPHRASE=new)

    def test_changed(self):
        database = self.bytes_of("store.db")
        self.assertEqual({"changed": True}, json.loads(self.change(REAL, NEW).stdout))
        self.assertEqual(database, self.bytes_of("store.db"))
        self.assertEqual("wrong_passphrase", self.code(self.run_as(REAL, "status"), 4))
        self.assertEqual([TITLE], self.titles(NEW))

    def test_from_files(self):
        paths = {}
        for name, text in (("old", REAL), ("new", NEW)):
            paths[name] = os.path.join(self.folder, name)
            with open(paths[name], "w", encoding="ascii") as file:
                file.write(text + "\n")
        run = self.device.run("passphrase", "change", "--passphrase-file", paths["old"],
                              "--new-passphrase-file", paths["new"], MIRSAL_PASSPHRASE=WRONG)
        self.assertEqual(0, run.returncode, run.stderr)
        self.assertEqual([TITLE], self.titles(NEW))

    def test_refused(self):
        before = self.bytes_of()
        self.assertEqual("usage", self.code(self.run_as(REAL, "passphrase", "change"), 2))
        self.assertEqual("wrong_passphrase", self.code(self.change(WRONG, NEW), 4))
        self.assertEqual(before["keys"], self.bytes_of("keys")["keys"])
        self.set_duress()
        self.assertEqual("bad_value", self.code(self.change(REAL, DURESS), 1))

    def test_duress_and_limit_stay(self):
        self.set_duress()
        self.run_as(REAL, "passphrase", "limit", "9")
        self.assertEqual(0, self.change(REAL, NEW).returncode)
        self.assertEqual(9, self.inspected()["limit"])
        self.assertEqual([], self.titles(DURESS))

    @killing
    def test_killed_at_each_change(self):
        seen = set()
        words = ["passphrase", "change"]
        for step, ended, _ in self.killed_at_each(REAL, words, MIRSAL_NEW_PASSPHRASE=NEW):
            opens = [one for one in (REAL, NEW)
                     if self.run_as(one, "status").returncode == 0]
            self.assertEqual(1, len(opens), f"killed before change {step}: {opens}")
            self.assertEqual([TITLE], self.titles(opens[0]))
            self.assertTrue(opens == [NEW] or not ended, step)
            self.assertEqual(0, self.change(opens[0], "again").returncode)
            seen.add(opens[0])
        self.assertEqual({REAL, NEW}, seen)


class DuressTest(KeysCase):
    def test_the_file_looks_the_same(self):
        before = self.bytes_of("keys")["keys"]
        explained = self.inspected()
        self.set_duress()
        after = self.bytes_of("keys")["keys"]
        self.assertEqual(explained, self.inspected())
        self.assertEqual(len(before), len(after))
        same = [before[i:i + 512] == after[i:i + 512] for i in range(0, len(before), 512)]
        self.assertEqual((True, 1), (same[0], same[1:].count(True)))
        self.assertNotIn(b"Recipes", after)

    def test_refused(self):
        run = self.run_as(REAL, "passphrase", "duress", MIRSAL_DURESS_PASSPHRASE=REAL)
        self.assertEqual("bad_value", self.code(run, 1))
        self.assertEqual("usage", self.code(self.run_as(REAL, "passphrase", "duress"), 2))

    def test_an_empty_store_that_works(self):
        self.run_as(REAL, "add", "incident", f"title={TITLE}", "--draft")
        self.set_duress()
        before = self.run_as(REAL, "status")
        real = json.loads(before.stdout)
        self.assertEqual([], self.titles(DURESS))
        shown = json.loads(self.run_as(DURESS, "status").stdout)
        self.assertNotEqual(real["team_id"], shown["team_id"])
        self.assertNotEqual(real["device_id"], shown["device_id"])
        self.assertEqual((0, "admin"), (shown["records"], shown["role"]))
        self.assertEqual(set(real), set(shown))
        self.assertEqual(b"", self.run_as(DURESS, "draft", "list").stdout)
        self.assertEqual("Recipes", json.loads(self.run_as(DURESS, "team", "show").stdout)["name"])
        self.assertEqual(0, self.run_as(DURESS, "add", "incident", "title=bread").returncode)
        self.assertEqual(["bread"], self.titles(DURESS))
        fresh = Device(self.folder, "fresh", MIRSAL_PASSPHRASE=REAL)
        fresh.json("team", "create", "Other", "--kdf-ms", "1", "--recovery",
                   os.path.join(self.folder, "other"))
        self.assertEqual(fresh.run("sync").returncode, self.run_as(DURESS, "sync").returncode)
        self.assertEqual(0, self.run_as(DURESS, "verify", "--deep").returncode)
        self.assertEqual("wrong_passphrase", self.code(self.run_as(REAL, "status"), 4))
        # It is a store like any other, also for the next duress passphrase.
        run = self.run_as(DURESS, "passphrase", "change", MIRSAL_NEW_PASSPHRASE=NEW)
        self.assertEqual(0, run.returncode, run.stderr)
        self.assertEqual(["bread"], self.titles(NEW))

    def test_removed(self):
        self.set_duress()
        self.assertEqual({"duress": False},
                         json.loads(self.run_as(REAL, "passphrase", "duress", "--remove").stdout))
        self.assertEqual("wrong_passphrase", self.code(self.run_as(DURESS, "status"), 4))
        self.assertEqual([TITLE], self.titles(REAL))

    @killing
    def test_killed_at_each_change(self):
        self.set_duress()
        gone = False
        for step, _, _ in self.killed_at_each(DURESS, ["status"], ends=16, stride=41):
            run = self.run_as(REAL, "list", "incident")
            if run.returncode == 0:
                self.assertFalse(gone, f"killed before change {step}: it opens again")
                self.assertIn(TITLE.encode(), run.stdout)
            else:
                self.assertEqual("wrong_passphrase", self.code(run, 4), f"change {step}")
                gone = True
            self.assertEqual([], self.titles(DURESS), f"killed before change {step}")
            self.assertEqual(0, self.run_as(DURESS, "add", "incident", "title=bread").returncode)
            self.assertEqual(["bread"], self.titles(DURESS))
            self.assertEqual("wrong_passphrase", self.code(self.run_as(REAL, "status"), 4))
            self.assertNotIn("keys.new", os.listdir(self.device.store))
            # The slot goes before anything else is touched.
            self.assertTrue(gone or step <= 2, f"change {step} came before the keys were destroyed")
        self.assertTrue(gone)


class LimitTest(KeysCase):
    def test_the_last_try(self):
        self.assertEqual({"limit": 3},
                         json.loads(self.run_as(REAL, "passphrase", "limit", "3").stdout))
        for _ in range(2):
            self.assertEqual("wrong_passphrase", self.code(self.run_as(WRONG, "status"), 4))
        self.assertEqual(2, self.inspected()["tries"])
        self.assertEqual([TITLE], self.titles(REAL))
        self.assertEqual(0, self.inspected()["tries"])
        for _ in range(2):
            self.assertEqual("wrong_passphrase", self.code(self.run_as(WRONG, "status"), 4))
        self.assertEqual("wiped", self.code(self.run_as(WRONG, "status"), 1))
        self.assertEqual("wiped", self.code(self.run_as(REAL, "status"), 1))
        self.assertEqual(["keys"], os.listdir(self.device.store))
        self.assertEqual("wiped keys", self.inspected()["kind"])
        self.assertEqual({"wiped": True}, self.device.json("wipe", "--yes"))
        self.assertEqual("no_store", self.code(self.run_as(REAL, "status"), 1))

    def test_refused(self):
        for word, code, expect in (("-1", "usage", 2), ("many", "usage", 2),
                                   ("1001", "out_of_range", 1), ("99999999999", "out_of_range", 1)):
            run = self.run_as(REAL, "passphrase", "limit", "--", word)
            self.assertEqual(code, self.code(run, expect), word)

    def test_nobody_tries_without_a_passphrase(self):
        self.run_as(REAL, "passphrase", "limit", "1")
        plain = Device(self.folder, "store")
        self.assertEqual("usage", self.code(plain.run("status"), 2))
        self.assertEqual(0, self.inspected()["tries"])
        self.assertEqual([TITLE], self.titles(REAL))

    def test_many_at_once_with_the_right_one(self):
        self.run_as(REAL, "passphrase", "limit", "2")
        running = [self.device.start("status") for _ in range(6)]
        for process in running:
            process.communicate()
            self.assertEqual(0, process.returncode)

    @killing
    def test_a_killed_try_is_spent(self):
        self.run_as(REAL, "passphrase", "limit", "9")
        counts = []
        whole = self.device.store
        for step in range(1, 5):
            self.copy(whole, step)
            self.run_as(WRONG, "status", LD_PRELOAD=preload(SHIM), MIRSAL_KILL_AT=str(step))
            counts.append(self.inspected()["tries"])
        self.assertEqual(sorted(counts), counts)
        self.assertEqual((0, 1), (counts[0], counts[-1]))

    @killing
    def test_killed_at_each_change_of_the_last_try(self):
        self.run_as(REAL, "passphrase", "limit", "1")
        whole = self.device.store
        codes = []
        for step in range(1, 40):
            self.copy(whole, step)
            run = self.run_as(WRONG, "status", LD_PRELOAD=preload(SHIM), MIRSAL_KILL_AT=str(step))
            after = self.run_as(REAL, "status")
            codes.append("opens" if after.returncode == 0 else self.code(after, 1))
            self.assertIn(codes[-1], ("opens", "wiped"), step)
            if codes[-1] == "wiped":
                self.assertEqual(["keys"], os.listdir(self.device.store))
                self.device.json("wipe", "--yes")
                self.assertEqual("no_store", self.code(self.run_as(REAL, "status"), 1))
            if run.returncode != -signal.SIGKILL:
                break
        self.assertEqual(sorted(codes), codes)
        self.assertEqual(("opens", "wiped"), (codes[0], codes[-1]))


class WipeTest(KeysCase):
    def test_wiped(self):
        plain = Device(self.folder, "store")
        self.assertEqual("usage", self.code(plain.run("wipe"), 2))
        self.assertEqual([TITLE], self.titles(REAL))
        self.assertEqual({"wiped": True}, plain.json("wipe", "--yes"))
        self.assertFalse(os.path.exists(self.device.store))
        self.assertEqual("no_store", self.code(plain.run("wipe", "--yes"), 1))
        self.assertEqual("no_store", self.code(self.run_as(REAL, "status"), 1))

    def test_asked_on_a_terminal(self):
        for word, gone in ((b"yes\n", False), (b"wipe\n", True)):
            pid, terminal = pty.fork()
            if pid == 0:
                os.execve(PROGRAM, [PROGRAM, "--store", self.device.store, "wipe"],
                          self.device.environment)
            os.write(terminal, word)
            status = os.waitpid(pid, 0)[1]
            os.close(terminal)
            self.assertEqual(0 if gone else 2, os.waitstatus_to_exitcode(status))
            self.assertEqual(gone, not os.path.exists(self.device.store))

    def test_damaged_all_the_same(self):
        with open(os.path.join(self.device.store, "keys"), "r+b") as file:
            file.truncate(100)
        self.assertEqual("corrupt", self.code(self.run_as(REAL, "status"), 1))
        self.assertEqual({"wiped": True}, self.device.json("wipe", "--yes"))

    def test_while_it_is_in_use(self):
        words = self.device.words(["import", "-", "--type", "incident"])
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=self.device.environment) as running:
            lock = os.path.join(self.device.store, "lock")
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                with open(lock, "rb") as file:
                    try:
                        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        break
                time.sleep(0.01)
            time.sleep(0.5)
            begun = time.monotonic()
            self.assertEqual({"wiped": True}, self.device.json("wipe", "--yes"))
            self.assertLess(time.monotonic() - begun, 5)
            out, error = running.communicate(b'{"title":"late"}\n' * 3, timeout=60)
            self.assertEqual((1, b""), (running.returncode, out))
            self.assertEqual("wiped", json.loads(error)["error"]["code"])
        self.assertEqual("no_store", self.code(self.run_as(REAL, "status"), 1))

    @killing
    def test_killed_at_each_change(self):
        media = os.path.join(self.device.store, "media", "ab")
        os.makedirs(media)
        with open(os.path.join(media, "photo"), "wb") as file:
            file.write(b"x")
        codes = []
        for _, ended, _ in self.killed_at_each(REAL, ["wipe", "--yes"]):
            run = self.run_as(REAL, "status")
            codes.append("opens" if run.returncode == 0 else self.code(run, 1))
            again = self.run_as(REAL, "wipe", "--yes")
            if codes[-1] == "no_store":
                self.assertEqual("no_store", self.code(again, 1))
                self.assertTrue(ended or os.listdir(self.device.store) == [])
            else:
                self.assertEqual({"wiped": True}, json.loads(again.stdout))
                self.assertFalse(os.path.exists(self.device.store))
        order = [code for at, code in enumerate(codes) if codes[at - 1:at] != [code]]
        self.assertEqual(["opens", "wiped", "no_store"], order)
        self.assertLessEqual(codes.count("opens"), 2)


class CareTest(KeysCase):
    """What others on the machine, and a store of another version, get."""

    def test_modes(self):
        before = os.umask(0)
        try:
            device = Device(self.folder, "open", MIRSAL_PASSPHRASE=REAL)
            recovery = os.path.join(self.folder, "open-recovery")
            device.json("team", "create", "x", "--kdf-ms", "1", "--recovery", recovery)
            device.json("add", "incident", "title=x")
            out = os.path.join(self.folder, "out")
            device.json("export", "--format", "jsonl", out)
            running = device.start("changes", "--follow")
            running.stdout.readline()
        finally:
            os.umask(before)
        paths = [recovery]
        for root in (device.store, out):
            for folder, _, files in os.walk(root):
                self.assertEqual(0o700, stat.S_IMODE(os.stat(folder).st_mode), folder)
                paths += [os.path.join(folder, name) for name in files]
        modes = {path: stat.S_IMODE(os.stat(path).st_mode) for path in paths}
        running.terminate()
        running.communicate()
        self.assertEqual(dict.fromkeys(paths, 0o600), modes)
        self.assertIn("store.db-shm", {os.path.basename(path) for path in paths})

    def test_nothing_in_environment_or_core(self):
        relay = os.path.join(self.folder, "relay")
        env = environment(self.folder, MIRSAL_PASSPHRASE=REAL)
        subprocess.run([SERVER, "init", "--data", relay], env=env, check=True, capture_output=True)
        words = [self.device.words(["changes", "--follow"]),
                 [SERVER, "run", "--data", relay, "--listen", "127.0.0.1:0"]]
        for command in words:
            with subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
                running.stdout.readline()
                try:
                    with open(f"/proc/{running.pid}/environ", "rb") as file:
                        self.assertNotIn(REAL.encode(), file.read())
                except PermissionError:
                    pass  # nobody but root reads it
                with open(f"/proc/{running.pid}/limits", encoding="ascii") as file:
                    limit = [line.split() for line in file if line.startswith("Max core")][0]
                    self.assertEqual(["0", "0"], limit[4:6])
                running.terminate()
                running.communicate()

    def test_a_wrong_passphrase_changes_nothing(self):
        before = self.bytes_of()
        runs = [self.run_as(WRONG, word) for word in ("status", "rebuild", "verify")]
        self.assertEqual([4, 4, 4], [run.returncode for run in runs])
        self.assertEqual(1, len({run.stderr for run in runs}))
        self.assertEqual(before, self.bytes_of())

    def test_another_version_changes_nothing(self):
        path = os.path.join(self.device.store, "keys")
        for version in (0, 2, 255):
            with open(path, "r+b") as file:
                file.seek(8)
                file.write(bytes([version]))
            before = self.bytes_of()
            for passphrase in (REAL, WRONG):
                run = self.run_as(passphrase, "status")
                self.assertEqual("version", self.code(run, 1))
            self.assertEqual(before, self.bytes_of())

    def test_a_monitor_without_a_passphrase(self):
        invite = self.device.invite("monitor")
        phone = Device(self.folder, "phone")
        run = phone.run("join", invite, "--insecure-no-passphrase")
        self.assertEqual("usage", self.code(run, 2))
        self.assertFalse(os.path.exists(os.path.join(phone.store, "keys")))
        phone.join(invite)
        self.assertEqual("nothing", phone.json("inspect", os.path.join(phone.store, "keys"))
                         ["sealed_by"])
        # It gets one later.
        run = phone.run("passphrase", "change", "--kdf-ms", "1", MIRSAL_NEW_PASSPHRASE=NEW)
        self.assertEqual(0, run.returncode, run.stderr)
        self.assertEqual("usage", self.code(phone.run("status"), 2))
        self.assertEqual(0, phone.run("status", MIRSAL_PASSPHRASE=NEW).returncode)


class WritersTest(KeysCase):
    def test_they_take_turns(self):
        running = [self.device.start("add", "incident", f"title=turn {i}") for i in range(8)]
        for process in running:
            process.communicate()
            self.assertEqual(0, process.returncode)
        self.assertEqual(sorted([TITLE] + [f"turn {i}" for i in range(8)]),
                         sorted(self.titles(REAL)))
        self.assertEqual(0, self.run_as(REAL, "verify", "--deep").returncode)

    def follow(self):
        running = self.device.start("changes", "--follow")
        self.addCleanup(running.communicate)
        self.addCleanup(running.terminate)
        running.stdout.readline()
        return running

    def test_locked_after_ten_seconds(self):
        self.follow()
        # SQLite's lock of a writer, wal.c: WAL_WRITE_LOCK at byte 120 of the index.
        with open(os.path.join(self.device.store, "store.db-shm"), "r+b") as index:
            fcntl.lockf(index, fcntl.LOCK_EX, 1, 120)
            begun = time.monotonic()
            run = self.run_as(REAL, "add", "incident", "title=late")
            took = time.monotonic() - begun
            self.assertEqual("locked", self.code(run, 1))
            self.assertTrue(9 < took < 40, took)
        self.assertEqual([TITLE], self.titles(REAL))

    def test_rebuild_needs_it_alone(self):
        running = self.follow()
        self.assertEqual("locked", self.code(self.run_as(REAL, "rebuild"), 1))
        self.assertEqual([TITLE], self.titles(REAL))
        running.terminate()
        running.wait()
        self.assertEqual(0, self.run_as(REAL, "rebuild").returncode)


if __name__ == "__main__":
    sys.exit(unittest.main())
