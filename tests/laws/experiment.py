# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is tried in the laboratory: worlds, sequences of actions, and what must hold after each of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.ellipsis.drive.tests.emulator import (
    OTHER_USER,
    PATHS,
    Emulator,
    Fault,
    ManualClock,
    Token,
    Variant,
)
from ansible_collections.ellipsis.drive.tests.laws.harness import BUILDINGS, Options, access, live_tokens
from ansible_collections.ellipsis.drive.tests.laws.laboratory import (
    DESCRIPTION,
    Interruptions,
    Keeping,
    Killed,
    Report,
    generations,
    nonce_of,
)
from ansible_collections.ellipsis.drive.tests.laws.memory_store import MemoryServer
from ansible_collections.ellipsis.drive.tests.memory import memory

SURFACE, RIVERS = PATHS["Projects/Roads/Surface"], PATHS["Projects/Rivers#vector"]
_FENCE = {"tiles": [{"tile_x": 2, "tile_y": 1, "zoom": 3}, {"tile_x": 1, "tile_y": 1, "zoom": 3}]}
_WIDE = [access(SURFACE, "view", geo_fence=_FENCE), access(RIVERS, "viewPlus")]
_TASK: Options = {"description": DESCRIPTION, "access_list": _WIDE, "valid_for": "30d", "overlap": "1h"}
TASKS: tuple[Options, ...] = (
    _TASK,
    # The same in another order and spelling: never a difference.
    {
        **_TASK,
        "access_list": [
            access(RIVERS.upper(), "view+"),
            access(SURFACE, "VIEW", geo_fence={"tiles": list(reversed(_FENCE["tiles"]))}),
        ],
    },
    {**_TASK, "access_list": [access(SURFACE, "editPlus")]},
    {**_TASK, "valid_for": "2h", "overlap": "0"},
    {**_TASK, "scope": "ogc", "access_list": [access(BUILDINGS, "view")], "verify": "strict", "verify_timeout": 5},
)
# Overlap and every late commit of the faults are over after this.
_LONG_ENOUGH = 2 * 86400


@dataclass(frozen=True)
class Run:
    """A run of a task. moment: where it is killed or where the other controller runs in between.

    down: what becomes of each call to a shared store.
    """

    who: int
    task: int
    fault: Fault | None = None
    moment: int | None = None
    interleaved: int | None = None
    down: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pass:
    """Time passes."""

    seconds: int


@dataclass(frozen=True)
class Revoke:
    """Somebody revokes one of the live tokens of the slot by hand."""

    index: int


@dataclass(frozen=True)
class Configure:
    """The service is configured differently."""

    policy: dict[str, Any] = field(hash=False)


Action = Run | Pass | Revoke | Configure


