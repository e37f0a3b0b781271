//! A bad way from the SFU to the server: webhooks get lost, come twice, late and therefore out of order, by a seed.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use anyhow::{Context, Result};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::{net::TcpListener, time::sleep};

use crate::{beside, block_on};

/// What is late is so late at most.
const LATE_MS: u64 = 8000;

/// Takes the SFU's webhooks in the server's place and passes them on, more or less.
#[derive(Clone)]
pub struct Proxy {
    address: SocketAddr,
    inner: Arc<Inner>,
}

struct Inner {
    server: OnceLock<String>,
    dice: Mutex<StdRng>,
    fates: Mutex<Vec<String>>,
}

impl Proxy {
    /// Listens; nothing is passed on before [`Proxy::pass_on_to`].
    pub fn start(seed: u64) -> Result<Self> {
        let inner =
            Inner { server: OnceLock::new(), dice: StdRng::seed_from_u64(seed).into(), fates: Mutex::default() };
        let inner = Arc::new(inner);
        let listener = block_on(TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        let router = Router::new().fallback(take).with_state(inner.clone());
        beside(async {
            // ends with the tests
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, inner })
    }

    /// Where the SFU is to send its webhooks.
    pub fn url(&self) -> String {
        format!("http://{}/webhook", self.address)
    }

    /// The server whose webhooks these are.
    pub fn pass_on_to(&self, server_url: &str) -> Result<()> {
        self.inner.server.set(format!("{server_url}/v1/calls/webhook")).ok().context("passes on to a server already")
    }

    /// What became of each webhook so far.
    pub fn fates(&self) -> Vec<String> {
        self.inner.fates.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl Inner {
    /// When a webhook is to arrive: once for each delay, never if there is none.
    fn roll(&self, body: &[u8]) -> Vec<u64> {
        let mut dice = self.dice.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut late = || dice.random_range(0..LATE_MS);
        let delays = match late() * 4 / LATE_MS {
            0 => Vec::new(),
            1 => vec![late()],
            2 => vec![0, late()],
            _ => vec![0],
        };
        let event: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let fate = format!("{} {}: after {delays:?} ms", event["event"], event["participant"]["identity"]);
        self.fates.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(fate);
        delays
    }
}

/// Takes a webhook; the SFU believes that it has arrived.
async fn take(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let Some(server) = inner.server.get().cloned() else { return StatusCode::SERVICE_UNAVAILABLE };
    let Some(signature) = headers.get(AUTHORIZATION).cloned() else { return StatusCode::UNAUTHORIZED };
    for delay in inner.roll(&body) {
        let request = reqwest::Client::new().post(&server).header(AUTHORIZATION, signature.clone()).body(body.clone());
        beside(async move {
            sleep(Duration::from_millis(delay)).await;
            // a server that is gone does not get it
            let _ = request.send().await;
        });
    }
    StatusCode::OK
}
