#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles a schema (protocol/schema.md) from JSON to its MessagePack form.

    compile.py IN.json OUT.h            the bytes as a C array, for the build
    compile.py --check IN.json          names what is wrong, or says how large it is
    compile.py --bytes IN.json OUT      the bytes alone
    compile.py --dictionary IN.json     the preset dictionary, to stdout
"""
import json
import re
import sys

FORM = 1
SCHEMA_SIZE_MAX = 262144
SCHEMA_ITEMS_MAX = 16384
SCHEMA_TYPE_ID_MAX = 4095
SCHEMA_NAMES_MAX = 1500
DICTIONARY_SIZE_MAX = 32768
NAME_SIZE_MAX = 47
COMPONENTS_MAX = 16

KINDS = {name: number for number, name in enumerate(
    "int code text langtext names set ref date point tuple time list bytes32 flag day "
    "withdrawal".split(), 1)}
POLICIES = {name: number for number, name in enumerate(
    "review once latest set log ranked lattice derived".split(), 1)}
ELEMENTS = ("code", "ref", "text", "tuple")
COMPONENT_KINDS = ("int", "code", "text", "ref", "day", "flag")
FIXED_COMPONENTS = {"date": ["day", "day", "code"], "point": ["int", "int", "code", "code"]}
REQUIRED_FIELDS = (("source_id", "text", "once"), ("withdrawn", "withdrawal", "review"))
RESERVED = {"type", "id", "children", "meta", "conflicts", "history"}


class SchemaError(Exception):
    """What is wrong, beginning with the place: vocabulary, type or field."""


def need(condition, place, text):
    if not condition:
        raise SchemaError(f"{place}: {text}")


# --- strict MessagePack (protocol/encoding.md) ---

def pack_int(value):
    if 0 <= value < 1 << 7:
        return bytes([value])
    if -32 <= value < 0:
        return bytes([256 + value])
    if value >= 0:
        for size, head in ((1, 0xcc), (2, 0xcd), (4, 0xce), (8, 0xcf)):
            if value < 1 << 8 * size:
                return bytes([head]) + value.to_bytes(size, "big")
    for size, head in ((1, 0xd0), (2, 0xd1), (4, 0xd2), (8, 0xd3)):
        if value >= -(1 << 8 * size - 1):
            return bytes([head]) + value.to_bytes(size, "big", signed=True)
    raise SchemaError("integer of more than 64 bits")


def pack(value):
    """nil, int, str, list; every length in its shortest form."""
    if value is None:
        return b"\xc0"
    if isinstance(value, int) and not isinstance(value, bool):
        return pack_int(value)
    if isinstance(value, str):
        data = value.encode("utf-8")
        if len(data) < 32:
            return bytes([0xa0 | len(data)]) + data
        for size, head in ((1, 0xd9), (2, 0xda), (4, 0xdb)):
            if len(data) < 1 << 8 * size:
                return bytes([head]) + len(data).to_bytes(size, "big") + data
    if isinstance(value, list):
        if len(value) < 16:
            head = bytes([0x90 | len(value)])
        elif len(value) < 1 << 16:
            head = b"\xdc" + len(value).to_bytes(2, "big")
        else:
            head = b"\xdd" + len(value).to_bytes(4, "big")
        return head + b"".join(pack(item) for item in value)
    raise SchemaError(f"cannot pack {type(value).__name__}")


# --- reading the JSON ---

def read_object(pairs):
    keys = [key for key, _ in pairs]
    for key in keys:
        need(keys.count(key) == 1, key, "key twice in one object")
    return dict(pairs)


def load(path):
    with open(path, encoding="utf-8") as file:
        try:
            return json.load(file, object_pairs_hook=read_object)
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise SchemaError(f"not JSON: {error}") from None


def keys_of(item, place, required, optional=()):
    need(isinstance(item, dict), place, "not an object")
    for key in required:
        need(key in item, place, f"{key} is missing")
    for key in item:
        need(key in required or key in optional, place, f"unknown key {key}")


def name_of(item, place, key="name"):
    name = item[key]
    need(isinstance(name, str) and re.fullmatch(r"[a-z][a-z0-9_]*", name), place, f"bad {key}")
    need(len(name) <= NAME_SIZE_MAX, place, f"{key} too long")
    return name


def text_of(value, place):
    need(isinstance(value, str) and value.strip() != "", place, "empty or no text")
    need(not re.search(r"[\x00-\x1f\x7f]", value), place, "control character in text")
    return value


def labels_of(item, place):
    for key in ("en", "ar"):
        need(key in item, place, f"label {key} is missing")
    arabic = re.search("[\u0600-\u06ff]", text_of(item["ar"], place))
    need(arabic, place, "label ar is not Arabic")
    return [text_of(item["en"], place), text_of(item["ar"], place)]


def int_of(value, place, low, high):
    need(isinstance(value, int) and not isinstance(value, bool), place, "not an integer")
    need(low <= value <= high, place, f"not from {low} to {high}")
    return value


def ascend(items, place):
    """The items' ids ascend, so that their order is part of the text."""
    need(isinstance(items, list), place, "not an array")
    need(len(items) <= SCHEMA_ITEMS_MAX, place, "too many")
    last = 0
    for item in items:
        need(isinstance(item, dict) and "id" in item, place, "an item without id")
        number = int_of(item["id"], place, 1, (1 << 32) - 1)
        need(number > last, place, f"id {number} does not ascend, or is there twice")
        last = number


