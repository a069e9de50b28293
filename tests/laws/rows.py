# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The worlds and tasks that every law holds for."""

from __future__ import annotations

from ansible_collections.ellipsis.drive.tests.emulator import OTHER_USER
from ansible_collections.ellipsis.drive.tests.laws.harness import (
    BUILDINGS,
    DAY,
    HOUR,
    RIVERS,
    ROADS,
    absent,
    access,
    present,
)
from ansible_collections.ellipsis.drive.tests.laws.trial import (
    Row,
    Step,
    lost_secret,
    other,
    passed,
    policy,
    ran,
    seeded,
)

TILES = [{"tile_x": x, "tile_y": y, "zoom": 9} for x, y in ((300, 200), (12, 500), (13, 7))]
FENCED = access(
    BUILDINGS, "edit", geo_fence={"tiles": TILES, "max_zoom": 18}, property_fence=["name", "height", "area"]
)
RICH = [access(ROADS, "view+"), FENCED, access(RIVERS, "edit_plus")]
CROWD: tuple[Step, ...] = (
    seeded(40, "Copied in the app {n}"),
    seeded(2, "tiles"),
    seeded(1, "tiles [ed1:default:aaaaaa:1:1:zzzz]"),
    seeded(1, "tiles [ed1:default:AAAAAA:1:1:zzzzz]"),
    seeded(1, "tiles [ed1:default:aaaaaa:01:1:zzzzz]"),
    seeded(1, "tiles [ed1:default:aaaaaa:1:1:zzzzz] "),
    seeded(1, "tiles [ed1:default:aaaaaa:1:1:zzzzz]", account=OTHER_USER),
    other(present(owner="other")),
    other(present(description="tiles 2")),
    other(present(description="Tiles")),
    seeded(25, "More {n}"),
)
_ROTATED: tuple[Step, ...] = (ran(present()), passed(HOUR / 2), ran(present(scope="ogc")))

ROWS: tuple[Row, ...] = (
    Row("first", (), present()),
    Row("first in a crowd", CROWD, present()),
    Row("first, of a full page", (seeded(30, "other"),), present()),
    Row("first, for ever", (), present(valid_for="never")),
    Row("first, rich", (), present(access_list=RICH, scope="ogc")),
    Row("first, proven", (), present(verify="strict", access_list=[access(BUILDINGS), access(RIVERS, "edit")])),
    Row("there", (ran(present()), passed(DAY)), present()),
    Row("there, rich", (ran(present(access_list=RICH)), passed(DAY)), present(access_list=RICH)),
    Row("there in a crowd", (ran(present()), *CROWD), present()),
    Row("there, for ever", (ran(present(valid_for="never")), passed(4000 * DAY)), present(valid_for="never")),
    Row("wider", (ran(present()), passed(DAY)), present(access_list=[access(), access(RIVERS)])),
    Row("other tier", (ran(present()),), present(access_list=[access(ROADS, "edit")])),
    Row("other fence", (ran(present(access_list=[FENCED])),), present(access_list=[access(BUILDINGS, "edit")])),
    Row("other scope", (ran(present()),), present(scope="ogc")),
    Row("other lifetime", (ran(present()), passed(1)), present(valid_for="never")),
    Row("other in a crowd, at once", (*CROWD, ran(present())), present(valid_for="60d", overlap="0")),
    Row("other, not allowed", (ran(present()),), present(valid_for="60d", regenerate="fail")),
    Row("other, never mind", (ran(present()),), present(access_list=RICH, regenerate="never")),
    Row("due", (ran(present()), passed(25 * DAY)), present()),
    Row("due, never mind", (ran(present()), passed(25 * DAY)), present(valid_for="60d", regenerate="never")),
    Row("due, at once", (ran(present()), passed(25 * DAY)), present(overlap="0")),
    Row("not due yet", (ran(present()), passed(25 * DAY)), present(renew_within="2d")),
    Row("expired", (ran(present()), passed(31 * DAY)), present()),
    Row("forced", (ran(present()), passed(DAY)), present(regenerate="always")),
    Row("secret lost", (ran(present()), passed(DAY), lost_secret), present()),
    Row("inside the overlap", (*_ROTATED, passed(HOUR / 2)), present(scope="ogc")),
    Row("third inside the overlap", (*_ROTATED, passed(HOUR / 2)), present(scope="ogc", valid_for="60d")),
    Row("after the overlap", (*_ROTATED, passed(2 * HOUR)), present(scope="ogc")),
    Row("back again", (*_ROTATED, passed(60)), present()),
    Row("shortened", (policy(max_lifetime=HOUR, shortens=True),), present(renew_within="2h", overlap="0")),
    Row("very much shortened", (policy(max_lifetime=300, shortens=True), ran(present())), present()),
    Row("shortened, for ever", (policy(max_lifetime=2 * DAY, shortens=True),), present(valid_for="never")),
    Row("clock of the service is late", (policy(date_skew=-DAY), ran(present()), passed(2)), present(scope="ogc")),
    Row("gone already", (), absent()),
    Row("gone already in a crowd", CROWD, absent()),
    Row("to be removed", _ROTATED, absent()),
    Row("to be removed from a crowd", (*CROWD, *_ROTATED), absent()),
)
