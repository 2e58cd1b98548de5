//! Enumerations that are written as one lower-case word everywhere: in JSON, in SQL and on the command line.

/// A text that names none of the words of an enumeration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {what}: expected one of {expected}")]
pub struct UnknownWord {
    /// What the word should have named, for instance `job state`.
    pub what: &'static str,
    /// The text that was given, cut to 64 characters.
    pub text: String,
    /// The words that would have been understood, separated by commas.
    pub expected: String,
}

impl UnknownWord {
    pub(crate) fn new(what: &'static str, text: &str, words: &[&str]) -> Self {
        Self {
            what,
            text: text.chars().take(64).collect(),
            expected: words.join(", "),
        }
    }
}

/// Defines an enumeration whose members are single words, with one spelling for JSON, SQL and people.
macro_rules! word_enum {
    (
        $(#[$meta:meta])*
        $name:ident, $what:literal { $( $(#[$member_meta:meta])* $member:ident = $word:literal ),+ $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $( $(#[$member_meta])* #[serde(rename = $word)] $member ),+
        }

        impl $name {
            /// Every member, in the order of the definition.
            pub const ALL: &'static [Self] = &[ $( Self::$member ),+ ];

            /// The word as written in JSON, SQL and on the command line.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$member => $word ),+ }
            }
        }

        // By hand, because the derive does not see through a macro to the words.
        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some([ $( $word ),+ ]))
                    .description(Some(concat!("A word that names the ", $what, ".")))
                    .into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::word::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $( $word => Ok(Self::$member), )+
                    _ => Err($crate::word::UnknownWord::new($what, text, &[ $( $word ),+ ])),
                }
            }
        }
    };
}

pub(crate) use word_enum;
