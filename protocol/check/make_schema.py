#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes protocol/vectors/schema.json: compiled schemas that are taken, and that are refused."""
import copy
import json
import os

import schema as s

ID = [1, "source_id", "Id", "معرّف", 3, 0, 0, 0, 2, 1, None, None, []]
GONE = [2, "withdrawn", "Gone", "مسحوب", 16, 0, 0, 0, 1, 1, None, None, []]
DATE = [3, "date", "Date", "تاريخ", 8, 0, 0, 0, 1, 0, None, None, [
    ["from", "From", "من", 15, 0, 0, None, None], ["to", "To", "إلى", 15, 0, 0, None, None],
    ["prec", "Precision", "دقة", 2, 4, 0, None, None]]]
MEANS = [4, "means", "Means", "وسيلة", 6, 2, 4, 0, 4, 0, None, None, []]
COUNT = [5, "count", "Count", "عدد", 1, 0, 0, 0, 3, 3, -9, 1000000, []]
WITHIN = [6, "within", "Within", "ضمن", 7, 0, 0, 7, 2, 0, None, None, []]
CODES = [[1, "low", "Low", "منخفض", 0, []], [9, "high", "High", "مرتفع", 2, ["tall"]]]
WHOLE = [1, "test.whole", 2, [[4, "level", CODES]],
         [[7, "event", "Event", "حدث", 0, 6, [ID, GONE, DATE, MEANS, COUNT, WITHIN]]],
         ["near the village of", "قرب قرية"]]
SMALL = [1, "s", 1, [], [[1, "t", "T", "ت", 0, 0, [ID, GONE]]], []]

# Name, section, path into WHOLE, what stands there instead.
BROKEN = (
    ("another form", "6", (0,), 2),
    ("version 0", "1", (2,), 0),
    ("no types", "1.6", (4,), []),
    ("nil for the phrases", "6", (5,), None),
    ("name in capitals", "1.1", (4, 0, 6, 4, 1), "Count"),
    ("name of 48 bytes", "1.1", (4, 0, 6, 4, 1), "a" * 48),
    ("empty label", "1.1", (4, 0, 6, 4, 2), ""),
    ("control character in a label", "1.1", (4, 0, 6, 4, 2), "a\nb"),
    ("field id that does not ascend", "1.2", (4, 0, 6, 4, 0), 4),
    ("id 0", "1.2", (3, 0, 0), 0),
    ("id of 33 bits", "1.2", (4, 0, 0), 1 << 32),
    ("code id twice", "1.2", (3, 0, 2, 1, 0), 1),
    ("field name twice", "1.3", (4, 0, 6, 4, 1), "means"),
    ("field named like a component", "1.3", (4, 0, 6, 4, 1), "prec"),
    ("reserved name", "1.3", (4, 0, 6, 4, 1), "children"),
    ("alias of another code", "1.4", (3, 0, 2, 1, 5), ["LOW"]),
    ("no source_id", "1.5", (4, 0, 6, 0, 1), "sourceid"),
    ("source_id that is latest", "1.5", (4, 0, 6, 0, 8), 3),
    ("withdrawn that is a text", "1.5", (4, 0, 6, 1, 4), 3),
    ("parent that is no field", "1.5", (4, 0, 5), 8),
    ("parent that is no reference", "1.5", (4, 0, 5), 5),
    ("kind 0", "2", (4, 0, 6, 4, 4), 0),
    ("kind 17", "2", (4, 0, 6, 4, 4), 17),
    ("set without element", "2.1", (4, 0, 6, 3, 5), 0),
    ("set of dates", "2.1", (4, 0, 6, 3, 5), 8),
    ("element of an int", "2.1", (4, 0, 6, 4, 5), 3),
    ("code without vocabulary", "2", (4, 0, 6, 3, 6), 0),
    ("vocabulary that is not there", "2", (4, 0, 6, 3, 6), 5),
    ("vocabulary of an int", "2", (4, 0, 6, 4, 6), 4),
    ("refers to no type", "2", (4, 0, 6, 5, 7), 8),
    ("an int that refers", "2", (4, 0, 6, 4, 7), 7),
    ("min above max", "2", (4, 0, 6, 4, 10), 1000001),
    ("bounds of a reference", "2", (4, 0, 6, 5, 10), 0),
    ("date without components", "2", (4, 0, 6, 2, 12), []),
    ("date of two components", "2", (4, 0, 6, 2, 12), DATE[12][:2]),
    ("components of an int", "2", (4, 0, 6, 4, 12), DATE[12]),
    ("component that is a set", "2.1", (4, 0, 6, 2, 12, 2, 3), 6),
    ("policy 0", "3", (4, 0, 6, 4, 8), 0),
    ("policy 9", "3", (4, 0, 6, 4, 8), 9),
    ("set that is review", "3", (4, 0, 6, 3, 8), 1),
    ("int that is set", "3", (4, 0, 6, 4, 8), 4),
    ("int that is lattice", "3", (4, 0, 6, 4, 8), 7),
    ("withdrawal that is once", "3", (4, 0, 6, 1, 8), 2),
    ("sensitivity 4", "4.1", (4, 0, 6, 4, 9), 4),
    ("protected type with open fields", "4.3", (4, 0, 4), 1),
    ("compartment 2", "4.3", (4, 0, 4), 2),
    ("rank 4", "5.4", (3, 0, 2, 1, 4), 4),
    ("vocabulary without codes", "1", (3, 0, 2), []),
    ("field of twelve elements", "6", (4, 0, 6, 4), COUNT[:12]),
    ("text for a number", "6", (4, 0, 6, 4, 9), "3"),
    ("number for a text", "6", (4, 0, 6, 4, 2), 3),
)


