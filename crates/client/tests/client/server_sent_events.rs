//! Reading the event stream format, whatever the chunks.

use gantry_client::server_sent_events::{Event, EventReader, EventTooLarge};
use proptest::prelude::*;

const LIMIT_BYTES: usize = 64;

fn read(chunks: &[&[u8]]) -> Result<Vec<Event>, EventTooLarge> {
    let mut reader = EventReader::new(LIMIT_BYTES);
    let mut events = Vec::new();
    for chunk in chunks {
        reader.receive(chunk);
        while let Some(event) = reader.next_event()? {
            events.push(event);
        }
    }
    Ok(events)
}

fn event(name: &str, data: &str) -> Event {
    Event {
        name: name.to_owned(),
        data: data.to_owned(),
    }
}

#[test]
fn an_event_has_a_name_and_data() {
    let events = read(&[b"event: line\ndata: {\"seq\":1}\n\n"]);
    assert_eq!(events, Ok(vec![event("line", "{\"seq\":1}")]));
}

#[test]
fn an_event_without_a_name_is_a_message() {
    assert_eq!(read(&[b"data:x\n\n"]), Ok(vec![event("message", "x")]));
}

#[test]
fn data_lines_are_joined_by_line_feeds() {
    let events = read(&[b"data: a\ndata\ndata:  b\n\n"]);
    assert_eq!(events, Ok(vec![event("message", "a\n\n b")]));
}

#[test]
fn comments_and_other_fields_say_nothing() {
    let events = read(&[b": heartbeat\n\nid: 1.2\nretry: 5\nwhatever\ndata: x\n\n"]);
    assert_eq!(events, Ok(vec![event("message", "x")]));
}

#[test]
fn a_name_without_data_is_forgotten() {
    let events = read(&[b"event: line\n\ndata: x\n\n"]);
    assert_eq!(events, Ok(vec![event("message", "x")]));
}

#[test]
fn a_byte_order_mark_at_the_start_is_skipped() {
    let events = read(&["\u{feff}data: x\n\n".as_bytes()]);
    assert_eq!(events, Ok(vec![event("message", "x")]));
}

#[test]
fn an_event_that_is_not_complete_is_not_told() {
    assert_eq!(read(&[b"data: x\n"]), Ok(vec![]));
}

#[test]
fn a_line_without_an_end_is_refused_at_the_limit() {
    let endless = [b'x'; LIMIT_BYTES + 1];
    let limit_bytes = LIMIT_BYTES;
    assert_eq!(read(&[&endless]), Err(EventTooLarge { limit_bytes }));
}

#[test]
fn an_event_of_endless_lines_is_refused_at_the_limit() {
    let chunks = [&b"data: 0123456789\n"[..]; LIMIT_BYTES / 10];
    let limit_bytes = LIMIT_BYTES;
    assert_eq!(read(&chunks), Err(EventTooLarge { limit_bytes }));
}

fn line_end() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("\n"), Just("\r\n"), Just("\r")]
}

/// An event, its text in a random spelling, with comments in between.
fn written_event() -> impl Strategy<Value = (Event, String)> {
    let name = "[a-z]{1,6}";
    let data = proptest::collection::vec("[ -~é–]{0,8}", 1..3);
    (name, data, line_end(), any::<bool>()).prop_map(|(name, data, end, has_comment)| {
        let mut text = format!("event: {name}{end}");
        for line in &data {
            text += &format!("data: {line}{end}");
        }
        if has_comment {
            text += &format!(": heartbeat{end}");
        }
        text += end;
        (event(&name, &data.join("\n")), text)
    })
}

proptest! {
    #[test]
    fn chunks_may_be_cut_anywhere(
        written in proptest::collection::vec(written_event(), 0..6),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let (events, texts): (Vec<Event>, Vec<String>) = written.into_iter().unzip();
        let bytes = texts.concat().into_bytes();
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        places.extend([0, bytes.len()]);
        places.sort_unstable();
        let chunks: Vec<&[u8]> = places.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(read(&chunks), Ok(events));
    }

    #[test]
    fn any_bytes_at_all_are_borne(chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..20)) {
        let chunks: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
        let _ = read(&chunks);
    }
}
