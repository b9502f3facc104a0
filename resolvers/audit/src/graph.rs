//! What the audit log adds to the graph.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, Interface, Object, Result, SimpleObject};
use entities::audit::record::{self, Wanted};
use kit::{
    Connection, Database, DateRange, DateTime, Error, Id as _, Json, Long, PageArgs, Require, Viewer,
    entity,
    ids::{AccountId, AuditEntryId},
    load,
};
use ulid::Ulid;

use crate::loaders::{FactsOf, Opening, Records};

/// Reads the audit log.
const READ: &str = "audit:read";

pub(crate) struct Query;

/// Everything that can be read.
#[Object]
impl Query {
    /// The audit log, newest first: one entry for everything that a mutation
    /// changed, for every sign-in that failed and for every refusal for lack of a
    /// permission. Given arguments are ANDed.
    #[graphql(guard = "Require(READ)", requires_scopes = "audit:read")]
    #[expect(clippy::too_many_arguments, reason = "the arguments of a published field")]
    async fn audit_entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Items from the start, at most 100; 20 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor; excludes `last`.")] after: Option<String>,
        #[graphql(desc = "Items from the end, at most 100; excludes `first` and `after`.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only items before this cursor; needs `last`.")] before: Option<String>,
        #[graphql(desc = "Done by this account.")] actor_id: Option<AccountId>,
        #[graphql(desc = "Of this root field, such as accountRolesSet.")] action: Option<String>,
        #[graphql(desc = "With a fact of this kind, such as session.refused.")] kind: Option<String>,
        #[graphql(desc = "About this: whatever has a global id.")] subject_id: Option<ID>,
        #[graphql(desc = "In this time.")] at: Option<DateRange>,
    ) -> Result<Option<Connection<AuditEntry>>> {
        let page: PageArgs<i64> = PageArgs::new(first, after.as_deref(), last, before.as_deref())?;
        let at = at.unwrap_or_default();
        let wanted = Wanted {
            actor: actor_id,
            action: action.map(checked).transpose()?,
            kind: kind.map(checked).transpose()?,
            subject: subject_id.map(|id| checked(id.0)).transpose()?,
            from: at.from,
            to: at.to,
        };
        let db = ctx.data_unchecked::<Database>().read();
        let rows = record::page(db, &wanted, page.rows()).await.map_err(Error::from)?;
        let count = match ctx.look_ahead().field("totalCount").exists() {
            true => Some(record::count(db, &wanted).await.map_err(Error::from)?),
            false => None,
        };
        let count = count.map(|count| i64::try_from(count).unwrap_or(i64::MAX));
        let entries = Connection::from_rows(&page, rows, |row| row.sequence, |row| Arc::new(row).into());
        Ok(Some(entries.with_total_count(count)))
    }

    #[graphql(entity)]
    async fn entry_entity(&self, ctx: &Context<'_>, id: AuditEntryId) -> Option<AuditEntry> {
        if !Viewer::of(ctx).may(READ) {
            return None;
        }
        let sequence = i64::try_from(id.ulid().0).ok()?;
        entity(ctx, load::<Records, _>(ctx, Opening(sequence)).await).map(AuditEntry::from)
    }
}

/// Postgres refuses to look for some texts; none of ours is long.
fn checked(text: String) -> Result<String, Error> {
    match text.len() > 200 || text.contains('\0') {
        true => Err(Error::BadInput("no entry of the audit log has such a text".into())),
        false => Ok(text),
    }
}

/// Anything with a global id; fetch it again with node(id).
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Global opaque id."))]
pub(crate) enum Node {
    AuditEntry(AuditEntry),
}

/// What one run of one root field of a mutation came to, or one fact that no
/// mutation made true. Nothing of it is ever changed or deleted.
#[derive(SimpleObject, Clone)]
#[graphql(complex, tag = "id/aud")]
pub(crate) struct AuditEntry {
    /// Global opaque id.
    id: AuditEntryId,
    /// Its place in the log.
    sequence: Long,
    /// Time of the first fact.
    at: DateTime,
    /// The account that acted: null for a guest and for what happened by itself.
    actor_id: Option<AccountId>,
    /// That account; null for nobody and when it is erased.
    actor: Option<Account>,
    /// The root field that was asked, such as accountRolesSet; the fact's kind when
    /// there was none.
    action: String,
    /// Chain hash of the first fact.
    hash: String,
    #[graphql(skip)]
    row: Arc<record::Model>,
}

#[ComplexObject]
impl AuditEntry {
    /// What became true, in this order. An entry may still gain facts while its
    /// mutation runs.
    async fn facts(&self, ctx: &Context<'_>) -> Result<Option<Vec<AuditFact>>> {
        let rows = load::<Records, _>(ctx, FactsOf(self.row.sequence)).await?;
        Ok(Some(rows.unwrap_or_default().into_iter().map(AuditFact::from).collect()))
    }
}

impl From<Arc<record::Model>> for AuditEntry {
    fn from(row: Arc<record::Model>) -> Self {
        Self {
            id: AuditEntryId::from_ulid(Ulid(u128::try_from(row.sequence).unwrap_or_default())),
            sequence: Long(row.sequence),
            at: row.at,
            actor_id: row.actor,
            actor: row.actor.map(|id| Account { id }),
            action: row.action.clone(),
            hash: row.hash.clone(),
            row,
        }
    }
}

// The private side of a user.
#[derive(SimpleObject, Clone)]
#[graphql(unresolvable)]
pub(crate) struct Account {
    /// Global opaque id.
    id: AccountId,
}

/// A fact of an entry.
#[derive(SimpleObject)]
pub(crate) struct AuditFact {
    /// Its place in the chain.
    sequence: Long,
    /// Time.
    at: DateTime,
    /// What happened, such as session.started.
    kind: String,
    /// What it happened to; null when that has no id.
    subject_id: Option<ID>,
    /// More about it: ids, states and numbers. No text that people wrote, no
    /// address.
    data: Json,
    /// Hash of the fact before it in the chain; empty for the first.
    previous_hash: String,
    /// Chain hash.
    hash: String,
}

impl From<Arc<record::Model>> for AuditFact {
    fn from(row: Arc<record::Model>) -> Self {
        Self {
            sequence: Long(row.sequence),
            at: row.at,
            kind: row.kind.clone(),
            subject_id: row.subject.contains('_').then(|| ID(row.subject.clone())),
            data: Json(serde_json::from_str(&row.data).unwrap_or_default()),
            previous_hash: row.previous_hash.clone(),
            hash: row.hash.clone(),
        }
    }
}