def fold(text):
    """ASCII case only: the rule for comparing codes and labels."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


# --- from JSON to the arrays of the compiled form ---

def compile_code(code, place):
    keys_of(code, place, ("id", "code", "en", "ar"), ("rank", "aliases"))
    name = name_of(code, place, "code")
    place = f"{place}, code {name}"
    rank = int_of(code.get("rank", 0), place, 0, 3)
    aliases = code.get("aliases", [])
    need(isinstance(aliases, list), place, "aliases is not an array")
    return [code["id"], name, *labels_of(code, place), rank, [text_of(a, place) for a in aliases]]


def compile_vocabulary(vocabulary):
    keys_of(vocabulary, "vocabulary", ("id", "name", "codes"))
    place = f"vocabulary {name_of(vocabulary, 'vocabulary')}"
    ascend(vocabulary["codes"], place)
    need(vocabulary["codes"], place, "no codes")
    codes = [compile_code(code, place) for code in vocabulary["codes"]]
    seen = {}
    for code in codes:
        own = [code[1], code[2], code[3]]
        for text in own + code[5]:
            other = seen.setdefault(fold(text), code[1])
            need(other == code[1], place, f"{text!r} fits both {other} and {code[1]}")
        spellings = [fold(text) for text in code[5]]
        repeated = set(spellings) & {fold(text) for text in own}
        need(len(set(spellings)) == len(spellings) and not repeated, place,
             f"code {code[1]} has an alias twice")
    return [vocabulary["id"], vocabulary["name"], codes]


def compile_bounds(item, place, kind):
    low, high = item.get("min"), item.get("max")
    need(kind in ("int", "day") or (low is None and high is None), place, "min or max of no number")
    for bound in (low, high):
        if bound is not None:
            int_of(bound, place, -(1 << 63), (1 << 63) - 1)
    need(low is None or high is None or low <= high, place, "min above max")
    return [low, high]


def compile_reach(item, place, kind, names):
    """Numbers of the vocabulary and of the type that a code or a reference is of."""
    vocabularies, types = names
    vocabulary, refers = item.get("vocabulary"), item.get("refers")
    need((vocabulary is not None) == (kind in ("code", "names")), place,
         "a code, and names, have a vocabulary; nothing else")
    need(vocabulary is None or vocabulary in vocabularies, place, f"no vocabulary {vocabulary}")
    need(refers is None or kind == "ref", place, "refers of no reference")
    need(refers is None or refers in types, place, f"no type {refers}")
    return [vocabularies[vocabulary] if vocabulary else 0, types[refers] if refers else 0]


def compile_component(component, place, names):
    keys_of(component, place, ("name", "kind", "en", "ar"), ("vocabulary", "refers", "min", "max"))
    place = f"{place}, component {name_of(component, place)}"
    kind = component["kind"]
    need(kind in COMPONENT_KINDS, place, f"kind {kind} cannot be a component")
    return [component["name"], *labels_of(component, place), KINDS[kind],
            *compile_reach(component, place, kind, names), *compile_bounds(component, place, kind)]


def compile_components(field, place, names):
    kind, element = field["kind"], field.get("element")
    given = field.get("components", [])
    need(isinstance(given, list), place, "components is not an array")
    need(len(given) <= COMPONENTS_MAX, place, "too many components")
    has = kind in FIXED_COMPONENTS or "tuple" in (kind, element)
    need(bool(given) == has, place, "date, point and tuples have components; nothing else")
    components = [compile_component(component, place, names) for component in given]
    if kind in FIXED_COMPONENTS:
        need([component["kind"] for component in given] == FIXED_COMPONENTS[kind], place,
             f"a {kind} has the components {', '.join(FIXED_COMPONENTS[kind])}")
    inner = [component["name"] for component in given]
    need(len(set(inner)) == len(inner), place, "a component's name twice")
    return components


def check_policy(field, place):
    kind, policy = field["kind"], field["policy"]
    need(policy in POLICIES, place, f"unknown policy {policy}")
    if kind in ("set", "names"):
        need(policy in ("set", "log", "derived"), place, f"a {kind} cannot be {policy}")
    else:
        need(policy not in ("set", "log"), place, f"a {kind} cannot be {policy}")
    need(policy != "lattice" or kind == "code", place, "only a code can be lattice")
    need(kind != "withdrawal" or policy == "review", place, "a withdrawal is review")


def compile_field(field, place, names):
    keys_of(field, place, ("id", "name", "kind", "policy", "sensitivity", "en", "ar"),
            ("element", "vocabulary", "components", "refers", "min", "max"))
    name = name_of(field, place)
    place = f"{place}, field {name}"
    need(name not in RESERVED, place, "the name is reserved")
    kind, element = field["kind"], field.get("element")
    need(kind in KINDS, place, f"unknown kind {kind}")
    need((element is not None) == (kind in ("set", "list")), place,
         "sets and lists have an element; nothing else")
    need(element is None or element in ELEMENTS, place, f"unknown element {element}")
    check_policy(field, place)
    sensitivity = int_of(field["sensitivity"], place, 0, 3)
    return [field["id"], name, *labels_of(field, place),
            KINDS[kind], KINDS[element] if element else 0,
            *compile_reach(field, place, element or kind, names),
            POLICIES[field["policy"]], sensitivity,
            *compile_bounds(field, place, kind), compile_components(field, place, names)]


def check_type(record, place):
    """Names of fields and registers' components share one namespace; what every type must have."""
    fields = {field["name"]: field for field in record["fields"]}
    names = [field["name"] for field in record["fields"]]
    for field in record["fields"]:
        if field["kind"] in ("date", "point", "tuple"):
            names += [component["name"] for component in field["components"]]
    need(record["id"] <= SCHEMA_TYPE_ID_MAX, place, f"its id is above {SCHEMA_TYPE_ID_MAX}")
    need(len(names) <= SCHEMA_NAMES_MAX, place, f"more than {SCHEMA_NAMES_MAX} names")
    for name in names:
        need(names.count(name) == 1, place, f"the name {name} twice")
        need(name not in RESERVED, place, f"the name {name} is reserved")
    for name, kind, policy in REQUIRED_FIELDS:
        field = fields.get(name)
        need(field and (field["kind"], field["policy"]) == (kind, policy), place,
             f"no {name} ({kind}, {policy})")
    for field in record["fields"]:
        need(not record.get("compartment") or field["sensitivity"] >= 2, place,
             f"field {field['name']} of a protected type is not S2 or S3")
    parent = record["parent"]
    need(parent is None or parent in fields, place, f"no field {parent} to name the parent")
    if parent:
        need("ref" in (fields[parent]["kind"], fields[parent].get("element")), place,
             "parent is no reference")
    return fields[parent]["id"] if parent else 0


