# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a command and writes what it took: `timed.py REPORT COMMAND…`.

A small process of its own, because Linux says of a child that its memory was never below that of the process it came from.
"""

from __future__ import annotations

import json
import os
import sys
import time


def main() -> int:
    report, *command = sys.argv[1:]
    start = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ)
    _pid, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - start
    with open(report, "w", encoding="utf-8") as file:
        # The peak of the largest process among the command and its children.
        json.dump({"seconds": seconds, "memory": usage.ru_maxrss / 1024}, file)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
