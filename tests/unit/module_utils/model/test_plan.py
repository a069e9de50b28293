# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decision: every reason, every value of regenerate, overlap, holders, and the clamp on renewals."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ellipsis.drive.plugins.module_utils._model.access_list import TIERS, Grant
from ansible_collections.ellipsis.drive.plugins.module_utils._model.desired import SCOPES, Desired, Held
from ansible_collections.ellipsis.drive.plugins.module_utils._model.durations import Margin
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import Refused
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Marker, Slot
from ansible_collections.ellipsis.drive.plugins.module_utils._model.overlap import MOST_ALIVE
from ansible_collections.ellipsis.drive.plugins.module_utils._model.plan import (
    Forget,
    Plan,
    Revoke,
    SlotState,
    drift_of,
    plan,
    plan_revocation,
    renew_at,
)
from ansible_collections.ellipsis.drive.plugins.module_utils._model.tokens import Generation, ListedToken

NOW, HOUR, DAY = 1800000000, 3600, 86400
SLOT = Slot("default", "tiles")
PATH = "11111111-1111-4111-8111-111111111111"
ACCESS = (Grant(PATH, "view"),)
WANTED = Desired(SLOT, ACCESS, lifetime=30 * DAY, renew_within=Margin(share=1 / 3))
OTHER_ACCESS = Desired(SLOT, (Grant(PATH, "edit"),)).spec
OTHER_SCOPE = Desired(SLOT, ACCESS, scope="ogc").spec


def live(
    name: str, age: int, *, spec: str = WANTED.spec, lifetime: int = 30 * DAY, left: Any = "as asked"
) -> Generation:
    """A generation `age` seconds old; `left` replaces the seconds it lives on (None is for ever)."""
    created = NOW - age
    expires = (created + lifetime if lifetime else None) if left == "as asked" else left if left is None else NOW + left
    return Generation(name, Marker(SLOT, spec, created, lifetime, f"{name:0>5}"), expires)


FRESH, OLD, DUE, OLDER = live("fresh", 60), live("old", DAY), live("due", 25 * DAY), live("older", 2 * DAY)
DRIFTED = live("drift", DAY, spec=OTHER_ACCESS)
# A was replaced 30 minutes ago, and B, which replaced it, 10 minutes ago.
A, B, C = live("a", 40 * 60), live("b", 30 * 60), live("c", 10 * 60)
MANY = tuple(live(f"m{number}", 60 - number) for number in range(MOST_ALIVE))


def tracked(held: str | None = None, *pending: str, store: str = "") -> Held:
    return Held(True, held, frozenset(f"{name:0>5}" for name in pending), store)


@dataclass(frozen=True)
class Case:
    name: str
    generations: tuple[Generation, ...]
    reason: str
    steps: str = ""
    desired: dict[str, Any] = field(default_factory=dict)
    held: Held = field(default_factory=Held)
    changes: tuple[str, ...] = ()
    superseded: tuple[str, ...] = ()


