//! Oneself: profile and preferences.

use std::sync::Arc;

use aide::axum::ApiRouter;
use axum::extract::State;
use jiff::tz::TimeZone;
use scaiwave_wire::{Me, MeUpdate, Preferences, PreferencesUpdate, QuietHours, QuietHoursUpdate, Tenant};
use url::Url;

use super::{
    Data,
    auth::features,
    data,
    extract::{Caller, Json},
};
use crate::{
    App,
    error::{Answer, Failure},
    openapi::op,
    store::{Person, ProfileUpdate},
};

const MAX_NAME: usize = 200;
const MAX_BIO: usize = 2000;
const MAX_URL: usize = 2048;
/// Of a mode, a keyword, a time zone.
const MAX_WORD: usize = 64;
const MAX_KEYWORDS: usize = 50;
/// RFC 5321.
const MAX_ADDRESS: usize = 254;

pub(super) fn routes() -> ApiRouter<Arc<App>> {
    ApiRouter::new()
        .api_route("/v1/me", op("me", "Who one is").gives("participant_id", "/data/participant_id").get(me))
        .api_route("/v1/me", op("update_me", "Changes one's profile").put(update))
        .api_route("/v1/me/preferences", op("preferences", "One's preferences").get(preferences))
        .api_route("/v1/me/preferences", op("update_preferences", "Changes preferences").put(update_preferences))
        .with_path_items(|path| path.tag("people"))
}

async fn me(State(app): State<Arc<App>>, Caller(person): Caller) -> Answer<Data<Me>> {
    shown(&app, &person).await.map(data)
}

async fn shown(app: &App, person: &Person) -> Answer<Me> {
    let profile = app.store.profile(&person.id).await?;
    let profile = profile.ok_or_else(|| Failure::internal("the caller is gone"))?;
    let person = profile.person;
    Ok(Me {
        fqid: format!("@{}:{}", person.local_id, app.settings.server_name),
        presence: Some(app.presence.own(&person.id)),
        participant_id: person.id,
        local_id: person.local_id,
        display_name: person.display_name,
        email: profile.email,
        avatar_url: person.avatar_url,
        bio: profile.bio,
        personal_workspace_id: None,
        roles: Vec::new(),
        groups: Vec::new(),
        tenant: Some(Tenant {
            slug: person.tenant_id.trim_start_matches("tenant-").to_owned(),
            id: person.tenant_id,
            name: profile.tenant_name,
            features: features(&app.settings.sign_in),
        }),
    })
}

async fn update(State(app): State<Arc<App>>, Caller(person): Caller, Json(update): Json<MeUpdate>) -> Answer<Data<Me>> {
    let display_name = update.display_name.map(|name| text("display_name", &name, 1, MAX_NAME)).transpose()?;
    let bio = clearable(update.bio, |bio| text("bio", &bio, 0, MAX_BIO))?;
    let avatar_url = clearable(update.avatar_url, web_address)?;
    app.store.update_profile(&person.id, ProfileUpdate { display_name, bio, avatar_url }).await?;
    shown(&app, &person).await.map(data)
}

async fn preferences(State(app): State<Arc<App>>, Caller(person): Caller) -> Answer<Data<Preferences>> {
    Ok(data(app.store.preferences(&person.id).await?))
}

async fn update_preferences(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Json(update): Json<PreferencesUpdate>,
) -> Answer<Data<Preferences>> {
    let mut tx = app.store.begin().await?;
    let mut preferences = tx.preferences_for_update(&person.id).await?;
    merge(&mut preferences, update)?;
    tx.save_preferences(&person.id, &preferences).await?;
    tx.commit().await?;
    Ok(data(preferences))
}

fn merge(preferences: &mut Preferences, update: PreferencesUpdate) -> Answer<()> {
    let word = |field| move |value: String| text(field, &value, 1, MAX_WORD);
    set(&mut preferences.locale, update.locale);
    set(&mut preferences.timezone, update.timezone.map(zone).transpose()?);
    set(&mut preferences.time_format, update.time_format);
    set(&mut preferences.ai_response_mode, clearable(update.ai_response_mode, word("ai_response_mode"))?);
    set(&mut preferences.ai_engagement_mode, clearable(update.ai_engagement_mode, word("ai_engagement_mode"))?);
    set(&mut preferences.default_mode, update.default_mode);
    set(&mut preferences.keyword_alerts, update.keyword_alerts.map(keywords).transpose()?);
    set(&mut preferences.read_marker_mode, update.read_marker_mode);
    set(&mut preferences.push, update.push);
    set(&mut preferences.email, update.email);
    set(&mut preferences.email_address, clearable(update.email_address, mail_address)?);
    update.quiet_hours.map_or(Ok(()), |update| merge_quiet_hours(&mut preferences.quiet_hours, update))
}

fn merge_quiet_hours(hours: &mut QuietHours, update: QuietHoursUpdate) -> Answer<()> {
    set(&mut hours.enabled, update.enabled);
    set(&mut hours.start, update.start);
    set(&mut hours.end, update.end);
    set(&mut hours.weekdays_only, update.weekdays_only);
    set(&mut hours.weekends_only, update.weekends_only);
    if hours.weekdays_only && hours.weekends_only {
        return Err(Failure::validation("quiet_hours: weekdays_only and weekends_only leave no day; set one of them"));
    }
    Ok(())
}

fn set<T>(field: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *field = given;
    }
}

/// Checks a field that null clears.
fn clearable(
    given: Option<Option<String>>,
    check: impl FnOnce(String) -> Answer<String>,
) -> Answer<Option<Option<String>>> {
    given.map(|value| value.map(check).transpose()).transpose()
}

fn text(field: &str, value: &str, min: usize, max: usize) -> Answer<String> {
    let value = value.trim();
    let control = |c: char| c.is_control() && c != '\n';
    if !(min..=max).contains(&value.chars().count()) || value.chars().any(control) {
        return Err(Failure::validation(format!(
            "{field}: {min} to {max} characters, none of them a control character"
        )));
    }
    Ok(value.to_owned())
}

fn web_address(address: String) -> Answer<String> {
    let fine = address.len() <= MAX_URL
        && Url::parse(&address).is_ok_and(|url| url.scheme() == "https" && url.username().is_empty());
    if fine {
        Ok(address)
    } else {
        Err(Failure::validation("avatar_url: an https:// address of at most 2048 characters"))
    }
}

fn zone(name: String) -> Answer<String> {
    if name.len() <= MAX_WORD && TimeZone::get(&name).is_ok() {
        return Ok(name);
    }
    Err(Failure::validation("timezone: a name of the time zone database, such as Europe/Amsterdam"))
}

fn keywords(words: Vec<String>) -> Answer<Vec<String>> {
    if words.len() > MAX_KEYWORDS {
        return Err(Failure::validation(format!("keyword_alerts: at most {MAX_KEYWORDS}")));
    }
    words.iter().map(|word| text("keyword_alerts", word, 1, MAX_WORD)).collect()
}

fn mail_address(address: String) -> Answer<String> {
    let halves = address.rsplit_once('@').is_some_and(|(local, host)| !local.is_empty() && !host.is_empty());
    if halves && address.len() <= MAX_ADDRESS && !address.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Ok(address);
    }
    Err(Failure::validation("email_address: an address such as alice@example.org"))
}
