//! Quiet hours: when somebody wants no sound.

use jiff::{Timestamp, civil::Weekday, tz::TimeZone};
use scaiwave_wire::{Preferences, QuietHours};

/// Whether it is quiet for somebody with these preferences: notifications and rings then make no sound, and still arrive.
pub fn quiet_now(preferences: &Preferences, now: Timestamp) -> bool {
    let hours = &preferences.quiet_hours;
    if !hours.enabled {
        return false;
    }
    let zone = TimeZone::get(&preferences.timezone).unwrap_or(TimeZone::UTC);
    let local = zone.to_datetime(now);
    let (time, start, end) = (local.time(), hours.start.0, hours.end.0);
    let began_on = if start < end {
        (start <= time && time < end).then(|| local.weekday())
    } else if time >= start {
        Some(local.weekday())
    } else {
        (time < end).then(|| local.weekday().previous())
    };
    began_on.is_some_and(|day| applies(hours, day))
}

fn applies(hours: &QuietHours, day: Weekday) -> bool {
    let weekend = matches!(day, Weekday::Saturday | Weekday::Sunday);
    if weekend { !hours.weekdays_only } else { !hours.weekends_only }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// 2026-07-24 is a Friday.
    fn quiet(hours: &str, zone: &str, adjust: impl FnOnce(&mut QuietHours), at: &str) -> bool {
        let (start, end) = hours.split_once('-').unwrap();
        let time = |text: &str| text.to_owned().try_into().unwrap();
        let mut preferences = Preferences { timezone: zone.into(), ..Preferences::default() };
        let hours = &mut preferences.quiet_hours;
        (hours.enabled, hours.start, hours.end) = (true, time(start), time(end));
        adjust(hours);
        quiet_now(&preferences, at.parse().unwrap())
    }

    fn quiet_in_berlin(hours: &str, adjust: impl FnOnce(&mut QuietHours), local: &str) -> bool {
        quiet(hours, "Europe/Berlin", adjust, &format!("{local}+02:00"))
    }

    #[test]
    fn a_span_within_a_day_begins_with_its_start_and_ends_before_its_end() {
        for (time, expected) in [("12:59", false), ("13:00", true), ("13:59", true), ("14:00", false)] {
            assert_eq!(quiet_in_berlin("13:00-14:00", |_| {}, &format!("2026-07-24T{time}")), expected, "{time}");
        }
    }

    #[test]
    fn a_span_over_midnight_holds_on_both_sides_of_it() {
        for (time, expected) in [("21:59", false), ("22:00", true), ("23:59", true)] {
            assert_eq!(quiet_in_berlin("22:00-07:00", |_| {}, &format!("2026-07-24T{time}")), expected, "{time}");
        }
        for (time, expected) in [("00:00", true), ("06:59", true), ("07:00", false), ("12:00", false)] {
            assert_eq!(quiet_in_berlin("22:00-07:00", |_| {}, &format!("2026-07-25T{time}")), expected, "{time}");
        }
    }

    #[test]
    fn a_span_belongs_to_the_day_on_which_it_began() {
        let weekdays = |hours: &mut QuietHours| hours.weekdays_only = true;
        let weekends = |hours: &mut QuietHours| hours.weekends_only = true;
        for (at, on_weekdays, on_weekends) in [
            ("2026-07-24T23:00", true, false),
            ("2026-07-25T03:00", true, false),
            ("2026-07-25T23:00", false, true),
            ("2026-07-26T23:00", false, true),
            ("2026-07-27T03:00", false, true),
            ("2026-07-27T23:00", true, false),
        ] {
            assert_eq!(quiet_in_berlin("22:00-07:00", weekdays, at), on_weekdays, "weekdays, {at}");
            assert_eq!(quiet_in_berlin("22:00-07:00", weekends, at), on_weekends, "weekends, {at}");
        }
    }

    #[test]
    fn the_hours_are_those_of_the_persons_zone_summer_and_winter() {
        let at = "2026-07-24T21:30:00Z";
        assert!(quiet("23:00-07:00", "Europe/Amsterdam", |_| {}, at));
        assert!(!quiet("23:00-07:00", "Europe/London", |_| {}, at));
        assert!(!quiet("23:00-07:00", "America/New_York", |_| {}, at));
        assert!(!quiet("23:00-07:00", "Europe/Amsterdam", |_| {}, "2026-01-23T21:30:00Z"));
        assert!(quiet("23:00-07:00", "Nowhere/Atall", |_| {}, "2026-07-24T23:30:00Z"), "UTC, if the zone is gone");
    }

    #[test]
    fn the_same_time_twice_is_the_whole_day_and_disabled_is_never() {
        assert!(quiet_in_berlin("08:00-08:00", |_| {}, "2026-07-24T08:00"));
        assert!(quiet_in_berlin("08:00-08:00", |_| {}, "2026-07-24T03:00"));
        assert!(!quiet_in_berlin("08:00-08:00", |hours| hours.enabled = false, "2026-07-24T09:00"));
    }
}
