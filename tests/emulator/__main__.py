# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serves the emulator to other processes, until told to stop or left alone."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import threading
import time

from .clock import SystemClock
from .http_door import serve
from .service import Emulator
from .variants import VARIANTS


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--variant", choices=sorted(VARIANTS), default="default")
    parser.add_argument("--url-file", help="the base URL is written to this file once the port is open")
    parser.add_argument("--max-seconds", type=float, default=600.0)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--clock-offset", type=float, default=0.0)
    arguments = parser.parse_args(argv)
    if (arguments.cert is None) != (arguments.key is None):
        parser.error("--cert and --key go together")
    return arguments


def _write_whole(path: str, text: str) -> None:
    """Whoever waits for the file never reads half of it."""
    folder = os.path.dirname(os.path.abspath(path))
    with tempfile.NamedTemporaryFile("w", dir=folder, delete=False, encoding="utf-8") as file:
        file.write(text)
    os.replace(file.name, path)


def _wait(seconds: float, parent: int) -> None:
    """Until the time is over, a signal comes, or the parent is gone."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopped.set())
    end = time.monotonic() + seconds
    while time.monotonic() < end and os.getppid() == parent and not stopped.wait(0.2):
        pass


def main(argv: list[str] | None = None) -> int:
    # Before anybody knows the address: who has it may end at once.
    parent = os.getppid()
    arguments = _arguments(argv)
    emulator = Emulator(VARIANTS[arguments.variant], SystemClock(arguments.clock_offset))
    tls = (arguments.cert, arguments.key) if arguments.cert else None
    with serve(emulator, arguments.port, arguments.latency_ms / 1000, tls) as base_url:
        print(base_url, flush=True)
        if arguments.url_file:
            _write_whole(arguments.url_file, base_url + "\n")
        _wait(arguments.max_seconds, parent)
    return 0


if __name__ == "__main__":
    sys.exit(main())
