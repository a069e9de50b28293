# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The specification of the options of a token, and what validated options ask for."""

from __future__ import annotations

import typing as t

from .._account.verification import LEVELS
from .._model.access_list import TIERS, AccessList, Grant, Tile, distinct, read_tier
from .._model.desired import SCOPES, Desired, Held, Replaced
from .._model.durations import Margin, format_duration, parse_duration, parse_lifetime, parse_margin
from .._model.errors import OptionError
from .._model.identifiers import is_id
from .._model.marker import Slot, complaint, is_owner, normalise
from .._model.path_names import PATH_TYPES, PathName, parse_path_name

_FINEST_ZOOM = 30
_TILE_SPEC: dict[str, t.Any] = {name: {"type": "int", "required": True} for name in ("tile_x", "tile_y", "zoom")}
_GRANT_SPEC: dict[str, t.Any] = {
    "path_id": {"type": "str"},
    "path": {"type": "str"},
    "path_type": {"type": "str", "choices": list(PATH_TYPES)},
    "access_tier": {"type": "str", "required": True},
    "geo_fence": {
        "type": "dict",
        "options": {"tiles": {"type": "list", "elements": "dict", "options": _TILE_SPEC}, "max_zoom": {"type": "int"}},
    },
    "property_fence": {"type": "list", "elements": "str"},
}
ACCESS_TOKEN_SPEC: dict[str, t.Any] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "description": {"type": "str"},
    "token_id": {"type": "str"},
    "access_list": {"type": "list", "elements": "dict", "options": _GRANT_SPEC},
    "scope": {"type": "str", "choices": list(SCOPES), "default": "all"},
    "valid_for": {"type": "str"},
    "renew_within": {"type": "str", "default": "33%"},
    "overlap": {"type": "str", "default": "1h"},
    "replaces": {
        "type": "list",
        "elements": "dict",
        "options": {"description": {"type": "str"}, "owner": {"type": "str"}, "token_id": {"type": "str"}},
        "default": [],
    },
    "regenerate": {"type": "str", "choices": ["never", "fail", "drift", "always"], "default": "drift"},
    "owner": {"type": "str", "default": "default"},
    "store": {"type": "str"},
    "store_vault_id": {"type": "str"},
    "store_plaintext": {"type": "bool", "default": False},
    "take_over": {"type": "bool", "default": False},
    "return_secret": {"type": "bool", "default": False, "no_log": False},
    "backup": {"type": "bool", "default": False},
    "held_id": {"type": "str"},
    "verify": {"type": "str", "choices": list(LEVELS), "default": "basic"},
    "verify_timeout": {"type": "int", "default": 30},
    "lock_timeout": {"type": "int", "default": 300},
}


def desired_of(params: t.Mapping[str, t.Any], *, run_only: bool = False) -> Desired:
    """What validated options ask for; OptionError names the option, the value and the remedy."""
    owner = _owner(params["owner"])
    if params["state"] == "absent":
        return Desired(Slot(owner, _addressed(params)), present=False)
    if params["token_id"]:
        raise OptionError("token_id: goes with state=absent only, since a token can't be changed; use description")
    for option in ("description", "access_list", "valid_for"):
        if not params[option]:
            example = {"valid_for": "a duration such as 90d, or never"}.get(option, "it")
            raise OptionError(f"{option}: is missing or empty; state=present needs {example}")
    lifetime = parse_lifetime("valid_for", params["valid_for"])
    return Desired(
        slot=Slot(owner, _description(params["description"]), run_only),
        access_list=_access_list(params["access_list"]),
        scope=params["scope"],
        lifetime=lifetime,
        renew_within=_margin(params["renew_within"], lifetime),
        overlap=0 if run_only else parse_duration("overlap", params["overlap"]),
        regenerate=params["regenerate"],
        replaces=() if run_only else _replaces(params["replaces"] or (), Slot(owner, normalise(params["description"]))),
        take_over=params["take_over"],
        verify=params["verify"],
        verify_timeout=params["verify_timeout"],
    )


def _replaces(entries: t.Sequence[t.Mapping[str, t.Any]], slot: Slot) -> tuple[Replaced, ...]:
    """What a slot takes over from."""
    found: list[Replaced] = []
    for number, entry in enumerate(entries):
        where, token_id, description = f"replaces[{number}]", entry.get("token_id"), entry.get("description")
        if bool(token_id) == bool(description) or (token_id and entry.get("owner")):
            raise OptionError(f"{where}: needs either token_id, or description and perhaps owner; write one of them")
        if token_id:
            found.append(uuid_of(f"{where}.token_id", token_id))
            continue
        earlier = Slot(_owner(entry.get("owner") or slot.owner), _description(t.cast(str, description)))
        if earlier == slot:
            raise OptionError(
                f"{where}: {earlier.description!r} is the description of this token itself; name another one"
            )
        found.append(earlier)
    return tuple(dict.fromkeys(found))


