# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What prune revokes, what it leaves and why, and how many may go at most."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError, Refused
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Marker, Slot
from ansible_collections.ellipsis.drive.plugins.module_utils._model.prune import Rules, decide, rules_of
from ansible_collections.ellipsis.drive.plugins.module_utils._model.tokens import Generation

NOW, HOUR = 1_800_000_000, 3600
OLD, REPLACED, YOUNG = NOW - 10 * HOUR, NOW - HOUR, NOW - HOUR + 1
GOES, INSIDE, TOO_YOUNG = "not declared", "replaced, and still inside its overlap", "younger than prune_min_age"


def made(description: str, created: int, *, owner: str = "team", token_id: str | None = None) -> Generation:
    slot = Slot(owner, description)
    token_id = token_id or str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{description}{created}"))
    return Generation(token_id, Marker(slot, "aaaaaa", created, 0, "aaaaa"), None)


def by_slot(generations: Iterable[Generation]) -> dict[Slot, list[Generation]]:
    live: dict[Slot, list[Generation]] = {}
    for each in generations:
        live.setdefault(each.marker.slot, []).append(each)
    return live


def rules(**options: Any) -> Rules:
    params = {"prune_limit": "100%", "prune_min_age": "1h", "prune_protect": [], "defaults": {}}
    return rules_of({**params, **options})


@pytest.mark.parametrize(
    ("generations", "options", "reasons"),
    [
        ([made("x", OLD)], {}, [GOES]),
        ([made("x", REPLACED)], {}, [GOES]),
        ([made("x", YOUNG)], {}, [TOO_YOUNG]),
        ([made("x", OLD), made("x", REPLACED)], {}, [GOES, GOES]),
        ([made("x", OLD), made("x", YOUNG)], {}, [INSIDE, TOO_YOUNG]),
        ([made("x", OLD), made("x", YOUNG)], {"prune_min_age": "0"}, [INSIDE, GOES]),
        ([made("x", OLD), made("x", YOUNG)], {"defaults": {"overlap": "0"}}, [GOES, TOO_YOUNG]),
        ([made("x", OLD), made("x", REPLACED)], {"defaults": {"overlap": "2h"}}, [INSIDE, GOES]),
        ([made("declared", OLD)], {}, []),
        ([made("x", OLD, owner="other")], {}, []),
        ([made("x", OLD, owner="zoo"), made("y", OLD)], {}, [GOES]),
        ([made("tiles-a", OLD), made("x", OLD)], {"prune_protect": ["y", "tiles-*"]}, ["protected by 'tiles-*'", GOES]),
        ([made("x", OLD, token_id="../../path/x")], {}, ["its id is not a UUID, as every id of the API is, so no request is made with it"]),
        ([made("b", OLD), made("a", YOUNG)], {}, [TOO_YOUNG, GOES]),
    ],
)  # fmt: skip
def test_reasons(generations: list[Generation], options: dict[str, Any], reasons: list[str]) -> None:
    decisions = decide({Slot("team", "declared")}, by_slot(generations), "team", rules(**options), NOW)
    assert [each.reason for each in decisions] == reasons
    assert [each.revoke for each in decisions] == [reason == GOES for reason in reasons]


@pytest.mark.parametrize(
    ("limit", "total", "allowed"),
    [
        (None, 1, 3), (None, 9, 3), (None, 10, 3), (None, 13, 3), (None, 14, 4), (None, 20, 6), ("30%", 20, 6),
        ("30%", 9, 2), ("5", 9, 5), ("5", 100, 5), (" 5 ", 20, 5), ("0", 9, 0), ("100%", 20, 20), (" 100% ", 9, 9), ("1%", 20, 0), ("0%", 20, 0),
        ("5 %", 20, 1), ("99%", 9, 8), ("29%", 100, 29), ("58%", 50, 29), ("999999999", 9, 9), (None, 11, 3), (None, 16, 4),
    ],
)  # fmt: skip
def test_limits(limit: str | None, total: int, allowed: int) -> None:
    """Exactly so many may go; declared tokens count among all, and a refusal names all three numbers."""
    careful = rules(prune_limit=limit)
    live = by_slot(made(f"x{number}", OLD) for number in range(total))
    for going in {min(allowed, total), min(allowed + 1, total)}:
        declared = list(live)[going:]
        if going <= allowed:
            assert sum(each.revoke for each in decide(declared, live, "team", careful, NOW)) == going
            continue
        words = f"^prune would revoke {going} of the {total} tokens of owner team, and prune_limit allows {allowed};"
        with pytest.raises(Refused, match=words):
            decide(declared, live, "team", careful, NOW)


@pytest.mark.parametrize(
    "text",
    ["", "%", "few", "-1", "-1%", "1.5", "33.3%", "101%", "999%", "1000000000", "9" * 5000, "²", "1d"],
    ids=lambda text: text[:6],
)
def test_a_limit_that_is_none(text: str) -> None:
    with pytest.raises(OptionError) as caught:
        rules(prune_limit=text)
    assert str(caught.value) == (f"prune_limit: {text!r} is neither a number nor a percentage; write one like 5 or 30%")
