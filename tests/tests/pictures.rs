//! Pictures: set, shown in every width, replaced, removed; and what is refused.

use std::time::Duration;

use futures_util::future::join_all;
use image::DynamicImage;
use image::GenericImageView;
use image::ImageFormat;
use image::Rgba;
use image::RgbaImage;
use serde_json::json;
use shared::aws::uploads::Kind;
use tests::Answer;
use tests::Client;
use tests::Muster;
use tests::multipart;
use tests::picture;
use tests::storage;

fn path(employee: u64) -> String {
    format!("/v1/company/employees/{employee}/profile-picture")
}

async fn objects(muster: &Muster) -> Vec<String> {
    storage::objects().list(&format!("pictures/{}/", muster.company)).await.expect("a list")
}

/// A picture as an answer shows it; fails for one that is no PNG.
fn png(answer: &Answer) -> DynamicImage {
    assert_eq!((answer.status, answer.header("content-type")), (200, "image/png"), "{}", answer.body);
    image::load_from_memory_with_format(&answer.bytes, ImageFormat::Png).expect("a PNG")
}

async fn in_width(client: &Client, employee: u64, width: u32) -> DynamicImage {
    png(&client.get(&format!("{}/{width}", path(employee))).await)
}

fn near(pixel: Rgba<u8>, wanted: [u8; 4]) -> bool {
    pixel.0.iter().zip(wanted).all(|(one, other)| one.abs_diff(other) <= 12)
}

/// That a picture lies as [`picture::corners`] does.
fn lies_upright(shown: &DynamicImage) {
    let (right, bottom) = (shown.width() - 1, shown.height() - 1);
    let corners = [(0, 0), (right, 0), (0, bottom), (right, bottom)].map(|(x, y)| shown.get_pixel(x, y));
    let wanted = [[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255], [255, 255, 255, 255]];
    assert!(corners.iter().zip(wanted).all(|(pixel, wanted)| near(*pixel, wanted)), "{corners:?}");
}

#[tokio::test]
async fn a_picture_is_set_shown_replaced_and_removed() {
    let (muster, client, employees) = Muster::staffed(1).await;
    let employee = employees[0];
    let missing = client.get(&path(employee)).await;
    assert_eq!((missing.status, missing.message()), (404, "Profile image not found"));
    assert_eq!(client.value(employee, "profile_picture").await, json!(null));

    let first = picture::encode(&picture::corners(40, 30), ImageFormat::Png);
    let answer = client.set_picture(employee, &first).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let attributes = &answer.body["data"]["attributes"];
    assert_eq!(answer.body["data"]["type"], "ProfilePicture");
    assert_eq!((&attributes["width"], &attributes["height"]), (&json!(40), &json!(30)));
    assert_eq!((&attributes["size"], &attributes["content_type"]), (&json!(first.len()), &json!("image/png")));
    let shown = client.get(&path(employee)).await;
    assert_eq!((shown.status, shown.header("content-type")), (200, "image/png"));
    assert!(shown.bytes == first, "a picture comes back as it was set");

    // The attribute is where the picture can be had.
    let url = client.value(employee, "profile_picture").await;
    let url = url.as_str().expect("a URL");
    assert_eq!(url, format!("{}{}", muster.base_url, path(employee)));
    let listed = client.get("/v1/company/employees").await;
    assert_eq!(listed.body["data"][0]["attributes"]["profile_picture"]["value"], url);
    let got = reqwest::Client::new().get(url).bearer_auth(client.token.as_deref().expect("a token")).send().await;
    assert_eq!(got.expect("an answer").bytes().await.expect("a body"), first);

    assert_eq!(in_width(&client, employee, 20).await.dimensions(), (20, 15));
    let second = picture::encode(&picture::corners(10, 20), ImageFormat::WebP);
    assert_eq!(client.set_picture(employee, &second).await.status, 200);
    let shown = client.get(&path(employee)).await;
    assert_eq!(shown.header("content-type"), "image/webp");
    assert!(shown.bytes == second);
    assert_eq!(in_width(&client, employee, 20).await.dimensions(), (10, 20), "no size of the picture before");
    assert_eq!(objects(&muster).await.len(), 2, "the picture before is gone, with its sizes");

    assert_eq!(client.delete(&path(employee)).await.status, 204);
    for path in [path(employee), format!("{}/20", path(employee))] {
        assert_eq!(client.get(&path).await.message(), "Profile image not found");
    }
    assert_eq!(client.delete(&path(employee)).await.message(), "Profile image not found");
    assert_eq!(client.value(employee, "profile_picture").await, json!(null));
    assert!(objects(&muster).await.is_empty());
}

