"""personio-py, a client that other people wrote for Personio, talks to muster.

It is used as it comes from PyPI. Whatever of it fails here would fail for an
integration too, so a failure is a bug of muster and nothing is worked around.

`tests/clients/run` starts the muster and sets the environment of these tests.
"""

import ast
import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from importlib import metadata

import personio_py.util
import pytest
import requests
from personio_py import (
    Department,
    DynamicAttr,
    DynamicMapping,
    Employee,
    MissingCredentialsError,
    Personio,
    PersonioApiError,
    ShortEmployee,
)
from support import BASE_URL, COMPANY, DECLARED, LOGIN, NEWCOMERS, ZONE, Recorder, connect, entry, log_in, newcomer

DECLARED_ATTRIBUTES = {attribute["key"]: attribute for attribute in COMPANY["attributes"]}
CUSTOM = {key: declared for key, declared in DECLARED_ATTRIBUTES.items() if key.startswith("dynamic_")}

# The Python type that somebody would choose for each type of attribute.
PYTHON_TYPES = {
    "standard": str,
    "multiline": str,
    "link": str,
    "list": str,
    "tags": list,
    "date": date,
    "integer": int,
    "decimal": Decimal,
}

# Written by muster, so not in the company file.
KEPT_BY_MUSTER = {"id", "created_at", "last_modified_at"}
# In the answers, and unknown to the client.
UNKNOWN_TO_CLIENT = {"preferred_name"}

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


# ------------------------------------------------------------------ clients


def field_number(key):
    return int(key.removeprefix("dynamic_"))


def mapping(key, python_type=None):
    """The custom attribute under its label, as a user of the client would declare it."""
    declared = CUSTOM[key]
    return DynamicMapping(field_number(key), declared["label"], python_type or PYTHON_TYPES[declared["type"]])


@pytest.fixture(name="client")
def fixture_client():
    """A client of its own for each test, with every custom attribute."""
    return connect([mapping(key) for key in CUSTOM])


@pytest.fixture(name="far_sighted")
def fixture_far_sighted():
    """A client that sees newcomers, however many there are: those who came last, instead of the first.

    Without a limit an answer has the first 50 employees, as with the vendor, and the client asks for none.
    """
    total = connect().request_json("company/employees")["metadata"]["total_elements"]
    session = requests.Session()
    session.params = {"limit": 200, "offset": max(0, total - 100)}
    return connect(session=session)


@pytest.fixture(name="demo", scope="session")
def fixture_demo():
    """The employees of the company file by their addresses. For reading only."""
    employees = connect([mapping(key) for key in CUSTOM]).get_employees()
    return {employee.email: employee for employee in employees if not employee.email.endswith(NEWCOMERS)}


@pytest.fixture(name="wire", scope="session")
def fixture_wire():
    """What the client was sent for each employee of the company file. For reading only."""
    sent = connect().request_json("company/employees")["data"]
    return {employee["attributes"]["email"]["value"]: employee for employee in sent}


def wire_form(employee):
    """An employee in the form in which the client sends it to be created."""
    return {
        "employee[email]": employee.email,
        "employee[first_name]": employee.first_name,
        "employee[last_name]": employee.last_name,
    }


# ------------------------------------------------------------------ the client itself


def test_the_client_is_the_one_that_was_published():
    """Every file is as the package says it is, so nobody made the client fit."""
    files = [file for file in metadata.files("personio-py") if file.hash]
    assert any(file.match("personio_py/client.py") for file in files)
    for file in files:
        digest = hashlib.new(file.hash.mode, file.read_binary()).digest()
        assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == file.hash.value, file


# ------------------------------------------------------------------ logging in


def test_login():
    client = connect()
    client.authenticate()
    assert client.authenticated
    assert client.headers["Authorization"].startswith("Bearer ")


def test_login_on_the_first_call():
    client = connect()
    assert not client.authenticated
    client.get_employees()
    assert client.authenticated


