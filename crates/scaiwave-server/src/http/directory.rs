//! Whom one can find, within one's tenant.

use std::sync::Arc;

use axum::{Router, extract::State, routing::get};
use scaiwave_wire::{Envelope, ErrorCode, MAX_DIRECTORY_PAGE, Meta, Participant};
use serde::Deserialize;

use super::{
    data,
    extract::{Caller, Id, Query},
};
use crate::{
    App,
    error::{Answer, Failure},
    store::{DirectoryEntry, DirectoryQuery},
};

type Data<T> = axum::Json<Envelope<T>>;

/// More letters find nobody.
const MAX_TEXT: usize = 200;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/directory/participants", get(participants))
        .route("/v1/directory/alias/{alias}", get(alias))
}

/// `include_federated` is taken and changes nothing: there is no federation yet.
#[derive(Deserialize)]
struct Wanted {
    q: Option<String>,
    #[serde(rename = "type")]
    participant_type: Option<String>,
    #[serde(default = "default_page")]
    limit: u32,
    #[serde(default)]
    offset: u32,
}

fn default_page() -> u32 {
    50
}

fn shown(app: &App, DirectoryEntry { person, participant_type }: DirectoryEntry) -> Participant {
    Participant {
        id: person.id,
        local_id: person.local_id,
        server_name: app.settings.server_name.clone(),
        display_name: person.display_name,
        participant_type,
        avatar_url: person.avatar_url,
    }
}

async fn participants(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Query(wanted): Query<Wanted>,
) -> Answer<Data<Vec<Participant>>> {
    if !(1..=MAX_DIRECTORY_PAGE).contains(&wanted.limit) {
        return Err(Failure::validation(format!("limit: 1 to {MAX_DIRECTORY_PAGE}")));
    }
    let text = wanted.q.as_deref().map(str::trim).filter(|text| !text.is_empty());
    if text.is_some_and(|text| text.len() > MAX_TEXT) {
        return Err(Failure::validation(format!("q: at most {MAX_TEXT} characters")));
    }
    let query = DirectoryQuery {
        tenant: &person.tenant_id,
        text,
        participant_type: wanted.participant_type.as_deref(),
        limit: wanted.limit,
        offset: wanted.offset,
    };
    let (page, total) = app.store.find_people(query).await?;
    let meta = Meta { total: Some(total), ..Meta::default() };
    Ok(axum::Json(Envelope { data: page.into_iter().map(|entry| shown(&app, entry)).collect(), meta: Some(meta) }))
}

/// The participant behind `local_id` or `@local_id:server`.
async fn alias(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(alias): Id<String>,
) -> Answer<Data<Participant>> {
    let full = alias.strip_prefix('@').and_then(|full| full.split_once(':'));
    let (local, server) = full.unwrap_or((&alias, &app.settings.server_name));
    let found = match server == app.settings.server_name {
        true => app.store.by_alias(&person.tenant_id, local).await?,
        false => None,
    };
    found
        .map(|entry| data(shown(&app, entry)))
        .ok_or_else(|| Failure::new(ErrorCode::NotFound, "Nobody here has this name."))
}
