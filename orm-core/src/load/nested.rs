//! Serialises a row of a graph: the fields of its struct, and its relations beside them.

use std::fmt::Display;

use serde::ser::{
    Error as _, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer,
};

use super::loaded::{LoadedBranch, Node};

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(row) = self.serialize else {
            return Err(S::Error::custom(format!(
                "rows of `{0}` cannot be serialised: derive `serde::Serialize` on `{0}`",
                self.model
            )));
        };
        row.serialize(Beside { serializer, node: self })
    }
}

/// What a relation leads to from one row.
struct Related<'a> {
    branch: &'a LoadedBranch,
    at: usize,
}

impl Serialize for Related<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut nodes = self.branch.nodes(self.at);
        if !self.branch.is_list {
            return nodes.next().serialize(serializer);
        }
        let mut list = serializer.serialize_seq(Some(nodes.len()))?;
        nodes.try_for_each(|node| list.serialize_element(&node))?;
        list.end()
    }
}

/// Takes what a struct says of its fields, and adds the relations.
struct Beside<'a, S> {
    serializer: S,
    node: &'a Node<'a>,
}

/// The fields of a struct on their way into a map.
struct Entries<'a, M> {
    map: M,
    node: &'a Node<'a>,
    /// The relations that stood in the place of a field.
    placed: Vec<&'static str>,
}

impl<'a, M: SerializeMap> Entries<'a, M> {
    /// A field; or what the foreign key of that name leads to, if it was loaded.
    fn entry<K: Serialize + ?Sized, T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        key: &K,
        value: &T,
    ) -> Result<(), M::Error> {
        let Some(branch) = self.node.branches.iter().find(|branch| branch.name == name) else {
            return self.map.serialize_entry(key, value);
        };
        self.placed.push(branch.name);
        self.map.serialize_entry(key, &Related { branch, at: self.node.at })
    }

    fn finish(mut self) -> Result<M::Ok, M::Error> {
        let rest = self.node.branches.iter().filter(|branch| !self.placed.contains(&branch.name));
        for branch in rest {
            self.map.serialize_entry(branch.name, &Related { branch, at: self.node.at })?;
        }
        self.map.end()
    }
}

impl<M: SerializeMap> SerializeStruct for Entries<'_, M> {
    type Ok = M::Ok;
    type Error = M::Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), M::Error> {
        self.entry(key, key, value)
    }

    fn end(self) -> Result<M::Ok, M::Error> {
        self.finish()
    }
}

/// A struct with `#[serde(flatten)]` is a map already.
impl<M: SerializeMap> SerializeMap for Entries<'_, M> {
    type Ok = M::Ok;
    type Error = M::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), M::Error> {
        self.map.serialize_key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), M::Error> {
        self.map.serialize_value(value)
    }

    fn serialize_entry<K: Serialize + ?Sized, T: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &T,
    ) -> Result<(), M::Error> {
        self.entry(&Text(key).to_string(), key, value)
    }

    fn end(self) -> Result<M::Ok, M::Error> {
        self.finish()
    }
}

/// A key of a map as text.
struct Text<'a, K: ?Sized>(&'a K);

impl<K: Serialize + ?Sized> Display for Text<'_, K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.serialize(f)
    }
}

impl<S: Serializer> Beside<'_, S> {
    #[cold]
    fn refuse<T>(&self) -> Result<T, S::Error> {
        let model = self.node.model;
        Err(S::Error::custom(format!(
            "`{model}` is not serialised as a struct, so its relations have no place in it"
        )))
    }
}

/// Methods of a serializer that take what has no fields.
macro_rules! refused {
    ($($method:ident($($part:ty),*) -> $done:ty;)*) => {$(
        fn $method(self, $(_: $part),*) -> Result<$done, S::Error> {
            self.refuse()
        }
    )*};
}

impl<'a, S: Serializer> Serializer for Beside<'a, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Impossible<S::Ok, S::Error>;
    type SerializeTuple = Impossible<S::Ok, S::Error>;
    type SerializeTupleStruct = Impossible<S::Ok, S::Error>;
    type SerializeTupleVariant = Impossible<S::Ok, S::Error>;
    type SerializeMap = Entries<'a, S::SerializeMap>;
    type SerializeStruct = Entries<'a, S::SerializeMap>;
    type SerializeStructVariant = Impossible<S::Ok, S::Error>;

    fn serialize_map(self, _len: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        // How many fields a relation takes the place of is not known.
        let map = self.serializer.serialize_map(None)?;
        Ok(Entries { map, node: self.node, placed: Vec::new() })
    }

    fn serialize_struct(self, _name: &'static str, len: usize) -> Result<Self::SerializeStruct, S::Error> {
        self.serialize_map(Some(len))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        value.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _value: &T) -> Result<S::Ok, S::Error> {
        self.refuse()
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.refuse()
    }

    refused! {
        serialize_bool(bool) -> S::Ok;
        serialize_i8(i8) -> S::Ok;
        serialize_i16(i16) -> S::Ok;
        serialize_i32(i32) -> S::Ok;
        serialize_i64(i64) -> S::Ok;
        serialize_u8(u8) -> S::Ok;
        serialize_u16(u16) -> S::Ok;
        serialize_u32(u32) -> S::Ok;
        serialize_u64(u64) -> S::Ok;
        serialize_f32(f32) -> S::Ok;
        serialize_f64(f64) -> S::Ok;
        serialize_char(char) -> S::Ok;
        serialize_str(&str) -> S::Ok;
        serialize_bytes(&[u8]) -> S::Ok;
        serialize_none() -> S::Ok;
        serialize_unit() -> S::Ok;
        serialize_unit_struct(&'static str) -> S::Ok;
        serialize_unit_variant(&'static str, u32, &'static str) -> S::Ok;
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
}
