#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the files of a seized device tell of 200 planted markers: nothing.

Two devices and a relay of real processes record values, narratives, names, labels and edits. Then,
and while an import runs, every file of theirs is read: databases, WAL, shared memory, journals,
media, keys, locks, temporary and state folders, logs, what the processes hold open, their command
lines and environments. That the reading finds what is there is shown on what export and show print.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from hashlib import sha256

import processes

COUNT = 200
ARABIC = "بتثجحخدذرزسشصضطظ"
PASSPHRASES = ("MIRSAL_PASSPHRASE", "MIRSAL_RECOVERY_PASSPHRASE")


def token(number):
    """Eight letters that begin like no other's, Latin for even numbers, Arabic for odd."""
    digits = sha256(str(number).encode()).hexdigest()[:8]
    if number % 2 == 0:
        return "".join(chr(ord("a") + int(digit, 16)) for digit in digits) + "qz"
    return "".join(ARABIC[int(digit, 16)] for digit in digits)


def readable(path):
    """A regular file's bytes; b"" when there is none any more."""
    try:
        if not os.path.isfile(path):
            return b""
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def files_of(pid):
    """What a process shows of itself, and the files that it has open."""
    root = f"/proc/{pid}"
    pieces = {name: readable(f"{root}/{name}") for name in ("environ", "cmdline", "status")}
    for number in os.listdir(f"{root}/fd"):
        pieces[f"fd {number}"] = readable(f"{root}/fd/{number}")
    return {f"process {name}": data for name, data in pieces.items()}


def found(markers, pieces):
    """(marker, piece) of each marker in any form in any of {name: bytes}."""
    hits = []
    for name, data in pieces.items():
        folded = data.lower()
        for marker in markers:
            if any(marker.encode(form) in folded for form in ("utf-8", "utf-16-le", "utf-16-be")):
                hits.append((marker, name))
    return hits


class Team:
    """Two devices and a relay, each marker in a place of its own."""

    def __init__(self, folder):
        self.folder, self.markers, self.said = folder, [], []
        for name in ("home", "tmp", "state", "outside"):
            os.mkdir(os.path.join(folder, name))
        self.more = {"TMPDIR": os.path.join(folder, "tmp"),
                     "XDG_STATE_HOME": os.path.join(folder, "state"),
                     "XDG_CACHE_HOME": os.path.join(folder, "state"),
                     "HOME": os.path.join(folder, "home")}
        self.secrets = {name: self.marker() for name in PASSPHRASES}
        self.write("passphrases", "\n".join(self.secrets.values()))
        passphrase = {name: self.secrets[name] for name in PASSPHRASES[:1]}
        self.dima, self.amal = (processes.Device(folder, name, **self.more, **passphrase)
                                for name in ("dima", "amal"))
        self.relay = processes.Relay(folder, **self.more)

    def marker(self):
        self.markers.append(token(len(self.markers)))
        return self.markers[-1]

    def outside(self, name):
        return os.path.join(self.folder, "outside", name)

    def write(self, name, text):
        with open(self.outside(name), "a", encoding="utf-8") as file:
            file.write(text + "\n")

    def run(self, device, *words, codes=(0,), **more):
        """A command's answer, which stays outside; what it says on stderr is searched."""
        run = device.run(*words, **more)
        self.said.append(run.stderr)
        if run.returncode not in codes:
            raise processes.Ended(f"{words[:2]}: {run.returncode}, {run.stderr.decode()}")
        return run.stdout.decode()

    def found(self):
        """The team, its relay, and the second device."""
        self.relay.start()
        self.run(self.dima, "team", "create", self.marker(), "--label", self.marker(),
                 "--recovery", os.path.join(self.folder, "recovery"), "--kdf-ms", "1",
                 **self.secrets)
        address = f"http://127.0.0.1:{self.relay.port}#{self.relay.key}"
        self.run(self.dima, "relay", "add", address, "--token", self.relay.token, codes=(0, 5))
        invite = json.loads(self.run(self.dima, "invite", "--role", "coordinator", "--in-person",
                                     "--label", self.marker()))["invite"]
        self.run(self.amal, "join", invite, "--label", self.marker(), "--kdf-ms", "1")

    def record(self):
        """Records by add, edited after; then drafts, and words that are looked for."""
        marker = self.marker
        for number in range(10):
            device = (self.dima, self.amal)[number % 2]
            name = f"n:{number}"
            self.run(device, "add", "incident", f"source_id={name}", "date_start=2019-11-17",
                     f"title:en={marker()}", f"summary:ar={marker()} in a sentence",
                     f"rel_text={marker()}")
            self.run(device, "edit", "@" + name, f"title:en={marker()}",
                     f"rel_text={marker()} edited")
            self.run(device, "search", self.markers[-2])
            self.run(device, "add", "observation", f"incident=@{name}", "kind=eyewitness",
                     f"private_text:en={marker()}", f"observer={marker()}")
        self.run(self.dima, "add", "--draft", "incident", "date_start=2019-11-18",
                 f"title:en={marker()}")
        self.sync()

    def sync(self):
        for device in (self.dima, self.amal, self.dima, self.amal):
            self.run(device, "sync")

    def lines(self):
        """What is left of the markers, as lines to import."""
        marker, number = self.marker, 0
        while len(self.markers) < COUNT:
            kind = number % 3 if len(self.markers) < COUNT - 2 else 2
            if kind == 0:
                line = {"type": "source", "source_id": marker(), "kind": "eyewitness",
                        "display_name": marker(), "contact": marker()}
            elif kind == 1:
                line = {"type": "victim", "names": [["en", marker()]], "mother_name": marker(),
                        "family_phone": marker()}
            else:
                line = {"type": "place", "kind": "village", "names": [["ar", marker()]]}
            number += 1
            yield (json.dumps(line, ensure_ascii=False) + "\n").encode()

    def start_import(self):
        """An import that waits for more lines, its store open."""
        process = subprocess.Popen(self.amal.words(["import", "-"]), stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=self.amal.environment)
        deadline = time.monotonic() + 30
        while "store.db-wal" not in self.open_files(process.pid):
            if time.monotonic() > deadline or process.poll() is not None:
                raise processes.Ended("the import opened no store")
            time.sleep(0.05)
        self.run(self.amal, "edit", "@n:1", f"summary:en={self.marker()}")  # stays in the WAL
        for line in self.lines():
            process.stdin.write(line)
        process.stdin.flush()
        time.sleep(0.5)
        return process

    @staticmethod
    def open_files(pid):
        names = []
        for number in os.listdir(f"/proc/{pid}/fd"):
            try:
                names.append(os.path.basename(os.readlink(f"/proc/{pid}/fd/{number}")))
            except OSError:
                pass
        return names

    def pieces(self):
        """Every file below the folder but those outside, and what the programs said."""
        pieces = {f"stderr {i}": data for i, data in enumerate(self.said)}
        for root, folders, names in os.walk(self.folder):
            if root == self.folder:
                folders.remove("outside")
            for name in names:
                path = os.path.join(root, name)
                pieces[os.path.relpath(path, self.folder)] = readable(path)
                pieces["name of " + path] = os.path.relpath(path, self.folder).encode()
        return pieces

    def show(self):
        """All that a reader's commands print of it, into files outside."""
        for words in (("team", "show"), ("device", "list"), ("invite", "list"), ("changes",),
                      ("draft", "list")):
            self.write("shown", self.run(self.dima, *words))
        for kind in ("incident", "observation", "source", "victim", "place"):
            for line in self.run(self.dima, "list", kind).splitlines():
                identity = json.loads(line)["id"]
                self.write("shown", line + self.run(self.dima, "show", identity, "--history"))

    def close(self):
        self.relay.close()


class SeizedTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mirsal-seized-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.team = Team(self.folder)
        self.addCleanup(self.team.close)

    def expect_nothing(self, pieces):
        self.assertEqual([], found(self.team.markers, pieces))

    def expect_no_core(self, pid):
        with open(f"/proc/{pid}/limits", encoding="ascii") as file:
            core = [line.split() for line in file if line.startswith("Max core file size")]
        self.assertEqual(["0", "0"], core[0][4:6])

    def test_no_file_tells(self):
        team = self.team
        team.found()
        team.record()
        process = team.start_import()
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        self.assertEqual(COUNT, len(set(team.markers)))
        process.send_signal(signal.SIGSTOP)
        alive = team.pieces()
        for path in ("dima/store.db", "amal/store.db", "amal/store.db-wal", "amal/store.db-shm"):
            self.assertGreater(len(alive[path]), 4096, path)
        self.expect_nothing(alive)
        self.expect_nothing(files_of(process.pid))
        self.expect_nothing(files_of(team.relay.process.pid))
        self.expect_no_core(process.pid)
        self.expect_no_core(team.relay.process.pid)
        process.send_signal(signal.SIGCONT)
        out, said = process.communicate(timeout=60)
        self.assertEqual(0, process.returncode, said)
        self.assertEqual(0, json.loads(out)["failed"] if "failed" in json.loads(out) else 0)
        team.said.append(said)
        self.expect_nothing(team.pieces())
        team.sync()
        self.expect_nothing(team.pieces())
        team.show()
        outside = {name: readable(team.outside(name)) for name in ("shown", "passphrases")}
        self.assertEqual([], [marker for marker in team.markers if not found([marker], outside)])


if __name__ == "__main__":
    for name in ("MIRSAL_PROGRAM", "MIRSALD_PROGRAM"):
        if name not in os.environ:
            sys.exit(f"{name} names no program")
    unittest.main()
