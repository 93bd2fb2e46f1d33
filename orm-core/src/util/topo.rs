//! Topological order with a stable result: strongly connected parts first found, then ordered by their least member.

/// Groups `0..count` into strongly connected parts and orders the parts so that each comes after all it needs.
///
/// `needs(node)` lists what must come before `node`. Parts that are free to come in any order come by their least
/// member, so the same input gives the same output. A part of one node without an edge to itself is no cycle.
pub(crate) fn strongly_connected(count: usize, needs: impl Fn(usize) -> Vec<usize>) -> Vec<Vec<usize>> {
    let edges: Vec<Vec<usize>> = (0..count)
        .map(|node| {
            let mut before = needs(node);
            before.sort_unstable();
            before.dedup();
            before
        })
        .collect();
    let mut search = Tarjan::new(&edges);
    (0..count).for_each(|node| search.visit(node));
    search.parts
}

/// Tarjan's algorithm, with a stack of its own instead of recursion: a chain of a million rows is no reason to overflow.
struct Tarjan<'graph> {
    edges: &'graph [Vec<usize>],
    order: Vec<Option<usize>>,
    low: Vec<usize>,
    on_stack: Vec<bool>,
    stack: Vec<usize>,
    seen: usize,
    parts: Vec<Vec<usize>>,
}

impl<'graph> Tarjan<'graph> {
    fn new(edges: &'graph [Vec<usize>]) -> Self {
        let count = edges.len();
        Tarjan {
            edges,
            order: vec![None; count],
            low: vec![0; count],
            on_stack: vec![false; count],
            stack: Vec::new(),
            seen: 0,
            parts: Vec::new(),
        }
    }

    fn visit(&mut self, root: usize) {
        if self.order[root].is_some() {
            return;
        }
        let mut path = vec![(root, 0)];
        self.enter(root);
        while let Some(&mut (node, ref mut next)) = path.last_mut() {
            let Some(&before) = self.edges[node].get(*next) else {
                path.pop();
                self.leave(node, path.last().map(|&(parent, _)| parent));
                continue;
            };
            *next += 1;
            match self.order[before] {
                None => {
                    self.enter(before);
                    path.push((before, 0));
                }
                Some(order) if self.on_stack[before] => self.low[node] = self.low[node].min(order),
                Some(_) => {}
            }
        }
    }

    fn enter(&mut self, node: usize) {
        self.order[node] = Some(self.seen);
        self.low[node] = self.seen;
        self.seen += 1;
        self.stack.push(node);
        self.on_stack[node] = true;
    }

    fn leave(&mut self, node: usize, parent: Option<usize>) {
        if let Some(parent) = parent {
            self.low[parent] = self.low[parent].min(self.low[node]);
        }
        if Some(self.low[node]) != self.order[node] {
            return;
        }
        let start = self
            .stack
            .iter()
            .rposition(|&other| other == node)
            .expect("invariant: an entered node is on the stack");
        let mut part = self.stack.split_off(start);
        part.iter().for_each(|&member| self.on_stack[member] = false);
        part.sort_unstable();
        self.parts.push(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_comes_after_what_it_needs() {
        let needs = |node| match node {
            0 => vec![2],
            1 => vec![0],
            _ => vec![],
        };
        assert_eq!(strongly_connected(4, needs), [vec![2], vec![0], vec![1], vec![3]]);
    }

    #[test]
    fn members_of_a_cycle_are_one_part() {
        let needs = |node| match node {
            0 => vec![1],
            1 => vec![2],
            2 => vec![1],
            _ => vec![0],
        };
        assert_eq!(strongly_connected(4, needs), [vec![1, 2], vec![0], vec![3]]);
    }

    #[test]
    fn a_chain_of_a_million_does_not_overflow_the_stack() {
        let count = 1_000_000;
        let parts = strongly_connected(count, |node| if node + 1 < count { vec![node + 1] } else { vec![] });
        assert_eq!(parts.first(), Some(&vec![count - 1]));
    }
}
