use call_model::ParticipantId;
use jiff::civil::Time;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error},
};

use crate::{Features, PresenceStatus};

/// `GET /v1/me`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Me {
    /// The caller.
    pub participant_id: ParticipantId,
    /// The local name.
    #[cfg_attr(feature = "schema", schemars(example = &"alice"))]
    pub local_id: String,
    /// `@local_id:server_name`.
    #[cfg_attr(feature = "schema", schemars(example = &"@alice:calls.example.org"))]
    pub fqid: String,
    /// As others see the caller.
    #[cfg_attr(feature = "schema", schemars(example = &"Alice Adams"))]
    pub display_name: String,
    /// May be unset.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(example = &"alice@example.org"))]
    pub email: Option<String>,
    /// May be unset.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(example = &"https://calls.example.org/alice.png"))]
    pub avatar_url: Option<String>,
    /// A few words about oneself; may be unset.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub bio: Option<String>,
    /// The reference server has no workspaces: null.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub personal_workspace_id: Option<String>,
    /// The reference server has no roles: empty.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [[]])))]
    pub roles: Vec<String>,
    /// The reference server has no groups: empty.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [[]])))]
    pub groups: Vec<String>,
    /// As the caller sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<PresenceStatus>,
    /// The caller's tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<Tenant>,
}

/// A tenant, as its people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tenant {
    /// The claim `tenant_id` of its tokens.
    #[cfg_attr(feature = "schema", schemars(example = &"tenant-default"))]
    pub id: String,
    /// Short name.
    #[cfg_attr(feature = "schema", schemars(example = &"default"))]
    pub slug: String,
    /// Name.
    #[cfg_attr(feature = "schema", schemars(example = &"Example"))]
    pub name: String,
    /// Flags.
    #[serde(default)]
    pub features: Features,
}

/// `PUT /v1/me`: what is absent stays; null clears.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MeUpdate {
    /// 1 to 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 200), example = &"Alice Adams"))]
    pub display_name: Option<String>,
    /// At most 2,000 characters.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = 2000), example = &"Likes short meetings."))]
    pub bio: Option<Option<String>>,
    /// An `https` address of at most 2,048 characters.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = 2048), example = &"https://calls.example.org/alice.png"))]
    pub avatar_url: Option<Option<String>>,
}

/// Tells a field that is null from one that is absent.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// `GET /v1/me/preferences`. The defaults are ours where the vendor names none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Preferences {
    /// The language of the interface.
    pub locale: Locale,
    /// A name of the time zone database.
    pub timezone: String,
    /// How times are written.
    pub time_format: TimeFormat,
    /// How AIs answer; the vendor lists no values.
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub ai_response_mode: Option<String>,
    /// How AIs take part; the vendor lists no values.
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub ai_engagement_mode: Option<String>,
    /// What one is notified of in rooms that set nothing themselves.
    pub default_mode: NotifyOf,
    /// When notifications are silent.
    pub quiet_hours: QuietHours,
    /// Words that notify like a mention.
    #[cfg_attr(feature = "schema", schemars(example = ["release"]))]
    pub keyword_alerts: Vec<String>,
    /// When a room counts as read.
    pub read_marker_mode: ReadMarkerMode,
    /// Notify on devices.
    pub push: bool,
    /// Notify by mail.
    pub email: bool,
    /// Where to, if not the address of the sign-in.
    #[cfg_attr(feature = "schema", schemars(example = &"alice@example.org"))]
    pub email_address: Option<String>,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            locale: Locale::En,
            timezone: "UTC".into(),
            time_format: TimeFormat::H24,
            ai_response_mode: None,
            ai_engagement_mode: None,
            default_mode: NotifyOf::Mentions,
            quiet_hours: QuietHours::default(),
            keyword_alerts: Vec::new(),
            read_marker_mode: ReadMarkerMode::Leave,
            push: true,
            email: false,
            email_address: None,
        }
    }
}

/// A language of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Locale {
    /// English.
    En,
    /// Dutch.
    Nl,
    /// German.
    De,
}

