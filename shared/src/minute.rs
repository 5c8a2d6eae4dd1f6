//! Times of day, as time clocks have them.

use std::fmt;

use jiff::civil::Time;
use serde::Deserialize;
use serde::Serialize;

/// A time of day to the minute, `08:30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Minute(u16);

impl Minute {
    /// Minutes since midnight, as the clock shows them.
    #[must_use]
    pub fn since_midnight(self) -> u16 {
        self.0
    }

    /// A time of day, if a day has it.
    #[must_use]
    pub fn new(since_midnight: u16) -> Option<Self> {
        (since_midnight < 24 * 60).then_some(Self(since_midnight))
    }

    /// Reads `HH:MM`, and `H:MM` and `H:MM:SS` with no seconds.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.trim().split(':');
        let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next());
        let digits = |part: &str, lengths: &[usize]| {
            (lengths.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
                .then(|| part.parse::<u16>().ok())
                .flatten()
        };
        let (hour, minute) = (digits(hour, &[1, 2])?, digits(minute, &[2])?);
        let whole = second.is_none_or(|second| second == "00") && parts.next().is_none();
        (whole && hour < 24 && minute < 60).then_some(Self(hour * 60 + minute))
    }

    /// The time of day.
    #[must_use]
    pub fn time(self) -> Time {
        let part = |number: u16| i8::try_from(number).unwrap_or(0);
        Time::new(part(self.0 / 60), part(self.0 % 60), 0, 0).unwrap_or(Time::MIN)
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_come_with_one_or_two_digits_and_without_seconds() {
        for (text, shown) in [("08:05", "08:05"), ("8:05", "08:05"), ("8:05:00", "08:05"), ("23:59", "23:59")] {
            assert_eq!(Minute::read(text).map(|m| m.to_string()).as_deref(), Some(shown));
        }
        for bad in ["", "8", "24:00", "08:60", "08:5", "08:05:30", "08:05:00:00", "+8:05", "-1:00", "8:05 pm", "008:05"]
        {
            assert_eq!(Minute::read(bad), None, "{bad:?} must be refused");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_of_times_panic(text in "\\PC{0,12}") {
            let _ = Minute::read(&text);
        }
    }
}
