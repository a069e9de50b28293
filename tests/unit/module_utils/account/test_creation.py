# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tokens are made, when what was made is looked for, and who gives way to whom, for one token and for several at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._account.account import Account
from ansible_collections.ellipsis.drive.plugins.module_utils._account.creation import Creations, Made, Wanted
from ansible_collections.ellipsis.drive.plugins.module_utils._account.secret_store import NewToken
from ansible_collections.ellipsis.drive.plugins.module_utils._account.workers import Workers
from ansible_collections.ellipsis.drive.plugins.module_utils._api.errors import ApiError, TransportError
from ansible_collections.ellipsis.drive.plugins.module_utils._model.access_list import Grant
from ansible_collections.ellipsis.drive.plugins.module_utils._model.desired import Desired
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError, RolledBack
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Marker, Slot, encode, parse
from ansible_collections.ellipsis.drive.plugins.module_utils._model.tokens import Generation
from ansible_collections.ellipsis.drive.tests.emulator import Emulator, Variant
from ansible_collections.ellipsis.drive.tests.laws.harness import DAY, ROADS, TOKENS, Controller, live_tokens, service
from ansible_collections.ellipsis.drive.tests.unit.module_utils.account.places import Place

START = 1_800_000_000
TILES = Desired(Slot("default", "tiles"), (Grant(ROADS, "view"),), lifetime=30 * DAY)
ROAD = replace(TILES, slot=Slot("default", "roads"))
OF_A_RUN = replace(TILES, slot=Slot("default", "tiles", True))


def marker_of(desired: Desired, nonce: str, later: int = 0) -> Marker:
    return Marker(desired.slot, desired.spec, START + later, desired.lifetime, nonce)


class Making:
    """Tokens are made, and requests of a kind are noted."""

    def __init__(self, variant: Variant | None = None) -> None:
        self.controller = Controller(service(variant))
        self.emulator = self.controller.emulator
        self.place = Place()
        self.warnings: list[str] = []
        self.account: Account = self.controller.account(self.warnings.append)

    def seed(self, marker: Marker) -> Generation:
        """Somebody's token that lives already."""
        [token_id] = self.emulator.seed_tokens(1, description=encode(marker), valid_for=marker.lifetime or None)
        return Generation(token_id, marker, None)

    def run(self, *wanted: Wanted) -> list[Made]:
        """What becomes of what is wanted, in its order."""
        made = Creations(wanted, self.account, self.place, Workers()).run()
        return [made[each.slot] for each in wanted]

    def nonces(self) -> list[dict[str, str]]:
        """What was recorded before each round of creations."""
        return [call[1] for call in self.place.asked("begin")]

    def times(self, method: str) -> list[float]:
        """When requests of a method were sent, in seconds since the start."""
        sent = [each for each in self.emulator.journal if (each.method, each.path) == (method, TOKENS)]
        return [each.at - START for each in sent]

    def live(self) -> set[str]:
        return set(live_tokens(self.emulator))


def secrets_of(making: Making) -> dict[str, str]:
    return {token.id: token.secret for token in making.emulator.tokens}


@pytest.mark.parametrize(
    ("known", "created"),
    [((), 0), ((-5,), 0), ((-1,), 0), ((0,), 1), ((7,), 8), ((7, -5, 3), 8), ((-5, 7), 8)],
    ids=str,
)
def test_a_token_is_later_than_all_that_it_replaces(known: tuple[int, ...], created: int) -> None:
    """Also in the same second, or when the clock of the server went back: their order is that of their markers."""
    making = Making()
    there = tuple(making.seed(marker_of(TILES, f"aaaa{number}", later)) for number, later in enumerate(known))
    making.emulator.advance(0.75)
    [new] = making.run(Wanted(TILES, there))
    assert isinstance(new, NewToken)
    assert new.generation.marker == marker_of(TILES, new.generation.marker.nonce, created)
    assert new.secret == secrets_of(making)[new.generation.id]
    assert making.nonces() == [{"tiles": new.generation.marker.nonce}]


def test_each_creation_has_a_nonce_of_its_own() -> None:
    """That which a claim has recorded, where there is one."""
    making = Making()
    making.run(Wanted(TILES, ()), Wanted(ROAD, ()))
    [recorded] = making.nonces()
    assert {parse(token.description).nonce for token in making.emulator.tokens} == set(recorded.values())  # type: ignore[union-attr]  # ours
    assert len(set(recorded.values())) == 2