/// How times are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum TimeFormat {
    /// 2:30 pm
    #[serde(rename = "12h")]
    H12,
    /// 14:30
    #[serde(rename = "24h")]
    H24,
}

/// What one is notified of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NotifyOf {
    /// Every message.
    All,
    /// Mentions.
    Mentions,
    /// Nothing.
    None,
}

/// When a room counts as read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReadMarkerMode {
    /// When one leaves it.
    Leave,
    /// When one has scrolled to its end.
    Scroll,
}

/// When notifications are silent, in the time zone of the preferences. From `end` on they are not; a span that passes midnight belongs
/// to the day on which it began, and one that ends when it begins lasts the whole day (ours).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct QuietHours {
    /// Whether there are any.
    pub enabled: bool,
    /// `HH:MM`.
    pub start: TimeOfDay,
    /// `HH:MM`.
    pub end: TimeOfDay,
    /// Only on Monday to Friday.
    pub weekdays_only: bool,
    /// Only on Saturday and Sunday.
    pub weekends_only: bool,
}

impl Default for QuietHours {
    fn default() -> Self {
        let at = |hour| TimeOfDay(Time::constant(hour, 0, 0, 0));
        Self { enabled: false, start: at(22), end: at(7), weekdays_only: false, weekends_only: false }
    }
}

/// `HH:MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("pattern" = "^([01][0-9]|2[0-3]):[0-5][0-9]$", "examples" = ["22:30"])))]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(#[cfg_attr(feature = "schema", schemars(with = "String"))] pub Time);

impl TryFrom<String> for TimeOfDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let digits = |part: &str| {
            let two = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
            part.parse::<u8>().ok().filter(|_| two)
        };
        text.split_once(':')
            .and_then(|(hour, minute)| Some((digits(hour)? as i8, digits(minute)? as i8)))
            .and_then(|(hour, minute)| Time::new(hour, minute, 0, 0).ok())
            .map(Self)
            .ok_or_else(|| "expected a time such as 22:30".into())
    }
}

impl From<TimeOfDay> for String {
    fn from(TimeOfDay(time): TimeOfDay) -> Self {
        format!("{:02}:{:02}", time.hour(), time.minute())
    }
}

/// A struct from nothing but an object; by itself serde would take an array of its fields as well.
fn object<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Option<T>, D::Error> {
    let fields = Option::<serde_json::Map<String, serde_json::Value>>::deserialize(from)?;
    fields.map(|fields| T::deserialize(serde_json::Value::Object(fields)).map_err(D::Error::custom)).transpose()
}

/// `PUT /v1/me/preferences`: what is absent stays; null clears what can be unset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct PreferencesUpdate {
    /// See [`Preferences`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    /// A name of the time zone database.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = 64), example = &"Europe/Amsterdam"))]
    pub timezone: Option<String>,
    /// See [`Preferences`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_format: Option<TimeFormat>,
    /// At most 64 characters.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 64), extend("examples" = [null])))]
    pub ai_response_mode: Option<Option<String>>,
    /// At most 64 characters.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 64), extend("examples" = [null])))]
    pub ai_engagement_mode: Option<Option<String>>,
    /// See [`Preferences`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_mode: Option<NotifyOf>,
    /// Merged field by field as well.
    #[serde(deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<QuietHoursUpdate>,
    /// At most 50 words of at most 64 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = 50), example = ["release"]))]
    pub keyword_alerts: Option<Vec<String>>,
    /// See [`Preferences`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_marker_mode: Option<ReadMarkerMode>,
    /// See [`Preferences`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push: Option<bool>,
    /// See [`Preferences`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<bool>,
    /// An address of at most 254 characters.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = 254), example = &"alice@example.org"))]
    pub email_address: Option<Option<String>>,
}

/// See [`QuietHours`]; what is absent stays. Not both of `weekdays_only` and `weekends_only`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct QuietHoursUpdate {
    /// Whether there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// `HH:MM`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<TimeOfDay>,
    /// `HH:MM`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<TimeOfDay>,
    /// Only on Monday to Friday.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weekdays_only: Option<bool>,
    /// Only on Saturday and Sunday.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weekends_only: Option<bool>,
}
