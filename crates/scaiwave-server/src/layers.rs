//! Where settings come from: command line before environment before file before default. clap knows the first two and the last; the
//! file slips in beneath them by taking the defaults' place, so a setting is declared once, as a field with `#[arg(env)]`.
//!
//! A setting whose environment value is hidden (`hide_env_values`) is a secret: it may also come from a file of its own, named by the
//! setting with `_FILE` behind it, and is never shown.

use std::{
    collections::BTreeMap,
    error::Error as _,
    ffi::OsString,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches, error::ContextKind, parser::ValueSource};

/// Larger files are no configuration.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Why the program does not start.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// clap's own: usage, help, version.
    #[error(transparent)]
    Usage(#[from] clap::Error),
    /// A setting cannot be used; says which, where it was set and why.
    #[error("{0}")]
    Setting(String),
}

/// What was parsed, and where each setting came from.
#[derive(Debug)]
pub struct Parsed<T> {
    /// The command line with everything beneath it.
    pub args: T,
    /// Where from.
    pub layers: Layers,
}

/// Where each setting of the chosen command came from.
#[derive(Debug)]
pub struct Layers {
    command: Command,
    matches: ArgMatches,
    file: Option<PathBuf>,
    keys: Values,
}

/// Values by the setting's name in the file.
type Values = BTreeMap<String, Vec<String>>;

/// Parses the command line of `T`, whose global argument `config` names the file; `settings` is the subcommand that has all settings.
pub fn parse<T: CommandFactory + FromArgMatches>(
    args: impl IntoIterator<Item = OsString>,
    settings: &str,
) -> Result<Parsed<T>, ParseError> {
    let args: Vec<OsString> = args.into_iter().collect();
    let plain = T::command().mut_subcommands(with_secret_files);
    let early = plain.clone().ignore_errors(true).try_get_matches_from(&args);
    let file = early.ok().and_then(|early| early.try_get_one::<PathBuf>("config").ok().flatten().cloned());
    let mut keys = match &file {
        Some(file) => read(file, plain.find_subcommand(settings))?,
        None => Values::new(),
    };
    let mut layers = Layers::over(plain.clone(), &args, &file, keys.clone())?;
    let secrets = layers.secrets_in_files()?;
    if !secrets.is_empty() {
        keys.extend(secrets);
        layers = Layers::over(plain, &args, &file, keys)?;
    }
    Ok(Parsed { args: T::from_arg_matches(&layers.matches)?, layers })
}

/// Adds `--x-file` beside each secret `--x`.
fn with_secret_files(command: Command) -> Command {
    let secrets: Vec<Arg> = command.get_arguments().filter(|arg| is_secret(arg)).cloned().collect();
    secrets.iter().fold(command, |command, secret| {
        let (id, env) = (secret.get_id().as_str(), variable(secret));
        let file = Arg::new(format!("{id}_file"))
            .long(format!("{}-file", id.replace('_', "-")))
            .env(format!("{env}_FILE"))
            .value_name("FILE")
            .help(format!("A file that holds {env}"));
        command.arg(file)
    })
}

fn is_secret(arg: &Arg) -> bool {
    arg.is_hide_env_values_set()
}

/// As the setting is called in the environment, which is how errors call it.
fn variable(arg: &Arg) -> String {
    arg.get_env().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Reads a configuration file; only known settings pass.
fn read(file: &Path, settings: Option<&Command>) -> Result<Values, ParseError> {
    let wrong = |problem: String| ParseError::Setting(format!("{}: {problem}", file.display()));
    let size = std::fs::metadata(file).map_err(|e| wrong(format!("cannot be read: {e}")))?.len();
    if size > MAX_FILE_BYTES {
        return Err(wrong("is too large for a configuration file".into()));
    }
    let text = std::fs::read_to_string(file).map_err(|e| wrong(format!("cannot be read: {e}")))?;
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| {
        let line = e.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        // Not the whole error: it quotes the line, which may hold a secret.
        wrong(format!("line {line}: {}", e.message()))
    })?;
    let known: Vec<&str> = settings
        .iter()
        .flat_map(|c| c.get_arguments())
        .filter(|a| a.get_env().is_some())
        .map(|a| a.get_id().as_str())
        .collect();
    let mut values = Values::new();
    for (key, value) in table {
        if !known.contains(&&*key) {
            return Err(wrong(format!("`{key}` is no setting{}", suggestion(&key, &known))));
        }
        let text = words(value)
            .ok_or_else(|| wrong(format!("`{key}` must be text, a number, true or false, or a list of them")))?;
        values.insert(key, text);
    }
    Ok(values)
}

