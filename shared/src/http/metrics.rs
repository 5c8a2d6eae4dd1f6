//! What requests do, as numbers for CloudWatch: a line for each, in its embedded metric format.
//!
//! CloudWatch reads the line in the log and makes metrics of it, so that no call is made and no answer waits. The line
//! is not a part of the request's log line: that one can be filtered out (`MUSTER_LOG`), and metrics must not end with
//! it. What is zero is left out, for each metric is paid for by the hour in which it has a value. So sums and sample
//! counts are right, and averages are those of the requests that had a value.

use std::env;
use std::io::Write;
use std::time::Duration;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use serde::Serializer;
use serde::ser::SerializeMap;

use crate::error::Error;

/// The variable that says which metrics there are: `off` (as without it), `total`, or `routes`.
pub const METRICS_VARIABLE: &str = "MUSTER_METRICS";
/// The variable that names the deployment, for two of them in one account.
pub const STACK_VARIABLE: &str = "MUSTER_STACK";
/// Under what name CloudWatch has them.
pub const NAMESPACE: &str = "muster";
/// The dimension of all of them.
pub const STACK: &str = "stack";
/// The dimension of those by route: its pattern, never a path.
pub const ROUTE: &str = "route";

/// A metric, with the unit that CloudWatch knows it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    unit: &'static str,
    /// Whether there is one for each route. Requests are not: they are the sample count of the latency.
    #[serde(skip)]
    pub by_route: bool,
}

/// Every metric, in the order of their values.
pub const METRICS: [Metric; 6] = [
    Metric { name: "Requests", unit: "Count", by_route: false },
    Metric { name: "Latency", unit: "Milliseconds", by_route: true },
    Metric { name: "Errors", unit: "Count", by_route: true },
    Metric { name: "Throttled", unit: "Count", by_route: true },
    Metric { name: "ReadUnits", unit: "Count", by_route: true },
    Metric { name: "WriteUnits", unit: "Count", by_route: true },
];

/// A request that was answered.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'r> {
    /// The pattern of its route.
    pub route: &'r str,
    /// Its status.
    pub status: StatusCode,
    /// From the request to the answer.
    pub duration: Duration,
    /// Capacity units that it read.
    pub read_units: f64,
    /// Capacity units that it wrote. Its entry in the record is written later and is not among them.
    pub write_units: f64,
}

impl Answered<'_> {
    /// The value of each metric.
    fn values(&self) -> [f64; METRICS.len()] {
        [
            1.0,
            self.duration.as_secs_f64() * 1000.0,
            f64::from(u8::from(self.status.is_server_error())),
            f64::from(u8::from(self.status == StatusCode::TOO_MANY_REQUESTS)),
            self.read_units,
            self.write_units,
        ]
    }
}

/// Which metrics are written, and for which deployment; none by default.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Option<Written>);

#[derive(Clone, Debug)]
struct Written {
    stack: String,
    by_route: bool,
}

impl Metrics {
    /// What the environment of a function says.
    pub fn from_env() -> Result<Self, Error> {
        let which = env::var(METRICS_VARIABLE).unwrap_or_default();
        Self::parse(&which, env::var(STACK_VARIABLE).ok())
    }

    fn parse(which: &str, stack: Option<String>) -> Result<Self, Error> {
        let by_route = match which {
            "" | "off" => return Ok(Self::default()),
            "total" => false,
            "routes" => true,
            _ => {
                let message = format!("{METRICS_VARIABLE} must be off, total or routes.");
                return Err(Error::invalid(METRICS_VARIABLE, message));
            }
        };
        let stack = stack.filter(|stack| !stack.is_empty());
        let stack = stack.ok_or_else(|| Error::Internal(format!("the variable {STACK_VARIABLE} is not set")))?;
        Ok(Self(Some(Written { stack, by_route })))
    }

    /// Writes the line of a request to standard output, where Lambda takes it from.
    pub fn write(&self, at: Timestamp, request: &Answered<'_>) {
        let Some(written) = &self.0 else { return };
        // There is nowhere to say that it failed, and the request did not.
        if let Ok(mut line) = serde_json::to_vec(&Line { written, at, request }) {
            line.push(b'\n');
            let _ = std::io::stdout().lock().write_all(&line);
        }
    }
}

