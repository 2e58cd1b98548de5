//! Control signals: a worker hears which of its runs to end, and of no other worker's.

use gantry_domain::{JobId, WorkerId};
use gantry_queue::{CancelSignal, SignalReader};

use crate::fixture::{Fixture, SOON};

fn signal(worker_id: WorkerId, dispatch: u32) -> CancelSignal {
    CancelSignal {
        worker_id,
        job_id: JobId::generate(),
        dispatch,
    }
}

async fn heard(reader: &mut SignalReader, count: usize) -> Vec<CancelSignal> {
    let mut heard = Vec::new();
    while heard.len() < count {
        heard.extend(
            tokio::time::timeout(SOON, reader.read())
                .await
                .unwrap()
                .unwrap(),
        );
    }
    heard
}

#[tokio::test]
async fn signals_arrive_in_order_at_the_worker_they_are_for() {
    let fixture = Fixture::new().await;
    let (one, other) = (WorkerId::generate(), WorkerId::generate());
    let sent = [signal(one, 1), signal(other, 2), signal(one, 3)];
    fixture.queue.request_cancels(&sent).await.unwrap();
    let mut reader = SignalReader::new(&fixture.queue, one);
    assert_eq!(heard(&mut reader, 2).await, [sent[0], sent[2]]);
    let mut other = SignalReader::new(&fixture.queue, other);
    assert_eq!(heard(&mut other, 1).await, [sent[1]]);
}

#[tokio::test]
async fn a_waiting_reader_hears_at_once_and_each_signal_once() {
    let fixture = Fixture::new().await;
    let worker_id = WorkerId::generate();
    let mut reader = SignalReader::new(&fixture.queue, worker_id);
    for dispatch in 1..=3 {
        let sent = signal(worker_id, dispatch);
        let (heard, rung) = tokio::join!(
            heard(&mut reader, 1),
            fixture.queue.request_cancels(std::slice::from_ref(&sent))
        );
        rung.unwrap();
        assert_eq!(heard, [sent]);
    }
}

#[tokio::test]
async fn what_is_no_cancel_signal_is_passed_over() {
    let fixture = Fixture::new().await;
    let worker_id = WorkerId::generate();
    let key = format!("{}:control:{worker_id}", fixture.prefix);
    for fields in [
        "v 2 pause all",
        "v 1 cancel nothing dispatch 1",
        "v 1 cancel x",
    ] {
        let _: String = fixture.command(&format!("XADD {key} * {fields}")).await;
    }
    let sent = signal(worker_id, 1);
    fixture.queue.request_cancels(&[sent]).await.unwrap();
    let mut reader = SignalReader::new(&fixture.queue, worker_id);
    assert_eq!(heard(&mut reader, 1).await, [sent]);
}

#[tokio::test]
async fn signals_that_nobody_reads_stay_few_and_go_away() {
    let fixture = Fixture::new().await;
    let worker_id = WorkerId::generate();
    for dispatch in 0..1_300 {
        fixture
            .queue
            .request_cancels(&[signal(worker_id, dispatch)])
            .await
            .unwrap();
    }
    let key = format!("{}:control:{worker_id}", fixture.prefix);
    let kept: u64 = fixture.command(&format!("XLEN {key}")).await;
    assert!((1_000..1_200).contains(&kept), "{kept}");
    let seconds: i64 = fixture.command(&format!("TTL {key}")).await;
    assert!(seconds > 0);
}
