# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a request is sent again, and after how long. Pure: the sender brings the clock."""

from __future__ import annotations

from .._model.errors import EllipsisError
from .errors import (
    ApiError,
    Rejected,
    TransportError,
    Unsent,
)

_TRANSIENT = frozenset({429, 502, 503, 504})
_LONGEST_PAUSE = 60.0
# People take more silence than this for a program that hangs.
LONGEST_SILENCE = 4.0


def if_repeatable(error: EllipsisError) -> bool:
    """For what may happen twice (GET, DELETE): after every failure that may pass."""
    if isinstance(error, ApiError):
        return error.status in _TRANSIENT
    return isinstance(error, TransportError) and not isinstance(error, Rejected)


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


def pause(attempt: int, retry_after: str | None, jitter: float) -> float:
    """Seconds to wait after try number C(attempt), counted from 1. jitter is in [0, 1).

    The server's word counts when it is a number of seconds; else the pause doubles from half a second, spread by the
    jitter so that many controllers do not come back at once.
    """
    if retry_after is not None and retry_after.strip().isdecimal():
        return min(max(float(retry_after), 1.0), _LONGEST_PAUSE)
    return min(0.5 * 2.0 ** (attempt - 1), _LONGEST_PAUSE) * (0.5 + jitter / 2)