#[tokio::test]
async fn each_format_is_shown_in_each_width() {
    let (muster, client, employees) = Muster::staffed(1).await;
    let employee = employees[0];
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let original = picture::encode(&picture::corners(160, 80), format);
        // Its content decides, not what the client calls it.
        assert_eq!(client.set_picture(employee, &original).await.status, 200, "{format:?}");
        for (width, wanted) in [(1, (1, 1)), (3, (3, 2)), (80, (80, 40)), (160, (160, 80)), (5_000, (160, 80))] {
            let shown = in_width(&client, employee, width).await;
            assert_eq!(shown.dimensions(), wanted, "{format:?} in {width}");
            if width > 3 {
                lies_upright(&shown);
            }
        }
        // A second time it is what was kept, and what is larger than the picture is kept once.
        assert_eq!(objects(&muster).await.len(), 5, "{format:?}");
        let again = client.get(&format!("{}/80", path(employee))).await;
        assert_eq!(png(&again).dimensions(), (80, 40));
        assert_eq!(objects(&muster).await.len(), 5, "{format:?}");
    }
}

#[tokio::test]
async fn a_picture_stands_upright_however_the_camera_was_held() {
    let (_muster, client, employees) = Muster::staffed(1).await;
    let upright = picture::corners(64, 32);
    // What the sensor saw, for the viewer who turns it as each orientation says.
    for (orientation, seen) in [
        (1, upright.clone()),
        (2, upright.fliph()),
        (3, upright.rotate180()),
        (4, upright.flipv()),
        (5, upright.rotate90().fliph()),
        (6, upright.rotate270()),
        (7, upright.rotate270().fliph()),
        (8, upright.rotate90()),
    ] {
        let set = client.set_picture(employees[0], &picture::held(&seen, orientation)).await;
        assert_eq!((&set.body["data"]["attributes"]["width"], set.status), (&json!(64), 200), "{orientation}");
        let shown = in_width(&client, employees[0], 32).await;
        assert_eq!(shown.dimensions(), (32, 16), "{orientation}");
        lies_upright(&shown);
    }
}

#[tokio::test]
async fn what_is_transparent_stays_so_and_does_not_bleed() {
    let (_muster, client, employees) = Muster::staffed(1).await;
    // White on the left; on the right nothing, under which a program left black.
    let half = RgbaImage::from_fn(64, 64, |x, _| if x < 32 { Rgba([255; 4]) } else { Rgba([0; 4]) });
    client.set_picture(employees[0], &picture::encode(&half.into(), ImageFormat::Png)).await;
    let shown = in_width(&client, employees[0], 16).await;
    assert_eq!(shown.get_pixel(0, 0), Rgba([255; 4]));
    assert_eq!(shown.get_pixel(15, 0).0[3], 0);
    for (x, _, pixel) in shown.pixels().filter(|(.., pixel)| pixel.0[3] > 8) {
        assert!(pixel.0[..3].iter().all(|channel| *channel >= 250), "gray at {x}: {pixel:?}");
    }
    // Nothing is added where nothing was: a picture without transparency is shown without.
    client.set_picture(employees[0], &picture::random(20, 20)).await;
    assert!(!in_width(&client, employees[0], 10).await.color().has_alpha());
}

