//! A real browser with a virtual authenticator: what we ask and what it answers
//! fit together.

use tests::peers;

use crate::suites;

#[tokio::test]
async fn a_browser_enrols_a_passkey_and_signs_in_with_it() {
    let Some(folder) = suites::installed().await else { return };
    if !peers::has("chromium") {
        return;
    }
    let app = suites::telling_costs().await;
    let served = app.serve().await;
    let port = served.url.rsplit(':').next().expect("a port");

    // Browsers know no passkeys for numbers.
    suites::run(folder, "passkeys.mjs", &format!("http://localhost:{port}"), None).await;

    drop(served);
    app.stop().await;
}
