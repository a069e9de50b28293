# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The findings about an account as a page for people: one file, no scripts, nothing loaded from elsewhere (pure)."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template

from ansible_collections.ellipsis.drive.plugins.module_utils._model.tokens import read_date
from ansible_collections.ellipsis.drive.plugins.plugin_utils._report.timeline import (
    BAND_WIDTH,
    DAY,
    RADIUS,
    height,
    timeline,
)

Values = t.Mapping[str, t.Any]
SEVERITIES = ("error", "warning", "info")
_NO_FINDING = "ok"
_HOUR, _MINUTE = 3600, 60
_FEW = 3
# From how many seconds on a unit is used, and how many it has.
_UNITS: tuple[tuple[int, float, str], ...] = (
    (2 * 365 * DAY, 365 * DAY, "years"),
    (120 * DAY, 30.44 * DAY, "months"),
    (2 * DAY, DAY, "days"),
    (2 * _HOUR, _HOUR, "hours"),
    (0, _MINUTE, "minutes"),
)


@dataclass(frozen=True)
class Row:
    """A token and what is said of it. left: seconds, None for ever. used: percent of its life, None where not known."""

    anchor: str
    token: Values
    findings: tuple[Values, ...]
    left: float | None
    used: float | None

    @property
    def severity(self) -> str:
        """That of the worst finding."""
        return min((each["severity"] for each in self.findings), key=SEVERITIES.index, default=_NO_FINDING)

    @property
    def expires(self) -> str:
        """When it expires, seen from now."""
        return "never expires" if self.left is None else ahead(self.left)

    @property
    def tiers(self) -> Counter[str]:
        """How often each tier is given."""
        return Counter(each["access_tier"] for each in self.token["access_list"] or ())


@dataclass(frozen=True)
class Group:
    """All findings of one kind, with their tokens. message: what all of them say, where they say the same."""

    finding: str
    severity: str
    members: tuple[tuple[Row, Values], ...]

    @property
    def is_open(self) -> bool:
        """Whether to show it unfolded."""
        return self.severity == SEVERITIES[0] or len(self.members) <= _FEW

    @property
    def message(self) -> str | None:
        """One sentence for all of them."""
        said = {finding["message"] for _row, finding in self.members}
        return said.pop() if len(said) == 1 else None


def page(audited: Values, title: str) -> str:
    """The page as HTML."""
    rows = rows_of(audited)
    by_urgency = sorted(rows, key=lambda row: (*SEVERITIES, _NO_FINDING).index(row.severity))
    bands = timeline((row, row.left) for row in by_urgency)
    return _template().render(
        title=title,
        listed_at=audited["listed_at"],
        account=audited["account"],
        names=audited["paths"],
        rows=rows,
        groups=_groups(rows),
        counts=Counter(row.severity for row in rows),
        findings=Counter(each["severity"] for each in audited["findings"]),
        bands=bands,
        plot={"height": max(height(bands), 40), "width": BAND_WIDTH * len(bands), "band": BAND_WIDTH, "radius": RADIUS},
        date=_date,
    )


def rows_of(audited: Values) -> list[Row]:
    """The tokens, those that expire first first."""
    now = read_date(audited["listed_at"]) or 0.0
    found: dict[str, list[Values]] = {}
    for finding in sorted(audited["findings"], key=lambda each: SEVERITIES.index(each["severity"])):
        found.setdefault(finding["token_id"], []).append(finding)
    rows = []
    for number, token in enumerate(audited["access_tokens"], 1):
        created, expires = read_date(token["created_at"]), read_date(token["expires_at"])
        left = None if expires is None else max(expires - now, 0.0)
        life = None if created is None or expires is None or expires <= created else expires - created
        used = None if life is None or left is None else min(max(100 * (1 - left / life), 0.0), 100.0)
        rows.append(Row(f"t{number}", token, tuple(found.get(token["id"], ())), left, used))
    return sorted(rows, key=lambda row: (row.left is None, row.left, row.token["description"]))


def ahead(seconds: float) -> str:
    """A stretch of time in words."""
    unit, name = next((unit, name) for least, unit, name in _UNITS if seconds >= least)
    count = round(seconds / unit)
    return f"in {count} {name[:-1] if count == 1 else name}"


def _groups(rows: t.Iterable[Row]) -> list[Group]:
    """The worst first, and of those the most frequent."""
    members: dict[tuple[str, str], list[tuple[Row, Values]]] = {}
    for row in rows:
        for finding in row.findings:
            members.setdefault((finding["severity"], finding["finding"]), []).append((row, finding))
    groups = [Group(finding, severity, tuple(found)) for (severity, finding), found in members.items()]
    return sorted(groups, key=lambda each: (SEVERITIES.index(each.severity), -len(each.members), each.finding))


def _date(text: str | None) -> str:
    """An ISO date for people, to the minute."""
    return "not known" if text is None else f"{text[:16].replace('T', ' ')} UTC"


@lru_cache
def _template() -> Template:
    source = Path(__file__).with_name("page.html.j2").read_text(encoding="utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    return environment.from_string(source)
