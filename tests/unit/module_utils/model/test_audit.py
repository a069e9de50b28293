# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every finding of the audit, and what must not be one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._model.access_list import Grant, spec_of
from ansible_collections.ellipsis.drive.plugins.module_utils._model.audit import SEVERITIES, Evidence, audit, summary
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Marker, Slot, encode
from ansible_collections.ellipsis.drive.plugins.module_utils._model.tokens import ListedToken

NOW, DAY = 1800000000, 86400
SLOT = Slot("default", "tiles")
VIEW, OTHER, ADMIN = (Grant("p", "view"),), (Grant("q", "view"),), (Grant("p", "admin"),)


def ours(token_id: str, *, age: int = DAY, lifetime: int = 90 * DAY, **facts: Any) -> ListedToken:
    access = facts.pop("made_with", VIEW)
    marker = Marker(SLOT, spec_of(access, "all"), NOW - age, lifetime, f"{token_id:a>5}")
    return ListedToken(token_id, encode(marker), marker, facts.pop("access", access), **facts)


def of_a_run(token_id: str) -> ListedToken:
    marker = Marker(replace(SLOT, run_only=True), spec_of(VIEW, "all"), NOW - 60, 3600, f"{token_id:a>5}")
    return ListedToken(token_id, encode(marker), marker, VIEW)


def foreign(token_id: str, description: str = "by hand", **facts: Any) -> ListedToken:
    return ListedToken(token_id, description, **facts)


def found(*tokens: ListedToken, **facts: Any) -> list[tuple[str, str]]:
    evidence = Evidence(tokens, NOW, 7 * DAY, 2 * DAY, **facts)
    return [(finding.token_id, finding.finding) for finding in audit(evidence)]


CASES: list[tuple[str, list[ListedToken], dict[str, Any], list[tuple[str, str]]]] = [
    ("as it should be", [ours("a")], {}, []),
    ("access not listed", [ours("a", access=None)], {}, []),
    ("never", [ours("a", lifetime=0)], {}, [("a", "never_expires")]),
    ("soon", [ours("a", age=85 * DAY)], {}, [("a", "expires_soon")]),
    ("just soon", [ours("a", age=83 * DAY)], {}, [("a", "expires_soon")]),
    ("just not soon", [ours("a", age=83 * DAY - 1)], {}, []),
    ("other access", [ours("a", access=ADMIN)], {}, [("a", "differs_from_marker"), ("a", "too_wide")]),
    ("admin", [ours("a", made_with=ADMIN)], {}, [("a", "too_wide")]),
    ("replaced lately", [ours("a", age=3 * DAY), ours("b")], {}, []),
    (
        "the order of ids says nothing",
        [ours("b", age=9 * DAY), ours("a", age=3 * DAY)],
        {},
        [("b", "superseded_overdue")],
    ),
    ("replaced just as long ago as that", [ours("a", age=9 * DAY), ours("b", age=2 * DAY)], {}, []),
    ("one second more", [ours("a", age=9 * DAY), ours("b", age=2 * DAY + 1)], {}, [("a", "superseded_overdue")]),
    ("replaced long ago", [ours("a", age=9 * DAY), ours("b", age=3 * DAY)], {}, [("a", "superseded_overdue")]),
    ("as many as may live at once", [ours(name, age=300 - ord(name)) for name in "abcdefghij"], {}, []),
    (
        "one more than that",
        [ours(name, age=300 - ord(name)) for name in "abcdefghijk"],
        {},
        [(name, "duplicate") for name in "abcdefghij"],
    ),
    ("of one run", [of_a_run("a"), of_a_run("b"), ours("c")], {"held": {"c"}}, [("a", "run_only"), ("b", "run_only")]),
    ("unmanaged", [foreign("a")], {}, [("a", "unmanaged")]),
    ("no dates at all", [foreign("a"), foreign("b", "other")], {}, [("a", "unmanaged"), ("b", "unmanaged")]),
    (
        "unmanaged for ever",
        [foreign("a"), foreign("b", "other", expires_at=NOW + 50.0 * DAY)],
        {},
        [("a", "never_expires"), ("a", "unmanaged"), ("b", "unmanaged")],
    ),
    ("namesake", [ours("a"), foreign("b", "tiles")], {}, [("b", "unmanaged"), ("b", "duplicate")]),
    ("broken", [foreign("a", "tiles [ed1:default:oops]")], {}, [("a", "marker_broken")]),
    ("path gone", [ours("a")], {"missing_paths": frozenset({"p"})}, [("a", "path_missing")]),
    ("whole drive", [ours("a")], {"root": frozenset({"p"})}, [("a", "too_wide")]),
    (
        "more than the drive",
        [ours("a", access=VIEW + OTHER, made_with=VIEW + OTHER)],
        {"root": frozenset({"p"})},
        [("a", "too_wide")],
    ),
    ("part of the drive", [ours("a")], {"root": frozenset({"p", "q"})}, []),
    ("secret there", [ours("a")], {"held": {"a"}}, []),
    ("secret of the one before", [ours("a", age=2 * DAY), ours("b")], {"held": {"a"}}, []),
    ("secret gone", [ours("a")], {"held": {"z"}}, [("a", "secret_missing")]),
    ("never kept", [ours("a")], {"held": set()}, [("a", "secret_missing")]),
]


