# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What plans are made from, how often, under which locks, and what is looked at before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._account.account import Account
from ansible_collections.ellipsis.drive.plugins.module_utils._account.apply import Outcome
from ansible_collections.ellipsis.drive.plugins.module_utils._account.converge import (
    ONE_BY_ONE,
    converge,
    converge_all,
    revoke,
)
from ansible_collections.ellipsis.drive.plugins.module_utils._model.access_list import Grant
from ansible_collections.ellipsis.drive.plugins.module_utils._model.desired import Desired, Held
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import Refused
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Marker, Slot, encode
from ansible_collections.ellipsis.drive.tests.emulator import UNKNOWN_PATH
from ansible_collections.ellipsis.drive.tests.laws.harness import DAY, ROADS, TOKENS, Controller, listings, service
from ansible_collections.ellipsis.drive.tests.unit.module_utils.account.places import Place, seeded

TILES = Desired(Slot("default", "tiles"), (Grant(ROADS, "view"),), lifetime=30 * DAY)
ROAD = replace(TILES, slot=Slot("default", "roads"))
SALES = replace(TILES, slot=Slot("sales", "shops"))
EARLIER, OF_SALES, OF_A_RUN = Slot("default", "earlier"), Slot("sales", "earlier"), Slot("default", "tiles", True)


class Locks:
    """The locks of a controller. free: the owners whose lock can be had without waiting."""

    def __init__(self, *free: str, meanwhile: Callable[[], object] = lambda: None) -> None:
        self._free, self._meanwhile = free, meanwhile
        self.taken: list[str] = []
        self.tried: list[str] = []

    def lock(self, owner: str) -> None:
        self.taken.append(owner)
        self._meanwhile()

    def try_lock(self, owner: str) -> bool:
        self.tried.append(owner)
        return owner in self._free

    def account(self, controller: Controller, warn: Callable[[str], None] = pytest.fail) -> Account:
        client = controller.account(warn).client
        return Account(client, warn=warn, lock=self.lock, try_lock=self.try_lock, wall=controller.emulator.clock.now)


@pytest.mark.parametrize(
    ("lifetime", "overlap", "warned"),
    [(3600, 3599, False), (3600, 3600, False), (3600, 3601, True), (0, 3600, False), (0, 0, False), (3600, 0, False)],
)
def test_an_overlap_that_does_not_fit_is_warned_of(lifetime: int, overlap: int, warned: bool) -> None:
    warnings: list[str] = []
    account = Controller(service()).account(warnings.append)
    converge(replace(TILES, lifetime=lifetime, overlap=overlap), account, Place(), apply=False)
    words = "'tiles': overlap is longer than valid_for, so replaced tokens expire before it ends."
    assert warnings == [words] * warned


@pytest.mark.parametrize(
    ("wanted", "tried"),
    [
        ([TILES], ["default"]),
        ([TILES, ROAD], ["default"]),
        ([SALES, TILES], ["default", "sales"]),
        ([replace(TILES, replaces=(OF_SALES, EARLIER))], ["default", "sales"]),
        ([replace(TILES, slot=OF_A_RUN)], []),
    ],
    ids=["one", "two of one owner", "two owners", "replaced", "of a run"],
)
@pytest.mark.parametrize("apply", [True, False], ids=["run", "check mode"])
def test_each_owner_has_one_lock_and_check_mode_takes_none(
    wanted: list[Desired], tried: list[str], apply: bool
) -> None:
    """In an order that is the same for everybody, so that nobody waits in a circle."""
    locks, controller = Locks(), Controller(service())
    converge_all(wanted, locks.account(controller), Place(), ONE_BY_ONE, apply=apply)
    assert (locks.tried, locks.taken) == ((tried, tried) if apply else ([], []))


@pytest.mark.parametrize(
    ("free", "taken", "listed"),
    [
        (("default", "sales"), [], 1),
        (("default",), ["sales"], 2),
        (("sales",), ["default"], 2),
        ((), ["default", "sales"], 2),
    ],
    ids=["both free", "one free", "the other free", "none free"],
)
def test_plans_are_made_again_if_one_of_the_locks_was_not_free(
    free: tuple[str, ...], taken: list[str], listed: int
) -> None:
    """Somebody else may have written meanwhile (law 26). After the creation the list is read once more."""
    controller = Controller(service())
    there = dict[str, str]()

    def somebody_else() -> None:
        if not there:
            there["id"] = seeded(controller.emulator, TILES)

    locks = Locks(*free, meanwhile=somebody_else)
    outcomes = converge_all([TILES, SALES], locks.account(controller), Place(), ONE_BY_ONE, apply=True)
    assert [each.plan.reason for each in outcomes] == ["create" if len(free) == 2 else "none", "create"]
    assert (locks.taken, listings(controller.emulator)) == (taken, listed + 1)


