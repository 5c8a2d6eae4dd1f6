//! Every key of the table. Nothing else formats one.
//!
//! Every partition begins with the company, except a credential's and an
//! administrator's: they are what names the company. Published settings of all
//! companies lie together, so that a process can read some before it knows whose. What is recorded and how
//! credentials are used have a word before the company: roles tell partitions
//! apart by pattern, and no role may change or remove what is recorded. So a
//! partition never holds user text. Where a sort key does, it stands last and
//! needs no escaping: nothing can follow it.
//!
//! | what | pk | sk |
//! | --- | --- | --- |
//! | profile of a company | `C#<company>#SETTINGS` | `PROFILE` |
//! | entry of a list | `C#<company>#SETTINGS` | `ENTRY#<kind>#<name>` |
//! | declared attribute | `C#<company>#SETTINGS` | `ATTRIBUTE#<key>` |
//! | declared integration | `C#<company>#SETTINGS` | `INTEGRATION#<key>` |
//! | mark that a company file was applied | `C#<company>#SETTINGS` | `APPLIED` |
//! | settings as they are read, in parts | `COMPANIES` | `<company>#<part, 4 digits>` |
//! | counter of ids | `C#<company>` | `SEQUENCE#<name>` |
//! | employee | `C#<company>#EMPLOYEES` | `<id, 10 digits>` |
//! | taken e-mail address | `C#<company>#EMAILS` | `<address in lower case>` |
//! | last change of an employee | `C#<company>#CHANGES` | `<ms, 15 digits>#<id, 10 digits>` |
//! | rank index, root and nodes | `C#<company>#RANKS` | `EMPLOYEES` and `EMPLOYEES#<node, 6 digits>` |
//! | attendance of an employee on a day | `C#<company>#ATTENDANCES#<employee, 10 digits>` | `<date>` |
//! | the same, in the order of days | `C#<company>#ATTENDANCE_DAYS` | `<date>#<employee, 10 digits>` |
//! | last change of an attendance day | `C#<company>#ATTENDANCE_CHANGES` | `<ms, 15 digits>#<date>#<employee, 10 digits>` |
//! | where an attendance period lies | `C#<company>#ATTENDANCE_IDS` | `<id, 10 digits>` |
//! | counts of a month, in shards | `C#<company>#<LIST>_MONTHS` | `<year and month>#<shard>` |
//! | counts of a day, in shards | `C#<company>#<LIST>_COUNTS` | `<date>#<shard>` |
//! | absence | `C#<company>#ABSENCES` | `<id, 10 digits>` |
//! | the same, of an employee | `C#<company>#ABSENCES#<employee, 10 digits>` | `<last day>#<id, 10 digits>` |
//! | what holds for all absences of an employee | `C#<company>#ABSENCES#<employee, 10 digits>` | `HEAD` |
//! | record in a list, in the order of days | `C#<company>#<LIST>_LIST` | `<first day>#<employee, 10 digits>#<id, 10 digits>` |
//! | last change of a record in a list | `C#<company>#<LIST>_CHANGES` | `<ms, 15 digits>#<id, 10 digits>` |
//! | days of a year on which an employee is away | `C#<company>#AWAY` | `<year>#<employee, 10 digits>` |
//! | document | `C#<company>#DOCUMENTS` | `<id, 10 digits>` |
//! | the same, of an employee | `C#<company>#DOCUMENTS#<employee, 10 digits>` | `<day>#<id, 10 digits>` |
//! | upload that is under way, or object to remove | `C#<company>#UPLOADS` | `<version 7 UUID>` |
//! | project | `C#<company>#PROJECTS` | `<id, 10 digits>` |
//! | deleted project | `C#<company>#PROJECTS_DELETED` | `<id, 10 digits>` |
//! | taken name of an active project | `C#<company>#PROJECT_NAMES` | `<name>` |
//! | credential of a company, by name | `C#<company>#CREDENTIALS` | `<client id>` |
//! | credential | `CREDENTIAL#<client id>` | `CREDENTIAL` |
//! | administrator of a company, by name | `C#<company>#ADMINISTRATORS` | `<UUID>` |
//! | administrator | `ADMINISTRATOR#<UUID>` | `ADMINISTRATOR` |
//! | session of an administrator | `ADMINISTRATOR#<UUID>` | `SESSION#<SHA-256 of its token>` |
//! | sign-in link of an administrator | `ADMINISTRATOR#<UUID>` | `LINK#<SHA-256 of its token>` |
//! | form that an administrator sent | `ADMINISTRATOR#<UUID>` | `FORM#<SHA-256 of its number>` |
//! | taken e-mail address of an administrator | `ADMINISTRATOR_EMAIL#<SHA-256 of the address>` | `EMAIL` |
//! | sign-in by OpenID Connect that was begun | `OPENID#<SHA-256 of its state>` | `OPENID` |
//! | entry of the record | `RECORD#<company>#<year and month>` | `<version 7 UUID>` |
//! | when a credential was used | `USAGE#<company>` | `<client id>` |
//! | failed logins of a minute | `LOGIN#<SHA-256 of the client id>` | `<minute, 12 digits>` |
//! | idempotency key | `C#<company>#IDEMPOTENCY` | `<client id>#<SHA-256 of the key>` |
//! | part of a long answer | `C#<company>#IDEMPOTENCY` | `<client id>#<SHA-256 of the key>#<claim>#<part, 4 digits>` |

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::attributes::AttributeKey;
use crate::attributes::definition::EntryKind;
use crate::ids::AbsenceId;
use crate::ids::AdministratorId;
use crate::ids::AttendanceId;
use crate::ids::ClientId;
use crate::ids::CompanyId;
use crate::ids::DocumentId;
use crate::ids::EmployeeId;
use crate::ids::IntegrationKey;
use crate::ids::ProjectId;

