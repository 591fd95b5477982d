# SPDX-License-Identifier: Apache-2.0
"""Two copies of one fact agree: sources and tests, sources and meson.build, limits and use."""
import os
import re

from source import Finding


def rule_unit_tests(tree):
    """Each src/**/<file>.c has tests/unit/<file>_test.c."""
    for file in tree.c_files("src"):
        if file.name.endswith(".c"):
            test = f"tests/unit/{file.name[:-2]}_test.c"
            if test not in tree.by_path:
                yield Finding("unit-tests", file.path, 1, f"no {test}")


def build_texts(tree):
    """Folder of each meson.build with its text, comments cut."""
    return {os.path.dirname(file.path): re.sub(r"#[^\n]*", "", file.text)
            for file in tree.files if file.name == "meson.build"}


def builders_of(path, builds):
    """Texts of the meson.build files in the folders from the file's own up to the root."""
    folder = os.path.dirname(path)
    while True:
        if folder in builds:
            yield builds[folder]
        if not folder:
            return
        folder = os.path.dirname(folder)


def is_named(file, builds):
    """By its name, or a test by its name without _test.c where a list builds them alike."""
    stem = file.name[:-2]
    names = {re.escape(file.name), re.escape(stem)}
    if stem.endswith("_test"):
        names.add(re.escape(stem[:-len("_test")]))
    pattern = re.compile(r"['/](" + "|".join(sorted(names)) + r")'")
    return any(pattern.search(text) for text in builders_of(file.path, builds))


def rule_dead_files(tree):
    """Every C source is built by some meson.build, and every source named there exists."""
    builds = build_texts(tree)
    for file in tree.c_files("src", "tools", "tests"):
        if file.name.endswith(".c") and not is_named(file, builds):
            yield Finding("dead-files", file.path, 1, "named in no meson.build")
    for folder, text in builds.items():
        generated = set(re.findall(r"output\s*:\s*\[?\s*'([^']+)'", text))
        for match in re.finditer(r"'((?!_)[\w./-]*\w\.[ch])'", text):
            path = os.path.normpath(os.path.join(folder, match.group(1)))
            if match.group(1) not in generated and path not in tree.by_path \
                    and not match.group(1).startswith(("sys/", "linux/")):
                yield Finding("dead-files", f"{os.path.join(folder, 'meson.build')}:"
                              f"{match.group(1)}", text.count("\n", 0, match.start()) + 1,
                              f"names {match.group(1)}, which is not there")


def rule_public_headers(tree):
    """Every public header is installed by include/mirsal/meson.build."""
    build = tree.by_path.get("include/mirsal/meson.build")
    for file in tree.c_files("include"):
        if build is None or f"'{file.name}'" not in build.text:
            yield Finding("public-headers", file.path, 1, "not named in include/mirsal/meson.build")


def rule_limits(tree):
    """Every row of protocol/limits.md bounds something in src."""
    limits = tree.by_path.get("protocol/limits.md")
    if limits is None:
        return
    used = set()
    for file in tree.c_files("src"):
        used.update(re.findall(r"\bMIR_([A-Z0-9_]+)\b", file.code))
    seen = set()
    for number, line in enumerate(limits.lines, 1):
        row = re.match(r"\| ([A-Z0-9_]+) \| (.*?) \| (.+) \|$", line)
        if row is None:
            continue
        name, value = row.group(1), row.group(2)
        if not value.isdigit():
            yield Finding("limits", name, number, f"{name}: the value is a whole number")
        if name in seen:
            yield Finding("limits", name, number, f"{name} stands twice")
        elif name not in used:
            yield Finding("limits", name, number, f"MIR_{name} is used nowhere in src")
        seen.add(name)


RULES = [rule_unit_tests, rule_dead_files, rule_public_headers, rule_limits]
