//! The OpenAPI document, and a page that shows it and loads nothing from elsewhere.

mod openapi_document;
mod page;

pub use openapi_document::show_openapi_document;
pub use page::docs_page;
