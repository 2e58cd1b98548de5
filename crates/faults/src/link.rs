//! A TCP link that can be cut while both ends stay alive.

use std::mem;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;
use url::Url;

const BUFFER_BYTES: usize = 64 * 1024;

/// Which ways the link carries bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Carrying {
    BothWays,
    /// Only towards the server: it hears everything, and nobody hears its answers.
    OnlyThere,
    Nothing,
}

/// A link to one server. What it does not carry waits, as on a network without a route; no connection breaks by itself.
#[derive(Debug)]
pub struct Link {
    url: String,
    carrying: Arc<Mutex<watch::Sender<Carrying>>>,
    /// Keeps the connections of before open, which carry nothing any more.
    silenced: Mutex<Vec<watch::Sender<Carrying>>>,
    connections: Arc<AtomicUsize>,
    breaking: broadcast::Sender<()>,
    listening: JoinHandle<()>,
}

impl Link {
    /// A link to the server that `url` names.
    pub async fn to(url: &str) -> Self {
        let mut url = Url::parse(url).expect("a server's address is a URL");
        let port = url.port().expect("a private server has a port");
        let server = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address");
        url.set_port(Some(address.port()))
            .expect("the URL can have a port");
        let carrying = Arc::new(Mutex::new(watch::Sender::new(Carrying::BothWays)));
        let connections = Arc::new(AtomicUsize::new(0));
        let breaking = broadcast::Sender::new(1);
        let listening = tokio::spawn(listen(
            listener,
            server,
            Arc::clone(&carrying),
            Arc::clone(&connections),
            breaking.clone(),
        ));
        Self {
            url: url.into(),
            carrying,
            silenced: Mutex::default(),
            connections,
            breaking,
            listening,
        }
    }

    /// The server's address by way of this link.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many connections were ever asked for.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Lets every connection there is die without a word: it carries nothing any more and never breaks. New ones work.
    pub fn silence(&self) {
        let mut carrying = lock(&self.carrying);
        carrying.send_replace(Carrying::Nothing);
        let fresh = watch::Sender::new(Carrying::BothWays);
        lock(&self.silenced).push(mem::replace(&mut *carrying, fresh));
    }

    /// Carries nothing any more, and breaks nothing.
    pub fn cut(&self) {
        self.carry(Carrying::Nothing);
    }

    /// Carries what is sent to the server, and none of its answers.
    pub fn lose_answers(&self) {
        self.carry(Carrying::OnlyThere);
    }

    /// Carries everything again, what had waited included.
    pub fn mend(&self) {
        self.carry(Carrying::BothWays);
    }

    /// Breaks every connection, with whatever had waited in it, and carries new ones.
    pub fn break_connections(&self) {
        // Nobody listens when there is no connection.
        let _ = self.breaking.send(());
        self.mend();
    }

    fn carry(&self, carrying: Carrying) {
        lock(&self.carrying).send_replace(carrying);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.listening.abort();
        self.break_connections();
    }
}

fn lock<Value>(value: &Mutex<Value>) -> MutexGuard<'_, Value> {
    // Nothing panics while it holds the lock.
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn listen(
    listener: TcpListener,
    server: SocketAddr,
    carrying: Arc<Mutex<watch::Sender<Carrying>>>,
    connections: Arc<AtomicUsize>,
    breaking: broadcast::Sender<()>,
) {
    while let Ok((client, _)) = listener.accept().await {
        connections.fetch_add(1, Ordering::Relaxed);
        let carrying = lock(&carrying).subscribe();
        let mut broken = breaking.subscribe();
        tokio::spawn(async move {
            tokio::select! {
                () = connect(client, server, carrying) => {}
                _ = broken.recv() => {}
            }
        });
    }
}

/// Ends when both sides have; a side that closes closes the other.
async fn connect(client: TcpStream, server: SocketAddr, carrying: watch::Receiver<Carrying>) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let there = carry(from_client, to_server, carrying.clone(), |carrying| {
        carrying != Carrying::Nothing
    });
    let back = carry(from_server, to_client, carrying, |carrying| {
        carrying == Carrying::BothWays
    });
    tokio::join!(there, back);
}

async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut carrying: watch::Receiver<Carrying>,
    is_carried: fn(Carrying) -> bool,
) {
    let mut buffer = vec![0; BUFFER_BYTES];
    while let Ok(length) = from.read(&mut buffer).await {
        let is_open = carrying
            .wait_for(|carrying| is_carried(*carrying))
            .await
            .is_ok();
        if length == 0 || !is_open || to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
    // A peer that is gone needs no good-bye.
    let _ = to.shutdown().await;
}
