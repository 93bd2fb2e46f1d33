//! A page takes as many statements as it has relations, whatever the code around it looks like; and a relation that was not
//! planned for can be made an error.

use orm_core::prelude::*;

use crate::fixture::{Db, Lab};

rules! { related_page:
    a_page_of_posts_takes_a_statement_for_each_relation,
    a_page_in_ugly_code_takes_as_many,
    what_a_page_planned_is_all_that_it_sends,
    s77_a_relation_that_raises_is_an_error_everywhere,
    composite_keys_lead_up_and_down,
}

#[derive(DeclarativeBase)]
struct Press;

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Press, table = "writers", default)]
#[relation(articles = many(Article::writer, order_by = Article::id, raiseload))]
struct Writer {
    #[column(primary_key)]
    id: Id<Writer>,
    name: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Press, table = "articles", default)]
#[relation(remarks = many(Remark::article, order_by = Remark::id))]
#[relation(marks = many_through(Marking::article, Marking::mark, order_by = Mark::id))]
struct Article {
    #[column(primary_key)]
    id: Id<Article>,
    writer: Id<Writer>,
    title: String,
    views: i64,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Press, table = "remarks", default)]
struct Remark {
    #[column(primary_key)]
    id: Id<Remark>,
    article: Id<Article>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Press, table = "marks", default)]
struct Mark {
    #[column(primary_key)]
    id: Id<Mark>,
    word: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Press, table = "markings", default)]
#[relation(notes = many(Note::marking, order_by = Note::id))]
struct Marking {
    #[column(primary_key)]
    article: Id<Article>,
    #[column(primary_key)]
    mark: Id<Mark>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(base = Press, table = "notes", default)]
struct Note {
    #[column(primary_key)]
    id: Id<Note>,
    #[column(names("article_id", "mark_id"))]
    marking: Option<Id<Marking, (i64, i64)>>,
}

/// Sixty articles of seven writers, with two marks each and as many remarks as the number of the article says.
fn store(db: &Db<Press>) {
    db.run(
        "INSERT INTO writers (id, name)
             VALUES (1, 'w1'), (2, 'w2'), (3, 'w3'), (4, 'w4'), (5, 'w5'), (6, 'w6'), (7, 'w7');
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
         INSERT INTO articles (id, writer_id, title, views) SELECT i, i % 7 + 1, 'no ' || i, 0 FROM n;
         INSERT INTO marks (id, word) VALUES (1, 'a'), (2, 'b'), (3, 'c');
         INSERT INTO markings (article_id, mark_id) SELECT a.id, m.id FROM articles AS a JOIN marks AS m ON m.id <> a.id % 3 + 1;
         INSERT INTO remarks (article_id) SELECT a.id FROM articles AS a JOIN articles AS n ON n.id <= a.id % 5",
    );
}

fn a_page_of_posts_takes_a_statement_for_each_relation(lab: &Lab) {
    let db = lab.db_of::<Press>();
    store(&db);
    let mut s = db.session();
    let page: Vec<(Handle<Article>, i64)> = s
        .query::<Article>()
        .order_by(Article::id)
        .limit(50)
        .select((entity::<Article>(), Article::remarks.count()))
        .fetch()
        .unwrap();
    let mut lines = Vec::new();
    for (article, remarks) in page {
        let writer = s.related(article, Article::writer).unwrap();
        let marks = s.related(article, Article::marks).unwrap();
        let words: String = marks.iter().map(|&mark| s[mark].word.as_str()).collect();
        lines.push(format!("{} by {}: {words}, {remarks}", s[article].title, s[writer].name));
    }
    assert_eq!(lines.len(), 50);
    assert_eq!(lines[3], "no 4 by w5: ac, 4");
    assert_eq!(
        s.statistics().to_string(),
        "3 statements: 1 by queries, 1 lazily for Article::writer, 1 lazily for Article::marks"
    );
}

/// A helper that knows nothing of the page around it.
fn byline(s: &mut Session<Press>, article: Handle<Article>) -> String {
    let writer = s.related(article, Article::writer).unwrap();
    s[writer].name.clone()
}

fn words(s: &mut Session<Press>, articles: &[Handle<Article>]) -> usize {
    articles.iter().rev().map(|&article| s.related(article, Article::marks).unwrap().len()).sum()
}

