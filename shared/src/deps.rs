//! What every router is built from.

use std::sync::Arc;

use crate::aws::companies::Companies;
use crate::aws::credentials::Credentials;
use crate::aws::objects::Objects;
use crate::aws::record;
use crate::aws::record::Record;
use crate::aws::table::Table;
use crate::aws::uploads::Uploads;
use crate::clock::Clock;
use crate::error::Error;
use crate::http::limits::Limits;
use crate::http::metrics::Metrics;
use crate::open_id::Settings;

/// The store, its caches, the clock and the limits: made once per process, cloned into every request.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The table.
    pub table: Table,
    /// Companies and their settings.
    pub companies: Companies,
    /// Credentials and tokens.
    pub credentials: Credentials,
    /// What was done, and by whom.
    pub record: Record,
    /// The source of "now".
    pub clock: Clock,
    /// How many requests are taken from whom.
    pub limits: Arc<Limits>,
    /// Which metrics are written of the requests.
    pub metrics: Metrics,
    /// The provider by which administrators may sign in, if the operator names one.
    pub open_id: Option<Arc<Settings>>,
    objects: Option<Objects>,
}

impl Deps {
    /// Everything over one table.
    #[must_use]
    pub fn new(table: Table, clock: Clock, limits: Limits) -> Self {
        Self {
            companies: Companies::new(table.clone()),
            credentials: Credentials::new(table.clone(), clock.clone()),
            record: Record::new(table.clone(), clock.clone(), record::DEFAULT_DAYS),
            table,
            clock,
            limits: Arc::new(limits),
            metrics: Metrics::default(),
            open_id: None,
            objects: None,
        }
    }

    /// And a bucket, for the functions that have to do with files. The others do not link what reaches it.
    #[must_use]
    pub fn with_objects(self, objects: Objects) -> Self {
        Self { objects: Some(objects), ..self }
    }

    /// And a record that is kept for another time, or in another table.
    #[must_use]
    pub fn with_record(self, record: Record) -> Self {
        Self { record, ..self }
    }

    /// And metrics, which are written where CloudWatch reads them: on Lambda.
    #[must_use]
    pub fn with_metrics(self, metrics: Metrics) -> Self {
        Self { metrics, ..self }
    }

    /// And a provider by which administrators may sign in to the console, if there is one.
    #[must_use]
    pub fn with_open_id(self, settings: Option<Settings>) -> Self {
        Self { open_id: settings.map(Arc::new), ..self }
    }

    /// The bucket.
    pub fn objects(&self) -> Result<&Objects, Error> {
        self.objects.as_ref().ok_or_else(|| Error::Internal("this process was given no bucket".to_owned()))
    }

    /// The uploads of objects into it.
    pub fn uploads(&self) -> Result<Uploads<'_>, Error> {
        Ok(Uploads::new(&self.table, self.objects()?, self.clock.now()))
    }
}
