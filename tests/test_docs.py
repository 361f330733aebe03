"""The pages' code can be pasted as it stands; that it runs, their doctests show."""

from codeop import compile_command
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("[!_]*.rst"))]
PAGES += sorted((ROOT / "docs/user_guide").glob("*.rst"))
PAGES += sorted((ROOT / "docs/coming_from").glob("*.rst"))


def pasted(text):
    """Lines of the code examples without their prompts, as the copy button has them."""
    for line in text.splitlines():
        prompt, _, code = line.strip().partition(" ")
        if prompt in (">>>", "..."):
            yield code


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_prompt_takes_the_code_line_by_line(page):
    """Such as a function, which a prompt takes as complete after an empty line only."""
    statement = []
    for line in pasted(page.read_text(encoding="utf-8")):
        statement.append(line)
        if compile_command("\n".join(statement)) is not None:
            statement.clear()
    assert not any(statement)
