#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The form of the tree, as a test: tidy.py ROOT prints each breach and exits 1 if there is one.

ROOT/tests/tidy/exempt.txt lists what may differ, one `rule | subject | reason` a line. An exemption
that exempts nothing is itself a breach; of a limit, or a file that is not there, it is only noted,
because a limit comes into use with the code it bounds.
"""
import os
import sys

import calls
import form
import layers
import pairs
from source import Finding, Tree

RULES = layers.RULES + calls.RULES + form.RULES + pairs.RULES
EXEMPTIONS = "tests/tidy/exempt.txt"


def read_exemptions(root):
    """{(rule, subject): line number}; a line without a reason is a finding."""
    exempt, findings = {}, []
    path = os.path.join(root, EXEMPTIONS)
    if not os.path.isfile(path):
        return exempt, findings
    with open(path, encoding="utf-8") as source:
        for number, line in enumerate(source, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            parts = [part.strip() for part in line.split("|")]
            if len(parts) != 3 or not all(parts):
                findings.append(Finding("exemptions", EXEMPTIONS, number,
                                        "a line is: rule | subject | reason"))
            else:
                exempt[parts[0], parts[1]] = number
    return exempt, findings


def check(root):
    """(findings, notes) of the tree at root."""
    tree = Tree(root)
    exempt, findings = read_exemptions(root)
    notes, used = [], set()
    for rule in RULES:
        for finding in rule(tree):
            key = (finding.rule, finding.subject)
            if key in exempt:
                used.add(key)
            else:
                findings.append(finding)
    for key, number in sorted(exempt.items(), key=lambda item: item[1]):
        if key not in used:
            stale = Finding("exemptions", EXEMPTIONS, number,
                            f"{key[0]} | {key[1]} exempts nothing: delete the line")
            early = key[0] == "limits" or key[1].split(":")[0] not in tree.by_path
            (notes if early else findings).append(stale)
    return findings, notes


def show(finding):
    path = finding.subject.split(":")[0]
    return f"{path}:{finding.line}: {finding.text} [{finding.rule} | {finding.subject}]"


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: tidy.py ROOT")
    findings, notes = check(sys.argv[1])
    for note in notes:
        print("note:", show(note))
    for finding in findings:
        print(show(finding))
    print(f"{len(RULES)} rules, {len(findings)} breaches")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
