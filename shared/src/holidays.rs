//! Public holidays, by country and state.
//!
//! The days are those of the Python package [`holidays`], which its many authors
//! keep up with the law; `tools/holidays/generate` turns them into the rules of
//! `holidays/days.txt` and says what it takes. They are known from 2000 to 2050,
//! for Spain from 2008. What a law yet to be passed will change, nobody knows: a
//! day in the future is right by the law of when the file was written.
//!
//! Not every day off is a public holiday of a state: those of a single
//! municipality, and those that only some employers give, are missing. Where
//! holidays differ within a state, the days are the package's for all of it, but
//! Bavaria has 15 August, which is a holiday in most of its municipalities.
//!
//! [`holidays`]: https://github.com/vacanza/holidays

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use jiff::civil::Date;
use jiff::civil::Weekday;
use serde::Deserialize;
use serde::Serialize;

/// What the generator wrote; its first lines explain the format.
const DAYS: &str = include_str!("holidays/days.txt");

/// The years in which holidays are known; on days outside of them, none is.
pub const YEARS: RangeInclusive<i16> = 2000..=2050;

static COUNTRIES: LazyLock<Vec<Country>> = LazyLock::new(|| read(DAYS));

/// How much of a day is a public holiday.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Holiday {
    /// Nothing of it.
    #[default]
    None,
    /// Half of it.
    Half,
    /// The whole day.
    Whole,
}

/// The public holidays of a country or one of its states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Calendar {
    /// Where the country is in the table.
    country: usize,
    /// Which of the country's holders of holidays it is, as one bit of [`Rule::holders`].
    holder: u64,
}

impl Calendar {
    /// The calendar of a country or one of its states. Both go by their ISO 3166
    /// codes (`DE`, `BY`, `DE-BY`) and by their English, German, French and own
    /// names (`Bayern`, `Bavaria`), without regard to case, accents, blanks and
    /// hyphens. A country without a state has the holidays that all of it has;
    /// those of the United Kingdom and Switzerland are few. None if the country
    /// or the state is not known.
    #[must_use]
    pub fn find(country: &str, state: Option<&str>) -> Option<Self> {
        let key = fold(country);
        let (index, country) = COUNTRIES.iter().enumerate().find(|(_, known)| known.keys.contains(&key))?;
        let holder = match state {
            None => WHOLE_COUNTRY,
            Some(state) => country.holder(state)?,
        };
        Some(Self { country: index, holder })
    }

    /// How much of the day is a public holiday. A day off that is given because a
    /// holiday falls on a weekend is one too. None outside of [`YEARS`].
    #[must_use]
    pub fn on(self, date: Date) -> Holiday {
        self.rules_on(date).map(|rule| rule.length).max().unwrap_or_default()
    }

    /// What the holiday is called in the country's language; the whole day's name
    /// goes before that of half a day.
    #[must_use]
    pub fn name_on(self, date: Date) -> Option<&'static str> {
        self.rules_on(date).min_by_key(|rule| std::cmp::Reverse(rule.length)).map(|rule| rule.name)
    }

    /// The rules that make a day a holiday here.
    fn rules_on(self, date: Date) -> impl Iterator<Item = &'static Rule> {
        let day = Day::of(date);
        let rules = COUNTRIES.get(self.country).map(|country| country.rules.as_slice()).unwrap_or_default();
        rules.iter().filter(move |rule| rule.holders & self.holder != 0 && rule.gives(day))
    }
}

/// The holder of holidays that is the country itself.
const WHOLE_COUNTRY: u64 = 1;

/// A country of the table.
struct Country {
    /// Its code and names, folded.
    keys: Vec<String>,
    /// Its ISO 3166-1 code.
    code: &'static str,
    /// Its states; the first one is the second holder of holidays, and so on.
    places: Vec<Place>,
    rules: Vec<Rule>,
}

/// A state, a canton, a nation, or a city with holidays of its own.
struct Place {
    /// Its ISO 3166-2 code without the country's, or its name.
    code: &'static str,
    /// Its code and names, folded.
    keys: Vec<String>,
}

impl Country {
    /// The holder of holidays that a state is.
    fn holder(&self, state: &str) -> Option<u64> {
        let key = fold(match state.split_once('-') {
            Some((country, state)) if country.trim().eq_ignore_ascii_case(self.code) => state,
            _ => state,
        });
        let index = self.places.iter().position(|place| place.keys.contains(&key))?;
        holder_at(index)
    }

