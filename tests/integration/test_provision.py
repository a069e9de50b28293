# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks provision and rotate, with nothing but a file of variables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import PATHS, USER_TOKEN, Emulator, ManualClock, Variant
from ansible_collections.ellipsis.drive.tests.integration.playbook import Controller, Run

PROVISION, ROTATE = Path("ellipsis.drive.provision"), Path("ellipsis.drive.rotate")
ACCESS = {"access_list": [{"path_id": PATHS["Projects/Roads"], "access_tier": "view"}], "valid_for": "90d"}
HANDLERS = """
- name: Reload the tile server
  ansible.builtin.debug:
    msg: "reloaded {{ inventory_hostname }}"
"""


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(Variant(leaks_secret=True), ManualClock())


class Site:
    """Two hosts with a token of their own and one that they share."""

    def __init__(self, controller: Controller, emulator: Emulator) -> None:
        self.controller, self.emulator, self.folder = controller, emulator, controller.folder
        (self.folder / "vault").write_text("a test password")
        (self.folder / "handlers.yml").write_text(HANDLERS)
        own = {"dest": f"{self.folder}/{{{{ inventory_hostname }}}}.json", "format": "json"}
        shared = {"dest": f"{self.folder}/{{{{ inventory_hostname }}}}.env", "format": "env"}
        self.variables: dict[str, Any] = {
            "ellipsis_provision_hosts": "alpha:beta",
            "ellipsis_provision_handlers": str(self.folder / "handlers.yml"),
            "access_tokens_owner": "platform",
            "access_tokens_store": str(self.folder / "tokens.yml"),
            "access_tokens_defaults": ACCESS,
            "access_tokens": [
                {
                    "description": "tiles {{ inventory_hostname }}",
                    "deliver": [{**own, "notify": "Reload the tile server"}],
                },
                {"description": "shared", "deliver": [shared]},
            ],
        }

    def run(self, playbook: Path, *arguments: str, code: int = 0, **more: Any) -> Run:
        file = self.folder / "variables.json"
        file.write_text(json.dumps({**self.variables, **more}))
        given = ("-e", f"@{file}", "--vault-password-file", "vault", *arguments)
        return self.controller.run_file(playbook, *given, code=code)

    def live(self) -> dict[str, list[str]]:
        """The ids of the tokens that work, by description."""
        now = self.emulator.clock.now()
        found: dict[str, list[str]] = {}
        for token in self.emulator.tokens:
            if token.live(now):
                found.setdefault(token.description.split(" [")[0], []).append(token.id)
        return found

    def delivered(self, host: str) -> str:
        """The id of the token that a host has of its own."""
        told: str = json.loads((self.folder / f"{host}.json").read_text())["id"]
        return told


@pytest.fixture
def site(controller: Controller, emulator: Emulator) -> Site:
    return Site(controller, emulator)


def test_tokens_are_provided_once_and_replaced_when_chosen(site: Site) -> None:
    told = site.run(PROVISION, "--check")
    assert site.live() == {} and "failed=0" in told.text
    run = site.run(PROVISION)
    before = site.live()
    assert {name: len(ids) for name, ids in before.items()} == {"tiles alpha": 1, "tiles beta": 1, "shared": 1}
    assert [site.delivered("alpha"), site.delivered("beta")] == before["tiles alpha"] + before["tiles beta"]
    assert "reloaded alpha" in run.text and "reloaded beta" in run.text

    site.run(ROTATE, "--check", ellipsis_rotate_descriptions=["tiles alpha"])
    assert site.live() == before
    run = site.run(ROTATE, ellipsis_rotate_descriptions="tiles alpha")
    after = site.live()
    assert {name for name, ids in after.items() if ids != before[name]} == {"tiles alpha"}
    assert after["tiles alpha"] == [site.delivered("alpha")]
    assert "reloaded alpha" in run.text and "reloaded beta" not in run.text

    again = site.run(PROVISION)
    assert site.live() == after and again.text.count("changed=0") == 2


def test_all_are_replaced_once_in_batches_too_and_no_secret_shows(site: Site) -> None:
    runs = [site.run(PROVISION, "-vvvv", "--diff")]
    before = {token.id for token in site.emulator.tokens}
    runs.append(site.run(ROTATE, "-vvvv", "--diff", ellipsis_provision_serial=1))
    made = [token for token in site.emulator.tokens if token.id not in before]
    assert sorted(token.description.split(" [")[0] for token in made) == ["shared", "tiles alpha", "tiles beta"]
    shared = next(token for token in made if token.description.startswith("shared"))
    for host in ("alpha", "beta"):
        assert shared.secret in (site.folder / f"{host}.env").read_text()
        assert site.delivered(host) in {token.id for token in made}
    assert len(site.live()["shared"]) == 1

    files = {site.folder / name for name in ("alpha.json", "beta.json", "alpha.env", "beta.env")}
    texts = [
        path.read_text(errors="replace") for path in site.folder.rglob("*") if path.is_file() and path not in files
    ]
    texts += [json.dumps(run.events) for run in runs]
    for secret in (*site.emulator.secrets, USER_TOKEN):
        assert not [text for text in texts if secret in text]


REFUSED: list[tuple[Path, dict[str, Any], str]] = [
    (PROVISION, {"access_tokens": []}, "access_tokens: is not set for any of these hosts; list the tokens"),
    (
        PROVISION,
        {"access_tokens_store": "secrets/tokens.yml"},
        (
            "access_tokens_store: must be an absolute path, since a playbook of a collection has no folder of yours to start at; "
            "write for instance {{ inventory_dir }}/tokens.yml"
        ),
    ),
    (
        PROVISION,
        {"ellipsis_provision_host": "alpha"},
        "ellipsis_provision_host: no such variable; write ellipsis_provision_hosts",
    ),
    (
        ROTATE,
        {"ellipsis_rotate_descriptions": ["tiles alpha", "tiles gamma"]},
        "ellipsis_rotate_descriptions: tiles gamma: no host declares that in access_tokens; write one of shared, tiles alpha,",
    ),
    (
        ROTATE,
        {"ellipsis_rotate_description": "shared"},
        "ellipsis_rotate_description: no such variable; write ellipsis_rotate_descriptions",
    ),
]


def test_what_is_not_clear_is_refused(site: Site) -> None:
    for playbook, variables, said in REFUSED:
        assert said in site.run(playbook, code=2, **variables).text
    assert site.emulator.tokens == []
