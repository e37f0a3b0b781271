//! A server with people and rooms in a temporary directory.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use reqwest::{Client, Method};
use scaiwave_server::{
    Server, admin,
    clock::Clock,
    config::{Livekit, Settings},
    people, store,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{events::Events, sim_sfu::SimSfu};

pub const KEY: &str = "devkey";
pub const SECRET: &str = "a-secret-of-at-least-32-characters";
/// Nothing in these tests takes longer unless it hangs.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// Alice (100), Bob (50) and Carol (0) in the room "Team", Alice and Bob in a direct room; Dave is in neither.
pub struct World {
    pub sfu: Arc<SimSfu>,
    pub team: String,
    pub direct: String,
    /// What presence and typing go by.
    pub clock: people::Clock,
    settings: Settings,
    call_clock: Clock,
    server: Option<Server>,
    dir: TempDir,
}

/// Seeds for a test that plays with chance: few by default, as many as `SCAIWAVE_SOAK_SEEDS` says in a soak; one by
/// `SCAIWAVE_SEED`.
pub fn seeds(few: u64) -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    match number("SCAIWAVE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SCAIWAVE_SOAK_SEEDS").unwrap_or(few),
    }
}

/// Settings for a data directory, on a free port.
pub fn settings(dir: &TempDir, livekit_url: &str) -> Settings {
    let livekit = Livekit { url: livekit_url.parse().unwrap(), api_key: KEY.into(), api_secret: SECRET.into() };
    Settings {
        listen: "127.0.0.1:0".parse().unwrap(),
        server_name: "test.example".into(),
        reconcile: Duration::from_secs(3600),
        clock: people::Clock::stopped(),
        max_upload: 1 << 20,
        ..Settings::new(dir.path(), livekit)
    }
}

/// Adds the people and rooms; answers the ids of "Team" and the direct room.
pub async fn seed(dir: &TempDir) -> (String, String) {
    let store = store::open(dir.path()).await.unwrap();
    for (name, shown) in [("alice", "Alice"), ("bob", "Bob"), ("carol", "Carol"), ("dave", "Dave")] {
        admin::add_user(&store, name, shown, &format!("{name}'s password")).await.unwrap();
    }
    let members = ["alice:100", "bob:50", "carol"].map(str::to_owned);
    let team = admin::add_room(&store, "Team", &members).await.unwrap();
    let direct = admin::add_direct(&store, "alice", "bob").await.unwrap();
    store.close().await;
    let id = |answer: Value| answer["room_id"].as_str().unwrap().to_owned();
    (id(team), id(direct))
}

impl World {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(adjust: impl FnOnce(&mut Settings)) -> Self {
        Self::at(Clock::default(), adjust).await
    }

    /// With the calls on a given clock.
    pub async fn at(clock: Clock, adjust: impl FnOnce(&mut Settings)) -> Self {
        let dir = TempDir::new().unwrap();
        let (team, direct) = seed(&dir).await;
        let mut settings = settings(&dir, "ws://sfu.example:7880");
        adjust(&mut settings);
        let sfu = Arc::new(SimSfu::default());
        let server = Server::start_at(settings.clone(), sfu.clone(), clock.clone()).await.unwrap();
        let presence = settings.clock.clone();
        Self { sfu, team, direct, clock: presence, settings, call_clock: clock, server: Some(server), dir }
    }

    /// Stops the server and starts another one on the same data, on another port.
    pub async fn restart(&mut self) {
        self.restart_with(|_| {}).await;
    }

    /// The same with other settings.
    pub async fn restart_with(&mut self, adjust: impl FnOnce(&mut Settings)) {
        adjust(&mut self.settings);
        self.server.take().unwrap().stop().await;
        let server = Server::start_at(self.settings.clone(), self.sfu.clone(), self.call_clock.clone());
        self.server = Some(server.await.unwrap());
    }

    /// The same, with another clock.
    pub async fn restart_at(&mut self, clock: Clock) {
        self.call_clock = clock;
        self.restart().await;
    }

