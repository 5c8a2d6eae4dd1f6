//! Which pictures are taken, and how they are made smaller.

use std::io::Cursor;

use fast_image_resize::FilterType;
use fast_image_resize::PixelType;
use fast_image_resize::ResizeAlg;
use fast_image_resize::ResizeOptions;
use fast_image_resize::Resizer;
use fast_image_resize::images::Image;
use image::DynamicImage;
use image::ExtendedColorType;
use image::ImageDecoder;
use image::ImageEncoder;
use image::ImageFormat;
use image::ImageReader;
use image::Limits;
use image::codecs::png::PngEncoder;
use image::metadata::Orientation;
use shared::error::Error;

/// The largest picture, in bytes: Lambda carries it in both directions.
pub const MAX_SIZE: usize = 4 * 1024 * 1024;
/// How many pixels a picture may have: 100 MB once it is decoded.
pub const MAX_PIXELS: u64 = 25_000_000;
/// How many pixels a side of a picture may have.
pub const MAX_SIDE: u32 = 16_384;
/// How many bytes decoding may take: the most pixels with 16 bits in each of four channels, and room to work.
const MAX_MEMORY: u64 = 256 * 1024 * 1024;
/// How many bytes all that stands before the pixels may take: a profile is packed, and can be a bomb itself.
const MAX_HEADERS: u64 = 16 * 1024 * 1024;
/// Widths that can be asked for; a larger one than the picture's gives the picture's.
pub const MAX_WIDTH: u32 = 100_000;

/// The vendor's text where there is no picture to be shown.
#[must_use]
pub fn no_picture() -> Error {
    Error::not_found("Profile image not found")
}

/// What a picture is, as its bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// `image/jpeg`, `image/png` or `image/webp`.
    pub media_type: &'static str,
    /// How wide it is shown, in pixels.
    pub width: u32,
    /// How high it is shown, in pixels.
    pub height: u32,
}

/// Checks that bytes are a picture that can be shown in any width.
///
/// A header that promises too many pixels is refused before one of them is decoded.
pub fn check(bytes: &[u8]) -> Result<Facts, Error> {
    let (mut decoder, media_type) = open(bytes)?;
    let (width, height) = decoder.dimensions();
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    DynamicImage::from_decoder(decoder).map_err(|_| broken())?;
    // The decoder paints what is missing of a JPEG gray, and is content.
    if media_type == "image/jpeg" && !has_end(bytes) {
        return Err(broken());
    }
    let (width, height) = if lies(orientation) { (height, width) } else { (width, height) };
    Ok(Facts { media_type, width, height })
}

/// Reads the header of a picture.
fn open(bytes: &[u8]) -> Result<(impl ImageDecoder + '_, &'static str), Error> {
    let format = image::guess_format(bytes).ok();
    let media_type = match format {
        Some(ImageFormat::Jpeg) => "image/jpeg",
        Some(ImageFormat::Png) => "image/png",
        Some(ImageFormat::WebP) => "image/webp",
        _ => return Err(Error::invalid("file", "The picture must be a PNG, JPEG or WebP image.")),
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format.unwrap_or(ImageFormat::Png));
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_HEADERS);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder().map_err(|_| broken())?;
    let (width, height) = decoder.dimensions();
    if width.max(height) > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS {
        let message = format!(
            "The picture may have up to {} million pixels, and up to {MAX_SIDE} on a side.",
            MAX_PIXELS / 1_000_000
        );
        return Err(Error::invalid("file", message));
    }
    limits.max_alloc = Some(MAX_MEMORY);
    decoder.set_limits(limits).map_err(|_| broken())?;
    Ok((decoder, media_type))
}

/// Whether a JPEG has its end marker (ISO 10918-1, B.1): the data of a scan has no other marker than those of restarts,
/// and whatever else there is says how long it is.
fn has_end(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(2..).unwrap_or_default();
    while let Some(at) = rest.windows(2).position(|two| two[0] == 0xff && !matches!(two[1], 0 | 1 | 0xd0..=0xd7 | 0xff))
    {
        let (marker, behind) = (rest[at + 1], &rest[at + 2..]);
        if marker == 0xd9 {
            return true;
        }
        let length = behind.first_chunk().map_or(0, |length| u16::from_be_bytes(*length));
        rest = behind.get(usize::from(length)..).unwrap_or_default();
    }
    false
}

