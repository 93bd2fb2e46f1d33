const _: () = {
    use ::orm_core::__private::NoField as _;
    #[automatically_derived]
    impl ::orm_core::__private::Field for Address {
        type Role = ::orm_core::__private::Plain;
        type Names = ();
        const WIDTH: usize = ::orm_core::__private::FieldIn::<
            ::orm_core::__private::Embedded,
            String,
        >::FACTS
            .width
            + ::orm_core::__private::FieldIn::<
                ::orm_core::__private::Embedded,
                Option<String>,
            >::FACTS
                .width;
        const NULLABLE: bool = ::orm_core::__private::FieldIn::<
            ::orm_core::__private::Embedded,
            String,
        >::FACTS
            .nullable
            && ::orm_core::__private::FieldIn::<
                ::orm_core::__private::Embedded,
                Option<String>,
            >::FACTS
                .nullable;
        const IS_EMBEDDED: bool = true;
        fn describe(__orm_shape: &mut ::orm_core::__private::Shape) {
            ::orm_core::__private::FieldIn::<
                ::orm_core::__private::Embedded,
                String,
            >::describe(__orm_shape, "street");
            ::orm_core::__private::FieldIn::<
                ::orm_core::__private::Embedded,
                Option<String>,
            >::describe(__orm_shape, "zip_code");
        }
        #[inline]
        fn decode(
            __orm_row: &mut ::orm_core::__private::Fields<'_>,
        ) -> ::orm_core::__private::Result<Self> {
            ::core::result::Result::Ok(Address {
                street: ::orm_core::__private::FieldIn::<
                    ::orm_core::__private::Embedded,
                    String,
                >::read(__orm_row)?,
                zip: ::orm_core::__private::FieldIn::<
                    ::orm_core::__private::Embedded,
                    Option<String>,
                >::read(__orm_row)?,
            })
        }
        #[inline]
        fn encode<'__orm>(
            &'__orm self,
            __orm_out: &mut ::orm_core::__private::Encoder<'__orm, '_>,
        ) -> ::orm_core::__private::Result<()> {
            ::orm_core::__private::FieldIn::<
                ::orm_core::__private::Embedded,
                String,
            >::write(&self.street, __orm_out)?;
            ::orm_core::__private::FieldIn::<
                ::orm_core::__private::Embedded,
                Option<String>,
            >::write(&self.zip, __orm_out)?;
            ::core::result::Result::Ok(())
        }
        #[inline]
        fn same(&self, __orm_other: &Self) -> bool {
            ::orm_core::__private::FieldIn::<
                ::orm_core::__private::Embedded,
                String,
            >::alike(&self.street, &__orm_other.street)
                && ::orm_core::__private::FieldIn::<
                    ::orm_core::__private::Embedded,
                    Option<String>,
                >::alike(&self.zip, &__orm_other.zip)
        }
        #[inline]
        fn diff(
            &self,
            __orm_other: &Self,
            __orm_diff: &mut ::orm_core::__private::Diff<'_>,
        ) {
            ::orm_core::__private::FieldIn::<
                ::orm_core::__private::Embedded,
                String,
            >::compare(&self.street, &__orm_other.street, __orm_diff);
            ::orm_core::__private::FieldIn::<
                ::orm_core::__private::Embedded,
                Option<String>,
            >::compare(&self.zip, &__orm_other.zip, __orm_diff);
        }
    }
    const _: () = {
        <String as ::orm_core::__private::Part>::IS_PART;
        ::orm_core::__private::FieldIn::<::orm_core::__private::Embedded, String>::FACTS
            .require(
                !::orm_core::__private::FieldIn::<
                    ::orm_core::__private::Embedded,
                    String,
                >::FACTS
                    .is_generated,
                "`street` is `Generated`; a struct of columns has plain columns only",
            );
    };
    const _: () = {
        <Option<String> as ::orm_core::__private::Part>::IS_PART;
        ::orm_core::__private::FieldIn::<
            ::orm_core::__private::Embedded,
            Option<String>,
        >::FACTS
            .require(
                !::orm_core::__private::FieldIn::<
                    ::orm_core::__private::Embedded,
                    Option<String>,
                >::FACTS
                    .is_generated,
                "`zip` is `Generated`; a struct of columns has plain columns only",
            );
    };
};
