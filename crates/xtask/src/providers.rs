//! Linting and testing sign-in with no identity provider compiled in, and with each alone.

use crate::cargo;
use crate::error::Result;

/// Where the features that choose identity providers are declared.
const API_MANIFEST: &str = include_str!("../../../services/api/Cargo.toml");
/// What the name of such a feature begins with.
const PREFIX: &str = "auth-";

/// All providers together is what `check` and `test` build. The whole workspace is chosen, because choosing packages would
/// change the features of everything they depend on.
pub(crate) fn check() -> Result<()> {
    let none = Vec::new();
    let each = features().map(|feature| vec!["--features".to_owned(), feature]);
    for chosen in std::iter::once(none).chain(each) {
        let chosen = chosen.iter().map(String::as_str);
        let features: Vec<&str> = ["--workspace", "--no-default-features"]
            .into_iter()
            .chain(chosen)
            .collect();
        for targets in [&["--lib", "--bins"][..], &["--test", "sign_in"]] {
            let lint = [
                &["clippy"],
                &features[..],
                targets,
                &["--", "--deny", "warnings"],
            ];
            cargo::run(&lint.concat(), &[])?;
        }
        cargo::run(
            &[&["test"], &features[..], &["--test", "sign_in"]].concat(),
            &[],
        )?;
    }
    Ok(())
}

/// The features that each bring one identity provider.
fn features() -> impl Iterator<Item = String> {
    API_MANIFEST
        .lines()
        .filter(|line| line.starts_with(PREFIX))
        .filter_map(|line| line.split_once(" = "))
        .map(|(feature, _)| format!("gantry-api/{feature}"))
}
