//! Command line before environment before file before default, and errors that say where to look.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::program::{Ended, admin, program, run};

struct Config {
    dir: TempDir,
    file: PathBuf,
}

impl Config {
    fn new(text: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let file = dir.path().join("scaiwave.toml");
        std::fs::write(&file, text).unwrap();
        Self { dir, file }
    }

    /// `check-config` with more arguments and environment.
    async fn check(&self, args: &[&str], env: &[(&str, &str)]) -> Ended {
        let mut command = program(self.dir.path());
        command.arg("check-config").args(args).env("SCAIWAVE_CONFIG", &self.file).envs(env.iter().copied());
        run(command, "").await
    }
}

/// The line of a setting: its value and where it comes from.
fn line<'a>(ended: &'a Ended, setting: &str) -> (&'a str, &'a str) {
    assert_eq!(ended.code, 0, "{ended:?}");
    let found = ended.out.lines().find_map(|line| line.strip_prefix(&format!("{setting} = ")));
    let (value, origin) = found.unwrap_or_else(|| panic!("no {setting} in {ended:?}")).split_once(" # ").unwrap();
    (value.trim(), origin)
}

#[tokio::test]
async fn the_file_lies_beneath_environment_and_command_line() {
    let config =
        Config::new("ring_seconds = 30\ntrusted_proxies = [\"10.0.0.1\", \"192.168.0.0/16\"]\nlisten = \"[::1]:1\"\n");
    let file = config.file.to_str().unwrap().to_owned();
    let ended = config.check(&[], &[]).await;
    assert_eq!(line(&ended, "ring_seconds"), ("30", &*file));
    assert_eq!(line(&ended, "trusted_proxies"), ("[\"10.0.0.1\", \"192.168.0.0/16\"]", &*file));
    assert_eq!(line(&ended, "access_token_seconds"), ("3600", "default"));
    assert_eq!(line(&ended, "listen"), ("\"127.0.0.1:0\"", "environment"));
    let ended = config.check(&[], &[("SCAIWAVE_RING_SECONDS", "31")]).await;
    assert_eq!(line(&ended, "ring_seconds"), ("31", "environment"));
    let ended = config.check(&["--ring-seconds", "32"], &[("SCAIWAVE_RING_SECONDS", "31")]).await;
    assert_eq!(line(&ended, "ring_seconds"), ("32", "command line"));
    // The flag names another file than the environment does, before or after the command.
    let other = config.dir.path().join("other.toml");
    std::fs::write(&other, "ring_seconds = 33").unwrap();
    let ended = config.check(&["--config", other.to_str().unwrap()], &[]).await;
    assert_eq!(line(&ended, "ring_seconds").0, "33");
}

#[tokio::test]
async fn what_is_printed_is_a_configuration_file_without_secrets() {
    let config = Config::new("livekit_url = \"wss://sfu.example\"");
    let ended = config.check(&[], &[]).await;
    let printed: toml::Table = ended.out.parse().expect(&ended.out);
    assert_eq!(printed["livekit_api_secret"].as_str(), Some("(hidden)"));
    assert!(!ended.out.contains(crate::world::SECRET));
    assert_eq!(printed["livekit_api_key"].as_str(), Some(crate::world::KEY));
}

#[tokio::test]
async fn an_error_names_the_setting_and_where_it_was_set() {
    for (text, args, env, says) in [
        ("ring_seconds = 500", &[][..], &[][..], "SCAIWAVE_RING_SECONDS (ring_seconds in "),
        ("ring_seconds = \"soon\"", &[], &[], "SCAIWAVE_RING_SECONDS (ring_seconds in "),
        ("", &[], &[("SCAIWAVE_RING_SECONDS", "0")], "SCAIWAVE_RING_SECONDS (set in the environment): "),
        (
            "",
            &[],
            &[("SCAIWAVE_RING_SECONDS", "x")],
            "SCAIWAVE_RING_SECONDS (set in the environment): invalid value \"x\"",
        ),
        ("", &["--ring-seconds=x"], &[], "SCAIWAVE_RING_SECONDS (--ring-seconds on the command line): "),
        ("ring_secs = 30", &[], &[], "`ring_secs` is no setting; did you mean `ring_seconds`?"),
        ("RingSeconds = 30", &[], &[], "`RingSeconds` is no setting; did you mean `ring_seconds`?"),
        ("zzz = 30", &[], &[], "`zzz` is no setting; `scaiwave-server check-config` lists all"),
        ("[livekit]\nurl = \"x\"", &[], &[], "`livekit` is no setting"),
        ("listen = { a = 1 }", &[], &[], "`listen` must be text"),
        ("listen = ", &[], &[], "scaiwave.toml: line 1: "),
        ("", &["--config", "/no/such/file"], &[], "/no/such/file: cannot be read"),
    ] {
        let config = Config::new(text);
        let ended = config.check(args, env).await;
        assert!(ended.code == 2 && ended.err.contains(says), "{text} {args:?} {env:?}: {ended:?}");
    }
}

#[tokio::test]
async fn a_broken_file_does_not_show_the_secrets_in_it() {
    let config = Config::new("livekit_api_secret = \"hush hush");
    let ended = config.check(&[], &[]).await;
    assert!(ended.code == 2 && ended.err.contains("line 1") && !ended.err.contains("hush"), "{ended:?}");
}

#[tokio::test]
async fn a_secret_may_come_from_a_file_of_its_own() {
    let config = Config::new("");
    let secret = config.dir.path().join("secret");
    std::fs::write(&secret, "a-secret-in-a-file-of-its-own\n").unwrap();
    let with = |text: &str| std::fs::write(&config.file, text).unwrap();
    let check = async || {
        let mut command = program(config.dir.path());
        command.arg("check-config").env("SCAIWAVE_CONFIG", &config.file);
        command.env_remove("SCAIWAVE_LIVEKIT_API_SECRET");
        command
    };
    let missing = run(check().await, "").await;
    assert!(missing.code == 2 && missing.err.contains("SCAIWAVE_LIVEKIT_API_SECRET: is not set"), "{missing:?}");
    let mut command = check().await;
    command.env("SCAIWAVE_LIVEKIT_API_SECRET_FILE", &secret);
    assert_eq!(line(&run(command, "").await, "livekit_api_secret").0, "\"(hidden)\"");
    with(&format!("livekit_api_secret_file = {secret:?}"));
    assert_eq!(line(&run(check().await, "").await, "livekit_api_secret").0, "\"(hidden)\"");
    let mut both = check().await;
    both.env("SCAIWAVE_LIVEKIT_API_SECRET", "x");
    let both = run(both, "").await;
    assert!(both.code == 2 && both.err.contains("SCAIWAVE_LIVEKIT_API_SECRET is set as well"), "{both:?}");
    with("livekit_api_secret_file = \"/no/such/file\"");
    let unreadable = run(check().await, "").await;
    assert!(unreadable.code == 2 && unreadable.err.contains("/no/such/file"), "{unreadable:?}");
}

#[tokio::test]
async fn the_admin_commands_read_the_same_file() {
    let config = Config::new("");
    std::fs::write(&config.file, format!("data_dir = {:?}", config.dir.path())).unwrap();
    let mut command = program(config.dir.path());
    command.env_remove("SCAIWAVE_DATA_DIR").args(["admin", "--config"]).arg(&config.file).arg("list-users");
    let ended = run(command, "").await;
    assert_eq!((ended.code, &*ended.out), (0, "none\n"), "{ended:?}");
    admin(config.dir.path(), &["list-users"], "").await.unwrap();
}
