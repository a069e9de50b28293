# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run one step of the gate: `step.py ENVIRONMENT NAME COMMAND…` prints the name and the seconds it took.

The command runs with `.venv/ENVIRONMENT/bin` first on the path; `-` stands for no environment. report.py reads what is kept in
`.venv/steps`.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

VENV = Path(__file__).resolve().parents[2] / ".venv"


def path_of(environment: str) -> str:
    """The path that a command of an environment runs with."""
    path = os.environ.get("PATH", os.defpath)
    if environment == "-":
        return path
    bin_folder = VENV / environment / "bin"
    if not bin_folder.is_dir():
        raise SystemExit(f"there is no environment {environment}: say make environments")
    return os.pathsep.join([str(bin_folder), path])


def main() -> int:
    environment, name, *command = sys.argv[1:]
    start, started = time.monotonic(), time.time()
    code = subprocess.call(command, env={**os.environ, "PATH": path_of(environment)})
    seconds, used = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    kept = {
        "name": name,
        "started": started,
        "seconds": seconds,
        "cpu": used.ru_utime + used.ru_stime,
        "code": code,
    }
    steps = VENV / "steps"
    steps.mkdir(parents=True, exist_ok=True)
    (steps / f"{name.replace(' ', '-')}.json").write_text(json.dumps(kept))
    # pytest's own last line says all this, and has to stay the last one of a run: CI reads it.
    if command[0] != "pytest":
        print(f"== {name}: {f'failed ({code})' if code else 'passed'}, {seconds:.1f} s", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
