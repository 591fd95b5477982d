# SPDX-License-Identifier: Apache-2.0
"""The strict MessagePack subset of protocol/encoding.md: int, str, bytes, None, list.

A Reader goes over bytes once; whatever the text forbids raises Refused.
"""
from primitives import LIMITS, Refused

I64_MIN, I64_MAX = -2**63, 2**63 - 1


def pack(value):
    """The one encoding of a value."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        raise TypeError("no booleans")
    if isinstance(value, int):
        return pack_int(value)
    if isinstance(value, str):
        data = value.encode("utf-8")
        return head(len(data), (0xa0, 31), (0xd9, 0xda, 0xdb)) + data
    if isinstance(value, (bytes, bytearray)):
        return head(len(value), None, (0xc4, 0xc5, 0xc6)) + bytes(value)
    if isinstance(value, (list, tuple)):
        return head(len(value), (0x90, 15), (None, 0xdc, 0xdd)) + b"".join(map(pack, value))
    raise TypeError(type(value).__name__)


def pack_int(value):
    """Shortest form; unsigned forms where it is not negative."""
    if 0 <= value < 128:
        return bytes([value])
    if -32 <= value < 0:
        return bytes([value + 256])
    base, low, high = (0xcc, 0, lambda n: 2**n) if value >= 0 else (0xd0, 1, lambda n: 2**(n - 1))
    for power in range(4):
        bits = 8 << power
        if (value < high(bits)) if not low else (value >= -high(bits)):
            return bytes([base + power]) + value.to_bytes(bits // 8, "big", signed=value < 0)
    raise OverflowError(value)


def head(count, fix, heads):
    """The head of a length: fix form, then 8, 16, 32 bits."""
    if fix is not None and count <= fix[1]:
        return bytes([fix[0] | count])
    for power, code in enumerate(heads):
        bits = 8 << power
        if code is not None and count < 2**bits:
            return bytes([code]) + count.to_bytes(bits // 8, "big")
    raise OverflowError(count)


class Reader:
    """One cursor over foreign bytes."""

    def __init__(self, data):
        self.data, self.at = bytes(data), 0

    def left(self):
        """Bytes not yet read."""
        return len(self.data) - self.at

    def take(self, size):
        """The next bytes."""
        if size > self.left():
            raise Refused("MALFORMED", f"ends at byte {len(self.data)}")
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, size, signed=False):
        """A big-endian number."""
        return int.from_bytes(self.take(size), "big", signed=signed)

    def finish(self):
        """Nothing may follow."""
        if self.left():
            raise Refused("MALFORMED", f"trailing bytes at {self.at}")

    def value(self, depth_max=None):
        """One whole value, depth counted from here."""
        depth_max = LIMITS["MSGPACK_DEPTH_MAX"] if depth_max is None else depth_max
        start, first = self.at, self.number(1)
        if first < 0x80 or first >= 0xe0:
            value = first if first < 0x80 else first - 256
        elif first == 0xc0:
            value = None
        elif 0xcc <= first <= 0xd3:
            value = self.number(1 << (first - 0xcc) % 4, signed=first >= 0xd0)
        elif 0xa0 <= first < 0xc0 or first in (0xd9, 0xda, 0xdb):
            value = self.text(first & 31 if first < 0xc0 else self.number(1 << first - 0xd9))
        elif first in (0xc4, 0xc5, 0xc6):
            value = self.take(self.number(1 << first - 0xc4))
        elif 0x90 <= first < 0xa0 or first in (0xdc, 0xdd):
            value = self.array(first & 15 if first < 0xa0 else self.number(2 << first - 0xdc),
                               depth_max)
        else:
            raise Refused("MALFORMED", f"forbidden type at {start}")
        if not isinstance(value, list) and pack(value) != self.data[start:self.at]:
            raise Refused("MALFORMED", f"longer form at {start}")
        return value

    def text(self, size):
        """UTF-8 without NUL."""
        data = self.take(size)
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Refused("MALFORMED", "not UTF-8") from error
        if "\0" in text:
            raise Refused("MALFORMED", "NUL in a text")
        return text

    def array(self, count, depth_max):
        """count values; the count's own form is checked."""
        at = self.at
        if depth_max == 0:
            raise Refused("LIMIT", "depth")
        form = head(count, (0x90, 15), (None, 0xdc, 0xdd))
        if self.data[at - len(form):at] != form:
            raise Refused("MALFORMED", "longer form of a count")
        if count > self.left():
            raise Refused("MALFORMED", "count over the bytes left")
        return [self.value(depth_max - 1) for _ in range(count)]


def unpack(data, structure=0):
    """The one value that data is; structure: levels around domain values that do not count."""
    reader = Reader(data)
    value = reader.value(LIMITS["MSGPACK_DEPTH_MAX"] + structure)
    reader.finish()
    return value


def depth(value):
    """Arrays nested in a value."""
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


def need(condition, code="MALFORMED", why=""):
    """Refuses unless the condition holds."""
    if not condition:
        raise Refused(code, why)


def is_uint(value, most=2**64 - 1):
    """A non-negative integer up to most."""
    return isinstance(value, int) and 0 <= value <= most


def is_bin(value, size):
    """A bin of that size."""
    return isinstance(value, bytes) and len(value) == size
