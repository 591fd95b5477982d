#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Decodes compiled schemas from protocol/schema.md alone, strictly; hash and dictionary."""
import hashlib
import os
import sys

PROTOCOL = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(PROTOCOL, "schema"))
import compile as c  # noqa: E402

MSGPACK_DEPTH_MAX = 8


def unpack(data):
    """The values of data; refuses other types. Longer forms are found by packing again."""
    stack, at, whole = [], 0, None
    heads = {0xcc: 1, 0xcd: 2, 0xce: 4, 0xcf: 8, 0xd0: 1, 0xd1: 2, 0xd2: 4, 0xd3: 8,
             0xd9: 1, 0xda: 2, 0xdb: 4, 0xdc: 2, 0xdd: 4}

    def take(count):
        nonlocal at
        c.need(count <= len(data) - at, f"byte {at}", "the bytes end early")
        at += count
        return data[at - count:at]

    while at < len(data):
        c.need(whole is None, f"byte {at}", "bytes after the end")
        head = take(1)[0]
        number = int.from_bytes(take(heads.get(head, 0)), "big", signed=0xd0 <= head <= 0xd3)
        value, count = None, None
        if head < 0x80 or head >= 0xe0:
            value = head if head < 0x80 else head - 256
        elif 0xcc <= head <= 0xd3:
            value = number
        elif 0xa0 <= head < 0xc0 or head in (0xd9, 0xda, 0xdb):
            try:
                value = take(head & 31 if head < 0xc0 else number).decode("utf-8")
            except UnicodeDecodeError:
                raise c.SchemaError(f"byte {at}: not UTF-8") from None
        elif 0x90 <= head < 0xa0 or head in (0xdc, 0xdd):
            count = head & 15 if head < 0xa0 else number
            c.need(count <= len(data) - at, f"byte {at}", "more items than bytes")
            c.need(len(stack) < MSGPACK_DEPTH_MAX, f"byte {at}", "too deep")
            value = []
        else:
            c.need(head == 0xc0, f"byte {at}", "a type that is not used")
        if stack:
            stack[-1][0].append(value)
        if count:
            stack.append((value, count))
        while stack and len(stack[-1][0]) == stack[-1][1]:
            value, count = stack.pop()[0], None
        whole = value if not stack else None
        if not stack and whole is None:
            raise c.SchemaError("no array")
    c.need(isinstance(whole, list), "schema", "the bytes end early")
    return whole


def row(values, keys, place):
    fits = isinstance(values, list) and len(values) == len(keys)
    c.need(fits, place, f"not {len(keys)} elements")
    return {key: value for key, value in zip(keys, values) if value is not None}


def rows(values, keys, place):
    c.need(isinstance(values, list), place, "not an array")
    return [row(value, keys, place) for value in values]


def reach_names(item, vocabularies, types, place):
    """Numbers back to names; 0 is none."""
    for key, table in (("vocabulary", vocabularies), ("refers", types)):
        number = c.int_of(item.pop(key), place, 0, (1 << 32) - 1)
        if number:
            c.need(number in table, place, f"no {key} {number}")
            item[key] = table[number]


def named(number, table, place):
    names = {value: name for name, value in table.items()}
    c.need(isinstance(number, int) and number in names, place, "unknown kind or policy")
    return names[number]


def field_of(values, vocabularies, types):
    field = row(values, ("id", "name", "en", "ar", "kind", "element", "vocabulary", "refers",
                         "policy", "sensitivity", "min", "max", "components"), "field")
    field["components"] = rows(field["components"], (
        "name", "en", "ar", "kind", "vocabulary", "refers", "min", "max"), "component")
    for item in [field] + field["components"]:
        c.need("kind" in item and "vocabulary" in item and "refers" in item, "field", "nil")
        item["kind"] = named(item["kind"], c.KINDS, "field")
        reach_names(item, vocabularies, types, "field")
    element = field.pop("element", None)
    if element != 0:
        field["element"] = named(element, c.KINDS, "field")
    field["policy"] = named(field.get("policy"), c.POLICIES, "field")
    if not field["components"]:
        del field["components"]
    return field


def decode(data):
    """Compiled bytes to the arrays; SchemaError for whatever the text forbids."""
    try:
        return decode_arrays(data)
    except (KeyError, TypeError, AttributeError):
        raise c.SchemaError("schema: a value of another type than the text names") from None


def decode_arrays(data):
    """By way of the JSON form, whose checks then apply, and back to the same bytes."""
    c.need(len(data) <= c.SCHEMA_SIZE_MAX, "schema", f"over {c.SCHEMA_SIZE_MAX} bytes")
    form = unpack(data)
    c.need(len(form) == 6 and form[0] == c.FORM, "schema", "not of this form")
    schema = row(form[1:], ("schema", "version", "vocabularies", "types", "phrases"), "schema")
    c.need(len(schema) == 5, "schema", "nil")
    schema["vocabularies"] = rows(schema["vocabularies"], ("id", "name", "codes"), "vocabulary")
    for vocabulary in schema["vocabularies"]:
        vocabulary["codes"] = rows(vocabulary.get("codes"), (
            "id", "code", "en", "ar", "rank", "aliases"), "code")
    schema["types"] = rows(schema["types"], (
        "id", "name", "en", "ar", "compartment", "parent", "fields"), "type")
    names = [{item.get("id"): item.get("name") for item in schema[key]}
             for key in ("vocabularies", "types")]
    for record in schema["types"]:
        c.need(isinstance(record.get("fields"), list), "type", "no fields")
        record["fields"] = [field_of(values, *names) for values in record["fields"]]
        fields = {field["id"]: field["name"] for field in record["fields"] if "name" in field}
        parent = record.get("parent")
        c.need(parent == 0 or parent in fields, "type", "no field of it names the parent")
        record["parent"] = fields[parent] if parent else None
    compiled = c.compile_schema(schema)
    c.need(c.pack(compiled) == data, "schema", "not its one encoding")
    return compiled


def schema_id(data):
    """H(POLICY, compiled bytes)."""
    return hashlib.blake2b(data, digest_size=32, person=b"mirsal1.policy").digest()
