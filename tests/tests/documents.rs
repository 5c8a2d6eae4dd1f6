//! Documents: upload, list, download, change, delete; and what is refused.

use serde_json::Value as Json;
use serde_json::json;
use sha2::Digest;
use sha2::Sha256;
use shared::aws::keys;
use shared::aws::uploads::Kind;
use shared::http::limits::Limits;
use tests::Answer;
use tests::Client;
use tests::Muster;
use tests::multipart;
use tests::place;
use tests::storage;

const PATH: &str = "/v1/company/documents";
const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n";

fn hex(bytes: &[u8]) -> String {
    shared::wire::hex(&Sha256::digest(bytes))
}

fn fields(employee: u64) -> [(&'static str, String); 3] {
    [("title", "Contract".to_owned()), ("employee_id", employee.to_string()), ("category_id", "1".to_owned())]
}

async fn upload(client: &Client, employee: u64, more: &[(&str, &str)], file: Option<(&str, &[u8])>) -> Answer {
    let own = fields(employee);
    let own = own.iter().map(|(name, value)| (*name, value.as_str()));
    // What is said later counts.
    let all: Vec<(&str, &str)> = own.filter(|(name, _)| !more.iter().any(|(other, _)| other == name)).collect();
    client.upload(&[&all, more].concat(), file).await
}

async fn stored(client: &Client, employee: u64, more: &[(&str, &str)]) -> Json {
    let answer = upload(client, employee, more, Some(("contract.pdf", PDF))).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["data"].clone()
}

/// Everything that a company has in the bucket.
async fn objects(muster: &Muster) -> Vec<String> {
    let mut all = Vec::new();
    for place in ["files", "staging"] {
        all.extend(storage::objects().list(&format!("{place}/{}/", muster.company)).await.expect("a list"));
    }
    all
}

async fn ids(client: &Client, query: &str) -> Vec<u64> {
    let answer = client.get(&format!("{PATH}?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.body);
    let data = answer.body["data"].as_array().expect("a list").clone();
    data.iter().map(|one| one["id"].as_u64().expect("an id")).collect()
}

#[tokio::test]
async fn a_document_is_uploaded_read_downloaded_changed_and_deleted() {
    let (muster, client, employees) = Muster::staffed(1).await;
    let employee = employees[0];
    let more = [("comment", "signed"), ("date", "2026-02-02")];
    let document = stored(&client, employee, &more).await;
    assert_eq!((&document["id"], &document["type"]), (&json!(1), &json!("Document")));
    let attributes = &document["attributes"];
    assert_eq!((&attributes["title"], &attributes["date"]), (&json!("Contract"), &json!("2026-02-02")));
    assert_eq!(attributes["comment"], "signed");
    assert_eq!(attributes["employee"]["attributes"]["id"]["value"], employee);
    let category = json!({"id": 1, "type": "DocumentCategory", "attributes": {"name": "Contracts"}});
    assert_eq!(attributes["category"], category);
    let file =
        json!({"name": "contract.pdf", "size": PDF.len(), "content_type": "application/pdf", "sha256": hex(PDF)});
    assert_eq!(attributes["file"], file);
    assert_eq!(client.get(&format!("{PATH}/1")).await.body["data"], document);
    assert_eq!(client.get(PATH).await.body["data"], json!([document]));

    let download = client.get(&format!("{PATH}/1/download")).await;
    assert_eq!(download.status, 303, "{}", download.body);
    let address = download.header("location").to_owned();
    assert!(address.contains("X-Amz-Expires=60") && address.contains("response-content-disposition=attachment"));
    let got = reqwest::get(&address).await.expect("an answer");
    assert_eq!(got.status(), 200);
    assert_eq!(got.bytes().await.expect("a body").as_ref(), PDF);
    // The address is for this object alone.
    let other = address.replacen("files/", "files/x", 1);
    assert_eq!(reqwest::get(&other).await.expect("an answer").status(), 403);

    let other = client.patch(&format!("{PATH}/1"), &json!({"title": "New", "employee_id": employee + 1})).await;
    assert_eq!(other.status, 422, "{}", other.body);
    let changed = client.patch(&format!("{PATH}/1"), &json!({"title": "New", "comment": null, "date": null})).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let attributes = &changed.body["data"]["attributes"];
    assert_eq!(
        (&attributes["title"], &attributes["comment"], &attributes["date"]),
        (&json!("New"), &json!(""), &json!(null))
    );
    assert_eq!(client.get(&format!("{PATH}/1")).await.body["data"], changed.body["data"]);

    assert_eq!(objects(&muster).await.len(), 1);
    assert_eq!(client.delete(&format!("{PATH}/1")).await.status, 204);
    for path in ["/1", "/1/download"] {
        assert_eq!(client.get(&format!("{PATH}{path}")).await.status, 404, "{path}");
    }
    assert_eq!(client.delete(&format!("{PATH}/1")).await.status, 404, "twice");
    assert_eq!(client.get(PATH).await.body["metadata"]["total_elements"], 0);
    assert!(objects(&muster).await.is_empty(), "the file is gone as well");
}

#[tokio::test]
async fn categories_are_listed() {
    let muster = Muster::start().await;
    let body = muster.admin().await.get("/v1/company/document-categories").await.body;
    let category = json!({"id": 1, "type": "DocumentCategory", "attributes": {"name": "Contracts"}});
    assert_eq!(body, json!({"success": true, "data": [category]}));
}

#[tokio::test]
async fn what_is_wrong_with_an_upload_is_said_and_nothing_is_stored() {
    let (muster, client, employees) = Muster::staffed(1).await;
    let employee = employees[0];
    let pdf = Some(("contract.pdf", PDF));
    let long = "x".repeat(256);
    for (more, file, field) in [
        (&[("title", "")][..], pdf, "title"),
        (&[("title", &long)], pdf, "title"),
        (&[("employee_id", "x")], pdf, "employee_id"),
        (&[("category_id", "")], pdf, "category_id"),
        (&[("date", "2026-02-30")], pdf, "date"),
        (&[("title", "two\nlines")], pdf, "title"),
        (&[("upload_id", "018bcfe5-687b-7000-8000-000000000000")], pdf, "upload_id"),
        (&[], None, "file"),
        (&[], Some(("contract.pdf", &b"MZ\x90\x00program"[..])), "file"),
        (&[], Some(("contract.pdf", b"\x7fELF\x02\x01\x01\x00")), "file"),
        (&[], Some(("contract.pdf", b"hello")), "file"),
        (&[], Some(("contract.exe", PDF)), "file"),
        (&[], Some(("contract", PDF)), "file"),
        (&[], Some(("contract.pdf", b"")), "file"),
        (&[], Some((".pdf", PDF)), "file"),
        (&[], Some(("notes.txt", b"#!/bin/sh\nrm -rf /\n")), "file"),
    ] {
        let answer = upload(&client, employee, more, file).await;
        assert_eq!(answer.status, 422, "{more:?}: {}", answer.body);
        assert_eq!(answer.message(), "The given data was invalid.");
        assert!(answer.body["error"]["error_data"].get(field).is_some(), "{field}: {}", answer.body);
    }
    let kinds = upload(&client, employee, &[], Some(("a.exe", PDF))).await;
    let said = kinds.body["error"]["error_data"]["file"][0].as_str().expect("a text").to_owned();
    assert!(said.starts_with("The file must be a file of type: pdf, docx, doc,"), "{said}");
    for (more, text) in [
        (("employee_id", "999"), "No query results for model [Employee] 999"),
        (("category_id", "9"), "No query results for model [DocumentCategory] 9"),
    ] {
        let answer = upload(&client, employee, &[more], pdf).await;
        assert_eq!((answer.status, answer.message()), (404, text), "{}", answer.body);
    }
    assert_eq!(client.get(PATH).await.body["metadata"]["total_elements"], 0);
    assert!(objects(&muster).await.is_empty(), "nothing in the bucket");
}

#[tokio::test]
async fn broken_bodies_are_4xx_and_store_nothing() {
    let (muster, client, employees) = Muster::staffed(1).await;
    let own = fields(employees[0]);
    let own: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (content_type, whole) = multipart(&own, Some(("contract.pdf", PDF)));
    let caller = &client;
    let send = |content_type: &str, body: Vec<u8>| {
        let content_type = content_type.to_owned();
        async move { caller.send("POST", PATH, &content_type, body).await }
    };
    for length in [10, whole.len() / 2, whole.len() - 20, whole.len() - 5] {
        let answer = send(&content_type, whole[..length].to_vec()).await;
        assert_eq!(answer.status, 400, "{length}: {}", answer.body);
    }
    let two = [&whole[..whole.len() - 14], &multipart(&[], Some(("b.pdf", PDF))).1[..]].concat();
    let answer = send(&content_type, two).await;
    assert_eq!((answer.status, answer.message()), (400, "A document has one file, and two came."));
    let elsewhere = String::from_utf8_lossy(&whole).replace("name=\"file\"", "name=\"attachment\"");
    assert_eq!(send(&content_type, elsewhere.into_bytes()).await.status, 400);
    assert_eq!(send("multipart/form-data", whole.clone()).await.status, 400, "no boundary");
    assert_eq!(send("multipart/form-data; boundary=other", whole.clone()).await.status, 400);
    assert_eq!(send("application/json", b"{".to_vec()).await.status, 400);
    assert_eq!(send("application/pdf", PDF.to_vec()).await.status, 415);
    assert_eq!(client.get(PATH).await.body["metadata"]["total_elements"], 0);
    assert!(objects(&muster).await.is_empty());
}

#[tokio::test]
async fn file_names_are_safe_where_they_come_out() {
    let (_muster, client, employees) = Muster::staffed(1).await;
    let long = format!("{}.pdf", "n".repeat(1_000));
    for (sent, kept) in [
        ("../../etc/contract.pdf", "contract.pdf"),
        ("C:\\\\temp\\\\contract.pdf", "contract.pdf"),
        ("con\u{202e}fdp.pdf", "confdp.pdf"),
        ("Lohn März.pdf", "Lohn März.pdf"),
        (&long, &format!("{}.pdf", "n".repeat(56))),
    ] {
        let answer = upload(&client, employees[0], &[], Some((sent, PDF))).await;
        assert_eq!(answer.status, 201, "{sent}: {}", answer.body);
        assert_eq!(answer.body["data"]["attributes"]["file"]["name"], kept);
    }
}

#[tokio::test]
async fn names_that_are_not_ascii_come_in_the_extended_form_as_well() {
    let (_muster, client, employees) = Muster::staffed(1).await;
    let own = fields(employees[0]);
    let own: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (content_type, body) = multipart(&own, Some(("NAME", PDF)));
    let named = String::from_utf8_lossy(&body).replace("filename=\"NAME\"", "filename*=UTF-8''Lohn%20M%C3%A4rz.pdf");
    let answer = client.send("POST", PATH, &content_type, named.into_bytes()).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.body["data"]["attributes"]["file"]["name"], "Lohn März.pdf");
    // Text is UTF-8: nothing is guessed and nothing replaced.
    let latin: Vec<u8> = body.iter().map(|byte| if *byte == b'C' { 0xe4 } else { *byte }).collect();
    assert_eq!(client.send("POST", PATH, &content_type, latin).await.status, 400);
}

#[tokio::test]
async fn thirty_megabytes_pass_and_one_byte_more_is_413() {
    place::needs_own_process("bodies larger than Lambda takes");
    let (muster, client, employees) = Muster::staffed(1).await;
    let mut file = vec![b' '; 30 * 1024 * 1024];
    file[..PDF.len()].copy_from_slice(PDF);
    let answer = upload(&client, employees[0], &[], Some(("large.pdf", &file))).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.body["data"]["attributes"]["file"]["size"], file.len());
    let address = client.get(&format!("{PATH}/1/download")).await.header("location").to_owned();
    let got = reqwest::get(&address).await.expect("an answer").bytes().await.expect("a body");
    assert_eq!(hex(&got), hex(&file));
    file.push(b' ');
    let answer = upload(&client, employees[0], &[], Some(("larger.pdf", &file))).await;
    assert_eq!(answer.status, 413, "{}", answer.body);
    assert_eq!(answer.message(), "A file may have 30 MB.");
    assert_eq!(objects(&muster).await.len(), 1);
}

#[tokio::test]
async fn a_file_can_come_by_an_upload() {
    let (muster, client, employees) = Muster::staffed(1).await;
    let announce = |size: usize, sha256: String| {
        json!({"title": "Report", "employee_id": employees[0], "category_id": 1, "date": "2026-01-31",
            "file_name": "report.pdf", "size": size, "sha256": sha256})
    };
    let caller = &client;
    let begin = |body: Json| async move {
        let answer = caller.post(&format!("{PATH}/uploads"), &body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body["data"].clone()
    };
    let put = |upload: Json, content: Vec<u8>| async move {
        let mut request = reqwest::Client::new().put(upload["url"].as_str().expect("a URL")).body(content);
        for (name, value) in upload["headers"].as_object().expect("headers") {
            request = request.header(name, value.as_str().expect("a text"));
        }
        request.send().await.expect("an answer").status().as_u16()
    };
    let upload = begin(announce(PDF.len(), hex(PDF))).await;
    assert_eq!(upload["method"], "PUT");
    let finish = json!({"upload_id": upload["upload_id"]});
    let early = client.post(PATH, &finish).await;
    assert_eq!(early.status, 422, "the file is not there yet: {}", early.body);
    let mut other = PDF.to_vec();
    other[10] ^= 1;
    assert_ne!(put(upload.clone(), other).await, 200, "another content is refused");
    assert_eq!(put(upload.clone(), PDF.to_vec()).await, 200);
    let done = client.post(PATH, &finish).await;
    assert_eq!(done.status, 201, "{}", done.body);
    let attributes = &done.body["data"]["attributes"];
    assert_eq!((&attributes["title"], &attributes["file"]["sha256"]), (&json!("Report"), &json!(hex(PDF))));
    assert_eq!(client.post(PATH, &finish).await.status, 404, "an upload is good for one document");
    let address = client.get(&format!("{PATH}/1/download")).await.header("location").to_owned();
    assert_eq!(reqwest::get(&address).await.expect("an answer").bytes().await.expect("a body").as_ref(), PDF);
    assert_eq!(objects(&muster).await.len(), 1, "nothing stays in staging");
    // Its address is still good. What comes once more has a note, and goes with it.
    assert_eq!(put(upload.clone(), PDF.to_vec()).await, 200);
    muster.advance(std::time::Duration::from_hours(2));
    assert_eq!(muster.sweep(Kind::File).await, 1);
    assert_eq!(objects(&muster).await.len(), 1);

    // What is not what its name says is found out here as well.
    let program = b"MZ\x90\x00".to_vec();
    let upload = begin(announce(program.len(), hex(&program))).await;
    assert_eq!(put(upload.clone(), program).await, 200);
    let refused = client.post(PATH, &json!({"upload_id": upload["upload_id"]})).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    for (name, value) in [("size", json!(30 * 1024 * 1024 + 1)), ("sha256", json!("ab")), ("file_name", json!("a.exe"))]
    {
        let mut body = announce(1, hex(b"x"));
        body[name] = value;
        assert_eq!(client.post(&format!("{PATH}/uploads"), &body).await.status, 422, "{name}");
    }
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let (_muster, client, employees) = Muster::staffed(3).await;
    let mut all = Vec::new();
    for (index, date) in ["2026-01-31", "2026-02-28", "2026-03-31", "2025-12-31"].iter().enumerate() {
        for employee in &employees {
            let document = stored(&client, *employee, &[("date", date), ("title", &index.to_string())]).await;
            all.push((*date, *employee, document["id"].as_u64().expect("an id")));
        }
    }
    all.sort_unstable();
    let naive = |takes: &dyn Fn(&(&str, u64, u64)) -> bool| -> Vec<u64> {
        all.iter().filter(|one| takes(one)).map(|one| one.2).collect()
    };
    assert_eq!(ids(&client, "").await, naive(&|_| true));
    assert_eq!(
        ids(&client, "start_date=2026-01-31&end_date=2026-02-28").await,
        naive(&|one| ("2026-01-31"..="2026-02-28").contains(&one.0))
    );
    assert_eq!(
        ids(&client, &format!("employees[]={}&start_date=2026-02-01", employees[1])).await,
        naive(&|one| one.1 == employees[1] && one.0 >= "2026-02-01")
    );
    assert_eq!(ids(&client, "categories[]=1&end_date=2025-12-31").await, naive(&|one| one.0 <= "2025-12-31"));
    assert_eq!(ids(&client, "categories[]=2").await, Vec::<u64>::new());
    assert_eq!(ids(&client, "updated_from=2020-01-01").await, naive(&|_| true));
    assert_eq!(ids(&client, "updated_to=2020-01-01").await, Vec::<u64>::new());
    let mut paged = Vec::new();
    for offset in (0..15).step_by(5) {
        paged.extend(ids(&client, &format!("limit=5&offset={offset}")).await);
    }
    assert_eq!(paged, naive(&|_| true));
    for bad in ["limit=201", "employees[]=x", "start_date=x", "start_date=2026-02-01&end_date=2026-01-01"] {
        assert_eq!(client.get(&format!("{PATH}?{bad}")).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn an_upload_that_is_sent_again_with_its_key_is_one_document() {
    let (muster, client, employees) = Muster::staffed(1).await;
    let own = fields(employees[0]);
    let own: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let send = |file: &'static [u8]| {
        let (content_type, body) = multipart(&own, Some(("contract.pdf", file)));
        let request = client.request("POST", PATH).header("idempotency-key", "payslip-1");
        Answer::of(request.header("content-type", content_type).body(body))
    };
    let (first, again) = (send(PDF).await, send(PDF).await);
    assert_eq!((first.status, again.status), (201, 201), "{}", again.body);
    assert_eq!(first.body, again.body);
    assert_eq!(send(b"%PDF-1.7\nanother").await.status, 422);
    assert_eq!(objects(&muster).await.len(), 1);
    assert_eq!(client.get(PATH).await.body["metadata"]["total_elements"], 1);
}

#[tokio::test]
async fn a_credential_uploads_no_more_than_the_limit() {
    place::needs_own_process("limits of the test's own");
    let muster = Muster::with(tests::COMPANY, Limits::parse("uploads=2").expect("limits")).await;
    let client = muster.admin().await;
    let employee = client.create_employee(json!({})).await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(upload(&client, employee, &[], Some(("contract.pdf", PDF))).await.status);
    }
    assert_eq!(statuses, [201, 201, 429]);
}

#[tokio::test]
async fn a_file_of_another_company_cannot_be_reached() {
    let (one, first, employees) = Muster::staffed(1).await;
    let (_other, second, _) = Muster::staffed(1).await;
    stored(&first, employees[0], &[]).await;
    for path in ["/1", "/1/download"] {
        assert_eq!(second.get(&format!("{PATH}{path}")).await.status, 404, "{path}");
    }
    assert_eq!(second.delete(&format!("{PATH}/1")).await.status, 404);
    let object = &objects(&one).await[0];
    assert!(object.starts_with(&keys::file_object(&one.company, uuid::Uuid::nil())[..10]), "{object}");
}
