# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs everything in turns and prints the table: medians, so that a moment of load does not decide."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from statistics import median

from ansible.release import __version__ as ansible_version

from ansible_collections.ellipsis.drive.tests.emulator import Control

from .figures import Sample, figures, targets
from .laboratory import Laboratory, emulator
from .lookups import check_rendered, decryptions, lay_store
from .rows import ROWS, TOKENS, Row
from .table import table, verdicts

ROUNDS, QUICK_ROUNDS = 5, 3


def main() -> int:
    arguments = _arguments()
    rounds = QUICK_ROUNDS if arguments.quick else ROUNDS
    slow = 1 if arguments.quick else None
    with tempfile.TemporaryDirectory(prefix="ellipsis-benchmark-") as name:
        folder = Path(name)
        with emulator(folder, arguments.latency_ms) as api_url:
            laboratory = Laboratory(folder, api_url, Control(api_url))
            (folder / "ansible.cfg").touch()
            lay_store(folder, api_url)
            samples, list_call = _rounds(laboratory, rounds, slow)
            check_rendered(folder)
            counted = decryptions(laboratory)
    found = figures(ROWS, samples, list_call)
    verdict = targets(found, counted)
    print(_introduction(rounds, arguments.latency_ms, list_call), "", table(found.values()), "", sep="\n")
    print(verdicts(verdict))
    if arguments.json:
        everything = {
            "list_call": list_call,
            "samples": {row: [asdict(sample) for sample in taken] for row, taken in samples.items()},
            "figures": [asdict(figure) for figure in found.values()],
            "targets": [asdict(target) for target in verdict],
        }
        Path(arguments.json).write_text(json.dumps(everything, indent=2) + "\n")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmark", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} rounds, what is slow in one of them")
    parser.add_argument("--latency-ms", type=float, default=20.0, help="of every answer of the emulator")
    parser.add_argument("--json", metavar="FILE", help="write every sample there, too")
    return parser.parse_args()


def _rounds(laboratory: Laboratory, rounds: int, slow: int | None) -> tuple[dict[str, list[Sample]], float]:
    """All samples by row, and the seconds of a list call. The first round only warms up caches."""
    samples: dict[str, list[Sample]] = defaultdict(list)
    list_calls = []
    for number in range(rounds + 1):
        print(f"round {number} of {rounds}" if number else "warming up", file=sys.stderr, flush=True)
        for row in ROWS:
            if number > _most(row, rounds, slow) or (not number and row.most_rounds):
                continue
            sample = laboratory.measure(row)
            if number:
                samples[row.name].append(sample)
        list_calls.append(_list_call(laboratory))
    return samples, median(list_calls)


def _most(row: Row, rounds: int, slow: int | None) -> int:
    return rounds if row.most_rounds is None else min(rounds, slow or row.most_rounds)


def _list_call(laboratory: Laboratory) -> float:
    laboratory.control.reset()
    laboratory.control.seed(TOKENS)
    return laboratory.list_call()


def _introduction(rounds: int, latency_ms: float, list_call: float) -> str:
    return (
        f"ansible-core {ansible_version}, Python {platform.python_version()}, {os.cpu_count()} CPUs, load "
        f"{os.getloadavg()[0]:.1f}; emulator with {latency_ms:g} ms latency in a process of its own; forks 1.\n"
        f"{rounds} rounds in turns (uri fewer, since it is slow: see runs). Seconds beyond the empty play, of scripts beyond an\n"
        f"empty one. A list call takes {list_call * 1000:.1f} ms; listing is that times the list calls."
    )


if __name__ == "__main__":
    sys.exit(main())
