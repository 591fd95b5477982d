# SPDX-License-Identifier: Apache-2.0
"""Parts of bundles, from protocol/bundle.md 2 and 3: opened, judged, and written for vectors."""
import changeset as c
import primitives as p
import sealedfile as s
import sync
from control import b16, b32, b64, a_bin, flag, list_of, row_of, uint, uint_in
from encoding import Reader, need, pack
from primitives import LIMITS

BUNDLE, PURGED, WORD, CLOSE = 16, 17, 18, 19
MARK = b"mirsale1"
HEAD = row_of(uint, b16, uint_in(1, LIMITS["BUNDLE_PARTS_MAX"]), b32, b32, uint, b32)
ROWS = {BUNDLE: row_of(a_bin, b64), PURGED: list_of(b32, lambda name: name),
        CLOSE: row_of(flag, uint, uint_in(0, 0))}
# What may stand behind what: 2.2.
STEPS = (BUNDLE, WORD, PURGED, sync.VECTOR, sync.RUN, CLOSE)


def parse(data, depth=None):
    """The one value that data is."""
    reader = Reader(data)
    value = reader.value(depth)
    reader.finish()
    return value


def split_frames(content):
    """(kind, payload) of each whole frame."""
    reader = Reader(content)
    while reader.left():
        kind = reader.number(1)
        need(kind in STEPS, "PROTOCOL", "kind")
        size = reader.value(0)
        need(isinstance(size, int) and size >= 0, why="size")
        need(size <= LIMITS["FRAME_SIZE_MAX"], "LIMIT", "frame")
        if reader.left() < size:
            return
        yield kind, reader.take(size)


def read_head(payload, mac):
    """2.3: its elements."""
    row = parse(payload)
    ROWS[BUNDLE](row)
    values = parse(row[0])
    need(isinstance(values, list) and values, why="head")
    need(values[0] == 1, "VERSION", "head")
    HEAD(values)
    need(p.verify("BUNDLE", row[0] + mac, row[1], values[4]), "BAD_SIGNATURE", "head")
    return values


def write_head(bundle, part, team, seed, time_ms, tag_key, mac):
    """A BUNDLE frame."""
    head = pack([1, bundle, part, team, p.sign_public(seed), time_ms, tag_key])
    return sync.encode_frame(BUNDLE, [head, p.sign("BUNDLE", head + mac, seed)])


class Order:
    """2.2: which frame may stand behind which."""

    def __init__(self):
        self.last, self.part, self.seen = None, 0, set()

    def take(self, kind):
        """Refuses a frame out of its place."""
        if self.last is None:
            need(kind == BUNDLE, "PROTOCOL", "the first frame")
        else:
            need(self.last != CLOSE and STEPS.index(kind) >= STEPS.index(self.last),
                 "PROTOCOL", "order")
            need(kind in (WORD, sync.RUN) or kind not in self.seen, "PROTOCOL", "twice")
            if self.part == 1 and kind in (sync.VECTOR, sync.RUN, CLOSE):
                need(PURGED in self.seen or kind == PURGED, "PROTOCOL", "no PURGED")
            if self.part == 1 and kind in (sync.RUN, CLOSE):
                need(sync.VECTOR in self.seen, "PROTOCOL", "no VECTOR")
            if self.part > 1:
                need(kind not in (WORD, PURGED, sync.VECTOR), "PROTOCOL", "of part 1 alone")
        self.last = kind
        self.seen.add(kind)


def read_content(content, mac, team):
    """What a part holds: head, ids of its changesets, purged ids, whether it is the last."""
    order, out = Order(), {"changesets": [], "purged": []}
    for kind, payload in split_frames(content):
        order.take(kind)
        if kind == BUNDLE:
            out["head"] = read_head(payload, mac)
            order.part = out["head"][2]
            need(out["head"][3] == team, "NOT_AUTHENTIC", "team")
        elif kind == PURGED:
            out["purged"] = parse(payload)
            ROWS[PURGED](out["purged"])
            need(len(out["purged"]) <= LIMITS["BUNDLE_PURGED_MAX"], "LIMIT", "purged")
        elif kind == sync.VECTOR:
            sync.decode_payload(kind, payload)
        elif kind == sync.RUN:
            for changeset in c.decode_run(payload, team):
                c.verify(*changeset[1:4])
                out["changesets"].append(changeset[0])
        elif kind == CLOSE:
            out["close"] = parse(payload)
            ROWS[CLOSE](out["close"])
            need(out["close"][1] == len(out["changesets"]),
                 "NOT_AUTHENTIC", "counts")
    need(order.last == CLOSE, "NOT_AUTHENTIC", "no CLOSE")
    return out


def open_part(data, team, secrets=(), passphrase=None):
    """A whole part from its file's bytes."""
    bare = data[:-len(MARK)] if data.endswith(MARK) else data
    _, _, _, mac, _ = s.split(bare)
    return read_content(s.open_file(bare, s.BUNDLE, secrets, passphrase), mac, team)
