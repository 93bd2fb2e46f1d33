//! One page of a query's rows, as Flask-SQLAlchemy's `Pagination`.

use super::entities::Session;
use super::select::Select;
use crate::error::{Error, Result};
use crate::expr::Standalone;
use crate::load::Output;
use crate::schema::BelongsTo;

/// One page of the rows of a query. Pages count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Page<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// The number of this page.
    pub page: u64,
    /// How many rows a page has.
    pub per_page: u64,
    /// How many rows all pages have.
    pub total: u64,
    /// How many pages there are.
    pub pages: u64,
    /// Whether there is a page after this one.
    pub has_next: bool,
    /// Whether there is a page before this one.
    pub has_prev: bool,
}

impl<T> Page<T> {
    /// The number of the next page, if there is one.
    pub fn next_num(&self) -> Option<u64> {
        self.has_next.then_some(self.page + 1)
    }

    /// The number of the page before, if there is one.
    pub fn prev_num(&self) -> Option<u64> {
        self.has_prev.then(|| self.page - 1)
    }

    /// The number of the first row of this page among all, from 1; 0 if the page is empty.
    pub fn first(&self) -> u64 {
        if self.items.is_empty() { 0 } else { (self.page - 1) * self.per_page + 1 }
    }

    /// The number of the last row of this page among all; 0 if the page is empty.
    pub fn last(&self) -> u64 {
        if self.items.is_empty() { 0 } else { self.first() + self.items.len() as u64 - 1 }
    }

    /// The numbers of the pages that a row of links shows: two at each end, two before this page and four after it; `None`
    /// where numbers are left out.
    pub fn iter_pages(&self) -> Vec<Option<u64>> {
        let (before, after) = (self.page.saturating_sub(2), self.page.saturating_add(4));
        let is_shown = |page: u64| page <= 2 || page + 2 > self.pages || (before..=after).contains(&page);
        let mut shown: Vec<Option<u64>> = Vec::new();
        for page in 1..=self.pages {
            match is_shown(page) {
                true => shown.push(Some(page)),
                false if shown.last().is_some_and(Option::is_some) => shown.push(None),
                false => {}
            }
        }
        shown
    }
}

impl<M: BelongsTo<B>, B, S, O: Output<M>> Select<M, S, O, &mut Session<B>> {
    /// One page of the rows: two statements, one for the rows and one for how many there are in all. Order the query by
    /// something unique, or a row may come on two pages.
    ///
    /// # Errors
    /// Misuse for page 0 and for pages of no rows, and for a query that has a limit of its own; as [`all`](Self::all).
    pub fn page(self, page: u64, per_page: u64) -> Result<Page<O::Item>>
    where
        S: Standalone,
    {
        if page == 0 || per_page == 0 {
            return Err(Error::misuse("pages count from 1, and have at least one row"));
        }
        if self.tree.limit.is_some() || self.tree.offset.is_some() {
            return Err(Error::misuse("a query that is paged has a limit and an offset: leave yours out"));
        }
        let Select { mut tree, plan, on: session, .. } = self;
        let total = Select::<M, S, O>::from_tree((*tree).clone()).count(session)?;
        tree.limit = Some(per_page);
        tree.offset = Some((page - 1).saturating_mul(per_page));
        let items = session.core.run_planned::<M, O>(&tree, &plan)?;
        let pages = total.div_ceil(per_page);
        Ok(Page { items, page, per_page, total, pages, has_next: page < pages, has_prev: page > 1 })
    }
}

impl<M: crate::schema::Model, S, O: Output<M>> Select<M, S, O> {
    /// One page of the rows, in a session.
    ///
    /// # Errors
    /// As the same end of a query.
    pub fn page<B>(&self, session: &mut Session<B>, page: u64, per_page: u64) -> Result<Page<O::Item>>
    where
        S: Standalone,
        M: BelongsTo<B>,
    {
        self.clone().in_session(session).page(page, per_page)
    }
}
