//! Which library is used, where it is found, and how it is checked.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use crate::{
    ffi,
    webrtc::{RtcError, RtcErrorType},
};

/// Overrides where the library is looked for.
pub const LIBRARY_ENV: &str = "SCAIWAVE_LIVEKIT_LIBRARY";

/// The version of `livekit-ffi` inside the pinned wheels; any other is refused, as messages and memory rules may differ.
pub const FFI_VERSION: &str = "0.13.2";

/// The library as it lies in LiveKit's wheel `livekit` 1.2.1 for one platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Library {
    /// Rust's name of the operating system ([`env::consts::OS`]).
    pub os: &'static str,
    /// Rust's name of the processor ([`env::consts::ARCH`]).
    pub arch: &'static str,
    /// The wheel's file name.
    pub wheel: &'static str,
    /// SHA-256 of the wheel, lower-case hex.
    pub wheel_sha256: &'static str,
    /// The library's file name; in the wheel it lies in `livekit/rtc/resources/`.
    pub file: &'static str,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the library, lower-case hex.
    pub sha256: &'static str,
}

/// The libraries this crate works with, one a platform.
pub const LIBRARIES: &[Library] = &[
    Library {
        os: "linux",
        arch: "x86_64",
        wheel: "livekit-1.2.1-py3-none-manylinux_2_28_x86_64.whl",
        wheel_sha256: "c9a0269cc23a889e20f716405a59fbae375a0248ea3d2d043da103cfb0b71711",
        file: "liblivekit_ffi.so",
        size: 28_265_384,
        sha256: "b0e3b91dcf42b486045b6acca4863b132e3c4d114d5701b5759c7661c04ea1eb",
    },
    Library {
        os: "linux",
        arch: "aarch64",
        wheel: "livekit-1.2.1-py3-none-manylinux_2_28_aarch64.whl",
        wheel_sha256: "8a3dd36574d5df73dba5baa8fbed97401e25b51ab38822fe2c4769fef994f09d",
        file: "liblivekit_ffi.so",
        size: 22_937_048,
        sha256: "1851e0a2b740be6041e5a8bf66f419f78f0a424348b4d44d52bf2ece231ab740",
    },
    Library {
        os: "macos",
        arch: "aarch64",
        wheel: "livekit-1.2.1-py3-none-macosx_11_0_arm64.whl",
        wheel_sha256: "571d25d107b70e70b6b435e803554b0124272cc3d85a45998ea75a4eb09b5ab8",
        file: "liblivekit_ffi.dylib",
        size: 18_324_672,
        sha256: "f7ef1bb6803a43559382dc72a5447fb6743dcacdad194edd065140af85078eb4",
    },
    Library {
        os: "macos",
        arch: "x86_64",
        wheel: "livekit-1.2.1-py3-none-macosx_10_15_x86_64.whl",
        wheel_sha256: "7c3a09623b059f7d93c0c487ff4ba8b5bdebdfa7f0bd424cccbe655ea70c85f3",
        file: "liblivekit_ffi.dylib",
        size: 23_193_968,
        sha256: "659767038036c1a6c6e33ffff6be08f10dec03b957a27d8a103fda713ec040c9",
    },
    Library {
        os: "windows",
        arch: "x86_64",
        wheel: "livekit-1.2.1-py3-none-win_amd64.whl",
        wheel_sha256: "a7892d9b7bd2f683c8789026519e84d6931b67dd19507450343e147dff789c2f",
        file: "livekit_ffi.dll",
        size: 25_098_240,
        sha256: "f3456b002f2157b9cbacad5296433d71b2ba1228c1bc26c5a89c8e559e05c103",
    },
];

/// Why the library cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LoadError {
    /// LiveKit publishes none for this machine.
    #[error("LiveKit publishes no SDK library for {} on {}", env::consts::OS, env::consts::ARCH)]
    Unsupported,
    /// It is nowhere.
    #[error("the LiveKit SDK library is missing; run `cargo xtask setup`, or point {LIBRARY_ENV} at it (looked in: {})", show(.looked_in))]
    Missing {
        /// Where it was looked for.
        looked_in: Vec<PathBuf>,
    },
    /// The file cannot be read or linked.
    #[error("the LiveKit SDK library {} cannot be used: {reason}", .path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The file is another one.
    #[error("{} is not the pinned LiveKit SDK library ({what}); delete it and run `cargo xtask setup`", .path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// Size or hash.
        what: String,
    },
    /// It has another interface.
    #[error("the library is not LiveKit's SDK: it has no `{missing}`; delete it and run `cargo xtask setup`")]
    NotTheSdk {
        /// What was looked for.
        missing: String,
    },
    /// It is another version.
    #[error(
        "the LiveKit SDK library is livekit-ffi {found}, needed is {FFI_VERSION}; delete it and run `cargo xtask setup`"
    )]
    WrongVersion {
        /// Its own word.
        found: String,
    },
}

