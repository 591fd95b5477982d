#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A team over a real relay: bad links, kills at any moment, stops under load, an operator's needs.

MIRSAL_SEED repeats a run; MIRSAL_SOAK=1 makes 200 syncs of each kind instead of a few.
"""
import json
import os
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

from processes import CuttingProxy, Device, Relay, SERVER, wait_until

SOAK = os.environ.get("MIRSAL_SOAK") == "1"
SYNCS = 200 if SOAK else 20
SEED = int(os.environ.get("MIRSAL_SEED") or random.randrange(10**9))


class ServerCase(unittest.TestCase):
    def setUp(self):
        self.draw = random.Random(SEED)
        self.folder = tempfile.mkdtemp(prefix="mirsal-server-")
        self.relay = Relay(self.folder)
        self.relay.start()
        self.proxy = CuttingProxy(lambda: self.relay.port, self.cut)
        self.cutting = False
        self.sent = 0

    def tearDown(self):
        self.relay.close()
        self.proxy.close()
        shutil.rmtree(self.folder)

    def cut(self):
        return self.draw.randrange(200, 6000) if self.cutting and self.draw.random() < 0.4 else None

    def team(self, **roles):
        """The founder and one device of each role, on the relay; all hold all keys they may."""
        dima = Device(self.folder, "dima")
        dima.found(self.folder)
        dima.json("relay", "add", f"http://127.0.0.1:{self.proxy.port}#{self.relay.key}",
                  "--token", self.relay.token)
        dima.json("sync")
        devices = {"dima": dima}
        for name, (role, *options) in roles.items():
            devices[name] = Device(self.folder, name)
            devices[name].join(dima.invite(role, *options))
        self.settle(devices.values())
        return devices

    def settle(self, devices):
        """Syncs all, until a turn moves nothing."""
        for _ in range(8):
            answers = [device.json("sync", expect=(0, 3)) for device in devices]
            if not any(answer["pushed"] or answer["pulled"] for answer in answers):
                return
        self.fail("they never settle")

    def record(self, device, expect=(0,)):
        """Adds an incident; its source id."""
        self.sent += 1
        device.json("add", "incident", f"source_id=k:{self.sent:04}", f"title=report {self.sent}",
                    expect=expect)
        return f"k:{self.sent:04}"


class ConvergenceTest(ServerCase):
    def test_bad_links(self):
        devices = self.team(samir=("coordinator", "--protected"), amal=("monitor",),
                            basel=("monitor",), nadia=("observer",))
        self.relay.command("join", devices["dima"].invite("observer", "--protected"))
        writers = [devices[name] for name in ("dima", "samir", "amal", "basel")]
        written = []
        self.cutting = True
        for _ in range(SYNCS):
            writer = self.draw.choice(writers)
            for _ in range(self.draw.randrange(1, 4)):
                written.append(self.record(writer))
            editor = self.draw.choice((devices["dima"], devices["samir"]))
            known = editor.lines("list", "incident")
            if known:
                editor.json("edit", self.draw.choice(known)["id"],
                            f"title=edited {self.draw.random()}")
            self.draw.choice(list(devices.values())).json("sync", expect=(0, 3, 5))
        self.cutting = False
        self.settle(devices.values())
        self.assertGreater(self.proxy.dropped, 0)
        states = {name: device.json("status") for name, device in devices.items()}
        digest = states["dima"]["digest"]
        self.assertTrue(wait_until(lambda: self.relay.status()["reader"] == {"digest": digest}),
                        self.relay.status())
        server = Device(self.folder, "server", store=os.path.join(self.relay.data, "store"))
        self.settle([*devices.values()])
        states["server"] = server.json("status")
        controls = {state["digests"]["control"] for state in states.values()}
        self.assertEqual(1, len(controls), states)
        mains = {states[name]["digests"]["0"] for name in ("dima", "samir", "nadia", "server")}
        self.assertEqual(1, len(mains))
        for reader in (devices["dima"], devices["samir"], devices["nadia"], server):
            self.assertEqual(sorted(written), reader.source_ids())
            self.assertIs(True, reader.json("verify")["ok"])
        for state in states.values():
            self.assertEqual((0, 0), (state["unsent"], state["quarantined"]))


class KillTest(ServerCase):
    def test_kills_at_any_moment(self):
        """What was acknowledged is held, once; by the store for add, by the relay for sync."""
        devices = self.team(amal=("monitor",), basel=("monitor",))
        held = {name: set() for name in devices}       # add ended with 0
        durable = set()                                # and a sync after it did
        least = self.relay.changesets()
        for _ in range(SYNCS):
            name = self.draw.choice(list(devices))
            device = devices[name]
            held[name].add(self.record(device))
            self.sent += 1
            killed = device.start("add", "incident", f"source_id=x:{self.sent:04}", "title=killed")
            self.kill_after(killed, 0.03)
            sync = device.start("sync")
            time.sleep(self.draw.random() * 0.06)
            victim = self.draw.randrange(3)
            if victim == 0:
                sync.kill()
            elif victim == 1:
                self.assertEqual(-signal.SIGKILL, self.relay.stop(signal.SIGKILL))
                self.relay.start()
            output, _ = sync.communicate()
            if sync.returncode == 0 and json.loads(output)["more"] is False:
                durable |= held[name]
                least = max(least, self.relay.changesets())
            self.relay.stop(signal.SIGKILL)
            self.relay.start()
            self.assertGreaterEqual(self.relay.changesets(), least)
        # The devices are lost, all but one: the relay has what it acknowledged.
        nadia = Device(self.folder, "nadia")
        nadia.join(devices["dima"].invite("observer"))
        self.settle([devices["dima"], nadia, devices["dima"], nadia])
        self.assertLessEqual(durable, set(nadia.source_ids()))
        # They were not: nothing that a store acknowledged is missing, nothing is there twice.
        self.settle([*devices.values(), nadia])
        found = nadia.source_ids()
        self.assertEqual(len(set(found)), len(found))
        self.assertLessEqual(set().union(*held.values()), set(found))
        self.assertEqual(found, devices["dima"].source_ids())
        self.assertIs(True, json.loads(self.relay.command("check").stdout)["ok"])
        for device in (*devices.values(), nadia):
            self.assertIs(True, device.json("verify")["ok"])

    def kill_after(self, process, most):
        time.sleep(self.draw.random() * most)
        process.kill()
        process.communicate()


class StopTest(ServerCase):
    def test_stop_under_load(self):
        devices = self.team(amal=("monitor",), basel=("monitor",), samir=("coordinator",))
        acknowledged = []
        ended = threading.Event()

        def work(device, name):
            number = 0
            while not ended.is_set():
                number += 1
                source_id = f"{name}:{number}"
                device.json("add", "incident", f"source_id={source_id}", "title=under load")
                sync = device.start("sync")
                output, _ = sync.communicate()
                if sync.returncode == 0 and json.loads(output)["more"] is False:
                    acknowledged.append(source_id)

        threads = [threading.Thread(target=work, args=(device, name))
                   for name, device in devices.items()]
        for thread in threads:
            thread.start()
        for _ in range(10 if SOAK else 3):
            time.sleep(0.4 + self.draw.random() * 0.3)
            self.assertEqual(0, self.relay.stop())
            self.relay.start()
        ended.set()
        for thread in threads:
            thread.join()
        nadia = Device(self.folder, "nadia")
        nadia.join(devices["dima"].invite("observer"))
        self.settle([devices["dima"], nadia, devices["dima"], nadia])
        self.assertGreater(len(acknowledged), 4)
        self.assertLessEqual(set(acknowledged), set(nadia.source_ids()))


class OperatorTest(ServerCase):
    def test_credential_of_the_service(self):
        folder = os.path.join(self.folder, "sealed")
        credentials = os.path.join(self.folder, "credentials")
        os.mkdir(folder)
        os.mkdir(credentials)
        path = os.path.join(credentials, "mirsal-passphrase")
        with open(path, "w", encoding="utf-8") as file:
            file.write("invented\n")
        relay = Relay(folder, CREDENTIALS_DIRECTORY=credentials)
        relay.status()
        self.assertEqual(b"", relay.command("status", expect=4, CREDENTIALS_DIRECTORY="").stdout)
        relay.command("status", CREDENTIALS_DIRECTORY="", MIRSAL_PASSPHRASE="invented")
        with open(path, "w", encoding="utf-8") as file:
            file.write("another")
        relay.command("status", expect=4)
        relay.command("status", MIRSAL_PASSPHRASE="invented")   # it wins

    def test_log_has_events_and_nothing_else(self):
        devices = self.team(amal=("monitor",))
        self.record(devices["amal"])
        self.relay.command("join", devices["dima"].invite("observer"))
        self.assertTrue(wait_until(lambda: "reader started" in self.logged()))
        self.settle(devices.values())
        with socket.create_connection(("127.0.0.1", self.relay.port)) as link:
            link.sendall(b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nnone")
            self.assertIn(b" 400 ", link.recv(4096))
        self.assertEqual(0, self.relay.stop())
        lines = self.logged().splitlines()
        for line in lines:
            self.assertRegex(line, r"^\S+Z (debug|info|warning|error) [a-z]")
        self.assertTrue(lines[-1].endswith(" info stopped"))
        text = self.logged()
        secrets = [self.relay.key, self.relay.token, devices["dima"].json("status")["team_id"],
                   "report", "127.0.0.1"]
        self.assertEqual([], [secret for secret in secrets if secret in text])

    def logged(self):
        with open(self.relay.log, encoding="utf-8") as log:
            return log.read()

    @unittest.skipUnless(shutil.which("openssl"), "no openssl to make certificates")
    def test_certificates_are_read_again(self):
        paths = [os.path.join(self.folder, name) for name in ("key.pem", "cert.pem")]

        def make():
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                            "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=relay",
                            "-keyout", paths[0], "-out", paths[1]], check=True,
                           capture_output=True)
            with open(paths[1], encoding="ascii") as file:
                return ssl.PEM_cert_to_DER_cert(file.read())

        def shown():
            try:
                pem = ssl.get_server_certificate(("127.0.0.1", self.relay.port))
            except OSError:
                return None
            return ssl.PEM_cert_to_DER_cert(pem)

        first = make()
        self.relay.stop()
        self.relay.start("--tls-key", paths[0], "--tls-cert", paths[1])
        self.assertEqual(first, shown())
        second = make()
        self.relay.process.send_signal(signal.SIGHUP)
        self.assertTrue(wait_until(lambda: shown() == second))
        with open(paths[1], "w", encoding="ascii") as file:
            file.write("no certificate")
        self.relay.process.send_signal(signal.SIGHUP)
        self.assertTrue(wait_until(lambda: "certificates not read" in self.logged()))
        self.assertEqual(second, shown())

    def test_exits_are_those_of_mirsal(self):
        def ended(*words, target=subprocess.PIPE):
            return subprocess.run([SERVER, *words, "--data", self.relay.data], stdout=target,
                                  stderr=subprocess.PIPE, env=self.relay.environment, timeout=60,
                                  check=False).returncode
        self.assertEqual(1, ended("team", "remove", "not hex"))
        self.assertEqual(2, ended("nonsense"))
        with open("/dev/full", "wb") as full:
            self.assertEqual(1, ended("help", target=full))
            self.assertEqual(1, ended("status", target=full))

    def test_configuration(self):
        path = os.path.join(self.folder, "mirsald.conf")
        for text, good in ((f"data = {self.relay.data}\n# all\nquota-team = 5 # bytes\n", True),
                           ("quota-team = many\n", False), ("data\n", False),
                           ("\nnonsense = 1\n", False)):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            run = subprocess.run([SERVER, "check", "--config", path]
                                 + ([] if good else ["--data", self.relay.data]),
                                 capture_output=True, env=self.relay.environment, timeout=60,
                                 check=False)
            self.assertEqual(0 if good else 2, run.returncode, run.stderr)
            if not good:
                error = json.loads(run.stderr)["error"]
                self.assertTrue(re.search(r"line \d", error["message"]), error)


if __name__ == "__main__":
    print(f"seed {SEED}", flush=True)
    unittest.main()
