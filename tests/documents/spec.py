"""An OpenAPI 3.1 document as a test reads it: operations, references, and schemas that check.

Trap: schemas point into the document, so a schema is checked where it stands, by its JSON pointer.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from openapi_schema_validator import OAS31Validator, oas31_format_checker

Json = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """One documented operation."""

    path: str
    method: str
    body: Json

    @property
    def id(self) -> str:
        """Its operationId."""
        name: str = self.body["operationId"]
        return name

    @property
    def name(self) -> str:
        """Method and path."""
        return f"{self.method.upper()} {self.path}"


@dataclass(frozen=True)
class Spec:
    """A document, and its schemas ready to check with."""

    document: Json

    @property
    def operations(self) -> list[Operation]:
        """Every operation, in the document's order."""
        return [
            Operation(path, method, body)
            for path, item in self.document["paths"].items()
            for method, body in item.items()
        ]

    def operation(self, name: str) -> Operation:
        """The operation with this method and path; raises StopIteration."""
        return next(one for one in self.operations if one.name == name)

    def at(self, pointer: str) -> tuple[str, Any]:
        """What stands there, or where a reference there leads: its own pointer, and itself."""
        node: Any = self.document
        for part in pointer.split("/")[1:]:
            node = node[part.replace("~1", "/").replace("~0", "~")]
        if "$ref" in node:
            return self.at(node["$ref"].removeprefix("#"))
        return pointer, node

    def errors(self, pointer: str, value: Any) -> list[str]:
        """What is wrong with a value by the schema at the pointer."""
        schema = {**self.document, "$ref": f"#{pointer}"}
        validator: Any = OAS31Validator(schema, format_checker=oas31_format_checker)
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]

    def undocumented(self, pointer: str, value: Any) -> set[str]:
        """The members of an answer that its schema does not speak of."""
        where, schema = self.at(pointer)
        if schema.get("type") == "array":
            return {name for one in value for name in self.undocumented(f"{where}/items", one)}
        known: Json | None = schema.get("properties")
        return set[str]() if known is None else set[str](value) - set(known)

    def answer(self, operation: Operation, status: int) -> tuple[str, Json]:
        """The documented answer, and its pointer; raises KeyError where there is none."""
        path = escaped(operation.path)
        return self.at(f"/paths/{path}/{operation.method}/responses/{status}")

    def described(self) -> Iterator[tuple[str, Json]]:
        """Everything that has a schema and may have examples: bodies, headers, parameters."""
        return _described("", self.document)


def escaped(name: str) -> str:
    """A member name as a part of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def _described(pointer: str, node: Any) -> Iterator[tuple[str, Json]]:
    if isinstance(node, dict) and "schema" in node:
        yield pointer, cast("Json", node)
    for name, member in _members(node):
        yield from _described(f"{pointer}/{escaped(str(name))}", member)


def _members(node: Any) -> Iterable[tuple[object, Any]]:
    if isinstance(node, dict):
        return cast("Json", node).items()
    return enumerate(cast("Iterable[Any]", node)) if isinstance(node, list) else ()
