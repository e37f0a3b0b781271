//! Generates the messages of liblivekit_ffi from the committed descriptors; needs no protoc.

use std::{error::Error, fs};

use prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto/ffi.fds");
    let descriptors = prost_types::FileDescriptorSet::decode(fs::read("proto/ffi.fds")?.as_slice())?;
    prost_build::Config::new().compile_fds(descriptors)?;
    Ok(())
}
