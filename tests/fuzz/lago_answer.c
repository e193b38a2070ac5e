/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a server answers: an event counts as known only if the answer says so. */
#include "cli/lago_answer.h"

#define COUNT 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool known[COUNT];
	enum lago_answer answer = lago_answer_read((const char *)data, size, COUNT, known);
	int count = 0;

	for (int i = 0; i < COUNT; i++)
		count += known[i];
	if ((answer == LAGO_KNOWN && count == 0) || (answer == LAGO_SOME_KNOWN && count != 0))
		abort();
	return 0;
}
