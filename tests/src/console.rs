//! Administrators, as a browser or a program has them.

use console::model::Administrator;
use console::model::Email;
use console::model::password::Password;
use console::model::token::Token;
use console::store;
use serde_json::Value as Json;

use crate::Answer;
use crate::Muster;

/// A password that is good enough.
pub const PASSWORD: &str = "correct horse battery staple";

/// Somebody who is signed in to the console.
#[derive(Clone, Debug)]
pub struct Browser {
    client: crate::Client,
    /// The session's cookie, as the browser sends it.
    pub cookie: String,
    /// What the forms of the session carry.
    pub form_token: String,
    /// The account.
    pub administrator: Administrator,
}

/// A new administrator of a company, with [`PASSWORD`].
pub async fn administrator(muster: &Muster) -> Administrator {
    let email = Email::parse(&format!("{}@test.example", uuid::Uuid::new_v4().simple())).expect("an address");
    let hash = Password::chosen(PASSWORD).and_then(|password| password.hash()).expect("a hash");
    store::create(&muster.deps, &muster.company, email, Some(hash)).await.expect("an administrator")
}

impl Browser {
    /// A new administrator, signed in.
    pub async fn new(muster: &Muster) -> Self {
        Self::of(muster, administrator(muster).await).await
    }

    /// An administrator, signed in once more.
    pub async fn of(muster: &Muster, administrator: Administrator) -> Self {
        let (token, _) = store::begin_session(&muster.deps, &administrator).await.expect("a session");
        Self::with(muster, administrator, &token)
    }

    /// An administrator with the token of a session.
    #[must_use]
    pub fn with(muster: &Muster, administrator: Administrator, token: &Token) -> Self {
        let cookie = format!("muster_session={}", token.reveal());
        Self { client: muster.anonymous(), cookie, form_token: token.form_token(), administrator }
    }

    /// A request with the session's cookie.
    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, path).header("cookie", &self.cookie)
    }

    /// A page, or what an endpoint answers.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request("GET", path)).await
    }

    /// Sends a form of the session.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut fields = fields.to_vec();
        fields.push(("form_token", &self.form_token));
        Answer::of(self.request("POST", path).form(&fields)).await
    }

    /// Calls the JSON API.
    pub async fn call(&self, method: &str, path: &str, body: &Json) -> Answer {
        Answer::of(self.request(method, path).json(body)).await
    }
}

/// The value of the first field with a name in a page, as it is written there.
#[must_use]
pub fn value_of(page: &str, name: &str) -> String {
    let (_, behind) = page.split_once(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("no {name} in {page}"));
    let (tag, _) = behind.split_once('>').expect("the end of a tag");
    let (_, value) = tag.split_once("value=\"").unwrap_or_else(|| panic!("no value in {tag}"));
    value.split('"').next().expect("a value").to_owned()
}
