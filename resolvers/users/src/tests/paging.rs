//! The list of users, walked from both ends in pages of many sizes, and asked
//! for pages that there are not.

use serde_json::{Value, json};

use super::{TestModule, support};

const USERS: &str = "query($first: Int, $after: String, $last: Int, $before: String, \
     $query: StringFilter, $role: Role) { users(first: $first, after: $after, last: $last, \
     before: $before, query: $query, role: $role) { totalCount nodes { id } edges { cursor } \
     pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";

/// A page of the users that `search` finds.
async fn page(module: &TestModule, search: &Value, page: Value) -> Value {
    let mut variables = search.as_object().expect("conditions").clone();
    variables.extend(page.as_object().expect("a page").clone());
    let mut answer = module.ask(&support(), USERS, variables.into()).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"]["users"].take()
}

fn ids(page: &Value) -> Vec<String> {
    let nodes = page["nodes"].as_array().expect("nodes").iter();
    nodes.map(|node| node["id"].as_str().expect("an id").to_owned()).collect()
}

/// All pages of `size`, from the first to the last or the other way round.
async fn walk(module: &TestModule, search: &Value, size: usize, is_backward: bool) -> Vec<Value> {
    let (count, from, more, end) = match is_backward {
        true => ("last", "before", "hasPreviousPage", "startCursor"),
        false => ("first", "after", "hasNextPage", "endCursor"),
    };
    let mut pages = vec![page(module, search, json!({ count: size })).await];
    while let Some(place) =
        pages.last().map(|page| &page["pageInfo"]).filter(|place| place[more] == true)
    {
        let next = json!({ count: size, from: place[end] });
        pages.push(page(module, search, next).await);
    }
    pages
}

async fn walks_alike_from_both_ends(module: &TestModule, search: &Value) {
    let pages = walk(module, search, 100, false).await;
    let whole: Vec<String> = pages.iter().flat_map(ids).collect();
    let length = whole.len();
    assert!(length > 3, "{search} finds too few to show anything");
    assert_eq!(pages[0]["totalCount"], length);

    for size in [1, 3, 7, length / 2, length - 1, length, length + 1, 100] {
        if !(1..=100).contains(&size) {
            continue;
        }
        let forward = walk(module, search, size, false).await;
        let backward = walk(module, search, size, true).await;

        let expected: Vec<Vec<String>> = whole.chunks(size).map(<[_]>::to_vec).collect();
        assert_eq!(forward.iter().map(ids).collect::<Vec<_>>(), expected, "{search} by {size}");
        let expected: Vec<Vec<String>> = whole.rchunks(size).map(<[_]>::to_vec).collect();
        assert_eq!(backward.iter().map(ids).collect::<Vec<_>>(), expected, "{search} by {size}");
        for (nth, page) in forward.iter().enumerate() {
            assert_eq!(page["pageInfo"]["hasPreviousPage"], nth > 0, "{search} by {size}");
        }
        for (nth, page) in backward.iter().enumerate() {
            assert_eq!(page["pageInfo"]["hasNextPage"], nth > 0, "{search} by {size}");
        }
        for two in forward.windows(2) {
            let back = json!({ "last": size, "before": two[1]["pageInfo"]["startCursor"] });
            let back = page(module, search, back).await;
            assert_eq!(back["edges"], two[0]["edges"], "{search} by {size}: one forth, one back");
        }
    }
}

#[tokio::test]
async fn users_walk_alike_from_both_ends() {
    let module = TestModule::seeded().await;
    let searches = [
        json!({}),
        json!({ "role": "SELLER" }),
        json!({ "query": { "contains": "an" } }),
        json!({ "query": { "contains": "a" }, "role": "SELLER" }),
    ];

    for search in searches {
        walks_alike_from_both_ends(&module, &search).await;
    }
}

#[tokio::test]
async fn users_who_joined_at_once_walk_alike_from_both_ends() {
    let module = TestModule::start().await;
    // The clock stands still.
    for handle in ["ada", "bob", "cyd", "dot", "eve", "fay", "gil"] {
        module.sign_up(&format!("{handle}@example.com"), handle).await;
    }

    walks_alike_from_both_ends(&module, &json!({})).await;
}

#[tokio::test]
async fn a_page_from_the_end_takes_one_statement() {
    let module = TestModule::seeded().await;
    let query = "query($last: Int) { users(last: $last) { nodes { handle } } }";
    let before = module.statements();

    let answer = module.ask(&support(), query, json!({ "last": 100 })).await;

    assert_eq!(answer["data"]["users"]["nodes"].as_array().map(Vec::len), Some(100));
    assert_eq!(module.statements() - before, 1);
}

#[tokio::test]
async fn a_page_that_there_is_not_is_refused() {
    const ENDS: &str = "page with first and after, or with last and before";
    let module = TestModule::seeded().await;
    let cursor = page(&module, &json!({}), json!({ "first": 1 })).await["edges"][0]["cursor"].take();

    for (page, message) in [
        (json!({ "first": 1, "last": 1 }), ENDS),
        (json!({ "last": 1, "after": cursor }), ENDS),
        (json!({ "first": 1, "before": cursor }), ENDS),
        (json!({ "before": cursor }), ENDS),
        (json!({ "after": cursor, "before": cursor }), ENDS),
        (json!({ "first": 101 }), "first must be from 0 to 100, not 101"),
        (json!({ "last": -1 }), "last must be from 0 to 100, not -1"),
        (json!({ "last": 1, "before": "%%" }), "not a cursor of this list"),
    ] {
        let answer = module.ask(&support(), USERS, page.clone()).await;

        assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1), "{page}");
        assert_eq!(answer["errors"][0]["message"], message, "{page}");
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{page}");
    }
}

#[tokio::test]
async fn the_connection_is_paged_in_the_words_of_all_others() {
    const ARGUMENTS: &str = r#"(
    "Items from the start, at most 100; 20 when neither `first` nor `last` is given."
    first: Int,
    "Only items behind this cursor; excludes `last`."
    after: String,
    "Items from the end, at most 100; excludes `first` and `after`."
    last: Int,
    "Only items before this cursor; needs `last`."
    before: String"#;

    let sdl = TestModule::start().await.subgraph.sdl();

    assert_eq!(sdl.matches(ARGUMENTS).count(), 1);
}
