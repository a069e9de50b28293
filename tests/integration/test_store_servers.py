# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the laws of stores ask of a backend, on the real servers: OpenBao, and moto for AWS Secrets Manager."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import pytest
from hvac.exceptions import InvalidRequest

from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.aws_secretsmanager import open_aws_secretsmanager
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import Entry, StoredSlot, StoreError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.hashi_vault import open_hashi_vault
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.remote import RemoteBackend
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.store import Store
from ansible_collections.ellipsis.drive.tests.integration.openbao import OpenBao, policy_of_the_guide

SLOT = StoredSlot("roads", "default", "https://api.example.com/v3")
ENTRY = Entry(SLOT, id="1", token="test-secret")
STRANGE = ("a/b", "..", "a?b#c %2F", "é😀", "+;,=&", "a\u00a0b", "tiles-abcdef", "'\"{{ x }}", "x" * 50)
Open = Callable[[str], RemoteBackend]


@pytest.fixture(params=["hashi_vault", "aws_secretsmanager"])
def open_backend(request: pytest.FixtureRequest, folder: str) -> Open:
    """Opens the backend at a place of this test, below which a name may be given."""
    place = folder.replace("[", "").replace("]", "")
    if request.param == "hashi_vault":
        bao: OpenBao = request.getfixturevalue("bao")
        variables = {"ansible_hashi_vault_url": bao.url, "ansible_hashi_vault_token": bao.admin.token}
        return lambda name: open_hashi_vault(f"secret/{place}{name}", variables.get)
    request.getfixturevalue("aws")
    return lambda name: open_aws_secretsmanager(f"{place}{name}", lambda _name: None)


@pytest.fixture
def aws(moto: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": moto,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    server = pytest.importorskip("moto.server", reason="no moto in this environment")
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


def test_descriptions_that_are_no_paths(open_backend: Open) -> None:
    store = Store(open_backend(""))
    entries = {name: replace(ENTRY, slot=replace(SLOT, description=name)) for name in STRANGE}
    store.keep(entries.values())
    assert Store(open_backend("")).entries() == entries
    assert [Store(open_backend("")).find(name) for name in STRANGE] == list(entries.values())


def test_of_two_writers_one_is_turned_away(open_backend: Open) -> None:
    """Both read the same version; what each of them changed is there in the end."""
    first, second = Store(open_backend("")), Store(open_backend(""))
    for store in (first, second):
        assert store.read(SLOT) is None
    first.claim([SLOT])
    with pytest.raises(StoreError, match="in the hands of another controller"):
        Store(open_backend(""), lock_timeout=0).claim([SLOT])
    first.begin({SLOT: "aaaaa"})
    first.keep([ENTRY])
    first.release()
    assert second.read(SLOT) is None, "what was read is remembered until a claim"
    second.claim([SLOT])
    entry = second.read(SLOT)
    assert entry
    assert replace(entry, claim=None) == ENTRY
    second.release()


def test_removed_and_made_again(open_backend: Open) -> None:
    store = Store(open_backend(""))
    for _time in range(2):
        store.keep([ENTRY])
        assert Store(open_backend("")).entries() == {"roads": ENTRY}
        store.forget([SLOT])
        assert Store(open_backend("")).entries() == {}
        assert Store(open_backend("")).read(SLOT) is None


def test_nothing_there(open_backend: Open) -> None:
    store = Store(open_backend("/nothing"))
    store.check()
    assert store.entries() == {}
    assert store.find("roads") is None


def test_deleted_and_destroyed_by_hand(bao: OpenBao, folder: str) -> None:
    """In a mount that keeps one version of each secret, and wants check-and-set of everybody."""
    variables = {"ansible_hashi_vault_url": bao.url, "ansible_hashi_vault_token": bao.admin.token}

    def store() -> Store:
        return Store(open_hashi_vault(f"strict/{folder}", variables.get))

    kv, path, mount = bao.admin.secrets.kv.v2, f"{folder}/roads", {"mount_point": "strict"}
    bao.admin.sys.enable_secrets_engine("kv", "strict", options={"version": "2"})
    while True:
        with suppress(InvalidRequest):
            kv.configure(max_versions=1, cas_required=True, **mount)
            break
    ways: list[Callable[[], object]] = [
        lambda: kv.delete_latest_version_of_secret(path, **mount),
        lambda: kv.destroy_secret_versions(
            path, [kv.read_secret_metadata(path, **mount)["data"]["current_version"]], **mount
        ),
        lambda: kv.delete_metadata_and_all_versions(path, **mount),
    ]
    for take in ways:
        store().keep([ENTRY])
        assert store().read(SLOT) == ENTRY
        take()
        assert store().read(SLOT) is None
    store().keep([ENTRY])
    assert store().read(SLOT) == ENTRY


def test_a_login_that_ends(bao: OpenBao, folder: str) -> None:
    """It is made again where the login method can, and said where it can't."""
    token = bao.admin.auth.token.create(policies=["root"], no_parent=False)["auth"]["client_token"]
    variables = {"ansible_hashi_vault_url": bao.url, "ansible_hashi_vault_token": token}
    store = Store(open_hashi_vault(f"secret/{folder}", variables.get))
    store.keep([ENTRY])
    bao.admin.auth.token.revoke(token)
    with pytest.raises(StoreError, match="the server answers 'permission denied'") as caught:
        store.keep([replace(ENTRY, token="test-other")])
    assert token not in str(caught.value)
    assert "test-other" not in str(caught.value)

    approle = bao.admin.auth.approle
    bao.admin.sys.create_or_update_policy("short", policy_of_the_guide(folder))
    bao.admin.sys.enable_auth_method("approle", path="short")
    approle.create_or_update_approle("tiles", token_policies=["short"], mount_point="short")
    backend = open_hashi_vault(
        f"secret/{folder}",
        {
            "ansible_hashi_vault_url": bao.url,
            "ansible_hashi_vault_auth_method": "approle",
            "ansible_hashi_vault_mount_point": "short",
            "ansible_hashi_vault_role_id": approle.read_role_id("tiles", mount_point="short")["data"]["role_id"],
            "ansible_hashi_vault_secret_id": approle.generate_secret_id("tiles", mount_point="short")["data"][
                "secret_id"
            ],
        }.get,
    )
    store = Store(backend)
    for number in range(3):
        entry = replace(ENTRY, token=f"test-{number}")
        store.keep([entry])
        bao.admin.auth.token.revoke(backend._login.client().token)
        assert Store(backend).read(SLOT) == entry
        bao.admin.auth.token.revoke(backend._login.client().token)
