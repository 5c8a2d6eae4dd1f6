//! A function's process, and what it uses of the machine.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use nix::time::ClockId;
use nix::time::clock_getcpuclockid;
use nix::unistd::Pid;

/// The processor time of a process, all of its threads together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Processor(ClockId);

impl Processor {
    /// Nothing once the process is gone.
    pub(crate) fn used(self) -> Duration {
        self.0.now().map(Duration::from).unwrap_or_default()
    }
}

/// A running function; killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    /// Starts a binary with nothing but these variables, as Lambda does.
    pub(crate) fn start<'a>(
        binary: &Path,
        variables: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> io::Result<Self> {
        let mut command = Command::new(binary);
        command.env_clear().envs(variables).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
        command.spawn().map(Self)
    }

    /// What reads its processor time.
    pub(crate) fn processor(&self) -> io::Result<Processor> {
        let pid = i32::try_from(self.0.id()).map_err(io::Error::other)?;
        Ok(Processor(clock_getcpuclockid(Pid::from_raw(pid))?))
    }

    /// The most memory that it had, in bytes: what Lambda calls *max memory used*, without the machine's own part.
    pub(crate) fn peak_memory(&self) -> io::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        let kilobytes: Option<u64> = peak.and_then(|text| text.trim().parse().ok());
        kilobytes.map(|number| number * 1024).ok_or_else(|| io::Error::other("the system tells no peak of memory"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
