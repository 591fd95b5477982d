#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The shared library exports exactly the names of symbols.txt: symbols.py BUILD LIST [--update].

Exit 77 (skipped) as long as BUILD has no libmirsal.so.
"""
import os
import subprocess
import sys


def find_library(build):
    for where, folders, names in os.walk(build):
        folders[:] = [name for name in folders if not name.endswith(".p")]
        if "libmirsal.so" in names:
            return os.path.join(where, "libmirsal.so")
    return None


def exported(library):
    run = subprocess.run(["nm", "--dynamic", "--defined-only", "--format=posix", library],
                         capture_output=True, text=True, check=True)
    names = {line.split()[0].split("@")[0] for line in run.stdout.splitlines() if line.strip()}
    return {name for name in names if not name.startswith("_")}


def compare(found, listed):
    lines = [f"exported, not in symbols.txt: {name}" for name in sorted(found - listed)]
    lines += [f"in symbols.txt, not exported: {name}" for name in sorted(listed - found)]
    lines += [f"without the prefix mirsal_: {name}" for name in sorted(found)
              if not name.startswith("mirsal_")]
    return lines


def main():
    build, path = sys.argv[1], sys.argv[2]
    library = find_library(build)
    if library is None:
        print("skipped: no libmirsal.so is built")
        sys.exit(77)
    found = exported(library)
    if sys.argv[3:] == ["--update"]:
        with open(path, "w", encoding="utf-8") as out:
            out.writelines(f"{name}\n" for name in sorted(found))
        sys.exit(0)
    with open(path, encoding="utf-8") as source:
        listed = {line.strip() for line in source if line.strip()}
    lines = compare(found, listed)
    print("\n".join(lines + [f"{len(found)} symbols, {len(lines)} breaches"]))
    if lines:
        print(f"after a change that is meant: python3 tests/tidy/symbols.py BUILD {path} --update")
    sys.exit(1 if lines else 0)


if __name__ == "__main__":
    main()