def test_login_with_credentials_of_the_environment(monkeypatch):
    monkeypatch.setenv("CLIENT_ID", LOGIN["client_id"])
    monkeypatch.setenv("CLIENT_SECRET", LOGIN["client_secret"])
    assert Personio(base_url=BASE_URL).get_employees()


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_secret": "papi-wrong"},
        {"client_secret": LOGIN["client_secret"] + "x"},
        {"client_id": "papi-00000000-0000-4000-8000-000000000000"},
        {"client_id": "somebody"},
        {"client_id": LOGIN["client_secret"], "client_secret": LOGIN["client_id"]},
    ],
    ids=["secret", "longer secret", "unknown id", "no id", "swapped"],
)
def test_wrong_credentials(wrong):
    client = connect(**wrong)
    with pytest.raises(PersonioApiError) as caught:
        client.authenticate()
    assert caught.value.status_code == 403
    assert caught.value.message
    assert not client.authenticated


def test_missing_credentials(monkeypatch):
    monkeypatch.delenv("CLIENT_ID", raising=False)
    monkeypatch.delenv("CLIENT_SECRET", raising=False)
    with pytest.raises(MissingCredentialsError):
        Personio(base_url=BASE_URL).authenticate()


def test_a_token_that_is_not_ours(client):
    client.authenticated = True
    client.headers["Authorization"] = "Bearer papi-nonsense"
    with pytest.raises(PersonioApiError) as caught:
        # Only a token that was accepted comes back in the answer.
        client.request_json("company/employees", auth_rotation=False)
    assert caught.value.status_code == 403


def test_a_token_in_each_of_many_answers():
    session = Recorder()
    client = connect(session=session)
    for turn in range(60):
        client.request_json(f"company/employees/{turn % len(DECLARED) + 1}")
        sent = session.answers[-1].headers["Authorization"]
        assert sent.startswith("Bearer ") and client.headers["Authorization"] == sent
    assert session.paths().count("/v1/auth") == 1


def test_two_clients_do_not_log_each_other_out():
    first, second = connect(), connect()
    for client in (first, second, first, second):
        assert client.get_employee(1).id_ == 1


# ------------------------------------------------------------------ employees as in the company file


def name_of(resource):
    return resource.name


# How a value that the client parsed is written in the company file; any other is written as it is.
AS_DECLARED = {
    "supervisor": lambda boss: boss.email,
    # The client knows no subcompany: it takes the text of the object.
    "subcompany": lambda text: ast.literal_eval(text)["attributes"]["name"],
    "office": name_of,
    "department": name_of,
    "team": name_of,
    "holiday_calendar": name_of,
    "work_schedule": name_of,
    "cost_centers": lambda shares: [{"name": one.name, "percentage": one.percentage} for one in shares],
    "absence_entitlement": lambda days: {one.name: one.entitlement for one in days},
}


def parsed(employee, key):
    """The value of an attribute as the client parsed it."""
    if key in CUSTOM:
        return employee.dynamic[CUSTOM[key]["label"]]
    return getattr(employee, key)


def shown(employee, sent, key):
    """The value of an attribute as the company file would declare it."""
    if key in UNKNOWN_TO_CLIENT:
        return sent["attributes"][key]["value"]
    value = parsed(employee, key)
    return AS_DECLARED[key](value) if key in AS_DECLARED else value


def this_year(days):
    """What the company file declares for this year, by the years from which it holds or for all of them."""
    if not isinstance(days, dict):
        return days
    begun = [year for year in days if year <= datetime.now(ZONE).year]
    return days[max(begun)] if begun else 0


def declared_value(key, value):
    if key == "weekly_working_hours":
        return str(value)
    if key == "absence_entitlement":
        return {name: this_year(days) for name, days in value.items()}
    # A block of several lines ends with a line break, which is no part of the value.
    return value.strip() if isinstance(value, str) else value


def test_every_employee_is_listed(demo):
    assert demo.keys() == DECLARED.keys()
    assert len(demo) == 36
    assert sorted(employee.id_ for employee in demo.values()) == list(range(1, 37))


@pytest.mark.parametrize("email", DECLARED)
def test_every_declared_value(email, demo, wire):
    expected = {key: declared_value(key, value) for key, value in DECLARED[email].items()}
    assert {key: shown(demo[email], wire[email], key) for key in expected} == expected


