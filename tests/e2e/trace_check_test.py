#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""trace_check on traces written by hand, and on traces that the shim makes of small programs."""
import os
import subprocess
import sys
import tempfile
import unittest

import trace_check

SHIM = os.environ.get("MIRSAL_SHIM")
WAL = "/s/store.db-wal"
DATABASE = "/s/store.db"


def trace(*events):
    """Lines from (kind call [path [since]]) in order, as of process 7."""
    lines = []
    for seq, event in enumerate(events, 1):
        kind, call, path, since = (event.split() + ["-", "0"][len(event.split()) - 2:])[:4]
        if call == "sync" and since == "0":
            since = seq
        lines.append(f"{seq} 7 {kind} {call} {since} 1 {path}\n")
    return lines


class SyntheticTest(unittest.TestCase):
    def breaches(self, *events):
        return trace_check.check(trace(*events)).breaches

    def test_synced_before_the_reply(self):
        report = trace_check.check(trace(f"file write {WAL}", f"file write {WAL}",
                                         f"file sync {WAL}", "socket send", "stdout write"))
        self.assertEqual(trace_check.Report([], 2, 1, 2, 1), report)

    def test_reply_before_the_sync(self):
        for reply in ("socket send", "socket write", "stdout write"):
            found = self.breaches(f"file write {WAL}", reply, f"file sync {WAL}")
            self.assertEqual(1, len(found), reply)
            self.assertIn("write 1 to " + WAL, found[0])

    def test_sync_of_another_file_does_not_count(self):
        self.assertEqual(1, len(self.breaches(f"file write {WAL}", f"file sync {DATABASE}",
                                              "socket send")))

    def test_write_after_the_sync(self):
        self.assertEqual(1, len(self.breaches(f"file write {WAL}", f"file sync {WAL}",
                                              f"file write {WAL}", "socket send")))

    def test_database_itself(self):
        self.assertEqual(1, len(self.breaches(f"file write {DATABASE}", "socket send")))
        self.assertEqual([], self.breaches(f"file write {DATABASE}", f"file sync {DATABASE}",
                                           "socket send"))

    def test_write_while_a_sync_runs(self):
        self.assertEqual(1, len(self.breaches(f"file write {WAL}", f"file write {WAL}",
                                              f"file sync {WAL} 2", "socket send")))

    def test_other_files_do_not_matter(self):
        self.assertEqual([], self.breaches("file write /s/store.db-shm", "file write /s/note",
                                           "socket send"))

    def test_processes_are_apart(self):
        lines = ["1 7 file write 0 1 " + WAL, "1 8 socket send 0 1 -"]
        self.assertEqual([], trace_check.check(lines).breaches)

    def test_threads_append_out_of_order(self):
        good = trace(f"file write {WAL}", f"file sync {WAL}", "socket send")
        self.assertEqual([], trace_check.check(good[::-1]).breaches)

    def test_damaged_trace(self):
        for lines in (["1 7 file"], ["1 7 file read 0 1 /x"], ["x 7 file write 0 1 /x"],
                      ["1 7 socket send 0 1 -", "3 7 socket send 0 1 -"],
                      ["1 7 socket send 0 1 -", "1 7 socket send 0 1 -"]):
            with self.assertRaises(ValueError):
                trace_check.check(lines)


COMMIT = """
import sqlite3, sys
base = sqlite3.connect(sys.argv[1] + "/store.db", isolation_level=None)
base.execute("PRAGMA journal_mode=WAL")
base.execute("PRAGMA synchronous=" + sys.argv[2])
base.execute("CREATE TABLE t(a)")
base.execute("INSERT INTO t VALUES(1)")
REPLY
"""
PRINT = "print('done', flush=True)"
SEND = """import socket
a = socket.create_server(("127.0.0.1", 0)); b = socket.create_connection(a.getsockname())
b.sendall(b"done")"""


@unittest.skipUnless(SHIM, "MIRSAL_SHIM names no module")
class ShimTest(unittest.TestCase):
    def traced(self, command):
        with tempfile.TemporaryDirectory() as folder:
            store = os.path.join(folder, "store")
            os.mkdir(store)
            path = os.path.join(folder, "trace")
            environment = dict(os.environ, LD_PRELOAD=SHIM, MIRSAL_TRACE=path,
                               MIRSAL_TRACE_DIR=store)
            subprocess.run([part.replace("STORE", store) for part in command], env=environment,
                           check=True, stdout=subprocess.DEVNULL)
            with open(path, encoding="utf-8") as lines:
                return trace_check.check(lines)

    def commit(self, synchronous, reply):
        return self.traced([sys.executable, "-c", COMMIT.replace("REPLY", reply), "STORE",
                            synchronous])

    def test_commit_with_full_sync(self):
        for reply in (PRINT, SEND):
            report = self.commit("FULL", reply)
            self.assertEqual([], report.breaches)
            self.assertEqual(1, report.acknowledged)
            self.assertGreater(report.syncs, 0)

    def test_commit_without_sync(self):
        for reply in (PRINT, SEND):
            for synchronous in ("OFF", "NORMAL"):
                self.assertNotEqual([], self.commit(synchronous, reply).breaches)

    def test_stdout_of_the_c_library(self):
        report = self.traced(["/bin/echo", "done"])
        self.assertEqual((0, 1), (report.writes, report.replies))


if __name__ == "__main__":
    unittest.main()
