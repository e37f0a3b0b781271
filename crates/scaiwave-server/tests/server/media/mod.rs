//! Files, by real uploads and downloads.

mod download;
mod rights;
mod upload;

use std::{io::Cursor, path::PathBuf, time::Duration};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use reqwest::{Method, Response, multipart};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::world::{Answer, PATIENCE, User, World, http};

fn form(name: &str, mime: &str, bytes: Vec<u8>) -> multipart::Form {
    let part = multipart::Part::bytes(bytes).file_name(name.to_owned()).mime_str(mime).unwrap();
    multipart::Form::new().part("file", part).text("tenant_scope", "true")
}

async fn post(user: &User, form: multipart::Form) -> Answer {
    let request = http().post(format!("{}/v1/media/upload", user.base)).bearer_auth(&user.token).multipart(form);
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    Answer { status, body: response.json().await.unwrap(), retry_after: None }
}

async fn upload(user: &User, name: &str, mime: &str, bytes: &[u8]) -> Value {
    post(user, form(name, mime, bytes.to_vec())).await.ok()
}

/// Sends a message that carries a file.
async fn send(user: &User, room: &str, media: &Value) -> Answer {
    let content = json!({ "msgtype": "swp.media", "body": "look", "media_id": media["media_id"] });
    user.post(&format!("/v1/rooms/{room}/send"), json!({ "content": content })).await
}

async fn fetch(user: &User, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = http().request(method, format!("{}{path}", user.base));
    if !user.token.is_empty() {
        request = request.bearer_auth(&user.token);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

fn download(media: &Value) -> String {
    format!("/v1/media/download/{}", media["media_id"].as_str().unwrap())
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

/// Bytes that differ everywhere, so that a shifted answer is a wrong one.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..len).map(|_| next()).collect()
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, y| Rgb([x as u8, y as u8, 128]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// What lies in the object store.
fn blobs(world: &World) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(world.data_dir().join("blobs/media")) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Waits until so many files lie in the object store: what happens there has no event to wait for.
async fn until_blobs(world: &World, number: usize) {
    let reached = async {
        while blobs(world).len() != number {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, reached).await.unwrap_or_else(|_| panic!("not {number}: {:?}", blobs(world)));
}
