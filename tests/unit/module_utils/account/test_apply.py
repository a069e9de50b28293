# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How plans are carried out: in which order, together, and what a failure stops."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._account.apply import Outcome
from ansible_collections.ellipsis.drive.plugins.module_utils._account.converge import ONE_BY_ONE, converge_all
from ansible_collections.ellipsis.drive.plugins.module_utils._api.errors import ApiError
from ansible_collections.ellipsis.drive.plugins.module_utils._model.access_list import Grant
from ansible_collections.ellipsis.drive.plugins.module_utils._model.desired import Desired, Held
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError, RolledBack
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Slot
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.handover import Ended
from ansible_collections.ellipsis.drive.tests.emulator import PATHS, Emulator
from ansible_collections.ellipsis.drive.tests.laws.harness import (
    DAY,
    ROADS,
    TOKENS,
    Controller,
    absent,
    live_tokens,
    present,
    service,
)
from ansible_collections.ellipsis.drive.tests.unit.module_utils.account.places import FULL, Place, seeded

START = 1_800_000_000
RIVERS = PATHS["Projects/Rivers"]
AGAIN = "The new token was revoked again and the earlier one stays."
TILES = Desired(Slot("default", "tiles"), (Grant(ROADS, "view"),), lifetime=30 * DAY, overlap=0, verify_timeout=0)
ROAD = replace(TILES, slot=Slot("default", "roads"), access_list=(Grant(RIVERS, "view"),))
BOTH = (TILES, ROAD)


def carry_out(
    controller: Controller, place: Place, *wanted: Desired, warn: Callable[[str], None] = pytest.fail
) -> tuple[list[Outcome], list[tuple[str, str]]]:
    """The outcomes, and what was written."""
    start = len(controller.emulator.journal)
    account = controller.account(warn)
    outcomes = converge_all(wanted, account, place, ONE_BY_ONE, apply=True)
    written = [each for each in controller.emulator.journal[start:] if each.method != "GET"]
    return outcomes, [(each.method, each.path.removeprefix(TOKENS).strip("/")) for each in written]


@pytest.mark.parametrize(
    ("task", "reason", "current"),
    [
        (present(description="roads"), "create", False),
        (present(scope="ogc"), "drift", False),
        (present(regenerate="always"), "forced", False),
        (present(), "none", True),
        (present(scope="ogc", regenerate="never"), "none", True),
    ],
    ids=["first", "drift", "forced", "unchanged", "never"],
)
def test_check_mode_tells_of_a_token_that_stays_and_of_none_that_will_be_made(
    task: dict[str, Any], reason: str, current: bool
) -> None:
    controller = Controller(service())
    token_id = controller.run(present()).result["access_token"]["id"]
    result = controller.run(task, apply=False).result
    assert result["reason"] == reason
    facts = (token_id, "2027-01-15T08:00:00Z", "2027-02-14T08:00:00Z", "2027-02-04T10:24:00Z")
    token = result["access_token"]
    told = (token["id"], token["created_at"], token["expires_at"], result["renew_at"])
    assert told == (facts if current else (None, None, None, None))


@pytest.mark.parametrize("apply", [True, False], ids=["run", "check mode"])
def test_of_a_token_that_is_removed_nothing_is_told(apply: bool) -> None:
    controller = Controller(service())
    controller.run(present())
    result = controller.run(absent(), apply=apply).result
    assert (result["reason"], result["access_token"], result["renew_at"]) == ("removed", None, None)


def test_what_goes_when() -> None:
    """A token whose secret was lost goes before the creation, what is replaced after it, and the store hears of both at once."""
    controller = Controller(service())
    held, lost = (
        seeded(controller.emulator, ROAD, "aaaaa", slot=TILES.slot),
        seeded(controller.emulator, TILES, "bbbbb"),
    )
    place = Place({TILES.slot: Held(tracked=True, id=held, pending=frozenset({"bbbbb"}))})
    [outcome], written = carry_out(controller, place, TILES)
    assert written == [("DELETE", lost), ("POST", ""), ("DELETE", held)]
    assert outcome.new and outcome.current == outcome.new.generation and outcome.changed
    assert place.kept == {TILES.slot: outcome.new.secret}
    assert [name for name, *_rest in place.calls] == ["claim", "claim", "check", "begin", "keep", "revoked", "release"]
    assert place.asked("revoked") == [("revoked", *sorted([held, lost]))]


def test_nothing_is_made_while_a_lost_one_can_not_be_revoked() -> None:
    """Of that slot; others go on."""
    controller = Controller(service())
    lost = seeded(controller.emulator, TILES, "bbbbb")
    controller.emulator.fault(kind="status", status=500, method="DELETE", times=None)
    place = Place({TILES.slot: Held(tracked=True, pending=frozenset({"bbbbb"}))})
    (tiles, roads), written = carry_out(controller, place, *BOTH)
    assert written == [("DELETE", lost), ("POST", "")]
    assert isinstance(tiles.error, ApiError) and tiles.new is None
    assert roads.error is None and place.kept.keys() == {ROAD.slot}
    assert not place.asked("revoked")


