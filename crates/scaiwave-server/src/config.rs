//! Settings, from the command line and `SCAIWAVE_*`, checked before anything starts.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use call_model::server::Timings;
use clap::Args;
use url::Url;

/// What `serve` is told. What has no default is empty here, so that its absence is named like every other mistake.
#[derive(Args, Debug)]
pub struct ServeArgs {
    /// Address to listen on; put a TLS proxy before it.
    #[arg(long, env = "SCAIWAVE_LISTEN", default_value = "127.0.0.1:8000")]
    pub listen: SocketAddr,
    /// Where database and signing key live.
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
    setting: &'static str,
    problem: String,
}

impl TryFrom<ServeArgs> for Settings {
    type Error = SettingError;

    fn try_from(args: ServeArgs) -> Result<Self, SettingError> {
        let bad = |setting, problem: &str| SettingError { setting, problem: problem.to_owned() };
        let needed = [
            ("SCAIWAVE_DATA_DIR", args.data_dir.is_empty()),
            ("SCAIWAVE_LIVEKIT_URL", args.livekit_url.is_empty()),
            ("SCAIWAVE_LIVEKIT_API_KEY", args.livekit_api_key.is_empty()),
            ("SCAIWAVE_LIVEKIT_API_SECRET", args.livekit_api_secret.is_empty()),
        ];
        if let Some((setting, _)) = needed.iter().find(|(_, missing)| *missing) {
            return Err(bad(setting, "is not set"));
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
        if !(1..=100).contains(&args.time_lapse) {
            return Err(bad("SCAIWAVE_TIME_LAPSE", "must be between 1 and 100"));
        }
        let name_ok = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
        if args.server_name.is_empty() || !args.server_name.chars().all(name_ok) {
            return Err(bad("SCAIWAVE_SERVER_NAME", "must be a host name such as calls.example.org"));
        }
        Ok(Self {
            listen: args.listen,
            data_dir: args.data_dir.into(),
            server_name: args.server_name,
            livekit: Livekit { url, api_key: args.livekit_api_key, api_secret: args.livekit_api_secret },
            timings: Timings { ring_ms: i64::from(args.ring_seconds) * 1000, ..Timings::default() }
                .faster(args.time_lapse),
            access_token: Duration::from_secs(args.access_token_seconds.into()),
            ping: Duration::from_secs(scaiwave_wire::PING_SECONDS),
            reconcile: Duration::from_secs(10) / args.time_lapse,
        })
    }
}
