# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which function answers which call."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus

from . import accounts, ogc, paths, tokens
from .call import Call, as_json, as_text
from .values import ApiError, Request, Response

Handler = Callable[[Call], Response]
_PATH = "/v3/path/(?P<id>[^/]+)"
_TOKENS = "/v3/account/security/accessToken"
_PROTOCOLS = "|".join(ogc.KINDS)

ROUTES: tuple[tuple[str, re.Pattern[str], Handler], ...] = tuple(
    (method, re.compile(pattern), handler)
    for method, pattern, handler in (
        ("GET", "/v3/?", accounts.ping),
        ("POST", "/v3/account/login", accounts.log_in),
        ("POST", "/v3/organization/login", accounts.log_in_as_organization),
        ("GET", "/v3/account", accounts.info),
        ("GET", "/v3/account/root/(?P<root>[^/]+)", accounts.root),
        ("POST", _TOKENS, tokens.create),
        ("GET", _TOKENS, tokens.listing),
        ("DELETE", f"{_TOKENS}/(?P<id>[^/]+)", tokens.revoke),
        ("GET", "/v3/path", paths.search),
        ("GET", _PATH, paths.get),
        ("GET", f"{_PATH}(/folder)?/list", paths.children),
        ("GET", f"{_PATH}/folder/traverse", paths.traverse),
        ("GET", rf"{_PATH}/raster/timestamp/[^/]+/tile/(?P<z>\d+)/(?P<x>\d+)/(?P<y>\d+)", ogc.raster_tile),
        ("GET", f"/v3/ogc/(?P<protocol>{_PROTOCOLS})/(?P<id>[^/]+)(/(?P<rest>.*))?", ogc.serve),
    )
)


def find(request: Request) -> tuple[Handler, Mapping[str, str]]:
    methods = []
    for method, pattern, handler in ROUTES:
        matched = pattern.fullmatch(request.path)
        if matched and method == request.method:
            return handler, matched.groupdict()
        methods += [method] if matched else []
    raise ApiError(405 if methods else 404, "Method not allowed." if methods else "Not found.")


def refusal(error: ApiError, form: str) -> Response:
    if form == "json":
        return as_json({"status": error.status, "message": error.message}, error.status)
    if form == "text":
        return as_text(error.message, status=error.status)
    title = f"{error.status} {HTTPStatus(error.status).phrase}"
    page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{error.message}</p></body></html>"
    return as_text(page, "text/html; charset=utf-8", error.status)
