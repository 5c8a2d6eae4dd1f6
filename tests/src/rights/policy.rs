//! The roles of `template.yaml`, judged as AWS judges them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value as Json;

use super::needs::Need;
use super::needs::On;
use super::needs::Right;

/// The roles of all functions.
pub static POLICIES: LazyLock<Policies> = LazyLock::new(|| Policies::read(include_str!("../../../template.yaml")));

/// What each function may do, and the paths that lead to it.
#[derive(Debug)]
pub struct Policies {
    grants: BTreeMap<String, Vec<Grant>>,
    /// The function of each path.
    pub paths: BTreeMap<String, String>,
    /// The function of all other paths.
    pub default: String,
}

/// A statement, on one of its resources.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Grant {
    actions: Vec<String>,
    on: Resource,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Resource {
    /// Items of the table whose partition keys match one of the patterns, and none of the others.
    Table { like: Vec<String>, not_like: Vec<String> },
    /// Objects of the bucket whose keys match the pattern.
    Objects(String),
    /// The bucket.
    Bucket,
}

impl Policies {
    /// From the text of a template.
    ///
    /// # Panics
    ///
    /// Panics on what it does not know, for it could not judge it: an effect, an operator, a resource.
    #[must_use]
    pub fn read(template: &str) -> Self {
        let template: Json = serde_saphyr::from_str(template).expect("YAML");
        let resources = template["Resources"].as_object().expect("resources");
        let (mut grants, mut paths, mut default) = (BTreeMap::new(), BTreeMap::new(), None);
        for function in resources.values().filter(|one| one["Type"] == "AWS::Serverless::Function") {
            let name = text(&function["Metadata"]["BuildProperties"]["Binary"]);
            for event in function["Properties"]["Events"].as_object().expect("events").values() {
                match event["Properties"]["Path"].as_str() {
                    Some(path) => _ = paths.insert(path.to_owned(), name.clone()),
                    None => default = Some(name.clone()),
                }
            }
            let role = text(&function["Properties"]["Role"]["Fn::GetAtt"][0]);
            let policies = list(&resources[&role]["Properties"]["Policies"]);
            let statements = policies.iter().flat_map(|policy| list(&policy["PolicyDocument"]["Statement"]));
            grants.insert(name, statements.flat_map(|statement| Grant::read(&statement)).collect());
        }
        Self { grants, paths, default: default.expect("a function for unknown paths") }
    }

    /// The names of the functions.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.grants.keys().map(String::as_str)
    }

    /// Whether a function may do something.
    #[must_use]
    pub fn allow(&self, function: &str, need: &Need) -> bool {
        self.grants[function].iter().any(|grant| grant.allows(need))
    }

    /// Each right of a function, and those that are granted twice.
    #[must_use]
    pub fn rights(&self, function: &str) -> (BTreeSet<Right>, Vec<Right>) {
        let (mut once, mut twice) = (BTreeSet::new(), Vec::new());
        for grant in &self.grants[function] {
            for action in &grant.actions {
                for pattern in grant.patterns() {
                    let right = Right { action: action.clone(), pattern };
                    if !once.insert(right.clone()) {
                        twice.push(right);
                    }
                }
            }
        }
        (once, twice)
    }
}

impl Grant {
    /// One for each resource. What has to do with neither table nor bucket is no matter of the SDK's calls.
    fn read(statement: &Json) -> Vec<Self> {
        assert_eq!(statement["Effect"], "Allow", "{statement}");
        let actions: Vec<String> = list(&statement["Action"]).iter().map(text).collect();
        let services: BTreeSet<_> = actions.iter().map(|action| action.split(':').next()).collect();
        assert_eq!(services.len(), 1, "a statement is about one service: {statement}");
        if !actions[0].starts_with("dynamodb:") && !actions[0].starts_with("s3:") {
            return Vec::new();
        }
        let resources = list(&statement["Resource"]);
        let read = |resource: &Json| Self { actions: actions.clone(), on: Resource::read(resource, statement) };
        resources.iter().map(read).collect()
    }

    fn allows(&self, need: &Need) -> bool {
        self.actions.iter().any(|action| action == need.action) && self.on.includes(&need.on)
    }

    fn patterns(&self) -> Vec<String> {
        match &self.on {
            Resource::Table { like, not_like } => {
                let except = if not_like.is_empty() { String::new() } else { format!(" but {}", not_like.join(", ")) };
                like.iter().map(|pattern| format!("{pattern}{except}")).collect()
            }
            Resource::Objects(pattern) => vec![pattern.clone()],
            Resource::Bucket => vec!["the bucket".to_owned()],
        }
    }
}

impl Resource {
    fn read(resource: &Json, statement: &Json) -> Self {
        let conditions = &statement["Condition"];
        if resource["Fn::GetAtt"] == serde_json::json!(["Table", "Arn"]) {
            let mut keys =
                BTreeMap::from([("ForAllValues:StringLike", vec![]), ("ForAllValues:StringNotLike", vec![])]);
            for (operator, condition) in conditions.as_object().expect("conditions") {
                let condition = condition.as_object().expect("a condition");
                assert!(condition.keys().eq(["dynamodb:LeadingKeys"]), "{statement}");
                let patterns = list(&condition["dynamodb:LeadingKeys"]).iter().map(text).collect();
                *keys.get_mut(operator.as_str()).expect("a known operator") = patterns;
            }
            let mut patterns = keys.into_values();
            let (like, not_like) = (patterns.next().expect("patterns"), patterns.next().expect("patterns"));
            assert!(!like.is_empty(), "a statement names its keys: {statement}");
            return Self::Table { like, not_like };
        }
        assert!(conditions.is_null(), "{statement}");
        if resource["Fn::GetAtt"] == serde_json::json!(["FilesBucket", "Arn"]) {
            return Self::Bucket;
        }
        let objects = resource["Fn::Sub"].as_str().and_then(|arn| arn.strip_prefix("${FilesBucket.Arn}/"));
        Self::Objects(objects.unwrap_or_else(|| panic!("unknown: {resource}")).to_owned())
    }

