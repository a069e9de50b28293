# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The OGC protocols and tiles, as far as a client needs them to see that a token works."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from xml.sax.saxutils import escape

from .access import fence_allows, geo_fence_of, property_fence_of, require
from .call import Call, as_json, as_text, node_of
from .capabilities import DOCUMENTS
from .paths import refuse_ogc_scope
from .picture import colour_of, png
from .tree import Node
from .values import ApiError, Response

KINDS = {
    "wms": ("raster", "vector"),
    "wmts": ("raster", "vector"),
    "wfs": ("vector",),
    "wcs": ("raster",),
    "features": ("raster", "vector"),
    "mvt": ("vector",),
    "xyz": ("raster", "vector"),
    "tms": ("raster", "vector"),
}
_TILE = re.compile(r"(?:^|/)(\d+)/(\d+)/(\d+)$")
_MAX_SIZE = 4096


def serve(call: Call) -> Response:
    protocol = call.args["protocol"]
    node = _layer(call, KINDS[protocol])
    tile = _TILE.search(call.args["rest"] or "")
    if tile is not None:
        return _tile(call, node, tile.groups(), vector=protocol == "mvt")
    if protocol == "features":
        return _collections(call, node)
    query = {name.lower(): value for name, value in call.request.query.items()}
    wanted = query.get("request", "").lower()
    if wanted == "getcapabilities" and protocol in DOCUMENTS:
        return as_text(_capabilities(call, protocol, node, query.get("version", "")), "text/xml; charset=utf-8")
    answer = _OPERATIONS.get((protocol, wanted))
    if answer is None:
        raise ApiError(400, f"The request {wanted or '(none)'} is not supported by {protocol}.")
    return answer(call, node, query)


def raster_tile(call: Call) -> Response:
    node = _layer(call, ("raster",))
    refuse_ogc_scope(call)
    return _tile(call, node, [call.args[name] for name in ("z", "x", "y")])


def _layer(call: Call, kinds: tuple[str, ...]) -> Node:
    node = node_of(call, call.args["id"])
    require(call.state, call.caller, node, "view")
    if node.type not in kinds:
        raise ApiError(400, f"The path is not a {' or '.join(kinds)} layer.")
    return node


def _tile(call: Call, node: Node, numbers: Sequence[str], vector: bool = False) -> Response:
    zoom, x, y = map(int, numbers)
    if zoom > 30 or x >= 2**zoom or y >= 2**zoom:
        raise ApiError(400, "There is no such tile.")
    if not fence_allows(geo_fence_of(call.state, call.caller, node), zoom, x, y):
        raise ApiError(403, "The tile lies outside the fence of the token.")
    return Response(204) if vector else _image(node, 256, 256)


def _image(node: Node, width: int, height: int) -> Response:
    return Response(200, {"Content-Type": "image/png"}, png(width, height, colour_of(node.id)))


def _capabilities(call: Call, protocol: str, node: Node, version: str) -> str:
    host = call.request.headers.get("host", "emulator.invalid")
    # The address is given without the token: a document is a place where secrets get copied from.
    address = f"http://{host}/v3/ogc/{protocol}/{node.id}?"
    return DOCUMENTS[protocol](escape(node.name), node.id, escape(address), version)


def _map(call: Call, node: Node, query: dict[str, str]) -> Response:
    needed = ("layers", "bbox", "width", "height", "format")
    if missing := [name for name in needed if not query.get(name)]:
        return _exception(f"Missing parameter {', '.join(missing)}.")
    if query["layers"] != node.id:
        return _exception("No such layer.")
    if query["format"].split(";")[0].strip() != "image/png":
        return _exception("The format must be image/png.")
    sizes = [int(query[name]) if query[name].isdecimal() else 0 for name in ("width", "height")]
    if not all(1 <= size <= _MAX_SIZE for size in sizes):
        return _exception(f"width and height must be from 1 to {_MAX_SIZE}.")
    return _image(node, sizes[0], sizes[1])


def _exception(text: str) -> Response:
    report = (
        f'<ServiceExceptionReport version="1.1.1"><ServiceException>{text}</ServiceException></ServiceExceptionReport>'
    )
    return as_text(report, "text/xml; charset=utf-8", 400)


def _collections(call: Call, node: Node) -> Response:
    """OGC API Features as far as the list of collections; the landing page only leads there."""
    if not (call.args["rest"] or "").rstrip("/").endswith("collections"):
        return as_json({"title": node.name, "links": [{"rel": "data", "href": "collections"}]})
    return as_json({"collections": [{"id": node.id, "title": node.name}], "links": []})


def _wmts_tile(call: Call, node: Node, query: dict[str, str]) -> Response:
    numbers = [query.get(name, "") for name in ("tilematrix", "tilecol", "tilerow")]
    if not all(number.isdecimal() for number in numbers):
        raise ApiError(400, "tilematrix, tilecol and tilerow must be integers.")
    return _tile(call, node, numbers)


def _features(call: Call, node: Node, query: dict[str, str]) -> Response:
    require(call.state, call.caller, node, "viewPlus")
    properties = {"name": node.name, "height": 12}
    fence = property_fence_of(call.state, call.caller, node)
    shown = {name: value for name, value in properties.items() if fence is None or name in fence}
    feature = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [5.1, 52.1]}, "properties": shown}
    return as_json({"type": "FeatureCollection", "features": [feature]})


_OPERATIONS: dict[tuple[str, str], Callable[[Call, Node, dict[str, str]], Response]] = {
    ("wms", "getmap"): _map,
    ("wmts", "gettile"): _wmts_tile,
    ("wfs", "getfeature"): _features,
}