/// How many bytes a sort key has at most: a quota of DynamoDB.
pub const MAX_SORT_KEY: usize = 1_024;

/// Where an item lies.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl Key {
    fn new(pk: String, sk: impl Into<String>) -> Self {
        Self { pk, sk: sk.into() }
    }
}

/// Partition of a company's settings.
#[must_use]
pub fn settings(company: &CompanyId) -> String {
    format!("C#{company}#SETTINGS")
}

/// What a company says of itself.
#[must_use]
pub fn profile(company: &CompanyId) -> Key {
    Key::new(settings(company), "PROFILE")
}

/// The mark that a company file was applied to its end.
#[must_use]
pub fn applied(company: &CompanyId) -> Key {
    Key::new(settings(company), "APPLIED")
}

/// An entry of one of the company's lists; the name in the key keeps it unique.
#[must_use]
pub fn entry(company: &CompanyId, kind: EntryKind, name: &str) -> Key {
    Key::new(settings(company), format!("ENTRY#{}#{name}", kind.word()))
}

/// A declared attribute.
#[must_use]
pub fn attribute(company: &CompanyId, key: &AttributeKey) -> Key {
    Key::new(settings(company), format!("ATTRIBUTE#{key}"))
}

/// A declared integration.
#[must_use]
pub fn integration(company: &CompanyId, key: &IntegrationKey) -> Key {
    Key::new(settings(company), format!("INTEGRATION#{key}"))
}

/// Partition of the published settings of all companies.
pub const COMPANIES: &str = "COMPANIES";

/// A part of a company's published settings; also a bound of the range of its parts.
#[must_use]
pub fn published(company: &CompanyId, part: usize) -> Key {
    Key::new(COMPANIES.to_owned(), format!("{company}#{part:04}"))
}

/// The counter from which ids are taken.
#[must_use]
pub fn sequence(company: &CompanyId, name: &str) -> Key {
    Key::new(format!("C#{company}"), format!("SEQUENCE#{name}"))
}

/// Partition of a company's employees, in the order of their ids.
#[must_use]
pub fn employees(company: &CompanyId) -> String {
    format!("C#{company}#EMPLOYEES")
}

