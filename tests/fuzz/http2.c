/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any frames into HTTP/2, behind the preface (without it nothing would ever get
 * further). The first byte says in what steps the others come; whatever they are,
 * nothing may leak, and the connection must come to an end.
 */
#include "tests/fuzz/protocol_host.h"

#include "gateway/http2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t greeting[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
				  "\0\0\0\4\0\0\0\0\0"	/* SETTINGS */
				  "\0\0\0\4\1\0\0\0\0"; /* and that ours were seen */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_host host;
	struct err err;
	size_t step;

	if (size == 0)
		return 0;
	step = data[0] ? data[0] : SIZE_MAX;
	fuzz_host_init(&host);
	if (http2_new(&host.host, &host.protocol, &err) < 0)
		abort();
	fuzz_feed(&host, greeting, sizeof(greeting) - 1, SIZE_MAX);
	fuzz_feed(&host, data + 1, size - 1, step);
	if (data[0] & 1)
		protocol_drain(host.protocol);
	fuzz_host_done(&host);
	return 0;
}
