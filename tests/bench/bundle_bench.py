#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bundles, large: bundle_bench.py [MB] fills a store, exports it and imports the file into another,
and prints MB/s and the peak of resident memory of each of the programs. Each report has a narrative
of 1,000 words, which search finds, and unmapped columns up to 60 KB that deflate by a quarter.

Finds the program in MIRSAL_PROGRAM; works in the working folder, or in MIRSAL_BENCH_FOLDER.
"""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

PROGRAM = os.environ["MIRSAL_PROGRAM"]
MEGABYTE = 1 << 20
LETTERS = bytes(range(0x30, 0x7b)).replace(b"\\", b"")
BULK_SIZE = 54000


class Store:
    """A store, and the program on it."""

    def __init__(self, folder, name):
        self.words = [PROGRAM, "--json", "--quiet", "--store", os.path.join(folder, name)]
        self.environment = {"PATH": os.environ["PATH"], "HOME": folder, "LC_ALL": "C",
                            "MIRSAL_RECOVERY_PASSPHRASE": "invented"}

    def run(self, *words, lines=None):
        """(answer, seconds, peak MB)."""
        begun = time.monotonic()
        process = subprocess.Popen(self.words + list(words), env=self.environment,
                                   stdin=subprocess.DEVNULL if lines is None else subprocess.PIPE,
                                   stdout=subprocess.PIPE)
        watch = Watch(process.pid)
        if lines is not None:
            for line in lines:
                process.stdin.write(line)
            process.stdin.close()
        answer = process.stdout.read()
        peak = watch.end()
        if process.wait() != 0:
            raise SystemExit(f"{words[:2]}: exit {process.returncode}")
        return (json.loads(answer.splitlines()[0]) if answer else None,
                time.monotonic() - begun, peak)


class Watch(threading.Thread):
    """Reads the highest resident size that the system noted of a process, until it ends. What
    wait4 gives counts this program's own memory from before exec too."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak, self.ended = pid, 0, threading.Event()
        self.start()

    def run(self):
        while not self.ended.wait(0.02):
            try:
                with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
                    for line in status:
                        if line.startswith("VmHWM:"):
                            self.peak = int(line.split()[1])
            except OSError:
                return

    def end(self):
        """Megabytes."""
        self.ended.set()
        self.join()
        return self.peak / 1024


def reports(megabytes):
    """Lines of incidents."""
    draw = random.Random(7)
    table = bytes(LETTERS[at % len(LETTERS)] for at in range(256))
    vocabulary = ["".join(draw.choices("abdefghiklmnoqrstuwyz", k=draw.randint(2, 9)))
                  for _ in range(20000)]
    for number in range(megabytes * MEGABYTE // (BULK_SIZE * 3 // 4)):
        words = " ".join(vocabulary[int(len(vocabulary) * draw.random() ** 3)]
                         for _ in range(1000))
        bulk = draw.randbytes(BULK_SIZE).translate(table).decode()
        yield json.dumps({"type": "incident", "source_id": f"b:{number}", "rel_text": words,
                          "raw": [["scan", bulk]]}).encode() + b"\n"


def main():
    """One run."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 64
    where = os.environ.get("MIRSAL_BENCH_FOLDER", ".")
    folder = tempfile.mkdtemp(prefix="bundle-bench-", dir=where)
    try:
        office, field = Store(folder, "office"), Store(folder, "field")
        office.run("team", "create", "Bench", "--recovery", os.path.join(folder, "recovery"),
                   "--kdf-ms", "1", "--insecure-no-passphrase")
        invite = office.run("invite", "--role", "coordinator", "--in-person")[0]["invite"]
        field.run("join", invite, "--insecure-no-passphrase", "--force")
        path = os.path.join(folder, "bundle")
        rows = [("fill", *field.run("import", "-", lines=reports(megabytes))),
                ("export", *field.run("bundle", "export", path)),
                ("import", *office.run("bundle", "import", path)),
                ("again", *office.run("bundle", "import", path))]
        size = os.path.getsize(path) / MEGABYTE
        print(f"bundle of {size:.0f} MB, {rows[1][1]['changesets']} changesets")
        for name, _, seconds, peak in rows:
            print(f"{name:8} {size / seconds:8.1f} MB/s {peak:8.1f} MB peak {seconds:8.1f} s")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
