//! What the template shows and wakes an operator with fits what the code writes and what the handbook says.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value as Json;
use shared::http::metrics::METRICS;
use shared::http::metrics::NAMESPACE;
use shared::http::metrics::ROUTE;
use shared::http::metrics::STACK;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).expect("a file of the repository")
}

fn template() -> Json {
    serde_saphyr::from_str(&read("template.yaml")).expect("YAML")
}

/// Resources of a type, by name.
fn resources<'t>(template: &'t Json, kind: &str) -> BTreeMap<&'t str, &'t Json> {
    let all = template["Resources"].as_object().expect("resources");
    let found: BTreeMap<_, _> =
        all.iter().filter(|(_, one)| one["Type"] == kind).map(|(name, one)| (name.as_str(), one)).collect();
    assert!(!found.is_empty(), "there is no {kind}");
    found
}

/// What the alarms are called, without the stack's name before it.
fn alarm_names(template: &Json) -> Vec<&str> {
    let alarms = resources(template, "AWS::CloudWatch::Alarm").into_values();
    let names = alarms.map(|alarm| alarm["Properties"]["AlarmName"]["Fn::Sub"].as_str().expect("a name"));
    names.map(|name| name.strip_prefix("${AWS::StackName}-").expect("the stack's name")).collect()
}

/// The metrics of an alarm with an expression: name, and the dimension of this name.
fn watched<'t>(alarm: &'t Json, dimension: &str) -> Vec<(&'t str, &'t Json)> {
    let queries = alarm["Properties"]["Metrics"].as_array().expect("queries");
    let stats = queries.iter().filter_map(|query| query["MetricStat"]["Metric"].as_object());
    stats
        .map(|metric| {
            let dimensions = metric["Dimensions"].as_array().expect("dimensions");
            let found = dimensions.iter().find(|one| one["Name"] == *dimension).expect("the dimension");
            (metric["MetricName"].as_str().expect("a name"), &found["Value"])
        })
        .collect()
}

/// The text of the dashboard, whose names are filled in by their own.
fn dashboard(template: &Json) -> (String, Json) {
    let dashboards = resources(template, "AWS::CloudWatch::Dashboard");
    let body = &dashboards["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"];
    let text = body.as_str().expect("text").to_owned();
    let json = serde_json::from_str(&text).expect("the dashboard is JSON");
    (text, json)
}

#[test]
fn the_dashboard_shows_metrics_that_are_written() {
    let template = template();
    let (text, json) = dashboard(&template);
    let known: BTreeMap<_, _> = METRICS.iter().map(|metric| (metric.name, metric.by_route)).collect();
    let mut shown = BTreeSet::new();
    for widget in json["widgets"].as_array().expect("widgets") {
        for metric in widget["properties"]["metrics"].as_array().into_iter().flatten() {
            let parts: Vec<_> = metric.as_array().expect("a metric").iter().map_while(Json::as_str).collect();
            if parts.first() == Some(&NAMESPACE) {
                assert!(known.contains_key(parts[1]), "nobody writes {parts:?}");
                assert_eq!(parts[2..], [STACK, "${AWS::StackName}"]);
                shown.insert(parts[1].to_owned());
            }
            if let Some(search) = metric[0]["expression"].as_str() {
                let schema =
                    format!("SEARCH('{{{NAMESPACE},{STACK},{ROUTE}}} {STACK}=\"${{AWS::StackName}}\" MetricName=\"");
                let name = search.strip_prefix(&schema).and_then(|rest| rest.split('"').next()).expect(search);
                assert_eq!(known.get(name), Some(&true), "nobody writes {name} by route");
                shown.insert(name.to_owned());
            }
        }
    }
    // Requests are on it as API Gateway counts them: that counts what never came to a function, too.
    let written: BTreeSet<_> = known.keys().map(|name| (*name).to_owned()).filter(|name| name != "Requests").collect();
    assert_eq!(shown, written);
    for alarm in alarm_names(&template) {
        assert!(text.contains(&format!(":alarm:${{AWS::StackName}}-{alarm}\"")), "{alarm} is not on the dashboard");
    }
}

