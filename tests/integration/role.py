# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the role access_tokens, and looks at what it left on hosts, on the controller and at the emulator."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.ellipsis.drive.tests.emulator import Emulator
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller, Run, kind_of

ROLE = "- ansible.builtin.import_role: {name: ellipsis.drive.access_tokens}"
Values = dict[str, Any]


def slot(description: str = "tile server", *deliver: Values, **options: Any) -> Values:
    """An entry of access_tokens."""
    access = [{"path_id": "{{ roads_id }}", "access_tier": "view"}]
    return {"description": description, "access_list": access, "valid_for": "90d", "deliver": list(deliver), **options}


def told(out: Path, host: str, name: str = "token") -> Values:
    """What a delivered file of the format json says."""
    content: Values = json.loads((out / host / f"{name}.json").read_text())
    return content


class Role:
    """The role on some hosts, each of which is a folder."""

    def __init__(self, controller: Controller, emulator: Emulator) -> None:
        self.controller, self.emulator = controller, emulator
        self.out = controller.folder / "hosts"
        self.store = controller.folder / "config" / "tokens.yml"
        # What every run is given; tests change it between runs.
        self.variables: Values = {
            "access_tokens_store": str(self.store),
            "out": str(self.out) + "/{{ inventory_hostname }}",
            "access_tokens": [slot("tile server", {"dest": "{{ out }}/token.json", "format": "json"})],
        }
        for host in ("alpha", "beta", "gamma"):
            (self.out / host).mkdir(parents=True)
        (controller.folder / "password").write_text("vault password\n")

    def run(
        self,
        *arguments: str,
        hosts: str = "alpha:beta",
        tasks: str = ROLE,
        code: int = 0,
        environment: Mapping[str, str | None] | None = None,
        watch: bool = False,
        **play: Any,
    ) -> Run:
        self.emulator.clear_journal()
        own = {"vars": self.variables, **play}
        given = ("--vault-password-file", "password", *arguments)
        return self.controller.run(
            tasks, *given, hosts=hosts, play=own, code=code, environment=environment, watch=watch
        )

    def rotate(self, *arguments: str, **more: Any) -> Run:
        """A run in which every token has to be replaced."""
        return self.run(*arguments, "-e", '{"access_tokens_defaults": {"regenerate": "always"}}', **more)

    def tasks(self, name: str, text: str) -> str:
        """A file of tasks of the user."""
        (self.controller.folder / name).write_text(text)
        return name

    @property
    def calls(self) -> Counter[str]:
        """What the last run asked of the emulator, since the last C(keep)."""
        asked = ({"path": entry.path, "method": entry.method} for entry in self.emulator.journal)
        return Counter(map(kind_of, asked))

    def calls_of(self, run: Run) -> Counter[str]:
        """What a run asked of the emulator, the last one."""
        kept = (each.calls for host in run.kept.values() for each in host.values())
        return sum(kept, self.calls)

    @property
    def live(self) -> list[str]:
        """The ids of the tokens that work, oldest first."""
        now = self.emulator.clock.now()
        return [token.id for token in self.emulator.tokens if token.live(now)]
