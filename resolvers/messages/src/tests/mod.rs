//! What the front door can't reach: files, which another module keeps.

mod desk;
mod files;
