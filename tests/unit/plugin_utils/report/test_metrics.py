# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Metrics of an audit, as the parser of Prometheus reads them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from ansible_collections.ellipsis.drive.tests.unit.plugin_utils.report.test_report import (
    HOSTILE,
    ID,
    SECRET,
    audited,
    render,
    texts,
    token,
)

OTHER = "6b0c3d2e-6a8f-4f5e-9d1c-2b7a90c1e4f8"
DAY = 86400
LISTED = 1794787200.0  # 2026-11-16
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def read(text: str) -> Samples:
    """All samples; no series is there twice, and each metric has its help and type."""
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        assert (family.type, bool(family.documentation)) == ("gauge", True)
        for sample in family.samples:
            key = (sample.name.removeprefix("ellipsis_access_"), tuple(sorted(sample.labels.items())))
            assert key not in found and sample.timestamp is None
            found[key] = sample.value
    return found


def value(samples: Samples, name: str, **labels: str) -> float:
    (found,) = [v for (n, having), v in samples.items() if n == name and set(labels.items()) <= set(having)]
    return found


def names(samples: Iterable[tuple[str, Any]]) -> set[str]:
    return {name for name, _labels in samples}


def test_what_a_team_is_warned_by() -> None:
    old = token(id=OTHER, created_at="2026-10-20T00:00:00Z", expires_at="2026-11-19T00:00:00Z")
    never = token("for ever", expires_at=None, valid_for="never")
    foreign = token("by hand", id="x", managed=False, owner=None, created_at=None, expires_at=None)
    found = audited(token(), old, never, foreign)
    found["summary"] = {"tokens": 4, "duplicate": 2, "unmanaged": 1}
    samples = read(render(found, "prom"))
    assert value(samples, "tokens_listed_timestamp_seconds") == LISTED
    assert value(samples, "tokens", managed="true") == 3 and value(samples, "tokens", managed="false") == 1
    assert value(samples, "token_findings", finding="duplicate") == 2
    tiles = {"description": "tile server", "owner": "platform"}
    assert value(samples, "token_generations", **tiles) == 2
    assert value(samples, "token_expiry_timestamp_seconds", **tiles, id=ID, newest="true") == LISTED + 15 * DAY
    assert value(samples, "token_expiry_timestamp_seconds", **tiles, id=OTHER, newest="false") == LISTED + 3 * DAY
    # 33% of 30 days before it ends, and nothing for the one that was replaced.
    assert value(samples, "token_due_timestamp_seconds", **tiles) == LISTED + 15 * DAY - 0.33 * 30 * DAY
    assert value(samples, "token_expiry_timestamp_seconds", description="for ever") == math.inf
    assert not [labels for name, labels in samples if ("description", "by hand") in labels]
    assert len([name for name, _labels in samples if name == "token_due_timestamp_seconds"]) == 1


def test_an_account_without_tokens() -> None:
    samples = read(render(audited(), "prom"))
    assert names(samples) == {"tokens_listed_timestamp_seconds", "tokens"}


def test_tokens_of_one_run_are_told_apart_and_never_due() -> None:
    samples = read(render(audited(token(), token(id=OTHER, run_only=True)), "prom"))
    assert (
        value(samples, "token_generations", run_only="true")
        == value(samples, "token_generations", run_only="false")
        == 1
    )
    assert value(samples, "token_due_timestamp_seconds", run_only="false")


def test_no_secret_and_no_broken_line() -> None:
    hostile = [token(f'{text}\\ "{SECRET}"\n', id=text) for text in HOSTILE]
    text = render(audited(*hostile, *hostile), "prom")
    assert SECRET not in text
    assert len([name for name, _labels in read(text) if name == "token_expiry_timestamp_seconds"]) == len(HOSTILE)


@given(texts, texts, texts)
def test_every_text_is_read_back(description: str, owner: str, token_id: str) -> None:
    assert read(render(audited(token(description, owner=owner, id=token_id)), "prom"))


@given(st.lists(st.tuples(texts, texts), max_size=4))
def test_no_series_is_there_twice(tokens: list[tuple[str, str]]) -> None:
    read(render(audited(*(token(description, id=token_id) for description, token_id in tokens)), "prom"))
