from __future__ import annotations

import contextlib
import gzip
import io
import mmap
import os
import subprocess
import sys
import tempfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from replicatekit._inputs.file_sources import CHUNK, INLINE_LIMIT, UPLOAD_LIMIT, file_source, identity, is_file
from replicatekit.errors import FileTooLargeError, InvalidInput

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
LONG = bytes(range(256)) * 1200  # 300 KB: longer than what is looked at beforehand


def content(source):
    return b"".join(source.chunks())


class Pipe(io.RawIOBase):
    """A stream that cannot seek and gives what it has in small pieces."""

    def __init__(self, data, step=1000):
        self.data = io.BytesIO(data)
        self.step = step

    def readable(self):
        return True

    def read(self, size=-1):
        return self.data.read(min(size, self.step) if size >= 0 else -1)


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(PNG)
    return path


class TestPaths:
    def test_a_path_has_its_name_type_and_size(self, photo):
        source = file_source(photo)
        assert (source.name, source.media_type, source.size) == ("photo.png", "image/png", len(PNG))
        assert source.replayable
        assert content(source) == PNG
        assert content(source) == PNG

    def test_a_path_without_a_suffix_is_known_by_its_first_bytes(self, tmp_path):
        path = tmp_path / "photo"
        path.write_bytes(PNG)
        assert file_source(path).media_type == "image/png"
        assert file_source(path).name == "photo"

    def test_name_and_type_can_be_given(self, photo):
        source = file_source(photo, name="b.webp", media_type="image/webp")
        assert (source.name, source.media_type) == ("b.webp", "image/webp")
        assert file_source(photo, name="b.webp").media_type == "image/webp"

    @pytest.mark.parametrize(
        "name", ['say "hi".png', "line\nend.png", "画像.png", "صورة.png", "a;b=c.png", "👩‍👩‍👧.png"]
    )
    def test_names_of_all_kinds_are_kept(self, tmp_path, name):
        path = tmp_path / name
        path.write_bytes(PNG)
        assert file_source(path).name == name

    def test_a_name_that_is_no_utf8_can_still_be_sent(self, tmp_path):
        path = os.fsencode(tmp_path) + b"/\xff.png"
        try:
            Path(os.fsdecode(path)).write_bytes(PNG)
        except OSError:
            pytest.skip("this file system has UTF-8 names only")
        assert file_source(Path(os.fsdecode(path))).name == "\ufffd.png"

    def test_any_path_like_object_will_do(self, photo):
        class Like:
            def __init__(self, path):
                self.path = path

            def __fspath__(self):
                return self.path

        assert content(file_source(Like(str(photo)))) == PNG
        assert content(file_source(Like(os.fsencode(photo)))) == PNG
        with os.scandir(photo.parent) as entries:
            assert content(file_source(next(entries))) == PNG

    def test_an_empty_file_works(self, tmp_path):
        path = tmp_path / "empty.txt"
        path.touch()
        source = file_source(path)
        assert (source.size, content(source)) == (0, b"")

    def test_what_does_not_exist_is_refused_with_its_place(self, tmp_path):
        with pytest.raises(InvalidInput, match=r"input\.image: '.*gone\.png' cannot be read: No such file") as caught:
            file_source(tmp_path / "gone.png", where="input.image")
        assert caught.value.path == "input.image"

    def test_a_folder_is_refused(self, tmp_path):
        with pytest.raises(InvalidInput, match="is a folder"):
            file_source(tmp_path)

    def test_a_path_with_a_zero_byte_is_refused(self):
        with pytest.raises(InvalidInput, match="null"):
            file_source(Path("a\0b"))

    @pytest.mark.skipif(not Path("/dev/null").exists(), reason="no devices here")
    def test_a_device_is_refused_with_what_to_do(self):
        with pytest.raises(InvalidInput, match="open it and give the file object"):
            file_source(Path("/dev/null"))

    def test_what_is_too_long_is_refused_with_what_to_do(self, tmp_path):
        path = tmp_path / "film.mp4"
        with path.open("wb") as file:
            file.truncate(UPLOAD_LIMIT + 1)
        with pytest.raises(FileTooLargeError, match=r"'film\.mp4' is 100\.0 MiB long.*HTTPS URL") as caught:
            file_source(path, where="input.video")
        assert caught.value.path == "input.video"

    def test_exactly_the_limit_is_taken(self, tmp_path):
        path = tmp_path / "film.mp4"
        with path.open("wb") as file:
            file.truncate(UPLOAD_LIMIT)
        assert file_source(path).size == UPLOAD_LIMIT

    @pytest.mark.parametrize("data", [PNG + b"more", PNG[:-1], b""])
    def test_a_file_that_changes_meanwhile_is_an_error(self, photo, data):
        source = file_source(photo, where="input.image")
        photo.write_bytes(data)
        with pytest.raises(InvalidInput, match=r"input\.image: 'photo\.png' changed while it was read"):
            content(source)

    def test_a_file_that_vanishes_meanwhile_is_an_error(self, photo):
        source = file_source(photo)
        photo.unlink()
        with pytest.raises(InvalidInput, match="No such file"):
            content(source)

    def test_a_file_that_is_given_up_half_read_is_closed(self, tmp_path):
        path = tmp_path / "long.bin"
        path.write_bytes(LONG)
        chunks = file_source(path).chunks(10)
        assert next(chunks) == LONG[:10]
        chunks.close()  # an open file would be a ResourceWarning, which is an error here

    def test_a_long_file_is_never_whole_in_memory(self, tmp_path):
        path = tmp_path / "long.bin"
        with path.open("wb") as file:
            file.truncate(30 * 2**20)
        tracemalloc.start()
        try:
            assert sum(len(chunk) for chunk in file_source(path).chunks()) == 30 * 2**20
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 1_000_000


