//! `people.export`: gathers what is a person's, a part in each of a chain of jobs, so that no part is ever too large.

use async_trait::async_trait;
use gantry_domain::{
    ExportItem, ExportPart, ExportPlace, JobFailure, KindDeclaration, export_declaration,
    failure_code,
};
use serde_json::{Value, json};

use crate::{Handler, HandlerError, JobContext, NewChild};

/// How much a job gathers before it leaves the rest to the next; a page more may come to that, far below what a result may
/// measure.
const PART_BYTES: usize = 512 * 1024;

/// `people.export`: returns a part of the archive, and stages the job that returns the next.
#[derive(Debug, Clone, Copy)]
pub struct PeopleExport;

#[async_trait]
impl Handler for PeopleExport {
    fn declaration(&self) -> KindDeclaration {
        export_declaration()
    }

    async fn run(&self, job: JobContext) -> Result<Value, HandlerError> {
        let mut place: ExportPlace =
            serde_json::from_value(job.payload.clone()).map_err(|error| {
                HandlerError::Final(JobFailure::new(
                    failure_code::INVALID_PAYLOAD,
                    format!("the payload is no place in an export: {error}"),
                ))
            })?;
        let mut items = Vec::new();
        let mut gathered_bytes = 0;
        while gathered_bytes < PART_BYTES {
            let page = job.account.page(place.section, place.after.as_deref());
            let page = page.await.map_err(anyhow::Error::from)?;
            let Some(last) = page.last() else {
                match place.section.next() {
                    Some(section) => place = following(&place, section),
                    None => return part(items, false),
                }
                continue;
            };
            place.after = Some(last.place.clone());
            for item in page.into_iter().filter_map(|placed| placed.item) {
                gathered_bytes += item.to_string().len();
                items.push(ExportItem {
                    section: place.section,
                    item,
                });
            }
        }
        let next = NewChild::new(job.kind.clone(), json!(place));
        job.children.stage(next).await?;
        part(items, true)
    }
}

/// The beginning of another section.
fn following(place: &ExportPlace, section: gantry_domain::ExportSection) -> ExportPlace {
    ExportPlace {
        export: place.export,
        section,
        after: None,
    }
}

fn part(items: Vec<ExportItem>, has_more: bool) -> Result<Value, HandlerError> {
    let part = ExportPart { items, has_more };
    let value = serde_json::to_value(part).map_err(anyhow::Error::from)?;
    Ok(value)
}
