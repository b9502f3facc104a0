//! How far everybody is: exact on every device, and never back.

use futures_util::future::join_all;
use kit::seed::Choices;
use serde_json::{Value, json};
use tests::{Client, TestApp, on_each_database};

use super::{MUTE, Person, next, now, people};
use crate::accounts::data;

const UNREAD: &str = "query($ids: [ID!]!) { me { unreadMessageCount } nodes(ids: $ids) { ... on \
    Conversation { unreadCount isMuted lastMessage { sequence } } } }";

const MEMBERS: &str = "query($id: ID!) { conversation(id: $id) { members { user { id } readSequence \
    deliveredSequence } } }";

/// A conversation as it should be.
#[derive(Default)]
struct Talk {
    members: Vec<usize>,
    /// Who sent each message, and from whom it was kept.
    messages: Vec<(usize, Vec<usize>)>,
    read: [usize; 3],
    muted: [bool; 3],
}

impl Talk {
    fn unread(&self, person: usize) -> usize {
        let behind = &self.messages[self.read[person]..];
        behind.iter().filter(|(sender, kept)| *sender != person && !kept.contains(&person)).count()
    }
}

/// Everybody's counts are as the model says, on each of their devices.
async fn check(devices: &[[Client; 2]; 3], ids: &[String], talks: &[Talk], others: [i64; 3]) {
    for (person, devices) in devices.iter().enumerate() {
        let mut badge = others[person];
        let mut counts = Vec::new();
        for talk in talks {
            if !talk.members.contains(&person) {
                counts.push(None);
                continue;
            }
            let unread = talk.unread(person);
            counts.push(Some(unread));
            if !talk.muted[person] {
                badge += i64::try_from(unread).expect("a small number");
            }
        }
        for device in devices {
            let seen = data(device, UNREAD, json!({ "ids": ids })).await;
            let nodes = seen["nodes"].as_array().expect("conversations");
            let unread: Vec<Option<usize>> = nodes
                .iter()
                .map(|node| {
                    node["unreadCount"].as_u64().map(|count| usize::try_from(count).expect("small"))
                })
                .collect();
            assert_eq!(unread, counts, "person {person}");
            assert_eq!(seen["me"]["unreadMessageCount"], badge, "the badge of person {person}");
        }
    }
}

async fn badge(person: &Person) -> i64 {
    let seen = data(&person.client, UNREAD, json!({ "ids": [] })).await;
    seen["me"]["unreadMessageCount"].as_i64().expect("a number")
}

/// One random step, made by the people and in the model.
async fn step(
    choices: &mut Choices,
    people: &[Person; 3],
    ids: &[String],
    talks: &mut [Talk],
    blocks: &mut Vec<(usize, usize)>,
) {
    let pick = |choices: &mut Choices, below: usize| {
        usize::try_from(choices.below(below as u64)).expect("a small number")
    };
    let place = pick(choices, talks.len());
    let person = talks[place].members[pick(choices, talks[place].members.len())];
    match choices.below(10) {
        0..=5 => {
            let is_between =
                |other: usize| blocks.contains(&(person, other)) || blocks.contains(&(other, person));
            let kept: Vec<usize> = talks[place]
                .members
                .iter()
                .copied()
                .filter(|other| *other != person && is_between(*other))
                .collect();
            let sent = people[person].send(&ids[place], "Something").await;
            if talks[place].members.len() == 2 && !kept.is_empty() {
                assert_eq!(sent["userErrors"][0]["code"], "BLOCKED", "{sent}");
            } else {
                talks[place].messages.push((person, kept));
                assert_eq!(sent["message"]["sequence"], talks[place].messages.len(), "{sent}");
            }
        }
        6 | 7 => {
            let last = talks[place].messages.len();
            let to = pick(choices, last + 3);
            people[person].read(&ids[place], i64::try_from(to).expect("small")).await;
            let read = &mut talks[place].read[person];
            *read = to.min(last).max(*read);
        }
        8 => {
            let muted = !talks[place].muted[person];
            people[person].change(MUTE, json!({ "id": ids[place], "muted": muted })).await;
            talks[place].muted[person] = muted;
        }
        _ => {
            let other = (person + 1 + pick(choices, 2)) % 3;
            let is_blocked = !blocks.contains(&(person, other));
            people[person].block(&people[other], is_blocked).await;
            blocks.retain(|block| *block != (person, other));
            if is_blocked {
                blocks.push((person, other));
            }
        }
    }
}

