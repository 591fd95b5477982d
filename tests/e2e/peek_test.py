#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a hostile relay reads of a hundred markers: none; and all of them where sealing is none.

A team of real processes records markers in texts, names, labels and source ids and syncs through a
proxy that records every byte; protocol/check/peek.py then gets the relay's folder, the capture and
the relay's own keys. MIRSAL_PROGRAM, MIRSAL_IDENTITY (its sealing is the identity), MIRSALD.
"""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

PEEK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "protocol", "check",
                    "peek.py")
COUNT = 100


class Proxy(threading.Thread):
    """A port before another, that keeps all that passes."""

    def __init__(self, target):
        super().__init__(daemon=True)
        self.target, self.captured, self.lock = target, [], threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=(client,), daemon=True).start()

    def carry(self, client):
        """One connection, until both of its directions have ended."""
        with client, socket.create_connection(("127.0.0.1", self.target)) as server:
            back = threading.Thread(target=self.pass_on, args=(server, client), daemon=True)
            back.start()
            self.pass_on(client, server)
            back.join()

    def pass_on(self, source, sink):
        """One direction of one connection, kept together."""
        kept = []
        try:
            while data := source.recv(65536):
                kept.append(data)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        with self.lock:
            self.captured.append(b"".join(kept))

    def capture(self):
        """All that passed."""
        self.listener.close()
        time.sleep(0.3)
        with self.lock:
            return b"".join(self.captured)


def free_port():
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Team:
    """Dima, who founds it, and Amal, a monitor, with a relay between them."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.made = 0
        self.environment = {"PATH": os.environ.get("PATH", ""), "HOME": folder, "LC_ALL": "C",
                            "MIRSAL_PASSPHRASE": "invented", "MIRSAL_RECOVERY_PASSPHRASE": "other"}
        self.markers = []

    def marker(self):
        """The next marker, in Latin or Arabic letters; no two begin alike."""
        number = len(self.markers)
        word = "Zq%02dkhan Wadi" if number % 2 == 0 else "%02dقلعةظ وادي"
        self.markers.append((word % number) + chr(0x61 + number % 26) * 3)
        return self.markers[-1]

    def run(self, who, *words, codes=(0,)):
        """A command's answer, as text."""
        run = subprocess.run([self.program, "--json", "--store", os.path.join(self.folder, who),
                              *words], env=self.environment, capture_output=True, timeout=60,
                             check=False)
        if run.returncode not in codes:
            raise AssertionError(f"{who} {words[:2]}: {run.returncode}, {run.stderr.decode()}")
        return run.stdout.decode()

    def relay(self, mirsald):
        """A relay behind a proxy; without a passphrase its keys stand open."""
        self.data, port = os.path.join(self.folder, "relay"), free_port()
        self.proxy = Proxy(port)
        self.proxy.start()
        out = subprocess.run([mirsald, "init", "--data", self.data, "--public-url",
                              f"http://127.0.0.1:{self.proxy.port}"], capture_output=True,
                             check=True)
        self.process = subprocess.Popen(
            [mirsald, "run", "--data", self.data, "--listen", f"127.0.0.1:{port}"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.process.stdout.readline()
        self.process.stdout.close()
        return json.loads(out.stdout)

    def found(self, relay):
        """Founds the team; Amal joins."""
        marker = self.marker
        self.run("dima", "team", "create", marker(), "--recovery",
                 os.path.join(self.folder, "recovery"), "--kdf-ms", "1")
        self.run("dima", "relay", "add", relay["relay"], "--token", relay["token"], codes=(0, 5))
        invite = json.loads(self.run("dima", "invite", "--in-person", "--role", "monitor",
                                     "--label", marker()))["invite"]
        self.run("amal", "join", invite, "--label", marker(), "--kdf-ms", "1")

    def add(self, who, *words):
        """A record's id."""
        answer = self.run(who, "add", *words)
        self.made += 1
        return re.search(r'"id":"([0-9a-f-]{36})"', answer.replace(" ", "")).group(1)

    def record(self):
        """Texts, names, source ids and sources' secrets."""
        marker, names = self.marker, lambda: json.dumps([["en", marker()]], ensure_ascii=False)
        for number in range(20):
            who = ("amal", "dima")[number % 4 == 3]
            self.add(who, "incident", "date_start=2019-11-17", f"source_id={marker()}",
                     f"title:en={marker()}", f"summary:ar={marker()}")
        for _ in range(11):
            self.add("amal", "place", "kind=village", f"names={names()}")
        for _ in range(12):
            self.add("amal", "source", "kind=eyewitness", f"display_name={marker()}",
                     f"contact={marker()}")
        scope = self.add("dima", "incident", "date_start=2019-11-18", "title:en=another")
        while len(self.markers) < COUNT:
            self.add("dima", "casualty", f"scope={scope}", "outcome=killed", "min=1", "max=1",
                     "quality=exact", f"verbatim={marker()}")

    def sync(self):
        """Everybody has everything."""
        for who in ("dima", "amal", "dima", "amal"):
            self.run(who, "sync")

    def shown(self):
        """What the reader's commands print."""
        out = [self.run("dima", "team", "show"), self.run("dima", "device", "list"),
               self.run("dima", "invite", "list")]
        for kind in ("incident", "place", "source", "casualty"):
            lines = self.run("dima", "list", kind).splitlines()
            out += lines
            out += [self.run("dima", "show", json.loads(line)["id"]) for line in lines]
        return "".join(out)


class PeekTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mirsal-peek-")
        self.addCleanup(shutil.rmtree, self.folder)

    def peek(self, program):
        """The last line that peek prints, its exit code, and the team."""
        team = Team(os.environ[program], self.folder)
        relay = team.relay(os.environ["MIRSALD"])
        try:
            team.found(relay)
            team.record()
            team.sync()
        finally:
            team.process.terminate()
            team.process.wait()
        self.assertEqual(COUNT, len(set(team.markers)))
        paths = {name: os.path.join(self.folder, name) for name in ("capture", "markers")}
        with open(paths["capture"], "wb") as file:
            file.write(team.proxy.capture())
        with open(paths["markers"], "w", encoding="utf-8") as file:
            file.write("\n".join(team.markers))
        self.assertGreater(os.path.getsize(paths["capture"]), 10000)
        run = subprocess.run(
            ["/usr/bin/python3", "-B", PEEK, "--relay", team.data, "--capture", paths["capture"],
             "--keys", os.path.join(team.data, "keys"), "--markers", paths["markers"]],
            capture_output=True, check=False)
        if run.returncode == 77:
            self.skipTest("the second implementation's libraries are not here")
        lines = run.stdout.decode().splitlines()
        self.assertTrue(lines, run.stderr.decode())
        return lines[-1], run.returncode, team

    def test_a_relay_reads_none(self):
        last, code, team = self.peek("MIRSAL_PROGRAM")
        self.assertEqual(("0 of 100 markers found", 0), (last, code))
        shown = team.shown()
        self.assertEqual([], [marker for marker in team.markers if marker not in shown])
        for title in (team.markers[4], team.markers[7]):
            self.assertIn(title, team.run("dima", "search", title))

    def test_without_sealing_it_reads_all(self):
        last, code, _ = self.peek("MIRSAL_IDENTITY")
        self.assertEqual(("100 of 100 markers found", 1), (last, code))


if __name__ == "__main__":
    for name in ("MIRSAL_PROGRAM", "MIRSAL_IDENTITY", "MIRSALD"):
        if name not in os.environ:
            sys.exit(f"{name} names no program")
    unittest.main()
