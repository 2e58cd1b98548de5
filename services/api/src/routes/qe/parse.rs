//! `POST /api/v1/qe/parse`: what a Quantum ESPRESSO input describes.

use actix_web::post;
use actix_web::web::Json;
use gantry_quantum_espresso::{InputLimits, RelaxInput};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::extractors::{Caller, JsonBody};
use crate::faults::{Faults, Path};
use crate::object_reader::{ObjectReader, text};
use crate::openapi::{BodyProblems, CallProblems};
use crate::problem::ApiError;
use crate::views::ParseView;

/// An input to look at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ParseRequest {
    /// The text of a `pw.x` input, as the payload of `qe.relax.v1` has it; at most 256 KiB.
    pub input: String,
}

/// Show what a `pw.x` input describes
///
/// The input is read exactly as for a job of kind `qe.relax.v1`, and refused for the same reasons; each fault names its
/// key or card.
#[utoipa::path(
    tag = "qe",
    request_body = ParseRequest,
    responses(
        CallProblems, BodyProblems,
        (status = 200, description = "Structure, fixed atoms, species and k-points", body = ParseView)
    )
)]
#[post("/api/v1/qe/parse")]
pub async fn parse_input(_caller: Caller, body: JsonBody) -> Result<Json<ParseView>, ApiError> {
    let document = body.read().await?;
    let mut faults = Faults::default();
    let parsed = ParseRequest::read(document.value, &mut faults)
        .and_then(|request| request.parse(&mut faults));
    faults.into_result()?;
    parsed
        .map(|input| Json(ParseView::from(&input)))
        .ok_or_else(|| ApiError::internal("an input without faults was not read"))
}

impl ParseRequest {
    fn read(body: Value, faults: &mut Faults) -> Option<Self> {
        let mut fields = ObjectReader::open(body, Path::root(), faults)?;
        let input = fields.required("input", |value| text(value).map(str::to_owned));
        fields.refuse_the_rest();
        Some(Self { input: input? })
    }

    fn parse(&self, faults: &mut Faults) -> Option<RelaxInput> {
        RelaxInput::parse(&self.input, &InputLimits::default())
            .map_err(|refused| {
                for fault in refused.faults() {
                    faults.add("input", format!("{}: {}", fault.path, fault.message));
                }
            })
            .ok()
    }
}