CASES = [
    Case("nothing there", (), "create", "create"),
    Case("there", (FRESH,), "none"),
    Case("other access", (DRIFTED,), "drift", "create", changes=("access_list",), superseded=("drift",)),
    Case("other scope", (live("s", 9, spec=OTHER_SCOPE),), "drift", "create", changes=("scope",), superseded=("s",)),
    Case("other lifetime", (live("l", 9, lifetime=DAY),), "drift", "create", changes=("valid_for",), superseded=("l",)),
    Case("once never", (live("n", 9, lifetime=0),), "drift", "create", changes=("valid_for",), superseded=("n",)),
    Case(
        "access and lifetime",
        (live("x", 9, spec=OTHER_ACCESS, lifetime=DAY),),
        "drift",
        "create",
        changes=("access_list", "valid_for"),
        superseded=("x",),
    ),
    Case("drift allowed to stay", (DRIFTED,), "none", desired={"regenerate": "never"}, changes=("access_list",)),
    Case("drift to fail, none there is", (OLD,), "none", desired={"regenerate": "fail"}),
    Case("always", (FRESH,), "forced", "create", desired={"regenerate": "always"}, superseded=("fresh",)),
    Case("always, first", (), "create", "create", desired={"regenerate": "always"}),
    Case(
        "always, drifted",
        (DRIFTED,),
        "forced",
        "create",
        desired={"regenerate": "always"},
        changes=("access_list",),
        superseded=("drift",),
    ),
    Case("due", (DUE,), "renew", "create", superseded=("due",)),
    Case("due, drift allowed to stay", (DUE,), "renew", "create", desired={"regenerate": "never"}, superseded=("due",)),
    Case("due at once", (DUE,), "renew", "create -due", desired={"overlap": 0}),
    Case("a margin of seconds, not due", (DUE,), "none", desired={"renew_within": Margin(seconds=4 * DAY)}),
    Case(
        "a margin of seconds, due",
        (DUE,),
        "renew",
        "create",
        {"renew_within": Margin(seconds=5 * DAY)},
        superseded=("due",),
    ),
    Case("listed beyond its end", (live("x", 31 * DAY),), "renew", "create", superseded=("x",)),
    Case("listed beyond an earlier end", (live("x", DAY, left=0),), "renew", "create", superseded=("x",)),
    Case("never expires", (live("n", 9000 * DAY, lifetime=0),), "none", desired={"lifetime": 0}),
    # Overlap and the cap of two
    Case("inside the overlap", (OLD, FRESH), "none", superseded=("old",)),
    Case("after the overlap", (OLDER, OLD), "retire", "-older"),
    Case("after a short overlap", (OLD, FRESH), "retire", "-old", desired={"overlap": 59}),
    Case("without overlap", (OLD, FRESH), "retire", "-old", desired={"overlap": 0}),
    Case("without overlap, replaced in the future", (OLD, live("x", -1)), "retire", "-old", desired={"overlap": 0}),
    Case("three live", (OLDER, OLD, FRESH), "retire", "-older", superseded=("old",)),
    Case("each for its own overlap", (A, B, C), "none", superseded=("a", "b")),
    Case("the first one's overlap is over", (A, B, C), "retire", "-a", desired={"overlap": 1800}, superseded=("b",)),
    Case("a fourth wanted", (A, B, C), "forced", "create", {"regenerate": "always"}, superseded=("a", "b", "c")),
    Case("a fourth wanted, at once", (A, B, C), "forced", "create -a -b -c", {"regenerate": "always", "overlap": 0}),
    Case(
        "a fourth wanted, the first one's overlap is over",
        (A, B, C),
        "forced",
        "create -a",
        {"regenerate": "always", "overlap": 1800},
        superseded=("b", "c"),
    ),
    Case(
        "a lost one replaced nobody", (A, B, C), "retire", "-b", {"overlap": 900}, tracked("c", "b"), superseded=("a",)
    ),
    Case("as many as possible", MANY, "none", superseded=tuple(each.id for each in MANY[:-1])),
    # Who holds what
    Case("held", (FRESH,), "none", held=tracked("fresh")),
    Case("held, and yet recorded as begun", (FRESH,), "none", held=tracked("fresh", "fresh")),
    Case(
        "held, due, and yet recorded as begun",
        (DUE,),
        "renew",
        "create",
        held=tracked("due", "due"),
        superseded=("due",),
    ),
    Case("nobody holds it", (FRESH,), "secret_missing", "create", held=tracked(), superseded=("fresh",)),
    Case("the held one is gone", (FRESH,), "secret_missing", "create", held=tracked("gone"), superseded=("fresh",)),
    Case("nobody holds it, at once", (FRESH,), "secret_missing", "create -fresh", {"overlap": 0}, tracked()),
    Case("nobody holds the first", (), "create", "create", held=tracked()),
    Case(
        "nobody's go when there is a new one",
        (B, C),
        "forced",
        "create -c",
        {"regenerate": "always"},
        tracked("b"),
        (),
        ("b",),
    ),
    Case("the older one is held", (OLD, FRESH), "none", held=tracked("old"), superseded=("fresh",)),
    Case("a newer one was never held", (OLDER, OLD), "retire", "-old", held=tracked("older")),
    Case("the held one is due", (DUE, FRESH), "renew", "create -fresh", held=tracked("due"), superseded=("due",)),
    Case("lost ones go first", (OLD, FRESH), "none", "", held=tracked("fresh", "gone"), superseded=("old",)),
    Case("a lost one goes at once", (OLD, FRESH), "retire", "-fresh", held=tracked("old", "fresh")),
    Case("all lost", (OLD, FRESH), "secret_missing", "-old -fresh create", held=tracked(None, "old", "fresh")),
    Case(
        "a lost one goes before, the held one after",
        (DUE, FRESH),
        "renew",
        "-fresh create",
        held=tracked("due", "fresh"),
        superseded=("due",),
    ),
    Case("the store has it", (FRESH,), "none", held=tracked("fresh", store="s.yml")),
    Case(
        "ours with its secret lost",
        (FRESH,),
        "secret_missing",
        "-fresh create",
        held=tracked(None, "fresh", store="s.yml"),
    ),
    Case("an older one of others", (OLD, FRESH), "none", held=tracked("fresh", store="s.yml"), superseded=("old",)),
    Case(
        "taken over",
        (FRESH,),
        "secret_missing",
        "create",
        desired={"take_over": True},
        held=tracked(store="s.yml"),
        superseded=("fresh",),
    ),
    # Shortened lifetimes and the clamp
    Case("shortened, fresh", (live("x", 60, left=HOUR),), "none", desired={"renew_within": Margin(seconds=9 * DAY)}),
    Case("shortened, due", (live("x", 2 * HOUR, left=HOUR),), "renew", "create", superseded=("x",)),
    Case("younger than ten minutes", (live("x", 599, left=1),), "none"),
    Case("ten minutes old", (live("x", 600, left=1),), "renew", "create", superseded=("x",)),
    Case("never became a day", (live("x", 15 * HOUR, lifetime=0, left=9 * HOUR),), "none", desired={"lifetime": 0}),
    Case(
        "never became a day, due",
        (live("x", 16 * HOUR, lifetime=0, left=8 * HOUR),),
        "renew",
        "create",
        {"lifetime": 0},
        superseded=("x",),
    ),
    # Removal
    Case("absent already", (), "none", desired={"present": False}),
    Case("absent", (OLD, FRESH), "removed", "-old -fresh", desired={"present": False}),
    Case("absent, as nobody knows", (FRESH,), "removed", "-fresh", {"present": False}, tracked(store="s.yml")),
    Case(
        "absent, and from the store",
        (FRESH,),
        "removed",
        "-fresh forget",
        {"present": False},
        tracked("fresh", store="s.yml"),
    ),
    Case("absent but for the store", (), "removed", "forget", {"present": False}, tracked("gone", store="s.yml")),
]


