//! What creating, changing and deciding have in common for absences of days and of hours.

use serde_json::Map;
use serde_json::Value as Json;
use shared::approval::Verdict;
use shared::attributes::EmployeeResource;
use shared::attributes::View;
use shared::company::Company;
use shared::company::absences::AbsenceUnit;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::approval::read_decision;
use shared::http::permit::WritePermit;
use shared::ids::AbsenceId;

use crate::model;
use crate::model::Absence;
use crate::model::Book;
use crate::model::CertificateStatus;
use crate::model::Status;
use crate::model::TimeOffType;
use crate::model::requests;
use crate::model::requests::Request;
use crate::model::requests::Update;
use crate::model::worth::Workdays;
use crate::store;
use crate::store::Change;

/// Stores a new absence, and shows its employee as the credential may read them.
pub(crate) async fn create(
    deps: &Deps,
    permit: &WritePermit,
    company: &Company,
    unit: AbsenceUnit,
    body: &Map<String, Json>,
) -> Result<(Absence, EmployeeResource), Error> {
    let request = requests::read(unit, &company.zone, body)?;
    let kind = find_kind(company, unit, &request)?;
    let draft = |id: AbsenceId, book: &Book| {
        let absence = draft(deps, company, &kind, &request, (id, book));
        book.check(company, &kind, &absence)?;
        Ok(absence)
    };
    let (absence, employee) = store::create(deps, permit, (request.employee, request.span), draft).await?;
    let view = View::new(company, permit.reader(), deps.clock.now());
    Ok((absence, view.short_employee(&employee)?))
}

/// The kind that a request names, if its absences are counted in the unit of the route.
fn find_kind(company: &Company, unit: AbsenceUnit, request: &Request) -> Result<TimeOffType, Error> {
    let missing = match unit {
        AbsenceUnit::Day => "Time-off type not found.",
        AbsenceUnit::Hour => "Absence type not found.",
    };
    let kind = TimeOffType::find(company, request.absence_type).ok_or_else(|| Error::not_found(missing))?;
    let refused = match (unit, kind.unit) {
        (AbsenceUnit::Day, AbsenceUnit::Hour) => "This type is taken in hours: send it to /v1/company/absence-periods.",
        (AbsenceUnit::Hour, AbsenceUnit::Day) => "This type is taken in days: send it to /v1/company/time-offs.",
        (AbsenceUnit::Hour, _) if kind.rules.certificate_after.is_some() => {
            "This type requires a certificate; absences of hours of such a type cannot be created by this call."
        }
        _ => return Ok(kind),
    };
    Err(model::not_valid(Error::invalid("time_off_type_id", refused)))
}

fn draft(
    deps: &Deps,
    company: &Company,
    kind: &TimeOffType,
    request: &Request,
    (id, book): (AbsenceId, &Book),
) -> Absence {
    let now = deps.clock.now();
    let status = status(kind, request.ask);
    Absence {
        id,
        employee: request.employee,
        absence_type: kind.id,
        unit: kind.unit,
        overlaps: kind.rules.overlap,
        span: request.span,
        worth: Workdays::of(company, &book.employee).worth(&company.zone, kind.unit, &request.span),
        status,
        certificate: Absence::certificate_by(&kind.rules, &request.span, false),
        comment: request.comment.clone(),
        created_at: now,
        updated_at: now,
        approved_at: (status == Status::Approved).then_some(now),
        decision: None,
    }
}

/// What becomes of an absence that is sent: it is approved at once, unless approval is asked for and its kind has it.
fn status(kind: &TimeOffType, ask: bool) -> Status {
    if ask && kind.approval_required { Status::Pending } else { Status::Approved }
}

/// Changes what an update says of an absence; the absence as it is then.
pub(crate) async fn update(
    deps: &Deps,
    permit: &WritePermit,
    company: &Company,
    (unit, id): (AbsenceUnit, AbsenceId),
    body: &Map<String, Json>,
) -> Result<Absence, Error> {
    let update = requests::read_update(unit, &company.zone, body)?;
    let changed = store::change(deps, permit, (unit, id), update.start, |stored, book| {
        let absence = updated(deps, company, &update, stored, book)?;
        Ok(if absence == *stored { Change::Nothing } else { Change::Write(Box::new(absence)) })
    });
    changed.await?.ok_or_else(not_found)
}

fn updated(deps: &Deps, company: &Company, update: &Update, stored: &Absence, book: &Book) -> Result<Absence, Error> {
    if stored.status == Status::Rejected {
        let message = "The absence period is rejected and cannot be changed; create another one.";
        return Err(Error::Conflict(message.to_owned()));
    }
    update.check_same(stored.employee, stored.absence_type)?;
    let kind = TimeOffType::find(company, stored.absence_type)
        .ok_or_else(|| Error::Internal("an absence is of a kind that does not exist".to_owned()))?;
    let span = update.apply(stored.unit, &company.zone, &stored.span)?;
    let mut absence = Absence { span, ..stored.clone() };
    if let Some(ask) = update.ask {
        absence.status = status(&kind, ask);
        // What was decided was decided on something else.
        absence.decision = stored.decision.clone().filter(|_| absence.status == stored.status);
    }
    absence.approved_at = match absence.status {
        Status::Approved => stored.approved_at.or(Some(deps.clock.now())),
        Status::Pending | Status::Rejected => None,
    };
    update.comment.clone().apply(&mut absence.comment);
    let submitted = update.submitted.unwrap_or(stored.certificate == CertificateStatus::Submitted);
    absence.certificate = Absence::certificate_by(&kind.rules, &span, submitted);
    if span != stored.span {
        // Only new days are counted anew: what was taken stays what it was.
        absence.worth = Workdays::of(company, &book.employee).worth(&company.zone, stored.unit, &span);
        absence.overlaps = kind.rules.overlap;
        book.check(company, &kind, &absence)?;
    }
    Ok(absence)
}

/// Removes an absence.
pub(crate) async fn delete(deps: &Deps, permit: &WritePermit, of: (AbsenceUnit, AbsenceId)) -> Result<(), Error> {
    let removed = store::change(deps, permit, of, None, |_, _| Ok(Change::Remove)).await?;
    removed.map(drop).ok_or_else(not_found)
}

/// Decides on a pending absence; the absence as it is then.
pub(crate) async fn decide(
    deps: &Deps,
    permit: &WritePermit,
    of: (AbsenceUnit, AbsenceId),
    body: &Map<String, Json>,
    verdict: Verdict,
) -> Result<Absence, Error> {
    let decision = read_decision(deps, permit, body, verdict)?;
    let decided = store::change(deps, permit, of, None, |stored, _| {
        stored.clone().decide(decision.clone()).map(|absence| Change::Write(Box::new(absence)))
    });
    decided.await?.ok_or_else(not_found)
}

/// The answer to an id that no absence has.
pub(crate) fn not_found() -> Error {
    Error::not_found(model::NOT_FOUND)
}

/// The answer to an id that cannot be one, where the contract tells it from one that no absence has.
pub(crate) fn bad_id() -> Error {
    Error::malformed("id", model::BAD_ID)
}
