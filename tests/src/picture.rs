//! Pictures as cameras, scanners and attackers make them.

use std::io::Cursor;

use image::DynamicImage;
use image::ExtendedColorType;
use image::ImageEncoder;
use image::ImageFormat;
use image::Rgb;
use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;

/// A picture whose corners have colors of their own, so that it can be told how it lies: red at the top left, green at
/// the top right, blue at the bottom left, white at the bottom right.
#[must_use]
pub fn corners(width: u32, height: u32) -> DynamicImage {
    let color = |x: u32, y: u32| match (x * 2 < width, y * 2 < height) {
        (true, true) => Rgb([255, 0, 0]),
        (false, true) => Rgb([0, 255, 0]),
        (true, false) => Rgb([0, 0, 255]),
        (false, false) => Rgb([255, 255, 255]),
    };
    RgbImage::from_fn(width, height, color).into()
}

/// A picture in a format.
#[must_use]
pub fn encode(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("a picture");
    bytes.into_inner()
}

/// A PNG that no other one is like, and that cannot be made smaller.
#[must_use]
pub fn random(width: u32, height: u32) -> Vec<u8> {
    let mut state = uuid::Uuid::new_v4().as_u128() | 1;
    let noise = RgbImage::from_fn(width, height, |_, _| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let [red, green, blue, ..] = state.to_le_bytes();
        Rgb([red, green, blue])
    });
    encode(&noise.into(), ImageFormat::Png)
}

/// A JPEG that says how the camera was held (Exif orientation 1 to 8).
#[must_use]
pub fn held(picture: &DynamicImage, orientation: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    encoder.set_exif_metadata(exif).expect("a JPEG has metadata");
    let pixels = picture.to_rgb8();
    let (width, height) = pixels.dimensions();
    encoder.write_image(&pixels, width, height, ExtendedColorType::Rgb8).expect("a picture");
    bytes
}

/// A PNG of a few bytes whose header promises so many pixels.
#[must_use]
pub fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = encode(&corners(1, 1), ImageFormat::Png);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let check = crc(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&check.to_be_bytes());
    bytes
}

/// The check of a part of a PNG (ISO 3309).
fn crc(bytes: &[u8]) -> u32 {
    let step = |check: u32| if check & 1 == 1 { 0xedb8_8320 ^ (check >> 1) } else { check >> 1 };
    !bytes.iter().fold(u32::MAX, |check, byte| (0..8).fold(check ^ u32::from(*byte), |check, _| step(check)))
}
