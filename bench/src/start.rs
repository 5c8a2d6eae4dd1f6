//! One start of a function: its first call and those that follow.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value as Json;
use tests::lambda::Lambda;
use tests::lambda::Step;
use tokio::sync::mpsc;

use crate::cases::Case;
use crate::process::Process;
use crate::process::Processor;

/// What a function did not do within this time, it does not do any more.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was read of one start.
#[derive(Debug)]
pub(crate) struct Start {
    /// From the start of the process until it waits for its first event.
    pub(crate) ready: Duration,
    /// Processor time until then.
    pub(crate) ready_used: Duration,
    /// From the start of the process to the first answer.
    pub(crate) first_answer: Duration,
    /// The calls, the first one included.
    pub(crate) calls: Vec<Call>,
    /// The most memory that it had, in bytes.
    pub(crate) peak_memory: u64,
}

/// What was read of one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    /// From the event to the answer.
    pub(crate) latency: Duration,
    /// Processor time between them.
    pub(crate) used: Duration,
    /// Processor time of the whole invocation: what comes after the answer, as entries of the record, is in it.
    pub(crate) used_in_all: Duration,
}

/// A step, and the moment in which it was heard of.
struct Heard {
    step: Step,
    at: Instant,
    /// Processor time that the function had used by then.
    used: Duration,
}

/// A running function and the interfaces that it calls.
struct Running {
    lambda: Lambda,
    steps: mpsc::UnboundedReceiver<Heard>,
    process: Process,
    has_extension: bool,
    /// Processor time at which its extension asked for the next event, if it has. It may ask before the answer is
    /// here: a request ends for it when its handler ends, and the runtime sends the answer only then.
    extension_waits: Option<Duration>,
}

/// Starts a function once and calls it so often.
pub(crate) async fn start(
    binary: &Path,
    variables: &[(&str, &str)],
    case: &Case,
    calls: usize,
) -> Result<Start, Box<dyn Error>> {
    let (hear, steps) = mpsc::unbounded_channel();
    let processor = Arc::<OnceLock<Processor>>::default();
    let watched = processor.clone();
    let heard = move |step| {
        let used = watched.get().copied().map(Processor::used).unwrap_or_default();
        // Nobody listens any more once the function was stopped.
        let _ = hear.send(Heard { step, at: Instant::now(), used });
    };
    let lambda = Lambda::start(true, heard).await;
    let own = [("AWS_LAMBDA_RUNTIME_API", lambda.address.as_str()), ("AWS_LAMBDA_FUNCTION_NAME", case.function)];
    let started = Instant::now();
    let process = Process::start(binary, variables.iter().copied().chain(own))?;
    // Before the process has come so far as to call.
    let _ = processor.set(process.processor()?);
    let mut running = Running { lambda, steps, process, has_extension: case.has_extension(), extension_waits: None };
    let (ready, mut used) = running.waits().await?;
    let ready_used = used;
    let mut read = Vec::with_capacity(calls);
    let mut first_answer = Duration::ZERO;
    for call in 0..calls {
        let invoked = Instant::now();
        running.invoke(case);
        let answered = running.answered(case).await?;
        if call == 0 {
            first_answer = answered.at - started;
        }
        let (_, used_in_all) = running.waits().await?;
        read.push(Call {
            latency: answered.at - invoked,
            used: answered.used.saturating_sub(used),
            used_in_all: used_in_all.saturating_sub(used),
        });
        used = used_in_all;
    }
    let peak_memory = running.process.peak_memory()?;
    Ok(Start { ready: ready - started, ready_used, first_answer, calls: read, peak_memory })
}

impl Running {
    fn invoke(&mut self, case: &Case) {
        self.extension_waits = None;
        self.lambda.invoke(case.event.clone());
    }

    /// Waits until everybody waits for an event: the moment in which the function
    /// itself did, and the processor time once its extension did as well.
    async fn waits(&mut self) -> Result<(Instant, Duration), Box<dyn Error>> {
        let mut function = None;
        loop {
            let extension = if self.has_extension { self.extension_waits } else { Some(Duration::ZERO) };
            if let (Some((at, used)), Some(then)) = (function, extension) {
                return Ok((at, then.max(used)));
            }
            let heard = self.step().await?;
            match heard.step {
                Step::Waits => function = Some((heard.at, heard.used)),
                Step::ExtensionWaits => self.extension_waits = Some(heard.used),
                Step::Registers(..) => {}
                other => return Err(format!("it did what nobody asked for: {other:?}").into()),
            }
        }
    }

    async fn answered(&mut self, case: &Case) -> Result<Heard, Box<dyn Error>> {
        loop {
            let heard = self.step().await?;
            match &heard.step {
                Step::Answers(body) => {
                    let answer: Json = serde_json::from_slice(body)?;
                    if answer["statusCode"] != case.status {
                        return Err(format!("{} answered {answer}", case.function).into());
                    }
                    return Ok(heard);
                }
                Step::ExtensionWaits => self.extension_waits = Some(heard.used),
                Step::Fails(body) => return Err(format!("{} failed: {body:?}", case.function).into()),
                Step::Waits | Step::Registers(..) => {
                    return Err(format!("{} began anew within a call", case.function).into());
                }
            }
        }
    }

    async fn step(&mut self) -> Result<Heard, Box<dyn Error>> {
        let heard = tokio::time::timeout(PATIENCE, self.steps.recv()).await;
        heard?.ok_or_else(|| "the interfaces have ended".into())
    }
}
