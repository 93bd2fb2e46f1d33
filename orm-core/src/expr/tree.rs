//! A SELECT as plain data. It stands beside the expressions, since each can hold the other.

use std::sync::Arc;

use super::derived::{DerivedTable, WithTable};
use super::lock::LockClauses;
use super::node::{Node, TableRef};
use super::order::Ordered;
use super::relation::Route;
use crate::schema::Table;

/// A SELECT.
#[derive(Clone)]
pub(crate) struct SelectTree {
    pub(crate) from: TableRef,
    pub(crate) joins: Vec<Join>,
    pub(crate) what: What,
    /// What a row holds; all columns of `from`, if nothing is said.
    pub(crate) items: Vec<Item>,
    pub(crate) distinct: bool,
    pub(crate) filters: Vec<Node>,
    pub(crate) group_by: Vec<Node>,
    pub(crate) having: Vec<Node>,
    pub(crate) order_by: Vec<Ordered>,
    pub(crate) limit: Option<u64>,
    /// What the limit is for each value of, instead of for all rows.
    pub(crate) limit_for_each: Option<Node>,
    pub(crate) offset: Option<u64>,
    /// Whether rows overwrite what the session holds of them.
    pub(crate) overwrites: bool,
    /// The SELECTs whose rows it combines. It has an order and a limit of its own then, and nothing else.
    pub(crate) compound: Option<Box<Compound>>,
    /// What its rows lead to over and over, loaded with them.
    pub(crate) recursion: Option<Box<Recursion>>,
    /// What those of its tables are that no database has.
    pub(crate) derived: Vec<DerivedTable>,
    /// What stands before it as WITH; one may speak of those before it.
    pub(crate) with: Vec<Arc<WithTable>>,
    /// Whose column names the columns have, if another SELECT speaks of them.
    pub(crate) labels: Option<&'static Table>,
    /// What other transactions cannot do with its rows.
    pub(crate) lock: Option<Box<LockClauses>>,
}

/// A relation from a table back to itself that is followed from the rows of a SELECT over and over.
#[derive(Clone)]
pub(crate) struct Recursion {
    pub(crate) route: Route,
    pub(crate) filters: Vec<Node>,
    pub(crate) order_by: Vec<Ordered>,
    /// How many times at most.
    pub(crate) depth: Option<u64>,
}

/// SELECTs with the same columns, whose rows are combined from left to right.
#[derive(Clone)]
pub(crate) struct Compound {
    pub(crate) first: SelectTree,
    pub(crate) rest: Vec<(SetOperator, SelectTree)>,
}

/// How the rows of a SELECT are combined with those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetOperator {
    Union,
    UnionAll,
    Intersect,
    Except,
}

impl SetOperator {
    /// As SQL writes it.
    pub(crate) fn sql(self) -> &'static str {
        match self {
            SetOperator::Union => " UNION ",
            SetOperator::UnionAll => " UNION ALL ",
            SetOperator::Intersect => " INTERSECT ",
            SetOperator::Except => " EXCEPT ",
        }
    }
}

/// What a SELECT returns of the rows that it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Its items.
    Rows,
    /// How many there are.
    Count,
    /// Whether there is one.
    Exists,
}

/// A part of what a row holds.
#[derive(Clone)]
pub(crate) enum Item {
    /// An expression.
    Expression(Node),
    /// Every column of a table, in the order of the table.
    Table(TableRef),
}

/// The parts of a row, as they are gathered.
#[derive(Default)]
pub struct Items(pub(super) Vec<Item>);

/// A table that is joined.
#[derive(Clone)]
pub(crate) struct Join {
    pub(crate) kind: JoinKind,
    pub(crate) to: TableRef,
    /// Tables between the others and this one, each with how the next one hangs on it.
    pub(crate) between: Vec<(TableRef, Node)>,
    pub(crate) on: Option<Node>,
}

/// What becomes of rows that find no partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JoinKind {
    /// They are left out.
    Inner,
    /// They stay, with NULL in place of the partner.
    Left,
    /// They are left out; what is joined stays without a partner.
    Right,
    /// They stay, and so does what is joined.
    Full,
}

impl JoinKind {
    /// Whether rows may lack what is joined.
    pub(crate) fn keeps_left(self) -> bool {
        matches!(self, JoinKind::Left | JoinKind::Full)
    }

    /// Whether rows may lack what it is joined with.
    pub(crate) fn keeps_right(self) -> bool {
        matches!(self, JoinKind::Right | JoinKind::Full)
    }
}

impl SelectTree {
    pub(crate) fn new(from: TableRef) -> Self {
        SelectTree {
            from,
            joins: Vec::new(),
            what: What::Rows,
            items: Vec::new(),
            distinct: false,
            filters: Vec::new(),
            group_by: Vec::new(),
            having: Vec::new(),
            order_by: Vec::new(),
            limit: None,
            limit_for_each: None,
            offset: None,
            overwrites: false,
            compound: None,
            recursion: None,
            derived: Vec::new(),
            with: Vec::new(),
            labels: None,
            lock: None,
        }
    }

