# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tokens a run of the role replaces because it was told to."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.rollout import to_create

Values = dict[str, Any]


@pytest.mark.parametrize(
    ("slot", "rotate", "before", "regenerate"),
    [
        ({}, [], [], None),
        ({}, ["b"], [], None),
        ({}, ["a", "b"], [], "always"),
        ({}, ["*"], [], "always"),
        ({"regenerate": "never"}, ["a"], [], "always"),
        ({"state": "absent"}, ["*"], [], None),
        ({}, ["*"], ["a"], "drift"),
        ({"regenerate": "always"}, [], ["a"], "drift"),
        ({"regenerate": "never"}, [], ["a"], "never"),
        ({"description": "b"}, ["*"], ["a"], "always"),
    ],
)
def test_what_is_replaced(slot: Values, rotate: list[str], before: list[str], regenerate: str | None) -> None:
    [token] = to_create([{"description": "a", **slot}], None, rotate, before)
    assert token.get("regenerate") == regenerate
