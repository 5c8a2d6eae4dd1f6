"""personio-py, as it comes from PyPI, writes and reads absences of days. It knows none of hours.

`tests/clients/run` starts the muster and sets the environment of these tests.
Absences belong to an employee who is created for the test, so no test is in the way of another.
"""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import personio_py.util
import pytest
from personio_py import (
    Absence,
    AbsenceType,
    Attendance,
    Employee,
    PersonioApiError,
    PersonioError,
    ShortEmployee,
    UnsupportedMethodError,
)
from support import COMPANY, DECLARED, NOBODY, ZONE, Recorder, connect, newcomer

PATH = "company/time-offs"

# In the answers, and unknown to the client.
UNKNOWN_TO_CLIENT = {"Absence": {"id_v2"}, "AbsenceType": {"unit", "approval_required", "id_v2"}}

NOT_FOUND = "The absence period was not found."
NOT_VALID = "The given data failed to pass validation."
NOT_INSERTED = "Error when trying to insert absence period"

MONDAY = date(2024, 2, 26)
FRIDAY = MONDAY + timedelta(days=4)


def hire(client):
    return client.create_employee(newcomer(), refresh=False)


@pytest.fixture(name="worker")
def fixture_worker(client):
    """An employee of the test alone, who works from Monday to Friday."""
    return hire(client)


KINDS = {declared["name"]: number for number, declared in enumerate(COMPANY["absence_types"], 1)}
IN_DAYS = [declared["name"] for declared in COMPANY["absence_types"] if declared["unit"] == "day"]


def kind(name):
    return AbsenceType(id_=KINDS[name], name=name)


def absence(employee, **fields):
    """An absence that was not created yet."""
    given = {
        "employee": employee,
        "time_off_type": kind("Paid vacation"),
        "start_date": MONDAY,
        "end_date": FRIDAY,
        "comment": "Grüße, \"Ada\" & Co.\n🏔",
    }
    return Absence(**{**given, **fields})


def single_days(employee, days, **fields):
    dates = (MONDAY + timedelta(days=day) for day in days)
    return [absence(employee, start_date=day, end_date=day, **fields) for day in dates]


def created(client, *absences):
    for one in absences:
        client.create_absence(one)
    return absences[0] if len(absences) == 1 else absences


def shown(one):
    """What the client parsed of an absence, field by field."""
    return {field.class_field: getattr(one, field.class_field) for field in Absence._field_mapping_list}


def only(client, employee):
    """The one absence that an employee has."""
    [one] = client.get_absences(employee)
    return one


def sent(client, employee):
    """What the client was sent for each absence of an employee."""
    return client.request_json(PATH, params={"employees[]": employee.id_})["data"]


def ids(resources):
    return [resource.id_ for resource in resources]


# ------------------------------------------------------------------ kinds of absence


def test_kinds_of_absence_are_those_of_the_company_file():
    declared = COMPANY["absence_types"]
    types = connect().get_absence_types()
    assert [(one.name, one.category) for one in types] == [(one["name"], one["category"]) for one in declared]
    assert [one.id_ for one in types] == list(range(1, len(declared) + 1))


def test_round_trip_of_kinds(client):
    wire = client.request_json("company/time-off-types")["data"]
    unknown = UNKNOWN_TO_CLIENT["AbsenceType"]
    for one, kind_ in zip(client.get_absence_types(), wire, strict=True):
        known = {key: value for key, value in kind_["attributes"].items() if key not in unknown}
        assert one.to_dict() == {"type": "TimeOffType", "attributes": known}
        assert AbsenceType.from_dict(one.to_dict(), client).to_dict() == one.to_dict()


@pytest.mark.parametrize("name", IN_DAYS)
def test_absences_of_each_kind_that_is_taken_in_days(client, worker, name):
    """The kind is taken from the list, where somebody looks it up by its name."""
    [chosen] = [one for one in client.get_absence_types() if one.name == name]
    created(client, absence(worker, time_off_type=chosen))
    found = only(client, worker)
    assert found.time_off_type.to_dict() == chosen.to_dict()
    # Nobody has to agree: the client does not ask for it.
    assert found.status == "approved"


def test_a_kind_that_is_taken_in_hours(client, worker):
    with pytest.raises(PersonioApiError) as caught:
        client.create_absence(absence(worker, time_off_type=kind("Doctor's appointment")))
    assert (caught.value.status_code, caught.value.error_code) == (422, 422)
    assert caught.value.message == NOT_VALID
    assert client.get_absences(worker) == []