    /// Writes beside the server, as another process may.
    pub async fn sql(&self, statement: &str) {
        let url = format!("sqlite://{}/scaiwave.sqlite3", self.dir.path().display());
        let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
        sqlx::query(statement).execute(&pool).await.unwrap();
        pool.close().await;
    }

    /// Alice and Bob in a call in "Team", at the SFU as well; answers both, the call, and the SFU's room.
    pub async fn talking(&self) -> (User, User, String, String) {
        let (alice, bob) = (self.sign_in("alice").await, self.sign_in("bob").await);
        let mut events = alice.stream().await;
        let call = id_of(&alice.initiate(&self.team).await.ok());
        bob.call(&call, "join").await.ok();
        let room = format!("scaiwave-{call}");
        self.sfu.enter(&room, &alice.desk());
        self.sfu.enter(&room, &bob.desk());
        events.state(|call| device_of(call, &alice) == "joined" && device_of(call, &bob) == "joined").await;
        (alice, bob, call, room)
    }

    pub fn data_dir(&self) -> &Path {
        self.dir.path()
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.server.as_ref().unwrap().address)
    }

    /// Adds so many strangers to a room.
    pub async fn fill(&self, room: &str, people: u32) {
        let numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)";
        let people_too = "INSERT INTO participants (participant_id, tenant_id, local_id, display_name, created_at)";
        let members_too = "INSERT INTO members (room_id, participant_id, membership, power_level, joined_at)";
        let database = self.database().await;
        let query = format!("{people_too} {numbers} SELECT 's' || i, 'tenant-default', 's' || i, 'Stranger', 0 FROM n");
        sqlx::query(&query).bind(people).execute(&database).await.unwrap();
        let query = format!("{members_too} {numbers} SELECT ?2, 's' || i, 'join', 0, 0 FROM n");
        sqlx::query(&query).bind(people).bind(room).execute(&database).await.unwrap();
        database.close().await;
    }

    /// Whether a word stands in what is left of any event.
    pub async fn keeps(&self, word: &str) -> bool {
        let database = self.database().await;
        let query = "SELECT count(*) FROM events WHERE content LIKE ?1 OR original_content LIKE ?1";
        let found = sqlx::query_scalar::<_, i64>(query).bind(format!("%{word}%")).fetch_one(&database).await.unwrap();
        database.close().await;
        found > 0
    }

    async fn database(&self) -> sqlx::SqlitePool {
        let path = self.settings.data_dir.join("scaiwave.sqlite3");
        sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap()
    }

    /// Somebody without a token.
    pub fn nobody(&self) -> User {
        User { base: self.base(), token: String::new(), refresh_token: String::new(), id: String::new() }
    }

    pub async fn sign_in(&self, name: &str) -> User {
        sign_in(&self.base(), name).await
    }
}

/// Signs somebody in at a server.
pub async fn sign_in(base: &str, name: &str) -> User {
    let mut user =
        User { base: base.to_owned(), token: String::new(), refresh_token: String::new(), id: String::new() };
    let form = [("grant_type", "password"), ("username", name), ("password", &format!("{name}'s password"))];
    let answer = http().post(format!("{base}/v1/auth/token")).form(&form).send().await.unwrap();
    let body: Value = answer.json().await.unwrap();
    user.token = body["data"]["access_token"].as_str().unwrap().to_owned();
    user.refresh_token = body["data"]["refresh_token"].as_str().unwrap().to_owned();
    user.id = user.get("/v1/me").await.ok()["participant_id"].as_str().unwrap().to_owned();
    user
}

/// One client for all tests.
pub fn http() -> &'static Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
        // No pool: each test has its own runtime, and a connection dies with the runtime it was made in.
        Client::builder().pool_max_idle_per_host(0).timeout(PATIENCE).build().unwrap()
    })
}

/// Somebody signed in.
#[derive(Clone)]
pub struct User {
    pub base: String,
    pub token: String,
    pub refresh_token: String,
    pub id: String,
}

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub retry_after: Option<String>,
}

impl Answer {
    /// The data of a success.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.body["data"].clone()
    }

    /// Asserts a documented error; answers its message.
    #[track_caller]
    pub fn fails(&self, status: u16, code: &str) -> String {
        assert_eq!((self.status, self.body["error"]["code"].as_str()), (status, Some(code)), "{self:?}");
        self.body["error"]["message"].as_str().unwrap().to_owned()
    }
}

