//! Columns of the types of chrono.
//!
//! | type | column | stored as |
//! |---|---|---|
//! | `NaiveDate` | [`SqlType::Date`] | `2024-05-06` |
//! | `NaiveTime` | [`SqlType::Time`] | `12:34:56`, `12:34:56.789` |
//! | `NaiveDateTime` | [`SqlType::DateTime`] | `2024-05-06 12:34:56` |
//! | `DateTime<Utc>` | [`SqlType::Timestamp`] | the same, in UTC |
//!
//! How a fraction is written, and what else is read, is said in `calendar`. `DateTime<FixedOffset>` and `DateTime<Local>` are
//! no column types: the offset would be lost on the way, so the program says `.to_utc()` itself, and keeps the offset in a
//! column of its own where it matters. A text with an offset is turned into UTC, also for a `NaiveDateTime`, as SQLite's
//! date functions do. Days are those of the years 0 to 9999.

use ::chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};

use super::calendar::{Clock, Day, Moment, not_in_calendar};
use super::{ColumnType, SqlType, Value, ValueRef};
use crate::error::{Error, Result};

/// The nanoseconds of a second; chrono counts a leap second as more of them.
const SECOND: u32 = 1_000_000_000;

impl ColumnType for NaiveDate {
    type Base = NaiveDate;
    const SQL_TYPE: SqlType = SqlType::Date;

    fn encode(&self) -> Result<Value<'_>> {
        day_of(*self).encode()
    }

    fn decode(value: ValueRef<'_>) -> Result<Self> {
        from_day(Day::decode(value)?)
    }

    #[inline]
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

impl ColumnType for NaiveTime {
    type Base = NaiveTime;
    const SQL_TYPE: SqlType = SqlType::Time;

    fn encode(&self) -> Result<Value<'_>> {
        Ok(clock_of(*self)?.encode())
    }

    fn decode(value: ValueRef<'_>) -> Result<Self> {
        from_clock(Clock::decode(value)?)
    }

    #[inline]
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

impl ColumnType for NaiveDateTime {
    type Base = NaiveDateTime;
    const SQL_TYPE: SqlType = SqlType::DateTime;

    fn encode(&self) -> Result<Value<'_>> {
        Moment::encode(day_of(self.date()), clock_of(self.time())?)
    }

    fn decode(value: ValueRef<'_>) -> Result<Self> {
        let moment = Moment::decode(value)?;
        let local = from_day(moment.day)?.and_time(from_clock(moment.clock)?);
        if moment.offset == 0 {
            return Ok(local);
        }
        local.checked_sub_signed(TimeDelta::seconds(i64::from(moment.offset))).ok_or_else(not_in_calendar)
    }

    #[inline]
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

impl ColumnType for DateTime<Utc> {
    type Base = DateTime<Utc>;
    const SQL_TYPE: SqlType = SqlType::Timestamp;

    fn encode(&self) -> Result<Value<'_>> {
        let utc = self.naive_utc();
        Moment::encode(day_of(utc.date()), clock_of(utc.time())?)
    }

    fn decode(value: ValueRef<'_>) -> Result<Self> {
        NaiveDateTime::decode(value).map(|utc| utc.and_utc())
    }

    #[inline]
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

#[inline]
fn day_of(date: NaiveDate) -> Day {
    Day { year: date.year(), month: date.month() as u8, day: date.day() as u8 }
}

#[inline]
fn clock_of(time: NaiveTime) -> Result<Clock> {
    let (second, nanosecond) = match (time.second(), time.nanosecond()) {
        (second, nanos) if nanos < SECOND => (second, nanos),
        (59, nanos) => (60, nanos - SECOND),
        _ => {
            return Err(Error::value("a leap second that does not follow second 59 cannot be stored"));
        }
    };
    Ok(Clock { hour: time.hour() as u8, minute: time.minute() as u8, second: second as u8, nanosecond })
}

fn from_day(day: Day) -> Result<NaiveDate> {
    NaiveDate::from_ymd_opt(day.year, u32::from(day.month), u32::from(day.day)).ok_or_else(not_in_calendar)
}

