# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Search at random for as long as there is time: `soak.py MINUTES SEED SEARCH…`, round after round with seeds of their own.

It says what each round tried. What it finds is printed whole and ends it: make it a row in the gate (tests/laws/test_found.py).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

# A round of this many is a few minutes long.
EXAMPLES = 40
# A round that has begun may end: what takes long in it is making a find small.
LONGEST_ROUND = 30 * 60


def main() -> int:
    minutes, seed, *searches = sys.argv[1:]
    end, number = time.monotonic() + float(minutes) * 60, int(seed)
    while time.monotonic() < end:
        command = ["pytest", "-q", *searches, "--hypothesis-profile=soak", f"--hypothesis-seed={number}"]
        environment = {**os.environ, "SOAK_EXAMPLES": str(EXAMPLES)}
        try:
            run = subprocess.run(
                command,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=LONGEST_ROUND,
                check=False,
            )
        except subprocess.TimeoutExpired as exc:
            print(exc.stdout, f"== seed {number}: has not ended, so it found something or hangs", sep="\n", flush=True)
            return 1
        if run.returncode:
            print(run.stdout, flush=True)
            print(f"== seed {number}: failed; make what was found a row of tests/laws/test_found.py", flush=True)
            return run.returncode
        print(f"== seed {number}: {EXAMPLES} examples for each search, {run.stdout.splitlines()[-1]}", flush=True)
        number += 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