/// Sort key of an employee; also the bound of a range that begins with one.
#[must_use]
pub fn employee_sk(id: EmployeeId) -> String {
    format!("{id:010}", id = id.get())
}

/// An employee.
#[must_use]
pub fn employee(company: &CompanyId, id: EmployeeId) -> Key {
    Key::new(employees(company), employee_sk(id))
}

/// The claim on an e-mail address; `comparable` is its form for comparison.
#[must_use]
pub fn email(company: &CompanyId, comparable: &str) -> Key {
    Key::new(format!("C#{company}#EMAILS"), comparable)
}

/// Partition of the last changes of a company's employees, in the order of time.
#[must_use]
pub fn changes(company: &CompanyId) -> String {
    format!("C#{company}#CHANGES")
}

/// Lower bound of the changes at or after an instant.
#[must_use]
pub fn changes_since(instant: Timestamp) -> String {
    format!("{:015}", instant.as_millisecond().max(0))
}

/// The last change of an employee.
#[must_use]
pub fn change(company: &CompanyId, at: Timestamp, id: EmployeeId) -> Key {
    Key::new(changes(company), format!("{}#{}", changes_since(at), employee_sk(id)))
}

/// Root of the rank index of employees.
#[must_use]
pub fn rank_root(company: &CompanyId) -> Key {
    Key::new(format!("C#{company}#RANKS"), "EMPLOYEES")
}

/// A node of the rank index of employees.
#[must_use]
pub fn rank_node(company: &CompanyId, node: u32) -> Key {
    Key::new(format!("C#{company}#RANKS"), format!("EMPLOYEES#{node:06}"))
}

/// Partition of an employee's attendance, in the order of days.
#[must_use]
pub fn attendances(company: &CompanyId, employee: EmployeeId) -> String {
    format!("C#{company}#ATTENDANCES#{}", employee_sk(employee))
}

/// Sort key of a day; also a bound of a range of days.
#[must_use]
pub fn date_sk(date: Date) -> String {
    date.to_string()
}

/// Attendance of an employee on a day.
#[must_use]
pub fn attendance(company: &CompanyId, employee: EmployeeId, date: Date) -> Key {
    Key::new(attendances(company, employee), date_sk(date))
}

/// Partition of a company's attendance in the order of days, then of employees.
#[must_use]
pub fn attendance_days(company: &CompanyId) -> String {
    format!("C#{company}#ATTENDANCE_DAYS")
}

/// Sort key of an employee's day among those of the company; also a bound of a range.
#[must_use]
pub fn attendance_day_sk(date: Date, employee: EmployeeId) -> String {
    format!("{date}#{}", employee_sk(employee))
}

/// Attendance of an employee on a day, among that of the company.
#[must_use]
pub fn attendance_day(company: &CompanyId, date: Date, employee: EmployeeId) -> Key {
    Key::new(attendance_days(company), attendance_day_sk(date, employee))
}

/// Partition of the last changes of attendance days, in the order of time.
#[must_use]
pub fn attendance_changes(company: &CompanyId) -> String {
    format!("C#{company}#ATTENDANCE_CHANGES")
}

/// The last change of an employee's day.
#[must_use]
pub fn attendance_change(company: &CompanyId, at_ms: i64, date: Date, employee: EmployeeId) -> Key {
    let sk = format!("{:015}#{}", at_ms.max(0), attendance_day_sk(date, employee));
    Key::new(attendance_changes(company), sk)
}

/// Where an attendance period lies.
#[must_use]
pub fn attendance_id(company: &CompanyId, id: AttendanceId) -> Key {
    Key::new(format!("C#{company}#ATTENDANCE_IDS"), format!("{:010}", id.get()))
}

/// An absence, of days or of hours.
#[must_use]
pub fn absence(company: &CompanyId, number: u32) -> Key {
    Key::new(format!("C#{company}#ABSENCES"), format!("{number:010}"))
}

/// Partition of an employee's absences, in the order of their last days, and behind them of what holds for all.
#[must_use]
pub fn absences_of(company: &CompanyId, employee: EmployeeId) -> String {
    format!("C#{company}#ABSENCES#{}", employee_sk(employee))
}

