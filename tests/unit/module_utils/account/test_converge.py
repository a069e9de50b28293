# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of a new token when the write after its creation fails, or the one after that."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._account.converge import converge, revoke
from ansible_collections.ellipsis.drive.plugins.module_utils._account.run_memory import Made, NoMemory
from ansible_collections.ellipsis.drive.plugins.module_utils._account.secret_store import (
    ExternalStore,
    KeptOrNot,
    NewToken,
)
from ansible_collections.ellipsis.drive.plugins.module_utils._api.errors import TransportError
from ansible_collections.ellipsis.drive.plugins.module_utils._model.desired import Held
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError, RolledBack
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Slot
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.options import desired_of
from ansible_collections.ellipsis.drive.tests.emulator import Emulator, ManualClock, Variant
from ansible_collections.ellipsis.drive.tests.laws.harness import (
    TOKENS,
    Controller,
    absent,
    live_tokens,
    present,
    service,
)
from ansible_collections.ellipsis.drive.tests.laws.laboratory import Keeping
from ansible_collections.ellipsis.drive.tests.laws.memory_store import MemoryServer

FULL, MAYBE, GONE = (
    EllipsisError("The disk is full."),
    KeptOrNot("The line was cut."),
    EllipsisError("The disk is gone."),
)
AGAIN = "The new token was revoked again and the earlier one stays."
LATER = "could not be revoked (DELETE "


@dataclass(frozen=True)
class Failing(ExternalStore):
    """A place for secrets that can't be written to. errors: by the name of the call; calls: what was asked of it."""

    errors: Mapping[str, EllipsisError] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def keep(self, new: Sequence[NewToken]) -> Mapping[Slot, EllipsisError]:
        self.calls.append("keep")
        return {each.slot: self.errors["keep"] for each in new if "keep" in self.errors}

    def put_back(self, slots: Collection[Slot]) -> None:
        self._write("put_back")

    def forget(self, slots: Collection[Slot]) -> None:
        self._write("forget")

    def _write(self, name: str) -> None:
        self.calls.append(name)
        if name in self.errors:
            raise self.errors[name]


def no_delete(emulator: Emulator) -> None:
    emulator.fault(kind="status", status=500, method="DELETE", times=None)


def no_proof(emulator: Emulator) -> None:
    # The first question is whether the path is there.
    emulator.fault(kind="status", status=401, method="GET", path="/path/", skip=1, times=None)