/// Whether the camera was held on its side.
fn lies(orientation: Orientation) -> bool {
    use Orientation::Rotate90;
    use Orientation::Rotate90FlipH;
    use Orientation::Rotate270;
    use Orientation::Rotate270FlipH;
    matches!(orientation, Rotate90 | Rotate90FlipH | Rotate270 | Rotate270FlipH)
}

fn broken() -> Error {
    Error::invalid("file", "The picture is damaged or incomplete.")
}

/// A picture as a PNG of a width, upright and in its proportions; never wider than it is.
pub fn scale(bytes: &[u8], width: u32) -> Result<Vec<u8>, Error> {
    let (mut decoder, _) = open(bytes)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    // A profile says of which colors it is (ICC.1, 7.2.6). That of a picture for print, or in gray, fits no other.
    let fits = |profile: &Vec<u8>| profile.get(16..20) == Some(b"RGB ");
    let profile = decoder.icc_profile().ok().flatten().filter(fits);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| broken())?;
    picture.apply_orientation(orientation);
    let transparent = picture.color().has_alpha();
    let picture = picture.into_rgba8();
    let (full_width, full_height) = picture.dimensions();
    let width = width.clamp(1, full_width);
    let height = in_proportion(width, full_width, full_height);
    let pixels = resize(picture.into_raw(), (full_width, full_height), (width, height))?;
    encode(pixels, width, height, transparent, profile)
}

fn in_proportion(width: u32, full_width: u32, full_height: u32) -> u32 {
    let (width, full_width, full_height) = (u64::from(width), u64::from(full_width), u64::from(full_height));
    let height = (width * full_height + full_width / 2) / full_width.max(1);
    u32::try_from(height).unwrap_or(u32::MAX).max(1)
}

/// Lanczos with three lobes; what is transparent does not bleed into its neighbours.
fn resize(pixels: Vec<u8>, from: (u32, u32), to: (u32, u32)) -> Result<Vec<u8>, Error> {
    if from == to {
        return Ok(pixels);
    }
    let failed = |cause: &dyn std::fmt::Display| Error::Internal(format!("a picture could not be resized: {cause}"));
    let source = Image::from_vec_u8(from.0, from.1, pixels, PixelType::U8x4).map_err(|error| failed(&error))?;
    let mut target = Image::new(to.0, to.1, PixelType::U8x4);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new().resize(&source, &mut target, &options).map_err(|error| failed(&error))?;
    Ok(target.into_vec())
}

fn encode(
    mut pixels: Vec<u8>,
    width: u32,
    height: u32,
    transparent: bool,
    profile: Option<Vec<u8>>,
) -> Result<Vec<u8>, Error> {
    let mut color = ExtendedColorType::Rgba8;
    if !transparent {
        pixels = pixels.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        color = ExtendedColorType::Rgb8;
    }
    let mut png = Vec::new();
    let mut encoder = PngEncoder::new(&mut png);
    if let Some(profile) = profile {
        // Every PNG takes one.
        let _ = encoder.set_icc_profile(profile);
    }
    let written = encoder.write_image(&pixels, width, height, color);
    written.map_err(|error| Error::Internal(format!("a picture could not be written: {error}")))?;
    Ok(png)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_keep_the_proportions() {
        assert_eq!(in_proportion(100, 200, 100), 50);
        assert_eq!(in_proportion(3, 200, 100), 2);
        assert_eq!(in_proportion(1, 16_384, 1), 1);
        assert_eq!(in_proportion(16_384, 16_384, 1_525), 1_525);
    }

    #[test]
    fn nothing_makes_the_reader_panic() {
        for bytes in [&b""[..], b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"RIFF\x04\0\0\0WEBP", b"GIF89a"] {
            assert!(matches!(check(bytes), Err(Error::Invalid(_))), "{bytes:?}");
        }
    }
}