    /// Is as a new one from now on, but keeps the memory of its lists. Each field is named here, so that none is forgotten.
    pub(crate) fn clear(&mut self) {
        let SelectTree {
            from: _,
            joins,
            what,
            items,
            distinct,
            filters,
            group_by,
            having,
            order_by,
            limit,
            limit_for_each,
            offset,
            overwrites,
            compound,
            recursion,
            derived,
            with,
            labels,
            lock,
        } = self;
        joins.clear();
        items.clear();
        (*what, *distinct, *overwrites) = (What::Rows, false, false);
        filters.clear();
        group_by.clear();
        having.clear();
        order_by.clear();
        (*limit, *limit_for_each, *offset) = (None, None, None);
        (*compound, *recursion) = (None, None);
        derived.clear();
        with.clear();
        (*labels, *lock) = (None, None);
    }

    /// Whether a condition says what the primary key is, so that it finds one row at most.
    pub(crate) fn is_by_key(&self) -> bool {
        let is_table = self.joins.is_empty() && self.derived.is_empty() && self.recursion.is_none();
        is_table && self.filters.iter().any(|filter| filter.is_key_of(self.from))
    }

    /// Its rows, combined with those of another.
    pub(crate) fn combined(mut self, operator: SetOperator, mut other: SelectTree) -> Self {
        self.add_with(std::mem::take(&mut other.with));
        let goes_on = self.is_whole() && self.compound.as_ref().is_some_and(|whole| whole.takes(operator));
        if let Some(compound) = self.compound.as_mut().filter(|_| goes_on) {
            compound.rest.push((operator, other));
            return self;
        }
        let mut whole = SelectTree::new(self.from);
        whole.overwrites = self.overwrites;
        whole.add_with(std::mem::take(&mut self.with));
        whole.compound = Some(Box::new(Compound { first: self, rest: vec![(operator, other)] }));
        whole
    }

    /// Adds to what stands before it as WITH; each stands there once.
    pub(crate) fn add_with(&mut self, tables: impl IntoIterator<Item = Arc<WithTable>>) {
        for table in tables {
            if !self.with.iter().any(|known| Arc::ptr_eq(known, &table)) {
                self.with.push(table);
            }
        }
    }

    /// What a table is, if it is one that no database has.
    pub(crate) fn derived(&self, table: TableRef) -> Option<&DerivedTable> {
        self.derived.iter().find(|derived| derived.table == table)
    }

    /// Whether it returns all of its rows, in no order.
    pub(crate) fn is_whole(&self) -> bool {
        self.limit.is_none() && self.offset.is_none() && self.order_by.is_empty() && !self.distinct
    }

    /// The SELECT that says what its rows hold.
    pub(crate) fn first_part(&self) -> &SelectTree {
        self.compound.as_ref().map_or(self, |compound| compound.first.first_part())
    }

    /// The same, to change.
    pub(crate) fn first_part_mut(&mut self) -> &mut SelectTree {
        if self.compound.is_none() {
            return self;
        }
        let compound = self.compound.as_mut().expect("invariant: it was just seen");
        compound.first.first_part_mut()
    }

    fn parts_mut(&mut self) -> impl Iterator<Item = &mut SelectTree> {
        self.compound.iter_mut().flat_map(|compound| {
            let Compound { first, rest } = &mut **compound;
            std::iter::once(first).chain(rest.iter_mut().map(|(_, part)| part))
        })
    }

    /// The tables that it takes rows from.
    pub(crate) fn tables(&self) -> impl Iterator<Item = TableRef> + '_ {
        let joined = self.joins.iter().flat_map(|join| {
            let between = join.between.iter().map(|(table, _)| *table);
            between.chain([join.to])
        });
        std::iter::once(self.from).chain(joined)
    }

    /// The same, each with its name in SQL if no database has it.
    pub(crate) fn named_tables(&self) -> impl Iterator<Item = (TableRef, Option<&'static str>)> + '_ {
        self.tables().map(|table| (table, self.derived(table).map(|derived| derived.name)))
    }

    /// Speaks of one table of an outer query in place of another, unless it has that table itself.
    pub(crate) fn rebase(&mut self, from: TableRef, to: TableRef) {
        if self.compound.is_none() && self.tables().any(|table| table == from) {
            return;
        }
        self.parts_mut().for_each(|part| part.rebase(from, to));
        let items = self.items.iter_mut().filter_map(|item| match item {
            Item::Expression(node) => Some(node),
            Item::Table(_) => None,
        });
        let joins = self
            .joins
            .iter_mut()
            .flat_map(|join| join.on.iter_mut().chain(join.between.iter_mut().map(|(_, on)| on)));
        let orders = self.order_by.iter_mut().map(|ordered| &mut ordered.node);
        let conditions = self.filters.iter_mut().chain(&mut self.group_by).chain(&mut self.having);
        items.chain(joins).chain(orders).chain(conditions).for_each(|node| node.rebase(from, to));
    }

    /// Whether rows may lack a table that was joined by one that keeps more.
    pub(crate) fn may_lack(&self, table: TableRef) -> bool {
        let place = self.joins.iter().position(|join| join.to == table);
        let behind = place.map_or(0, |place| place + 1);
        place.is_some_and(|place| self.joins[place].kind.keeps_left())
            || self.joins[behind..].iter().any(|join| join.kind.keeps_right())
    }

    /// The number of the next table that only the writer names.
    pub(crate) fn next_hidden(&self) -> u16 {
        u16::try_from(self.joins.len()).unwrap_or(u16::MAX) + 1
    }
}

impl Compound {
    /// Whether one more SELECT can stand behind the others without parentheses: INTERSECT binds tighter than what combines
    /// otherwise, except where a database reads all from left to right.
    fn takes(&self, operator: SetOperator) -> bool {
        operator != SetOperator::Intersect || self.rest.iter().all(|(other, _)| *other == operator)
    }
}
