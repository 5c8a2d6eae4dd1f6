"""Documents as those send and get them who have no client: the vendor's documentation, scripts, a payroll system.

The answers are held against the vendor's examples. PDFs are written and read by pypdf, other files by Python itself.
`tests/clients/run` starts the muster and sets the environment of these tests. Documents belong to an employee who is
created for the test, so no test is in the way of another.
"""

import gzip
import hashlib
import io
import json
import lzma
import re
import tarfile
import uuid
import zipfile
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import pypdf
import pytest
import requests
from absences_test import EMPLOYEE, assert_like, less, sort_of
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject
from support import (
    BASE_URL,
    COMPANY,
    DEPLOYED,
    LARGEST_WITH_DOCUMENT,
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

CATEGORIES = "company/document-categories"
DOCUMENTS = "company/documents"
UPLOADS = "company/documents/uploads"

MEGABYTE = 1024 * 1024
LARGEST = 30 * MEGABYTE

NOT_VALID = "The given data was invalid."
NOT_FOUND = "The document was not found."
NO_UPLOAD = "There is no such upload"
KINDS = (
    "The file must be a file of type: pdf, docx, doc, jpg, zip, png, txt, jpeg, odt, xlsx, rtf, htm, xls, p7s, pptx, "
    "pages, rar, ppt, gif, tif, html, msg, asc, tiff, wps, bmp, 7z, csv, ics, vcf, dotx, numbers, eps, gz, ods, otf, "
    "odp, odg, rtfd, txz, webarchive, xml, xps, md, fax."
)

CONTRACTS, PAYSLIPS = (entry("document_categories", name)["id"] for name in ("Employment contracts", "Payslips"))


def write_pdf(text, pages=1):
    """A PDF of pages with a text, as a payroll system writes it."""
    writer = pypdf.PdfWriter()
    writer.add_metadata({"/Title": "Payslip"})
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica", "/Encoding": "/WinAnsiEncoding"}
    font = DictionaryObject({NameObject(key): NameObject(value) for key, value in font.items()})
    for number in range(1, pages + 1):
        page = writer.add_blank_page(595, 842)
        lines = "".join(f"({line}) Tj T* " for line in (*text.splitlines(), f"Page {number}"))
        drawn = DecodedStreamObject()
        drawn.set_data(f"BT /F1 12 Tf 20 TL 60 770 Td {lines}ET".encode("cp1252"))
        page[NameObject("/Contents")] = writer._add_object(drawn.flate_encode())
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    with io.BytesIO() as file:
        writer.write(file)
        return file.getvalue()


PDF = write_pdf("Payslip November 2026\nPaid out: 3,145.20")


def form(employee, **fields):
    """What is said of a document."""
    return {"title": "Payslip", "employee_id": employee, "category_id": PAYSLIPS, **fields}


def upload(api, employee, file=("payslip.pdf", PDF), headers=None, **fields):
    """As requests sends a form with a file; a field that is None is left out."""
    said = {name: value for name, value in form(employee, **fields).items() if value is not None}
    return api.post(DOCUMENTS, data=said, files={"file": file}, headers=headers)


def create(api, employee, file=("payslip.pdf", PDF), **fields):
    return data_of(upload(api, employee, file, **fields), 201)


def listed(api, **parameters):
    answer = api.get(DOCUMENTS, params=parameters)
    data_of(answer)
    return answer.json()


def of(api, employee, **parameters):
    """The numbers of the documents of an employee that a list has."""
    return [one["id"] for one in listed(api, **{"employees[]": employee, **parameters})["data"]]


def download(api, number, **arguments):
    answer = api.get(f"{DOCUMENTS}/{number}/download", **arguments)
    assert answer.ok, answer.text
    return answer


# ------------------------------------------------------------------ the vendor's Postman collection


def test_get_document_categories(api, token):
    answer = api.get(CATEGORIES)
    names = [one["attributes"]["name"] for one in data_of(answer)]
    assert names == [declared["name"] for declared in COMPANY["document_categories"]]
    assert keeps_the_token(answer, token)


COLLECTION_FORM = [
    ("employee_id", "{{EMPLOYEE_ID}}"),
    ("date", "2022-01-01"),
    ("title", "Any Document Title"),
    ("category_id", "{{DOCUMENT_CATEGORY_ID}}"),
    ("comment", "Optional Comment"),
]


@pytest.mark.parametrize("last", [False, True], ids=["the file first", "the file last"])
def test_upload_document(api, token, worker, last):
    """The collection has the file first, so it comes before it is known whose it is. Byte by byte as Postman sends."""
    boundary = "-" * 26 + "515890814546601021194782"
    filled = {"{{EMPLOYEE_ID}}": str(worker), "{{DOCUMENT_CATEGORY_ID}}": str(CONTRACTS)}
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{filled.get(value, value)}\r\n'.encode()
        for name, value in COLLECTION_FORM
    ]
    head = 'Content-Disposition: form-data; name="file"; filename="contract.pdf"\r\nContent-Type: application/pdf'
    file = f"--{boundary}\r\n{head}\r\n\r\n".encode() + PDF + b"\r\n"
    parts.insert(len(parts) if last else 0, file)
    body = b"".join(parts) + f"--{boundary}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    answer = api.post(DOCUMENTS, data=body, headers=headers)
    found = data_of(answer, 201)["attributes"]
    assert keeps_the_token(answer, token)
    assert [found[name] for name in ("title", "date", "comment")] == [
        "Any Document Title",
        "2022-01-01",
        "Optional Comment",
    ]
    assert found["employee"]["attributes"]["id"]["value"] == worker
    assert found["category"]["attributes"]["name"] == "Employment contracts"
    assert download(api, of(api, worker)[0]).content == PDF


