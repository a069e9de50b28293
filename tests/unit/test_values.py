# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule: a value of the core never changes, since threads, plans and checks of what was planned share it."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

from ansible_collections.ellipsis.drive.plugins import module_utils
from ansible_collections.ellipsis.drive.plugins.plugin_utils import _stores


def values() -> Iterator[Any]:
    for package in (module_utils, _stores):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.ispkg:
                module = importlib.import_module(found.name)
                own = (each for each in vars(module).values() if getattr(each, "__module__", "") == found.name)
                yield from (each for each in own if isinstance(each, type) and dataclasses.is_dataclass(each))


def test_no_value_changes() -> None:
    found = {f"{value.__module__.rpartition('.')[2]}.{value.__name__}": value for value in values()}
    assert len(found) > 40
    assert [name for name, value in found.items() if not value.__dataclass_params__.frozen] == []
