"""Pictures of employees as Pillow makes and reads them, set by requests and shown by personio-py.

Pillow's own resizing is what the sizes are held against. `tests/clients/run` starts the muster and sets the environment
of these tests. Pictures belong to an employee who is created for the test, so no test is in the way of another.
"""

import functools
import hashlib
import io
import json
import os
import random
import struct
import subprocess
import zlib
from pathlib import Path

import pytest
import requests
from PIL import Image, ImageChops, ImageCms, ImageDraw, ImageOps, ImageStat
from support import (
    BASE_URL,
    DEPLOYED,
    LOGIN,
    NOBODY,
    Api,
    data_of,
    error_of,
    hire,
    keeps_the_token,
    log_in,
    token_of,
)

MEGABYTE = 1024 * 1024
LARGEST = 4 * MEGABYTE

NOT_FOUND = "Profile image not found"
NO_KIND = "The picture must be a PNG, JPEG or WebP image."
DAMAGED = "The picture is damaged or incomplete."
TOO_MANY = "The picture may have up to 25 million pixels"
EMPTY = "The file is empty."

MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def path(worker, width=None):
    return f"company/employees/{worker}/profile-picture" + (f"/{width}" if width else "")


def put(api, worker, content, **headers):
    return api.put(path(worker), data=content, headers=headers)


def give(api, worker, content):
    return data_of(put(api, worker, content))["attributes"]


def original(api, worker):
    """The picture as it was set, and what it is said to be."""
    answer = api.get(path(worker))
    assert answer.status_code == 200, answer.text
    return answer.content, answer.headers["Content-Type"]


def shown(api, worker, width):
    """A size of the picture, as Pillow opens it."""
    answer = api.get(path(worker, width))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png"), answer.text
    return opened(answer.content)


def opened(content, kind="PNG"):
    found = Image.open(io.BytesIO(content))
    assert found.format == kind
    found.load()
    return found


def refused(answer, status=422):
    """What is said of a file that is not taken."""
    error = error_of(answer, status)
    if status == 422:
        assert error["error_data"].keys() == {"file"}, error
    return error["message"]


# ------------------------------------------------------------------ pictures to send


def written(image, kind, **options):
    with io.BytesIO() as file:
        image.save(file, kind, **options)
        return file.getvalue()


@functools.cache
def scene(width=320, height=240, seed=1):
    """Slopes, edges, thin lines and grain: the next pixel is no good guess. Not to be drawn on."""
    slopes = [Image.linear_gradient("L").rotate(turn).resize((width, height)) for turn in (0, 90, 180)]
    image = Image.merge("RGB", slopes)
    draw = ImageDraw.Draw(image)
    dice = random.Random(seed)
    for _ in range(60):
        box = [dice.randrange(width), dice.randrange(height)]
        draw.ellipse((*box, box[0] + 25, box[1] + 18), fill=tuple(dice.randbytes(3)))
        draw.line((*box, dice.randrange(width), dice.randrange(height)), fill=tuple(dice.randbytes(3)))
    grain = Image.frombytes("RGB", (width, height), dice.randbytes(3 * width * height))
    return Image.blend(image, grain, 0.15)


def see_through(image):
    """The same with holes and veils."""
    veil = Image.radial_gradient("L").resize(image.size)
    ImageDraw.Draw(veil).rectangle((10, 10, 60, 60), fill=0)
    image = image.copy()
    image.putalpha(veil)
    return image


