"""Images read, refused, written and found."""

from __future__ import annotations

import io
import os
import struct
import threading
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from sightmill.data.image import (
    IMAGE_SUFFIXES,
    ImageInfo,
    as_image,
    find_images,
    image_info,
    is_image_file,
    read_image,
    read_index_mask,
    write_image,
)
from sightmill.errors import ImageError

RNG = np.random.default_rng(7)
GRAY = RNG.integers(0, 256, (11, 17), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (11, 17, 3), dtype=np.uint8)
DEEP = RNG.integers(0, 65536, (11, 17), dtype=np.uint16)
DEEP_COLOUR = RNG.integers(0, 65536, (11, 17, 3), dtype=np.uint16)
FLOATS = RNG.normal(size=(11, 17)).astype(np.float32)
FLOAT_COLOUR = RNG.normal(size=(11, 17, 3)).astype(np.float32)


def encoded(suffix: str, pixels: npt.NDArray[Any]) -> bytes:
    stored = pixels if pixels.ndim == 2 else pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
    return bytes(cv2.imencode(suffix, np.ascontiguousarray(stored))[1].tobytes())


@pytest.mark.parametrize(
    ("suffix", "pixels"),
    [
        (".png", GRAY),
        (".png", COLOUR),
        (".png", DEEP),
        (".png", DEEP_COLOUR),
        (".bmp", GRAY),
        (".bmp", COLOUR),
        (".tif", GRAY),
        (".tif", COLOUR),
        (".tif", DEEP),
        (".tif", DEEP_COLOUR),
        (".tif", FLOATS),
        (".tif", FLOAT_COLOUR),
        (".pgm", GRAY),
        (".ppm", COLOUR),
        (".pgm", DEEP),
        (".ppm", DEEP_COLOUR),
    ],
)
def test_each_depth_and_colour_comes_back_as_it_was(tmp_path: Path, suffix: str, pixels: npt.NDArray[Any]) -> None:
    path = tmp_path / f"image{suffix}"
    path.write_bytes(encoded(suffix, pixels))
    found = read_image(path)
    assert found.dtype == pixels.dtype
    np.testing.assert_array_equal(found, pixels)
    assert found.flags.c_contiguous
    assert found.flags.writeable
    info = image_info(path)
    assert (info.width, info.height, info.dtype) == (17, 11, str(pixels.dtype))
    assert info.channels == (1 if pixels.ndim == 2 else 3)


@pytest.mark.parametrize("pixels", [COLOUR, DEEP_COLOUR])
def test_an_alpha_channel_is_dropped_and_noted(tmp_path: Path, pixels: npt.NDArray[Any]) -> None:
    path = tmp_path / "rgba.png"
    path.write_bytes(encoded(".png", np.dstack([pixels, pixels[..., 0]])))
    np.testing.assert_array_equal(read_image(path), pixels)
    assert "alpha" in image_info(path).notes[0]