def test_who_has_nothing_to_write_waits_for_nobody() -> None:
    controller, locks = Controller(service()), Locks()
    seeded(controller.emulator, TILES)
    place = Place()
    outcome = converge(TILES, locks.account(controller), place, apply=True)
    assert (outcome.plan.steps, locks.taken, listings(controller.emulator)) == ((), [], 1)
    assert [name for name, *_rest in place.calls] == ["release"]


@pytest.mark.parametrize(
    ("claims", "asked", "listed"),
    [([], 1, 1), ([True], 2, 2), ([True, True], 3, 3)],
    ids=["nobody else", "claimed", "claimed twice"],
)
def test_plans_are_made_again_until_nothing_is_claimed_any_more(claims: list[bool], asked: int, listed: int) -> None:
    """Law 20. After the creation the list is read once more."""
    controller = Controller(service())
    earlier = seeded(controller.emulator, SALES)
    place = Place(claims=list(claims))
    wanted = [TILES, SALES, Desired(Slot("sales", "gone"), present=False)]
    converge_all(wanted, Locks("default", "sales").account(controller), place, ONE_BY_ONE, apply=True)
    assert place.asked("claim") == [("claim", ("tiles",), ("tiles",))] * asked
    assert listings(controller.emulator) == listed + 1
    assert earlier in {token.id for token in controller.emulator.tokens}


def test_a_claim_after_which_nothing_is_left_to_do_is_the_last_one() -> None:
    """And only what is written is claimed, apart from what creates."""
    controller = Controller(service())
    old = seeded(controller.emulator, ROAD)
    place = Place(claims=[True], meanwhile=lambda: seeded(controller.emulator, TILES))
    outcomes = converge_all(
        [TILES, Desired(ROAD.slot, present=False)],
        Locks("default").account(controller),
        place,
        ONE_BY_ONE,
        apply=True,
    )
    assert place.asked("claim") == [
        ("claim", ("roads", "tiles"), ("tiles",)),
        ("claim", ("roads",), ()),
    ]
    assert [each.plan.reason for each in outcomes] == ["none", "removed"]
    assert place.asked("check", "revoked") == [("check", "roads"), ("revoked", old)]


@pytest.mark.parametrize("apply", [True, False], ids=["run", "check mode"])
def test_what_will_be_written_is_rehearsed(apply: bool) -> None:
    """With what it replaces, and without what stays (law 10)."""
    controller = Controller(service())
    seeded(controller.emulator, SALES)
    place = Place()
    wanted = [replace(TILES, replaces=(EARLIER,)), SALES, ROAD]
    converge_all(wanted, controller.account(pytest.fail), place, ONE_BY_ONE, apply=apply)
    assert place.asked("check") == [("check", "earlier", "roads", "tiles")]


@pytest.mark.parametrize("apply", [True, False], ids=["run", "check mode"])
def test_what_was_claimed_is_given_back_whatever_happens(apply: bool) -> None:
    place = Place()
    desired = replace(TILES, access_list=(Grant(UNKNOWN_PATH, "view"),))
    with pytest.raises(Refused, match="does not exist, or this account has no access"):
        converge(desired, Controller(service()).account(pytest.fail), place, apply=apply)
    assert place.calls[-1] == ("release",)


def test_only_the_access_of_what_is_made_is_looked_at() -> None:
    """A token that is there stays so, even if its path has gone (law 1)."""
    controller = Controller(service())
    gone = replace(TILES, access_list=(Grant(UNKNOWN_PATH, "view"),))
    marker = Marker(gone.slot, gone.spec, int(controller.emulator.clock.now()), gone.lifetime, "aaaaa")
    controller.emulator.seed_tokens(1, description=encode(marker))
    account = controller.account(pytest.fail)
    outcomes = converge_all([gone, ROAD], account, Place(), ONE_BY_ONE, apply=True)
    assert [each.plan.reason for each in outcomes] == ["none", "create"]
    assert account.client.calls["path"] == 1


