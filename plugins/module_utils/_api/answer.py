# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An answer of the API, and the limits of its size (law 15). Pure.

What the API sends is far below the limits. They are for servers that send without end, by mistake or on purpose.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass
from datetime import timezone
from email.utils import parsedate_to_datetime

_MIB = 1024 * 1024
# An object in a list in an object, and so on: the API's own answers have less than ten levels.
_DEEPEST = 100
# No number of the API has more digits, and reading a very long one takes hours.
_MOST_DIGITS = 40


@dataclass(frozen=True)
class Limits:
    """Bytes of an answer (as sent, and unpacked), bytes and pages of a listing. 5,000 pages hold 150,000 tokens."""

    answer: int = 16 * _MIB
    listing: int = 256 * _MIB
    pages: int = 5000


LIMITS = Limits()


@dataclass(frozen=True)
class Answer:
    """What a server said. path: of the request, with its query."""

    method: str
    path: str
    status: int
    headers: t.Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> t.Any:
        """The body as JSON; ValueError with the reason when it is none, or none that a program can handle."""
        return read_json(self.body)

    @property
    def date(self) -> float | None:
        """When it was sent by the server's clock, epoch seconds; None where it does not say."""
        return http_date(self.headers.get("Date", ""))


def read_json(body: bytes) -> t.Any:
    """JSON of bounded depth, with numbers of bounded length; ValueError with the reason otherwise."""
    too_deep = f"it is nested more than {_DEEPEST} levels deep"
    try:
        value = json.loads(body, parse_int=_number, parse_constant=_no_number)
    except RecursionError:
        raise ValueError(too_deep) from None
    except ValueError:
        raise ValueError("it is not JSON") from None
    level, depth = [value], 0
    while level:
        if depth > _DEEPEST:
            raise ValueError(too_deep)
        level = [inner for each in level for inner in _inside(each)]
        depth += 1
    return value


def _inside(value: t.Any) -> t.Iterable[t.Any]:
    """The objects and lists that lie directly in a value."""
    held = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (each for each in held if isinstance(each, (dict, list)))


def _number(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError("a number is too long")
    return int(digits)


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number of JSON")


def http_date(text: str) -> float | None:
    """A date of HTTP as epoch seconds; None when it is none. One that names no zone is in UTC, as HTTP has it."""
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=timezone.utc)).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):  # the first and the third before Python 3.10
        return None