def test_gray_with_alpha_is_gray(tmp_path: Path) -> None:
    Image.fromarray(np.dstack([GRAY, GRAY // 2]), "LA").save(tmp_path / "la.png")
    np.testing.assert_array_equal(read_image(tmp_path / "la.png"), GRAY)


def test_one_bit_becomes_black_and_white(tmp_path: Path) -> None:
    Image.fromarray(GRAY > 100).save(tmp_path / "bits.png")
    found = read_image(tmp_path / "bits.png")
    np.testing.assert_array_equal(found, (GRAY > 100) * np.uint8(255))
    np.testing.assert_array_equal(read_index_mask(tmp_path / "bits.png"), GRAY > 100)


def test_a_palette_is_colour_as_an_image_and_index_as_a_mask(tmp_path: Path) -> None:
    index = (GRAY % 3).astype(np.uint8)
    image = Image.fromarray(index, "L").convert("P")
    image.putpalette([0, 0, 0, 255, 0, 0, 0, 0, 255])
    image.putdata(index.ravel().tolist())
    image.info["transparency"] = b"\x00\x10\x20"
    image.save(tmp_path / "palette.png")
    colours = np.array([[0, 0, 0], [255, 0, 0], [0, 0, 255]], np.uint8)
    np.testing.assert_array_equal(read_image(tmp_path / "palette.png"), colours[index])
    np.testing.assert_array_equal(read_index_mask(tmp_path / "palette.png"), index)


def test_masks_keep_16_bit_values_and_refuse_colours(tmp_path: Path) -> None:
    write_image(tmp_path / "deep.png", DEEP)
    np.testing.assert_array_equal(read_index_mask(tmp_path / "deep.png"), DEEP)
    write_image(tmp_path / "colour.png", COLOUR)
    with pytest.raises(ImageError, match="has colours"):
        read_index_mask(tmp_path / "colour.png")
    write_image(tmp_path / "grayish.png", np.dstack([GRAY] * 3))
    np.testing.assert_array_equal(read_index_mask(tmp_path / "grayish.png"), GRAY)


def test_jpeg_and_cmyk(tmp_path: Path) -> None:
    flat = np.full((16, 24, 3), (200, 40, 90), np.uint8)
    write_image(tmp_path / "flat.jpg", flat)
    assert np.abs(read_image(tmp_path / "flat.jpg").astype(int) - flat).max() <= 3
    Image.fromarray(flat).convert("CMYK").save(tmp_path / "cmyk.jpg", quality=95)
    assert np.abs(read_image(tmp_path / "cmyk.jpg").astype(int) - flat).max() <= 12
    assert "CMYK" in image_info(tmp_path / "cmyk.jpg").notes[0]


def turned(pixels: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    """What a viewer shows of stored pixels, after the table of EXIF 2.3 (tag 274)."""
    return {
        1: pixels,
        2: pixels[:, ::-1],
        3: pixels[::-1, ::-1],
        4: pixels[::-1],
        5: pixels.swapaxes(0, 1),
        6: np.rot90(pixels, -1),
        7: pixels.swapaxes(0, 1)[::-1, ::-1],
        8: np.rot90(pixels, 1),
    }[orientation]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_is_applied(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    blocks = np.kron(RNG.integers(0, 256, (3, 5), dtype=np.uint8), np.ones((16, 16), np.uint8))
    Image.fromarray(blocks).save(tmp_path / "a.jpg", exif=exif, quality=95)
    Image.fromarray(COLOUR).save(tmp_path / "a.png", exif=exif)
    for name, pixels in (("gray", GRAY), ("colour", COLOUR), ("deep", DEEP)):
        for compression in (None, "tiff_lzw"):
            path = tmp_path / f"{name}-{compression}.tif"
            Image.fromarray(pixels).save(path, compression=compression, tiffinfo={274: orientation})
            np.testing.assert_array_equal(read_image(path), turned(pixels, orientation), str(path))
            info = image_info(path)
            assert (info.height, info.width) == turned(pixels, orientation).shape[:2]
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), turned(COLOUR, orientation))
    jpeg = read_image(tmp_path / "a.jpg")
    assert np.abs(jpeg.astype(int) - turned(blocks, orientation)).max() < 30
    info = image_info(tmp_path / "a.jpg")
    assert (info.height, info.width) == jpeg.shape


def test_whole_numbers_beyond_16_bits_become_floats(tmp_path: Path) -> None:
    wide = np.arange(-10, 90, dtype=np.int32).reshape(10, 10) * 100_000
    Image.fromarray(wide, "I").save(tmp_path / "wide.tif")
    found = read_image(tmp_path / "wide.tif")
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, wide)
    assert image_info(tmp_path / "wide.tif").dtype == "float32"


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp", ".tif", ".pgm"])
@pytest.mark.parametrize("share", [0.02, 0.4, 0.95])
def test_a_truncated_file_is_refused(
    tmp_path: Path, suffix: str, share: float, capfd: pytest.CaptureFixture[str]
) -> None:
    smooth = cv2.GaussianBlur(RNG.integers(0, 256, (200, 300), dtype=np.uint8), (0, 0), 2)
    content = encoded(suffix, smooth)
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ImageError, match="cut") as caught:
        read_image(path)
    assert caught.value.remedy
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(("suffix", "pixels"), [(".png", DEEP_COLOUR), (".tif", DEEP_COLOUR), (".tif", FLOATS)])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_deep_file_is_refused(tmp_path: Path, suffix: str, pixels: npt.NDArray[Any], share: float) -> None:
    content = encoded(suffix, pixels)
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ImageError):
        read_image(path)


def test_a_tiff_whose_strips_are_cut_off_is_refused(tmp_path: Path) -> None:
    # Most writers put the description first: then the file still opens.
    path = tmp_path / "cut.tif"
    described = io.BytesIO()
    Image.fromarray(DEEP).save(described, "TIFF")
    path.write_bytes(described.getvalue()[:-50])
    with pytest.raises(ImageError, match="truncated: 50 bytes are missing"):
        read_image(path)


