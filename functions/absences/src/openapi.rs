//! What this function adds to the API's description.

use utoipa::OpenApi;

use crate::handlers;
use crate::handlers::calendar;
use crate::handlers::periods;
use crate::handlers::time_offs;

/// The paths of this function.
#[derive(Debug, OpenApi)]
#[openapi(paths(
    handlers::list_time_off_types,
    time_offs::list_time_offs,
    time_offs::get_time_off,
    time_offs::create_time_off,
    time_offs::update_time_off,
    time_offs::delete_time_off,
    time_offs::approve_time_off,
    time_offs::reject_time_off,
    periods::list_absence_periods,
    periods::get_absence_period,
    periods::create_absence_period,
    periods::update_absence_period,
    periods::delete_absence_period,
    periods::approve_absence_period,
    periods::reject_absence_period,
    calendar::absences_calendar,
    handlers::get_absence_balance,
))]
pub struct Description;
