# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole set of tokens in one task: calls, failures, pruning, progress."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import Emulator, Fault
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller

LAYERS = {"layers": [{"path_id": "{{ rivers_id }}", "access_tier": "view"}]}
SET = """
- name: set
  ellipsis.drive.ellipsis_access_tokens:
    owner: platform
    store: tokens.yml
    store_plaintext: true
    defaults: {{valid_for: 90d, access_list: "{{{{ layers }}}}"}}
    tokens: {tokens}
    {more}
  register: r
- keep: {{r: "{{{{ r }}}}"}}
"""


def run_set(controller: Controller, names: list[str], more: str = "", *arguments: str, code: int = 0) -> dict[str, Any]:
    tokens = "[" + ", ".join(f"{{description: {name}}}" for name in names) + "]"
    text = SET.format(tokens=tokens, more=more)
    run = controller.run(text, *arguments, play={"vars": LAYERS}, code=code)
    value = run.value("r") if code == 0 else dict(run.result("set"))
    return {**value, "text": run.text, "calls": run.calls("r") if code == 0 else Counter()}


def names_of(emulator: Emulator) -> list[str]:
    now = emulator.clock.now()
    return sorted(token.description.partition(" [")[0] for token in emulator.tokens if token.live(now))


NAMES = [f"integration {number}" for number in range(40)]


def test_call_budget(controller: Controller, emulator: Emulator) -> None:
    emulator.seed_tokens(35)
    made = run_set(controller, NAMES)
    assert made["created"] == NAMES
    # Pages before, under the lock: 2; pages after the creations: 3. A look at the one path, and a try of each.
    assert made["calls"] == {"list": 2 + 3, "create": 40, "use": 1 + 40}
    again = run_set(controller, list(reversed(NAMES)))
    assert again["calls"] == {"list": 3}
    assert sorted(again["unchanged"]) == sorted(NAMES)
    emulator.advance(65 * 86400)
    renewed = run_set(controller, NAMES)
    assert renewed["calls"] == {"list": 3 + 4, "create": 40, "use": 1 + 40}


def test_check_mode_and_a_run_agree(controller: Controller, emulator: Emulator) -> None:
    checked = run_set(controller, NAMES[:3], "", "--check", "--diff")
    assert not emulator.tokens
    applied = run_set(controller, NAMES[:3], "", "--diff")
    for key in ("changed", "created", "retired", "pruned", "unchanged", "diff"):
        assert checked[key] == applied[key], key


@pytest.mark.parametrize("on_error", ["stop", "continue"])
def test_a_failure_names_what_was_done_and_loses_nothing(
    on_error: str, controller: Controller, emulator: Emulator
) -> None:
    emulator.faults.add(Fault("status", method="POST", path="accessToken", status=403, skip=2))
    failed = run_set(controller, NAMES[:6], f"on_error: {on_error}\n    concurrency: 1", code=2)
    assert f"'{NAMES[2]}': POST" in str(failed["msg"])
    assert (f"not begun: {', '.join(NAMES[3:6])}" in str(failed["msg"])) == (on_error == "stop")
    assert f"done: {NAMES[0]}, {NAMES[1]}" in str(failed["msg"])
    kept = (controller.folder / "tokens.yml").read_text()
    assert all(token.secret in kept for token in emulator.tokens)
    rest = run_set(controller, NAMES[:6])
    assert rest["created"] == (NAMES[2:6] if on_error == "stop" else [NAMES[2]])


def test_duplicates_and_bad_entries_are_named_before_any_request(controller: Controller, emulator: Emulator) -> None:
    for names, more, words in (
        (["a", "b", "a"], "", "tokens[2]: description 'a' is there twice"),
        (["a"], "concurrency: 99", "concurrency: 99"),
        (["a"], "prune: true\n    prune_limit: many", "prune_limit: 'many'"),
        ([], "prune: true", "tokens: is missing or empty"),
        (["x" * 51], "", "tokens[0]: description:"),
    ):
        assert words in str(run_set(controller, names, more, code=2)["text"])
    assert not emulator.journal


def test_prune_revokes_only_what_is_its_own_and_refuses_what_looks_wrong(
    controller: Controller, emulator: Emulator
) -> None:
    run_set(controller, NAMES[:10])
    emulator.seed_tokens(2, description="made by hand")
    controller.run(
        """
        - register: made
          ellipsis.drive.ellipsis_access_token:
            {description: other, owner: other, access_list: "{{ layers }}", valid_for: never}
        """,
        play={"vars": LAYERS},
    )
    young = run_set(controller, NAMES[:8], "prune: true")
    assert young["pruned"] == []
    assert {each["reason"] for each in young["prune_decisions"]} == {"younger than prune_min_age"}
    emulator.advance(7200)
    refused = run_set(controller, NAMES[:5], "prune: true", code=2)
    assert "prune would revoke 5 of the 10 tokens of owner platform, and prune_limit allows 3" in str(refused["text"])
    checked = run_set(controller, NAMES[:8], "prune: true\n    prune_protect: ['*9']", "--check")
    pruned = run_set(controller, NAMES[:8], "prune: true\n    prune_protect: ['*9']")
    assert checked["pruned"] == pruned["pruned"] == [NAMES[8]]
    assert NAMES[8] not in (controller.folder / "tokens.yml").read_text()
    assert names_of(emulator) == sorted([*NAMES[:8], NAMES[9], "made by hand", "made by hand", "other"])
    refused = run_set(controller, [], "prune: true\n    allow_empty: true", code=2)
    assert "prune_limit" in str(refused["text"])
    run_set(controller, [], "prune: true\n    allow_empty: true\n    prune_limit: 100%")
    assert names_of(emulator) == ["made by hand", "made by hand", "other"]


def test_prune_needs_an_owner_of_its_own_and_a_complete_list(controller: Controller, emulator: Emulator) -> None:
    run = controller.run(
        """
        - register: made
          ellipsis.drive.ellipsis_access_tokens:
            {prune: true, tokens: [{description: a, access_list: "{{ layers }}", valid_for: 1d}]}
        """,
        play={"vars": LAYERS},
        code=2,
    )
    assert "prune needs an owner of its own" in run.text
    emulator.seed_tokens(70)
    emulator.faults.add(Fault("repeat_cursor", method="GET", path="accessToken", times=None))
    refused = run_set(controller, ["a"], "prune: true", code=2)
    assert "repeats a page" in str(refused["text"])
    assert not any(entry.method in ("POST", "DELETE") for entry in emulator.journal)
