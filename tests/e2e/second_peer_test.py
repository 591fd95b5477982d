#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The second implementation meets devices and is met by them: words of relays pass both ways, in
their place and no other (protocol/sync.md 10.9), and prove to the other side what they prove.

It speaks with the keys of a device of the team, which device_keys reads from its store.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "protocol",
                                "check"))
try:
    import peer
    import primitives as p
    import sync as s
    from encoding import pack
except ModuleNotFoundError as missing:
    print(f"skipped: {missing.name} is not here")
    sys.exit(77)

from processes import Device, Relay  # noqa: E402

LIAR = bytes(range(32))
EPOCH = bytes(8)


def face(team, number, size=9):
    """A checkpoint of the liar's, as a word."""
    root = bytes([number]) * 32
    fields = [p.sign_public(LIAR), EPOCH, size, root, 1_700_000_000_000]
    covered = s.checkpoint_bytes(fields[0], team, *fields[1:])
    return pack([1, *fields, p.sign("CHECKPOINT", covered, LIAR)])


def as_frames(words):
    """Words as frames."""
    return b"".join(s.encode_frame(s.WORD, word) for word in words)


class SecondPeerTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mirsal-second-")
        self.dima = Device(self.folder, "dima")
        self.dima.found(self.folder)
        self.sara = Device(self.folder, "sara")
        self.sara.json("join", self.dima.invite("coordinator"), "--insecure-no-passphrase",
                       "--force")
        self.dima.json("add", "incident", "source_id=d:1", "title:en=Raid")
        self.serving = None
        self.address = self.serve(self.dima)
        self.sara.json("sync", "--peer", self.address)
        keys = subprocess.run([os.environ["MIRSAL_KEYS"], self.sara.store], capture_output=True,
                              check=True).stdout.split()
        self.team, self.seed, self.noise = (bytes.fromhex(key.decode()) for key in keys)

    def tearDown(self):
        self.serving.send_signal(signal.SIGTERM)
        self.serving.wait(timeout=40)
        self.serving.stdout.close()
        shutil.rmtree(self.folder)

    def serve(self, device):
        self.serving = subprocess.Popen(device.words(["serve", "--listen", "127.0.0.1:0"]),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, env=device.environment)
        return json.loads(self.serving.stdout.readline())["peer"]

    def held(self, device):
        return [(item["what"], item["relay"]) for item in device.json("status")["evidence"]]

    def meets(self, address=None):
        return peer.Meets(address or self.address, self.team, self.noise)

    def refused(self, frames):
        kind, payload = frames[0]
        self.assertEqual(s.REFUSE, kind)
        return s.decode_payload(kind, payload)[0]

    def test_it_meets_a_device(self):
        liar = p.sign_public(LIAR).hex()
        one, other = face(self.team, 1), face(self.team, 2)
        answer = self.meets().round(as_frames([one]))
        s.judge_round(answer, "server", True)
        self.assertEqual([one], [pack(word) for word in s.take_words(answer, self.team)])
        self.assertEqual([], self.held(self.dima))
        # Nonsense, another team's and a forged one beside it are dropped, and the rest used.
        answer = self.meets().round(as_frames([b"", b"\x93\1\2\3", face(bytes(32), 3),
                                               other[:-1] + bytes([other[-1] ^ 1]), other]))
        s.judge_round(answer, "server", True)
        self.assertEqual([("two_faces", liar)], self.held(self.dima))
        # The device tells on what it heard: both faces, to who comes next.
        answer = self.meets().round()
        s.judge_round(answer, "server", True)
        told = s.take_words(answer, self.team)
        self.assertEqual({one, other}, {pack(word) for word in told})
        self.assertIn(s.RUN, [kind for kind, _ in answer])

    def test_words_stand_in_their_place(self):
        word = as_frames([face(self.team, 1)])
        own = self.meets().round()
        run = next(s.encode_frame(kind, payload) for kind, payload in own if kind == s.RUN)
        self.assertEqual(5, self.refused(self.meets().round(run, word)))
        client = self.meets()
        self.assertEqual(5, self.refused(client.begin(client.hello(0) + word)))
        size = len(face(self.team, 1))
        for count, refused in ((262144 // size, False), (262144 // size + 1, True)):
            answer = self.meets().round(as_frames([face(self.team, 1)] * count))
            self.assertEqual(refused, answer[0][0] == s.REFUSE)
        self.assertEqual([], self.held(self.dima))

    def test_a_relay_takes_none(self):
        relay = Relay(self.folder)
        try:
            relay.start()
            url = f"http://127.0.0.1:{relay.port}#{relay.key}"
            self.dima.json("relay", "add", url, "--token", relay.token)
            self.dima.json("sync", expect=(0, 3))
            self.assertEqual(s.STATE, self.meets(url).round()[0][0])
            self.assertEqual(5, self.refused(self.meets(url).round(
                as_frames([face(self.team, 1)]))))
        finally:
            relay.close()

    def test_it_is_met(self):
        told = as_frames([face(self.team, 1), b"nothing", face(self.team, 2)])
        serves = peer.Serves(self.seed, told)
        try:
            answer = self.dima.json("sync", "--peer", serves.address, expect=(3,))
            self.assertEqual(["two_faces"], [item["what"] for item in answer["evidence"]])
            self.assertEqual([], serves.errors)
            self.assertEqual([], s.take_words(serves.heard[0], self.team))
            # The next time it is told what it said itself.
            self.dima.json("sync", "--peer", serves.address)
            heard = [word for frames in serves.heard for word in s.take_words(frames, self.team)]
            self.assertEqual({face(self.team, 1), face(self.team, 2)},
                             {pack(word) for word in heard})
            self.assertTrue(any(kind == s.RUN for frames in serves.heard for kind, _ in frames))
        finally:
            serves.close()

    def test_words_of_who_serves_stand_in_their_place(self):
        late = s.encode_frame(s.PAGE, [0, 1]) + as_frames([face(self.team, 1)])
        many = as_frames([face(self.team, 1)] * (262144 // len(face(self.team, 1)) + 1))
        for told in (late, many):
            serves = peer.Serves(self.seed, told)
            try:
                run = self.dima.run("sync", "--peer", serves.address)
                self.assertNotIn(run.returncode, (0, 3), run.stderr)
            finally:
                serves.close()


if __name__ == "__main__":
    if "MIRSAL_KEYS" not in os.environ:
        raise SystemExit("MIRSAL_KEYS names the program device_keys")
    unittest.main()