# ------------------------------------------------------------------ the vendor's examples


CATEGORY_EXAMPLE = {"id": 1, "type": "DocumentCategory", "attributes": {"name": "Certificates of employment"}}

DOCUMENT_EXAMPLE = {
    "id": 1,
    "type": "Document",
    "attributes": {
        "title": "Personio",
        "date": "2022-02-02",
        "comment": "Enable better organisations",
        "employee": EMPLOYEE,
        "category": {"id": 1, "type": "DocumentCategory", "attributes": {"name": "Other documents"}},
    },
}

# What the answers have besides.
BESIDE = {"file", "created_at", "updated_at", "id_v2"}
OURS = {
    "file": {"name": "payslip.pdf", "size": 1, "content_type": "application/pdf", "sha256": "00"},
    "created_at": "2017-01-17T10:32:18+0100",
    "updated_at": "2017-01-17T10:32:18+0100",
    "id_v2": "9bba303f-0fbc-4514-9958-0befa21923fb",
}


def test_categories_are_as_in_the_example(api):
    body = api.get(CATEGORIES).json()
    for one in body.pop("data"):
        assert_like(CATEGORY_EXAMPLE, one)
    assert body == {"success": True}


@pytest.mark.parametrize("comment", ["Grüße & Küsse; „bis“ bald", None], ids=["comment", "no comment"])
def test_a_document_is_as_in_the_example(api, worker, comment):
    """In the answer to its creation, by its number and in the list."""
    begin = datetime.now(timezone.utc).replace(microsecond=0)
    answer = upload(api, worker, title="Lohn März", date="2026-11-30", comment=comment)
    body = answer.json()
    made = body.pop("data")
    assert (answer.status_code, body) == (201, {"success": True})
    found = made["attributes"]
    assert_like(DOCUMENT_EXAMPLE, {**made, "attributes": less(found, *BESIDE)})
    assert_like(OURS, {name: found[name] for name in BESIDE})
    assert [found[name] for name in ("title", "date", "comment")] == ["Lohn März", "2026-11-30", comment or ""]
    assert found["file"] == {
        "name": "payslip.pdf",
        "size": len(PDF),
        "content_type": "application/pdf",
        "sha256": hashlib.sha256(PDF).hexdigest(),
    }
    for moment in (found["created_at"], found["updated_at"]):
        moment = datetime.fromisoformat(moment)
        assert begin <= moment <= datetime.now(timezone.utc)
        assert moment.utcoffset() == moment.astimezone(ZONE).utcoffset()

    assert data_of(api.get(f"{DOCUMENTS}/{made['id']}")) == made
    body = listed(api, **{"employees[]": worker})
    assert body.pop("data") == [made]
    metadata = {"total_elements": 1, "current_page": 0, "total_pages": 1}
    assert body == {"success": True, "metadata": metadata, "offset": 0, "limit": 50}


def test_a_document_without_a_date(api, worker):
    assert create(api, worker)["attributes"]["date"] is None
    today = datetime.now(ZONE).date()
    assert len(of(api, worker, start_date=today - timedelta(days=1), end_date=today)) == 1


# ------------------------------------------------------------------ the vendor's errors


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"employee_id": NOBODY}, f"No query results for model [Employee] {NOBODY}"),
        ({"category_id": 1_000_000}, "No query results for model [DocumentCategory] 1000000"),
    ],
    ids=["no employee", "no category"],
)
@pytest.mark.parametrize("path", [DOCUMENTS, UPLOADS])
def test_what_a_document_belongs_to_must_be_there(api, worker, path, fields, text):
    if path == DOCUMENTS:
        answer = upload(api, worker, **fields)
    else:
        answer = api.post(UPLOADS, json=announcement(worker, PDF, **fields))
    assert error_of(answer, 404) == {"code": 404, "message": text}
    assert of(api, worker) == []


