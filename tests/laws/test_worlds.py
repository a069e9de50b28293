# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every law, in worlds that nobody thought of."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.ellipsis.drive.tests.emulator import OTHER_USER, USER, VARIANTS
from ansible_collections.ellipsis.drive.tests.laws.harness import (
    BUILDINGS,
    DAY,
    HOUR,
    RIVERS,
    ROADS,
    Options,
    absent,
    access,
    present,
)
from ansible_collections.ellipsis.drive.tests.laws.laws import LAWS
from ansible_collections.ellipsis.drive.tests.laws.rows import FENCED
from ansible_collections.ellipsis.drive.tests.laws.soak import examples
from ansible_collections.ellipsis.drive.tests.laws.trial import (
    Row,
    Step,
    lost_secret,
    make,
    other,
    passed,
    policy,
    ran,
    seeded,
)

TAIL = st.text(st.sampled_from("abz019:[]ed -"), max_size=30)
FOREIGN = st.one_of(
    st.sampled_from(["tiles", "tiles ", "Tiles", "tiles [ed1:", "[ed1:default:aaaaaa:1:1:zzzzz]", "é😀"]),
    TAIL.map(lambda tail: f"tiles [ed1:default:{tail}"),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
)
ACCESS_LISTS = st.lists(
    st.one_of(
        st.sampled_from([access(ROADS), access(ROADS, "view+"), access(BUILDINGS, "edit"), FENCED]),
        st.sampled_from(["view", "viewPlus", "edit", "100"]).map(lambda tier: access(RIVERS, tier)),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda entry: entry["path_id"],
)
WISHES = st.fixed_dictionaries(
    {
        "access_list": ACCESS_LISTS,
        "scope": st.sampled_from(["all", "ogc"]),
        "valid_for": st.sampled_from(["30d", "2h", "never", "90s"]),
        "overlap": st.sampled_from(["0", "1h", "2d"]),
        "regenerate": st.sampled_from(["drift", "drift", "never", "fail", "always"]),
        "renew_within": st.sampled_from(["33%", "0", "60s", "99%"]),
    }
).map(lambda wish: present(**wish))
TASKS: st.SearchStrategy[Options] = st.one_of(WISHES, WISHES, st.just(absent()))
EARLIER: st.SearchStrategy[Step] = st.one_of(
    st.builds(seeded, st.integers(1, 35), FOREIGN, account=st.sampled_from([USER, USER, OTHER_USER])),
    st.builds(
        lambda owner, task: other({**task, "owner": owner}), st.sampled_from(["other", "d", "default-1"]), WISHES
    ),
    WISHES.filter(lambda task: task["regenerate"] != "fail").map(ran),
    st.sampled_from([1.0, HOUR / 2, 2.0 * HOUR, 11.0 * DAY, 25.0 * DAY]).map(passed),
    st.sampled_from([HOUR, DAY]).map(lambda seconds: policy(max_lifetime=seconds, shortens=True)),
    st.just(lost_secret),
)


@settings(max_examples=examples(60))
@given(
    variant=st.sampled_from(sorted(VARIANTS)),
    history=st.lists(EARLIER, max_size=6),
    task=TASKS,
    holds=st.booleans(),
)
def test_laws_hold_in_any_world(variant: str, history: list[Step], task: Options, holds: bool) -> None:
    trial = make(Row("any", tuple(history), task), VARIANTS[variant], holds=holds)
    for law in LAWS:
        law(trial)
