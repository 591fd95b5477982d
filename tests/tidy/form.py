# SPDX-License-Identifier: Apache-2.0
"""Sizes, heads of files, words that say a thing is unfinished, and what ties it to one machine."""
import os
import re

from source import Finding

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100
HERE = "tests/tidy/"


def measured(tree):
    return [file for file in tree.files if file.is_c or file.is_script()]


def rule_file_length(tree):
    for file in measured(tree):
        count = len(file.lines) - (file.lines[-1] == "")
        if count > FILE_LINES_MAX:
            yield Finding("file-length", file.path, count,
                          f"{count} lines, {FILE_LINES_MAX} at most")


def rule_line_length(tree):
    for file in measured(tree):
        for number, line in enumerate(file.lines, 1):
            if len(line) > COLUMNS_MAX:
                yield Finding("line-length", file.path, number,
                              f"{len(line)} columns, {COLUMNS_MAX} at most")


def rule_whitespace(tree):
    for file in tree.files:
        for number, line in enumerate(file.lines, 1):
            if line != line.rstrip() and not file.path.endswith(".md"):
                yield Finding("whitespace", file.path, number, "blanks at the end of the line")
        if file.text and not file.text.endswith("\n"):
            yield Finding("whitespace", file.path, len(file.lines), "no line break at the end")


def rule_function_length(tree):
    """A function's brace stands alone at column 0 (clang-format sees to it); so does its last."""
    for file in tree.c_files():
        start, name = 0, ""
        for number, line in enumerate(file.code.split("\n"), 1):
            if line.startswith("{"):
                start = number
            elif line.startswith("}") and start:
                if number - start + 1 > FUNCTION_LINES_MAX:
                    yield Finding("function-length", f"{file.path}:{name}", start,
                                  f"{name} has {number - start + 1} lines, "
                                  f"{FUNCTION_LINES_MAX} at most")
                start = 0
            elif not start and (found := re.match(r"[A-Za-z_][\w \t*]*?\b(\w+)\(", line)):
                name = found.group(1)


def rule_head(tree):
    """SPDX line first; then, in C, a comment that names the file and says what it promises."""
    for file in tree.files:
        if file.is_c:
            if file.lines[0] != "/* SPDX-License-Identifier: Apache-2.0 */":
                yield Finding("head", file.path, 1, "the first line is the SPDX comment")
            head = re.match(r"/\*(.*?)\*/", "\n".join(file.lines[1:]), re.S)
            if head is None or not re.match(r"\W*[\w./-]*" + re.escape(file.name) + r" - \S",
                                            head.group(1)):
                yield Finding("head", file.path, 2, f"a head comment begins '{file.name} - …'")
        elif file.is_script():
            if not any("SPDX-License-Identifier: Apache-2.0" in line for line in file.lines[:2]):
                yield Finding("head", file.path, 1, "SPDX line in the first two lines")


_UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|(?i:not (yet )?implemented|unimplemented|"
                         r"\bplaceholder\b|to be done)")


def rule_unfinished(tree):
    for file in tree.files:
        if file.path.startswith(HERE) or file.path == "docs/STYLE.md":
            continue
        for number, line in enumerate(file.lines, 1):
            if word := _UNFINISHED.search(line):
                yield Finding("unfinished", file.path, number, f"says '{word.group(0)}'")


_MACHINE = re.compile(r"(?<![\w.$}/-])/(work|root|home|Users)/")
_REGISTRY = re.compile(r"(?i)//[\w.-]*(registry|artifactory|nexus|pypi|npmjs|pythonhosted|"
                       r"crates\.io|rubygems|proxy\.golang|docker\.io|ghcr\.io|quay\.io)")


def rule_machine(tree):
    """Nothing names a path of one machine or a host that packages come from."""
    for file in tree.files:
        if file.path.startswith(HERE):
            continue
        for number, line in enumerate(file.lines, 1):
            if found := _MACHINE.search(line):
                yield Finding("machine", file.path, number, f"a machine's path: {found.group(0)}")
            if found := _REGISTRY.search(line):
                yield Finding("machine", file.path, number, f"a registry host: {found.group(0)}")


_TOP = {"LICENSE", "README.md", "docs", "include", "meson.build", "meson_options.txt", "protocol",
        "src", "tests", "tools"}


def rule_top_level(tree):
    """The house is seen from the door: nothing else lies beside these (build folders aside)."""
    for name in sorted(os.listdir(tree.root)):
        if name not in _TOP and not name.startswith((".", "build")):
            yield Finding("top-level", name, 1, "does not belong at the top")


RULES = [rule_file_length, rule_line_length, rule_whitespace, rule_function_length, rule_head,
         rule_unfinished, rule_machine, rule_top_level]
