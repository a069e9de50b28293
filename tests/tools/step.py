# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run one step of the gate: `step.py ENVIRONMENT NAME COMMAND…` prints the name and the seconds it took.

The command runs with `.venv/ENVIRONMENT/bin` first on the path, and is skipped when there is no such environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

VENV = Path(__file__).resolve().parents[2] / ".venv"


def main() -> int:
    environment, name, *command = sys.argv[1:]
    bin_folder = VENV / environment / "bin"
    if not bin_folder.is_dir():
        print(f"== skipped: {name}, there is no environment {environment}", flush=True)
        return 0
    print(f"== {name}", flush=True)
    start = time.monotonic()
    path = os.pathsep.join([str(bin_folder), os.environ.get("PATH", os.defpath)])
    code = subprocess.call(command, env={**os.environ, "PATH": path})
    verdict = f"failed ({code})" if code else "passed"
    # pytest's own last line says all this, and has to stay the last one of a run: CI reads it.
    if command[0] != "pytest":
        print(f"== {name}: {verdict}, {time.monotonic() - start:.1f} s", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
