//! Names: of tables, of columns, of what was probably meant.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use syn::Ident;
use syn::ext::IdentExt;

/// A name without `r#`.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// `UserProfile` as `user_profile`, `HTTPServer` as `http_server`: the default table name, as Flask-SQLAlchemy's.
pub(crate) fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let after = letters.get(at + 1);
        let starts_word = letter.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_ascii_digit()
                    || (before != '_' && after.is_some_and(|after| after.is_lowercase()))
            });
        if starts_word {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// The known word that is nearest to a wrong one, if any is near.
pub(crate) fn nearest<'known>(
    wrong: &str,
    known: impl IntoIterator<Item = &'known str>,
) -> Option<&'known str> {
    known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(wrong, word), word))
        .filter(|(distance, word)| *distance <= word.len().max(3) / 3 + 1 && *distance < word.len())
        .min()
        .map(|(_, word)| word)
}

/// The hash of a column's name, by which `many_through` finds the column's type (FNV-1a).
pub(crate) fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The same tokens, all of them at one place.
pub(crate) fn respan(tokens: TokenStream, span: Span) -> TokenStream {
    let place = |mut token: TokenTree| {
        if let TokenTree::Group(group) = &token {
            token = Group::new(group.delimiter(), respan(group.stream(), span)).into();
        }
        token.set_span(span);
        token
    };
    tokens.into_iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_names_are_snake_case() {
        for (name, table) in [
            ("User", "user"),
            ("UserProfile", "user_profile"),
            ("HTTPServer", "http_server"),
            ("OAuth2Token", "o_auth2_token"),
            ("Already_Snake", "already_snake"),
        ] {
            assert_eq!(snake_case(name), table);
        }
    }

    #[test]
    fn the_nearest_word_is_near() {
        let known = ["primary_key", "unique", "name"];
        assert_eq!(nearest("primary_kye", known), Some("primary_key"));
        assert_eq!(nearest("nam", known), Some("name"));
        assert_eq!(nearest("zzz", known), None);
    }
}