fn a_page_in_ugly_code_takes_as_many(lab: &Lab) {
    let db = lab.db_of::<Press>();
    store(&db);
    let mut s = db.session();
    let new = s.query::<Article>().filter(Article::id.le(30)).order_by(Article::id).all().unwrap();
    let old = s.query::<Article>().filter(Article::id.gt(30)).order_by(Article::id.desc()).all().unwrap();
    let mut remarks = 0;
    for pair in new.iter().zip(&old) {
        for &article in [pair.1, pair.0] {
            s[article].views += 1;
            byline(&mut s, article);
            remarks += s.related(article, Article::remarks).unwrap().len();
        }
        if s[*pair.0].views == 1 && byline(&mut s, *pair.0) == "w3" {
            s.flush().unwrap();
        }
    }
    assert_eq!(remarks, 120);
    assert_eq!(words(&mut s, &new) + words(&mut s, &old), 120);
    let statistics = s.statistics();
    assert_eq!(statistics.lazy(Article::writer), 1, "all writers came with the articles of the first query");
    assert_eq!(statistics.lazy(Article::remarks), 2, "one for each query");
    assert_eq!(statistics.lazy(Article::marks), 2, "also when the last is asked first");
}

fn what_a_page_planned_is_all_that_it_sends(lab: &Lab) {
    let db = lab.db_of::<Press>();
    store(&db);
    let mut s = db.maker().raiseload(true).session();
    let plan = s.query::<Article>().order_by(Article::id).with(Article::writer).with(Article::marks);
    let page = plan.with(Article::remarks.limit(2)).page(1, 50).unwrap();
    assert_eq!(s.reset_statistics().total(), 2 + 3, "the count, the rows, and three relations");
    for &article in &page.items {
        byline(&mut s, article);
        assert_eq!(s.related(article, Article::marks).unwrap().len(), 2);
        assert!(s.related(article, Article::remarks.limit(2)).unwrap().len() <= 2);
        assert!(s.related(article, Article::remarks).unwrap_err().is_misuse());
    }
    assert_eq!(s.statistics().total(), 0);
}

fn s77_a_relation_that_raises_is_an_error_everywhere(lab: &Lab) {
    let db = lab.db_of::<Press>();
    store(&db);
    let mut s = db.session();
    let writers = s.query::<Writer>().order_by(Writer::id).all().unwrap();
    db.sent();
    let error = s.related(writers[0], Writer::articles).unwrap_err();
    assert!(error.is_misuse());
    assert_eq!(
        error.to_string(),
        "`Writer::articles` of Writer#0 is not loaded, and this relation raises instead of loading it: it came from a query of \
         `Writer`, to which `.with(Writer::articles)` is to be added"
    );
    assert!(db.sent().is_empty());
    assert_eq!(s.related_all(&writers, Writer::articles).unwrap().len(), 7);
    assert!(!s.related(writers[0], Writer::articles).unwrap().is_empty(), "it is known now");
    s.rollback().unwrap();
    let planned = s.query::<Writer>().with(Writer::articles).all().unwrap();
    assert!(!s.related(planned[0], Writer::articles).unwrap().is_empty());
    let new = s.add(Writer::default());
    assert!(s.related(new, Writer::articles).unwrap().is_empty(), "a pending one has nothing to load");
    let article = s.related(planned[1], Writer::articles).unwrap()[0];
    s.related(article, Article::remarks).unwrap();
}

fn composite_keys_lead_up_and_down(lab: &Lab) {
    let db = lab.db_of::<Press>();
    store(&db);
    db.run(
        "INSERT INTO notes (id, article_id, mark_id) VALUES (1, 1, 1), (2, 1, 1), (3, 2, 1), (4, NULL, NULL)",
    );
    let mut s = db.session();
    let notes = s.query::<Note>().order_by(Note::id).with(Note::marking).all().unwrap();
    assert_eq!(s.reset_statistics().total(), 2);
    let of: Vec<Option<Handle<Marking>>> =
        notes.iter().map(|&note| s.related(note, Note::marking).unwrap()).collect();
    assert!(of[0].is_some() && of[0] == of[1] && of[1] != of[2] && of[3].is_none());
    let (first, second) = (of[0].unwrap(), of[2].unwrap());
    assert_eq!(s.related(first, Marking::notes).unwrap(), notes[..2]);
    s[notes[1]].marking = Some(second.into());
    s[notes[3]].marking = Some(Id::Key((1, 1)));
    assert_eq!(s.related(first, Marking::notes).unwrap(), [notes[0], notes[3]]);
    assert_eq!(s.related(second, Marking::notes).unwrap(), [notes[2], notes[1]]);
    let counts: Vec<(i64,)> = s
        .query::<Marking>()
        .filter(Marking::article.eq(1))
        .select((Marking::notes.count(),))
        .fetch()
        .unwrap();
    assert_eq!(counts.iter().map(|count| count.0).sum::<i64>(), 2);
    let joined = s.query::<Note>().filter(Note::id.eq(1)).with(Note::marking.joined()).one().unwrap();
    assert_eq!(s.related(joined, Note::marking).unwrap(), Some(first));
}
