//! Files: upload, look, download, signed addresses.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use aide::axum::ApiRouter;
use axum::{
    body::Body,
    extract::{
        DefaultBodyLimit, FromRequest, Multipart, Request, State,
        multipart::{Field, MultipartError},
    },
    http::header::CONTENT_LENGTH,
    response::Response,
};
use call_model::MediaId;
use futures_util::StreamExt;
use scaiwave_wire::{ErrorCode, Media, ScanStatus, SignedUrl};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Data, data,
    extract::{BODY, Caller, Id, Query, paused},
    file::{Asked, deliver},
};
use crate::{
    App,
    error::{Answer, Failure},
    media::{Incoming, Said, no_such_media, too_large},
    openapi::op,
    store::{MediaRow, Person},
};

/// What a form may hold beside the file: boundaries, headers, other fields. The parser keeps what it has not understood yet, and reads
/// ahead by what the connection has at hand.
const MAX_BESIDE: usize = 4 << 20;

pub(super) fn routes() -> ApiRouter<Arc<App>> {
    use ErrorCode::{MediaNotFound, MediaUrlExpired, RangeNotSatisfiable};
    let file = |id: &str, summary: &str| {
        op(id, summary)
            .answers_as(200, "The file; `HEAD` leaves it out.", "*/*")
            .answers_as(206, "The range asked for.", "*/*")
            .answers_nothing(304, "The caller has it already.")
            .fails(&[MediaNotFound, RangeNotSatisfiable])
    };
    ApiRouter::new()
        .api_route(
            "/v1/media/upload",
            op("upload", "Takes a file")
                .takes::<Upload>("multipart/form-data")
                .fails(&BODY)
                .gives("media_id", "/data/media_id")
                .post(upload)
                // The file has a limit of its own.
                .layer(DefaultBodyLimit::disable()),
        )
        .api_route(
            "/v1/media/{media_id}/info",
            op("media_info", "What is known of a file").fails(&[MediaNotFound]).get(info),
        )
        .api_route("/v1/media/download/{media_id}", file("download", "A file, whole or a range of it").get(download))
        .api_route(
            "/v1/media/download/{media_id}/thumbnail",
            file("thumbnail", "A small picture of a file").get(thumbnail),
        )
        .api_route(
            "/v1/media/signed/{media_id}",
            op("sign_media", "An address of a file that needs no token").fails(&[MediaNotFound]).get(sign),
        )
        .api_route(
            "/v1/media/signed/{media_id}/file",
            file("signed_file", "A file, by its signed address").fails(&[MediaUrlExpired]).get(signed),
        )
        .with_path_items(|path| path.tag("media"))
}

/// The form of an upload.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "the form is read as it comes")]
struct Upload {
    /// The file, with its name and type.
    #[schemars(with = "String", extend("format" = "binary", "examples" = ["hello"]))]
    file: Vec<u8>,
    /// Checked, but it opens a file to nobody.
    #[schemars(extend("examples" = [false]))]
    tenant_scope: Option<bool>,
}

fn media(row: MediaRow) -> Media {
    Media {
        media_id: row.id,
        sha256: row.sha256,
        size: row.size,
        mime_type: row.mime_type,
        thumbnail_id: row.thumbnail,
        width: row.pixels.map(|(width, _)| width),
        height: row.pixels.map(|(_, height)| height),
        // There is no scanner yet that could say anything else.
        scan_status: ScanStatus::Clean,
        file_name: row.file_name,
        duration_ms: row.duration_ms,
        uploader_id: row.uploader,
        created_at: row.created_at,
    }
}

async fn upload(State(app): State<Arc<App>>, Caller(person): Caller, request: Request) -> Answer<Data<Media>> {
    // Refused before the first byte is read, where the length is told.
    if told_length(&request) > app.media.max_bytes.saturating_add(MAX_BESIDE as u64) {
        return Err(too_large(app.media.max_bytes));
    }
    let beside = Beside::default();
    let request = request.map(|body| beside.watch(body));
    let mut form = Multipart::from_request(request, &app)
        .await
        .map_err(|_| Failure::validation("body: send multipart/form-data with a `file`"))?;
    let mut file = None;
    while let Some(field) = beside.patient(form.next_field()).await? {
        match field.name() {
            Some("file") if file.is_none() => file = Some(receive(&app, field, &beside).await?),
            Some("file") => return Err(Failure::validation("file: one at a time")),
            Some("tenant_scope") => tenant_scope(field, &beside).await?,
            // What a later version of the API adds.
            Some(_) | None => {}
        }
    }
    let (incoming, said) = file.ok_or_else(|| Failure::validation("file: missing field `file`"))?;
    app.media.keep(incoming, &person, said).await.map(media).map(data)
}

