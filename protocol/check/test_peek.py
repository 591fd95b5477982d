#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""peek.py finds what is hidden plainly, deflated, encoded, in SQLite, in a first message; in random
bytes it finds nothing."""
import base64
import os
import random
import sqlite3
import sys
import tempfile
import unittest
import zlib

try:
    import peek
    import primitives as p
    import sync as s
    from encoding import pack
except ModuleNotFoundError as missing:
    print(f"skipped: {missing.name} is not here")
    sys.exit(77)

MARKER, OTHER = "mRk-Kafranbel-77", "علامة-سراقب"
RNG = random.Random(20191117)
SEED, NOISE = RNG.randbytes(32), RNG.randbytes(32)
KEYS = b"mirsald1\0" + pack(["http://localhost", SEED, bytes(16), [[1, 0, NOISE]]])
WORDS = peek.dictionary()


def deflated(data, words=b"", level=9):
    """Raw deflate."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -15, 8, zlib.Z_DEFAULT_STRATEGY, words) \
        if words else zlib.compressobj(level, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def around(data):
    """Random bytes on both sides."""
    return RNG.randbytes(77) + data + RNG.randbytes(50)


class Peek(unittest.TestCase):
    def found(self, capture=b"", files=(), markers=(MARKER, OTHER)):
        """The markers that peek finds in a capture and in files of the relay."""
        with tempfile.TemporaryDirectory() as folder:
            for name, data in files:
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(data)
            return set(peek.peek(folder, capture, KEYS, set(markers), WORDS).found)

    def everywhere(self, data):
        """It shows both markers in the capture and in a file."""
        self.assertEqual({MARKER, OTHER}, self.found(around(data)))
        self.assertEqual({MARKER, OTHER}, self.found(files=[("a.db", around(data))]))

    def setUp(self):
        self.text = (MARKER + " and " + OTHER).encode()

    def test_plain(self):
        self.everywhere(self.text)
        self.everywhere(self.text.lower())
        self.everywhere(pack([1, MARKER, [OTHER, self.text]]))

    def test_deflated(self):
        report = pack([[MARKER, 7], ["killed in an airstrike", OTHER]])
        self.everywhere(deflated(report))
        self.everywhere(deflated(report, WORDS) + bytes(32))
        self.everywhere(deflated(report, level=0))

    def test_a_stream_that_breaks_off(self):
        whole = deflated(self.text + b"".join(b"%d;" % n for n in range(2000)))
        self.assertEqual({MARKER, OTHER}, self.found(around(whole[:300])))

    def test_encoded(self):
        self.everywhere(self.text.hex().encode())
        self.everywhere(self.text.hex().upper().encode())
        for skip in range(3):
            self.everywhere(base64.b64encode(bytes(skip) + self.text))
            self.everywhere(base64.urlsafe_b64encode(b"\xfb" * skip + self.text))
        self.everywhere(self.text.decode().encode("utf-16-le"))

    def test_deflated_then_encoded_in_deflated(self):
        self.everywhere(deflated(base64.b64encode(self.text) + b"."))

    def test_in_a_table(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "team.db")
            database = sqlite3.connect(path)
            database.execute("CREATE TABLE content (no INTEGER PRIMARY KEY, body BLOB, t TEXT)")
            # Longer than a page, so that the file alone cuts it.
            body = deflated(RNG.randbytes(9000) + self.text[:16] + RNG.randbytes(9000), WORDS)
            database.execute("INSERT INTO content (body, t) VALUES (?, ?)", (body, OTHER))
            database.commit()
            database.close()
            found = peek.peek(folder, b"", KEYS, {MARKER, OTHER}, WORDS).found
        self.assertEqual({MARKER, OTHER}, set(found))

    def test_in_a_first_message(self):
        client = p.NoiseIK(True, s.prologue(p.sign_public(SEED)), RNG.randbytes(32),
                           RNG.randbytes(32), p.agree_public(NOISE))
        body = s.first_request(1, client.write(s.encode_frame(s.RUN, deflated(self.text, WORDS))))
        self.assertNotIn(self.text[:16], body)
        self.assertEqual({MARKER, OTHER}, self.found(b"POST /v1/sync HTTP/1.1\r\n\r\n" + body))

    def test_random_bytes_show_nothing(self):
        markers = [f"marker {n:03}" for n in range(100)]
        noise = RNG.randbytes(20000)
        self.assertEqual(set(), self.found(noise, [("a", RNG.randbytes(20000))], markers))

    def test_keys_that_are_sealed(self):
        with self.assertRaises(ValueError):
            peek.read_keys(b"mirsald1\1" + bytes(80))


if __name__ == "__main__":
    unittest.main()
