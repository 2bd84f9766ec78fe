"""Sample files of the demo: a WAV tone and a ZIP of text."""

import io
import math
import struct
import wave
import zipfile


def tone() -> bytes:
    """Return two seconds of a rising tone as a WAV file (88 KB)."""
    rate = 22_050
    samples = (
        int(12_000 * math.sin(2 * math.pi * (440 + 110 * n / rate) * n / rate))
        for n in range(2 * rate)
    )
    content = io.BytesIO()
    with wave.open(content, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return content.getvalue()


def guide() -> bytes:
    """Return a ZIP archive of a few chapters of plain text (some 30 KB)."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for chapter in range(1, 4):
            lines = (f"Chapter {chapter}, line {line}: read slowly.\n" for line in range(1, 301))
            archive.writestr(f"chapter-{chapter}.txt", "".join(lines))
    return content.getvalue()