/// 0 where the length is not told; then the bytes are counted as they come.
fn told_length(request: &Request) -> u64 {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    length.unwrap_or_default()
}

async fn receive(app: &App, mut field: Field<'_>, beside: &Beside) -> Answer<(Incoming, Said)> {
    let said = Said {
        file_name: field.file_name().unwrap_or_default().to_owned(),
        mime_type: field.content_type().map(str::to_owned),
    };
    let mut incoming = app.media.begin().await?;
    while let Some(bytes) = beside.patient(field.chunk()).await? {
        beside.was_file(bytes.len());
        incoming.write(&bytes).await?;
    }
    Ok((incoming, said))
}

/// Checked, but it opens a file to nobody: see [`Media`].
async fn tenant_scope(mut field: Field<'_>, beside: &Beside) -> Answer<()> {
    let mut value = Vec::new();
    while let Some(bytes) = beside.patient(field.chunk()).await? {
        value.extend_from_slice(&bytes[..bytes.len().min(16)]);
    }
    match &*value {
        b"true" | b"false" => Ok(()),
        _ => Err(Failure::validation("tenant_scope: true or false")),
    }
}

/// Counts what a form holds beside its file, so that neither endless headers nor a flood of fields fill the memory.
#[derive(Clone, Default)]
struct Beside(Arc<AtomicUsize>);

impl Beside {
    fn watch(&self, body: Body) -> Body {
        let beside = self.clone();
        Body::from_stream(body.into_data_stream().map(move |bytes| {
            let bytes = bytes.map_err(io::Error::other)?;
            beside.0.fetch_add(bytes.len(), Ordering::Relaxed);
            if beside.too_much() { Err(io::Error::other("the form is too large")) } else { Ok(bytes) }
        }))
    }

    fn was_file(&self, bytes: usize) {
        self.0.fetch_sub(bytes, Ordering::Relaxed);
    }

    fn too_much(&self) -> bool {
        self.0.load(Ordering::Relaxed) > MAX_BESIDE
    }

    /// Waits for the next piece of a form.
    async fn patient<T>(&self, piece: impl Future<Output = Result<T, MultipartError>>) -> Answer<T> {
        piece.await.map_err(|e| match e {
            _ if self.too_much() => Failure::new(ErrorCode::ContentTooLarge, "body: too much beside the file"),
            e if paused(&e) => Failure::new(ErrorCode::RequestTooSlow, "The upload came too slowly: send it again."),
            e => Failure::validation(format!("body: {}", e.body_text())),
        })
    }
}

async fn info(State(app): State<Arc<App>>, Caller(person): Caller, Id(id): Id<MediaId>) -> Answer<Data<Media>> {
    app.media.visible(&person, &id).await.map(media).map(data)
}

async fn download(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<MediaId>,
    asked: Asked,
) -> Answer<Response> {
    let row = app.media.visible(&person, &id).await?;
    deliver(&app.media, row, &asked).await
}

async fn thumbnail(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<MediaId>,
    asked: Asked,
) -> Answer<Response> {
    let row = thumbnail_of(&app, &person, &id).await?;
    deliver(&app.media, row, &asked).await
}

async fn thumbnail_of(app: &App, person: &Person, id: &MediaId) -> Answer<MediaRow> {
    let small = app.media.visible(person, id).await?.thumbnail.ok_or_else(no_such_media)?;
    app.media.visible(person, &small).await
}

async fn sign(State(app): State<Arc<App>>, Caller(person): Caller, Id(id): Id<MediaId>) -> Answer<Data<SignedUrl>> {
    let row = app.media.visible(&person, &id).await?;
    app.media.sign(&row.id).map(data)
}

#[derive(Deserialize, JsonSchema)]
struct Proof {
    /// Unix seconds.
    #[schemars(example = &1_800_000_000)]
    expires: i64,
    /// As the server made it.
    #[schemars(example = &"c2lnbmF0dXJl")]
    signature: String,
}

/// Without a token: the address itself is the proof.
async fn signed(
    State(app): State<Arc<App>>,
    Id(id): Id<MediaId>,
    Query(proof): Query<Proof>,
    asked: Asked,
) -> Answer<Response> {
    let row = app.media.signed(&id, proof.expires, &proof.signature).await?;
    deliver(&app.media, row, &asked).await
}
