//! How texts are compared.

/// A text in small letters, so that two that differ in case alone are one.
///
/// Letter by letter, and not by what stands beside a letter: of a sigma there are two small ones, of which one ends
/// words, and both are the small form of one capital.
#[must_use]
pub fn without_case(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(|letter| if letter == 'ς' { 'σ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_differ_in_case_are_one() {
        for (one, other) in
            [("Straße 7", "STRAßE 7"), ("ÉCOLE", "école"), ("ΟΔΟΣ", "οδος"), ("ΟΔΟΣ", "οδοσ"), ("İ", "i\u{307}")]
        {
            assert_eq!(without_case(one), without_case(other), "{one} and {other}");
        }
        assert_ne!(without_case("ß"), without_case("ss"));
    }
}
