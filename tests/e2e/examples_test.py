#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The examples against a server on loopback, and without one.

Finds the programs in MIRSALD, RECORD_AND_SYNC and SESSION_OVER_SOCKET.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

PASSPHRASE = "only for the example"


class Relay:
    """mirsald on a free port."""

    def __init__(self, folder):
        program = os.environ["MIRSALD"]
        data = os.path.join(folder, "relay")
        made = json.loads(subprocess.run([program, "init", "--data", data], check=True,
                                         capture_output=True, timeout=60).stdout)
        self.log = open(os.path.join(folder, "relay.log"), "wb")
        self.process = subprocess.Popen(
            [program, "run", "--data", data, "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE, stderr=self.log)
        listen = json.loads(self.process.stdout.readline())["listen"]
        self.url = f"http://{listen}"
        self.name = self.url + made["relay"][made["relay"].index("#"):]
        self.token = made["token"]

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.process.stdout.close()
        self.log.close()


def run(program, *words):
    return subprocess.run([os.environ[program], *words], capture_output=True, text=True,
                          timeout=60, check=False)


def answer(output, name):
    """The JSON behind `NAME: ` at the beginning of a line."""
    for line in output.splitlines():
        if line.startswith(name + ": "):
            return json.loads(line[len(name) + 2:])
    raise AssertionError(f"no {name} in {output}")


class Examples(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mirsal-examples.")
        self.store = os.path.join(self.folder, "store")

    def tearDown(self):
        shutil.rmtree(self.folder)

    def test_a_report_is_kept_without_a_relay(self):
        ended = run("RECORD_AND_SYNC", self.store)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn("killed: 5 to 5", ended.stdout)
        status = answer(ended.stdout, "status")
        self.assertEqual(status["records"], 2)
        self.assertGreater(status["unsent"], 0)
        again = run("RECORD_AND_SYNC", self.store)
        self.assertEqual(again.returncode, 1)
        self.assertIn("store_exists", again.stderr)

    def test_both_drivers_sync_with_a_relay(self):
        relay = Relay(self.folder)
        try:
            ended = run("RECORD_AND_SYNC", self.store, relay.name, relay.token)
            self.assertEqual(ended.returncode, 0, ended.stderr)
            sync = answer(ended.stdout, "sync")
            self.assertEqual(sync["relay"], relay.url)
            self.assertGreater(sync["pushed"], 1)
            self.assertEqual(answer(ended.stdout, "status")["unsent"], 0)
            carried = run("SESSION_OVER_SOCKET", self.store, PASSPHRASE)
            self.assertEqual(carried.returncode, 0, carried.stderr)
            told = json.loads(carried.stdout)
            self.assertEqual(told["requests"], 1)
            self.assertEqual(told["pushed"], 0)
            self.assertFalse(told["more"])
        finally:
            relay.stop()

    def test_a_socket_carries_the_first_sync_too(self):
        relay = Relay(self.folder)
        relay.stop()
        ended = run("RECORD_AND_SYNC", self.store, relay.name, relay.token)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("no_relay", ended.stderr)
        relay.process = subprocess.Popen(
            [os.environ["MIRSALD"], "run", "--data", os.path.join(self.folder, "relay"),
             "--listen", relay.url[len("http://"):]], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        try:
            relay.process.stdout.readline()
            carried = run("SESSION_OVER_SOCKET", self.store, PASSPHRASE)
            self.assertEqual(carried.returncode, 0, carried.stderr)
            self.assertGreater(json.loads(carried.stdout)["pushed"], 1)
        finally:
            relay.stop()

    def test_a_wrong_passphrase_is_named(self):
        self.assertEqual(run("RECORD_AND_SYNC", self.store).returncode, 0)
        ended = run("SESSION_OVER_SOCKET", self.store, "guess")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("wrong_passphrase", ended.stderr)


if __name__ == "__main__":
    if "MIRSALD" not in os.environ:
        print("skipped: MIRSALD names no program")
        sys.exit(77)
    unittest.main()
