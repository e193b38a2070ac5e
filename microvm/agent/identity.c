/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of passwd are name:password:uid:gid:comment:home:shell, those of group
 * name:password:gid:member,member. A line that is not so is passed over: images
 * hold all kinds of files. The first match counts.
 */
#include "microvm/agent/identity.h"

#include <stdio.h>
#include <string.h>

#define ID_MAX	   INT32_MAX /* as container runtimes have it */
#define FIELDS_MAX 7

struct slice {
	const char *text;
	size_t len;
};

static bool is(struct slice slice, struct slice other)
{
	return slice.len == other.len && memcmp(slice.text, other.text, slice.len) == 0;
}

static struct slice slice_of(const char *text)
{
	return (struct slice){text, strlen(text)};
}

/* The piece of *rest up to @separator; *rest goes behind it. */
static struct slice next(struct slice *rest, char separator)
{
	const char *at = rest->len > 0 ? memchr(rest->text, separator, rest->len) : NULL;
	size_t len = at ? (size_t)(at - rest->text) : rest->len;
	size_t step = at ? len + 1 : len;
	struct slice piece = {rest->text, len};

	rest->text += step;
	rest->len -= step;
	return piece;
}

static bool number(struct slice slice, uint32_t *ret)
{
	uint64_t value = 0;

	if (slice.len == 0 || slice.len > 10)
		return false;
	for (size_t i = 0; i < slice.len; i++) {
		if (slice.text[i] < '0' || slice.text[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(slice.text[i] - '0');
	}
	if (value > ID_MAX)
		return false;
	*ret = (uint32_t)value;
	return true;
}

static size_t split(struct slice line, struct slice fields[FIELDS_MAX])
{
	size_t count = 0;

	while (count < FIELDS_MAX && (line.len > 0 || count == 0)) {
		bool last = count == FIELDS_MAX - 1;

		fields[count++] = last ? line : next(&line, ':');
		if (last)
			break;
	}
	return count;
}

/* Find the user; *ret_name is empty if it is a number that passwd does not have. */
static int find_user(struct slice wanted, const char *passwd, struct identity *identity,
		     struct slice *ret_name, struct err *err)
{
	struct slice rest = slice_of(passwd);
	uint32_t wanted_id = 0;
	bool numeric = wanted.len == 0 || number(wanted, &wanted_id);

	*ret_name = (struct slice){"", 0};
	while (rest.len > 0) {
		struct slice fields[FIELDS_MAX] = {0};
		uint32_t uid;
		uint32_t gid;

		if (split(next(&rest, '\n'), fields) < 6 || !number(fields[2], &uid) ||
		    !number(fields[3], &gid))
			continue;
		if (!is(fields[0], wanted) && !(numeric && uid == wanted_id))
			continue;
		*ret_name = fields[0];
		identity->uid = uid;
		identity->gid = gid;
		if (fields[5].len > 0)
			(void)snprintf(identity->home, sizeof(identity->home), "%.*s",
				       (int)fields[5].len, fields[5].text);
		return 0;
	}
	if (!numeric)
		return err_set(err, ERR_NOT_FOUND,
			       "unable to find user %.*s: no matching entries in passwd file",
			       (int)wanted.len, wanted.text);
	identity->uid = wanted_id;
	return 0;
}

static int find_group(struct slice wanted, const char *group, struct identity *identity,
		      struct err *err)
{
	struct slice rest = slice_of(group);
	uint32_t wanted_id = 0;
	bool numeric = number(wanted, &wanted_id);

	while (rest.len > 0) {
		struct slice fields[FIELDS_MAX] = {0};
		uint32_t gid;

		if (split(next(&rest, '\n'), fields) < 3 || !number(fields[2], &gid))
			continue;
		if (is(fields[0], wanted) || (numeric && gid == wanted_id)) {
			identity->gid = gid;
			return 0;
		}
	}
	if (!numeric)
		return err_set(err, ERR_NOT_FOUND,
			       "unable to find group %.*s: no matching entries in group file",
			       (int)wanted.len, wanted.text);
	identity->gid = wanted_id;
	return 0;
}

static bool is_member(struct slice members, struct slice name)
{
	while (members.len > 0) {
		if (is(next(&members, ','), name))
			return true;
	}
	return false;
}

static void add_memberships(struct slice name, const char *group, struct identity *identity)
{
	struct slice rest = slice_of(group);

	while (rest.len > 0 && identity->group_count < IDENTITY_GROUPS_MAX) {
		struct slice fields[FIELDS_MAX] = {0};
		uint32_t gid;

		if (split(next(&rest, '\n'), fields) < 4 || !number(fields[2], &gid) ||
		    gid == identity->gid || !is_member(fields[3], name))
			continue;
		identity->groups[identity->group_count++] = gid;
	}
}

int identity_resolve(const char *user, const char *passwd, const char *group,
		     struct identity *ret_identity, struct err *err)
{
	struct identity identity = {.home = "/"};
	struct slice rest = slice_of(user);
	struct slice wanted = next(&rest, ':');
	struct slice name;

	if (find_user(wanted, passwd, &identity, &name, err) < 0)
		return -1;
	if (rest.len > 0 && find_group(rest, group, &identity, err) < 0)
		return -1;
	identity.groups[identity.group_count++] = identity.gid;
	if (rest.len == 0 && name.len > 0)
		add_memberships(name, group, &identity);
	*ret_identity = identity;
	return 0;
}
