# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides whether a request is sent again, and after how many seconds. Pure."""

from __future__ import annotations

import typing as t

from .._model.errors import EllipsisError
from .answer import http_date
from .errors import (
    ApiError,
    Oversized,
    Rejected,
    TransportError,
    Unsent,
)

_TRANSIENT = frozenset({429, 502, 503, 504})
_LONGEST_PAUSE = 60.0
# Seconds without output after which people think that a program hangs (law 17).
LONGEST_SILENCE = 4.0


def if_repeatable(error: EllipsisError) -> bool:
    """For what may happen twice (GET, DELETE): after every failure that may pass."""
    if isinstance(error, ApiError):
        return error.status in _TRANSIENT
    return isinstance(error, TransportError) and not isinstance(error, (Rejected, Oversized))


def if_nothing_happened(error: EllipsisError) -> bool:
    """For what must not happen twice (POST): when it surely did not arrive, or was turned away unread."""
    return isinstance(error, Unsent) or (isinstance(error, ApiError) and error.status == 429)


def if_unsent(error: EllipsisError) -> bool:
    """For what must not even be tried twice (a password)."""
    return isinstance(error, Unsent)


def is_ambiguous(error: EllipsisError) -> bool:
    """Whether a POST that failed like this may have been carried out all the same."""
    if isinstance(error, ApiError):
        return error.status >= 500
    return isinstance(error, TransportError) and not isinstance(error, (Unsent, Rejected))


def asked_pause(headers: t.Mapping[str, str], now: float) -> float | None:
    """The seconds that C(Retry-After) asks for, as a number or as a date; None where it asks for nothing that can be read.

    A date counts from that of the answer, since clocks differ. now: epoch seconds here, for an answer without one.
    """
    asked = headers.get("Retry-After", "").strip()
    if asked.isascii() and asked.isdecimal():
        return float(asked)
    until = http_date(asked)
    sent = http_date(headers.get("Date", ""))
    return None if until is None else until - (now if sent is None else sent)


def pause(attempt: int, asked: float | None, jitter: float) -> float:
    """Seconds to wait after try number C(attempt), counted from 1. asked: by the server. jitter is in [0, 1).

    The server's word counts, within a second and a minute; else the pause doubles from half a second, spread by the jitter
    so that many controllers do not come back at once.
    """
    if asked is not None:
        return min(max(asked, 1.0), _LONGEST_PAUSE)
    return min(1 << (attempt - 1), 2 * _LONGEST_PAUSE) / 2 * (0.5 + jitter / 2)