def decide(case: Case) -> Plan:
    return plan(Desired(**{**vars(WANTED), **case.desired}), case.generations, case.held, NOW)


def words(decided: Plan) -> str:
    names = [f"-{each.token_id}" if isinstance(each, Revoke) else type(each).__name__.lower() for each in decided.steps]
    return " ".join(names)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_plan(case: Case) -> None:
    decided = decide(case)
    assert (decided.reason, words(decided), decided.changes) == (case.reason, case.steps, case.changes)
    assert tuple(each.generation.id for each in decided.superseded) == case.superseded
    assert decided.creates == ("create" in case.steps)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_states(case: Case) -> None:
    """What is after is what was wanted, and only a plan with steps (or an unheld removal) changes anything."""
    decided = decide(case)
    if not decided.steps:
        assert decided.before == decided.after
    elif decided.creates:
        assert (decided.after.status, decided.after.spec) == ("live", decided.desired.spec)
        assert decided.before != decided.after
    assert decided.after.superseded == len(case.superseded)


@pytest.mark.parametrize(
    ("desired", "generations", "held", "message"),
    [
        (
            {"regenerate": "fail"},
            (DRIFTED,),
            Held(),
            (
                "Token drift of 'tiles' differs in access_list and regenerate is 'fail'; correct the task, or allow a new token "
                "with regenerate=drift."
            ),
        ),
        (
            {},
            (OLD, FRESH),
            tracked("old", store="s.yml"),
            (
                "Token fresh of 'tiles' (owner default) is live and its secret is not in s.yml; another store or controller seems "
                "to hold it. Point store there, use another owner, or set take_over=true."
            ),
        ),
        ({}, (FRESH,), tracked(store="s.yml"), "Token fresh of 'tiles'"),
        ({}, (OLDER, OLD, FRESH), tracked("older", store="s.yml"), "Token fresh of 'tiles'"),
        ({}, (OLDER, OLD, FRESH), tracked("older", "fresh", store="s.yml"), "Token old of 'tiles'"),
        ({}, (FRESH,), tracked("gone", store="s.yml"), "Token fresh of 'tiles'"),
        ({}, (OLD, FRESH), tracked(None, "old", store="s.yml"), "Token fresh of 'tiles'"),
        ({"regenerate": "always"}, (FRESH,), tracked(store="s.yml"), "Token fresh of 'tiles'"),
        (
            {"regenerate": "always"},
            MANY,
            Held(),
            (
                "'tiles' (owner default) has 10 tokens that were replaced and live on for their overlap, and more than 10 tokens of "
                "it may not live at once; nothing was changed. Run again after 2027-01-15T08:59:01Z, or shorten overlap."
            ),
        ),
    ],
)
def test_refused(desired: dict[str, Any], generations: Any, held: Held, message: str) -> None:
    with pytest.raises(Refused) as caught:
        plan(Desired(**{**vars(WANTED), **desired}), generations, held, NOW)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("generation", "margin", "due"),
    [
        (live("x", 0, lifetime=0), Margin(share=0.5), None),
        (live("x", 0, lifetime=30 * DAY), Margin(share=0.1), NOW + 27 * DAY),
        (live("x", 0, lifetime=30 * DAY), Margin(seconds=DAY), NOW + 29 * DAY),
        (live("x", 0, lifetime=30 * DAY, left=30 * DAY - 60), Margin(seconds=DAY), NOW + 29 * DAY - 60),
        (live("x", 0, lifetime=30 * DAY, left=3 * HOUR), Margin(seconds=DAY), NOW + 2 * HOUR),
        (live("x", 0, lifetime=30 * DAY, left=3 * HOUR), Margin(share=0.1), NOW + 2.7 * HOUR),
        # As asked, longer, rounded, and then shortened: the margin is not more than a third of that.
        (live("x", 0, lifetime=30 * DAY), Margin(seconds=20 * DAY), NOW + 10 * DAY),
        (live("x", 0, lifetime=30 * DAY, left=31 * DAY), Margin(seconds=20 * DAY), NOW + 11 * DAY),
        (live("x", 0, lifetime=30 * DAY, left=29.71 * DAY), Margin(seconds=20 * DAY), NOW + 9.71 * DAY),
        (live("x", 0, lifetime=30 * DAY, left=29.7 * DAY), Margin(seconds=20 * DAY), NOW + 9.7 * DAY),
        (live("x", 0, lifetime=30 * DAY, left=29.69 * DAY), Margin(seconds=20 * DAY), NOW + 29.69 * DAY * 2 / 3),
        (live("x", 0, lifetime=0, left=30 * DAY), Margin(seconds=20 * DAY), NOW + 20 * DAY),
        (live("x", 0, lifetime=900), Margin(share=0.9), NOW + 600),
        (live("x", 0, lifetime=60), Margin(), NOW + 600),
    ],
)
def test_renew_at(generation: Generation, margin: Margin, due: float | None) -> None:
    found = renew_at(generation, margin)
    assert found is None if due is None else found == pytest.approx(due)


