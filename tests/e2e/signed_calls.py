# SPDX-License-Identifier: Apache-2.0
"""Signed calls that no client has checked before: for what a stock client would not send.
One connection is kept for all of them."""

import base64
import http.client
import json
import ssl

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
        request = AWSRequest(
            "POST", self.server.endpoint + "/", data=json.dumps(body, default=encode),
            headers={"Content-Type": "application/x-amz-json-1.1",
                     "Host": f"localhost:{self.server.port}",
                     "X-Amz-Target": f"{self.prefix}.{operation}"})
        SigV4Auth(self.key, self.service, self.server.env["AWS_REGION"]).add_auth(request)
        self.connection.request("POST", "/", body=request.data,
                                headers=dict(request.headers.items()))
        answer = self.connection.getresponse()
        text = answer.read()
        if judged:
            api_model.judge.look(api_model.operation_model(self.service, operation),
                                 answer.status, text)
        return answer.status, text

    def close(self):
        self.connection.close()
