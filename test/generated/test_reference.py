"""The reference: a page for everything, complete tables, and links that lead somewhere."""

import inspect
import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from client_resources import resources_of
from contract.build import build
from contract.read import read
from telnyx_recordings import Client, Model, OpenEnum, models

FOLDER = Path(__file__).parents[2] / "docs/reference"
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.md"))}
CLASSES = {name: getattr(models, name) for name in models.__all__}
MODELS = {
    name: each
    for name, each in CLASSES.items()
    if isinstance(each, type) and issubclass(each, Model)
}
RESOURCES = resources_of(Client(api_key="KEY"))

CONTRACT = read((FOLDER.parents[1] / "openapi.yaml").read_text(encoding="utf-8"))
ERRORS = {
    (resource.name, operation.name): {
        "other" if each.code == "default" else each.code for each in operation.errors
    }
    for resource in build(CONTRACT).resources
    for operation in resource.operations
}
"""Which errors each method of a resource is said to answer with."""


def anchors(text: str) -> list[str]:
    """Return the anchors that GitHub and MkDocs give the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings]


def rows(text: str, heading: str) -> list[list[str]]:
    """Return the cells of the table under a heading."""
    section = text.partition(f"\n{heading}\n")[2].partition("\n#")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_to_a_heading_that_is_there(name: str) -> None:
    found = [each for each in anchors(PAGES[name]) if not each.startswith("enum-")]
    assert len(set(found)) == len(found)
    for target in re.findall(r"\]\(([^)]*)\)", PAGES[name]):
        page, _, anchor = target.partition("#")
        assert not page or page.endswith(".md"), target
        text = PAGES[page.removesuffix(".md") or name]
        assert not anchor or anchor in anchors(text), target


def test_there_is_a_page_for_each_model_and_resource_and_no_other() -> None:
    expected = {*CLASSES, *RESOURCES, "index"}
    assert set(PAGES) == expected
    assert {f"{name}.md" for name in expected - {"index"}} <= set(
        re.findall(r"\]\(([^)#]*)\)", PAGES["index"])
    )


@pytest.mark.parametrize("name", MODELS)
def test_the_properties_of_a_model_are_all_there(name: str) -> None:
    table = rows(PAGES[name], "## Properties")
    found = {cells[0]: cells for cells in table}
    for field in msgspec.structs.fields(MODELS[name]):
        if field.name == "additional_properties":
            continue
        same = field.name == field.encode_name
        cells = found.pop(
            f"**{field.name}**" + ("" if same else f" (`{field.encode_name}` on the wire)")
        )
        assert cells[2]
        is_required = field.required or type(None) not in get_args(field.type)
        assert cells[3].startswith("required" if is_required else "[optional]")
    assert found == {}


@pytest.mark.parametrize("name", CLASSES)
def test_the_values_of_each_enum_are_on_its_page_and_on_its_users_pages(name: str) -> None:
    sections = re.findall(r"^## Enum: (\w+)$", PAGES[name], re.MULTILINE)
    linked = re.findall(r"\(#enum-(\w+)\)", PAGES[name])
    assert {each.lower() for each in sections} >= set(linked)
    for section in sections:
        enum = CLASSES[section]
        assert issubclass(enum, OpenEnum)
        table = rows(PAGES[name], f"## Enum: {section}")
        assert [[each.name, f"`{each}`"] for each in enum] == [cells[:2] for cells in table]
        assert all(cells[2] for cells in table)
    if issubclass(CLASSES[name], OpenEnum):
        assert sections == [name]


@pytest.mark.parametrize("name", RESOURCES)
def test_the_methods_of_a_resource_are_all_there(name: str) -> None:
    methods = inspect.getmembers(RESOURCES[name], inspect.ismethod)
    public = {each: method for each, method in methods if not each.startswith("_")}
    assert sorted(public) == sorted(re.findall(r"^## (\w+)$", PAGES[name], re.MULTILINE))
    for each, method in public.items():
        parameters = rows(PAGES[name], f"### Parameters of {each}")
        named = [
            cells[0].split("**")[1] for cells in parameters if "[" not in cells[0].partition(" ")[0]
        ]
        assert named == list(inspect.signature(method).parameters)
        errors = {cells[0]: cells[1] for cells in rows(PAGES[name], f"### Errors of {each}")}
        assert errors["none"] == "`APIConnectionError`"
        assert errors.keys() - {"none"} == ERRORS[name, each]
        example = rf"^### Example of {each}\n\n(> \*\*Warning:\*\* .*\n\n)?```python\n"
        assert re.search(example, PAGES[name], re.MULTILINE)