def compile_type(record, names):
    keys_of(record, "type", ("id", "name", "en", "ar", "parent", "fields"), ("compartment",))
    place = f"type {name_of(record, 'type')}"
    compartment = int_of(record.get("compartment", 0), place, 0, 1)
    ascend(record["fields"], place)
    fields = [compile_field(field, place, names) for field in record["fields"]]
    parent = check_type(record, place)
    return [record["id"], record["name"], *labels_of(record, place), compartment, parent, fields]


def number_by_name(items, place):
    ascend(items, place)
    names = [name_of(item, place) for item in items if "name" in item]
    need(len(set(names)) == len(names) == len(items), place, "a name is missing or there twice")
    return {item["name"]: item["id"] for item in items}


def compile_schema(schema):
    keys_of(schema, "schema", ("schema", "version", "vocabularies", "types", "phrases"))
    text_of(schema["schema"], "schema")
    need(len(schema["schema"]) <= NAME_SIZE_MAX, "schema", "name too long")
    version = int_of(schema["version"], "version", 1, (1 << 32) - 1)
    names = (number_by_name(schema["vocabularies"], "vocabularies"),
             number_by_name(schema["types"], "types"))
    need(schema["types"], "schema", "no types")
    vocabularies = [compile_vocabulary(vocabulary) for vocabulary in schema["vocabularies"]]
    types = [compile_type(record, names) for record in schema["types"]]
    ids = [field[0] for record in types for field in record[6]]
    for number in ids:
        need(ids.count(number) == 1, "schema", f"field id {number} twice")
    for count in (len(ids), sum(len(v[2]) for v in vocabularies), len(schema["phrases"])):
        need(count <= SCHEMA_ITEMS_MAX, "schema", "too many fields, codes or phrases")
    need(isinstance(schema["phrases"], list), "phrases", "not an array")
    phrases = [text_of(phrase, "phrases") for phrase in schema["phrases"]]
    compiled = [FORM, schema["schema"], version, vocabularies, types, phrases]
    need(len(pack(compiled)) <= SCHEMA_SIZE_MAX, "schema", f"over {SCHEMA_SIZE_MAX} bytes")
    return compiled


