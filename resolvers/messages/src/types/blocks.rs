//! The list of those whom somebody blocked.

use std::sync::Arc;

use async_graphql::{Context, Object};
use entities::messages::block;
use kit::{Connection, DateTime, Edge, PageArgs, PageInfo, Result, ids::UserId};

use super::User;
use crate::service::Service;

/// Page of blocks.
pub(crate) struct BlockConnection(Connection<block::Model>);

/// A block.
pub(crate) struct BlockEdge<'a>(&'a Edge<block::Model>);

impl BlockConnection {
    /// A page of those whom a user blocked.
    pub(super) async fn read(
        ctx: &Context<'_>,
        user: UserId,
        page: &PageArgs<block::Position>,
    ) -> Result<Self> {
        Ok(Self(ctx.data_unchecked::<Arc<Service>>().blocks(user, page).await?))
    }
}

/// Page of blocks.
#[Object]
impl BlockConnection {
    /// Blocks with their cursors.
    async fn edges(&self) -> Vec<BlockEdge<'_>> {
        self.0.edges.iter().map(BlockEdge).collect()
    }

    /// Blocked users.
    async fn nodes(&self) -> Vec<Option<User>> {
        self.0.edges.iter().map(|edge| Some(User { id: edge.node.blocked_id })).collect()
    }

    /// Position of this page in the list.
    async fn page_info(&self) -> PageInfo {
        self.0.position()
    }
}

/// A block.
#[Object]
impl BlockEdge<'_> {
    /// Position; pass as `after` or `before` to go on from here.
    async fn cursor(&self) -> &str {
        &self.0.cursor
    }

    /// Blocked user.
    async fn node(&self) -> Option<User> {
        Some(User { id: self.0.node.blocked_id })
    }

    /// Since when.
    async fn blocked_at(&self) -> DateTime {
        self.0.node.at
    }
}