#[test]
fn no_function_is_forgotten() {
    let template = template();
    let (text, _) = dashboard(&template);
    let alarms = resources(&template, "AWS::CloudWatch::Alarm");
    let throttles = watched(alarms["FunctionThrottlesAlarm"], "FunctionName");
    let functions = resources(&template, "AWS::Serverless::Function");
    assert_eq!(throttles.len(), functions.len());
    let filters = resources(&template, "AWS::Logs::MetricFilter");
    for (name, function) in functions {
        let reference = serde_json::json!({"Ref": name});
        assert!(throttles.contains(&("Throttles", &reference)), "{name} has no part in the alarm");
        for metric in ["Invocations", "Duration", "Errors", "Throttles", "ConcurrentExecutions"] {
            let shown = format!("[\"AWS/Lambda\", \"{metric}\", \"FunctionName\", \"${{{name}}}\"");
            assert!(text.contains(&shown), "the dashboard lacks {metric} of {name}");
        }
        let log = &function["Properties"]["LoggingConfig"]["LogGroup"];
        let counts = |filter: &&&Json| {
            let properties = &filter["Properties"];
            properties["LogGroupName"] == *log
                && properties["FilterPattern"] == r#"{ $.level = "ERROR" && $.message != "request" }"#
                && properties["MetricTransformations"][0]["MetricName"] == "LoggedErrors"
        };
        assert_eq!(filters.values().filter(counts).count(), 1, "errors in the log of {name} are not counted");
        let binary = function["Metadata"]["BuildProperties"]["Binary"].as_str().expect("a binary");
        assert!(text.contains(&format!("SOURCE '/${{AWS::StackName}}/{binary}'")), "the log of {name} is not read");
    }
}

#[test]
fn the_alarm_of_the_table_watches_each_operation_that_a_role_allows() {
    let template = template();
    let mut allowed = BTreeSet::new();
    for role in resources(&template, "AWS::IAM::Role").values() {
        for policy in role["Properties"]["Policies"].as_array().expect("policies") {
            for statement in policy["PolicyDocument"]["Statement"].as_array().expect("statements") {
                let action = &statement["Action"];
                let actions = action.as_array().map_or(std::slice::from_ref(action), Vec::as_slice);
                let names = actions.iter().map(|action| action.as_str().expect("an action"));
                allowed.extend(names.filter_map(|action| action.strip_prefix("dynamodb:")));
            }
        }
    }
    // What a transaction does is allowed by its parts, and counted as one.
    assert!(allowed.remove("ConditionCheckItem"));
    allowed.insert("TransactWriteItems");
    let alarms = resources(&template, "AWS::CloudWatch::Alarm");
    let watched = watched(alarms["TableErrorsAlarm"], "Operation");
    assert!(watched.iter().all(|(metric, _)| *metric == "SystemErrors"));
    assert_eq!(watched.into_iter().filter_map(|(_, operation)| operation.as_str()).collect::<BTreeSet<_>>(), allowed);
}

#[test]
fn alarms_are_heard_of_where_somebody_listens_and_no_data_is_no_alarm() {
    for (name, alarm) in resources(&template(), "AWS::CloudWatch::Alarm") {
        let properties = &alarm["Properties"];
        assert_eq!(properties["TreatMissingData"], "notBreaching", "{name}");
        for actions in ["AlarmActions", "OKActions"] {
            let topic = &properties[actions]["Fn::If"];
            assert_eq!((&topic[0], &topic[1][0]["Ref"]), (&"HasAlarmTopic".into(), &"AlarmTopicArn".into()), "{name}");
        }
    }
}

#[test]
fn the_handbook_has_every_parameter_and_every_alarm() {
    let template = template();
    let handbook = read("docs/OPERATIONS.md");
    for parameter in template["Parameters"].as_object().expect("parameters").keys() {
        assert!(handbook.contains(&format!("| `{parameter}` |")), "docs/OPERATIONS.md lacks the parameter {parameter}");
    }
    for alarm in alarm_names(&template) {
        assert!(handbook.contains(&format!("### {alarm}\n")), "docs/OPERATIONS.md lacks the alarm {alarm}");
    }
    // tests/measure/bill counts them, too.
    let bill = read("tests/measure/bill");
    let count = |alarm: &Json| alarm["Properties"]["Metrics"].as_array().map_or(1, |queries| queries.len() - 1);
    let metrics: usize = resources(&template, "AWS::CloudWatch::Alarm").into_values().map(count).sum();
    assert!(bill.contains(&format!("\nALARM_METRICS = {metrics}\n")), "alarms look at {metrics} metrics");
}