@pytest.mark.parametrize("email", DECLARED)
def test_what_is_not_declared_is_empty(email, demo):
    known = {field.class_field for field in Employee._field_mapping_list} - {"id_"} | CUSTOM.keys()
    empty = known - DECLARED[email].keys() - KEPT_BY_MUSTER
    assert {key: parsed(demo[email], key) for key in empty if parsed(demo[email], key)} == {}


def test_one_employee_is_the_same_as_in_the_list(client, demo):
    for employee in demo.values():
        assert client.get_employee(employee.id_).to_dict() == employee.to_dict()


@pytest.mark.parametrize("number", [37_000, 2**31 - 1, 2**31, 10**20, 0, -1])
def test_unknown_employee(client, number):
    with pytest.raises(PersonioApiError) as caught:
        client.get_employee(number)
    assert caught.value.status_code == 404
    assert caught.value.message
    # The client is not harmed.
    assert client.get_employee(1).id_ == 1


def test_a_session_can_ask_for_pages(demo):
    """The client does not turn pages, but whoever gives it a session can."""
    session = requests.Session()
    numbers = []
    for offset in range(0, 36, 10):
        session.params = {"limit": 10, "offset": offset}
        numbers += [employee.id_ for employee in connect(session=session).get_employees()]
    assert numbers[:36] == sorted(employee.id_ for employee in demo.values())


# ------------------------------------------------------------------ types


DATES = {
    "hire_date",
    "contract_end_date",
    "termination_date",
    "probation_period_end",
    "last_working_day",
}


def test_dates_have_no_time(demo):
    dates = [getattr(employee, key) for employee in demo.values() for key in DATES]
    assert {type(value) for value in dates} == {date, type(None)}


def test_date_times_are_those_of_the_company(demo):
    now = datetime.now(timezone.utc)
    for employee in demo.values():
        assert employee.created_at <= employee.last_modified_at <= now
        for moment in (employee.created_at, employee.last_modified_at):
            assert now - moment < timedelta(hours=1)
            assert moment.utcoffset() == moment.astimezone(ZONE).utcoffset()


def test_salaries_are_numbers(demo):
    salaries = [getattr(employee, key) for employee in demo.values() for key in ("fix_salary", "hourly_salary")]
    assert {type(value) for value in salaries} == {int, float, type(None)}


@pytest.mark.parametrize(
    ("attribute", "kind"),
    [("office", "offices"), ("department", "departments"), ("team", "teams")],
)
def test_entries_of_lists(demo, attribute, kind):
    found = {getattr(employee, attribute) and getattr(employee, attribute).name for employee in demo.values()}
    assert found - {None}
    for employee in demo.values():
        resource = getattr(employee, attribute)
        if resource is not None:
            assert resource.id_ == entry(kind, resource.name)["id"]


def test_subcompanies(demo):
    for email, employee in demo.items():
        declared = entry("subcompanies", DECLARED[email]["subcompany"])
        attributes = {"id": declared["id"], "name": declared["name"]}
        assert ast.literal_eval(employee.subcompany) == {"type": "Subcompany", "attributes": attributes}


def test_cost_centers(demo):
    shares = [share for employee in demo.values() for share in employee.cost_centers]
    assert all(share.id_ == entry("cost_centers", share.name)["id"] for share in shares)
    assert all(sum(share.percentage for share in employee.cost_centers) == 100 for employee in demo.values())


def test_absence_entitlements(demo):
    days = [one for employee in demo.values() for one in employee.absence_entitlement]
    assert all(one.id_ == entry("absence_types", one.name)["id"] for one in days)
    assert all(isinstance(one.entitlement, (int, float)) for one in days)


def test_holiday_calendars(demo):
    for employee in demo.values():
        calendar = employee.holiday_calendar
        declared = entry("holiday_calendars", calendar.name)
        assert (calendar.id_, calendar.country) == (declared["id"], declared["country"])
        # A whole country has no state.
        assert calendar.state == declared.get("state")


def hours(text):
    hour, minute = map(int, text.split(":"))
    return timedelta(hours=hour, minutes=minute)


