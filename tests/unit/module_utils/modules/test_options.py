# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options: what is accepted, and one clear sentence for what is not."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.ellipsis.drive.plugins.module_utils._model.access_list import Grant, Tile
from ansible_collections.ellipsis.drive.plugins.module_utils._model.desired import Desired, Held
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Slot
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.access_token import SPEC
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.options import desired_of, held_of

PATH, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
GRANT = {"path_id": PATH, "access_tier": "view"}
TASK = {"description": "tiles", "access_list": [GRANT], "valid_for": "30d"}
VALIDATOR = ArgumentSpecValidator(SPEC)


def validated(**options: Any) -> dict[str, Any]:
    outcome = VALIDATOR.validate(options)
    assert not outcome.error_messages, outcome.error_messages
    return dict(outcome.validated_parameters)


def one_grant(**entry: Any) -> dict[str, Any]:
    return {"access_list": [{**GRANT, **entry}]}


def one_tile(**tile: Any) -> dict[str, Any]:
    return one_grant(geo_fence={"tiles": [{"tile_x": 0, "tile_y": 0, "zoom": 3, **tile}]})


@pytest.mark.parametrize(("valid_for", "more"), [("30d", {"lifetime": 30 * 86400}), ("never", {})])
def test_defaults(valid_for: str, more: dict[str, Any]) -> None:
    """They are those of the code that decides, but for the proof, which needs a connection."""
    assert desired_of(validated(**{**TASK, "valid_for": valid_for})) == Desired(
        Slot("default", "tiles"), (Grant(PATH, "view"),), verify="basic", **more
    )


def test_everything_is_canonical() -> None:
    tiles = [{"tile_x": x, "tile_y": 1, "zoom": 3} for x in (2, 1, 2)]
    fenced = {**GRANT, "path_id": OTHER.upper(), "access_tier": "EDIT+", "property_fence": ["b", "a", "b"]}
    wanted = [{**fenced, "geo_fence": {"tiles": tiles, "max_zoom": 30}}, GRANT]
    desired = desired_of(validated(**{**TASK, "description": "e\u0301", "access_list": wanted}))
    assert desired.slot.description == "é"
    assert desired.access_list == (
        Grant(PATH, "view"),
        Grant(OTHER, "editPlus", (Tile(1, 1, 3), Tile(2, 1, 3)), 30, ("a", "b")),
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"description": None}, "description: is missing or empty; state=present needs it"),
        ({"description": ""}, "description: is missing or empty; state=present needs it"),
        ({"description": " x"}, "description: ' x' starts or ends with white space; write one line of at most 50"),
        ({"description": "a\nb"}, "description: 'a\\nb' is more than one line of plain text; write one line"),
        ({"description": "a" * 51}, "has 51 characters, and at most 50 are possible; write one line of at most 50"),
        ({"description": "a [ed1:"}, "description: 'a [ed1:' contains '[ed1:', which marks the tokens of this coll"),
        ({"access_list": None}, "access_list: is missing or empty; state=present needs it"),
        ({"access_list": []}, "access_list: is missing or empty; state=present needs it"),
        (
            {"access_list": [GRANT, {**GRANT, "path_id": PATH.upper()}]},
            f"access_list: path {PATH} is there twice; keep one",
        ),
        ({"valid_for": None}, "valid_for: is missing or empty; state=present needs a duration such as 90d, or never"),
        ({"valid_for": "0"}, "valid_for: '0' would expire at once; write a duration such as 90d, or never"),
        ({"valid_for": "-1d"}, "valid_for: '-1d' is not a duration of at most 100 years; write a number"),
        ({"valid_for": "101y"}, "valid_for: '101y' is not a duration"),
        (
            {"renew_within": "30d"},
            "renew_within: '30d' is not shorter than valid_for (30d), so each run would make a new",
        ),
        ({"renew_within": "100%"}, "renew_within: '100%' would renew on every run; write a percentage below 100"),
        ({"renew_within": "soon"}, "renew_within: 'soon' is not a duration"),
        ({"overlap": "60"}, "overlap: '60' has no unit; write 60d for days or 1m for seconds"),
        ({"overlap": "-1h"}, "overlap: '-1h' is not a duration"),
        ({"owner": "Me"}, "owner: 'Me' is not possible; write 1 to 12 of a-z, 0-9 and -"),
        ({"owner": ""}, "owner: '' is not possible; write 1 to 12"),
        ({"token_id": PATH}, "token_id: goes with state=absent only, since a token can't be changed; use description"),
        (one_grant(path_id="Roads"), "access_list[0].path_id: 'Roads' is not an id; write a UUID"),
        (one_grant(path_id=PATH[:-1]), "access_list[0].path_id: '11111111-1111-4111-8111-11111111111' is not an id"),
        (
            one_grant(access_tier="owner"),
            "access_list[0].access_tier: 'owner' is not a tier; use one of view, viewPlus, sh",
        ),
        (one_grant(access_tier="300"), "access_list[0].access_tier: '300' is not a tier; use one of view"),
        (one_grant(access_tier="²"), "access_list[0].access_tier: '²' is not a tier; use one of view"),
        (
            one_grant(property_fence=[]),
            "access_list[0].property_fence: is empty; name at least one property, or leave it",
        ),
        (
            one_grant(geo_fence={"tiles": []}),
            "access_list[0].geo_fence.tiles: is empty; name at least one tile, or leave",
        ),
        (one_grant(geo_fence={"max_zoom": 31}), "access_list[0].geo_fence.max_zoom: 31 is out of range; write 0 to 30"),
        (one_grant(geo_fence={"max_zoom": -1}), "access_list[0].geo_fence.max_zoom: -1 is out of range; write 0 to 30"),
        (one_tile(zoom=31), "access_list[0].geo_fence.tiles[0].zoom: 31 is out of range; write 0 to 30"),
        (one_tile(zoom=-1), "access_list[0].geo_fence.tiles[0].zoom: -1 is out of range; write 0 to 30"),
        (one_tile(tile_x=8), "access_list[0].geo_fence.tiles[0].tile_x: 8 is out of range; at zoom 3 it is 0 to 7"),
        (one_tile(tile_y=-1), "access_list[0].geo_fence.tiles[0].tile_y: -1 is out of range; at zoom 3 it is 0 to 7"),
        ({"state": "absent", "description": None}, "state=absent needs description, or token_id"),
        ({"state": "absent", "token_id": PATH}, "token_id and description exclude each other; set one of them"),
        ({"state": "absent", "description": None, "token_id": "x"}, "token_id: 'x' is not an id; write a UUID"),
        ({"state": "absent", "description": "a" * 51}, "has 51 characters, and at most 50 are possible"),
    ],
)
def test_bad_input(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError) as caught:
        desired_of(validated(**{**TASK, **options}))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "held"),
    [
        ({}, Held()),
        ({"held_id": None}, Held()),
        ({"held_id": ""}, Held(tracked=True)),
        ({"held_id": f" {PATH.upper()} "}, Held(tracked=True, id=PATH)),
    ],
)
def test_held(options: dict[str, Any], held: Held) -> None:
    assert held_of(validated(**options)) == held


def test_bad_held_id() -> None:
    with pytest.raises(OptionError, match=r"^held_id: 'mine' is not an id"):
        held_of(validated(held_id="mine"))
