# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The durations among the rules of prune, as YAML gives them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.module_utils._model.prune import Rules, rules_of


def rules(overlap: Any = None, min_age: str = "1h") -> Rules:
    return rules_of(
        {
            "prune_limit": None,
            "prune_min_age": min_age,
            "prune_protect": [],
            "defaults": {} if overlap is None else {"overlap": overlap},
        }
    )


@pytest.mark.parametrize(("overlap", "seconds"), [(None, 3600), (0, 0), ("0", 0), ("2h", 7200)])
def test_the_overlap_of_the_defaults(overlap: Any, seconds: int) -> None:
    assert rules(overlap).overlap == seconds


@pytest.mark.parametrize(("options", "option"), [({"overlap": 90}, "overlap"), ({"min_age": "90"}, "prune_min_age")])
def test_a_number_needs_a_unit(options: dict[str, Any], option: str) -> None:
    with pytest.raises(OptionError, match=f"^{option}: '90' has no unit; write 90d for days or 90s for seconds"):
        rules(**options)
