#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Merging, large: merge_bench.py [RECORDS] fills two stores of a team with that many records each
(half of them incidents, half a claim on each), merges each into the other and prints seconds,
records a second and the peak of resident memory. Floors of the same run: a copy of the store's
file with a sync, and plain SQLite inserting as many rows with ids, names and an index on each.

Finds the program in MIRSAL_PROGRAM; works in the working folder, or in MIRSAL_BENCH_FOLDER.
"""
import json
import os
import shutil
import sqlite3
import sys
import tempfile
import time

from bundle_bench import Store


def lines(name, incidents):
    """JSON Lines: an incident with its claim each."""
    for number in range(incidents):
        killed = number % 7 + 1
        yield json.dumps({
            "type": "incident", "source_id": f"{name}:{number}", "date_start": "2019-11-17",
            "date_end": "2019-11-17", "title": f"Airstrike {number} as {name} has it",
            "children": [{"type": "casualty", "source_id": f"{name}:{number}:c",
                          "outcome": "killed", "quality": "exact", "min": killed,
                          "max": killed}]}).encode() + b"\n"


def copied(path):
    """Seconds for a copy of the file that is on the disk."""
    begun = time.monotonic()
    shutil.copyfile(path, path + ".copy")
    with open(path + ".copy", "rb") as file:
        os.fsync(file.fileno())
    return time.monotonic() - begun


def inserted(folder, incidents):
    """Seconds for plain SQLite."""
    rows = [(os.urandom(16), f"b:{number}", number, f"Airstrike {number} as b has it")
            for number in range(2 * incidents)]
    base = sqlite3.connect(os.path.join(folder, "plain.db"))
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("CREATE TABLE r (no INTEGER PRIMARY KEY, id BLOB UNIQUE, source TEXT, date INT,"
                 " title TEXT)")
    base.execute("CREATE INDEX source ON r (source)")
    begun = time.monotonic()
    base.executemany("INSERT INTO r (id, source, date, title) VALUES (?, ?, ?, ?)", rows)
    base.commit()
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return time.monotonic() - begun


def main():
    """One run."""
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 20000
    folder = tempfile.mkdtemp(prefix="merge-bench-", dir=os.environ.get("MIRSAL_BENCH_FOLDER", "."))
    try:
        office, field = Store(folder, "office"), Store(folder, "field")
        office.run("team", "create", "Bench", "--recovery", os.path.join(folder, "recovery"),
                   "--kdf-ms", "1", "--insecure-no-passphrase")
        invite = office.run("invite", "--role", "coordinator", "--in-person")[0]["invite"]
        field.run("join", invite, "--insecure-no-passphrase", "--force")
        for store, other in ((office, field), (field, office)):
            store.run("merge", other.words[-1])
        for store, name in ((office, "a"), (field, "b")):
            store.run("import", "-", lines=lines(name, records // 2))
            store.run("status")
        path = os.path.join(field.words[-1], "store.db")
        size = os.path.getsize(path)
        copy, insert = copied(path), inserted(folder, records // 2)
        print(f"{records} records each, {size >> 20} MB: copied in {copy:.2f} s,"
              f" plain SQLite {insert:.2f} s")
        os.unlink(path + ".copy")
        digests = []
        for store, other in ((office, field), (field, office)):
            answer, seconds, peak = store.run("merge", other.words[-1])
            print(f"merged {answer['records']:8} records in {seconds:6.2f} s,"
                  f" {answer['records'] / seconds:7.0f} a second,"
                  f" {seconds / insert:5.1f} times plain SQLite, {peak:.1f} MB peak")
            digests.append(store.run("status")[0]["digest"])
        print("one digest" if digests[0] == digests[1] else "DIGESTS DIFFER")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
