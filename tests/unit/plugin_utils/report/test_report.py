# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports: whatever anybody writes into a description stays text."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.ellipsis.drive.plugins.filter.token_report import FilterModule
from ansible_collections.ellipsis.drive.plugins.plugin_utils._report.page import ahead

DAY = 86400
ID = "5b0c3d2e-6a8f-4f5e-9d1c-2b7a90c1e4f8"
API = "https://drive.example/v3"
PATH = "55bd98ac-a80b-59d4-88d8-4da7e7828ab6"
SECRET = "epat_" + "s" * 12
HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</title></svg></style><iframe src=//evil>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "\u202egpj.exe",
    "\x00\x1b[31m\ud800",
    "&lt;b&gt;",
)
render = FilterModule().filters()["token_report"]
texts = st.text(st.characters(), max_size=100)


def token(description: str = "tile server", **more: Any) -> dict[str, Any]:
    return {
        "id": ID,
        "description": description,
        "owner": "platform",
        "access_list": [{"path_id": PATH, "access_tier": "view", "property_fence": ["name"]}],
        "scope": "ogc",
        "created_at": "2026-11-01T00:00:00Z",
        "expires_at": "2026-12-01T00:00:00Z",
        "valid_for": "30d",
        "managed": True,
        "fingerprint": None,
        **more,
    }


def finding(kind: str, severity: str, description: str = "tile server", token_id: str = ID) -> dict[str, Any]:
    about = {"token_id": token_id, "description": description, "message": f"{kind} of {description!r}"}
    return {"finding": kind, "severity": severity, **about}


def audited(*tokens: dict[str, Any], findings: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {
        "listed_at": "2026-11-16T00:00:00Z",
        "account": {"api_url": API, "username": "ada", "organization_id": None, "owner": None},
        "access_tokens": list(tokens),
        "paths": {PATH: "Roads"},
        "findings": list(findings),
        "summary": {"tokens": len(tokens)},
        "verified": [],
        "api_calls": {"list": 1},
    }


class Structure(HTMLParser):
    """Everything of a page that is not text."""

    VOID = ("meta", "br")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _value in attrs)))
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in ("href", "src", "action", "xlink:href", "data"):
                self.links.append(value or "")
            if name == "id":
                self.ids.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _value in attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text.append(data)


def page_about(text: str) -> str:
    """A page in which somebody's text stands wherever one can."""
    foreign = token(text, id="2", owner=None, managed=False, access_list=None, expires_at=None, scope=text)
    ours = token(text, access_list=[{"path_id": text, "access_tier": text}])
    found = (finding("expires_soon", "warning", text), finding("duplicate", "error", text))
    return render(audited(ours, foreign, findings=(*found, finding("unmanaged", "info", text, "2"))), "html", text)


@given(texts)
@example(HOSTILE[0])
@example(HOSTILE[2])
def test_what_people_write_never_changes_the_structure_of_the_page(text: str) -> None:
    assert Structure(page_about(text)).tags == Structure(page_about("x")).tags


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_descriptions_are_shown_as_they_are(text: str) -> None:
    shown = " ".join(re.sub("[\x00\x1b\ud800\u202e]", "\N{REPLACEMENT CHARACTER}", text).split())
    assert shown in " ".join(Structure(page_about(text)).text)


def test_the_page_loads_and_runs_nothing() -> None:
    page = page_about(HOSTILE[1])
    structure = Structure(page)
    assert not {"script", "link", "img", "iframe", "object", "embed", "form", "base"} & {
        tag for tag, _names in structure.tags
    }
    assert not [name for _tag, names in structure.tags for name in names if name.startswith("on") or name == "style"]
    assert all(link.removeprefix("#") in structure.ids for link in structure.links)
    assert len(set(structure.ids)) == len(structure.ids)
    assert "default-src 'none'" in page and not re.search(r"url\(|@import|https?:", page.replace(API, ""))


