# SPDX-License-Identifier: Apache-2.0
"""Peer sessions, from protocol/sync.md 1, 3, 10: a device that meets another one over HTTP.

Meets says whole rounds to a device that serves; Serves answers one that meets, as a device that
holds nothing. Both say and hear words of relays (10.9).
"""
import base64
import http.client
import http.server
import os
import threading
import time

import primitives as p
import sync as s
from encoding import Reader


def now_ms():
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class Meets:
    """A session with the device at an address, http://HOST:PORT#KEY."""

    def __init__(self, address, team, noise):
        place, key = address.removeprefix("http://").split("#")
        self.place, self.team = place, team
        self.identity = base64.urlsafe_b64decode(key + "=")
        self.noise, self.transport, self.session, self.counter = noise, None, None, 0
        fields = s.read_relay_key(self.ask("GET", "/v1/relay"), self.identity)
        self.serial, self.relay_noise = fields[2], fields[3]

    def ask(self, method, path, body=None):
        """The body of the answer, which must be 200."""
        connection = http.client.HTTPConnection(self.place, timeout=30)
        connection.request(method, path, body)
        response = connection.getresponse()
        data = response.read()
        connection.close()
        assert response.status == 200, response.status
        return data

    def hello(self, flags, wants=(0,)):
        """HELLO without anything held."""
        return s.encode_frame(s.HELLO, [self.team[:16], None, [], None, [], list(wants), 0,
                                        now_ms(), flags])

    def begin(self, clear):
        """Message 1 with those frames; the frames of the answer."""
        noise = p.NoiseIK(True, s.prologue(self.identity), self.noise, os.urandom(32),
                          self.relay_noise)
        body = s.first_request(self.serial, noise.write(clear))
        reader = Reader(self.ask("POST", "/v1/sync", body))
        stream = noise.read(reader.take(reader.number(2)))
        self.transport = noise.split()
        stream += s.open_stream(self.transport, s.read_messages(reader))
        frames = s.split_frames(stream)
        if frames[0][0] == s.STATE:
            self.session = s.decode_payload(*frames[0])[7]
        return frames

    def go_on(self, clear):
        """A later request of the session; the frames of the answer."""
        self.counter += 1
        body = s.later_request(self.session, self.counter, self.transport, clear)
        answer = Reader(self.ask("POST", "/v1/sync", body))
        return s.split_frames(s.open_stream(self.transport, s.read_messages(answer)))

    def round(self, *behind_vector):
        """A round with VECTOR and what is given behind it; the frames of the answer."""
        state = self.begin(self.hello(1))
        assert [kind for kind, _ in state] in ([s.STATE], [s.STATE, s.HEADERS]), "no END came"
        return self.go_on(s.encode_frame(s.VECTOR, [[], []]) + b"".join(behind_vector)
                          + s.encode_frame(s.END, [0, None]))


class Serves:
    """A device that holds nothing and serves; answers each round with STATE, then what is given
    for the first round with VECTOR, then END. heard: the frames of each whole round."""

    def __init__(self, seed, told):
        self.seed, self.told, self.heard, self.errors = seed, told, [], []
        self.noise, self.epoch, self.session = os.urandom(32), os.urandom(8), os.urandom(16)
        self.identity = p.sign_public(seed)
        self.transport, self.round = None, []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """HTTP around it."""

            def answer(self, body):
                """200 with these bytes."""
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):  # pylint: disable=invalid-name
                """1.6."""
                self.answer(s.make_relay_key(outer.seed, 1, p.agree_public(outer.noise), now_ms()))

            def do_POST(self):  # pylint: disable=invalid-name
                """1.2."""
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    self.answer(outer.first(body) if body[0] == s.FIRST else outer.later(body))
                except (p.Refused, AssertionError) as error:
                    outer.errors.append(error)
                    self.send_error(400)

            def log_message(self, *_):  # pylint: disable=arguments-differ
                """Silent."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        key = base64.urlsafe_b64encode(self.identity).decode().rstrip("=")
        self.address = f"http://127.0.0.1:{self.server.server_port}#{key}"

    def close(self):
        """Serves no more."""
        self.server.shutdown()
        self.server.server_close()

    def first(self, body):
        """A handshake, its message 1 with HELLO."""
        serial, message = s.read_first_request(body)
        assert serial == 1
        noise = p.NoiseIK(False, s.prologue(self.identity), self.noise, os.urandom(32))
        frames = s.split_frames(noise.read(message))
        reply = noise.write(b"")
        self.transport, self.round = noise.split(), []
        return s.first_answer(reply, self.transport, self.take(frames))

    def later(self, body):
        """Another request of the session."""
        session, _, sealed = s.read_later_request(body)
        assert session == self.session
        frames = s.split_frames(s.open_stream(self.transport, sealed))
        return s.padded(s.messages(self.transport, self.take(frames)))

    def take(self, frames):
        """3.2: STATE, and once END came what follows it."""
        self.round += frames
        out = s.encode_frame(s.STATE, [[], self.epoch, None, None, now_ms(), 0, 1, self.session,
                                       None])
        if self.round[-1][0] != s.END:
            return out
        s.judge_round(self.round, "client", True)
        if s.VECTOR in (kind for kind, _ in self.round):
            out += self.told
            out += s.encode_frame(s.VECTOR, [[], []])
        self.heard.append(self.round)
        self.round = []
        return out + s.encode_frame(s.END, [0, None])
