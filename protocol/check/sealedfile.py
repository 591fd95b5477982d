# SPDX-License-Identifier: Apache-2.0
"""Sealed files, from protocol/bundle.md 1: opened, and (for forgeries) sealed again."""
import os

import primitives as p
from primitives import H, LIMITS, Refused, keyed_hash

MAGIC, BUNDLE, HANDOFF, ORG_SECRET = b"mirsalf1", 1, 2, 3
ENVELOPE_SIZE, BOX_SIZE, MAC_SIZE = 80, 72, 32


def need(condition, code, why):
    """Refuses unless the condition holds."""
    if not condition:
        raise Refused(code, why)


def derived(file_key, label, data):
    """K of 1.4."""
    return keyed_hash(file_key, label + H("FILE", data), 32, "FILE")


def split(data):
    """(kind, lock, head with its MAC's place open, MAC, stream) of a file."""
    need(data[:7] == MAGIC[:7][:len(data)], "MALFORMED", "no sealed file")
    need(data[:8] == MAGIC[:len(data)], "VERSION", "another version")
    need(len(data) >= 12, "NOT_AUTHENTIC", "ends within its head")
    kind, lock = data[8], data[9]
    if lock == 0:
        count = int.from_bytes(data[10:12], "big")
        need(1 <= count <= LIMITS["FILE_ENVELOPES_MAX"] and count & (count - 1) == 0,
             "MALFORMED", "count of envelopes")
        end = 12 + count * ENVELOPE_SIZE
    else:
        need(lock == 1, "MALFORMED", "lock")
        end = 34 + BOX_SIZE
    need(len(data) >= end + MAC_SIZE, "NOT_AUTHENTIC", "ends within its head")
    return kind, lock, data[:end], data[end:end + MAC_SIZE], data[end + MAC_SIZE:]


def open_key(lock, head, secrets, passphrase):
    """The file key."""
    if lock == 1:
        need(passphrase is not None, "USAGE", "it wants its passphrase")
        key = p.kdf(passphrase, head[10:26], int.from_bytes(head[26:30], "big"),
                    int.from_bytes(head[30:34], "big"))
        try:
            return p.box_open(key, head[:34], head[34:])
        except Refused as refused:
            raise Refused("WRONG_PASSPHRASE", "the box does not open") from refused
    for at in range(12, len(head), ENVELOPE_SIZE):
        for secret in secrets:
            try:
                return p.hpke_open(secret, "FILE", head[:10], head[at:at + ENVELOPE_SIZE])
            except Refused:
                continue
    raise Refused("NOT_AUTHENTIC", "sealed to others")


def open_file(data, kind, secrets=(), passphrase=None):
    """The clear content."""
    found, lock, head, mac, stream = split(data)
    need(found == kind, "BAD_VALUE", "another kind")
    file_key = open_key(lock, head, secrets, passphrase)
    need(len(file_key) == 32 and derived(file_key, b"head", head) == mac, "NOT_AUTHENTIC", "MAC")
    return p.stream_open(derived(file_key, b"body", mac), mac, stream)


def seal_file(content, kind, keys, draw=os.urandom):
    """A file to HPKE public keys."""
    file_key = draw(32)
    count = 1
    while count < len(keys):
        count *= 2
    head = MAGIC + bytes([kind, 0])
    everybody = list(keys) + [p.agree_public(draw(32)) for _ in range(count - len(keys))]
    envelopes = [p.hpke_seal(key, "FILE", draw(32), head, file_key) for key in everybody]
    head += count.to_bytes(2, "big") + b"".join(envelopes)
    mac = derived(file_key, b"head", head)
    return head + mac + p.stream_seal(derived(file_key, b"body", mac), draw(19), mac, content)
