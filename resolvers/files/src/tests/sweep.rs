//! What is deleted, what stays, and that a crash at any point leaves nothing for
//! ever.

use std::fs;

use entities::files::upload;
use sea_orm::{EntityTrait as _, PaginatorTrait as _};

use super::*;
use crate::sweep;

impl Desk {
    async fn rows(&self) -> u64 {
        upload::Entity::find().count(self.platform.db.read()).await.expect("it counts")
    }

    async fn sweep(&self) {
        sweep::rows(&self.service).await.expect("rows are swept");
        sweep::objects(&self.service).await.expect("objects are swept");
    }
}

#[tokio::test]
async fn what_belongs_to_nothing_goes_after_a_day_and_what_is_attached_stays() {
    let desk = Desk::open().await;
    let (ada, kept) = desk.upload("kept").await;
    let kept = desk.attach(ada, kept, "msg_1").await;
    let (_, lost) = desk.upload("lost").await;

    desk.clock.advance(23 * HOUR);
    desk.sweep().await;
    let before = (desk.rows().await, desk.objects().await.len());
    desk.clock.advance(2 * HOUR);
    desk.sweep().await;

    assert_eq!(before, (2, 2));
    assert_eq!((desk.rows().await, desk.objects().await.len()), (1, 1));
    assert_eq!(desk.read(&kept).await, Ok(b"kept".to_vec()));
    let lost = desk.service.attach(ada, &[lost], "msg_1").await.expect("it answers");
    assert!(lost.is_err(), "it is gone");
}

#[tokio::test]
async fn a_slot_that_nobody_filled_goes_once_it_has_expired() {
    let desk = Desk::open().await;
    let slot = desk.slot(AccountId::generate(), 5).await;

    desk.clock.advance(HOUR - 1);
    desk.sweep().await;
    let before = desk.rows().await;
    desk.clock.advance(HOUR);
    let late = desk.put(&slot, "hello").await;
    desk.sweep().await;

    assert_eq!((before, late), (1, Err(NotReceived::Expired)));
    assert_eq!(desk.rows().await, 0);
}

#[tokio::test]
async fn what_was_let_go_is_deleted_at_the_next_look() {
    let desk = Desk::open().await;
    let (ada, upload) = desk.upload("hello").await;
    desk.attach(ada, upload, "msg_1").await;

    desk.service.release("msg_1").await.expect("released");
    desk.sweep().await;

    assert_eq!((desk.rows().await, desk.objects().await), (0, Vec::new()));
}

#[tokio::test]
async fn an_object_that_lost_its_row_or_never_got_one_is_deleted_later() {
    let desk = Desk::open().await;
    let (_, upload) = desk.upload("lost its row").await;
    // A process that was killed between the two deletions, and one between the
    // object and its row.
    upload::Entity::delete_by_id(upload).exec(desk.platform.db.write()).await.expect("deleted");
    let mut writer = desk.service.store.write().expect("random");
    writer.write("never got one".into()).await.expect("written");
    writer.finish().await.expect("stored");

    desk.sweep().await;
    let young = desk.objects().await.len();
    desk.clock.advance(HOUR);
    desk.sweep().await;

    assert_eq!(young, 2, "their rows may be about to come");
    assert_eq!(desk.objects().await, Vec::<String>::new());
}

#[tokio::test]
async fn half_a_file_of_a_killed_process_is_deleted_later() {
    let desk = Desk::open().await;
    let (_, _) = desk.upload("whole").await;
    let whole = desk.objects().await.pop().expect("one object");
    let half = desk.folder.path().join("files").join(format!("{whole}#1"));
    fs::write(&half, "hal").expect("written");

    desk.sweep().await;
    let young = half.exists();
    desk.clock.advance(HOUR);
    desk.sweep().await;

    assert!(young, "it may be being written");
    assert!(!half.exists());
    assert_eq!(desk.objects().await, [whole]);
}

#[tokio::test]
async fn the_files_of_a_graph_on_another_database_are_left_alone() {
    let place = tempfile::tempdir().expect("a folder");
    let same = |_: &std::path::Path| StoreOptions::Folder(place.path().to_path_buf());
    let (ours, theirs) = (Desk::with(same).await, Desk::with(same).await);
    let (account, upload) = theirs.upload("theirs").await;
    let file = theirs.attach(account, upload, "msg_1").await;

    ours.clock.advance(1_000 * HOUR);
    ours.sweep().await;

    assert_eq!(theirs.read(&file).await, Ok(b"theirs".to_vec()));
}

#[tokio::test]
async fn two_processes_may_sweep_at_once() {
    let desk = Desk::open().await;
    for number in 0..20 {
        desk.upload(&format!("text {number}")).await;
    }
    desk.clock.advance(25 * HOUR);

    let (one, other) = tokio::join!(sweep::rows(&desk.service), sweep::rows(&desk.service));

    one.and(other).expect("both succeed");
    assert_eq!((desk.rows().await, desk.objects().await.len()), (0, 0));
    assert!(desk.now() > DateTime(0));
}
