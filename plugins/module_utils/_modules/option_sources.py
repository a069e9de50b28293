# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fills options from variables and the environment, and names the source of an option in errors. Never its value (law 8)."""

from __future__ import annotations

import re
import socket
import typing as t
from dataclasses import dataclass, field

from .._api.connection import CREDENTIALS, environment_name, from_process, inherit, variable_name
from .._api.errors import LoginRefused, TransportError, Unauthorized
from .._model.errors import EllipsisError, OptionError

Value = t.Callable[[str], t.Any]


@dataclass(frozen=True)
class OptionSources:
    """of: by option, where its value came from; what stands in the task (or in the lookup) itself is not in it."""

    of: t.Mapping[str, str] = field(default_factory=dict)
    itself: str = "the task"
    host: str = field(default_factory=socket.gethostname)

    def tell(self, error: EllipsisError, params: t.Mapping[str, t.Any]) -> str:
        """An error, and the sources that help to find its cause: of options, of the address, of a refused credential."""
        if isinstance(error, OptionError):
            return self.of_options(str(error))
        if isinstance(error, (Unauthorized, LoginRefused)):
            return self.of_requests(str(error), params)
        if isinstance(error, TransportError):
            return f"{error} ({', '.join(self._address(params))})"
        return str(error)

    def of_options(self, message: str) -> str:
        """A message about options, and where those came from that are not in the task."""
        named = [
            f"{option} is from {origin}" for option, origin in self.of.items() if re.search(rf"\b{option}\b", message)
        ]
        return f"{message} ({', '.join(named)})" if named else message

    def of_requests(self, message: str, params: t.Mapping[str, t.Any]) -> str:
        """A message about what a server did: who asked which one, and with what credential."""
        credential = next((option for option in CREDENTIALS if params.get(option)), None)
        facts = self._address(params)
        if credential:
            facts.append(f"{credential} from {self.of.get(credential, self.itself)}")
        return f"{message} ({', '.join(facts)})"

    def _address(self, params: t.Mapping[str, t.Any]) -> list[str]:
        return [f"on {self.host}", f"api_url {params['api_url']} from {self.of.get('api_url', self.itself)}"]


@dataclass(frozen=True)
class Source:
    """A place where options are looked for: the value of an option there, and what the place is called."""

    value: Value
    called: t.Callable[[str], str]


def variables(value: Value) -> Source:
    """Variables of Ansible; value takes the name of a variable."""
    return Source(lambda option: value(variable_name(option)), lambda option: f"the variable {variable_name(option)}")


def task_environment(environment: t.Mapping[str, t.Any]) -> Source:
    """The keyword environment of a task."""
    return Source(
        lambda option: environment.get(environment_name(option)),
        lambda option: f"the environment of the task, {environment_name(option)}",
    )


PROCESS = Source(from_process, lambda option: f"the environment variable {environment_name(option)}")


def fill(params: dict[str, t.Any], sources: t.Iterable[Source]) -> dict[str, str]:
    """Fill connection options that are not set, from the first source that has them, and say where each came from."""
    of = {option: source.called(option) for source in sources for option in inherit(params, source.value)}
    return of if params.get("api_url") else {**of, "api_url": "the default"}
