"""What the tests of the clients share: the demo company, the credential of the running muster, and clients."""

import json
import os
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


def log_in(**arguments):
    answer = requests.post(BASE_URL + "auth", timeout=30, **arguments)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["success"] is True
    return body["data"]["token"]