def frames(count=3):
    return [scene(seed=seed) for seed in range(1, count + 1)]


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_of(width, height, *chunks, depth=8, color=2, interlaced=False):
    """A PNG from its parts, for what Pillow does not write."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IEND", b"")


# Where each of the seven passes begins and how far it steps: x, y, in x, in y.
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def interlaced_png(image):
    """Pillow reads interlaced PNGs and writes none."""
    width, height = image.size
    pixels, rows = image.convert("RGB").load(), []
    for x, y, in_x, in_y in ADAM7:
        for row in range(y, height, in_y):
            line = b"".join(bytes(pixels[column, row]) for column in range(x, width, in_x))
            rows += [b"\0" + line] if line else []
    return png_of(width, height, chunk(b"IDAT", zlib.compress(b"".join(rows))), interlaced=True)


def deep_gray():
    """Gray in 16 bits: a slope that 8 bits cannot have, with grain."""
    dice = random.Random(1)
    samples = [(x * 150 + y * 60 + dice.randrange(4_000)) % 65_536 for y in range(240) for x in range(320)]
    return Image.frombytes("I;16", (320, 240), struct.pack(f"<{len(samples)}H", *samples))


def deep_colors(image):
    """Pillow reads colors of 16 bits, as eight; it writes none."""
    width, height = image.size
    line = 3 * width
    raw = image.tobytes()
    # Each byte twice is the same color in 16 bits.
    rows = (b"\0" + bytes(byte for byte in raw[at : at + line] for _ in "ab") for at in range(0, len(raw), line))
    return png_of(width, height, chunk(b"IDAT", zlib.compress(b"".join(rows))), depth=16)


def palette():
    image = scene().quantize(64)
    # What of the palette is not seen: one color at all, two in part.
    return written(image, "PNG", transparency=bytes([0, 100, 200]) + bytes([255]) * 61)


def apng(**options):
    first, *others = frames()
    return written(first, "PNG", save_all=True, append_images=others, duration=100, **options)


def animated_webp():
    first, *others = frames()
    return written(first, "WEBP", save_all=True, append_images=others, duration=100, lossless=True)


PICTURES = {
    "baseline JPEG": ("JPEG", lambda: written(scene(), "JPEG", quality=90)),
    "JPEG with whole colors": ("JPEG", lambda: written(scene(), "JPEG", quality=95, subsampling="4:4:4")),
    "progressive JPEG": ("JPEG", lambda: written(scene(), "JPEG", quality=90, progressive=True)),
    "gray JPEG": ("JPEG", lambda: written(scene().convert("L"), "JPEG", quality=90)),
    "CMYK JPEG": ("JPEG", lambda: written(scene().convert("CMYK"), "JPEG", quality=90)),
    "PNG": ("PNG", lambda: written(scene(), "PNG")),
    "PNG with alpha": ("PNG", lambda: written(see_through(scene()), "PNG")),
    "gray PNG with alpha": ("PNG", lambda: written(see_through(scene().convert("L")), "PNG")),
    "PNG of 16 bits of gray": ("PNG", lambda: written(deep_gray(), "PNG")),
    "PNG of 16 bits of color": ("PNG", lambda: deep_colors(scene())),
    "PNG of black and white": ("PNG", lambda: written(scene().convert("1"), "PNG")),
    "PNG with a palette": ("PNG", palette),
    "PNG with a color that is not seen": ("PNG", lambda: written(scene(), "PNG", transparency=(255, 0, 0))),
    "interlaced PNG": ("PNG", lambda: interlaced_png(scene())),
    "animated PNG": ("PNG", apng),
    "animated PNG with a cover": ("PNG", lambda: apng(default_image=True)),
    "lossless WebP": ("WEBP", lambda: written(scene(), "WEBP", lossless=True)),
    "lossy WebP": ("WEBP", lambda: written(scene(), "WEBP", quality=90)),
    "lossless WebP with alpha": ("WEBP", lambda: written(see_through(scene()), "WEBP", lossless=True)),
    "lossy WebP with alpha": ("WEBP", lambda: written(see_through(scene()), "WEBP", quality=90)),
    "animated WebP": ("WEBP", animated_webp),
}


# ------------------------------------------------------------------ how like two pictures are


def as_pillow_shows(content):
    """The first frame of a picture, upright, in eight bits."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    if image.mode == "I;16":
        samples = struct.unpack(f"<{image.width * image.height}H", image.tobytes())
        image = Image.frombytes("L", image.size, bytes((sample + 128) // 257 for sample in samples))
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def difference(one, other):
    """The mean of the absolute differences, in levels of 255. What is not seen has no color, so none differs."""
    assert one.size == other.size
    one, other = (image.convert("RGBA").convert("RGBa") for image in (one, other))
    # As bytes of four channels: RGBa is no mode to compute in.
    one, other = (Image.frombytes("RGBA", image.size, image.tobytes()) for image in (one, other))
    means = ImageStat.Stat(ImageChops.difference(one, other)).mean
    # A channel that never differs, as alpha often is, must not make the others look better.
    return max(means)


def by_lanczos(image, size):
    """Pillow's own, along first and down first: between the two it keeps eight bits, so they are not the same."""
    along, down = (size[0], image.height), (image.width, size[1])
    lanczos = Image.Resampling.LANCZOS
    return [image.resize(first, lanczos).resize(size, lanczos) for first in (along, down)]


# Each side rounds twice, to the nearest of 255 levels: between the passes, of which the second makes a mean, and at the
# end. So both are off by about half a level at most, and where they differ it is by one level, in fewer than half of
# the places.
ROUNDED = 0.5
# Decoders of JPEG may differ: by a level in the cosine transform, as the standard allows, and by another in colors of
# which four pixels share one. Mostly they do not.
DECODED = 1.0


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_as_pillow_makes_and_resizes_them(api, worker, name):
    kind, make = PICTURES[name]
    content = make()
    said = give(api, worker, content)
    assert said == {
        "content_type": MEDIA_TYPES[kind],
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "width": 320,
        "height": 240,
    }
    assert original(api, worker) == (content, MEDIA_TYPES[kind])
    seen = as_pillow_shows(content)
    most = DECODED if kind == "JPEG" else ROUNDED
    for width, size in ((1, (1, 1)), (75, (75, 56)), (200, (200, 150))):
        found = shown(api, worker, width)
        assert (found.size, found.mode) == (size, seen.mode), width
        off = min(difference(found, one) for one in by_lanczos(seen, size))
        # One pixel has no mean: each side is a level off at most, of color and of what its veil leaves of it.
        assert off <= (2 if width == 1 else most), width
        # The bound would not let a worse way of resizing pass.
        if width > 1:
            assert difference(seen.resize(size, Image.Resampling.NEAREST), by_lanczos(seen, size)[0]) > 2 * most
    # As wide as it is and wider: the same pixels, which nobody rounds.
    for width in (320, 5_000):
        found = shown(api, worker, width)
        assert difference(found, seen) <= (ROUNDED if kind == "JPEG" else 0), width
        assert not getattr(found, "is_animated", False)


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (400, 1), (3, 2), (1_999, 3)], ids=str)
def test_pictures_of_odd_sizes(api, worker, size):
    give(api, worker, written(scene(*size), "PNG"))
    for width in (1, 2, 75, 5_000):
        wide = min(width, size[0])
        high = max(1, (2 * wide * size[1] + size[0]) // (2 * size[0]))
        assert shown(api, worker, width).size == (wide, high), width


@pytest.mark.parametrize("kind", MEDIA_TYPES)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_of_cameras(api, worker, kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"JPEG": {"quality": 95}, "WEBP": {"lossless": True, "method": 0}, "PNG": {}}[kind]
    content = written(scene(), kind, exif=exif, **options)
    upright = as_pillow_shows(content)
    assert upright.size == ((320, 240) if orientation < 5 else (240, 320))
    said = give(api, worker, content)
    assert (said["width"], said["height"]) == upright.size
    assert original(api, worker)[0] == content
    found = shown(api, worker, 5_000)
    assert difference(found, upright) <= (ROUNDED if kind == "JPEG" else 0)
    # Nobody turns it once more.
    assert 0x0112 not in found.getexif()
    assert shown(api, worker, 120).size == (120, round(120 * upright.height / upright.width))


@pytest.mark.parametrize("kind", MEDIA_TYPES)
def test_the_profile_of_a_picture_stays(api, worker, kind):
    give(api, worker, written(scene(), kind, icc_profile=SRGB))
    for width in (75, 5_000):
        profile = shown(api, worker, width).info["icc_profile"]
        assert profile == SRGB
        assert ImageCms.getProfileName(io.BytesIO(profile)).startswith("sRGB")
    give(api, worker, written(scene(), kind))
    assert "icc_profile" not in shown(api, worker, 75).info


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "CMYK"), ("JPEG", "L"), ("PNG", "L")])
def test_a_profile_for_other_colors_does_not(api, worker, kind, mode):
    """What is shown is red, green and blue; what the profile is for was something else, as its header says."""
    profile = SRGB[:16] + {"CMYK": b"CMYK", "L": b"GRAY"}[mode] + SRGB[20:]
    content = written(scene().convert(mode), kind, icc_profile=profile)
    give(api, worker, content)
    assert "icc_profile" not in shown(api, worker, 75).info
    assert original(api, worker)[0] == content


