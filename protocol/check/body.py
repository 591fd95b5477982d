# SPDX-License-Identifier: Apache-2.0
"""The clear body of a data changeset, from protocol/changeset.md 3 to 5: columns, leaves, root.

In memory a Body has creates [(type, number)], writes {(record, field, key): (key_form, value)}
per created record, and edits [(record, field, key, value, [names])]; key and value are Python
values with long references, key None for none.
"""
import hashlib

import primitives as p
from primitives import LIMITS
from encoding import I64_MAX, I64_MIN, depth, is_bin, is_uint, need, pack, unpack

U32 = 2**32 - 1


def record_id(device, compartment, base, kind, number):
    """changeset.md 3.1."""
    data = device + bytes([compartment]) + base
    data += kind.to_bytes(4, "big") + number.to_bytes(4, "big")
    out = bytearray(hashlib.blake2b(data, digest_size=32, person=p.context_bytes("RECORD"))
                    .digest()[:16])
    out[6] = out[6] & 0x0f | 0x80
    out[8] = out[8] & 0x3f | 0x80
    return bytes(out)


class Body:
    """A clear body, decoded or to be encoded."""

    def __init__(self, stamp, base):
        self.stamp, self.base = stamp, base
        self.creates = []  # (type, number, id), ascending by type, number
        self.writes = []   # (place of the record, field, key_form, key, value)
        self.edits = []    # (record, field, key, value, [16-byte names])

    def ids(self):
        """Ids of the created records, by place."""
        return [create[2] for create in self.creates]


# --- references -----------------------------------------------------------------------------------

