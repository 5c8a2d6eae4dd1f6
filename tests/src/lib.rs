//! What the black-box tests share: a running muster, and clients of it.
//!
//! One process of tests has one embedded storage, started on the first use and
//! left to the end of the process. Each test has its own company in it, its own
//! API server on a free port and its own clients, so tests run side by side in
//! any order, and every test is one of tenant isolation as well.
//!
//! The environment can name another storage, or an API that is deployed over it ([`place`]).

pub mod absence_requests;
pub mod absences;
pub mod answer;
pub mod attendances;
pub mod audit;
pub mod console;
pub mod endpoints;
pub mod faults;
pub mod generated;
pub mod lambda;
pub mod log;
pub mod many;
pub mod open_id;
pub mod picture;
pub mod place;
pub mod rights;
pub mod storage;

use std::time::Duration;

use axum::Router;
use muster::apply;
use muster::apply::file::CompanyFile;
use muster::credentials;
use muster::serve;
use serde_json::Value as Json;
use serde_json::json;
use shared::attributes::Readable;
use shared::aws::credentials::Credential;
use shared::aws::table::Table;
use shared::aws::uploads::Kind;
use shared::clock::Clock;
use shared::deps::Deps;
use shared::http::limits::Limits;
use shared::ids::CompanyId;
use shared::record::Entry;
use shared::record::Filter;
use shared::scope::Scope;
use tokio::net::TcpListener;
use tokio::sync::watch;

use rights::Ledger;
use rights::Watch;

pub use answer::Answer;

/// A small company with one entry in each list and an attribute of each type.
pub const COMPANY: &str = include_str!("company.yaml");
/// The company of `cargo run`.
pub const DEMO: &str = include_str!("../../companies/demo.yaml");

/// How long a test waits for what is sure to come: as long as a busy machine may take.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A running API with a company of its own.
#[derive(Debug)]
pub struct Muster {
    /// Where it listens.
    pub base_url: String,
    /// Its company.
    pub company: CompanyId,
    /// What its routers are built from; those of a deployed API have others, over the same table and bucket.
    pub deps: Deps,
    // The server stops when the sender is dropped.
    _stop: watch::Sender<bool>,
    // And looks whether the rights sufficed.
    _watch: Watch,
}

impl Muster {
    /// A company from [`COMPANY`], without limits.
    pub async fn start() -> Self {
        Self::with(COMPANY, Limits::off()).await
    }

    /// A company from the text of a company file; its id is replaced by one of its own.
    pub async fn with(file: &str, limits: Limits) -> Self {
        Self::found(storage::table(), file, limits).await
    }

    /// A company with so many employees, a client that may do everything, and the employees' numbers.
    pub async fn staffed(employees: usize) -> (Self, Client, Vec<u64>) {
        let muster = Self::start().await;
        let client = muster.admin().await;
        let mut ids = Vec::with_capacity(employees);
        for _ in 0..employees {
            ids.push(client.create_employee(json!({})).await);
        }
        (muster, client, ids)
    }

    /// The same in a table of the test's own.
    pub async fn over(table: Table, file: &str, limits: Limits) -> Self {
        place::needs_own_storage("a table of the test's own");
        Self::found(table, file, limits).await
    }

    async fn found(table: Table, file: &str, limits: Limits) -> Self {
        log::capture();
        let deps = Deps::new(rights::table(&table), Clock::system(), limits);
        let deps = deps.with_objects(rights::objects(&storage::objects()));
        let company: CompanyId = format!("t-{}", uuid::Uuid::new_v4().simple()).parse().expect("a slug");
        let mut file = CompanyFile::parse("a test's company", file).expect("a company file");
        file.company.id = company.clone();
        apply::apply(&deps, &file, &mut |_| {}).await.expect("the company is applied");
        match place::deployed() {
            Some(url) => {
                let (stop, watch) = (watch::channel(false).0, Watch(Ledger::default()));
                Self { base_url: url.to_owned(), company, deps, _stop: stop, _watch: watch }
            }
            None => Self::serve(deps, company).await,
        }
    }