    /// The holders that a rule lists: codes, `-` for the country itself, `*` for everybody.
    fn holders(&self, codes: &str) -> Option<u64> {
        if codes == "*" {
            return Some(u64::MAX);
        }
        codes.split(',').try_fold(0, |holders, code| {
            let holder = match code {
                "-" => WHOLE_COUNTRY,
                _ => holder_at(self.places.iter().position(|place| place.code == code)?)?,
            };
            Some(holders | holder)
        })
    }
}

/// The holder that a country's place is.
fn holder_at(index: usize) -> Option<u64> {
    WHOLE_COUNTRY.checked_shl(u32::try_from(index).ok()? + 1)
}

/// On which day a holiday is, in which years, and where.
struct Rule {
    when: When,
    /// A bit for each of [`YEARS`].
    years: u64,
    /// A bit for each holder.
    holders: u64,
    length: Holiday,
    name: &'static str,
}

impl Rule {
    fn gives(&self, day: Day) -> bool {
        self.years & day.year != 0 && self.when.is(day)
    }
}

/// On which day of a year a holiday is.
#[derive(Clone, Copy)]
enum When {
    /// That many days after Easter Sunday.
    Easter(i16),
    /// On a day of a month.
    Fixed(i8, i8),
    /// On the first such weekday from a day of a month on; the generator sees to it that it is in the same month.
    From(i8, i8, Weekday),
}

impl When {
    fn is(self, day: Day) -> bool {
        match self {
            Self::Easter(days) => day.after_easter == days,
            Self::Fixed(month, first) => (day.month, day.of_month) == (month, first),
            Self::From(month, first, weekday) => {
                day.month == month && (first..first + 7).contains(&day.of_month) && day.weekday == weekday
            }
        }
    }

    /// Reads `E+1`, `12-25` or `05-25>mon`.
    fn read(text: &str) -> Option<Self> {
        if let Some(days) = text.strip_prefix('E') {
            return days.parse().ok().map(Self::Easter);
        }
        let (date, weekday) = text.split_once('>').map_or((text, None), |(date, weekday)| (date, Some(weekday)));
        let (month, day) = date.split_once('-')?;
        let (month, day) = (month.parse().ok()?, day.parse().ok()?);
        match weekday {
            None => Some(Self::Fixed(month, day)),
            Some(weekday) => Some(Self::From(month, day, read_weekday(weekday)?)),
        }
    }
}

/// A date as the rules ask for it.
#[derive(Clone, Copy)]
struct Day {
    /// Its bit of [`Rule::years`]; none outside of [`YEARS`].
    year: u64,
    month: i8,
    of_month: i8,
    weekday: Weekday,
    after_easter: i16,
}

impl Day {
    fn of(date: Date) -> Self {
        Self {
            year: year_bit(date.year()),
            month: date.month(),
            of_month: date.day(),
            weekday: date.weekday(),
            after_easter: date.day_of_year() - easter(date),
        }
    }
}

/// The bit of a year in [`Rule::years`]; none outside of [`YEARS`].
fn year_bit(year: i16) -> u64 {
    if YEARS.contains(&year) { 1 << (year - YEARS.start()) } else { 0 }
}

/// The day of the year on which Easter Sunday is in the date's year, by Carter's
/// method, which holds from 1900 to 2099.
fn easter(date: Date) -> i16 {
    let year = date.year();
    let moon = (225 - 11 * year.rem_euclid(19)).rem_euclid(30);
    let moon = if moon < 21 { moon + 30 } else { moon };
    let moon = if moon > 48 { moon - 1 } else { moon };
    let weekday = (year + year.div_euclid(4) + moon + 1).rem_euclid(7);
    let day_of_march = moon + 7 - weekday;
    let february = if date.in_leap_year() { 29 } else { 28 };
    31 + february + day_of_march
}

/// All countries. A line that cannot be read is left out; the tests see to it that there is none.
fn read(text: &'static str) -> Vec<Country> {
    let mut countries = Vec::new();
    for line in text.lines() {
        let _ = read_line(&mut countries, line);
    }
    countries
}

/// Adds what a line says to the countries; None if it cannot be read.
fn read_line(countries: &mut Vec<Country>, line: &'static str) -> Option<()> {
    if line.is_empty() || line.starts_with('#') {
        return Some(());
    }
    let (word, rest) = line.split_once(' ')?;
    if word == "country" {
        let (code, names) = rest.split_once(' ')?;
        countries.push(Country { keys: keys(code, names), code, places: Vec::new(), rules: Vec::new() });
        return Some(());
    }
    let country = countries.last_mut()?;
    if word == "place" {
        let (code, names) = rest.split_once(' ')?;
        country.places.push(Place { code, keys: keys(code, names) });
        return Some(());
    }
    let length = match word {
        "whole" => Holiday::Whole,
        "half" => Holiday::Half,
        _ => return None,
    };
    let mut parts = rest.splitn(4, ' ');
    let (when, years) = (When::read(parts.next()?)?, read_years(parts.next()?)?);
    let (holders, name) = (country.holders(parts.next()?)?, parts.next()?);
    country.rules.push(Rule { when, years, holders, length, name });
    Some(())
}

