"""Absences as those ask for them who have no client: the vendor's Postman collection and scripts.

The requests of the collection are sent as it sends them, request by request, with its own forms; only the ids are
others. The answers are held against the vendor's examples. `tests/clients/run` starts the muster and sets the
environment of these tests. Absences belong to an employee who is created for the test, so no test is in the way of
another.
"""

import re
import time
import uuid
from datetime import date, datetime, timedelta, timezone

import pytest
from support import (
    COMPANY,
    DECLARED,
    LOGIN,
    NOBODY,
    ZONE,
    Api,
    data_of,
    entry,
    error_of,
    granted,
    hire,
    keeps_the_token,
    token_of,
)

TYPES = "company/time-off-types"
DAYS = "company/time-offs"
HOURS = "company/absence-periods"

NOT_FOUND = "The absence period was not found."
BAD_ID = "The absence period id is invalid."
NOT_INSERTED = "Error when trying to insert absence period"
NOT_VALID = "The given data failed to pass validation."
BOTH_HALVES = "Invalid absence day. Reason: Both half day start and half day end are true for a single-day period"

VACATION, SICK, AT_HOME, DOCTOR = (
    entry("absence_types", name)["id"]
    for name in ("Paid vacation", "Sick leave", "Home office", "Doctor's appointment")
)


def days_off(employee, first="2022-09-05", last=None, **fields):
    """An absence of days as a request has it."""
    given = {
        "employee_id": employee,
        "time_off_type_id": VACATION,
        "start_date": first,
        "end_date": last or first,
        "half_day_start": False,
        "half_day_end": False,
    }
    return {**given, **fields}


def hours_off(employee, first="2022-09-05", last=None, **fields):
    """An absence of hours as a request has it."""
    return days_off(employee, first, last, **{"time_off_type_id": DOCTOR, **fields})


def create(api, body, path=DAYS):
    """Stores an absence and answers what it says."""
    one = data_of(api.post(path, json=body), 201 if path == HOURS else 200)
    return one["attributes"]


def page(api, path=DAYS, **parameters):
    """The whole answer to a list."""
    answer = api.get(path, params=parameters)
    data_of(answer)
    return answer.json()


def ids(listed):
    return [one["attributes"]["id"] for one in listed]


def of(api, employee, path=DAYS, **parameters):
    """The ids of the absences of an employee that a list has."""
    return ids(page(api, path, **{"employees[]": employee, **parameters})["data"])


def attributes(api, number, path=DAYS):
    """What one absence says."""
    return data_of(api.get(f"{path}/{number}"))["attributes"]


BOTH = pytest.mark.parametrize(("path", "off"), [(DAYS, days_off), (HOURS, hours_off)], ids=["days", "hours"])


# ------------------------------------------------------------------ the vendor's Postman collection


CREATE_FORM = [
    ("employee_id", "{{EMPLOYEE_ID}}"),
    ("time_off_type_id", "{{TIME_OFF_TYPE_ID}}"),
    ("start_date", "2022-09-02"),
    ("end_date", "2022-09-02"),
    ("half_day_start", "0"),
    ("half_day_end", "0"),
    ("comment", "Optional"),
    ("skip_approval", "false"),
]


def post_form_data(api, path, employee, kind, digits="515890814546601021194782", **headers):
    """As Postman sends a form that it shows as `form-data`, byte by byte."""
    boundary = "-" * 26 + digits
    filled = {"{{EMPLOYEE_ID}}": str(employee), "{{TIME_OFF_TYPE_ID}}": str(kind)}
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{filled.get(value, value)}\r\n'
        for name, value in CREATE_FORM
    ]
    text = "".join(parts) + f"--{boundary}--\r\n"
    content_type = f"multipart/form-data; boundary={boundary}"
    return api.post(path, data=text.encode(), headers={"Content-Type": content_type, **headers})


def test_get_all_time_off_types(api, token):
    answer = api.get(f"{TYPES}?limit=50&offset=0")
    data_of(answer)
    assert keeps_the_token(answer, token)
    body = answer.json()
    assert body.keys() == {"success", "metadata", "offset", "limit", "data"}
    assert (body["offset"], body["limit"]) == (0, 50)
    total = len(COMPANY["absence_types"])
    assert body["metadata"] == {"total_elements": total, "current_page": 1, "total_pages": 1}
    for one, declared in zip(body["data"], COMPANY["absence_types"], strict=True):
        shown = {field: one["attributes"][field] for field in ("name", "category", "unit", "approval_required")}
        assert shown == {field: declared[field] for field in shown}
        assert one["attributes"]["id"] == entry("absence_types", declared["name"])["id"]


def test_get_all_time_offs_tracked_in_days(api, token, worker):
    for day in ("2022-09-01", "2022-09-02", "2022-09-30"):
        create(api, days_off(worker, day))
    answer = api.get(f"{DAYS}?start_date=2000-07-01&end_date=2022-09-30&limit=2&offset=0")
    assert len(data_of(answer)) == 2
    assert keeps_the_token(answer, token)
    body = answer.json()
    assert body.keys() == {"success", "metadata", "offset", "limit", "data"}
    assert (body["offset"], body["limit"], body["metadata"]["current_page"]) == (0, 2, 1)
    # The first page has two numbers.
    again = api.get(f"{DAYS}?start_date=2000-07-01&end_date=2022-09-30&limit=2&offset=1").json()
    assert again == {**body, "offset": 1}


def test_parameters_that_postman_leaves_empty(api, worker):
    """The boxes of the collection that are not ticked, ticked."""
    numbers = [create(api, days_off(worker, f"2022-09-0{day}"))["id"] for day in (5, 6, 7)]
    start = f"{DAYS}?start_date=2000-07-01&end_date=2022-09-30&limit=2&offset=0&updated_from=&updated_to="
    assert ids(data_of(api.get(f"{start}&employees[]=&employees[]={worker}"))) == numbers[:2]
    # With none of them filled in, it is as if they were not there.
    plain = api.get(f"{DAYS}?start_date=2000-07-01&end_date=2022-09-30&limit=2&offset=0").json()
    assert api.get(f"{start}&employees[]=&employees[]=").json() == plain

    names = ("start_date", "end_date", "updated_from", "updated_to", "employees[]", "absence_types[]")
    names += ("absence_periods[]", "limit", "offset")
    number = create(api, hours_off(worker, "2022-09-09"), HOURS)["id"]
    answer = api.get(f"{HOURS}?{'&'.join(f'{name}=' for name in names)}")
    assert answer.json() == api.get(HOURS).json()
    filled = f"{HOURS}?{'&'.join(f'{name}=' for name in names if name != 'employees[]')}&employees[]={worker}"
    assert ids(data_of(api.get(filled))) == [number]


def test_create_an_absence_tracked_in_days(api, token, worker):
    answer = post_form_data(api, DAYS, worker, VACATION)
    one = data_of(answer)
    assert keeps_the_token(answer, token)
    found = one["attributes"]
    assert attributes(api, found["id"]) == found
    assert found["employee"]["attributes"]["id"]["value"] == worker
    # This kind asks for approval, so it waits.
    fields = ("status", "days_count", "half_day_start", "half_day_end", "comment", "created_by")
    assert [found[field] for field in fields] == ["pending", 1, False, False, "Optional", "API"]
    assert (found["start_date"], found["end_date"]) == ("2022-09-02T00:00:00+02:00", "2022-09-02T00:00:00+02:00")
    kind = {"id": VACATION, "name": "Paid vacation", "category": "paid_vacation"}
    assert found["time_off_type"] == {"type": "TimeOffType", "attributes": kind}
    assert found["certificate"] == {"status": "not-required"}