#[tokio::test]
async fn what_is_no_picture_is_refused_and_nothing_is_stored() {
    let (muster, client, employees) = Muster::staffed(1).await;
    let employee = employees[0];
    let whole = picture::random(64, 64);
    let gif = b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0!\xf9\x04\0\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
    let jpeg = picture::encode(&picture::corners(64, 64), ImageFormat::Jpeg);
    let noise = image::load_from_memory(&picture::random(64, 64)).expect("a picture");
    let grainy = picture::encode(&noise, ImageFormat::Jpeg);
    let mut tall = jpeg.clone();
    // The frame header of a JPEG: marker, length, precision, then height and width.
    let frame = tall.windows(2).position(|two| two == [0xff, 0xc0]).expect("a frame");
    tall[frame + 5..frame + 9].copy_from_slice(&[0xc3, 0x50, 0xc3, 0x50]);
    for (what, bytes, status, message) in [
        ("nothing", Vec::new(), 422, "The file is empty."),
        ("text", b"<svg onload=alert(1)>".to_vec(), 422, "The picture must be a PNG, JPEG or WebP image."),
        ("a GIF", gif.to_vec(), 422, "The picture must be a PNG, JPEG or WebP image."),
        ("half a PNG", whole[..whole.len() / 2].to_vec(), 422, "The picture is damaged or incomplete."),
        ("the head of a JPEG", jpeg[..frame].to_vec(), 422, "The picture is damaged or incomplete."),
        ("half a JPEG", grainy[..grainy.len() / 2].to_vec(), 422, "The picture is damaged or incomplete."),
        ("a bomb", picture::bomb(50_000, 50_000), 422, "The picture may have up to 25 million pixels"),
        ("a JPEG that is one", tall, 422, "The picture may have up to 25 million pixels"),
        ("a long bomb", picture::bomb(16_385, 1), 422, "The picture may have up to 25 million pixels"),
        ("a wide bomb", picture::bomb(5_001, 5_000), 422, "The picture may have up to 25 million pixels"),
        ("4 MB and a byte", vec![0; 4 * 1024 * 1024 + 1], 413, "The file may not be larger than 4194304 bytes."),
    ] {
        let answer = client.set_picture(employee, &bytes).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
        assert!(answer.message().starts_with(message), "{what}: {}", answer.message());
        assert!(status == 413 || answer.body["error"]["error_data"]["file"].is_array(), "{what}: {}", answer.body);
    }
    let answer = client.set_picture(999, &whole).await;
    assert_eq!(answer.status, 404, "{}", answer.body);
    assert_eq!(answer.body["error"]["error_data"]["employee_id"][0], "There is no employee with the id 999.");
    assert_eq!(client.get(&path(employee)).await.status, 404);
    assert!(objects(&muster).await.is_empty());
    client.set_picture(employee, &whole).await;
    for width in ["0", "-1", "x", "1.5", "100001", "99999999999999999999"] {
        let answer = client.get(&format!("{}/{width}", path(employee))).await;
        assert_eq!(answer.status, 400, "{width}: {}", answer.body);
        assert!(answer.body["error"]["error_data"]["width"].is_array(), "{width}: {}", answer.body);
    }
    for employee in ["0", "x", "999"] {
        let path = format!("/v1/company/employees/{employee}/profile-picture");
        assert_eq!(client.get(&path).await.message(), "Profile image not found");
    }
}

#[tokio::test]
async fn a_form_brings_one_picture() {
    let (_muster, client, employees) = Muster::staffed(1).await;
    let path = path(employees[0]);
    let bytes = picture::random(8, 8);
    let (form, body) = multipart(&[], Some(("me.png", &bytes)));
    assert_eq!(client.send("PUT", &path, &form, body).await.status, 200);
    assert!(client.get(&path).await.bytes == bytes);
    for (what, (form, body), status) in [
        ("no file", multipart(&[], None), 422),
        ("more than a file", multipart(&[("title", "Me")], Some(("me.png", &bytes))), 400),
        ("a torso", ("multipart/form-data; boundary=boundary".to_owned(), b"--boundary\r\nCont".to_vec()), 400),
        ("no boundary", ("multipart/form-data".to_owned(), b"--boundary--".to_vec()), 400),
    ] {
        let answer = client.send("PUT", &path, &form, body).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
    }
    assert!(client.get(&path).await.bytes == bytes, "what is refused changes nothing");
}

