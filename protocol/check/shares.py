# SPDX-License-Identifier: Apache-2.0
"""Shares of a key, written from protocol/shares.md: the field by logarithms, texts by numbers."""
import re

from primitives import H, LIMITS, Refused


def field_tables():
    """Logarithms and powers of GF(2^8) to the base 3, of which every other element is a power."""
    powers, value = [], 1
    for _ in range(255):
        powers.append(value)
        value ^= value << 1
        value ^= 0x11b if value & 0x100 else 0
    return {power: exponent for exponent, power in enumerate(powers)}, powers


LOGS, POWERS = field_tables()


def times(a, b):
    """The product in GF(2^8)."""
    return POWERS[(LOGS[a] + LOGS[b]) % 255] if a and b else 0


def divide(a, b):
    """a / b in GF(2^8), b not 0."""
    return POWERS[(LOGS[a] - LOGS[b]) % 255] if a else 0


def split(secret, threshold, count, rows):
    """The values of shares 1 to count; rows are the coefficients drawn."""
    if not 2 <= threshold <= count <= LIMITS["SHARES_MAX"]:
        raise Refused("BAD_VALUE", "threshold and count")
    if not 1 <= len(secret) <= LIMITS["SHARED_SIZE_MAX"]:
        raise Refused("BAD_VALUE", "size")
    values = []
    for x in range(1, count + 1):
        value = bytearray(secret)
        power = 1
        for row in range(threshold - 1):
            power = times(power, x)
            for i in range(len(secret)):
                value[i] ^= times(rows[row * len(secret) + i], power)
        values.append(bytes(value))
    return values


def interpolate(shares, x):
    """What the polynomial through these (index, value) is at x."""
    out = bytearray(len(shares[0][1]))
    for index, value in shares:
        weight = 1
        for other, _ in shares:
            if other != index:
                weight = times(weight, divide(x ^ other, index ^ other))
        for i, byte in enumerate(value):
            out[i] ^= times(weight, byte)
    return bytes(out)


def join(threshold, shares):
    """The secret of (index, value)…"""
    indices = [index for index, _ in shares]
    if any(not 1 <= index <= LIMITS["SHARES_MAX"] for index in indices):
        raise Refused("BAD_VALUE", "index")
    if len(set(indices)) < len(indices):
        raise Refused("BAD_VALUE", "twice")
    if threshold < 2 or len(shares) < threshold:
        raise Refused("BAD_VALUE", "too few")
    for index, value in shares[threshold:]:
        if interpolate(shares[:threshold], index) != value:
            raise Refused("NOT_AUTHENTIC", "not on the polynomial")
    return interpolate(shares[:threshold], 0)


SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PREFIX = "mirsal-share"


def summary(data):
    """Four bytes that tell whether these were changed."""
    return H("SHARE", data)[:4]


def group_check(symbols, group):
    """The fifth symbol of a group of four."""
    total = 0
    for place, symbol in enumerate(symbols, 1):
        for _ in range(place):
            symbol = symbol << 1 ^ (0x25 if symbol & 16 else 0)
        total ^= symbol
    return total ^ group


def text_of(head, index, value, line=True):
    """One share as text; head is team ‖ set ‖ shape."""
    data = head + bytes([index]) + value
    bits = int.from_bytes(data + summary(data), "big")
    symbols = [bits >> 5 * (79 - i) & 31 for i in range(80)]
    groups = []
    for group in range(20):
        four = symbols[4 * group:4 * group + 4]
        groups.append("".join(SYMBOLS[s] for s in four + [group_check(four, group)]))
    if line:
        return f"{PREFIX}1-{'-'.join(groups)}\n"
    lines = [" ".join(groups[i:i + 5]) for i in range(0, 20, 5)]
    return "\n".join([f"{PREFIX}1"] + lines) + "\n"


def make(seed, team, threshold, count, random):
    """The texts of root's shares; random is what is drawn: the set's number, then coefficients."""
    if not 2 <= threshold <= count <= LIMITS["SHARES_MAX"]:
        raise Refused("BAD_VALUE", "threshold and count")
    head = team[:5] + random[:3] + bytes([16 * (threshold - 1) + count - 1])
    values = split(seed + summary(seed + head), threshold, count, random[3:])
    return [text_of(head, index, value) for index, value in enumerate(values, 1)]


def skip(pattern, text, at):
    """Behind what fits the pattern there."""
    return at + len(re.match(pattern, text[at:]).group())


def read(text):
    """[(head, index, value)…] of a text that holds shares."""
    shares = []
    at = 0
    while True:
        at = skip(r"(?:[ \t\r\n]|#[^\n]*)*", text, at)
        if at == len(text):
            return shares
        if not text[at:].lower().startswith(PREFIX):
            raise Refused("NOT_AUTHENTIC", "no share")
        at += len(PREFIX)
        if re.match(r"1(?![0-9])", text[at:]) is None:
            raise Refused("VERSION", "another version")
        at += 1
        symbols = []
        while len(symbols) < 100:
            at = skip(r"[ \t\r\n-]*", text, at)
            if text[at:].lower().startswith(PREFIX):
                raise Refused("NOT_AUTHENTIC", "cut short")
            sign = text[at:at + 1].upper().translate(str.maketrans("OIL", "011"))
            if sign == "" or sign not in SYMBOLS:
                raise Refused("NOT_AUTHENTIC", "no symbol, or no more")
            symbols.append(SYMBOLS.index(sign))
            at += 1
        shares.append(share_of(symbols))


def share_of(symbols):
    """(head, index, value) of 100 symbols."""
    bits = 0
    for group in range(20):
        five = symbols[5 * group:5 * group + 5]
        if group_check(five[:4], group) != five[4]:
            raise Refused("NOT_AUTHENTIC", f"group {group + 1}")
        for symbol in five[:4]:
            bits = bits << 5 | symbol
    data = bits.to_bytes(50, "big")
    threshold, count = (data[8] >> 4) + 1, (data[8] & 15) + 1
    if summary(data[:46]) != data[46:]:
        raise Refused("NOT_AUTHENTIC", "sum")
    if not (2 <= threshold <= count and 1 <= data[9] <= count):
        raise Refused("NOT_AUTHENTIC", "shape")
    return data[:9], data[9], data[10:46]


def rebuild(shares):
    """The seed of (head, index, value)…"""
    if len({head for head, _, _ in shares}) != 1:
        raise Refused("NOT_AUTHENTIC", "none, or of two sets")
    head = shares[0][0]
    try:
        secret = join((head[8] >> 4) + 1, [share[1:] for share in shares])
    except Refused as refused:
        raise Refused("NOT_AUTHENTIC", str(refused)) from refused
    if summary(secret[:32] + head) != secret[32:]:
        raise Refused("NOT_AUTHENTIC", "check")
    return secret[:32]
