#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Judges every vector of protocol/vectors/schema.json with schema.py; the default schema too."""
import json
import os
import unittest

import make_schema
import schema as s


class Vectors(unittest.TestCase):
    def setUp(self):
        with open(os.path.join(s.PROTOCOL, "vectors", "schema.json"), encoding="utf-8") as file:
            self.text = file.read()

    def test_the_file_is_what_make_schema_writes(self):
        self.assertEqual(self.text, make_schema.make_text())

    def test_each_is_judged_as_it_says(self):
        for vector in json.loads(self.text)["vectors"]:
            data = bytes.fromhex(vector["input"]["schema"])
            with self.subTest(vector["name"]):
                if "error" in vector:
                    with self.assertRaises(s.c.SchemaError):
                        s.decode(data)
                else:
                    self.assertEqual(s.c.pack(s.decode(data)), data)

    def test_the_default_schema_comes_back(self):
        path = os.path.join(s.PROTOCOL, "schema", "incident.json")
        data = s.c.pack(s.c.compile_schema(s.c.load(path)))
        self.assertEqual(s.c.pack(s.decode(data)), data)


if __name__ == "__main__":
    unittest.main()
