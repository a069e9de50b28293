# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print the Python interpreters of this machine that really run, newest first: a line `3.13 /path/to/python` each.

With a folder as argument, also fill it with links `python3.13` and so on, which is how ansible-test looks for them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

OLDEST, NEWEST = (3, 9), (3, 14)
# A virtual environment answers with the interpreter it came from: a link to its own would lose the standard library.
PROBE = """
import ensurepip, ssl, sys, venv
v = sys.version_info
print(v.major, v.minor, v.micro, v.releaselevel, getattr(sys, "_base_executable", sys.executable))
"""


def folders() -> Iterator[Path]:
    """The places to look at. pyenv's shims fail for versions that are not selected: look behind them."""
    searched = [Path(entry) for entry in os.environ.get("PATH", "").split(os.pathsep) if entry]
    yield from (folder for folder in searched if folder.name != "shims")
    roots = {folder.parent for folder in searched if folder.name == "shims"}
    roots |= {Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))}
    for root in sorted(roots):
        yield from sorted(root.glob("versions/*/bin"))


def probe(python: Path) -> tuple[tuple[int, int, int], str] | None:
    """Version and path of an interpreter, or None when it is of no use here."""
    try:
        answer = subprocess.check_output([str(python), "-Ic", PROBE], stderr=subprocess.DEVNULL, timeout=30, text=True)
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.fullmatch(r"(\d+) (\d+) (\d+) final (.+)\n", answer)
    if not found:
        return None
    major, minor, micro, path = found.groups()
    return (int(major), int(minor), int(micro)), path


def find() -> dict[tuple[int, int], str]:
    """The newest patch release of every supported minor version, newest version first."""
    pythons = {
        python.resolve(): python
        for folder in folders()
        for python in sorted(folder.glob("python3*"))
        if re.fullmatch(r"python3(\.\d+)?", python.name)
    }
    best: dict[tuple[int, int], tuple[tuple[int, int, int], str]] = {}
    for answer in filter(None, map(probe, pythons.values())):
        minor = answer[0][:2]
        if OLDEST <= minor <= NEWEST and (minor not in best or answer[0] > best[minor][0]):
            best[minor] = answer
    return {minor: best[minor][1] for minor in sorted(best, reverse=True)}


def link(found: dict[tuple[int, int], str], folder: Path) -> None:
    """Make the folder hold exactly one link per interpreter. Links that are right stay: they may be in use."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {f"python{major}.{minor}": path for (major, minor), path in found.items()}
    for old in folder.iterdir():
        if os.readlink(old) != wanted.get(old.name):
            old.unlink()
    for name, path in wanted.items():
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(path)


def main() -> None:
    found = find()
    if len(sys.argv) > 1:
        link(found, Path(sys.argv[1]))
    for (major, minor), path in found.items():
        print(f"{major}.{minor} {path}")


if __name__ == "__main__":
    main()