def test_work_schedules(demo):
    schedules = [employee.work_schedule for employee in demo.values() if employee.work_schedule]
    assert {schedule.name for schedule in schedules} == {one["name"] for one in COMPANY["work_schedules"]}
    for schedule in schedules:
        declared = entry("work_schedules", schedule.name)
        assert schedule.id_ == declared["id"]
        assert schedule.valid_from == declared.get("valid_from")
        week = {day: hours(declared.get(day, "00:00")) for day in WEEKDAYS}
        assert {day: getattr(schedule, day) for day in WEEKDAYS} == week


def test_supervisors(demo):
    for employee in demo.values():
        boss = employee.supervisor
        if boss is not None:
            whole = demo[boss.email]
            assert type(boss) is ShortEmployee
            assert (boss.id_, boss.first_name, boss.last_name) == (whole.id_, whole.first_name, whole.last_name)


def test_supervisors_resolve_to_the_top(client):
    chain = [client.search_first("Pfändler")]
    while chain[-1].supervisor:
        chain.append(chain[-1].supervisor.resolve())
    assert [employee.position for employee in chain] == [
        "Bicycle Mechatronics Technician",
        "Team Lead Assembly",
        "Head of Production",
        "Managing Director",
    ]


# ------------------------------------------------------------------ custom attributes


@pytest.mark.parametrize("key", CUSTOM)
def test_custom_attribute_of_each_type(demo, key):
    values = [parsed(employee, key) for employee in demo.values()]
    # The client leaves JSON numbers as they come.
    python_type = {int: int, Decimal: (int, float)}.get(mapping(key).data_type, mapping(key).data_type)
    assert any(values)
    assert all(isinstance(value, python_type) for value in values if value not in (None, ""))


def test_custom_attributes_without_a_mapping(demo):
    for employee in connect().get_employees():
        assert employee.dynamic == {}
        if employee.email in demo:
            assert employee.dynamic_raw == demo[employee.email].dynamic_raw


def test_custom_attributes_have_their_labels(demo):
    labels = {field_number(key): declared["label"] for key, declared in CUSTOM.items()}
    for employee in demo.values():
        assert {number: one.label for number, one in employee.dynamic_raw.items()} == labels


def test_tags_are_one_text_with_commas(demo):
    for email, employee in demo.items():
        tags = ",".join(DECLARED[email].get("dynamic_1006", []))
        assert employee.dynamic_raw[1006] == DynamicAttr(1006, "Language skills", tags)


def test_custom_dates_begin_at_midnight():
    client = connect([mapping("dynamic_1003", datetime)])
    for employee in client.get_employees():
        born = DECLARED.get(employee.email, {}).get("dynamic_1003")
        if born:
            midnight = datetime(born.year, born.month, born.day, tzinfo=ZONE)
            assert employee.dynamic["Date of birth"] == midnight
            assert employee.dynamic["Date of birth"].utcoffset() == midnight.utcoffset()


def test_numbers_can_be_read_as_text():
    client = connect([mapping("dynamic_1007", str)])
    lockers = {employee.email: employee.dynamic["Locker number"] for employee in client.get_employees()}
    for email, declared in DECLARED.items():
        number = declared.get("dynamic_1007")
        assert lockers[email] == (None if number is None else str(number))


# ------------------------------------------------------------------ round trips


def plain(value):
    return not isinstance(value, (dict, list)) and value not in (None, "")


def without_time(attribute):
    """Dates come with the midnight of the company; the client drops it."""
    label, value = attribute["label"], attribute["value"]
    return label, value[:10] if isinstance(value, str) and value[10:19] == "T00:00:00" else value


def test_the_client_writes_what_it_was_sent(demo, wire):
    for email, employee in demo.items():
        written = employee.to_dict()
        sent = wire[email]["attributes"]
        assert written["type"] == wire[email]["type"] == "Employee"
        for key in sent.keys() - UNKNOWN_TO_CLIENT:
            if plain(sent[key]["value"]):
                assert without_time(written["attributes"][key]) == without_time(sent[key]), key


def test_round_trip(client, demo):
    for employee in demo.values():
        written = employee.to_dict()
        assert Employee.from_dict(written, client).to_dict() == written


