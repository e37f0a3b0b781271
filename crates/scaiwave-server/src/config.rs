//! Settings, from the command line, `SCAIWAVE_*` and a file (see [`crate::layers`]), checked before anything starts. A new setting is a
//! field of [`ServeArgs`], with its name in the environment, and a field of [`Settings`]; nothing else knows of it.

mod sign_in;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use axum::http::HeaderValue;
use call_model::server::Timings;
use clap::Args;
use url::Url;

pub use sign_in::{Oidc, SignIn};

use crate::{limits::Limits, people::Clock};

/// What `serve` is told. What has no default is empty here, so that its absence is named like every other mistake.
#[derive(Args, Debug)]
pub struct ServeArgs {
    /// Address to listen on; put a TLS proxy before it.
    #[arg(long, env = "SCAIWAVE_LISTEN", default_value = "127.0.0.1:8000")]
    pub listen: SocketAddr,
    /// Where database, signing key and files live.
    #[arg(long, env = "SCAIWAVE_DATA_DIR", default_value = "", hide_default_value = true)]
    pub data_dir: String,
    /// The right half of `@name:server`.
    #[arg(long, env = "SCAIWAVE_SERVER_NAME", default_value = "localhost")]
    pub server_name: String,
    /// The SFU, as clients reach it.
    #[arg(long, env = "SCAIWAVE_LIVEKIT_URL", default_value = "", hide_default_value = true)]
    pub livekit_url: String,
    /// The SFU's API key.
    #[arg(long, env = "SCAIWAVE_LIVEKIT_API_KEY", default_value = "", hide_default_value = true)]
    pub livekit_api_key: String,
    /// The SFU's API secret.
    #[arg(
        long,
        env = "SCAIWAVE_LIVEKIT_API_SECRET",
        default_value = "",
        hide_default_value = true,
        hide_env_values = true
    )]
    pub livekit_api_secret: String,
    /// How long a call rings.
    #[arg(long, env = "SCAIWAVE_RING_SECONDS", default_value_t = 45)]
    pub ring_seconds: u32,
    /// How long an access token lasts.
    #[arg(long, env = "SCAIWAVE_ACCESS_TOKEN_SECONDS", default_value_t = 3600)]
    pub access_token_seconds: u32,
    /// How long a message can be edited.
    #[arg(long, env = "SCAIWAVE_EDIT_WINDOW_SECONDS", default_value_t = 86_400)]
    pub edit_window_seconds: u32,
    /// How people sign in: `password`, `oidc`, `mock`, or several with commas.
    #[arg(long, env = "SCAIWAVE_AUTH_MODE", default_value = "password")]
    pub auth_mode: String,
    /// The identity provider, exactly as it calls itself.
    #[arg(long, env = "SCAIWAVE_OIDC_ISSUER", default_value = "", hide_default_value = true)]
    pub oidc_issuer: String,
    /// Where the provider describes itself, if not below its issuer.
    #[arg(long, env = "SCAIWAVE_OIDC_DISCOVERY_URL", default_value = "", hide_default_value = true)]
    pub oidc_discovery_url: String,
    /// Who this server is at the provider.
    #[arg(long, env = "SCAIWAVE_OIDC_CLIENT_ID", default_value = "", hide_default_value = true)]
    pub oidc_client_id: String,
    /// The client's secret; public clients have none.
    #[arg(
        long,
        env = "SCAIWAVE_OIDC_CLIENT_SECRET",
        default_value = "",
        hide_default_value = true,
        hide_env_values = true
    )]
    pub oidc_client_secret: String,
    /// This server as browsers reach it; `/v1/auth/login` below it is registered at the provider.
    #[arg(long, env = "SCAIWAVE_PUBLIC_URL", default_value = "", hide_default_value = true)]
    pub public_url: String,
    /// Web pages that may use the API and the stream, as origins with commas.
    #[arg(long, env = "SCAIWAVE_CORS_ORIGINS", default_value = "", hide_default_value = true)]
    pub cors_origins: String,
    /// The largest file that can be uploaded, in MB.
    #[arg(long, env = "SCAIWAVE_MAX_UPLOAD_MB", default_value_t = 100)]
    pub max_upload_mb: u32,
    /// What is logged, for example `info` or `scaiwave_server=debug`.
    #[arg(long, env = "SCAIWAVE_LOG", default_value = "info")]
    pub log: String,
    /// How much the server takes.
    #[command(flatten)]
    pub limits: Limits,
    /// For tests: the timers of a call run this many times faster.
    #[arg(long, env = "SCAIWAVE_TIME_LAPSE", default_value_t = 1, hide = true)]
    pub time_lapse: u32,
}