@pytest.mark.parametrize(("name", "tokens", "facts", "expected"), CASES, ids=[case[0] for case in CASES])
def test_findings(name: str, tokens: list[ListedToken], facts: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert found(*tokens, **facts) == expected
    assert sorted(found(*reversed(tokens), **facts)) == sorted(expected)


class Name(str):
    """Counts how often it is compared."""

    compared = 0

    def __eq__(self, other: object) -> bool:
        Name.compared += 1
        return super().__eq__(other)

    __hash__ = str.__hash__


def test_an_account_may_have_many_tokens() -> None:
    """The work grows like their number, not like its square."""
    Name.compared = 0
    tokens = [foreign(f"{number}", Name(f"by hand {number % 400}")) for number in range(500)]
    assert sum(name == "duplicate" for _id, name in found(*tokens)) == 200
    assert Name.compared < 10 * len(tokens)


DECLARE = "no task renews it, so declare one that takes its place"
OF_A_CROWD = [ours(name, age=300 - ord(name)) for name in "abcdefghijk"]
# What is found about the first token, how bad that is, and in which words.
WORDS: list[tuple[str, str, list[ListedToken], dict[str, Any], str]] = [
    ("never_expires", "warning", [ours("a", lifetime=0)], {}, "It never expires; give it a lifetime with valid_for."),
    ("never_expires", "warning", [foreign("a"), foreign("b", expires_at=NOW + 1.0)], {}, f"It never expires; {DECLARE}."),
    (
        "expires_soon", "warning", [ours("a", age=85 * DAY)], {},
        "It expires at 2027-01-20T08:00:00Z; run the task that renews it.",
    ),
    ("expires_soon", "warning", [foreign("a", expires_at=NOW + 1.0)], {}, f"It expires at 2027-01-15T08:00:01Z; {DECLARE}."),
    ("duplicate", "error", OF_A_CROWD, {}, "It is one of 11 live tokens of 'tiles'; run its task."),
    (
        "duplicate", "error", [foreign("a"), foreign("b")], {},
        "Another token has the same description; revoke by token_id what is not needed.",
    ),
    ("unmanaged", "info", [foreign("a")], {}, "It was not made by this collection; no task renews it."),
    (
        "marker_broken", "warning", [foreign("a", "tiles [edr:oops]")], {},
        "Somebody changed the marker in its description; revoke it by token_id if it is not needed.",
    ),
    (
        "differs_from_marker", "error", [ours("a", access=())], {},
        "The server reports another access than it was made with.",
    ),
    (
        "superseded_overdue", "warning", [ours("a", age=9 * DAY), ours("b", age=8 * DAY), ours("c")], {},
        "It was replaced by b and is still live; run its task to retire it.",
    ),
    (
        "too_wide", "warning", [ours("a", made_with=ADMIN)], {},
        "It may do everything with a path, permanent deletion included; a lower tier may do.",
    ),
    (
        "too_wide", "warning", [ours("a")], {"root": frozenset({"p"})},
        "It gives access to everything in the drive; name the paths that are needed.",
    ),
    (
        "path_missing", "error", [ours("a")], {"missing_paths": frozenset({"p"})},
        "The path p does not exist, or the account has no access to it any more.",
    ),
    (
        "secret_missing", "error", [ours("a")], {"held": ()},
        "Its secret is not in the store; run its task, or point store to the right file.",
    ),
    ("run_only", "info", [of_a_run("a")], {}, "It was made for one run of Ansible and ends by itself."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "severity", "tokens", "facts", "message"), WORDS, ids=[row[0] for row in WORDS])
def test_words(name: str, severity: str, tokens: list[ListedToken], facts: dict[str, Any], message: str) -> None:
    findings = audit(Evidence(tuple(tokens), NOW, 7 * DAY, 2 * DAY, **facts))
    [found_it] = [each for each in findings if (each.token_id, each.finding) == ("a", name)]
    assert (found_it.severity, found_it.message) == (severity, message)
    assert found_it.description == (SLOT.description if tokens[0].marker else tokens[0].description)


def test_every_finding_has_its_words() -> None:
    # A proof that fails is told in the words of the proof.
    assert {name for name, *_row in WORDS} == SEVERITIES.keys() - {"verify_failed"}
    assert SEVERITIES["verify_failed"] == "error"


def test_summary_counts_and_messages_are_sentences() -> None:
    findings = audit(Evidence((ours("a", lifetime=0), foreign("b")), NOW, DAY, DAY))
    counts = summary(findings)
    assert counts["never_expires"] == counts["unmanaged"] == 1
    assert sum(counts.values()) == len(findings)
    assert all(
        finding.message.endswith(".") and finding.severity in ("info", "warning", "error") for finding in findings
    )