/// An absence among those of its employee.
#[must_use]
pub fn absence_of(company: &CompanyId, employee: EmployeeId, last: Date, id: AbsenceId) -> Key {
    Key::new(absences_of(company, employee), format!("{last}#{:010}", id.get()))
}

/// What holds for all absences of an employee.
#[must_use]
pub fn absence_head(company: &CompanyId, employee: EmployeeId) -> Key {
    Key::new(absences_of(company, employee), "HEAD")
}

/// Partition of a list such as `TIME_OFF`, in the order of days, then of employees.
#[must_use]
pub fn list_entries(company: &CompanyId, list: &str) -> String {
    format!("C#{company}#{list}_LIST")
}

/// Lower bound of an employee's entries of a day in a list; with [`behind`], the upper one.
#[must_use]
pub fn list_entry_sk(date: Date, employee: EmployeeId) -> String {
    format!("{date}#{}", employee_sk(employee))
}

/// A record in a list.
#[must_use]
pub fn list_entry(company: &CompanyId, list: &str, date: Date, employee: EmployeeId, number: u32) -> Key {
    Key::new(list_entries(company, list), format!("{}#{number:010}", list_entry_sk(date, employee)))
}

/// Partition of the last changes of a list's records, in the order of time.
#[must_use]
pub fn list_changes(company: &CompanyId, list: &str) -> String {
    format!("C#{company}#{list}_CHANGES")
}

/// The last change of a record.
#[must_use]
pub fn list_change(company: &CompanyId, list: &str, at: Timestamp, number: u32) -> Key {
    Key::new(list_changes(company, list), format!("{}#{number:010}", changes_since(at)))
}

/// A document.
#[must_use]
pub fn document(company: &CompanyId, number: u32) -> Key {
    Key::new(format!("C#{company}#DOCUMENTS"), format!("{number:010}"))
}

/// Partition of an employee's documents, in the order of their days.
#[must_use]
pub fn documents_of(company: &CompanyId, employee: EmployeeId) -> String {
    format!("C#{company}#DOCUMENTS#{}", employee_sk(employee))
}

/// A document among those of its employee.
#[must_use]
pub fn document_of(company: &CompanyId, employee: EmployeeId, filed: Date, id: DocumentId) -> Key {
    Key::new(documents_of(company, employee), format!("{filed}#{:010}", id.get()))
}

/// Partition of a company's uploads of a kind such as `FILE`, in the order in which they began.
#[must_use]
pub fn uploads(company: &CompanyId, kind: &str) -> String {
    format!("C#{company}#{kind}_UPLOADS")
}

/// An upload, or an object that is to be removed.
#[must_use]
pub fn upload(company: &CompanyId, kind: &str, id: Uuid) -> Key {
    Key::new(uploads(company, kind), id.to_string())
}

/// Upper bound of the uploads that began before an instant: their ids begin with their time.
#[must_use]
pub fn uploads_before(instant: Timestamp) -> String {
    version_7_at(instant)
}

/// What stands before all version 7 UUIDs of an instant and behind those of the millisecond before.
fn version_7_at(instant: Timestamp) -> String {
    let ms = instant.as_millisecond().max(0);
    format!("{:08x}-{:04x}", ms >> 16, ms & 0xffff)
}

/// The object of a document's file, in the bucket.
#[must_use]
pub fn file_object(company: &CompanyId, object: Uuid) -> String {
    format!("files/{company}/{object}")
}

/// The object of a file that is not a document's yet. What stays there, the bucket removes after a day.
#[must_use]
pub fn staged_object(company: &CompanyId, object: Uuid) -> String {
    format!("staging/{company}/{object}")
}

/// What the objects of a picture have in common: the picture as it came, and what was made of it.
#[must_use]
pub fn picture_objects(company: &CompanyId, object: Uuid) -> String {
    format!("pictures/{company}/{object}/")
}