#[tokio::test]
async fn unread_counts_are_exact_on_every_device_whatever_happens_and_add_up_to_the_badge() {
    on_each_database(async |app: TestApp| {
        let people = people(&app).await;
        let [ada, bob, cyd] = &people;
        let others = [badge(ada).await, badge(bob).await, badge(cyd).await];
        let mut devices = Vec::new();
        for (person, index) in people.iter().zip(60..) {
            devices.push([person.client.clone(), person.elsewhere(&app, index).await]);
        }
        let devices: [[Client; 2]; 3] = devices.try_into().unwrap_or_else(|_| panic!("three people"));
        let ids =
            [ada.open(&[bob.id]).await, bob.open(&[cyd.id]).await, ada.open(&[bob.id, cyd.id]).await];
        let talk = |members: &[usize]| Talk { members: members.to_vec(), ..Talk::default() };
        let mut talks = [talk(&[0, 1]), talk(&[1, 2]), talk(&[0, 1, 2])];
        let mut blocks = Vec::new();

        let mut choices = Choices::new("unread", 7);
        for nth in 0..120 {
            step(&mut choices, &people, &ids, &mut talks, &mut blocks).await;
            if nth % 12 == 11 {
                check(&devices, &ids, &talks, others).await;
            }
        }

        assert!(talks.iter().all(|talk| talk.messages.len() > 3), "too few messages to tell");
        let has_kept = talks[2].messages.iter().any(|(_, kept)| !kept.is_empty());
        assert!(has_kept, "no block kept a message back");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_read_position_never_moves_back_however_many_devices_move_it_at_once() {
    on_each_database(async |app| {
        let [ada, bob, _] = people(&app).await;
        let direct = ada.open(&[bob.id]).await;
        for nth in 0..20 {
            ada.sent(&direct, &format!("Message {nth}")).await;
        }
        let after = now(&app).await;
        let served = app.serve().await;
        let mut socket = ada.follow(&served, Some(&direct), &after).await;

        join_all([3, 17, 5, 11, 17, 1, 8, 14, 2, 16].map(|to| bob.read(&direct, to))).await;
        let back = bob.read(&direct, 4).await;
        ada.sent(&direct, "The end").await;

        assert_eq!(back["conversation"]["unreadCount"], 3);
        let mut positions = Vec::new();
        loop {
            let event = next(&mut socket).await["kind"].take();
            if event["__typename"] == "MessageSent" {
                break;
            }
            assert_eq!(event["user"]["id"], json!(bob.id));
            positions.push(event["sequence"].as_i64().expect("a number"));
        }
        assert!(positions.is_sorted(), "{positions:?}");
        assert_eq!(positions.last(), Some(&17));
        let beyond = bob.read(&direct, 1_000).await;
        assert_eq!(beyond["conversation"]["unreadCount"], 0);
        let next = ada.sent(&direct, "One more").await;
        assert!(!next.is_empty());
        let unread = bob.read(&direct, 0).await;
        assert_eq!(unread["conversation"]["unreadCount"], 1, "the future can't be read");
        drop((socket, served));
        app.stop().await;
    })
    .await;
}

/// Read and delivered position of a member, as somebody else sees it.
async fn position(viewer: &Person, conversation: &str, of: &Person) -> (i64, i64) {
    let seen = data(&viewer.client, MEMBERS, json!({ "id": conversation })).await;
    let members = seen["conversation"]["members"].as_array().expect("members").clone();
    let is_meant = |member: &&Value| member["user"]["id"] == json!(of.id);
    let member = members.iter().find(is_meant).expect("a member");
    let number = |field: &str| member[field].as_i64().expect("a number");
    (number("readSequence"), number("deliveredSequence"))
}

#[tokio::test]
async fn what_reached_a_device_counts_as_delivered_and_what_is_read_too() {
    on_each_database(async |app| {
        let [ada, bob, _] = people(&app).await;
        let direct = ada.open(&[bob.id]).await;
        for nth in 0..3 {
            ada.sent(&direct, &format!("Message {nth}")).await;
        }
        assert_eq!(position(&ada, &direct, &bob).await, (0, 0));

        bob.conversation(&direct).await;
        assert_eq!(position(&ada, &direct, &bob).await, (0, 3), "a page was read");
        let served = app.serve().await;
        let mut socket = bob.follow(&served, None, &now(&app).await).await;
        ada.sent(&direct, "Message 4").await;
        next(&mut socket).await;
        // Written a moment later, together with what other streams bring.
        let mut tries = 0;
        while position(&ada, &direct, &bob).await != (0, 4) {
            tries += 1;
            assert!(tries < 500, "a stream brought it");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        ada.sent(&direct, "Message 5").await;
        bob.read(&direct, 5).await;
        assert_eq!(position(&ada, &direct, &bob).await, (5, 5), "what is read has arrived");
        drop((socket, served));
        app.stop().await;
    })
    .await;
}
