/* SPDX-License-Identifier: Apache-2.0 */
/* See image_mirror.h. */
#include "provisioner/image_mirror.h"

#include <stdio.h>
#include <string.h>

/* @place and a repository below it, as one reference. */
static int below(const char *place, const char *repository, struct image_reference *ret_reference,
		 struct err *err)
{
	AUTO(freep) char *text = xasprintf("%s/%s:any", place, repository);

	return image_reference_parse(text, ret_reference, err);
}

int image_mirror_check(const struct conf_map *mirrors, struct err *err)
{
	for (size_t i = 0; i < mirrors->count; i++) {
		const struct conf_pair *pair = &mirrors->pairs[i];
		size_t host_len = strcspn(pair->value, "/");
		struct image_reference reference;

		if (below(pair->value, "x", &reference, err) < 0)
			return err_wrap(err, "registry.%s.mirror", pair->name);
		/* Else the first part of the name was taken for one of Docker Hub's. */
		if (strlen(reference.host) != host_len ||
		    strncmp(reference.host, pair->value, host_len) != 0)
			return err_set(err, ERR_INVALID,
				       "registry.%s.mirror: %s does not begin with a registry's "
				       "host",
				       pair->name, pair->value);
	}
	return 0;
}

int image_mirror_apply(const struct conf_map *mirrors, struct image_reference *reference,
		       struct err *err)
{
	const char *place = mirrors ? conf_map_get(mirrors, reference->host) : NULL;
	struct image_reference there;

	if (!place)
		return 0;
	if (below(place, reference->repository, &there, err) < 0)
		return err_wrap(err, "mirror %s", place);
	memcpy(reference->host, there.host, sizeof(there.host));
	memcpy(reference->repository, there.repository, sizeof(there.repository));
	return 0;
}
