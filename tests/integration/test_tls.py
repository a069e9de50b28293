# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real TLS: whose certificate is accepted, what is said of one that is not, and what has no say in it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._api.client import Client
from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import Connection
from ansible_collections.ellipsis.drive.plugins.module_utils._api.errors import Rejected
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.run import open_client
from ansible_collections.ellipsis.drive.tests.emulator import OTHER_USER, USER_TOKEN, Emulator, serve
from ansible_collections.ellipsis.drive.tests.integration.authority import Authority
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller

REFUSED = "the certificate of the server is not accepted: "
ANY = "; validate_certs=false would accept "


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "stranger")


@pytest.fixture
def doors(emulator: Emulator, authority: Authority) -> Iterator[dict[str, str]]:
    """The same service behind certificates of several kinds."""
    certificates = {
        "good": authority.issue("127.0.0.1"),
        "expired": authority.issue("127.0.0.1", first=-9, last=-2),
        "future": authority.issue("127.0.0.1", first=2, last=9),
        "name": authority.issue("api.example.com"),
    }
    with ExitStack() as stack:
        yield {name: stack.enter_context(serve(emulator, tls=pair)) for name, pair in certificates.items()}


@pytest.fixture
def opened(
    doors: dict[str, str], authority: Authority, stranger: Authority, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Client]:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    paths = {"file": authority.ca_file, "folder": authority.ca_folder, "stranger": stranger.ca_file}

    def open_door(door: str, ca: str | None, **more: Any) -> Client:
        url = doors[door.removeprefix("localhost ")]
        url = url.replace("127.0.0.1", "localhost") if door.startswith("localhost") else url
        ca_path = str(paths[ca]) if ca else None
        return open_client(Connection(url, USER_TOKEN, ca_path=ca_path, timeout=10, **more))

    return open_door


@pytest.mark.parametrize("ca", ["file", "folder"])
def test_the_right_ca(ca: str, opened: Callable[..., Client]) -> None:
    assert opened("good", ca).list_tokens().tokens == ()


@pytest.mark.parametrize(
    ("door", "ca", "reason", "advice"),
    [
        (
            "good",
            "stranger",
            "unable to get local issuer certificate",
            f"Name the CA that issued it in ca_path{ANY}any",
        ),
        ("good", None, "unable to get local issuer certificate", f"Name the CA that issued it in ca_path{ANY}any"),
        ("expired", "file", "certificate has expired", f"Renew it there, or set the clock of this host{ANY}it"),
        ("future", "file", "certificate is not yet valid", f"Renew it there, or set the clock of this host{ANY}it"),
        (
            *("name", "file", "IP address mismatch, certificate is not valid for '127.0.0.1'"),
            f"Set api_url to a name that the certificate is for{ANY}any",
        ),
        (
            *("localhost good", "folder", "Hostname mismatch, certificate is not valid for 'localhost'"),
            f"Set api_url to a name that the certificate is for{ANY}any",
        ),
    ],
)
def test_refused_certificates(
    door: str, ca: str | None, reason: str, advice: str, opened: Callable[..., Client], emulator: Emulator
) -> None:
    with pytest.raises(Rejected) as caught:
        opened(door, ca).list_tokens()
    assert f"failed: {REFUSED}{reason}. {advice}" in str(caught.value)
    assert not emulator.journal


@pytest.mark.parametrize("door", ["good", "expired", "future", "name", "localhost name"])
def test_no_validation_and_not_a_word_about_it(door: str, opened: Callable[..., Client]) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        opened(door, "stranger", validate_certs=False).list_tokens()
    assert not [each for each in said if "Insecure" in each.category.__name__]


@pytest.mark.parametrize("bundle", ["/no/such/bundle", "", "stranger"])
def test_bundles_of_the_environment_do_not_count(
    bundle: str, opened: Callable[..., Client], stranger: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(stranger.ca_file) if bundle == "stranger" else bundle)
    opened("good", "file").list_tokens()
    opened("good", "stranger", validate_certs=False).list_tokens()
    with pytest.raises(Rejected, match=REFUSED):
        opened("good", None).list_tokens()


def test_tasks(
    controller: Controller, emulator: Emulator, doors: dict[str, str], authority: Authority, stranger: Authority
) -> None:
    emulator.seed_tokens(2)
    emulator.seed_tokens(1, account=OTHER_USER)
    (controller.folder / "home" / ".netrc").write_text("machine 127.0.0.1 login other password other-password\n")
    os.chmod(controller.folder / "home" / ".netrc", 0o600)
    run = controller.run(
        f"""
        - name: good
          ellipsis.drive.ellipsis_access_token_info: {{ca_path: "{{{{ item }}}}"}}
          loop: [{authority.ca_file}, {authority.ca_folder}]
        - name: good elsewhere
          ellipsis.drive.ellipsis_access_token_info: {{ca_path: {authority.ca_file}}}
          delegate_to: bastion
        - name: unchecked
          ellipsis.drive.ellipsis_access_token_info: {{api_url: "{doors["name"]}", validate_certs: false}}
        - name: unchecked elsewhere
          ellipsis.drive.ellipsis_access_token_info: {{api_url: "{doors["expired"]}", validate_certs: false}}
          delegate_to: bastion
        - keep: {{good: 1}}
        - name: refused
          ellipsis.drive.ellipsis_access_token_info: "{{{{ item }}}}"
          loop:
            - {{api_url: "{doors["good"]}"}}
            - {{api_url: "{doors["good"]}", ca_path: {stranger.ca_file}}}
            - {{api_url: "{doors["expired"]}", ca_path: {authority.ca_file}}}
            - {{api_url: "{doors["name"]}", ca_path: {authority.ca_file}}}
            - {{ca_path: {doors["good"]}}}
          ignore_errors: true
        - name: refused elsewhere
          ellipsis.drive.ellipsis_access_token_info:
          delegate_to: bastion
          ignore_errors: true
        - keep: {{refused: 1}}
        - emulator: {{fault: {{kind: redirect, location: "{controller.api_url}/account/security/accessToken"}}}}
        - name: redirected
          ellipsis.drive.ellipsis_access_token_info: {{ca_path: {authority.ca_file}}}
          ignore_errors: true
        - keep: {{redirected: 1}}
        """,
        environment={
            "ELLIPSIS_API_URL": doors["good"],
            # Would make the refused ones pass, if it had a say.
            "REQUESTS_CA_BUNDLE": str(authority.ca_file),
            "CURL_CA_BUNDLE": str(authority.ca_file),
        },
    )
    found = [*run.items("good"), *map(run.result, ("good elsewhere", "unchecked", "unchecked elsewhere"))]
    assert [len(each["access_tokens"]) for each in found] == [2] * 5
    assert run.calls("good") == {"list": 5}
    reasons = ["unable to get local issuer certificate"] * 2 + ["certificate has expired", "IP address mismatch"]
    for reason, item in zip(reasons, run.items("refused"), strict=False):
        assert f"{REFUSED}{reason}" in item["msg"]
        assert ANY in item["msg"]
    assert "does not exist; name a file or folder of CA certificates" in run.items("refused")[4]["msg"]
    assert f"{REFUSED}unable to get local issuer certificate" in run.result("refused elsewhere")["msg"]
    assert not run.calls("refused")
    assert f"was redirected to {controller.api_url}/account" in run.result("redirected")["msg"]
    assert run.calls("redirected") == {"list": 1}
    assert "InsecureRequestWarning" not in run.stdout + run.stderr