fn suggestion(key: &str, known: &[&str]) -> String {
    let key = key.to_lowercase().replace('-', "_");
    let likeness = |name: &&&str| strsim::jaro_winkler(&key, name);
    let best = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    best.filter(|name| likeness(name) > 0.8).map_or_else(
        || "; `scaiwave-server check-config` lists all".to_owned(),
        |name| format!("; did you mean `{name}`?"),
    )
}

fn words(value: toml::Value) -> Option<Vec<String>> {
    match value {
        toml::Value::String(text) => Some(vec![text]),
        toml::Value::Integer(number) => Some(vec![number.to_string()]),
        toml::Value::Float(number) => Some(vec![number.to_string()]),
        toml::Value::Boolean(yes) => Some(vec![yes.to_string()]),
        toml::Value::Array(items) => {
            items.into_iter().map(words).collect::<Option<Vec<_>>>().map(|words| words.concat())
        }
        toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}

impl Layers {
    fn over(plain: Command, args: &[OsString], file: &Option<PathBuf>, keys: Values) -> Result<Self, ParseError> {
        let beneath = |arg: Arg| match keys.get(arg.get_id().as_str()) {
            Some(values) => arg.required(false).default_values(values.clone()),
            None => arg,
        };
        let command = plain.mut_subcommands(|command| command.mut_args(beneath));
        let matches = command.clone().try_get_matches_from(args);
        let matches = matches.map_err(|e| explain(e, command.clone(), args, file.as_deref(), &keys))?;
        let chosen =
            matches.subcommand_name().and_then(|name| command.find_subcommand(name)).unwrap_or(&command).clone();
        Ok(Self { command: chosen, matches, file: file.clone(), keys })
    }

    fn chosen(&self) -> &ArgMatches {
        self.matches.subcommand().map_or(&self.matches, |(_, inner)| inner)
    }

    /// Reads the secrets that are in files of their own.
    fn secrets_in_files(&self) -> Result<Values, ParseError> {
        let mut secrets = Values::new();
        for secret in self.command.get_arguments().filter(|arg| is_secret(arg)) {
            let (id, env) = (secret.get_id().as_str(), variable(secret));
            let Some(path) = self.chosen().get_one::<String>(&format!("{id}_file")) else { continue };
            if !matches!(self.origin(id), Origin::Default) {
                return Err(ParseError::Setting(format!("{env}_FILE: {env} is set as well; keep one of them")));
            }
            let text = std::fs::read_to_string(path)
                .map_err(|e| ParseError::Setting(format!("{env}_FILE: cannot read {path}: {e}")))?;
            secrets.insert(id.to_owned(), vec![text.trim_end_matches(['\r', '\n']).to_owned()]);
        }
        Ok(secrets)
    }

    fn origin(&self, id: &str) -> Origin<'_> {
        match self.chosen().value_source(id) {
            Some(ValueSource::CommandLine) => Origin::CommandLine,
            Some(ValueSource::EnvVariable) => Origin::Environment,
            Some(_) | None => match (self.keys.contains_key(id), &self.file) {
                (true, Some(file)) => Origin::File(file),
                _ => Origin::Default,
            },
        }
    }

    /// An error about a setting, with where it was set.
    pub fn blame(&self, setting: &str, problem: &str) -> ParseError {
        let arg = self.command.get_arguments().find(|arg| variable(arg) == setting);
        let origin = arg.map_or(Origin::Default, |arg| self.origin(arg.get_id().as_str()));
        ParseError::Setting(format!("{setting}{}: {problem}", origin.in_brackets(arg)))
    }

    /// All settings with their values and where they come from, in the form of a configuration file; secrets are hidden.
    pub fn effective(&self) -> String {
        let mut shown = String::new();
        for arg in self.command.get_arguments().filter(|arg| arg.get_env().is_some()) {
            let id = arg.get_id().as_str();
            let values: Vec<String> =
                self.chosen().get_raw(id).into_iter().flatten().map(|v| v.to_string_lossy().into_owned()).collect();
            if id.ends_with("_file") && values.is_empty() {
                continue;
            }
            let value = match &*values {
                [] => "[]".to_owned(),
                [value] if is_secret(arg) && !value.is_empty() => "\"(hidden)\"".to_owned(),
                [value] => quoted(value),
                many => format!("[{}]", many.iter().map(|value| quoted(value)).collect::<Vec<_>>().join(", ")),
            };
            let _ = writeln!(shown, "{:<48} # {}", format!("{id} = {value}"), self.origin(id));
        }
        shown
    }
}

