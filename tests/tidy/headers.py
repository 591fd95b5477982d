#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each public header compiles alone, in C and in C++, under strict flags: headers.py INCLUDE CC…"""
import os
import shutil
import subprocess
import sys
import tempfile

STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wundef", "-Werror", "-fsyntax-only"]


def compile_alone(command, language, header, include):
    with tempfile.NamedTemporaryFile("w", suffix=".c") as unit:
        unit.write(f"#include <{header}>\n#include <{header}>\nint mirsal_header_alone;\n")
        unit.flush()
        run = subprocess.run(command + language + STRICT + ["-I", include, unit.name],
                             capture_output=True, text=True, check=False)
    return run.returncode, run.stderr


def main():
    include, compiler = sys.argv[1], sys.argv[2:]
    cxx = next((name for name in ("c++", "g++", "clang++") if shutil.which(name)), None)
    languages = [(name, compiler, ["-x", "c", f"-std={name.lower()}"]) for name in ("C11", "C17")]
    if cxx:
        languages.append(("C++17", [cxx], ["-x", "c++", "-std=c++17"]))
    else:
        print("no C++ compiler here: headers tried in C only")
    failed = 0
    headers = sorted(name for name in os.listdir(os.path.join(include, "mirsal"))
                     if name.endswith(".h"))
    for name in headers:
        for label, command, language in languages:
            code, output = compile_alone(command, language, f"mirsal/{name}", include)
            if code:
                failed += 1
                print(f"mirsal/{name} as {label}:\n{output}")
    print(f"{len(headers)} headers, {len(languages)} languages, {failed} failed")
    sys.exit(1 if failed or not headers else 0)


if __name__ == "__main__":
    main()
