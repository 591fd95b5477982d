# SPDX-License-Identifier: Apache-2.0
"""As much of CDDL (RFC 8610) as protocol/mirsal.cddl uses, to match values against its rules.

Types: names, integers and ranges, arrays with keys and occurrences (* + ?), choices, .size,
.cbor (the bytes' own encoding is matched too); uint int bstr tstr nil.
"""
import re

from encoding import unpack

TOKEN = re.compile(r"\s*([A-Za-z][\w-]*|\d+\.\.\d+|\d+|\.size|\.cbor|[=\[\]():,/*+?])")
PRELUDE = {
    "uint": lambda value: isinstance(value, int) and value >= 0,
    "int": lambda value: isinstance(value, int),
    "bstr": lambda value: isinstance(value, bytes),
    "tstr": lambda value: isinstance(value, str),
    "nil": lambda value: value is None,
}


def tokens_of(text):
    """Tokens without comments and blanks."""
    text = re.sub(r";[^\n]*", "", text)
    out, at = [], 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if not match or match.end() == at:
            raise ValueError(f"not understood: {text[at:at + 40]!r}")
        out.append(match.group(1))
        at = match.end()
    return out


class Grammar:
    """Rules by name; a rule is a choice, a list of alternatives."""

    def __init__(self, text):
        self.tokens, self.at, self.rules = tokens_of(text), 0, {}
        while self.at < len(self.tokens):
            name = self.next()
            self.expect("=")
            if name in self.rules:
                raise ValueError(f"{name} stands twice")
            self.rules[name] = self.choice()
        self.defined()

    def next(self):
        """The next token."""
        self.at += 1
        return self.tokens[self.at - 1]

    def peek(self, ahead=0):
        """A token to come, or nothing."""
        at = self.at + ahead
        return self.tokens[at] if at < len(self.tokens) else None

    def expect(self, token):
        """That token is next."""
        found = self.next()
        if found != token:
            raise ValueError(f"{found} in the place of {token}")

    def choice(self):
        """Types between slashes."""
        out = [self.type()]
        while self.peek() == "/":
            self.next()
            out.append(self.type())
        return out

    def type(self):
        """("array", entries), ("range", low, high), ("name", name), or a controlled one."""
        token = self.next()
        if token in ("[", "("):
            return "array" if token == "[" else "group", self.entries("]" if token == "[" else ")")
        if token[0].isdigit():
            low, _, high = token.partition("..")
            return "range", int(low), int(high or low)
        if self.peek() in (".size", ".cbor"):
            control, operand = self.next(), self.next()
            return control, operand if control == ".cbor" else int(operand)
        return "name", token

    def entries(self, end):
        """(low, high, choice) of each entry of an array."""
        out = []
        while self.peek() != end:
            low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(self.peek(), (1, 1))
            if (low, high) != (1, 1):
                self.next()
            if self.peek(1) == ":":
                self.next()
                self.next()
            out.append((low, high, self.choice()))
            if self.peek() == ",":
                self.next()
        self.next()
        return out

    def defined(self):
        """Every name used has a rule."""
        queue = list(self.rules.values())
        while queue:
            for kind, *rest in queue.pop():
                if kind in ("name", ".cbor") and rest[0] not in self.rules \
                        and rest[0] not in PRELUDE:
                    raise ValueError(f"no rule {rest[0]}")
                if kind in ("array", "group"):
                    queue += [entry[2] for entry in rest[0]]

    def matches(self, value, name):
        """Whether a value is of that rule."""
        if name not in self.rules:
            return PRELUDE[name](value)
        return self.is_one(value, self.rules[name])

    def is_one(self, value, choice):
        """Whether it is one of the alternatives."""
        for kind, *rest in choice:
            if kind == "name" and self.matches(value, rest[0]):
                return True
            if kind == "range" and isinstance(value, int) and rest[0] <= value <= rest[1]:
                return True
            if kind == ".size" and isinstance(value, bytes) and len(value) == rest[0]:
                return True
            if kind == ".cbor" and isinstance(value, bytes) \
                    and self.matches(unpack(value, 9), rest[0]):
                return True
            if kind == "array" and isinstance(value, list) and self.fits(value, rest[0]):
                return True
        return False

    def fits(self, items, entries):
        """Whether the entries take the items, each as many as it may."""
        at = 0
        for low, high, choice in entries:
            count = 0
            while at < len(items) and (high is None or count < high) \
                    and self.is_one(items[at], choice):
                at, count = at + 1, count + 1
            if count < low:
                return False
        return at == len(items)