/// JSON's quotes are TOML's as well.
fn quoted(value: &str) -> String {
    let bare = value.parse::<f64>().is_ok_and(f64::is_finite) || matches!(value, "true" | "false");
    if bare { value.to_owned() } else { serde_json::Value::from(value).to_string() }
}

/// Where a value came from.
enum Origin<'a> {
    CommandLine,
    Environment,
    File(&'a Path),
    Default,
}

impl std::fmt::Display for Origin<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::CommandLine => f.write_str("command line"),
            Self::Environment => f.write_str("environment"),
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

impl Origin<'_> {
    fn in_brackets(&self, arg: Option<&Arg>) -> String {
        let id = arg.map_or("", |arg| arg.get_id().as_str());
        match self {
            Self::CommandLine => format!(" (--{} on the command line)", id.replace('_', "-")),
            Self::Environment => " (set in the environment)".to_owned(),
            Self::File(file) => format!(" ({id} in {})", file.display()),
            Self::Default => String::new(),
        }
    }
}

/// Says of a value that clap refused which setting it is of and where it was set; everything else clap says better itself.
fn explain(e: clap::Error, mut command: Command, args: &[OsString], file: Option<&Path>, keys: &Values) -> ParseError {
    let (Some(cause), Some(shown)) = (e.source().map(ToString::to_string), e.get(ContextKind::InvalidArg)) else {
        return ParseError::Usage(e);
    };
    let shown = shown.to_string();
    command.build();
    let is_it = |arg: &&Arg| arg.get_env().is_some() && arg.to_string() == shown;
    let of = |command: &Command| command.get_arguments().find(is_it).cloned();
    let Some(arg) = command.get_subcommands().find_map(of) else { return ParseError::Usage(e) };
    let id = arg.get_id().as_str();
    let flag = format!("--{}", id.replace('_', "-"));
    let given = |word: &OsString| word.to_str().is_some_and(|w| w == flag || w.starts_with(&format!("{flag}=")));
    let origin = match (args.iter().any(given), std::env::var_os(variable(&arg)), file) {
        (true, ..) => Origin::CommandLine,
        (false, Some(_), _) => Origin::Environment,
        (false, None, Some(file)) if keys.contains_key(id) => Origin::File(file),
        (false, None, _) => Origin::Default,
    };
    let value = e.get(ContextKind::InvalidValue).map(|value| format!(" {:?}", value.to_string())).unwrap_or_default();
    ParseError::Setting(format!("{}{}: invalid value{value}: {cause}", variable(&arg), origin.in_brackets(Some(&arg))))
}
