# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Laws that need a real OpenBao, in process: what policies refuse (law 10), and a server that is sealed at any step (law 5)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ansible_collections.ellipsis.drive.plugins.module_utils._modules import access_token as _access_token
from ansible_collections.ellipsis.drive.plugins.module_utils._modules import access_tokens as _access_tokens
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import StoreError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.hashi_vault import open_hashi_vault
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.store import Store
from ansible_collections.ellipsis.drive.tests.emulator import Emulator
from ansible_collections.ellipsis.drive.tests.integration.openbao import OpenBao, policy_of_the_guide, sealable_openbao
from ansible_collections.ellipsis.drive.tests.laws.harness import Options, access, live_tokens
from ansible_collections.ellipsis.drive.tests.laws.laboratory import DESCRIPTION, Interruptions, Keeping

TASK: Options = {"description": DESCRIPTION, "owner": "team", "access_list": [access()], "valid_for": "30d"}
REPLACE: Options = {**TASK, "regenerate": "always", "overlap": "0"}
TASKS: dict[str, Options] = {
    "new": {**TASK, "description": "another"},
    "replacement": REPLACE,
    "absent": {"description": DESCRIPTION, "owner": "team", "state": "absent"},
    "by id": {"token_id": "", "owner": "team", "state": "absent"},
    "set": {"owner": "team", "tokens": [{"description": "x", "access_list": [access()], "valid_for": "30d"}]},
    "prune": {"owner": "team", "prune": True, "allow_empty": True, "prune_limit": "100%", "prune_min_age": "0"},
}
# The capabilities on data and on delete, and what is said of the entry tiles.
POLICIES: dict[str, tuple[list[str], list[str], str]] = {
    "reads only": (["read"], [], "allows create and update on 'secret/data/{}/"),
    "makes none": (["read", "update"], ["update"], "allows create on 'secret/data/{}/"),
    "changes none": (["create", "read"], ["update"], "allows update on 'secret/data/{}/"),
    "removes none": (["create", "read", "update"], [], "allows update on 'secret/delete/{}/"),
    "is denied": (["deny"], ["update"], "the server answers "),
}

MOMENTS = (1, 5, 9, 12, 15, 19)


class OnServer(Keeping):
    """A controller whose store is in OpenBao. The time that it waits is the emulator's."""

    def __init__(self, emulator: Emulator, place: str, variables: Mapping[str, str]) -> None:
        super().__init__(emulator, Path(place))
        self._address, self._variables = place, variables

    def _store(self) -> Store:
        backend = open_hashi_vault(self._address, self._variables.get)
        backend._sleep = self.emulator.clock.sleep
        backend.check()
        clock = self.emulator.clock
        return Store(backend, lock_timeout=0, sleep=clock.sleep, monotonic=clock.now)


def of(bao: OpenBao, token: str) -> dict[str, str]:
    """The variables that a controller has."""
    return {"ansible_hashi_vault_url": bao.url, "ansible_hashi_vault_token": token}


def test_calls(bao: OpenBao, folder: str, emulator: Emulator) -> None:
    """What a store costs: one call for each entry, and before it one for where the mount is."""
    controller = OnServer(emulator, f"secret/{folder}", of(bao, bao.admin.token))
    backend = open_hashi_vault(f"secret/{folder}", of(bao, bao.admin.token).get)
    calls: list[str] = []
    hooks = backend._login.client().adapter.session.hooks["response"]
    hooks.append(lambda response, **_more: calls.append(response.request.path_url.split("/")[3]))
    try:
        for task, expected in {"new": 5, "unchanged": 1}.items():
            calls.clear()
            assert controller.execute(TASK).result
            assert (calls.count("internal"), len(calls) - calls.count("internal")) == (1, expected), (task, calls)
    finally:
        hooks.pop()


@pytest.mark.parametrize("name", POLICIES)
def test_check_mode_and_a_run_refuse_alike(name: str, bao: OpenBao, folder: str, emulator: Emulator) -> None:
    data, delete, said = POLICIES[name]
    made = OnServer(emulator, f"secret/{folder}", of(bao, bao.admin.token)).execute(TASK)
    assert made.result, made.error
    rules = {"data": data, "delete": delete, "metadata": ["list"]}
    token = bao.token(
        "".join(
            f'path "secret/{kind}/{folder}/*" {{ capabilities = {json.dumps(rights)} }}\n'
            for kind, rights in rules.items()
        )
    )
    controller = OnServer(emulator, f"secret/{folder}", of(bao, token))
    before = bao.read(f"{folder}/{DESCRIPTION}"), set(live_tokens(emulator))
    for each, task in TASKS.items():
        named = {"token_id": made.result["access_token"]["id"]} if "token_id" in task else {}
        module = _access_tokens if each in ("set", "prune") else _access_token
        dry, wet = (
            str(controller.execute({**task, **named}, None, module, apply=apply).error) for apply in (False, True)
        )
        assert dry == wet, each
        assert wet.startswith(f"The store hashi_vault://secret/{folder} can't be used"), (each, wet)
        assert said.format(folder) in wet, (each, wet)
        assert before == (bao.read(f"{folder}/{DESCRIPTION}"), set(live_tokens(emulator))), each