@pytest.mark.parametrize(
    ("listed", "held", "reason", "steps", "before"),
    [
        (True, True, "removed", (Revoke("1", "removed"), Forget()), "live"),
        (True, False, "removed", (Revoke("1", "removed"),), "live"),
        (False, True, "removed", (Forget(),), "expired"),
        (False, False, "none", (), "absent"),
    ],
)
def test_revocation_by_id(listed: bool, held: bool, reason: str, steps: tuple[object, ...], before: str) -> None:
    decided = plan_revocation(Desired(SLOT, present=False), ListedToken("1", "x") if listed else None, held=held)
    assert (decided.reason, decided.steps) == (reason, steps)
    assert (decided.before, decided.after) == (SlotState(before), SlotState("absent"))
    assert (decided.current, decided.superseded, decided.changes) == (None, (), ())


SPECS = {scope: {tier: Desired(SLOT, (Grant(PATH, tier),), scope).spec for tier in TIERS} for scope in SCOPES}


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("made_with", TIERS)
def test_each_other_access_is_drift(tier: str, made_with: str) -> None:
    for scope in SCOPES:
        wanted = Desired(SLOT, (Grant(PATH, tier),), scope, 30 * DAY)
        made = live("x", 0, spec=SPECS[scope][made_with])
        assert drift_of(wanted, made) == (() if made_with == tier else ("access_list",))


