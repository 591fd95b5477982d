#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Nothing is acknowledged before it is synced: trace_check.py TRACE [--least N]

Reads a trace of tests/lib/fsync_shim.c. In each process, whatever leaves by a socket or on stdout
leaves with no write to a database or its WAL (*.db, *.db-wal) that a sync of that file has not
covered. --least N also fails a trace in which fewer than N replies followed a database write, so
that a test does not pass by having seen nothing. Exit 1 on a breach, 2 on a trace that is damaged.
"""
import argparse
import sys
from typing import NamedTuple

DATABASES = (".db", ".db-wal")
SHAPES = {("file", "write"), ("file", "sync"), ("socket", "send"), ("socket", "write"),
          ("stdout", "write")}


class Record(NamedTuple):
    seq: int
    pid: int
    kind: str
    call: str
    since: int
    size: int
    path: str


class Report(NamedTuple):
    breaches: list
    writes: int         # to databases
    syncs: int          # of databases
    replies: int        # by socket or stdout
    acknowledged: int   # replies with a database write since the reply before


def parse(lines):
    """Records in order, by process; ValueError on a damaged line, a gap or a repetition."""
    processes = {}
    for number, line in enumerate(lines, 1):
        parts = line.rstrip("\n").split(" ", 6)
        if len(parts) != 7 or (parts[2], parts[3]) not in SHAPES:
            raise ValueError(f"line {number} is no record")
        record = Record(int(parts[0]), int(parts[1]), parts[2], parts[3], int(parts[4]),
                        int(parts[5]), parts[6])
        processes.setdefault(record.pid, []).append(record)
    for pid, records in processes.items():
        records.sort()
        for before, after in zip(records, records[1:]):
            if after.seq != before.seq + 1:
                raise ValueError(f"process {pid}: {before.seq} is followed by {after.seq}")
    return processes


def check_process(records):
    breaches = []
    unsynced = {}   # path: sequence numbers of its writes that no sync has covered
    writes = syncs = replies = acknowledged = 0
    written = False
    for record in records:
        if record.kind == "file":
            if not record.path.endswith(DATABASES):
                continue
            pending = unsynced.setdefault(record.path, [])
            if record.call == "write":
                pending.append(record.seq)
                writes += 1
                written = True
            else:
                pending[:] = [seq for seq in pending if seq >= record.since]
                syncs += 1
            continue
        replies += 1
        acknowledged += written
        written = False
        for path, pending in sorted(unsynced.items()):
            if pending:
                breaches.append(f"process {record.pid}: {record.kind} {record.call} {record.seq} "
                                f"left before write {pending[0]} to {path} was synced")
    return Report(breaches, writes, syncs, replies, acknowledged)


def check(lines):
    """The reports of all processes in one."""
    reports = [check_process(records) for _, records in sorted(parse(lines).items())]
    return Report([breach for report in reports for breach in report.breaches],
                  *(sum(report[column] for report in reports) for column in range(1, 5)))


def main():
    options = argparse.ArgumentParser()
    options.add_argument("trace")
    options.add_argument("--least", type=int, default=0)
    options = options.parse_args()
    try:
        with open(options.trace, encoding="utf-8", errors="replace") as trace:
            report = check(trace)
    except (OSError, ValueError) as problem:
        print(f"trace: {problem}", file=sys.stderr)
        sys.exit(2)
    print("\n".join(report.breaches + [
        f"{report.writes} database writes, {report.syncs} syncs, {report.replies} replies, "
        f"{report.acknowledged} of them after a write, {len(report.breaches)} breaches"]))
    sys.exit(1 if report.breaches or report.acknowledged < options.least else 0)


if __name__ == "__main__":
    main()
