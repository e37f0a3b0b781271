//! Signing in and out, and keeping the tokens.

use std::{sync::Arc, time::Duration};

use call_model::client::{Click, Client as Machine, Input};
use scaiwave_client::{Client, ClientError, SavedTokens};
use tokio::{task::spawn_blocking, time::timeout};

use crate::{
    actor::{Actor, Answer, Arrived, SignedIn, SignedOut, What},
    convert::{Skew, refuse, user_error},
    rooms::Rooms,
    vault::{SavedSignIn, TokenVault, VaultError},
    view::{Link, NoticeLevel, Person, TokenStorage},
};

/// A keyring may ask the person for a password; signing in does not wait for that for ever.
const VAULT_PATIENCE: Duration = Duration::from_secs(20);
const VAULT_SILENT: &str = "the keyring does not answer";

impl Actor {
    pub(crate) fn look_into_vault(&mut self) {
        let vault = self.config.vault.clone();
        self.spawn(async move {
            let load = timeout(VAULT_PATIENCE, spawn_blocking(move || vault.load()));
            What::Vault(match load.await {
                Ok(Ok(loaded)) => loaded,
                Ok(Err(_)) | Err(_) => Err(VaultError::Unavailable(VAULT_SILENT.into())),
            })
        });
    }

    pub(crate) fn sign_in(&mut self, server: String, username: String, password: String, answer: Answer) {
        if self.signed.is_some() || self.out.signing_in.is_some() {
            let _ = answer.send(Err(refuse("already_signed_in", "Sign out first.")));
            return;
        }
        // what the vault may still say is void
        self.epoch += 1;
        self.out = SignedOut {
            signing_in: Some(server.clone()),
            server: Some(server.clone()),
            answer: Some(answer),
            ..SignedOut::default()
        };
        let vault = self.config.vault.clone();
        self.spawn(async move { What::SignedIn(arrive(vault, server, username, password).await) });
    }

    pub(crate) fn on_vault(&mut self, found: Result<Option<SavedSignIn>, VaultError>) {
        self.out.starting = false;
        let saved = match found {
            Ok(None) => return,
            Ok(Some(saved)) => saved,
            Err(error) => {
                self.out.error = Some(error.to_string());
                return;
            }
        };
        self.out.server = Some(saved.tokens.server.to_string());
        match Client::resume(saved.tokens.clone()) {
            Ok(client) => {
                let kept = TokenStorage::Memory { reason: "the keyring is being asked".into() };
                self.arrived(Arrived { client, me: saved.me, kept });
                self.keep(saved.tokens);
            }
            Err(error) => self.out.error = Some(error.to_string()),
        }
    }

    pub(crate) fn on_signed_in(&mut self, result: Result<Arrived, ClientError>) {
        let answer = self.out.answer.take();
        self.out.signing_in = None;
        let result = match result {
            Ok(arrived) => {
                self.arrived(arrived);
                Ok(())
            }
            Err(error) => {
                self.out.error = Some(error.to_string());
                Err(user_error(&error))
            }
        };
        if let Some(answer) = answer {
            let _ = answer.send(result);
        }
    }

    fn arrived(&mut self, Arrived { client, me, kept }: Arrived) {
        self.epoch += 1;
        let (stream, updates) = client.stream(None);
        let mut tokens = client.saved();
        tokens.mark_unchanged();
        let mut rooms = Rooms::default();
        rooms.learn_person(&me);
        self.out = SignedOut { server: Some(client.server().to_string()), ..SignedOut::default() };
        self.signed = Some(SignedIn {
            machine: Machine::new(me.participant_id.clone(), self.config.device_id.clone()),
            client,
            me,
            kept,
            rooms,
            skew: Skew::default(),
            link: Link::Connecting,
            _stream: stream,
            updates,
            tokens,
            lanes: Default::default(),
            stage: None,
        });
    }

    /// The tokens were renewed, or are no longer good.
    pub(crate) fn on_tokens(&mut self) {
        let Some(signed) = &mut self.signed else { return };
        let tokens = signed.tokens.borrow_and_update().clone();
        match tokens {
            Some(tokens) => self.keep(tokens),
            None => self.sign_out(Some(ClientError::SignedOut.to_string())),
        }
    }

    fn keep(&mut self, tokens: SavedTokens) {
        let Some(signed) = &self.signed else { return };
        let (vault, me) = (self.config.vault.clone(), signed.me.clone());
        self.in_vault_lane(async move { What::Kept(save(vault, SavedSignIn { tokens, me }).await) });
    }

    /// One thing at a time: renewed tokens must not be saved after a sign-out has cleared them.
    fn in_vault_lane(&mut self, work: impl Future<Output = What> + Send + 'static) {
        let before = self.vault_lane.take();
        self.vault_lane = Some(self.spawn(async move {
            if let Some(before) = before {
                // however it went
                let _ = before.await;
            }
            work.await
        }));
    }

    /// Leaves the call and forgets the tokens.
    pub(crate) fn sign_out(&mut self, error: Option<String>) {
        let server = self.signed.as_ref().map(|signed| signed.client.server().to_string());
        self.leave_everything();
        self.signed = None;
        self.epoch += 1;
        self.out = SignedOut { server: server.or_else(|| self.out.server.take()), error, ..SignedOut::default() };
        let vault = self.config.vault.clone();
        self.in_vault_lane(async move {
            match spawn_blocking(move || vault.clear()).await {
                Ok(Err(error)) => What::Trouble(format!("The saved sign-in could not be removed: {error}")),
                Ok(Ok(())) | Err(_) => What::Nothing,
            }
        });
    }

    /// Out of the call, every ring stopped, no engine.
    pub(crate) fn leave_everything(&mut self) {
        self.step(Input::Click(Click::SignOut));
        self.stop_engine();
        self.drawn.clear();
    }

    pub(crate) fn on_kept(&mut self, kept: TokenStorage) {
        if let Some(signed) = &mut self.signed {
            signed.kept = kept;
        }
    }

    pub(crate) fn trouble(&mut self, message: String) {
        self.notice(NoticeLevel::Error, message, None);
    }
}

async fn arrive(
    vault: Arc<dyn TokenVault>,
    server: String,
    username: String,
    password: String,
) -> Result<Arrived, ClientError> {
    let client = Client::sign_in(&server, &username, &password).await?;
    let registered = client.register().await?;
    let me = Person { participant_id: registered.participant_id, display_name: registered.display_name };
    let tokens = client.saved().borrow().clone().ok_or(ClientError::SignedOut)?;
    let kept = save(vault, SavedSignIn { tokens, me: me.clone() }).await;
    Ok(Arrived { client, me, kept })
}

/// Where they are kept, in memory if need be.
async fn save(vault: Arc<dyn TokenVault>, sign_in: SavedSignIn) -> TokenStorage {
    let reason = match timeout(VAULT_PATIENCE, spawn_blocking(move || vault.save(&sign_in))).await {
        Ok(Ok(Ok(kept))) => return kept,
        Ok(Ok(Err(error))) => error.to_string(),
        Ok(Err(_)) | Err(_) => VAULT_SILENT.to_owned(),
    };
    TokenStorage::Memory { reason }
}
