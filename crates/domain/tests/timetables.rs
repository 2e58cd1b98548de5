//! Timetables: what a cron expression may be, and when it is due through every change of the clocks.

use chrono::{DateTime, Utc};
use gantry_domain::{CRON_LIMIT_CHARACTERS, Cron, InvalidCron, TimeZone, Timetable};

fn timetable(cron: &str, time_zone: &str) -> Timetable {
    Timetable {
        cron: cron.parse().expect("a cron expression"),
        time_zone: time_zone.parse().expect("a time zone"),
    }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

/// The next ticks as text.
fn ticks(cron: &str, time_zone: &str, after: &str, count: usize) -> Vec<String> {
    timetable(cron, time_zone)
        .ticks_after(at(after))
        .take(count)
        .map(|tick| tick.format("%m-%dT%H:%MZ").to_string())
        .collect()
}

fn refusal(text: &str) -> String {
    text.parse::<Cron>().expect_err(text).to_string()
}

#[test]
fn an_expression_has_five_fields() {
    for good in [
        "* * * * *",
        "*/5 9-17 * * MON-FRI",
        "0 0 1,15 jan,Jul *",
        "30 2 29 2 *",
        "0-30/10 */2 * * 0,7",
        "0 0 31 2 SUN",
    ] {
        assert!(good.parse::<Cron>().is_ok(), "{good}");
    }
    for bad in ["", "* * * *", "0 * * * * *", "@daily", "0 * * * * * 2030"] {
        assert!(
            matches!(bad.parse::<Cron>(), Err(InvalidCron::FieldCount(_))),
            "{bad}"
        );
    }
    assert_eq!(
        "  0\t0  * * * ".parse::<Cron>().unwrap().as_str(),
        "0 0 * * *"
    );
}

#[test]
fn a_refusal_names_the_field_and_what_may_stand_there() {
    for (bad, field) in [
        ("60 * * * *", "minute"),
        ("5-1 * * * *", "minute"),
        ("*/0 * * * *", "minute"),
        ("MON * * * *", "minute"),
        ("* 24 * * *", "hour"),
        ("* 1,,2 * * *", "hour"),
        ("* * 0 * *", "day of month"),
        ("* * L * *", "day of month"),
        ("* * 15W * *", "day of month"),
        ("* * * 13 *", "month"),
        ("* * * MON *", "month"),
        ("* * * * 8", "day of week"),
        ("* * * * FRI#2", "day of week"),
        ("* * * * +1", "day of week"),
        ("* * * * ?", "day of week"),
    ] {
        assert!(
            refusal(bad).starts_with(&format!("its {field} field must be ")),
            "{bad}: {}",
            refusal(bad)
        );
    }
    assert_eq!(
        refusal("* 99 * * *"),
        "its hour field must be 0-23, written as a number, a range `a-b`, a list `a,b`, `*` or a step `*/n`"
    );
    let long = format!("{} * * * *", "0,".repeat(CRON_LIMIT_CHARACTERS));
    assert_eq!(long.parse::<Cron>(), Err(InvalidCron::TooLong));
}

#[test]
fn a_date_that_never_comes_is_refused() {
    for never in ["0 0 30 2 *", "0 0 31 4,6,9,11 *"] {
        assert_eq!(never.parse::<Cron>(), Err(InvalidCron::NeverDue), "{never}");
    }
}

#[test]
fn a_time_zone_is_one_of_the_database() {
    for good in ["UTC", "Europe/Berlin", "America/Argentina/Ushuaia"] {
        assert_eq!(good.parse::<TimeZone>().expect(good).to_string(), good);
    }
    for bad in ["", "Berlin", "europe/berlin", "+02:00", "CEST"] {
        assert!(bad.parse::<TimeZone>().is_err(), "{bad}");
    }
}

#[test]
fn where_both_days_are_restricted_either_is_enough() {
    assert_eq!(
        ticks("0 0 13 * FRI", "UTC", "2026-11-01T00:00:00Z", 4),
        [
            "11-06T00:00Z",
            "11-13T00:00Z",
            "11-20T00:00Z",
            "11-27T00:00Z"
        ]
    );
}

#[test]
fn a_time_in_the_gap_is_due_at_its_end() {
    // On 29 March 2026 the clocks of Berlin go from 2:00 to 3:00, which is 1:00 UTC.
    assert_eq!(
        ticks("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", 3),
        ["03-28T01:30Z", "03-29T01:00Z", "03-30T00:30Z"]
    );
    assert_eq!(
        ticks("*/20 2-3 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", 4),
        [
            "03-29T01:00Z",
            "03-29T01:20Z",
            "03-29T01:40Z",
            "03-30T00:00Z"
        ]
    );
}

#[test]
fn a_time_that_comes_twice_is_due_once() {
    // On 25 October 2026 the clocks of Berlin go from 3:00 back to 2:00, which is 1:00 UTC.
    assert_eq!(
        ticks("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2),
        ["10-25T00:30Z", "10-26T01:30Z"]
    );
    assert_eq!(
        ticks("30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", 1),
        ["10-26T01:30Z"],
        "asked during the second of the two hours"
    );
}

#[test]
fn what_is_due_every_hour_follows_the_time_that_passes() {
    assert_eq!(
        ticks("30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", 3),
        ["03-29T00:30Z", "03-29T01:30Z", "03-29T02:30Z"]
    );
    assert_eq!(
        ticks("30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", 3),
        ["10-25T00:30Z", "10-25T01:30Z", "10-25T02:30Z"]
    );
}

#[test]
fn changes_of_half_an_hour_and_of_a_whole_day_are_passed() {
    // Lord Howe goes from 2:00 to 2:30, which is 15:30 UTC on the day before.
    assert_eq!(
        ticks(
            "15 2 * * *",
            "Australia/Lord_Howe",
            "2026-10-03T00:00:00Z",
            2
        ),
        ["10-03T15:30Z", "10-04T15:15Z"]
    );
    // Samoa had no 30 December 2011.
    assert_eq!(
        ticks("0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", 1),
        ["12-30T10:00Z"]
    );
}
