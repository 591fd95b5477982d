#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-format 14 would change nothing: format.py ROOT. Exit 77 (skipped) where there is none."""
import re
import shutil
import subprocess
import sys

from source import Tree

VERSION = "14"


def clang_format():
    """clang-format of the one version whose output is ours; others lay out differently."""
    for name in (f"clang-format-{VERSION}", "clang-format"):
        path = shutil.which(name)
        if path is None:
            continue
        version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
        if re.search(rf"version {VERSION}\.", version.stdout):
            return path
    return None


def main():
    tool = clang_format()
    if tool is None:
        print(f"skipped: no clang-format {VERSION} here")
        sys.exit(77)
    root = sys.argv[1]
    paths = [file.path for file in Tree(root).c_files()]
    run = subprocess.run([tool, "--dry-run", "-Werror", *paths], cwd=root, capture_output=True,
                         text=True, check=False)
    bad = sorted({line.split(":")[0] for line in run.stderr.splitlines() if ": error:" in line})
    if bad:
        print("clang-format -i " + " ".join(bad))
    elif run.returncode:
        print(run.stderr)
    print(f"{len(paths)} files, {len(bad)} to format")
    sys.exit(run.returncode)


if __name__ == "__main__":
    main()