@pytest.mark.parametrize(
    ("faults", "posts", "listed", "made", "lived"),
    [
        ([], 2, [0], 2, 2),
        (["cut_after"], 3, [0, 0], 2, 3),
        (["cut_after", "cut_after"], 4, [0, 0], 2, 4),
        (["cut_before"], 3, [0, 1, 1], 2, 2),
        (["cut_after", "cut_before"], 4, [0, 1, 1], 2, 3),
        (["cut_before", "cut_after", "cut_before", "cut_before"], 4, [0, 1, 1, 2], 0, 1),
    ],
    ids=["answered", "one lost", "both lost", "one never made", "one lost and one never made", "lost again"],
)
def test_what_has_no_answer_is_looked_for_and_made_once_more(
    faults: list[str], posts: int, listed: list[float], made: int, lived: int
) -> None:
    """Looked for again after a second only if something is missing; what was answered is not made again."""
    making = Making()
    making.account.tokens()
    for kind in faults:
        making.emulator.fault(kind=kind, method="POST")
    found = making.run(Wanted(TILES, ()), Wanted(ROAD, ()))
    assert len(making.times("POST")) == posts
    assert making.times("GET")[1:] == listed
    assert sum(isinstance(each, NewToken) for each in found) == made
    assert len(making.emulator.tokens) == lived
    assert making.live() == {each.generation.id for each in found if isinstance(each, NewToken)}
    assert [len(recorded) for recorded in making.nonces()] == [2, posts - 2][: 1 + (posts > 2)]


def test_what_has_no_answer_twice_is_an_error_of_its_own() -> None:
    """That names its second creation, in case that one arrives later."""
    making = Making()
    making.emulator.fault(kind="cut_before", method="POST", skip=1, times=2)
    [tiles, roads] = making.run(Wanted(TILES, ()), Wanted(ROAD, ()))
    assert isinstance(tiles, NewToken) and type(roads) is TransportError
    assert str(roads).startswith("No token was made for 'roads': POST ")
    nonce = making.nonces()[1]["roads"]
    assert str(roads).endswith(f" (nonce {nonce}), twice. Nothing was replaced; run again.")
    assert making.account.unsaved == (tiles.generation.marker,)


def no_list(emulator: Emulator) -> None:
    emulator.fault(kind="status", status=400, body="Not now.", method="GET", path=TOKENS)


def no_revocation(emulator: Emulator) -> None:
    emulator.fault(kind="status", status=400, body="Not now.", method="DELETE", path=TOKENS)
    # Whether it is gone all the same.
    emulator.fault(kind="status", status=500, method="GET", path=TOKENS, skip=1)


@pytest.mark.parametrize("fails", [no_list, no_revocation], ids=["no list", "no revocation"])
def test_what_can_not_be_cleaned_up_is_not_made_again(fails: Callable[[Emulator], None]) -> None:
    """The others go on, and the error says how to find what may be left."""
    making = Making()
    making.account.tokens()
    making.emulator.fault(kind="cut_after", method="POST")
    fails(making.emulator)
    [tiles, roads] = making.run(Wanted(TILES, ()), Wanted(ROAD, ()))
    assert isinstance(roads, NewToken) and type(tiles) is TransportError
    [nonces] = making.nonces()
    assert ", and whether it made a token is not known: " in str(tiles)
    assert str(tiles).endswith(
        f". Look for a token whose description ends in {nonces['tiles']}] and revoke it, or run again with store or "
        "held_id, which heal this."
    )
    assert ".." not in str(tiles)
    assert (len(making.times("POST")), making.account.unsaved) == (2, (roads.generation.marker,))


def test_a_creation_that_fails_is_not_made_again() -> None:
    making = Making()
    making.emulator.fault(kind="status", status=400, method="POST")
    [tiles, roads] = making.run(Wanted(TILES, ()), Wanted(ROAD, ()))
    assert isinstance(tiles, ApiError) and isinstance(roads, NewToken)
    assert len(making.times("POST")) == 2
    making = Making()
    making.account.tokens()
    making.emulator.fault(kind="status", status=400, method="POST")
    [error] = making.run(Wanted(TILES, ()))
    assert isinstance(error, ApiError) and making.times("GET") == [0], "nothing is looked for"


