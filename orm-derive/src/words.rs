//! Attributes as words: `word`, `word = value`, `word(list)`. Knows which words there are, not what they mean.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitInt, LitStr, Meta, Path, Token};

use crate::errors::Errors;
use crate::names::nearest;

/// The words that an attribute knows.
pub(crate) struct Vocabulary {
    /// The attribute's name.
    pub(crate) attribute: &'static str,
    /// Words that stand at most once.
    pub(crate) once: &'static [&'static str],
    /// Words that may be repeated.
    pub(crate) often: &'static [&'static str],
}

/// One word, and what stands behind it.
pub(crate) struct Item {
    pub(crate) word: Ident,
    given: Given,
}

enum Given {
    Nothing,
    Value(Box<Expr>),
    List(TokenStream),
}

/// The words of all attributes of one name, on one item.
pub(crate) struct Words(Vec<Item>);

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let word = input.call(Ident::parse_any)?;
        let given = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Given::Value(input.parse()?)
        } else if input.peek(syn::token::Paren) {
            let list;
            syn::parenthesized!(list in input);
            Given::List(list.parse()?)
        } else {
            Given::Nothing
        };
        Ok(Item { word, given })
    }
}

/// Reads the items of every attribute of a name, whatever their words.
pub(crate) fn items_of(attributes: &[Attribute], name: &str, errors: &mut Errors) -> Vec<Item> {
    let mut items = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
        let Meta::List(list) = &attribute.meta else {
            errors.at(&attribute.meta, format!("write `#[{name}(..)]`"));
            continue;
        };
        let parser = Punctuated::<Item, Token![,]>::parse_terminated;
        items.extend(errors.keep(parser.parse2(list.tokens.clone())).into_iter().flatten());
    }
    items
}

impl Words {
    /// Reads the attributes of a vocabulary; unknown and repeated words are errors.
    pub(crate) fn read(attributes: &[Attribute], vocabulary: &Vocabulary, errors: &mut Errors) -> Self {
        let mut kept: Vec<Item> = Vec::new();
        for item in items_of(attributes, vocabulary.attribute, errors) {
            let word = item.word.unraw().to_string();
            if vocabulary.often.contains(&word.as_str()) {
                kept.push(item);
            } else if !vocabulary.once.contains(&word.as_str()) {
                errors.at(&item.word, vocabulary.unknown(&word));
                errors.has_unknown_word = true;
            } else if kept.iter().any(|other| other.word == item.word) {
                errors.at(&item.word, format!("duplicate attribute `{word}`"));
            } else {
                kept.push(item);
            }
        }
        Words(kept)
    }

    /// Takes a word out.
    pub(crate) fn take(&mut self, word: &str) -> Option<Item> {
        let at = self.0.iter().position(|item| item.word == word)?;
        Some(self.0.remove(at))
    }

    /// Takes a word that stands alone.
    pub(crate) fn flag(&mut self, word: &str, errors: &mut Errors) -> Option<Span> {
        let item = self.take(word)?;
        match item.given {
            Given::Nothing => {}
            Given::Value(_) | Given::List(_) => {
                errors.at(&item.word, format!("`{word}` stands alone, without a value"));
            }
        }
        Some(item.word.span())
    }

    /// Takes `word = "text"`.
    pub(crate) fn text(&mut self, word: &str, errors: &mut Errors) -> Option<LitStr> {
        let item = self.take(word)?;
        errors.keep(item.text())
    }

    /// Takes `word = 50`.
    pub(crate) fn number(&mut self, word: &str, errors: &mut Errors) -> Option<(Span, u32)> {
        let item = self.take(word)?;
        let span = item.word.span();
        errors.keep(item.number()).map(|number| (span, number))
    }

    /// Takes `word = value`.
    pub(crate) fn value(&mut self, word: &str, errors: &mut Errors) -> Option<(Span, Expr)> {
        let item = self.take(word)?;
        let span = item.word.span();
        errors.keep(item.value()).map(|value| (span, value))
    }

    /// Takes `word = path`.
    pub(crate) fn path(&mut self, word: &str, errors: &mut Errors) -> Option<Path> {
        let item = self.take(word)?;
        errors.keep(item.path())
    }

