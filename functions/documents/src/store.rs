//! The access patterns of documents.
//!
//! A document is a record in the table and an object in the bucket, and no
//! transaction holds both. So whoever is about to store an object first writes
//! down that it is under way: an *upload*. The record and the end of the upload
//! are one transaction, which fails if the upload is not there any more; only an
//! object of which no record can come any more is removed. [`shared::aws::uploads`]
//! tells it step by step.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::try_join_all;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;
use shared::attributes::Employee;
use shared::aws::items::Entity;
use shared::aws::items::Item;
use shared::aws::keys;
use shared::aws::keys::Key;
use shared::aws::lists;
use shared::aws::lists::Listed;
use shared::aws::lists::Mark;
use shared::aws::lists::Stretch;
use shared::aws::staff;
use shared::aws::table;
use shared::aws::table::Range;
use shared::aws::transaction::Condition;
use shared::aws::uploads::Kind;
use shared::aws::uploads::Upload;
use shared::aws::uploads::gone;
use shared::aws::uploads::is_open;
use shared::aws::uploads::note;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::paging::Page;
use shared::http::permit::ReadPermit;
use shared::http::permit::WritePermit;
use shared::ids::CompanyId;
use shared::ids::DocumentCategoryId;
use shared::ids::DocumentId;
use shared::ids::EmployeeId;
use shared::record::Subject;

use crate::model;
use crate::model::Document;
use crate::model::File;
use crate::model::Filter;

pub mod uploads;

/// How long an address to download from is good.
const DOWNLOAD: Duration = Duration::from_mins(1);
/// The counter of document ids.
const SEQUENCE: &str = "document";
/// The list of all documents, in the names of keys.
pub const LIST: &str = "DOCUMENT";

impl Entity for Document {
    const TYPE: &'static str = "document";
}

/// The list of the documents of a category.
#[must_use]
pub fn list_of_category(category: DocumentCategoryId) -> String {
    format!("{LIST}_OF_{category}")
}

/// That a document was changed, under the time of its last change; with as much of it as filters ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeMark {
    id: DocumentId,
    employee: EmployeeId,
    category: DocumentCategoryId,
    filed: Date,
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    at: Timestamp,
}

impl Entity for ChangeMark {
    const TYPE: &'static str = "document_change";
}

impl Mark for ChangeMark {
    type Of = Document;

    fn of(document: &Document) -> Self {
        let Document { id, filed, updated_at, .. } = *document;
        Self { id, employee: document.details.employee, category: document.details.category, filed, at: updated_at }
    }

    fn number(&self) -> u32 {
        self.id.get()
    }

    fn order(&self) -> (Date, EmployeeId, u32) {
        (self.filed, self.employee, self.id.get())
    }
}

impl Listed for Document {
    type Mark = ChangeMark;

    fn number(&self) -> u32 {
        self.id.get()
    }

    fn employee(&self) -> EmployeeId {
        self.details.employee
    }

    fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    fn key(company: &CompanyId, number: u32) -> Key {
        keys::document(company, number)
    }

    fn other_keys(&self, company: &CompanyId) -> Vec<Key> {
        vec![keys::document_of(company, self.details.employee, self.filed, self.id)]
    }

    fn listings(&self) -> Vec<(String, Date)> {
        vec![(LIST.to_owned(), self.filed), (list_of_category(self.details.category), self.filed)]
    }

    fn list_of_changes(&self) -> &'static str {
        LIST
    }
}

/// A document.
///
/// Access pattern: `GetItem`.
pub async fn get(deps: &Deps, permit: &ReadPermit, id: DocumentId) -> Result<Option<Document>, Error> {
    deps.table.get(keys::document(permit.company(), id.get())).await
}

/// A page of the documents that match, and how many of them there are.
///
/// Access pattern: of a company, what [`lists::page`] reads; of some employees,
/// `Query` of those of each, side by side; of some time of change, what
/// [`lists::changed`] reads.
pub async fn list(
    deps: &Deps,
    permit: &ReadPermit,
    filter: &Filter,
    page: Page,
) -> Result<(u64, Vec<Document>), Error> {
    let company = permit.company();
    if let Some(employees) = &filter.employees {
        let mut documents = of_employees(deps, company, filter, employees).await?;
        documents.sort_by_key(|one| (one.filed, one.details.employee, one.id));
        return Ok((documents.len() as u64, page.slice(documents)));
    }
    if filter.updated_from.is_some() || filter.updated_to.is_some() {
        let takes = |mark: &ChangeMark| {
            filter.takes_day(mark.filed) && filter.takes_category(mark.category) && filter.takes_time(mark.at)
        };
        let times = (filter.updated_from, filter.updated_to);
        return lists::changed(&deps.table, company, LIST, times, takes, page).await;
    }
    let all = || vec![LIST.to_owned()];
    let of = |categories: &BTreeSet<_>| categories.iter().map(|category| list_of_category(*category)).collect();
    let lists = filter.categories.as_ref().map_or_else(all, of);
    let (from, to) = (filter.from.unwrap_or(Date::MIN), filter.to.unwrap_or(Date::MAX));
    let stretches = lists.into_iter().map(|list| Stretch { list, from, to });
    lists::page(&deps.table, company, stretches.collect(), page).await
}

