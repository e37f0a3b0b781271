//! Pictures: camera → track and own view, tracks → views.

pub(crate) mod camera;
pub(crate) mod capture;
pub(crate) mod native_camera;
pub(crate) mod picture;
pub(crate) mod receive;
pub(crate) mod y4m;
