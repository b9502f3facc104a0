//! Files through the front door: a slot, bytes in, bytes out, and everything that
//! is refused.

use std::time::Duration;

use futures_util::future::join_all;
use kit::{
    ids::{AccountId, UploadId},
    ports::{Files, NotAttached, StoredFile},
};
use serde_json::{Value, json};
use tests::{Answer, Client, TestApp, on_each_database, on_each_database_with};

const CREATE: &str = "mutation($filename: String!, $mediaType: String!, $size: Long!) { \
    uploadCreate(filename: $filename, mediaType: $mediaType, size: $size) { \
    slot { id url headers expiresAt } userErrors { code field message } } }";

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";

async fn create(client: &Client, filename: &str, media_type: &str, size: usize) -> Value {
    let variables = json!({ "filename": filename, "mediaType": media_type, "size": size });
    client.ask(CREATE, variables).await
}

/// The id and the address of a new slot.
async fn slot(client: &Client, filename: &str, media_type: &str, size: usize) -> (UploadId, String) {
    let answer = create(client, filename, media_type, size).await;
    let slot = &answer["data"]["uploadCreate"]["slot"];
    let id = slot["id"].as_str().unwrap_or_else(|| panic!("no slot: {answer}"));
    (id.parse().expect("an upload's id"), slot["url"].as_str().expect("a URL").to_owned())
}

fn files(app: &TestApp) -> std::sync::Arc<dyn Files> {
    app.app().platform().ports.get::<dyn Files>().expect("the module runs")
}

async fn account_of(client: &Client) -> AccountId {
    let answer = client.ask("{ me { id } }", json!({})).await;
    answer["data"]["me"]["id"].as_str().expect("signed in").parse().expect("an account's id")
}

/// Attaches an upload to a thing; the file and its address.
async fn attach(app: &TestApp, client: &Client, id: UploadId, to: &str) -> (StoredFile, String) {
    let account = account_of(client).await;
    let attached = files(app).attach(account, &[id], to).await.expect("it answers");
    let file = attached.expect("attached").pop().expect("one file");
    let url = files(app).url(&file).await.expect("an address");
    (file, url.0)
}

/// How many files there are below a folder.
fn objects(folder: &std::path::Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.flatten().map(|entry| if entry.path().is_dir() { objects(&entry.path()) } else { 1 }).sum()
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.get(name).map(|value| value.to_str().expect("text"))
}

