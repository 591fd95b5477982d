#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes protocol/vectors/shares.json from shares.py.

Inputs are drawn from the names of the vectors, so that the same file comes out each time.
"""
import json
import os

import primitives as p
import shares as s
from make_primitives import as_json, drawn, flip

vectors = []


def add(name, section, op, given, expect=None, error=None):
    """One vector: what is given, and what comes out or how it is refused."""
    vector = {"name": name, "section": f"shares {section}", "op": op, "input": as_json(given)}
    if error is not None:
        vector["error"] = error
    else:
        vector["expect"] = as_json(expect)
    vectors.append(vector)


def add_sharing():
    """Section 1."""
    most, size_max = p.LIMITS["SHARES_MAX"], p.LIMITS["SHARED_SIZE_MAX"]
    for threshold, count, size in ((2, 2, 1), (2, 3, 36), (3, 5, 36), (5, 5, size_max),
                                   (2, most, 4), (most, most, 8)):
        secret, rows = drawn("secret", size), drawn(f"rows {count}", (threshold - 1) * size)
        values = s.split(secret, threshold, count, rows)
        add(f"split: {threshold} of {count}, {size} bytes", "1.1", "split",
            {"secret": secret, "threshold": threshold, "count": count, "drawn": rows},
            {"values": b"".join(values)})
        for name, indices in (("first", range(1, threshold + 1)),
                              ("last, backwards", range(count, count - threshold, -1)),
                              ("all", range(1, count + 1))):
            add(f"join: {threshold} of {count}, {size} bytes, {name}", "1.2", "join",
                {"threshold": threshold, "indices": list(indices),
                 "values": [values[i - 1] for i in indices]}, {"secret": secret})
    add("split: coefficients of zero", "1.1", "split",
        {"secret": b"\1\2", "threshold": 2, "count": 2, "drawn": b"\0\0"},
        {"values": b"\1\2\1\2"})
    for name, threshold, count, size in (
            ("one is enough", 1, 3, 4), ("none is enough", 0, 3, 4),
            ("more than there are", 4, 3, 4),
            ("too many", 2, most + 1, 4), ("one share", 2, 1, 4), ("nothing", 2, 3, 0),
            ("too long", 2, 3, size_max + 1)):
        add(f"split: {name}", "1.1", "split",
            {"secret": b"s" * size, "threshold": threshold, "count": count, "drawn": b"r" * 200},
            None, "BAD_VALUE")


def add_refused_joins():
    """Section 1.2."""
    most = p.LIMITS["SHARES_MAX"]
    values = s.split(drawn("secret", 4), 3, 5, drawn("rows", 8))

    def refuse(name, threshold, indices, error="BAD_VALUE", **changes):
        given = {"threshold": threshold, "indices": indices,
                 "values": [values[max(0, min(i, 5) - 1)] for i in indices]}
        given.update(changes)
        add(f"join: {name}", "1.2", "join", given, None, error)

    refuse("too few", 3, [1, 2])
    refuse("one", 3, [1])
    refuse("one is enough", 1, [1])
    refuse("index 0", 3, [0, 1, 2])
    refuse("index too high", 3, [1, 2, most + 1])
    refuse("twice", 3, [1, 2, 1])
    refuse("twice, beyond the threshold", 3, [1, 2, 3, 3])
    refuse("one too many, changed", 3, [1, 2, 3, 4], "NOT_AUTHENTIC",
           values=values[:3] + [flip(values[3], 0)])
    refuse("one too many, the first changed", 3, [1, 2, 3, 4], "NOT_AUTHENTIC",
           values=[flip(values[0], 3)] + values[1:4])


def add_sets():
    """Section 2.1."""
    seed, team = drawn("root"), drawn("a team")
    sets = {}
    for threshold, count in ((2, 3), (3, 5), (16, 16)):
        given = {"seed": seed, "team": team, "threshold": threshold, "count": count,
                 "drawn": drawn(f"set of {count}", 3 + (threshold - 1) * 36)}
        texts = sets[count] = s.make(seed, team, threshold, count, given["drawn"])
        add(f"shares: {threshold} of {count} made", "2.1", "make", given, {"text": "".join(texts)})
        add(f"shares: {threshold} of {count}, the last", "2.1", "rebuild",
            {"text": "".join(texts[-threshold:])}, {"seed": seed})
        add(f"shares: {threshold} of {count}, all", "2.1", "rebuild",
            {"text": "\n# next\n".join(texts)}, {"seed": seed})
    for threshold, count in ((1, 3), (4, 3), (2, 17)):
        add(f"shares: {threshold} of {count} made", "2.1", "make",
            {"seed": seed, "team": team, "threshold": threshold, "count": count,
             "drawn": drawn("set", 200)}, None, "BAD_VALUE")
    two, three = sets[3], sets[5]
    again = s.make(seed, team, 2, 3, drawn("another set", 39))
    theirs = s.make(seed, drawn("another team"), 2, 3, drawn("set of 3", 39))
    (head, _, value), = s.read(two[2])
    false = s.text_of(head, 3, flip(value, 8))
    for name, texts in (
            ("of two sets", [two[0], again[1]]), ("of two shapes", [two[0], three[1]]),
            ("of two teams", [two[0], theirs[1]]), ("twice", [two[1], two[1]]),
            ("one too few", three[:2]), ("none", ["# nothing\n"]),
            ("a false one", [two[0], false]), ("a false one too many", two[:2] + [false])):
        add(f"shares: {name}", "2.1", "rebuild", {"text": "".join(texts)}, None, "NOT_AUTHENTIC")
    add_texts(two[1])
    add_spoilt_texts(two[1])


def groups_of(text):
    """The twenty of one line."""
    return text.strip().split("-")[2:]


def line_of(groups):
    """One line of groups."""
    return "mirsal-share1-" + "-".join(groups)


def add_texts(text):
    """Section 2.2: one share, written in many ways."""
    (head, index, value), = s.read(text)
    lines = s.text_of(head, index, value, False)

    def read(name, given):
        add(f"share text: {name}", "2.2", "read", {"text": given},
            {"head": head, "index": index, "value": value, "lines": lines})

    read("one line", text)
    read("five lines", lines)
    read("lower case", text.lower())
    read("upper case", text.upper())
    read("no breaks", "mirsal-share1" + "".join(groups_of(text)))
    read("O and L", text.replace("0", "o").replace("1", "L").replace("shareL", "share1"))
    read("I", text.replace("1", "I").replace("shareI", "share1"))
    read("comments", f"# a share\r\n\n#\n{lines}\n \t# end")


def add_spoilt_texts(text):
    """Section 2.2: what is refused."""
    (head, index, value), = s.read(text)
    groups = groups_of(text)

    def spoil(name, given, error="NOT_AUTHENTIC"):
        add(f"share text: {name}", "2.2", "read", {"text": given}, None, error)

    spoil("cut", text[:-2])
    spoil("only its prefix", "mirsal-share1\n")
    spoil("another number", text.replace("share1", "share2"), "VERSION")
    spoil("a longer number", text.replace("share1", "share12"), "VERSION")
    spoil("another prefix", text.replace("share1", "spare1"))
    spoil("words before", "share: " + text)
    spoil("words behind", text + "end")
    spoil("a sign of no share", text[:-2] + "U\n")
    spoil("an Arabic digit", text[:-2] + "\u0661\n")
    spoil("a comment within", f"{line_of(groups[:9])}\n# x\n{'-'.join(groups[9:])}")
    spoil("another share within", f"{line_of(groups[:9])}\n{text}")
    for at in (0, 7, 19):
        for place in (0, 3, 4):
            group = list(groups[at])
            group[place] = "7" if group[place] != "7" else "8"
            spoil(f"group {at + 1}, symbol {place + 1}",
                  line_of(groups[:at] + ["".join(group)] + groups[at + 1:]))
    spoil("two groups exchanged", line_of([groups[1], groups[0]] + groups[2:]))
    spoil("a group left out", line_of(groups[:3] + groups[4:]))
    spoil("a group twice", line_of(groups[:3] + groups[2:]))
    four = [s.SYMBOLS.index(sign) for sign in groups[6][:4]]
    four[1] ^= 9
    false = "".join(s.SYMBOLS[symbol] for symbol in four + [s.group_check(four, 6)])
    spoil("a group changed with its check", line_of(groups[:6] + [false] + groups[7:]))
    spoil("index 0", s.text_of(head, 0, value))
    spoil("index above the count", s.text_of(head, 4, value))
    spoil("one is enough", s.text_of(head[:8] + bytes([0x02]), index, value))
    spoil("more than there are", s.text_of(head[:8] + bytes([0x32]), index, value))


def make_text():
    """The file, whole."""
    vectors.clear()
    for part in (add_sharing, add_refused_joins, add_sets):
        part()
    names = [vector["name"] for vector in vectors]
    assert len(names) == len(set(names)), "a name stands twice"
    return ('{"source": "protocol/check/make_shares.py", "vectors": [\n'
            + ",\n".join(json.dumps(vector) for vector in vectors) + "\n]}\n")


def main():
    """Writes the file."""
    text = make_text()
    with open(os.path.join(p.PROTOCOL, "vectors", "shares.json"), "w", encoding="utf-8") as out:
        out.write(text)
    print(f"{len(vectors)} vectors, {sum('error' in vector for vector in vectors)} refused")


if __name__ == "__main__":
    main()
