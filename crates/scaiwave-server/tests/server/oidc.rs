//! Sign-in at an identity provider, and the desktop's way back from the browser.

use std::sync::Arc;

use scaiwave_server::config::{Oidc, SignIn};
use scaiwave_wire::AuthMode;
use serde_json::{Value, json};

use crate::{
    provider::{CLIENT_ID, Key, Provider},
    world::{Answer, User, World, http},
};

pub const REDIRECT: &str = "https://calls.example.org/v1/auth/login";
const VERIFIER: &str = "a-verifier-of-at-least-43-characters-0123456789";

async fn world() -> (World, Arc<Provider>) {
    let provider = Provider::start().await;
    let oidc = Oidc {
        issuer: provider.issuer.clone(),
        discovery: format!("{}/.well-known/openid-configuration", provider.issuer).parse().unwrap(),
        client_id: CLIENT_ID.into(),
        client_secret: None,
        redirect_uri: REDIRECT.parse().unwrap(),
    };
    let world =
        World::with(|s| s.sign_in = SignIn { modes: vec![AuthMode::Password, AuthMode::Oidc], oidc: Some(oidc) }).await;
    (world, provider)
}

async fn login(world: &World, form: &[(&str, &str)]) -> Answer {
    let response = http().post(format!("{}/v1/auth/login", world.base())).form(form).send().await.unwrap();
    Answer { status: response.status().as_u16(), retry_after: None, body: response.json().await.unwrap() }
}

