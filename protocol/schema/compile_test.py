#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""compile.py: bad schemas are refused by name, good ones give the bytes of protocol/schema.md."""
import copy
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import compile as compiler  # noqa: E402

SMALL = {
    "schema": "test.small", "version": 3,
    "vocabularies": [{"id": 2, "name": "colour", "codes": [
        {"id": 1, "code": "red", "en": "Red", "ar": "أحمر", "aliases": ["crimson"]},
        {"id": 5, "code": "blue", "en": "Blue", "ar": "أزرق", "rank": 2}]}],
    "types": [{"id": 7, "name": "thing", "en": "Thing", "ar": "شيء", "parent": None, "fields": [
        {"id": 701, "name": "source_id", "kind": "text", "policy": "once", "sensitivity": 1,
         "en": "Source id", "ar": "معرّف"},
        {"id": 702, "name": "withdrawn", "kind": "withdrawal", "policy": "review", "sensitivity": 1,
         "en": "Withdrawn", "ar": "مسحوب"},
        {"id": 703, "name": "colour", "kind": "code", "vocabulary": "colour", "policy": "review",
         "sensitivity": 0, "en": "Colour", "ar": "لون"},
        {"id": 704, "name": "size", "kind": "tuple", "policy": "review", "sensitivity": 3,
         "en": "Size", "ar": "حجم", "components": [
             {"name": "size_min", "kind": "int", "en": "Least", "ar": "الأدنى", "min": -1,
              "max": 70000},
             {"name": "size_max", "kind": "int", "en": "Most", "ar": "الأعلى"}]}]}],
    "phrases": ["in the village of"],
}


def changed(path, value):
    """SMALL with the item at path replaced; value None removes it."""
    schema = copy.deepcopy(SMALL)
    place = schema
    for step in path[:-1]:
        place = place[step]
    if value is None and path[-1] != "parent":
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return schema


FIELD = ("types", 0, "fields", 2)
TUPLE = ("types", 0, "fields", 3)
CODE = ("vocabularies", 0, "codes", 0)
REFUSED = {
    "no version": (("version",), None),
    "unknown key": (("extra",), 1),
    "version 0": (("version",), 0),
    "flag for a number": (("version",), True),
    "no types": (("types",), []),
    "id that does not ascend": (CODE + ("id",), 5),
    "field id that does not ascend": (FIELD + ("id",), 702),
    "id of more than 32 bits": (("types", 0, "id"), 1 << 32),
    "name in capitals": (FIELD + ("name",), "Colour"),
    "name of 48 bytes": (FIELD + ("name",), "a" * 48),
    "reserved name": (FIELD + ("name",), "children"),
    "name twice": (FIELD + ("name",), "source_id"),
    "component named like a field": (TUPLE + ("components", 0, "name"), "colour"),
    "component twice": (TUPLE + ("components", 0, "name"), "size_max"),
    "unknown kind": (FIELD + ("kind",), "float"),
    "unknown policy": (FIELD + ("policy",), "newest"),
    "unknown vocabulary": (FIELD + ("vocabulary",), "shape"),
    "code without vocabulary": (FIELD + ("vocabulary",), None),
    "vocabulary of a text": (("types", 0, "fields", 0, "vocabulary"), "colour"),
    "sensitivity 4": (FIELD + ("sensitivity",), 4),
    "no Arabic label": (FIELD + ("ar",), None),
    "Arabic label in Latin": (FIELD + ("ar",), "Colour"),
    "empty label": (FIELD + ("en",), " "),
    "control character": (FIELD + ("en",), "Col\nour"),
    "code that is set": (FIELD + ("policy",), "set"),
    "text that is lattice": (("types", 0, "fields", 0, "policy"), "lattice"),
    "element of a code": (FIELD + ("element",), "code"),
    "tuple without components": (TUPLE + ("components",), None),
    "date with a tuple's components": (TUPLE + ("kind",), "date"),
    "components of a code": (FIELD + ("components",), SMALL["types"][0]["fields"][3]["components"]),
    "component that is a set": (TUPLE + ("components", 0, "kind"), "set"),
    "min above max": (TUPLE + ("components", 0, "min"), 70001),
    "bounds of a code": (FIELD + ("min",), 0),
    "refers of a code": (FIELD + ("refers",), "thing"),
    "parent that is no field": (("types", 0, "parent"), "nothing"),
    "parent that is no reference": (("types", 0, "parent"), "colour"),
    "type without withdrawn": (("types", 0, "fields", 1, "name"), "gone"),
    "source_id that may change": (("types", 0, "fields", 0, "policy"), "latest"),
    "protected type with an open field": (("types", 0, "compartment"), 1),
    "alias of another code": (CODE + ("aliases",), ["BLUE"]),
    "alias twice": (CODE + ("aliases",), ["crimson", "Crimson"]),
    "label of another code": (CODE + ("en",), "blue"),
    "rank of no role": (CODE + ("rank",), 4),
    "vocabulary without codes": (("vocabularies", 0, "codes"), []),
    "phrase that is no text": (("phrases",), [7]),
}