# What fails at the server and in the store, the kind and the words of the error, how many new tokens live, the writes.
ROWS: dict[str, tuple[list[Any], dict[str, EllipsisError], type[EllipsisError], str, int, list[str]]] = {
    "not kept": ([], {"keep": FULL}, RolledBack, f"The disk is full. {AGAIN}", 0, ["keep"]),
    "kept or not": ([], {"keep": MAYBE}, KeptOrNot, "The line was cut.", 1, ["keep"]),
    "not kept, not revoked": ([no_delete], {"keep": FULL}, EllipsisError, LATER, 1, ["keep"]),
    "not proven": ([no_proof], {}, RolledBack, AGAIN, 0, ["keep", "put_back"]),
    "not proven, not revoked": ([no_proof, no_delete], {}, EllipsisError, LATER, 1, ["keep", "put_back"]),
    # The store still has the new secret, so its token has to live.
    "not proven, not put back": (
        [no_proof], {"put_back": GONE}, EllipsisError, "The disk is gone.", 1, ["keep", "put_back", "put_back"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_a_write_that_fails_after_a_creation(name: str) -> None:
    faults, errors, kind, words, left, calls = ROWS[name]
    controller = Controller(service())
    earlier = controller.run(present()).result["access_token"]["id"]
    for fault in faults:
        fault(controller.emulator)
    store = Failing(errors=errors)
    account = controller.account(lambda _line: None)
    desired = desired_of(controller.parameters(present(regenerate="always", verify="basic", verify_timeout=5)))
    with pytest.raises(EllipsisError) as caught:
        converge(desired, account, store, apply=True)
    assert type(caught.value) is kind
    assert words in str(caught.value)
    assert store.calls == calls
    assert len(live_tokens(controller.emulator).keys() - {earlier}) == left
    assert earlier in live_tokens(controller.emulator)
    assert not account.unsaved


def test_an_entry_that_can_not_be_forgotten_is_an_error() -> None:
    controller = Controller(service())
    controller.run(present())
    desired = desired_of(controller.parameters(absent()))
    store = Failing({desired.slot: Held(tracked=True, id="x", exclusive="here")}, errors={"forget": GONE})
    with pytest.raises(EllipsisError, match="The disk is gone"):
        converge(desired, controller.account(lambda _line: None), store, apply=True)
    assert not live_tokens(controller.emulator)


@pytest.mark.parametrize(
    ("list_lag", "waited", "created"),
    [(0.0, 0, 2), (0.5, 1, 2)],
    ids=["listed at once", "listed late"],
)
def test_a_creation_without_an_answer_is_looked_for(list_lag: float, waited: float, created: int) -> None:
    """Once more after a pause where the list does not show it yet, and only there."""
    controller = Controller(service())
    controller.emulator.set_policy(list_lag=list_lag)
    controller.emulator.fault(kind="cut_after", method="POST")
    start, ended = controller.emulator.clock.now(), []
    controller.hook = lambda request: (
        ended.append(controller.emulator.clock.now()) if request.method == "POST" else None
    )
    assert controller.run(present()).error is None
    assert ended[-1] - start == waited
    assert [token.revoked_at is None for token in controller.emulator.tokens] == [False] * (created - 1) + [True]


@pytest.mark.parametrize(("lag", "waited", "listed"), [(0.5, 1, True), (15, 15, True), (15.5, 15, False)])
def test_a_new_token_is_looked_for_in_the_list(lag: float, waited: float, listed: bool) -> None:
    """Once a second for a quarter of a minute, and then it is kept all the same, since its id is known."""
    controller = Controller(service())
    controller.emulator.set_policy(list_lag=lag)
    start = controller.emulator.clock.now()
    run = controller.run(present())
    assert (run.error, controller.emulator.clock.now() - start) == (None, waited)
    token = controller.emulator.tokens[0]
    words = f"The new token {token.id} is not listed yet; another run now could make a second one."
    assert run.warnings == (() if listed else (words,))
    assert run.result["access_token"]["id"] == token.id
    assert run.result["access_token"]["expires_at"] == "2027-02-14T08:00:00Z"


def no_list(emulator: Emulator) -> None:
    emulator.fault(kind="status", status=400, body="Not now", method="GET", path=TOKENS, skip=2)


def no_answer(emulator: Emulator) -> None:
    emulator.fault(kind="cut_after", method="POST")


NOT_LISTED = "GET /account/security/accessToken answered 400: Not now. A new token was made before that"
# What the server says, whether it says ids, and then: the kind of the error, how it begins and ends, how many tokens live.
DROPPED: dict[str, tuple[list[Any], bool, type[EllipsisError], str, str, int]] = {
    "revoked": ([no_list], True, RolledBack, NOT_LISTED, "that and was revoked again.", 0),
    "not revoked": (
        [no_list, no_delete], True, TransportError, f"{NOT_LISTED}, and revoking it failed too: DELETE ",
        "answered 500. {remedy}", 1,
    ),
    "of unknown id": ([no_list], False, TransportError, f"{NOT_LISTED}. Look", "that. {remedy}", 1),
    "made or not": (
        [no_answer, no_list], True, TransportError, "POST ",
        ", and whether it made a token is not known: GET /account/security/accessToken answered 400: Not now. {remedy}", 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DROPPED)
def test_what_becomes_of_a_token_that_can_not_be_announced(name: str) -> None:
    """Whether it was revoked, and by what it is found if not."""
    faults, says_id, kind, begins, ends, left = DROPPED[name]
    controller = Controller(service(Variant(create_id=says_id)))
    for fault in faults:
        fault(controller.emulator)
    run = controller.run(present())
    nonce = controller.emulator.tokens[0].description[-6:-1]
    assert type(run.error) is kind
    assert str(run.error).startswith(begins)
    remedy = (
        f"Look for a token whose description ends in {nonce}] and revoke it, or run again with store or held_id, which "
    )
    assert str(run.error).endswith(ends.format(remedy=f"{remedy}heal this."))
    assert (len(run.after), len(run.sent("POST"))) == (left, 1)


@pytest.mark.parametrize(
    ("gone", "stored", "changed", "deleted"),
    [(False, True, True, 1), (True, True, True, 0), (False, False, True, 1), (True, False, False, 0)],
)
def test_a_token_is_revoked_by_its_id(gone: bool, stored: bool, changed: bool, deleted: int) -> None:
    """The store is told, also of one that is gone already."""
    emulator = service()
    keeper = Keeping(emulator, MemoryServer(emulator.clock.now) if stored else None)
    made = keeper.execute(present())
    assert made.result
    token_id = made.result["access_token"]["id"]
    if gone:
        keeper.account(pytest.fail).client.delete_token(token_id)
    start = len(emulator.journal)
    report = keeper.execute({"token_id": token_id, "state": "absent"})
    assert report.result, report.error
    assert report.result["changed"] is changed
    assert sum(entry.method == "DELETE" for entry in emulator.journal[start:]) == deleted
    assert (live_tokens(emulator), keeper.stored()) == ({}, {})


@dataclass
class OneMade(NoMemory):
    """A run that has made a token already."""

    token: Made | None
    remembered: list[NewToken] = field(default_factory=list)

    def made(self, slot: Slot) -> Made | None:
        return self.token

    def remember(self, new: Iterable[NewToken]) -> None:
        self.remembered.extend(new)


def test_what_this_run_made_is_for_its_other_tasks_too() -> None:
    """Also when somebody else has made a newer token meanwhile, whose secret nobody here has."""
    controller = Controller(service())
    first = controller.run(present()).result
    made = Made(first["access_token"]["id"], first["secret"])
    controller.emulator.clock.advance(60)
    controller.run(present(regenerate="always"))
    desired = desired_of(controller.parameters(present(regenerate="always")))
    outcome = converge(desired, controller.account(pytest.fail), ExternalStore({}), OneMade(made), apply=True)
    assert outcome.made == made and not outcome.new
    assert outcome.current and outcome.current.id == made.id
    assert made.id in live_tokens(controller.emulator)


@pytest.mark.parametrize("seed", [0, 1], ids=["lower id last", "higher id last"])
@pytest.mark.parametrize(
    ("regenerate", "lives", "exclusive", "current"),
    [
        ("always", True, "", "made"),
        ("always", False, "", "new"),
        ("always", True, "here", "last"),
        ("drift", True, "", "last"),
        ("drift", False, "", "last"),
    ],
    ids=["there", "gone", "the store has another one", "not asked for", "gone and not asked for"],
)
def test_what_this_run_made_counts_for_who_asks_again_and_as_long_as_it_lives(
    regenerate: str, lives: bool, exclusive: str, current: str, seed: int
) -> None:
    controller = Controller(Emulator(None, ManualClock(), seed=seed))
    first = controller.run(present()).result
    made = Made(first["access_token"]["id"], first["secret"])
    controller.emulator.clock.advance(60)
    last = controller.run(present(regenerate="always")).result["access_token"]["id"]
    assert (made.id < last) is (seed == 1)
    if not lives:
        controller.account(pytest.fail).client.delete_token(made.id)
    desired, memory = desired_of(controller.parameters(present(regenerate=regenerate))), OneMade(made)
    store = ExternalStore({desired.slot: Held(tracked=True, id=last, exclusive=exclusive)} if exclusive else {})
    outcome = converge(desired, controller.account(pytest.fail), store, memory, apply=True)
    assert outcome.current
    assert {made.id: "made", last: "last"}.get(outcome.current.id, "new") == current
    assert memory.remembered == ([outcome.new] if current == "new" else [])
    assert outcome.made == (made if current == "made" else None)


@pytest.mark.parametrize("regenerate", ["never", "fail", "drift"])
def test_what_this_run_made_is_not_told_to_who_does_not_ask(regenerate: str) -> None:
    controller = Controller(service())
    first = controller.run(present()).result
    memory = OneMade(Made(first["access_token"]["id"], first["secret"]))
    desired = desired_of(controller.parameters(present(regenerate=regenerate)))
    outcome = converge(desired, controller.account(pytest.fail), ExternalStore(), memory, apply=True)
    assert outcome.current and outcome.current.id == first["access_token"]["id"]
    assert outcome.made is None


def test_what_this_run_was_told_to_make_is_remembered() -> None:
    """Not what was missing or differed: that is found unchanged by the next task anyway."""
    controller = Controller(service())
    controller.run(present())
    tasks = [present(regenerate="always"), present(description="roads"), present(valid_for="20d", regenerate="never")]
    memory = OneMade(None)
    for task in tasks:
        outcome = converge(
            desired_of(controller.parameters(task)),
            controller.account(pytest.fail),
            ExternalStore(),
            memory,
            apply=True,
        )
        assert outcome.made is None
    assert [each.slot.description for each in memory.remembered] == ["tiles"]


@dataclass(frozen=True)
class Slow(ExternalStore):
    """A place for secrets whose turn comes after somebody else has done something."""

    meanwhile: Callable[[], None] = lambda: None

    def claim(self, slots: Collection[Slot], creating: Collection[Slot] = ()) -> bool:
        self.meanwhile()
        return True


def test_what_is_gone_when_the_turn_comes_is_not_revoked_again() -> None:
    controller = Controller(service())
    token_id = controller.run(present()).result["access_token"]["id"]
    account = controller.account(pytest.fail)

    def somebody_else() -> None:
        controller.account(pytest.fail).client.delete_token(token_id)
        account.forget_tokens()

    desired = desired_of(controller.parameters({"token_id": token_id, "state": "absent"}))
    start = len(controller.emulator.journal)
    plan, token = revoke(desired, token_id, account, Slow(meanwhile=somebody_else), apply=True)
    assert token is None and not plan.steps
    sent = [entry.method for entry in controller.emulator.journal[start:]]
    assert sent.count("DELETE") == 1
