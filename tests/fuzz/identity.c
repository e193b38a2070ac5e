/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image's passwd and group files, and a user, all three of the fuzzer's making:
 * parts of the input with a NUL between them.
 */
#include <string.h>

#include "microvm/agent/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(freep) char *text = xcalloc(1, size + 3);
	struct err err = ERR_INIT;
	struct identity identity;
	const char *passwd;
	const char *group;

	if (size > 0)
		memcpy(text, data, size);
	passwd = text + strlen(text) + 1;
	group = passwd + strlen(passwd) + 1;
	if (identity_resolve(text, passwd, group, &identity, &err) < 0) {
		if (err.text[0] == '\0')
			abort();
		return 0;
	}
	if (identity.group_count < 1 || identity.group_count > IDENTITY_GROUPS_MAX ||
	    identity.groups[0] != identity.gid || identity.uid > INT32_MAX ||
	    identity.home[0] == '\0')
		abort();
	return 0;
}
