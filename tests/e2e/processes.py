# SPDX-License-Identifier: Apache-2.0
"""Real programs for end-to-end tests: a relay, devices, and a proxy that drops connections.

Finds the programs in MIRSAL_PROGRAM and MIRSALD_PROGRAM.
"""
import json
import os
import signal
import socket
import struct
import subprocess
import threading
import time

PROGRAM = os.environ.get("MIRSAL_PROGRAM")
SERVER = os.environ.get("MIRSALD_PROGRAM")
QUICK_KDF = os.environ.get("MIRSAL_QUICK_KDF")  # tests/lib/quick_kdf_shim.c, or nothing
SANITIZERS = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")


class Ended(Exception):
    """A command that ended otherwise than expected."""


def preload(*modules):
    """LD_PRELOAD of these modules, and of what the whole test runs with."""
    return ":".join([QUICK_KDF, *modules] if QUICK_KDF else modules)


def environment(folder, **more):
    base = {"PATH": os.environ.get("PATH", ""), "HOME": folder, "LC_ALL": "C",
            "MIRSAL_RECOVERY_PASSPHRASE": "invented"}
    base.update({name: os.environ[name] for name in SANITIZERS if name in os.environ})
    if QUICK_KDF:
        base["LD_PRELOAD"] = preload()
    return dict(base, **more)


class Relay:
    """mirsald on a folder; keeps its port over restarts."""

    def __init__(self, folder, **more):
        self.data = os.path.join(folder, "relay")
        self.log = os.path.join(folder, "relay.log")
        self.environment = environment(folder, **more)
        self.port = 0
        self.process = None
        made = json.loads(self.command("init").stdout)
        self.key, self.token = made["relay"].split("#")[1], made["token"]

    def command(self, *words, expect=0, **more):
        run = subprocess.run([SERVER, *words, "--data", self.data], capture_output=True,
                             env=dict(self.environment, **more), timeout=60, check=False)
        if run.returncode != expect:
            raise Ended(f"mirsald {words}: exit {run.returncode}, {run.stderr.decode()}")
        return run

    def start(self, *options, **more):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [SERVER, "run", "--data", self.data, "--listen", f"127.0.0.1:{self.port}",
                 *options], stdout=subprocess.PIPE, stderr=log, env=dict(self.environment, **more))
        line = self.process.stdout.readline()
        if not line:
            raise Ended(f"mirsald run: exit {self.process.wait()}")
        self.port = int(json.loads(line)["listen"].rsplit(":", 1)[1])

    def stop(self, how=signal.SIGTERM):
        """The exit code; a negative signal number when it was killed."""
        self.process.send_signal(how)
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        self.process = None
        return code

    def close(self):
        if self.process is not None:
            self.stop(signal.SIGKILL)

    def status(self):
        return json.loads(self.command("status").stdout)

    def changesets(self):
        teams = self.status()["teams"]
        return teams[0]["changesets"] if teams else 0


class Device:
    """A store and the command line on it."""

    def __init__(self, folder, name, store=None, **more):
        self.store = store or os.path.join(folder, name)
        self.environment = environment(folder, **more)

    def words(self, words):
        return [PROGRAM, "--json", "--store", self.store, *words]

    def run(self, *words, **more):
        return subprocess.run(self.words(words), capture_output=True, timeout=60, check=False,
                              stdin=subprocess.DEVNULL, env=dict(self.environment, **more))

    def start(self, *words):
        return subprocess.Popen(self.words(words), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                env=self.environment)

    def json(self, *words, expect=(0,)):
        run = self.run(*words)
        if run.returncode not in expect:
            raise Ended(f"{words}: exit {run.returncode}, {run.stderr.decode()}")
        return json.loads(run.stdout) if run.stdout else None

    def lines(self, *words):
        run = self.run(*words)
        if run.returncode != 0:
            raise Ended(f"{words}: exit {run.returncode}, {run.stderr.decode()}")
        return [json.loads(line) for line in run.stdout.splitlines()]

    def found(self, folder):
        self.json("team", "create", "Harm documentation", "--recovery",
                  os.path.join(folder, "recovery"), "--insecure-no-passphrase", "--kdf-ms", "1")

    def invite(self, role, *options):
        return self.json("invite", "--role", role, "--in-person", *options)["invite"]

    def join(self, invite):
        return self.json("join", invite, "--insecure-no-passphrase", "--force")

    def source_ids(self):
        return sorted(line["source_id"] for line in self.lines("list", "incident"))


class CuttingProxy:
    """Passes bytes on to a port of this machine; cut() says after how many it drops the next
    connection, None for never."""

    def __init__(self, target, cut):
        self.target, self.cut = target, cut
        self.dropped = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target()))
            except OSError:
                client.close()
                continue
            left = [self.cut()]
            for pair in ((client, server), (server, client)):
                threading.Thread(target=self.carry, args=(*pair, left), daemon=True).start()

    def carry(self, source, sink, left):
        try:
            while True:
                data = source.recv(4096)
                if left[0] is not None:
                    data, over = data[:left[0]], len(data) > left[0]
                    left[0] -= len(data)
                    if over:
                        sink.sendall(data)
                        self.dropped += 1
                        for end in (source, sink):   # a reset, not an orderly end
                            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                           struct.pack("ii", 1, 0))
                        break
                if not data:
                    break
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()


def wait_until(condition, seconds=20):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
