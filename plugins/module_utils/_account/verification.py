# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tries a token: whether it works, and whether it can do more than it should."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._api.client import TOKENS, Client
from .._api.errors import (
    ApiError,
    Missing,
    TransportError,
    Unauthorized,
)
from .._model.access_list import AccessList, Grant
from .._model.errors import EllipsisError
from .._model.identifiers import address_part
from .._model.paths import PathView, compare, read_path

LEVELS = ("none", "basic", "strict")
_PAUSE = 1.0
# What answers GetCapabilities; other types have no OGC service of their own.
_SERVICES: t.Mapping[str, str] = {"raster": "wms", "vector": "wms"}


class NotProven(EllipsisError):
    """The token does not do what it was made for, or more than that."""


@dataclass(frozen=True)
class Probe:
    """One use of a token. result: ok, refused, missing, narrower, wider or unproven. path_id: None for the account."""

    what: str
    path_id: str | None
    result: str
    status: int | None = None
    access_tier: str | None = None


class Prober:
    """Uses one token. timeout: seconds for which it may be refused, since a new token is not known everywhere at once."""

    def __init__(self, client: Client, secret: str, *, timeout: float) -> None:
        self._client, self._secret = client, secret
        self._deadline = client.sender.monotonic() + timeout

    def run(self, access_list: AccessList, scope: str, level: str) -> tuple[Probe, ...]:
        """The probes of a level: none, the first path, or every path and the list of tokens."""
        if level == "none":
            return ()
        grants = access_list if level == "strict" else access_list[:1]
        probes = [self._probe_path(grant, scope) for grant in grants]
        return (*probes, self._probe_account()) if level == "strict" else tuple(probes)

    def _probe_path(self, grant: Grant, scope: str) -> Probe:
        if scope == "ogc":
            return self._probe_service(grant)
        status, body = self._use(f"/path/{address_part(grant.path_id)}", {})
        view = read_path(body)
        result = _refusal(status) or _judge(grant.access_tier, view)
        return Probe("path", grant.path_id, result, status, view.tier)

    def _probe_service(self, grant: Grant) -> Probe:
        """A token for OGC protocols may be refused everywhere else, so the account is asked what the path is."""
        try:
            service = _SERVICES.get(read_path(self._client.get_path(grant.path_id)).type or "")
        except EllipsisError:
            service = None
        if service is None:
            return Probe("ogc", grant.path_id, "unproven")
        query = {"service": service.upper(), "request": "GetCapabilities"}
        status, _body = self._use(f"/ogc/{service}/{address_part(grant.path_id)}", query)
        return Probe(service, grant.path_id, _refusal(status) or "ok", status)

    def _probe_account(self) -> Probe:
        try:
            status: int | None = self._client.try_token(TOKENS, {"pageSize": 1}, self._secret)[0]
        except Unauthorized as exc:
            return Probe("account", None, "ok", exc.status)
        except EllipsisError as exc:
            return Probe("account", None, "unproven", getattr(exc, "status", None))
        return Probe("account", None, "wider", status)

    def _use(self, path: str, query: dict[str, t.Any]) -> tuple[int | None, t.Any]:
        """Status and body; refusals count only when they last."""
        while True:
            try:
                return self._client.try_token(path, query, self._secret)
            except (Unauthorized, Missing) as exc:
                if self._client.sender.monotonic() >= self._deadline:
                    return exc.status, None
            except ApiError as exc:
                return exc.status, None
            except TransportError:
                return None, None
            self._client.sender.sleep(_PAUSE)


def _refusal(status: int | None) -> str | None:
    if status in (401, 403):
        return "refused"
    if status == 404:
        return "missing"
    return None if status is not None and 200 <= status < 300 else "unproven"


def _judge(asked: str, view: PathView) -> str:
    """What is seen against what was asked. On a public path everybody sees more, so that proves nothing."""
    difference = compare(asked, view)
    if difference is None:
        return "ok"
    return {-1: "narrower", 0: "ok", 1: "ok" if view.public else "wider"}[difference]


_FATAL: t.Mapping[str, frozenset[str]] = {
    "none": frozenset(),
    "basic": frozenset({"refused"}),
    "strict": frozenset({"refused", "missing", "narrower", "wider"}),
}


def failures(probes: t.Iterable[Probe], level: str) -> tuple[Probe, ...]:
    """The probes that mean that the token must not be used."""
    return tuple(probe for probe in probes if probe.result in _FATAL[level])


def sentence(probe: Probe) -> str:
    """What a probe found, for a warning or an error."""
    where = "the list of access tokens" if probe.path_id is None else f"path {probe.path_id}"
    words = {
        "refused": f"is refused at {where} ({probe.status})",
        "missing": f"does not find {where} ({probe.status})",
        "narrower": f"has less access to {where} than asked",
        "wider": f"has more access to {where} than asked",
        "unproven": f"could not be tried at {where}",
    }
    return words.get(probe.result, f"works at {where}")
