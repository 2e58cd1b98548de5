//! How flags and environment become settings, and what a refusal says.

use std::path::Path;
use std::time::Duration;

use crate::development::{api, api_refusal, worker, worker_refusal};
use gantry_settings::{
    ApiServiceSettings, AppEnvironment, LogFormat, SettingError, Stop, WorkerServiceSettings, parse,
};
use secrecy::ExposeSecret;

#[test]
fn an_environment_with_only_what_is_required_gets_the_documented_defaults() {
    let settings = api(&[], &[]).expect("the minimum is enough");
    assert_eq!(settings.environment.app_env, AppEnvironment::Development);
    assert_eq!(settings.http.addr.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.http.body_limit_bytes, 1024 * 1024);
    assert_eq!(settings.http.drain_timeout(), Duration::from_secs(30));
    assert!(settings.http.cors_allowed_origins().is_empty());
    assert!(settings.http.trusted_proxies().is_empty());
    assert_eq!(settings.redis.prefix, "gantry");
    assert_eq!(settings.database.max_connections, 10);
    assert!(settings.database.statement_cache.is_on());
    assert_eq!(settings.auth.email_claim, "email");
    assert_eq!(settings.telemetry.log_directives, "info");
}

#[test]
fn a_worker_gets_the_documented_defaults() {
    let settings = worker(&[], &[]).expect("the minimum is enough");
    let worker = &settings.worker;
    assert_eq!(worker.queues(), ["default", "qe"]);
    assert_eq!(worker.http_addr.to_string(), "127.0.0.1:8081");
    assert_eq!(worker.lease_ttl(), Duration::from_secs(10));
    assert_eq!(worker.heartbeat_interval(), Duration::from_secs(3));
    assert_eq!(worker.drain_timeout(), Duration::from_secs(30));
    assert!(worker.concurrency() >= 1);
    assert!(worker.name().ends_with(&format!("-{}", std::process::id())));
    assert!(worker.kinds_file.is_none());
    let quantum_espresso = &settings.quantum_espresso;
    assert_eq!(quantum_espresso.program, Path::new("pw.x"));
    assert_eq!(
        quantum_espresso.pseudo_dir,
        Path::new("/usr/share/espresso/pseudo")
    );
}

#[test]
fn a_forgotten_app_env_means_production() {
    let settings = worker(&[], &[("APP_ENV", "")]).expect("production is the default");
    assert!(settings.environment.app_env.is_production());
}

#[test]
fn a_flag_wins_over_its_environment_variable_even_an_unusable_one() {
    let arguments = [
        "--http-addr",
        "127.0.0.1:9000",
        "--http-body-limit-bytes=2048",
    ];
    let environment = [
        ("GANTRY_HTTP_ADDR", "nowhere"),
        ("GANTRY_HTTP_BODY_LIMIT_BYTES", "4096"),
    ];
    let settings = api(&arguments, &environment).expect("the flags are fine");
    assert_eq!(settings.http.addr.port(), 9000);
    assert_eq!(settings.http.body_limit_bytes, 2048);
}

#[test]
fn an_empty_environment_variable_counts_as_unset() {
    let settings = api(&[], &[("SENTRY_DSN", ""), ("GANTRY_HTTP_ADDR", "")]).expect("as if unset");
    assert!(settings.telemetry.sentry_dsn.is_none());
    assert_eq!(settings.http.addr.to_string(), "127.0.0.1:8080");
    assert_eq!(
        api_refusal(&[], &[("REDIS_URL", "")]),
        "REDIS_URL must be set, in the environment or with --redis-url"
    );
}

#[test]
fn lists_are_separated_by_commas_and_trimmed() {
    let settings = worker(&[], &[("GANTRY_WORKER_QUEUES", " mail , reports,")]).expect("a list");
    assert_eq!(settings.worker.queues(), ["mail", "reports"]);
    let origins = "https://app.example.com,http://localhost:3000";
    let settings = api(&[], &[("CORS_ALLOWED_ORIGINS", origins)]).expect("a list");
    assert_eq!(
        settings.http.cors_allowed_origins(),
        ["https://app.example.com", "http://localhost:3000"]
    );
}

