/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules, once, and the tasks as elements.
 *
 * Table inet slipway_XXXX (XXXX is the instance):
 *
 * - input: from a bridge of ours only answers to what the host began
 * - forward: from a task nothing to other tasks, link-local, loopback, multicast, and all the
 *   rest; to a task answers, and what open_any and open_from allow
 * - output: from the host to a task, as forward
 * - outside: tasks go out under the host's address
 *
 * Table bridge slipway_XXXX:
 *
 * - prerouting: a frame from a tap of ours must have the hardware address and the IP address
 *   (or be the ARP) that were given to that tap; all else is dropped, IPv6 too
 * - forward: nothing from tap to tap (the ports are isolated as well)
 *
 * Taps and bridges are known by the first letters of their names, so a tap that
 * appears before its task was admitted can say nothing at all.
 *
 * An accept in our chains ends our chains only. If another table (a firewall, Docker) drops
 * forwarded packets by policy, it must let ours through itself: network_nft_find_drops() tells.
 *
 * A change is a text that libnftables turns into one netlink transaction. Adding what
 * is there is harmless; to remove what may not be there it is added first.
 */
#include "provisioner/network_nft.h"

#include <arpa/inet.h>
#include <nftables/libnftables.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "provisioner/instance.h"

#define TEXT_MAX (32u * 1024 * 1024) /* a sweep of 10000 tasks with 30 doors each */

struct network_nft {
	struct nft_ctx *ctx;
	pthread_mutex_t lock; /* a context serves one thread */
	char instance[INSTANCE_SIZE];
};

/* @ is the table's name, % the instance. */
static const char table_text[] =
	"add table inet @\n"
	"add set inet @ subnets { type ipv4_addr; flags interval; auto-merge; }\n"
	"add set inet @ blocked { type ipv4_addr; flags interval; auto-merge; }\n"
	"add set inet @ open_any { type ipv4_addr . inet_proto . inet_service; flags interval; }\n"
	"add set inet @ open_from { type ipv4_addr . ipv4_addr . inet_proto . inet_service; "
	"flags interval; }\n"
	"add chain inet @ input { type filter hook input priority filter - 10; policy accept; }\n"
	"add chain inet @ forward { type filter hook forward priority filter - 10; policy accept; "
	"}\n"
	"add chain inet @ output { type filter hook output priority filter - 10; policy accept; }\n"
	"add chain inet @ outside { type nat hook postrouting priority srcnat; policy accept; }\n"
	"add chain inet @ to_host\n"
	"add chain inet @ from_task\n"
	"add chain inet @ to_task\n"
	"flush table inet @\n"
	"flush set inet @ subnets\n"
	"flush set inet @ blocked\n"
	"add element inet @ blocked { 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16, 224.0.0.0/3 }\n"
	"add rule inet @ input iifname \"slb%*\" jump to_host\n"
	"add rule inet @ forward iifname \"slb%*\" jump from_task\n"
	"add rule inet @ forward oifname \"slb%*\" jump to_task\n"
	"add rule inet @ output oifname \"slb%*\" jump to_task\n"
	"add rule inet @ outside ip saddr @subnets oifname != \"slb%*\" masquerade\n"
	"add rule inet @ to_host meta nfproto ipv6 drop\n"
	"add rule inet @ to_host ct state established,related accept\n"
	"add rule inet @ to_host drop\n"
	"add rule inet @ from_task meta nfproto ipv6 drop\n"
	"add rule inet @ from_task ct state invalid drop\n"
	"add rule inet @ from_task ip daddr @blocked drop\n"
	"add rule inet @ from_task ip daddr @subnets drop\n"
	"add rule inet @ from_task oifname \"slb*\" drop\n"
	"add rule inet @ to_task meta nfproto ipv6 drop\n"
	"add rule inet @ to_task ct state established,related accept\n"
	"add rule inet @ to_task ip daddr . meta l4proto . th dport @open_any accept\n"
	"add rule inet @ to_task ip saddr . ip daddr . meta l4proto . th dport @open_from accept\n"
	"add rule inet @ to_task drop\n"
	"add table bridge @\n"
	"add set bridge @ bindings { type ifname . ether_addr . ipv4_addr; }\n"
	"add chain bridge @ prerouting { type filter hook prerouting priority dstnat; "
	"policy accept; }\n"
	"add chain bridge @ forward { type filter hook forward priority filter - 10; "
	"policy accept; }\n"
	"add chain bridge @ check\n"
	"flush table bridge @\n"
	"add rule bridge @ prerouting iifname \"sw%*\" jump check\n"
	"add rule bridge @ forward iifname \"sw%*\" oifname \"sw%*\" drop\n"
	"add rule bridge @ check ether type arp arp htype 1 arp ptype ip arp hlen 6 arp plen 4 "
	"iifname . ether saddr . arp saddr ip @bindings "
	"iifname . arp saddr ether . arp saddr ip @bindings accept\n"
	"add rule bridge @ check ether type ip iifname . ether saddr . ip saddr @bindings accept\n"
	"add rule bridge @ check drop\n";

