//! From `#[relation(..)]` to a [`Relation`].

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprCall, Ident, Path, PathArguments, Token};

use crate::errors::Errors;
use crate::names::{self, nearest};
use crate::words::{items_of, listed};

const OPTIONS: [&str; 4] = ["order_by", "filter", "position", "raiseload"];
/// How many foreign keys a relation can go by.
const MOST_HOPS: usize = 9;

const KINDS: [&str; 4] = ["many", "one", "many_through", "many_via"];

/// A relation: `posts = many(Post::author, order_by = Post::id)`.
pub(crate) struct Relation {
    pub(crate) ident: Ident,
    pub(crate) kind: Kind,
    pub(crate) options: Options,
}

/// What stands behind a relation's paths.
#[derive(Default)]
pub(crate) struct Options {
    /// The parts of `order_by`.
    pub(crate) order_by: Vec<Ordered>,
    /// The condition of `filter`.
    pub(crate) filter: Option<Expr>,
    /// The column of `position`.
    pub(crate) position: Option<Path>,
    /// Whether a load that was not planned is an error.
    pub(crate) raises: bool,
}

/// A part of `order_by`: `Post::id.desc()`, and the column in it.
pub(crate) struct Ordered {
    pub(crate) column: Path,
    pub(crate) part: Expr,
}

/// The paths of a relation.
pub(crate) enum Kind {
    Many(ColumnPath),
    One(ColumnPath),
    /// Through a link model: its foreign key to this model, and that to the other.
    Through(ColumnPath, ColumnPath),
    /// Over models in between: foreign key by foreign key.
    Via(Vec<ColumnPath>),
}

/// `Post::author`: a type and a constant of it.
pub(crate) struct ColumnPath {
    pub(crate) path: Path,
    /// The path without its last part.
    pub(crate) owner: TokenStream,
    /// The last part.
    pub(crate) column: Ident,
}

/// Reads every `#[relation(..)]`.
pub(crate) fn read(attributes: &[Attribute], errors: &mut Errors) -> Vec<Relation> {
    let mut relations: Vec<Relation> = Vec::new();
    for item in items_of(attributes, "relation", errors) {
        let ident = item.word.clone();
        let Some(value) = errors.keep(item.value()) else {
            continue;
        };
        if let Some(relation) = errors.keep(relation(ident, value)) {
            relations.push(relation);
        }
    }
    relations
}

fn relation(ident: Ident, value: Expr) -> syn::Result<Relation> {
    let Expr::Call(ExprCall { func, args, .. }) = value else {
        return Err(syn::Error::new_spanned(value, "write a relation as `posts = many(Post::author)`"));
    };
    let kind = func.to_token_stream().to_string();
    let mut paths = Vec::new();
    let mut options = Options::default();
    for argument in args {
        match argument {
            Expr::Assign(option) => options.set(&option.left, *option.right)?,
            Expr::Path(word) if word.path.is_ident("raiseload") => options.raises = true,
            other => paths.push(ColumnPath::read(other)?),
        }
    }
    let kind = Kind::read(&func, &kind, paths)?;
    options.settle(&kind)?;
    Ok(Relation { ident, kind, options })
}

impl Options {
    fn set(&mut self, word: &Expr, value: Expr) -> syn::Result<()> {
        let name = word.to_token_stream().to_string();
        let is_set = match name.as_str() {
            "order_by" => !self.order_by.is_empty(),
            "position" => self.position.is_some(),
            _ => name == "filter" && self.filter.is_some(),
        };
        if is_set {
            return Err(syn::Error::new_spanned(word, format!("duplicate option `{name}`")));
        }
        match name.as_str() {
            "order_by" => ordered_columns(value, &mut self.order_by),
            "filter" => {
                self.filter = Some(value);
                Ok(())
            }
            "position" => self.set_position(value),
            other => {
                let hint = match nearest(other, OPTIONS) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known are {}", listed(&OPTIONS)),
                };
                Err(syn::Error::new_spanned(word, format!("unknown option `{other}`; {hint}")))
            }
        }
    }
}

impl Options {
    fn set_position(&mut self, value: Expr) -> syn::Result<()> {
        let Expr::Path(path) = value else {
            return Err(syn::Error::new_spanned(value, "`position` takes a column: `Post::position`"));
        };
        self.position = Some(path.path);
        Ok(())
    }

    /// A list with positions has their order.
    fn settle(&mut self, kind: &Kind) -> syn::Result<()> {
        let Some(column) = &self.position else { return Ok(()) };
        let wrong = |message| Err(syn::Error::new_spanned(column, message));
        if !matches!(kind, Kind::Many(_)) {
            return wrong("`position` is for `many`: the column is one of the rows that name this model");
        }
        if !self.order_by.is_empty() {
            return wrong("`position` is the order: leave out `order_by`");
        }
        let part = syn::ExprPath { attrs: Vec::new(), qself: None, path: column.clone() };
        self.order_by.push(Ordered { column: column.clone(), part: Expr::Path(part) });
        Ok(())
    }
}

