//! Writing whole files into the outbox, and removing them.

use std::path::Path;

use crate::mail::Outcome;

/// Writes a file: whoever looks sees all of it or none.
pub(crate) async fn write(folder: &Path, name: &str, content: Vec<u8>) -> Outcome {
    let (file, unfinished) = (folder.join(name), folder.join(format!(".{name}")));
    let write = async {
        tokio::fs::create_dir_all(folder).await?;
        tokio::fs::write(&unfinished, content).await?;
        tokio::fs::rename(&unfinished, &file).await
    };
    match write.await {
        Ok(()) => Outcome::Sent,
        Err(error) => Outcome::Later(format!("the outbox can't be written: {error}")),
    }
}

/// Removes a file, if it is there.
pub(crate) async fn remove(folder: &Path, name: &str) {
    match tokio::fs::remove_file(folder.join(name)).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::error!(%error, "a file stays in the outbox");
        }
        _ => {}
    }
}
