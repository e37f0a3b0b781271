//! Whom one can find, within one's tenant.

use std::sync::Arc;

use aide::axum::ApiRouter;
use axum::extract::State;
use scaiwave_wire::{Envelope, ErrorCode, MAX_DIRECTORY_PAGE, Meta, Participant};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Data, data,
    extract::{Caller, Id, Query},
};
use crate::{
    App,
    error::{Answer, Failure},
    openapi::op,
    store::{DirectoryEntry, DirectoryQuery},
};

/// More letters find nobody.
const MAX_TEXT: usize = 200;

pub(super) fn routes() -> ApiRouter<Arc<App>> {
    ApiRouter::new()
        .api_route(
            "/v1/directory/participants",
            op("find_participants", "Finds people of one's tenant, by pages")
                .gives("participant_id", "/data/0/id")
                .get(participants),
        )
        .api_route(
            "/v1/directory/alias/{alias}",
            op("participant_by_alias", "The person behind a local name or `@name:server`")
                .gives("participant_id", "/data/id")
                .get(alias),
        )
        .with_path_items(|path| path.tag("people"))
}

/// `include_federated` is taken and changes nothing: there is no federation yet.
#[derive(Deserialize, JsonSchema)]
struct Wanted {
    /// Part of a name.
    #[schemars(length(max = MAX_TEXT), example = &"alice")]
    q: Option<String>,
    /// `human` or `ai`.
    #[serde(rename = "type")]
    #[schemars(example = &"human")]
    participant_type: Option<String>,
    /// How many at most.
    #[serde(default = "default_page")]
    #[schemars(range(min = 1, max = MAX_DIRECTORY_PAGE))]
    limit: u32,
    /// How many to skip.
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
