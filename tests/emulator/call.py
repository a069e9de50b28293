# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a route is handed, and how it reads parameters and writes answers."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import NAMESPACE_OID, UUID, uuid5

from .access import Caller
from .policy import Policy
from .state import State
from .tree import Node
from .values import JSON_TYPE, ApiError, Request, Response
from .variant import Variant

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Call:
    request: Request
    state: State
    variant: Variant
    policy: Policy
    now: float
    caller: Caller
    args: Mapping[str, str]


def as_json(value: Any, status: int = 200) -> Response:
    return Response(status, {"Content-Type": JSON_TYPE}, json.dumps(value).encode())


def as_text(text: str, content_type: str = "text/plain; charset=utf-8", status: int = 200) -> Response:
    return Response(status, {"Content-Type": content_type}, text.encode())


def json_body(request: Request, allowed: set[str]) -> dict[str, Any]:
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise ApiError(400, "The body must be JSON.")
    try:
        body = json.loads(request.body)
    except ValueError:
        raise ApiError(400, "The body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise ApiError(400, "The body must be an object.")
    if unknown := sorted(set(body) - allowed):
        raise ApiError(400, f"Unknown parameter {', '.join(unknown)}.")
    return body


def check_query(request: Request, allowed: set[str]) -> None:
    if unknown := sorted(set(request.query) - allowed - {"token"}):
        raise ApiError(400, f"Unknown parameter {', '.join(unknown)}.")


def query_json(request: Request, name: str, default: Any) -> Any:
    """Every value but a string travels JSON-encoded."""
    if name not in request.query:
        return default
    try:
        return json.loads(request.query[name])
    except ValueError:
        raise ApiError(400, f"{name} must be JSON.") from None


def query_strings(request: Request, name: str, known: Sequence[str], default: Sequence[str]) -> list[str]:
    value = query_json(request, name, list(default))
    if not isinstance(value, list) or not all(item in known for item in value):
        raise ApiError(400, f"{name} must be an array of {', '.join(known)}.")
    return value


def is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def node_of(call: Call, path_id: str) -> Node:
    if not is_uuid(path_id):
        raise ApiError(400, "The path id is not a uuid.")
    node = call.state.nodes.get(path_id.lower())
    if node is None:
        raise ApiError(404, "Path not found.")
    return node


def page(
    call: Call,
    listing: str,
    *,
    entries: Iterable[Entry],
    key: Callable[[Entry], Any],
    limit: int,
    cursor: str = "uuid",
) -> tuple[list[Entry], Any]:
    """One page of the entries, which are in the order of `key`, and the opaque cursor of the next page or None."""
    size = query_json(call.request, "pageSize", limit)
    if not is_int(size) or not 1 <= size <= limit:
        raise ApiError(400, f"pageSize must be an integer from 1 to {limit}.")
    rest = iter(entries)
    start = call.request.query.get("pageStart")
    if start is not None:
        known = (listing, _canonical(start))
        if known not in call.state.cursors:
            raise ApiError(400, "pageStart is invalid.")
        before = call.state.cursors[known]
        rest = itertools.dropwhile(lambda entry: key(entry) <= before, rest)
    chosen = list(itertools.islice(rest, size + 1))
    if len(chosen) <= size:
        return chosen, None
    last = key(chosen[size - 1])
    following = _make_cursor(listing, last, cursor)
    call.state.cursors[(listing, _canonical(following if isinstance(following, str) else json.dumps(following)))] = last
    return chosen[:size], following


def _make_cursor(listing: str, last: Any, kind: str) -> Any:
    name = uuid5(NAMESPACE_OID, f"{listing} {last!r}")
    if kind == "int":
        return name.int % 1_000_000_007
    return str(name) if kind == "uuid" else {"after": str(name), "page": "next"}


def _canonical(text: str) -> str:
    """Strings travel raw: a cursor that is a JSON string in quotes is another cursor, and unknown."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return json.dumps(value, sort_keys=True)
