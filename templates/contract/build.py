"""Build: a contract becomes an `Api`. This is the whole way, so begin here.

OpenAPI states one thing in many ways. The files of this folder, in the order in which they are best
read, bring it into one way:

    read, bundle, references             what is in the files, as plain data
    check                                the same, in the shapes that OpenAPI has
    service                              servers and security schemes
    operations, method_names             the methods of each resource
    arguments, answers                   what each method takes and returns
    streams                              items of events and JSON lines
    compose, subtypes, types, schemas    the classes and types that schemas become
    places                               the schemas that have no name
    names, examples                      for all of them
    paging                               which of the operations are lists with pages
    api                                  the result
    render, calls, given, classes, texts the document that openapi-generator is given
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from contract import api
from contract.answers import Answer, answers_of, error_bodies_of, error_of, results_of
from contract.api import Api, Argument, Batch, Either, Operation, Page, Resource, Type, Webhook
from contract.arguments import Draft as ArgumentDraft
from contract.arguments import accept_of, arguments_of, body_of
from contract.check import checked
from contract.examples import Examples, fitted
from contract.names import ClassNames
from contract.operations import IDEMPOTENT, Draft, drafts_of, resources_of
from contract.paging import paged
from contract.places import Places
from contract.references import (
    ContractError,
    Pointers,
    Schema,
    as_list,
    as_object,
    component,
    followed,
)
from contract.schemas import Schemas
from contract.service import groups_of, schemes_of, servers_of
from contract.streams import stream_of

_TEXTS = ("description", "summary", "externalDocs", "x-codeSamples", "callbacks")


def build(contract: Schema) -> Api:
    """Return the `Api` of a contract.

    Raises:
        ContractError: it contradicts itself, refers to what is not there, or is nested too deeply.
    """
    try:
        return Builder(contract).api()
    except RecursionError:
        raise ContractError("its schemas are nested too deeply") from None


class Builder:
    """Builds the `Api` of one contract."""

    def __init__(self, contract: Schema) -> None:
        """Name everything that gets a name."""
        contract, self._warnings = checked(contract)
        self.contract = contract
        self._schemes = schemes_of(contract)
        keys = {name for each in self._schemes.values() for name in each.all_arguments}
        self._servers = servers_of(contract, keys)
        self._operations = drafts_of(contract)
        self._resources = resources_of(contract, self._operations)
        for each in self._operations:
            each.sent = body_of(contract, each.body)
            each.arguments = arguments_of(
                contract, each.path, each.parameters, each.sent, each.builder
            )
            each.answers = answers_of(contract, each.responses)
        taken = {
            f"{start}{each.name}{end}"
            for each in self._resources.values()
            for start in ("", "Async")
            for end in ("", "Variants")
        }
        self.schemas = Schemas(contract, ClassNames(taken))
        self.examples = Examples(Pointers(contract))
        places = Places(contract, self._visit)
        places.named()
        places.of_methods(self._operations)
        places.of_webhooks()
        self.schemas.make_all()

    def _visit(self, holder: Schema, hint: str) -> None:
        self.schemas.type(holder["schema"], hint)

    def api(self) -> Api:
        """Return the result."""
        contract, info = self.contract, as_object(self.contract.get("info"))
        resources: list[Resource] = []
        for tag, resource in self._resources.items():
            own = [self._operation(each) for each in self._operations if each.tag == tag]
            resources.append(replace(resource, operations=tuple(own)))
        webhooks = tuple(self._webhooks())
        found = Api(
            title=" ".join(str(info.get("title") or "").split()),
            version=str(info.get("version") or ""),
            description=str(info.get("description") or ""),
            resources=tuple(resources),
            classes=self.schemas.classes(self.examples),
            webhooks=webhooks,
            servers=self._servers,
            schemes=self._schemes,
            security=groups_of(contract.get("security")) or (),
            notes={
                "info": contract.get("info"),
                "tags": [(each.name, each.description) for each in resources],
            },
            warnings=tuple(dict.fromkeys(self._warnings)),
        )
        return paged(found, self._operations, contract.get("x-pagination"))

    def _operation(self, draft: Draft) -> Operation:
        spec, sent, answers = draft.spec, draft.sent, draft.answers
        batch, samples = spec.get("x-batch"), map(as_object, spec.get("x-codeSamples", ()))
        results = results_of(answers)
        summary, description = (
            str(spec.get(key) or "").strip() for key in ("summary", "description")
        )
        if summary.strip(" .\n") == description.strip(" .\n"):
            description = ""  # which would be read twice
        return Operation(
            name=draft.method,
            id=draft.builder,
            method=draft.verb.upper(),
            path=draft.path,
            summary=summary,
            description=description,
            arguments=tuple(
                sorted(
                    (self._argument(each, draft) for each in draft.arguments),
                    key=lambda each: not each.positional,
                )
            ),
            body=replace(sent.body, model=self._model(sent.schema)) if sent else None,
            results=tuple(
                api.Result(
                    status=each.status,
                    media_type="" if each.is_main and not each.items else _plain(each.media_type),
                    type=self._answer(each, draft.builder, first=number == 0),
                    items=self._items(each),
                )
                for number, each in enumerate(results)
            ),
            accept=self._accept(draft),
            errors=tuple(
                error_of(each) for each in answers if not each.is_success and each.is_main
            ),
            error_bodies=tuple(
                api.Result(
                    status=each.status,
                    media_type="" if each.is_main else _plain(each.media_type),
                    type=self._answer(each, draft.builder, first=False),
                )
                for each in error_bodies_of(answers)
            ),
            safe_to_retry=spec.get("x-safe-to-retry", draft.verb in IDEMPOTENT),
            page=self._page(spec),
            batch=batch and Batch(field=batch["field"], size=batch["size"], check=batch["check"]),
            idempotency_field=str(spec.get("x-idempotency-field", "")),
            servers=self._servers_of(draft),
            security=groups_of(spec.get("security")),
            sample=next((str(each.get("source", "")) for each in samples), ""),
            deprecated=spec.get("deprecated") is True,
            notes={key: spec[key] for key in _TEXTS if key in spec}
            | {
                f"answer {each.code}": str(each.response.get("description") or "")
                for each in answers
                if each.is_success
            },
        )

    def _accept(self, draft: Draft) -> tuple[str, ...]:
        found = [each.media_type for each in draft.answers if each.is_success and each.media_type]
        own = accept_of(self.contract, draft.parameters)
        return (own,) if own and not any(map(stream_of, found)) else tuple(dict.fromkeys(found))

    def _argument(self, draft: ArgumentDraft, operation: Draft) -> Argument:
        type_ = self.schemas.type(draft.schema, f"{operation.builder}_{draft.name}")
        only = operation.spec.get("x-positional", draft.wire)
        self.schemas.make_all()
        in_path = draft.location == "path"
        example = fitted(draft.example, type_, in_path=in_path)
        if draft.example is None or not self.examples.fits(example, draft.schema):
            example = fitted(self.examples.of(draft.schema), type_, in_path=in_path)
        return Argument(
            wire=draft.wire,
            name=draft.name,
            location=draft.location,
            positional=draft.location == "path" and draft.wire == only,
            type=type_,
            required=draft.required,
            needed=draft.needed,
            is_file=draft.is_file,
            style=draft.style,
            is_scalar=draft.is_scalar,
            notes={**self.schemas.notes(draft.schema), **draft.notes},
            example=example,
            usual=draft.usual,
        )

    def _answer(self, answer: Answer, builder: str, *, first: bool) -> Type | None:
        if answer.schema is None:
            return None
        if answer.items:
            types = {each.annotation: each for each in self._items(answer).values()}
            found = tuple(types[name] for name in sorted(types))
            item = found[0] if len(found) == 1 else Type("|", found)
            return Type(stream_of(answer.media_type), (item,))
        word = "" if first else f"_{answer.code}"
        return self.schemas.type(answer.schema, f"{builder}{word}_response")

    def _items(self, answer: Answer) -> dict[str, Type]:
        """Return the types of a stream's items, by the name of the event."""
        return {name: self.schemas.type(schema, "") for name, schema in answer.items.items()}

    def _model(self, schema: Any) -> str:
        """Return the class of a body whose fields are arguments; empty if it has no name."""
        name = self.schemas.names.get(component(as_object(schema).get("$ref", "")) or "", "")
        type_ = self.schemas.type(schema, "") if name else None
        return name if type_ and type_.role == "class" and type_.name == name else ""

    def _page(self, spec: Schema) -> Page | None:
        pages = as_object(spec.get("x-pagination"))
        item, meta = (self.schemas.names.get(pages.get(word, ""), "") for word in ("item", "meta"))
        if not item:
            return None
        settings = {"styles": tuple(as_list(pages.get("styles"))), "rows": pages.get("rows")}
        settings = {word: value for word, value in settings.items() if value}
        either = None
        if words := as_object(pages.get("either")):
            name, parameter, by = (str(words[word]) for word in ("name", "parameter", "by"))
            either = Either(name=name, parameter=parameter, fields=tuple(words["fields"]), by=by)
        return Page(item=item, meta=meta, settings=settings, either=either)

    def _servers_of(self, draft: Draft) -> dict[str, str]:
        """Return the base URLs of an operation, the first and those that the client can choose."""
        kept = {name for each in self._servers for name in each.variables}
        known = {each.names[0] for each in self._servers}
        found: dict[str, str] = {}
        for each in servers_of(draft.servers):
            url = each.url
            for name, variable in each.variables.items():
                url = url if name in kept else url.replace(f"{{{name}}}", variable.default)
            if not found or each.names[0] in known:
                found[each.names[0]] = url.rstrip("/")
        own = {each.names[0]: each.url.rstrip("/") for each in self._servers}
        is_same = [*found.values()][:1] == [*own.values()][:1] and found.items() <= own.items()
        return {} if is_same else found

    def _webhooks(self) -> Iterator[Webhook]:
        for name, item in as_object(self.contract.get("webhooks")).items():
            operation = followed(self.contract, item).get("post", {})
            request = followed(self.contract, operation.get("requestBody"))
            contents = as_object(request.get("content"))
            media = next((each for each in contents if "json" in each), next(iter(contents), ""))
            if media:
                type_ = self.schemas.type(contents[media].get("schema", {}), f"{name}_webhook")
                text = str(operation.get("summary") or operation.get("description") or "")
                yield Webhook(name=name, description=text.strip(), type=type_)


def _plain(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()