def test_round_trip_of_a_changed_custom_attribute(client):
    employee = client.search_first("Lindenthaler")
    employee.dynamic["Language skills"].append("French")
    employee.dynamic["Date of birth"] = date(1974, 9, 18)
    again = Employee.from_dict(employee.to_dict(), client)
    assert again.dynamic["Language skills"] == ["German", "English", "Italian", "French"]
    assert again.dynamic["Date of birth"] == date(1974, 9, 18)


# ------------------------------------------------------------------ search


def emails(employees):
    return {employee.email for employee in employees}


@pytest.mark.parametrize(
    ("query", "email"),
    [
        ("Lindenthaler", "theresa.lindenthaler@alpenrad.example"),
        ("theresa lindenthaler", "theresa.lindenthaler@alpenrad.example"),
        ("SÖLLHUBER", "irmgard.soellhuber@alpenrad.example"),
        ("étienne", "etienne.charbonnel@alpenrad.example"),
        ("Taşoluk", "emre.tasoluk@alpenrad.example"),
        ("O'Rourke", "siobhan.orourke@alpenrad.example"),
        ("loic.trevidec@alpenrad.example", "loic.trevidec@alpenrad.example"),
    ],
)
def test_search_finds_one(client, query, email):
    assert emails(client.search(query)) == {email}
    assert client.search_first(query).email == email


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("Bristol", "office"),
        ("Production", "department"),
        ("Service Desk", "team"),
        ("Alpenrad France SAS", "subcompany"),
    ],
)
def test_search_finds_all_of_a_place(client, query, key):
    wanted = {email for email, one in DECLARED.items() if one.get(key) == query and one["status"] != "inactive"}
    # Words of the query alone are found as well, but whole matches come first.
    found = [employee.email for employee in client.search(query)]
    assert set(found[: len(wanted)]) == wanted


def test_search_puts_the_whole_query_first(client):
    assert client.search_first("Team Lead Frame Design").last_name == "Oberhauser-Kern"


def test_search_leaves_out_who_left(client):
    assert client.search("Moosbichler") == []
    assert client.search_first("Moosbichler") is None
    assert emails(client.search("Moosbichler", active_only=False)) == {"xaver.moosbichler@alpenrad.example"}


def test_search_finds_nobody(client):
    assert client.search("Zebedee") == []
    assert client.search_first("Zebedee") is None


def test_search_sees_newcomers_after_it_was_invalidated(far_sighted):
    before = far_sighted.create_employee(newcomer())
    assert far_sighted.search_first(before.email).id_ == before.id_
    new = far_sighted.create_employee(newcomer())
    assert far_sighted.search(new.email) == []
    far_sighted.invalidate_index()
    assert far_sighted.search_first(new.email).id_ == new.id_


# ------------------------------------------------------------------ creating


def test_create(client):
    given = newcomer()
    created = client.create_employee(given)
    assert created is not given and created.id_ == given.id_ > len(DECLARED)
    for key in ("first_name", "last_name", "email", "gender", "position"):
        assert getattr(created, key) == getattr(given, key)
    assert created.hire_date == date(2026, 3, 1)
    assert created.department.name == "Engineering"
    assert created.department.id_ == entry("departments", "Engineering")["id"]
    assert created.status == "active"
    assert datetime.now(timezone.utc) - created.created_at < timedelta(minutes=1)


def test_create_without_refresh(client):
    given = newcomer()
    created = client.create_employee(given, refresh=False)
    assert created is given
    assert client.get_employee(given.id_).email == given.email


def test_created_employees_are_in_the_list(far_sighted):
    created = far_sighted.create_employee(newcomer())
    listed = {employee.id_: employee for employee in far_sighted.get_employees()}
    assert listed[created.id_].to_dict() == created.to_dict()


def test_weekly_hours_are_ignored(client):
    """The client sends them under the name of an attribute that does not exist."""
    assert client.create_employee(newcomer(weekly_working_hours="35")).weekly_working_hours is None
    fields = {**wire_form(newcomer()), "employee[weekly_hours]": "35"}
    answer = client.request_json("company/employees", method="POST", data=fields)
    assert answer["success"] is True
    assert [note for note in answer["meta"] if "weekly_hours" in note] == answer["meta"] != []