#[tokio::test]
async fn a_picture_is_shown_to_whoever_may_read_the_attribute() {
    let (muster, client, employees) = Muster::staffed(1).await;
    client.set_picture(employees[0], &picture::random(8, 8)).await;
    let sees = muster.client(&["employees:read"], &["profile_picture"]).await;
    let blind = muster.client(&["employees:read"], &["first_name"]).await;
    for path in [path(employees[0]), format!("{}/4", path(employees[0]))] {
        assert_eq!(sees.get(&path).await.status, 200);
        assert_eq!(blind.get(&path).await.message(), "Profile image not found");
    }
    assert!(blind.employee(employees[0]).await.get("profile_picture").is_none());
}

#[tokio::test]
async fn a_new_picture_is_a_change_and_the_same_one_is_none() {
    let (muster, client, employees) = Muster::staffed(2).await;
    muster.advance(Duration::from_mins(10));
    let since = client.value(employees[0], "last_modified_at").await;
    let bytes = picture::random(8, 8);
    muster.advance(Duration::from_mins(10));
    client.set_picture(employees[1], &bytes).await;
    let changed_at = client.value(employees[1], "last_modified_at").await;
    let query = [("updated_since", changed_at.as_str().expect("a time")), ("attributes[]", "profile_picture")];
    let changed = Answer::of(client.request("GET", "/v1/company/employees").query(&query)).await;
    assert_eq!(changed.body["metadata"]["total_elements"], 1, "{}", changed.body);
    assert_eq!(changed.body["data"][0]["attributes"]["id"]["value"], employees[1]);
    assert_ne!(since, changed_at);

    muster.advance(Duration::from_mins(10));
    let again = client.set_picture(employees[1], &bytes).await;
    assert_eq!(again.status, 200, "{}", again.body);
    assert_eq!(again.log_line()["write_units"], json!(0.0), "the same picture is not stored again");
    assert_eq!(client.value(employees[1], "last_modified_at").await, changed_at);
    assert_eq!(objects(&muster).await.len(), 1);
}

#[tokio::test]
async fn what_is_too_large_for_an_answer_is_had_elsewhere() {
    let (_muster, client, employees) = Muster::staffed(1).await;
    // Noise that a lossy format makes small, and that is large again as a PNG.
    let noise = image::load_from_memory(&picture::random(1_500, 1_500)).expect("a picture");
    let jpeg = picture::encode(&noise, ImageFormat::Jpeg);
    assert_eq!(client.set_picture(employees[0], &jpeg).await.status, 200);
    for _ in 0..2 {
        let answer = client.get(&format!("{}/1500", path(employees[0]))).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        let got = reqwest::get(answer.header("location")).await.expect("an answer");
        assert_eq!((got.status().as_u16(), &got.headers()["content-type"]), (200, &"image/png".parse().expect("text")));
        let png = got.bytes().await.expect("a body");
        assert!(png.len() > 4 * 1024 * 1024);
        let shown = image::load_from_memory_with_format(&png, ImageFormat::Png).expect("a PNG");
        assert_eq!(shown.dimensions(), (1_500, 1_500));
    }
}

#[tokio::test]
async fn pictures_that_replace_each_other_leave_one() {
    let (muster, client, employees) = Muster::staffed(1).await;
    let employee = employees[0];
    assert_eq!(client.set_picture(employee, &picture::random(16, 16)).await.status, 200);
    let writers = (0..12).map(|_| async {
        let bytes = picture::random(16, 16);
        let status = client.set_picture(employee, &bytes).await.status;
        assert!([200, 409].contains(&status), "{status}");
        bytes
    });
    // Those who look on meanwhile always see one.
    let paths = [path(employee), format!("{}/8", path(employee))];
    let readers = (0..24).map(|number| {
        let path = &paths[number % 2];
        async { assert_eq!(client.get(path).await.status, 200) }
    });
    let (written, _) = tokio::join!(join_all(writers), join_all(readers));
    let shown = client.get(&path(employee)).await;
    assert!(written.contains(&shown.bytes), "one of those that were set");
    muster.advance(Duration::from_hours(2));
    while muster.sweep(Kind::Picture).await > 0 {}
    let left = objects(&muster).await;
    assert!(left.len() <= 2 && left.iter().any(|key| key.ends_with("/original")), "{left:?}");
    let admin = muster.admin().await;
    assert!(admin.get(&path(employee)).await.bytes == shown.bytes);
}