# ------------------------------------------------------------------ creating and reading back


def test_every_field_is_read_back(client, worker):
    begin = datetime.now(timezone.utc).replace(microsecond=0)
    given = absence(worker)
    assert client.create_absence(given) is given
    found = shown(only(client, worker))
    for field in ("created_at", "updated_at"):
        moment = found.pop(field)
        assert begin <= moment <= datetime.now(timezone.utc)
        assert moment.utcoffset() == moment.astimezone(ZONE).utcoffset()
    employee, certificate = found.pop("employee"), found.pop("certificate")
    assert (employee.id_, employee.email) == (worker.id_, worker.email)
    assert (employee.first_name, employee.last_name) == (worker.first_name, worker.last_name)
    assert certificate.status == "not-required"
    time_off_type = found.pop("time_off_type").to_dict()["attributes"]
    assert time_off_type == {"id": 1, "name": "Paid vacation", "category": "paid_vacation"}
    assert found == {
        "id_": given.id_,
        "status": "approved",
        "comment": "Grüße, \"Ada\" & Co.\n🏔",
        "start_date": MONDAY,
        "end_date": FRIDAY,
        "days_count": 5,
        "half_day_start": False,
        "half_day_end": False,
        "created_by": "API",
    }


def test_every_field_has_its_type(client, worker):
    created(client, absence(worker))
    types = {field: type(value).__name__ for field, value in shown(only(client, worker)).items()}
    assert types == {
        "id_": "int",
        "status": "str",
        "comment": "str",
        "start_date": "date",
        "end_date": "date",
        "days_count": "int",
        "half_day_start": "bool",
        "half_day_end": "bool",
        "time_off_type": "AbsenceType",
        "employee": "ShortEmployee",
        "created_by": "str",
        "certificate": "Certificate",
        "created_at": "datetime",
        "updated_at": "datetime",
    }


def test_the_employee_of_an_absence_can_be_asked_for(client, worker):
    created(client, absence(worker))
    short = only(client, worker).employee
    assert type(short) is ShortEmployee
    assert short.resolve().to_dict() == client.get_employee(worker.id_).to_dict()


@pytest.mark.parametrize("comment", [None, ""])
def test_without_a_comment(client, worker, comment):
    """The client leaves out a comment that is not there."""
    created(client, absence(worker, comment=comment))
    assert only(client, worker).comment == ""


@pytest.mark.parametrize(
    "day",
    [datetime(2024, 2, 29), datetime(2024, 2, 29, 23, 59, tzinfo=timezone.utc), date(2024, 2, 29)],
    ids=str,
)
def test_days_come_as_dates_and_as_date_times(client, worker, day):
    created(client, absence(worker, start_date=day, end_date=day))
    found = only(client, worker)
    assert (found.start_date, found.end_date, found.days_count) == (date(2024, 2, 29), date(2024, 2, 29), 1)


@pytest.mark.parametrize(
    ("first", "last", "half_first", "half_last", "days"),
    [
        (0, 0, False, False, 1),
        (0, 0, True, False, 0.5),
        (0, 0, False, True, 0.5),
        (0, 1, False, False, 2),
        (0, 1, True, False, 1.5),
        (0, 1, False, True, 1.5),
        (0, 1, True, True, 1),
        (0, 4, True, True, 4),
        (4, 7, False, False, 2),
        (5, 6, False, False, 0),
        (5, 7, True, False, 1),
        (0, 13, False, False, 10),
        (0, 366, False, False, 263),
    ],
)
def test_half_days_and_weekends(client, worker, first, last, half_first, half_last, days):
    given = absence(
        worker,
        start_date=MONDAY + timedelta(days=first),
        end_date=MONDAY + timedelta(days=last),
        half_day_start=half_first,
        half_day_end=half_last,
    )
    created(client, given)
    found = only(client, worker)
    assert (found.start_date, found.end_date) == (given.start_date, given.end_date)
    assert (found.half_day_start, found.half_day_end) == (half_first, half_last)
    assert found.days_count == days


@pytest.mark.parametrize("flag", [1, "1", "true", True], ids=repr)
def test_flags_come_in_many_forms(client, worker, flag):
    """Whoever sets them afterwards can set them to what other clients read."""
    given = absence(worker)
    given.half_day_start = flag
    created(client, given)
    found = only(client, worker)
    assert (found.half_day_start, found.half_day_end, found.days_count) == (True, False, 4.5)


