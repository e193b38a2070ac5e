// SPDX-License-Identifier: Apache-2.0
// The stock cloudevents package as a sender: one event in binary mode, one in structured mode, and
// two in one batch. Prints what was answered to each, which is nothing when all is well.
//     node cloudevents.mjs URL TOKEN
import { CloudEvent, CONSTANTS, Mode, emitterFor, httpTransport } from "cloudevents";

const [url, token] = process.argv.slice(2);
const send = httpTransport(url);
const options = { headers: { authorization: `Bearer ${token}` } };
const event = (id, data) => new CloudEvent({
  id, source: "/js/test", type: "com.example.made", time: "2026-07-01T10:00:00.123Z",
  subject: "one two", traceid: "t-1", data,
});

const answers = {
  binary: await emitterFor(send, { mode: Mode.BINARY })(event("b", { n: 1.5, list: [1, "x"] }),
                                                        options),
  structured: await emitterFor(send, { mode: Mode.STRUCTURED })(event("s", { n: 2 }), options),
  batched: await send({
    headers: { "content-type": CONSTANTS.MIME_CE_BATCH },
    body: JSON.stringify([event("1", { n: 3 }), event("2", { n: 4 })]),
  }, options),
};
console.log(JSON.stringify(Object.fromEntries(
  Object.entries(answers).map(([mode, answer]) => [mode, answer.body]))));