fn from_clock(clock: Clock) -> Result<NaiveTime> {
    let (second, nanosecond) = match clock.second {
        60 => (59, clock.nanosecond + SECOND),
        second => (u32::from(second), clock.nanosecond),
    };
    NaiveTime::from_hms_nano_opt(u32::from(clock.hour), u32::from(clock.minute), second, nanosecond)
        .ok_or_else(not_in_calendar)
}

#[cfg(test)]
mod tests {
    use super::super::laws::*;
    use super::*;

    fn dates() -> impl Iterator<Item = NaiveDate> {
        let first = NaiveDate::from_ymd_opt(0, 1, 1).unwrap();
        let last = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap();
        let days = (last - first).num_days() as u64;
        let some = numbers().map(move |number| first + TimeDelta::days((number % days) as i64));
        [first, last].into_iter().chain(some.take(300))
    }

    fn times() -> impl Iterator<Item = NaiveTime> {
        let last = NaiveTime::from_hms_nano_opt(23, 59, 59, 999_999_999).unwrap();
        let leap = NaiveTime::from_hms_nano_opt(23, 59, 59, 1_999_999_999).unwrap();
        let some = numbers().map(|number| {
            let nanos = (number >> 32) as u32 % SECOND;
            let nanos =
                [0, nanos, nanos / 1000 * 1000, nanos / 1_000_000 * 1_000_000][number as usize / 2 % 4];
            NaiveTime::from_num_seconds_from_midnight_opt(number as u32 % 86_400, nanos).unwrap()
        });
        [NaiveTime::MIN, last, leap].into_iter().chain(some.take(300))
    }

    fn moments() -> impl Iterator<Item = NaiveDateTime> {
        dates().zip(times()).map(|(date, time)| date.and_time(time))
    }

    #[test]
    fn what_is_stored_is_read_back() {
        assert_round_trip(dates());
        assert_round_trip(times());
        assert_round_trip(moments());
        assert_round_trip(moments().map(|moment| moment.and_utc()));
    }

    #[test]
    fn the_order_of_the_texts_is_the_order_of_the_times() {
        assert_text_sorts(dates());
        assert_text_sorts(times());
        assert_text_sorts(moments());
        let close = numbers()
            .map(|number| DateTime::from_timestamp(7, (number % 3_000) as u32 * 1_000_500 % SECOND).unwrap());
        assert_text_sorts(close.take(300));
    }

    #[test]
    fn a_fraction_has_as_few_digits_as_hold_it() {
        let at = |nanos| to_text(&DateTime::from_timestamp(1_714_998_896, nanos).unwrap());
        assert_eq!(at(0), "2024-05-06 12:34:56");
        assert_eq!(at(500_000_000), "2024-05-06 12:34:56.500");
        assert_eq!(at(1_000), "2024-05-06 12:34:56.000001");
        assert_eq!(at(1), "2024-05-06 12:34:56.000000001");
    }

    #[test]
    fn an_offset_is_turned_into_utc() {
        let utc: DateTime<Utc> = from_text("2024-05-06T00:30:00+02:00").unwrap();
        assert_eq!(to_text(&utc), "2024-05-05 22:30:00");
        let naive: NaiveDateTime = from_text("2009-01-01 00:00:00").unwrap();
        assert_eq!(to_text(&naive), "2009-01-01 00:00:00");
    }

    #[test]
    fn what_the_calendar_lacks_is_refused() {
        assert!(from_text::<NaiveDate>("2023-02-29").unwrap_err().is_value());
        assert!(from_text::<NaiveTime>("24:00:00").is_err());
        assert!(from_text::<NaiveTime>("12:34:61").is_err());
        assert!(from_text::<DateTime<Utc>>("2023-13-01 00:00:00").is_err());
        assert!(from_text::<DateTime<Utc>>("0000-01-01 00:00:00+01:00").unwrap().encode().is_err());
    }

    #[test]
    fn a_year_of_five_digits_is_refused() {
        let error = NaiveDate::MAX.encode().unwrap_err();
        assert!(error.is_value() && error.message().contains("0000 to 9999"), "{error}");
        assert!(NaiveDate::MIN.encode().is_err());
    }

    #[test]
    fn all_of_them_can_be_keys() {
        assert_is_key::<NaiveDate>();
        assert_is_key::<NaiveTime>();
        assert_is_key::<NaiveDateTime>();
        assert_is_key::<DateTime<Utc>>();
    }
}
