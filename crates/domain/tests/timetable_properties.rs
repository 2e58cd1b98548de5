//! Timetables held against the clock on the wall, minute by minute, around changes of the clocks of every sort.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, LocalResult, NaiveDateTime, TimeZone as _, Timelike, Utc};
use gantry_domain::{Cron, MissedPolicy, Priority, ScheduleTerms, TimeZone, Timetable};
use proptest::prelude::*;

fn timetable(cron: &str, time_zone: &str) -> Timetable {
    Timetable {
        cron: cron.parse().expect("a cron expression"),
        time_zone: time_zone.parse().expect("a time zone"),
    }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

/// Zones with changes of every sort: of an hour, of half an hour, of two hours, at midnight, of the standard time, and none.
const ZONES: [&str; 10] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Asia/Kathmandu",
];

/// Minutes in which several fields are common, so that ticks fall into changes of the clocks often.
fn expressions() -> impl Strategy<Value = String> {
    let minutes = prop_oneof![
        Just("*/15"),
        Just("0"),
        Just("30"),
        Just("0,45"),
        Just("5-59/9")
    ];
    let hours = prop_oneof![
        Just("*"),
        Just("0"),
        Just("2"),
        Just("1-3"),
        Just("*/2"),
        Just("0,1,3,23"),
        Just("0-23"),
    ];
    let days = prop_oneof![3 => Just("* * *"), 1 => Just("* * SUN"), 1 => Just("1-15 * MON")];
    (minutes, hours, days).prop_map(|(minute, hour, days)| format!("{minute} {hour} {days}"))
}

/// Any minute of three years, and most often one close to a change of the clocks.
fn moments() -> impl Strategy<Value = DateTime<Utc>> {
    let start = at("2025-01-01T00:00:00Z");
    let any = (0..3 * 365 * 24 * 60_i64).prop_map(move |minute| start + Duration::minutes(minute));
    let changes = [
        "2026-03-29T01:00:00Z",
        "2026-10-25T01:00:00Z",
        "2026-03-08T07:00:00Z",
        "2026-11-01T06:00:00Z",
        "2026-04-05T03:00:00Z",
        "2026-09-06T04:00:00Z",
        "2026-10-03T15:30:00Z",
        "2026-04-23T22:00:00Z",
        "2026-10-29T21:00:00Z",
    ];
    let near = (prop::sample::select(changes.to_vec()), -180..180_i64)
        .prop_map(|(change, minutes)| at(change) + Duration::minutes(minutes));
    prop_oneof![1 => any, 3 => near]
}

/// Whether the expression names a local time, read where no clock ever changes.
fn names(unchanging: &Timetable, local: NaiveDateTime) -> bool {
    let time = local.and_utc();
    unchanging.next_after(time - Duration::seconds(1)) == Some(time)
}

/// What is due within the day after `after`, found minute by minute.
fn due_within_a_day(timetable: &Timetable, after: DateTime<Utc>) -> BTreeSet<DateTime<Utc>> {
    let zone: chrono_tz::Tz = timetable
        .time_zone
        .to_string()
        .parse()
        .expect("a time zone");
    let unchanging = Timetable {
        time_zone: TimeZone::UTC,
        ..timetable.clone()
    };
    let names_every_hour = ["*", "0-23"].contains(
        &timetable
            .cron
            .as_str()
            .split(' ')
            .nth(1)
            .expect("five fields"),
    );
    let mut due = BTreeSet::new();
    for minute in 1..=24 * 60 {
        let moment = after + Duration::minutes(minute);
        let shown = moment.with_timezone(&zone).naive_local();
        let is_first =
            zone.from_local_datetime(&shown).earliest() == Some(moment.with_timezone(&zone));
        if names(&unchanging, shown) && (is_first || names_every_hour) {
            due.insert(moment);
        }
        // The minutes that no clock shows lie between this one and the one before.
        let before = (moment - Duration::minutes(1))
            .with_timezone(&zone)
            .naive_local();
        let mut left_out = before + Duration::minutes(1);
        while left_out < shown {
            assert_eq!(zone.from_local_datetime(&left_out), LocalResult::None);
            if names(&unchanging, left_out) && !names_every_hour {
                due.insert(moment);
            }
            left_out += Duration::minutes(1);
        }
    }
    due
}

