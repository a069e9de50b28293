# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Change the core at random places and see which changes no test notices: `--seed N --minutes M --changes K`.

Each change is made in a copy of the checkout. The tests that import the file run first, then all that reach it. What
survives is printed with its diff; what is in C(equivalent.yml) changes nothing that matters and is not tried.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

import yaml

from ansible_collections.ellipsis.drive.tests.mutants.changes import Change, change
from ansible_collections.ellipsis.drive.tests.mutants.selection import ROOT, far, near

LAYERS = (
    *(f"plugins/module_utils/{layer}" for layer in ("_model", "_api", "_account")),
    "plugins/plugin_utils/_stores",
)
PYTEST = ROOT / ".venv" / "newest" / "bin" / "pytest"
_LONGEST_SECONDS = 600


def main() -> int:
    arguments = _arguments()
    end = time.monotonic() + arguments.minutes * 60
    rng = random.Random(arguments.seed)
    known = _equivalent()
    copies: Queue[Path] = Queue()
    with tempfile.TemporaryDirectory(prefix="ellipsis-drive-mutants-") as folder:
        for number in range(arguments.jobs):
            copies.put(_copy(Path(folder) / str(number)))
        if _fails(Path(folder) / "0", ["tests/unit", "tests/laws"]):
            raise SystemExit("the tests fail without any change, so they can't tell")
        chosen = itertools.islice(_changes(rng, known), arguments.changes)
        with ThreadPoolExecutor(arguments.jobs) as pool:
            verdicts = list(pool.map(lambda each: _verdict(each, copies, end), chosen))
    tried = [verdict for verdict in verdicts if verdict is not None]
    survived = tried.count("survived")
    print(f"seed {arguments.seed}: {len(tried)} changes tried, {len(tried) - survived} noticed, {survived} survived")
    return 1 if survived > arguments.allowed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--changes", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--allowed", type=int, default=0, help="survivors that are no failure")
    return parser.parse_args()


def _equivalent() -> set[tuple[str, str]]:
    listed = yaml.safe_load(Path(__file__).with_name("equivalent.yml").read_text(encoding="utf-8")) or []
    return {(each["file"], each["diff"].strip()) for each in listed}


def _changes(rng: random.Random, known: set[tuple[str, str]]) -> Iterator[Change]:
    """Ever new changes; a file is as likely as it is long."""
    files = [path for layer in LAYERS for path in sorted((ROOT / layer).glob("*.py"))]
    weights = [path.stat().st_size for path in files]
    seen = set(known)
    while True:
        (file,) = rng.choices(files, weights)
        made = change(file, ROOT, rng)
        if made and (made.file, made.diff.strip()) not in seen:
            seen.add((made.file, made.diff.strip()))
            yield made


def _copy(target: Path) -> Path:
    listing = subprocess.check_output(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT)
    for name in filter(None, os.fsdecode(listing).split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def _verdict(made: Change, copies: Queue[Path], end: float) -> str | None:
    """Whether a test noticed a change; None when there was no time left to ask."""
    if time.monotonic() >= end:
        return None
    copy = copies.get()
    try:
        (copy / made.file).write_text(made.after, encoding="utf-8")
        verdict = "noticed" if any(_fails(copy, tests(made.file)) for tests in (near, far)) else "survived"
    finally:
        (copy / made.file).write_text(made.before, encoding="utf-8")
        copies.put(copy)
    if verdict == "survived":
        print(f"survived: {made.file}:{made.line}\n{made.diff}\n", flush=True)
    return verdict


def _fails(copy: Path, tests: list[str]) -> bool:
    if not tests:
        return False
    command = [str(PYTEST), "-n", "0", "-x", "-q", "--no-header", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PYTHONPATH", None)
    try:
        run = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, timeout=_LONGEST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return True  # a change that never ends is noticed
    return run.returncode != 0


if __name__ == "__main__":
    sys.exit(main())
