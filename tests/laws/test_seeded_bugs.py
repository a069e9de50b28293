# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The laws are tested themselves: each of these bugs, put into the core, is caught by the law named beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._account import account as _account
from ansible_collections.ellipsis.drive.plugins.module_utils._account import apply as _apply
from ansible_collections.ellipsis.drive.plugins.module_utils._account import converge as _converge
from ansible_collections.ellipsis.drive.plugins.module_utils._account import creation as _creation
from ansible_collections.ellipsis.drive.plugins.module_utils._account.apply import Outcome
from ansible_collections.ellipsis.drive.plugins.module_utils._api import client as _client
from ansible_collections.ellipsis.drive.plugins.module_utils._api.retry import if_repeatable
from ansible_collections.ellipsis.drive.plugins.module_utils._model import access_list as _access
from ansible_collections.ellipsis.drive.plugins.module_utils._model import marker as _marker
from ansible_collections.ellipsis.drive.plugins.module_utils._model import plan as _plan
from ansible_collections.ellipsis.drive.plugins.module_utils._model import tokens as _tokens
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Marker, Slot
from ansible_collections.ellipsis.drive.plugins.module_utils._model.tokens import Generation
from ansible_collections.ellipsis.drive.plugins.module_utils._modules import access_token as _access_token
from ansible_collections.ellipsis.drive.plugins.module_utils._modules import result as _result
from ansible_collections.ellipsis.drive.tests.laws.harness import Controller, service
from ansible_collections.ellipsis.drive.tests.laws.laws import broken_by
from ansible_collections.ellipsis.drive.tests.laws.once import check_lost_answer
from ansible_collections.ellipsis.drive.tests.laws.races import Race, check_race
from ansible_collections.ellipsis.drive.tests.laws.rows import ROWS
from ansible_collections.ellipsis.drive.tests.laws.trial import make

Patch = Callable[[pytest.MonkeyPatch], None]


def delete_first(patch: pytest.MonkeyPatch) -> None:
    real = _apply._to_revoke

    def to_revoke(outcomes: Sequence[Outcome], *, before_creation: bool) -> Any:
        chosen = [each for each in outcomes if each.plan.creates == before_creation]
        return [each for when in (True, False) for each in real(chosen, before_creation=when)]

    patch.setattr(_apply, "_to_revoke", to_revoke)


def first_page_only(patch: pytest.MonkeyPatch) -> None:
    real = _client._read_page
    patch.setattr(_client, "_read_page", lambda *arguments: (real(*arguments)[0], None))


def ordered_comparison(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_access, "canonical", tuple)


def renewed_within_the_clamp(patch: pytest.MonkeyPatch) -> None:
    def renew_at(generation: Generation, margin: Any) -> float | None:
        lifetime = generation.marker.lifetime
        return None if generation.expires_at is None else generation.expires_at - margin.of(lifetime)

    patch.setattr(_plan, "renew_at", renew_at)


def secret_in_diff(patch: pytest.MonkeyPatch) -> None:
    real = _result.outcome_result

    def result(*arguments: Any, **more: Any) -> Any:
        made = real(*arguments, **more)
        made["diff"]["after"]["token"] = made.get("secret")
        return made

    patch.setattr(_access_token, "outcome_result", result)


def spec_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_plan, "drift_of", lambda _desired, _generation: ())


def marker_ignored(patch: pytest.MonkeyPatch) -> None:
    real = _marker.parse

    def parse(text: Any) -> Marker | None:
        return real(text) or Marker(Slot("default", str(text)), "aaaaaa", 1, 1, "zzzzz")

    patch.setattr(_tokens, "parse", parse)


def owner_ignored(patch: pytest.MonkeyPatch) -> None:
    real = _tokens.by_slot

    def by_slot(tokens: Any) -> Any:
        moved = [
            replace(each, marker=replace(each.marker, slot=Slot("default", each.marker.slot.description)))
            for each in tokens
            if each.marker
        ]
        return real(moved)

    patch.setattr(_account, "by_slot", by_slot)


def check_mode_writes(patch: pytest.MonkeyPatch) -> None:
    real = _converge.converge
    patch.setattr(_access_token, "converge", lambda *args, apply: real(*args, apply=True))


BUGS: list[tuple[Patch, str, str]] = [
    (delete_first, "due, at once", "check_law_5"),
    (first_page_only, "there in a crowd", "check_law_2"),
    (ordered_comparison, "first, rich", "check_law_4"),
    (renewed_within_the_clamp, "shortened", "check_law_1"),
    (secret_in_diff, "first", "check_law_3"),
    (secret_in_diff, "first", "check_law_8"),
    (spec_ignored, "wider", "check_law_2"),
    (marker_ignored, "to be removed from a crowd", "check_law_6"),
    (owner_ignored, "to be removed from a crowd", "check_law_6"),
    (owner_ignored, "other in a crowd, at once", "check_law_6"),
    (check_mode_writes, "first", "check_law_3"),
]


@pytest.mark.parametrize(("bug", "row", "law"), BUGS, ids=lambda value: getattr(value, "__name__", value))
def test_a_law_catches_it(bug: Patch, row: str, law: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = next(each for each in ROWS if each.name == row)
    assert broken_by(make(world)) == []
    bug(monkeypatch)
    assert law in broken_by(make(world))


def test_a_retried_post_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_client, "if_nothing_happened", if_repeatable)
    with pytest.raises(AssertionError):
        check_lost_answer(Controller(service()), {"kind": "cut_after"})


def test_not_looking_for_what_a_lost_answer_made_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither before the second creation nor after it; one of the two would do here."""
    monkeypatch.setattr(_creation.Creations, "_twins", lambda _self, _ours: ())
    monkeypatch.setattr(_creation.Creations, "_clean_up", lambda _self, _lost: True)
    with pytest.raises(AssertionError):
        check_lost_answer(Controller(service()), {"kind": "cut_after"})


@pytest.mark.parametrize("winner", ["both", "the later one"])
def test_a_wrong_winner_is_caught(winner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def give_way(self: Any, new: Any) -> None:
        for each in new:
            found = self._twins(each.generation) if winner != "both" else ()
            self._made[each.slot] = each
            for twin in found:
                self._account.delete(twin.id)

    monkeypatch.setattr(_creation.Creations, "_give_way", give_way)
    with pytest.raises(AssertionError):
        check_race(Race(seed=0, second_before=3))
