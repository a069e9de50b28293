# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Durations as people write them: C(90d), C(12h), C(45m), and percentages of a lifetime.

Only zero goes without a unit: people read 90 as days, machines as seconds.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .errors import OptionError

NEVER = 0
# A base 36 field of the marker holds seven characters; a century is ample and fits in six.
LONGEST = 100 * 365 * 86400
_UNITS: t.Mapping[str, int] = {"w": 7 * 86400, "d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(\d{1,12})\s*([wdhms]?)")
_PERCENT = re.compile(r"(\d{1,3})\s*%")


@dataclass(frozen=True)
class Margin:
    """How long before its expiry a token is renewed: seconds, or a share of its actual lifetime."""

    seconds: int = 0
    share: float | None = None

    def of(self, lifetime: float) -> float:
        """The margin in seconds for a token that lives so many seconds."""
        return self.seconds if self.share is None else self.share * lifetime


def parse_duration(option: str, value: str) -> int:
    """Seconds; OptionError names the option, the value and the accepted forms."""
    match = _DURATION.fullmatch(value.strip())
    number, unit = (int(match.group(1)), match.group(2)) if match else (0, "")
    if number and not unit:
        raise OptionError(f"{option}: {value!r} has no unit; write {_readings(number)}")
    seconds = number * _UNITS[unit or "s"] if match else None
    if seconds is None or seconds > LONGEST:
        raise OptionError(
            f"{option}: {value!r} is not a duration of at most 100 years; write a number followed by "
            "w, d, h, m or s, such as 90d or 12h"
        )
    return seconds


def _readings(number: int) -> str:
    """What somebody may have meant who left the unit out."""
    meant = {"days": number * _UNITS["d"], "seconds": number}
    possible = [f"{format_duration(seconds)} for {unit}" for unit, seconds in meant.items() if seconds <= LONGEST]
    return " or ".join(possible) or "a duration of at most 100 years, such as 90d"


def parse_lifetime(option: str, value: str) -> int:
    """Seconds, or NEVER for the word C(never)."""
    if value.strip() == "never":
        return NEVER
    try:
        seconds = parse_duration(option, value)
    except OptionError as exc:
        raise OptionError(f"{exc}, or never") from None
    if not seconds:
        raise OptionError(f"{option}: {value!r} would expire at once; write a duration such as 90d, or never")
    return seconds


def parse_margin(option: str, value: str) -> Margin:
    """A duration or a percentage below 100."""
    match = _PERCENT.fullmatch(value.strip())
    if not match:
        return Margin(seconds=parse_duration(option, value))
    if int(match.group(1)) >= 100:
        raise OptionError(f"{option}: {value!r} would renew on every run; write a percentage below 100, such as 30%")
    return Margin(share=int(match.group(1)) / 100)


def format_duration(seconds: int) -> str:
    """The shortest exact spelling: 7776000 is C(90d)."""
    if seconds == NEVER:
        return "never"
    for unit in ("d", "h", "m"):
        if seconds % _UNITS[unit] == 0:
            return f"{seconds // _UNITS[unit]}{unit}"
    return f"{seconds}s"