fn refusal(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_file_goes_up_is_attached_and_comes_down_again() {
    on_each_database(async |app: TestApp| {
        let client = app.seller(3).await;
        let answer = create(&client, "../Fotos/Grüße.png", "image/png", PNG.len()).await;
        let slot = &answer["data"]["uploadCreate"]["slot"];
        let id: UploadId = slot["id"].as_str().expect("an id").parse().expect("an upload's id");
        let url = slot["url"].as_str().expect("a URL");

        // Whoever has the address may: no token is sent.
        let put = app.guest().put(url, PNG).await;
        let (file, download) = attach(&app, &client, id, "msg_1").await;
        let got = app.guest().get(&download).await;

        assert_eq!(answer["data"]["uploadCreate"]["userErrors"], json!([]));
        assert_eq!(slot["headers"], json!({ "Content-Type": "image/png" }));
        assert!(url.starts_with("http://127.0.0.1:8080/files/"), "{url}");
        let expected = json!({ "id": id, "name": "Grüße.png", "mediaType": "image/png", "size": 29 });
        assert_eq!((put.status.as_u16(), put.json()), (200, expected));
        let name = "Grüße.png".to_owned();
        assert_eq!(file, StoredFile { id, name, media_type: "image/png".to_owned(), size: 29 });
        assert_eq!((got.status.as_u16(), got.body.as_slice()), (200, PNG));
        for (name, value) in [
            ("content-type", "image/png"),
            ("content-length", "29"),
            (
                "content-disposition",
                "inline; filename=\"Gr__e.png\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.png",
            ),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "sandbox; default-src 'none'"),
            ("cache-control", "private, max-age=300"),
        ] {
            assert_eq!(header(&got, name), Some(value), "{name}");
        }

        let attached = files(&app).attached(&["msg_1".to_owned(), "msg_2".to_owned()]).await;
        assert_eq!(attached.expect("it answers"), [("msg_1".to_owned(), vec![file])].into());
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_browser_that_has_the_file_is_not_sent_it_again() {
    let app = TestApp::sqlite().await;
    let client = app.seller(3).await;
    let (id, url) = slot(&client, "a.png", "image/png", PNG.len()).await;
    app.guest().put(&url, PNG).await;
    let (_, download) = attach(&app, &client, id, "msg_1").await;
    let tag = header(&app.guest().get(&download).await, "etag").expect("a tag").to_owned();

    let path = download.strip_prefix("http://127.0.0.1:8080").expect("ours");
    let request = axum::http::Request::get(path).header("if-none-match", &tag);
    let again = app.guest().send(request.body(axum::body::Body::empty()).expect("a request")).await;

    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    assert_eq!(header(&again, "etag"), Some(tag.as_str()));
    app.stop().await;
}

#[tokio::test]
async fn the_same_bytes_again_are_answered_alike_and_other_bytes_are_refused() {
    on_each_database(async |app: TestApp| {
        let client = app.seller(3).await;
        let (id, url) = slot(&client, "a.txt", "text/plain", 5).await;

        let first = app.guest().put(&url, "hello").await;
        let again = app.guest().put(&url, "hello").await;
        let others = ["HELLO", "hell", "hello!"];
        let mut refused = Vec::new();
        for other in others {
            refused.push(refusal(&app.guest().put(&url, other).await));
        }
        let (_, download) = attach(&app, &client, id, "msg_1").await;
        let after = app.guest().put(&url, "hello").await;

        assert_eq!((first.status, first.json()), (again.status, again.json()));
        assert_eq!(refused, vec![(409, "OTHER_BYTES_STORED".to_owned()); 3]);
        assert_eq!(after.json(), first.json(), "also when it is attached");
        assert_eq!(app.guest().get(&download).await.body, b"hello");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn bytes_that_are_not_what_was_announced_are_refused_and_nothing_is_kept() {
    let app = TestApp::sqlite().await;
    let client = app.seller(3).await;
    let page: &[u8] = b"<html><script>alert(document.domain)</script></html>";
    let drawing: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
    let large = vec![b'a'; 100_000];
    let table: [(&str, &[u8], usize, u16, &str); 7] = [
        ("image/png", PNG, 30, 400, "TOO_SMALL"),
        ("image/png", PNG, 28, 413, "TOO_LARGE"),
        ("text/plain", &large, 10, 413, "TOO_LARGE"),
        ("image/jpeg", PNG, 29, 415, "WRONG_MEDIA_TYPE"),
        ("image/png", page, page.len(), 415, "WRONG_MEDIA_TYPE"),
        ("image/png", drawing, drawing.len(), 415, "WRONG_MEDIA_TYPE"),
        ("text/plain", page, page.len(), 415, "WRONG_MEDIA_TYPE"),
    ];
    let account = account_of(&client).await;

    for (media_type, bytes, announced, status, code) in table {
        let (id, url) = slot(&client, "photo.png", media_type, announced).await;
        let answer = app.guest().put(&url, bytes.to_vec()).await;

        assert_eq!(refusal(&answer), (status, code.to_owned()), "{media_type} {announced}");
        let attached = files(&app).attach(account, &[id], "msg_1").await.expect("it answers");
        assert_eq!(attached, Err(NotAttached::Unknown(id)));
    }
    assert_eq!(objects(&app.files().join("uploads")), 0, "nothing was kept");
    app.stop().await;
}

#[tokio::test]
async fn a_picture_that_is_a_page_too_is_only_ever_a_picture_and_text_is_never_shown() {
    let app = TestApp::sqlite().await;
    let client = app.seller(3).await;
    let both = [PNG, b"<html><script>alert(1)</script>"].concat();
    let (picture, url) = slot(&client, "page.html", "image/png", both.len()).await;
    app.guest().put(&url, both).await;
    let (text, url) = slot(&client, "page.html", "text/plain", 26).await;
    let answer = app.guest().put(&url, "x <script>alert(1)</script").await;
    assert_eq!(answer.status, 200);

    let (picture, shown) = attach(&app, &client, picture, "msg_1").await;
    let (text, saved) = attach(&app, &client, text, "msg_1").await;
    let (shown, saved) = (app.guest().get(&shown).await, app.guest().get(&saved).await);

    assert_eq!((picture.name.as_str(), text.name.as_str()), ("page.html.png", "page.html.txt"));
    assert_eq!(header(&shown, "content-type"), Some("image/png"));
    assert_eq!(header(&saved, "content-type"), Some("text/plain; charset=utf-8"));
    let disposition = header(&saved, "content-disposition").expect("a disposition");
    assert!(disposition.starts_with("attachment; "), "{disposition}");
    for answer in [shown, saved] {
        assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
        assert_eq!(header(&answer, "content-security-policy"), Some("sandbox; default-src 'none'"));
    }
    app.stop().await;
}

#[tokio::test]
async fn an_address_that_was_changed_or_is_for_something_else_finds_nothing() {
    let app = TestApp::sqlite().await;
    let client = app.seller(3).await;
    let (id, url) = slot(&client, "a.txt", "text/plain", 5).await;
    let (head, last) = url.split_at(url.len() - 1);
    let changed = format!("{head}{}", if last == "A" { "E" } else { "A" });
    let nowhere = (404, "NOT_FOUND".to_owned());

    assert_eq!(refusal(&app.guest().put(&changed, "hello").await), nowhere);
    assert_eq!(refusal(&app.guest().put("/files/rubbish", "hello").await), nowhere);
    assert_eq!(refusal(&app.guest().get(&url).await), nowhere, "an upload's address reads nothing");
    app.guest().put(&url, "hello").await;
    let (_, download) = attach(&app, &client, id, "msg_1").await;
    let changed = download.replacen("/files/A", "/files/B", 1);

    assert_ne!(changed, download);
    assert_eq!(refusal(&app.guest().get(&changed).await), nowhere);
    assert_eq!(refusal(&app.guest().put(&download, "hello").await), nowhere);
    assert_eq!(refusal(&client.get("/files/..%2F..%2Fweft.db").await), nowhere);
    app.stop().await;
}

#[tokio::test]
async fn an_old_address_has_expired() {
    let short = |config: &mut gateway::Config| {
        config.files.slot_lifetime = Duration::from_millis(1);
        config.files.link_lifetime = Duration::from_millis(1);
    };
    let app = TestApp::sqlite_with(short).await;
    let client = app.seller(3).await;
    let (id, url) = slot(&client, "a.txt", "text/plain", 5).await;
    tokio::time::sleep(Duration::from_millis(5)).await;

    let late = app.guest().put(&url, "hello").await;

    assert_eq!(refusal(&late), (410, "EXPIRED".to_owned()));
    let attached = files(&app).attach(account_of(&client).await, &[id], "msg_1").await;
    assert_eq!(attached.expect("it answers"), Err(NotAttached::Unknown(id)));
    app.stop().await;
}

#[tokio::test]
async fn what_can_not_be_uploaded_is_told_before_and_makes_no_slot() {
    let app = TestApp::sqlite_with(|config| config.files.open_uploads = 1).await;
    let client = app.seller(3).await;
    let errors = async |filename: &str, media_type: &str, size: i64| {
        let variables = json!({ "filename": filename, "mediaType": media_type, "size": size });
        let answer = client.ask(CREATE, variables).await;
        let payload = &answer["data"]["uploadCreate"];
        assert_eq!(payload["slot"], Value::Null, "{answer}");
        let errors = payload["userErrors"].as_array().expect("errors").iter();
        let told = errors.map(|error| (error["field"][0].clone(), error["code"].clone()));
        told.collect::<Vec<_>>()
    };
    let invalid = |field: &str| (json!(field), json!("INVALID"));

    assert_eq!(errors("", "image/png", 1).await, [invalid("filename")]);
    assert_eq!(errors("../..", "image/png", 1).await, [invalid("filename")]);
    assert_eq!(errors(&"a".repeat(2_000), "image/png", 1).await, [invalid("filename")]);
    assert_eq!(errors("a.svg", "image/svg+xml", 1).await, [invalid("mediaType")]);
    assert_eq!(errors("a.html", "text/html", 1).await, [invalid("mediaType")]);
    assert_eq!(errors("a.png", "rubbish", 1).await, [invalid("mediaType")]);
    assert_eq!(errors("a.png", "image/png", 0).await, [invalid("size")]);
    assert_eq!(errors("a.png", "image/png", -5).await, [invalid("size")]);
    let too_large = (json!("size"), json!("LIMIT_EXCEEDED"));
    assert_eq!(errors("a.png", "image/png", 1 << 40).await, std::slice::from_ref(&too_large));
    assert_eq!(
        errors("", "text/html", 1 << 40).await,
        [invalid("mediaType"), invalid("filename"), too_large]
    );
    slot(&client, "the refused ones took no slot.txt", "text/plain; charset=utf-8", 1).await;

    let guest = create(&app.guest(), "a.png", "image/png", 1).await;
    assert_eq!(guest["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(guest["data"]["uploadCreate"], Value::Null);
    app.stop().await;
}

#[tokio::test]
async fn an_account_has_so_many_uploads_that_belong_to_nothing_even_when_it_asks_at_once() {
    on_each_database_with(
        |config| config.files.open_uploads = 3,
        async |app: TestApp| {
            let (client, other) = (app.seller(3).await, app.seller(4).await);

            let answers = join_all((0..8).map(|_| create(&client, "a.txt", "text/plain", 5))).await;

            let slots: Vec<&Value> = answers
                .iter()
                .map(|answer| &answer["data"]["uploadCreate"]["slot"])
                .filter(|slot| !slot.is_null())
                .collect();
            assert_eq!(slots.len(), 3, "{answers:?}");
            let refused = create(&client, "a.txt", "text/plain", 5).await;
            assert_eq!(
                refused["data"]["uploadCreate"]["userErrors"][0]["code"], "LIMIT_EXCEEDED",
                "{refused}"
            );
            slot(&other, "a.txt", "text/plain", 5).await;

            app.guest().put(slots[0]["url"].as_str().expect("a URL"), "hello").await;
            let id = slots[0]["id"].as_str().expect("an id").parse().expect("an upload's id");
            attach(&app, &client, id, "msg_1").await;
            slot(&client, "what is attached makes room.txt", "text/plain", 5).await;
            app.stop().await;
        },
    )
    .await;
}

#[tokio::test]
async fn an_upload_of_somebody_else_or_of_another_thing_can_not_be_attached() {
    on_each_database(async |app: TestApp| {
        let (ada, eve) = (app.seller(3).await, app.seller(4).await);
        let (id, url) = slot(&ada, "a.txt", "text/plain", 5).await;
        app.guest().put(&url, "hello").await;
        let (of_ada, of_eve) = (account_of(&ada).await, account_of(&eve).await);
        let attach = async |account, to: &str| {
            files(&app).attach(account, &[id], to).await.expect("it answers").map(|files| files.len())
        };

        assert_eq!(attach(of_eve, "msg_2").await, Err(NotAttached::Unknown(id)));
        assert_eq!(attach(of_ada, "msg_1").await, Ok(1));
        assert_eq!(attach(of_ada, "msg_2").await, Err(NotAttached::Taken(id)));
        assert_eq!(attach(of_ada, "msg_1").await, Ok(1), "again");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_let_go_or_never_attached_is_deleted() {
    let quick = |config: &mut gateway::Config| {
        config.files.unattached_for = Duration::from_secs(4);
        config.files.sweep_every = Duration::from_millis(20);
    };
    on_each_database_with(quick, async |app: TestApp| {
        let client = app.seller(3).await;
        let mut uploads = Vec::new();
        for text in ["kept!", "freed", "alone"] {
            let (id, url) = slot(&client, "a.txt", "text/plain", 5).await;
            app.guest().put(&url, text).await;
            uploads.push(id);
        }
        let (_, kept) = attach(&app, &client, uploads[0], "msg_1").await;
        let (_, freed) = attach(&app, &client, uploads[1], "msg_2").await;
        assert_eq!(app.guest().get(&freed).await.status, 200);

        files(&app).release("msg_2").await.expect("released");

        assert_eq!(app.guest().get(&freed).await.status, 404, "at once");
        let swept = async {
            while objects(&app.files().join("uploads")) > 1 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), swept).await.expect("both are deleted");
        assert_eq!(app.guest().get(&kept).await.body, b"kept!");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn everybody_can_read_what_may_be_uploaded() {
    let app = TestApp::sqlite_with(|config| {
        config.files.media_types = vec!["image/*".to_owned(), "application/pdf".to_owned()];
        config.files.max_size = "64 KiB".parse().expect("a size");
    })
    .await;

    let limits = app.guest().ask("{ uploadLimits { maxSize mediaTypes } }", json!({})).await;

    let expected = json!({ "maxSize": 65_536, "mediaTypes": ["image/*", "application/pdf"] });
    assert_eq!(limits["data"]["uploadLimits"], expected);
    app.stop().await;
}
