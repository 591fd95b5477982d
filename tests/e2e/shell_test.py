#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The sqlite3 shell reads a store with mirsal_vault.so, by its passphrase alone, writing nothing.

MIRSAL_PROGRAM, MIRSAL_VAULT (the extension's path), MIRSALD_PROGRAM. Exit 77 without sqlite3.
"""
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import processes

PASSPHRASE = "a passphrase of its own"


class ShellTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mirsal 'shell-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.device = processes.Device(self.folder, "dima?a=b", MIRSAL_PASSPHRASE=PASSPHRASE)
        self.device.json("team", "create", "Nur", "--recovery",
                         os.path.join(self.folder, "recovery"), "--kdf-ms", "1")
        self.add("Airstrike on the mill")

    def add(self, title):
        self.device.json("add", "incident", "date_start=2019-11-17", "title:en=" + title)

    def shell(self, *lines, **more):
        """What the shell prints and says after these lines."""
        return subprocess.run(["sqlite3", "-batch"], input="\n".join(lines) + "\n", timeout=60,
                              env=processes.environment(self.folder, **more), text=True,
                              capture_output=True, check=False)

    def quoted(self):
        return self.device.store.replace("'", "''")

    def unlock(self, *lines, passphrase=PASSPHRASE):
        """The lines on the store's database."""
        uri = os.path.join(self.folder, "uri")
        with open(uri, "w", encoding="utf-8"):
            pass
        given = "" if passphrase is None else ", '" + passphrase + "'"
        more = {"MIRSAL_PASSPHRASE": PASSPHRASE} if passphrase is None else {}
        return self.shell(f".load {os.environ['MIRSAL_VAULT']}", f'.once "{uri}"',
                          f"SELECT '.open ' || mirsal_unlock('{self.quoted()}'{given});",
                          f'.read "{uri}"', *lines, **more)

    def digests(self):
        """Of every file of the store's that holds something."""
        found = {}
        for root, _, names in os.walk(self.device.store):
            for name in names:
                if not name.endswith("-shm"):  # SQLite's index of the WAL: readers' locks and marks
                    with open(os.path.join(root, name), "rb") as file:
                        found[name] = hashlib.sha256(file.read()).hexdigest()
        return found

    def test_a_store_is_read_with_its_passphrase(self):
        before = self.digests()
        for passphrase in (PASSPHRASE, None):
            run = self.unlock("SELECT count(*) FROM changeset;", "PRAGMA integrity_check;",
                              "SELECT a.rowid FROM words a, words b, words c ORDER BY random() "
                              "LIMIT 1;", passphrase=passphrase)
            self.assertEqual("", run.stderr)
            self.assertEqual("ok", run.stdout.splitlines()[1])
            self.assertGreater(int(run.stdout.splitlines()[0]), 1)
            self.assertNotIn(PASSPHRASE, run.stdout)
        self.assertEqual(before, self.digests())

    def test_nothing_is_written(self):
        before = self.digests()
        for line in ("DELETE FROM changeset;", "CREATE TABLE x(a);", "VACUUM;", "REINDEX;",
                     "PRAGMA journal_mode=DELETE;", "PRAGMA wal_checkpoint(TRUNCATE);"):
            run = self.unlock(line, "SELECT 'still here', count(*) > 0 FROM changeset;")
            self.assertIn("still here|1", run.stdout, line)
        self.assertEqual(before, self.digests())

    def test_a_program_writes_meanwhile(self):
        shell = subprocess.Popen(["sqlite3", "-batch"], stdin=subprocess.PIPE, text=True,
                                 stdout=subprocess.PIPE, env=processes.environment(self.folder))
        self.addCleanup(shell.stdout.close)

        def say(*lines):
            shell.stdin.write("\n".join(lines) + "\n")
            shell.stdin.flush()

        uri = os.path.join(self.folder, "uri")
        say(f".load {os.environ['MIRSAL_VAULT']}", f'.once "{uri}"',
            f"SELECT '.open ' || mirsal_unlock('{self.quoted()}', '{PASSPHRASE}');",
            f'.read "{uri}"', "SELECT count(*) FROM changeset;")
        first = int(shell.stdout.readline())
        self.add("Airstrike on the bridge")
        say("SELECT count(*) FROM changeset;")
        self.assertEqual(first + 1, int(shell.stdout.readline()))
        shell.stdin.close()
        self.assertEqual(0, shell.wait(timeout=60))
        self.add("Airstrike on the school")
        self.assertEqual(3, len(self.device.lines("list", "incident")))

    def test_without_the_passphrase_there_is_nothing(self):
        for passphrase in ("another", ""):
            run = self.unlock("SELECT count(*) FROM changeset;", passphrase=passphrase)
            self.assertIn("passphrase", run.stderr)
            self.assertIn("no such table", run.stderr)
            self.assertEqual("", run.stdout)
        run = self.shell(f".load {os.environ['MIRSAL_VAULT']}",
                         "SELECT mirsal_unlock('/no/such/folder', 'x');")
        self.assertIn("no store here", run.stderr)

    def test_a_view_cannot_ask_for_it(self):
        run = self.shell(f".load {os.environ['MIRSAL_VAULT']}",
                         f"CREATE VIEW v AS SELECT mirsal_unlock('{self.quoted()}', 'x');",
                         "SELECT * FROM v;")
        self.assertIn("unsafe use", run.stderr)


if __name__ == "__main__":
    for name in ("MIRSAL_PROGRAM", "MIRSAL_VAULT"):
        if name not in os.environ:
            sys.exit(f"{name} names no file")
    if shutil.which("sqlite3") is None:
        print("the sqlite3 shell is not here")
        sys.exit(77)
    unittest.main()
