# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses under which other software reaches a path: OGC services, tiles, the viewer."""

from __future__ import annotations

import re
import typing as t
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import UUID

from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import DEFAULT_API_URL, shown_address
from ansible_collections.ellipsis.drive.plugins.module_utils._api.errors import scrub
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError

SERVICES = ("wms", "wmts", "wfs", "wcs", "features")
TILES = ("xyz", "tms", "mvt")
VIEWER = "viewer"
PROTOCOLS = (*SERVICES, *TILES, VIEWER)
TOKEN_PLACES = ("path", "query")
# The API documents a token in the path for every protocol but these.
_ONLY_IN_QUERY = ("mvt", VIEWER)


def ogc_url(
    path_id: t.Any,
    protocol: t.Any,
    *,
    token: t.Any = None,
    token_in: t.Any = None,
    api_url: t.Any = None,
    app_url: t.Any = None,
) -> str:
    """The address of a path under a protocol; without a token, for a client that sends it in a header."""
    path_id, protocol = _path_id(path_id), _choice("protocol", protocol, PROTOCOLS)
    place, secret = _place(protocol, token_in), _token(token)
    base = _base("api_url", api_url or DEFAULT_API_URL)
    in_query = f"token={secret}" if secret and place == "query" else ""
    if protocol == VIEWER:
        app = _base("app_url", app_url) if app_url else _app_of(base)
        return f"{app}/view?pathId={path_id}" + (in_query and f"&{in_query}")
    in_path = f"/{secret}" if secret and place == "path" else ""
    tile = "/{z}/{x}/{y}" if protocol in TILES else ""
    return f"{base}/ogc/{protocol}/{path_id}{in_path}{tile}" + (in_query and f"?{in_query}")


def _path_id(value: t.Any) -> str:
    try:
        return str(UUID(value))
    except (AttributeError, TypeError, ValueError):
        raise OptionError(
            f"path_id: {_shown(value)} is not the id of a path, which looks like 5b0c3d2e-6a8f-4f5e-9d1c-2b7a90c1e4f8"
        ) from None


def _choice(option: str, value: t.Any, known: tuple[str, ...]) -> str:
    if value not in known:
        raise OptionError(f"{option}: {_shown(value)} is not known; write one of {', '.join(known)}")
    return str(value)


def _place(protocol: str, token_in: t.Any) -> str:
    if token_in is None:
        return "query" if protocol in _ONLY_IN_QUERY else "path"
    if _choice("token_in", token_in, TOKEN_PLACES) == "path" and protocol in _ONLY_IN_QUERY:
        raise OptionError(f"token_in: path is not possible with {protocol}; write query, or leave it out")
    return str(token_in)


def _token(value: t.Any) -> str:
    """The token, quoted. An empty one is a mistake somewhere else, and not the way to ask for a plain address."""
    if value is None:
        return ""
    if not isinstance(value, str) or not value.strip():
        raise OptionError("token: it is empty or not a text; leave it out for an address without a token")
    if value.strip() in (".", ".."):
        raise OptionError("token: it is no token but a part of an address; register it from ellipsis_access_token")
    return quote(value.strip(), safe="")


def _base(option: str, value: t.Any) -> str:
    text = str(value).rstrip("/")
    # Without credentials, which the clients of the address would show.
    if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#@]*)?", text):
        raise OptionError(
            f"{option}: {shown_address(text)!r} is not a plain address; write one like https://app.ellipsis-drive.com"
        )
    return text


def _app_of(base: str) -> str:
    """Where the instance of an API has its application: api becomes app in the name of the host."""
    parts = urlsplit(base)
    labels = parts.netloc.split(".")
    if labels.count("api") != 1:
        raise OptionError(
            f"app_url: it can't be told from the api_url {_shown(base)}; give the address of the application"
        )
    return urlunsplit((parts.scheme, ".".join("app" if label == "api" else label for label in labels), "", "", ""))


def _shown(value: t.Any) -> str:
    """A value that may be a secret in the wrong place, fit for a message."""
    return repr(scrub(str(value)))
