//! The access patterns of administrators, their sessions and their links.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use shared::aws::credentials::Fingerprint;
use shared::aws::items::Entity;
use shared::aws::items::Item;
use shared::aws::keys;
use shared::aws::keys::Key;
use shared::aws::lockout::Counters;
use shared::aws::table::Range;
use shared::aws::table::unless_raced;
use shared::aws::transaction::Condition;
use shared::deps::Deps;
use shared::error::Error;
use shared::ids::AdministratorId;
use shared::ids::CompanyId;
use shared::lockout::Failures;

use crate::model::Administrator;
use crate::model::Email;
use crate::model::LINK_LIFETIME;
use crate::model::LOCKOUT;
use crate::model::SESSION_LIFETIME;
use crate::model::StoredLink;
use crate::model::StoredSession;
use crate::model::open_id::ATTEMPT_LIFETIME;
use crate::model::open_id::BrowserSecret;
use crate::model::open_id::StoredAttempt;
use crate::model::password::PasswordHash;
use crate::model::token::Token;

impl Entity for Administrator {
    const TYPE: &'static str = "administrator";
}

impl Entity for StoredSession {
    const TYPE: &'static str = "administrator_session";
}

impl Entity for StoredLink {
    const TYPE: &'static str = "administrator_link";
}

impl Entity for StoredAttempt {
    const TYPE: &'static str = "open_id_sign_in";
}

/// Where an address or a company's list leads.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Pointer {
    administrator: AdministratorId,
}

impl Entity for Pointer {
    const TYPE: &'static str = "administrator_pointer";
}

/// That a form was sent.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct SentForm {}

impl Entity for SentForm {
    const TYPE: &'static str = "administrator_form";
}

fn digest(email: &Email) -> String {
    // Whatever somebody types to sign in becomes a key: of any length, and perhaps a password by mistake.
    Fingerprint::of(&email.comparable()).into()
}

fn email_key(email: &Email) -> Key {
    keys::administrator_email(&digest(email))
}

/// Creates an administrator.
///
/// Access pattern: a transaction of three puts, 2 write units each: the account, its place in the company's list, and
/// the claim on the address, which is taken once among all companies.
pub async fn create(
    deps: &Deps,
    company: &CompanyId,
    email: Email,
    password: Option<PasswordHash>,
) -> Result<Administrator, Error> {
    let id = AdministratorId::random();
    let created_at = deps.clock.now();
    let administrator =
        Administrator { id, company: company.clone(), email, password, generation: 1, created_at, version: 1 };
    let pointer = Pointer { administrator: id };
    let taken = Error::invalid("email", "There is an administrator with this e-mail address.");
    deps.table
        .transaction()
        .put_if(Item::encode(email_key(&administrator.email), &pointer)?, Condition::absent(), taken)
        .put(Item::encode(keys::administrator(id), &administrator)?)
        .put(Item::encode(keys::company_administrator(company, id), &pointer)?)
        .commit()
        .await?;
    Ok(administrator)
}

/// A company's administrators in the order of their creation.
///
/// Access pattern: `Query` of the company's list, then `BatchGetItem`; 1 read unit for each and for the list.
pub async fn list(deps: &Deps, company: &CompanyId) -> Result<Vec<Administrator>, Error> {
    let range = Range { pk: keys::company_administrators(company), from: None, to: None, limit: None };
    let mut keys = Vec::new();
    for item in deps.table.query(range).await? {
        keys.push(keys::administrator(item.decode::<Pointer>()?.administrator));
    }
    let items = deps.table.batch_get(keys).await?;
    let mut all: Vec<Administrator> = items.into_iter().map(Item::decode).collect::<Result<_, _>>()?;
    all.sort_by_key(|administrator| (administrator.created_at, administrator.id));
    Ok(all)
}

/// The administrator with an address. Access pattern: `GetItem` of the address, then of the account; 2 read units.
pub async fn find(deps: &Deps, email: &Email) -> Result<Option<Administrator>, Error> {
    match deps.table.get::<Pointer>(email_key(email)).await? {
        Some(pointer) => deps.table.get(keys::administrator(pointer.administrator)).await,
        None => Ok(None),
    }
}

/// Removes an administrator, and with the account all sessions and links, which are good for nothing without it.
///
/// Access pattern: a transaction of three deletes, 2 write units each.
pub async fn remove(deps: &Deps, administrator: &Administrator) -> Result<(), Error> {
    let gone = Error::not_found("There is no such administrator.");
    deps.table
        .transaction()
        .delete_if(keys::administrator(administrator.id), Condition::exists(), gone)
        .delete(keys::company_administrator(&administrator.company, administrator.id))
        .delete(email_key(&administrator.email))
        .commit()
        .await
}

