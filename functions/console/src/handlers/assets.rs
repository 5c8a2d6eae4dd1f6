//! The style sheet, the script and the icon. Their addresses hold a digest of their content, so browsers may keep them for ever.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use shared::aws::credentials::Fingerprint;
use shared::error::Error;
use shared::http::path::Path;

const STYLE: &str = include_str!("../../assets/console.css");
const SCRIPT: &str = include_str!("../../assets/console.js");
const ICON: &str = include_str!("../../assets/console.svg");

/// The address of the style sheet.
pub static STYLE_PATH: LazyLock<String> = LazyLock::new(|| path("console", STYLE, "css"));
/// The address of the script.
pub static SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| path("console", SCRIPT, "js"));
/// The address of the icon.
pub static ICON_PATH: LazyLock<String> = LazyLock::new(|| path("console", ICON, "svg"));

fn path(name: &str, content: &str, extension: &str) -> String {
    let digest = String::from(Fingerprint::of(content));
    format!("/console/assets/{name}-{}.{extension}", &digest[..16])
}

/// `GET /console/assets/{name}`
pub async fn asset(Path(name): Path<String>) -> Response {
    let is = |path: &str| path.rsplit('/').next() == Some(name.as_str());
    let (kind, content) = if is(&STYLE_PATH) {
        ("text/css; charset=utf-8", STYLE)
    } else if is(&SCRIPT_PATH) {
        ("text/javascript; charset=utf-8", SCRIPT)
    } else if is(&ICON_PATH) {
        ("image/svg+xml", ICON)
    } else {
        return Error::not_found("There is nothing at this path.").into_response();
    };
    let kept = "public, max-age=31536000, immutable";
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, kept)], content).into_response()
}