# ------------------------------------------------------------------ what is no picture


def bomb(width, height):
    """A PNG that says more of itself than there is."""
    return png_of(width, height, chunk(b"IDAT", zlib.compress(bytes(100_000))))


def jpeg_of(width, height):
    content = bytearray(written(scene(), "JPEG"))
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def webp_of(width, height):
    """The canvas of an extended WebP is in 24 bits, less one."""
    content = bytearray(written(scene(), "WEBP", icc_profile=SRGB))
    at = content.index(b"VP8X") + 12
    content[at : at + 6] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(content)


def inflated_profile():
    """A third of a megabyte that is 300."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(MEGABYTE)) for _ in range(300)) + packer.flush()
    return png_of(8, 8, chunk(b"iCCP", b"x\0\0" + packed), chunk(b"IDAT", zlib.compress(bytes(8 * 25))))


BOMBS = {
    "PNG": lambda: bomb(50_000, 50_000),
    "long PNG": lambda: bomb(16_385, 1),
    "PNG of too many pixels": lambda: bomb(5_001, 5_000),
    "PNG of the most pixels there can be": lambda: bomb(2**31 - 1, 2**31 - 1),
    "JPEG": lambda: jpeg_of(50_000, 50_000),
    "WebP": lambda: webp_of(16_384, 16_384),
}


class Alone:
    """A muster of the test alone, whose memory is what it holds: nobody else asks it for anything, and it gives back at
    once what it frees, where it would keep it for the next request.
    """

    def __init__(self, folder):
        command = [os.environ["MUSTER_BINARY"], "--port", "0", "--data-dir", folder]
        # Settings of the environment would change what is tested.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MUSTER_")}
        # Of the C library's allocator: what is large is always a mapping of its own, which ends when it is freed.
        environment["MALLOC_MMAP_THRESHOLD_"] = environment["MALLOC_TRIM_THRESHOLD_"] = "131072"
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            assert any(line.startswith("muster is ready at ") for line in self.process.stdout), "it did not get ready"
            demo = json.loads((folder / "demo-credentials.json").read_text(encoding="utf-8"))
            base_url = demo["base_url"] + "/v1/"
            self.api = Api(log_in(base_url, json={name: demo[name] for name in LOGIN}), base_url)
            self.worker = hire(self.api)
        except BaseException:
            self.stop()
            raise

    def stop(self):
        self.process.terminate()
        self.process.wait(60)

    def memory(self, name):
        """In megabytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(next(line for line in status.splitlines() if line.startswith(name)).split()[1]) / 1_024

    def peak_of(self, work):
        """How many megabytes it takes for a work, beyond what it has."""
        # From here on the peak counts anew.
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5", encoding="ascii")
        before = self.memory("VmRSS")
        work(self.api, self.worker)
        return self.memory("VmHWM") - before


