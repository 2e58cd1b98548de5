//! Lets requests open their connections on the process's runtime.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use tokio::runtime::Handle;

/// The runtime that lives as long as the process.
#[derive(Clone)]
pub struct ProcessRuntime(Handle);

impl ProcessRuntime {
    /// The runtime this is called on.
    pub fn current() -> Self {
        Self(Handle::current())
    }

    /// The future, with everything it opens belonging to this runtime.
    pub fn wrap<F: Future>(&self, future: F) -> WithinRuntime<F> {
        WithinRuntime {
            runtime: self.0.clone(),
            future: Box::pin(future),
        }
    }
}

/// A future whose connections, timers and tasks belong to another runtime than the one that polls it.
pub struct WithinRuntime<F> {
    runtime: Handle,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for WithinRuntime<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        let _within = this.runtime.enter();
        this.future.as_mut().poll(context)
    }
}

/// Runs the handler within the process's runtime.
///
/// Each thread of the HTTP server has a runtime of its own, and a stop ends them one by one. A database connection that
/// one thread opened and another one borrows from the pool must not end with the first.
pub async fn on_process_runtime<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    match request.app_data::<Data<ProcessRuntime>>().cloned() {
        Some(runtime) => runtime.wrap(next.call(request)).await,
        None => next.call(request).await,
    }
}
