"""All code of all pages is in a form that the tests of the docs read."""

import pytest

from fences import PAGES, ROOT, Fence, fences


@pytest.mark.parametrize("page", PAGES)
def test_every_block_of_code_on_a_page_is_read(page: str) -> None:
    fences((ROOT / page).read_text(encoding="utf-8"))


def test_blocks_in_tabs_with_titles_and_output_are_read() -> None:
    text = (
        'First.\n\nThen:\n\n=== "Flask"\n\n    ```python title="app.py"\n    if x:\n\n'
        "        print(1)\n    ```\n\n    ```text\n    1\n    ```\n\nEnd.\n\n```sh\nls\n```\n"
    )
    program, output, commands = fences(text)
    assert program == Fence(
        "python", "if x:\n\n    print(1)\n", 8, "app.py", '=== "Flask"', output="1\n"
    )
    assert (output.language, output.code) == ("text", "1\n")
    assert commands == Fence("sh", "ls\n", 20, "", "End.")


@pytest.mark.parametrize(
    "text",
    [
        "```\nls\n```",
        "```console\n$ ls\n```",
        "```Python\nprint(1)\n```",
        "```python\nprint(1)",
        "```python\nprint(1)\n``` ",
        "```python\nprint(1)\n````",
        "````python\nprint(1)\n````",
        "~~~python\nprint(1)\n~~~",
        "> ~~~\n> print(1)\n> ~~~",
        "> ```python\n> print(1)\n> ```",
        "- ```python\n  print(1)\n  ```",
        '```python linenums="1"\nprint(1)\n```',
        "```python title='app.py'\nprint(1)\n```",
        '```{ .python title="app.py" }\nprint(1)\n```',
        "``` python\nprint(1)\n```",
        "\t```python\n\tprint(1)\n\t```",
        "    ```python\nprint(1)\n    ```",
        "Run:\n\n    telnyx-recordings list\n",
        "Then:\n\n    from telnyx_recordings import Client\n",
        "<pre><code>print(1)</code></pre>",
    ],
)
def test_code_in_an_unknown_form_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"line \d"):
        fences(text)
