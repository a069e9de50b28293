# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One canonical form for every way to write an access list, and for every way a server may list one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ellipsis.drive.plugins.module_utils._model.access_list import (
    OLDER_SPELLING,
    TIERS,
    Grant,
    Tile,
    canonical,
    describe,
    distinct,
    from_api,
    located,
    path_names_of,
    read_tier,
    spec_of,
    to_api,
)
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.module_utils._model.path_names import PathName

PATH, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
TILES = (Tile(1, 2, 3), Tile(4, 5, 6))
FENCED = Grant(PATH, "edit", TILES, 18, ("area", "name"))
API_TILES = [{"tileX": 4, "tileY": 5, "zoom": 6}, {"tileX": 1, "tileY": 2, "zoom": 3}]


@pytest.mark.parametrize(
    ("written", "tier"),
    [
        *((tier, tier) for tier in TIERS),
        *((tier.upper(), tier) for tier in TIERS),
        ("view+", "viewPlus"),
        ("View+", "viewPlus"),
        ("view plus", "viewPlus"),
        ("view-plus", "viewPlus"),
        ("view_plus", "viewPlus"),
        ("edit+", "editPlus"),
        ("edit_plus", "editPlus"),
        ("full_view", "fullView"),
        (" view ", "view"),
        (100, "view"),
        ("100", "view"),
        (200, "viewPlus"),
        (300, None),
        ("300", None),
        (1000, None),
        ("²", None),
        ("", None),
        ("none", None),
        ("owner", None),
        ("views", None),
        (True, None),
        (False, None),
        (None, None),
        (1.5, None),
        (["view"], None),
    ],
)
def test_tier(written: object, tier: str | None) -> None:
    assert read_tier(written) == tier


def test_spec_is_stable() -> None:
    """What it is for one value may never change: every token out there has it in its marker."""
    assert spec_of((FENCED, Grant(OTHER, "viewPlus")), "ogc") == "qen2yr"
    assert spec_of((Grant(PATH, "view"),), "all") == "ghcdj4"
    assert spec_of((Grant(PATH, "view", property_fence=("größe", "名前")),), "all") == "i5qpgo"
    assert spec_of((Grant("", "view", location=PathName("myDrive", ("Wälder",))),), "all") == "dez65k"


def test_the_spec_of_a_list_is_worked_out_once() -> None:
    """An audit asks for it again with each token that has the list."""
    lists = [tuple(Grant(path_id, "edit") for path_id in (PATH, OTHER)) for _token in range(2)]
    first, again = (spec_of(access_list, "all") for access_list in lists)
    assert first is again


def test_names_have_an_order_too() -> None:
    grants = [Grant("", "view", location=PathName("myDrive", (name,))) for name in "bac"]
    assert [str(grant.location) for grant in canonical(grants)] == ["myDrive/a", "myDrive/b", "myDrive/c"]
    assert spec_of(tuple(grants), "all") == spec_of(tuple(grants[::-1]), "all")
    with pytest.raises(OptionError, match=r"^access_list: path myDrive/a is there twice"):
        distinct([*grants, grants[1]])


GRANTS = st.builds(
    Grant,
    st.uuids().map(str),
    st.sampled_from(TIERS),
    st.none() | st.sets(st.builds(Tile, *[st.integers(0, 9)] * 3), min_size=1).map(lambda tiles: tuple(sorted(tiles))),
    st.none() | st.integers(0, 30),
    st.none() | st.sets(st.text(min_size=1), min_size=1).map(lambda names: tuple(sorted(names))),
)
ACCESS_LISTS = st.lists(GRANTS, max_size=4, unique_by=lambda grant: grant.path_id)


@given(ACCESS_LISTS, st.randoms(use_true_random=False))
def test_order_never_matters(grants: list[Grant], chance: Any) -> None:
    turned = chance.sample(grants, len(grants))
    assert canonical(turned) == canonical(grants)
    assert spec_of(tuple(turned), "all") == spec_of(tuple(grants), "all")


@given(ACCESS_LISTS, st.sampled_from([{}, OLDER_SPELLING]))
def test_what_is_sent_is_what_is_read(grants: list[Grant], spelling: dict[str, str]) -> None:
    assert from_api([to_api(grant, spelling) for grant in grants]) == canonical(grants)


@pytest.mark.parametrize(
    ("grant", "other"),
    [
        (FENCED, Grant(PATH, "edit", TILES, 18)),
        (FENCED, Grant(PATH, "edit", TILES[:1], 18, FENCED.property_fence)),
        (FENCED, Grant(PATH, "edit", TILES, 17, FENCED.property_fence)),
        (FENCED, Grant(PATH, "view", TILES, 18, FENCED.property_fence)),
        (FENCED, Grant(OTHER, "edit", TILES, 18, FENCED.property_fence)),
        (Grant(PATH, "view"), Grant(PATH, "view", max_zoom=0)),
    ],
)
def test_every_part_counts(grant: Grant, other: Grant) -> None:
    assert spec_of((grant,), "all") != spec_of((other,), "all")
    assert spec_of((grant,), "all") != spec_of((grant,), "ogc")