@pytest.mark.parametrize(("last", "certificate"), [(2, "not-required"), (3, "required"), (9, "required")])
def test_who_is_ill_for_long_needs_a_certificate(client, worker, last, certificate):
    ill = absence(worker, time_off_type=kind("Sick leave"), end_date=MONDAY + timedelta(days=last))
    created(client, ill)
    assert only(client, worker).certificate.status == certificate


def test_an_absence_creates_itself(client, worker):
    given = absence(worker)
    given.create(client)
    assert only(client, worker).id_ == given.id_


def test_an_absence_without_a_client_does_not_create_itself(worker):
    with pytest.raises(PersonioError):
        absence(worker).create()


def test_what_was_read_can_be_created_again(client, worker):
    created(client, absence(worker, half_day_end=True))
    read = only(client, worker)
    client.delete_absence(read)
    again = client.create_absence(Absence(**{**shown(read), "id_": None}))
    assert again.id_ != read.id_
    fields = ("comment", "start_date", "end_date", "days_count", "half_day_start", "half_day_end")
    found = only(client, worker)
    assert [getattr(found, field) for field in fields] == [getattr(read, field) for field in fields]


def test_an_absence_cannot_be_updated(client, worker):
    """The client's own word: the vendor has no such call."""
    with pytest.raises(UnsupportedMethodError):
        created(client, absence(worker)).update(client)


# ------------------------------------------------------------------ what cannot be stored


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({"employee": Employee(id_=NOBODY)}, 404, "Employee not found."),
        ({"employee": Employee()}, 422, NOT_VALID),
        ({"time_off_type": AbsenceType(id_=NOBODY)}, 404, "Time-off type not found."),
        ({"time_off_type": AbsenceType()}, 422, NOT_VALID),
        ({"end_date": date(2024, 2, 25)}, 422, NOT_VALID),
        ({"end_date": date(2030, 2, 25)}, 422, NOT_VALID),
        ({"start_date": date(1024, 2, 25)}, 422, NOT_VALID),
        ({"comment": "x" * 2001}, 422, NOT_VALID),
        (
            {"end_date": MONDAY, "half_day_start": True, "half_day_end": True},
            400,
            "Invalid absence day. Reason: Both half day start and half day end are true for a single-day period",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_stored(client, worker, fields, status, message):
    given = absence(**{"employee": worker, **fields})
    with pytest.raises(PersonioApiError) as caught:
        client.create_absence(given)
    assert (caught.value.status_code, caught.value.error_code) == (status, status)
    assert caught.value.message == message
    assert str(caught.value).startswith(f"request failed with HTTP status code {status}: {message}")
    # Nothing was stored, and the client is not harmed.
    assert given.id_ is None
    assert client.get_absences(worker) == []
    created(client, absence(worker))


def test_absences_do_not_lie_over_each_other(client, worker):
    taken = created(client, absence(worker))
    for days in ((0, 0), (4, 4), (-3, 0), (4, 9), (-3, 9)):
        first, last = (MONDAY + timedelta(days=day) for day in days)
        with pytest.raises(PersonioApiError) as caught:
            client.create_absence(absence(worker, start_date=first, end_date=last))
        assert (caught.value.status_code, caught.value.error_code) == (400, 400)
        assert caught.value.message.startswith(f"{NOT_INSERTED}. Reason: ")
        assert str(taken.id_) in caught.value.message
    assert ids(client.get_absences(worker)) == [taken.id_]
    # Those that touch it do not, nor does working elsewhere, nor what somebody else takes.
    created(client, *single_days(worker, (-1, 5)))
    created(client, absence(worker, time_off_type=kind("Home office")))
    created(client, absence(hire(client)))
    assert len(client.get_absences(worker)) == 4


def test_two_halves_fill_a_day(client, worker):
    created(client, *single_days(worker, (0, 0), half_day_start=True))
    with pytest.raises(PersonioApiError) as caught:
        created(client, *single_days(worker, (0,), half_day_end=True))
    assert caught.value.status_code == 400
    assert [one.days_count for one in client.get_absences(worker)] == [0.5, 0.5]


# ------------------------------------------------------------------ lists


@pytest.fixture(name="three", scope="module")
def fixture_three():
    """Three employees with an absence on each of five days. For reading only."""
    client = connect()
    three = [hire(client) for _ in range(3)]
    for employee in three:
        created(client, *single_days(employee, range(5)))
    return three


def test_employees_come_as_objects_and_as_ids(client, three):
    whole = client.get_absences(three)
    assert len(whole) == 15
    assert ids(client.get_absences([employee.id_ for employee in three])) == ids(whole)
    assert ids(client.get_absences([three[0], three[1].id_, three[2]])) == ids(whole)
    for employee in three:
        alone = client.get_absences(employee)
        assert {one.employee.id_ for one in alone} == {employee.id_}
        assert ids(alone) == ids(client.get_absences(employee.id_))
        assert ids(alone) == [one.id_ for one in whole if one.employee.id_ == employee.id_]


def test_lists_go_by_day_and_then_by_employee(client, three):
    found = [(one.start_date, one.employee.id_) for one in client.get_absences(three)]
    assert found == sorted(found)


def test_nobody_asked_for(client):
    with pytest.raises(ValueError):
        client.get_absences([])


@pytest.mark.parametrize("employee", [NOBODY, [NOBODY, NOBODY + 1], Employee(id_=NOBODY)])
def test_nobody_there(client, employee):
    assert client.get_absences(employee) == []


def test_more_employees_than_the_client_asks_for_at_once(three):
    """It asks for fifty at a time, each with a part of its own of the query."""
    session = Recorder()
    strangers = list(range(NOBODY, NOBODY + 98))
    asked = [three[0].id_, *strangers[:60], three[1].id_, *strangers[60:], three[2]]
    found = connect(session=session).get_absences(asked)
    assert sorted(ids(found)) == sorted(ids(connect().get_absences(three)))
    queries = [parse_qs(urlsplit(path).query) for path in session.paths() if "time-offs" in path]
    assert {len(query["employees[]"]) for query in queries} == {50, 1}


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (0, 4, [0, 1, 2, 3, 4]),
        (1, 3, [1, 2, 3]),
        (2, 2, [2]),
        (-9, 0, [0]),
        (4, 99, [4]),
        (5, 99, []),
        (None, 1, [0, 1]),
        (3, None, [3, 4]),
    ],
)
@pytest.mark.parametrize("make", [date, datetime], ids=["dates", "date-times"])
def test_both_ends_of_a_range_are_in_it(client, three, first, last, days, make):
    """The client fills in 1900 and a day in ten years."""
    bounds = [None if day is None else MONDAY + timedelta(days=day) for day in (first, last)]
    if make is datetime:
        bounds = [bound and datetime(bound.year, bound.month, bound.day, 23, 59) for bound in bounds]
    found = client.get_absences(three[0], *bounds)
    assert [one.start_date for one in found] == [MONDAY + timedelta(days=day) for day in days]


