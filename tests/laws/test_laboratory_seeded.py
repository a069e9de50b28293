# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The laboratory is tested itself: each of these bugs, put into the core, is found by it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from ansible_collections.ellipsis.drive.plugins.module_utils._account import creation as _creation
from ansible_collections.ellipsis.drive.plugins.module_utils._api import client as _client
from ansible_collections.ellipsis.drive.plugins.module_utils._api import retry as _retry
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.secret_store import StoredSecrets
from ansible_collections.ellipsis.drive.tests.emulator import VARIANTS
from ansible_collections.ellipsis.drive.tests.laws.experiment import Action, experiment
from ansible_collections.ellipsis.drive.tests.laws.test_laboratory import sequences_of_actions
from ansible_collections.ellipsis.drive.tests.laws.test_seeded_bugs import (
    Patch,
    delete_first,
    first_page_only,
    marker_ignored,
    ordered_comparison,
    owner_ignored,
    renewed_within_the_clamp,
    secret_in_diff,
)

MOST_SEQUENCES = 600
# One that lists the newest tokens first, and one that lists them last.
VARIANTS_TRIED = ["default", next(name for name, variant in VARIANTS.items() if variant.order == "oldest")]


def retried_post(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_client, "if_nothing_happened", _retry.if_repeatable)
    patch.setattr(_creation.Creations, "_twins", lambda _self, _ours: ())


def wrong_winner(patch: pytest.MonkeyPatch) -> None:
    def give_way(self: Any, new: Any) -> None:
        for each in new:
            self._made[each.slot] = each
            for twin in self._twins(each.generation):
                self._account.delete(twin.id)

    patch.setattr(_creation.Creations, "_give_way", give_way)


def store_written_last(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(StoredSecrets, "begin", lambda _self, _nonces: None)


# The number is where the search begins. Every beginning finds the bug sooner or later; these find it within seconds.
BUGS: tuple[tuple[Patch, str, int], ...] = (
    (delete_first, "store", 8),
    (wrong_winner, "store", 2),
    (retried_post, "store", 2),
    (first_page_only, "store", 3),
    (ordered_comparison, "store", 3),
    (renewed_within_the_clamp, "store", 7),
    (secret_in_diff, "held", 6),
    (owner_ignored, "held", 3),
    (store_written_last, "store", 3),
    (marker_ignored, "held", 6),
)


@pytest.mark.parametrize(("bug", "mode", "beginning"), BUGS, ids=lambda value: str(getattr(value, "__name__", value)))
def test_the_laboratory_finds_it(bug: Patch, mode: str, beginning: int, monkeypatch: pytest.MonkeyPatch) -> None:
    bug(monkeypatch)

    @seed(beginning)
    @settings(max_examples=MOST_SEQUENCES, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(VARIANTS_TRIED), sequences_of_actions)
    def sequences(name: str, sequence: list[Action]) -> None:
        with experiment(VARIANTS[name], mode) as lab:
            for action in sequence:
                lab.perform(action)
            lab.heal()

    with pytest.raises(AssertionError):
        sequences()
