//! The command line.

use std::{ffi::OsString, time::Duration};

use call_media::protocol::{AudioInput, AudioOutput, AudioProcessing, MediaSetup, PATTERN, VideoInput};
use call_model::CallType;
use clap::{Args, Command, CommandFactory, FromArgMatches, Parser, ValueEnum};

use crate::swarm::SwarmOptions;

/// What is asked for: one person, by arguments alone, or the subcommand `swarm`.
pub(crate) enum Cli {
    Person(Options),
    Swarm(SwarmOptions),
}

impl Cli {
    /// Reads the command line; ends the process where it is wrong or asks for help.
    pub(crate) fn parse() -> Self {
        Self::read(std::env::args_os()).unwrap_or_else(|error| error.exit())
    }

    fn read(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Result<Self, clap::Error> {
        let swarm = SwarmOptions::augment_args(Command::new("swarm"));
        let mut command = Options::command()
            .args_conflicts_with_subcommands(true)
            .subcommand_negates_reqs(true)
            .disable_help_subcommand(true)
            .subcommand(swarm);
        let matches = command.try_get_matches_from_mut(arguments)?;
        let read = match matches.subcommand_matches("swarm") {
            Some(matches) => SwarmOptions::from_arg_matches(matches).map(Self::Swarm),
            None => Options::from_arg_matches(&matches).map(Self::Person),
        };
        read.map_err(|error| error.format(&mut command))
    }
}

/// A person at a call without a window. The password is the first line of standard input.
#[derive(Clone, Debug, Parser)]
#[command(name = "call-agent", version)]
pub(crate) struct Options {
    /// Address of the ScaiWave server.
    #[arg(long, value_name = "URL")]
    pub(crate) server: String,
    /// Name to sign in by.
    #[arg(long, value_name = "NAME")]
    pub(crate) user: String,
    /// Says that the password comes on standard input, the only way it is taken.
    #[arg(long, required = true)]
    password_stdin: bool,
    #[command(flatten)]
    pub(crate) task: Task,
    /// What to send: pattern, pattern:1280x720@30, tone, tone:440, file:PATH (.wav is heard, .y4m is seen). Nothing: listen only.
    #[arg(long, value_name = "SOURCE,…", value_delimiter = ',', value_parser = source)]
    publish: Vec<Source>,
    /// Start the call as audio or video; by default video if a picture is sent.
    #[arg(long = "type", value_name = "TYPE")]
    call_type: Option<Kind>,
    /// Stay this long, counted from being connected, then leave; otherwise until the call ends.
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    pub(crate) stay: Option<Duration>,
    /// How to go when the time is over.
    #[arg(long, value_name = "HOW", default_value = "leave")]
    pub(crate) depart: Departure,
    /// With --answer or --reject: let it ring this long first.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    pub(crate) after: Duration,
    /// With --call: hang up if nobody has answered by then.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) give_up: Option<Duration>,
    /// With --answer or --reject: wait this long for a ring.
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration)]
    pub(crate) wait: Duration,
    /// Ask for the others' pictures at this size.
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "640x360", value_parser = size)]
    pub(crate) view: (u32, u32),
    /// Print what was seen and heard at the end as one JSON object on one line of standard output.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) report: ReportFormat,
    /// Print a JSON line on standard output for each thing that happens, as it happens.
    #[arg(long)]
    pub(crate) events: bool,
}

#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Task {
    /// Call this room (id or name), or join its running call.
    #[arg(long, value_name = "ROOM")]
    pub(crate) call: Option<String>,
    /// Wait for a ring and answer it.
    #[arg(long)]
    pub(crate) answer: bool,
    /// Wait for a ring and reject it.
    #[arg(long)]
    pub(crate) reject: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Audio,
    Video,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Departure {
    /// The call goes on for the others.
    Leave,
    /// End it for everyone.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    Text,
    Json,
}

/// Something to send.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    Sound(AudioInput),
    Picture(VideoInput),
}

impl Options {
    /// Where sound and picture come from; of each kind, the last one named.
    pub(crate) fn media(&self) -> MediaSetup {
        let mut media = MediaSetup {
            microphone: AudioInput::None,
            speaker: AudioOutput::Null,
            camera: VideoInput::None,
            processing: AudioProcessing::default(),
        };
        for source in self.publish.clone() {
            match source {
                Source::Sound(sound) => media.microphone = sound,
                Source::Picture(picture) => media.camera = picture,
            }
        }
        media
    }

    pub(crate) fn sends_sound(&self) -> bool {
        self.publish.iter().any(|source| matches!(source, Source::Sound(_)))
    }

    pub(crate) fn sends_picture(&self) -> bool {
        self.publish.iter().any(|source| matches!(source, Source::Picture(_)))
    }

    pub(crate) fn call_type(&self) -> CallType {
        match self.call_type {
            Some(Kind::Audio) => CallType::Audio,
            Some(Kind::Video) => CallType::Video,
            None if self.sends_picture() => CallType::Video,
            None => CallType::Audio,
        }
    }
}

