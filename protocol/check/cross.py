#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Random changesets built by each implementation, verified and opened by the other.

cross.py CHANGESET_PIPE [COUNT [SEED]]: COUNT (1,000) each way; without SEED another set each run.
Each body is also decoded to its leaves, whose root must be the header's, and encoded again.
"""
import os
import random
import subprocess
import sys

try:
    import body as b
    import changeset as c
    import primitives as p
    from test_changeset import random_body
except ModuleNotFoundError as missing:
    print(f"skipped: {missing.name} is not here")
    sys.exit(77)

SCHEMA_VERSION = 3


def from_c(pipe, count, seed):
    """What the C side builds opens here, to the same clear body."""
    out = subprocess.run([pipe, "build", str(seed), str(count)], stdout=subprocess.PIPE, check=True)
    lines = out.stdout.decode().splitlines()
    assert len(lines) == count, f"{len(lines)} built, not {count}"
    for number, line in enumerate(lines):
        header, signature, body, secret, dictionary, clear = map(bytes.fromhex, line.split(" "))
        try:
            _, f = c.verify(header, signature, body)
            _, opened, found, _ = c.open_body(header, body, secret, lambda _, d=dictionary: d)
        except p.Refused as refused:
            raise AssertionError(f"built by C, number {number}: {refused}") from refused
        assert found == clear, f"built by C, number {number}: another clear body"
        assert b.encode(opened) == clear and f["epoch"] == 4, f"number {number}: encoded otherwise"


def build(rng):
    """A line for the C side, and its clear body."""
    seed, secret = rng.randbytes(32), rng.randbytes(32)
    device, dictionary = p.sign_public(seed), rng.randbytes(rng.randint(1, 300))
    sequel = rng.random() < 0.5
    fields = {"team": rng.randbytes(32), "device": device, "compartment": rng.randrange(3),
              "seq": rng.randint(2, 2**63 - 1) if sequel else 1,
              "prev": rng.randbytes(32) if sequel else c.ZERO, "epoch": rng.randint(1, 2**32 - 1),
              "authority": rng.randbytes(32),
              "seen": rng.randbytes(32) if rng.random() < 0.3 else None}
    body = random_body(rng, device, fields["compartment"])
    clear = b.encode(body)
    sealed = c.seal({"seed": seed, "sealing": rng.randbytes(32)}, fields, body, SCHEMA_VERSION,
                    dictionary, p.agree_public(secret), rng.randbytes(32))
    return " ".join(part.hex() for part in (*sealed, secret, dictionary)), clear


def to_c(pipe, count, seed):
    """What is built here opens on the C side, to the same clear body."""
    rng = random.Random(seed)
    made = [build(rng) for _ in range(count)]
    given = "".join(line + "\n" for line, _ in made)
    out = subprocess.run([pipe, "open"], input=given.encode(), stdout=subprocess.PIPE, check=True)
    found = out.stdout.decode().splitlines()
    assert len(found) == count, f"{len(found)} opened, not {count}"
    for number, ((_, clear), text) in enumerate(zip(made, found)):
        assert text == clear.hex(), f"built by Python, number {number}: {text[:60]}"


def main():
    pipe = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else int.from_bytes(os.urandom(6), "big")
    print(f"seed {seed}", flush=True)
    from_c(pipe, count, seed)
    to_c(pipe, count, seed)
    print(f"{count} of C opened by Python, {count} of Python opened by C")
    return 0


if __name__ == "__main__":
    sys.exit(main())
