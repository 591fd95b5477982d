#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The man pages are mdoc without errors: manpages.py FOLDER. Exit 77 (skipped) without mandoc."""
import os
import shutil
import subprocess
import sys

SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "SEE ALSO"]


def missing_sections(path, text):
    needed = [name for name in SECTIONS if name != "SYNOPSIS" or not path.endswith(".5")]
    return [f"{path}: no section {name}" for name in needed if f"\n.Sh {name}\n" not in text]


def main():
    folder = sys.argv[1]
    if shutil.which("mandoc") is None:
        print("skipped: no mandoc here")
        sys.exit(77)
    names = sorted(name for name in os.listdir(folder) if name[-2:] in (".1", ".5", ".8"))
    found = []
    for name in names:
        path = os.path.join(folder, name)
        with open(path, encoding="utf-8") as page:
            found += missing_sections(name, page.read())
        run = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", path], capture_output=True,
                             text=True, check=False)
        found += [line for line in run.stdout.splitlines() if line.strip()]
        if run.returncode and not run.stdout.strip():
            found.append(f"{name}: {run.stderr.strip()}")
    print("\n".join(found + [f"{len(names)} pages, {len(found)} findings"]))
    sys.exit(1 if found or not names else 0)


if __name__ == "__main__":
    main()
