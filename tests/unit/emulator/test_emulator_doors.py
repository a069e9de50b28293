# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both doors lead to the same service, and what goes wrong looks the same through either."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from ansible_collections.ellipsis.drive.tests.emulator import (
    PATHS,
    USER_TOKEN,
    Emulator,
    EmulatorAdapter,
    ManualClock,
    Request,
    serve,
)
from ansible_collections.ellipsis.drive.tests.unit.emulator.caller import ROADS, TOKENS, Caller, wish

HEADERS = {"Authorization": f"Bearer {USER_TOKEN}"}
Door = tuple[requests.Session, str]


@contextmanager
def in_process(emulator: Emulator) -> Iterator[Door]:
    with requests.Session() as session:
        session.mount("https://", EmulatorAdapter(emulator))
        yield session, "https://emulator.invalid/v3"


@contextmanager
def over_http(emulator: Emulator) -> Iterator[Door]:
    with serve(emulator) as base_url, requests.Session() as session:
        session.trust_env = False
        yield session, base_url


DOORS = [in_process, over_http]


@pytest.fixture(params=DOORS, ids=lambda door: door.__name__)
def door(request: pytest.FixtureRequest, emulator: Emulator) -> Iterator[Door]:
    opened: Callable[[Emulator], Any] = request.param
    with opened(emulator) as found:
        yield found


def conversation(session: requests.Session, base: str) -> list[tuple[int, Any, Any, bytes]]:
    """Everything kind of answer once; what the doors let through of it."""
    created = session.post(f"{base}{TOKENS}", json=wish(), headers=HEADERS)
    bearer = {"Authorization": f"bearer {created.json()['token']}"}
    layer = PATHS["Projects/Roads/Surface"]
    answers = [
        created,
        session.get(f"{base}{TOKENS}", params={"pageSize": "5"}, headers=HEADERS),
        session.get(f"{base}/path/{layer}", headers=bearer),
        session.get(f"{base}/ogc/wms/{layer}/?request=GetCapabilities&token={created.json()['token']}"),
        session.get(f"{base}/ogc/xyz/{layer}/0/0/0", headers=bearer),
        session.get(f"{base}/ogc/mvt/{PATHS['Buildings']}/0/0/0", headers=HEADERS),
        session.delete(f"{base}{TOKENS}/{created.json()['id']}", headers=HEADERS),
        session.get(f"{base}/path/{ROADS}", headers=bearer),
        session.post(f"{base}{TOKENS}", data=b"{", headers={**HEADERS, "Content-Type": "application/json"}),
        session.put(f"{base}{TOKENS}"),
        session.get(base),
    ]
    return [(answer.status_code, answer.reason, dict(answer.headers), answer.content) for answer in answers]


def test_both_doors_give_the_same_answers() -> None:
    answers, journals = [], []
    for opened in DOORS:
        emulator = Emulator(clock=ManualClock())
        with opened(emulator) as (session, base):
            session.headers["Host"] = "emulator.invalid"
            answers.append(conversation(session, base))
        journals.append(emulator.journal)
    assert answers[0] == answers[1]
    assert journals[0] == journals[1]


def get(door: Door, **options: Any) -> requests.Response:
    session, base = door
    return session.get(f"{base}{TOKENS}", headers=HEADERS, allow_redirects=False, **options)


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "late_commit"])
def test_a_cut_is_an_aborted_connection(door: Door, emulator: Emulator, kind: str) -> None:
    emulator.fault(kind=kind)
    with pytest.raises(requests.exceptions.ConnectionError) as caught:
        get(door)
    assert isinstance(caught.value.args[0], ProtocolError)
    assert get(door).status_code == 200


def test_a_truncated_answer(door: Door, emulator: Emulator) -> None:
    emulator.fault(kind="truncate", at=5)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        get(door)
    assert get(door).status_code == 200


