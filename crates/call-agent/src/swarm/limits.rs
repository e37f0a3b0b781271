//! Every client holds a connection open: the system has to allow so many.

use anyhow::Result;

/// Files that are open whatever the number of clients: libraries, the event queue, standard streams.
const ALWAYS: u64 = 64;

/// Makes sure that so many clients, with so many requests at once, may have their sockets.
#[cfg(unix)]
pub(crate) fn allow_sockets(clients: usize, at_once: usize) -> Result<()> {
    use anyhow::Context;
    use nix::sys::resource::{Resource, getrlimit, setrlimit};

    let needed = clients as u64 + 2 * at_once as u64 + ALWAYS;
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).context("the limit of open files cannot be read")?;
    if needed <= soft {
        return Ok(());
    }
    anyhow::ensure!(
        needed <= hard,
        "{clients} clients need about {needed} open files and this process may have {hard}: raise the limit \
         (ulimit -n {needed}) or start fewer"
    );
    setrlimit(Resource::RLIMIT_NOFILE, needed, hard).context("the limit of open files cannot be raised")
}

/// Elsewhere there is no such limit to ask for.
#[cfg(not(unix))]
pub(crate) fn allow_sockets(_clients: usize, _at_once: usize) -> Result<()> {
    let _ = ALWAYS;
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn too_many_are_refused_with_the_line_that_helps() {
        allow_sockets(1, 1).unwrap();
        let hard = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE).unwrap().1;
        // nobody to refuse where the system sets no limit at all
        if let Some(clients) = usize::try_from(hard).ok().filter(|hard| *hard < usize::MAX / 2) {
            let error = allow_sockets(clients, 1).unwrap_err().to_string();
            assert!(error.contains("ulimit -n"), "{error}");
        }
    }
}
