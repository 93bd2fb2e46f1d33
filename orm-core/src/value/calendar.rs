//! Days and times as text: the one format of every crate that has such types.
//!
//! A day is `2024-05-06`, a time of day `12:34:56`, both together have a space between. A fraction of a second has three,
//! six or nine digits, as few as hold it, and none when it is zero. So nothing is lost down to a nanosecond, the order of
//! the texts is the order of the times, what SQL's `CURRENT_TIMESTAMP` writes is the same text, and SQLite's date
//! functions read all of it. A point in time is written in UTC and without a zone, which is what SQLite takes it for.
//! Always nine digits were rejected: a column that others wrote without a fraction would compare as different.
//!
//! Reading takes more: `T` for the space, a fraction of any length (digits after the ninth are dropped), no seconds, `Z`
//! or an offset after the time, a day alone for its midnight.
//!
//! Years are 0 to 9999: beyond four digits the texts would sort wrongly, so they are refused.

use std::borrow::Cow;

use super::column_type::mismatch;
use super::{Value, ValueRef};
use crate::error::{Error, Result};

/// A day of the calendar; whether there is one of this month and number is for the caller to say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Day {
    pub(crate) year: i32,
    pub(crate) month: u8,
    pub(crate) day: u8,
}

/// A time of day; the second is 60 in a leap second.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Clock {
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) second: u8,
    pub(crate) nanosecond: u32,
}

/// A day, a time, and how many seconds the time is ahead of UTC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Moment {
    pub(crate) day: Day,
    pub(crate) clock: Clock,
    pub(crate) offset: i32,
}

const MIDNIGHT: Clock = Clock { hour: 0, minute: 0, second: 0, nanosecond: 0 };

/// The length of the longest text: a day, a space, and a time with nine digits of a fraction.
const LONGEST: usize = 29;

impl Day {
    /// The day as the database stores it.
    pub(crate) fn encode(self) -> Result<Value<'static>> {
        let mut text = String::with_capacity(10);
        self.write(&mut text)?;
        Ok(Value::Text(Cow::Owned(text)))
    }

    /// The day of a text; one with a time is taken at midnight only, since nothing may be lost.
    pub(crate) fn decode(value: ValueRef<'_>) -> Result<Self> {
        const EXPECTED: &str = "a date as text, `YYYY-MM-DD`";
        read(value, EXPECTED, |text| {
            let day = text.day()?;
            let clock = if text.is_empty() { MIDNIGHT } else { text.separated_clock()? };
            (clock == MIDNIGHT).then_some(day)
        })
    }

    fn write(self, text: &mut String) -> Result<()> {
        let Some(year) = u32::try_from(self.year).ok().filter(|&year| year <= 9999) else {
            return Err(out_of_range(self.year));
        };
        push_digits(text, year, 4);
        text.push('-');
        push_digits(text, u32::from(self.month), 2);
        text.push('-');
        push_digits(text, u32::from(self.day), 2);
        Ok(())
    }
}

impl Clock {
    /// The time as the database stores it.
    pub(crate) fn encode(self) -> Value<'static> {
        let mut text = String::with_capacity(18);
        self.write(&mut text);
        Value::Text(Cow::Owned(text))
    }

    /// The time of a text.
    pub(crate) fn decode(value: ValueRef<'_>) -> Result<Self> {
        read(value, "a time as text, `HH:MM:SS`", |text| text.clock())
    }

    fn write(self, text: &mut String) {
        push_digits(text, u32::from(self.hour), 2);
        text.push(':');
        push_digits(text, u32::from(self.minute), 2);
        text.push(':');
        push_digits(text, u32::from(self.second), 2);
        let (fraction, digits) = match self.nanosecond {
            0 => return,
            nanos if nanos % 1_000_000 == 0 => (nanos / 1_000_000, 3),
            nanos if nanos % 1_000 == 0 => (nanos / 1_000, 6),
            nanos => (nanos, 9),
        };
        text.push('.');
        push_digits(text, fraction, digits);
    }
}

impl Moment {
    /// The day and the time as the database stores them; the offset has to be taken off before.
    pub(crate) fn encode(day: Day, clock: Clock) -> Result<Value<'static>> {
        let mut text = String::with_capacity(LONGEST);
        day.write(&mut text)?;
        text.push(' ');
        clock.write(&mut text);
        Ok(Value::Text(Cow::Owned(text)))
    }

    /// The day, time and offset of a text; without an offset it is UTC.
    pub(crate) fn decode(value: ValueRef<'_>) -> Result<Self> {
        read(value, MOMENT, |text| {
            let day = text.day()?;
            if text.is_empty() {
                return Some(Moment { day, clock: MIDNIGHT, offset: 0 });
            }
            let clock = text.separated_clock()?;
            let offset = if text.is_empty() { 0 } else { text.offset()? };
            Some(Moment { day, clock, offset })
        })
    }
}

const MOMENT: &str = "a date and time as text, `YYYY-MM-DD HH:MM:SS`";

/// The error of a day and time that are written well, and that the calendar does not have.
#[cold]
pub(crate) fn not_in_calendar() -> Error {
    Error::value("the text names a day or a time that the calendar does not have")
}

/// The error of a point in time that no four-digit year holds in UTC.
#[cold]
pub(crate) fn out_of_range(year: i32) -> Error {
    Error::value(format!(
        "the year {year} cannot be stored: dates are kept as text that sorts, with years of 0000 to 9999"
    ))
}

/// Two digits at a time would be faster still; a whole insert is a hundred times as long.
#[inline]
fn push_digits(text: &mut String, number: u32, digits: u32) {
    let mut unit = 10_u32.pow(digits - 1);
    while unit > 0 {
        text.push(char::from(b'0' + (number / unit % 10) as u8));
        unit /= 10;
    }
}

