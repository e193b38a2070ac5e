# SPDX-License-Identifier: Apache-2.0
"""Signed calls that no client has checked before: for what a stock client would not send.
One connection is kept for all of them."""

import base64
import http.client
import json
import ssl
from urllib.parse import quote, urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import api_model


def encode(value):
    """What JSON has no type for."""
    return base64.b64encode(value).decode()


class SignedCalls:
    def __init__(self, server, service, prefix):
        self.server, self.service, self.prefix = server, service, prefix
        context = ssl.create_default_context(cafile=server.env["AWS_CA_BUNDLE"])
        self.connection = http.client.HTTPSConnection("localhost", server.port, context=context,
                                                      timeout=60)
        self.key = Credentials(server.env["AWS_ACCESS_KEY_ID"],
                               server.env["AWS_SECRET_ACCESS_KEY"])

    def call(self, operation, body, judged=True):
        """Status and body of the answer. Not @judged by the model: it has members of ours."""
        return self.send("POST", "/", operation, body, judged,
                         {"Content-Type": "application/x-amz-json-1.1",
                          "X-Amz-Target": f"{self.prefix}.{operation}"})[:2]

    def send(self, method, path, operation, body, judged, headers):
        """Status, body and headers of the answer."""
        request = AWSRequest(
            method, self.server.endpoint + path, data=json.dumps(body, default=encode),
            headers={"Host": f"localhost:{self.server.port}", **headers})
        SigV4Auth(self.key, self.service, self.server.env["AWS_REGION"]).add_auth(request)
        self.connection.request(method, path, body=request.data,
                                headers=dict(request.headers.items()))
        answer = self.connection.getresponse()
        text = answer.read()
        if judged:
            api_model.judge.look(api_model.operation_model(self.service, operation),
                                 answer.status, text, answer.headers)
        return answer.status, text, answer.headers

    def close(self):
        self.connection.close()


class RestCalls(SignedCalls):
    """The same for a service whose operations are paths."""

    def __init__(self, server, service):
        super().__init__(server, service, None)

    def call(self, operation, body, judged=True):
        """None: what is to be in the path or the query cannot be written there."""
        model = api_model.operation_model(self.service, operation)
        path, query, rest = model.http["requestUri"], [], dict(body)
        for name, shape in model.input_shape.members.items():
            where = shape.serialization
            if where.get("location") not in ("uri", "querystring"):
                continue
            value = rest.pop(name, None)
            if where["location"] == "uri":
                if not isinstance(value, str):
                    return None
                path = path.replace("{%s}" % where["name"], quote(value, safe=""))
            elif value is not None:
                values = value if shape.type_name == "list" else [value]
                kinds = (str, int) if shape.type_name == "integer" else str
                if not isinstance(values, list) or not all(
                        isinstance(item, kinds) for item in values):
                    return None
                query += [(where["name"], item) for item in values]
        if query:
            path += "?" + urlencode(query, quote_via=quote)
        return self.send(model.http["method"], path, operation, rest, judged,
                         {"Content-Type": "application/json"})[:2]
