const _: () = {
    #[automatically_derived]
    impl ::orm_core::__private::ColumnType for Plan {
        type Base = Self;
        const SQL_TYPE: ::orm_core::__private::SqlType = ::orm_core::__private::SqlType::TextEnum(
            &["free", "gold"],
        );
        fn encode(
            &self,
        ) -> ::orm_core::__private::Result<::orm_core::__private::Value<'_>> {
            ::core::result::Result::Ok(
                ::orm_core::__private::text_value(
                    match self {
                        Plan::Free => "free",
                        Plan::VeryDear => "gold",
                    },
                ),
            )
        }
        fn decode(
            __orm_value: ::orm_core::__private::ValueRef<'_>,
        ) -> ::orm_core::__private::Result<Self> {
            ::orm_core::__private::decode_text_enum(
                "Plan",
                &[("free", Plan::Free), ("gold", Plan::VeryDear)],
                __orm_value,
            )
        }
        fn same(&self, __orm_other: &Self) -> bool {
            ::core::mem::discriminant(self) == ::core::mem::discriminant(__orm_other)
        }
    }
};
