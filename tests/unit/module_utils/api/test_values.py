# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values of this layer: threads share them, so none changes, and none shows a secret."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._api.answer import Answer, Limits
from ansible_collections.ellipsis.drive.plugins.module_utils._api.api_check import BaseAnswer
from ansible_collections.ellipsis.drive.plugins.module_utils._api.client import Created, Listing
from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import Connection

VALUES = [
    Answer("GET", "/x", 200, {}, b"{}"),
    Limits(),
    BaseAnswer(True, "200"),
    Listing((), None),
    Created(None, "test-secret"),
    Connection("https://x/v3", "test-secret", "me", "test-secret"),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_is_what_it_was(value: Any) -> None:
    for field in dataclasses.fields(value):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, field.name, None)
    assert "test-secret" not in repr(value)
