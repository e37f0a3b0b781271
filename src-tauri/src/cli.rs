//! The command line.

use std::{io, path::PathBuf};

use call_session::{AudioInput, AudioOutput, MediaSetup, VideoInput};
use clap::Parser;

/// A native desktop client for calls in ScaiWave rooms.
#[derive(Parser, Debug)]
#[command(name = "scaiwave-calls", version)]
pub(crate) struct Cli {
    /// Waits for a ring without a window.
    #[arg(long)]
    pub(crate) background: bool,
    /// Keeps settings, sign-in and the single running instance apart from other profiles.
    #[arg(long, value_name = "DIR")]
    pub(crate) profile: Option<PathBuf>,
    /// Signs in at start; the password comes from the standard input.
    #[arg(long, num_args = 2, value_names = ["URL", "NAME"], requires = "password_stdin")]
    sign_in: Option<Vec<String>>,
    /// Reads the password for `--sign-in` from the standard input, one line.
    #[arg(long, requires = "sign_in")]
    password_stdin: bool,
    /// Where the camera's picture comes from: pattern, device, none or file:PATH (Y4M).
    #[arg(long, default_value = "device", value_name = "SOURCE", value_parser = camera)]
    camera: VideoInput,
    /// Where the microphone's sound comes from: tone, tone:HZ, device, none or file:PATH (WAV).
    #[arg(long, default_value = "device", value_name = "SOURCE", value_parser = microphone)]
    microphone: AudioInput,
    /// Where sound goes: device or null.
    #[arg(long, default_value = "device", value_name = "SINK", value_parser = speaker)]
    speaker: AudioOutput,
    /// Appends the moments of each call to a file, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
}

/// Who to sign in at start. Not `Debug`: the password never reaches a log.
pub(crate) struct SignIn {
    pub(crate) server: String,
    pub(crate) username: String,
    pub(crate) password: String,
}

impl Cli {
    /// Where sound and picture come from and go to.
    pub(crate) fn media(&self) -> MediaSetup {
        MediaSetup {
            microphone: self.microphone.clone(),
            speaker: self.speaker.clone(),
            camera: self.camera.clone(),
            ..MediaSetup::default()
        }
    }

    /// Whether the ringtone may be played.
    pub(crate) fn has_speaker(&self) -> bool {
        self.speaker != AudioOutput::Null
    }

    /// Reads the password if somebody is to be signed in.
    pub(crate) fn sign_in(&self) -> io::Result<Option<SignIn>> {
        let Some([server, username]) = self.sign_in.as_deref() else { return Ok(None) };
        let mut password = String::new();
        io::stdin().read_line(&mut password)?;
        let password = password.trim_end_matches(['\r', '\n']).to_owned();
        Ok(Some(SignIn { server: server.clone(), username: username.clone(), password }))
    }
}

fn camera(source: &str) -> Result<VideoInput, String> {
    match source {
        "pattern" => Ok(call_media::protocol::PATTERN),
        "device" => Ok(VideoInput::Device { id: None }),
        "none" => Ok(VideoInput::None),
        _ => match source.strip_prefix("file:") {
            Some(path) => Ok(VideoInput::File { path: path.into() }),
            None => Err("use pattern, device, none or file:PATH".into()),
        },
    }
}

fn microphone(source: &str) -> Result<AudioInput, String> {
    match source.split_once(':').unwrap_or((source, "")) {
        ("tone", "") => Ok(AudioInput::Tone { frequency: 440 }),
        ("tone", frequency) => match frequency.parse() {
            Ok(frequency @ 20..=20_000) => Ok(AudioInput::Tone { frequency }),
            _ => Err("a tone has 20 to 20000 Hz".into()),
        },
        ("device", "") => Ok(AudioInput::Device { id: None }),
        ("none", "") => Ok(AudioInput::None),
        ("file", path) if !path.is_empty() => Ok(AudioInput::File { path: path.into() }),
        _ => Err("use tone, tone:HZ, device, none or file:PATH".into()),
    }
}

fn speaker(sink: &str) -> Result<AudioOutput, String> {
    match sink {
        "device" => Ok(AudioOutput::Device { id: None }),
        "null" => Ok(AudioOutput::Null),
        _ => Err("use device or null".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_named_on_the_command_line() {
        let cli =
            Cli::try_parse_from(["app", "--camera", "file:a:b.y4m", "--microphone", "tone:660", "--speaker", "null"])
                .expect("valid");
        let media = cli.media();
        assert_eq!(media.camera, VideoInput::File { path: "a:b.y4m".into() });
        assert_eq!(media.microphone, AudioInput::Tone { frequency: 660 });
        assert!(!cli.has_speaker());
    }

    #[test]
    fn nonsense_is_refused() {
        for arguments in [["app", "--camera", "file"], ["app", "--microphone", "tone:0"], ["app", "--speaker", "loud"]]
        {
            assert!(Cli::try_parse_from(arguments).is_err(), "{arguments:?}");
        }
        assert!(
            Cli::try_parse_from(["app", "--sign-in", "http://h", "alice"]).is_err(),
            "the password's place is missing"
        );
    }
}