impl Kind {
    /// The path of the foreign key that names this model.
    pub(crate) fn back(&self) -> &ColumnPath {
        match self {
            Kind::Many(back) | Kind::One(back) | Kind::Through(back, _) => back,
            Kind::Via(hops) => &hops[0],
        }
    }

    /// What the constant's documentation says.
    pub(crate) fn docs(&self) -> &'static str {
        match self {
            Kind::Many(_) => "The rows that name one of these.",
            Kind::One(_) => "The row that names one of these.",
            Kind::Through(..) => "The rows that are linked to one of these.",
            Kind::Via(_) => "The rows at the end of a way from one of these.",
        }
    }

    /// The last path.
    pub(crate) fn last(&self) -> &ColumnPath {
        match self {
            Kind::Many(last) | Kind::One(last) | Kind::Through(_, last) => last,
            Kind::Via(hops) => &hops[hops.len() - 1],
        }
    }

    fn read(func: &Expr, kind: &str, paths: Vec<ColumnPath>) -> syn::Result<Self> {
        let count = paths.len();
        if kind == "many_via" && (2..=MOST_HOPS).contains(&count) {
            return Ok(Kind::Via(paths));
        }
        let mut paths = paths.into_iter();
        match (kind, paths.next(), paths.next(), count) {
            ("many", Some(back), None, _) => Ok(Kind::Many(back)),
            ("one", Some(back), None, _) => Ok(Kind::One(back)),
            ("many_through", Some(back), Some(on), 2) => Ok(Kind::Through(back, on)),
            ("many" | "one", ..) => {
                Err(syn::Error::new_spanned(func, format!("`{kind}` takes one path: `{kind}(Post::author)`")))
            }
            ("many_through", ..) => Err(syn::Error::new_spanned(
                func,
                "`many_through` takes two paths: `many_through(Link::left, Link::right)`",
            )),
            ("many_via", ..) => Err(syn::Error::new_spanned(
                func,
                format!("`many_via` takes two to {MOST_HOPS} paths: `many_via(Post::author, Comment::post)`"),
            )),
            _ => Err(unknown_kind(func, kind)),
        }
    }
}

fn unknown_kind(func: &Expr, kind: &str) -> syn::Error {
    let hint = match nearest(kind, KINDS) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", listed(&KINDS)),
    };
    syn::Error::new_spanned(func, format!("unknown relation `{kind}`; {hint}"))
}

impl ColumnPath {
    /// Where the column stands.
    pub(crate) fn span(&self) -> Span {
        self.column.span()
    }

    /// The hash of the column's name.
    pub(crate) fn hash(&self) -> u64 {
        names::hash(&names::plain(&self.column))
    }

    fn read(expr: Expr) -> syn::Result<Self> {
        let wrong = |expr: &dyn ToTokens| {
            syn::Error::new_spanned(
                expr.to_token_stream(),
                "a relation's path is a model and its foreign key: `Post::author`",
            )
        };
        let Expr::Path(path) = expr else {
            return Err(wrong(&expr));
        };
        let plain = path.qself.is_none() && path.path.segments.len() > 1;
        let Some(last) =
            path.path.segments.last().filter(|last| plain && last.arguments == PathArguments::None)
        else {
            return Err(wrong(&path));
        };
        let column = last.ident.clone();
        let segments: Punctuated<_, Token![::]> =
            path.path.segments.iter().take(path.path.segments.len() - 1).cloned().collect();
        let leading = path.path.leading_colon;
        Ok(ColumnPath { owner: quote::quote!(#leading #segments), column, path: path.path })
    }
}

/// The parts of `Post::id`, `Post::id.desc()` or a tuple of such.
fn ordered_columns(value: Expr, parts: &mut Vec<Ordered>) -> syn::Result<()> {
    match value {
        Expr::Paren(inner) => ordered_columns(*inner.expr, parts)?,
        Expr::Tuple(tuple) => {
            for element in tuple.elems {
                ordered_columns(element, parts)?;
            }
        }
        part => {
            let column = ordered_column(&part)?.clone();
            parts.push(Ordered { column, part });
        }
    }
    Ok(())
}

/// The column of `Post::id` or `Post::id.desc()`.
fn ordered_column(part: &Expr) -> syn::Result<&Path> {
    match part {
        Expr::Path(path) if path.qself.is_none() => Ok(&path.path),
        Expr::MethodCall(call) if call.args.is_empty() && (call.method == "asc" || call.method == "desc") => {
            ordered_column(&call.receiver)
        }
        other => {
            let message =
                "`order_by` takes columns: `Post::id`, `Post::id.desc()`, or several in parentheses";
            Err(syn::Error::new_spanned(other, message))
        }
    }
}
