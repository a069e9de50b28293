# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Since when tokens are replaced, how long they live on, and what becomes of the tokens that a slot takes over from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._model.access_list import Grant
from ansible_collections.ellipsis.drive.plugins.module_utils._model.desired import Desired, Held, Predecessors
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import Refused
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Marker, Slot
from ansible_collections.ellipsis.drive.plugins.module_utils._model.overlap import MOST_ALIVE
from ansible_collections.ellipsis.drive.plugins.module_utils._model.plan import Create, Forget, Plan, Revoke, plan
from ansible_collections.ellipsis.drive.plugins.module_utils._model.tokens import Generation

NOW, HOUR, DAY = 1800000000, 3600, 86400
SLOT, EARLIER, STALE = Slot("default", "tiles"), Slot("default", "earlier"), Slot("default", "stale")
WANTED = Desired(SLOT, (Grant("p", "view"),), lifetime=30 * DAY, overlap=HOUR)


def live(token_id: str, age: int, slot: Slot = SLOT) -> Generation:
    marker = Marker(slot, WANTED.spec, NOW - age, WANTED.lifetime, f"{token_id:0>5}")
    return Generation(token_id, marker, marker.created + marker.lifetime)


# Each made some minutes ago.
A, B, C = live("a", 40 * 60), live("b", 30 * 60), live("c", 10 * 60)
DUE = live("due", 25 * DAY)
MANY = tuple(live(f"m{number}", 60 - number) for number in range(MOST_ALIVE))
# Of another slot.
P, OLD_P, YOUNG_P = live("p", 2 * DAY, EARLIER), live("old p", 3 * DAY, EARLIER), live("young p", 60, EARLIER)
MANY_P = tuple(live(f"p{number}", DAY, EARLIER) for number in range(MOST_ALIVE))
ALWAYS: dict[str, Any] = {"regenerate": "always"}
NOT_TRACKED = Held()


def by_id(held_id: str | None, *lost: str) -> Held:
    return Held(True, held_id, frozenset(f"{name:0>5}" for name in lost))


def in_store(held_id: str | None, *before: str) -> Held:
    return Held(True, held_id, exclusive="s.yml", replaced=frozenset(before))


def words(decided: Plan) -> str:
    """The steps of a plan, shortly."""
    said = []
    for step in decided.steps:
        if isinstance(step, Revoke):
            said.append(f"-{step.token_id}")
        elif isinstance(step, Forget):
            said.append(f"forget {step.replaced.description if step.replaced else ''}")
        else:
            said.append("create")
    return ", ".join(said)


def since(decided: Plan) -> dict[str, float | None]:
    return {each.generation.id: each.since for each in decided.superseded}


@pytest.mark.parametrize(
    ("generations", "held", "options", "replaced"),
    [
        # By the next one, which everybody had.
        ((A, B, C), NOT_TRACKED, {}, {"a": B, "b": C}),
        ((A, B, C), by_id("c"), {}, {"a": B, "b": C}),
        # By the one that is about to be made, the current one.
        ((A, B, C), NOT_TRACKED, ALWAYS, {"a": B, "b": C, "c": None}),
        ((DUE, A), by_id("due"), {}, {"due": None}),
        ((A,), NOT_TRACKED, {**ALWAYS, "overlap": 1}, {"a": None}),
        ((A,), NOT_TRACKED, {**ALWAYS, "overlap": 0}, {}),
        # What is newer than the held one is nobody's, and goes when there is another one.
        ((A, B, C), by_id("a"), {}, {"b": None, "c": None}),
        ((A, B, C), by_id("b"), {}, {"a": B, "c": None}),
        ((A, B, C), by_id("b"), ALWAYS, {"a": B, "b": None}),
        # What nobody holds is replaced by what comes, or was so by what came.
        ((A, B), by_id(None), {}, {"a": B, "b": None}),
        # A lost one has replaced nobody.
        ((A, B, C), by_id("c", "b"), {}, {"a": C}),
        # A store knows which ones were current.
        ((A, B, C), in_store("c", "a", "b"), {}, {"a": B, "b": C}),
        ((A, B, C), in_store("c", "a"), {}, {"a": C, "b": C}),
        ((A, B, C), in_store("c"), ALWAYS, {"a": C, "b": C, "c": None}),
        # What is newer than the one in the store is of another one, and counts since it is there.
        ((A, B, C), in_store("b"), {"take_over": True}, {"a": B, "c": C}),
        ((A, B, C), in_store("b", "c"), {}, {"a": B, "c": C}),
        ((A, B, C), in_store("b"), {"take_over": True, **ALWAYS}, {"a": B, "b": None, "c": None}),
        ((A, B), in_store(None), {"take_over": True}, {"a": None, "b": None}),
        ((A, B), in_store(None, "a", "b"), {}, {"a": B, "b": None}),
    ],
)
def test_a_token_is_replaced_by_the_next_one_that_was_current(
    generations: tuple[Generation, ...], held: Held, options: dict[str, Any], replaced: dict[str, Generation | None]
) -> None:
    expected = {token_id: by.marker.created if by else None for token_id, by in replaced.items()}
    assert since(plan(replace(WANTED, **options), generations, held, NOW)) == expected


