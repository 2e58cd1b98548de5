//! Which methods a path answers, taken from the OpenAPI document, to tell a wrong method from a wrong path.

use actix_web::dev::{Path, ResourceDef};
use actix_web::http::Method;
use utoipa::openapi::{OpenApi, PathItem};

/// Every documented path with its methods.
pub struct RouteTable(Vec<(ResourceDef, Vec<Method>)>);

impl RouteTable {
    /// The table of a document.
    pub fn of(document: &OpenApi) -> Self {
        let paths = document.paths.paths.iter();
        Self(
            paths
                .map(|(path, item)| (ResourceDef::new(path.as_str()), methods(item)))
                .collect(),
        )
    }

    /// The methods a path answers, separated by commas; none for a path that does not exist.
    pub fn methods_of(&self, path: &str) -> Option<String> {
        let (_, methods) = self
            .0
            .iter()
            .find(|(route, _)| route.capture_match_info(&mut Path::new(path)))?;
        let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
        Some(names.join(", "))
    }
}

fn methods(item: &PathItem) -> Vec<Method> {
    [
        (Method::GET, &item.get),
        (Method::POST, &item.post),
        (Method::PUT, &item.put),
        (Method::PATCH, &item.patch),
        (Method::DELETE, &item.delete),
    ]
    .into_iter()
    .filter(|(_, operation)| operation.is_some())
    .map(|(method, _)| method)
    .collect()
}
