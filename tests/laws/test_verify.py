# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proof of a token: what each level asks, what it accepts, and what it makes of a failure."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import PATHS, VARIANTS, Fault
from ansible_collections.ellipsis.drive.tests.laws.harness import Controller, access, live_tokens, present, service

LAYER, FOLDER = PATHS["Projects/Rivers#vector"], PATHS["Projects/Roads"]
BOTH = [access(LAYER, "view"), access(FOLDER, "viewPlus")]


def results(run: Any) -> list[tuple[str, str]]:
    return [(probe["what"], probe["result"]) for probe in run.result["verified"]]


@pytest.mark.parametrize("name", VARIANTS)
def test_levels(name: str) -> None:
    for level, expected in (("none", 0), ("basic", 1), ("strict", 3)):
        run = Controller(service(VARIANTS[name])).run(present(access_list=BOTH, verify=level))
        assert run.error is None, run.error
        assert [result for _what, result in results(run)] == ["ok"] * expected
        assert run.result["api_calls"]["verify"] == expected


@pytest.mark.parametrize("name", VARIANTS)
def test_ogc_is_tried_on_layers_and_unproven_on_folders(name: str) -> None:
    run = Controller(service(VARIANTS[name])).run(present(access_list=BOTH, scope="ogc", verify="strict"))
    assert run.error is None, run.error
    assert sorted(results(run)) == [("account", "ok"), ("ogc", "unproven"), ("wms", "ok")]


def test_a_new_token_is_given_time() -> None:
    emulator = service()
    emulator.set_policy(replication_delay=20.0)
    assert Controller(emulator).run(present(verify="basic", verify_timeout=30)).error is None
    late = Controller(service())
    late.emulator.set_policy(replication_delay=60.0)
    run = late.run(present(verify="basic", verify_timeout=30))
    assert "is refused at path" in str(run.error)
    assert not live_tokens(late.emulator)


@pytest.mark.parametrize(
    ("granted", "level", "outcome"),
    [
        ("admin", "basic", "warning"),
        ("admin", "strict", "error"),
        ("view", "basic", "warning"),
        ("view", "strict", "error"),
    ],
)
def test_another_access_than_asked_is_a_warning_or_an_error(granted: str, level: str, outcome: str) -> None:
    controller = Controller(service())
    controller.emulator.set_policy(granted_tier=granted)
    run = controller.run(present(access_list=[access(LAYER, "viewPlus")], verify=level))
    words = f"has {'more' if granted == 'admin' else 'less'} access to path {LAYER} than asked"
    assert words in (str(run.error) if outcome == "error" else " ".join(run.warnings))
    assert bool(live_tokens(controller.emulator)) == (outcome == "warning")


def test_what_can_not_be_tried_is_said_and_kept() -> None:
    controller = Controller(service())
    controller.emulator.faults.add(Fault("status", method="GET", path="/path/", status=500, times=None))
    run = controller.run(present(verify="basic"))
    assert run.error is None
    assert "could not be tried" in " ".join(run.warnings)


def test_an_overlap_longer_than_the_life_is_warned_about() -> None:
    run = Controller(service()).run(present(valid_for="1h", overlap="2h", renew_within="10m"))
    assert "overlap" in " ".join(run.warnings)