@pytest.mark.parametrize("pixels", [COLOUR, DEEP_COLOUR, DEEP])
def test_a_wrong_check_sum_is_refused(tmp_path: Path, pixels: npt.NDArray[Any]) -> None:
    content = bytearray(encoded(".png", pixels))
    content[len(content) // 2] ^= 0x55
    (tmp_path / "crc.png").write_bytes(bytes(content))
    with pytest.raises(ImageError):
        read_image(tmp_path / "crc.png")


def giant_png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def test_a_giant_is_refused_by_its_header_without_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "giant.png"
    path.write_bytes(giant_png(60_000, 60_000))
    assert image_info(path).width == 60_000
    with pytest.raises(ImageError, match=r"60000 x 60000 = 3,600 megapixels; allowed: at most 500 megapixels"):
        read_image(path)
    with pytest.raises(ImageError, match="too large"):
        read_index_mask(path)
    write_image(tmp_path / "small.png", GRAY)
    with pytest.raises(ImageError, match="too large"):
        read_image(tmp_path / "small.png", max_pixels=100)


def test_a_picture_over_pillows_own_limit_is_read(tmp_path: Path) -> None:
    wide = np.zeros((9000, 10000), np.uint8)
    write_image(tmp_path / "wide.png", wide)  # 90 megapixels: Pillow would warn
    assert read_image(tmp_path / "wide.png").shape == wide.shape


def test_values_that_are_not_numbers_are_counted(tmp_path: Path) -> None:
    bad = FLOATS.copy()
    bad[2, 3] = bad[4, 5] = np.nan
    bad[0, 0] = np.inf
    (tmp_path / "nan.tif").write_bytes(encoded(".tif", bad))
    with pytest.raises(ImageError, match=r"3 of 187 values .* 2 not a number \(NaN\) and 1 infinite"):
        read_image(tmp_path / "nan.tif")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", r"empty \(0 bytes\)"),
        (b"hello, world, this is no image", "not an image"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
    ],
)
def test_what_is_no_image_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "x.png").write_bytes(content)
    for read in (read_image, image_info, read_index_mask):
        with pytest.raises(ImageError, match=sentence):
            read(tmp_path / "x.png")


def test_places_that_are_no_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no such image file"):
        read_image(tmp_path / "missing.png")
    (tmp_path / "x.png").mkdir()
    with pytest.raises(ImageError, match="a folder"):
        image_info(tmp_path / "x.png")
    with pytest.raises(ImageError, match="cannot be opened"):
        read_image("nul\0byte.png")
    (tmp_path / "a.png").symlink_to(tmp_path / "b.png")
    (tmp_path / "b.png").symlink_to(tmp_path / "a.png")
    with pytest.raises(ImageError, match="cannot be opened"):
        read_image(tmp_path / "a.png")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
        with pytest.raises(ImageError, match="a device or a pipe"):
            read_image(tmp_path / "pipe.png")


@pytest.mark.parametrize("name", ["größe 画像 🙂.png", " .png", "a b\tc.PNG", "no suffix"])
def test_names_may_be_unusual(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(encoded(".png", GRAY))
    np.testing.assert_array_equal(read_image(path), GRAY)
    np.testing.assert_array_equal(read_image(str(path)), GRAY)


def test_damaged_metadata_does_not_keep_an_image_from_being_read(tmp_path: Path) -> None:
    described = io.BytesIO()
    Image.fromarray(COLOUR).save(described, "JPEG", quality=100, exif=b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12")
    (tmp_path / "exif.jpg").write_bytes(described.getvalue())
    assert read_image(tmp_path / "exif.jpg").shape == COLOUR.shape


def test_random_bytes_after_a_signature_never_give_anything_but_an_image_error(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    for start in (
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"II*\0",
        b"MM\0*",
        b"BM",
        b"RIFF",
        b"P5",
        b"GIF89a",
    ):
        for seed in range(6):
            path.write_bytes(start + np.random.default_rng(seed).bytes(200))
            with pytest.raises(ImageError):
                read_image(path)


def test_flipped_bytes_never_give_anything_but_an_image_or_an_image_error(tmp_path: Path) -> None:
    path = tmp_path / "x"
    for suffix, pixels in (
        (".png", COLOUR),
        (".jpg", COLOUR),
        (".tif", DEEP_COLOUR),
        (".bmp", GRAY),
        (".webp", COLOUR),
    ):
        content = encoded(suffix, pixels)
        rng = np.random.default_rng(3)
        for _ in range(25):
            bad = bytearray(content)
            bad[int(rng.integers(len(bad)))] = int(rng.integers(256))
            path.write_bytes(bytes(bad))
            try:
                assert read_image(path, max_pixels=1_000_000).ndim in (2, 3)
            except ImageError as error:
                assert str(path) in str(error)


def test_arrays_are_brought_to_the_forms_of_images() -> None:
    np.testing.assert_array_equal(as_image(GRAY > 9), (GRAY > 9) * np.uint8(255))
    assert as_image(GRAY[..., None]).shape == GRAY.shape
    np.testing.assert_array_equal(as_image(np.dstack([COLOUR, GRAY])), COLOUR)
    assert as_image(FLOATS.astype(np.float64)).dtype == np.float32
    np.testing.assert_array_equal(as_image(DEEP.astype(">u2")), DEEP)
    assert as_image(DEEP.astype(">u2")).dtype.isnative
    assert as_image(COLOUR) is COLOUR
    assert ImageInfo.of(COLOUR) == ImageInfo(17, 11, 3, "uint8", "array", ())


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.zeros((4, 4), np.int64), "got int64; allowed: bool, uint8"),
        (np.zeros(4, np.uint8), "rows, columns and channels"),
        (np.zeros((2, 3, 2), np.uint8), r"shape \(2, 3, 2\)"),
        (np.zeros((0, 4), np.uint8), "at least one pixel"),
        (np.full((2, 2), np.nan), "4 not a number"),
        (np.full((2, 2), 1e300), "4 infinite"),
        (np.zeros((2, 2), np.complex128), "complex128"),
        ([["a", "b"]], "type of values"),
    ],
)
def test_impossible_arrays_are_refused(array: Any, sentence: str) -> None:
    with pytest.raises(ImageError, match=sentence) as caught:
        as_image(array, where="camera 1")
    assert caught.value.where == "camera 1"