def test_create_an_absence_tracked_in_hours(api, token, worker):
    """The collection sends no times: it is all of the day."""
    answer = post_form_data(api, HOURS, worker, DOCTOR)
    one = data_of(answer, 201)
    assert keeps_the_token(answer, token)
    found = one["attributes"]
    assert attributes(api, found["id"], HOURS) == found
    assert found["employee"]["attributes"]["id"]["value"] == worker
    # Nobody has to agree to this kind, whatever is asked for.
    fields = ("status", "measurement_unit", "effective_duration", "half_day_start", "half_day_end", "comment", "origin")
    assert [found[field] for field in fields] == ["approved", "hour", 480, False, False, "Optional", "api"]
    assert (found["start"], found["end"]) == ("2022-09-01T22:00:00.000Z", "2022-09-02T22:00:00.000Z")
    assert found["timezone"] == "Europe/Berlin"
    assert found["breakdowns"] == [{"date": "2022-09-02", "effective_duration": 480}]
    assert found["absence_type"]["attributes"]["time_off_type_id"] == DOCTOR


@pytest.mark.parametrize(("path", "kind", "status"), [(DAYS, VACATION, 200), (HOURS, DOCTOR, 201)])
def test_create_again(api, worker, path, kind, status):
    """Nothing is stored twice, and what waits for approval is in the way as well."""
    first = data_of(post_form_data(api, path, worker, kind), status)["attributes"]["id"]
    error = error_of(post_form_data(api, path, worker, kind))
    assert error["message"].startswith(f"{NOT_INSERTED}. Reason: ")
    assert error["error_data"]["conflicting_ids"] == [str(first)]
    assert of(api, worker, path) == [first]


@pytest.mark.parametrize(("path", "kind", "status"), [(DAYS, VACATION, 200), (HOURS, DOCTOR, 201)])
def test_create_again_with_a_key(api, worker, path, kind, status):
    """Postman makes another boundary each time; the form is the same."""
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first = data_of(post_form_data(api, path, worker, kind, **key), status)
    again = post_form_data(api, path, worker, kind, digits="0" * 24, **key)
    assert data_of(again, status) == first
    assert again.headers["Idempotency-Replayed"] == "true"
    assert of(api, worker, path) == [first["attributes"]["id"]]


def test_delete_an_absence_tracked_in_days(api, token, worker):
    number = create(api, days_off(worker))["id"]
    answer = api.delete(f"{DAYS}/{number}")
    assert data_of(answer) == {"message": "The absence period was deleted."}
    assert keeps_the_token(answer, token)
    assert of(api, worker) == []


def test_get_one_absence(api, token, worker):
    """The collection says `tracked in Hours` and asks for one of days."""
    number = create(api, days_off(worker))["id"]
    answer = api.get(f"{DAYS}/{number}")
    [listed] = page(api, **{"employees[]": worker})["data"]
    assert data_of(answer) == listed
    assert keeps_the_token(answer, token)


def test_get_all_absence_periods_tracked_in_hours(api, token, worker):
    number = create(api, hours_off(worker), HOURS)["id"]
    answer = api.get(HOURS)
    assert number in ids(data_of(answer))
    assert keeps_the_token(answer, token)
    body = answer.json()
    assert body.keys() == {"success", "metadata", "offset", "limit", "data"}
    assert (body["offset"], body["limit"]) == (0, 200)


def test_delete_an_absence_tracked_in_hours(api, token, worker):
    number = create(api, hours_off(worker), HOURS)["id"]
    answer = api.delete(f"{HOURS}/{number}")
    assert data_of(answer) == {"message": "The absence period was deleted."}
    assert keeps_the_token(answer, token)
    assert of(api, worker, HOURS) == []


def test_get_absence_balance_for_one_employee(api, token):
    answer = api.get("company/employees/1/absences/balance")
    [vacation] = data_of(answer)
    assert keeps_the_token(answer, token)
    assert (vacation["id"], vacation["name"], vacation["category"]) == (VACATION, "Paid vacation", "paid_vacation")


# ------------------------------------------------------------------ the vendor's examples


def attribute(key, label, value, kind="standard"):
    return {"label": label, "value": value, "type": kind, "universal_id": key}


EMPLOYEE = {
    "type": "Employee",
    "attributes": {
        "id": attribute("id", "id", 4567, "integer"),
        "first_name": attribute("first_name", "First name", "Michael"),
        "last_name": attribute("last_name", "Last name", "Miller"),
        "email": attribute("email", "Email", "michael.miller@demo.com"),
    },
}

TYPE_EXAMPLE = {
    "type": "TimeOffType",
    "attributes": {
        "id": 1234,
        "name": "Paid vacation",
        "category": "paid_vacation",
        "unit": "day",
        "approval_required": True,
    },
}

# Where an example has a whole number and the schema any number, it is written with a point here.
DAYS_EXAMPLE = {
    "type": "TimeOffPeriod",
    "attributes": {
        "id": 12345,
        "status": "approved",
        "start_date": "2017-12-27T00:00:00+0100",
        "end_date": "2017-12-29T00:00:00+0100",
        "days_count": 3.0,
        "half_day_start": False,
        "half_day_end": False,
        "time_off_type": {
            "type": "TimeOffType",
            "attributes": {"id": 54321, "name": "Vacation", "category": "offsite_work"},
        },
        "employee": EMPLOYEE,
        "certificate": {"status": "not-required"},
        "created_at": "2017-01-17T10:32:18+0100",
        "created_by": "API",
        "updated_at": "2017-01-17T10:32:18+0100",
    },
}

HOURS_EXAMPLE = {
    "type": "AbsencePeriod",
    "attributes": {
        "id": "9bba303f-0fbc-4514-9958-0befa21923fb",
        "measurement_unit": "hour",
        "effective_duration": 960,
        "employee": EMPLOYEE,
        "absence_type": {
            "type": "AbsenceType",
            "attributes": {
                "id": "9bba303f-0fbc-4514-9958-0befa21923fb",
                "name": "Absence Type Name",
                "time_off_type_id": 45678,
            },
        },
        "certificate": {"status": "not-required"},
        "start": "2022-05-31T22:00:00.0Z",
        "end": "2022-06-02T22:00:00.0Z",
        "half_day_start": True,
        "half_day_end": False,
        "comment": "this is a comment",
        "origin": "web",
        "status": "approved",
        "timezone": "Europe/Berlin",
        "created_by": 1,
        "created_at": "2022-06-20T14:29:56.510Z",
        "updated_at": "2022-06-20T14:29:56.510Z",
        "approved_at": "2022-06-20T14:29:56.510Z",
        "breakdowns": [
            {"date": "2022-06-01", "effective_duration": 480},
            {"date": "2022-06-02", "effective_duration": 480},
        ],
    },
}

BALANCE_EXAMPLE = {
    "id": 1234,
    "name": "Paid Vacation",
    "category": "custom_absence",
    "balance": 10.5,
    "available_balance": 8.5,
}

PAGE_EXAMPLE = {
    "success": True,
    "metadata": {"total_elements": 1, "current_page": 1, "total_pages": 1},
    "offset": 0,
    "limit": 200,
}

# What the answers have besides: the vendor's own newer fields, and ours.
BESIDE_TYPE, BESIDE_DAYS, BESIDE_BALANCE = {"id_v2"}, {"comment", "id_v2"}, {"unit"}

CATEGORIES = {
    "family_care",
    "maternity_parental_leave",
    "child_care",
    "short_time_allowance",
    "quarantine",
    "irrevocable_exemption",
    "sick_leave",
    "strike_and_lockout",
    "public_duty",
    "unpaid_suspension",
    "paid_vacation",
    "unpaid_vacation",
    "unexcused_absence",
    "offsite_work",
    "other",
    "undefined",
}

TEXTS = {
    "UUID": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "date": r"\d{4}-\d\d-\d\d",
    "instant with an offset": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:?\d\d",
    "instant in UTC": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z",
}


def sort_of(value):
    """What a value is to somebody who reads it strictly."""
    if isinstance(value, str):
        return next((name for name, form in TEXTS.items() if re.fullmatch(form, value)), "text")
    return type(value).__name__


