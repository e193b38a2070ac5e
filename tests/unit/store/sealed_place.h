/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A place (place.h) with a key for sealed values.
 */
#ifndef SLIPWAY_TESTS_UNIT_STORE_SEALED_PLACE_H
#define SLIPWAY_TESTS_UNIT_STORE_SEALED_PLACE_H

#include "tests/unit/store/place.h"

#include "core/seal.h"

struct sealed_place {
	struct place place;
	struct seal_key *key;
};

static inline void sealed_place_open(struct sealed_place *sealed)
{
	struct err *err = &sealed->place.err;
	AUTO(freep) char *path = NULL;

	place_state(&sealed->place);
	path = xasprintf("%s/key", sealed->place.folder);
	ASSERT_OK(seal_key_make(path, NULL, err), err);
	ASSERT_OK(seal_key_open(path, &sealed->key, err), err);
}

static inline void sealed_place_done(struct sealed_place *sealed)
{
	seal_key_free(sealed->key);
	place_done(&sealed->place);
}

/* Whether any file of the place holds @text. */
static inline bool sealed_place_holds(const struct sealed_place *sealed, const char *text)
{
	AUTO(freep) char *command = xasprintf("grep -rqa '%s' %s", text, sealed->place.folder);

	return system(command) == 0;
}

#endif