/// The object of a picture as it came.
#[must_use]
pub fn picture_original(company: &CompanyId, object: Uuid) -> String {
    format!("{}original", picture_objects(company, object))
}

/// The object of a picture of some width, in pixels.
#[must_use]
pub fn picture_of_width(company: &CompanyId, object: Uuid, width: u32) -> String {
    format!("{}{width}.png", picture_objects(company, object))
}

/// Partition of the days on which employees are away, in the order of years, then of employees.
#[must_use]
pub fn away_days(company: &CompanyId) -> String {
    format!("C#{company}#AWAY")
}

/// Sort key of an employee's days of a year; also a bound of a range.
#[must_use]
pub fn away_sk(year: i16, employee: EmployeeId) -> String {
    format!("{year:04}#{}", employee_sk(employee))
}

/// The days of a year on which an employee is away.
#[must_use]
pub fn away(company: &CompanyId, year: i16, employee: EmployeeId) -> Key {
    Key::new(away_days(company), away_sk(year, employee))
}

/// Partition of the monthly counts of a list such as `ATTENDANCE`.
#[must_use]
pub fn month_counts(company: &CompanyId, list: &str) -> String {
    format!("C#{company}#{list}_MONTHS")
}

/// Lower bound of the counts of a month.
#[must_use]
pub fn month_sk(date: Date) -> String {
    format!("{:04}-{:02}", date.year(), date.month())
}

/// A shard of the counts of a month, by day.
#[must_use]
pub fn month_count(company: &CompanyId, list: &str, date: Date, shard: u32) -> Key {
    Key::new(month_counts(company, list), format!("{}#{shard}", month_sk(date)))
}

/// Partition of the daily counts of a list.
#[must_use]
pub fn day_counts(company: &CompanyId, list: &str) -> String {
    format!("C#{company}#{list}_COUNTS")
}

/// A shard of the counts of a day, by groups of employees.
#[must_use]
pub fn day_count(company: &CompanyId, list: &str, date: Date, shard: u32) -> Key {
    Key::new(day_counts(company, list), format!("{date}#{shard}"))
}

/// The first sort key behind all those that begin with `prefix#`.
#[must_use]
pub fn behind(prefix: &str) -> String {
    // `$` is the character after `#`.
    format!("{prefix}$")
}

/// Partition of a company's projects, in the order of their ids.
#[must_use]
pub fn projects(company: &CompanyId) -> String {
    format!("C#{company}#PROJECTS")
}

/// A project.
#[must_use]
pub fn project(company: &CompanyId, id: ProjectId) -> Key {
    Key::new(projects(company), format!("{:010}", id.get()))
}

/// A project that was deleted; apart from the others, so that lists do not read it.
#[must_use]
pub fn deleted_project(company: &CompanyId, id: ProjectId) -> Key {
    Key::new(format!("C#{company}#PROJECTS_DELETED"), format!("{:010}", id.get()))
}

/// The claim of an active project on its name.
#[must_use]
pub fn project_name(company: &CompanyId, name: &str) -> Key {
    Key::new(format!("C#{company}#PROJECT_NAMES"), name)
}

/// A credential.
#[must_use]
pub fn credential(client_id: ClientId) -> Key {
    Key::new(format!("CREDENTIAL#{client_id}"), "CREDENTIAL")
}

/// Partition of the names of a company's credentials.
#[must_use]
pub fn company_credentials(company: &CompanyId) -> String {
    format!("C#{company}#CREDENTIALS")
}

/// The name of one of a company's credentials.
#[must_use]
pub fn company_credential(company: &CompanyId, client_id: ClientId) -> Key {
    Key::new(company_credentials(company), client_id.to_string())
}

/// Partition of the names of a company's administrators.
#[must_use]
pub fn company_administrators(company: &CompanyId) -> String {
    format!("C#{company}#ADMINISTRATORS")
}

/// The name of one of a company's administrators.
#[must_use]
pub fn company_administrator(company: &CompanyId, id: AdministratorId) -> Key {
    Key::new(company_administrators(company), id.to_string())
}

