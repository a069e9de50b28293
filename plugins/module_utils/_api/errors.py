# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors of requests. Every message is one sentence for the person who wrote the task.

EllipsisError
├── TransportError     no usable answer came back
│   ├── Unsent         the request surely never reached the server
│   ├── Oversized      the answer is beyond the limits, and would be so again
│   └── Rejected       the connection will not get better by trying again (certificate, redirect)
│       ├── NoServer   nothing is there that could answer (an unknown name, a port of this host that nobody listens on)
│       └── NotTheApi  something else than Ellipsis Drive answers there
├── LoginRefused       the password, which is not sent again
├── Ambiguous          a creation whose outcome is unknown
└── ApiError           the server said no
    ├── Unauthorized   401, 403
    └── Missing        404
"""

from __future__ import annotations

import re
import typing as t

from .._model.errors import EllipsisError

_TOKEN_LIKE = re.compile(r"\bepat_\w+|(?i:\bbearer\s+)[^\s\"']+|(?i:([?&](?:token|access_token|password)=))[^\s&\"']+")
_LONGEST_SERVER_TEXT = 300
MASK = "********"


class TransportError(EllipsisError):
    """No usable answer: connection, TLS, timeout, redirect."""


class Unsent(TransportError):
    """The request surely did not reach the server, so that it may be sent again."""


class Oversized(TransportError):
    """The answer is larger than what is read of one. What was asked for may have been done."""


class Rejected(TransportError):
    """The request surely had no effect and will not have one: untrusted certificate, redirect."""


class NoServer(Rejected):
    """Nothing is there that could answer, and waiting brings nothing."""


class NotTheApi(Rejected):
    """What answers at the address is something else."""


class LoginRefused(EllipsisError):
    """The server refused user name and password. They must not be sent again: failed attempts may lock the account."""


class Ambiguous(EllipsisError):
    """A creation may or may not have happened; it is not sent again before the list was read (law 15)."""


class ApiError(EllipsisError):
    """The server answered with a status other than 200."""

    def __init__(
        self, method: str, path: str, status: int, text: str, *, hint: str = "", retry_after: float | None = None
    ) -> None:
        self.method, self.path, self.status, self.text, self.retry_after = method, path, status, text, retry_after
        said = f": {text}" if text else ""
        super().__init__(f"{method} {path} answered {status}{said}{'. ' + hint if hint else ''}")


class Unauthorized(ApiError):
    """The credential is unknown, expired, or may not do this."""


class Missing(ApiError):
    """There is no such thing."""


def api_error(method: str, path: str, status: int, text: str, **more: t.Any) -> ApiError:
    """The error class for a status."""
    kind = {401: Unauthorized, 403: Unauthorized, 404: Missing}.get(status, ApiError)
    return kind(method, path, status, text, **more)


def explained(error: ApiError, hint: str) -> ApiError:
    """The same error with what to do about it, if that is known."""
    if not hint:
        return error
    return api_error(
        error.method, error.path, error.status, error.text.rstrip("."), hint=hint, retry_after=error.retry_after
    )


def scrub(text: str, secrets: t.Iterable[str] = ()) -> str:
    """Text of a server or library for a message, in one line of 300 characters, with secrets and what looks like one masked."""
    text = _TOKEN_LIKE.sub(lambda match: f"{match.group(1) or ''}{MASK}", hidden(text, secrets))
    # Half a surrogate pair can be received, but not printed.
    text = " ".join(text.encode(errors="replace").decode().split())
    return text if len(text) <= _LONGEST_SERVER_TEXT else text[:_LONGEST_SERVER_TEXT] + "…"


def hidden(text: str, secrets: t.Iterable[str]) -> str:
    """The text without these secrets."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text
