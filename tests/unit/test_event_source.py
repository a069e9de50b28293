# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What two listings of an account say, as events."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.ellipsis.drive.extensions.eda.plugins.event_source.access_tokens import (
    DOCUMENTATION,
    events,
    options_of,
)
from ansible_collections.ellipsis.drive.plugins.plugin_utils._plugins.playbook_variables import PLAYBOOKS, complaints

RULEBOOKS = Path(__file__).resolve().parents[2] / "extensions" / "eda" / "rulebooks"
KINDS = {"due", "expiring", "expired", "unmanaged", "differs", "revoked"}
Values = dict[str, Any]


def token(token_id: str, made: int = 1, ends: int | None = 10, **other: Any) -> Values:
    """A token of January 2030, made and ending on these days."""
    dates = {"created_at": f"2030-01-{made:02}T00:00:00Z", "expires_at": ends and f"2030-01-{ends:02}T00:00:00Z"}
    return {"id": token_id, "description": "tiles", "owner": "platform", "managed": True, **dates, **other}


def listing(day: int, *tokens: Values, **findings: str) -> Values:
    """findings: by the token's id."""
    found = [{"token_id": each, "finding": finding, "message": "m"} for each, finding in findings.items()]
    return {"listed_at": f"2030-01-{day:02}T00:00:00Z", "access_tokens": list(tokens), "findings": found}


FOREIGN: Values = {"managed": False, "owner": None}
OTHERS: Values = {"owner": "others"}
EMPTY = listing(1)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        pytest.param(None, listing(2, token("a")), [], id="all is well"),
        pytest.param(None, listing(6, token("a")), [], id="more than a third is left"),
        pytest.param(None, listing(7, token("a")), ["due a"], id="a third is left"),
        pytest.param(None, listing(9, token("a", ends=None)), [], id="never expires"),
        pytest.param(None, listing(9, token("a", **FOREIGN)), [], id="nobody renews what is not ours"),
        pytest.param(None, listing(9, token("a"), token("b", 8, 30)), [], id="the due one was replaced"),
        pytest.param(None, listing(2, token("a"), a="expires_soon"), ["expiring a"], id="expiring"),
        pytest.param(None, listing(2, token("a", **FOREIGN), a="unmanaged"), ["unmanaged a"], id="unmanaged"),
        pytest.param(None, listing(2, token("a"), a="differs_from_marker"), ["differs a"], id="differs"),
        pytest.param(None, listing(2, token("a"), a="too_wide"), [], id="not every finding is an event"),
        pytest.param(listing(2, token("a")), listing(3), ["revoked a"], id="revoked"),
        pytest.param(listing(2, token("a", **FOREIGN)), listing(3), ["revoked a"], id="a foreign one revoked"),
        pytest.param(listing(2, token("a")), listing(10), ["expired a"], id="expired"),
        pytest.param(listing(2, token("a", ends=None)), listing(10), ["revoked a"], id="only revoking ends it"),
        pytest.param(listing(2, token("a")), listing(3, token("b", 3)), [], id="retired after its replacement"),
        pytest.param(
            listing(3, token("a"), token("b", 2)), listing(3, token("a")), ["revoked b"], id="the replacement revoked"
        ),
        pytest.param(EMPTY, EMPTY, [], id="nothing there"),
        pytest.param(listing(2, token("a", **OTHERS)), listing(3), [], id="of another owner"),
    ],
)
def test_events(before: Values | None, now: Values, expected: list[str]) -> None:
    happened = events(before, now, "platform")
    assert [f"{event['kind']} {event['token_id']}" for event in happened] == expected
    assert {event["kind"] for event in happened} <= KINDS


def test_without_an_owner_all_are_told() -> None:
    happened = events(listing(2, token("a", **OTHERS), token("b")), listing(3))
    assert [event["token_id"] for event in happened] == ["a", "b"]


def test_a_secret_in_a_description_is_masked() -> None:
    [event] = events(listing(2, token("a", description="was epat_0123456789")), listing(3))
    assert event["description"] == "was epat_…"


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        ({"interval": 0}, "interval: 0 is not"),
        ({"interval": "1h"}, "interval: '1h' is not"),
        ({"interval": True}, "interval: True is not"),
        ({"owners": "me"}, "owners: is no argument"),
    ],
)
def test_bad_arguments_are_named(args: Values, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        options_of(args)


def test_the_defaults_are_those_of_the_documentation() -> None:
    documented = yaml.safe_load(DOCUMENTATION)["options"]
    assert vars(options_of({})) == {name: option.get("default") for name, option in documented.items()}


def test_the_documentation_and_the_rulebook_name_every_kind() -> None:
    rulebook = (RULEBOOKS / "renew.yml").read_text()
    assert all(f"V({kind})" in DOCUMENTATION and f'"{kind}"' in rulebook for kind in KINDS)


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_the_variables_of_a_rulebook_may_be_in_a_file_with_those_of_playbooks(playbook: str) -> None:
    names = {name for path in RULEBOOKS.glob("*.yml") for name in re.findall(r"\bellipsis_\w+", path.read_text())}
    assert "ellipsis_renew_interval" in names
    assert complaints(names, playbook, "") == []
