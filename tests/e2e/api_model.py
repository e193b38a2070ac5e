# SPDX-License-Identifier: Apache-2.0
"""The published service model (Debian's python3-botocore has one) as a judge: of each
answer that a client gets, and as a source of requests that must be refused.

models/ holds what newer versions of the model have and Debian's has not, in
botocore's own form for such things."""

import base64
import binascii
import copy
import json
import re
import xml.etree.ElementTree
from pathlib import Path

MODELS = Path(__file__).parent / "models"

# What every service may answer, whatever the operation.
COMMON_ERRORS = {
    "AccessDeniedException", "IncompleteSignatureException", "InvalidSignatureException",
    "MissingAuthenticationTokenException", "SerializationException", "ServerException",
    "ThrottlingException", "UnknownOperationException", "UnrecognizedClientException",
    "ValidationException", "ServiceUnavailableException",
}

_session = None


def session():
    """A session whose clients know both models."""
    global _session
    if _session is None:
        import boto3
        import botocore.session
        inner = botocore.session.Session()
        inner.set_config_variable("data_path", str(MODELS))
        _session = boto3.Session(botocore_session=inner)
    return _session


def operation_model(service, operation):
    inner = session()._session
    return inner.get_service_model(service).operation_model(operation)


# --- answers ---

def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_base64(value):
    try:
        return isinstance(value, str) and base64.b64decode(value, validate=True) is not None
    except binascii.Error:
        return False


SCALARS = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "long": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "double": is_number,
    "float": is_number,
    "timestamp": is_number,
    "blob": is_base64,
}


def problems(shape, value, path="answer"):
    """What of @value (parsed JSON) is not as @shape says, as texts."""
    kind = shape.type_name
    if kind in SCALARS:
        if not SCALARS[kind](value):
            yield f"{path} is no {kind}: {value!r}"
    elif kind == "list":
        if not isinstance(value, list):
            yield f"{path} is no list: {value!r}"
            return
        for index, item in enumerate(value):
            yield from problems(shape.member, item, f"{path}[{index}]")
    elif kind == "map":
        if not isinstance(value, dict):
            yield f"{path} is no map: {value!r}"
            return
        for key, item in value.items():
            yield from problems(shape.value, item, f"{path}.{key}")
    elif kind == "structure":
        if not isinstance(value, dict):
            yield f"{path} is no structure: {value!r}"
            return
        for name in shape.required_members:
            if name not in value:
                yield f"{path}.{name} is missing"
        for name, item in value.items():
            if name not in shape.members:
                yield f"{path}.{name} is not in the model"
            else:
                yield from problems(shape.members[name], item, f"{path}.{name}")
    else:
        yield f"{path}: the model has a {kind}, which this test does not know"


def parse_query_answer(operation, body):
    """The result of an answer of the query protocol, as far as texts go."""
    root = xml.etree.ElementTree.fromstring(body)
    space = re.match(r"\{.*\}", root.tag).group(0)
    assert root.tag == f"{space}{operation.name}Response", root.tag
    result = root.find(f"{space}{operation.name}Result")
    return {child.tag[len(space):]: child.text for child in result}


def is_rest(operation):
    return operation.service_model.metadata["protocol"] == "rest-json"


def error_of(operation, body, headers):
    """Its name and its text."""
    error = json.loads(body)
    if is_rest(operation):
        return headers.get("x-amzn-errortype", ""), error.get("Message")
    return error.get("__type", "").rsplit("#")[-1], error.get("message")


def check_error(operation, body, headers):
    name, message = error_of(operation, body, headers)
    known = {shape.name for shape in operation.error_shapes}
    if name not in known | COMMON_ERRORS:
        yield f"error {name} is not one of {operation.name}"
    if not isinstance(message, str):
        yield f"error {name} has no message"


