"""Makes PDF/A-3u of our own pages with WeasyPrint, in a process of its own that the worker starts (`pressing.py`).

Reads requests on its input, answers on its output: a line of JSON with the lengths of what follows. It is given all
that a page shows; while it renders, nothing is fetched from a network and no file is read but its own program's.
"""

import contextlib
import ctypes
import gc
import io
import json
import os
import re
import resource
import signal
import sys
import time
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import escape

#: address space of the process
_MEMORY_BYTES = 1536 * 1024 * 1024
_PR_SET_PDEATHSIG = 1

#: what no page shows: controls, and what turns the direction of everything behind it
_INVISIBLE = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff0-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
_OWN_LETTERS = "\t\n\r"

_FIRST_PAGE = '<p>A <b>A</b><svg viewBox="0 0 9 9"><path d="M0 0L9 9"/></svg><table><tr><td>A</table>'

_CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>{fonts}<cachedir>{cache}</cachedir></fontconfig>
"""


def main() -> None:
    """Answers until the input ends: whoever asks has gone.

    Arguments: a folder for its cache, the style sheet, TrueType files.
    """
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    folder, style, *fonts = sys.argv[1:]
    try:
        press = Press(Path(folder), Path(style), [Path(one) for one in fonts])
        said: dict[str, Any] = {"ready": True, **press.parts}
    except Exception as error:
        press, said = None, {"failed": f"{type(error).__name__}: {error}"[:300]}
    _say(answers, said)
    while press is not None and (line := sys.stdin.buffer.readline()):
        request = json.loads(line)
        given = [sys.stdin.buffer.read(length) for length in request["lengths"]]
        _answer(answers, press, request, given)


def _answer(answers: IO[bytes], press: "Press", request: dict[str, Any], given: list[bytes]) -> None:
    began = time.perf_counter()
    try:
        pictures = dict(zip(request["pictures"], given[2:], strict=True))
        pdf, found = press.pdf_of(given[0].decode(), given[1], pictures, request)
    except MemoryError:
        _say(answers, {"failed": "no memory"})
        os._exit(1)  # whatever is left of it may be broken
    except Exception as error:
        _say(answers, {"failed": f"{type(error).__name__}: {error}"[:300]})
        return
    taken_ms = round((time.perf_counter() - began) * 1000)
    _say(answers, {**found, "memory_kb": _memory_kb(), "taken_ms": taken_ms, "length": len(pdf)}, pdf)
    gc.collect()  # between two reports, not in the middle of one


def _say(answers: IO[bytes], said: dict[str, Any], pdf: bytes = b"") -> None:
    answers.write(json.dumps(said).encode() + b"\n" + pdf)
    answers.flush()


def _memory_kb() -> int:
    """Resident memory now; 0 where nobody says."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


class Press:
    """WeasyPrint with our fonts and style sheet read once."""

    def __init__(self, folder: Path, style: Path, fonts: list[Path]) -> None:
        os.environ["FONTCONFIG_FILE"] = str(_configured(folder, fonts))
        import weasyprint
        from fontTools.ttLib import TTFont
        from weasyprint.text.ffi import harfbuzz_subset
        from weasyprint.text.fonts import FontConfiguration

        self._weasyprint = weasyprint
        self._fonts = FontConfiguration()
        self._letters = {ord(letter) for letter in _OWN_LETTERS}.union(*(_letters_of(TTFont(font)) for font in fonts))
        self._guard = _Guard()
        self._style = weasyprint.CSS(string=style.read_text(encoding="utf-8"), font_config=self._fonts,
                                     url_fetcher=self._guard)  # fmt: skip
        #: what was found, for the health check
        self.parts = {"weasyprint": weasyprint.VERSION, "subset": harfbuzz_subset is not None}
        # what is imported late is imported before the guard stands
        self.pdf_of(_FIRST_PAGE, b"{}", {}, {"title": "", "at": "2026-01-01T00:00:00+00:00", "evidence_name": "a.json"})
        self._guard.stand()
        gc.collect()
        gc.freeze()
        gc.disable()

    def pdf_of(
        self, page: str, evidence: bytes, pictures: dict[str, bytes], about: dict[str, Any]
    ) -> tuple[bytes, dict[str, Any]]:
        """The PDF of a page, with its evidence attached, and what is told of it."""
        at = datetime.fromisoformat(about["at"])
        with self._guard.serving(pictures):
            attached = self._weasyprint.Attachment(
                file_obj=io.BytesIO(evidence), name=about["evidence_name"], description=about["title"],
                created=at, modified=at, relationship="Data", url_fetcher=self._guard,
            )  # fmt: skip
            html = self._weasyprint.HTML(string=self.printable(page), base_url="report:", url_fetcher=self._guard)
            options = {"stylesheets": [self._style], "pdf_variant": "pdf/a-3u", "pdf_tags": True,
                       "attachments": [attached]}  # fmt: skip
            document = html.render(font_config=self._fonts, **options)
            pdf = document.write_pdf(**options)
        return pdf, {"pages": len(document.pages), "refused": self._guard.taken_refusals()}

    def printable(self, text: str) -> str:
        """Text of which every letter has a glyph: what nobody sees is left out, what the fonts lack is named."""
        text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
        lacking = {letter for letter in set(text) if ord(letter) not in self._letters}
        return text.translate({ord(letter): f"〔U+{ord(letter):04X}〕" for letter in lacking}) if lacking else text


