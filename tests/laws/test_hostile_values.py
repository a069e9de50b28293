# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server says goes no further than it is held against what it must be: ids, tokens, and texts with secrets in them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._api.errors import TransportError
from ansible_collections.ellipsis.drive.plugins.module_utils._api.session import Bearer
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError
from ansible_collections.ellipsis.drive.plugins.module_utils._model.identifiers import is_bearer
from ansible_collections.ellipsis.drive.tests.emulator import PATHS, Emulator, Variant
from ansible_collections.ellipsis.drive.tests.laws.harness import Controller, absent, present, service
from ansible_collections.ellipsis.drive.tests.unit.module_utils.clients import open_client

ROADS = PATHS["Projects/Roads"]
ODD_IDS = [
    f"../../path/{ROADS}?x=",
    "..",
    ".",
    "",
    "a/b",
    f"{ROADS}\n",
    f"{ROADS}/..",
    "%2e%2e",
    "all",
    "\ud800",
    "x" * 9999,
]
TASKS = {
    "absent": absent(),
    "replaced": present(scope="ogc", overlap="0"),
}


@pytest.mark.parametrize("apply", [True, False], ids=["run", "check"])
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("odd", ODD_IDS, ids=lambda odd: ascii(odd[:20]))
def test_an_id_that_is_none_is_never_written_to(odd: str, task: str, apply: bool) -> None:
    """In check mode it is said as well."""
    controller = Controller(service())
    controller.run(present())
    controller.emulator.fault(kind="set", path="accessToken$", method="GET", values={"id": odd}, times=None)
    run = controller.run(TASKS[task], apply=apply)
    assert run.sent("DELETE") == [] and not run.gone
    if run.error is None:
        # It lives on for its overlap.
        assert task == "replaced"
        return
    assert not run.sent("POST")
    text = str(run.error)
    assert (
        "is not a UUID, as every id of the API is" in text.replace("That is", "is")
        and "\n" not in text
        and len(text) < 400
    )


def test_the_listing_shows_it() -> None:
    emulator = service()
    emulator.seed_tokens(1)
    emulator.fault(kind="set", path="accessToken$", values={"id": ODD_IDS[0]}, times=None)
    assert [token.id for token in open_client(emulator).list_tokens().tokens] == [ODD_IDS[0]]
    with pytest.raises(EllipsisError, match="is not a UUID"):
        open_client(emulator).delete_token(ODD_IDS[0])
    assert not [entry for entry in emulator.journal if entry.method == "DELETE"]


BAD_TOKENS = [
    "{token}\n",
    "{token}\r\nX: y",
    "\n{token}",
    "{token} {token}",
    "{token}é",
    "{token}\x00",
    "{token}\u2028",
    "\ud800",
]


@pytest.mark.parametrize("times", [1, None])
@pytest.mark.parametrize("create_id", [True, False])
@pytest.mark.parametrize("bad", BAD_TOKENS, ids=ascii)
def test_a_created_token_that_is_no_bearer(bad: str, create_id: bool, times: int | None) -> None:
    """It is revoked, nothing of it is shown, and a second try that is good is taken."""
    controller = Controller(service(Variant(create_id=create_id)))
    controller.emulator.fault(kind="set", method="POST", path="accessToken$", values={"token": bad}, times=times)
    run = controller.run(present(verify="strict"))
    assert len(run.sent("POST")) == 2
    assert len(run.after) == (1 if times else 0)
    assert (run.error is None) == bool(times)
    shown = f"{run.error} {run.warnings} {run.result if run.error else ''}"
    for secret in controller.emulator.secrets:
        assert secret not in shown and secret[5:25] not in shown
    if times is None:
        assert "a token that is not one line of ASCII without spaces" in str(run.error)


@pytest.mark.parametrize("bad", BAD_TOKENS, ids=ascii)
def test_a_login_token_that_is_no_bearer(bad: str) -> None:
    emulator = service()
    emulator.fault(kind="set", path="/account/login", values={"token": bad}, times=None)
    with pytest.raises(TransportError, match="answered with a token that is not one line of ASCII") as caught:
        open_client(emulator).list_tokens()
    assert not any(secret[5:25] in str(caught.value) for secret in emulator.secrets)


@pytest.mark.parametrize("text", ["", " ", "a b", "a\n", "é", "\x7f", "x" * 8193, None, 1])
def test_what_is_no_bearer(text: Any) -> None:
    assert not is_bearer(text)
    if isinstance(text, str):
        with pytest.raises(EllipsisError, match="can't be sent, so it was not"):
            Bearer(text)


@pytest.mark.parametrize("text", ["epat_" + "a" * 64, "a", "eyJ.x-_~+/=", "!~"])
def test_what_is_one(text: str) -> None:
    assert is_bearer(text)


SPOTS = [
    {"description": "{token}"},
    {"description": "the secret is {token}!"},
    {"description": "{token} [ed1:default:aaaaaa:1:1:aaaaa]"},
    {"scope": "{token}"},
    {"creationDate": "{token}"},
    {"accessList": "{token}"},
    {"message": "{token}"},
]


@pytest.mark.parametrize("values", SPOTS, ids=str)
def test_a_server_that_lists_the_secret_gets_it_shown_nowhere(values: dict[str, Any]) -> None:
    controller = Controller(service(Variant(leaks_secret=True)))
    controller.emulator.fault(kind="set", path="accessToken$", method="GET", skip=1, values=values, times=None)
    run = controller.run(present())
    (secret,) = {token.secret for token in controller.emulator.tokens}
    shown = {key: value for key, value in run.result.items() if key != "secret"}
    assert secret not in f"{run.error} {run.warnings} {shown}"


def test_a_refusal_that_quotes_the_secret_is_shown_without_it() -> None:
    emulator: Emulator = service()
    controller = Controller(emulator)
    secret = controller.run(present()).result["secret"]
    client = open_client(emulator)
    client.sender.hide(secret)
    for text in (f"no {secret}", f'{{"message": "no {secret}", "status": 400}}', f"<html><b>{secret}</b></html>"):
        emulator.fault(kind="status", status=400, body=text, path="accessToken$")
        with pytest.raises(EllipsisError) as caught:
            client.list_tokens()
        assert secret not in str(caught.value)
