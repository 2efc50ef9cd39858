//! Keeps the fields that this version does not know. A duplicate field is an error.

use serde::{
    Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::{Map, Value};
use std::{borrow::Cow, fmt};

/// The unknown fields of a line, without `v` and `kind`.
pub(crate) fn deserialize_line_fields<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Map<String, Value>, D::Error> {
    deserializer.deserialize_map(UniqueFieldsVisitor { skipped_names: &["v", "kind"] })
}

/// The unknown fields of an object inside a line, or all fields of a map.
pub(crate) fn deserialize_unique_fields<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Map<String, Value>, D::Error> {
    deserializer.deserialize_map(UniqueFieldsVisitor { skipped_names: &[] })
}

struct UniqueFieldsVisitor {
    skipped_names: &'static [&'static str],
}

impl<'de> Visitor<'de> for UniqueFieldsVisitor {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    /// Refuses duplicates: JSON readers disagree on which of them counts.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Map<String, Value>, A::Error> {
        let mut fields = Map::new();
        let mut skipped = Vec::new();
        while let Some((name, value)) = map.next_entry::<Cow<str>, Value>()? {
            if let Some(known) = self.skipped_names.iter().find(|known| **known == name) {
                if skipped.contains(known) {
                    return Err(duplicate_field_error(known));
                }
                skipped.push(known);
            } else if fields.contains_key(&*name) {
                return Err(duplicate_field_error(&name));
            } else {
                fields.insert(name.into_owned(), value);
            }
        }
        Ok(fields)
    }
}

fn duplicate_field_error<E: Error>(name: &str) -> E {
    E::custom(format!("duplicate field `{name}`"))
}
