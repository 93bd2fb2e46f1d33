//! Window functions as SQL.

use super::select::{write_expression, write_fields, write_order};
use super::sink::Sink;
use crate::expr::{Bounds, Edge, Frame, Window};

pub(super) fn write_window<'a>(window: &'a Window, out: &mut impl Sink<'a>) {
    write_expression(&window.function, out);
    out.sql(" OVER (");
    for (index, node) in window.partition_by.iter().enumerate() {
        out.sql(if index == 0 { "PARTITION BY " } else { ", " });
        write_fields(node, "", out);
    }
    let is_first = window.partition_by.is_empty();
    write_order(&window.order_by, if is_first { "ORDER BY " } else { " ORDER BY " }, out);
    if let Some(frame) = window.frame {
        write_frame(frame, out);
    }
    out.sql(")");
}

fn write_frame<'a>(frame: Frame, out: &mut impl Sink<'a>) {
    out.sql(match frame.bounds {
        Bounds::Rows => " ROWS BETWEEN ",
        Bounds::Groups => " GROUPS BETWEEN ",
    });
    write_edge(frame.from, out);
    out.sql(" AND ");
    write_edge(frame.to, out);
}

fn write_edge<'a>(edge: Edge, out: &mut impl Sink<'a>) {
    match edge {
        Edge::First => out.sql("UNBOUNDED PRECEDING"),
        Edge::Last => out.sql("UNBOUNDED FOLLOWING"),
        Edge::At(0) => out.sql("CURRENT ROW"),
        Edge::At(at) => {
            out.number(at.unsigned_abs());
            out.sql(if at < 0 { " PRECEDING" } else { " FOLLOWING" });
        }
    }
}