/// Gives an administrator another password and ends all sessions, and the links that were not used.
///
/// Access pattern: `GetItem`, then `PutItem` if the version is the one that was read; again while others write.
pub async fn set_password(deps: &Deps, id: AdministratorId, password: &PasswordHash) -> Result<(), Error> {
    change(deps, id, |administrator| administrator.password = Some(password.clone())).await
}

/// Ends all sessions of an administrator, and the links that were not used.
///
/// Access pattern: `GetItem`, then `PutItem` if the version is the one that was read; again while others write.
pub async fn end_sessions(deps: &Deps, id: AdministratorId) -> Result<(), Error> {
    change(deps, id, |_| {}).await
}

async fn change(deps: &Deps, id: AdministratorId, what: impl Fn(&mut Administrator)) -> Result<(), Error> {
    let what = &what;
    unless_raced("The administrator", || async move {
        let stored = deps.table.get::<Administrator>(keys::administrator(id)).await?;
        let mut administrator = stored.ok_or_else(|| Error::not_found("There is no such administrator."))?;
        let unchanged = Condition::exists().number_is(&["version"], administrator.version);
        what(&mut administrator);
        administrator.generation += 1;
        administrator.version += 1;
        let item = Item::encode(keys::administrator(id), &administrator)?;
        if deps.table.put(item, Some(unchanged)).await? { Ok(()) } else { Err(Error::Raced) }
    })
    .await
}

/// Makes a sign-in link. Access pattern: `PutItem`, 1 write unit.
pub async fn create_link(deps: &Deps, administrator: &Administrator) -> Result<Token, Error> {
    let token = Token::random(administrator.id)?;
    let link = StoredLink { generation: administrator.generation, ends_at: deps.clock.now() + LINK_LIFETIME };
    let key = keys::administrator_link(administrator.id, &token.digest());
    let item = Item::encode(key, &link)?.expiring(link.ends_at.as_second());
    deps.table.put(item, Some(Condition::absent())).await?;
    Ok(token)
}

/// The administrator whom a link would sign in, while it is good.
///
/// Access pattern: one `BatchGetItem` of link and account, 2 read units.
pub async fn of_link(deps: &Deps, token: &Token) -> Result<Option<Administrator>, Error> {
    let link = keys::administrator_link(token.administrator(), &token.digest());
    let (link, administrator) = with_account::<StoredLink>(deps, token, link).await?;
    let now = deps.clock.now();
    Ok(administrator.filter(|administrator| link.is_some_and(|link| link.is_good(administrator, now))))
}

/// Uses a link up; `None` if it is not good, or if somebody else was faster.
///
/// Access pattern: one `BatchGetItem` of link and account, then `DeleteItem` if the link is still there.
pub async fn use_link(deps: &Deps, token: &Token) -> Result<Option<Administrator>, Error> {
    let Some(administrator) = of_link(deps, token).await? else { return Ok(None) };
    let key = keys::administrator_link(token.administrator(), &token.digest());
    let used = deps.table.delete(key, Condition::exists()).await?;
    Ok(used.then_some(administrator))
}

/// Begins a session. Access pattern: `PutItem`, 1 write unit.
pub async fn begin_session(deps: &Deps, administrator: &Administrator) -> Result<(Token, StoredSession), Error> {
    let token = Token::random(administrator.id)?;
    let ends_at = deps.clock.now() + SESSION_LIFETIME;
    let session = StoredSession { generation: administrator.generation, ends_at };
    let key = keys::administrator_session(administrator.id, &token.digest());
    let item = Item::encode(key, &session)?.expiring(ends_at.as_second());
    deps.table.put(item, Some(Condition::absent())).await?;
    Ok((token, session))
}

/// The session of a token, while it is good, and whose it is.
///
/// Access pattern: one `BatchGetItem` of session and account, 2 read units.
pub async fn session(deps: &Deps, token: &Token) -> Result<Option<(Administrator, StoredSession)>, Error> {
    let key = keys::administrator_session(token.administrator(), &token.digest());
    let (session, administrator) = with_account::<StoredSession>(deps, token, key).await?;
    let both = administrator.zip(session);
    Ok(both.filter(|(administrator, session)| session.is_good(administrator, deps.clock.now())))
}