@pytest.mark.parametrize("name", ["payslip.exe", "payslip", "payslip.pdf.bat", "payslip.svg"])
def test_kinds_of_files_that_are_not_taken(api, worker, name):
    error = error_of(upload(api, worker, (name, PDF)), 422)
    assert error == {"code": 422, "message": NOT_VALID, "error_data": {"file": [KINDS]}}
    assert of(api, worker) == []


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"MZ\x90\x00" + PDF, b"\x7fELF\x02\x01\x01\x00" + PDF, b"#!/bin/sh\n" + PDF, gzip.compress(PDF)],
    ids=["nothing", "text", "a program", "another program", "a script", "an archive"],
)
def test_files_that_are_not_what_they_are_called(api, worker, content):
    """Whatever the client says of the media type."""
    error = error_of(upload(api, worker, ("payslip.pdf", content, "application/pdf")), 422)
    assert (error["message"], list(error["error_data"])) == (NOT_VALID, ["file"])
    assert of(api, worker) == []


@pytest.mark.parametrize("name", ["title", "employee_id", "category_id"])
@pytest.mark.parametrize("value", [None, "", " ", "\u0000"], ids=repr)
def test_fields_that_a_document_needs(api, worker, name, value):
    error = error_of(upload(api, worker, **{name: value}), 422)
    assert (error["message"], list(error["error_data"])) == (NOT_VALID, [name])
    assert of(api, worker) == []


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"title": "x" * 256}, "title"),
        ({"title": "a\u0007b"}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"employee_id": "somebody"}, "employee_id"),
        ({"employee_id": 0}, "employee_id"),
        ({"employee_id": -1}, "employee_id"),
        ({"employee_id": "1.5"}, "employee_id"),
        ({"employee_id": 10**20}, "employee_id"),
        ({"category_id": "Payslips"}, "category_id"),
        ({"category_id": 0}, "category_id"),
        ({"date": "30.11.2026"}, "date"),
        ({"date": "2026-11-31"}, "date"),
        ({"comment": "x" * 2001}, "comment"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_values_that_no_document_can_have(api, worker, fields, name):
    error = error_of(upload(api, worker, **fields), 422)
    assert (error["message"], list(error["error_data"])) == (NOT_VALID, [name])
    assert of(api, worker) == []


def test_all_that_is_wrong_is_said_at_once(api):
    wrong = {"title": "", "employee_id": "x", "category_id": "y", "date": "z", "comment": "\u0007"}
    assert error_of(upload(api, 1, **wrong), 422)["error_data"].keys() == wrong.keys()


@pytest.mark.parametrize("how", ["json", "data", "files"])
def test_a_document_needs_its_file(api, worker, how):
    body = form(worker)
    if how == "files":
        body = {name: (None, str(value)) for name, value in body.items()}
    error = error_of(api.post(DOCUMENTS, **{how: body}), 422)
    assert (error["message"], list(error["error_data"])) == (NOT_VALID, ["file"])


def test_the_longest_values_are_taken(api, worker):
    title, comment = "ä" * 255, "ß\n" * 1000
    found = create(api, worker, title=title, comment=comment)["attributes"]
    assert (found["title"], found["comment"]) == (title, comment)


@pytest.mark.parametrize("number", [NOBODY, 0, -1, 2**31, 10**20, "one", "1.0", uuid.UUID(int=1)], ids=str)
def test_documents_that_are_not_there(api, number):
    for method, path in (("GET", ""), ("GET", "/download"), ("PATCH", ""), ("DELETE", "")):
        body = {"title": "x"} if method == "PATCH" else None
        answer = api.request(method, f"{DOCUMENTS}/{number}{path}", json=body)
        assert error_of(answer, 404) == {"code": 404, "message": NOT_FOUND}


def test_errors_repeat_the_token(api, token, worker):
    answers = [
        upload(api, NOBODY),
        upload(api, worker, title=""),
        upload(api, worker, ("a.exe", PDF)),
        api.post(DOCUMENTS, data=b"{", headers={"Content-Type": "application/json"}),
        api.post(DOCUMENTS, data=PDF, headers={"Content-Type": "application/pdf"}),
        api.post(DOCUMENTS, data=b"x", headers={"Content-Type": "multipart/form-data; boundary=x"}),
        api.post(UPLOADS, json={}),
        api.get(DOCUMENTS, params={"limit": 201}),
        api.delete(f"{DOCUMENTS}/{NOBODY}"),
    ]
    assert [answer.status_code for answer in answers] == [404, 422, 422, 400, 415, 400, 422, 400, 404]
    assert all(keeps_the_token(answer, token) for answer in answers)


# ------------------------------------------------------------------ files


def test_a_pdf_comes_back_as_it_was_written(api, worker, tmp_path):
    """From a file on the disk, as scripts have it."""
    written = write_pdf("Gehaltsabrechnung für März: 3.145,20", pages=3)
    path = tmp_path / "Abrechnung.pdf"
    path.write_bytes(written)
    with path.open("rb") as file:
        made = create(api, worker, file, title="Payslip")
    assert made["attributes"]["file"]["name"] == "Abrechnung.pdf"
    got = download(api, made["id"]).content
    assert got == written
    read = pypdf.PdfReader(io.BytesIO(got), strict=True)
    assert read.metadata.title == "Payslip"
    assert [page.extract_text().splitlines() for page in read.pages] == [
        ["Gehaltsabrechnung für März: 3.145,20", f"Page {number}"] for number in (1, 2, 3)
    ]


def zipped():
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("payslip.pdf", PDF)
        return file.getvalue()


def tarred():
    with io.BytesIO() as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            one = tarfile.TarInfo("payslip.pdf")
            one.size = len(PDF)
            archive.addfile(one, io.BytesIO(PDF))
        return lzma.compress(file.getvalue())


def locked():
    """A PDF with a password, as some payroll systems write payslips."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(PDF))
    writer.encrypt("secret", algorithm="RC4-128")
    with io.BytesIO() as file:
        writer.write(file)
        return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.pdf", locked(), "application/pdf"),
        ("a.zip", zipped(), "application/zip"),
        ("a.docx", zipped(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.gz", gzip.compress(PDF), "application/gzip"),
        ("a.txz", tarred(), "application/x-xz"),
        ("a.csv", "Tag;Stunden\r\nMontag;8,5 €\r\n".encode("cp1252"), "text/csv"),
        ("a.txt", "Grüße\n".encode("utf-16"), "text/plain"),
        ("a.vcf", b"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Ada\r\nEND:VCARD\r\n", "text/vcard"),
        ("a.html", b"<script>alert(1)</script>", "text/html"),
        ("A.PDF", PDF, "application/pdf"),
    ],
    ids=lambda value: value if isinstance(value, str) and "/" not in value else "",
)
def test_each_kind_comes_back_as_it_went(api, worker, name, content, media_type):
    """It is saved and never shown, under its name, with the media type of its extension."""
    made = create(api, worker, (name, content, "text/html"))
    assert made["attributes"]["file"]["content_type"] == media_type
    got = download(api, made["id"])
    assert got.content == content
    assert got.headers["Content-Type"] == media_type
    disposition = got.headers["Content-Disposition"]
    assert disposition == f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Lohn März.pdf", "Lohn März.pdf"),
        ("給与明細.pdf", "給与明細.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\ada\\payslip.pdf", "payslip.pdf"),
        ("pay\u202efdp.pdf", "payfdp.pdf"),
        ("payslip.PDF ", "payslip.PDF"),
        ('a"b.pdf', "a_b.pdf"),
        ("x" * 300 + ".pdf", "x" * 56 + ".pdf"),
    ],
    ids=lambda value: value[:20],
)
def test_names_of_files(api, worker, sent, kept):
    made = create(api, worker, (sent, PDF))
    shown = made["attributes"]["file"]["name"]
    # requests sends a quotation mark as browsers do.
    assert shown in (kept, kept.replace("_", "%22"))
    disposition = download(api, made["id"]).headers["Content-Disposition"]
    encoded = disposition.split("filename*=UTF-8''")[1]
    assert requests.utils.unquote(encoded) == shown
    assert "\n" not in disposition and disposition.isascii()


def test_the_largest_file_goes_through_and_one_byte_more_does_not(api, worker):
    content = PDF + b"\n%" + bytes(LARGEST_WITH_DOCUMENT - len(PDF) - 2)
    made = create(api, worker, ("large.pdf", content))
    assert made["attributes"]["file"]["size"] == LARGEST_WITH_DOCUMENT
    assert download(api, made["id"]).content == content
    error = error_of(upload(api, worker, ("large.pdf", content + b"x")), 413)
    assert error["code"] == 413 and "may have 30 MB." in error["message"]
    assert of(api, worker) == [made["id"]]


def chunks(content, size):
    for place in range(0, len(content), size):
        yield content[place : place + size]


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_a_body_of_unknown_length(api, worker, size):
    """In pieces, none of which knows where a part ends."""
    fields = {name: (None, str(value)) for name, value in form(worker).items()}
    prepared = requests.Request("POST", BASE_URL, files={"file": ("a.pdf", PDF), **fields}).prepare()
    headers = {"Content-Type": prepared.headers["Content-Type"]}
    answer = api.post(DOCUMENTS, data=chunks(prepared.body, size), headers=headers)
    assert answer.request.headers["Transfer-Encoding"] == "chunked"
    assert download(api, data_of(answer, 201)["id"]).content == PDF


# ------------------------------------------------------------------ downloads


def test_a_download_is_followed_without_the_token(api, token, worker):
    """requests drops the token where the port is another one."""
    number = create(api, worker)["id"]
    got = download(api, number)
    [first] = got.history
    assert first.status_code == 303
    assert first.content == b""
    assert keeps_the_token(first, token)
    assert first.request.headers["Authorization"] == f"Bearer {token}"
    assert "Authorization" not in got.request.headers
    here, there = urlsplit(first.url), urlsplit(got.url)
    assert (here.hostname, here.port) != (there.hostname, there.port)
    assert token not in got.url and LOGIN["client_id"] not in got.url
    assert got.content == PDF
    assert got.headers["Content-Length"] == str(len(PDF))


def test_an_address_is_good_for_one_file_and_a_minute(api, worker):
    one, other = (create(api, worker, (f"{name}.pdf", write_pdf(name)))["id"] for name in ("one", "other"))
    address, another = (
        api.get(f"{DOCUMENTS}/{number}/download", allow_redirects=False).headers["Location"] for number in (one, other)
    )
    assert requests.get(address, timeout=30).content == write_pdf("one")
    query = parse_qs(urlsplit(address).query)
    assert query["X-Amz-Expires"] == ["60"]
    assert requests.get(address, headers={"Range": "bytes=0-3"}, timeout=30).content == b"%PDF"
    # Another file, another name, another right.
    moved = urlsplit(address)._replace(path=urlsplit(another).path).geturl()
    renamed = address.replace("one.pdf", "two.pdf")
    longer = address.replace("X-Amz-Expires=60", "X-Amz-Expires=600")
    assert len({address, moved, renamed, longer}) == 4
    # The emulator lets whoever has the name of an object read it.
    unsigned = [] if DEPLOYED else [address.split("?")[0]]
    for changed in (moved, renamed, longer, *unsigned):
        assert requests.get(changed, timeout=30).status_code == 403, changed
    for method in ("PUT", "DELETE", "POST"):
        assert requests.request(method, address, data=b"x", timeout=30).status_code == 403
    assert download(api, one).content == write_pdf("one")


# ------------------------------------------------------------------ uploads


def announcement(employee, content, name="payslip.pdf", **fields):
    about = {"file_name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return {**form(employee), **about, **fields}


def begin(api, body, **arguments):
    return data_of(api.post(UPLOADS, json=body, **arguments), 201)


def put(begun, content, **headers):
    return requests.request(
        begun["method"], begun["url"], data=content, headers={**begun["headers"], **headers}, timeout=60
    )


def finish(api, begun, **arguments):
    return api.post(DOCUMENTS, json={"upload_id": begun["upload_id"]}, **arguments)


@pytest.mark.parametrize("size", [len(PDF), 5 * MEGABYTE, LARGEST])
def test_a_file_comes_by_an_upload(api, token, worker, size):
    content = PDF + bytes(size - len(PDF))
    body = announcement(worker, content, title="Lohn März", date="2026-11-30", comment="x")
    answer = api.post(UPLOADS, json=body)
    begun = data_of(answer, 201)
    assert keeps_the_token(answer, token)
    assert begun.keys() == {"upload_id", "method", "url", "headers", "expires_at"}
    assert (begun["method"], sort_of(begun["upload_id"])) == ("PUT", "UUID")
    left = datetime.fromisoformat(begun["expires_at"]) - datetime.now(timezone.utc)
    assert timedelta(minutes=14) < left <= timedelta(minutes=15)
    assert token not in begun["url"]
    assert of(api, worker) == []

    sent = put(begun, io.BytesIO(content))
    assert sent.status_code == 200, sent.text
    made = data_of(finish(api, begun), 201)
    assert_like(DOCUMENT_EXAMPLE, {**made, "attributes": less(made["attributes"], *BESIDE)})
    found = made["attributes"]
    assert [found[name] for name in ("title", "date", "comment")] == ["Lohn März", "2026-11-30", "x"]
    assert data_of(api.get(f"{DOCUMENTS}/{made['id']}")) == made
    assert download(api, made["id"]).content == content
    # In nothing another one than those that come with their files.
    there = [made["id"]]
    if size <= LARGEST_WITH_DOCUMENT:
        twin = create(api, worker, ("payslip.pdf", content), title="Lohn März", date="2026-11-30", comment="x")
        own = {"created_at", "updated_at", "id_v2"}
        assert less(twin["attributes"], *own) == less(found, *own)
        there.append(twin["id"])

    assert error_of(finish(api, begun), 404)["message"].startswith(NO_UPLOAD)
    assert of(api, worker) == there


@pytest.mark.parametrize("how", ["json", "data", "files"])
def test_uploads_in_all_forms(api, worker, how):
    body = announcement(worker, PDF)
    sent = {name: (None, str(value)) for name, value in body.items()} if how == "files" else body
    begun = data_of(api.post(UPLOADS, **{how: sent}), 201)
    assert put(begun, PDF).status_code == 200
    last = {"upload_id": begun["upload_id"]}
    last = {name: (None, value) for name, value in last.items()} if how == "files" else last
    made = data_of(api.post(DOCUMENTS, **{how: last}), 201)
    assert download(api, made["id"]).content == PDF


def test_another_file_than_the_announced_one_does_not_come(api, worker):
    begun = begin(api, announcement(worker, PDF))
    other = bytes([*PDF[:-1], PDF[-1] ^ 1])
    # Other bytes; fewer; more; with the checksum of what is sent, which is not what was signed.
    for content, headers in (
        (other, {}),
        (PDF[:-1], {"content-length": str(len(PDF) - 1)}),
        (PDF + b"x", {"content-length": str(len(PDF) + 1)}),
        (other, {"x-amz-checksum-sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}),
        (PDF, {"content-type": "text/html"}),
    ):
        answer = put(begun, content, **headers)
        assert answer.status_code in (400, 403), (headers, answer.status_code, answer.text)
    error = error_of(finish(api, begun), 422)
    assert (error["message"], list(error["error_data"])) == (NOT_VALID, ["upload_id"])
    assert put(begun, PDF).status_code == 200
    assert download(api, data_of(finish(api, begun), 201)["id"]).content == PDF


def test_an_upload_that_is_not_what_it_is_called(api, worker):
    program = b"MZ\x90\x00" + PDF
    begun = begin(api, announcement(worker, program))
    assert put(begun, program).status_code == 200
    error = error_of(finish(api, begun), 422)
    assert (error["message"], list(error["error_data"])) == (NOT_VALID, ["file"])
    assert of(api, worker) == []


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"size": LARGEST + 1}, "size"),
        ({"size": 0}, "size"),
        ({"size": "much"}, "size"),
        ({"sha256": "ab"}, "sha256"),
        ({"sha256": "g" * 64}, "sha256"),
        ({"sha256": "ä" * 32}, "sha256"),
        ({"file_name": "a.exe"}, "file_name"),
        ({"file_name": "/"}, "file_name"),
        ({"title": ""}, "title"),
        ({"date": "2026-11-31"}, "date"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_uploads_that_cannot_be(api, worker, fields, name):
    error = error_of(api.post(UPLOADS, json=announcement(worker, PDF, **fields)), 422)
    assert (error["message"], list(error["error_data"])) == (NOT_VALID, [name])


@pytest.mark.parametrize(
    ("number", "status"), [(uuid.UUID(int=1), 404), ("one", 422), (5, 422), ("../1", 422)], ids=str
)
def test_uploads_that_are_not_there(api, number, status):
    number = str(number) if isinstance(number, uuid.UUID) else number
    error = error_of(api.post(DOCUMENTS, json={"upload_id": number}), status)
    assert error["message"].startswith(NO_UPLOAD if status == 404 else NOT_VALID)


# ------------------------------------------------------------------ sent again


def test_a_document_that_is_sent_again_with_its_key(api, worker):
    """requests makes another boundary each time; the form is the same."""
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first, again = (upload(api, worker, headers=key) for _ in range(2))
    assert data_of(again, 201) == data_of(first, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    for other in ({"file": ("payslip.pdf", write_pdf("another"))}, {"file": ("other.pdf", PDF)}, {"title": "Other"}):
        assert error_of(upload(api, worker, headers=key, **other), 422)["error_data"].keys() == {"Idempotency-Key"}
    # Refused before its key was used, so the right file can come with it.
    key = {"Idempotency-Key": uuid.uuid4().hex}
    error_of(upload(api, worker, ("payslip.pdf", b"hello"), headers=key), 422)
    data_of(upload(api, worker, headers=key), 201)
    assert len(of(api, worker)) == 2


def test_an_upload_that_is_finished_again_with_its_key(api, worker):
    key = {"Idempotency-Key": uuid.uuid4().hex}
    begun = begin(api, announcement(worker, PDF))
    assert put(begun, PDF).status_code == 200
    first, again = (finish(api, begun, headers=key) for _ in range(2))
    assert data_of(again, 201) == data_of(first, 201)
    assert len(of(api, worker)) == 1


# ------------------------------------------------------------------ lists, changes, deleting


@pytest.fixture(name="shelf", scope="module")
def fixture_shelf(token):
    """Two employees with documents of two categories on three days: numbers in the order of the list. To be read."""
    with Api(token) as api:
        workers = [hire(api), hire(api)]
        made = []
        for day in ("2026-09-30", "2026-08-31", "2026-10-31"):
            for category in (PAYSLIPS, CONTRACTS):
                for worker in workers:
                    number = create(api, worker, date=day, category_id=category)["id"]
                    made.append((day, worker, number, category))
        return workers, sorted(made)


@pytest.mark.parametrize(
    "days", [(None, None), ("2026-09-30", None), (None, "2026-09-30"), ("2026-09-01", "2026-09-30")]
)
@pytest.mark.parametrize("category", [None, PAYSLIPS, CONTRACTS])
@pytest.mark.parametrize("alone", [True, False])
def test_lists(api, shelf, days, category, alone):
    workers, made = shelf
    asked = workers[:1] if alone else workers
    wanted = [
        number
        for day, worker, number, of_category in made
        if worker in asked and (category in (None, of_category)) and (days[0] or day) <= day <= (days[1] or day)
    ]
    query = {"employees[]": asked, "categories[]": category, "start_date": days[0], "end_date": days[1]}
    found = listed(api, **query)
    assert [one["id"] for one in found["data"]] == wanted
    assert found["metadata"]["total_elements"] == len(wanted)
    paged = [
        one["id"] for offset in range(0, len(wanted), 2) for one in listed(api, limit=2, offset=offset, **query)["data"]
    ]
    assert paged == wanted
    # The whole company by another way through the store.
    everybody = listed(api, limit=200, **{**query, "employees[]": None})["data"]
    mine = {number for _, _, number, _ in made if number in wanted}
    assert mine <= {one["id"] for one in everybody}


@pytest.mark.parametrize(
    ("parameters", "word"),
    [
        ({"start_date": "30.11.2026"}, "start_date"),
        ({"end_date": "2026-11-31"}, "end_date"),
        ({"start_date": "2026-11-30", "end_date": "2026-11-29"}, "end_date"),
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"offset": -1}, "offset"),
        ({"employees[]": "somebody"}, "employees"),
        ({"employees[]": list(range(1, 102))}, "employees"),
        ({"categories[]": "Payslips"}, "categories"),
        ({"updated_from": "yesterday"}, "updated_from"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_parameters_that_cannot_be_read(api, parameters, word):
    error = error_of(api.get(DOCUMENTS, params=parameters))
    assert word in error["message"]
    assert error["error_data"].keys() == {word}


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"title": "New"}, {"title": "New"}),
        ({"comment": None}, {"comment": ""}),
        ({"date": None}, {"date": None}),
        ({"date": "2026-12-31"}, {"date": "2026-12-31"}),
        ({"category_id": CONTRACTS}, {"category": CONTRACTS}),
        ({"title": "New", "file": "x"}, {"title": "New"}),
    ],
    ids=str,
)
def test_what_is_sent_is_changed_and_the_rest_stays(api, worker, change, shown):
    before = create(api, worker, date="2026-11-30", comment="first")
    after = data_of(api.patch(f"{DOCUMENTS}/{before['id']}", json=change))
    assert data_of(api.get(f"{DOCUMENTS}/{before['id']}")) == after
    old, new = before["attributes"], after["attributes"]
    assert {name: new[name] for name in old.keys() - shown.keys() - {"updated_at"}} == {
        name: old[name] for name in old.keys() - shown.keys() - {"updated_at"}
    }
    for name, value in shown.items():
        assert (new[name]["id"] if name == "category" else new[name]) == value
    assert download(api, before["id"]).content == PDF


def test_a_change_must_change_something(api, worker):
    number = create(api, worker)["id"]
    error_of(api.patch(f"{DOCUMENTS}/{number}", json={"employee_id": worker}))
    error = error_of(api.patch(f"{DOCUMENTS}/{number}", json={"title": "New", "employee_id": 1}), 422)
    assert error["error_data"].keys() == {"employee_id"}
    for change in ({"title": ""}, {"title": None}, {"category_id": None}, {"date": "x"}):
        error = error_of(api.patch(f"{DOCUMENTS}/{number}", json=change), 422)
        assert error["error_data"].keys() == change.keys(), change
    error_of(api.patch(f"{DOCUMENTS}/{number}", json={"category_id": 1_000_000}), 404)


def test_what_was_read_can_be_written(api, worker):
    """A document as it is shown says in other words what a change says; what it does not know is left alone."""
    before = create(api, worker, date="2026-11-30", comment="once")
    said = {**before["attributes"], "employee_id": worker, "category_id": PAYSLIPS}
    assert data_of(api.patch(f"{DOCUMENTS}/{before['id']}", json=said)) == before


def test_a_document_is_deleted_with_its_file(api, worker):
    number = create(api, worker)["id"]
    address = api.get(f"{DOCUMENTS}/{number}/download", allow_redirects=False).headers["Location"]
    answer = api.delete(f"{DOCUMENTS}/{number}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert requests.get(address, timeout=30).status_code == 404
    for method, path in (("GET", ""), ("GET", "/download"), ("DELETE", "")):
        assert error_of(api.request(method, f"{DOCUMENTS}/{number}{path}"), 404)["message"] == NOT_FOUND
    assert of(api, worker) == []


# ------------------------------------------------------------------ who may


CALLS = [
    ("GET", CATEGORIES, "documents:read"),
    ("GET", DOCUMENTS, "documents:read"),
    ("GET", f"{DOCUMENTS}/1", "documents:read"),
    ("GET", f"{DOCUMENTS}/1/download", "documents:read"),
    ("POST", DOCUMENTS, "documents:write"),
    ("POST", UPLOADS, "documents:write"),
    ("PATCH", f"{DOCUMENTS}/1", "documents:write"),
    ("DELETE", f"{DOCUMENTS}/1", "documents:write"),
]


@pytest.fixture(name="tokens", scope="module")
def fixture_tokens():
    """Tokens by the scope that their credentials were made for. They may read no attribute of employees."""
    return {scope: token_of(*granted(scope)) for scope in ("documents:read", "documents:write", "employees:read")}


@pytest.mark.parametrize(("method", "path", "scope"), CALLS)
def test_nobody_comes_without_a_token(method, path, scope):
    assert error_of(Api(None).request(method, path), 401)["message"] == "Authorization is not provided"
    assert error_of(Api("papi-nonsense").request(method, path), 403)["message"] == "Provided authorization is not valid"


@pytest.mark.parametrize(("method", "path", "scope"), CALLS)
def test_nobody_comes_without_the_scope(tokens, method, path, scope):
    for has, token in tokens.items():
        if scope not in granted(has):
            answer = Api(token).request(method, path)
            assert scope in error_of(answer, 403)["message"]
            assert keeps_the_token(answer, token)


def test_nobody_sends_a_file_without_the_scope(tokens, worker):
    """It is refused before it is read."""
    assert "documents:write" in error_of(upload(Api(tokens["documents:read"]), worker), 403)["message"]
    error_of(upload(Api(None), worker), 401)


def test_each_scope_suffices_and_shows_nothing_of_the_employee(tokens, worker):
    writer, reader = Api(tokens["documents:write"]), Api(tokens["documents:read"])
    made = create(writer, worker)
    shown = {
        "type": "Employee",
        "attributes": {"id": {"label": "ID", "value": worker, "type": "integer", "universal_id": "id"}},
    }
    assert made["attributes"]["employee"] == shown
    assert listed(reader, **{"employees[]": worker})["data"] == [made]
    assert data_of(reader.get(f"{DOCUMENTS}/{made['id']}")) == made
    assert download(reader, made["id"]).content == PDF
    assert data_of(reader.get(CATEGORIES))
    changed = data_of(writer.patch(f"{DOCUMENTS}/{made['id']}", json={"title": "New"}))
    assert changed["attributes"]["employee"] == shown
    assert writer.delete(f"{DOCUMENTS}/{made['id']}").status_code == 204


def test_the_minimal_credential_of_the_payslips_recipe(worker):
    token = token_of("employees:read", "documents:read", "documents:write", readable=["email"])
    shown = create(Api(token), worker)["attributes"]["employee"]["attributes"]
    assert shown.keys() == {"id", "email"}


def test_files_are_in_no_answer(api, worker):
    """Neither where a file is kept nor its bytes."""
    made = create(api, worker)
    text = json.dumps([made, listed(api, **{"employees[]": worker})])
    assert not re.search(r"files/|staging/|muster-files|object|version|filed", text)