@pytest.mark.parametrize(
    ("scope", "made_with", "changes"),
    [
        ("all", SPECS["all"]["view"], ()),
        ("all", SPECS["ogc"]["view"], ("scope",)),
        ("all", SPECS["ogc"]["edit"], ("access_list",)),
        ("ogc", SPECS["all"]["view"], ("scope",)),
        ("ogc", SPECS["ogc"]["view"], ()),
        ("ogc", SPECS["all"]["edit"], ("access_list",)),
    ],
)
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_drift_names_the_options(scope: str, made_with: str, changes: tuple[str, ...], more: int) -> None:
    """Where the access is another one, too, the scope can't be told."""
    generation = live("x", 0, spec=made_with, lifetime=30 * DAY + more)
    assert drift_of(replace(WANTED, scope=scope), generation) == (*changes, *(("valid_for",) if more else ()))


@pytest.mark.parametrize(
    ("generations", "held", "before"),
    [
        ((), Held(), SlotState()),
        ((), tracked("x"), SlotState()),
        ((), tracked("x", store="here"), SlotState("expired")),
        ((), tracked(None, "x", store="here"), SlotState("expired")),
        ((A,), Held(), SlotState("live", WANTED.spec, 30 * DAY, 0)),
        ((A, B), tracked("a", store="here"), SlotState("live", WANTED.spec, 30 * DAY, 1)),
        ((DRIFTED, B, C), Held(), SlotState("live", WANTED.spec, 30 * DAY, 2)),
        ((A, DRIFTED), Held(), SlotState("live", OTHER_ACCESS, 30 * DAY, 1)),
    ],
)
def test_a_removal_is_told_by_what_there_was(
    generations: tuple[Generation, ...], held: Held, before: SlotState
) -> None:
    decided = plan(Desired(SLOT, present=False), generations, held, NOW)
    assert (decided.before, decided.after) == (before, SlotState())


@pytest.mark.parametrize(
    ("generations", "held", "before", "after"),
    [
        ((), Held(), SlotState("absent"), (0,)),
        ((FRESH,), Held(), SlotState("live", WANTED.spec, 30 * DAY, 0), (0,)),
        ((DUE,), Held(), SlotState("due for renewal", WANTED.spec, 30 * DAY, 0), (1,)),
        ((DRIFTED,), Held(), SlotState("outdated", OTHER_ACCESS, 30 * DAY, 0), (1,)),
        ((A, B, C), tracked("gone"), SlotState("secret not held", superseded=3), (3,)),
        ((A, B, C), Held(), SlotState("live", WANTED.spec, 30 * DAY, 2), (2,)),
    ],
)
def test_a_plan_is_told_by_what_there_was_and_will_be(
    generations: tuple[Generation, ...], held: Held, before: SlotState, after: tuple[int]
) -> None:
    decided = plan(WANTED, generations, held, NOW)
    assert decided.before == before
    assert decided.after == SlotState("live", WANTED.spec, WANTED.lifetime, *after)