class Refused(unittest.TestCase):
    def test_each_breach_is_named(self):
        for name, (path, value) in REFUSED.items():
            with self.subTest(name):
                with self.assertRaises(compiler.SchemaError) as caught:
                    compiler.compile_schema(changed(path, value))
                self.assertIn(":", str(caught.exception))

    def test_a_key_twice(self):
        with self.assertRaises(compiler.SchemaError):
            compiler.read_object([("id", 1), ("id", 2)])

    def test_a_field_id_in_two_types(self):
        schema = copy.deepcopy(SMALL)
        twin = copy.deepcopy(schema["types"][0])
        twin.update(id=8, name="twin")
        schema["types"].append(twin)
        with self.assertRaisesRegex(compiler.SchemaError, "field id 701 twice"):
            compiler.compile_schema(schema)


class Compiled(unittest.TestCase):
    def test_shape(self):
        form = compiler.compile_schema(SMALL)
        self.assertEqual(form[:3], [1, "test.small", 3])
        self.assertEqual(form[3], [[2, "colour", [[1, "red", "Red", "أحمر", 0, ["crimson"]],
                                                  [5, "blue", "Blue", "أزرق", 2, []]]]])
        self.assertEqual(form[4][0][6][2], [703, "colour", "Colour", "لون", 2, 0, 2, 0, 1, 0,
                                            None, None, []])
        self.assertEqual(form[4][0][6][3][12][0],
                         ["size_min", "Least", "الأدنى", 1, 0, 0, -1, 70000])

    def test_shortest_forms(self):
        for value, data in ((0, "00"), (127, "7f"), (128, "cc80"), (256, "cd0100"),
                            (65536, "ce00010000"), (1 << 32, "cf0000000100000000"),
                            (-1, "ff"), (-32, "e0"), (-33, "d0df"),
                            (-129, "d1ff7f"), (-32769, "d2ffff7fff"), (None, "c0"),
                            ("", "a0"), ([], "90"), ("a" * 31, "bf" + "61" * 31),
                            ("a" * 32, "d920" + "61" * 32),
                            ([0] * 16, "dc0010" + "00" * 16)):
            self.assertEqual(compiler.pack(value).hex(), data)

    def test_dictionary(self):
        words = ["Red", "أحمر", "Blue", "أزرق", "Thing", "شيء", "Source id", "معرّف",
                 "Withdrawn", "مسحوب", "Colour", "لون", "Size", "حجم", "in the village of"]
        self.assertEqual(compiler.dictionary(compiler.compile_schema(SMALL)),
                         "".join(word + " " for word in words).encode())

    def test_dictionary_keeps_the_end(self):
        schema = changed(("phrases",), ["x" * 40000, "the end"])
        data = compiler.dictionary(compiler.compile_schema(schema))
        self.assertEqual(len(data), 32768)
        self.assertTrue(data.endswith(b"x the end "))

    def test_the_default_schema(self):
        schema = compiler.load(os.path.join(HERE, "incident.json"))
        form = compiler.compile_schema(schema)
        self.assertEqual([record[1] for record in form[4]], [
            "incident", "observation", "source", "report", "casualty", "victim", "attribution",
            "equipment", "toll", "media", "custody", "actor", "place", "assessment", "link",
            "note"])
        for record in form[4]:
            for field in record[6]:
                self.assertEqual(field[0] // 100, record[0])


if __name__ == "__main__":
    unittest.main()