@pytest.mark.parametrize("index", [0, 1])
def test_what_is_listed_late_is_waited_for(index: int) -> None:
    """The answer has the tokens in the order in which they were wanted."""
    making = Making()
    making.account.tokens()
    making.emulator.fault(kind="drop_entry", method="GET", path=TOKENS, index=index)
    found = making.run(Wanted(TILES, ()), Wanted(ROAD, ()))
    assert [each.slot for each in found if isinstance(each, NewToken)] == [TILES.slot, ROAD.slot]
    assert {each.generation.id: each.secret for each in found if isinstance(each, NewToken)} == secrets_of(making)
    assert [each.generation.access_list for each in found if isinstance(each, NewToken)] == [TILES.access_list] * 2
    assert (making.times("GET"), making.warnings) == ([0, 0, 1], [])


@pytest.mark.parametrize(("lifetime", "expiry"), [(3600, START + 3600), (0, None)])
def test_what_is_not_listed_is_used_if_its_id_is_known(lifetime: int, expiry: float | None) -> None:
    making = Making()
    making.emulator.set_policy(list_lag=100)
    [new] = making.run(Wanted(replace(TILES, lifetime=lifetime), ()))
    assert isinstance(new, NewToken) and new.generation.expires_at == expiry
    assert {new.generation.id: new.secret} == secrets_of(making)
    assert making.times("GET") == [0, *range(16)], "once before the creation, and once a second after it"
    [token_id] = secrets_of(making)
    assert making.warnings == [
        f"The new token {token_id} is not listed yet; another run now could make a second one.",
    ]


def test_the_time_that_a_list_takes_counts() -> None:
    """A list that takes long ends the wait for what it does not show, too."""
    making = Making()
    making.emulator.set_policy(list_lag=100)
    making.controller.hook = lambda request: making.emulator.advance(0.75) if request.method == "GET" else None
    [new] = making.run(Wanted(TILES, ()))
    assert isinstance(new, NewToken) and len(making.warnings) == 1
    assert making.emulator.clock.now() - START == 11 * 0.75 + 9, "a list before, ten after, nine pauses"


def test_what_is_not_listed_is_of_no_use_if_its_id_is_not_known() -> None:
    making = Making(Variant(create_id=False))
    making.emulator.set_policy(list_lag=100)
    [error] = making.run(Wanted(TILES, ()))
    nonce = making.nonces()[0]["tiles"]
    assert type(error) is TransportError
    assert str(error) == (
        "A token was created for 'tiles', but the server neither says its id nor lists it, so its secret was dropped. "
        f"Look for a token whose description ends in {nonce}] and revoke it."
    )
    assert (making.account.unsaved, making.warnings, max(making.times("GET"))) == ((), [], 15)


@pytest.mark.parametrize("says_id", [True, False], ids=["id", "no id"])
def test_what_is_listed_under_another_description_is_revoked(says_id: bool) -> None:
    """Found by its id, or by the rest of its marker. The other token stays."""
    making = Making(Variant(create_id=says_id))

    def hook(request: Any) -> None:
        if request.method == "POST":
            request.body = request.body.replace(b"tiles", b"TILES")

    making.controller.hook = hook
    [tiles, roads] = making.run(Wanted(TILES, ()), Wanted(ROAD, ()))
    marker = encode(marker_of(TILES, making.nonces()[0]["tiles"])).replace("tiles", "TILES")
    assert isinstance(roads, NewToken) and type(tiles) is TransportError
    assert str(tiles) == (
        f"The server lists the new token under another description ({marker!r}), so it could not be recognised by the next "
        "run; it was revoked again."
    )
    assert making.live() == {roads.generation.id}
    assert making.account.unsaved == (roads.generation.marker,)
    assert making.emulator.clock.now() == START


@pytest.mark.parametrize("revoked", [True, False], ids=["revoked", "not revoked"])
def test_what_was_made_before_an_error_is_revoked_all_of_it(revoked: bool) -> None:
    making = Making()
    making.account.tokens()
    making.emulator.fault(
        kind="status", status=400, body="Not now.", method="GET", path=TOKENS, times=1 if revoked else None
    )
    if not revoked:
        making.emulator.fault(kind="status", status=500, method="DELETE", times=None)
    made = making.run(Wanted(TILES, ()), Wanted(ROAD, ()))
    [nonces] = making.nonces()
    for desired, each in zip((TILES, ROAD), made, strict=True):
        nonce = nonces[desired.slot.description]
        assert isinstance(each, EllipsisError)
        assert str(each).startswith(
            "GET /account/security/accessToken answered 400: Not now. A new token was made before that"
        )
        if revoked:
            assert type(each) is RolledBack and str(each).endswith("before that and was revoked again.")
        else:
            assert type(each) is TransportError and f"description ends in {nonce}]" in str(each)
    assert (len(making.live()), making.account.unsaved) == (0 if revoked else 2, ())


