//! The routes, their description, the template and `cargo lambda watch` say the same.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use muster::api;
use serde_json::Value as Json;
use shared::aws::schema;
use shared::deps::Deps;
use tests::Muster;
use tests::generated::assert_file;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect("a file of the repository")
}

fn yaml(path: &str) -> Json {
    serde_saphyr::from_str(&read(path)).expect("YAML")
}

/// Paths by function, from the routers.
fn served(deps: &Deps) -> BTreeMap<String, BTreeSet<String>> {
    api::functions(deps)
        .iter()
        .map(|(name, routes)| ((*name).to_owned(), routes.endpoints().iter().map(|one| one.path.to_owned()).collect()))
        .collect()
}

/// Resources of a type in the template.
fn resources<'t>(template: &'t Json, kind: &str) -> Vec<&'t Json> {
    let all = template["Resources"].as_object().expect("resources");
    all.values().filter(|one| one["Type"] == kind).collect()
}

#[tokio::test]
async fn the_template_routes_each_path_to_its_function() {
    let muster = Muster::start().await;
    let template = yaml("template.yaml");
    let mut routed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut default_routes = 0;
    for function in resources(&template, "AWS::Serverless::Function") {
        let name = function["Metadata"]["BuildProperties"]["Binary"].as_str().expect("a binary");
        assert_eq!(function["Properties"]["CodeUri"], format!("functions/{name}"));
        let paths = routed.entry(name.to_owned()).or_default();
        for event in function["Properties"]["Events"].as_object().expect("events").values() {
            match event["Properties"]["Path"].as_str() {
                Some(path) => {
                    assert_eq!(event["Properties"]["Method"], "ANY", "{path}: the function answers 405 itself");
                    paths.insert(path.to_owned());
                }
                None => default_routes += 1,
            }
        }
    }
    assert_eq!(routed, served(&muster.deps));
    assert_eq!(default_routes, 1, "one function answers the paths that nobody serves");
    // A throttle on a route that is not there would only fail when it is deployed.
    let api = resources(&template, "AWS::Serverless::HttpApi")[0];
    let all: BTreeSet<String> = routed.into_values().flatten().map(|path| format!("ANY {path}")).collect();
    for route in api["Properties"]["RouteSettings"].as_object().expect("settings").keys() {
        assert!(all.contains(route), "{route} is throttled and not routed");
    }
}

#[tokio::test]
async fn cargo_lambda_watch_routes_each_path_to_its_function() {
    let muster = Muster::start().await;
    let manifest = read("Cargo.toml");
    let (_, router) = manifest.split_once("[workspace.metadata.lambda.watch.router]").expect("a router");
    let mut listed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in router.lines().filter(|line| line.starts_with('"')) {
        let (path, function) = line.split_once(" = ").expect("a route");
        let (path, function) = (path.trim_matches('"'), function.trim_matches('"'));
        // Two lines stand in for the default route.
        if path != "/" && path != "/{*path}" {
            listed.entry(function.to_owned()).or_default().insert(path.to_owned());
        }
    }
    assert_eq!(listed, served(&muster.deps));
}

#[tokio::test]
async fn the_description_is_the_codes_and_has_every_endpoint() {
    let muster = Muster::start().await;
    let mut text = api::description().to_pretty_json().expect("JSON");
    text.push('\n');
    assert_file(&root().join("openapi.json"), &text);

    let answer = muster.anonymous().get("/openapi.json").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    let mut described = BTreeSet::new();
    for (path, item) in answer.body["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let guarded = operation.get("security").is_some();
            described.insert((method.to_uppercase(), path.clone(), guarded));
        }
    }
    // Pages are for people, who need no description of them.
    let listed: BTreeSet<_> = api::endpoints(&muster.deps)
        .into_iter()
        .filter(|one| !one.path.starts_with("/console"))
        .map(|one| (one.method, one.path.to_owned(), one.scope.is_some() || one.session))
        .collect();
    assert_eq!(described, listed);
}

#[test]
fn the_embedded_table_is_the_templates() {
    let template = yaml("template.yaml");
    let table = resources(&template, "AWS::DynamoDB::Table")[0]["Properties"].clone();
    let text = |value: &Json| value.as_str().expect("text").to_owned();
    let declared: BTreeSet<_> = table["KeySchema"]
        .as_array()
        .expect("keys")
        .iter()
        .zip(table["AttributeDefinitions"].as_array().expect("attributes"))
        .map(|(key, attribute)| {
            assert_eq!(key["AttributeName"], attribute["AttributeName"]);
            (text(&key["AttributeName"]), text(&attribute["AttributeType"]), text(&key["KeyType"]))
        })
        .collect();
    let embedded: BTreeSet<_> = schema::KEYS
        .iter()
        .map(|(name, kind, role)| ((*name).to_owned(), (*kind).to_owned(), (*role).to_owned()))
        .collect();
    assert_eq!(declared, embedded);
    assert_eq!(table["TimeToLiveSpecification"]["AttributeName"], schema::TIME_TO_LIVE);
    assert_eq!(table["BillingMode"], "PAY_PER_REQUEST");
}