/// Ends a session. Access pattern: `DeleteItem`, 1 write unit.
pub async fn end_session(deps: &Deps, token: &Token) -> Result<(), Error> {
    let key = keys::administrator_session(token.administrator(), &token.digest());
    deps.table.delete(key, Condition::exists()).await.map(drop)
}

/// Takes note of a sign-in at a provider that a browser begins, by the `state` with which the provider answers.
///
/// Access pattern: `PutItem` if it is absent, 1 write unit; kept for ten minutes.
pub async fn begin_open_id(deps: &Deps, state: &str, browser: &BrowserSecret) -> Result<(), Error> {
    let attempt = StoredAttempt { browser: browser.digest().into(), ends_at: deps.clock.now() + ATTEMPT_LIFETIME };
    let item = Item::encode(open_id_key(state), &attempt)?.expiring(attempt.ends_at.as_second());
    deps.table.put(item, Some(Condition::absent())).await.map(drop)
}

/// Takes a sign-in at a provider to its end, once; `false` if it is not this browser's, too old, or was taken before.
///
/// Access pattern: `GetItem`, 1 read unit, then `DeleteItem` if it is still there, 1 write unit.
pub async fn take_open_id(deps: &Deps, state: &str, browser: &BrowserSecret) -> Result<bool, Error> {
    let attempt = deps.table.get::<StoredAttempt>(open_id_key(state)).await?;
    if !attempt.is_some_and(|attempt| attempt.is_of(browser, deps.clock.now())) {
        return Ok(false);
    }
    deps.table.delete(open_id_key(state), Condition::exists()).await
}

fn open_id_key(state: &str) -> Key {
    // Whatever a browser sends as one becomes a key, of any length.
    keys::open_id_sign_in(&String::from(Fingerprint::of(state)))
}

async fn with_account<E: Entity>(
    deps: &Deps,
    token: &Token,
    key: Key,
) -> Result<(Option<E>, Option<Administrator>), Error> {
    let (mut found, mut administrator) = (None, None);
    for item in deps.table.batch_get(vec![key, keys::administrator(token.administrator())]).await? {
        if item.entity_type() == Administrator::TYPE {
            administrator = Some(item.decode()?);
        } else {
            found = Some(item.decode()?);
        }
    }
    Ok((found, administrator))
}

/// What a sign-in with a password is decided on.
#[derive(Debug)]
pub struct SignIn {
    /// The administrator with the address, if there is one.
    pub administrator: Option<Administrator>,
    /// The failures with this address.
    pub failures: Failures,
    counters: Counters,
}

/// Reads what a sign-in with a password is decided on; the same reads whether there is such an address or not.
///
/// Access pattern: one `BatchGetItem` of the address and two counters, then `GetItem` of the account; 4 read units.
pub async fn sign_in(deps: &Deps, email: &Email, now: Timestamp) -> Result<SignIn, Error> {
    // Apart from the client ids of credentials, of which the counters are digests as well.
    let name = Fingerprint::of_parts(&[b"administrator", email.comparable().as_bytes()]);
    let counters = Counters::new(&LOCKOUT, &String::from(name), now);
    let address = email_key(email);
    let mut wanted = vec![address.clone()];
    wanted.extend(counters.keys());
    let items = deps.table.batch_get(wanted).await?;
    let failures = counters.read(&items);
    let pointer = items.into_iter().find(|item| item.lies_at(&address)).map(Item::decode::<Pointer>).transpose()?;
    let id = pointer.map_or(AdministratorId::NOBODY, |pointer| pointer.administrator);
    let administrator = deps.table.get(keys::administrator(id)).await?;
    Ok(SignIn { administrator, failures, counters })
}

impl SignIn {
    /// Counts a failure. Access pattern: `UpdateItem`, 1 write unit.
    pub async fn count_failure(&self, deps: &Deps) -> Result<(), Error> {
        self.counters.count(&deps.table).await
    }
}

/// Takes note that a form was sent; `false` if it was sent before.
///
/// Access pattern: `PutItem` if it is absent, 1 write unit; kept as long as the session can last that showed it.
pub async fn claim_form(deps: &Deps, id: AdministratorId, number: &str) -> Result<bool, Error> {
    let key = keys::administrator_form(id, &String::from(Fingerprint::of(number)));
    let item = Item::encode(key, &SentForm {})?.expiring((deps.clock.now() + SESSION_LIFETIME).as_second());
    deps.table.put(item, Some(Condition::absent())).await
}