def assert_like(example, found, where="$"):
    """Fails unless an answer has the keys of an example and no others, nested alike, with values of the same sort."""
    if isinstance(example, dict):
        assert isinstance(found, dict), where
        assert found.keys() == example.keys(), where
        for key, value in example.items():
            assert_like(value, found[key], f"{where}.{key}")
    elif isinstance(example, list):
        assert isinstance(found, list) and found, where
        for place, value in enumerate(found):
            assert_like(example[0], value, f"{where}[{place}]")
    else:
        expected = {"float", "int"} if isinstance(example, float) else {sort_of(example)}
        assert sort_of(found) in expected, f"{where} is {found!r}"


def without(resource, *beside):
    """A resource without what the example has not. All of that is there."""
    return {**resource, "attributes": less(resource["attributes"], *beside)}


def less(fields, *beside):
    assert fields.keys() >= set(beside)
    return {key: value for key, value in fields.items() if key not in beside}


WORDS = [("Optional", True), (None, False)]


def test_kinds_are_as_in_the_example(api):
    body = api.get(TYPES).json()
    for one in body.pop("data"):
        assert_like(TYPE_EXAMPLE, without(one, *BESIDE_TYPE))
        assert sort_of(one["attributes"]["id_v2"]) == "UUID"
        assert one["attributes"]["category"] in CATEGORIES
        assert one["attributes"]["unit"] in ("day", "hour")
    assert_like(PAGE_EXAMPLE, body)


@pytest.mark.parametrize(("comment", "half"), WORDS)
def test_an_absence_of_days_is_as_in_the_example(api, worker, comment, half):
    """In the answer to its creation, by its id and in the list; with a comment and without one."""
    body = days_off(worker, "2022-09-05", "2022-09-07", half_day_start=half, comment=comment)
    made = data_of(api.post(DAYS, json=body))
    assert_like(DAYS_EXAMPLE, without(made, *BESIDE_DAYS))
    assert (made["attributes"]["comment"], made["attributes"]["days_count"]) == (comment or "", 2.5 if half else 3)
    assert sort_of(made["attributes"]["id_v2"]) == "UUID"
    assert (made["attributes"]["half_day_start"], made["attributes"]["half_day_end"]) == (half, False)
    body = page(api, **{"employees[]": worker})
    assert body.pop("data") == [made]
    assert_like(PAGE_EXAMPLE, body)
    assert data_of(api.get(f"{DAYS}/{made['attributes']['id']}")) == made


@pytest.mark.parametrize(("comment", "half"), WORDS)
def test_an_absence_of_hours_is_as_in_the_example(api, worker, comment, half):
    body = hours_off(worker, "2022-09-05", "2022-09-06", half_day_start=half, comment=comment)
    answer = api.post(HOURS, json=body)
    made = data_of(answer, 201)
    # Nothing besides; one object, and no list as in the example of a created one.
    assert_like(HOURS_EXAMPLE, made)
    found = made["attributes"]
    assert found["comment"] == (comment or "")
    assert (found["half_day_start"], found["half_day_end"]) == (half, False)
    assert found["origin"] in ("web", "api", "mobile", "slack", "msteams")
    assert found["effective_duration"] == sum(one["effective_duration"] for one in found["breakdowns"])
    body = page(api, HOURS, **{"employees[]": worker})
    assert body.pop("data") == [made]
    assert_like(PAGE_EXAMPLE, body)
    assert data_of(api.get(f"{HOURS}/{found['id']}")) == made


def test_the_kind_of_an_absence_is_that_of_the_list(api, worker):
    kinds = {one["attributes"]["id"]: one["attributes"] for one in data_of(api.get(TYPES))}
    kind = create(api, days_off(worker))["time_off_type"]["attributes"]
    assert kind == {field: kinds[VACATION][field] for field in kind}
    kind = create(api, hours_off(worker, "2022-09-06"), HOURS)["absence_type"]["attributes"]
    assert kind == {"id": kinds[DOCTOR]["id_v2"], "name": kinds[DOCTOR]["name"], "time_off_type_id": DOCTOR}


@BOTH
def test_a_list_of_nothing(api, worker, path, off):
    """As the vendor answers it: pages are counted from 1."""
    assert page(api, path, **{"employees[]": worker}) == {
        "success": True,
        "metadata": {"total_elements": 0, "current_page": 1, "total_pages": 0},
        "offset": 0,
        "limit": 200,
        "data": [],
    }


@pytest.mark.parametrize("number", range(1, len(DECLARED) + 1))
def test_a_balance_is_as_in_the_example(api, number):
    balances = data_of(api.get(f"company/employees/{number}/absences/balance"))
    declared = list(DECLARED.values())[number - 1].get("absence_entitlement", {})
    assert [one["name"] for one in balances] == list(declared)
    for one in balances:
        assert_like(BALANCE_EXAMPLE, less(one, *BESIDE_BALANCE))
        assert one["category"] in CATEGORIES
        assert one["unit"] == "day"


def test_times_are_those_of_the_write(api, worker):
    begin = datetime.now(timezone.utc)
    days = create(api, days_off(worker))
    hours = create(api, hours_off(worker, "2022-09-06"), HOURS)
    for moment in (days["created_at"], days["updated_at"]):
        moment = datetime.fromisoformat(moment)
        assert begin.replace(microsecond=0) <= moment <= datetime.now(timezone.utc)
        assert moment.utcoffset() == moment.astimezone(ZONE).utcoffset()
    for field in ("created_at", "updated_at", "approved_at"):
        moment = utc(hours[field])
        assert begin - timedelta(milliseconds=1) <= moment <= datetime.now(timezone.utc)


def utc(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)


# ------------------------------------------------------------------ the vendor's errors


@BOTH
@pytest.mark.parametrize(
    ("fields", "status", "text"),
    [
        ({"employee_id": NOBODY}, 404, "Employee not found."),
        ({"time_off_type_id": NOBODY}, 404, {DAYS: "Time-off type not found.", HOURS: "Absence type not found."}),
        ({"start_date": "2022-09-06"}, 422, NOT_VALID),
        ({}, 400, NOT_INSERTED),
    ],
    ids=["no employee", "no kind", "not valid", "in the way"],
)
def test_errors_are_as_described(api, worker, path, off, fields, status, text):
    if status == 400:
        create(api, off(worker), path)
    before = of(api, worker, path)
    error = error_of(api.post(path, json={**off(worker), **fields}), status)
    text = text[path] if isinstance(text, dict) else text
    assert error["message"] == text or (status == 400 and error["message"].startswith(f"{text}. Reason: "))
    # Only those that have something to say of fields say it.
    assert error.keys() == {"code", "message"} | ({"error_data"} if status != 404 else set())
    for field, messages in error.get("error_data", {}).items():
        assert isinstance(field, str) and messages and all(isinstance(message, str) for message in messages)
    assert of(api, worker, path) == before


@BOTH
@pytest.mark.parametrize("name", ["employee_id", "time_off_type_id", "start_date", "end_date"])
@pytest.mark.parametrize("how", ["missing", None, "", " ", [], {}, "nonsense", True, -1, 0, 2**31, 1.5], ids=repr)
def test_fields_that_an_absence_needs(api, worker, path, off, name, how):
    body = off(worker)
    if how == "missing":
        del body[name]
    else:
        body[name] = how
    error = error_of(api.post(path, json=body), 422)
    assert error["message"] == NOT_VALID
    assert error["error_data"].keys() == {name}
    assert of(api, worker, path) == []


@BOTH
def test_all_that_is_wrong_is_said_at_once(api, path, off):
    fields = {"employee_id", "time_off_type_id", "start_date", "end_date"}
    assert error_of(api.post(path, json={}), 422)["error_data"].keys() == fields
    wrong = {"half_day_start": "perhaps", "half_day_end": 2, "comment": 5, "skip_approval": "no"}
    assert error_of(api.post(path, json=wrong), 422)["error_data"].keys() == fields | wrong.keys()