async fn of_employees(
    deps: &Deps,
    company: &CompanyId,
    filter: &Filter,
    employees: &BTreeSet<EmployeeId>,
) -> Result<Vec<Document>, Error> {
    let queries = employees.iter().map(|employee| {
        let range = Range {
            pk: keys::documents_of(company, *employee),
            from: filter.from.map(keys::date_sk),
            to: filter.to.map(|to| keys::behind(&keys::date_sk(to))),
            limit: None,
        };
        deps.table.query(range)
    });
    let documents = try_join_all(queries).await?.into_iter().flatten().map(Item::decode::<Document>);
    documents.filter(|read| read.as_ref().map_or(true, |document| filter.takes(document))).collect()
}

/// The employees of some documents. Access pattern: `BatchGetItem`.
pub async fn employees(
    deps: &Deps,
    permit: &ReadPermit,
    ids: &BTreeSet<EmployeeId>,
) -> Result<BTreeMap<EmployeeId, Employee>, Error> {
    staff::find(&deps.table, permit.company(), ids).await
}

/// An employee.
///
/// Access pattern: `GetItem`.
pub async fn employee(deps: &Deps, permit: &WritePermit, id: EmployeeId) -> Result<Employee, Error> {
    permit.touched().touch(Subject::Employee, id);
    let employee = deps.table.get(keys::employee(permit.company(), id)).await?;
    employee.ok_or_else(|| model::no_employee(id))
}

/// An address from which a file can be had for a minute.
pub async fn address(deps: &Deps, permit: &ReadPermit, file: &File) -> Result<String, Error> {
    let key = keys::file_object(permit.company(), file.object);
    deps.objects()?.presign_download(&key, DOWNLOAD, &file.media_type, &file.name).await
}

/// Takes the number of a new document.
///
/// Access pattern: `UpdateItem` of the id counter.
pub async fn take_id(deps: &Deps, permit: &WritePermit) -> Result<DocumentId, Error> {
    let number = deps.table.take(keys::sequence(permit.company(), SEQUENCE), 1, DocumentId::MAX).await?;
    DocumentId::new(number).ok_or_else(|| Error::Internal("the document ids are used up".to_owned()))
}

/// Stores the record of a document whose object is there, and ends its upload.
///
/// Access pattern: one transaction: the record in each of its places, its counts
/// and its mark, that its employee exists, and the upload, if it still is one.
pub async fn create(
    deps: &Deps,
    permit: &WritePermit,
    document: &Document,
    upload: &Upload,
    came_by_staging: bool,
) -> Result<(), Error> {
    let company = permit.company();
    let employee = document.details.employee;
    permit.touched().touch(Subject::Document, document.id);
    let exists = Error::Conflict(format!("There is another document with the id {}.", document.id));
    let transaction = deps.table.transaction().require(
        keys::employee(company, employee),
        Condition::exists(),
        model::no_employee(employee),
    );
    let key = upload.key(company);
    let transaction = if came_by_staging {
        transaction.put_if(Item::encode(key, &uploads::done(upload))?, is_open(), gone())
    } else {
        transaction.delete_if(key, is_open(), gone())
    };
    let guard = Some((Condition::absent(), exists));
    lists::replace(transaction, company, (None, Some(document)), guard)?.commit().await
}

/// Changes a document; none if there is none.
///
/// Access pattern: `GetItem`, then one transaction of the record, if it is as it
/// was read. Nothing is written when nothing changes.
pub async fn update(
    deps: &Deps,
    permit: &WritePermit,
    id: DocumentId,
    change: impl Fn(&Document) -> Result<Document, Error>,
) -> Result<Option<Document>, Error> {
    let company = permit.company();
    let work = || async {
        let Some(stored) = deps.table.get::<Document>(keys::document(company, id.get())).await? else {
            return Ok(None);
        };
        permit.touched().touch(Subject::Employee, stored.details.employee);
        let document = change(&stored)?;
        if document != stored {
            let replaced = (Some(&stored), Some(&document));
            let transaction = lists::replace(deps.table.transaction(), company, replaced, Some(unchanged(&stored)))?;
            transaction.commit().await?;
        }
        Ok(Some(document))
    };
    table::unless_raced("The document", work).await
}

/// Deletes a document, and then its object; `false` if there is none.
///
/// Access pattern: `GetItem`, then one transaction that removes the record and
/// writes down that its object is to be removed; then the object is, and the
/// note. What fails after the transaction, a sweep does later.
pub async fn delete(deps: &Deps, permit: &WritePermit, id: DocumentId) -> Result<bool, Error> {
    let company = permit.company();
    let work = || async {
        let Some(stored) = deps.table.get::<Document>(keys::document(company, id.get())).await? else {
            return Ok(None);
        };
        permit.touched().touch(Subject::Employee, stored.details.employee);
        let condemned = Upload::condemned(Kind::File, stored.file.object);
        let note = Item::encode(condemned.key(company), &condemned)?;
        let replaced = (Some(&stored), None);
        let transaction = lists::replace(deps.table.transaction(), company, replaced, Some(unchanged(&stored)))?;
        transaction.put(note).commit().await?;
        Ok(Some(condemned))
    };
    let Some(condemned) = table::unless_raced("The document", work).await? else { return Ok(false) };
    note(deps.uploads()?.remove(company, &condemned).await);
    Ok(true)
}

/// That the record is as it was read.
fn unchanged(stored: &Document) -> (Condition, Error) {
    (Condition::exists().number_is(&["version"], stored.version), Error::Raced)
}
