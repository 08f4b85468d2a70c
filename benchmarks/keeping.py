"""Where measured tables are kept: sections of RESULTS.md, and places between two marks in the documentation."""

from __future__ import annotations

from pathlib import Path

__all__ = ["replaced", "shown", "told"]

RESULTS = Path(__file__).parent / "RESULTS.md"
PAGES = Path(__file__).parents[1] / "docs"
END = "<!-- to here -->"


def shown(title: str, head: str, lines: list[str], *, write: bool) -> None:
    """Print a section: its title, what it was measured with and on, its lines. With `write` RESULTS.md keeps it."""
    section = "\n".join([title, "", head, "", *lines]).rstrip() + "\n"
    print(section)
    if write:
        replaced(title, section)


def replaced(title: str, section: str) -> None:
    """Put the section where the one of the same title stands in RESULTS.md, or at the end."""
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.is_file() else "# Results\n\n"
    start = text.find(title + "\n")
    if start < 0:
        text = text.rstrip() + "\n\n" + section
    else:
        end = text.find("\n## ", start + 1)
        text = text[:start] + section + (text[end:] if end >= 0 else "")
    RESULTS.write_text(text, encoding="utf-8")


def told(page: str, command: str, lines: list[str]) -> None:
    """Put the lines between the marks of this command in a page of the documentation, named from `docs`."""
    path, begin = PAGES / page, f"<!-- {command}: from here -->"
    before, _, rest = path.read_text(encoding="utf-8").partition(begin)
    after = rest.partition(END)[2]
    if not rest or not after:
        raise SystemExit(f"{path} has no lines {begin} and {END}")
    path.write_text(f"{before}{begin}\n\n" + "\n".join(lines) + f"\n\n{END}{after}", encoding="utf-8")
