# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The laws, each a plain function that fails on a trial that breaks it. Numbers as in docs/design.md.

They know the service's own truth (which tokens live, what was sent) and the marker's form, and nothing of the core.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable

from ansible_collections.ellipsis.drive.tests.emulator import PASSWORD, USER, USER_TOKEN, Token
from ansible_collections.ellipsis.drive.tests.laws.harness import TOKENS, Controller, Run, deleted_ids
from ansible_collections.ellipsis.drive.tests.laws.trial import Trial

_PAGE = 30
_NOT_IN_A_DIFF = re.compile(r"sha256:|\d{4}-\d\d-\d\dT|(?<![-\w])\d{9,}(?![-\w])")
_MARKER = r" \[ed1:{owner}:[a-z2-7]{{6}}:[0-9a-z]{{1,7}}:[0-9a-z]{{1,7}}:[0-9a-z]{{5}}\]"
_SHOWN = ("changed", "reason", "changes", "diff")


def generations(tokens: Iterable[Token], description: str, owner: str = "default") -> list[Token]:
    """The tokens of a slot, oldest first."""
    pattern = re.compile(re.escape(description) + _MARKER.format(owner=owner))
    found = [token for token in tokens if pattern.fullmatch(token.description)]
    return sorted(found, key=lambda token: (_created(token), token.id))


def _created(token: Token) -> int:
    return int(token.description.rsplit(":", 3)[1], 36)


def _slot(trial: Trial, run: Run) -> list[Token]:
    ours = [token for token in run.after.values() if token.id not in trial.world.foreign]
    return generations(ours, trial.task.get("description", ""), trial.task.get("owner", "default"))


def check_law_1(trial: Trial) -> None:
    """A second run changes nothing and costs list pages only."""
    run = trial.again
    if trial.task.get("regenerate") == "always" or trial.applied.error:
        return
    assert run.error is None, run.error
    assert not run.result["changed"], run.result["reason"]
    assert not run.created and not run.gone
    assert [(each.method, each.path) for each in run.requests] == [("GET", TOKENS)] * pages(run)
    assert run.result["api_calls"] == {"list": pages(run), "create": 0, "delete": 0, "verify": 0, "path": 0}


def pages(run: Run) -> int:
    """How many requests a list of all tokens takes."""
    mine = [token for token in run.before.values() if token.account == USER]
    return max(1, math.ceil(len(mine) / _PAGE))


def check_law_2(trial: Trial) -> None:
    """A fresh read after a run equals what the run said would be, and so does the truth."""
    run, after = trial.applied, trial.applied.result.get("diff", {}).get("after", {})
    if trial.read is None:
        return
    shown = trial.read.before
    assert shown.status == after["state"]
    assert shown.superseded == after.get("superseded", 0)
    there = _slot(trial, run)
    assert len(there) == (1 + shown.superseded if shown.status == "live" else 0)
    current = run.result["access_token"]
    if current is not None:
        token = run.after[current["id"]]
        assert trial.world.controller.holds or token == there[-1]
        _check_is_as_shown(token, current)
        if trial.task.get("regenerate") != "never":
            assert {grant.path_id for grant in token.grants} == {each["path_id"] for each in trial.task["access_list"]}


def _check_is_as_shown(token: Token, shown: dict[str, object]) -> None:
    tiers = [(grant.path_id, grant.tier) for grant in sorted(token.grants, key=lambda grant: grant.path_id)]
    listed = shown["access_list"]
    if isinstance(listed, list):
        assert [(each["path_id"], each["access_tier"]) for each in listed] == tiers
        assert shown["scope"] == token.scope


def check_law_3(trial: Trial) -> None:
    """Check mode only reads, and predicts exactly what a run does."""
    dry, wet = trial.predicted, trial.applied
    assert all(each.method == "GET" or each.path.endswith("/login") for each in dry.requests)
    assert dry.after == dry.before
    if wet.error:
        assert str(dry.error) == str(wet.error)
        return
    assert dry.error is None, dry.error
    assert {key: dry.result[key] for key in _SHOWN} == {key: wet.result[key] for key in _SHOWN}
    assert set(dry.result) == set(wet.result)
    assert dry.result.get("secret") is None
    text = json.dumps(dry.result["diff"])
    assert not _NOT_IN_A_DIFF.search(text), text
    assert not any(token.id in text or token.secret in text for token in trial.world.emulator.tokens)


def check_law_4(trial: Trial) -> None:
    """The order of lists never matters."""
    if trial.task.get("regenerate") == "always" or trial.again.error:
        return
    assert trial.turned.error is None, trial.turned.error
    assert not trial.turned.result["changed"], trial.turned.result
    assert trial.turned.result["access_token"] == trial.again.result["access_token"]


def check_law_5(trial: Trial) -> None:
    """Nothing is revoked before what replaces it is there, and what a run answers is what lives."""
    run = trial.applied
    if run.error or trial.task.get("state") == "absent":
        return
    methods = [each.method for each in run.requests if each.method != "GET"]
    assert methods == sorted(methods, reverse=True), f"revoked before creating: {methods}"
    current = run.result["access_token"]["id"]
    assert current in run.after
    secret = run.result.get("secret")
    assert (secret is not None) == bool(run.created)
    assert secret is None or run.after[current].secret == secret


def check_law_6(trial: Trial) -> None:
    """Nothing foreign is ever touched, unless it is named by its id."""
    named = {trial.task.get("token_id")}
    for run in (trial.predicted, trial.applied, trial.again, trial.turned):
        assert not trial.world.foreign & set(deleted_ids(run)) - named
    revoked = {token.id for token in trial.world.emulator.tokens if token.revoked_at is not None}
    assert trial.world.foreign & revoked <= named


def check_law_8(trial: Trial) -> None:
    """No secret is shown anywhere but under its own key."""
    check_nothing_shown(trial.world.controller)


def check_nothing_shown(controller: Controller) -> None:
    """Law 8 for everything that a controller got to see so far."""
    emulator = controller.emulator
    shown = list(_said(controller.runs))
    shown += [f"{each.url} {each.user_agent}" for each in emulator.journal]
    account = controller.account(shown.append)
    shown += map(repr, (account.client.sender.connection, account, account.client, account.client.list_tokens()))
    text = "\n".join(shown)
    assert not [secret for secret in (*emulator.secrets, USER_TOKEN, PASSWORD) if secret in text]
    assert {each.carrier for each in emulator.journal} <= {"header", "none"}


def _said(runs: Iterable[Run]) -> Iterable[str]:
    for run in runs:
        yield json.dumps({key: value for key, value in run.result.items() if key != "secret"})
        yield from run.warnings
        error: BaseException | None = run.error
        while error is not None:
            yield f"{error} {error!r} {vars(error)}"
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


Law = Callable[[Trial], None]
LAWS: tuple[Law, ...] = (
    check_law_1,
    check_law_2,
    check_law_3,
    check_law_4,
    check_law_5,
    check_law_6,
    check_law_8,
)


def broken_by(trial: Trial) -> list[str]:
    """The names of the laws that a trial breaks."""
    return [law.__name__ for law in LAWS if _fails(law, trial)]


def _fails(law: Law, trial: Trial) -> bool:
    try:
        law(trial)
    except AssertionError:
        return True
    return False
