# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is decided upon can't be changed: a plan is shown as it was made, and values are keys of dictionaries."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils import _model

_MODULES = [importlib.import_module(f"{_model.__name__}.{each.name}") for each in pkgutil.iter_modules(_model.__path__)]
VALUES = sorted(
    {
        each
        for module in _MODULES
        for each in vars(module).values()
        if isinstance(each, type) and dataclasses.is_dataclass(each)
    },
    key=lambda each: each.__name__,
)


def test_all_of_them_are_found() -> None:
    assert {"Slot", "Marker", "Grant", "Plan", "Finding"} <= {each.__name__ for each in VALUES}


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.__name__)
def test_nobody_changes_a_value(value: type) -> None:
    blank: object = object.__new__(value)
    for name in ("anything", *(each.name for each in dataclasses.fields(value))):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(blank, name, None)