fn source(text: &str) -> Result<Source, String> {
    let (name, detail) = text.split_once(':').map_or((text, None), |(name, detail)| (name, Some(detail)));
    match (name, detail) {
        ("pattern", None) => Ok(Source::Picture(PATTERN)),
        ("pattern", Some(detail)) => {
            let (sides, fps) = detail.split_once('@').unwrap_or((detail, "30"));
            let (width, height) = size(sides)?;
            let fps = fps.parse().ok().filter(|fps| (1..=60).contains(fps)).ok_or("1 to 60 frames a second, please")?;
            Ok(Source::Picture(VideoInput::Pattern { width, height, fps }))
        }
        ("tone", detail) => {
            let frequency = detail.unwrap_or("440").parse().ok().filter(|hertz| (50..=8000).contains(hertz));
            Ok(Source::Sound(AudioInput::Tone { frequency: frequency.ok_or("a tone of 50 to 8000 Hz, please")? }))
        }
        ("file", Some(path)) if path.ends_with(".wav") => Ok(Source::Sound(AudioInput::File { path: path.into() })),
        ("file", Some(path)) if path.ends_with(".y4m") => Ok(Source::Picture(VideoInput::File { path: path.into() })),
        ("file", _) => Err("a file must be a .wav or a .y4m".into()),
        _ => Err("send pattern, tone or file:PATH".into()),
    }
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let side = |text: &str| text.parse().ok().filter(|side| (16..=4096).contains(side) && side % 2 == 0);
    text.split_once('x')
        .and_then(|(width, height)| Some((side(width)?, side(height)?)))
        .ok_or_else(|| "a size is like 640x360, each side even and 16 to 4096".into())
}

pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let number: f64 = digits.parse().map_err(|_| "a time is like 30s, 500ms or 2m")?;
    let seconds = match &text[digits.len()..] {
        "ms" => number / 1000.0,
        "" | "s" => number,
        "m" => number * 60.0,
        "h" => number * 3600.0,
        unit => return Err(format!("“{unit}” is no unit: use ms, s, m or h")),
    };
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|time| *time <= Duration::from_secs(7 * 24 * 3600))
        .ok_or_else(|| "between 0 and a week, please".into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parse(arguments: &str) -> Result<Options, clap::Error> {
        let always = "call-agent --server http://127.0.0.1:1 --user alice --password-stdin";
        match Cli::read(always.split(' ').chain(arguments.split_whitespace()))? {
            Cli::Person(options) => Ok(options),
            Cli::Swarm(_) => panic!("a swarm"),
        }
    }

    fn parse_swarm(arguments: &str) -> Result<SwarmOptions, clap::Error> {
        match Cli::read("call-agent swarm".split(' ').chain(arguments.split_whitespace()))? {
            Cli::Person(_) => panic!("one person"),
            Cli::Swarm(options) => Ok(options),
        }
    }

    #[test]
    fn the_documented_line() {
        let options = parse("--call Team --publish pattern,tone:660 --for 30s --report json").unwrap();
        assert_eq!(options.task.call.as_deref(), Some("Team"));
        assert_eq!(options.stay, Some(Duration::from_secs(30)));
        assert_eq!(options.report, ReportFormat::Json);
        assert_eq!(options.call_type(), CallType::Video);
        let media = options.media();
        assert_eq!((media.camera, media.microphone), (PATTERN, AudioInput::Tone { frequency: 660 }));
        assert_eq!(media.speaker, AudioOutput::Null);
    }

    #[test]
    fn nothing_to_send_is_listen_only() {
        let options = parse("--answer").unwrap();
        assert_eq!((options.media().camera, options.media().microphone), (VideoInput::None, AudioInput::None));
        assert_eq!(options.call_type(), CallType::Audio);
        assert!(!options.sends_sound() && !options.sends_picture());
    }

    #[test]
    fn files_go_by_their_ending() {
        let options = parse("--answer --publish file:/a/voice.wav,file:/a/b.y4m").unwrap();
        assert_eq!(options.media().microphone, AudioInput::File { path: "/a/voice.wav".into() });
        assert_eq!(options.media().camera, VideoInput::File { path: "/a/b.y4m".into() });
    }

    #[test]
    fn exactly_one_task_and_the_password_on_stdin() {
        assert!(parse("").is_err());
        assert!(parse("--answer --reject").is_err());
        assert!(parse("--call Team --answer").is_err());
        assert!(Cli::read(["call-agent", "--server", "x", "--user", "y", "--answer"]).is_err());
        assert!(Cli::read(["call-agent"]).is_err());
    }

    #[test]
    fn a_swarm_is_told_where_and_who() {
        let options = parse_swarm("--server http://127.0.0.1:1 --users people.jsonl --listeners 7 --for 5s").unwrap();
        assert_eq!((options.starters, options.joiners, options.listeners), (0, 0, 7));
        assert_eq!(options.lasts, Duration::from_secs(5));
        parse_swarm("--state-file target/stack.json --starters 2 --report json").unwrap();
        for bad in [
            "--listeners 7",
            "--server http://127.0.0.1:1 --listeners 7",
            "--users people.jsonl --listeners 7",
            "--state-file a --server http://127.0.0.1:1 --users b",
            "--state-file a --at-once 0",
            "--state-file a --user alice",
        ] {
            assert!(parse_swarm(bad).is_err(), "{bad}");
        }
        let both = "call-agent --server http://127.0.0.1:1 --user alice --password-stdin --answer swarm --state-file a";
        assert!(Cli::read(both.split(' ')).is_err());
    }

    #[test]
    fn what_cannot_be_sent_or_measured_is_refused() {
        for bad in [
            "--publish video",
            "--publish tone:10",
            "--publish tone:x",
            "--publish file:",
            "--publish file:x.mp4",
            "--publish pattern:641x360",
            "--publish pattern:640x360@0",
            "--for soon",
            "--for -1s",
            "--for 5y",
            "--view 640",
        ] {
            assert!(parse(&format!("--answer {bad}")).is_err(), "{bad}");
        }
    }

    #[test]
    fn times() {
        for (text, milliseconds) in [("500ms", 500), ("30s", 30_000), ("30", 30_000), ("1.5s", 1_500), ("2m", 120_000)]
        {
            assert_eq!(duration(text).unwrap(), Duration::from_millis(milliseconds), "{text}");
        }
    }
}