class Judge:
    """Looks at all answers of the clients that it watches, and counts what it has seen."""

    def __init__(self):
        self.seen = set()

    def watch(self, client):
        model = client.meta.service_model

        def look(response_dict, event_name, **others):
            if response_dict is not None:
                name = event_name.rsplit(".", 1)[1]
                self.look(model.operation_model(name), response_dict["status_code"],
                          response_dict["body"], response_dict["headers"])

        client.meta.events.register("response-received", look)
        return client

    def look(self, operation, status, body, headers):
        service = operation.service_model
        is_query = service.metadata["protocol"] == "query"
        if status >= 500 or (status != 200 and is_query):
            return
        if status != 200:
            found = list(check_error(operation, body, headers))
        elif operation.output_shape is None:
            found = [] if json.loads(body or b"{}") == {} else ["the answer is not empty"]
        else:
            answer = parse_query_answer(operation, body) if is_query else json.loads(body)
            found = list(problems(operation.output_shape, answer))
        if found:
            raise AssertionError(f"{service.service_name} {operation.name}: " + "; ".join(found))
        if status == 200:
            self.seen.add((service.service_name, operation.name))


judge = Judge()


# --- requests that must be refused ---

WRONG = {
    "string": [7, ["x"]],
    "boolean": ["yes", 1],
    "integer": ["x", [1]],
    "long": ["x", [1]],
    "double": ["x", [1]],
    "float": ["x", [1]],
    "timestamp": [[1], {"a": 1}],
    "blob": [7, ["x"], "no base 64"],
    "list": ["x", {"a": 1}],
    "map": ["x", ["y"]],
    "structure": ["x", ["y"]],
}
DEPTH_MAX = 8


def put(request, path, value):
    """A copy of @request with @value at @path; what is not there on the way is made."""
    changed = copy.deepcopy(request)
    at = changed
    for step, following in zip(path, path[1:]):
        empty = [] if isinstance(following, int) else {}
        if isinstance(step, int):
            if not at:
                at.append(empty)
        elif not isinstance(at.get(step), type(empty)):
            at[step] = empty
        at = at[step]
    if isinstance(path[-1], int) and not at:
        at.append(value)
    else:
        at[path[-1]] = value
    return changed


def without(request, path):
    changed = copy.deepcopy(request)
    at = changed
    for step in path[:-1]:
        at = at[step]
    del at[path[-1]]
    return changed


def value_at(request, path):
    at = request
    for step in path:
        if isinstance(at, list):
            if not at:
                return None
        elif not isinstance(at, dict) or step not in at:
            return None
        at = at[step]
    return at


def refused_values(shape):
    """Values that @shape forbids: of another type, no word of its list, out of its range."""
    yield from WRONG[shape.type_name]
    limits = shape.metadata
    if limits.get("enum"):
        yield "no-such-word"
    if shape.type_name in ("integer", "long"):
        if "min" in limits:
            yield limits["min"] - 1
        if "max" in limits:
            yield limits["max"] + 1


def with_noise(shape, value):
    """@value as deploy tools send it: null for what they leave out, and what no API knows."""
    if shape.type_name == "structure" and isinstance(value, dict):
        filled = {name: None for name in shape.members}
        filled["x-of-a-tool"] = {"a": [None]}
        filled.update({name: with_noise(shape.members[name], member)
                       for name, member in value.items()})
        return filled
    if shape.type_name == "list" and isinstance(value, list):
        return [with_noise(shape.member, item) for item in value]
    return value


def invalid_requests(shape, base, path=(), depth=0, around=()):
    """(where, request) for each thing that may be wrong with @base, which is valid. A shape that
    holds itself (@around: names of those that hold this one) is looked into twice."""
    if depth > DEPTH_MAX or around.count(shape.name) > 1:
        return
    around += (shape.name,)
    if path:
        for value in refused_values(shape):
            yield f"{'.'.join(map(str, path))} = {value!r}", put(base, path, value)
    if shape.type_name == "structure":
        here = value_at(base, path)
        for name in shape.required_members:
            if isinstance(here, dict) and name in here:
                yield f"{'.'.join(map(str, path + (name,)))} is missing", without(
                    base, path + (name,))
        for name, member in shape.members.items():
            yield from invalid_requests(member, base, path + (name,), depth + 1, around)
    elif shape.type_name == "list":
        yield from invalid_requests(shape.member, base, path + (0,), depth + 1, around)
    elif shape.type_name == "map":
        for value in WRONG[shape.value.type_name]:
            yield f"{'.'.join(map(str, path))}.a = {value!r}", put(base, path + ("a",), value)
