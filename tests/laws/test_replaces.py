# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A slot that takes over from others: they live for the overlap after the new token works, and then go, in every variant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.ellipsis.drive.tests.emulator import VARIANTS, Emulator, ManualClock
from ansible_collections.ellipsis.drive.tests.laws.harness import HOUR, Controller, live_tokens, present, service
from ansible_collections.ellipsis.drive.tests.laws.laboratory import Keeping

OTHER = {"description": "earlier", "owner": "sales"}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("what", ["description", "owner", "token_id"])
def test_a_token_is_taken_over_from_without_a_gap(variant: str, what: str) -> None:
    controller = Controller(service(VARIANTS[variant]))
    controller.emulator.seed_tokens(1, description="earlier")
    foreign = set(live_tokens(controller.emulator))
    controller.run(present(description="earlier"))
    controller.run(present(**OTHER))
    [sales] = controller.runs[-1].created
    [plain] = controller.runs[-2].created
    [old], replaced = {
        "description": ({plain}, {"description": "earlier"}),
        "owner": ({sales}, OTHER),
        "token_id": (foreign, {"token_id": next(iter(foreign)).upper()}),
    }[what]
    everything = {plain, sales, *foreign}
    task = present(replaces=[replaced])
    predicted, first = controller.run(task, apply=False), controller.run(task)
    assert {key: predicted.result[key] for key in ("changed", "reason", "diff")} == {
        key: first.result[key] for key in ("changed", "reason", "diff")
    }
    assert first.result["diff"]["before"]["replaces"] == first.result["diff"]["after"]["replaces"] == ["earlier"]
    assert first.gone == set() and [each["id"] for each in first.result["superseded"]] == [old]
    again = controller.run(task)
    assert (again.result["reason"], again.sent("DELETE")) == ("none", [])
    assert again.result["superseded"] == first.result["superseded"]
    controller.emulator.advance(HOUR + 1)
    after = controller.run(task)
    assert (after.result["reason"], after.gone) == ("retire", {old})
    assert "replaces" not in after.result["diff"]["after"]
    for _time in range(2):
        assert controller.run(task).result["reason"] == "none"
    assert everything - set(live_tokens(controller.emulator)) == {old}


def test_without_overlap_it_goes_when_the_new_one_works() -> None:
    controller = Controller(service())
    controller.run(present(description="earlier"))
    run = controller.run(present(overlap="0", replaces=[{"description": "earlier"}]))
    methods = [each.method for each in run.requests if each.method != "GET"]
    assert methods == ["POST", "DELETE"] and set(run.after) == run.created


@pytest.mark.parametrize("gone", [False, True], ids=["alive", "long gone"])
def test_the_entry_of_the_earlier_description_goes_with_its_token(tmp_path: Path, gone: bool) -> None:
    keeping = Keeping(Emulator(None, ManualClock()), tmp_path / "tokens.yml")

    def run(**options: Any) -> tuple[str, set[str]]:
        report = keeping.execute(present(**options))
        assert report.result, report.error
        stored = yaml.safe_load((tmp_path / "tokens.yml").read_text())
        return report.result["reason"], set(stored["ellipsis_access_tokens"])

    run(description="earlier", owner="sales")
    if gone:
        keeping.emulator.advance(31 * 24 * HOUR)
    task = {"replaces": [{"description": "earlier", "owner": "sales"}]}
    assert run(**task) == ("create", {"tiles"} if gone else {"tiles", "earlier"})
    keeping.emulator.advance(HOUR + 1)
    assert run(**task) == ("none" if gone else "retire", {"tiles"})
    # An entry of another owner under that description is none of its business.
    run(description="earlier")
    assert run(**task) == ("none", {"tiles", "earlier"})


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({}, "replaces[0]: needs either token_id"),
        ({"owner": "sales"}, "replaces[0]: needs either token_id"),
        ({"token_id": "17"}, "replaces[0].token_id: '17' is not an id"),
        ({"description": "tiles"}, "is the description of this token itself"),
    ],
)
def test_what_can_not_be_replaced(entry: dict[str, str], words: str) -> None:
    run = Controller(service()).run(present(replaces=[entry]))
    assert words in str(run.error) and not run.requests