#[test]
fn everything_missing_is_named_in_one_line() {
    let stop = parse::<ApiServiceSettings>("gantry-api", [], |_| None).expect_err("nothing is set");
    let Stop::Refused(error) = stop else {
        panic!("a refusal was expected");
    };
    assert_eq!(
        error.to_string(),
        "DATABASE_URL, REDIS_URL, AUTH_MODE must be set, in the environment or with --database-url, --redis-url, --auth-mode"
    );
}

#[test]
fn a_choice_names_the_variable_and_the_possible_values() {
    assert_eq!(
        api_refusal(&[], &[("APP_ENV", "staging")]),
        "APP_ENV must be one of development, test, production"
    );
    assert_eq!(
        api_refusal(&[], &[("AUTH_MODE", "none")]),
        "AUTH_MODE must be one of clerk, oidc, dev-bypass"
    );
    assert_eq!(
        api_refusal(&[], &[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]),
        "OTEL_EXPORTER_OTLP_PROTOCOL must be one of http/protobuf"
    );
}

#[test]
fn an_unusable_value_names_the_variable_and_what_it_must_be() {
    let cases = [
        (
            "GANTRY_HTTP_ADDR",
            "8080",
            "must be an IP address and port such as 127.0.0.1:8080",
        ),
        (
            "GANTRY_HTTP_BODY_LIMIT_BYTES",
            "1 MiB",
            "must be a whole number from 1024 to 67108864",
        ),
        (
            "GANTRY_DATABASE_MAX_CONNECTIONS",
            "0",
            "must be a whole number from 1 to 1000",
        ),
        (
            "CORS_ALLOWED_ORIGINS",
            "*",
            "must list origins such as https://app.example.com, without path, trailing slash or wildcard",
        ),
        (
            "CORS_ALLOWED_ORIGINS",
            ",",
            "must name at least one value, separated by commas",
        ),
        (
            "GANTRY_HTTP_TRUSTED_PROXIES",
            "10.0.0.0/8, proxy.example.com",
            "must list networks or addresses such as 10.0.0.0/8 or 2001:db8::1",
        ),
        (
            "GANTRY_REDIS_PREFIX",
            "a:b",
            "must be 1 to 64 letters, digits, dots, underscores or hyphens",
        ),
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "collector",
            "must be an http or https URL such as http://127.0.0.1:4318; tokens belong in OTEL_EXPORTER_OTLP_HEADERS",
        ),
    ];
    for (name, value, reason) in cases {
        assert_eq!(
            api_refusal(&[], &[(name, value)]),
            format!("{name} {reason}")
        );
    }
}

#[test]
fn a_flag_that_is_unusable_is_named_by_its_variable_too() {
    assert_eq!(
        worker_refusal(&["--worker-concurrency", "many"], &[]),
        "GANTRY_WORKER_CONCURRENCY must be a whole number from 1 to 1024"
    );
    assert_eq!(
        worker_refusal(&["--worker-name"], &[]),
        "GANTRY_WORKER_NAME needs a value"
    );
    assert_eq!(
        worker_refusal(&["--worker-name=a", "--worker-name=b"], &[]),
        "GANTRY_WORKER_NAME is given twice"
    );
}

#[test]
fn a_heartbeat_that_cannot_keep_the_lease_is_refused() {
    assert_eq!(
        worker_refusal(&[], &[("GANTRY_WORKER_HEARTBEAT_SECONDS", "6")]),
        "GANTRY_WORKER_HEARTBEAT_SECONDS contradicts GANTRY_WORKER_LEASE_TTL_SECONDS: the heartbeat must be at most half the lease"
    );
}