@pytest.mark.parametrize(
    ("first", "last", "there"),
    [(-9, -1, False), (-9, 0, True), (1, 3, True), (4, 9, True), (5, 9, False), (-9, 9, True), (0, 4, True)],
)
def test_what_overlaps_a_range_is_in_it(client, worker, first, last, there):
    given = created(client, absence(worker))
    found = client.get_absences(worker, MONDAY + timedelta(days=first), MONDAY + timedelta(days=last))
    # It is shown whole.
    expected = [(given.id_, MONDAY, FRIDAY, 5)] if there else []
    assert [(one.id_, one.start_date, one.end_date, one.days_count) for one in found] == expected


def test_a_range_that_ends_before_it_begins(client, three):
    with pytest.raises(PersonioApiError) as caught:
        client.get_absences(three[0], date(2024, 3, 2), date(2024, 3, 1))
    assert caught.value.status_code == 400
    assert "end_date" in caught.value.message


def test_the_client_turns_pages():
    """It asks for 200 at a time, by the number of the page, until that is the number of pages."""
    client = connect()
    workers = [hire(client) for _ in range(6)]

    def book(employee):
        with Recorder() as session:
            return ids(created(connect(session=session), *single_days(employee, range(67))))

    with ThreadPoolExecutor(max_workers=6) as pool:
        given = [number for numbers in pool.map(book, workers) for number in numbers]
    assert len(set(given)) == 402
    session = Recorder()
    found = connect(session=session).get_absences(workers)
    assert len(found) == 402
    assert set(ids(found)) == set(given)
    queries = [parse_qs(urlsplit(path).query) for path in session.paths() if "time-offs" in path]
    assert [query["offset"] for query in queries] == [["1"], ["2"], ["3"]]
    assert {query["limit"][0] for query in queries} == {"200"}


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 14, 15, 16])
def test_pages_of_any_size(client, three, limit):
    params = {"start_date": "2024-01-01", "end_date": "2024-12-31", "employees[]": [one.id_ for one in three]}
    whole = client.request_paginated(PATH, params=dict(params))
    paged = client.request_paginated(PATH, params=dict(params), limit=limit)
    assert len(whole["data"]) == 15
    assert paged["data"] == whole["data"]
    pages = -(-15 // limit)
    assert paged["metadata"] == {"total_elements": 15, "current_page": pages, "total_pages": pages}
    # The answer to the last page.
    assert (paged["limit"], paged["offset"]) == (limit, pages)


def test_pages_of_a_whole_company(client, three):
    """Without employees it is another way through the store."""
    params = {"start_date": "2024-02-26", "end_date": "2024-03-01"}
    listed = [one["attributes"]["id"] for one in client.request_paginated(PATH, params=dict(params), limit=7)["data"]]
    assert len(set(listed)) == len(listed)
    assert set(ids(client.get_absences(three))) <= set(listed)


def test_pages_of_nothing(client, worker):
    answer = client.request_paginated(PATH, params={"employees[]": worker.id_})
    assert answer["data"] == []
    assert answer["metadata"] == {"total_elements": 0, "current_page": 1, "total_pages": 0}


# ------------------------------------------------------------------ one absence


def test_one_absence_is_the_same_as_in_the_list(client, three):
    for listed in client.get_absences(three):
        for asked in (listed.id_, listed):
            found = client.get_absence(asked)
            assert found.to_dict() == listed.to_dict()
            assert shown(found).keys() == shown(listed).keys()


def test_an_absence_without_an_id_is_searched_for(client, three):
    """By its employee and its days."""
    for listed in client.get_absences(three[1]):
        [asked] = single_days(three[1], [(listed.start_date - MONDAY).days])
        assert client.get_absence(asked).to_dict() == listed.to_dict()
        assert asked.id_ == listed.id_


def test_a_search_for_an_absence_that_finds_none_or_several(client, three):
    with pytest.raises(PersonioError, match="not found"):
        client.get_absence(absence(three[1], start_date=date(2023, 1, 1), end_date=date(2023, 1, 31)))
    with pytest.raises(PersonioError, match="More than one"):
        client.get_absence(absence(three[1]))


@pytest.mark.parametrize("number", [NOBODY, 2**31, 10**20, 0, -1])
def test_an_absence_that_is_not_there(client, number):
    with pytest.raises(PersonioApiError) as caught:
        # An object without an id is searched for.
        client.get_absence(number)
    assert (caught.value.status_code, caught.value.error_code) == (404, 404)
    assert caught.value.message == NOT_FOUND


# ------------------------------------------------------------------ deleting


WAYS_TO_DELETE = {
    "client and object": lambda client, one: client.delete_absence(one),
    "client and id": lambda client, one: client.delete_absence(one.id_),
    "object and client": lambda client, one: one.delete(client),
}


@pytest.mark.parametrize("way", WAYS_TO_DELETE)
def test_delete(client, worker, way):
    first, second = created(client, *single_days(worker, range(2)))
    assert WAYS_TO_DELETE[way](client, first) is True
    assert ids(client.get_absences(worker)) == [second.id_]
    # Its place is free again.
    again = created(client, *single_days(worker, [0]))
    assert again.id_ not in (first.id_, second.id_)


def test_an_absence_that_was_read_deletes_itself(client, worker):
    created(client, absence(worker))
    assert only(client, worker).delete() is True
    assert client.get_absences(worker) == []


def test_an_absence_is_deleted_once(client, worker):
    given = created(client, absence(worker))
    client.delete_absence(given)
    for _ in range(2):
        with pytest.raises(PersonioApiError) as caught:
            client.delete_absence(given)
        assert (caught.value.status_code, caught.value.error_code) == (404, 404)
        assert caught.value.message == NOT_FOUND
    with pytest.raises(PersonioApiError) as caught:
        client.get_absence(given)
    assert caught.value.status_code == 404


@pytest.mark.parametrize("what", [Absence(), "1", None], ids=["no id", "text", "nothing"])
def test_the_client_deletes_by_id_or_object(client, what):
    with pytest.raises(ValueError):
        client.delete_absence(what)


# ------------------------------------------------------------------ what the client needs and what it does not parse


def test_a_token_in_each_answer(worker):
    """The client fails with another error than the one that it was sent, if one is missing."""
    session = Recorder()
    client = connect(session=session)
    given = created(client, absence(worker))
    client.get_absences(worker)
    client.get_absence(given)
    client.get_absence_types()
    client.delete_absence(given)
    for refused in (
        lambda: client.delete_absence(given),
        lambda: client.get_absence(given.id_),
        lambda: client.create_absence(absence(worker, end_date=date(2024, 1, 1))),
        lambda: client.get_absences(worker, FRIDAY, MONDAY),
        lambda: client.request_json(f"company/employees/{NOBODY}/absences/balance"),
    ):
        with pytest.raises(PersonioApiError):
            refused()
    assert all(answer.headers.get("Authorization", "").startswith("Bearer ") for answer in session.answers[1:])
    assert session.paths().count("/v1/auth") == 1


def test_absences_after_a_picture(client, worker):
    """From then on the client asks for pictures whatever it wants."""
    client.get_employee_picture(worker)
    assert client.headers["accept"] == "image/png, image/jpeg"
    given = created(client, absence(worker))
    assert only(client, worker).id_ == client.get_absence(given).id_ == given.id_
    assert client.delete_absence(given) is True


def test_the_rest_of_the_answer(client, worker):
    given = created(client, absence(worker))
    [one] = sent(client, worker)
    assert one.keys() == {"type", "attributes"}
    assert (one["type"], one["attributes"]["id"]) == ("TimeOffPeriod", given.id_)
    assert str(uuid.UUID(one["attributes"]["id_v2"])) == one["attributes"]["id_v2"]


def test_the_client_writes_what_it_was_sent(client, worker):
    """But for the times of the dates and what it drops of an employee's attributes."""
    created(client, absence(worker, half_day_start=True))
    created(client, *single_days(worker, [7], time_off_type=kind("Sick leave")))
    for one, wire in zip(client.get_absences(worker), sent(client, worker), strict=True):
        written = one.to_dict()
        known = {key: value for key, value in wire["attributes"].items() if key not in UNKNOWN_TO_CLIENT["Absence"]}
        for field in ("start_date", "end_date"):
            midnight = datetime.fromisoformat(known[field])
            assert midnight == datetime(midnight.year, midnight.month, midnight.day, tzinfo=ZONE)
            known[field] = known[field][:10]
        employee = known.pop("employee")
        assert written["attributes"].pop("employee")["attributes"] == {
            key: {"label": field["label"], "value": field["value"]} for key, field in employee["attributes"].items()
        }
        assert written == {"type": "TimeOffPeriod", "attributes": known}


def test_round_trip(client, worker):
    created(client, *single_days(worker, range(3), half_day_end=True))
    for one in client.get_absences(worker):
        assert Absence.from_dict(one.to_dict(), client).to_dict() == one.to_dict()


def test_the_client_warns_only_of_what_it_does_not_know(client, worker, caplog, monkeypatch):
    """All of it is in the vendor's answers, too, and newer than the client."""
    # It warns of everything once only.
    monkeypatch.setattr(personio_py.util, "_unique_logs", set())
    given = created(client, absence(worker))
    client.get_absences(worker)
    client.get_absence(given)
    client.get_absence_types()
    warnings = {record.getMessage() for record in caplog.records if record.name.startswith("personio_py")}
    assert warnings == {
        f"unexpected field '{field}' in class {name}" for name, fields in UNKNOWN_TO_CLIENT.items() for field in fields
    }


# ------------------------------------------------------------------ what days count


@pytest.fixture(name="locals_", scope="module")
def fixture_locals():
    """Employees of the company file by their addresses."""
    return {employee.email.split("@")[0]: employee for employee in connect().get_employees()}


@pytest.fixture(name="book")
def fixture_book(client):
    """Stores sick leave of employees of the company file, and removes it again."""
    stored = []

    def book(employee, first, last, **fields):
        ill = absence(employee, time_off_type=kind("Sick leave"), start_date=first, end_date=last, **fields)
        stored.append(client.create_absence(ill))
        return client.get_absence(stored[-1].id_)

    yield book
    for one in stored:
        client.delete_absence(one)


# Where they work, and on how many days.
EVERYBODY = (
    "joerg.brandlmueller",  # Bavaria, five days
    "brigitte.auffenberg",  # Berlin, five days
    "irmgard.soellhuber",  # Bavaria, Monday to Wednesday
    "etienne.charbonnel",  # France, five days
    "harriet.ashcombe",  # England, five days
)


@pytest.mark.parametrize(
    ("first", "last", "counts"),
    [
        # A week without a holiday anywhere.
        (date(2026, 9, 7), date(2026, 9, 13), (5, 5, 3, 5, 5)),
        # Good Friday, which France has not, and Easter Monday, which all have.
        (date(2026, 4, 3), date(2026, 4, 3), (0, 0, 0, 1, 0)),
        (date(2026, 4, 6), date(2026, 4, 7), (1, 1, 1, 1, 1)),
        # Corpus Christi, a Thursday.
        (date(2026, 6, 1), date(2026, 6, 5), (4, 5, 3, 5, 5)),
        # The national holiday of France, a Tuesday.
        (date(2026, 7, 13), date(2026, 7, 15), (3, 3, 3, 2, 3)),
        # The bank holiday at the end of August, a Monday.
        (date(2026, 8, 31), date(2026, 9, 1), (2, 2, 2, 2, 1)),
        # Christmas: the company's own half of a holiday in Bavaria, a Thursday, and Boxing Day, moved to Monday.
        (date(2026, 12, 24), date(2026, 12, 28), (1.5, 2, 1, 2, 1)),
    ],
    ids=str,
)
def test_days_count_as_each_employee_works(locals_, book, first, last, counts):
    found = {name: book(locals_[name], first, last) for name in EVERYBODY}
    assert {name: one.days_count for name, one in found.items()} == dict(zip(EVERYBODY, counts))


def test_half_of_half_a_holiday(locals_, book):
    """Half a day off is all that is left of it."""
    day = date(2026, 12, 24)
    assert book(locals_["joerg.brandlmueller"], day, day, half_day_end=True).days_count == 0.5
    assert book(locals_["brigitte.auffenberg"], day, day, half_day_end=True).days_count == 0.5
    # Whoever does not work on that day anyway takes nothing.
    assert book(locals_["irmgard.soellhuber"], day, day, half_day_end=True).days_count == 0


def test_the_years_of_the_client(client, worker):
    """It asks for all from 1900 on, and for ten years from now."""
    first = date(1900, 1, 1)
    created(client, absence(worker, start_date=first, end_date=first))
    later = date(datetime.now(ZONE).year + 10, 1, 1)
    created(client, absence(worker, start_date=later, end_date=later + timedelta(days=9)))
    created(client, absence(worker, start_date=later + timedelta(days=10), end_date=later + timedelta(days=11)))
    assert [one.start_date for one in client.get_absences(worker)] == [first, later]


# ------------------------------------------------------------------ what else shows it


def test_attendance_says_who_is_away(client, worker):
    """A day off, half of one and a day at home, and attendance on each of them and between."""
    off, half, home = (
        *single_days(worker, [0]),
        *single_days(worker, [1], half_day_start=True),
        *single_days(worker, [2], time_off_type=kind("Home office")),
    )
    created(client, off, half, home)
    days = [MONDAY + timedelta(days=day) for day in range(4)]
    client.create_attendances([
        Attendance(employee_id=worker.id_, date=day, start_time="13:00", end_time="17:00", break_duration=0)
        for day in days
    ])

    def away():
        return [one.is_on_time_off for one in client.get_attendances(worker)]

    assert away() == [True, True, False, False]
    client.delete_absence(off)
    assert away() == [False, True, False, False]


def test_the_balance_of_an_employee(client, worker):
    """The client has no call for it. Of what is not limited nothing is left or missing."""
    created(client, absence(worker))
    assert client.request_json(f"company/employees/{worker.id_}/absences/balance") == {"success": True, "data": []}


def test_all_of_the_company_file_has_entitlements(client, locals_):
    for employee in locals_.values():
        if employee.email not in DECLARED:
            continue
        balance = client.request_json(f"company/employees/{employee.id_}/absences/balance")["data"]
        assert [one["name"] for one in balance] == [one.name for one in employee.absence_entitlement]
        assert [one["id"] for one in balance] == [one.id_ for one in employee.absence_entitlement]
