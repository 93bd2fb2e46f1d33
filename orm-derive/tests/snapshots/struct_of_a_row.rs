///What fills the fields of [`Stats`] in a query, for `select`.
#[automatically_derived]
#[allow(dead_code, non_camel_case_types)]
pub struct StatsColumns<__Ormname, __Ormposts, __Ormby> {
    ///What fills `name`.
    pub name: __Ormname,
    ///What fills `posts`.
    posts: __Ormposts,
    ///What fills `by`.
    by: __Ormby,
}
const _: () = {
    #[automatically_derived]
    impl ::orm_core::__private::Source for Stats {
        fn columns_and_name() -> (
            &'static ::orm_core::__private::Table,
            ::core::option::Option<&'static str>,
        ) {
            #[allow(unused_imports)]
            use ::orm_core::__private::NoColumn as _;
            static __ORM_CELL: ::orm_core::__private::TableCell = ::orm_core::__private::TableCell::new();
            static __ORM_FIELDS: &[::orm_core::__private::FieldDef] = &[
                ::orm_core::__private::FieldDef {
                    name: "name",
                    columns: if ::orm_core::__private::RowIn::<String>::IS_ONE_COLUMN {
                        &["name"]
                    } else {
                        &[]
                    },
                    ..::orm_core::__private::RowIn::<String>::DEF
                },
                ::orm_core::__private::FieldDef {
                    name: "posts",
                    columns: if ::orm_core::__private::RowIn::<i64>::IS_ONE_COLUMN {
                        &["n"]
                    } else {
                        &[]
                    },
                    ..::orm_core::__private::RowIn::<i64>::DEF
                },
                ::orm_core::__private::FieldDef {
                    name: "by",
                    columns: if ::orm_core::__private::RowIn::<
                        Option<i64>,
                    >::IS_ONE_COLUMN {
                        &["by"]
                    } else {
                        &[]
                    },
                    ..::orm_core::__private::RowIn::<Option<i64>>::DEF
                },
            ];
            static __ORM_DEF: ::orm_core::__private::ModelDef = ::orm_core::__private::ModelDef::of::<
                Stats,
            >("Stats", "stats", __ORM_FIELDS);
            (__ORM_CELL.get(&__ORM_DEF), ::core::option::Option::None)
        }
    }
    #[automatically_derived]
    impl ::orm_core::__private::RowSource for Stats {
        type Columns<__OrmS> = StatsColumns<
            ::orm_core::__private::Column<__OrmS, String, ::orm_core::__private::Plain>,
            ::orm_core::__private::Column<__OrmS, i64, ::orm_core::__private::Plain>,
            ::orm_core::__private::Column<
                __OrmS,
                Option<i64>,
                ::orm_core::__private::Plain,
            >,
        >;
        fn columns<__OrmS>() -> Self::Columns<__OrmS> {
            StatsColumns {
                name: ::orm_core::__private::Column::new(0u16),
                posts: ::orm_core::__private::Column::new(1u16),
                by: ::orm_core::__private::Column::new(2u16),
            }
        }
    }
    #[automatically_derived]
    impl ::orm_core::__private::RowStruct for Stats {
        type Fields = (String, (i64, (Option<i64>, ::orm_core::__private::End)));
        const NAME: &'static str = "Stats";
        const COLUMNS: &'static [&'static str] = &["name", "n", "by"];
        #[inline]
        fn from_fields(
            (name, (posts, (by, ::orm_core::__private::End))): Self::Fields,
        ) -> Self {
            Stats { name, posts, by }
        }
    }
    #[automatically_derived]
    #[diagnostic::do_not_recommend]
    impl ::orm_core::__private::FromRow for Stats {
        type Cell = ::orm_core::__private::AsRow<
            Self,
            (
                <String as ::orm_core::__private::FromRow>::Cell,
                (
                    <i64 as ::orm_core::__private::FromRow>::Cell,
                    (
                        <Option<i64> as ::orm_core::__private::FromRow>::Cell,
                        ::orm_core::__private::End,
                    ),
                ),
            ),
        >;
    }
    #[automatically_derived]
    impl<
        __OrmS,
        __OrmO,
        __OrmI,
        __Ormname,
        __Ormposts,
        __Ormby,
    > ::orm_core::__private::Selection<__OrmS, __OrmO, __OrmI>
    for StatsColumns<__Ormname, __Ormposts, __Ormby>
    where
        ::orm_core::__private::FilledRow<
            Stats,
            (__Ormname, (__Ormposts, (__Ormby, ::orm_core::__private::End))),
        >: ::orm_core::__private::Selection<__OrmS, __OrmO, __OrmI>,
    {
        type Cell = <::orm_core::__private::FilledRow<
            Stats,
            (__Ormname, (__Ormposts, (__Ormby, ::orm_core::__private::End))),
        > as ::orm_core::__private::Selection<__OrmS, __OrmO, __OrmI>>::Cell;
        type Keep<__OrmQ> = <::orm_core::__private::FilledRow<
            Stats,
            (__Ormname, (__Ormposts, (__Ormby, ::orm_core::__private::End))),
        > as ::orm_core::__private::Selection<__OrmS, __OrmO, __OrmI>>::Keep<__OrmQ>;
        #[inline]
        fn keep<__OrmQ>(__orm_query: __OrmQ) -> Self::Keep<__OrmQ> {
            <::orm_core::__private::FilledRow<
                Stats,
                (__Ormname, (__Ormposts, (__Ormby, ::orm_core::__private::End))),
            > as ::orm_core::__private::Selection<
                __OrmS,
                __OrmO,
                __OrmI,
            >>::keep(__orm_query)
        }
        fn add_to(self, __orm_items: &mut ::orm_core::__private::Items) {
            <::orm_core::__private::FilledRow<
                Stats,
                (__Ormname, (__Ormposts, (__Ormby, ::orm_core::__private::End))),
            > as ::orm_core::__private::Selection<
                __OrmS,
                __OrmO,
                __OrmI,
            >>::add_to(
                ::orm_core::__private::FilledRow::new((
                    self.name,
                    (self.posts, (self.by, ::orm_core::__private::End)),
                )),
                __orm_items,
            )
        }
    }
};