@BOTH
@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"start_date": "05.09.2022"}, {"start_date"}),
        ({"end_date": "2022-09-31"}, {"end_date"}),
        ({"end_date": 20220905}, {"end_date"}),
        ({"end_date": "2022-09-04"}, {"end_date"}),
        ({"start_date": "0022-09-05"}, {"start_date"}),
        ({"end_date": "9999-12-31"}, {"end_date"}),
        ({"end_date": "2030-09-05"}, {"end_date"}),
        ({"half_day_start": "half"}, {"half_day_start"}),
        ({"half_day_end": []}, {"half_day_end"}),
        ({"skip_approval": "perhaps"}, {"skip_approval"}),
        ({"comment": "x" * 2001}, {"comment"}),
        ({"comment": ["x"]}, {"comment"}),
        ({"comment": "\u0000"}, {"comment"}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_values_that_no_absence_can_have(api, worker, path, off, fields, names):
    error = error_of(api.post(path, json={**off(worker), **fields}), 422)
    assert error["message"] == NOT_VALID
    assert error["error_data"].keys() == names
    assert of(api, worker, path) == []


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"start_time": "09:00"}, "end_time"),
        ({"end_time": "09:00"}, "start_time"),
        ({"start_time": "10:00", "end_time": "09:00"}, "end_time"),
        ({"start_time": "10:00", "end_time": "10:00"}, "end_time"),
        ({"start_time": "9", "end_time": "10:00"}, "start_time"),
        ({"start_time": "09:00", "end_time": "24:00"}, "end_time"),
        ({"start_time": "09:00:30", "end_time": "10:00"}, "start_time"),
        ({"start_time": 9, "end_time": "10:00"}, "start_time"),
    ],
    ids=str,
)
def test_times_that_no_absence_can_have(api, worker, fields, name):
    error = error_of(api.post(HOURS, json=hours_off(worker, **fields)), 422)
    assert (error["message"], error["error_data"].keys()) == (NOT_VALID, {name})
    assert of(api, worker, HOURS) == []


def test_a_day_has_one_half_that_is_off(api, worker):
    error = error_of(api.post(DAYS, json=days_off(worker, half_day_start=True, half_day_end=True)))
    assert error["message"] == BOTH_HALVES
    assert of(api, worker) == []


def test_each_unit_has_its_own_calls(api, worker):
    for path, off, kind in ((DAYS, days_off, DOCTOR), (HOURS, hours_off, VACATION)):
        error = error_of(api.post(path, json=off(worker, time_off_type_id=kind)), 422)
        assert (error["message"], error["error_data"].keys()) == (NOT_VALID, {"time_off_type_id"})
    days, hours = create(api, days_off(worker)), create(api, hours_off(worker, "2022-09-06"), HOURS)
    assert (of(api, worker), of(api, worker, HOURS)) == ([days["id"]], [hours["id"]])
    # Neither has an id that the other could have.
    for call in (api.get, api.delete):
        assert error_of(call(f"{HOURS}/{days['id_v2']}"), 404)["message"] == NOT_FOUND
    assert error_of(api.get(f"{DAYS}/{hours['id']}"), 404)["message"] == NOT_FOUND
    assert error_of(api.delete(f"{DAYS}/{hours['id']}"), 400)["message"] == BAD_ID
    # No absence of days has the number that is within the id of one of hours.
    number = int(hours["id"][-8:], 16)
    assert error_of(api.delete(f"{DAYS}/{number}"), 404)["message"] == NOT_FOUND
    assert (of(api, worker), of(api, worker, HOURS)) == ([days["id"]], [hours["id"]])


@BOTH
def test_an_absence_is_deleted_once(api, worker, path, off):
    number = create(api, off(worker), path)["id"]
    data_of(api.delete(f"{path}/{number}"))
    for call in (api.delete, api.get, api.delete):
        assert error_of(call(f"{path}/{number}"), 404) == {"code": 404, "message": NOT_FOUND}


@pytest.mark.parametrize(
    ("path", "number", "status"),
    [
        (DAYS, NOBODY, 404),
        (DAYS, 2**31 - 1, 404),
        *((DAYS, bad, 400) for bad in (0, -1, 2**31, 10**20, "one", "1.0", "1%20", uuid.UUID(int=1))),
        (HOURS, uuid.UUID(int=1), 404),
        (HOURS, "61fe126b-a7b3-449a-b5ee-3865a6fcc546", 404),
        *((HOURS, bad, 400) for bad in (1, "one", "61fe126b", "61fe126b-a7b3-449a-b5ee-3865a6fcc54g")),
    ],
    ids=str,
)
def test_absences_that_are_not_there(api, path, number, status):
    """Deleting tells an id that cannot be one from one that no absence has; reading does not."""
    error = error_of(api.delete(f"{path}/{number}"), status)
    assert error["message"] == (NOT_FOUND if status == 404 else BAD_ID)
    assert error_of(api.get(f"{path}/{number}"), 404) == {"code": 404, "message": NOT_FOUND}


@pytest.mark.parametrize("number", [NOBODY, 0, -1, 2**31, "one"])
def test_a_balance_of_nobody(api, number):
    error = error_of(api.get(f"company/employees/{number}/absences/balance"), 404)
    assert error["message"] == "Es ist ein Problem aufgetreten"
    assert list(error["error_data"]) == ["employee_id"]


@pytest.mark.parametrize("kind", ["9bba303f-0fbc-4514-9958-0befa21923fb", "Doctor", NOBODY])
def test_a_kind_that_is_not_there(api, kind):
    error = error_of(api.get(HOURS, params={"absence_types[]": kind}), 404)
    assert error == {"code": 404, "message": "models.absence-types.not-found"}


@BOTH
@pytest.mark.parametrize("text", ["{", "[]", "null", '"start_date"', "{'employee_id': 1}"])
def test_bodies_that_cannot_be_read(api, path, off, text):
    error_of(api.post(path, data=text.encode(), headers={"Content-Type": "application/json"}))


@BOTH
def test_bodies_of_other_kinds(api, path, off):
    error_of(api.post(path, data=b"x", headers={"Content-Type": "text/plain"}), 415)


def test_errors_repeat_the_token(api, token):
    answers = [
        api.get(DAYS, params={"start_date": "x"}),
        api.get(HOURS, params={"absence_types[]": "x"}),
        api.post(DAYS, json={}),
        api.post(HOURS, json={}),
        api.post(DAYS, json=days_off(NOBODY)),
        api.post(DAYS, data=b"{", headers={"Content-Type": "application/json"}),
        api.post(DAYS, data=b"x", headers={"Content-Type": "text/plain"}),
        api.delete(f"{DAYS}/{NOBODY}"),
        api.delete(f"{DAYS}/one"),
        api.delete(f"{HOURS}/one"),
        api.get(f"company/employees/{NOBODY}/absences/balance"),
        api.get("company/absences.ics", params={"days": 0}),
    ]
    assert [answer.status_code for answer in answers] == [400, 404, 422, 422, 404, 400, 415, 404, 400, 400, 404, 400]
    assert all(keeps_the_token(answer, token) for answer in answers)


# ------------------------------------------------------------------ forms


def as_json(api, path, body):
    return api.post(path, json=body)


def as_form(api, path, body):
    return api.post(path, data=body)


def as_multipart(api, path, body):
    return api.post(path, files={name: (None, str(value)) for name, value in body.items()})


FORMS = pytest.mark.parametrize("send", [as_json, as_form, as_multipart])


@FORMS
@BOTH
def test_forms_and_json_say_the_same(api, worker, path, off, send):
    body = off(worker, "2022-09-05", "2022-09-06", comment="Grüße & Küsse; „bis“ bald", half_day_end="True")
    found = data_of(send(api, path, body), 201 if path == HOURS else 200)["attributes"]
    assert (found["comment"], found["half_day_start"], found["half_day_end"]) == (body["comment"], False, True)
    assert found["status"] == "approved"
    assert (found.get("days_count"), found.get("effective_duration")) in [(1.5, None), (None, 720)]
    assert attributes(api, found["id"], path) == found