class TestBytes:
    @pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
    def test_bytes_are_a_file_named_by_what_they_are(self, kind):
        source = file_source(kind(PNG))
        assert (source.name, source.media_type, source.size) == ("file.png", "image/png", len(PNG))
        assert content(source) == PNG
        assert content(source) == PNG

    def test_unknown_bytes_are_just_bytes(self):
        source = file_source(b"\0\1")
        assert (source.name, source.media_type) == ("file.bin", "application/octet-stream")

    @pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
    def test_no_bytes_are_an_empty_file(self, kind):
        source = file_source(kind(b""))
        assert (source.size, content(source)) == (0, b"")

    def test_views_of_other_shapes_are_sent_as_their_bytes(self):
        wide = memoryview(PNG[:104]).cast("I")
        assert content(file_source(wide)) == PNG[:104]
        assert file_source(wide).size == 104
        assert content(file_source(memoryview(PNG)[::2])) == PNG[::2]
        assert content(file_source(memoryview(b"").cast("I"))) == b""

    def test_a_bytearray_can_grow_before_and_after_but_not_unnoticed(self):
        data = bytearray(LONG)
        source = file_source(data)
        data.append(1)
        with pytest.raises(InvalidInput, match="changed while it was read"):
            content(source)
        data.append(2)

    def test_chunks_are_as_long_as_wished(self):
        assert [len(chunk) for chunk in file_source(LONG).chunks(100_000)] == [
            100_000,
            100_000,
            100_000,
            7200,
        ]
        assert max(len(chunk) for chunk in file_source(LONG).chunks()) == CHUNK

    def test_too_many_bytes_are_refused(self):
        with pytest.raises(FileTooLargeError):
            file_source(bytes(UPLOAD_LIMIT + 1))