    /// Sets the clock of its process forward.
    pub fn advance(&self, by: Duration) {
        place::needs_own_process("a clock that is set forward");
        self.deps.clock.advance(by);
    }

    /// Another process that serves the same company: nothing is kept in it yet.
    pub async fn twin(muster: &Self) -> Self {
        let deps = Deps::new(muster.deps.table.clone(), muster.deps.clock.clone(), Limits::off());
        let deps = deps.with_objects(rights::objects(&storage::objects()));
        Self::serve(deps, muster.company.clone()).await
    }

    /// A company served from other parts, each request under the rights of the function that serves it.
    pub async fn serve(deps: Deps, company: CompanyId) -> Self {
        let ledger = Ledger::default();
        let router = rights::router(&deps, &ledger);
        Self::serve_by(deps, company, router, &ledger).await
    }

    /// A company served by a router, whose calls are noted in a ledger.
    pub async fn serve_by(deps: Deps, company: CompanyId, router: Router, ledger: &Ledger) -> Self {
        place::needs_own_process("an API of other parts");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base_url = format!("http://{}", listener.local_addr().expect("an address"));
        let (stop, stopping) = watch::channel(false);
        tokio::spawn(serve::serve(listener, router, stopping));
        Self { base_url, company, deps, _stop: stop, _watch: Watch(ledger.clone()) }
    }

    /// Removes objects of the company that no record has; tells of how many uploads.
    pub async fn sweep(&self, kind: Kind) -> usize {
        let uploads = self.deps.uploads().expect("a bucket");
        uploads.sweep(&self.company, kind).await.expect("a sweep")
    }

    /// A credential of the company, and its secret.
    pub async fn credential(&self, scopes: &[&str], readable: &[&str]) -> (Credential, String) {
        let scopes = scopes.iter().map(|scope| scope.parse::<Scope>().expect("a scope")).collect();
        let readable = readable.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
        let readable = Readable::try_from(readable).expect("attribute keys");
        let (credential, secret) =
            credentials::create(&self.deps, &self.company, "Test", scopes, readable).await.expect("a credential");
        (credential, secret.reveal().to_owned())
    }

    /// A client with a new credential, logged in.
    pub async fn client(&self, scopes: &[&str], readable: &[&str]) -> Client {
        let (credential, secret) = self.credential(scopes, readable).await;
        let login = json!({"client_id": credential.client_id, "client_secret": secret});
        let answer = self.anonymous().post("/v1/auth", &login).await;
        assert_eq!(answer.status, 200, "login: {}", answer.body);
        let token = answer.body["data"]["token"].as_str().expect("a token").to_owned();
        Client { base_url: self.base_url.clone(), token: Some(token), http: http() }
    }

    /// A client that may do everything and read every attribute.
    pub async fn admin(&self) -> Client {
        let scopes: Vec<String> = Scope::all().iter().map(ToString::to_string).collect();
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        self.client(&scopes, &["*"]).await
    }

    /// What is recorded of the company, the newest first.
    pub async fn recorded(&self) -> Vec<Entry> {
        self.deps.record.flush().await;
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page =
                self.deps.record.list(&self.company, &Filter::default(), after, usize::MAX).await.expect("a page");
            found.extend(page.entries);
            after = page.next;
            if after.is_none() {
                return found;
            }
        }
    }

    /// The entry of a request, if it left one.
    pub async fn entry_of(&self, answer: &Answer) -> Option<Entry> {
        let id = answer.header("x-request-id");
        let mut entries = self.recorded().await.into_iter().filter(|one| one.deed.request_id.as_deref() == Some(id));
        let entry = entries.next();
        assert!(entries.next().is_none(), "a request has one entry");
        entry
    }

    /// A client without a token.
    #[must_use]
    pub fn anonymous(&self) -> Client {
        Client { base_url: self.base_url.clone(), token: None, http: http() }
    }

    /// A client with any token.
    #[must_use]
    pub fn bearer(&self, token: &str) -> Client {
        Client { token: Some(token.to_owned()), ..self.anonymous() }
    }
}