def test_the_time_that_a_list_takes_counts_for_who_waits_for_another_one() -> None:
    making, theirs = Making(), list[Generation]()

    def hook(request: Any) -> None:
        if request.method == "POST":
            theirs.append(making.seed(marker_of(TILES, "ttttt", 9)))
        elif request.method == "GET":
            making.emulator.advance(0.75)

    making.controller.hook = hook
    [made] = making.run(Wanted(TILES, ()))
    assert isinstance(made, Generation) and made.id == theirs[0].id
    assert making.emulator.clock.now() - START == 11 * 0.75 + 9, "a list before, ten after, nine pauses"


# Others' tokens that come while ours is made, by how much later they are and when they go (never: None), and then: whether
# ours stays, how long it waits, and which one it gives way to.
MEETINGS: dict[str, tuple[list[tuple[int, float | None]], bool, float, int]] = {
    "nobody": ([], True, 0, 0),
    "earlier": ([(-1, None)], False, 0, 0),
    "later and goes": ([(1, 3)], True, 3, 0),
    "later and stays": ([(1, None)], False, 15, 0),
    "two, one earlier": ([(1, None), (-1, None)], False, 0, 1),
    "two later, one stays": ([(1, 2), (2, None)], False, 15, 1),
    "two later, both go": ([(1, 2), (2, 5)], True, 5, 0),
}


@pytest.mark.parametrize("name", MEETINGS)
def test_who_gives_way(name: str) -> None:
    """What is known from before is nobody to give way to, and another slot is not concerned."""
    meeting, stays, waited, winner = MEETINGS[name]
    making, theirs = Making(), list[Generation]()
    known = making.seed(marker_of(TILES, "kkkkk", -9))
    other = Controller(making.emulator).account(pytest.fail).client

    def hook(request: Any) -> None:
        if request.method == "POST" and not theirs:
            theirs.extend(making.seed(marker_of(TILES, f"tttt{n}", later)) for n, (later, _goes) in enumerate(meeting))
        now = making.emulator.clock.now() - START
        for n, (_later, goes) in enumerate(meeting):
            if (
                request.method == "GET"
                and theirs
                and goes is not None
                and now >= goes
                and theirs[n].id in making.live()
            ):
                other.delete_token(theirs[n].id)

    making.controller.hook = hook
    [tiles, roads] = making.run(Wanted(TILES, (known,)), Wanted(ROAD, ()))
    assert isinstance(roads, NewToken)
    assert making.emulator.clock.now() - START == waited
    if stays:
        assert isinstance(tiles, NewToken) and tiles.generation.id in making.live()
    else:
        assert isinstance(tiles, Generation) and tiles.id == theirs[winner].id
        assert len(making.live()) == 2 + sum(goes is None for _later, goes in meeting)
    assert known.id in making.live()
    assert set(making.account.unsaved) == {
        each.generation.marker for each in (tiles, roads) if isinstance(each, NewToken)
    }


@pytest.mark.parametrize("desired", [TILES, OF_A_RUN], ids=["lasting", "of a run"])
@pytest.mark.parametrize("lost", [True, False], ids=["lost before", "of somebody else"])
def test_what_arrives_late_of_a_lost_creation_is_revoked_on_sight(desired: Desired, lost: bool) -> None:
    """Nobody has its secret, so it is nobody to give way to. A token of another run is none either, and stays."""
    making, late = Making(), list[Generation]()

    def hook(request: Any) -> None:
        if request.method == "POST":
            late.append(making.seed(marker_of(desired, "lllll", -1)))

    making.controller.hook = hook
    [made] = making.run(Wanted(desired, (), frozenset({"lllll"} if lost else ())))
    wins = lost or desired is OF_A_RUN
    assert isinstance(made, NewToken) is wins
    assert (late[0].id in making.live()) is not lost
    assert len(making.live()) == (1 if lost or desired is TILES else 2)
    assert making.emulator.clock.now() == START
