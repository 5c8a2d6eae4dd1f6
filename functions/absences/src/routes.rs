//! The endpoints of this function.

use axum::http::Method;
use shared::deps::Deps;
use shared::http::routes::Routes;
use shared::scope::Resource;
use shared::scope::Scope;

use crate::handlers;
use crate::handlers::calendar;
use crate::handlers::periods;
use crate::handlers::time_offs;

const READ: Scope = Scope::read(Resource::Absences);
const WRITE: Scope = Scope::write(Resource::Absences);

/// Method, path, scope, handler.
#[must_use]
pub fn routes(deps: Deps) -> Routes {
    Routes::new(deps)
        .guarded(&Method::GET, "/v1/company/time-off-types", READ, handlers::list_time_off_types)
        .guarded(&Method::GET, "/v1/company/time-offs", READ, time_offs::list_time_offs)
        .guarded(&Method::POST, "/v1/company/time-offs", WRITE, time_offs::create_time_off)
        .guarded(&Method::GET, "/v1/company/time-offs/{id}", READ, time_offs::get_time_off)
        .guarded(&Method::PATCH, "/v1/company/time-offs/{id}", WRITE, time_offs::update_time_off)
        .guarded(&Method::DELETE, "/v1/company/time-offs/{id}", WRITE, time_offs::delete_time_off)
        .guarded(&Method::POST, "/v1/company/time-offs/{id}/approve", WRITE, time_offs::approve_time_off)
        .guarded(&Method::POST, "/v1/company/time-offs/{id}/reject", WRITE, time_offs::reject_time_off)
        .guarded(&Method::GET, "/v1/company/absence-periods", READ, periods::list_absence_periods)
        .guarded(&Method::POST, "/v1/company/absence-periods", WRITE, periods::create_absence_period)
        .guarded(&Method::GET, "/v1/company/absence-periods/{id}", READ, periods::get_absence_period)
        .guarded(&Method::PATCH, "/v1/company/absence-periods/{id}", WRITE, periods::update_absence_period)
        .guarded(&Method::DELETE, "/v1/company/absence-periods/{id}", WRITE, periods::delete_absence_period)
        .guarded(&Method::POST, "/v1/company/absence-periods/{id}/approve", WRITE, periods::approve_absence_period)
        .guarded(&Method::POST, "/v1/company/absence-periods/{id}/reject", WRITE, periods::reject_absence_period)
        .guarded(&Method::GET, "/v1/company/absences.ics", READ, calendar::absences_calendar)
        .guarded(
            &Method::GET,
            "/v1/company/employees/{employee_id}/absences/balance",
            READ,
            handlers::get_absence_balance,
        )
}
