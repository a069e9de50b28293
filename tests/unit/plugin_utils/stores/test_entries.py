# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an entry becomes when tokens are revoked, and that it comes back from the file as it was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import (
    Entry,
    StoredSlot,
    StoreError,
    entries_of,
    raw_of,
    without,
)

SLOT = StoredSlot("roads", "default", "https://api.example.com/v3")
OLD = Entry(SLOT, id="old", token="test-secret-1")
NEW = Entry(SLOT, id="new", token="test-secret-2", replaced=("older", "old"), previous=OLD)
THIRD = Entry(SLOT, id="third", token="test-secret-3", replaced=("older", "old", "new"), previous=NEW.bare)
LOST = Entry(SLOT, pending=("aaaaa",))


@pytest.mark.parametrize(
    ("entry", "revoked", "after"),
    [
        pytest.param(NEW, {"other"}, NEW, id="another"),
        pytest.param(NEW, {"old"}, replace(NEW, previous=None), id="the previous one"),
        pytest.param(NEW, {"new"}, replace(OLD, replaced=("older",)), id="the one in use"),
        pytest.param(NEW, {"new", "old"}, None, id="both"),
        pytest.param(OLD, {"old"}, None, id="the only one"),
        pytest.param(THIRD, {"new"}, replace(THIRD, previous=OLD), id="one between"),
        pytest.param(THIRD, {"third"}, replace(NEW, replaced=("older", "old")), id="the latest of three"),
        pytest.param(THIRD, {"third", "new"}, replace(OLD, replaced=("older", "new")), id="two of three"),
        pytest.param(replace(OLD, pending=("aaaaa",)), {"old"}, LOST, id="creations that were begun are remembered"),
        pytest.param(LOST, {"new"}, LOST, id="without a token"),
    ],
)
def test_without(entry: Entry, revoked: set[str], after: Entry | None) -> None:
    assert without(entry, revoked) == after


@pytest.mark.parametrize("entry", [OLD, NEW, THIRD, LOST], ids=["one", "two", "three", "none yet"])
def test_there_and_back(entry: Entry) -> None:
    assert entries_of({"roads": raw_of(entry)}) == {"roads": entry}


@pytest.mark.parametrize("previous", ["text", {"id": "old"}, {"id": "old", "token": 5}])
def test_a_previous_token_of_somebody_else(previous: object) -> None:
    with pytest.raises(StoreError, match="previous"):
        entries_of({"roads": {**raw_of(OLD), "previous": previous}})
