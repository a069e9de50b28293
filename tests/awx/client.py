# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests ask of AWX over its API, of the double (`api`) or of the real one, and what people do there in the web interface."""

from __future__ import annotations

import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from . import job
from .api import Awx
from .job import Launch

Record = dict[str, Any]
HOSTS = ("alpha", "beta")
GROUP = "tile_servers"
NAME = "Ellipsis Drive"  # how the names of all that the playbook makes begin
# What there is before the playbook runs.
ORGANIZATIONS = ("Default", "Acme")
INVENTORY = "Tile servers"
MACHINE = ("SSH", "Other SSH")
VAULT = "Attached by hand"
SOURCE = "Source control"


@dataclass(frozen=True)
class Ran:
    """What is left of a job. public: all that AWX shows of it."""

    code: int
    stdout: str
    public: str


class Client(ABC):
    """project: the folder that the project of AWX is fetched from. environment: what a playbook logs in to AWX with."""

    def __init__(self, url: str, project: Path, token: str) -> None:
        self.project = project
        self.environment = {"CONTROLLER_HOST": url, "CONTROLLER_OAUTH_TOKEN": token, "CONTROLLER_REQUEST_TIMEOUT": "60"}
        self._url, self._session = f"{url}/api/v2/", requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {token}"

    @property
    def project_url(self) -> str:
        return self.project.as_uri()

    def objects(self, table: str, **query: Any) -> dict[str, Record]:
        """What there is of a kind, by name, as AWX shows it."""
        return {record["name"]: record for record in self.all(table, **query)}

    def all(self, table: str, **query: Any) -> list[Record]:
        answer = self.call("GET", f"{table}/", params={"page_size": 200, **query})
        return list(answer["results"])

    def own(self, table: str) -> list[Record]:
        """What the playbook made of a kind."""
        return [record for record in self.all(table) if record["name"].startswith(NAME)]

    def edit(self, table: str, name: str, **fields: Any) -> None:
        self.call("PATCH", f"{table}/{self.objects(table)[name]['id']}/", json=fields)

    def attach(self, template: str, *credentials: str) -> None:
        for name in credentials:
            number = self.objects("credentials")[name]["id"]
            self.call("POST", self._credentials(template), json={"id": number})

    def detach(self, template: str, name: str) -> None:
        number = self.objects("credentials")[name]["id"]
        self.call("POST", self._credentials(template), json={"id": number, "disassociate": True})

    def attached(self, template: str) -> set[str]:
        """The names of the credentials of a job template."""
        return {record["name"] for record in self.call("GET", self._credentials(template))["results"]}

    def give_project_credential(self) -> None:
        """One that the project is fetched with from now on."""
        self.edit("projects", NAME, credential=self.objects("credentials")[SOURCE]["id"])

    def change_type(self, name: str) -> None:
        """Have a credential of a type with other fields than it has now, as another version of the collection would."""
        kind = self.objects("credential_types")[name]
        fields = {"fields": [*kind["inputs"]["fields"], {"id": "more", "label": "More", "type": "string"}]}
        for record in self.all("credentials", credential_type=kind["id"]):
            self.call("DELETE", f"credentials/{record['id']}/")
        self.edit("credential_types", name, inputs=fields)
        organization = self.objects("organizations")[ORGANIZATIONS[0]]["id"]
        self.call(
            "POST", "credentials/", json={"name": name, "organization": organization, "credential_type": kind["id"]}
        )

    def call(self, method: str, path: str, **body: Any) -> Record:
        answer = self._session.request(method, self._url + path, timeout=60, **body)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return dict(answer.json()) if answer.content else {}

    def _credentials(self, template: str) -> str:
        return f"job_templates/{self.objects('job_templates')[template]['id']}/credentials/"

    @abstractmethod
    def writes(self) -> int:
        """How often an object was made, changed or removed."""

    @abstractmethod
    def launch(self, name: str, answers: Mapping[str, str]) -> Ran:
        """Run a job of a job template on two hosts of this machine."""


class OfDouble(Client):
    def __init__(self, url: str, project: Path, double: Awx, folder: Path) -> None:
        super().__init__(url, project, double.token)
        self._double, self._folder, self._jobs = double, folder, 0

    def writes(self) -> int:
        return sum(not path.endswith("/update/") for path in self._double.writes)

    def launch(self, name: str, answers: Mapping[str, str]) -> Ran:
        """AWX itself begins no job; ansible-runner does, with what the double holds."""
        template = self.objects("job_templates")[name]
        asked = {each["variable"] for each in self._double.survey(template["id"]).get("spec", [])}
        assert answers.keys() <= asked
        held = self._double.given(template["id"])
        launch = Launch(self.project, template["playbook"], HOSTS, GROUP, credentials=held, answers=answers)
        self._jobs += 1
        ran = job.run(launch, self._folder / f"job{self._jobs}")
        return Ran(ran.code, ran.stdout, "".join(text for _place, text in ran.public()))