/// Reads `2000-2004,2007`.
fn read_years(text: &str) -> Option<u64> {
    text.split(',').try_fold(0, |years, run| {
        let (first, last) = run.split_once('-').unwrap_or((run, run));
        let run = first.parse().ok()?..=last.parse().ok()?;
        Some(run.fold(years, |years, year| years | year_bit(year)))
    })
}

fn read_weekday(text: &str) -> Option<Weekday> {
    Some(match text {
        "mon" => Weekday::Monday,
        "tue" => Weekday::Tuesday,
        "wed" => Weekday::Wednesday,
        "thu" => Weekday::Thursday,
        "fri" => Weekday::Friday,
        "sat" => Weekday::Saturday,
        "sun" => Weekday::Sunday,
        _ => return None,
    })
}

/// What a place may be called: its code and its names. Whoever has no `ü` at hand
/// writes `ue` in German and `u` elsewhere.
fn keys(code: &str, names: &str) -> Vec<String> {
    let names = names.split(", ").map(str::to_lowercase);
    let both = names.flat_map(|name| {
        let german = name.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue");
        [fold(&name), fold(&german)]
    });
    std::iter::once(fold(code)).chain(both).collect()
}

/// A name without what people write in more than one way: case, accents, blanks and hyphens.
fn fold(name: &str) -> String {
    let letters = name.chars().flat_map(char::to_lowercase).filter(|letter| letter.is_alphanumeric());
    let mut folded = String::new();
    for letter in letters {
        match letter {
            'à'..='å' => folded.push('a'),
            'ç' => folded.push('c'),
            'è'..='ë' => folded.push('e'),
            'ì'..='ï' => folded.push('i'),
            'ñ' => folded.push('n'),
            'ò'..='ö' => folded.push('o'),
            'ù'..='ü' => folded.push('u'),
            'ß' => folded.push_str("ss"),
            _ => folded.push(letter),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn calendar(country: &str, state: &str) -> Calendar {
        let state = Some(state).filter(|state| *state != "-");
        Calendar::find(country, state).unwrap_or_else(|| panic!("{country} {state:?} must be known"))
    }

    fn date(text: &str) -> Date {
        text.parse().expect("a date")
    }

    fn days_of(year: i16) -> impl Iterator<Item = Date> {
        Date::constant(year, 1, 1).series(jiff::Span::new().days(1)).take_while(move |day| day.year() == year)
    }

    /// Fails unless the days of a year are whole holidays in a place; those after a `!` must be none.
    fn expect(country: &str, state: &str, year: i16, days: &str) {
        for day in days.split(' ') {
            let (day, length) = match day.strip_prefix('!') {
                Some(day) => (day, Holiday::None),
                None => (day, Holiday::Whole),
            };
            let date = date(&format!("{year}-{day}"));
            assert_eq!(calendar(country, state).on(date), length, "{country} {state} {date}");
        }
    }

    #[test]
    fn every_line_can_be_read() {
        let mut countries = Vec::new();
        for line in DAYS.lines() {
            assert!(read_line(&mut countries, line).is_some(), "{line}");
        }
        for country in &countries {
            assert!(country.places.len() < 64, "{} has more places than holders have bits", country.code);
        }
    }

    /// `sample.txt` has the days of some years, as dates, and how many there are in all of them.
    #[test]
    fn the_rules_give_the_days_of_the_package() {
        for line in include_str!("holidays/sample.txt").lines().filter(|line| !line.starts_with('#')) {
            let parts: Vec<_> = line.splitn(4, ' ').collect();
            let [country, state, year, days] = parts[..] else {
                assert_eq!(parts[0], "ES", "only Spain has years without holidays: {line}");
                continue;
            };
            let calendar = calendar(country, state);
            if year == "all" {
                let lengths: Vec<_> = YEARS.flat_map(days_of).map(|day| calendar.on(day)).collect();
                let count = |wanted| lengths.iter().filter(|length| **length == wanted).count();
                assert_eq!(format!("{} {}", count(Holiday::Whole), count(Holiday::Half)), days, "{country} {state}");
                continue;
            }
            let given = days_of(year.parse().expect("a year")).filter_map(|day| match calendar.on(day) {
                Holiday::None => None,
                Holiday::Half => Some(day.strftime("%m-%d/2").to_string()),
                Holiday::Whole => Some(day.strftime("%m-%d").to_string()),
            });
            assert_eq!(given.collect::<Vec<_>>().join(" "), days, "{country} {state} {year}");
        }
    }

    #[test]
    fn german_states() {
        expect("DE", "Bayern", 2026, "01-06 06-04 08-15 11-01 12-25 !03-08 !10-31 !12-24");
        expect("DE", "Berlin", 2018, "!03-08");
        expect("DE", "Berlin", 2019, "03-08");
        expect("DE", "Berlin", 2020, "05-08");
        expect("DE", "Berlin", 2025, "05-08 !06-19 !10-31");
        expect("DE", "Berlin", 2026, "!05-08");
        expect("DE", "Sachsen", 2026, "10-31 11-18 !11-01 !06-04");
        expect("DE", "Thüringen", 2026, "09-20 10-31");
        expect("DE", "Hamburg", 2016, "!10-31");
        expect("DE", "Hamburg", 2018, "10-31");
        for state in "- BW BY BE BB HB HH HE MV NI NW RP SL SN ST SH TH".split(' ') {
            expect("DE", state, 2017, "10-31 04-14 04-17 05-01 05-25 06-05 10-03 12-25 12-26");
        }
    }

    #[test]
    fn the_british_nations() {
        // Both 25 and 26 December were on a weekend, the days off were the Monday and the Tuesday after it.
        expect("GB", "England", 2021, "12-27 12-28 08-30 !03-17 !11-30");
        expect("GB", "England", 2022, "01-03 06-02 06-03 09-19 12-27 !05-30");
        expect("GB", "Wales", 2023, "05-01 05-08 05-29 !08-07");
        expect("GB", "Scotland", 2023, "01-02 01-03 08-07 11-30 !04-10 !08-28");
        expect("GB", "Northern Ireland", 2026, "03-17 07-13 !01-02");
        expect("GB", "-", 2026, "01-01 12-25 !08-31 !04-06");
    }

    #[test]
    fn france_and_its_east() {
        expect("FR", "-", 2026, "07-14 05-08 05-25 !04-03 !12-26");
        expect("FR", "Alsace-Moselle", 2026, "07-14 04-03 12-26");
        expect("FR", "Moselle", 2026, "04-03 12-26");
        expect("FR", "Île-de-France", 2026, "07-14 !04-03");
        expect("FR", "-", 2006, "!06-05");
        expect("FR", "La Réunion", 2026, "12-20");
    }

    #[test]
    fn austria_switzerland_ireland_the_netherlands_and_spain() {
        expect("AT", "Wien", 2026, "01-06 06-04 12-08 10-26 !04-03 !12-24");
        expect("CH", "Zürich", 2026, "01-01 04-03 05-01 08-01 12-26 !01-02 !11-01");
        expect("CH", "Tessin", 2026, "03-19 06-29 08-15 !04-03");
        expect("CH", "Genève", 2026, "09-10 12-31 !05-01");
        expect("CH", "Glarus", 2026, "04-09 !04-02");
        expect("IE", "-", 2022, "03-18 !02-07");
        expect("IE", "-", 2023, "02-06 03-17 06-05 10-30 !04-07");
        expect("IE", "-", 2030, "02-01 !02-04");
        // Known to the package under 2011.
        expect("IE", "-", 2001, "09-14");
        expect("IE", "-", 2011, "!09-14");
        expect("NL", "-", 2025, "04-26 05-05 !04-27");
        expect("NL", "-", 2026, "04-27 !05-05");
        expect("ES", "-", 2026, "10-12 12-08 !04-02 !06-24");
        expect("ES", "Cataluña", 2026, "04-06 06-24 09-11 12-26 !04-02");
        expect("ES", "Madrid", 2021, "05-03 04-01");
        expect("ES", "-", 2007, "!12-25");
    }

    #[test]
    fn half_days_are_half() {
        let solothurn = calendar("CH", "Solothurn");
        assert_eq!(solothurn.on(date("2026-05-01")), Holiday::Half);
        assert_eq!(solothurn.on(date("2026-04-03")), Holiday::Whole);
        assert_eq!(calendar("CH", "Stadt Zürich").on(date("2026-12-24")), Holiday::Half);
        assert_eq!(calendar("CH", "Zürich").on(date("2026-12-24")), Holiday::None);
        // Ascension Day was on 1 May.
        assert_eq!(solothurn.on(date("2008-05-01")), Holiday::Whole);
        assert_eq!(solothurn.name_on(date("2008-05-01")), Some("Auffahrt"));
    }

    #[test]
    fn holidays_have_names() {
        assert_eq!(calendar("DE", "BY").name_on(date("2026-06-04")), Some("Fronleichnam"));
        assert_eq!(calendar("DE", "BE").name_on(date("2026-06-04")), None);
        assert_eq!(calendar("FR", "-").name_on(date("2026-07-14")), Some("Fête nationale"));
    }

    #[test]
    fn outside_of_the_years_there_are_none() {
        let bavaria = calendar("DE", "BY");
        for day in ["2000-01-01", "2050-12-25"] {
            assert_eq!(bavaria.on(date(day)), Holiday::Whole, "{day}");
        }
        for day in ["1999-12-25", "2051-01-01", "-009999-01-01", "9999-12-31"] {
            assert_eq!(bavaria.on(date(day)), Holiday::None, "{day}");
        }
    }

    #[test]
    fn the_german_states_go_by_name_and_by_code() {
        let states = [
            ("Baden-Württemberg", "BW"),
            ("Bayern", "BY"),
            ("Berlin", "BE"),
            ("Brandenburg", "BB"),
            ("Bremen", "HB"),
            ("Hamburg", "HH"),
            ("Hessen", "HE"),
            ("Mecklenburg-Vorpommern", "MV"),
            ("Niedersachsen", "NI"),
            ("Nordrhein-Westfalen", "NW"),
            ("Rheinland-Pfalz", "RP"),
            ("Saarland", "SL"),
            ("Sachsen", "SN"),
            ("Sachsen-Anhalt", "ST"),
            ("Schleswig-Holstein", "SH"),
            ("Thüringen", "TH"),
        ];
        let mut found = Vec::new();
        for (name, code) in states {
            let state = calendar("DE", name);
            assert!(!found.contains(&state), "{name} is another state");
            assert_eq!(state, calendar("DE", code), "{name}");
            assert_eq!(state, calendar("DE", &format!("DE-{code}")), "{name}");
            found.push(state);
        }
    }

    #[test]
    fn every_name_means_its_place() {
        for country in COUNTRIES.iter() {
            for place in &country.places {
                let by_code = calendar(country.code, place.code);
                for key in &place.keys {
                    assert_eq!(calendar(country.code, key), by_code, "{} {key}", country.code);
                }
            }
        }
    }

    #[test]
    fn spelling_matters_little() {
        let zurich = calendar("CH", "ZH");
        for name in ["Zürich", "Zurich", "ZUERICH", "zürich ", "Zu\u{308}rich", "ch-zh"] {
            assert_eq!(calendar("CH", name), zurich, "{name}");
        }
        for name in ["Bavaria", "Bavière", "bayern", "de-by", " BY"] {
            assert_eq!(calendar("de", name), calendar("DE", "BY"), "{name}");
        }
        for name in ["Deutschland", "Germany", "Allemagne", "de", "DEU"] {
            assert_eq!(calendar(name, "-"), calendar("DE", "-"), "{name}");
        }
        assert_eq!(calendar("UK", "England and Wales"), calendar("GB", "GB-ENG"));
        assert_eq!(calendar("AT", "Niederoesterreich"), calendar("AT", "AT-3"));
        assert_eq!(calendar("ES", "País Vasco"), calendar("ES", "Euskadi"));
    }

    #[test]
    fn what_is_not_known_is_none() {
        for (country, state) in [
            ("", None),
            ("XX", None),
            ("D", None),
            ("DE", Some("")),
            ("DE", Some("-")),
            ("DE", Some("DE")),
            ("DE", Some("DE-")),
            ("DE", Some("AT-9")),
            ("DE", Some("Tirol")),
            ("FR", Some("Grand Est")),
            ("BY", Some("DE")),
        ] {
            assert!(Calendar::find(country, state).is_none(), "{country} {state:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_find_panic(country in "\\PC{0,20}", state in "\\PC{0,20}") {
            let _ = Calendar::find(&country, Some(&state));
            let _ = Calendar::find("DE", Some(&state));
            let _ = Calendar::find(&country, None);
        }

        #[test]
        fn any_day_can_be_asked_for(year in -9999i16..=9999, day in 0i32..365) {
            let date = Date::constant(year, 1, 1).checked_add(jiff::Span::new().days(day)).expect("in range");
            for country in ["DE", "CH", "ES", "GB"] {
                let length = calendar(country, "-").on(date);
                prop_assert_eq!(length == Holiday::None, calendar(country, "-").name_on(date).is_none());
            }
        }
    }
}
