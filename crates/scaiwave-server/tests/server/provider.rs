//! A small identity provider of the tests' own: authorize, token with a PKCE check, keys that can be changed, tokens that can be spoiled.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{Form, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use parking_lot::Mutex;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use scaiwave_server::store::now;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub const CLIENT_ID: &str = "scaiwave-calls";
/// Made for these tests, and good for nothing else.
const RSA_KEY: &[u8] = include_bytes!("provider_key.der");

fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A key pair of the provider.
pub enum Key {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair, Uuid),
}

impl Key {
    pub fn rsa() -> Self {
        Self::Rsa(RsaKeyPair::from_der(RSA_KEY).unwrap())
    }

    pub fn ec() -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
        Self::Ec(pair, Uuid::new_v4())
    }

    fn public(&self) -> Value {
        match self {
            Self::Rsa(pair) => {
                let public = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(pair.public());
                json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "rsa", "n": base64(public.n), "e": base64(public.e) })
            }
            Self::Ec(pair, kid) => {
                let point = pair.public_key().as_ref();
                json!({ "kty": "EC", "use": "sig", "alg": "ES256", "crv": "P-256", "kid": kid,
                        "x": base64(&point[1..33]), "y": base64(&point[33..]) })
            }
        }
    }

    fn sign(&self, claims: &Value) -> String {
        let header = match self {
            Self::Rsa(_) => json!({ "alg": "RS256", "kid": "rsa" }),
            Self::Ec(_, kid) => json!({ "alg": "ES256", "kid": kid }),
        };
        let signed = format!("{}.{}", base64(header.to_string()), base64(claims.to_string()));
        let random = SystemRandom::new();
        let signature = match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
                signature
            }
            Self::Ec(pair, _) => pair.sign(&random, signed.as_bytes()).unwrap().as_ref().to_vec(),
        };
        format!("{signed}.{}", base64(signature))
    }
}

/// What the provider does.
pub struct Provider {
    pub issuer: String,
    state: Mutex<Inner>,
}

struct Inner {
    codes: HashMap<String, (Value, String)>,
    signs_with: Key,
    publishes: Value,
}

impl Provider {
    pub async fn start() -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}/tenants/test", listener.local_addr().unwrap());
        let signs_with = Key::rsa();
        let publishes = signs_with.public();
        let state = Mutex::new(Inner { codes: HashMap::new(), signs_with, publishes });
        let provider = Arc::new(Self { issuer, state });
        let router = Router::new()
            .route("/tenants/test/.well-known/openid-configuration", get(discovery))
            .route("/tenants/test/jwks", get(keys))
            .route("/tenants/test/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        provider
    }

    /// What a good ID token says of Alice.
    pub fn claims(&self) -> Value {
        let now = now().0 / 1000;
        json!({ "iss": self.issuer, "aud": CLIENT_ID, "sub": "subject-of-alice", "iat": now, "exp": now + 300,
                "name": "Alice Adams", "preferred_username": "Alice", "email": "alice@example.org", "email_verified": true })
    }

    /// Somebody signed in in the browser: a code for these claims, bound to a PKCE verifier.
    pub fn authorize(&self, claims: Value, verifier: &str) -> String {
        let code = format!("code-{}", Uuid::new_v4());
        let challenge = base64(Sha256::digest(verifier));
        self.state.lock().codes.insert(code.clone(), (claims, challenge));
        code
    }

    /// Signs with another key from now on, and publishes it or goes on publishing the old one.
    pub fn change_key(&self, key: Key, publish: bool) {
        let mut state = self.state.lock();
        if publish {
            state.publishes = key.public();
        }
        state.signs_with = key;
    }
}

async fn discovery(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let issuer = &provider.issuer;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "code_challenge_methods_supported": ["S256"],
    }))
}

async fn keys(State(provider): State<Arc<Provider>>) -> Json<Value> {
    Json(json!({ "keys": [provider.state.lock().publishes] }))
}

async fn token(State(provider): State<Arc<Provider>>, Form(form): Form<HashMap<String, String>>) -> Response {
    let refuse = |error| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    let given = |name| form.get(name).map(String::as_str).unwrap_or_default();
    if (given("grant_type"), given("client_id")) != ("authorization_code", CLIENT_ID) {
        return refuse("invalid_client");
    }
    let mut state = provider.state.lock();
    let Some((claims, challenge)) = state.codes.remove(given("code")) else { return refuse("invalid_grant") };
    if base64(Sha256::digest(given("code_verifier"))) != challenge || given("redirect_uri") != super::oidc::REDIRECT {
        return refuse("invalid_grant");
    }
    let id_token = state.signs_with.sign(&claims);
    Json(json!({ "access_token": "theirs", "token_type": "Bearer", "expires_in": 300, "id_token": id_token }))
        .into_response()
}