class TestFileObjects:
    @pytest.mark.parametrize("data", [b"", PNG, LONG], ids=["empty", "short", "long"])
    def test_a_binary_file_has_name_type_and_size(self, tmp_path, data):
        path = tmp_path / "photo.png"
        path.write_bytes(data)
        with path.open("rb") as file:
            source = file_source(file)
            assert (source.name, source.media_type, source.size) == ("photo.png", "image/png", len(data))
            assert source.replayable
            assert content(source) == data
            assert content(source) == data

    @pytest.mark.parametrize("data", [PNG, LONG], ids=["short", "long"])
    def test_it_is_read_from_where_it_stands_and_left_there(self, data):
        file = io.BytesIO(b"header" + data)
        file.seek(6)
        source = file_source(file)
        assert file.tell() == 6
        assert source.size == len(data)
        assert content(source) == data
        assert file.tell() == 6
        assert content(file_source(file)) == data

    def test_it_is_put_back_where_reading_is_given_up(self):
        file = io.BytesIO(LONG)
        chunks = file_source(file).chunks(10)
        next(chunks)
        assert file.tell() == 10
        chunks.close()
        assert file.tell() == 0

    def test_at_its_end_it_is_empty(self):
        file = io.BytesIO(PNG)
        file.read()
        assert file_source(file).size == 0

    @pytest.mark.parametrize("length", [0, 10, INLINE_LIMIT, INLINE_LIMIT + 1, 1_000_000])
    def test_a_stream_that_cannot_seek_is_read_once(self, length):
        data = (LONG * 4)[:length]
        source = file_source(Pipe(data), where="input.audio")
        assert source.size == (length if length <= INLINE_LIMIT else None)
        assert source.replayable is (length <= INLINE_LIMIT)
        assert content(source) == data
        if not source.replayable:
            with pytest.raises(InvalidInput, match=r"input\.audio: .*has been read before"):
                content(source)

    def test_a_stream_may_give_byte_after_byte(self):
        assert content(file_source(Pipe(LONG, step=1))) == LONG

    def test_a_stream_is_not_read_further_than_needed_beforehand(self):
        pipe = Pipe(bytes(5_000_000))
        file_source(pipe)
        assert pipe.data.tell() <= INLINE_LIMIT + CHUNK

    def test_a_stream_that_turns_out_too_long_is_stopped(self):
        class Endless:
            def read(self, size):
                return bytes(size)

        with pytest.raises(FileTooLargeError):
            for _ in file_source(Endless()).chunks(2**20):
                pass

    def test_a_real_pipe_works(self):
        reading, writing = os.pipe()
        with os.fdopen(reading, "rb") as file:
            with os.fdopen(writing, "wb") as other:
                other.write(PNG)
            source = file_source(file)
        assert (source.name, source.media_type, content(source)) == ("file.png", "image/png", PNG)

    def test_the_output_of_a_process_works(self):
        code = "import sys; sys.stdout.buffer.write(bytes(300_000))"
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
            source = file_source(process.stdout)
            assert source.size is None
            assert content(source) == bytes(300_000)

    @pytest.mark.parametrize("text", ["", "Grüße 👋\n", "ä\n" * 200_000], ids=["empty", "short", "long"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
    def test_text_is_sent_as_utf8(self, tmp_path, text, encoding):
        if encoding == "latin-1":
            text = text.replace("👋", "!")
        path = tmp_path / "words.md"
        path.write_text(text, encoding=encoding)
        with path.open(encoding=encoding) as file:
            source = file_source(file)
            assert content(source) == text.encode()
            assert content(source) == text.encode()
            assert source.size == len(text.encode())
            assert file.read() == text
        if text:
            assert source.media_type == "text/markdown; charset=utf-8"

    def test_text_is_read_from_where_it_stands(self):
        file = io.StringIO("ab\ncd" + "é" * 300_000)
        assert file.readline() == "ab\n"
        source = file_source(file)
        assert content(source) == ("cd" + "é" * 300_000).encode()
        assert file.read(2) == "cd"

    def test_text_without_a_name_is_a_text_file(self):
        source = file_source(io.StringIO("a"))
        assert (source.name, source.media_type) == ("file.txt", "text/plain; charset=utf-8")

    def test_text_of_another_kind_keeps_its_kind(self):
        file = io.StringIO('{"a": 1}')
        file.name = "a.json"
        assert file_source(file).media_type == "application/json"

    def test_text_that_is_no_text_is_refused(self, tmp_path):
        path = tmp_path / "a.txt"
        path.write_bytes(b"\xff\xff")
        with path.open(encoding="utf-8") as file, pytest.raises(InvalidInput, match="its text is not"):
            file_source(file, where="input.text")
        with (
            path.open(encoding="utf-8", errors="surrogateescape") as file,
            pytest.raises(InvalidInput, match="its text is not"),
        ):
            file_source(file)

    def test_text_in_the_midst_of_iteration_is_read_on_from_there(self, tmp_path):
        path = tmp_path / "a.txt"
        path.write_text("a\nb\nc\n")
        with path.open() as file:
            next(file)
            assert content(file_source(file)) == b"b\nc\n"

    def test_files_of_the_standard_library_work(self, tmp_path):
        packed = tmp_path / "a.bin.gz"
        packed.write_bytes(gzip.compress(LONG))
        with gzip.open(packed) as file:
            source = file_source(file)
            assert (source.name, source.size, content(source)) == ("a.bin", len(LONG), LONG)
        words = tmp_path / "words.md.gz"
        words.write_bytes(gzip.compress(b"words"))
        with gzip.open(words, "rt") as file:
            assert file_source(file).media_type == "text/markdown; charset=utf-8"
        archive = tmp_path / "a.zip"
        with zipfile.ZipFile(archive, "w") as bundle:
            bundle.writestr("folder/inner.bin", LONG)
        with zipfile.ZipFile(archive) as bundle, bundle.open("folder/inner.bin") as file:
            source = file_source(file)
            assert (source.name, source.size, content(source)) == ("inner.bin", len(LONG), LONG)
        for make in (tempfile.TemporaryFile, tempfile.NamedTemporaryFile, tempfile.SpooledTemporaryFile):
            with make() as file:
                file.write(LONG)
                file.seek(0)
                assert content(file_source(file)) == LONG
        with mmap.mmap(-1, 1000) as file:
            assert file_source(file).size == 1000

    def test_names_that_are_none_are_not_taken(self):
        for name in (3, "<stdin>", "", None, b"a", "folder/"):
            file = io.BytesIO(PNG)
            file.name = name
            assert file_source(file).name in {"file.png", "folder"}

    def test_what_an_upload_in_a_web_framework_is_called_goes_first(self):
        file = io.BytesIO(PNG)
        file.name, file.filename = "field", "holiday.png"
        assert file_source(file).name == "holiday.png"

    def test_a_closed_file_is_refused(self, photo):
        with photo.open("rb") as file:
            pass
        with pytest.raises(InvalidInput, match="closed"):
            file_source(file)

    def test_a_file_that_is_closed_before_it_is_sent_is_refused(self):
        file = io.BytesIO(LONG)
        source = file_source(file, where="input.a")
        file.close()
        with pytest.raises(InvalidInput, match=r"input\.a: .*closed"):
            content(source)

    def test_a_file_that_is_open_for_writing_only_is_refused(self, tmp_path):
        with (tmp_path / "a").open("wb") as file, pytest.raises(InvalidInput, match="read"):
            file_source(file)

    def test_an_asynchronous_file_is_refused_with_what_to_do(self):
        class Upload:
            async def read(self, size=-1):
                return b""

            async def seek(self, at):
                pass

        with pytest.raises(InvalidInput, match="asynchronous: read it first"):
            file_source(Upload())

    @pytest.mark.parametrize(
        ("answer", "why"),
        [(None, "nothing to read yet"), (3, "returned int"), (["a"], "returned list"), (b"", None)],
    )
    def test_a_read_that_gives_no_bytes_is_refused(self, answer, why):
        class Odd:
            def read(self, size):
                return answer

        with pytest.raises(InvalidInput, match=why) if why else contextlib.nullcontext():
            file_source(Odd())

    def test_a_read_that_fails_is_refused_with_the_reason(self):
        class Broken:
            def read(self, size):
                raise OSError(5, "Input/output error")

        class Whole:
            def read(self):
                return b""

        with pytest.raises(InvalidInput, match="Input/output error"):
            file_source(Broken())
        with pytest.raises(InvalidInput, match="positional argument"):
            file_source(Whole())

    def test_a_read_that_gives_a_bytearray_works(self):
        class Odd:
            def read(self, size):
                return pieces.pop(0)

        pieces = [bytearray(b"ab"), memoryview(b"cd"), b""]
        assert content(file_source(Odd())) == b"abcd"


def read_picture(image, picture):
    """The picture that a server gets."""
    sent = image.open(io.BytesIO(b"".join(file_source(picture).chunks())))
    sent.load()
    return sent


class TestPictures:
    @pytest.fixture
    def image(self):
        return pytest.importorskip("PIL.Image")

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
    def test_a_picture_is_sent_as_png_and_loses_nothing(self, image, mode):
        picture = image.new(mode, (5, 4), 1)
        source = file_source(picture)
        assert (source.name, source.media_type) == ("image.png", "image/png")
        with image.open(io.BytesIO(content(source))) as back:
            assert back.size == (5, 4)
            assert back.convert(mode).tobytes() == picture.tobytes()

    @pytest.mark.parametrize(("mode", "then"), [("CMYK", "RGB"), ("YCbCr", "RGB"), ("HSV", "RGB"), ("PA", "RGBA")])
    def test_modes_that_png_does_not_have_become_rgb(self, image, mode, then):
        with image.open(io.BytesIO(content(file_source(image.new(mode, (3, 3)))))) as back:
            assert (back.format, back.mode) == ("PNG", then)

    @pytest.mark.parametrize(("mode", "point"), [("F", 0.25), ("I", 100_000)])
    def test_32_bits_to_a_point_are_sent_as_tiff(self, image, mode, point):
        source = file_source(image.new(mode, (3, 3), point))
        assert (source.name, source.media_type) == ("image.tiff", "image/tiff")
        with image.open(io.BytesIO(content(source))) as back:
            assert back.getpixel((0, 0)) == point

    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
    def test_a_picture_is_sent_as_viewers_show_it(self, image, tmp_path, orientation, form):
        from PIL import ImageOps

        made = image.linear_gradient("L").resize((40, 20)).convert("RGB")
        exif = image.Exif()
        exif[0x0112] = orientation
        made.save(tmp_path / "phone", format=form, exif=exif)
        with image.open(tmp_path / "phone") as opened:
            sent = read_picture(image, opened)
            assert opened.size == (40, 20)
        with image.open(tmp_path / "phone") as opened:
            seen = ImageOps.exif_transpose(opened)
        assert sent.size == ((40, 20) if orientation < 5 else (20, 40))
        assert sent.tobytes() == seen.tobytes()
        assert sent.getexif().get(0x0112, 1) == 1

    def test_broken_exif_data_is_ignored(self, image):
        picture = image.new("RGB", (40, 20))
        picture.info["exif"] = b"Exif\0\0II*\0\xff\xff\xff\xff"
        assert read_picture(image, picture).size == (40, 20)

    def test_a_colour_profile_of_another_mode_is_not_sent(self, image):
        picture = image.new("CMYK", (4, 4))
        picture.info["icc_profile"] = b"a profile for CMYK"
        assert "icc_profile" not in read_picture(image, picture).info

    def test_a_picture_from_a_file_keeps_its_name(self, image, tmp_path):
        image.new("RGB", (3, 3)).save(tmp_path / "holiday.jpg")
        with image.open(tmp_path / "holiday.jpg") as picture:
            assert file_source(picture).name == "holiday.png"

    def test_a_picture_that_cannot_be_written_is_refused(self, image):
        with pytest.raises(InvalidInput, match=r"this image \(mode RGB, \(0, 0\)\) cannot be read"):
            file_source(image.new("RGB", (0, 0)))

    def test_pillow_is_not_imported_for_this(self):
        code = "import sys, replicatekit._inputs.file_sources as s; s.is_file(3); print('PIL' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"False\n"


def test_what_is_a_file_is_known():
    assert all(is_file(value) for value in (Path("a"), b"", bytearray(), memoryview(b""), io.BytesIO(), io.StringIO()))
    assert not any(is_file(value) for value in ("a.png", 3, None, [], io.BytesIO, Path, object()))


def test_what_is_no_file_is_refused():
    with pytest.raises(InvalidInput, match="must be a path, bytes, a file object or a PIL image, not str"):
        file_source("a.png")


def test_one_file_has_one_identity_however_it_is_named(photo, monkeypatch):
    monkeypatch.chdir(photo.parent)
    assert identity(photo) == identity(Path("photo.png")) == identity(Path("../") / photo.parent.name / "photo.png")
    assert identity(photo) != identity(photo.with_name("other.png"))
    data = bytearray(b"a")
    assert identity(data) == identity(data)
    assert identity(data) != identity(bytearray(b"a"))
