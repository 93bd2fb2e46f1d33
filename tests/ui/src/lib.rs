//! What a marked program promises of its errors, against what the compiler says.
//!
//! A program in `fail` marks each line that has an error with `//~^ ERROR words` (`//~|` for the next error of the same
//! line). Beside the full output that trybuild compares, each error has to stand on its marked line, to open with our
//! words, and to be short: 12 lines where a macro reports it, 24 where the compiler does.

/// The most lines of an error that a macro reports.
const MACRO_LINES: usize = 12;

/// The most lines of an error that the compiler reports of a bound.
const BOUND_LINES: usize = 24;

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

/// What is wrong with the output of a program: nothing, where every error is marked, ours and short.
pub fn check(source: &str, output: &str) -> Vec<String> {
    let marks = marks_of(source);
    let mut errors = errors_of(output);
    let mut complaints: Vec<String> = errors.iter().filter_map(too_long).collect();
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
