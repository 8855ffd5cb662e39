"""Media types and extensions, the same on every machine."""

from __future__ import annotations

__all__ = ["BY_EXTENSION", "EXTENSIONS", "PACKINGS"]

# `mimetypes` reads the machine's own files and registry, and each Python knows a few types more than the one
# before it: what models take and return is fixed here, so that a file is the same thing on every machine.
# The first extension of a type is the usual one.
_TYPES: dict[str, tuple[str, ...]] = {
    "application/epub+zip": (".epub",),
    "application/gzip": (".gz",),
    "application/json": (".json",),
    "application/jsonl": (".jsonl",),
    "application/octet-stream": (".bin", ".ckpt", ".gguf", ".npy", ".onnx", ".pkl", ".pt", ".pth", ".safetensors"),
    "application/pdf": (".pdf",),
    "application/toml": (".toml",),
    "application/vnd.apache.parquet": (".parquet",),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": (".pptx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (".xlsx",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
    "application/vnd.rar": (".rar",),
    "application/x-7z-compressed": (".7z",),
    "application/x-ndjson": (".ndjson",),
    "application/x-subrip": (".srt",),
    "application/x-tar": (".tar",),
    "application/xml": (".xml",),
    "application/yaml": (".yaml", ".yml"),
    "application/zip": (".zip", ".npz"),
    "application/zstd": (".zst",),
    "audio/aac": (".aac",),
    "audio/amr": (".amr",),
    "audio/flac": (".flac",),
    "audio/midi": (".mid", ".midi"),
    "audio/mp4": (".m4a",),
    "audio/mpeg": (".mp3",),
    "audio/ogg": (".ogg", ".oga", ".opus"),
    "audio/wav": (".wav",),
    "audio/webm": (".weba",),
    "audio/x-ms-wma": (".wma",),
    "font/otf": (".otf",),
    "font/ttf": (".ttf",),
    "font/woff": (".woff",),
    "font/woff2": (".woff2",),
    "image/avif": (".avif",),
    "image/bmp": (".bmp",),
    "image/gif": (".gif",),
    "image/heic": (".heic",),
    "image/heif": (".heif",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/jxl": (".jxl",),
    "image/png": (".png",),
    "image/svg+xml": (".svg",),
    "image/tiff": (".tiff", ".tif"),
    "image/vnd.adobe.photoshop": (".psd",),
    "image/webp": (".webp",),
    "image/x-exr": (".exr",),
    "image/x-icon": (".ico",),
    "model/gltf+json": (".gltf",),
    "model/gltf-binary": (".glb",),
    "model/obj": (".obj",),
    "model/ply": (".ply",),
    "model/stl": (".stl",),
    "model/vnd.usdz+zip": (".usdz",),
    "text/csv": (".csv",),
    "text/html": (".html", ".htm"),
    "text/javascript": (".js", ".mjs"),
    "text/markdown": (".md", ".markdown"),
    "text/plain": (".txt", ".log"),
    "text/rtf": (".rtf",),
    "text/vtt": (".vtt",),
    "text/x-rst": (".rst",),
    "video/3gpp": (".3gp",),
    "video/mp2t": (".ts",),
    "video/mp4": (".mp4",),
    "video/ogg": (".ogv",),
    "video/quicktime": (".mov",),
    "video/webm": (".webm",),
    "video/x-m4v": (".m4v",),
    "video/x-matroska": (".mkv",),
    "video/x-ms-wmv": (".wmv",),
}
# Other common spellings of types.
_ALIASES = {
    "application/x-gzip": ".gz",
    "application/x-zip-compressed": ".zip",
    "audio/m4a": ".m4a",
    "audio/mp3": ".mp3",
    "audio/vnd.wave": ".wav",
    "audio/wave": ".wav",
    "audio/x-flac": ".flac",
    "audio/x-m4a": ".m4a",
    "audio/x-wav": ".wav",
    "image/jpg": ".jpg",
    "image/x-ms-bmp": ".bmp",
}

BY_EXTENSION = {extension: media_type for media_type, extensions in _TYPES.items() for extension in extensions}
EXTENSIONS = {**{media_type: extensions[0] for media_type, extensions in _TYPES.items()}, **_ALIASES}

# What a name such as `x.tar.gz` is as a whole: the packing, not what is packed.
PACKINGS = {
    "gzip": "application/gzip",
    "bzip2": "application/x-bzip2",
    "xz": "application/x-xz",
    "compress": "application/x-compress",
}
