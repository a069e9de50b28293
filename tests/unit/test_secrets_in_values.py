# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Laws of values: one that has a secret does not show it when it is printed, in a traceback or by a debugger; and none is changed."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Iterator

from ansible_collections.ellipsis.drive.plugins import module_utils, plugin_utils

# What holds secrets, by the names of fields; an identity is that of a vault, and raw is an entry as a store has it.
SECRET = {"secret", "token", "password", "api_token", "raw", "identity"}


def values() -> Iterator[type]:
    for package in (module_utils, plugin_utils):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.ispkg:
                module = importlib.import_module(found.name)
                own = (each for each in vars(module).values() if getattr(each, "__module__", "") == found.name)
                yield from (each for each in own if isinstance(each, type) and dataclasses.is_dataclass(each))


def test_no_value_prints_its_secret() -> None:
    fields = {
        f"{value.__module__.rpartition('.')[2]}.{value.__name__}.{field.name}": field.repr
        for value in values()
        for field in dataclasses.fields(value)
        if field.name in SECRET
    }
    assert len(fields) >= 8
    # A listed token, as the audit has it, has no secret.
    assert [name for name, shown in fields.items() if shown] == ["page.Row.token"]


def test_values_are_not_changed_once_they_are_made() -> None:
    """Parts of a plan and of what a store holds are shared; who wants another value makes one."""
    changeable = {value.__name__ for value in values() if "__setattr__" not in vars(value)}
    # A lock that this process has, and what a use of the role notes while it goes on.
    assert changeable == {"_Held", "State"}