@FORMS
@pytest.mark.parametrize(
    ("flag", "meant"),
    [*((flag, True) for flag in ("true", "True", "1", "1 ")), *((flag, False) for flag in ("false", "False", "0", ""))],
    ids=repr,
)
def test_flags_in_each_form(api, worker, send, flag, meant):
    found = data_of(send(api, DAYS, days_off(worker, half_day_start=flag)))["attributes"]
    assert (found["half_day_start"], found["days_count"]) == (meant, 0.5 if meant else 1)


@pytest.mark.parametrize("flag", [True, 1, False, 0, None], ids=repr)
def test_flags_in_json(api, worker, flag):
    found = create(api, days_off(worker, half_day_end=flag))
    assert found["half_day_end"] is bool(flag)


@FORMS
@pytest.mark.parametrize("skip", ["false", "False", "0", "false "])
def test_who_does_not_skip_approval_waits(api, worker, send, skip):
    found = data_of(send(api, DAYS, days_off(worker, skip_approval=skip)))["attributes"]
    assert found["status"] == attributes(api, found["id"])["status"] == "pending"
    # Where nobody has to agree, nobody is asked.
    found = data_of(send(api, DAYS, days_off(worker, "2022-09-06", time_off_type_id=SICK, skip_approval=skip)))
    assert found["attributes"]["status"] == "approved"


@FORMS
@pytest.mark.parametrize("skip", ["true", "True", "1", "1 ", ""])
def test_who_skips_approval_does_not_wait(api, worker, send, skip):
    found = data_of(send(api, DAYS, days_off(worker, skip_approval=skip)))["attributes"]
    assert found["status"] == attributes(api, found["id"])["status"] == "approved"


def test_the_half_days_need_not_be_said(api, worker):
    body = days_off(worker)
    del body["half_day_start"], body["half_day_end"]
    found = data_of(as_form(api, DAYS, body))["attributes"]
    assert (found["half_day_start"], found["half_day_end"], found["comment"]) == (False, False, "")


def test_values_in_other_forms(api, worker):
    """Numbers as text and dates as date-times, as clients send what they read elsewhere."""
    body = days_off(str(worker), "2022-09-05T00:00:00+02:00", "2022-09-06", time_off_type_id=f" {VACATION} ")
    found = create(api, body)
    assert found["days_count"] == 2
    assert (found["start_date"][:10], found["end_date"][:10]) == ("2022-09-05", "2022-09-06")


def test_what_was_read_can_be_created_again(api, worker):
    """What no request has is ignored."""
    before = create(api, days_off(worker, comment="once", half_day_start=True))
    data_of(api.delete(f"{DAYS}/{before['id']}"))
    after = create(api, {**before, "employee_id": worker, "time_off_type_id": VACATION})
    kept = before.keys() - {"id", "id_v2", "created_at", "updated_at"}
    assert {field: after[field] for field in kept} == {field: before[field] for field in kept}
    assert after["id"] != before["id"]


# ------------------------------------------------------------------ absences of hours


WHOLE, HALF = 480, 240


@pytest.mark.parametrize(
    ("day", "fields", "start", "end", "minutes"),
    [
        # By the clock, in summer and in winter, and on the day on which the clocks change.
        ("09-05", {"start_time": "09:00", "end_time": "10:30"}, "09-05T07:00", "09-05T08:30", [90]),
        ("09-05", {"start_time": "9:00", "end_time": "10:30:00"}, "09-05T07:00", "09-05T08:30", [90]),
        ("12-05", {"start_time": "09:00", "end_time": "09:01"}, "12-05T08:00", "12-05T08:01", [1]),
        ("03-27", {"start_time": "01:00", "end_time": "04:00"}, "03-27T00:00", "03-27T02:00", [0]),
        # No more than would have been worked.
        ("09-05", {"start_time": "00:00", "end_time": "23:59"}, "09-04T22:00", "09-05T21:59", [WHOLE]),
        ("09-04", {"start_time": "09:00", "end_time": "10:00"}, "09-04T07:00", "09-04T08:00", [0]),
        # Whole days, from midnight to midnight.
        ("09-05", {}, "09-04T22:00", "09-05T22:00", [WHOLE]),
        ("09-05", {"start_time": "", "end_time": None}, "09-04T22:00", "09-05T22:00", [WHOLE]),
        ("09-05", {"end_date": "2022-09-06"}, "09-04T22:00", "09-06T22:00", [WHOLE, WHOLE]),
        ("09-05", {"end_date": "2022-09-06", "half_day_start": 1}, "09-04T22:00", "09-06T22:00", [HALF, WHOLE]),
        ("09-05", {"end_date": "2022-09-06", "half_day_end": "1"}, "09-04T22:00", "09-06T22:00", [WHOLE, HALF]),
        (
            "03-25",
            {"end_date": "2022-03-28", "half_day_start": True, "half_day_end": True},
            "03-24T23:00",
            "03-28T22:00",
            [HALF, 0, 0, HALF],
        ),
        # Half days are of several days only, and times of a single one.
        ("09-05", {"half_day_start": True, "half_day_end": True}, "09-04T22:00", "09-05T22:00", [WHOLE]),
        (
            "09-05",
            {"end_date": "2022-09-06", "start_time": "09:00", "end_time": "08:00"},
            "09-04T22:00",
            "09-06T22:00",
            [WHOLE, WHOLE],
        ),
    ],
    ids=str,
)
def test_hours(api, worker, day, fields, start, end, minutes):
    first = date.fromisoformat(f"2022-{day}")
    found = create(api, hours_off(worker, str(first), **fields), HOURS)
    assert (found["start"], found["end"]) == (f"2022-{start}:00.000Z", f"2022-{end}:00.000Z")
    assert found["effective_duration"] == sum(minutes)
    days = [str(first + timedelta(days=later)) for later in range(len(minutes))]
    breakdowns = [{"date": one, "effective_duration": duration} for one, duration in zip(days, minutes)]
    assert found["breakdowns"] == breakdowns
    halves = [len(minutes) > 1 and bool(fields.get(f"half_day_{end}")) for end in ("start", "end")]
    assert [found["half_day_start"], found["half_day_end"]] == halves


def test_hours_fit_where_they_do_not_cross(api, worker):
    def by_clock(start, end):
        return api.post(HOURS, json=hours_off(worker, start_time=start, end_time=end))

    first = data_of(by_clock("08:00", "10:00"), 201)["attributes"]["id"]
    second = data_of(by_clock("10:00", "12:00"), 201)["attributes"]["id"]
    assert error_of(by_clock("09:59", "10:01"))["error_data"]["conflicting_ids"] == [first, second]
    assert error_of(by_clock("00:00", "23:59"))["error_data"]["conflicting_ids"] == [first, second]
    # A day off is in their way, half of one is not.
    assert error_of(api.post(DAYS, json=days_off(worker)))["error_data"]["conflicting_ids"] == [first, second]
    half = create(api, days_off(worker, half_day_end=True))["id"]
    whole = create(api, days_off(worker, "2022-09-06"))["id"]
    body = hours_off(worker, "2022-09-06", start_time="08:00", end_time="09:00")
    assert error_of(api.post(HOURS, json=body))["error_data"]["conflicting_ids"] == [str(whole)]
    # Of those that begin on a day the order is that in which they came.
    assert (of(api, worker, HOURS), of(api, worker)) == ([first, second], [half, whole])


# ------------------------------------------------------------------ lists