def changed(path, value):
    """WHOLE with value at path."""
    form = copy.deepcopy(WHOLE)
    place = form
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return form


def accepted(name, data):
    compiled = s.decode(data)
    return {"name": name, "section": "schema 6", "input": {"schema": data.hex()}, "expect": {
        "name": compiled[1], "version": compiled[2], "hash": s.schema_id(data).hex(),
        "dictionary": s.c.dictionary(compiled).hex()}}


def refused(name, section, data):
    return {"name": name, "section": f"schema {section}", "input": {"schema": data.hex()},
            "error": "refused"}


def make_text():
    """The file, whole."""
    whole, small = s.c.pack(WHOLE), s.c.pack(SMALL)
    vectors = [accepted("the smallest schema", small), accepted("a schema with each part", whole)]
    vectors += [refused(name, section, s.c.pack(changed(path, value)))
                for name, section, path, value in BROKEN]
    label = whole.index(b"\xa4High")
    vectors += [
        refused("nothing", "6", b""),
        refused("one byte short", "6", whole[:-1]),
        refused("one byte more", "6", whole + b"\x00"),
        refused("array in a longer form", "6", b"\xdc\x00\x06" + whole[1:]),
        refused("int in a longer form", "6", whole[:1] + b"\xcc\x01" + whole[2:]),
        refused("str in a longer form", "6", whole[:label] + b"\xd9\x04" + whole[label + 1:]),
        refused("label that is not UTF-8", "6",
                whole[:label] + b"\xa4Hig\xff" + whole[label + 5:]),
        refused("label with U+0000", "6", whole[:label] + b"\xa4Hi\x00h" + whole[label + 5:]),
        refused("bin for a label", "6", whole[:label] + b"\xc4\x04" + whole[label + 1:]),
        refused("more codes than bytes", "6", b"\x96\x01\xa1s\x01\xdd\xff\xff\xff\xff"),
    ]
    return ('{"source": "protocol/check/make_schema.py", "vectors": [\n'
            + ",\n".join(json.dumps(vector) for vector in vectors) + "\n]}\n")


if __name__ == "__main__":
    with open(os.path.join(s.PROTOCOL, "vectors", "schema.json"), "w", encoding="utf-8") as out:
        out.write(make_text())