@pytest.mark.parametrize(("passed", "lives"), [(HOUR - 1, True), (HOUR, False), (HOUR + 1, False)])
@pytest.mark.parametrize(
    ("held", "other"), [(NOT_TRACKED, "a"), (by_id("b"), "a"), (in_store("b", "a"), "a"), (by_id("a"), "b")]
)
def test_it_lives_on_for_exactly_the_overlap(held: Held, other: str, passed: int, lives: bool) -> None:
    """The older one is replaced, and a newer one is nobody's, from when the newer one is there."""
    decided = plan(WANTED, (A, B), held, B.marker.created + passed)
    assert (decided.reason, words(decided)) == (("none", "") if lives else ("retire", f"-{other}"))


@pytest.mark.parametrize(
    ("generations", "held", "options", "when"),
    [
        (MANY, NOT_TRACKED, {}, "after 2027-01-15T08:59:01Z"),
        (MANY, in_store("m9", *(each.id for each in MANY)), {}, "after 2027-01-15T08:59:01Z"),
        (MANY, in_store("m9"), {"overlap": 2 * HOUR}, "after 2027-01-15T09:59:09Z"),
        (MANY, in_store(None), {"take_over": True}, "later"),
        ((A, *MANY), NOT_TRACKED, {}, "after 2027-01-15T08:59:00Z"),
    ],
)
def test_one_more_than_possible_is_refused_until_the_first_one_may_go(
    generations: tuple[Generation, ...], held: Held, options: dict[str, Any], when: str
) -> None:
    with pytest.raises(Refused) as caught:
        plan(replace(WANTED, **{**ALWAYS, **options}), generations, held, NOW)
    assert str(caught.value) == (
        f"'tiles' (owner default) has {len(generations)} tokens that were replaced and live on for their overlap, and more than 10 "
        f"tokens of it may not live at once; nothing was changed. Run again {when}, or shorten overlap."
    )


def test_the_last_one_that_is_possible_is_made() -> None:
    decided = plan(replace(WANTED, **ALWAYS), MANY[1:], NOT_TRACKED, NOW)
    assert decided.steps == (Create(),)
    assert len(decided.superseded) == MOST_ALIVE - 1


