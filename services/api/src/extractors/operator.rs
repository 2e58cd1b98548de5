//! A caller who may do what concerns everyone.

use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::{FutureExt, LocalBoxFuture};
use gantry_auth::Principal;

use super::Caller;
use crate::api::Api;
use crate::problem::{ApiError, ControlError};

/// Who sent the request, one of the operators. A handler that takes this answers nobody else.
pub struct Operator(Caller);

impl Deref for Operator {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.0
    }
}

impl FromRequest for Operator {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let api = request.app_data::<Data<Api>>().cloned();
        let caller = Caller::from_request(request, payload);
        async move {
            let caller = caller.await?;
            let is_operator = api.is_some_and(|api| api.authenticator.is_operator(&caller));
            if !is_operator {
                return Err(ControlError::NotAnOperator.into());
            }
            Ok(Self(caller))
        }
        .boxed_local()
    }
}