def test_a_department_that_does_not_exist_is_ignored(client):
    created = client.create_employee(newcomer(department=Department(name="Astrology")))
    assert created.department is None


def test_what_is_none_stays_empty(client):
    created = client.create_employee(newcomer(gender=None, position=None, weekly_working_hours=None))
    assert (created.gender, created.position) == (None, None)


@pytest.mark.parametrize(
    ("hired", "status"),
    [(datetime(1835, 2, 1), "active"), (date(2099, 12, 31), "onboarding")],
    ids=["long ago", "later"],
)
def test_the_status_follows_the_day_of_hire(client, hired, status):
    created = client.create_employee(newcomer(hire_date=hired))
    assert (created.hire_date.isoformat(), created.status) == (hired.isoformat()[:10], status)


@pytest.mark.parametrize("change", [str, str.upper], ids=["the same", "in capitals"])
def test_duplicate_address(client, change):
    with pytest.raises(PersonioApiError) as caught:
        client.create_employee(newcomer(email=change("theresa.lindenthaler@alpenrad.example")))
    assert caught.value.status_code == 422
    assert "email" in caught.value.message
    # The client is not harmed, and nothing was stored.
    assert len(client.search("Lindenthaler")) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("email", "nobody"), ("email", None), ("first_name", ""), ("gender", "unicorn")],
)
def test_what_cannot_be_stored(client, field, value):
    with pytest.raises(PersonioApiError) as caught:
        client.create_employee(newcomer(**{field: value}))
    assert caught.value.status_code == 422
    assert field in caught.value.message


# ------------------------------------------------------------------ pictures


def test_no_picture(client, demo):
    for employee in demo.values():
        assert employee.profile_picture is None
    employee = demo["theresa.lindenthaler@alpenrad.example"]
    assert client.get_employee_picture(employee) is None
    assert client.get_employee_picture(employee.id_) is None
    assert client.get_employee_picture(employee, width=75) is None
    assert employee.picture() is None


def test_other_calls_after_a_picture(client):
    """From then on the client asks for pictures whatever it wants."""
    client.get_employee_picture(1)
    assert client.headers["accept"] == "image/png, image/jpeg"
    assert client.get_employee(1).id_ == 1
    assert client.create_employee(newcomer()).id_


# ------------------------------------------------------------------ attributes


@pytest.mark.parametrize("path", ["attributes", "custom-attributes"])
def test_attributes(client, wire, path):
    answer = client.request_json(f"company/employees/{path}")
    assert answer["success"] is True
    listed = {attribute["key"]: attribute for attribute in answer["data"]}
    assert len(listed) == len(answer["data"])
    for employee in wire.values():
        sent = employee["attributes"]
        assert sent.keys() == listed.keys()
        for field in ("label", "type", "universal_id"):
            assert {key: one[field] for key, one in sent.items()} == {key: one[field] for key, one in listed.items()}


def test_declared_attributes(client):
    answer = client.request_json("company/employees/attributes")
    listed = {attribute["key"]: attribute for attribute in answer["data"]}
    for key, declared in DECLARED_ATTRIBUTES.items():
        assert {field: listed[key][field] for field in declared} == declared
    for key in CUSTOM:
        assert listed[key]["universal_id"] == CUSTOM[key].get("universal_id")
        assert listed[key]["options"] == CUSTOM[key].get("options", [])
    assert {key for key in listed if key.startswith("dynamic_")} == CUSTOM.keys()


def test_every_attribute_that_the_client_knows_is_listed(client):
    answer = client.request_json("company/employees/attributes")
    listed = {attribute["key"] for attribute in answer["data"]}
    # A balance needs absences, which are no part of an employee here.
    known = {field.api_field for field in Employee._field_mapping_list} - {"vacation_day_balance"}
    assert known - listed == set()
    assert listed - known - CUSTOM.keys() == UNKNOWN_TO_CLIENT


# ------------------------------------------------------------------ warnings