def test_sealed_at_any_step_and_logins(tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """One start of a server with files, TLS and keys, with a CA of its own in VAULT_CACERT."""
    with sealable_openbao(tmp_path) as (bao, unseal):
        assert bao.authority
        monkeypatch.setenv("VAULT_CACERT", str(bao.authority.ca_file))
        controller = OnServer(emulator, "secret/tokens", of(bao, bao.admin.token))
        assert controller.execute(TASK).result
        sealed = []
        # Before the claim, before and after the creation, before the secret is kept, and before the retirement.
        for moment in MOMENTS:
            report = controller.execute(REPLACE, Interruptions(moment, bao.admin.sys.seal))
            sealed.append(bao.admin.sys.is_sealed())
            assert report.result or "sealed" in str(report.error), report
            for apply in (False, True):
                assert "Vault is sealed" in str(controller.execute(TASK, apply=apply).error)
            unseal()
            kept = bao.read(f"tokens/{DESCRIPTION}")
            assert kept["id"] in live_tokens(emulator), f"moment {moment}: what is kept has to work"
            bao.write(f"tokens/{DESCRIPTION}", {name: value for name, value in kept.items() if name != "claim"})
            healed = controller.execute({**TASK, "overlap": "0"})
            assert healed.result, (moment, healed.error)
            kept = bao.read(f"tokens/{DESCRIPTION}")
            assert {kept["id"]: kept["token"]} == {each.id: each.secret for each in live_tokens(emulator).values()}
        assert all(sealed)
        _log_in_by_certificate(bao)


def _log_in_by_certificate(bao: OpenBao) -> None:
    assert bao.authority
    file, _key = bao.authority.issue("tiles.example.com")
    bao.admin.sys.create_or_update_policy("cert", policy_of_the_guide("tokens"))
    bao.admin.sys.enable_auth_method("cert")
    bao.admin.auth.cert.create_ca_certificate_role("tiles", bao.authority.ca_file.read_text(), token_policies=["cert"])
    login = {"ansible_hashi_vault_auth_method": "cert", "ansible_hashi_vault_url": bao.url}
    named = {"ansible_hashi_vault_role_id": "tiles", "ansible_hashi_vault_cert_auth_public_key": file}
    store = Store(open_hashi_vault("secret/tokens", {**login, **named}.get))
    assert set(store.entries()) == {DESCRIPTION}


def test_jwt(bao: OpenBao, folder: str) -> None:
    """With public keys that the server was given."""
    key = rsa.generate_private_key(65537, 2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    bao.admin.sys.create_or_update_policy("jwt", policy_of_the_guide(folder))
    bao.admin.sys.enable_auth_method("jwt")
    bao.admin.auth.jwt.configure(jwt_validation_pubkeys=[public])
    bao.admin.auth.jwt.create_role(
        "tiles", role_type="jwt", user_claim="sub", bound_audiences=["vault"], bound_subject="job",
        allowed_redirect_uris=[], token_policies=["jwt"],
    )  # fmt: skip
    parts = [{"alg": "RS256"}, {"sub": "job", "aud": "vault", "exp": 4102444800, "nbf": 1}]
    text = ".".join(_base64(json.dumps(part).encode()) for part in parts)
    signed = f"{text}.{_base64(key.sign(text.encode(), padding.PKCS1v15(), SHA256()))}"
    variables = {
        **of(bao, ""), "ansible_hashi_vault_auth_method": "jwt", "ansible_hashi_vault_role_id": "tiles",
    }  # fmt: skip
    store = Store(open_hashi_vault(f"secret/{folder}", {**variables, "ansible_hashi_vault_jwt": signed}.get))
    assert store.entries() == {}
    wrong = Store(open_hashi_vault(f"secret/{folder}", {**variables, "ansible_hashi_vault_jwt": signed[:-4]}.get))
    with pytest.raises(StoreError, match="the server answers") as caught:
        wrong.entries()
    assert signed[:-4] not in str(caught.value)


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
