use std::io::Read;

use anyhow::Context;
use serde_json::{Value, json};

use super::AdminError;
use crate::{
    auth::hash_password,
    store::{NewPerson, Person, Store, Stored},
};

pub(super) fn read_password() -> anyhow::Result<String> {
    let mut password = String::new();
    std::io::stdin().take(4096).read_to_string(&mut password).context("cannot read the password")?;
    Ok(password.trim_end_matches(['\r', '\n']).to_owned())
}

fn hashed(password: &str) -> anyhow::Result<String> {
    if password.is_empty() {
        return Err(AdminError::Usage("the password on standard input is empty".into()).into());
    }
    hash_password(password).map_err(|e| anyhow::anyhow!("cannot hash the password: {e}"))
}

pub(super) fn check_name(name: &str) -> Result<(), AdminError> {
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > 64 || !name.chars().all(fine) {
        return Err(AdminError::Usage("1 to 64 lower-case letters, digits, '-', '_' or '.'".into()));
    }
    Ok(())
}

pub(super) fn check_display_name(display_name: &str) -> Result<(), AdminError> {
    if display_name.trim().is_empty() || display_name.chars().count() > 200 {
        return Err(AdminError::Usage("1 to 200 characters".into()));
    }
    Ok(())
}

/// Adds a person, or sets name and password of one who is there.
pub async fn add_user(store: &Store, name: &str, display_name: &str, password: &str) -> anyhow::Result<Value> {
    check_name(name).context("NAME")?;
    check_display_name(display_name).context("--display-name")?;
    let hash = hashed(password)?;
    let new = NewPerson { local_id: name, display_name: display_name.trim(), password_hash: Some(&hash) };
    Ok(json!({ "participant_id": store.put_person(new).await? }))
}

/// Somebody by name.
pub(super) async fn known(store: &Store, name: &str) -> anyhow::Result<Person> {
    let found = store.credentials(name).await?.map(|c| c.person);
    Ok(found.ok_or_else(|| AdminError::NotFound(format!("there is no user {name:?}; add them first with add-user")))?)
}

pub(super) async fn list(store: &Store) -> anyhow::Result<Value> {
    let shown = store.accounts().await?.into_iter().map(|account| {
        json!({
            "name": account.person.local_id,
            "display_name": account.person.display_name,
            "participant_id": account.person.id,
            "disabled": account.disabled,
            "created_at": account.created_at,
        })
    });
    Ok(shown.collect())
}

/// Whoever knew the old password is signed out with it.
pub(super) async fn set_password(store: &Store, name: &str, password: &str) -> anyhow::Result<Value> {
    let person = known(store, name).await?;
    store.set_password(&person.id, &hashed(password)?).await?;
    store.cut_sessions(&person.id, false).await?;
    Ok(json!({ "participant_id": person.id }))
}

pub(super) async fn cut_sessions(store: &Store, name: &str, disable: bool) -> anyhow::Result<Value> {
    let person = known(store, name).await?;
    store.cut_sessions(&person.id, disable).await?;
    Ok(state(store, &person).await?)
}

pub(super) async fn enable(store: &Store, name: &str) -> anyhow::Result<Value> {
    let person = known(store, name).await?;
    store.enable(&person.id).await?;
    Ok(state(store, &person).await?)
}

async fn state(store: &Store, person: &Person) -> Stored<Value> {
    let disabled = store.account(&person.id).await?.is_some_and(|account| account.disabled);
    Ok(json!({ "participant_id": person.id, "disabled": disabled }))
}