/// Signs in with these claims; the nonce is the one the client gives to the server.
async fn try_claims(world: &World, provider: &Provider, claims: Value, nonce: Option<&str>) -> Answer {
    let code = provider.authorize(claims, VERIFIER);
    let mut form = vec![("code", &*code), ("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)];
    form.extend(nonce.map(|nonce| ("nonce", nonce)));
    login(world, &form).await
}

fn user(world: &World, grant: &Value) -> User {
    let text = |field: &str| grant[field].as_str().unwrap().to_owned();
    User { token: text("access_token"), refresh_token: text("refresh_token"), ..world.nobody() }
}

#[tokio::test]
async fn a_code_of_the_provider_signs_in_and_the_same_person_is_found_again() {
    let (world, provider) = world().await;
    let config = world.nobody().get("/v1/auth/config").await.ok();
    assert_eq!(config["modes"], json!(["password", "oidc"]));
    assert_eq!((&config["client_id"], &config["redirect_uri"]), (&json!(CLIENT_ID), &json!(REDIRECT)));
    for (field, path) in [("authorization_endpoint", "authorize"), ("token_endpoint", "token"), ("jwks_uri", "jwks")] {
        assert_eq!(config[field], format!("{}/{path}", provider.issuer));
    }
    assert_eq!(config["scopes_supported"], json!(["openid", "profile", "email"]));

    let mut claims = provider.claims();
    claims["nonce"] = json!("a nonce");
    let grant = try_claims(&world, &provider, claims, Some("a nonce")).await.ok();
    assert_eq!((&grant["token_type"], &grant["expires_in"]), (&json!("Bearer"), &json!(3600)));
    let me = user(&world, &grant).get("/v1/me").await.ok();
    // Who was `alice` before stays alice: nobody gets another one's account by choosing a name at the provider.
    assert_eq!((&me["local_id"], &me["display_name"]), (&json!("alice-2"), &json!("Alice Adams")));
    assert_eq!(me["email"], "alice@example.org");

    let mut renamed = provider.claims();
    renamed["preferred_username"] = json!("another");
    let again = user(&world, &try_claims(&world, &provider, renamed, None).await.ok());
    assert_eq!(again.get("/v1/me").await.ok()["participant_id"], me["participant_id"]);
    let mut somebody_else = provider.claims();
    somebody_else["sub"] = json!("another subject");
    let other = user(&world, &try_claims(&world, &provider, somebody_else, None).await.ok());
    assert_ne!(other.get("/v1/me").await.ok()["participant_id"], me["participant_id"]);

    let registered = again.post("/v1/auth/register", json!({})).await.ok();
    assert_eq!(registered["participant_id"], me["participant_id"]);
    again.post("/v1/auth/refresh", json!({ "refresh_token": again.refresh_token })).await.ok();
}

#[tokio::test]
async fn the_query_does_as_well_as_the_form() {
    let (world, provider) = world().await;
    let code = provider.authorize(provider.claims(), VERIFIER);
    let query = format!("/v1/auth/login?code={code}&redirect_uri={REDIRECT}&code_verifier={VERIFIER}");
    world.nobody().send(reqwest::Method::POST, &query, None).await.ok();
    world.nobody().send(reqwest::Method::POST, "/v1/auth/login", None).await.fails(422, "SW_VALIDATION");
}

#[tokio::test]
async fn a_code_is_good_once_for_its_verifier_and_its_address() {
    let (world, provider) = world().await;
    let code = provider.authorize(provider.claims(), VERIFIER);
    let form = |verifier, redirect| [("code", &*code), ("redirect_uri", redirect), ("code_verifier", verifier)];
    login(&world, &form(VERIFIER, "https://evil.example/v1/auth/login")).await.fails(400, "SW_AUTH_REDIRECT_MISMATCH");
    login(&world, &form("another-verifier-of-at-least-43-characters-01", REDIRECT))
        .await
        .fails(400, "SW_AUTH_OIDC_FAILED");
    login(&world, &form(VERIFIER, REDIRECT)).await.fails(400, "SW_AUTH_OIDC_FAILED");
    let code = provider.authorize(provider.claims(), VERIFIER);
    login(&world, &[("code", &*code), ("redirect_uri", REDIRECT)]).await.fails(400, "SW_AUTH_OIDC_FAILED");
}

#[tokio::test]
async fn a_token_that_is_not_for_us_not_now_or_not_from_the_provider_is_refused() {
    let (world, provider) = world().await;
    let now = scaiwave_server::store::now().0 / 1000;
    for (claim, value) in [
        ("aud", json!("another client")),
        ("aud", json!([CLIENT_ID, "another client"])),
        ("iss", json!("http://127.0.0.1/another")),
        ("exp", json!(now - 70)),
        ("iat", json!(now + 70)),
        ("sub", Value::Null),
    ] {
        let mut claims = provider.claims();
        claims[claim] = value.clone();
        let answer = try_claims(&world, &provider, claims, None).await;
        assert_eq!(answer.body["error"]["code"], "SW_AUTH_OIDC_FAILED", "{claim} {value}: {answer:?}");
    }
    for nonce in [json!("another"), Value::Null] {
        let mut claims = provider.claims();
        claims["nonce"] = nonce;
        try_claims(&world, &provider, claims, Some("a nonce")).await.fails(400, "SW_AUTH_OIDC_FAILED");
    }
    // Clocks that differ by less than a minute do no harm.
    let mut claims = provider.claims();
    (claims["exp"], claims["iat"]) = (json!(now - 45), json!(now + 45));
    try_claims(&world, &provider, claims, None).await.ok();
    provider.change_key(Key::ec(), false);
    try_claims(&world, &provider, provider.claims(), None).await.fails(400, "SW_AUTH_OIDC_FAILED");
}

#[tokio::test]
async fn a_changed_key_of_the_provider_is_fetched() {
    let (world, provider) = world().await;
    try_claims(&world, &provider, provider.claims(), None).await.ok();
    for _ in 0..2 {
        provider.change_key(Key::ec(), true);
        try_claims(&world, &provider, provider.claims(), None).await.ok();
    }
}

#[tokio::test]
async fn without_a_provider_the_code_flow_is_off_and_a_silent_one_does_not_hide_the_password() {
    let world = World::start().await;
    login(&world, &[("code", "x"), ("redirect_uri", REDIRECT)]).await.fails(400, "SW_AUTH_OIDC_FAILED");
    let oidc = Oidc {
        issuer: "http://127.0.0.1:9".into(),
        discovery: "http://127.0.0.1:9/x".parse().unwrap(),
        client_id: CLIENT_ID.into(),
        client_secret: None,
        redirect_uri: REDIRECT.parse().unwrap(),
    };
    let world =
        World::with(|s| s.sign_in = SignIn { modes: vec![AuthMode::Password, AuthMode::Oidc], oidc: Some(oidc) }).await;
    let config = world.nobody().get("/v1/auth/config").await.ok();
    assert_eq!((&config["issuer"], &config["token_endpoint"]), (&json!("http://127.0.0.1:9/"), &Value::Null));
    login(&world, &[("code", "x"), ("redirect_uri", REDIRECT)]).await.fails(400, "SW_AUTH_OIDC_FAILED");
    world.sign_in("alice").await;
}

#[tokio::test]
async fn the_providers_redirect_is_handed_on_to_this_machine_and_nowhere_else() {
    let world = World::start().await;
    let bounce =
        async |query: &str| http().get(format!("{}/v1/auth/login?{query}", world.base())).send().await.unwrap();
    let state = "0123456789abcdef.4567";
    let page = bounce(&format!("code=a%26b%22%3E%3Cscript%3E&state={state}&iss=x")).await;
    assert_eq!(page.status(), 200);
    let header = |name: &str| page.headers()[name].to_str().unwrap().to_owned();
    assert!(header("content-security-policy").starts_with("default-src 'none';"));
    assert_eq!((header("cache-control"), header("referrer-policy")), ("no-store".into(), "no-referrer".into()));
    let html = page.text().await.unwrap();
    let target = format!("http://127.0.0.1:4567/callback?code=a%26b%22%3E%3Cscript%3E&amp;state={state}");
    assert!(html.contains(&format!("content=\"0;url={target}\"")) && !html.contains("<script"), "{html}");
    let refused = bounce(&format!("error=access_denied&state={state}")).await.text().await.unwrap();
    assert!(refused.contains("/callback?error=access_denied&amp;state="), "{refused}");
    for query in [
        "code=x",
        "state=0123456789abcdef.4567",
        "code=x&state=0123456789abcdef",
        "code=x&state=0123456789abcdef.80",
        "code=x&state=0123456789abcdef.65536",
        "code=x&state=0123456789abcdef.%2B4567",
        "code=x&state=0123456789abcdef.4567@evil.example",
        "code=x&state=0123456789abcdef.4567/evil",
        "code=x&state=short.4567",
        "code=x&state=0123456789abcde%22.4567",
    ] {
        assert_eq!(bounce(query).await.status(), 422, "{query}");
    }
}
