#!/usr/bin/env bash
# What the ORM costs a compiler: a crate of 100 models of 20 columns and 500 queries, checked from clean, after touching one
# model, and beside it the same structs without the ORM. Prints seconds, and rustc's memory where GNU time is installed.
# usage: benches/compile_time.sh [models] [queries]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
MODELS="${1:-100}" QUERIES="${2:-500}" COLUMNS=20
ROOT="$PWD"
CRATE="$(mktemp -d)"
trap 'rm -rf "$CRATE"' EXIT

main() {
    write_crate orm write_model write_query
    write_crate plain write_struct true
    export CARGO_TARGET_DIR="$CRATE/target"
    measure orm "dependencies, once" >/dev/null # what follows is the crate alone
    echo "$MODELS models of $COLUMNS columns, $QUERIES queries: cargo check"
    cargo clean --quiet --offline --manifest-path "$CRATE/orm/Cargo.toml" -p orm
    measure orm "from clean"
    sed -i 's/pub c1: /pub  c1: /' "$CRATE/orm/src/m0.rs"
    measure orm "after touching one model"
    measure plain "the same structs without the ORM"
}

# A crate with a module for each model, and its queries beside it.
write_crate() {
    local name="$1" model="$2" query="$3" number
    mkdir -p "$CRATE/$name/src"
    write_manifest "$name" >"$CRATE/$name/Cargo.toml"
    cp Cargo.lock "$CRATE/$name/Cargo.lock"
    {
        if [ "$name" = orm ]; then echo '#[derive(orm_core::DeclarativeBase)] pub struct Db;'; fi
        for ((number = 0; number < MODELS; number++)); do echo "pub mod m$number;"; done
    } >"$CRATE/$name/src/lib.rs"
    for ((number = 0; number < MODELS; number++)); do "$model" "$number" >"$CRATE/$name/src/m$number.rs"; done
    for ((number = 0; number < QUERIES; number++)); do
        "$query" "$number" >>"$CRATE/$name/src/m$((number % MODELS)).rs"
    done
}

write_manifest() {
    printf '[package]\nname = "%s"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n' "$1"
    if [ "$1" = orm ]; then printf '[dependencies]\norm-core = { path = "%s/orm-core" }\n' "$ROOT"; fi
}

# Twenty columns: a key, a foreign key to the model before, and values of four types.
write_model() {
    local number="$1" column
    echo 'use orm_core::prelude::*;'
    echo 'use crate::Db;'
    echo '#[derive(Model, Clone, Debug, PartialEq)]'
    echo "#[model(base = Db, table = \"table_$number\", default)]"
    echo "pub struct M$number {"
    echo "    #[column(primary_key)] pub id: Id<M$number>,"
    if [ "$number" -eq 0 ]; then
        echo '    pub parent: i64,'
    else
        echo "    pub parent: Option<Id<crate::m$((number - 1))::M$((number - 1))>>,"
    fi
    for ((column = 1; column <= COLUMNS - 2; column++)); do echo "    pub c$column: $(column_type "$column"),"; done
    echo '}'
}

write_struct() {
    local number="$1" column
    printf '#[derive(Clone, Debug, Default, PartialEq)]\npub struct M%s {\n    pub id: i64,\n    pub parent: Option<i64>,\n' "$number"
    for ((column = 1; column <= COLUMNS - 2; column++)); do echo "    pub c$column: $(column_type "$column"),"; done
    echo '}'
}

column_type() {
    case $(($1 % 4)) in 0) echo String ;; 1) echo i64 ;; 2) echo 'Option<String>' ;; 3) echo 'Option<f64>' ;; esac
}

# Five kinds of query in turns.
write_query() {
    local number="$1" model="M$(($1 % MODELS))"
    echo "pub fn q$number(s: &mut Session<Db>) -> orm_core::Result<u64> {"
    case $((number / MODELS % 5)) in
        0) echo "    Ok(s.query::<$model>().filter($model::c1.gt(${number}_i64)).all()?.len() as u64)" ;;
        1) echo "    s.query::<$model>().filter($model::c4.eq(\"x\")).filter($model::c2.is_null()).count()" ;;
        2) echo "    Ok(s.query::<$model>().filter($model::c1.lt(7).or($model::c3.ge(0.5))).order_by(($model::c4.desc(), $model::id)).limit(9).all()?.len() as u64)" ;;
        3) echo "    Ok(s.query::<$model>().filter($model::c4.contains(\"y\")).order_by($model::c8).untracked().all()?.len() as u64)" ;;
        4) echo "    Ok(u64::from(s.query::<$model>().filter($model::c1.in_([1, 2, 3])).filter($model::c5.between(1, 9)).exists()?))" ;;
    esac
    echo '}'
}

measure() {
    local crate="$1" what="$2" memory="" start end
    start="$(date +%s%N)"
    if [ -x /usr/bin/time ]; then
        /usr/bin/time -f '%M' -o "$CRATE/memory" cargo check --quiet --offline --manifest-path "$CRATE/$crate/Cargo.toml"
        memory="$(awk '{ printf "  %d MB", $1 / 1024 }' "$CRATE/memory")"
    else
        cargo check --quiet --offline --manifest-path "$CRATE/$crate/Cargo.toml"
    fi
    end="$(date +%s%N)"
    printf '%6d ms%s  %s\n' "$(((end - start) / 1000000))" "$memory" "$what"
}

main