/// An administrator.
#[must_use]
pub fn administrator(id: AdministratorId) -> Key {
    Key::new(format!("ADMINISTRATOR#{id}"), "ADMINISTRATOR")
}

/// A session of an administrator.
#[must_use]
pub fn administrator_session(id: AdministratorId, token_digest: &str) -> Key {
    Key::new(administrator(id).pk, format!("SESSION#{token_digest}"))
}

/// A link by which an administrator can sign in once.
#[must_use]
pub fn administrator_link(id: AdministratorId, token_digest: &str) -> Key {
    Key::new(administrator(id).pk, format!("LINK#{token_digest}"))
}

/// The mark that a form was sent, so that a browser which sends it again does nothing twice.
#[must_use]
pub fn administrator_form(id: AdministratorId, number_digest: &str) -> Key {
    Key::new(administrator(id).pk, format!("FORM#{number_digest}"))
}

/// The claim of an administrator on an e-mail address, among those of all companies.
#[must_use]
pub fn administrator_email(address_digest: &str) -> Key {
    Key::new(format!("ADMINISTRATOR_EMAIL#{address_digest}"), "EMAIL")
}

/// A sign-in by OpenID Connect that was begun, by the digest of the `state` that the provider sends back. Whose it will
/// be is not known yet.
#[must_use]
pub fn open_id_sign_in(state_digest: &str) -> Key {
    Key::new(format!("OPENID#{state_digest}"), "OPENID")
}

/// Partition of what was recorded of a company in the month of a day, UTC, in the order of time.
#[must_use]
pub fn record_month(company: &CompanyId, day: Date) -> String {
    format!("RECORD#{company}#{}", month_sk(day))
}

/// Bound of the entries of a month at an instant: those at the instant or later stand behind it, the others before it.
#[must_use]
pub fn record_at(instant: Timestamp) -> String {
    version_7_at(instant)
}

/// An entry of the record.
#[must_use]
pub fn record(company: &CompanyId, day: Date, id: Uuid) -> Key {
    Key::new(record_month(company, day), id.to_string())
}

/// When and for what a credential was used.
#[must_use]
pub fn usage(company: &CompanyId, client_id: ClientId) -> Key {
    Key::new(format!("USAGE#{company}"), client_id.to_string())
}

/// Failed logins of a client id, known or not, in a minute since 1970; of an administrator, in a longer stretch.
#[must_use]
pub fn failed_logins(client_id_digest: &str, minute: i64) -> Key {
    Key::new(format!("LOGIN#{client_id_digest}"), format!("{minute:012}"))
}

/// An item that is never there: reading it shows that the table answers.
#[must_use]
pub fn probe() -> Key {
    Key::new("HEALTH".to_owned(), "HEALTH".to_owned())
}

/// An idempotency key of a credential.
#[must_use]
pub fn idempotency(company: &CompanyId, client_id: ClientId, key_digest: &str) -> Key {
    Key::new(format!("C#{company}#IDEMPOTENCY"), format!("{client_id}#{key_digest}"))
}

