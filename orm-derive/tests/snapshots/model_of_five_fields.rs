const _: () = {
    use ::orm_core::__private as __orm;
    #[allow(unused_imports)]
    use ::orm_core::__private::{ExpressionMethods as _, NoField as _, NoKey as _};
    #[allow(dead_code)]
    type __OrmIn<__OrmT> = __orm::FieldIn<UsersDb, __OrmT>;
    #[automatically_derived]
    #[allow(
        non_upper_case_globals,
        dead_code,
        unreachable_pub,
        private_interfaces,
        clippy::type_complexity
    )]
    impl User {
        ///The column of the field `id`.
        pub const id: __orm::Column<User, Id<User>, __orm::Plain> = __orm::Column::new(
            0u16,
        );
        /// What others see.
        pub const name: __orm::Column<
            User,
            String,
            <String as __orm::FieldOf<UsersDb>>::ColumnRole,
        > = __orm::Column::new(1u16);
        ///The column of the field `email`.
        pub const email: __orm::Column<
            User,
            String,
            <String as __orm::FieldOf<UsersDb>>::ColumnRole,
        > = __orm::Column::new(2u16);
        ///The column of the field `boss`.
        pub const boss: __orm::Column<
            User,
            Option<Id<User>>,
            <Option<Id<User>> as __orm::FieldOf<UsersDb>>::ColumnRole,
        > = __orm::Column::new(3u16);
        ///The column of the field `seen_at`.
        pub const seen_at: __orm::Column<
            User,
            DateTime<Utc>,
            <DateTime<Utc> as __orm::FieldOf<UsersDb>>::ColumnRole,
        > = __orm::Column::new(4u16);
        ///The rows that name one of these.
        pub const posts: __orm::Many<User, <Post as __orm::Columns>::Model> = __orm::Many::new(
            __orm::leads_to::<User, _, _, _>(Post::author),
            __orm::RelationDef::new("posts", 0u16)
                .with(|__orm_terms| {
                    __orm_terms.order_by(Post::id);
                }),
        );
    }
    #[automatically_derived]
    impl __orm::Model for User {
        type Base = UsersDb;
        type Key = <Id<User> as __orm::KeyField>::Key;
        const SHOWS: __orm::Shows<Self> = __orm::shows!(Self);
        const ORIGIN: u64 = __orm::origin_of!("User");
        fn table() -> &'static __orm::Table {
            static __ORM_CELL: __orm::TableCell = __orm::TableCell::new();
            static __ORM_FIELDS: &[__orm::FieldDef] = &[
                __orm::FieldDef {
                    name: "id",
                    primary_key: true,
                    ..__OrmIn::<Id<User>>::DEF
                },
                __orm::FieldDef {
                    name: "name",
                    length: ::core::option::Option::Some(50u32),
                    ..__OrmIn::<String>::DEF
                },
                __orm::FieldDef {
                    name: "email",
                    unique: true,
                    length: ::core::option::Option::Some(100u32),
                    ..__OrmIn::<String>::DEF
                },
                __orm::FieldDef {
                    name: "boss",
                    on_delete: __orm::RowRule::SetNull,
                    ..__OrmIn::<Option<Id<User>>>::DEF
                },
                __orm::FieldDef {
                    name: "seen_at",
                    ..__OrmIn::<DateTime<Utc>>::DEF
                },
            ];
            static __ORM_DEF: __orm::ModelDef = __orm::ModelDef::of::<
                User,
            >("User", "users", __ORM_FIELDS);
            __ORM_CELL.get(&__ORM_DEF)
        }
        #[inline]
        fn decode(__orm_row: &mut __orm::Fields<'_>) -> __orm::Result<Self> {
            ::core::result::Result::Ok(User {
                id: __OrmIn::<Id<User>>::read(__orm_row)?,
                name: __OrmIn::<String>::read(__orm_row)?,
                email: __OrmIn::<String>::read(__orm_row)?,
                boss: __OrmIn::<Option<Id<User>>>::read(__orm_row)?,
                seen_at: __OrmIn::<DateTime<Utc>>::read(__orm_row)?,
            })
        }
        fn visit<'__orm, __OrmV: __orm::Visitor<'__orm>>(
            &'__orm self,
            __orm_visitor: &mut __OrmV,
        ) -> __orm::Result<()> {
            __OrmIn::<Id<User>>::show(&self.id, __orm_visitor)?;
            __OrmIn::<String>::show(&self.name, __orm_visitor)?;
            __OrmIn::<String>::show(&self.email, __orm_visitor)?;
            __OrmIn::<Option<Id<User>>>::show(&self.boss, __orm_visitor)?;
            __OrmIn::<DateTime<Utc>>::show(&self.seen_at, __orm_visitor)?;
            ::core::result::Result::Ok(())
        }
        fn visit_mut<__OrmV: __orm::VisitorMut>(
            &mut self,
            __orm_visitor: &mut __OrmV,
        ) -> __orm::Result<()> {
            __OrmIn::<Id<User>>::change(&mut self.id, __orm_visitor)?;
            __OrmIn::<String>::change(&mut self.name, __orm_visitor)?;
            __OrmIn::<String>::change(&mut self.email, __orm_visitor)?;
            __OrmIn::<Option<Id<User>>>::change(&mut self.boss, __orm_visitor)?;
            __OrmIn::<DateTime<Utc>>::change(&mut self.seen_at, __orm_visitor)?;
            ::core::result::Result::Ok(())
        }
        fn diff(&self, __orm_kept: &Self, __orm_diff: &mut __orm::Diff<'_>) {
            __OrmIn::<Id<User>>::compare(&self.id, &__orm_kept.id, __orm_diff);
            __OrmIn::<String>::compare(&self.name, &__orm_kept.name, __orm_diff);
            __OrmIn::<String>::compare(&self.email, &__orm_kept.email, __orm_diff);
            __OrmIn::<
                Option<Id<User>>,
            >::compare(&self.boss, &__orm_kept.boss, __orm_diff);
            __OrmIn::<
                DateTime<Utc>,
            >::compare(&self.seen_at, &__orm_kept.seen_at, __orm_diff);
        }
        fn key(&self, __orm_ids: &dyn __orm::Ids) -> ::core::option::Option<Self::Key> {
            __orm::KeyIn::<Id<User>>::key(&self.id, __orm_ids)
        }
        fn set_key(&mut self, __orm_key: Self::Key) {
            __orm::KeyIn::<Id<User>>::set_key(&mut self.id, __orm_key);
        }
        fn unset_key(&mut self) {
            __orm::KeyIn::<Id<User>>::unset_key(&mut self.id);
        }
        const SUPPLIES: bool = true;
        fn on_update(&mut self, __orm_changed: &__orm::ColumnSet) {
            __orm::refresh::<
                Self,
                _,
            >(__orm_changed, 4usize, &mut self.seen_at, || __orm::default_of(Utc::now));
        }
    }
    #[automatically_derived]
    impl __orm::BelongsTo<UsersDb> for User {}
    #[automatically_derived]
    impl __orm::HasKey<<Id<User> as __orm::KeyField>::Key> for User {}
    #[automatically_derived]
    impl __orm::ColumnAt<14176396743819860870u64> for User {
        type Field = String;
        const FIELD: u16 = 1u16;
    }
    #[automatically_derived]
    impl __orm::ColumnAt<1311787414694181895u64> for User {
        type Field = String;
        const FIELD: u16 = 2u16;
    }
    #[automatically_derived]
    impl __orm::ColumnAt<14781339113128978092u64> for User {
        type Field = Option<Id<User>>;
        const FIELD: u16 = 3u16;
    }
    #[automatically_derived]
    impl __orm::ColumnAt<13698312693314096954u64> for User {
        type Field = DateTime<Utc>;
        const FIELD: u16 = 4u16;
    }
    #[automatically_derived]
    impl ::core::default::Default for User {
        fn default() -> Self {
            User {
                id: <Id<User> as __orm::HasDefault>::default_value(),
                name: <String as __orm::HasDefault>::default_value(),
                email: <String as __orm::HasDefault>::default_value(),
                boss: <Option<Id<User>> as __orm::HasDefault>::default_value(),
                seen_at: __orm::default_of(Utc::now),
            }
        }
    }
    const _: () = {
        __OrmIn::<Id<User>>::FACTS
            .require(
                !__OrmIn::<Id<User>>::FACTS.nullable,
                "`primary_key` on `id`: its type allows NULL, and a key never is NULL",
            );
    };
    const _: () = {
        __OrmIn::<String>::FACTS
            .require(
                __OrmIn::<String>::FACTS.is_text,
                "`length` on `name`: its type holds no text",
            );
    };
    const _: () = {
        __OrmIn::<String>::FACTS
            .require(
                __OrmIn::<String>::FACTS.is_text,
                "`length` on `email`: its type holds no text",
            );
    };
    const _: () = {
        __OrmIn::<Option<Id<User>>>::FACTS
            .require(
                __OrmIn::<Option<Id<User>>>::FACTS.is_id,
                "`on_delete` on `boss`: it is no foreign key; that would be an `Id<..>`",
            );
        __OrmIn::<Option<Id<User>>>::FACTS
            .require(
                !__OrmIn::<Option<Id<User>>>::FACTS.is_id
                    || __OrmIn::<Option<Id<User>>>::FACTS.nullable,
                "`set_null` on `boss`: its column is NOT NULL; make its type `Option<Id<..>>`",
            );
    };
    const _: () = __orm::require_column_of::<
        <Post as __orm::Columns>::Model,
        _,
    >(&Post::id);
    __orm::register!(User);
};