@pytest.fixture(name="alone")
def fixture_alone(tmp_path):
    if DEPLOYED:
        pytest.skip("the memory of one process is looked at, and a deployed API is many")
    alone = Alone(tmp_path)
    yield alone
    alone.stop()


@pytest.mark.parametrize("name", BOMBS)
def test_bombs(api, worker, name):
    message = refused(put(api, worker, BOMBS[name]()))
    # So many that their number has no room: it is not even asked whether there may be as many.
    assert message.startswith(DAMAGED if name == "PNG of the most pixels there can be" else TOO_MANY), message
    assert error_of(api.get(path(worker)), 404)["message"] == NOT_FOUND


def test_bombs_take_no_memory(alone):
    bombs = [make() for make in BOMBS.values()]
    large = written(Image.new("RGB", (5_000, 5_000), "teal"), "PNG")

    def refuse(api, worker):
        for content in bombs:
            refused(put(api, worker, content))

    assert alone.peak_of(refuse) < 32
    # The most that is taken: 75 MB of pixels. So the measure measures.
    assert alone.peak_of(lambda api, worker: give(api, worker, large)) > 60


def test_a_profile_that_inflates(alone):
    content = inflated_profile()

    def work(api, worker):
        # The picture is good, so it is taken, and shown without the profile.
        give(api, worker, content)
        assert "icc_profile" not in shown(api, worker, 4).info

    # What may stand before the pixels, and what the file and its picture take.
    assert alone.peak_of(work) < 48


def written_as(kind):
    return lambda: written(scene(), kind)


