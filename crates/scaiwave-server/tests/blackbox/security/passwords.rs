//! Passwords: kept as argon2id, and no hint of who exists.

use std::time::Instant;

use sqlx::Row;

use crate::world::World;

#[tokio::test]
async fn passwords_are_kept_as_argon2id_each_with_its_own_salt() {
    let world = World::start().await;
    let rows = sqlx::query("SELECT local_id, password_hash FROM participants").fetch_all(&world.database().await).await;
    let mut hashes: Vec<String> = Vec::new();
    for row in rows.unwrap() {
        let hash: String = row.get("password_hash");
        let parts: Vec<&str> = hash.split('$').collect();
        assert_eq!((parts[1], parts[2]), ("argon2id", "v=19"), "{hash}");
        let cost = |name: &str| {
            let value = parts[3].split(',').find_map(|part| part.strip_prefix(name));
            value.and_then(|value| value.parse::<u32>().ok()).unwrap()
        };
        // What OWASP asks for at least: 19 MiB and two passes.
        assert!(cost("m=") >= 19_456 && cost("t=") >= 2 && cost("p=") >= 1, "{hash}");
        assert!(parts[4].len() >= 22, "the salt has 16 bytes: {hash}");
        hashes.push(hash);
    }
    assert_eq!(hashes.len(), 6);
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), 6);
}

#[tokio::test]
async fn refresh_tokens_are_not_kept_as_they_are() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    for file in ["scaiwave.sqlite3", "scaiwave.sqlite3-wal"] {
        let bytes = std::fs::read(world.data_dir().join(file)).unwrap();
        for secret in [&alice.refresh_token, &alice.token, "alice's password"] {
            assert!(bytes.windows(secret.len()).all(|window| window != secret.as_bytes()), "{file} has {secret}");
        }
    }
}

#[tokio::test]
async fn the_signing_key_is_for_the_servers_eyes() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::start().await;
    let mode = std::fs::metadata(world.data_dir().join("signing.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}

#[tokio::test]
async fn a_wrong_name_is_told_like_a_wrong_password_and_takes_as_long() {
    let world = World::start().await;
    let mut times = [Vec::new(), Vec::new()];
    let mut texts = Vec::new();
    for _ in 0..9 {
        for (kind, name) in ["alice", "no-such-user"].into_iter().enumerate() {
            let began = Instant::now();
            let answer = world.nobody().password_grant(name, "wrong").await.unwrap();
            times[kind].push(began.elapsed());
            assert_eq!(answer.status, 401);
            texts.push(answer.text);
        }
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "{texts:?}");
    let [known, unknown] = times.map(|mut times| {
        times.sort();
        times[times.len() / 2].as_secs_f64()
    });
    // A lookup without hashing would take a twentieth of the time.
    assert!(
        (0.4..2.5).contains(&(unknown / known)),
        "median {known} s for a name that is there, {unknown} s for one that is not"
    );
}
