# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a run of the role is: at each moment it passes by here, and is held, or loses a host, at the one that is awaited.

A moment is C(STEP WHO NUMBER): who does something for how many times in that step. The callback is "task", the API "service", and
what is done on a host has its name. What all of these processes share is a folder.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

VARIABLE = "ELLIPSIS_TEST_MOMENTS"
LOST = "beta"
# The first task of each step, by its name.
STEPS = {
    "Read what the hosts declare": "begin",
    "Look at the files of this host": "look",
    "Create the tokens that are missing or due": "create",
    "Say what is kept already": "keep",
    "Write the files": "deliver",
    "load": "handlers",
    "check": "check",
    "Retire what was replaced": "settle",
}


class Moments:
    """The folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def expect(self, moment: str, *, lose: bool = False) -> None:
        """Hold who comes to a moment, or lose a host then."""
        for name in ("passed", "step", "reached", "lost"):
            (self.folder / name).unlink(missing_ok=True)
        (self.folder / "awaited").write_text(f"{moment}\n{'lose' if lose else 'hold'}")

    def forget(self) -> None:
        """Nobody is held any more, and all hosts are back."""
        for name in ("awaited", "lost"):
            (self.folder / name).unlink(missing_ok=True)

    @property
    def passed(self) -> list[str]:
        """All moments that there were, in their order."""
        return self._read("passed").splitlines()

    @property
    def reached(self) -> bool:
        """Whether the awaited moment has come."""
        return (self.folder / "reached").exists()

    @property
    def lost(self) -> bool:
        """Whether a host can't be reached any more."""
        return (self.folder / "lost").exists()

    def enter(self, step: str) -> None:
        """A task of a step begins."""
        (self.folder / "step").write_text(step)
        self.pass_by("task")

    def pass_by(self, who: str) -> None:
        """It happens; who has to wait waits."""
        where = f"{self._read('step') or 'start'} {who} "
        moment = where + str(sum(line.startswith(where) for line in self.passed) + 1)
        with open(self.folder / "passed", "a", encoding="utf-8") as file:
            file.write(f"{moment}\n")
        awaited = self._read("awaited").splitlines()
        if awaited[:1] != [moment]:
            return
        (self.folder / "reached").touch()
        if awaited[1] == "lose":
            (self.folder / "lost").touch()
        else:
            while (self.folder / "awaited").exists():
                time.sleep(0.01)

    def _read(self, name: str) -> str:
        try:
            return (self.folder / name).read_text()
        except FileNotFoundError:
            return ""


def of_this_run() -> Moments | None:
    """Those of the run that a plugin is part of, if it is to be interrupted."""
    folder = os.environ.get(VARIABLE)
    return Moments(Path(folder)) if folder else None