/// Reads all of a text, or says what was expected.
fn read<T>(value: ValueRef<'_>, expected: &str, parse: impl FnOnce(&mut Text<'_>) -> Option<T>) -> Result<T> {
    let ValueRef::Text(bytes) = value else {
        return Err(mismatch(expected, value));
    };
    let mut text = Text { rest: bytes };
    parse(&mut text)
        .filter(|_| text.is_empty())
        .ok_or_else(|| Error::value(format!("expected {expected}, found other text")))
}

/// What is left of a text that is being read; each function reads one part of it, or is `None`.
struct Text<'text> {
    rest: &'text [u8],
}

impl Text<'_> {
    fn day(&mut self) -> Option<Day> {
        let year = i32::try_from(self.digits(4)?).ok()?;
        self.one_of(b"-")?;
        let month = self.two_digits()?;
        self.one_of(b"-")?;
        let day = self.two_digits()?;
        Some(Day { year, month, day })
    }

    fn separated_clock(&mut self) -> Option<Clock> {
        self.one_of(b" Tt")?;
        self.clock()
    }

    fn clock(&mut self) -> Option<Clock> {
        let hour = self.two_digits()?;
        self.one_of(b":")?;
        let minute = self.two_digits()?;
        let second = match self.one_of(b":") {
            Some(_) => self.two_digits()?,
            None => 0,
        };
        let nanosecond = match self.one_of(b".") {
            Some(_) => self.fraction()?,
            None => 0,
        };
        Some(Clock { hour, minute, second, nanosecond })
    }

    /// Nanoseconds, from the digits after the point.
    fn fraction(&mut self) -> Option<u32> {
        let count = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let kept = self.digits(count.clamp(1, 9))?;
        self.rest = &self.rest[count.saturating_sub(9)..];
        Some(kept * 10_u32.pow(9 - count.min(9) as u32))
    }

    /// `Z`, `+02`, `+0200` or `+02:00`, in seconds.
    fn offset(&mut self) -> Option<i32> {
        while self.one_of(b" ").is_some() {}
        let sign = match self.one_of(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return Some(0),
        };
        let hours = i32::from(self.two_digits()?);
        let _colon = self.one_of(b":");
        let minutes = if self.is_empty() { 0 } else { i32::from(self.two_digits()?) };
        (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
    }

    fn two_digits(&mut self) -> Option<u8> {
        self.digits(2).and_then(|number| u8::try_from(number).ok())
    }

    fn digits(&mut self, count: usize) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(count)?;
        let number = digits.iter().try_fold(0, |number, byte| {
            byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0'))
        })?;
        self.rest = rest;
        Some(number)
    }

    fn one_of(&mut self, wanted: &[u8]) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        wanted.contains(&first).then(|| {
            self.rest = rest;
            first
        })
    }

    fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Option<Moment> {
        Moment::decode(ValueRef::Text(text.as_bytes())).ok()
    }

    #[test]
    fn every_common_way_to_write_a_moment_is_read() {
        let expected = moment("2024-05-06 12:34:56");
        assert!(expected.is_some());
        for text in [
            "2024-05-06T12:34:56Z",
            "2024-05-06 12:34:56.000",
            "2024-05-06t12:34:56.0+00:00",
            "2024-05-06 12:34:56 -00",
        ] {
            assert_eq!(moment(text), expected, "{text}");
        }
        let offset = |text| moment(text).map(|moment| moment.offset);
        assert_eq!(offset("2024-05-06T12:34+02:30"), Some(9000));
        assert_eq!(offset("2024-05-06 12:34:56.123456-0130"), Some(-5400));
        assert_eq!(moment("2024-05-06").map(|moment| moment.clock), Some(MIDNIGHT));
    }

    #[test]
    fn digits_after_the_ninth_are_dropped() {
        let nanos = |text| moment(text).map(|moment| moment.clock.nanosecond);
        assert_eq!(nanos("2024-05-06 12:34:56.5"), Some(500_000_000));
        assert_eq!(nanos("2024-05-06 12:34:56.000000001"), Some(1));
        assert_eq!(nanos("2024-05-06 12:34:56.00000000199999"), Some(1));
    }

    #[test]
    fn anything_else_is_refused() {
        let texts = [
            "",
            "2024",
            "2024-5-6",
            "2024-05-06 ",
            "2024-05-06 1:2:3",
            "2024-05-06 12:34:56.",
            "2024-05-06 12:34:56+",
            "24-05-06",
            "2024-05-06 12:34:56 UTC",
            "2024-05-06 12:34:56+25:00",
            "2024/05/06",
            "12024-05-06",
            "-024-05-06",
            "2024-05-06x12:34:56",
            "２０２４-05-06",
        ];
        texts.iter().for_each(|text| assert_eq!(moment(text), None, "{text}"));
    }

    #[test]
    fn an_error_says_what_was_expected_and_does_not_show_the_value() {
        let error = Day::decode(ValueRef::Text(b"secret")).unwrap_err();
        assert_eq!(error.message(), "expected a date as text, `YYYY-MM-DD`, found other text");
        let error = Clock::decode(ValueRef::Int(5)).unwrap_err();
        assert_eq!(error.message(), "expected a time as text, `HH:MM:SS`, found an integer");
    }

    #[test]
    fn a_day_takes_a_time_at_midnight_only() {
        assert!(Day::decode(ValueRef::Text(b"2009-01-01 00:00:00")).is_ok());
        assert!(Day::decode(ValueRef::Text(b"2009-01-01 00:00:01")).is_err());
    }
}