/// A part of the answer that a claim on an idempotency key led to.
#[must_use]
pub fn idempotency_part(record: &Key, claim: &str, part: usize) -> Key {
    Key::new(record.pk.clone(), format!("{}#{claim}#{part:04}", record.sk))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(pk: &str, sk: &str) -> Key {
        Key { pk: pk.to_owned(), sk: sk.to_owned() }
    }

    #[test]
    fn every_pattern_is_as_the_table_above_says() {
        let company: CompanyId = "alpenrad".parse().expect("a slug");
        let id = EmployeeId::new(42).expect("an id");
        let client: ClientId = "papi-dcec6d81-8c0f-47f0-9dd8-4e59755f041a".parse().expect("a client id");
        let at = Timestamp::from_millisecond(1_700_000_000_123).expect("an instant");
        let attribute_key: AttributeKey = "dynamic_7".parse().expect("a key");

        assert_eq!(profile(&company), key("C#alpenrad#SETTINGS", "PROFILE"));
        assert_eq!(applied(&company), key("C#alpenrad#SETTINGS", "APPLIED"));
        assert_eq!(entry(&company, EntryKind::Office, "A#B"), key("C#alpenrad#SETTINGS", "ENTRY#office#A#B"));
        assert_eq!(attribute(&company, &attribute_key), key("C#alpenrad#SETTINGS", "ATTRIBUTE#dynamic_7"));
        let integration_key: IntegrationKey = "canteen".parse().expect("a key");
        assert_eq!(integration(&company, &integration_key), key("C#alpenrad#SETTINGS", "INTEGRATION#canteen"));
        assert_eq!(sequence(&company, "employee"), key("C#alpenrad", "SEQUENCE#employee"));
        assert_eq!(employee(&company, id), key("C#alpenrad#EMPLOYEES", "0000000042"));
        assert_eq!(email(&company, "a@b.example"), key("C#alpenrad#EMAILS", "a@b.example"));
        assert_eq!(change(&company, at, id), key("C#alpenrad#CHANGES", "001700000000123#0000000042"));
        assert_eq!(rank_root(&company), key("C#alpenrad#RANKS", "EMPLOYEES"));
        assert_eq!(rank_node(&company, 3), key("C#alpenrad#RANKS", "EMPLOYEES#000003"));
        let day = Date::constant(2026, 3, 29);
        let period = AttendanceId::new(7).expect("an id");
        assert_eq!(attendance(&company, id, day), key("C#alpenrad#ATTENDANCES#0000000042", "2026-03-29"));
        assert_eq!(attendance_day(&company, day, id), key("C#alpenrad#ATTENDANCE_DAYS", "2026-03-29#0000000042"));
        assert_eq!(
            attendance_change(&company, at.as_millisecond(), day, id),
            key("C#alpenrad#ATTENDANCE_CHANGES", "001700000000123#2026-03-29#0000000042")
        );
        assert_eq!(attendance_id(&company, period), key("C#alpenrad#ATTENDANCE_IDS", "0000000007"));
        assert_eq!(month_count(&company, "ATTENDANCE", day, 3), key("C#alpenrad#ATTENDANCE_MONTHS", "2026-03#3"));
        assert_eq!(day_count(&company, "ATTENDANCE", day, 3), key("C#alpenrad#ATTENDANCE_COUNTS", "2026-03-29#3"));
        let one = AbsenceId::new(9).expect("an id");
        assert_eq!(absence(&company, 9), key("C#alpenrad#ABSENCES", "0000000009"));
        assert_eq!(absence_of(&company, id, day, one), key("C#alpenrad#ABSENCES#0000000042", "2026-03-29#0000000009"));
        assert_eq!(absence_head(&company, id), key("C#alpenrad#ABSENCES#0000000042", "HEAD"));
        assert_eq!(
            list_entry(&company, "TIME_OFF", day, id, 9),
            key("C#alpenrad#TIME_OFF_LIST", "2026-03-29#0000000042#0000000009")
        );
        assert_eq!(
            list_change(&company, "TIME_OFF", at, 9),
            key("C#alpenrad#TIME_OFF_CHANGES", "001700000000123#0000000009")
        );
        assert_eq!(away(&company, 2026, id), key("C#alpenrad#AWAY", "2026#0000000042"));
        let document_id = DocumentId::new(3).expect("an id");
        assert_eq!(document(&company, 3), key("C#alpenrad#DOCUMENTS", "0000000003"));
        assert_eq!(
            document_of(&company, id, day, document_id),
            key("C#alpenrad#DOCUMENTS#0000000042", "2026-03-29#0000000003")
        );
        let object: Uuid = "018bcfe5-687b-7000-8000-000000000000".parse().expect("a UUID");
        assert_eq!(
            upload(&company, "FILE", object),
            key("C#alpenrad#FILE_UPLOADS", "018bcfe5-687b-7000-8000-000000000000")
        );
        assert_eq!(uploads_before(at), "018bcfe5-687b");
        assert_eq!(file_object(&company, object), "files/alpenrad/018bcfe5-687b-7000-8000-000000000000");
        assert_eq!(staged_object(&company, object), "staging/alpenrad/018bcfe5-687b-7000-8000-000000000000");
        let pictures = "pictures/alpenrad/018bcfe5-687b-7000-8000-000000000000/";
        assert_eq!(picture_objects(&company, object), pictures);
        assert_eq!(picture_original(&company, object), format!("{pictures}original"));
        assert_eq!(picture_of_width(&company, object, 75), format!("{pictures}75.png"));
        let project_id = ProjectId::new(5).expect("an id");
        assert_eq!(project(&company, project_id), key("C#alpenrad#PROJECTS", "0000000005"));
        assert_eq!(deleted_project(&company, project_id), key("C#alpenrad#PROJECTS_DELETED", "0000000005"));
        assert_eq!(project_name(&company, "A#B"), key("C#alpenrad#PROJECT_NAMES", "A#B"));
        assert_eq!(credential(client), key("CREDENTIAL#papi-dcec6d81-8c0f-47f0-9dd8-4e59755f041a", "CREDENTIAL"));
        assert_eq!(
            company_credential(&company, client),
            key("C#alpenrad#CREDENTIALS", "papi-dcec6d81-8c0f-47f0-9dd8-4e59755f041a")
        );
        let person: AdministratorId = "dcec6d81-8c0f-47f0-9dd8-4e59755f041a".parse().expect("a UUID");
        let pk = "ADMINISTRATOR#dcec6d81-8c0f-47f0-9dd8-4e59755f041a";
        assert_eq!(administrator(person), key(pk, "ADMINISTRATOR"));
        assert_eq!(administrator_session(person, "ab12"), key(pk, "SESSION#ab12"));
        assert_eq!(administrator_link(person, "ab12"), key(pk, "LINK#ab12"));
        assert_eq!(administrator_form(person, "ab12"), key(pk, "FORM#ab12"));
        assert_eq!(administrator_email("ab12"), key("ADMINISTRATOR_EMAIL#ab12", "EMAIL"));
        assert_eq!(open_id_sign_in("ab12"), key("OPENID#ab12", "OPENID"));
        assert_eq!(
            company_administrator(&company, person),
            key("C#alpenrad#ADMINISTRATORS", "dcec6d81-8c0f-47f0-9dd8-4e59755f041a")
        );
        assert_eq!(
            record(&company, day, object),
            key("RECORD#alpenrad#2026-03", "018bcfe5-687b-7000-8000-000000000000")
        );
        let entry = object.to_string();
        assert!(record_at(at) <= entry && entry < record_at(at + jiff::SignedDuration::from_millis(1)));
        assert_eq!(usage(&company, client), key("USAGE#alpenrad", "papi-dcec6d81-8c0f-47f0-9dd8-4e59755f041a"));
        assert_eq!(failed_logins("ab12", 28_333_333), key("LOGIN#ab12", "000028333333"));
        assert_eq!(probe(), key("HEALTH", "HEALTH"));
        let record = idempotency(&company, client, "ab12");
        let sk = "papi-dcec6d81-8c0f-47f0-9dd8-4e59755f041a#ab12";
        assert_eq!(record, key("C#alpenrad#IDEMPOTENCY", sk));
        assert_eq!(idempotency_part(&record, "cd34", 2), key("C#alpenrad#IDEMPOTENCY", &format!("{sk}#cd34#0002")));
    }

    #[test]
    fn a_range_since_an_instant_contains_the_changes_of_that_instant() {
        let company: CompanyId = "a".parse().expect("a slug");
        let at = Timestamp::from_millisecond(1_700_000_000_123).expect("an instant");
        let id = EmployeeId::new(1).expect("an id");
        assert!(change(&company, at, id).sk >= changes_since(at));
        let before = Timestamp::from_millisecond(1_700_000_000_122).expect("an instant");
        assert!(change(&company, before, id).sk < changes_since(at));
        assert_eq!(changes_since(Timestamp::MIN), "000000000000000");
    }
}