@pytest.mark.parametrize("shows", [True, False], ids=["store", "result"])
@pytest.mark.parametrize("creates", [True, False], ids=["replacement", "retirement"])
def test_what_can_not_be_revoked_is_an_error_unless_the_new_secret_is_in_the_result_only(
    creates: bool, shows: bool
) -> None:
    controller, warnings = Controller(service()), list[str]()
    old = seeded(controller.emulator, TILES, "aaaaa", age=90)
    if not creates:
        seeded(controller.emulator, TILES, "bbbbb")
    controller.emulator.fault(kind="status", status=500, method="DELETE", times=None)
    desired = replace(TILES, regenerate="always" if creates else "drift")
    [outcome], written = carry_out(controller, Place(shows=shows), desired, warn=warnings.append)
    assert written == [("POST", "")] * creates + [("DELETE", old)]
    failed = f"DELETE {TOKENS.removeprefix('/v3')}/{old} answered 500"
    if creates and not shows:
        assert warnings == [f"The replaced token {old} could not be revoked ({failed}); the next run does it."]
        assert outcome.error is None
    else:
        assert (warnings, str(outcome.error)) == ([], failed)
    assert bool(outcome.new) is creates


@pytest.mark.parametrize("failing", range(3))
def test_each_revocation_that_fails_is_an_error_of_its_own_slot(failing: int) -> None:
    controller = Controller(service())
    wanted = [replace(TILES, slot=Slot("default", f"token {number}")) for number in range(3)]
    old = [seeded(controller.emulator, desired, "aaaaa", age=90) for desired in wanted]
    for desired in wanted:
        seeded(controller.emulator, desired, "bbbbb")
    controller.emulator.fault(kind="status", status=500, method="DELETE", skip=failing)
    place = Place()
    outcomes, written = carry_out(controller, place, *wanted)
    assert written == [("DELETE", token_id) for token_id in old]
    assert [outcome.error is not None for outcome in outcomes] == [number == failing for number in range(3)]
    assert place.asked("revoked") == [("revoked", *sorted(set(old) - {old[failing]}))]


def no_creation(emulator: Emulator) -> None:
    emulator.fault(kind="status", status=400, method="POST")


def no_proof(emulator: Emulator) -> None:
    # The first question is whether the path is there.
    emulator.fault(kind="status", status=401, method="GET", path=f"/path/{ROADS}", skip=1)


def nothing(_emulator: Emulator) -> None:
    pass


# What happens, what can't be kept, and then: the kind and the words of the error of one, what the store was told, how many are revoked.
ONE_FAILS: dict[str, tuple[Callable[[Emulator], None], frozenset[str], type[EllipsisError], str, list[Any], int]] = {
    "not made": (no_creation, frozenset(), ApiError, "answered 400", [("keep", "roads")], 1),
    "not kept": (nothing, frozenset({"tiles"}), RolledBack, f"{FULL} {AGAIN}", [("keep", "roads", "tiles")], 2),
    "not proven": (
        no_proof,
        frozenset(),
        RolledBack,
        f"The new token of 'tiles' is refused at path {ROADS} (401). {AGAIN}",
        [("keep", "roads", "tiles"), ("put_back", "tiles")],
        2,
    ),
}


@pytest.mark.parametrize("name", ONE_FAILS)
def test_one_that_fails_takes_nothing_else_with_it(name: str) -> None:
    """It is revoked, the other one is kept and proven, and what the other one replaces is revoked."""
    fault, full, kind, words, told, deleted = ONE_FAILS[name]
    controller = Controller(service())
    earlier = {desired.slot.description: seeded(controller.emulator, desired, "aaaaa") for desired in BOTH}
    fault(controller.emulator)
    place = Place(full=full)
    wanted = [replace(desired, regenerate="always", verify="basic") for desired in BOTH]
    (tiles, roads), written = carry_out(controller, place, *wanted)
    assert type(tiles.error) is kind and str(tiles.error).endswith(words)
    assert (tiles.new, tiles.current, tiles.probes) == (None, None, ())
    assert roads.error is None and roads.new and roads.current == roads.new.generation
    assert [(probe.path_id, probe.result) for probe in roads.probes] == [(RIVERS, "ok")]
    assert place.asked("keep", "put_back") == told
    assert place.kept == {ROAD.slot: roads.new.secret}
    assert set(live_tokens(controller.emulator)) == {earlier["tiles"], roads.new.generation.id}
    assert [method for method, _token_id in written] == ["POST", "POST", *["DELETE"] * deleted]
    assert written[-1] == ("DELETE", earlier["roads"])


