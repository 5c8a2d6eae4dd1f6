"""What the tests of the clients share: the demo company, the credential of the running muster, and clients."""

import json
import os
import subprocess
import uuid
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import requests
import yaml
from personio_py import Department, Employee, Personio

CREDENTIALS_FILE = Path(os.environ["MUSTER_CREDENTIALS"])
CREDENTIALS = json.loads(CREDENTIALS_FILE.read_text(encoding="utf-8"))
COMPANY = yaml.safe_load(Path(os.environ["MUSTER_COMPANY_FILE"]).read_text(encoding="utf-8"))

# The client joins paths to it with urljoin, which needs the slash at the end.
BASE_URL = CREDENTIALS["base_url"] + "/v1/"
LOGIN = {name: CREDENTIALS[name] for name in ("client_id", "client_secret")}
ZONE = ZoneInfo(COMPANY["company"]["time_zone"])

DECLARED = {employee["email"]: employee for employee in COMPANY["employees"]}
# Employees that the tests create have addresses here; those of the file do not.
NEWCOMERS = "@newcomers.example"

# Whether the API is deployed, and not muster's one process.
DEPLOYED = "MUSTER_TABLE" in os.environ
# How large a file may be that comes with its document: a Lambda function gets no larger body.
LARGEST_WITH_DOCUMENT = (4 if DEPLOYED else 30) * 1024 * 1024

# No record has it.
NOBODY = 2_000_000_000


def entry(kind, name):
    """An entry of a list in the company file, with the id that its place gives it."""
    return next({"id": place, **one} for place, one in enumerate(COMPANY[kind], 1) if one["name"] == name)


class Recorder(requests.Session):
    """A session that keeps the answers, for what the client does not show."""

    def __init__(self):
        super().__init__()
        self.answers = []
        self.hooks["response"].append(self.keep)

    def keep(self, answer, **_):
        self.answers.append(answer)

    def paths(self):
        return [answer.request.path_url for answer in self.answers]


def connect(dynamic_fields=None, **arguments):
    return Personio(base_url=BASE_URL, dynamic_fields=dynamic_fields, **{**LOGIN, **arguments})


def newcomer(**fields):
    """An employee who was not created yet."""
    given = {
        "first_name": "Ada",
        "last_name": "Þórsdóttir",
        "email": uuid.uuid4().hex + NEWCOMERS,
        "gender": "female",
        "position": "First Programmer",
        "department": Department(name="Engineering"),
        "hire_date": datetime(2026, 3, 1),
        "weekly_working_hours": "35",
    }
    return Employee(**{**given, **fields})


def log_in(base_url=BASE_URL, **arguments):
    answer = requests.post(base_url + "auth", timeout=30, **arguments)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["success"] is True
    return body["data"]["token"]


# ------------------------------------------------------------------ without a client


class Api(requests.Session):
    """A session that knows where the API is."""

    def __init__(self, token, base_url=BASE_URL):
        super().__init__()
        self.base_url = base_url
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def request(self, method, path, **arguments):
        return super().request(method, self.base_url + path, timeout=60, **arguments)


def data_of(answer, status=200):
    """What an answer that succeeded says."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body["success"] is True, body
    return body["data"]


def error_of(answer, status=400):
    """What an answer that failed says."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body["success"] is False, body
    assert body["error"]["code"] == status, body
    assert body["error"]["message"], body
    return body["error"]


def keeps_the_token(answer, token):
    """The scripts of the vendor's Postman collection take the token from each answer: `header.substring(7)`."""
    return answer.headers["authorization"][7:] == token


def hire(api, **fields):
    """The id of an employee of the test alone."""
    names = {"email": uuid.uuid4().hex + NEWCOMERS, "first_name": "Noor", "last_name": "Vance", **fields}
    return data_of(api.post("company/employees", json={"employee": names}))["id"]


def granted(scope):
    """A scope, and the one without which it cannot be had: who writes can read as well."""
    return {scope, scope.replace(":write", ":read")}


def token_of(*scopes, readable=()):
    """The token of a new credential with these scopes, which may read these attributes of employees."""
    command = [os.environ["MUSTER_BINARY"], "credentials", "create", "--company", CREDENTIALS["company"]]
    deployed = os.environ.get("MUSTER_TABLE")
    command += ["--table", deployed] if deployed else ["--data-dir", CREDENTIALS_FILE.parent]
    command += ["--name", "Somebody", "--scope", ",".join(scopes)]
    if readable:
        command += ["--readable-attributes", ",".join(readable)]
    made = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return log_in(json={name: made[name] for name in LOGIN})