@pytest.fixture(name="week", scope="module")
def fixture_week(token):
    """Two employees, each with absences on each of five days: their ids by path. For reading only."""
    with Api(token) as api:
        days, morning = [f"2022-09-{day}" for day in range(12, 17)], {"start_time": "08:00", "end_time": "09:00"}
        return {
            worker: {
                DAYS: [create(api, days_off(worker, day, half_day_start=True))["id"] for day in days],
                HOURS: [create(api, hours_off(worker, day, **morning), HOURS)["id"] for day in days],
            }
            for worker in (hire(api), hire(api))
        }


def turn_pages(api, path, first, **parameters):
    """As clients do it: until the number of the page is the number of pages."""
    found, offset = [], first
    while True:
        body = page(api, path, offset=offset, **parameters)
        assert body["offset"] == offset
        found += ids(body["data"])
        if body["metadata"]["current_page"] == body["metadata"]["total_pages"]:
            return found
        assert offset < 99, "it comes to no end"
        offset += 1


@BOTH
@pytest.mark.parametrize("limit", [1, 3, 4, 9, 10, 11, 1000])
def test_pages(api, week, path, off, limit):
    """Page by page it is the list, each page says the same of it, and the last has the number of pages."""
    query = {"employees[]": list(week), "limit": limit}
    whole = of(api, list(week), path)
    assert len(whole) == 10
    assert turn_pages(api, path, 1, **query) == whole
    pages = -(-10 // limit)
    for number in range(1, pages + 2):
        body = page(api, path, offset=number, **query)
        assert body["metadata"] == {"total_elements": 10, "current_page": number, "total_pages": pages}
        assert (body["limit"], body["offset"]) == (limit, number)
        assert ids(body["data"]) == whole[limit * (number - 1) : limit * number]
    # Both numbers are the first page's.
    assert page(api, path, offset=0, **query) == {**page(api, path, offset=1, **query), "offset": 0}
    assert page(api, path, **query) == page(api, path, offset=0, **query)


@BOTH
def test_pages_of_a_whole_company(api, week, path, off):
    """Without employees it is another way through the store, also for those that began before."""
    with_all = {"start_date": "2022-09-13", "end_date": "2022-09-15"}
    long = hire(api)
    before = create(api, off(long, "2022-08-01", "2022-09-13"), path)["id"]
    whole = ids(page(api, path, limit=1000, **with_all)["data"])
    assert len(set(whole)) == len(whole)
    assert {before, *(number for of_one in week.values() for number in of_one[path][1:4])} <= set(whole)
    for limit in (1, 2, 5):
        assert turn_pages(api, path, 1, limit=limit, **with_all) == whole
    assert page(api, path, **with_all)["metadata"]["total_elements"] == len(whole)


def test_pages_of_kinds(api):
    whole = [one["attributes"]["id"] for one in data_of(api.get(TYPES))]
    for limit in (1, 2, 3, 6, 7, 8):
        assert turn_pages(api, TYPES, 1, limit=limit) == whole
    assert page(api, TYPES, limit=3, offset=9)["data"] == []


@BOTH
def test_both_ends_are_in_the_list(api, worker, path, off):
    number = create(api, off(worker, "2022-09-05", "2022-09-09"), path)["id"]
    for first, last, there in (
        ("2022-09-01", "2022-09-04", False),
        ("2022-09-01", "2022-09-05", True),
        ("2022-09-07", "2022-09-07", True),
        ("2022-09-09", "2022-09-30", True),
        ("2022-09-10", "2022-09-30", False),
        ("2022-09-10", None, False),
        ("2022-09-09", None, True),
        (None, "2022-09-04", False),
        (None, "2022-09-05", True),
        (None, None, True),
    ):
        query = {"start_date": first, "end_date": last}
        assert of(api, worker, path, **query) == ([number] if there else []), query
        everybody = page(api, path, limit=1000, **query)
        assert (number in ids(everybody["data"])) is there, query


@BOTH
def test_the_order_of_a_list(api, path, off):
    """By the first day, then by employee; whatever the order in which they came."""
    first, second = hire(api), hire(api)
    numbers = [
        create(api, off(employee, day, last), path)["id"]
        for employee, day, last in (
            (second, "2022-09-06", "2022-09-06"),
            (first, "2022-09-08", "2022-09-08"),
            (second, "2022-09-05", "2022-09-05"),
            (first, "2022-09-05", "2022-09-07"),
        )
    ]
    assert of(api, [first, second], path) == [numbers[place] for place in (3, 2, 0, 1)]
    assert of(api, [second, first], path, start_date="2022-09-06") == [numbers[place] for place in (3, 0, 1)]


@BOTH
def test_ways_to_ask_for_employees(api, week, path, off):
    (first, of_first), (second, of_second) = week.items()
    for query in (
        f"employees[]={first}&employees[]={second}",
        f"employees%5B%5D={first}&employees%5B%5D={second}",
        f"employees[0]={first}&employees[1]={second}",
        f"employees={first},{second}",
        f"employees={first}&employees={second}",
        f"employees[]={first},{second}",
        f"employees[]={second}&employees[]={first}&employees[]={second}",
        f"employees[]=%20{first}%20&employees[]=&employees[]={second}",
    ):
        assert set(ids(data_of(api.get(f"{path}?{query}")))) == {*of_first[path], *of_second[path]}, query
    assert of(api, [*range(NOBODY, NOBODY + 49), first], path) == of_first[path]


def test_ways_to_ask_for_kinds_and_absences_of_hours(api, week):
    (first, of_first), (second, of_second) = week.items()
    [kind] = [one["attributes"]["id_v2"] for one in data_of(api.get(TYPES)) if one["attributes"]["id"] == DOCTOR]
    [other] = [one["attributes"]["id_v2"] for one in data_of(api.get(TYPES)) if one["attributes"]["id"] == VACATION]
    for query in (f"absence_types[]={kind}", f"absence_types={DOCTOR}", f"absence_types%5B0%5D={kind}"):
        assert ids(data_of(api.get(f"{HOURS}?{query}&employees[]={first}"))) == of_first[HOURS], query
        everybody = set(ids(data_of(api.get(f"{HOURS}?{query}&limit=1000"))))
        assert {*of_first[HOURS], *of_second[HOURS]} <= everybody
    assert of(api, first, HOURS, **{"absence_types[]": other}) == []
    assert of(api, first, HOURS, **{"absence_types[]": [other, kind]}) == of_first[HOURS]

    one, two, stranger = of_first[HOURS][3], of_second[HOURS][1], of_first[HOURS][0]
    for query in (
        f"absence_periods[]={one}&absence_periods[]={two}",
        f"absence_periods={two},{one}",
        f"absence_periods%5B0%5D={one}&absence_periods%5B1%5D={two}",
        f"absence_periods[]={one.upper()}&absence_periods[]={two}",
    ):
        assert ids(data_of(api.get(f"{HOURS}?{query}"))) == [two, one], query
    # All that is asked for counts.
    both = {"absence_periods[]": [one, two], "employees[]": first}
    assert ids(page(api, HOURS, **both)["data"]) == [one]
    assert ids(page(api, HOURS, **both, start_date="2022-09-16")["data"]) == []
    assert ids(page(api, HOURS, **both, **{"absence_types[]": kind})["data"]) == [one]
    assert stranger not in ids(page(api, HOURS, **{"absence_periods[]": one})["data"])
    # Absences of days do not know these parameters.
    assert of(api, first, **{"absence_types[]": "x", "absence_periods[]": "x"}) == of_first[DAYS]


@pytest.mark.parametrize("how", ["of days", "deleted"])
def test_ids_that_no_absence_of_hours_has(api, worker, how):
    number = create(api, days_off(worker))["id_v2"]
    if how == "deleted":
        number = create(api, hours_off(worker, "2022-09-06"), HOURS)["id"]
        data_of(api.delete(f"{HOURS}/{number}"))
    assert page(api, HOURS, **{"absence_periods[]": number})["data"] == []


@BOTH
def test_parameters_that_nobody_knows_are_ignored(api, week, path, off):
    """Clients add `page=0` to every list."""
    worker, numbers = next(iter(week.items()))
    unknown = {"page": 0, "employee_id": NOBODY, "sort": "-date", "status": "rejected", "includePending": "perhaps"}
    assert of(api, worker, path, **unknown) == numbers[path]
    assert page(api, TYPES, page=0) == page(api, TYPES)


@BOTH
def test_the_body_of_a_get_is_ignored(api, week, path, off):
    worker, numbers = next(iter(week.items()))
    for nonsense in ("{", "[]", '{"start_date": "2030-01-01"}', "limit=1"):
        headers = {"Content-Type": "application/json"}
        answer = api.get(f"{path}?employees[]={worker}", data=nonsense.encode(), headers=headers)
        assert ids(data_of(answer)) == numbers[path]


@BOTH
@pytest.mark.parametrize("accept", ["image/png, image/jpeg", "text/html", "application/xml;q=0.1", ""])
def test_answers_are_json_whatever_is_accepted(api, week, path, off, accept):
    worker, numbers = next(iter(week.items()))
    answer = api.get(f"{path}?employees[]={worker}", headers={"Accept": accept})
    assert ids(data_of(answer)) == numbers[path]
    assert answer.headers["Content-Type"].startswith("application/json")


@BOTH
@pytest.mark.parametrize(
    ("parameters", "word"),
    [
        ({"start_date": "01.01.2022"}, "start_date"),
        ({"end_date": "2022-02-30"}, "end_date"),
        ({"start_date": "2022-09-02", "end_date": "2022-09-01"}, "end_date"),
        ({"limit": 0}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"limit": "all"}, "limit"),
        ({"limit": 10**20}, "limit"),
        ({"offset": -1}, "offset"),
        ({"offset": "1.5"}, "offset"),
        ({"employees[]": "somebody"}, "employees"),
        ({"employees[]": 0}, "employees"),
        ({"employees[]": 2**31}, "employees"),
        ({"updated_from": "yesterday"}, "updated_from"),
        ({"updated_to": "2022-13-01"}, "updated_to"),
    ],
    ids=str,
)
def test_parameters_that_cannot_be_read(api, path, off, parameters, word):
    error = error_of(api.get(path, params=parameters))
    assert word in error["message"]
    assert error["error_data"].keys() == {word}