fn terms(timetable: Timetable, missed: MissedPolicy) -> ScheduleTerms {
    ScheduleTerms {
        name: "nightly".parse().expect("a name"),
        timetable,
        missed,
        kind: "system.ping".parse().expect("a kind"),
        queue: "default".parse().expect("a queue"),
        priority: Priority::Normal,
        max_attempts: 1,
        timeout_seconds: 60,
        tags: Vec::new(),
    }
}

/// Looks at a schedule at each of these moments, and says when it submitted a job.
fn submissions(
    terms: &ScheduleTerms,
    mut due_at: DateTime<Utc>,
    looks: &[DateTime<Utc>],
) -> Vec<DateTime<Utc>> {
    let mut submitted = Vec::new();
    for now in looks {
        while due_at <= *now {
            let firing = terms.firing(due_at, *now).expect("the calendar goes on");
            if firing.submits {
                submitted.push(*now);
            }
            assert!(firing.next_run_at > due_at);
            due_at = firing.next_run_at;
        }
    }
    submitted
}

#[test]
fn ticks_missed_long_ago_are_passed_over_or_made_up_for_by_one_job() {
    let hourly = timetable("0 * * * *", "UTC");
    let due_at = at("2026-11-20T00:00:00Z");
    for (back_at, skip, run_once) in [
        ("2026-11-20T00:00:01Z", 1, 1),
        ("2026-11-20T00:01:00Z", 1, 1),
        ("2026-11-20T00:01:01Z", 0, 1),
        ("2026-11-20T09:30:00Z", 0, 1),
        ("2026-11-20T09:00:30Z", 1, 1),
        ("2027-11-20T09:30:00Z", 0, 1),
    ] {
        for (missed, count) in [
            (MissedPolicy::Skip, skip),
            (MissedPolicy::RunOnce, run_once),
        ] {
            let terms = terms(hourly.clone(), missed);
            let submitted = submissions(&terms, due_at, &[at(back_at)]);
            assert_eq!(submitted.len(), count, "{back_at} {missed}");
        }
    }
}

proptest! {
    #[test]
    fn no_text_makes_an_expression_or_a_zone_panic(text in "[0-9A-Z*,/# -]{0,24}|\\PC{0,12}") {
        if let Ok(cron) = text.parse::<Cron>() {
            prop_assert_eq!(cron.as_str().parse(), Ok(cron.clone()));
            prop_assert!(timetable(cron.as_str(), "UTC").next_after(at("2026-11-20T00:00:00Z")).is_some());
        }
        let _ = text.parse::<TimeZone>();
    }

    #[test]
    fn ticks_are_those_of_the_clock_on_the_wall(
        cron in expressions(), zone in prop::sample::select(ZONES.to_vec()), after in moments(),
    ) {
        let timetable = timetable(&cron, zone);
        let end = after + Duration::days(1);
        let found: BTreeSet<_> = timetable.ticks_after(after).take_while(|tick| *tick <= end).collect();
        prop_assert_eq!(found, due_within_a_day(&timetable, after));
    }

    #[test]
    fn ticks_are_whole_minutes_in_order_wherever_one_asks(
        cron in expressions(), zone in prop::sample::select(ZONES.to_vec()), after in moments(), seconds in 0..60_i64,
    ) {
        let timetable = timetable(&cron, zone);
        let after = after + Duration::seconds(seconds) + Duration::microseconds(1);
        let mut before = after;
        for tick in timetable.ticks_after(after).take(20) {
            prop_assert!(tick > before);
            prop_assert_eq!((tick.second(), tick.nanosecond()), (0, 0));
            prop_assert_eq!(timetable.next_after(tick - Duration::microseconds(1)), Some(tick));
            before = tick;
        }
    }

    #[test]
    fn looked_at_often_enough_a_schedule_submits_once_for_every_tick(
        cron in expressions(), zone in prop::sample::select(ZONES.to_vec()), start in moments(),
        gaps_seconds in prop::collection::vec(1..50_i64, 200),
    ) {
        let timetable = timetable(&cron, zone);
        let due_at = timetable.next_after(start).expect("the calendar goes on");
        let mut looks = vec![due_at];
        for gap in gaps_seconds {
            looks.push(looks[looks.len() - 1] + Duration::seconds(gap));
        }
        let end = looks[looks.len() - 1];
        let passed = timetable.ticks_after(start).take_while(|tick| *tick <= end).count();
        for missed in [MissedPolicy::Skip, MissedPolicy::RunOnce] {
            prop_assert_eq!(submissions(&terms(timetable.clone(), missed), due_at, &looks).len(), passed);
        }
    }
}