/// The line of a request: `_aws`, which says what of it is a metric, and the values.
struct Line<'l> {
    written: &'l Written,
    at: Timestamp,
    request: &'l Answered<'l>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata<'l> {
    timestamp: i64,
    cloud_watch_metrics: Vec<Directive<'l>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'l> {
    namespace: &'static str,
    dimensions: [&'l [&'static str]; 1],
    metrics: Vec<Metric>,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let present = || METRICS.into_iter().zip(self.request.values()).filter(|(_, value)| *value > 0.0);
        let directive = |dimensions, by_route: bool| {
            let metrics = present().map(|(metric, _)| metric).filter(|metric| metric.by_route || !by_route).collect();
            Directive { namespace: NAMESPACE, dimensions: [dimensions], metrics }
        };
        let mut cloud_watch_metrics = vec![directive(&[STACK], false)];
        if self.written.by_route {
            cloud_watch_metrics.push(directive(&[STACK, ROUTE], true));
        }
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("_aws", &Metadata { timestamp: self.at.as_millisecond(), cloud_watch_metrics })?;
        line.serialize_entry(STACK, &self.written.stack)?;
        line.serialize_entry(ROUTE, self.request.route)?;
        for (metric, value) in present() {
            line.serialize_entry(metric.name, &value)?;
        }
        line.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;
    use serde_json::json;

    use super::*;

    fn line(which: &str, status: StatusCode, (read_units, write_units): (f64, f64)) -> Json {
        let metrics = Metrics::parse(which, Some("muster-test".to_owned())).expect("metrics");
        let duration = Duration::from_micros(1_500);
        let request = Answered { route: "/v1/auth", status, duration, read_units, write_units };
        let at = Timestamp::from_millisecond(1_700_000_000_123).expect("an instant");
        let written = metrics.0.expect("they are written");
        serde_json::to_value(Line { written: &written, at, request: &request }).expect("JSON")
    }

    fn names(line: &Json, directive: usize) -> Vec<&str> {
        let metrics = line["_aws"]["CloudWatchMetrics"][directive]["Metrics"].as_array().expect("metrics");
        metrics.iter().map(|metric| metric["Name"].as_str().expect("a name")).collect()
    }

    #[test]
    fn a_line_says_what_a_request_did_in_total_and_by_route() {
        let line = line("routes", StatusCode::OK, (2.5, 12.0));
        let directives = json!([
            {
                "Namespace": "muster",
                "Dimensions": [["stack"]],
                "Metrics": [
                    {"Name": "Requests", "Unit": "Count"},
                    {"Name": "Latency", "Unit": "Milliseconds"},
                    {"Name": "ReadUnits", "Unit": "Count"},
                    {"Name": "WriteUnits", "Unit": "Count"},
                ],
            },
            {
                "Namespace": "muster",
                "Dimensions": [["stack", "route"]],
                "Metrics": [
                    {"Name": "Latency", "Unit": "Milliseconds"},
                    {"Name": "ReadUnits", "Unit": "Count"},
                    {"Name": "WriteUnits", "Unit": "Count"},
                ],
            },
        ]);
        let expected = json!({
            "_aws": {"Timestamp": 1_700_000_000_123_i64, "CloudWatchMetrics": directives},
            "stack": "muster-test", "route": "/v1/auth",
            "Requests": 1.0, "Latency": 1.5, "ReadUnits": 2.5, "WriteUnits": 12.0,
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn only_what_happened_has_a_metric() {
        let of = |status| line("routes", status, (0.0, 0.0));
        let by_route = |status| names(&of(status), 1).join(" ");
        assert_eq!(by_route(StatusCode::NOT_FOUND), "Latency");
        assert_eq!(by_route(StatusCode::TOO_MANY_REQUESTS), "Latency Throttled");
        assert_eq!(by_route(StatusCode::INTERNAL_SERVER_ERROR), "Latency Errors");
        assert_eq!(names(&of(StatusCode::SERVICE_UNAVAILABLE), 0), ["Requests", "Latency", "Errors"]);
        assert_eq!(of(StatusCode::SERVICE_UNAVAILABLE)["Errors"], 1.0);
        assert_eq!(of(StatusCode::NOT_FOUND)["Errors"], Json::Null);
    }

    #[test]
    fn metrics_can_be_in_total_alone_or_off() {
        let total = line("total", StatusCode::OK, (0.0, 0.0));
        assert_eq!(total["_aws"]["CloudWatchMetrics"].as_array().map(Vec::len), Some(1));
        for off in ["", "off"] {
            assert!(Metrics::parse(off, None).expect("no metrics").0.is_none());
        }
        assert!(Metrics::parse("all", Some("muster".to_owned())).is_err());
        assert!(Metrics::parse("total", None).is_err(), "two deployments would share one metric");
        assert!(Metrics::parse("total", Some(String::new())).is_err());
    }
}