/// A multipart body, and its content type.
#[must_use]
pub fn multipart(fields: &[(&str, &str)], file: Option<(&str, &[u8])>) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(
            format!("--boundary\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
        );
    }
    if let Some((name, content)) = file {
        let disposition = format!("Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"");
        body.extend(format!("--boundary\r\n{disposition}\r\nContent-Type: application/octet-stream\r\n\r\n").bytes());
        body.extend(content);
        body.extend(b"\r\n");
    }
    body.extend(b"--boundary--\r\n");
    ("multipart/form-data; boundary=boundary".to_owned(), body)
}

fn http() -> reqwest::Client {
    // What leads elsewhere is looked at and not followed.
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("an HTTP client")
}

/// Somebody who calls the API.
#[derive(Clone, Debug)]
pub struct Client {
    base_url: String,
    /// The bearer token; none for a caller who has not logged in.
    pub token: Option<String>,
    http: reqwest::Client,
}

impl Client {
    /// A request with the client's token, to be completed by the test.
    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse::<reqwest::Method>().expect("a method");
        let request = self.http.request(method, format!("{}{path}", self.base_url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// `GET`, with the query in the path.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request("GET", path)).await
    }

    /// `POST` of a JSON body.
    pub async fn post(&self, path: &str, body: &Json) -> Answer {
        Answer::of(self.request("POST", path).json(body)).await
    }

    /// `PATCH` with a JSON body.
    pub async fn patch(&self, path: &str, body: &Json) -> Answer {
        Answer::of(self.request("PATCH", path).json(body)).await
    }

    /// `DELETE`, with the query in the path.
    pub async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.request("DELETE", path)).await
    }

    /// A body of any content type.
    pub async fn send(&self, method: &str, path: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        Answer::of(self.request(method, path).header("content-type", content_type).body(body.into())).await
    }

    /// Uploads a document: its fields, and a file with its name.
    pub async fn upload(&self, fields: &[(&str, &str)], file: Option<(&str, &[u8])>) -> Answer {
        let (content_type, body) = multipart(fields, file);
        self.send("POST", "/v1/company/documents", &content_type, body).await
    }

    /// Sets the picture of an employee.
    pub async fn set_picture(&self, employee: u64, bytes: &[u8]) -> Answer {
        self.send("PUT", &format!("/v1/company/employees/{employee}/profile-picture"), "image/png", bytes).await
    }

    /// Creates an employee with these fields beside names and a random address, and tells the id.
    pub async fn create_employee(&self, fields: Json) -> u64 {
        let mut employee = json!({
            "email": format!("{}@test.example", uuid::Uuid::new_v4().simple()),
            "first_name": "Erika",
            "last_name": "Muster",
        });
        if let (Json::Object(employee), Json::Object(fields)) = (&mut employee, fields) {
            employee.extend(fields);
        }
        let answer = self.post("/v1/company/employees", &json!({ "employee": employee })).await;
        assert_eq!(answer.status, 200, "create: {}", answer.body);
        answer.body["data"]["id"].as_u64().expect("an id")
    }

    /// The attributes of an employee.
    pub async fn employee(&self, id: u64) -> Json {
        let answer = self.get(&format!("/v1/company/employees/{id}")).await;
        assert_eq!(answer.status, 200, "read: {}", answer.body);
        answer.body["data"]["attributes"].clone()
    }

    /// The value of one attribute of an employee.
    pub async fn value(&self, id: u64, key: &str) -> Json {
        self.employee(id).await[key]["value"].clone()
    }
}