@pytest.mark.parametrize(
    ("suffix", "pixels"),
    [(".png", DEEP_COLOUR), (".tiff", FLOAT_COLOUR), (".bmp", COLOUR), (".PNG", GRAY), (".tif", DEEP)],
)
def test_what_is_written_is_read_again(tmp_path: Path, suffix: str, pixels: npt.NDArray[Any]) -> None:
    path = tmp_path / "new folder" / f"ü{suffix}"
    write_image(path, pixels)
    np.testing.assert_array_equal(read_image(path), pixels)


def test_what_a_format_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"\.jpg cannot hold .* uint16; allowed: uint8"):
        write_image(tmp_path / "x.jpg", DEEP)
    with pytest.raises(ImageError, match=r"got \.xyz"):
        write_image(tmp_path / "x.xyz", GRAY)
    (tmp_path / "taken.png").mkdir()
    with pytest.raises(ImageError, match="cannot be written"):
        write_image(tmp_path / "taken.png", GRAY)


def test_images_are_found_once_each_and_loops_of_links_end(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    for path in (root / "b/2.png", root / "b/10.JPG", root / " .png", root / "ä.tif", outside / "far.bmp"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    (root / "x.png").mkdir()
    (root / "x.png/inside.png").write_bytes(b"x")
    (root / "notes.txt").write_text("no image")
    (root / ".hidden.png").write_bytes(b"x")
    (root / "__MACOSX").mkdir()
    (root / "__MACOSX/a.png").write_bytes(b"x")
    (root / "b/loop").symlink_to(root, target_is_directory=True)
    (root / "a to b").symlink_to(root / "b", target_is_directory=True)
    (root / "link").symlink_to(outside, target_is_directory=True)
    (outside / "back").symlink_to(root, target_is_directory=True)
    (outside / "self").symlink_to(outside, target_is_directory=True)
    (root / "dangling.png").symlink_to(root / "nothing.png")
    found = [path.relative_to(root).as_posix() for path in find_images(root)]
    assert found == [" .png", "b/10.JPG", "b/2.png", "link/far.bmp", "x.png/inside.png", "ä.tif"]
    with pytest.raises(ImageError, match="no such folder"):
        find_images(tmp_path / "missing")


def test_image_files_are_told_by_their_suffix(tmp_path: Path) -> None:
    (tmp_path / "a.JPEG").write_bytes(b"")
    (tmp_path / "b.png").mkdir()
    assert is_image_file(tmp_path / "a.JPEG")
    assert not is_image_file(tmp_path / "b.png")
    assert not is_image_file(tmp_path / "missing.png")
    assert ".tiff" in IMAGE_SUFFIXES


def test_images_are_read_in_many_threads_at_once(tmp_path: Path) -> None:
    for index in range(8):
        write_image(tmp_path / f"{index}.png", DEEP_COLOUR)
    wrong: list[object] = []

    def read() -> None:
        for index in range(8):
            if not np.array_equal(read_image(tmp_path / f"{index}.png"), DEEP_COLOUR):
                wrong.append(index)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