def test_words_of_the_option_and_of_the_api() -> None:
    assert describe(FENCED) == {
        "path_id": PATH,
        "access_tier": "edit",
        "geo_fence": {
            "tiles": [{"tile_x": 1, "tile_y": 2, "zoom": 3}, {"tile_x": 4, "tile_y": 5, "zoom": 6}],
            "max_zoom": 18,
        },
        "property_fence": ["area", "name"],
    }
    assert to_api(FENCED, {}) == {
        "pathId": PATH,
        "access": {
            "accessTier": "edit",
            "geoFence": {"tiles": API_TILES[::-1], "maxZoom": 18},
            "propertyFence": ["area", "name"],
        },
    }
    assert to_api(Grant(PATH, "viewPlus"), OLDER_SPELLING) == {"pathId": PATH, "access": {"accessTier": "view+"}}


PLAIN = Grant(PATH, "view")


@pytest.mark.parametrize(
    ("entry", "grant"),
    [
        ({"pathId": PATH, "access": {"accessTier": "view"}}, PLAIN),
        ({"pathId": PATH, "access": {"accessLevel": 100}}, PLAIN),
        ({"pathId": PATH, "access": {"accessTier": "unheard of", "accessLevel": 100}}, PLAIN),
        ({"pathId": PATH, "accessTier": "view"}, PLAIN),
        ({"pathId": PATH, "accessLevel": 200}, Grant(PATH, "viewPlus")),
        ({"path": {"id": PATH, "name": "Roads"}, "access": {"accessTier": "view"}}, PLAIN),
        ({"path": PATH, "access": {"accessTier": "view"}}, PLAIN),
        ({"pathId": PATH.upper(), "access": {"accessTier": "view"}}, PLAIN),
        ({"pathId": PATH, "access": {"accessTier": "view", "geoFence": None, "propertyFence": None}}, PLAIN),
        ({"pathId": PATH, "access": {"accessTier": "view", "geoFence": {}}}, PLAIN),
        ({"pathId": PATH, "access": {"accessTier": "view", "geoFence": {"tiles": []}}}, PLAIN),
        (
            {
                "pathId": PATH,
                "access": {
                    "accessTier": "edit",
                    "geoFence": {"tiles": API_TILES, "maxZoom": 18},
                    "propertyFence": ["name", "area"],
                },
            },
            FENCED,
        ),
        ({"pathId": PATH, "access": {"accessLevel": 500}}, None),
        ({"pathId": PATH, "access": {}}, None),
        ({"pathId": PATH}, None),
        ({"access": {"accessTier": "view"}}, None),
        ({"pathId": 7, "access": {"accessTier": "view"}}, None),
        ({"path": {}, "access": {"accessTier": "view"}}, None),
        ({"pathId": PATH, "access": {"accessTier": "view", "geoFence": "all"}}, None),
        ({"pathId": PATH, "access": {"accessTier": "view", "geoFence": {"tiles": [{"x": 1}]}}}, None),
        ({"pathId": PATH, "access": {"accessTier": "view", "geoFence": {"maxZoom": "deep"}}}, None),
        ({"pathId": PATH, "access": {"accessTier": "view", "propertyFence": 7}}, None),
        ("view", None),
        (None, None),
    ],
)
def test_listed_shape(entry: object, grant: Grant | None) -> None:
    assert from_api([entry]) == (None if grant is None else (grant,))
    assert from_api([entry, {"pathId": OTHER, "accessTier": "edit"}]) == (
        None if grant is None else (grant, Grant(OTHER, "edit"))
    )


@pytest.mark.parametrize(("value", "access_list"), [([], ()), (None, None), ({}, None), ("", None)])
def test_listed_list(value: object, access_list: object) -> None:
    assert from_api(value) == access_list


# As text the first one comes first, as a path the second one.
SPACE, SLASH = PathName("myDrive", ("a b",)), PathName("myDrive", ("a", "b"))


def test_the_ids_of_names_take_their_place() -> None:
    """Names without an id stay, and two names of one path are one too many."""
    grants = [Grant("", "view", location=SPACE), Grant("", "edit", location=SLASH), Grant("x", "share")]
    named = distinct(grants)
    assert named == tuple(grants)
    assert path_names_of(named) == {SPACE, SLASH}
    assert located(named, {}) == named
    assert located(named, {SPACE: "y"}) == (grants[1], grants[2], Grant("y", "view"))
    assert located(named, {SPACE: "y", SLASH: "w"}) == (Grant("w", "edit"), grants[2], Grant("y", "view"))
    for ids in ({SPACE: "x"}, {SPACE: "y", SLASH: "y"}):
        with pytest.raises(OptionError, match=r"^access_list: path [xy] is there twice; keep one entry for each path$"):
            located(named, ids)
