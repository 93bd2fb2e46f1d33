const _: () = {
    #[automatically_derived]
    impl ::orm_core::__private::DeclarativeBase for UsersDb {
        const NAME: &'static str = "UsersDb";
        fn engine_cell() -> &'static ::orm_core::__private::EngineCell<Self> {
            static __ORM_CELL: ::orm_core::__private::EngineCell<UsersDb> = ::orm_core::__private::EngineCell::new();
            &__ORM_CELL
        }
    }
};