int network_nft_new(const char *instance, struct network_nft **ret_nft, struct err *err)
{
	struct network_nft *nft = xcalloc(1, sizeof(*nft));

	nft->ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!nft->ctx || nft_ctx_buffer_error(nft->ctx) || nft_ctx_buffer_output(nft->ctx)) {
		if (nft->ctx)
			nft_ctx_free(nft->ctx);
		free(nft);
		return err_set(err, ERR_SYSTEM, "libnftables gives no context");
	}
	(void)snprintf(nft->instance, sizeof(nft->instance), "%s", instance);
	pthread_mutex_init(&nft->lock, NULL);
	*ret_nft = nft;
	return 0;
}

void network_nft_free(struct network_nft *nft)
{
	if (!nft)
		return;
	nft_ctx_free(nft->ctx);
	pthread_mutex_destroy(&nft->lock);
	free(nft);
}

static int run(struct network_nft *nft, const char *text, struct err *err)
{
	int done = 0;

	if (!text)
		return err_set(err, ERR_NO_SPACE, "packet filter rules are too long");
	pthread_mutex_lock(&nft->lock);
	if (nft_run_cmd_from_buffer(nft->ctx, text) != 0) {
		const char *why = nft_ctx_get_error_buffer(nft->ctx);

		done = err_set(err, ERR_SYSTEM, "nftables: %.*s", (int)strcspn(why, "\n"), why);
	}
	/* Reading a buffer is what empties it. */
	(void)nft_ctx_get_output_buffer(nft->ctx);
	(void)nft_ctx_get_error_buffer(nft->ctx);
	pthread_mutex_unlock(&nft->lock);
	return done;
}

/* Append @text with @ and % filled in. "@name" (a set) is not the table. */
static int add_text(const char *instance, const char *text, struct buf *out, struct err *err)
{
	for (const char *at = text; *at; at++) {
		int done;

		if (*at == '@' && (at[1] == ' ' || at[1] == '\n'))
			done = buf_printf(out, err, "slipway_%s", instance);
		else if (*at == '%')
			done = buf_append_text(out, instance, err);
		else
			done = buf_append(out, at, 1, err);
		if (done < 0)
			return -1;
	}
	return 0;
}

static void dotted(uint32_t address, char ret[INET_ADDRSTRLEN])
{
	struct in_addr in = {htonl(address)};

	inet_ntop(AF_INET, &in, ret, INET_ADDRSTRLEN);
}

int network_nft_rules(struct network_nft *nft, const struct network_cidr *subnets, size_t count,
		      struct err *err)
{
	struct buf text;
	int done = -1;

	buf_init(&text, TEXT_MAX);
	if (add_text(nft->instance, table_text, &text, err) < 0)
		goto out;
	for (size_t i = 0; i < count; i++) {
		char base[INET_ADDRSTRLEN];

		dotted(subnets[i].base, base);
		if (buf_printf(&text, err, "add element inet slipway_%s subnets { %s/%u }\n",
			       nft->instance, base, subnets[i].len) < 0)
			goto out;
	}
	done = run(nft, buf_text(&text), err);
	/* Sets of another version cannot be changed in place: begin anew; the sweep
	 * that follows every start brings the tasks back. */
	if (done < 0 && network_nft_drop(nft, nft->instance, err) == 0)
		done = run(nft, buf_text(&text), err);
out:
	buf_done(&text);
	return done;
}

