//! What readers see of a company's settings while, and after, they are applied.

use futures_util::future::join_all;
use muster::apply;
use muster::apply::file::CompanyFile;
use serde_json::Value as Json;
use shared::company::Details;
use shared::deps::Deps;
use shared::http::limits::Limits;
use tests::Client;
use tests::Muster;
use tests::faults;
use tests::faults::Fault;

/// Of version 0 and of every later one: three settings of different kinds that tell which.
fn version(muster: &Muster, number: usize) -> CompanyFile {
    let text = format!(
        "company: {{id: {}, name: Test GmbH, time_zone: Europe/Berlin}}
document_categories: [{{id: 9001, name: Category of version {number}}}]
absence_types: [{{id: 9001, name: Type of version {number}, category: other}}]
attributes: [{{key: position, label: Position of version {number}}}]",
        muster.company
    );
    CompanyFile::parse("a version", &text).expect("a company file")
}

fn with_categories(muster: &Muster, names: &[String]) -> CompanyFile {
    let categories: Vec<String> = names.iter().map(|name| format!("  - {{name: {name}}}\n")).collect();
    let text = format!(
        "company: {{id: {}, name: Test GmbH, time_zone: Europe/Berlin}}\ndocument_categories:\n{}",
        muster.company,
        categories.concat()
    );
    CompanyFile::parse("categories", &text).expect("a company file")
}

/// The same company in a process that has read nothing of it.
async fn somewhere_else(muster: &Muster) -> (Muster, Client) {
    let twin = Muster::twin(muster).await;
    let client = twin.admin().await;
    (twin, client)
}

async fn texts(client: &Client, path: &str, at: &str) -> Vec<String> {
    let answer = client.get(path).await;
    let entries = answer.body["data"].as_array().expect("a list");
    entries.iter().map(|entry| entry.pointer(at).and_then(Json::as_str).expect("a text").to_owned()).collect()
}

async fn categories(client: &Client) -> Vec<String> {
    texts(client, "/v1/company/document-categories", "/attributes/name").await
}

/// The versions that a reader finds in each of the three.
async fn seen(muster: &Muster) -> Vec<String> {
    let (_twin, client) = somewhere_else(muster).await;
    let types = texts(&client, "/v1/company/time-off-types", "/attributes/name").await;
    let labels = texts(&client, "/v1/company/employees/attributes", "/label").await;
    let all = [categories(&client).await, types, labels].concat();
    let version = |text: &String| text.split_once(" of version ").map(|(_, number)| number.to_owned());
    all.iter().filter_map(version).collect()
}

#[tokio::test]
async fn an_apply_that_is_cut_off_anywhere_shows_all_or_nothing() {
    let muster = Muster::start().await;
    let (cut, faults) = faults::deps(muster.deps.clock.clone()).await;
    apply::apply(&muster.deps, &version(&muster, 0), &mut |_| {}).await.expect("it is applied");
    assert_eq!(seen(&muster).await, ["0", "0", "0"]);
    let (mut old, mut new) = (0, 0);
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        for (call, number) in (0..).zip((old + new + 1)..) {
            let (file, before) = (version(&muster, number), (number - 1).to_string());
            faults.plan(call, fault);
            let applied = apply::apply(&cut, &file, &mut |_| {}).await;
            let calls = faults.end();
            assert_eq!(applied.is_err(), call < calls, "{fault:?} at {call} of {calls}");
            let seen_then = seen(&muster).await;
            let which = &seen_then[0];
            assert_eq!(seen_then, [which.as_str(); 3], "{fault:?} at {call}");
            assert!(*which == before || *which == number.to_string(), "{which} of {number}");
            if *which == before {
                old += 1;
            } else {
                new += 1;
            }
            // Whoever applies it again brings it to its end.
            apply::apply(&muster.deps, &file, &mut |_| {}).await.expect("it is applied");
            assert_eq!(seen(&muster).await, [number.to_string().as_str(); 3]);
            if call >= calls {
                break;
            }
        }
    }
    assert!(old > 8 && new > 2, "{old} were cut off before, {new} after");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_apply_at_once_nothing_is_lost() {
    let muster = Muster::start().await;
    let files: Vec<CompanyFile> = (0..6).map(|number| with_categories(&muster, &[format!("Of {number}")])).collect();
    let applied = files.iter().map(async |file| {
        // Each in a process of its own.
        let deps = Deps::new(muster.deps.table.clone(), muster.deps.clock.clone(), Limits::off());
        apply::apply(&deps, file, &mut |_| {}).await
    });
    for one in join_all(applied).await {
        one.expect("it is applied");
    }
    let (_twin, client) = somewhere_else(&muster).await;
    let found = categories(&client).await;
    for number in 0..6 {
        assert!(found.contains(&format!("Of {number}")), "{number}: {found:?}");
    }
}

#[tokio::test]
async fn settings_may_be_larger_than_an_item() {
    let muster = Muster::start().await;
    let wide = |number: usize| format!("{number} {}", "€".repeat(250));
    let many: Vec<String> = (0..450).map(wide).collect();
    apply::apply(&muster.deps, &with_categories(&muster, &many), &mut |_| {}).await.expect("it is applied");
    let (_twin, client) = somewhere_else(&muster).await;
    let found = categories(&client).await;
    assert!(many.iter().all(|name| found.contains(name)), "{} categories", found.len());

    // And smaller again, by what can shrink.
    let options = |count: usize| {
        let options: Vec<String> = (0..count).map(|number| format!("\"{}\"", wide(number))).collect();
        let text = format!(
            "company: {{id: {}, name: Test GmbH, time_zone: Europe/Berlin}}
attributes: [{{key: dynamic_99, label: Wide, type: list, options: [{}]}}]",
            muster.company,
            options.join(", ")
        );
        CompanyFile::parse("options", &text).expect("a company file")
    };
    for count in [450, 2] {
        apply::apply(&muster.deps, &options(count), &mut |_| {}).await.expect("it is applied");
        let (_twin, client) = somewhere_else(&muster).await;
        let accepted = client.create_employee(serde_json::json!({"dynamic_99": wide(1)})).await;
        assert!(accepted > 0);
        let found = categories(&client).await;
        assert_eq!(found.len(), 451, "with {count} options");
    }
}

#[tokio::test]
async fn settings_that_are_too_large_are_refused_before_anything_is_stored() {
    let muster = Muster::start().await;
    let many: Vec<String> = (0..5_000).map(|number| format!("{number} {}", "€".repeat(250))).collect();
    let refused =
        apply::apply(&muster.deps, &with_categories(&muster, &many), &mut |_| {}).await.expect_err("too large");
    assert!(refused.to_string().contains("more than 3600 KB"), "{refused}");
    let stored = muster.deps.companies.load(&muster.company).await.expect("settings");
    let categories = stored.entries.iter().filter(|entry| entry.details == Details::DocumentCategory);
    assert_eq!(categories.count(), 1, "what there was");
}
