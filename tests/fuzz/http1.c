/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes into HTTP/1.1. However they are cut, the same requests must come out:
 * a difference would be a way to hide one.
 */
#include "tests/fuzz/protocol_host.h"

#include "gateway/http1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t run(const uint8_t *data, size_t size, size_t step, size_t *ret_requests)
{
	struct fuzz_host host;

	fuzz_host_init(&host);
	host.protocol = http1_new(&host.host);
	fuzz_feed(&host, data, size, step);
	*ret_requests = host.requests;
	fuzz_host_done(&host);
	return host.sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t whole_requests;
	size_t requests;
	uint64_t whole = run(data, size, SIZE_MAX, &whole_requests);

	if (run(data, size, 1, &requests) != whole || requests != whole_requests)
		abort();
	if (run(data, size, 13, &requests) != whole || requests != whole_requests)
		abort();
	return 0;
}