class OfReal(Client):
    """A real AWX that is there for tests alone: what an earlier test made is removed."""

    def __init__(self, url: str, project: Path, username: str, password: str) -> None:
        asked = requests.post(f"{url}/api/v2/tokens/", auth=(username, password), json={"scope": "write"}, timeout=60)
        asked.raise_for_status()
        super().__init__(url, project, asked.json()["token"])
        self._clear()
        self._prepare()
        self.commit()

    def commit(self) -> None:
        """What the next fetch of the project gets."""
        git = ["git", "-C", str(self.project), "-c", "user.name=test", "-c", "user.email=test@example.com"]
        for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "The project"]):
            subprocess.run([*git, *command], check=True)

    def login_of_jobs(self) -> str:
        """The name of a credential with which jobs log in to this AWX itself."""
        name, kind = "AWX itself", self.objects("credential_types")["Red Hat Ansible Automation Platform"]
        inputs = {
            "host": self.environment["CONTROLLER_HOST"],
            "oauth_token": self.environment["CONTROLLER_OAUTH_TOKEN"],
        }
        organization = self.objects("organizations")[ORGANIZATIONS[0]]["id"]
        made = self._made("credentials", name=name, organization=organization, credential_type=kind["id"])
        self.call("PATCH", f"credentials/{made['id']}/", json={"inputs": inputs})
        return name

    def writes(self) -> int:
        return int(self.call("GET", "activity_stream/", params={"page_size": 1})["count"])

    def launch(self, name: str, answers: Mapping[str, str]) -> Ran:
        template = self.objects("job_templates")[name]
        begun = self.call("POST", f"job_templates/{template['id']}/launch/", json={"extra_vars": dict(answers)})
        ended = self._ended(f"jobs/{begun['id']}/")
        stdout = self._session.get(f"{self._url}jobs/{begun['id']}/stdout/", params={"format": "txt"}, timeout=60).text
        events = self._session.get(
            f"{self._url}jobs/{begun['id']}/job_events/", params={"page_size": 200}, timeout=60
        ).text
        said = stdout + ended["job_explanation"] + ended["result_traceback"]
        return Ran(0 if ended["status"] == "successful" else 2, said, f"{ended}{stdout}{events}")

    def _ended(self, path: str) -> Record:
        until = time.monotonic() + 180
        while time.monotonic() < until:
            shown = self.call("GET", path)
            if shown["finished"]:
                return shown
            time.sleep(0.5)  # AWX tells nobody who does not ask
        raise TimeoutError(f"{path} does not end")

    def _clear(self) -> None:
        for table in ("job_templates", "projects", "credentials", "execution_environments", "credential_types"):
            for record in self.own(table):
                for busy in self.all(
                    "unified_jobs", unified_job_template=record["id"], status__in="pending,waiting,running,new"
                ):
                    self._ended(busy["url"].removeprefix("/api/v2/"))
                self.call("DELETE", f"{table}/{record['id']}/")

    def _prepare(self) -> None:
        kinds = self.objects("credential_types")
        for name in ORGANIZATIONS:
            organization = self._made("organizations", name=name)
            # Without a Galaxy server AWX does not ask for collections of a project; they are installed for all jobs.
            for each in self.call("GET", f"organizations/{organization['id']}/galaxy_credentials/")["results"]:
                gone = {"id": each["id"], "disassociate": True}
                self.call("POST", f"organizations/{organization['id']}/galaxy_credentials/", json=gone)
        default = self.objects("organizations")["Default"]["id"]
        inventory = self._made("inventories", name=INVENTORY, organization=default)
        group = self._made("groups", name=GROUP, inventory=inventory["id"])
        for name in HOSTS:
            local = '{"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}'
            host = self._made("hosts", name=name, inventory=inventory["id"], variables=local)
            self.call("POST", f"groups/{group['id']}/hosts/", json={"id": host["id"]})
        for name in MACHINE:
            self._made("credentials", name=name, organization=default, credential_type=kinds["Machine"]["id"])
        self._made("credentials", name=SOURCE, organization=default, credential_type=kinds["Source Control"]["id"])
        password = {"vault_password": "a vault password", "vault_id": "other"}
        self._made(
            "credentials", name=VAULT, organization=default, credential_type=kinds["Vault"]["id"], inputs=password
        )

    def _made(self, table: str, **fields: Any) -> Record:
        return self.objects(table).get(fields["name"]) or self.call("POST", f"{table}/", json=fields)
