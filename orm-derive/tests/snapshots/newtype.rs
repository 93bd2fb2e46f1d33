const _: () = {
    #[automatically_derived]
    impl ::orm_core::__private::ColumnType for Email {
        type Base = Self;
        const SQL_TYPE: ::orm_core::__private::SqlType = <String as ::orm_core::__private::ColumnType>::SQL_TYPE;
        const NULLABLE: bool = <String as ::orm_core::__private::ColumnType>::NULLABLE;
        #[inline]
        fn encode(
            &self,
        ) -> ::orm_core::__private::Result<::orm_core::__private::Value<'_>> {
            <String as ::orm_core::__private::ColumnType>::encode(&self.0)
        }
        #[inline]
        fn decode(
            __orm_value: ::orm_core::__private::ValueRef<'_>,
        ) -> ::orm_core::__private::Result<Self> {
            ::core::result::Result::Ok(
                Email(
                    <String as ::orm_core::__private::ColumnType>::decode(__orm_value)?,
                ),
            )
        }
        #[inline]
        fn same(&self, __orm_value: &Self) -> bool {
            <String as ::orm_core::__private::ColumnType>::same(&self.0, &__orm_value.0)
        }
        #[inline]
        fn from_generated(__orm_value: i64) -> ::core::option::Option<Self> {
            ::core::option::Option::Some(
                Email(
                    <String as ::orm_core::__private::ColumnType>::from_generated(
                        __orm_value,
                    )?,
                ),
            )
        }
    }
    #[automatically_derived]
    impl ::orm_core::__private::Holds for Email {
        type Held = String;
        fn hold(__orm_value: String) -> Self {
            Email(__orm_value)
        }
    }
};
