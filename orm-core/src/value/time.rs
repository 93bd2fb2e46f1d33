//! Columns of the types of the time crate.
//!
//! | type | column | stored as |
//! |---|---|---|
//! | `Date` | [`SqlType::Date`] | `2024-05-06` |
//! | `Time` | [`SqlType::Time`] | `12:34:56`, `12:34:56.789` |
//! | `PrimitiveDateTime` | [`SqlType::DateTime`] | `2024-05-06 12:34:56` |
//! | `OffsetDateTime` | [`SqlType::Timestamp`] | the same, in UTC |
//!
//! How a fraction is written, and what else is read, is said in `calendar`. An `OffsetDateTime` comes back with the offset
//! zero: the same point in time, so it equals the one that was stored. Days are those of the years 0 to 9999.

use ::time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

use super::calendar::{Clock, Day, Moment, not_in_calendar, out_of_range};
use super::{ColumnType, SqlType, Value, ValueRef};
use crate::error::Result;

impl ColumnType for Date {
    type Base = Date;
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

impl ColumnType for Time {
    type Base = Time;
    const SQL_TYPE: SqlType = SqlType::Time;

    fn encode(&self) -> Result<Value<'_>> {
        Ok(clock_of(*self).encode())
    }

    fn decode(value: ValueRef<'_>) -> Result<Self> {
        from_clock(Clock::decode(value)?)
    }

    #[inline]
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

impl ColumnType for PrimitiveDateTime {
    type Base = PrimitiveDateTime;
    const SQL_TYPE: SqlType = SqlType::DateTime;

    fn encode(&self) -> Result<Value<'_>> {
        Moment::encode(day_of(self.date()), clock_of(self.time()))
    }

    fn decode(value: ValueRef<'_>) -> Result<Self> {
        let moment = Moment::decode(value)?;
        let local = PrimitiveDateTime::new(from_day(moment.day)?, from_clock(moment.clock)?);
        if moment.offset == 0 {
            return Ok(local);
        }
        local.checked_sub(Duration::seconds(i64::from(moment.offset))).ok_or_else(not_in_calendar)
    }

    #[inline]
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

impl ColumnType for OffsetDateTime {
    type Base = OffsetDateTime;
    const SQL_TYPE: SqlType = SqlType::Timestamp;

    fn encode(&self) -> Result<Value<'_>> {
        let utc = self.checked_to_offset(UtcOffset::UTC).ok_or_else(|| out_of_range(self.year()))?;
        Moment::encode(day_of(utc.date()), clock_of(utc.time()))
    }

    fn decode(value: ValueRef<'_>) -> Result<Self> {
        PrimitiveDateTime::decode(value).map(PrimitiveDateTime::assume_utc)
    }

    #[inline]
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

#[inline]
fn day_of(date: Date) -> Day {
    let (year, month, day) = date.to_calendar_date();
    Day { year, month: u8::from(month), day }
}

#[inline]
fn clock_of(time: Time) -> Clock {
    let (hour, minute, second, nanosecond) = time.as_hms_nano();
    Clock { hour, minute, second, nanosecond }
}

fn from_day(day: Day) -> Result<Date> {
    Month::try_from(day.month)
        .and_then(|month| Date::from_calendar_date(day.year, month, day.day))
        .map_err(|_| not_in_calendar())
}

fn from_clock(clock: Clock) -> Result<Time> {
    Time::from_hms_nano(clock.hour, clock.minute, clock.second, clock.nanosecond)
        .map_err(|_| not_in_calendar())
}

#[cfg(test)]
mod tests {
    use super::super::laws::*;
    use super::*;

    fn dates() -> impl Iterator<Item = Date> {
        let first = Date::from_calendar_date(0, Month::January, 1).unwrap();
        let last = Date::from_calendar_date(9999, Month::December, 31).unwrap();
        let days = (last - first).whole_days() as u64;
        let some = numbers().map(move |number| first + Duration::days((number % days) as i64));
        [first, last].into_iter().chain(some.take(300))
    }

    fn times() -> impl Iterator<Item = Time> {
        let last = Time::from_hms_nano(23, 59, 59, 999_999_999).unwrap();
        let some = numbers().map(|number| {
            let nanos = (number >> 32) as u32 % 1_000_000_000;
            let nanos =
                [0, nanos, nanos / 1000 * 1000, nanos / 1_000_000 * 1_000_000][number as usize / 64 % 4];
            Time::from_hms_nano(number as u8 % 24, (number >> 8) as u8 % 60, (number >> 16) as u8 % 60, nanos)
                .unwrap()
        });
        [Time::MIDNIGHT, last].into_iter().chain(some.take(300))
    }

    fn moments() -> impl Iterator<Item = PrimitiveDateTime> {
        dates().zip(times()).map(|(date, time)| PrimitiveDateTime::new(date, time))
    }

    /// The same points in time, each at another place of the world.
    fn points() -> impl Iterator<Item = OffsetDateTime> {
        let offsets =
            numbers().map(|number| UtcOffset::from_whole_seconds((number % 86_400) as i32 - 43_200).unwrap());
        moments().zip(offsets).map(|(moment, offset)| {
            moment.assume_utc().to_offset(if moment.year() % 9999 == 0 { UtcOffset::UTC } else { offset })
        })
    }

    #[test]
    fn what_is_stored_is_read_back() {
        assert_round_trip(dates());
        assert_round_trip(times());
        assert_round_trip(moments());
        assert_round_trip(points());
    }

    #[test]
    fn the_order_of_the_texts_is_the_order_of_the_times() {
        assert_text_sorts(dates());
        assert_text_sorts(times());
        assert_text_sorts(moments());
        assert_text_sorts(points());
    }

    #[test]
    fn a_point_in_time_is_stored_in_utc() {
        let point: OffsetDateTime = from_text("2024-05-06T00:30:00.25+02:00").unwrap();
        assert_eq!(to_text(&point), "2024-05-05 22:30:00.250");
    }

    #[test]
    fn what_the_calendar_lacks_is_refused() {
        assert!(from_text::<Date>("2023-02-29").unwrap_err().is_value());
        assert!(from_text::<Date>("2023-00-01").is_err());
        assert!(from_text::<Time>("12:34:60").is_err());
        assert!(Date::MIN.encode().unwrap_err().is_value());
        let last = PrimitiveDateTime::MAX.assume_offset(UtcOffset::from_whole_seconds(-3600).unwrap());
        assert!(last.encode().unwrap_err().is_value());
    }

    #[test]
    fn all_of_them_can_be_keys() {
        assert_is_key::<Date>();
        assert_is_key::<Time>();
        assert_is_key::<PrimitiveDateTime>();
        assert_is_key::<OffsetDateTime>();
    }
}
