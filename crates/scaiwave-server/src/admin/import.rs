//! Many people at once, from another server or a directory.

use std::{collections::HashSet, io::BufRead};

use anyhow::{Context, ensure};
use argon2::{Params, PasswordHash};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    AdminError,
    users::{check_display_name, check_name},
};
use crate::store::{NewPerson, Store};

/// A line that is longer is none of ours.
const MAX_LINE: usize = 4096;
/// Weaker hashes are refused: below this, argon2id is no protection.
const LEAST_MEMORY_KIB: u32 = 7 * 1024;
/// So are those that would let a sign-in take the machine.
const MOST_MEMORY_KIB: u32 = 256 * 1024;
const MOST_PASSES: u32 = 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: String,
    display_name: String,
    password_hash: Option<String>,
}

/// Adds or changes everybody named, or nobody if a line is wrong.
pub(super) async fn users(store: &Store, input: impl BufRead) -> anyhow::Result<Value> {
    let lines = read_all(input).map_err(|e| AdminError::Usage(format!("{e:#}")))?;
    let people = lines.iter().map(|line| NewPerson {
        local_id: &line.name,
        display_name: line.display_name.trim(),
        password_hash: line.password_hash.as_deref(),
    });
    let people: Vec<_> = people.collect();
    store.put_people(&people).await?;
    Ok(json!({ "imported": lines.len() }))
}

fn read_all(input: impl BufRead) -> anyhow::Result<Vec<Line>> {
    let mut lines = Vec::new();
    let mut names = HashSet::new();
    for (at, text) in input.lines().enumerate() {
        let text = text.context("cannot read standard input")?;
        if text.trim().is_empty() {
            continue;
        }
        let line = read(&text).with_context(|| format!("line {}", at + 1))?;
        ensure!(names.insert(line.name.clone()), "line {}: {:?} is named twice", at + 1, line.name);
        lines.push(line);
    }
    Ok(lines)
}

fn read(text: &str) -> anyhow::Result<Line> {
    ensure!(text.len() <= MAX_LINE, "longer than {MAX_LINE} bytes");
    let line: Line = serde_json::from_str(text)?;
    check_name(&line.name).context("name")?;
    check_display_name(&line.display_name).context("display_name")?;
    if let Some(hash) = &line.password_hash {
        check_hash(hash).context("password_hash")?;
    }
    Ok(line)
}

fn check_hash(hash: &str) -> anyhow::Result<()> {
    let hash = PasswordHash::new(hash).map_err(|e| anyhow::anyhow!("no PHC string: {e}"))?;
    ensure!(hash.algorithm.as_str() == "argon2id", "must be argon2id, not {}", hash.algorithm);
    ensure!(hash.salt.is_some() && hash.hash.is_some(), "has no salt or no hash");
    let params = Params::try_from(&hash).map_err(|e| anyhow::anyhow!("{e}"))?;
    let memory = params.m_cost();
    ensure!(memory >= LEAST_MEMORY_KIB, "m={memory} is too weak: at least {LEAST_MEMORY_KIB}");
    ensure!(
        memory <= MOST_MEMORY_KIB && params.t_cost() <= MOST_PASSES,
        "costs too much at each sign-in: at most m={MOST_MEMORY_KIB} and t={MOST_PASSES}"
    );
    Ok(())
}
