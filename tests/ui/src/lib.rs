//! What a marked program promises of its errors, against what the compiler says.
//!
//! A program in `fail` marks each line that has an error with `//~^ ERROR words` (`//~|` for the next error of the same
//! line). Beside the full output that trybuild compares, each error has to stand on its marked line, to open with our
//! words, and to be short: 12 lines where a macro reports it, 24 where the compiler does. The few that open with the compiler's
//! words are [listed](IN_OTHER_WORDS), each with its reason.

/// The most lines of an error that a macro reports.
const MACRO_LINES: usize = 12;

/// The most lines of an error that the compiler reports of a bound.
const BOUND_LINES: usize = 24;

/// What the compiler says of a bound, or an operator of the standard library, that has no words of ours.
const OF_NO_WORDS: [&str; 5] =
    ["the trait bound `", "is not satisfied", "doesn't implement", "cannot add `", "can't compare `"];

/// A program whose error opens with the compiler's words, since Rust has no way to put others there.
pub struct InOtherWords {
    /// The program.
    pub program: &'static str,
    /// The error's code.
    pub code: &'static str,
    /// Why it cannot have ours.
    pub why: &'static str,
}

/// All of them.
pub const IN_OTHER_WORDS: [InOtherWords; 4] = [
    InOtherWords {
        program: "query_left_joined_column_is_an_option",
        code: "E0308",
        why: "what a query returns is compared with a type that the user wrote. Were it a bound of `fetch`, its one \
              implementation would be inferred before the types are compared; with two, nothing could be inferred",
    },
    InOtherWords {
        program: "query_model_is_joined_once_without_an_alias",
        code: "E0283",
        why: "a bound cannot ask that a type is not in a list; that two places fit is no unmet bound. The name of the bound, \
              which stands in the first note, says it",
    },
    InOtherWords {
        program: "relation_names_a_column",
        code: "E0599",
        why: "the user wrote the path of a constant that another model does not have; a derive does not see that model",
    },
    InOtherWords {
        program: "row_struct_is_filled_by_its_types",
        code: "E0063",
        why: "the user wrote a struct and left a field out",
    },
];

/// A `//~^ ERROR words`.
struct Mark {
    line: usize,
    words: String,
}

/// An error of the compiler's output.
struct Reported<'output> {
    line: usize,
    headline: &'output str,
    lines: usize,
}

impl Reported<'_> {
    fn has_code(&self, code: &str) -> bool {
        self.headline.starts_with(&format!("error[{code}]: "))
    }

    /// Whether it opens with our words: those of a macro, of a check that the compiler evaluates, or of a bound that has some.
    fn is_ours(&self) -> bool {
        let evaluated = "error[E0080]: evaluation panicked: ";
        let has_words = !OF_NO_WORDS.iter().any(|words| self.headline.contains(words));
        self.headline.starts_with("error: ")
            || self.headline.starts_with(evaluated)
            || (self.has_code("E0277") && has_words)
    }
}

/// What is wrong with the output of a program: nothing, where every error is marked, ours and short.
pub fn check(name: &str, source: &str, output: &str) -> Vec<String> {
    let marks = marks_of(source);
    let mut errors = errors_of(output);
    let mut complaints: Vec<String> = errors.iter().filter_map(too_long).collect();
    let excused = IN_OTHER_WORDS.iter().find(|other| other.program == name).map(|other| other.code);
    let mut others = errors.iter().filter(|error| !error.is_ours()).peekable();
    if excused.is_some() && others.peek().is_none() {
        complaints.push("its words are ours by now: strike it off `IN_OTHER_WORDS`".to_owned());
    }
    for error in others.filter(|error| excused.is_none_or(|code| !error.has_code(code))) {
        complaints.push(format!("line {} opens with the compiler's words: {}", error.line, error.headline));
    }
    if marks.is_empty() {
        complaints.push("no line is marked".to_owned());
    }
    for mark in &marks {
        let at =
            errors.iter().position(|error| error.line == mark.line && error.headline.contains(&mark.words));
        match at {
            Some(at) => drop(errors.remove(at)),
            None => complaints.push(format!("line {} has no error `{}`", mark.line, mark.words)),
        }
    }
    let unmarked =
        errors.iter().map(|error| format!("line {} is not marked: {}", error.line, error.headline));
    complaints.extend(unmarked);
    complaints
}

/// How many lines each error of an output has.
pub fn lengths(output: &str) -> Vec<usize> {
    errors_of(output).iter().map(|error| error.lines).collect()
}

fn too_long(error: &Reported<'_>) -> Option<String> {
    let by_macro = error.headline.starts_with("error: ") || error.headline.starts_with("error[E0080]");
    let limit = if by_macro { MACRO_LINES } else { BOUND_LINES };
    (error.lines > limit).then(|| format!("{} lines, more than {limit}: {}", error.lines, error.headline))
}

fn marks_of(source: &str) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for (index, text) in source.lines().enumerate() {
        let Some((sign, words)) = text.trim().strip_prefix("//~").and_then(|mark| mark.split_once(" ERROR "))
        else {
            continue;
        };
        let line = match sign {
            "|" => marks.last().map_or(0, |mark| mark.line),
            carets => index + 1 - carets.len(),
        };
        marks.push(Mark { line, words: words.to_owned() });
    }
    marks
}

fn errors_of(output: &str) -> Vec<Reported<'_>> {
    let mut errors: Vec<Reported<'_>> = Vec::new();
    let mut lines = output.lines().peekable();
    while let Some(text) = lines.next() {
        if text.starts_with("error") {
            errors.push(Reported {
                line: lines.peek().and_then(|place| line_of(place)).unwrap_or(0),
                headline: text,
                lines: 0,
            });
        }
        if let Some(error) = errors.last_mut()
            && !text.trim().is_empty()
        {
            error.lines += 1;
        }
    }
    errors
}

/// The line of ` --> fail/rule.rs:12:5`.
fn line_of(place: &str) -> Option<usize> {
    let (_, place) = place.split_once("--> ")?;
    place.rsplit(':').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(name: &str, headline: &str) -> Vec<String> {
        let source = "a();\n//~^ ERROR a";
        check(name, source, &format!("{headline}\n --> fail/rule.rs:1:1\n"))
    }

    #[test]
    fn words_of_ours_are_not_complained_about() {
        for ours in ["error: a model", "error[E0277]: a model", "error[E0080]: evaluation panicked: a model"]
        {
            assert_eq!(complaints("rule", ours), [] as [&str; 0]);
        }
    }

    #[test]
    fn words_of_the_compiler_are_complained_about() {
        let others =
            ["error[E0308]: mismatched types, a", "error[E0277]: the trait bound `A: B` is not satisfied, a"];
        for other in others {
            assert_eq!(complaints("rule", other).len(), 1, "{other}");
        }
    }

    #[test]
    fn an_exception_is_for_its_program_and_its_code_and_is_needed() {
        for InOtherWords { program, code, why } in IN_OTHER_WORDS {
            let other = format!("error[{code}]: a thing");
            assert_eq!(complaints(program, &other), [] as [&str; 0]);
            assert_eq!(complaints("rule", &other).len(), 1);
            assert_eq!(complaints(program, "error[E0001]: a thing").len(), 1);
            assert_eq!(complaints(program, "error: a thing").len(), 1);
            assert!(why.len() > 40);
        }
    }
}