def test_absences_that_are_no_ids(api):
    error = error_of(api.get(HOURS, params={"absence_periods[]": "one"}))
    assert error["error_data"].keys() == {"absence_periods"}


@BOTH
@pytest.mark.parametrize("alone", [True, False], ids=["employee", "company"])
def test_what_was_changed_since(api, worker, path, off, alone):
    """`updated_at` as it is shown is a bound in every form that the vendor describes, and both bounds are included."""
    old, new = (create(api, off(worker, day), path)["id"] for day in ("2022-09-05", "2022-09-06"))

    def updated(number):
        text = attributes(api, number, path)["updated_at"]
        return utc(text) if text.endswith("Z") else datetime.fromisoformat(text)

    before = updated(old)
    # That of days is shown to the second.
    time.sleep(1.1)
    data_of(api.patch(f"{path}/{new}", json={"comment": "changed"}))
    after = updated(new)
    assert after > before

    def since(**bounds):
        if alone:
            return of(api, worker, path, **bounds)
        everybody = page(api, path, limit=1000, **bounds)
        assert everybody["metadata"]["total_elements"] == len(everybody["data"])
        return [number for number in ids(everybody["data"]) if number in (old, new)]

    local, precision = after.astimezone(ZONE), "seconds" if path == DAYS else "milliseconds"
    for form in (
        local.isoformat(timespec=precision),
        local.replace(tzinfo=None).isoformat(timespec=precision),
        local.replace(tzinfo=None).isoformat(" ", timespec=precision),
        after.astimezone(timezone.utc).isoformat(timespec=precision),
        after.astimezone(timezone.utc).isoformat(timespec=precision).replace("+00:00", "Z"),
        attributes(api, new, path)["updated_at"],
    ):
        assert since(updated_from=form) == [new], form
        assert since(updated_to=form) == [old, new], form
        assert since(updated_from=form, updated_to=form) == [new], form
    # Without a client to encode it the plus arrives as a blank.
    plain = local.isoformat(timespec=precision)
    assert ids(data_of(api.get(f"{path}?updated_from={plain}&employees[]={worker}"))) == [new]

    until = before.astimezone(ZONE).isoformat(timespec=precision)
    assert since(updated_to=until) == [old]
    assert since(updated_from=until) == [old, new]
    today = local.date()
    assert since(updated_from=before.astimezone(ZONE).date()) == [old, new]
    assert since(updated_to=today) == [old, new]
    assert since(updated_from=today + timedelta(days=1)) == []
    assert since(updated_to=today - timedelta(days=2)) == []
    # The days count as well.
    assert since(updated_from=until, start_date="2022-09-06") == [new]
    assert since(updated_from=until, end_date="2022-09-05") == [old]


@BOTH
@pytest.mark.parametrize(
    ("after", "until"),
    [("2026-12-01", "2026-01-01"), ("2026-11-26T15:00:00Z", "2026-11-26T14:59:59Z")],
    ids=["dates", "instants"],
)
def test_a_time_in_which_nothing_can_have_been_changed(api, worker, path, off, after, until):
    """As a list of attendances: clients ask so whose clock is behind that of the last answer."""
    create(api, off(worker), path)
    times = {"updated_from": after, "updated_to": until}
    assert of(api, worker, path, **times) == []
    assert page(api, path, **times)["data"] == []


# ------------------------------------------------------------------ approval and updates, which the vendor has not


@BOTH
@pytest.mark.parametrize(("verdict", "status"), [("approve", "approved"), ("reject", "rejected")])
def test_a_decision(api, worker, path, off, verdict, status):
    """Only what waits is decided on: no absence of hours does, for nobody has to agree to its one kind."""
    number = create(api, off(worker, skip_approval=False), path)["id"]
    if path == HOURS:
        error_of(api.post(f"{path}/{number}/{verdict}"), 409)
        return
    assert data_of(api.post(f"{path}/{number}/{verdict}", json={"comment": "Gut!"}))["status"] == status
    found = attributes(api, number)
    assert found["status"] == status
    assert (found["approval"]["credential"], found["approval"]["comment"]) == (LOGIN["client_id"], "Gut!")
    assert_like(DAYS_EXAMPLE["attributes"], less(found, *BESIDE_DAYS, "approval"))
    for again in ("approve", "reject"):
        error_of(api.post(f"{path}/{number}/{again}"), 409)
    # It stays in the list, and its place is free again where it was rejected.
    assert of(api, worker) == [number]
    answer = api.post(DAYS, json=days_off(worker))
    assert answer.status_code == (400 if status == "approved" else 200)


@BOTH
@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"comment": "another"}, {"comment": "another"}),
        ({"comment": None}, {"comment": ""}),
        ({"half_day_start": "1"}, {"half_day_start": True}),
        ({"start_date": "2022-09-06"}, {"first": "2022-09-06"}),
        ({"end_date": "2022-09-09"}, {"last": "2022-09-09"}),
        ({"start_date": "2022-10-10", "end_date": "2022-10-11"}, {"first": "2022-10-10", "last": "2022-10-11"}),
        ({"certificate": "submitted"}, {"certificate": {"status": "submitted"}}),
    ],
    ids=str,
)
def test_what_is_sent_is_changed_and_the_rest_stays(api, worker, path, off, change, shown):
    before = create(api, off(worker, "2022-09-05", "2022-09-07", comment="first"), path)
    data_of(api.patch(f"{path}/{before['id']}", json=change))
    after = attributes(api, before["id"], path)
    counted = {"days_count", "effective_duration", "breakdowns", "updated_at"}
    days = {"start_date", "end_date", "start", "end"} if {"first", "last"} & shown.keys() else set()
    kept = before.keys() - counted - days - shown.keys()
    assert {field: after[field] for field in kept} == {field: before[field] for field in kept}
    assert {field: after[field] for field in shown.keys() & after.keys()} == {
        field: value for field, value in shown.items() if field in after
    }
    again = page(api, path, **{"employees[]": worker})["data"]
    assert [one["attributes"] for one in again] == [after]
    first, last = shown.get("first", "2022-09-05"), shown.get("last", "2022-09-07")
    assert of(api, worker, path, start_date=first, end_date=first) == [before["id"]]
    assert of(api, worker, path, start_date=last, end_date=last) == [before["id"]]
    behind = (date.fromisoformat(last) + timedelta(days=1)).isoformat()
    assert of(api, worker, path, start_date=behind) == []


