# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tokens are wanted: the filters of ellipsis_access_token_info. All that are set must be passed."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ._audit import name_of
from ._duration import parse_duration
from ._marker import normalise
from ._options import uuid_of
from ._tokens import ListedToken, actual_expiry

FILTERS_SPEC: dict[str, t.Any] = {
    "token_id": {"type": "str"},
    "description": {"type": "str"},
    "owner": {"type": "str"},
    "managed": {"type": "bool"},
    "path_id": {"type": "str"},
    "expires_within": {"type": "str"},
}


@dataclass(frozen=True)
class Filters:
    """None does not filter. expires_within: seconds."""

    token_id: str | None = None
    description: str | None = None
    owner: str | None = None
    managed: bool | None = None
    path_id: str | None = None
    expires_within: int | None = None

    def pass_(self, token: ListedToken, now: float) -> bool:
        """Whether a token passes all of them. now: epoch seconds."""
        marker = token.marker
        expiry = actual_expiry(marker, token.expires_at) if marker else token.expires_at
        return (
            self.token_id in (None, token.id)
            and self.description in (None, name_of(token))
            and self.owner in (None, marker.slot.owner if marker else "")
            and self.managed in (None, marker is not None)
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
        path_id=read("path_id", lambda text: uuid_of("path_id", text)),
        expires_within=read("expires_within", lambda text: parse_duration("expires_within", text)),
    )
