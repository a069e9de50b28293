# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sequences of what can go wrong, on every variant of the service; the laws must hold after each action.

The gate tries a few hundred, `make soak` as many as there is time for.
"""

from __future__ import annotations

import itertools
import statistics

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.ellipsis.drive.tests.emulator import VARIANTS, Fault
from ansible_collections.ellipsis.drive.tests.laws.experiment import (
    TASKS,
    Action,
    Configure,
    Pass,
    Revoke,
    Run,
    experiment,
)
from ansible_collections.ellipsis.drive.tests.laws.soak import examples

SEQUENCES_PER_VARIANT = examples(4)
FAULT_KINDS = (
    "cut_before",
    "cut_after",
    "late_commit",
    "garbage",
    "html",
    "truncate",
    "slow",
    "refused",
    "repeat_cursor",
)
POLICIES = (
    {"date_skew": 7200.0},
    {"date_skew": -7200.0},
    {"shortens": True, "max_lifetime": 86400},
    {"list_lag": 3.0},
    {"list_lag": 10.0},
    {"replication_delay": 5.0},
    {"granted_tier": "view"},
)
faults = st.one_of(
    st.builds(
        Fault,
        kind=st.sampled_from(FAULT_KINDS),
        method=st.sampled_from(["GET", "POST", "DELETE", None]),
        skip=st.integers(0, 4),
        times=st.sampled_from([1, 1, 2, None]),
        at=st.sampled_from([0, 1, 20, 70]),
        seconds=st.just(30.0),
        delay=st.sampled_from([0.5, 5.0, 300.0, 40000.0]),
        done=st.booleans(),
    ),
    st.builds(
        Fault,
        kind=st.just("status"),
        method=st.sampled_from(["GET", "POST", "DELETE"]),
        status=st.sampled_from([400, 401, 403, 404, 429, 500, 502, 503, 504]),
        skip=st.integers(0, 4),
        times=st.sampled_from([1, 2, None]),
        done=st.booleans(),
    ),
)
runs = st.builds(Run, who=st.integers(0, 1), task=st.integers(0, len(TASKS) - 1))
troubled = st.builds(Run, who=st.integers(0, 1), task=st.integers(0, len(TASKS) - 1), fault=faults)
killed = st.builds(Run, who=st.integers(0, 1), task=st.integers(0, 3), moment=st.integers(0, 24))
interleaved = st.builds(
    Run, who=st.integers(0, 1), task=st.integers(0, 3), moment=st.integers(0, 12), interleaved=st.integers(0, 3)
)
without_the_store = st.builds(
    Run,
    who=st.integers(0, 1),
    task=st.integers(0, 3),
    # Fewer than five in a row are outlived.
    down=st.lists(
        st.sampled_from([("",), ("",), ("before",), ("after",), ("before",) * 12, ("after",) * 12]),
        min_size=1,
        max_size=12,
    ).map(lambda calls: tuple(itertools.chain.from_iterable(calls))),
)
passing = st.builds(Pass, st.sampled_from([1, 30, 700, 3700, 86400, 11 * 86400, 25 * 86400]))
actions: st.SearchStrategy[Action] = st.one_of(
    runs, troubled, troubled, killed, interleaved, without_the_store, passing, st.builds(Revoke, st.integers(0, 3)),
    st.builds(Configure, st.sampled_from(POLICIES)),
)  # fmt: skip
# Two controllers that begin at the same moment are a third of all beginnings, since nothing else makes twins.
sequences_of_actions: st.SearchStrategy[list[Action]] = st.builds(
    lambda first, rest: [first, *rest],
    st.one_of(interleaved, actions, actions),
    st.lists(actions, min_size=5, max_size=13),
)


@pytest.mark.parametrize(
    ("name", "mode"),
    [(name, mode) for name in VARIANTS for mode in ("store", "held")]
    + [(name, "shared") for name in list(VARIANTS)[::5]],
)
def test_laws_hold_whatever_happens(name: str, mode: str) -> None:
    lengths: list[int] = []

    @settings(max_examples=SEQUENCES_PER_VARIANT, suppress_health_check=list(HealthCheck))
    @given(sequences_of_actions)
    def sequences(sequence: list[Action]) -> None:
        lengths.append(len(sequence))
        with experiment(VARIANTS[name], mode) as lab:
            for action in sequence:
                lab.perform(action)
            lab.heal()

    sequences()
    assert len(lengths) >= SEQUENCES_PER_VARIANT
    assert statistics.median(lengths) >= 6