GENERATIONS = st.lists(
    st.builds(
        live,
        st.sampled_from("abcdefgh"),
        st.sampled_from([0, 60, HOUR, DAY, 25 * DAY]),
        spec=st.sampled_from([WANTED.spec, OTHER_ACCESS]),
        lifetime=st.sampled_from([0, DAY, 30 * DAY]),
        left=st.sampled_from(["as asked", HOUR, None]),
    ),
    max_size=5,
    unique_by=lambda each: each.id,
).map(lambda found: tuple(sorted(found, key=lambda each: each.order)))
HELD = st.builds(
    lambda known, held, lost: tracked(held, *lost) if known else Held(),
    st.booleans(),
    st.sampled_from([None, *"abcz"]),
    st.sets(st.sampled_from("abcdefgh"), max_size=3),
)


@given(GENERATIONS, HELD, st.sampled_from(["never", "drift", "always"]), st.sampled_from([0, HOUR, 2 * DAY]))
def test_any_plan_is_safe(generations: tuple[Generation, ...], held: Held, regenerate: str, overlap: int) -> None:
    decided = plan(Desired(**{**vars(WANTED), "regenerate": regenerate, "overlap": overlap}), generations, held, NOW)
    steps = words(decided).split()
    gone = [step[1:] for step in steps if step.startswith("-")]
    early = [step[1:] for step in steps[: steps.index("create")] if step != "create"] if decided.creates else []
    lost = {each.id for each in generations if each.marker.nonce in held.pending}
    assert len(gone) == len(set(gone)) and set(gone) <= {each.id for each in generations}
    assert set(early) <= lost and held.id not in early, "only what nobody holds goes before its replacement is there"
    assert {each.generation.id for each in decided.superseded} == {each.id for each in generations} - {
        *gone,
        decided.current.id if decided.current and not decided.creates else None,
    }
    assert len(generations) - len(gone) + decided.creates >= 1
    if not decided.creates:
        assert decided.current is not None and decided.current.id not in gone
        assert not held.tracked or decided.current.id == held.id
    if overlap == 0:
        assert len(generations) - len(gone) + decided.creates == 1


@given(
    st.lists(st.tuples(st.integers(1, 2 * HOUR), st.booleans()), max_size=20),
    st.sampled_from([600, HOUR, DAY]),
    st.sampled_from(["nobody tracks it", "held_id", "store"]),
)
def test_what_was_promised_holds(changes: list[tuple[int, bool]], overlap: int, mode: str) -> None:
    """A replaced generation lives until the moment that every plan since has named, and goes with the first plan after."""
    now, held, found, promised = NOW, Held(), list[Generation](), dict[str, float]()
    for number, (passed, wider) in enumerate(changes):
        now += passed
        found = [each for each in found if each.expires_at is None or each.expires_at > now]
        wanted = replace(WANTED, scope="ogc" if wider else "all", overlap=overlap)
        try:
            decided = plan(wanted, found, held, now)
        except Refused:
            assert len(found) == MOST_ALIVE
            continue
        gone = {each.token_id for each in decided.steps if isinstance(each, Revoke)}
        assert gone == {each for each in promised if promised[each] <= now and each in {one.id for one in found}}
        found = [each for each in found if each.id not in gone]
        if decided.creates:
            found.append(live(f"t{number}", NOW - now, spec=wanted.spec))
            replaced = (*held.replaced, held.id) if held.id else ()
            held = Held(True, found[-1].id, exclusive=mode, replaced=frozenset(replaced))
            held = {"store": held, "held_id": replace(held, exclusive=""), "nobody tracks it": Held()}[mode]
        promised.update({each.generation.id: (each.since or now) + overlap for each in decided.superseded})
        assert len(found) <= MOST_ALIVE


@given(st.permutations(["view", "edit", "admin", "share"]))
def test_order_of_the_access_list_never_matters(tiers: list[str]) -> None:
    grants = [Grant(f"{tier:0>8}{PATH[8:]}", tier) for tier in tiers]
    generation = live("a", 0, spec=Desired(SLOT, tuple(sorted(grants, key=lambda grant: grant.path_id))).spec)
    assert drift_of(Desired(SLOT, tuple(grants), lifetime=30 * DAY), generation) == ()


def test_forget_is_the_last_step() -> None:
    assert decide(CASES[-2]).steps[-1] == Forget()
