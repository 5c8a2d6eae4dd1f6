//! The employee that a path names, and the contract's answer where there is none.

use crate::error::Error;
use crate::ids::EmployeeId;
use crate::record::Subject;
use crate::record::Touched;

/// The vendor's text for an unknown employee, in the language in which it documents it; `error_data` says more.
const NO_EMPLOYEE: &str = "Es ist ein Problem aufgetreten";

/// Reads the number of an employee from a path, and takes note of it for the record.
pub fn parse_employee_id(touched: &Touched, text: &str) -> Result<EmployeeId, Error> {
    let id = EmployeeId::from_digits(text).ok_or_else(|| Error::NotFound {
        message: NO_EMPLOYEE.to_owned(),
        field: Some(("employee_id", format!("An employee_id is a number between 1 and {}.", EmployeeId::MAX))),
    })?;
    touched.touch(Subject::Employee, id);
    Ok(id)
}

/// The answer to a number that no employee has.
#[must_use]
pub fn no_employee(id: EmployeeId) -> Error {
    Error::NotFound {
        message: NO_EMPLOYEE.to_owned(),
        field: Some(("employee_id", format!("There is no employee with the id {id}."))),
    }
}
