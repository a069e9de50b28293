# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever answers at a wrong address is told from the API, and said in plain words; a right one is never asked twice."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._api.api_check import (
    BaseAnswer,
    objection,
    read_base_answer,
)
from ansible_collections.ellipsis.drive.plugins.module_utils._api.errors import (
    ApiError,
    NotTheApi,
    Rejected,
    TransportError,
)
from ansible_collections.ellipsis.drive.plugins.module_utils._api.hints import readable
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError, IncompleteListing
from ansible_collections.ellipsis.drive.tests.emulator import (
    PASSWORD,
    USER_TOKEN,
    VARIANTS,
    Emulator,
    ManualClock,
    Variant,
)
from ansible_collections.ellipsis.drive.tests.unit.module_utils.clients import API, open_client

HOST = "http://emulator.invalid"
TOKEN = {"api_token": USER_TOKEN}
NGINX = (
    "<html>\n<head><title>404 Not Found</title></head>\n<body>\n<center><h1>404 Not Found</h1></center></body></html>"
)
APP = (
    "<!doctype html><html><head><title>Ellipsis Drive</title><script>var a = '<b>';</script></head><body></body></html>"
)


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(clock=ManualClock())


def error(emulator: Emulator, **options: Any) -> EllipsisError:
    with pytest.raises(EllipsisError) as caught:
        open_client(emulator, **options).list_tokens()
    return caught.value


def pings(emulator: Emulator) -> int:
    return sum(each.path in ("/v3", "/v3/", "", "/") for each in emulator.journal)


def wrong(**fields: Any) -> dict[str, Any]:
    return {"kind": "status", "status": 404, "times": None, **fields}


STRANGERS: dict[str, tuple[dict[str, Any], str]] = {
    "page": (
        {"kind": "html", "times": None},
        "answered 200 (text/html): Service. Set api_url to the address of the API",
    ),
    "web application": ({"kind": "html", "body": APP, "times": None}, "answered 200 (text/html): Ellipsis Drive. Set"),
    "nginx": (
        wrong(headers={"Content-Type": "text/html", "Server": "nginx/1.27"}, body=NGINX),
        "answered 404 (text/html from nginx/1.27): 404 Not Found. Set api_url",
    ),
    "nothing": (wrong(headers={"Content-Type": ""}), "answered 404 (). Set api_url"),
    "text": (wrong(status=405, body="No such method"), "answered 405 (text/plain): No such method. Set"),
    "other service": (
        {"kind": "garbage", "body": '{"hello": "world"}', "times": None},
        "answered 200 (application/json): {'hello': 'world'}. Set api_url",
    ),
    "list": ({"kind": "garbage", "body": "[]", "times": None}, "answered 200 (application/json): []. Set api_url"),
    "other service that refuses": (
        wrong(status=401, headers={"Content-Type": "application/json"}, body='{"message": "Unauthorized"}'),
        "answered 401 (application/json): Unauthorized. Set",
    ),
    "long": (wrong(body="word " * 99), "word word. Set api_url"),
    "repeats": (wrong(body=f"unknown: {USER_TOKEN} {PASSWORD}"), "unknown: "),
}


@pytest.mark.parametrize("options", [TOKEN, {}], ids=["token", "password"])
@pytest.mark.parametrize("name", STRANGERS)
def test_strangers(name: str, options: dict[str, str], emulator: Emulator) -> None:
    fault, words = STRANGERS[name]
    emulator.fault(**fault)
    caught = error(emulator, **options)
    assert isinstance(caught, NotTheApi)
    assert f"This does not look like an Ellipsis Drive API: GET {API} answered" in str(caught)
    assert words in str(caught)
    assert not any(secret in str(caught) for secret in (options.get("api_token", PASSWORD), "epat_"))
    assert len(emulator.journal) == 2
    # The question carries nothing, since nobody knows who will read it.
    assert (emulator.journal[1].authorization, emulator.journal[1].path) == ("none", "/v3")


@pytest.mark.parametrize(
    ("api_url", "words"),
    [
        (HOST, f"The API of Ellipsis Drive is at {HOST}/v3. Set api_url to that"),
        (
            f"{HOST}/v2",
            f"not look like an Ellipsis Drive API: GET {HOST}/v2 answered 404 (application/json): ",
        ),
        (f"{HOST}/v3/account", f"GET {HOST}/v3/account answered 401"),
        (f"{HOST}/api", f"GET {HOST}/api answered 404"),
    ],
)
@pytest.mark.parametrize("form", ["json", "text", "html"])
@pytest.mark.parametrize("options", [TOKEN, {}], ids=["token", "password"])
def test_wrong_paths(api_url: str, words: str, form: str, options: dict[str, str], emulator: Emulator) -> None:
    emulator.reset(Variant(errors=form))
    caught = error(emulator, api_url=api_url, **options)
    assert isinstance(caught, NotTheApi)
    kind = {"json": "application/json", "text": "text/plain", "html": "text/html"}[form]
    assert words.replace("application/json", kind) in str(caught)


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_a_good_address_is_never_asked(variant: Variant, emulator: Emulator) -> None:
    emulator.reset(variant)
    emulator.seed_tokens(31)
    client = open_client(emulator)
    for token in client.list_tokens().tokens:
        client.delete_token(token.id)
    assert pings(emulator) == 0


