//! The query of a request, read parameter by parameter when the handler asks for it.

use std::fmt::Display;
use std::future::{Ready, ready};
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use gantry_domain::{PAGE_DEFAULT_ITEMS, PAGE_LIMIT_ITEMS};
use url::form_urlencoded;

use crate::faults::Faults;
use crate::problem::ApiError;

/// The query of a request, not read yet.
pub struct QueryString(String);

impl FromRequest for QueryString {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.query_string().to_owned())))
    }
}

impl QueryString {
    /// Reads the parameters; one that `read` does not ask for is a fault.
    ///
    /// # Errors
    /// [`ApiError::InvalidRequest`] with every fault.
    pub fn read<T>(&self, read: impl FnOnce(&mut Query) -> T) -> Result<T, ApiError> {
        let mut query = Query {
            parameters: form_urlencoded::parse(self.0.as_bytes())
                .into_owned()
                .collect(),
            faults: Faults::default(),
        };
        let parameters = read(&mut query);
        query.refuse_the_rest();
        query.faults.into_result()?;
        Ok(parameters)
    }
}

/// The parameters that were not asked for yet, and the faults found so far.
pub struct Query {
    parameters: Vec<(String, String)>,
    faults: Faults,
}

impl Query {
    /// A parameter that may be given once.
    pub fn optional<T>(&mut self, name: &str) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        let text = self.text(name)?;
        self.parsed(name, &text)
    }

    /// A parameter that may be given once, as text.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let mut values = self.take(name);
        if values.len() > 1 {
            self.faults.add(name, "must be given once");
        }
        let text = values.pop()?;
        if text.contains('\0') {
            self.faults.add(name, "must not contain the NUL character");
            return None;
        }
        Some(text)
    }

    /// A parameter that may be given several times, or once with commas.
    pub fn list<T>(&mut self, name: &str) -> Vec<T>
    where
        T: FromStr<Err: Display>,
    {
        let values = self.take(name);
        let texts = values.iter().flat_map(|value| value.split(','));
        texts
            .filter_map(|text| self.parsed(name, text.trim()))
            .collect()
    }

    /// A number from `least` to `most`.
    pub fn number(&mut self, name: &str, least: u32, most: u32) -> Option<u32> {
        let text = self.text(name)?;
        let number = text.parse().ok().filter(|n| (least..=most).contains(n));
        if number.is_none() {
            self.faults.add(
                name,
                format!("must be a whole number from {least} to {most}"),
            );
        }
        number
    }

    /// `limit`: how many items a page holds at most.
    pub fn page_limit(&mut self) -> u32 {
        self.number("limit", 1, PAGE_LIMIT_ITEMS)
            .unwrap_or(PAGE_DEFAULT_ITEMS)
    }

    /// Writes down a fault of a parameter.
    pub fn refuse(&mut self, name: &str, message: &str) {
        self.faults.add(name, message);
    }

    fn parsed<T>(&mut self, name: &str, text: &str) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        text.parse()
            .map_err(|error: T::Err| self.faults.add(name, error.to_string()))
            .ok()
    }

    fn take(&mut self, name: &str) -> Vec<String> {
        let (taken, rest) = std::mem::take(&mut self.parameters)
            .into_iter()
            .partition(|(other, _)| other == name);
        self.parameters = rest;
        let taken: Vec<(String, String)> = taken;
        taken.into_iter().map(|(_, value)| value).collect()
    }

    fn refuse_the_rest(&mut self) {
        for (name, _) in std::mem::take(&mut self.parameters) {
            self.faults.add(name, "is not a parameter of this path");
        }
    }
}