#[test]
fn logs_are_json_in_production_and_pretty_elsewhere_unless_chosen() {
    let telemetry = api(&[], &[]).expect("settings").telemetry;
    assert_eq!(
        telemetry.log_format(AppEnvironment::Production),
        LogFormat::Json
    );
    assert_eq!(
        telemetry.log_format(AppEnvironment::Development),
        LogFormat::Pretty
    );
    let telemetry = api(&["--log-format=pretty"], &[])
        .expect("settings")
        .telemetry;
    assert_eq!(
        telemetry.log_format(AppEnvironment::Production),
        LogFormat::Pretty
    );
}

#[test]
fn help_names_every_variable_and_shows_no_value() {
    let stop = parse::<WorkerServiceSettings>("gantry-worker", ["--help".into()], |_| {
        Some("never-shown".into())
    });
    let Err(Stop::Answer(help)) = stop else {
        panic!("help was expected");
    };
    for variable in gantry_settings::variables() {
        let known_to_the_worker = help.contains(&format!("{} ", variable.flag));
        if known_to_the_worker {
            assert!(help.contains(&format!("[environment: {}]", variable.name)));
        }
    }
    assert!(help.contains("[environment: DATABASE_URL]"));
    assert!(!help.contains("never-shown"));
}

#[test]
fn an_unknown_flag_is_named_without_its_value() {
    assert_eq!(
        api_refusal(&["--databse-url=postgres://u:hunter2@h/d"], &[]),
        "--databse-url is not understood; --help lists the flags"
    );
    assert_eq!(
        api_refusal(&["postgres://u:hunter2@h/d"], &[]),
        "an argument that is no flag is not understood; --help lists the flags"
    );
}

#[test]
fn secrets_appear_neither_in_debug_output_nor_in_refusals() {
    let password = "hunter2";
    let secrets = [
        ("DATABASE_URL", "postgres://gantry:hunter2@db/gantry"),
        ("REDIS_URL", "redis://:hunter2@cache:6379"),
        ("SENTRY_DSN", "https://hunter2@errors.example.com/1"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=hunter2"),
        ("CLERK_SECRET_KEY", "sk_live_hunter2"),
        (
            "CLERK_WEBHOOK_SIGNING_SECRET",
            "whsec_hunter2,whsec_hunter2b",
        ),
    ];
    let settings = api(&[], &secrets).expect("all usable");
    assert!(!format!("{settings:?}").contains(password));
    assert_eq!(settings.database.url.expose_secret(), secrets[0].1);
    assert_eq!(settings.auth.clerk_webhook_signing_secrets().len(), 2);

    let spoiled = [
        ("DATABASE_URL", "mysql://gantry:hunter2@db/gantry"),
        ("DATABASE_URL", "postgres://gantry:hunter2@db:port/gantry"),
        ("DATABASE_URL", "postgres:hunter2@db/gantry"),
        ("REDIS_URL", "http://:hunter2@cache"),
        ("REDIS_URL", "redis:hunter2@cache"),
        ("SENTRY_DSN", "hunter2"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2"),
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "http://user:hunter2@collector:4318",
        ),
        ("CLERK_SECRET_KEY", "hunter2"),
        ("CLERK_WEBHOOK_SIGNING_SECRET", "whsec_fine,hunter2"),
    ];
    for (name, value) in spoiled {
        let refusal = api_refusal(&[], &[(name, value)]);
        assert!(refusal.starts_with(name), "{refusal}");
        assert!(!refusal.contains(password), "{name}");
    }
}

#[test]
fn a_value_that_is_not_text_is_refused_by_name() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    let stop = parse::<ApiServiceSettings>("gantry-api", [], |name| {
        (name == "DATABASE_URL").then(|| OsString::from_vec(vec![0xff]))
    });
    assert_eq!(
        stop.map(|_| ()).expect_err("not text"),
        Stop::Refused(SettingError::Invalid {
            setting: "DATABASE_URL".to_owned(),
            reason: "must be UTF-8 text".to_owned(),
        })
    );
}
