# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an entry becomes when tokens are revoked, and that it comes back from the file as it was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import (
    Claim,
    Entry,
    ForeignEntry,
    StoredSlot,
    StoreError,
    entries_of,
    own,
    raw_of,
    without,
)

SLOT = StoredSlot("roads", "default", "https://api.example.com/v3")
OLD = Entry(SLOT, id="old", token="test-secret-1")
NEW = Entry(SLOT, id="new", token="test-secret-2", replaced=("older", "old"), previous=OLD)
THIRD = Entry(SLOT, id="third", token="test-secret-3", replaced=("older", "old", "new"), previous=NEW.bare)
LOST = Entry(SLOT, pending=("aaaaa",))
CLAIMED = Entry(SLOT, claim=Claim("me", "2026-01-01T00:05:00Z"))
OF_ORGANIZATION = replace(SLOT, organization_id="org")
FULL = Entry(
    OF_ORGANIZATION,
    id="new",
    token="test-secret-2",
    created_at="2026-01-01T00:00:00Z",
    expires_at="2026-04-01T00:00:00Z",
    valid_for="90d",
    fingerprint="abc",
    pending=("aaaaa", "bbbbb"),
    replaced=("older", "old"),
    previous=replace(OLD, slot=OF_ORGANIZATION),
    claim=Claim("me", "2026-01-01T00:05:00Z"),
)


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
        pytest.param(CLAIMED, {"new"}, CLAIMED, id="with nothing but a claim"),
        pytest.param(
            replace(NEW, claim=CLAIMED.claim),
            {"new"},
            replace(OLD, replaced=("older",), claim=CLAIMED.claim),
            id="claimed",
        ),
    ],
)
def test_without(entry: Entry, revoked: set[str], after: Entry | None) -> None:
    assert without(entry, revoked) == after


@pytest.mark.parametrize("entry", [OLD, NEW, THIRD, LOST, FULL], ids=["one", "two", "three", "none yet", "all facts"])
def test_there_and_back(entry: Entry) -> None:
    assert entries_of({"roads": raw_of(entry)}) == {"roads": entry}


@pytest.mark.parametrize("previous", ["text", {"id": "old"}, {"id": "old", "token": 5}])
def test_a_previous_token_of_somebody_else(previous: object) -> None:
    with pytest.raises(StoreError, match="previous"):
        entries_of({"roads": {**raw_of(OLD), "previous": previous}})


def test_nothing_there() -> None:
    assert entries_of(None) == entries_of({}) == {}


def test_what_is_written() -> None:
    """No more than there is, and what others have added to it."""
    assert raw_of(LOST) == {"owner": "default", "api_url": SLOT.api_url, "pending": ["aaaaa"]}
    facts = {"created_at": None, "expires_at": None, "valid_for": None, "fingerprint": None}
    old = {"id": "old", "token": "test-secret-1", **facts}
    before = {
        "note": "of somebody",
        "also": 1,
        "claim": {"by": "x"},
        "replaced": ["y"],
        "previous": {},
        "pending": ["z"],
    }
    assert raw_of(NEW, before) == {
        **old,
        "id": "new",
        "token": "test-secret-2",
        "owner": "default",
        "api_url": SLOT.api_url,
        "replaced": ["older", "old"],
        "previous": old,
        "also": 1,
        "note": "of somebody",
    }
    assert raw_of(FULL)["organization_id"] == "org"
    assert raw_of(FULL)["claim"] == {"by": "me", "until": "2026-01-01T00:05:00Z"}


HERE = "ellipsis_access_tokens['roads']"
RAW: dict[str, Any] = {"owner": "default", "api_url": SLOT.api_url, "id": "1", "token": "test-secret"}
WRONG: list[tuple[Any, str]] = [
    ("text", f"must have a mapping in {HERE}."),
    ({**RAW, "owner": None}, f"must have text in {HERE}.owner."),
    ({**RAW, "owner": 7}, f"must have text in {HERE}.owner."),
    ({**RAW, "api_url": None}, f"must have text in {HERE}.api_url."),
    ({**RAW, "api_url": 7}, f"must have text in {HERE}.api_url."),
    ({**RAW, "organization_id": 7}, f"must have text in {HERE}.organization_id."),
    ({**RAW, "token": 7}, f"must have text in {HERE}.token."),
    ({**RAW, "token": None}, f"must have both id and token, or neither, in {HERE}."),
    ({**RAW, "id": ""}, f"must have both id and token, or neither, in {HERE}."),
    ({**RAW, "expires_at": 7}, f"must have text in {HERE}.expires_at."),
    ({**RAW, "pending": "aaaaa"}, f"must have a list of texts in {HERE}.pending."),
    ({**RAW, "replaced": ["x", 1]}, f"must have a list of texts in {HERE}.replaced."),
    ({**RAW, "claim": "me"}, f"must have a mapping in {HERE}.claim."),
    ({**RAW, "claim": {"by": "me"}}, f"must have text in {HERE}.claim.until."),
    ({**RAW, "claim": {"until": "x"}}, f"must have text in {HERE}.claim.by."),
    ({**RAW, "previous": "text"}, f"must have a mapping in {HERE}.previous."),
    (
        {**RAW, "previous": {"id": "0", "token": "x", "previous": 7}},
        f"must have a mapping in {HERE}.previous.previous.",
    ),
]


@pytest.mark.parametrize(("raw", "said"), WRONG)
def test_what_this_collection_did_not_write(raw: Any, said: str) -> None:
    with pytest.raises(StoreError) as caught:
        entries_of({"roads": raw})
    assert str(caught.value) == said


@pytest.mark.parametrize("value", ["text", ["roads"], 0])
def test_what_is_no_mapping_at_all(value: Any) -> None:
    with pytest.raises(
        StoreError, match=r"^must have a mapping of descriptions to entries in ellipsis_access_tokens\.$"
    ):
        entries_of(value)


@pytest.mark.parametrize(
    "raw",
    [
        {**RAW, "claim": None},
        {**RAW, "claim": {}},
        {**RAW, "previous": None},
        {**RAW, "pending": None},
        {**RAW, "organization_id": ""},
    ],
)
def test_nothing_in_particular(raw: Any) -> None:
    assert entries_of({"roads": raw})["roads"] == Entry(SLOT, id="1", token="test-secret")


OTHERS = "use another description or another store."
MINE = f"not of owner 'default' at {SLOT.api_url}"


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        (
            replace(SLOT, owner="team"),
            f"has 'roads' of owner 'team' at {SLOT.api_url}, {MINE}: {OTHERS}",
        ),
        (
            replace(SLOT, api_url="https://b.example"),
            f"has 'roads' of owner 'default' at https://b.example, {MINE}: set api_url to https://b.example, or {OTHERS}",
        ),
        (
            OF_ORGANIZATION,
            f"has 'roads' of owner 'default' at {SLOT.api_url}, organization org, {MINE}: {OTHERS}",
        ),
    ],
)
def test_a_description_that_is_taken(stored: StoredSlot, said: str) -> None:
    with pytest.raises(ForeignEntry) as caught:
        own({"roads": Entry(stored)}, SLOT)
    assert str(caught.value) == said


def test_ones_own() -> None:
    assert own({"roads": OLD}, SLOT) is OLD
    assert own({"roads": None}, SLOT) is own({}, SLOT) is None
