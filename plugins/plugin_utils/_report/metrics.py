# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An audit as metrics, in the text format of Prometheus that node_exporter's textfile collector reads (pure)."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from ansible_collections.ellipsis.drive.plugins.module_utils._model.plan import YOUNGEST_RENEWAL

# The default of renew_within, since the list does not tell what a task says.
_RENEW_WITHIN = 0.33
Token = t.Mapping[str, t.Any]
Labels = t.Mapping[str, str]


@dataclass(frozen=True)
class _Metric:
    """One metric and its samples. A set of labels is there once, whatever a server lists twice."""

    name: str
    about: str
    samples: dict[tuple[tuple[str, str], ...], float] = field(default_factory=dict)

    def add(self, labels: Labels, value: float) -> None:
        self.samples[tuple(labels.items())] = value

    def lines(self) -> t.Iterator[str]:
        yield f"# HELP {self.name} {self.about}"
        yield f"# TYPE {self.name} gauge"
        for labels, value in self.samples.items():
            written = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels)
            yield f"{self.name}{'{' + written + '}' if written else ''} {_number(value)}"


def metrics(audited: t.Mapping[str, t.Any], _title: str) -> str:
    """All metrics of an audit. Descriptions come without secrets."""
    managed = [token for token in audited["access_tokens"] if token["managed"]]
    listed = _Metric("ellipsis_access_tokens_listed_timestamp_seconds", "Unix time of the list that this is made from.")
    listed.add({}, _seconds(audited["listed_at"]))
    count = _Metric(
        "ellipsis_access_tokens", "Live access tokens of the account, by whether this collection made them."
    )
    count.add({"managed": "true"}, len(managed))
    count.add({"managed": "false"}, len(audited["access_tokens"]) - len(managed))
    found = _Metric("ellipsis_access_token_findings", "Findings of the audit, by kind.")
    for kind, number in audited["summary"].items():
        if kind != "tokens":
            found.add({"finding": kind}, number)
    every = (listed, count, found, *_of_tokens(managed))
    return "".join(f"{line}\n" for metric in every if metric.samples for line in metric.lines())


def _of_tokens(managed: t.Sequence[Token]) -> tuple[_Metric, ...]:
    expiry = _Metric(
        "ellipsis_access_token_expiry_timestamp_seconds", "Unix time at which the token expires; +Inf is never."
    )
    due = _Metric(
        "ellipsis_access_token_due_timestamp_seconds",
        "Unix time from which a run renews the newest token of a slot, with the default of renew_within.",
    )
    generations = _Metric("ellipsis_access_token_generations", "Live tokens of a slot.")
    newest = {_slot(token): token for token in sorted(managed, key=lambda each: (each["created_at"], each["id"]))}
    for token in managed:
        is_newest = newest[_slot(token)]["id"] == token["id"]
        labels = {**dict(_slot(token)), "id": token["id"], "newest": str(is_newest).lower()}
        expires = _seconds(token["expires_at"]) if token["expires_at"] else float("inf")
        expiry.add(labels, expires)
        if is_newest and not token.get("run_only") and token["expires_at"]:
            created = _seconds(token["created_at"])
            due.add(labels, max(expires - _RENEW_WITHIN * (expires - created), created + YOUNGEST_RENEWAL))
    for slot, number in Counter(map(_slot, managed)).items():
        generations.add(dict(slot), number)
    return expiry, due, generations


def _slot(token: Token) -> tuple[tuple[str, str], ...]:
    run_only = str(bool(token.get("run_only"))).lower()
    return (("description", token["description"]), ("owner", token["owner"]), ("run_only", run_only))


def _seconds(date: str) -> float:
    return datetime.strptime(date, "%Y-%m-%dT%H:%M:%S%z").timestamp()


def _number(value: float) -> str:
    return "+Inf" if value == float("inf") else f"{value:.0f}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