@pytest.mark.parametrize("form", ["json", "text", "html"])
def test_a_refusal_stays_a_refusal(form: str, emulator: Emulator) -> None:
    emulator.reset(Variant(errors=form))
    client = open_client(emulator, api_token="unknown")
    for _time in range(2):
        with pytest.raises(ApiError, match=r"answered 401: .*Token is invalid or expired. api_token is unknown here"):
            client.list_tokens()
    # The documented form of a refusal tells the API; of others it is asked once.
    assert pings(emulator) == (0 if form == "json" else 1)


@pytest.mark.parametrize(
    ("faults", "kind", "words", "asked"),
    [
        ([{"kind": "status", "status": 503, "times": None}], ApiError, "answered 503", 0),
        ([{"kind": "status", "status": 500, "times": None}], ApiError, "answered 500", 0),
        ([{"kind": "redirect", "times": None}], Rejected, "redirected to https://elsewhere.invalid/v3;", 0),
        ([{"kind": "cut_before", "times": None}], TransportError, "Remote end closed", 0),
        # One bad answer of the API itself.
        ([{"kind": "html"}], TransportError, "answered 200 but not in JSON", 1),
        ([{"kind": "garbage", "body": "{}"}], IncompleteListing, "came without result", 1),
        ([wrong(times=1)], ApiError, "answered 404", 1),
        # Nobody can tell.
        ([wrong(times=1), {"kind": "cut_before"}], ApiError, "answered 404", 1),
        ([wrong(times=1), {"kind": "status", "status": 502}], ApiError, "answered 404", 1),
        ([wrong(times=1), {"kind": "redirect"}], NotTheApi, "was redirected to https://elsewhere.invalid/v3;", 1),
    ],
)
def test_what_is_not_for_the_address_to_answer(
    faults: list[dict[str, Any]], kind: type[EllipsisError], words: str, asked: int, emulator: Emulator
) -> None:
    for fault in faults:
        emulator.fault(**fault)
    caught = error(emulator, **TOKEN)
    assert isinstance(caught, kind)
    assert words in str(caught)
    assert pings(emulator) == asked


WELCOME = "Welcome to the Ellipsis Drive API"


@pytest.mark.parametrize(
    ("status", "text", "is_api"),
    [
        (200, WELCOME, True),
        (200, WELCOME.upper(), True),
        (199, WELCOME, False),
        (201, WELCOME, False),
        (404, WELCOME, False),
        (200, "Welcome", False),
        (200, APP, False),
    ],
)
def test_what_the_base_address_of_the_api_answers(status: int, text: str, *, is_api: bool) -> None:
    answer = read_base_answer(status, {"Content-Type": "text/plain; charset=utf-8"}, text, "")
    assert answer == BaseAnswer(is_api, f"{status} (text/plain)")


@pytest.mark.parametrize(
    ("status", "tells"),
    [(428, True), (429, False), (430, True), (499, True), (500, False), (501, False), (503, False)],
)
def test_one_that_is_busy_or_broken_tells_nothing(status: int, *, tells: bool) -> None:
    answer = read_base_answer(status, {"Server": "nginx"}, "", "Come later")
    assert answer == (BaseAnswer(False, f"{status} (no content type from nginx): Come later") if tells else None)


RIGHT, WRONG = BaseAnswer(True, "200 (text/plain)"), BaseAnswer(False, "404 (text/html): Not found. ")


@pytest.mark.parametrize(
    ("api_url", "above", "versioned", "asked", "words"),
    [
        ("https://x", RIGHT, WRONG, 2, None),
        ("https://x", RIGHT, None, 2, None),
        ("https://x", RIGHT, RIGHT, 2, "The API of Ellipsis Drive is at https://x/v3. Set api_url to that"),
        ("https://x", WRONG, RIGHT, 2, "The API of Ellipsis Drive is at https://x/v3. Set api_url to that"),
        ("https://x", WRONG, WRONG, 2, "GET https://x answered 404 (text/html): Not found. Set api_url to the address"),
        ("https://x", WRONG, None, 2, "GET https://x answered 404 (text/html): Not found. Set api_url to the address"),
        ("https://x", None, RIGHT, 1, None),
        ("https://x/v3", None, RIGHT, 1, None),
        ("https://x/v3", None, None, 1, None),
        ("https://x/v3", None, WRONG, 1, "GET https://x/v3 answered 404 (text/html): Not found. Set api_url to the"),
    ],
)
def test_the_address_above_the_api_may_answer_as_well(
    api_url: str, above: BaseAnswer | None, versioned: BaseAnswer | None, asked: int, words: str | None
) -> None:
    answers, urls = {"https://x": above, "https://x/v3": versioned}, []

    def ask(url: str) -> BaseAnswer | None:
        urls.append(url)
        return answers[url]

    said = objection(api_url, ask)
    assert said is None if words is None else said is not None and words in said
    assert urls == [api_url, f"{api_url}/v3"][:asked]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("plain <b>", "plain <b>"),
        (NGINX, "404 Not Found"),
        (APP, "Ellipsis Drive"),
        ("<html><body><!-- no --><style>a</style><p>One&amp;two</p>\n<p>three</p></body></html>", "One&two three"),
        ("<html><head><script>1</script></head></html>", "(an empty page)"),
        ("<html><body><script>never ends", "never ends"),
    ],
)
def test_words_of_pages(text: str, words: str) -> None:
    assert readable(text) == words