    /// Takes `word = one_of_these`.
    pub(crate) fn choice(
        &mut self,
        word: &str,
        choices: &[&'static str],
        errors: &mut Errors,
    ) -> Option<(Span, &'static str)> {
        let item = self.take(word)?;
        let span = item.word.span();
        errors.keep(item.choice(choices)).map(|choice| (span, choice))
    }

    /// Takes every `word(list)`.
    pub(crate) fn lists<T: Parse>(&mut self, word: &str, errors: &mut Errors) -> Vec<(Span, Vec<T>)> {
        let mut lists = Vec::new();
        while let Some(item) = self.take(word) {
            let span = item.word.span();
            lists.extend(errors.keep(item.list()).map(|list| (span, list)));
        }
        lists
    }

    /// Takes every `word = "text"`.
    pub(crate) fn texts(&mut self, word: &str, errors: &mut Errors) -> Vec<LitStr> {
        let mut texts = Vec::new();
        while let Some(item) = self.take(word) {
            texts.extend(errors.keep(item.text()));
        }
        texts
    }
}

impl Item {
    /// What stands behind `word =`.
    pub(crate) fn value(self) -> syn::Result<Expr> {
        match self.given {
            Given::Value(value) => Ok(*value),
            Given::Nothing | Given::List(_) => Err(self.expected("a value", "..")),
        }
    }

    /// What stands in the parentheses of `word(..)`.
    pub(crate) fn list<T: Parse>(self) -> syn::Result<Vec<T>> {
        let list = match &self.given {
            Given::List(list) => list.clone(),
            Given::Nothing | Given::Value(_) => {
                let word = &self.word;
                return Err(syn::Error::new(word.span(), format!("`{word}` takes a list: `{word}(.., ..)`")));
            }
        };
        if list.is_empty() {
            return Err(syn::Error::new(self.word.span(), format!("`{}` has an empty list", self.word)));
        }
        let items = Punctuated::<T, Token![,]>::parse_terminated.parse2(list)?;
        Ok(items.into_iter().collect())
    }

    fn text(&self) -> syn::Result<LitStr> {
        match &self.given {
            Given::Value(value) => match &**value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.clone()),
                other => Err(self.expected_at(other, "a text", "\"..\"")),
            },
            Given::Nothing | Given::List(_) => Err(self.expected("a text", "\"..\"")),
        }
    }

    fn number(&self) -> syn::Result<u32> {
        match &self.given {
            Given::Value(value) => match &**value {
                Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => LitInt::base10_parse(number),
                other => Err(self.expected_at(other, "a number", "50")),
            },
            Given::Nothing | Given::List(_) => Err(self.expected("a number", "50")),
        }
    }

    fn path(&self) -> syn::Result<Path> {
        match &self.given {
            Given::Value(value) => match &**value {
                Expr::Path(path) if path.qself.is_none() => Ok(path.path.clone()),
                other => Err(self.expected_at(other, "a path", "some::Name")),
            },
            Given::Nothing | Given::List(_) => Err(self.expected("a path", "some::Name")),
        }
    }

    fn choice(&self, choices: &[&'static str]) -> syn::Result<&'static str> {
        let path = self.path().map_err(|_| self.expected("one of its words", &choices.join("|")))?;
        let given = path.to_token_stream().to_string();
        if let Some(choice) = choices.iter().find(|choice| **choice == given) {
            return Ok(choice);
        }
        let hint = match nearest(&given, choices.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are {}", listed(choices)),
        };
        Err(syn::Error::new_spanned(path, format!("`{}` knows no `{given}`; {hint}", self.word)))
    }

    fn expected(&self, what: &str, example: &str) -> syn::Error {
        self.expected_at(&self.word, what, example)
    }

    fn expected_at(&self, token: &impl ToTokens, what: &str, example: &str) -> syn::Error {
        let word = &self.word;
        syn::Error::new_spanned(token, format!("`{word}` takes {what}: `{word} = {example}`"))
    }
}

impl Vocabulary {
    fn unknown(&self, word: &str) -> String {
        let known = || self.once.iter().chain(self.often).copied();
        match nearest(word, known()) {
            Some(near) => format!("unknown attribute `{word}`; did you mean `{near}`?"),
            None => format!("unknown attribute `{word}`; known are {}", listed(&known().collect::<Vec<_>>())),
        }
    }
}

/// `a`, `b` and `c`, each in backticks.
pub(crate) fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