class _Guard:
    """Serves the pictures that were handed over, and nothing else."""

    def __init__(self) -> None:
        self._pictures: dict[str, bytes] = {}
        self._refused: list[str] = []
        self._is_rendering = False

    #: WeasyPrint asks for it: what could not be fetched is left out, and told
    _fail_on_errors = False

    def __call__(self, url: str) -> Any:
        """What WeasyPrint fetches with."""
        from weasyprint.urls import URLFetcherResponse

        name = url.removeprefix("report:")
        if name == url or name not in self._pictures:
            self._refused.append(url[:200])
            raise ValueError("only what was handed over is shown")
        return URLFetcherResponse(url, self._pictures[name], {"Content-Type": "image/jpeg"})

    @contextlib.contextmanager
    def serving(self, pictures: dict[str, bytes]) -> Iterator[None]:
        self._pictures, self._is_rendering = pictures, True
        try:
            yield
        finally:
            self._pictures, self._is_rendering = {}, False

    def taken_refusals(self) -> list[str]:
        found, self._refused = self._refused, []
        return found

    def stand(self) -> None:
        """From now on nothing is opened while a page is rendered, whatever asks for it; for good."""
        sys.addaudithook(self._hear)

    def _hear(self, event: str, given: tuple[Any, ...]) -> None:
        if not self._is_rendering or event not in _WATCHED:
            return
        if event == "open" and _is_own(given[0], given[2]):
            return
        self._refused.append(f"{event} {given[0] if given else ''}"[:200])
        raise PermissionError("nothing is opened while a page is rendered")


_WATCHED = frozenset({"open", "socket.connect", "socket.getaddrinfo", "socket.bind", "socket.sendto", "urllib.Request",
                      "subprocess.Popen", "os.system", "os.exec", "os.fork", "os.posix_spawn"})  # fmt: skip
_PROGRAM = tuple({str(Path(one).resolve()) for one in (sys.prefix, sys.base_prefix, *sys.path) if one})


def _is_own(path: Any, flags: int) -> bool:
    """Whether a file is read that belongs to the program: a module imported late, a colour profile."""
    if not isinstance(path, str | bytes) or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        return False
    real = os.path.realpath(os.fsdecode(path))
    return real.startswith(_PROGRAM) and ("/site-packages/" in real or real.endswith((".py", ".pyc", ".so")))


def _letters_of(font: Any) -> set[int]:
    with font:
        return set(font.getBestCmap())


def _configured(folder: Path, fonts: list[Path]) -> Path:
    """A configuration in which there are our fonts alone."""
    path = folder / "fonts.conf"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    places = "".join(f"<dir>{escape(one)}</dir>" for one in sorted({str(font.parent) for font in fonts}))
    text = _CONFIGURATION.format(fonts=places, cache=escape(str(folder)))
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    return path


if __name__ == "__main__":
    main()