def test_the_client_warns_only_of_what_it_does_not_know(client, caplog, monkeypatch):
    """Both are in the vendor's answers, too, and newer than the client."""
    # It warns of everything once only.
    monkeypatch.setattr(personio_py.util, "_unique_logs", set())
    boss = client.get_employees()[1].supervisor.resolve()
    client.get_employee(boss.id_)
    client.create_employee(newcomer())
    client.get_employee_picture(boss.id_)
    warnings = {record.getMessage() for record in caplog.records if record.name.startswith("personio_py")}
    assert warnings == {
        "unexpected field 'preferred_name' in class Employee",
        "unexpected field 'category' in class AbsenceEntitlement",
    }


# ------------------------------------------------------------------ plain requests


LOGINS = {
    "json": lambda login: {"json": login},
    "form": lambda login: {"data": login},
    "query": lambda login: {"params": login},
    "query and empty body": lambda login: {
        "params": login,
        "data": b"",
        "headers": {"Content-Type": "application/json"},
    },
}


@pytest.mark.parametrize("way", LOGINS)
def test_ways_to_log_in(way):
    token = log_in(**LOGINS[way](LOGIN))
    answer = requests.get(BASE_URL + "company/employees/1", headers={"Authorization": f"Bearer {token}"}, timeout=30)
    assert answer.status_code == 200
    assert answer.headers["Authorization"] == f"Bearer {token}"


@pytest.mark.parametrize("way", LOGINS)
def test_wrong_secret_in_each_way(way):
    wrong = {**LOGIN, "client_secret": "papi-wrong"}
    answer = requests.post(BASE_URL + "auth", timeout=30, **LOGINS[way](wrong))
    assert answer.status_code == 403
    assert answer.json()["success"] is False


def read_all(token):
    """A whole use of the API by one of several threads; answers every status and token that came."""
    with Recorder() as session:
        session.headers["Authorization"] = f"Bearer {token}"
        for number in range(1, 6):
            session.get(BASE_URL + "company/employees", params={"limit": 7, "offset": 7 * (number - 1)}, timeout=60)
            session.get(BASE_URL + f"company/employees/{number}", timeout=60)
            session.get(BASE_URL + "company/employees/attributes", timeout=60)
            session.post(BASE_URL + "auth", json=LOGIN, timeout=60).raise_for_status()
        used = [answer for answer in session.answers if not answer.url.endswith("/auth")]
        listed = [one for answer in used if "limit" in answer.url for one in answer.json()["data"]]
        numbers = [one["attributes"]["id"]["value"] for one in listed]
        return numbers, {(answer.status_code, answer.headers.get("Authorization")) for answer in used}


def test_one_token_in_eight_threads():
    """Nobody's login or request takes the token away from the others."""
    token = log_in(json=LOGIN)
    with ThreadPoolExecutor(max_workers=8) as pool:
        results = list(pool.map(read_all, [token] * 8))
    assert [numbers for numbers, _ in results] == [list(range(1, 36))] * 8
    assert [answers for _, answers in results] == [{(200, f"Bearer {token}")}] * 8


def test_a_day_in_the_life_of_an_integration():
    """Logs in with a form, turns pages, creates, changes and reads, as scripts without a client do."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {log_in(data=LOGIN)}"
        people = BASE_URL + "company/employees"
        found, total = [], 1
        while len(found) < total:
            page = session.get(people, params={"limit": 10, "offset": len(found)}, timeout=30).json()
            total = page["metadata"]["total_elements"]
            assert page["data"]
            found += page["data"]
        assert DECLARED.keys() <= {one["attributes"]["email"]["value"] for one in found}

        answer = session.post(people, data=wire_form(newcomer()), timeout=30)
        assert answer.status_code == 200, answer.text
        one = f"{people}/{answer.json()['data']['id']}"
        change = {"employee": {"position": "Analyst", "custom_attributes": {"dynamic_1006": "German,French"}}}
        assert session.patch(one, json=change, timeout=30).status_code == 200
        attributes = session.get(one, timeout=30).json()["data"]["attributes"]
        assert attributes["position"]["value"] == "Analyst"
        assert attributes["dynamic_1006"]["value"] == "German,French"