def held_of(params: t.Mapping[str, t.Any]) -> Held:
    """Whose secret the user holds, by O(held_id). Omitted: not known. Empty: no secret is held."""
    held_id = params["held_id"]
    if held_id is None:
        return Held()
    return Held(tracked=True, id=uuid_of("held_id", held_id) if held_id else None)


def _addressed(params: t.Mapping[str, t.Any]) -> str:
    if params["token_id"] and params["description"]:
        raise OptionError("token_id and description exclude each other; set one of them")
    if params["token_id"]:
        uuid_of("token_id", params["token_id"])
        return ""
    if not params["description"]:
        raise OptionError("state=absent needs description, or token_id")
    return _description(params["description"])


def _owner(owner: str) -> str:
    if not is_owner(owner):
        raise OptionError(f"owner: {owner!r} is not possible; write 1 to 12 of a-z, 0-9 and -")
    return owner


def _description(text: str) -> str:
    description = normalise(text)
    reason = complaint(description)
    if reason:
        raise OptionError(f"description: {description!r} {reason}; write one line of at most 50 characters")
    return description


def _margin(text: str, lifetime: int) -> Margin:
    margin = parse_margin("renew_within", text)
    if lifetime and margin.of(lifetime) >= lifetime:
        raise OptionError(
            f"renew_within: {text!r} is not shorter than valid_for ({format_duration(lifetime)}), so each run would make "
            "a new token; write a shorter duration or a percentage"
        )
    return margin


def uuid_of(option: str, text: str) -> str:
    """The id in lower case; raises OptionError with the option and the value if it is no UUID."""
    value = text.strip().lower()
    if not is_id(value):
        raise OptionError(f"{option}: {text!r} is not an id; write a UUID as the web application and the API show it")
    return value


def _access_list(entries: t.Sequence[t.Mapping[str, t.Any]]) -> AccessList:
    return distinct(_grant(f"access_list[{number}]", entry) for number, entry in enumerate(entries))


def _grant(where: str, entry: t.Mapping[str, t.Any]) -> Grant:
    tier = read_tier(entry["access_tier"])
    if tier is None:
        raise OptionError(f"{where}.access_tier: {entry['access_tier']!r} is not a tier; use one of {', '.join(TIERS)}")
    tiles, max_zoom = _fence(f"{where}.geo_fence", entry["geo_fence"] or {})
    names = entry["property_fence"]
    if names is not None and not names:
        raise OptionError(
            f"{where}.property_fence: is empty; name at least one property, or leave it out for all of them"
        )
    fence = None if names is None else tuple(sorted(set(names)))
    path_id, location = _place(where, entry)
    return Grant(path_id, tier, tiles, max_zoom, fence, location)


def _place(where: str, entry: t.Mapping[str, t.Any]) -> tuple[str, PathName | None]:
    """The id, or the location that it will be found by."""
    path_id, path, path_type = (entry.get(option) for option in ("path_id", "path", "path_type"))
    if bool(path_id) == bool(path):
        raise OptionError(f"{where}: needs either path_id or path; write one of them")
    if path_id:
        if path_type:
            raise OptionError(f"{where}.path_type: goes with path only, since an id needs no type; leave it out")
        return uuid_of(f"{where}.path_id", path_id), None
    location = parse_path_name(f"{where}.path", t.cast(str, path), path_type)
    if not location.names:
        raise OptionError(
            f"{where}.path: {path!r} is a root, and a token is only for paths below a root; name such a path"
        )
    return "", location


def _fence(where: str, fence: t.Mapping[str, t.Any]) -> tuple[tuple[Tile, ...] | None, int | None]:
    tiles = tuple(sorted({_tile(f"{where}.tiles[{n}]", each) for n, each in enumerate(fence.get("tiles") or ())}))
    max_zoom = fence.get("max_zoom")
    if fence.get("tiles") == []:
        raise OptionError(f"{where}.tiles: is empty; name at least one tile, or leave it out for the whole area")
    if max_zoom is not None and not 0 <= max_zoom <= _FINEST_ZOOM:
        raise OptionError(f"{where}.max_zoom: {max_zoom} is out of range; write 0 to {_FINEST_ZOOM}")
    return tiles or None, max_zoom


def _tile(where: str, entry: t.Mapping[str, int]) -> Tile:
    tile = Tile(entry["tile_x"], entry["tile_y"], entry["zoom"])
    if not 0 <= tile.zoom <= _FINEST_ZOOM:
        raise OptionError(f"{where}.zoom: {tile.zoom} is out of range; write 0 to {_FINEST_ZOOM}")
    for name, value in (("tile_x", tile.tile_x), ("tile_y", tile.tile_y)):
        if not 0 <= value < 2**tile.zoom:
            raise OptionError(
                f"{where}.{name}: {value} is out of range; at zoom {tile.zoom} it is 0 to {2**tile.zoom - 1}"
            )
    return tile
