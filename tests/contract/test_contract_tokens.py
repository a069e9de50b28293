# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating, listing and revoking access tokens."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest

from ansible_collections.ellipsis.drive.tests.contract import readings
from ansible_collections.ellipsis.drive.tests.contract.service import LIFETIME, TOKENS, Service

UNKNOWN = "00000000-0000-4000-8000-000000000000"
MARKER = "[ed1:default:abcdef:t1abc:9k:zzzzz]"


@pytest.mark.source("2.1 CLIENT arcgispro-addin: the answer holds the secret; 2.2 DOC-C: the list holds what was made")
def test_a_new_token_is_in_the_list(service: Service) -> None:
    response = service.create("one")
    assert response.status_code == 200
    answer = response.json()
    assert isinstance(answer["token"], str)
    service.settle("create answers an id", "id" in answer, "create_id")
    (entry,) = service.mine()
    assert entry["description"] == f"{service.prefix} one"
    assert answer.get("id", entry["id"]) == entry["id"]


@pytest.mark.source("2.1 DOC-C: description is free text; SCHEMA: 100 characters")
def test_a_description_comes_back_as_it_was_sent(service: Service) -> None:
    wanted = f"{service.prefix} \N{EARTH GLOBE EUROPE-AFRICA} é ".ljust(100 - 1 - len(MARKER), ".") + MARKER
    assert len(wanted.encode("utf-16-le")) == 200
    service.new_token(description=wanted)
    assert [token["description"] for token in service.mine()] == [wanted]


@pytest.mark.source("2.1 SCHEMA: no unique index on description")
def test_two_tokens_may_share_a_description(service: Service) -> None:
    first, second = service.new_token("twin"), service.new_token("twin")
    assert first.id != second.id
    assert first.secret != second.secret


@pytest.mark.source("2.2 DOC-C: creation date, access, validity and description; shapes UNKNOWN")
def test_what_the_list_tells(service: Service) -> None:
    entry = service.new_token("limited", tier=_view_plus(service)).entry
    service.settle("keys of a listed token", ", ".join(sorted(entry)))
    shape = readings.tier_shape(entry)
    service.settle("tier in the list", shape, "list_tier")
    if shape == "bare":
        return
    service.settle("path in the list", readings.path_shape(entry), "list_path")
    service.settle("scope is listed", "scope" in entry, "lists_scope")
    service.settle("secret is listed", "token" in entry or "secret" in entry, "leaks_secret")
    service.settle("no fence is shown as", readings.no_fence(entry), "no_fence")
    access = entry["accessList"][0]["access"]
    if "accessTier" in access:
        service.settle("spelling returned", readings.spelling(access["accessTier"]), "tiers_returned")


@pytest.mark.source("2.2 DOC-C: validity is told; key names and form UNKNOWN; 2.1 DOC-A: seconds, omitted = never")
def test_what_the_list_tells_of_time(service: Service) -> None:
    ending, endless = service.new_token("ending").entry, service.new_token("endless", validFor=None).entry
    if readings.tier_shape(ending) == "bare":
        return
    created, expires = readings.created_and_expires(ending)
    service.settle("keys of dates", readings.date_keys(ending), "date_keys")
    if created is None:
        return
    form = readings.date_form(created)
    service.settle("form of dates", form, "date_form")
    service.settle("no end is shown as", readings.no_end(endless, ending), "never")
    if expires is not None and form in ("seconds", "milliseconds"):
        assert expires - created == LIFETIME * (1 if form == "seconds" else 1000)


def _view_plus(service: Service) -> str:
    """Whichever spelling the service takes."""
    return next(tier for tier in ("viewPlus", "view+") if service.create("spelling", tier=tier).status_code == 200)


@pytest.mark.source("7 DOC-C: viewPlus; DOC-B: view+; whether both are taken UNKNOWN")
def test_spellings_of_tiers(service: Service) -> None:
    plus, sign, full = (
        service.create("spelling", tier=tier).status_code == 200 for tier in ("viewPlus", "view+", "fullView")
    )
    service.settle("spellings accepted", readings.accepted(plus, sign), "tiers_accepted")
    service.settle("fullView accepted", full)
    assert plus or sign


@pytest.mark.source("2.2 DOC-C: pageSize, pageStart; CLIENT: nextPageStart until null")
def test_pages(service: Service) -> None:
    made = [service.new_token(f"page {number}").id for number in range(3)]
    pages = service.pages(size=1)
    listed = [token["id"] for page in pages for token in page["result"]]
    assert len(set(listed)) == len(listed)
    assert set(made) <= set(listed)
    assert all(len(page["result"]) == 1 for page in pages[:-1])
    service.settle("pageStart is", readings.cursor_kind(pages[0]["nextPageStart"]), "cursor")
    service.settle("size is listed", "size" in pages[0], "lists_size")
    found = readings.order([token["id"] for token in service.mine()], made)
    # Three shuffled tokens may well look sorted: then nothing is learnt.
    if service.variant is None or service.variant.order != "shuffled":
        service.settle("order of the list", found, "order")


@pytest.mark.source("2.2 DOC-C: maximum 30")
def test_a_page_holds_at_most_thirty(service: Service) -> None:
    answer = service.call("GET", TOKENS, query={"pageSize": 31})
    assert answer.status_code == 400 or len(answer.json()["result"]) <= 30
    assert len(service.call("GET", TOKENS).json()["result"]) <= 30


@pytest.mark.source("2.2 DOC-C: non-expired access tokens")
def test_an_expired_token_is_gone(service: Service) -> None:
    created = service.new_token("short", validFor=5)
    service.wait(7)
    assert service.mine() == []
    assert service.call("GET", f"/path/{service.path_id}", token=created.secret).status_code == 401


@pytest.mark.source("2.3 DOC-C: permanently revoke; 9: immediately disables; body and second status UNKNOWN")
def test_revoking(service: Service) -> None:
    created = service.new_token("revoked")
    answer = service.call("DELETE", f"{TOKENS}/{created.id}")
    assert answer.status_code == 200
    service.settle("answer to a revocation", readings.body_form(answer), "delete_answer")
    assert service.mine() == []
    again = service.call("DELETE", f"{TOKENS}/{created.id}")
    service.settle("status of revoking twice", again.status_code, "delete_unknown")
    assert service.call("DELETE", f"{TOKENS}/{UNKNOWN}").status_code == again.status_code
    service.settle("form of errors", readings.error_form(again), "errors")


@pytest.mark.source("RFC 9110 6.6.1: an origin server with a clock sends Date")
def test_date_header(service: Service) -> None:
    date = service.call("GET", TOKENS).headers.get("Date")
    service.settle("Date header", date is not None, "date_header")
    if date is not None:
        ahead = parsedate_to_datetime(date).timestamp() - service.now()
        service.settle("clock of the service less ours, seconds", round(ahead))
        assert abs(ahead) < 60
