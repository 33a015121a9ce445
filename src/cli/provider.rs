//! `woodblock provider`: questions to one provider.

use std::path::Path;
use std::process::ExitCode;

use super::admin::{Call, ProviderQuestion};
use super::command;

/// Print providers: what they sell, how they send, where they report.
#[derive(Debug, clap::Subcommand)]
pub enum Provider {
    /// What a variant is, whether it is in stock, what it costs, and what an order of it must bring.
    Sku {
        /// Name of the provider.
        name: String,
        /// The provider's variant.
        sku: String,
    },
    /// Variants whose name or number contains a word; at most 100.
    Catalogue {
        /// Name of the provider.
        name: String,
        /// What to look for.
        search: String,
    },
    /// The shipping methods of the account, and for what the shipping map names them.
    Shipping {
        /// Name of the provider.
        name: String,
    },
    /// Where its hooks go, and whether they are there.
    Hooks {
        /// Name of the provider.
        name: String,
    },
}

/// Asks.
pub fn run(what: Provider, config: &Path) -> anyhow::Result<ExitCode> {
    let (name, question) = match what {
        Provider::Sku { name, sku } => (name, ProviderQuestion::Sku(sku)),
        Provider::Catalogue { name, search } => (name, ProviderQuestion::Catalogue(search)),
        Provider::Shipping { name } => (name, ProviderQuestion::Shipping),
        Provider::Hooks { name } => (name, ProviderQuestion::Hooks),
    };
    let text = command::ask(Call::Provider(name, question), config)?;
    Ok(command::say(&text.map_err(anyhow::Error::msg)?))
}
