//! A signed-in device as a good client is one: requests are tried again, the stream is opened again and what was missed fetched by
//! `sync`.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::Trace;
use crate::{
    events::Events,
    user::{Answer, User},
    world::PATIENCE,
};

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(30);

/// One device of a person.
pub struct Device {
    pub user: User,
    /// `alice/desk`
    pub name: String,
    pub seen: Arc<Mutex<Seen>>,
    stream: JoinHandle<()>,
    trace: Trace,
}

/// What a device knows from stream and `sync`.
#[derive(Default)]
pub struct Seen {
    /// The timeline: event ids by position, each with the number of times it came by the stream.
    pub timeline: BTreeMap<u64, String>,
    /// How often each call rang.
    pub rings: HashMap<String, usize>,
    /// How often the stream was opened.
    pub opened: usize,
}

impl Seen {
    fn keep(&mut self, event: &Value) {
        if let (Some(position), Some(id)) = (event["stream_position"].as_u64(), event["id"].as_str()) {
            let known = self.timeline.insert(position, id.to_owned());
            assert!(known.is_none_or(|known| known == id), "two events at position {position}");
        }
        if event["type"] == "swp.call.invite" {
            *self.rings.entry(event["call"]["call_id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.stream.abort();
    }
}

impl Device {
    pub async fn start(base: &str, person: &str, device: &str, trace: &Trace) -> Self {
        let name = format!("{person}/{device}");
        trace.request();
        let user = loop {
            match User::try_sign_in(base, person).await {
                Ok(user) => break user,
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        };
        trace.note(format!("{name} signed in"));
        let seen = Arc::<Mutex<Seen>>::default();
        let stream = tokio::spawn(follow(user.clone(), name.clone(), seen.clone(), trace.clone()));
        Self { user, name, seen, stream, trace: trace.clone() }
    }

    /// As this device is called at the server.
    fn device(&self) -> &str {
        self.name.split_once('/').unwrap().1
    }

    /// Asks until the server answers; anything but an expected status is a failure.
    async fn ask(&self, method: Method, path: &str, body: Option<Value>, expected: &[u16]) -> Answer {
        let began = Instant::now();
        self.trace.request();
        loop {
            let request = self.user.request(method.clone(), path);
            let request = if let Some(body) = &body { request.json(body) } else { request };
            match Answer::of(request).await {
                Ok(answer) => {
                    self.trace.note(format!("{}: {method} {path} -> {}", self.name, answer.status));
                    assert!(expected.contains(&answer.status), "{method} {path}: {} {}", answer.status, answer.text);
                    return answer;
                }
                Err(e) if began.elapsed() > PATIENCE => panic!("{method} {path}: {e}"),
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    pub async fn get(&self, path: &str) -> Value {
        self.ask(Method::GET, path, None, &[200]).await.ok()
    }

    /// Writes a text; answers the event's id. Tried again with the same `event_uuid`.
    pub async fn say(&self, room: &str, text: &str) -> String {
        let content = json!({ "msgtype": "swp.text", "body": text });
        let body = json!({ "content": content, "event_uuid": uuid::Uuid::new_v4() });
        let answer = self.ask(Method::POST, &format!("/v1/rooms/{room}/send"), Some(body), &[200, 201]).await;
        answer.ok()["id"].as_str().unwrap().to_owned()
    }

    /// Starts a call, or joins the room's; answers the grant.
    pub async fn initiate(&self, room: &str) -> Value {
        let body = json!({ "room_id": room, "type": "audio", "device_id": self.device() });
        self.ask(Method::POST, "/v1/calls/initiate", Some(body), &[200, 201]).await.ok()
    }

    /// `join`, `leave`, `reject`, `end`; null if the call was over.
    pub async fn call(&self, call: &str, verb: &str) -> Value {
        let body = json!({ "device_id": self.device() });
        let path = format!("/v1/calls/{call}/{verb}");
        let answer = self.ask(Method::POST, &path, Some(body), &[200, 410]).await;
        if answer.status == 410 { Value::Null } else { answer.ok() }
    }

    /// Waits until the call rings here, or for so long.
    pub async fn rung(&self, call: &str, at_most: Duration) {
        let began = Instant::now();
        while began.elapsed() < at_most && !self.seen.lock().rings.contains_key(call) {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Keeps the stream open, for ever.
async fn follow(user: User, name: String, seen: Arc<Mutex<Seen>>, trace: Trace) {
    loop {
        if let Ok(mut events) = Events::open(&user.base, &user.token).await {
            while let Some(event) = events.try_next().await {
                if event["type"] == "hello" {
                    seen.lock().opened += 1;
                    trace.note(format!("{name}: hello at {}", event["stream_position"]));
                    if catch_up(&user, &seen).await.is_none() {
                        break;
                    }
                }
                seen.lock().keep(&event);
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Fetches what is newer than the last known position; `None` if the server went away meanwhile.
async fn catch_up(user: &User, seen: &Mutex<Seen>) -> Option<()> {
    loop {
        let since = seen.lock().timeline.last_key_value().map_or(0, |(position, _)| *position);
        let path = format!("/v1/sync?since={since}&limit=5&timeout=0");
        let page = Answer::of(user.request(Method::GET, &path)).await.ok()?.ok();
        let mut seen = seen.lock();
        page["events"].as_array().unwrap().iter().for_each(|event| seen.keep(event));
        if page["has_more"] == false {
            return Some(());
        }
    }
}
