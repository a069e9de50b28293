# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tokens are wanted: the filters of ellipsis_access_token_info. All that are set must be passed."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .._model.audit import name_of
from .._model.durations import parse_duration
from .._model.errors import OptionError
from .._model.marker import normalise
from .._model.tokens import ListedToken, actual_expiry
from .options import uuid_of
from .result import fingerprint

_FINGERPRINT = re.compile(r"(?:sha256:)?([0-9a-f]{12})[0-9a-f]{0,52}")
FILTERS_SPEC: dict[str, t.Any] = {
    "token_id": {"type": "str"},
    "description": {"type": "str"},
    "owner": {"type": "str"},
    "managed": {"type": "bool"},
    "fingerprint": {"type": "str"},
    "path_id": {"type": "str"},
    "expires_within": {"type": "str"},
}


@dataclass(frozen=True)
class Filters:
    """The value that each filter asks for; None lets all pass. expires_within: seconds."""

    token_id: str | None = None
    description: str | None = None
    owner: str | None = None
    managed: bool | None = None
    fingerprint: str | None = None
    path_id: str | None = None
    expires_within: int | None = None

    def pass_(self, token: ListedToken, now: float, secret: str | None) -> bool:
        """Whether a token passes all of them. now: epoch seconds. secret: None where it is not known."""
        marker = token.marker
        expiry = actual_expiry(marker, token.expires_at) if marker else token.expires_at
        return (
            self.token_id in (None, token.id)
            and self.description in (None, name_of(token))
            and self.owner in (None, marker.slot.owner if marker else "")
            and self.managed in (None, marker is not None)
            and (self.fingerprint is None or (secret is not None and fingerprint(secret) == self.fingerprint))
            and (self.path_id is None or any(grant.path_id == self.path_id for grant in token.access_list or ()))
            and (self.expires_within is None or (expiry is not None and expiry <= now + self.expires_within))
        )


def filters_of(params: t.Mapping[str, t.Any]) -> Filters:
    """The filters that validated options set; OptionError names the option and the value."""

    def read(option: str, parse: t.Callable[[str], t.Any]) -> t.Any:
        return None if params[option] is None else parse(params[option])

    return Filters(
        token_id=read("token_id", lambda text: uuid_of("token_id", text)),
        description=read("description", normalise),
        owner=params["owner"],
        managed=params["managed"],
        fingerprint=_fingerprint(params),
        path_id=read("path_id", lambda text: uuid_of("path_id", text)),
        expires_within=read("expires_within", lambda text: parse_duration("expires_within", text)),
    )


def _fingerprint(params: t.Mapping[str, t.Any]) -> str | None:
    """As results show it, from one with more digits or without its prefix."""
    text = params["fingerprint"]
    if text is None:
        return None
    found = _FINGERPRINT.fullmatch(text.strip().lower())
    if found is None:
        raise OptionError(
            f"fingerprint: {text!r} is not one; write sha256: and at least 12 digits of the SHA-256 hash of the secret"
        )
    if params["store"] is None:
        raise OptionError("fingerprint: needs store, since the server does not tell secrets")
    return f"sha256:{found[1]}"