def dictionary(compiled):
    """protocol/schema.md 7: labels, phrases, each followed by a space; the last bytes count."""
    words = []
    for vocabulary in compiled[3]:
        for code in vocabulary[2]:
            words += code[2:4]
    for record in compiled[4]:
        words += record[2:4]
        for field in record[6]:
            words += field[2:4]
    words += compiled[5]
    return "".join(word + " " for word in words).encode("utf-8")[-DICTIONARY_SIZE_MAX:]


# --- writing ---

def write_header(data, version, path):
    with open(path, "w", encoding="utf-8") as out:
        out.write("/* Compiled by protocol/schema/compile.py; one file alone includes it. */\n"
                  "#ifndef MIR_SCHEMA_DEFAULT_H\n#define MIR_SCHEMA_DEFAULT_H\n\n"
                  "#include <stdint.h>\n\n"
                  f"#define MIR_SCHEMA_DEFAULT_VERSION {version}u\n\n"
                  f"static const uint8_t mir_schema_default[{len(data)}] = {{\n")
        for at in range(0, len(data), 16):
            out.write("    " + ", ".join(f"0x{byte:02x}" for byte in data[at:at + 16]) + ",\n")
        out.write("};\n\n#endif\n")


def main(arguments):
    try:
        if len(arguments) == 2 and arguments[0] in ("--check", "--dictionary"):
            compiled = compile_schema(load(arguments[1]))
            if arguments[0] == "--dictionary":
                sys.stdout.buffer.write(dictionary(compiled))
            else:
                print(f"{compiled[1]} version {compiled[2]}: {len(compiled[4])} types, "
                      f"{sum(len(record[6]) for record in compiled[4])} fields, "
                      f"{len(compiled[3])} vocabularies, "
                      f"{sum(len(v[2]) for v in compiled[3])} codes, {len(pack(compiled))} bytes, "
                      f"dictionary {len(dictionary(compiled))} bytes")
        elif len(arguments) == 3 and arguments[0] == "--bytes":
            data = pack(compile_schema(load(arguments[1])))
            with open(arguments[2], "wb") as out:
                out.write(data)
        elif len(arguments) == 2:
            compiled = compile_schema(load(arguments[0]))
            write_header(pack(compiled), compiled[2], arguments[1])
        else:
            print(__doc__, file=sys.stderr)
            return 2
    except SchemaError as error:
        print(f"compile.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