def test_an_answer_too_slow_and_one_in_time(door: Door, emulator: Emulator) -> None:
    emulator.fault(kind="slow", seconds=0.2)
    with pytest.raises(requests.exceptions.ReadTimeout):
        get(door, timeout=(5, 0.05))
    emulator.fault(kind="slow", seconds=0.01)
    assert get(door, timeout=5).status_code == 200


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        ({"kind": "status", "status": 429, "headers": {"Retry-After": "3"}}, 429, b""),
        ({"kind": "status", "status": 599, "body": "odd"}, 599, b"odd"),
        ({"kind": "garbage"}, 200, b"{oops"),
        ({"kind": "html", "body": "<p>"}, 200, b"<p>"),
        ({"kind": "redirect", "location": "https://other.invalid/"}, 302, b""),
    ],
)
def test_other_faults(door: Door, emulator: Emulator, fault: dict[str, Any], status: int, body: bytes) -> None:
    emulator.fault(**fault)
    answer = get(door)
    assert (answer.status_code, answer.content) == (status, body)
    assert answer.headers.get("Retry-After") == fault.get("headers", {}).get("Retry-After")
    assert answer.headers.get("Location") == fault.get("location")


def test_a_refused_connection_is_one_that_was_never_made(emulator: Emulator) -> None:
    emulator.fault(kind="refused")
    with in_process(emulator) as door, pytest.raises(requests.exceptions.ConnectionError) as caught:
        get(door)
    reason = caught.value.args[0]
    assert isinstance(reason, MaxRetryError)
    assert isinstance(reason.reason, NewConnectionError)
    assert emulator.journal == []


def test_a_connection_stays_open(emulator: Emulator) -> None:
    with serve(emulator) as base_url, requests.Session() as session:
        session.trust_env = False
        for _number in range(5):
            session.get(base_url)
        adapter = session.get_adapter(base_url)
        assert isinstance(adapter, HTTPAdapter)
        pools = adapter.poolmanager.pools
        (pool,) = (pools[key] for key in pools.keys())  # noqa: SIM118 - this container refuses to be iterated over
        assert (pool.num_connections, pool.num_requests) == (1, 5)


def test_many_threads_get_along(call: Caller, emulator: Emulator) -> None:
    with over_http(emulator) as (_session, base), ThreadPoolExecutor(8) as pool:
        posts = pool.map(
            lambda _number: requests.post(f"{base}{TOKENS}", json=wish(), headers=HEADERS).json(), range(40)
        )
        made = [answer["id"] for answer in posts]
    with ThreadPoolExecutor(8) as pool:
        direct = list(pool.map(lambda _number: call.create().status, range(40)))
    assert direct == [200] * 40
    assert len(set(made)) == 40
    assert set(made) < {token["id"] for token in call.listed()}
    assert len(emulator.journal) == 80 + 3
    assert len(set(emulator.secrets)) == 80


def test_tls(tmp_path: Path, emulator: Emulator) -> None:
    trustme = pytest.importorskip("trustme")
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    files = {name: str(tmp_path / name) for name in ("cert", "key", "ca")}
    issued.cert_chain_pems[0].write_to_path(files["cert"])
    issued.private_key_pem.write_to_path(files["key"])
    authority.cert_pem.write_to_path(files["ca"])
    with serve(emulator, tls=(files["cert"], files["key"])) as base_url, requests.Session() as session:
        session.trust_env = False
        assert base_url.startswith("https://")
        with pytest.raises(requests.exceptions.SSLError):
            session.get(base_url)
        assert session.get(base_url, verify=files["ca"]).status_code == 200
        emulator.fault(kind="cut_before")
        with pytest.raises(requests.exceptions.ConnectionError):
            session.get(base_url, verify=files["ca"])


def test_an_ended_server_lets_go(emulator: Emulator) -> None:
    with over_http(emulator) as (session, base):
        assert session.get(base).status_code == 200
    with pytest.raises(requests.exceptions.ConnectionError):
        session.get(base)


def test_percent_and_empty_values() -> None:
    request = Request.of("get", "/v3/a%20b?x=&y=1%2B1&y=2", {"X-Y": "z"})
    assert (request.method, request.path, request.query, request.headers) == (
        "GET",
        "/v3/a b",
        {"x": "", "y": "2"},
        {"x-y": "z"},
    )