    fn includes(&self, on: &On) -> bool {
        match (self, on) {
            // ForAllValues is true without a value, too: of what names no key, everything is allowed.
            (Self::Table { like: yes, not_like: no }, On::Partitions(keys)) => {
                keys.iter().all(|key| yes.iter().any(|one| like(one, key)) && !no.iter().any(|one| like(one, key)))
            }
            (Self::Objects(pattern), On::Object(key)) => like(pattern, key),
            (Self::Bucket, On::Bucket) => true,
            _ => false,
        }
    }
}

/// Whether a text matches a pattern of IAM: `*` stands for any characters, `?` for one.
fn like(pattern: &str, text: &str) -> bool {
    let mut rest = text.chars();
    let mut wanted = pattern.chars();
    while let Some(one) = wanted.next() {
        if one == '*' {
            let (pattern, left) = (wanted.as_str(), rest.as_str());
            let mut ends = left.char_indices().map(|(at, _)| at).chain([left.len()]);
            return ends.any(|at| like(pattern, &left[at..]));
        }
        if rest.next().is_none_or(|next| one != '?' && one != next) {
            return false;
        }
    }
    rest.as_str().is_empty()
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// Where one may stand for a list of one.
fn list(value: &Json) -> Vec<Json> {
    match value {
        Json::Array(items) => items.clone(),
        one => vec![one.clone()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_iam() {
        for (pattern, text) in [
            ("", ""),
            ("*", ""),
            ("C#*", "C#a#EMPLOYEES"),
            ("C#*#EMPLOYEES", "C#a#EMPLOYEES"),
            ("C#*#ABSENCES#*", "C#a#ABSENCES#0000000001"),
            ("a?c*", "abc"),
            ("*ä", "öä"),
        ] {
            assert!(like(pattern, text), "{pattern} and {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("?", ""),
            ("C#*#*", "C#a"),
            ("C#*#EMPLOYEES", "C#a#EMPLOYEES#b"),
            ("C#*#ABSENCES", "C#a#ABSENCES#0000000001"),
            ("HEALTH", "health"),
        ] {
            assert!(!like(pattern, text), "{pattern} and {text}");
        }
    }

    /// A function with one statement.
    fn policies(statement: &str) -> Policies {
        Policies::read(&format!(
            r#"{{"Resources": {{
                "F": {{"Type": "AWS::Serverless::Function", "Metadata": {{"BuildProperties": {{"Binary": "f"}}}},
                       "Properties": {{"Role": {{"Fn::GetAtt": ["R", "Arn"]}}, "Events": {{"E": {{"Properties": {{}}}}}}}}}},
                "R": {{"Type": "AWS::IAM::Role", "Properties": {{"Policies": [{{"PolicyDocument": {{
                       "Statement": [{statement}]}}}}]}}}}
            }}}}"#
        ))
    }

    fn on(action: &'static str, keys: &[&str]) -> Need {
        Need { action, on: On::Partitions(keys.iter().map(|key| (*key).to_owned()).collect()) }
    }

    #[test]
    fn a_call_needs_one_statement_with_its_action_and_all_of_its_keys() {
        let policies = policies(
            r#"{"Effect": "Allow", "Action": ["dynamodb:PutItem"], "Resource": {"Fn::GetAtt": ["Table", "Arn"]},
                "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["A#*", "B"]}}},
               {"Effect": "Allow", "Action": ["dynamodb:UpdateItem"], "Resource": {"Fn::GetAtt": ["Table", "Arn"]},
                "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["A#*"]},
                              "ForAllValues:StringNotLike": {"dynamodb:LeadingKeys": ["A#*#*"]}}},
               {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": {"Fn::GetAtt": ["Table", "Arn"]},
                "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "C"}}},
               {"Effect": "Allow", "Action": "s3:GetObject", "Resource": {"Fn::Sub": "${FilesBucket.Arn}/files/*"}}"#,
        );
        let object = |action, key: &str| Need { action, on: On::Object(key.to_owned()) };
        for allowed in [
            on("dynamodb:PutItem", &["A#1", "B", "A#2#3"]),
            on("dynamodb:PutItem", &["C"]),
            on("dynamodb:UpdateItem", &["A#1"]),
            object("s3:GetObject", "files/a"),
        ] {
            assert!(policies.allow("f", &allowed), "{allowed}");
        }
        for refused in [
            on("dynamodb:GetItem", &["A#1"]),
            on("dynamodb:PutItem", &["D"]),
            on("dynamodb:PutItem", &["B", "C"]),
            on("dynamodb:UpdateItem", &["A#1#2"]),
            object("s3:GetObject", "staging/a"),
            object("s3:PutObject", "files/a"),
            Need { action: "s3:ListBucket", on: On::Bucket },
        ] {
            assert!(!policies.allow("f", &refused), "{refused}");
        }
    }
}