@dataclass
class Experiment:
    """A world and its controllers."""

    emulator: Emulator
    controllers: list[Keeping]
    foreign: frozenset[str]
    server: MemoryServer

    def perform(self, action: Action) -> None:
        """Do one thing and check what must hold after it."""
        if isinstance(action, Pass):
            self.emulator.advance(action.seconds)
        elif isinstance(action, Configure):
            self.emulator.set_policy(**action.policy)
        elif isinstance(action, Revoke):
            live = generations(self.emulator)
            if live:
                self._revoke_by_hand(live[action.index % len(live)])
        else:
            self._run(action)
        self._check_foreign()

    def _revoke_by_hand(self, token: Token) -> None:
        self.controllers[0].account(lambda _text: None).client.delete_token(token.id)

    def _run(self, action: Run) -> None:
        mine = self.controllers[action.who % len(self.controllers)]
        others = [each for each in self.controllers if each is not mine]
        held = {id(each): each.holds_now()[0] for each in self.controllers}
        before: set[str | None] = set(live_tokens(self.emulator))
        ever = {token.id for token in self.emulator.tokens}
        if action.fault:
            self.emulator.faults.add(action.fault)
        task = TASKS[action.task]
        if mine.holds and action.moment is not None:
            # Who holds secrets elsewhere and wants the old token gone in the same task can't also survive being killed there.
            task = {**task, "overlap": "1h"}
        self.server.down = list(action.down)
        report = mine.execute(task, self._interruptions(action, others))
        self.emulator.faults.clear()
        self.server.down = []
        for each in others:
            now_held = each.holds_now()[0]
            self._check_untouched(now_held, before if now_held in ever else {now_held})
        if action.interleaved is None:
            self._check_nothing_lost(mine, held[id(mine)], before)
        self._check_report(mine, report)
        if (
            report.result
            and not (action.fault or action.down)
            and action.moment is None
            and not report.result["lost_race"]
        ):
            self._check_again(mine, action.task)

    def _interruptions(self, action: Run, others: list[Keeping]) -> Interruptions:
        def kill() -> None:
            raise Killed

        def let_another_run() -> None:
            others[0].execute(TASKS[action.interleaved or 0])

        return Interruptions(action.moment, let_another_run if action.interleaved is not None and others else kill)

    def _check_foreign(self) -> None:
        """Law 6."""
        gone = self.foreign - set(live_tokens(self.emulator))
        assert not gone, f"{len(gone)} foreign tokens are gone"

    def _check_untouched(self, held: str | None, before: set[str | None]) -> None:
        """What one controller holds is never revoked by another one."""
        if held is not None and held in before and not self._has_expired(held):
            assert held in live_tokens(self.emulator), "the token of another controller was revoked"

    def _check_nothing_lost(self, mine: Keeping, held: str | None, before: set[str | None]) -> None:
        """Whatever happened to a run, a held token is only gone when another one is held that works."""
        now_held, secret, _pending = mine.holds_now()
        live = live_tokens(self.emulator)
        if held is not None and held in before and held not in live and not self._has_expired(held):
            assert now_held in live, "a token was revoked before its replacement was kept"
        if now_held is not None and now_held in live:
            assert live[now_held].secret == secret, "the kept secret belongs to another token"

    def _check_report(self, mine: Keeping, report: Report) -> None:
        """What is said is true, and holds no secret where none belongs."""
        said = [*report.warnings, str(report.error or "")]
        if report.result:
            said.append(str({key: value for key, value in report.result.items() if key != "secret"}))
        for secret in self.emulator.secrets:
            assert not any(secret in text for text in said), "a secret was shown"
        if report.result is None or report.result["lost_race"]:
            return
        assert report.result["access_token"]["id"] == mine.holds_now()[0] or mine.holds

    def _check_again(self, mine: Keeping, task: int) -> None:
        """Laws 1 and 4: the same again, in another order and spelling where there is one, changes nothing."""
        start = len(self.emulator.journal)
        report = mine.execute(TASKS[{0: 1, 1: 0}.get(task, task)])
        assert report.error is None, report.error
        assert report.result is not None
        assert report.result["reason"] == "none", report.result["reason"]
        assert {entry.method for entry in self.emulator.journal[start:]} <= {"GET"}

    def _has_expired(self, token_id: str) -> bool:
        token = next(each for each in self.emulator.tokens if each.id == token_id)
        return token.expires is not None and token.expires <= self.emulator.clock.now()

    def heal(self) -> None:
        """Law 5: the next good run leaves one live token and its secret is held, or says who seems to hold it."""
        self.emulator.set_policy(
            max_lifetime=None, shortens=False, list_lag=0.0, replication_delay=0.0, date_skew=0.0, granted_tier=None
        )
        self.emulator.advance(_LONG_ENOUGH)
        mine = next((each for each in self.controllers if self._is_good(each.execute(TASKS[0]))), None)
        if mine is None:
            mine = self.controllers[0]
            claims = sum(map(self._has_a_claim, self.controllers))
            assert claims > 1, "nobody may go on, though at most one has a claim"
            report = mine.execute({**TASKS[0], "take_over": True})
            assert report.error is None, report.error
        self._check_is_one_of_two(mine)
        self.emulator.advance(_LONG_ENOUGH)
        assert mine.execute(TASKS[0]).error is None
        held, secret, _pending = mine.holds_now()
        live = generations(self.emulator)
        assert [token.id for token in live] == [held], f"{len(live)} live tokens after healing"
        assert live[0].secret == secret
        self._check_again(mine, 0)

    def _has_a_claim(self, controller: Keeping) -> bool:
        """Whether a live token is held by a controller, or was begun by it and lost."""
        held, _secret, pending = controller.holds_now()
        live = generations(self.emulator)
        return any(token.id in {held, *controller.replaced()} or nonce_of(token) in pending for token in live)

    @staticmethod
    def _is_good(report: Report) -> bool:
        if report.error is not None:
            assert "take_over" in str(report.error), report.error
        return report.error is None and not (report.result and report.result["lost_race"])

    def _check_is_one_of_two(self, mine: Keeping) -> None:
        live = generations(self.emulator)
        assert len(live) <= 2, f"{len(live)} live tokens"
        assert mine.holds_now()[0] in {token.id for token in live}
        assert not {nonce_of(token) for token in live} & mine.holds_now()[2], "a token whose secret is lost lives on"


@contextmanager
def experiment(variant: Variant, mode: str) -> Iterator[Experiment]:
    """A world with foreign tokens on three pages.

    mode: store (two controllers with own stores), shared (two controllers on one) or held (one with held_id).
    """
    emulator = Emulator(variant, ManualClock())
    emulator.seed_tokens(40, description="made in the web application")
    emulator.seed_tokens(1, description=DESCRIPTION)
    emulator.seed_tokens(1, description=f"{DESCRIPTION} [ed1:other:abcdef:tqgq00:0:aaaaa]")
    emulator.seed_tokens(1, description=f"{DESCRIPTION} [ed1:default:abcdef:tqgq00:0:aaaaa")
    emulator.seed_tokens(1, description=DESCRIPTION, account=OTHER_USER)
    foreign = frozenset(token.id for token in emulator.tokens)
    with tempfile.TemporaryDirectory(prefix="ellipsis-lab-", dir=memory()) as name:
        server = MemoryServer(emulator.clock.now)
        places: dict[str, list[Path | MemoryServer | None]] = {
            "store": [Path(name) / f"{each}.yml" for each in ("one", "two")],
            "shared": [server, server],
            "held": [None],
        }
        yield Experiment(emulator, [Keeping(emulator, place) for place in places[mode]], foreign, server)
