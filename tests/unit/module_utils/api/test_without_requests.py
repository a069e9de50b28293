# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host without the library gets modules that load, and that can say what is missing."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._api import (
    bounded,
    connection_errors,
    session,
)


@pytest.mark.parametrize("module", [bounded, connection_errors, session], ids=lambda module: module.__name__[-17:])
@pytest.mark.parametrize("missing", ["requests", "urllib3"])
def test_modules_load_without(missing: str, module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == missing]:
        monkeypatch.setitem(sys.modules, name, None)
    spec = spec_from_file_location(f"{module.__package__}.again", module.__file__)
    assert spec and spec.loader
    again = module_from_spec(spec)
    spec.loader.exec_module(again)
    if module is session:
        assert f"import of {missing}" in again.REQUESTS_IMPORT_ERROR
        assert session.REQUESTS_IMPORT_ERROR is None
