//! Writing whole files into the outbox.

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
