# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tokens a run of the role replaces because it was told to."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.rollout import to_mint

Values = dict[str, Any]
MADE = {"a": {"created": True}, "b": {"created": False}}


@pytest.mark.parametrize(
    ("slot", "rotate", "before", "regenerate"),
    [
        ({}, [], [], None),
        ({}, ["b"], [], None),
        ({}, ["a", "b"], [], "always"),
        ({}, ["*"], [], "always"),
        ({"regenerate": "never"}, ["a"], [], "always"),
        ({"state": "absent"}, ["*"], [], None),
        ({}, ["*"], [MADE], "drift"),
        ({"regenerate": "always"}, [], [MADE], "drift"),
        ({"regenerate": "never"}, [], [MADE], "never"),
        ({"description": "b"}, ["*"], [MADE], "always"),
    ],
)
def test_what_is_replaced(slot: Values, rotate: list[str], before: list[Values], regenerate: str | None) -> None:
    [token] = to_mint([{"description": "a", **slot}], {}, True, rotate, before)
    assert token.get("regenerate") == regenerate