def test_the_page_says_what_was_found() -> None:
    late = token("late", id="2", expires_at=None)
    found = (finding("never_expires", "warning", "late", "2"), finding("duplicate", "error", "late", "2"))
    text = " ".join(" ".join(Structure(render(audited(late, token(), findings=found), "html")).text).split())
    assert "Tokens of the account ada at https://drive.example/v3 Made at 2026-11-16 00:00 UTC" in text
    assert f"view Roads {PATH}" in text
    for said in ("Live tokens 2", "Errors 1", "Warnings 1", "Notes 0", "in 15 days: tile server", "never expires"):
        assert said in text
    assert text.index("duplicate of 'late'") < text.index("never_expires of 'late'")


@pytest.mark.parametrize("form", ["html", "csv", "json", "prom"])
def test_an_empty_account_has_a_report(form: str) -> None:
    assert render(audited(), form)


@pytest.mark.parametrize("form", ["html", "csv", "json", "prom"])
def test_secrets_in_descriptions_are_masked(form: str) -> None:
    text = render(audited(token(f"key {SECRET}"), findings=(finding("duplicate", "error", SECRET),)), form, SECRET)
    assert SECRET not in text and "key ********" in text


def rows(text: str) -> list[dict[str, str]]:
    assert text.startswith("\N{ZERO WIDTH NO-BREAK SPACE}")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


@given(texts)
@example("=1+1")
@example(" \t=HYPERLINK(1)")
@example("+31 20 1234567")
@example("-1")
@example("@SUM(A1)")
@example("\N{FULLWIDTH EQUALS SIGN}1")
@example('a";=1')
def test_no_cell_is_a_formula(text: str) -> None:
    [row] = rows(render(audited(token(text, owner=text, id=text)), "csv"))
    assert not [cell for cell in row.values() if cell.lstrip()[:1] in tuple("=+-@\uff1d\uff0b\uff0d\uff20\u2212")]


def test_the_table_has_a_row_for_each_token() -> None:
    foreign = token("=copied", id="2", owner=None, managed=False, access_list=None, expires_at=None)
    first, second = rows(render(audited(token(), foreign, findings=(finding("duplicate", "error"),) * 2), "csv"))
    assert first == {
        **{
            name: token()[name]
            for name in ("description", "owner", "id", "created_at", "expires_at", "valid_for", "scope")
        },
        "managed": "yes",
        "access": f"view Roads ({PATH}) (property_fence)",
        "findings": "duplicate, duplicate",
    }
    assert (second["description"], second["owner"], second["expires_at"]) == ("'=copied", "", "")
    assert second["access"] == "not told by the server"


@given(texts)
def test_json_can_be_read_and_encoded(text: str) -> None:
    report = json.loads(render(audited(token(text)), "json", "Ours").encode())
    assert report["title"] == "Ours" and "api_calls" not in report
    assert report["access_tokens"][0]["id"] == ID


@pytest.mark.parametrize(
    ("value", "form", "said"),
    [
        ({}, "html", "the input has no listed_at, account, access_tokens, paths, findings, summary, verified"),
        ("text", "html", "register a task with ellipsis_access_token_info"),
        (audited(), "pdf", "'pdf' is not a form of reports; use one of html, json, csv, prom"),
    ],
)
def test_bad_input_is_named(value: Any, form: str, said: str) -> None:
    with pytest.raises(AnsibleFilterError, match=re.escape(said)):
        render(value, form)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "in 0 minutes"),
        (61, "in 1 minute"),
        (7140, "in 119 minutes"),
        (7200, "in 2 hours"),
        (47 * 3600, "in 47 hours"),
        (60 * DAY, "in 60 days"),
        (119 * DAY, "in 119 days"),
        (120 * DAY, "in 4 months"),
        (364 * DAY, "in 12 months"),
        (1000 * DAY, "in 3 years"),
    ],
)
def test_time_ahead(seconds: float, said: str) -> None:
    assert ahead(seconds) == said


def test_marks_are_as_many_as_tokens() -> None:
    many = [token(f"t{n}", id=str(n), expires_at=f"2026-12-{n % 28 + 1:02}T00:00:00Z") for n in range(200)]
    structure = Structure(render(audited(*many), "html"))
    assert Counter(tag for tag, _names in structure.tags)["circle"] >= 200
    assert len([each for each in structure.ids if re.fullmatch(r"t\d+", each)]) == 200