fn show(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// The entry of [`LIBRARIES`] for this machine.
pub fn for_this_machine() -> Result<&'static Library, LoadError> {
    LIBRARIES
        .iter()
        .find(|library| library.os == env::consts::OS && library.arch == env::consts::ARCH)
        .ok_or(LoadError::Unsupported)
}

/// Where the library is: `SCAIWAVE_LIVEKIT_LIBRARY` if set, else next to the executable, one directory up (test programs), or
/// `../lib/scaiwave-calls/`.
pub fn find_library() -> Result<PathBuf, LoadError> {
    let file = for_this_machine()?.file;
    let looked_in = match env::var_os(LIBRARY_ENV) {
        Some(path) => vec![PathBuf::from(path)],
        None => {
            let executable = env::current_exe().unwrap_or_default();
            let folder = executable.parent().unwrap_or(Path::new("."));
            vec![folder.join(file), folder.join("..").join(file), folder.join("../lib/scaiwave-calls").join(file)]
        }
    };
    match looked_in.iter().find(|path| path.is_file()) {
        Some(path) => Ok(path.clone()),
        None => Err(LoadError::Missing { looked_in }),
    }
}

/// Compares the file's SHA-256 with the pinned one. For set-up, after a download: it reads and hashes all of it, about
/// 0.1 s, which [`load`] would add to every start of a call. There the size and the library's own version are checked.
pub fn verify(path: &Path) -> Result<(), LoadError> {
    let expected = for_this_machine()?;
    let unreadable = |error: io::Error| LoadError::Unusable { path: path.to_owned(), reason: error.to_string() };
    let mut hash = Sha256::new();
    io::copy(&mut fs::File::open(path).map_err(unreadable)?, &mut hash).map_err(unreadable)?;
    let found: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    if found == expected.sha256 {
        Ok(())
    } else {
        Err(LoadError::Changed { path: path.to_owned(), what: format!("SHA-256 {found}") })
    }
}

static LOADED: Mutex<Option<Result<(), LoadError>>> = Mutex::new(None);

/// Finds, checks and starts the library, once; later calls answer the same. About 30 ms the first time.
pub fn load() -> Result<(), LoadError> {
    LOADED.lock().get_or_insert_with(load_now).clone()
}

fn load_now() -> Result<(), LoadError> {
    let path = find_library()?;
    let expected = for_this_machine()?;
    let size = fs::metadata(&path)
        .map_err(|error| LoadError::Unusable { path: path.clone(), reason: error.to_string() })?
        .len();
    if size != expected.size {
        return Err(LoadError::Changed { path, what: format!("{size} bytes") });
    }
    let library = ffi::Opened::open(&path)?;
    let found = library.version()?;
    if found != FFI_VERSION {
        return Err(LoadError::WrongVersion { found });
    }
    library.start()
}

/// Whether [`load`] succeeded before; does not try.
pub(crate) fn is_loaded() -> bool {
    matches!(*LOADED.lock(), Some(Ok(())))
}

/// [`load`] for calls that answer an [`RtcError`].
pub(crate) fn ensure_loaded() -> Result<(), RtcError> {
    load().map_err(|error| RtcError { error_type: RtcErrorType::Internal, message: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_file_is_refused_with_the_way_out() {
        let file = env::current_exe().expect("a test program");
        let error = verify(&file).expect_err("not the library");
        assert!(matches!(error, LoadError::Changed { .. }));
        assert!(error.to_string().contains("cargo xtask setup"));
    }

    #[test]
    fn each_platform_has_one_entry_with_real_hashes() {
        for library in LIBRARIES {
            let same = LIBRARIES.iter().filter(|other| (other.os, other.arch) == (library.os, library.arch)).count();
            assert_eq!(same, 1);
            for hash in [library.sha256, library.wheel_sha256] {
                assert!(hash.len() == 64 && hash.bytes().all(|digit| digit.is_ascii_hexdigit()));
            }
        }
    }
}