/* Append "VERB element ..." for everything that makes up @task. */
static int add_task(const struct network_nft *nft, const char *verb,
		    const struct network_nft_task *task, struct buf *out, struct err *err)
{
	char address[INET_ADDRSTRLEN];

	dotted(ntohl(task->lease->address.s_addr), address);
	if (buf_printf(out, err, "%s element bridge slipway_%s bindings { \"%s\" . %s . %s }\n",
		       verb, nft->instance, task->lease->tap, task->lease->mac, address) < 0)
		return -1;
	for (size_t i = 0; i < task->count; i++) {
		const struct network_opening *opening = &task->openings[i];
		char from[INET_ADDRSTRLEN];

		dotted(opening->from.base, from);
		if (buf_printf(out, err, "%s element inet slipway_%s %s { ", verb, nft->instance,
			       opening->from.len ? "open_from" : "open_any") < 0)
			return -1;
		if (opening->from.len &&
		    buf_printf(out, err, "%s/%u . ", from, opening->from.len) < 0)
			return -1;
		if (buf_printf(out, err, "%s . %s . %u-%u }\n", address,
			       opening->udp ? "udp" : "tcp", opening->first, opening->last) < 0)
			return -1;
	}
	return 0;
}

int network_nft_add(struct network_nft *nft, const struct network_nft_task *task, struct err *err)
{
	struct buf text;
	int done;

	buf_init(&text, TEXT_MAX);
	done = add_task(nft, "add", task, &text, err) < 0 ? -1 : run(nft, buf_text(&text), err);
	buf_done(&text);
	return done;
}

int network_nft_remove(struct network_nft *nft, const struct network_nft_task *task,
		       struct err *err)
{
	struct buf text;
	int done;

	buf_init(&text, TEXT_MAX);
	if (add_task(nft, "add", task, &text, err) < 0 ||
	    add_task(nft, "delete", task, &text, err) < 0)
		done = -1;
	else
		done = run(nft, buf_text(&text), err);
	buf_done(&text);
	return done;
}

int network_nft_replace(struct network_nft *nft, const struct network_nft_task *tasks, size_t count,
			struct err *err)
{
	struct buf text;
	int done = -1;

	buf_init(&text, TEXT_MAX);
	if (add_text(nft->instance,
		     "flush set bridge @ bindings\n"
		     "flush set inet @ open_any\n"
		     "flush set inet @ open_from\n",
		     &text, err) < 0)
		goto out;
	for (size_t i = 0; i < count; i++)
		if (add_task(nft, "add", &tasks[i], &text, err) < 0)
			goto out;
	done = run(nft, buf_text(&text), err);
out:
	buf_done(&text);
	return done;
}

int network_nft_drop(struct network_nft *nft, const char *instance, struct err *err)
{
	struct buf text;
	int done = -1;

	buf_init(&text, TEXT_MAX);
	if (add_text(instance,
		     "add table inet @\n"
		     "delete table inet @\n"
		     "add table bridge @\n"
		     "delete table bridge @\n",
		     &text, err) == 0)
		done = run(nft, buf_text(&text), err);
	buf_done(&text);
	return done;
}

/*
 * Reads "list chains": a line "table FAMILY NAME {", then for each chain "chain NAME {" and
 * "type filter hook forward ... policy drop;".
 */
static int find_drops(char *listing, struct buf *ret_lines, struct err *err)
{
	char family[64] = "", table[256] = "", chain[256] = "", *save = NULL;

	for (char *line = strtok_r(listing, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, " table %63s %255s", family, table) == 2 ||
		    sscanf(line, " chain %255s", chain) == 1)
			continue;
		if (!strstr(line, " hook forward ") || !strstr(line, "policy drop") ||
		    strncmp(table, "slipway_", 8) == 0 || strcmp(family, "ip6") == 0)
			continue;
		if (buf_printf(ret_lines, err, "%s %s %s\n", family, table, chain) < 0)
			return -1;
	}
	return 0;
}

int network_nft_find_drops(struct buf *ret_lines, struct err *err)
{
	struct nft_ctx *ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	int done = 0;

	if (!ctx || nft_ctx_buffer_error(ctx) || nft_ctx_buffer_output(ctx)) {
		done = err_set(err, ERR_SYSTEM, "libnftables gives no context");
	} else if (nft_run_cmd_from_buffer(ctx, "list chains") != 0) {
		const char *why = nft_ctx_get_error_buffer(ctx);

		done = err_set(err, ERR_SYSTEM, "nftables: %.*s", (int)strcspn(why, "\n"), why);
	} else {
		AUTO(freep) char *listing = xstrdup(nft_ctx_get_output_buffer(ctx));

		done = find_drops(listing, ret_lines, err);
	}
	if (ctx)
		nft_ctx_free(ctx);
	return done;
}
