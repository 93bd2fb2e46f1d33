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
    impl ::orm_core::__private::RowStruct for Stats {
        type Fields = (String, (i64, Option<i64>));
        const NAME: &'static str = "Stats";
        const COLUMNS: &'static [&'static str] = &["name", "n", "by"];
        #[inline]
        fn from_fields((name, (posts, by)): Self::Fields) -> Self {
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
                    <Option<i64> as ::orm_core::__private::FromRow>::Cell,
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
            (__Ormname, (__Ormposts, __Ormby)),
        >: ::orm_core::__private::Selection<__OrmS, __OrmO, __OrmI>,
    {
        type Cell = <::orm_core::__private::FilledRow<
            Stats,
            (__Ormname, (__Ormposts, __Ormby)),
        > as ::orm_core::__private::Selection<__OrmS, __OrmO, __OrmI>>::Cell;
        type Keep<__OrmQ> = <::orm_core::__private::FilledRow<
            Stats,
            (__Ormname, (__Ormposts, __Ormby)),
        > as ::orm_core::__private::Selection<__OrmS, __OrmO, __OrmI>>::Keep<__OrmQ>;
        #[inline]
        fn keep<__OrmQ>(__orm_query: __OrmQ) -> Self::Keep<__OrmQ> {
            <::orm_core::__private::FilledRow<
                Stats,
                (__Ormname, (__Ormposts, __Ormby)),
            > as ::orm_core::__private::Selection<
                __OrmS,
                __OrmO,
                __OrmI,
            >>::keep(__orm_query)
        }
        fn add_to(self, __orm_items: &mut ::orm_core::__private::Items) {
            <::orm_core::__private::FilledRow<
                Stats,
                (__Ormname, (__Ormposts, __Ormby)),
            > as ::orm_core::__private::Selection<
                __OrmS,
                __OrmO,
                __OrmI,
            >>::add_to(
                ::orm_core::__private::FilledRow::new((
                    self.name,
                    (self.posts, self.by),
                )),
                __orm_items,
            )
        }
    }
};
