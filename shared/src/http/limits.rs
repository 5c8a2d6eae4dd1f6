//! How many requests are taken from whom.
//!
//! The numbers are those that the vendor documents. They hold per process: on
//! Lambda, API Gateway's own throttling (`template.yaml`) holds for all of them.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::http::Method;
use governor::DefaultKeyedRateLimiter;
use governor::Quota;
use governor::clock::Clock as _;
use governor::clock::DefaultClock;

use crate::error::Error;
use crate::ids::ClientId;
use crate::scope::Resource;
use crate::scope::Scope;

/// The variable that sets the limits: see [`Limits::parse`].
pub const LIMITS_VARIABLE: &str = "MUSTER_RATE_LIMITS";
/// After so many checks, what is known of callers who went away is forgotten.
const TIDY_EVERY: u64 = 10_000;

/// Requests a minute, by kind; `None` takes any number.
#[derive(Debug)]
pub struct Limits {
    address: Option<DefaultKeyedRateLimiter<IpAddr>>,
    login: Option<DefaultKeyedRateLimiter<IpAddr>>,
    employees: Option<DefaultKeyedRateLimiter<ClientId>>,
    uploads: Option<DefaultKeyedRateLimiter<ClientId>>,
    checks: AtomicU64,
}

impl Limits {
    /// No limits: a laptop, a test.
    #[must_use]
    pub fn off() -> Self {
        Self { address: None, login: None, employees: None, uploads: None, checks: AtomicU64::new(0) }
    }

    /// The vendor's: 2,000 a minute from an address, 60 logins a minute from
    /// one, 300 reads of employees a minute with bursts of 15 by a credential, and
    /// 60 documents and pictures a minute by one.
    #[must_use]
    pub fn vendor() -> Self {
        Self {
            address: per_minute(2_000, None),
            login: per_minute(60, None),
            employees: per_minute(300, Some(15)),
            uploads: per_minute(60, None),
            checks: AtomicU64::new(0),
        }
    }

    /// Reads `vendor`, `off`, or numbers a minute such as `address=5000,login=120,employees=600,uploads=120`
    /// (the vendor's where one is left out, 0 for no limit).
    pub fn parse(text: &str) -> Result<Self, Error> {
        match text.trim() {
            "off" => return Ok(Self::off()),
            "" | "vendor" => return Ok(Self::vendor()),
            _ => {}
        }
        let refuse = || {
            Error::invalid(
                LIMITS_VARIABLE,
                format!(
                    "{LIMITS_VARIABLE} must be vendor, off, or like address=5000,login=120,employees=600,uploads=120."
                ),
            )
        };
        let mut limits = Self::vendor();
        for part in text.split(',') {
            let (name, number) = part.trim().split_once('=').ok_or_else(refuse)?;
            let number = number.trim().parse().map_err(|_| refuse())?;
            match name.trim() {
                "address" => limits.address = per_minute(number, None),
                "login" => limits.login = per_minute(number, None),
                "employees" => limits.employees = per_minute(number, None),
                "uploads" => limits.uploads = per_minute(number, None),
                _ => return Err(refuse()),
            }
        }
        Ok(limits)
    }

    pub(crate) fn check_address(&self, address: Option<IpAddr>) -> Result<(), Error> {
        self.tidy();
        check(self.address.as_ref(), address, "requests from this address")
    }

    /// Counts a login from an address.
    pub fn check_login(&self, address: Option<IpAddr>) -> Result<(), Error> {
        check(self.login.as_ref(), address, "logins from this address")
    }

    pub(crate) fn check_credential(&self, scope: Scope, credential: ClientId, method: &Method) -> Result<(), Error> {
        if scope.resource == Resource::Employees && (method == Method::GET || method == Method::HEAD) {
            return check(self.employees.as_ref(), Some(credential), "reads of employees");
        }
        let document = scope.resource == Resource::Documents && method == Method::POST;
        // Nothing else of an employee is put.
        let picture = scope.resource == Resource::Employees && method == Method::PUT;
        if document || picture {
            return check(self.uploads.as_ref(), Some(credential), "uploads");
        }
        Ok(())
    }

    fn tidy(&self) {
        if self.checks.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            self.address.iter().chain(&self.login).for_each(DefaultKeyedRateLimiter::retain_recent);
            self.employees.iter().chain(&self.uploads).for_each(DefaultKeyedRateLimiter::retain_recent);
        }
    }
}

fn per_minute<K: std::hash::Hash + Eq + Clone>(
    requests: u32,
    burst: Option<u32>,
) -> Option<DefaultKeyedRateLimiter<K>> {
    let quota = Quota::per_minute(NonZeroU32::new(requests)?);
    let quota = burst.and_then(NonZeroU32::new).map_or(quota, |burst| quota.allow_burst(burst));
    Some(DefaultKeyedRateLimiter::keyed(quota))
}

fn check<K: std::hash::Hash + Eq + Clone>(
    limiter: Option<&DefaultKeyedRateLimiter<K>>,
    key: Option<K>,
    what: &str,
) -> Result<(), Error> {
    let (Some(limiter), Some(key)) = (limiter, key) else { return Ok(()) };
    limiter.check_key(&key).map_err(|not_until| {
        let wait = not_until.wait_time_from(DefaultClock::default().now());
        let seconds = (wait + Duration::from_millis(999)).as_secs().max(1);
        Error::Throttled {
            message: format!("Too many {what}. Try again in {seconds} seconds."),
            retry_after_seconds: seconds,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_and_kept() {
        let limits = Limits::parse("login=2,address=0").expect("limits");
        let address = Some(IpAddr::from([127, 0, 0, 1]));
        assert!(limits.check_address(address).is_ok());
        assert!(limits.check_login(address).is_ok());
        assert!(limits.check_login(address).is_ok());
        assert!(matches!(limits.check_login(address), Err(Error::Throttled { retry_after_seconds: 1..=30, .. })));
        assert!(limits.check_login(Some(IpAddr::from([127, 0, 0, 2]))).is_ok());
        for bad in ["none", "login", "login=x", "logins=3"] {
            assert!(Limits::parse(bad).is_err(), "{bad} must be refused");
        }
    }
}
