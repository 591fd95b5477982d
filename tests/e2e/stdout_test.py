#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Where the answer goes: a pipe that nobody reads, a full disk, nothing at all."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from cli_test import PROGRAM, found_team


class AnswerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="mirsal-stdout-")
        cls.store, _ = found_team(cls.folder)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def answers_to(self, target, *words):
        return subprocess.run([PROGRAM, "--store", self.store.folder, "--json", *words],
                              env=self.store.environment, stdout=target, stderr=subprocess.PIPE,
                              check=False)

    def test_full_disk_below_the_answer(self):
        for words in (["status"], ["log"], ["help"], ["--version"]):
            with open("/dev/full", "wb") as full:
                run = self.answers_to(full, *words)
            self.assertEqual(1, run.returncode, run.stderr)
            self.assertEqual("disk_full", json.loads(run.stderr)["error"]["code"])

    def test_nobody_reads_the_answer(self):
        """As cat would: ended by SIGPIPE, without a word; what was asked for is done."""
        for words in (["add", "incident", "title=into a closed pipe"], ["status"], ["log"],
                      ["changes"], ["help"], ["verify"]):
            read_end, write_end = os.pipe()
            os.close(read_end)
            run = self.answers_to(write_end, *words)
            os.close(write_end)
            self.assertEqual((-signal.SIGPIPE, b""), (run.returncode, run.stderr), words)
        self.assertEqual(1, len(self.store.lines("search", "closed pipe")))

    def test_standard_output_closed(self):
        """The answer does not land in a file of the store that took the number 1."""
        run = subprocess.run(["/bin/sh", "-c", '"$0" "$@" >&-', PROGRAM, "--store",
                              self.store.folder, "--json", "status"],
                             env=self.store.environment, capture_output=True, check=False)
        self.assertEqual(1, run.returncode, run.stderr)
        self.assertIn("could not be written", json.loads(run.stderr)["error"]["message"])
        self.assertTrue(self.store.json("verify")["ok"])


if __name__ == "__main__":
    if PROGRAM is None or not os.access(PROGRAM, os.X_OK):
        print("skipped: MIRSAL_PROGRAM names no program")
        sys.exit(77)
    unittest.main()