@pytest.mark.parametrize(
    ("generations", "held", "options", "predecessors", "steps", "left"),
    [
        # Ours is about to be made: theirs go when it has been there for the overlap.
        ((), NOT_TRACKED, {}, (P,), "create", {"p": None}),
        ((), NOT_TRACKED, {"overlap": 0}, (P,), "create, -p", {}),
        ((), NOT_TRACKED, {"overlap": 0}, (OLD_P, P), "create, -old p, -p", {}),
        # They count from the first one of ours, or from their own creation where they came later.
        ((A,), NOT_TRACKED, {}, (P,), "", {"p": A}),
        ((A,), NOT_TRACKED, {}, (OLD_P, P), "", {"old p": A, "p": A}),
        ((A, B), NOT_TRACKED, {"overlap": 2 * DAY}, (P,), "", {"p": A, "a": B}),
        ((A,), NOT_TRACKED, {"overlap": 40 * 60 + 1}, (P,), "", {"p": A}),
        ((A,), NOT_TRACKED, {"overlap": 40 * 60}, (P,), "-p", {}),
        ((A,), NOT_TRACKED, {"overlap": 40 * 60}, (P, YOUNG_P), "-p", {"young p": YOUNG_P}),
        ((A,), NOT_TRACKED, {"overlap": 60}, (YOUNG_P,), "-young p", {}),
        ((A,), NOT_TRACKED, {"overlap": 61}, (YOUNG_P,), "", {"young p": YOUNG_P}),
        # No later change shortens that, and none begins it anew.
        ((A,), NOT_TRACKED, ALWAYS, (P,), "create", {"p": A, "a": None}),
        ((A,), NOT_TRACKED, {**ALWAYS, "overlap": 1800}, (P,), "create, -p", {"a": None}),
        # Theirs are the last to go.
        ((A,), NOT_TRACKED, {**ALWAYS, "overlap": 0}, (P,), "create, -a, -p", {}),
        # A store knows which one of ours was the first that anybody had.
        ((A, B), in_store("b"), {}, (P,), "", {"p": B, "a": B}),
        ((A, B), in_store("b", "a"), {}, (P,), "", {"p": A, "a": B}),
        # As long as nothing of ours is held, theirs stay.
        ((A,), by_id(None), {"overlap": 1800}, (P,), "create", {"p": None, "a": None}),
        ((A,), by_id("gone"), {"overlap": 1800}, (P,), "create", {"p": None, "a": None}),
        ((A,), by_id("a"), {"overlap": 1800}, (P,), "-p", {}),
        # At most ten is for the tokens of one slot.
        ((), NOT_TRACKED, {}, MANY_P, "create", {each.id: None for each in MANY_P}),
    ],
)  # fmt: skip
def test_what_a_slot_takes_over_from_lives_for_the_overlap_after_its_first_token(
    generations: tuple[Generation, ...],
    held: Held,
    options: dict[str, Any],
    predecessors: tuple[Generation, ...],
    steps: str,
    left: dict[str, Generation | None],
) -> None:
    decided = plan(replace(WANTED, **options), generations, held, NOW, Predecessors(predecessors))
    assert words(decided) == steps
    assert since(decided) == {token_id: by.marker.created if by else None for token_id, by in left.items()}
    assert decided.before.replaces == tuple(each.marker.slot.description for each in predecessors)
    assert decided.after.replaces == tuple(each.marker.slot.description for each in predecessors if each.id in left)
    # Theirs come first, and none of them is a superseded token of ours.
    ours = [each.generation for each in decided.superseded if each.generation.marker.slot == SLOT]
    assert decided.after.superseded == len(ours)
    assert [each.generation for each in decided.superseded][len(left) - len(ours) :] == ours


@pytest.mark.parametrize(
    ("generations", "options", "predecessors", "reason", "steps"),
    [
        ((A,), {}, Predecessors(stale=(STALE, EARLIER)), "retire", "forget stale, forget earlier"),
        ((A,), {"overlap": 0}, Predecessors((P,), (STALE,)), "retire", "-p, forget stale"),
        ((), {"overlap": 0}, Predecessors((P,), (STALE,)), "create", "create, -p, forget stale"),
        ((A,), {"present": False}, Predecessors((P,), (STALE,)), "removed", "-a"),
    ],
)
def test_what_only_the_store_still_knows_of_it_is_forgotten_at_the_end(
    generations: tuple[Generation, ...], options: dict[str, Any], predecessors: Predecessors, reason: str, steps: str
) -> None:
    decided = plan(replace(WANTED, **options), generations, NOT_TRACKED, NOW, predecessors)
    assert (decided.reason, words(decided)) == (reason, steps)
    assert {each.why for each in decided.steps if isinstance(each, Revoke)} <= {"superseded", "removed"}


def test_the_slots_among_what_is_replaced() -> None:
    assert replace(WANTED, replaces=(EARLIER, "some id", STALE)).replaced_slots == (EARLIER, STALE)
    assert WANTED.replaced_slots == ()
