//! What a request cost the store, counted where it happens: at the SDK.

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use aws_sdk_dynamodb::config::ConfigBag;
use aws_sdk_dynamodb::config::Intercept;
use aws_sdk_dynamodb::config::RuntimeComponents;
use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::interceptors::FinalizerInterceptorContextRef;
use aws_sdk_dynamodb::error::BoxError;

tokio::task_local! {
    static METER: Meter;
}

/// Store calls, sequential round trips and capacity units of one request.
#[derive(Clone, Default)]
pub struct Meter(Arc<Mutex<Counts>>);

/// What a [`Meter`] has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// HTTP requests to the store, repeated ones included.
    pub calls: u32,
    /// Calls that had to wait for another one's answer, plus the first: calls under way together count once.
    pub round_trips: u32,
    /// Read capacity units, as DynamoDB reported them.
    pub read_units: f64,
    /// Write capacity units, as DynamoDB reported them.
    pub write_units: f64,
    in_flight: u32,
}

impl Meter {
    /// Runs `work` with this meter counting what it does.
    pub async fn measure<F: Future>(&self, work: F) -> F::Output {
        METER.scope(self.clone(), work).await
    }

    /// What was counted up to now.
    #[must_use]
    pub fn counts(&self) -> Counts {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.counts().fmt(f)
    }
}

/// Adds capacity units to the meter of the running request, if there is one.
pub(crate) fn consumed(read_units: f64, write_units: f64) {
    let _ = METER.try_with(|meter| {
        meter.update(|counts| {
            counts.read_units += read_units;
            counts.write_units += write_units;
        });
    });
}

/// Counts each attempt that the SDK makes. The SDK runs interceptors in the task
/// that called it, so the task's meter is the request's.
#[derive(Debug)]
pub(crate) struct MeterInterceptor;

impl Intercept for MeterInterceptor {
    fn name(&self) -> &'static str {
        "muster meter"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let _ = METER.try_with(|meter| {
            meter.update(|counts| {
                counts.calls += 1;
                if counts.in_flight == 0 {
                    counts.round_trips += 1;
                }
                counts.in_flight += 1;
            });
        });
        Ok(())
    }

    fn read_after_attempt(
        &self,
        _: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let _ = METER.try_with(|meter| meter.update(|counts| counts.in_flight = counts.in_flight.saturating_sub(1)));
        Ok(())
    }
}
