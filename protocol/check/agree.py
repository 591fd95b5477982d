#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Random teams with hostile devices: the naive evaluation against the C core's, all of it.

agree.py JUDGE [COUNT [SEED]]: COUNT sets (60, with MIRSAL_SOAK 20,000), each evaluated here in
several orders, with parts repeated; then written as vectors and judged by JUDGE, the test program
of control.json. Without SEED others each run.
"""
import json
import os
import random
import subprocess
import sys
import tempfile

try:
    import make_teams as teams
    import states
    from random_teams import crowd
except ModuleNotFoundError as missing:
    print(f"skipped: {missing.name} is not here")
    sys.exit(77)


def check_orders(rng, team, made, data):
    """Any order, any repetition: one evaluation."""
    found = teams.evaluated(states.Team(team, made, data))
    for _ in range(2):
        again, more = made + made[:3], data + data[:2]
        rng.shuffle(again)
        rng.shuffle(more)
        assert teams.evaluated(states.Team(team, again, more)) == found, "another order"


def main():
    judge = sys.argv[1]
    usual = 20000 if os.environ.get("MIRSAL_SOAK") else 60
    count = int(sys.argv[2]) if len(sys.argv) > 2 else usual
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else int.from_bytes(os.urandom(4), "big")
    print(f"seed {seed}", flush=True)
    vectors = []
    for number in range(count):
        rng = random.Random(seed + number)
        team, made, data = crowd(rng)
        check_orders(rng, team, made, data)
        vectors.append(teams.evaluate_vector(f"random {seed + number}", team, made, data))
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"vectors": vectors}, file)
        file.flush()
        subprocess.run([judge, file.name], check=True)
    accepted = sum(state[1] == "accepted" for v in vectors for state in v["expect"]["states"])
    faults = sum(len(v["expect"]["faults"]) for v in vectors)
    print(f"{count} sets: {accepted} data accepted, {faults} statements do not count")
    return 0


if __name__ == "__main__":
    sys.exit(main())
