# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook revoke, as people call it when something has leaked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import PATHS, USER_TOKEN, Emulator
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller, Run

REVOKE = Path("ellipsis.drive.revoke")
TOKEN = {"access_list": [{"path_id": PATHS["Projects/Roads"], "access_tier": "view"}], "valid_for": "90d"}
# Two generations of one slot, another slot, the same description of another owner, and one made by hand.
TASKS = """
- ellipsis.drive.ellipsis_access_token: &tiles {description: tile server, owner: platform, store: tokens.yml}
- ellipsis.drive.ellipsis_access_token: {<<: *tiles, regenerate: always}
- ellipsis.drive.ellipsis_access_token: {<<: *tiles, description: export}
- ellipsis.drive.ellipsis_access_token: {description: tile server}
"""


class Account:
    """An account with tokens. tokens: their ids in the order of creation."""

    def __init__(self, controller: Controller, emulator: Emulator) -> None:
        self.controller, self.emulator = controller, emulator
        self.by_hand = emulator.seed_tokens(1, description="tile server")[0]
        (controller.folder / "vault").write_text("a test password")
        self.vault = ("--vault-password-file", "vault")
        defaults = {"ellipsis.drive.ellipsis_access_token": TOKEN}
        controller.run(TASKS, *self.vault, play={"module_defaults": defaults})
        self.old, self.new, self.export, self.other = (each.id for each in emulator.tokens if each.id != self.by_hand)
        emulator.clear_journal()

    def secret(self, token_id: str) -> str:
        return next(each.secret for each in self.emulator.tokens if each.id == token_id)

    def revoked(self) -> set[str]:
        return {each.id for each in self.emulator.tokens if each.revoked_at is not None}

    def run(self, *arguments: str, code: int = 0, **variables: Any) -> Run:
        file = self.controller.folder / "variables.json"
        file.write_text(json.dumps(variables))
        return self.controller.run_file(REVOKE, *self.vault, "-e", f"@{file}", *arguments, code=code)


@pytest.fixture
def account(controller: Controller, emulator: Emulator) -> Account:
    return Account(controller, emulator)


def fingerprint(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


# One after another in one account, since every run takes a second or two.
WAYS: list[tuple[Callable[[Account], dict[str, Any]], list[str]]] = [
    (lambda it: {"ellipsis_revoke_token_id": it.by_hand.upper()}, ["by_hand"]),
    (lambda it: {"ellipsis_revoke_description": "tile server"}, ["other"]),
    (lambda it: {"ellipsis_revoke_secret": it.secret(it.new) + "\n"}, ["new"]),
    (lambda it: {"ellipsis_revoke_fingerprint": fingerprint(it.secret(it.old)).upper()}, ["old"]),
    (lambda it: {"ellipsis_revoke_fingerprint": "sha256:" + fingerprint(it.secret(it.export))[:12]}, ["export"]),
]
MORE_AT_ONCE: list[tuple[dict[str, Any], list[str]]] = [
    ({"ellipsis_revoke_description": "tile server", "ellipsis_revoke_owner": "platform"}, ["old", "new"]),
    ({"ellipsis_revoke_all_of_owner": "platform"}, ["export"]),
]


def revokes_exactly(account: Account, given: dict[str, Any], going: list[str]) -> None:
    """Check mode says which and only reads; then these go, and nothing else does."""
    variables = {"ellipsis_revoke_store": "tokens.yml", **given}
    before, ids = account.revoked(), {getattr(account, name) for name in going}
    account.emulator.clear_journal()

    told = account.run("--check", "-vvvv", "--diff", **variables)
    assert account.revoked() == before
    assert {entry.method for entry in account.emulator.journal} == {"GET"}
    assert "changed=1" in told.text

    done = account.run("-vvvv", "--diff", **variables)
    assert account.revoked() - before == ids
    for run in (told, done):
        said = [item["msg"] for item in run.items("Say what will be revoked")]
        assert sorted(text.split("id ")[1].split(",")[0] for text in said) == sorted(ids)
        printed = json.dumps(run.events) + run.stdout + run.stderr
        assert not [secret for secret in (*account.emulator.secrets, USER_TOKEN) if secret in printed]


def test_the_one_that_was_named_goes_after_it_was_said(account: Account) -> None:
    for given, going in WAYS:
        revokes_exactly(account, given(account), going)


def test_more_than_one_goes_and_nothing_goes_twice(account: Account) -> None:
    for given, going in MORE_AT_ONCE:
        revokes_exactly(account, given, going)
    again = account.run(code=2, ellipsis_revoke_all_of_owner="platform")
    assert "Nothing was revoked: no live token of this account has the owner platform" in again.text


def test_the_store_forgets_what_is_gone_and_the_one_before_comes_back(account: Account) -> None:
    account.run(ellipsis_revoke_secret=account.secret(account.new), ellipsis_revoke_store="tokens.yml")
    look = "- keep: {id: \"{{ lookup('ellipsis.drive.ellipsis_access_token', 'tile server', field='id', store='tokens.yml') }}\"}"
    assert account.controller.run(look, *account.vault).value("id") == account.old
    account.run(ellipsis_revoke_all_of_owner="platform", ellipsis_revoke_store="tokens.yml")
    missing = account.controller.run(look, *account.vault, code=2)
    assert "No secret of 'tile server'" in missing.text


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"ellipsis_revoke_owner": "platform"},
        "Nothing says what to revoke; set one of ellipsis_revoke_description, ellipsis_revoke_token_id,",
    ),
    ({"ellipsis_revoke_description": ""}, "Nothing says what to revoke; set one of"),
    (
        {"ellipsis_revoke_description": "a", "ellipsis_revoke_all_of_owner": "b"},
        "ellipsis_revoke_description and ellipsis_revoke_all_of_owner exclude each other; set one of",
    ),
    (
        {"ellipsis_revoke_descripton": "a", "ellipsis_revoke_all_of_owner": "platform"},
        "ellipsis_revoke_descripton: no such variable; write ellipsis_revoke_description",
    ),
    ({"ellipsis_revoke_token_id": "*"}, "token_id: '*' is not an id; write a UUID"),
    (
        {"ellipsis_revoke_fingerprint": "sha256:123", "ellipsis_revoke_store": "tokens.yml"},
        "fingerprint: 'sha256:123' is not one;",
    ),
    ({"ellipsis_revoke_secret": "leaked"}, "ellipsis_revoke_store: is missing; the server does not tell secrets"),
    (
        {"ellipsis_revoke_secret": "leaked", "ellipsis_revoke_store": "tokens.yml"},
        "Nothing was revoked: no live token of this account has a secret with this fingerprint in tokens.yml",
    ),
    (
        {"ellipsis_revoke_description": "tile", "ellipsis_revoke_owner": "platform"},
        "has the description tile and the owner platform",
    ),
]


def test_a_value_that_ends_at_a_space_is_refused(account: Account) -> None:
    """With a token of the first word alone, that one would go."""
    for words in ("tile server 2", "tile 2"):
        run = account.run("-e", f"ellipsis_revoke_description={words}", "-e", "ellipsis_revoke_ower=platform", code=2)
        assert f"{words.removeprefix('tile ')}: belongs to no variable, since a value on the command line" in run.text
        assert "ellipsis_revoke_ower: no such variable; write ellipsis_revoke_owner." in run.text
    assert account.revoked() == set()


def test_what_is_not_clear_is_refused(account: Account) -> None:
    for variables, said in REFUSED:
        assert said in account.run(code=2, **variables).text
    assert account.revoked() == set()