@pytest.mark.parametrize("apply", [True, False], ids=["run", "check mode"])
def test_nothing_is_written_if_a_token_to_revoke_has_an_odd_id(apply: bool) -> None:
    """Law 16, whichever slot it is of."""
    controller = Controller(service())
    seeded(controller.emulator, ROAD)
    controller.emulator.fault(kind="set", method="GET", path=TOKENS, values={"id": ".."}, times=None)
    place = Place()
    wanted = [TILES, Desired(ROAD.slot, present=False)]
    with pytest.raises(Refused, match=r"^'roads' would revoke a token that the server lists with the id '\.\.'"):
        converge_all(wanted, controller.account(pytest.fail), place, ONE_BY_ONE, apply=apply)
    assert {each.method for each in controller.emulator.journal} == {"GET"}
    assert not place.asked("check", "begin")


def test_each_slot_has_its_own_namesakes() -> None:
    controller = Controller(service())
    ids = controller.emulator.seed_tokens(2, description="tiles")
    outcomes = converge_all([TILES, ROAD], controller.account(pytest.fail), Place(), ONE_BY_ONE, apply=False)
    assert [{token.id for token in each.namesakes} for each in outcomes] == [set(ids), set()]


def superseded(outcome: Outcome) -> list[str]:
    return [each.generation.id for each in outcome.plan.superseded]


def test_what_is_named_twice_is_replaced_once_and_never_the_slot_itself() -> None:
    controller = Controller(service())
    own, earlier = (
        seeded(controller.emulator, TILES),
        seeded(controller.emulator, replace(TILES, slot=EARLIER), "bbbbb"),
    )
    [foreign] = controller.emulator.seed_tokens(1, description="by hand")
    desired = replace(TILES, replaces=(EARLIER, own, earlier, foreign, UNKNOWN_PATH))
    outcome = converge(desired, controller.account(pytest.fail), Place(), apply=False)
    assert superseded(outcome) == [earlier, foreign]
    assert (outcome.plan.reason, outcome.current and outcome.current.id) == ("none", own)


@pytest.mark.parametrize(
    ("known", "lives", "forgotten"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_a_replaced_slot_is_forgotten_when_only_the_store_knows_it(known: bool, lives: bool, forgotten: bool) -> None:
    controller = Controller(service())
    seeded(controller.emulator, TILES)
    if lives:
        seeded(controller.emulator, replace(TILES, slot=EARLIER))
    place = Place(entries=frozenset({EARLIER} if known else ()))
    converge(replace(TILES, replaces=(EARLIER,)), controller.account(pytest.fail), place, apply=True)
    assert place.asked("forget") == [("forget", "earlier")] * forgotten


@pytest.mark.parametrize("apply", [True, False], ids=["run", "check mode"])
@pytest.mark.parametrize(
    ("whose", "holds", "locked"),
    [
        ("ours", True, "sales"),
        ("ours", False, "sales"),
        ("by hand", True, "default"),
        ("by hand", False, "default"),
        ("gone", True, "default"),
        ("gone", False, None),
    ],
)
def test_a_token_is_revoked_by_its_id_under_the_lock_of_its_owner(
    whose: str, holds: bool, locked: str | None, apply: bool
) -> None:
    controller, locks = Controller(service()), Locks()
    token_id = {
        "ours": lambda: seeded(controller.emulator, SALES),
        "by hand": lambda: controller.emulator.seed_tokens(1, description="by hand")[0],
        "gone": lambda: UNKNOWN_PATH,
    }[whose]()
    lives = whose != "gone"
    place = Place({TILES.slot: Held(tracked=True, id=token_id)} if holds else {})
    account = locks.account(controller)
    plan, token = revoke(Desired(Slot("default", "")), token_id, account, place, apply=apply)
    assert (token.id if token else None, bool(plan.steps)) == (token_id if lives else None, lives or holds)
    assert locks.taken == ([locked] if apply and locked else [])
    assert place.asked("check") == [("check", token_id)] * holds
    writes = apply and (lives or holds)
    assert place.asked("claim") == [("claim", (), ())] * writes
    assert place.asked("revoked") == [("revoked", token_id)] * writes
    assert listings(controller.emulator) == (2 if writes else 1)
    assert sum(each.method == "DELETE" for each in controller.emulator.journal) == (1 if apply and lives else 0)
