//! Output reaches the worker line by line, complete, harmless, and in constant memory.

#[path = "process_support/scripts.rs"]
mod scripts;
#[path = "process_support/waiting.rs"]
mod waiting;

use std::fs;

use gantry_domain::LOG_LINE_LIMIT_BYTES;
use gantry_worker::process::{
    LineSplitter, OUTPUT_CHANNEL_LINES, OutputLine, OutputStream, ProgramOutcome,
};
use proptest::prelude::*;
use scripts::{guardian, run, script};
use waiting::eventually;

async fn texts_of(text: &str) -> Vec<String> {
    run(script(text))
        .await
        .0
        .into_iter()
        .map(|line| line.text)
        .collect()
}

/// The most memory that this test process ever had resident.
fn peak_resident_kibibytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("this process");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .expect("a peak");
    line.split_ascii_whitespace()
        .nth(1)
        .expect("a number")
        .parse()
        .expect("a number")
}

#[tokio::test]
async fn a_single_line_of_100_megabytes_is_cut_and_never_held() {
    let (lines, exit) = run(script(
        "head -c 100000000 /dev/zero | tr '\\0' a; echo; echo next",
    ))
    .await;
    assert_eq!(exit.outcome, ProgramOutcome::Exited(0));
    assert_eq!(lines.len(), 2);
    assert_eq!(
        (lines[0].text.len(), lines[0].truncated),
        (LOG_LINE_LIMIT_BYTES, true)
    );
    assert_eq!(
        (lines[1].text.as_str(), lines[1].truncated),
        ("next", false)
    );
    assert!(
        peak_resident_kibibytes() < 80_000,
        "{} KiB",
        peak_resident_kibibytes()
    );
}

#[tokio::test]
async fn a_million_lines_arrive_complete_and_in_order() {
    let mut running = guardian()
        .start(script("seq 1000000"))
        .await
        .expect("a guardian");
    let mut expected = 0;
    while let Some(line) = running.next_line().await {
        expected += 1;
        assert_eq!(line.text, expected.to_string());
    }
    assert_eq!(expected, 1_000_000);
    assert_eq!(running.wait().await.outcome, ProgramOutcome::Exited(0));
}

#[tokio::test]
async fn a_slow_reader_makes_the_program_wait() {
    const LINES: usize = 1_000;
    // Lines of 1 KiB: in the channel, in one read, in the pipe, in the sender's hands, and some to spare.
    const AHEAD_AT_MOST: usize = OUTPUT_CHANNEL_LINES + 16 + 64 + 56;
    let folder = tempfile::tempdir().expect("a folder");
    let written = folder.path().join("written");
    let text = format!(
        "line=$(printf %01023d 0); i=0; while [ $i -lt {LINES} ]; do echo $line; echo >> {}; i=$((i+1)); done",
        written.display()
    );
    let mut running = guardian().start(script(&text)).await.expect("a guardian");
    let written_lines = || fs::metadata(&written).map_or(0, |file| file.len() as usize);
    eventually("the program is ahead", || {
        (written_lines() > OUTPUT_CHANNEL_LINES).then_some(())
    })
    .await;
    for read_lines in 1..=LINES {
        running.next_line().await.expect("a line");
        assert!(
            written_lines() <= read_lines + AHEAD_AT_MOST,
            "{} of {read_lines}",
            written_lines()
        );
    }
    assert_eq!(running.wait().await.outcome, ProgramOutcome::Exited(0));
}

#[tokio::test]
async fn lines_that_nobody_reads_do_not_keep_a_program_from_ending() {
    let running = guardian()
        .start(script("seq 1000000"))
        .await
        .expect("a guardian");
    assert_eq!(running.wait().await.outcome, ProgramOutcome::Exited(0));
}

#[tokio::test]
async fn the_last_line_needs_no_line_end() {
    assert_eq!(texts_of("printf 'one\\ntwo'").await, ["one", "two"]);
}

#[tokio::test]
async fn an_empty_line_is_a_line_and_no_output_is_none() {
    assert_eq!(texts_of("echo; echo").await, ["", ""]);
    assert_eq!(texts_of(":").await, Vec::<String>::new());
}

#[tokio::test]
async fn bytes_that_are_no_text_become_harmless_text() {
    let lines = texts_of(r"printf 'a\000b\377c\033[31m\td\r\n\302\233e\177\n'").await;
    assert_eq!(
        lines,
        ["a\u{2400}b\u{fffd}c\u{241b}[31m\td", "\u{fffd}e\u{2421}"]
    );
}

#[tokio::test]
async fn a_line_is_there_as_soon_as_it_was_written() {
    let mut running = guardian()
        .start(script("echo first; exec sleep 1000"))
        .await
        .expect("a guardian");
    assert_eq!(running.next_line().await.expect("a line").text, "first");
}

#[test]
fn a_line_of_exactly_the_limit_is_not_truncated_and_one_more_byte_is() {
    for (size, truncated) in [
        (LOG_LINE_LIMIT_BYTES, false),
        (LOG_LINE_LIMIT_BYTES + 1, true),
    ] {
        let lines = split(&[&vec![b'a'; size]]);
        assert_eq!(
            (lines[0].text.len(), lines[0].truncated),
            (LOG_LINE_LIMIT_BYTES, truncated)
        );
    }
}

#[test]
fn a_character_is_never_cut_in_two() {
    let lines = split(&[
        "ä".repeat(LOG_LINE_LIMIT_BYTES).as_bytes(),
        b"\n",
        "€".repeat(LOG_LINE_LIMIT_BYTES).as_bytes(),
    ]);
    assert_eq!(lines[0].text, "ä".repeat(LOG_LINE_LIMIT_BYTES / 2));
    assert_eq!(lines[1].text, "€".repeat(LOG_LINE_LIMIT_BYTES / 3));
}

fn split(chunks: &[&[u8]]) -> Vec<OutputLine> {
    let mut splitter = LineSplitter::new(OutputStream::Stdout);
    let mut lines = Vec::new();
    for chunk in chunks {
        let mut rest = *chunk;
        while let Some(line) = splitter.take_line(&mut rest) {
            lines.push(line);
        }
    }
    lines.extend(splitter.finish());
    lines
}

proptest! {
    #[test]
    fn where_the_chunks_end_makes_no_difference(
        text in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..400),
        cuts in prop::collection::vec(0..400_usize, 0..6),
    ) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let chunks: Vec<&[u8]> = cuts.windows(2).map(|cut| &text[cut[0]..cut[1]]).collect();
        prop_assert_eq!(split(&chunks), split(&[&text]));
    }

    #[test]
    fn no_line_holds_a_control_character_or_exceeds_the_limit(
        text in prop::collection::vec(any::<u8>(), 0..3 * LOG_LINE_LIMIT_BYTES),
    ) {
        for line in split(&[&text]) {
            prop_assert!(line.text.len() <= LOG_LINE_LIMIT_BYTES);
            prop_assert!(line.text.chars().all(|character| character == '\t' || !character.is_control()));
        }
    }
}