def shorten(value, places):
    """Long references to records of this body → short ones."""
    if isinstance(value, list):
        return [shorten(item, places) for item in value]
    if is_bin(value, 16) and value in places:
        place = places[value]
        return place.to_bytes(max(1, (place.bit_length() + 7) // 8), "big")
    return value


def lengthen(value, ids):
    """Short references → long ones; refuses what 3.4 refuses."""
    if isinstance(value, list):
        return [lengthen(item, ids) for item in value]
    if isinstance(value, int):
        need(I64_MIN <= value <= I64_MAX, why="integer out of range")
    if isinstance(value, str):
        need(len(value.encode()) <= LIMITS["TEXT_SIZE_MAX"], "LIMIT", "text")
    if not isinstance(value, bytes) or len(value) == 32:
        return value
    if len(value) == 16:
        need(value not in ids, why="long reference to a record of this body")
        return value
    need(1 <= len(value) <= 4 and (len(value) == 1 or value[0] != 0), why="reference")
    place = int.from_bytes(value, "big")
    need(place < len(ids), why="reference to no record")
    return ids[place]


def check_size(value):
    """changeset.md 3.5 and the depth of a domain value."""
    need(depth(value) <= LIMITS["MSGPACK_DEPTH_MAX"], "LIMIT", "depth")
    need(len(pack(value)) <= LIMITS["VALUE_SIZE_MAX"], "LIMIT", "value")
    return value


# --- columns --------------------------------------------------------------------------------------

def deltas(values):
    """First as is, then differences; None where one does not fit."""
    out, last = [], None
    for value in values:
        if value is None:
            out.append(None)
            continue
        out.append(value if last is None else value - last)
        last = value
        if not I64_MIN <= out[-1] <= I64_MAX:
            return None
    return out


def sums(values):
    """The reverse of deltas; refuses an overflow."""
    out, last = [], None
    for value in values:
        if value is None:
            out.append(None)
            continue
        need(isinstance(value, int) and I64_MIN <= value <= I64_MAX, why="integer column")
        last = value if last is None else last + value
        need(I64_MIN <= last <= I64_MAX, why="sum overflows")
        out.append(last)
    return out


def encode_cells(cells):
    """(form, data) of a key_form 0 column."""
    present = [cell for cell in cells if cell is not None]
    if all(isinstance(cell, int) for cell in present):
        data = deltas(cells)
        if data is not None:
            return 1, data
    parts = tuple_parts(present)
    if parts is not None:
        flags = None if len(present) == len(cells) else [int(cell is not None) for cell in cells]
        return 2, [len(parts), flags] + parts
    return 0, cells


def tuple_parts(present):
    """The parts of form 2, or None."""
    if not all(isinstance(cell, list) for cell in present):
        return None
    size = len(present[0])
    if size < 1 or any(len(cell) != size for cell in present):
        return None
    if not all(item is None or isinstance(item, int) for cell in present for item in cell):
        return None
    parts = [deltas([cell[i] for cell in present]) for i in range(size)]
    return None if any(part is None for part in parts) else parts


def decode_cells(form, data, count):
    """Cells of a key_form 0 column; the form must be the one its values decide."""
    need(isinstance(data, list), why="column data")
    if form == 2:
        cells = decode_tuples(data, count)
    else:
        need(form in (0, 1) and len(data) == count, why="column form")
        cells = sums(data) if form == 1 else data
    need(any(cell is not None for cell in cells), why="column without a write")
    need(encode_cells(cells) == (form, data), why="another form is due")
    return cells


def decode_tuples(data, count):
    """Form 2."""
    need(len(data) >= 3 and is_uint(data[0]) and len(data) == data[0] + 2, why="tuple column")
    flags = [1] * count if data[1] is None else data[1]
    need(isinstance(flags, list) and len(flags) == count and all(f in (0, 1) for f in flags)
         and (data[1] is None or 0 in flags), why="tuple presence")
    for part in data[2:]:
        need(isinstance(part, list) and len(part) == sum(flags), why="tuple part")
    rows = iter(zip(*[sums(part) for part in data[2:]]))
    return [list(next(rows)) if flag else None for flag in flags]


# --- encode and decode ----------------------------------------------------------------------------

def encode(body, left=False):
    """The clear body's bytes; left: of what is left of one (10.2), each record's number."""
    body.creates.sort()
    places = {record: place for place, record in enumerate(body.ids())}
    refs = sorted({name for edit in body.edits for name in edit[4]})
    creates, start = [], 0
    while start < len(body.creates):
        kind, first, _ = body.creates[start]
        count = sum(1 for create in body.creates if create[0] == kind)
        writes = [w for w in body.writes if start <= w[0] < start + count]
        numbers = [n for _, n, _ in body.creates[start:start + count]]
        creates.append(([kind, numbers] if left else [kind, first, count])
                       + [encode_columns(writes, start, count, places)])
        start += count
    edits = []
    body.edits.sort(key=lambda e: pack(e[0]) + pack(e[1]) + pack(e[2]))
    for record, field, key, value, names in body.edits:
        edits.append([record, field, shorten(key, places), shorten(value, places),
                      sorted(refs.index(name) for name in names)])
    return pack([refs, body.stamp, body.base, creates, edits])


def encode_columns(writes, start, count, places):
    """The columns of one entry of creates."""
    columns = []
    for field in sorted({write[1] for write in writes}):
        mine = [write for write in writes if write[1] == field]
        key_form, cells = mine[0][2], [None] * count
        for place, _, _, key, value in sorted(mine, key=lambda w: (w[0], pack(w[3]))):
            if key_form == 0:
                cells[place - start] = value
            else:
                cell = cells[place - start] or []
                cells[place - start] = cell + [[key, value] if key_form == 1 else key]
        # References stay what they are while the form is decided: a bin is neither int nor tuple.
        form, data = encode_cells(cells) if key_form == 0 else (0, cells)
        columns.append([field, key_form, form, shorten(data, places)])
    return columns


def decode(clear, device, compartment, left=False):
    """A Body, or Refused; left: of what is left of one (10.2)."""
    whole = unpack(clear, structure=6)
    need(isinstance(whole, list) and len(whole) == 5, why="body")
    refs, stamp, base, creates, edits = whole
    need(isinstance(refs, list) and all(is_bin(ref, 16) for ref in refs), why="refs")
    need(all(a < b for a, b in zip(refs, refs[1:])), why="order of refs")
    need(len(refs) <= LIMITS["REFS_MAX"], "LIMIT", "refs")
    need(is_uint(stamp) and is_bin(base, 8), why="stamp or base")
    need(isinstance(creates, list) and isinstance(edits, list), why="creates or edits")
    need(left or creates or edits, why="nothing in it")
    body = Body(stamp, base)
    last, parts = -1, []
    for entry in creates:
        need(isinstance(entry, list) and len(entry) == (3 if left else 4), why="create")
        kind, numbers, columns = entry[0], entry_numbers(entry[1:-1], left), entry[-1]
        need(is_uint(kind, U32) and kind > last, why="order of types")
        need(isinstance(columns, list), why="columns")
        last = kind
        body.creates += [(kind, n, record_id(device, compartment, base, kind, n))
                         for n in numbers]
        parts.append((len(numbers), columns))
    need(len(body.creates) <= LIMITS["LEAVES_MAX"], "LIMIT", "records")
    ids, start = body.ids(), 0
    for count, columns in parts:
        decode_columns(body, columns, start, count, ids)
        start += count
    decode_edits(body, edits, refs, ids)
    need(len(leaf_values(1, body)) <= LIMITS["LEAVES_MAX"], "LIMIT", "leaves")
    return body


def entry_numbers(given, left):
    """Numbers of the records of one entry: [first, count], or left [[number…]]."""
    if left:
        numbers = given[0]
        need(isinstance(numbers, list) and numbers and all(is_uint(n, U32) for n in numbers)
             and all(a < b for a, b in zip(numbers, numbers[1:])), why="numbers of records")
        return numbers
    first, count = given
    need(is_uint(first, U32) and is_uint(count) and count >= 1 and first + count - 1 <= U32,
         why="numbers of records")
    need(count <= LIMITS["LEAVES_MAX"], "LIMIT", "records")
    return range(first, first + count)


def decode_columns(body, columns, start, count, ids):
    """The writes of one entry of creates."""
    last = -1
    for column in columns:
        need(isinstance(column, list) and len(column) == 4, why="column")
        field, key_form, form, data = column
        need(is_uint(field, U32) and field > last and key_form in (0, 1, 2), why="column head")
        last = field
        if key_form == 0:
            cells = decode_cells(form, data, count)
        else:
            need(form == 0 and isinstance(data, list) and len(data) == count, why="keyed column")
            cells = data
            need(any(cell is not None for cell in cells), why="column without a write")
        for place, cell in enumerate(cells):
            if cell is not None:
                add_cell(body, start + place, field, key_form, cell, ids)


def add_cell(body, place, field, key_form, cell, ids):
    """The writes of one cell."""
    if key_form == 0:
        body.writes.append((place, field, 0, None, check_size(lengthen(cell, ids))))
        return
    need(isinstance(cell, list) and cell, why="keyed cell")
    last = b""
    for item in cell:
        if key_form == 1:
            need(isinstance(item, list) and len(item) == 2 and item[1] is not None,
                 why="keyed text")
        key, value = item if key_form == 1 else (item, 1)
        need(key is not None, why="nil key")
        key = check_size(lengthen(key, ids))
        need(pack(key) > last, why="order of keys")
        last = pack(key)
        value = check_size(lengthen(value, ids)) if key_form == 1 else 1
        body.writes.append((place, field, key_form, key, value))


def decode_edits(body, edits, refs, ids):
    """edits, with every ref used."""
    last, used = b"", set()
    for edit in edits:
        need(isinstance(edit, list) and len(edit) == 5, why="edit")
        record, field, key, value, parents = edit
        need(is_bin(record, 16) and record not in ids, why="record of an edit")
        need(is_uint(field, U32) and value is not None, why="edit")
        key = check_size(lengthen(key, ids))
        order = pack(record) + pack(field) + pack(key)
        need(order > last, why="order of edits")
        last = order
        need(isinstance(parents, list) and all(is_uint(p) and p < len(refs) for p in parents)
             and all(a < b for a, b in zip(parents, parents[1:])), why="parents")
        need(len(parents) <= LIMITS["PARENTS_MAX"], "LIMIT", "parents")
        used.update(parents)
        body.edits.append((record, field, key, check_size(lengthen(value, ids)),
                           [refs[p] for p in parents]))
    need(len(used) == len(refs), why="a ref without use")


# --- leaves ---------------------------------------------------------------------------------------

def leaf_values(schema_version, body):
    """Values of the leaves, in their order."""
    leaves = [[0, schema_version], [1, body.stamp]]
    ids, start = body.ids(), 0
    entries = []
    for kind in sorted({create[0] for create in body.creates}):
        mine = [create for create in body.creates if create[0] == kind]
        leaves += [[2, record, kind] for _, _, record in mine]
        entries.append((start, start + len(mine)))
        start += len(mine)
    for low, high in entries:
        writes = [w for w in body.writes if low <= w[0] < high]
        for place, field, _, key, value in sorted(
                writes, key=lambda w: (w[1], w[0], pack(w[3]))):
            leaves.append([3, ids[place], field, key, value])
    for record, field, key, value, names in body.edits:
        leaves += [[3, record, field, key, value], [4, record, field, key, names]]
    return leaves


def content_root(schema_version, body, seed):
    """changeset.md 5, primitives.md 7."""
    return p.content_root([pack(leaf) for leaf in leaf_values(schema_version, body)], seed)
