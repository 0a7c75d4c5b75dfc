"""Make the book as one file: dist/veth-VERSION.epub or dist/veth-VERSION.pdf.

usage: editions.py epub|pdf

Both come from the chapters by Sphinx, with the outputs that `make book` keeps (cells that have not been run are run
now). The PDF is printed by a headless Chromium in this machine's fonts; one of them should have Chinese, for the
article's title. The same clone gives the same bytes, the PDF with the same Chromium and fonts.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from datetime import datetime
from pathlib import Path

import yaml
from jupyter_book.sphinx import build_sphinx

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "book" / "_ext"))

import built_from  # noqa: E402

BUILD = ROOT / "_build"
NAME = "veth"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
NO_BROWSER = f"""No Chromium to print the PDF with: I looked for {', '.join(BROWSERS)}.
On Debian and Ubuntu: sudo apt install chromium. The EPUB needs none: make epub"""
OTHER_FILE = re.compile(r'(<a [^>]*?)href="(?!https?:|#)[^"]*"')  # a link to a page that the one page has not
FOR_SCREENS = {"sphinx_book_theme", "sphinx_copybutton", "sphinx_togglebutton"}
PAGES = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["sphinx"]["config"]
SETTINGS = {
    "external_toc_path": str(ROOT / "_toc.yml"),
    "latex_individualpages": False,
    "nitpicky": True,
    "nb_execution_cache_path": str(BUILD / ".jupyter_cache"),
    "extensions": [*(name for name in PAGES["extensions"] if name not in FOR_SCREENS), "one_file"],
    "html_css_files": ["one_file.css"],
    "html_show_sourcelink": False,
    "html_use_index": False,
    "html_permalinks": False,
    "epub_basename": NAME,
    "epub_theme_options": {"relbar1": False, "footer": False},
    "epub_css_files": ["one_file.css"],
    "epub_description": "How Linux veth works, by running it",
    "epub_identifier": "vethkernel-book",
    "epub_uid": "vethkernel-book",
    "epub_show_urls": "no",
    "epub_use_index": True,
    "epub_tocscope": "includehidden",
    "epub_exclude_files": ["index.html", "_static/*.js", "_static/*.png", "_static/*.svg",
                           "_static/book.css", "_static/paper.css", "_static/basic.css", "_static/epub.css"],
}


def sphinx(builder: str) -> Path:
    """Build afresh in a folder of its own, since one builder's environment is not another's; where the pages are."""
    pages = BUILD / builder / "pages"
    shutil.rmtree(pages.parent, ignore_errors=True)
    paper = {"html_theme": "basic", "html_css_files": ["one_file.css", "paper.css"]} if builder == "singlehtml" else {}
    status = build_sphinx(
        str(ROOT), str(pages), builder=builder, doctreedir=str(pages.parent / "doctrees"), noconfig=True,
        path_config=str(ROOT / "_config.yml"), confoverrides={**SETTINGS, **paper},
        quiet=True, warningiserror=True, keep_going=True)
    if status:
        sys.exit(f"The {builder} build failed; see above.")
    return pages


def epub(target: Path, moment: datetime) -> None:
    """Sphinx's EPUB, packed again with its files in order and all times that of the sources."""
    with zipfile.ZipFile(sphinx("epub") / f"{NAME}.epub") as made, zipfile.ZipFile(target, "w") as packed:
        for name in ["mimetype", *sorted(set(made.namelist()) - {"mimetype"})]:
            entry = zipfile.ZipInfo(name, moment.timetuple()[:6])
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, made.read(name), zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)


def pdf(target: Path, moment: datetime) -> None:
    """The whole book as one page, printed; the times in the file are that of the sources."""
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if not browser:
        sys.exit(NO_BROWSER)
    pages = sphinx("singlehtml")
    page = pages / "book.html"  # from where its links to files are right
    text = (pages / "book" / "index.html").read_text("utf-8")
    text = text.replace('href="book/index.html#', 'href="#')
    page.write_text(OTHER_FILE.sub(r"\1", text), "utf-8")
    target.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        printing = subprocess.run(
            [browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={profile}",
             "--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND",
             "--generate-pdf-document-outline", "--no-pdf-header-footer", f"--print-to-pdf={target}", page.as_uri()],
            capture_output=True, text=True, check=False)
    if printing.returncode or not target.exists():
        sys.exit(f"Chromium could not print {page}:\n{printing.stderr}")
    stamp = moment.strftime("D:%Y%m%d%H%M%S+00'00'").encode()
    target.write_bytes(re.sub(rb"D:\d{14}\+00'00'", stamp, target.read_bytes()))


def main(what: str) -> None:
    moment = built_from.for_files()
    target = ROOT / "dist" / f"{NAME}-{built_from.version()}.{what}"
    target.parent.mkdir(exist_ok=True)
    {"epub": epub, "pdf": pdf}[what](target, moment)
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    if sys.argv[1:] not in (["epub"], ["pdf"]):
        sys.exit(__doc__)
    main(sys.argv[1])