/// Checked settings of a server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where database and signing key live.
    pub data_dir: PathBuf,
    /// The right half of `@name:server`.
    pub server_name: String,
    /// The SFU.
    pub livekit: Livekit,
    /// Timers of a call.
    pub timings: Timings,
    /// How long an access token lasts.
    pub access_token: Duration,
    /// How often the stream is pinged; without an answer until the next one the socket is closed.
    pub ping: Duration,
    /// How often the SFU is asked about each live call.
    pub reconcile: Duration,
    /// How long a message can be edited.
    pub edit_window: Duration,
    /// How people sign in.
    pub sign_in: SignIn,
    /// Web pages that may use the API and the stream.
    pub cors_origins: Vec<HeaderValue>,
    /// What presence and typing go by.
    pub clock: Clock,
    /// The largest file that can be uploaded, in bytes.
    pub max_upload: u64,
    /// How long a signed address of a file is good.
    pub signed_url: Duration,
    /// How much the server takes.
    pub limits: Limits,
}

impl Settings {
    /// What holds where nothing else is said.
    pub fn new(data_dir: impl Into<PathBuf>, livekit: Livekit) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8000)),
            data_dir: data_dir.into(),
            server_name: "localhost".into(),
            livekit,
            timings: Timings::default(),
            access_token: Duration::from_secs(3600),
            ping: Duration::from_secs(scaiwave_wire::PING_SECONDS),
            reconcile: Duration::from_secs(10),
            edit_window: Duration::from_secs(24 * 3600),
            sign_in: SignIn::default(),
            cors_origins: Vec::new(),
            clock: Clock::default(),
            max_upload: 100 << 20,
            signed_url: Duration::from_secs(5 * 60),
            limits: Limits::default(),
        }
    }
}

/// How the SFU is reached.
#[derive(Clone)]
pub struct Livekit {
    /// As clients reach it.
    pub url: Url,
    /// API key.
    pub api_key: String,
    /// API secret.
    pub api_secret: String,
}

impl std::fmt::Debug for Livekit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Livekit")
            .field("url", &self.url.as_str())
            .field("api_key", &self.api_key)
            .finish_non_exhaustive()
    }
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{setting}: {problem}")]
pub struct SettingError {
    /// Its name in the environment.
    pub setting: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

impl SettingError {
    fn new(setting: &'static str, problem: impl Into<String>) -> Self {
        Self { setting, problem: problem.into() }
    }
}

impl TryFrom<ServeArgs> for Settings {
    type Error = SettingError;

    fn try_from(args: ServeArgs) -> Result<Self, SettingError> {
        let bad = |setting, problem: &str| SettingError::new(setting, problem);
        let needed = [
            ("SCAIWAVE_DATA_DIR", args.data_dir.is_empty()),
            ("SCAIWAVE_LIVEKIT_URL", args.livekit_url.is_empty()),
            ("SCAIWAVE_LIVEKIT_API_KEY", args.livekit_api_key.is_empty()),
            ("SCAIWAVE_LIVEKIT_API_SECRET", args.livekit_api_secret.is_empty()),
        ];
        if let Some((setting, _)) = needed.iter().find(|(_, missing)| *missing) {
            return Err(bad(setting, "is not set; give it on the command line, in the environment or in the file"));
        }
        let url = Url::parse(&args.livekit_url).map_err(|e| {
            bad("SCAIWAVE_LIVEKIT_URL", &format!("{e}; expected something like wss://livekit.example.org"))
        })?;
        if !matches!(url.scheme(), "ws" | "wss" | "http" | "https") {
            return Err(bad("SCAIWAVE_LIVEKIT_URL", "must begin with ws:// or wss://"));
        }
        if !(1..=120).contains(&args.ring_seconds) {
            return Err(bad("SCAIWAVE_RING_SECONDS", "must be between 1 and 120"));
        }
        if !(1..=86_400).contains(&args.access_token_seconds) {
            return Err(bad("SCAIWAVE_ACCESS_TOKEN_SECONDS", "must be between 1 and 86400"));
        }
        if !(1..=10_240).contains(&args.max_upload_mb) {
            return Err(bad("SCAIWAVE_MAX_UPLOAD_MB", "must be between 1 and 10240"));
        }
        if !(1..=100).contains(&args.time_lapse) {
            return Err(bad("SCAIWAVE_TIME_LAPSE", "must be between 1 and 100"));
        }
        let name_ok = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
        if args.server_name.is_empty() || !args.server_name.chars().all(name_ok) {
            return Err(bad("SCAIWAVE_SERVER_NAME", "must be a host name such as calls.example.org"));
        }
        let sign_in = sign_in::sign_in(&args)?;
        let cors_origins = sign_in::cors_origins(&args.cors_origins)?;
        let livekit = Livekit { url, api_key: args.livekit_api_key, api_secret: args.livekit_api_secret };
        let usual = Self::new(args.data_dir, livekit);
        Ok(Self {
            listen: args.listen,
            server_name: args.server_name,
            timings: Timings { ring_ms: i64::from(args.ring_seconds) * 1000, ..Timings::default() }
                .faster(args.time_lapse),
            access_token: Duration::from_secs(args.access_token_seconds.into()),
            reconcile: usual.reconcile / args.time_lapse,
            edit_window: Duration::from_secs(args.edit_window_seconds.into()),
            sign_in,
            cors_origins,
            max_upload: u64::from(args.max_upload_mb) << 20,
            limits: args.limits,
            ..usual
        })
    }
}
