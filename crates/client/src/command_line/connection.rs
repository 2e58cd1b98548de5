//! Where the API is and who is calling, from flags and environment.

use clap::Args;
use gantry_client::Client;

use crate::command_line::failure::{Failure, Result};

/// Where the API is and who is calling.
#[derive(Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// Where the API is.
    #[arg(
        long,
        env = "GANTRY_URL",
        value_name = "URL",
        default_value = "http://127.0.0.1:8080",
        global = true
    )]
    url: String,
    /// A token of the identity provider, or an API key; better given in the environment than on the command line.
    #[arg(
        long,
        env = "GANTRY_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true,
        global = true
    )]
    token: Option<String>,
    /// Who to be, for an API in development mode (AUTH_MODE=dev-bypass).
    #[arg(long, env = "GANTRY_DEV_USER_ID", value_name = "NAME", global = true)]
    dev_user_id: Option<String>,
    /// The e-mail address to have, for an API in development mode.
    #[arg(
        long,
        env = "GANTRY_DEV_USER_EMAIL",
        value_name = "ADDRESS",
        global = true
    )]
    dev_user_email: Option<String>,
    /// The tenant to act for: an organization's id, or a tenant's.
    #[arg(long, env = "GANTRY_TENANT_ID", value_name = "TENANT", global = true)]
    tenant: Option<String>,
}

impl Connection {
    /// A client for this API and caller.
    pub(crate) fn client(&self) -> Result<Client> {
        let mut client = Client::builder(&self.url);
        match (given(&self.token), given(&self.dev_user_id)) {
            (Some(_), Some(_)) => {
                return Err(Failure::Usage(
                    "both a token (--token, GANTRY_TOKEN) and a development user (--dev-user-id, GANTRY_DEV_USER_ID) \
                     are given: leave one out"
                        .to_owned(),
                ));
            }
            (Some(token), None) => client = client.bearer_token(token)?,
            (None, Some(user_id)) => {
                client = client.development_user(user_id)?;
                if let Some(email) = given(&self.dev_user_email) {
                    client = client.development_email(email)?;
                }
            }
            (None, None) => {}
        }
        if let Some(tenant) = given(&self.tenant) {
            client = client.tenant(tenant)?;
        }
        Ok(client.build()?)
    }
}

/// An empty variable is as good as none.
fn given(value: &Option<String>) -> Option<&str> {
    value.as_deref().filter(|text| !text.is_empty())
}