impl User {
    pub async fn send(&self, method: Method, path: &str, body: Option<String>) -> Answer {
        let mut request = http().request(method, format!("{}{path}", self.base));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let retry_after = response.headers().get("retry-after").map(|v| v.to_str().unwrap().to_owned());
        let text = response.text().await.unwrap();
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect(&text) };
        Answer { status, body, retry_after }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body.to_string())).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body.to_string())).await
    }

    pub async fn delete(&self, path: &str, body: Value) -> Answer {
        self.send(Method::DELETE, path, Some(body.to_string())).await
    }

    /// Writes a text into a room; answers the event.
    pub async fn say(&self, room: &str, text: &str) -> Value {
        let body = json!({ "content": { "msgtype": "swp.text", "body": text } });
        self.post(&format!("/v1/rooms/{room}/send"), body).await.ok()
    }

    /// `join`, `leave`, `archive`, … of a room.
    pub async fn room(&self, room: &str, verb: &str) -> Answer {
        self.send(Method::POST, &format!("/v1/rooms/{room}/{verb}"), None).await
    }

    /// `invite`, `kick`, `ban`, `unban` somebody.
    pub async fn act(&self, room: &str, verb: &str, whom: &User) -> Answer {
        self.post(&format!("/v1/rooms/{room}/{verb}"), json!({ "participant_id": whom.id })).await
    }

    /// Sets somebody's power level.
    pub async fn power(&self, room: &str, whom: &User, level: u64) -> Answer {
        self.put(&format!("/v1/rooms/{room}/members/{}/power", whom.id), json!({ "power_level": level })).await
    }

    /// Makes a public room.
    pub async fn public_room(&self, name: &str) -> String {
        let body = json!({ "room_type": "public", "name": name, "is_public": true });
        let room = self.post("/v1/rooms", body).await.ok();
        room["id"].as_str().unwrap().to_owned()
    }

    /// Starts a call (or joins the room's) on the device `desk`.
    pub async fn initiate(&self, room: &str) -> Answer {
        self.post("/v1/calls/initiate", json!({ "room_id": room, "type": "video", "device_id": "desk" })).await
    }

    /// `join`, `leave`, … of a call, on the device `desk`.
    pub async fn call(&self, call: &str, verb: &str) -> Answer {
        self.post(&format!("/v1/calls/{call}/{verb}"), json!({ "device_id": "desk" })).await
    }

    pub async fn look(&self, call: &str) -> Value {
        self.get(&format!("/v1/calls/{call}")).await.ok()
    }

    /// As this person's device `desk` is called at the SFU.
    pub fn desk(&self) -> String {
        format!("{}/desk", self.id)
    }

    /// What came since a position, without waiting; and where the stream stands then.
    pub async fn missed(&self, since: &Value) -> (Vec<Value>, Value) {
        let page = self.get(&format!("/v1/sync?since={since}&timeout=0&limit=500")).await.ok();
        (page["events"].as_array().unwrap().clone(), page["next_cursor"].clone())
    }

    pub async fn stream(&self) -> Events {
        let mut events = Events::open(&self.base, &self.token).await;
        events.next_of("hello").await;
        events
    }
}

/// The state of one person's invite in a call.
pub fn invite_of(call: &Value, who: &User) -> String {
    let invites = call["invites"].as_array().unwrap();
    let found = invites.iter().find(|i| i["participant_id"] == who.id.as_str()).expect("was not invited");
    found["state"].as_str().unwrap().to_owned()
}

/// The state of one person's device `desk` in a call.
pub fn device_of(call: &Value, who: &User) -> String {
    let devices = call["participants"].as_array().unwrap();
    let found = devices.iter().find(|d| d["participant_id"] == who.id.as_str()).expect("was never in");
    found["state"].as_str().unwrap().to_owned()
}

/// The id in an answer of `initiate`.
pub fn id_of(grant: &Value) -> String {
    grant["call_id"].as_str().unwrap().to_owned()
}