def half(kind, **options):
    def make():
        content = written(scene(), kind, **options)
        return content[: len(content) // 2]

    return make


def torn_png():
    content = bytearray(written(scene(), "PNG"))
    content[content.index(b"IDAT") + 5_000] ^= 0xFF
    return bytes(content)


OTHERS = {
    "GIF": (NO_KIND, written_as("GIF")),
    "BMP": (NO_KIND, written_as("BMP")),
    "TIFF": (NO_KIND, written_as("TIFF")),
    "ICO": (NO_KIND, written_as("ICO")),
    "AVIF": (NO_KIND, written_as("AVIF")),
    "JPEG 2000": (NO_KIND, written_as("JPEG2000")),
    "PDF": (NO_KIND, written_as("PDF")),
    "SVG": (NO_KIND, lambda: b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
    "HTML": (NO_KIND, lambda: b"<!DOCTYPE html><script>alert(1)</script>"),
    "program": (NO_KIND, lambda: b"MZ\x90\0" + written(scene(), "PNG")),
    "text": (NO_KIND, lambda: b"me.png"),
    "JSON": (NO_KIND, lambda: b'{"file": "me.png"}'),
    "sound in the container of WebP": (NO_KIND, lambda: b"RIFF\x24\0\0\0WAVEfmt " + bytes(28)),
    "nothing": (EMPTY, lambda: b""),
    "half a JPEG": (DAMAGED, half("JPEG")),
    "half a progressive JPEG": (DAMAGED, half("JPEG", progressive=True)),
    "half a PNG": (DAMAGED, half("PNG")),
    "half a WebP": (DAMAGED, half("WEBP")),
    "PNG that was torn": (DAMAGED, torn_png),
    "the head of a PNG": (DAMAGED, lambda: written(scene(), "PNG")[:8]),
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("how", ["body", "form"])
def test_what_is_no_picture(api, worker, name, how):
    """Whatever it is called."""
    message, make = OTHERS[name]
    content = make()
    if how == "body":
        answer = put(api, worker, content, **{"Content-Type": "image/png"})
    else:
        answer = api.put(path(worker), files={"file": ("me.png", content, "image/png")})
    assert refused(answer) == message
    assert error_of(api.get(path(worker)), 404)["message"] == NOT_FOUND


@pytest.mark.parametrize("how", ["body", "form", "chunks"])
def test_the_largest_picture(api, worker, how):
    """What comes behind its end is no matter to a JPEG."""
    whole = written(scene(), "JPEG")

    def send(size):
        content = whole + bytes(size - len(whole))
        if how == "form":
            return api.put(path(worker), files={"file": ("me.jpg", content, "image/jpeg")})
        return put(api, worker, iter([content]) if how == "chunks" else content)

    assert "4194304" in refused(send(LARGEST + 1), 413)
    assert data_of(send(LARGEST))["attributes"]["size"] == LARGEST
    assert len(original(api, worker)[0]) == LARGEST
    assert shown(api, worker, 75).size == (75, 56)


# ------------------------------------------------------------------ as scripts and Postman send


WAYS = {
    "raw": lambda content: {"data": content},
    "raw with its kind": lambda content: {"data": content, "headers": {"Content-Type": "image/png"}},
    "raw with another kind": lambda content: {"data": content, "headers": {"Content-Type": "image/jpeg"}},
    "raw as Postman's binary": lambda content: {
        "data": content,
        "headers": {"Content-Type": "application/octet-stream", "Accept": "*/*", "Cache-Control": "no-cache"},
    },
    "chunks": lambda content: {"data": iter([content[:100], content[100:]])},
    "form": lambda content: {"files": {"file": ("me.png", content, "image/png")}},
    "form without a kind": lambda content: {"files": {"file": ("Ich & du ä.png", content)}},
}


@pytest.mark.parametrize("way", WAYS)
def test_ways_to_set_a_picture(api, token, worker, way):
    content = written(scene(), "PNG")
    answer = api.put(path(worker), **WAYS[way](content))
    assert data_of(answer)["type"] == "ProfilePicture"
    assert keeps_the_token(answer, token)
    assert original(api, worker) == (content, "image/png")


@pytest.mark.parametrize("accept", ["image/png, image/jpeg", "image/webp", "*/*", "application/json", None])
@pytest.mark.parametrize("width", [None, 75])
def test_what_is_asked_for(api, token, worker, accept, width):
    """Whatever is accepted: the vendor's collection asks for images, scripts for what they always ask."""
    content = written(scene(), "JPEG")
    give(api, worker, content)
    got = api.get(path(worker, width), headers={"Accept": accept})
    head = api.head(path(worker, width), headers={"Accept": accept})
    for answer in (got, head):
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == ("image/png" if width else "image/jpeg")
        assert answer.headers["Content-Length"] == str(len(got.content))
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert keeps_the_token(answer, token)
    assert head.content == b""
    assert got.content[:4] == (b"\x89PNG" if width else content[:4])


@pytest.mark.parametrize("width", ["0", "-1", "75.5", "wide", "100001", "9" * 30, "%37%35x"])
def test_widths_that_cannot_be(api, worker, width):
    give(api, worker, written(scene(), "PNG"))
    assert error_of(api.get(path(worker, width)), 400)["error_data"].keys() == {"width"}


def test_nobody_sees_or_sets_a_picture_without_the_scope(worker, api):
    content = written(scene(), "PNG")
    reader = Api(token_of("employees:read", readable=["profile_picture"]))
    stranger = Api(token_of("documents:read", readable=["profile_picture"]))
    give(api, worker, content)
    assert original(reader, worker)[0] == content
    for method, width in (("GET", None), ("GET", 75), ("PUT", None), ("DELETE", None)):
        error_of(Api(None).request(method, path(worker, width), data=content), 401)
        other = stranger if method == "GET" else reader
        error_of(other.request(method, path(worker, width), data=content), 403)
    assert original(api, worker)[0] == content
    error_of(put(api, NOBODY, content), 404)
    assert error_of(api.get(path(NOBODY)), 404)["message"] == NOT_FOUND


# ------------------------------------------------------------------ personio-py


def test_a_picture_by_the_client(api, client, worker):
    content = written(scene(), "JPEG")
    before = client.get_employee(worker)
    assert (before.profile_picture, before.picture()) == (None, None)
    give(api, worker, content)

    employee = client.get_employee(worker)
    assert employee.profile_picture == BASE_URL + path(worker)
    assert employee.to_dict()["attributes"]["profile_picture"]["value"] == employee.profile_picture
    assert requests.get(employee.profile_picture, headers=api.headers, timeout=30).content == content
    error_of(requests.get(employee.profile_picture, timeout=30), 401)
    for one in (employee, worker):
        assert client.get_employee_picture(one) == content
        assert opened(client.get_employee_picture(one, width=75)).size == (75, 56)
        assert opened(client.get_employee_picture(one, width=5_000)).size == (320, 240)
    assert employee.picture() == content
    # The client keeps what it has, whatever width is asked for next.
    assert employee.picture(width=75) == content
    assert opened(client.get_employee(worker).picture(width=75)).size == (75, 56)
    # An employee who had none asks again.
    assert before.picture() == content

    other = written(scene(seed=2), "WEBP")
    give(api, worker, other)
    assert client.get_employee(worker).picture() == other

    assert api.delete(path(worker)).status_code == 204
    after = client.get_employee(worker)
    assert (after.profile_picture, after.picture(), after.picture(width=75)) == (None, None, None)
    assert client.get_employee_picture(employee) is None
    assert client.get_employee_picture(employee, width=75) is None


def test_a_picture_that_is_too_large_for_an_answer(api, client, worker):
    """It is followed to where it lies. Noise is small as a JPEG and large as a PNG."""
    noise = Image.frombytes("RGB", (1_300, 1_300), random.Random(1).randbytes(3 * 1_300 * 1_300))
    content = written(noise, "JPEG", quality=75)
    give(api, worker, content)
    away = api.get(path(worker, 1_300), allow_redirects=False)
    assert away.status_code == 303
    assert away.headers["Cache-Control"] == "no-store"
    got = client.get_employee_picture(worker, width=1_300)
    assert len(got) > LARGEST
    assert difference(opened(got), as_pillow_shows(content)) <= DECODED
    without = requests.get(away.headers["Location"], timeout=30)
    assert (without.content, without.headers["Content-Type"]) == (got, "image/png")


@pytest.mark.parametrize("readable", [["email", "profile_picture"], ["email"]], ids=str)
def test_a_picture_that_the_client_may_not_read(api, client, worker, readable):
    content = written(scene(), "PNG")
    give(api, worker, content)
    client.headers["Authorization"] = f"Bearer {token_of('employees:read', readable=readable)}"
    client.authenticated = True
    employee = client.get_employee(worker)
    sees = "profile_picture" in readable
    assert employee.email
    assert employee.profile_picture == (BASE_URL + path(worker) if sees else None)
    assert employee.picture() == (content if sees else None)
    assert (client.get_employee_picture(worker, width=75) is not None) == sees
    assert (b"profile_picture" in json.dumps(employee.to_dict()["attributes"]).encode()) == sees


def test_the_client_asks_for_pictures_from_then_on(api, client, worker):
    """Its header stays, and other calls are answered as ever."""
    give(api, worker, written(scene(), "PNG"))
    assert client.get_employee_picture(worker)
    assert client.headers["accept"] == "image/png, image/jpeg"
    assert client.get_employee(worker).id_ == worker