def test_who_loses_a_race_revokes_nothing_else() -> None:
    """The token of the other one may not be proven yet, and what it replaces is the other one's to revoke."""
    controller, theirs = Controller(service()), list[str]()
    held = seeded(controller.emulator, TILES, "aaaaa")

    def hook(request: Any) -> None:
        if request.method == "POST":
            theirs.append(seeded(controller.emulator, TILES, "bbbbb", age=59))

    controller.hook = hook
    stale = Slot("default", "earlier")
    place = Place({TILES.slot: Held(tracked=True, id=held)}, entries=frozenset({stale}))
    [outcome], written = carry_out(controller, place, replace(TILES, regenerate="always", replaces=(stale,)))
    [ours] = [token.id for token in controller.emulator.tokens if token.id not in {held, *theirs}]
    assert written == [("POST", ""), ("DELETE", ours)]
    assert outcome.lost_race and not outcome.changed and outcome.new is None and outcome.error is None
    assert outcome.current and [outcome.current.id] == theirs
    assert not place.asked("keep", "forget", "revoked")


def test_what_only_the_store_knows_is_forgotten_last() -> None:
    """The entry of the slot itself where it is removed, and those of the slots that it replaces."""
    controller = Controller(service())
    token_id = seeded(controller.emulator, TILES, "aaaaa")
    stale = Slot("default", "earlier")
    place = Place({TILES.slot: Held(tracked=True, id=token_id, exclusive="here")}, entries=frozenset({stale}))
    carry_out(controller, place, Desired(TILES.slot, present=False), replace(ROAD, replaces=(stale,)))
    assert place.asked("revoked", "forget") == [("revoked", token_id), ("forget", "earlier", "tiles")]
    nothing_left = Place()
    carry_out(controller, nothing_left, Desired(Slot("default", "another"), present=False), ROAD)
    assert not nothing_left.asked("revoked", "forget", "check", "claim")


@pytest.mark.parametrize("shows", [True, False], ids=["store", "result"])
def test_what_a_store_keeps_is_not_taken_back(shows: bool) -> None:
    """What is only in the result is, until that is on its way."""
    controller = Controller(service())
    account = controller.account(pytest.fail)
    outcomes = converge_all(BOTH, account, Place(shows=shows), ONE_BY_ONE, apply=True)
    markers = {outcome.new.generation.marker for outcome in outcomes if outcome.new}
    assert len(markers) == 2
    assert set(account.unsaved) == (set() if shows else markers)


@dataclass(frozen=True)
class Stuck(Place):
    """What it keeps stays there."""

    def put_back(self, slots: Collection[Slot]) -> None:
        self.calls.append(("put_back", *sorted(slot.description for slot in slots)))
        raise FULL


@pytest.mark.parametrize("place", [Place(), Stuck()], ids=["put back", "not put back"])
def test_a_task_that_is_ended_while_it_proves_puts_the_earlier_secrets_back(place: Place) -> None:
    """Before the new tokens are revoked; where it can't, they stay, since consumers may have them."""
    controller = Controller(service())
    uses: list[str] = []

    def hook(request: Any) -> None:
        uses.extend([request.url] if "/path/" in request.url else [])
        # The first two ask whether the paths are there.
        if len(uses) == 4:
            raise Ended("SIGTERM")

    controller.hook = hook
    account = controller.account(pytest.fail)
    wanted = [replace(desired, verify="basic") for desired in BOTH]
    with pytest.raises(Ended):
        converge_all(wanted, account, place, ONE_BY_ONE, apply=True)
    assert place.calls[-2:] == [("put_back", "roads", "tiles"), ("release",)]
    unsaved = {marker.slot for marker in account.unsaved}
    assert unsaved == (set() if isinstance(place, Stuck) else {TILES.slot, ROAD.slot})


@pytest.mark.parametrize(
    ("level", "faults", "warned", "error"),
    [
        ("basic", {}, [], ""),
        ("basic", {ROADS: 500}, [f"could not be tried at path {ROADS}"], ""),
        ("basic", {ROADS: 404}, [f"does not find path {ROADS} (404)"], ""),
        ("strict", {}, [], ""),
        ("strict", {ROADS: 500}, [f"could not be tried at path {ROADS}"], ""),
        ("strict", {ROADS: 500, RIVERS: 500}, [f"could not be tried at path {each}" for each in (ROADS, RIVERS)], ""),
        ("strict", {ROADS: 500, RIVERS: 401}, [], f"is refused at path {RIVERS} (401)"),
        (
            "strict",
            {ROADS: 404, RIVERS: 401},
            [],
            f"does not find path {ROADS} (404) and is refused at path {RIVERS} (401)",
        ),
    ],
)
def test_what_is_said_of_a_proof(level: str, faults: dict[str, int], warned: list[str], error: str) -> None:
    """All that is fatal in one error, and what is not as a warning for each."""
    controller, warnings = Controller(service()), list[str]()
    for path_id, status in faults.items():
        # The first question is whether the path is there.
        controller.emulator.fault(kind="status", status=status, path=f"/path/{path_id}", skip=1, times=None)
    grants = (Grant(ROADS, "view"), Grant(RIVERS, "view"))
    desired = replace(TILES, access_list=grants, verify=level)
    [outcome], _written = carry_out(controller, Place(), desired, warn=warnings.append)
    assert warnings == [f"The new token of 'tiles' {each}." for each in warned]
    assert str(outcome.error or "") == (error and f"The new token of 'tiles' {error}. {AGAIN}")
    assert len(outcome.probes) == (0 if error else 1 if level == "basic" else 3)
