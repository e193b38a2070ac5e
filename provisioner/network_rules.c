/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A group is a list of rules, separated by commas:
 *
 *     published                  the ports that the task definition publishes
 *     tcp:80  udp:53-60  tcp:all
 *     ... from 10.0.0.0/8        behind any of them; without it from anywhere
 *
 * The packet filter keeps the doors as elements of sets of boxes (sources x ports), and
 * refuses boxes that overlap partly. So the rules of a task are cut: at each port where any rule
 * begins or ends, and within such a slice only sources remain that no other contains (two CIDR
 * blocks are either apart or one in the other). Slices that touch and have the same
 * source are joined again.
 */
#include "provisioner/network_rules.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define PORT_LAST 65535
#define RULE_SIZE 64 /* "tcp:10000-20000 from 192.168.100.0/24" has 38 */

static uint32_t mask_of(unsigned len)
{
	return len == 0 ? 0 : ~0u << (32 - len);
}

int network_cidr_parse(const char *text, struct network_cidr *ret_cidr, struct err *err)
{
	char address[INET_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	struct in_addr parsed;
	unsigned long len;
	char *end = NULL;

	if (!slash || (size_t)(slash - text) >= sizeof(address) ||
	    !isdigit((unsigned char)slash[1]))
		return err_set(err, ERR_INVALID, "\"%s\" is not a network (10.0.0.0/8)", text);
	(void)snprintf(address, sizeof(address), "%.*s", (int)(slash - text), text);
	len = strtoul(slash + 1, &end, 10);
	if (inet_pton(AF_INET, address, &parsed) != 1 || *end != '\0' || len > 32)
		return err_set(err, ERR_INVALID, "\"%s\" is not a network (10.0.0.0/8)", text);
	if (ntohl(parsed.s_addr) & ~mask_of((unsigned)len))
		return err_set(err, ERR_INVALID, "\"%s\" has bits beyond its prefix", text);
	ret_cidr->base = ntohl(parsed.s_addr);
	ret_cidr->len = (unsigned)len;
	return 0;
}

/* True if @inner lies wholly in @outer. */
static bool contains(const struct network_cidr *outer, const struct network_cidr *inner)
{
	return outer->len <= inner->len && (inner->base & mask_of(outer->len)) == outer->base;
}

bool network_cidr_overlap(const struct network_cidr *a, const struct network_cidr *b)
{
	return contains(a, b) || contains(b, a);
}

static bool parse_port(const char **at, uint16_t *ret_port)
{
	unsigned long port = 0;
	const char *from = *at;

	for (; isdigit((unsigned char)**at) && *at - from < 6; (*at)++)
		port = port * 10 + (unsigned long)(**at - '0');
	if (*at == from || port == 0 || port > PORT_LAST)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

/* "80", "53-60", "all" */
static bool parse_ports(const char *text, struct network_rule *rule)
{
	if (strcmp(text, "all") == 0) {
		rule->first = 1;
		rule->last = PORT_LAST;
		return true;
	}
	if (!parse_port(&text, &rule->first))
		return false;
	rule->last = rule->first;
	if (*text == '-') {
		text++;
		if (!parse_port(&text, &rule->last))
			return false;
	}
	return *text == '\0' && rule->first <= rule->last;
}

static int parse_rule(char *text, struct network_rule *ret_rule, struct err *err)
{
	struct network_rule rule = {0};
	char what[RULE_SIZE] = "", from[RULE_SIZE] = "", source[RULE_SIZE] = "", rest;
	int words = sscanf(text, "%63s %63s %63s %c", what, from, source, &rest);

	if (words == 3 && strcmp(from, "from") == 0) {
		if (network_cidr_parse(source, &rule.from, err) < 0)
			return -1;
	} else if (words != 1) {
		goto bad;
	}
	if (strcmp(what, "published") == 0) {
		rule.published = true;
	} else if (strncmp(what, "tcp:", 4) == 0 || strncmp(what, "udp:", 4) == 0) {
		rule.udp = what[0] == 'u';
		if (!parse_ports(what + 4, &rule))
			goto bad;
	} else {
		goto bad;
	}
	*ret_rule = rule;
	return 0;
bad:
	return err_set(
		err, ERR_INVALID,
		"\"%s\" is not a rule (published, tcp:80, udp:53-60, tcp:all; from 10.0.0.0/8)",
		text + strspn(text, " \t"));
}

int network_group_parse(const char *text, struct network_group *ret_group, struct err *err)
{
	AUTO(freep) char *copy = xstrdup(text);
	char *save = NULL;
	size_t count = 0;

	for (char *rule = strtok_r(copy, ",", &save); rule; rule = strtok_r(NULL, ",", &save)) {
		if (rule[strspn(rule, " \t")] == '\0')
			continue; /* a group without rules lets nobody in */
		if (count == NETWORK_RULES_MAX)
			return err_set(err, ERR_LIMIT, "more than %d rules", NETWORK_RULES_MAX);
		if (parse_rule(rule, &ret_group->rules[count], err) < 0)
			return -1;
		count++;
	}
	ret_group->count = count;
	return 0;
}

/* --- cutting ---------------------------------------------------------------- */

struct ranges {
	struct network_opening *list;
	size_t count;
};

static int add_range(struct ranges *ranges, const struct network_opening *range, struct err *err)
{
	if (ranges->count == NETWORK_OPENINGS_MAX)
		return err_set(err, ERR_LIMIT, "the security groups open more than %d port ranges",
			       NETWORK_OPENINGS_MAX);
	ranges->list[ranges->count++] = *range;
	return 0;
}

static int add_rule(struct ranges *ranges, const struct network_rule *rule,
		    const struct network_port *ports, size_t port_count, struct err *err)
{
	if (!rule->published)
		return add_range(
			ranges,
			&(struct network_opening){rule->udp, rule->first, rule->last, rule->from},
			err);
	for (size_t i = 0; i < port_count; i++)
		if (ports[i].port != 0 &&
		    add_range(ranges,
			      &(struct network_opening){ports[i].udp, ports[i].port,
							network_port_last(&ports[i]), rule->from},
			      err) < 0)
			return -1;
	return 0;
}

/* True if another range over [first, last] takes in the source of @index. */
static bool is_covered(const struct ranges *in, size_t index, uint32_t first, uint32_t last)
{
	const struct network_opening *one = &in->list[index];

	for (size_t i = 0; i < in->count; i++) {
		const struct network_opening *other = &in->list[i];

		if (i == index || other->udp != one->udp || other->first > first ||
		    other->last < last || !contains(&other->from, &one->from))
			continue;
		/* Of two that are the same the first stays. */
		if (other->from.len != one->from.len || i < index)
			return true;
	}
	return false;
}

static int add_slice(struct ranges *out, const struct network_opening *slice, struct err *err)
{
	for (size_t i = 0; i < out->count; i++) {
		struct network_opening *before = &out->list[i];

		if (before->udp == slice->udp && before->last + 1u == slice->first &&
		    before->from.base == slice->from.base && before->from.len == slice->from.len) {
			before->last = slice->last;
			return 0;
		}
	}
	return add_range(out, slice, err);
}

static int compare_cuts(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

static int cut(const struct ranges *in, bool udp, struct ranges *out, struct err *err)
{
	AUTO(freep) uint32_t *cuts = xcalloc(2 * in->count + 1, sizeof(*cuts));
	size_t count = 0;

	for (size_t i = 0; i < in->count; i++) {
		if (in->list[i].udp != udp)
			continue;
		cuts[count++] = in->list[i].first;
		cuts[count++] = in->list[i].last + 1u;
	}
	qsort(cuts, count, sizeof(*cuts), compare_cuts);
	for (size_t c = 0; c + 1 < count; c++) {
		uint32_t first = cuts[c], last = cuts[c + 1] - 1;

		if (cuts[c] == cuts[c + 1])
			continue;
		for (size_t i = 0; i < in->count; i++) {
			const struct network_opening *range = &in->list[i];

			if (range->udp != udp || range->first > first || range->last < last ||
			    is_covered(in, i, first, last))
				continue;
			if (add_slice(out,
				      &(struct network_opening){udp, (uint16_t)first,
								(uint16_t)last, range->from},
				      err) < 0)
				return -1;
		}
	}
	return 0;
}

int network_openings(const struct network_group *const *groups, size_t group_count,
		     const struct network_port *ports, size_t port_count,
		     struct network_opening **ret_openings, size_t *ret_count, struct err *err)
{
	AUTO(freep)
	struct network_opening *in_list = xcalloc(NETWORK_OPENINGS_MAX, sizeof(*in_list));
	AUTO(freep)
	struct network_opening *out_list = xcalloc(NETWORK_OPENINGS_MAX, sizeof(*out_list));
	struct ranges in = {in_list, 0}, out = {out_list, 0};

	for (size_t g = 0; g < group_count; g++)
		for (size_t r = 0; groups[g] && r < groups[g]->count; r++)
			if (add_rule(&in, &groups[g]->rules[r], ports, port_count, err) < 0)
				return -1;
	if (cut(&in, false, &out, err) < 0 || cut(&in, true, &out, err) < 0)
		return -1;
	*ret_openings = STEAL(out_list, NULL);
	*ret_count = out.count;
	return 0;
}