@BOTH
def test_what_was_read_can_be_written(api, worker, path, off):
    fields = {"half_day_end": True} if path == DAYS else {"start_time": "09:00", "end_time": "10:15"}
    before = create(api, off(worker, comment="once", **fields), path)
    data_of(api.patch(f"{path}/{before['id']}", json=before))
    assert attributes(api, before["id"], path) == before


# ------------------------------------------------------------------ balances


@pytest.fixture(name="book")
def fixture_book(api):
    """Stores absences of employees of the company file, and removes them again."""
    stored = []

    def book(employee, first, last=None, **fields):
        stored.append(create(api, days_off(employee, str(first), str(last or first), **fields)))
        return stored[-1]

    yield book
    for one in stored:
        data_of(api.delete(f"{DAYS}/{one['id']}"))


def balance(api, employee):
    """What is left of paid vacation: today, and to be planned."""
    [vacation] = data_of(api.get(f"company/employees/{employee}/absences/balance"))
    return vacation["balance"], vacation["available_balance"]


def employee_of(address):
    return list(DECLARED).index(f"{address}@alpenrad.example") + 1


# No other test stores vacation of these.
ANYBODY, PART_TIME = employee_of("zoe.hartwig"), employee_of("sabine.ueberreiter")


def wednesday(month):
    """The second Wednesday of a month of this year; none of those below is a holiday in Bavaria."""
    eighth = date(datetime.now(ZONE).year, month, 8)
    return eighth + timedelta(days=(2 - eighth.weekday()) % 7)


@pytest.mark.parametrize("half", [False, True], ids=["whole", "half"])
@pytest.mark.parametrize("month", [4, 7, 9, 12])
def test_what_is_taken_is_less_of_the_balance(api, book, month, half):
    """Today's has what was taken until today, the other one all of the year."""
    now, available = balance(api, ANYBODY)
    day = wednesday(month)
    one = book(ANYBODY, day, half_day_start=half)
    assert one["days_count"] == (0.5 if half else 1)
    taken = one["days_count"] if day <= datetime.now(ZONE).date() else 0
    assert balance(api, ANYBODY) == (now - taken, available - one["days_count"])


def test_what_waits_is_planned_and_not_taken(api, book):
    now, available = balance(api, ANYBODY)
    one = book(ANYBODY, wednesday(7), skip_approval=False)
    assert balance(api, ANYBODY) == (now, available - 1)
    data_of(api.post(f"{DAYS}/{one['id']}/reject"))
    assert balance(api, ANYBODY) == (now, available)


def test_what_is_deleted_is_there_again(api):
    before = balance(api, ANYBODY)
    number = create(api, days_off(ANYBODY, str(wednesday(7))))["id"]
    assert balance(api, ANYBODY) != before
    data_of(api.delete(f"{DAYS}/{number}"))
    assert balance(api, ANYBODY) == before


def test_other_kinds_and_other_people_are_no_vacation(api, book):
    before = balance(api, ANYBODY), balance(api, PART_TIME)
    book(ANYBODY, wednesday(7), time_off_type_id=SICK)
    book(ANYBODY, wednesday(9), time_off_type_id=AT_HOME)
    assert (balance(api, ANYBODY), balance(api, PART_TIME)) == before


def test_nobody_takes_more_than_there_is(api, book):
    """Eighteen days a year for three days a week, and up to five that come over."""
    year = datetime.now(ZONE).year + 3
    book(PART_TIME, f"{year}-01-01", f"{year}-02-02")
    error = error_of(api.post(DAYS, json=days_off(PART_TIME, f"{year}-03-01", f"{year}-12-31")))
    assert error["message"].startswith(f"{NOT_INSERTED}. Reason: ")
    assert "Paid vacation" in error["message"] and str(year) in error["message"]


# ------------------------------------------------------------------ who may


CALLS = [
    ("GET", TYPES, "absences:read"),
    *(
        (method, path, scope)
        for kind, number in ((DAYS, 1), (HOURS, uuid.UUID(int=1)))
        for method, path, scope in (
            ("GET", kind, "absences:read"),
            ("POST", kind, "absences:write"),
            ("GET", f"{kind}/{number}", "absences:read"),
            ("PATCH", f"{kind}/{number}", "absences:write"),
            ("DELETE", f"{kind}/{number}", "absences:write"),
            ("POST", f"{kind}/{number}/approve", "absences:write"),
            ("POST", f"{kind}/{number}/reject", "absences:write"),
        )
    ),
    ("GET", "company/absences.ics", "absences:read"),
    ("GET", "company/employees/1/absences/balance", "absences:read"),
]


@pytest.fixture(name="tokens", scope="module")
def fixture_tokens():
    """Tokens by the scope that their credentials were made for. They may read no attribute of employees."""
    return {scope: token_of(*granted(scope)) for scope in ("absences:read", "absences:write", "employees:read")}


@pytest.mark.parametrize(("method", "path", "scope"), CALLS)
def test_nobody_comes_without_a_token(method, path, scope):
    assert error_of(Api(None).request(method, path), 401)["message"] == "Authorization is not provided"
    assert error_of(Api("papi-nonsense").request(method, path), 403)["message"] == "Provided authorization is not valid"


@pytest.mark.parametrize(("method", "path", "scope"), CALLS)
def test_nobody_comes_without_the_scope(tokens, method, path, scope):
    for has, token in tokens.items():
        if scope in granted(has):
            continue
        answer = Api(token).request(method, path)
        assert scope in error_of(answer, 403)["message"]
        assert keeps_the_token(answer, token)


@BOTH
def test_each_scope_suffices(tokens, worker, path, off):
    writer, reader = Api(tokens["absences:write"]), Api(tokens["absences:read"])
    number = create(writer, off(worker), path)["id"]
    assert of(reader, worker, path) == [number]
    data_of(writer.patch(f"{path}/{number}", json={"comment": "written"}))
    assert attributes(reader, number, path)["comment"] == "written"
    data_of(writer.delete(f"{path}/{number}"))
    assert data_of(reader.get(TYPES))
    assert balance(reader, ANYBODY)


@BOTH
def test_an_employee_is_shown_as_far_as_may_be_read(api, tokens, worker, path, off):
    number = create(api, off(worker), path)["id"]

    def shown(token):
        with Api(token) as somebody:
            [listed] = page(somebody, path, **{"employees[]": worker})["data"]
            assert listed["attributes"] == attributes(somebody, number, path)
            return listed["attributes"]["employee"]

    assert shown(tokens["absences:read"]) == {
        "type": "Employee",
        "attributes": {"id": {"label": "ID", "value": worker, "type": "integer", "universal_id": "id"}},
    }
    some = shown(token_of("absences:read", readable=["last_name", "position", "hire_date"]))["attributes"]
    assert {key: field["value"] for key, field in some.items()} == {"id": worker, "last_name": "Vance"}
    every = shown(token_of("absences:read", readable=["*"]))
    assert_like(EMPLOYEE, every)


@BOTH
def test_a_writer_is_shown_no_more(tokens, worker, path, off):
    writer = Api(tokens["absences:write"])
    assert create(writer, off(worker), path)["employee"]["attributes"].keys() == {"id"}
