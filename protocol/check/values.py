# SPDX-License-Identifier: Apache-2.0
"""Whether a value is of its field's kind, from protocol/schema.md 2 to 2.6.

A schema is what schema.decode gives: arrays in the order of section 6.
"""
from encoding import is_bin, is_uint, pack

(INT, CODE, TEXT, LANGTEXT, NAMES, SET, REF, DATE, POINT, TUPLE, TIME, LIST, BYTES32, FLAG, DAY,
 WITHDRAWAL) = range(1, 17)
I64 = 2**63


class Field:
    """A row of the compiled form, by name."""

    def __init__(self, row):
        (self.id, self.name, self.en, self.ar, self.kind, self.element, self.vocabulary,
         self.refers, self.policy, self.sensitivity, self.low, self.high, parts) = row
        self.parts = [Part(part) for part in parts or []]


class Part:
    """A component, by name."""

    def __init__(self, row):
        (self.name, self.en, self.ar, self.kind, self.vocabulary, self.refers, self.low,
         self.high) = row


class Schema:
    """Types by id, each with its fields by id; vocabularies' codes by id."""

    def __init__(self, compiled):
        _, self.name, self.version, vocabularies, types, _ = compiled
        self.codes = {row[0]: {code[0]: code for code in row[2]} for row in vocabularies}
        self.types = {row[0]: row for row in types}
        self.fields = {row[0]: {f[0]: Field(f) for f in row[6]} for row in types}

    def fits(self, field, key, value):
        """1 where key and value are such as the field's kind takes."""
        if field.kind == LANGTEXT:
            return is_language(key) and (is_text(value) or value == [])
        if field.kind == NAMES:
            return value in (0, 1) and self.is_name(field, key)
        if field.kind == SET:
            return value in (0, 1) and self.is_element(field, key)
        return key is None and (value == [] or self.is_value(field, value))

    def is_value(self, field, value):
        """A value of a kind with one register a record."""
        if field.kind == LIST:
            return self.is_list(field, value)
        if field.kind in (DATE, POINT, TUPLE):
            return self.is_tuple(field, value)
        if field.kind == TIME:
            return (isinstance(value, list) and len(value) == 2 and is_int(value[0])
                    and (value[1] is None or is_int(value[1]) and -840 <= value[1] <= 840))
        if field.kind == WITHDRAWAL:
            return (isinstance(value, list) and len(value) == 2 and isinstance(value[0], str)
                    and isinstance(value[1], list) and all(is_bin(i, 32) for i in value[1])
                    and all(a < b for a, b in zip(value[1], value[1][1:])))
        return self.is_plain(field, field.kind, value)

    def is_plain(self, field, kind, value):
        """A kind without parts: of a field, an element or a component."""
        if kind == INT:
            return (is_int(value) and (field.low is None or field.low <= value)
                    and (field.high is None or value <= field.high))
        if kind == CODE:
            return is_uint(value) and value in self.codes[field.vocabulary]
        if kind == REF:
            return is_bin(value, 16) or is_text(value)
        return {TEXT: is_text(value), FLAG: is_int(value) and value in (0, 1), DAY: is_int(value),
                BYTES32: is_bin(value, 32)}.get(kind, False)

    def is_element(self, field, value):
        """An element of a set or list."""
        if field.element == TUPLE:
            return self.is_tuple(field, value)
        return self.is_plain(field, field.element, value)

    def is_list(self, field, value):
        """2.3."""
        if not isinstance(value, list) or not all(self.is_element(field, v) for v in value):
            return False
        packed = [pack(v) for v in value]
        return field.element == TUPLE or all(a < b for a, b in zip(packed, packed[1:]))

    def is_tuple(self, field, value):
        """2.2."""
        if not isinstance(value, list) or len(value) != len(field.parts):
            return False
        if all(v is None for v in value):
            return False
        if not all(v is None or self.is_plain(part, part.kind, v)
                   for part, v in zip(field.parts, value)):
            return False
        if field.kind in (DATE, POINT) and None in value[:2]:
            return False
        if field.kind == DATE and value[0] > value[1]:
            return False
        by_name = {part.name: v for part, v in zip(field.parts, value) if v is not None}
        pairs = [(name, name[:-3] + "max") for name in by_name
                 if name == "min" or name.endswith("_min")]
        return all(by_name[low] <= by_name[high] for low, high in pairs if high in by_name)

    def is_name(self, field, key):
        """[language, text] or [language, text, kind]."""
        return (isinstance(key, list) and len(key) in (2, 3) and is_language(key[0])
                and is_text(key[1])
                and (len(key) == 2 or is_uint(key[2]) and key[2] in self.codes[field.vocabulary]))


def is_int(value):
    """What a register may hold."""
    return isinstance(value, int) and -I64 <= value < I64


def is_text(value):
    """Not empty."""
    return isinstance(value, str) and value != ""


def is_language(value):
    """A tag's size."""
    return isinstance(value, str) and 1 <= len(value.encode()) <= 35
