# SPDX-License-Identifier: Apache-2.0
"""What the tidy rules look at: the files of a tree, and C text with comments and literals blanked.

A finding names its rule, its subject (what an exemption must match), the line, and says what to do.
"""
import os
import re
from typing import NamedTuple

C_SUFFIXES = (".c", ".h")
FOLDERS = ("include", "src", "tools", "tests", "protocol", "docs", ".ci")
SKIPPED = {"__pycache__", "corpus", "vectors"}

_TOKEN = re.compile(
    r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


class Finding(NamedTuple):
    rule: str
    subject: str
    line: int
    text: str


def blank(text, strings):
    """Comments (and, with strings, literals) as spaces; line breaks stay, so that lines count."""
    def keep_lines(match):
        token = match.group(0)
        if token[0] in "\"'" and not strings:
            return token
        return re.sub(r"[^\n]", " ", token)
    return _TOKEN.sub(keep_lines, text)


class File:
    def __init__(self, root, path):
        self.path = path
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as source:
            self.text = source.read()
        self.lines = self.text.split("\n")
        self.is_c = path.endswith(C_SUFFIXES)
        self.code = blank(self.text, True) if self.is_c else self.text
        parts = path.split("/")
        self.top = parts[0]
        self.layer = parts[1] if self.top == "src" and len(parts) > 2 else self.top
        self.name = parts[-1]

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def includes(self):
        """(line, quoted, name) of each #include."""
        uncommented = blank(self.text, False)
        for match in _INCLUDE.finditer(uncommented):
            yield self.line_of(match.start()), match.group(1) == '"', match.group(2)

    def is_script(self):
        return self.path.endswith(".py") or self.path.endswith(".sh") or self.text.startswith("#!")


class Tree:
    def __init__(self, root):
        self.root = root
        self.files = []
        for folder in FOLDERS:
            for where, folders, names in os.walk(os.path.join(root, folder)):
                folders[:] = sorted(name for name in folders if name not in SKIPPED)
                for name in sorted(names):
                    full = os.path.join(where, name)
                    if os.path.isfile(full) and not is_binary(full):
                        self.files.append(File(root, os.path.relpath(full, root)))
        if os.path.isfile(os.path.join(root, "meson.build")):
            self.files.append(File(root, "meson.build"))
        self.by_path = {file.path: file for file in self.files}

    def c_files(self, *tops):
        return [file for file in self.files if file.is_c and (not tops or file.top in tops)]


def is_binary(path):
    with open(path, "rb") as source:
        return b"\0" in source.read(4096)
