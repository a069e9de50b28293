# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the steps of the role tell each other, in the private file of the run: secrets are in no variable of a host."""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import asdict, dataclass, field

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.run_file import RunFile
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.outcome import Host

Values = dict[str, t.Any]
STORE, OUTSIDE, HOSTS = "store", "outside", "hosts"


@dataclass
class State:
    """One use of the role, for all batches of hosts of its play.

    keeper: who keeps the secrets: STORE, OUTSIDE (tasks of the user) or HOSTS (their files). By host: declared (its slots with
    deliveries, of this batch), confirmed (by description the id it uses, empty until that is shown), failures (of this batch).
    reached: hosts of this batch that were there when the delivery began. returned: those that have the earlier secrets again.
    By description: held, rolled and earlier_batches (rollouts), superseded (ids), reasons (why there is no token to deliver). restore: slots whose
    earlier secret goes back to hosts. everything: the slots of all batches. undeclared: what the owner has beside them.
    """

    keeper: str = STORE
    settings: Values = field(default_factory=dict)
    slots: list[Values] = field(default_factory=list)
    declared: dict[str, list[Values]] = field(default_factory=dict)
    held: dict[str, Values] = field(default_factory=dict)
    made: Values = field(default_factory=dict)
    rolled: dict[str, Values] = field(default_factory=dict)
    earlier_batches: dict[str, Values] = field(default_factory=dict)
    superseded: dict[str, list[str]] = field(default_factory=dict)
    unfinished: list[str] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
    restore: list[str] = field(default_factory=list)
    confirmed: dict[str, dict[str, str]] = field(default_factory=dict)
    failures: dict[str, Values] = field(default_factory=dict)
    reached: list[str] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    everything: dict[str, Values] = field(default_factory=dict)
    undeclared: list[str] = field(default_factory=list)

    def hosts(self, task_vars: Values) -> dict[str, Host]:
        """The hosts of the play as the end of a rollout sees them."""
        in_later_batches = set(task_vars["ansible_play_hosts"]) - set(self.confirmed)
        return {
            name: Host(
                self.confirmed.get(name), name in self.declared, self.failures.get(name), name in in_later_batches
            )
            for name in task_vars["ansible_play_hosts_all"]
        }

    @property
    def to_bring_back(self) -> list[str]:
        """Hosts that may have new secrets in place of those that go back."""
        restored = set(self.restore)
        return [name for name in self.reached if restored & {slot["description"] for slot in self.declared[name]}]

    @property
    def all_slots(self) -> list[Values]:
        """Those of this batch, and of earlier ones, whose replaced tokens may have waited for this one."""
        earlier = {name: self.everything[name] for name in self.earlier_batches if name in self.everything}
        return list({**earlier, **{slot["description"]: slot for slot in self.slots}}.values())

    @property
    def all_rolled(self) -> dict[str, Values]:
        """What the slots of all batches so far have now and had before."""
        return {**self.earlier_batches, **self.rolled}

    @property
    def created_in_this_run(self) -> set[str]:
        """The slots whose tokens this run made, in this batch of hosts or an earlier one."""
        return {name for each in (self.earlier_batches, self.rolled) for name, slot in each.items() if slot["created"]}


def keeper(settings: Values) -> str:
    """Who keeps the secrets by what the role's options say."""
    if settings.get("access_tokens_keep_tasks"):
        return OUTSIDE
    return STORE if settings.get("access_tokens_store") else HOSTS


@contextlib.contextmanager
def changing(task_vars: Values) -> t.Iterator[State]:
    """The state, written back in the end. One process at a time."""
    file = _file(task_vars)
    with file.locked():
        state = _read(file)
        yield state
        file.write(asdict(state))


def current_state(task_vars: Values) -> State:
    """The state as it is."""
    return _read(_file(task_vars))


def _read(file: RunFile) -> State:
    return State(**(file.read() or {}))


def _file(task_vars: Values) -> RunFile:
    if "role_uuid" not in task_vars:
        raise OptionError("This action is a part of the role ellipsis.drive.access_tokens; use the role")
    return RunFile("rollout", str(task_vars["role_uuid"]))
