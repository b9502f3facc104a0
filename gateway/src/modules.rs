//! The list of modules: everything the graph is made of stands here.

use kit::Module;

use crate::{Config, ConfigError, StartError};

/// All modules of the product, configured.
fn all(config: &Config) -> Result<Vec<Box<dyn Module>>, ConfigError> {
    Ok(vec![
        Box::new(users::Users::new(config.auth.users(&config.server)?)),
        Box::new(products::Products),
        Box::new(carts::Carts::new(config.carts.options()?)),
        Box::new(messages::Messages),
        Box::new(files::Files::new(config.files.options(&config.server, &config.database))),
        Box::new(webhooks::Webhooks::new(config.webhooks.options())),
        Box::new(notifications::Notifications::new(config.notifications()?)),
        Box::new(payments::Payments::new(config.payments.options()?)),
        Box::new(orders::Orders::new(config.orders.options(&config.server)?)),
        Box::new(audit::Audit::new(config.audit.options())),
    ])
}

/// The names of all modules.
///
/// # Errors
/// When the configuration can't be used.
pub(crate) fn names(config: &Config) -> Result<Vec<&'static str>, ConfigError> {
    Ok(all(config)?.iter().map(|module| module.name()).collect())
}

/// The modules that run in this process: all that are neither switched off nor
/// in another process, and `extra` ones.
///
/// # Errors
/// When the configuration names a module that is not there, or leaves out one
/// that another needs.
pub(crate) fn local(
    config: &Config,
    extra: Vec<Box<dyn Module>>,
) -> Result<Vec<Box<dyn Module>>, StartError> {
    let mut modules = all(config)?;
    modules.extend(extra);
    let known: Vec<&str> = modules.iter().map(|module| module.name()).collect();
    let choice = &config.modules;
    if let Some(name) = choice.disabled.iter().find(|name| !known.contains(&name.as_str())) {
        let known = known.join(", ");
        return Err(StartError::Modules(format!(
            "modules.disabled names `{name}`, but the modules are {known}"
        )));
    }
    modules.retain(|module| {
        let name = module.name();
        !choice.disabled.iter().any(|disabled| disabled == name) && !choice.remote.contains_key(name)
    });
    check_needs(&modules, config)?;
    Ok(modules)
}

fn check_needs(modules: &[Box<dyn Module>], config: &Config) -> Result<(), StartError> {
    for module in modules {
        for need in module.depends_on() {
            if modules.iter().any(|module| module.name() == *need) {
                continue;
            }
            let name = module.name();
            let place = match config.modules.remote.contains_key(*need) {
                true => format!("runs elsewhere (modules.remote.{need})"),
                false => "is switched off (modules.disabled)".to_owned(),
            };
            return Err(StartError::Modules(format!(
                "the module `{name}` needs `{need}` in the same process, which {place}; \
                 switch off `{name}` too, or keep both here"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RemoteConfig;

    fn local_names(config: &Config) -> Result<Vec<&'static str>, String> {
        let modules = local(config, Vec::new()).map_err(|error| error.to_string())?;
        Ok(modules.iter().map(|module| module.name()).collect())
    }

    #[test]
    fn every_module_runs_here_unless_the_configuration_says_otherwise() {
        let mut config = Config::default();
        let all = names(&config).expect("the default can be used");
        let without_webhooks: Vec<_> = all.iter().copied().filter(|name| *name != "webhooks").collect();
        assert_eq!(local_names(&config), Ok(all));

        config.modules.disabled = vec!["webhooks".to_owned()];
        assert_eq!(local_names(&config), Ok(without_webhooks.clone()));

        config.modules.disabled = Vec::new();
        config.modules.remote.insert("webhooks".to_owned(), RemoteConfig::at("http://elsewhere"));
        assert_eq!(local_names(&config), Ok(without_webhooks));
    }

    #[test]
    fn a_choice_that_can_not_work_is_refused_with_a_way_out() {
        let mut config = Config::default();
        let known = names(&config).expect("the default can be used").join(", ");
        config.modules.disabled = vec!["kitchen".to_owned()];
        assert_eq!(
            local_names(&config),
            Err(format!("modules.disabled names `kitchen`, but the modules are {known}"))
        );

        config.modules.disabled = vec!["users".to_owned()];
        assert_eq!(
            local_names(&config),
            Err("the module `products` needs `users` in the same process, which is switched off \
                 (modules.disabled); switch off `products` too, or keep both here"
                .to_owned())
        );
    }
}
