#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rewraps C comments whose lines are too long (clang-format does not): reflow.py FILE…

Only paragraphs with a line over the limit change, so that a careful layout stays as it was.
"""
import re
import sys
import textwrap

from form import COLUMNS_MAX

WIDTH = COLUMNS_MAX - 2


def wrap(indent, text):
    lines = textwrap.wrap(text, WIDTH - len(indent) - 3, break_on_hyphens=False)
    return [f"{indent} * {line}" for line in lines]


def opened(line):
    """A comment whose text begins on its first line, as one whose text begins on the next."""
    if len(line) <= COLUMNS_MAX:
        return [line]
    one = re.match(r"( *)/\* (.*?)( \*/)?$", line)
    if one is None:
        return [line]
    closing = [f"{one[1]} */"] if one[3] else []
    return [f"{one[1]}/*", f"{one[1]} * {one[2]}", *closing]


def reflow(text):
    lines = [part for line in text.split("\n") for part in opened(line)]
    out, at = [], 0
    while at < len(lines):
        paragraph, indent = [], ""
        while at + len(paragraph) < len(lines):
            body = re.match(r"( *) \* (\S.*)$", lines[at + len(paragraph)])
            if body is None:
                break
            paragraph.append(body[2])
            indent = body[1]
        block = lines[at:at + max(1, len(paragraph))]
        if paragraph and any(len(line) > COLUMNS_MAX for line in block):
            joined = " ".join(paragraph)
            out += wrap(indent, joined[:-3]) + [f"{indent} */"] if joined.endswith(" */") \
                else wrap(indent, joined)
        else:
            out += block
        at += len(block)
    return "\n".join(out)


def main():
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as source:
            before = source.read()
        after = reflow(before)
        if after != before:
            with open(path, "w", encoding="utf-8") as out:
                out.write(after)


if __name__ == "__main__":
    main()
