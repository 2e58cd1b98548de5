//! A stand-in for a transaction pooler at its worst: each transaction meets a session that another client has used.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The server's word that it is ready for the next query; its one byte tells whether a transaction is open.
const READY: u8 = b'Z';
const NO_TRANSACTION: &[u8] = b"I";
/// Messages of a client after which the server answers up to [`READY`]: a simple query, and a sync.
const ANSWERED: [u8; 2] = [b'Q', b'S'];
/// The server's messages about authentication.
const AUTHENTICATION: u8 = b'R';
/// The kinds of those after which the client does not answer: it is in, and its proof was accepted.
const UNANSWERED_AUTHENTICATIONS: [u32; 2] = [0, 12];
/// What a client asks before anything else when it would like TLS.
const TLS_REQUEST: u32 = 80_877_103;

/// How many statements the other client has left behind.
const FOREIGN_STATEMENTS: usize = 100;

/// Listens until it is dropped.
pub struct StandIn {
    pub port: u16,
    listening: JoinHandle<()>,
}

impl StandIn {
    pub async fn start(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = server.clone();
                // An end of either side ends the connection.
                tokio::spawn(async move { serve(client, &server).await });
            }
        });
        Self { port, listening }
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// One message: its letter, none for those that begin a connection, and what follows its length.
struct Message {
    letter: Option<u8>,
    body: Vec<u8>,
}

async fn serve(mut client: TcpStream, server: &str) -> io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    let start = loop {
        let start = read(&mut client, false).await?;
        if start.body != TLS_REQUEST.to_be_bytes() {
            break start;
        }
        client.write_all(b"N").await?;
    };
    let settings = String::from_utf8_lossy(&start.body);
    for refused in ["options", "extra_float_digits"] {
        if settings.split('\0').any(|setting| setting == refused) {
            return Err(io::Error::other(format!(
                "a pooler does not know {refused}"
            )));
        }
    }
    write(&mut server, &start).await?;
    log_in(&mut client, &mut server).await?;
    loop {
        let message = read(&mut client, true).await?;
        write(&mut server, &message).await?;
        if message
            .letter
            .is_some_and(|letter| ANSWERED.contains(&letter))
        {
            answer(&mut client, &mut server).await?;
        }
    }
}

async fn log_in(client: &mut TcpStream, server: &mut TcpStream) -> io::Result<()> {
    loop {
        let message = read(server, true).await?;
        write(client, &message).await?;
        match message.letter {
            Some(READY) => return Ok(()),
            Some(AUTHENTICATION) => {
                let kind = message
                    .body
                    .first_chunk()
                    .map(|kind| u32::from_be_bytes(*kind));
                if kind.is_some_and(|kind| !UNANSWERED_AUTHENTICATIONS.contains(&kind)) {
                    write(server, &read(client, true).await?).await?;
                }
            }
            _ => {}
        }
    }
}

/// Hands the answer on. Where it ends a transaction, the session is first left as another client would leave it.
async fn answer(client: &mut TcpStream, server: &mut TcpStream) -> io::Result<()> {
    loop {
        let message = read(server, true).await?;
        if message.letter == Some(READY) {
            if message.body == NO_TRANSACTION {
                let_another_client_use(server).await?;
            }
            return write(client, &message).await;
        }
        write(client, &message).await?;
    }
}

/// Nothing of this client is left, and statements of another one have the names this one would use next.
async fn let_another_client_use(server: &mut TcpStream) -> io::Result<()> {
    let prepare = |number| format!("PREPARE sqlx_s_{number} AS SELECT 1;");
    let statements: String = (1..=FOREIGN_STATEMENTS).map(prepare).collect();
    for sql in ["DISCARD ALL", &statements] {
        let mut body = sql.as_bytes().to_vec();
        body.push(0);
        let query = Message {
            letter: Some(b'Q'),
            body,
        };
        write(server, &query).await?;
        while read(server, true).await?.letter != Some(READY) {}
    }
    Ok(())
}

async fn read(from: &mut TcpStream, has_letter: bool) -> io::Result<Message> {
    let letter = if has_letter {
        Some(from.read_u8().await?)
    } else {
        None
    };
    let length = from.read_u32().await? as usize;
    let mut body = vec![0; length.saturating_sub(4)];
    from.read_exact(&mut body).await?;
    Ok(Message { letter, body })
}

async fn write(to: &mut TcpStream, message: &Message) -> io::Result<()> {
    let length = u32::try_from(message.body.len() + 4).map_err(io::Error::other)?;
    let mut bytes: Vec<u8> = message.letter.into_iter().collect();
    bytes.extend(length.to_be_bytes());
    bytes.extend(&message.body);
    to.write_all(&bytes).await
}
