/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machines that wait for a task: booted or restored from a template, their agents
 * rehearsed, without an address, an image or an owner. A launch takes one and gives
 * it all that. None is ever used twice, and nobody is charged for one that waits.
 *
 * The pool holds one machine for each of the last launches, of the size that the
 * launch had. It makes them one after the other while no launch is under way, and gives
 * them up when a task needs their memory.
 *
 * It also keeps the templates: the first machine of a size that it makes becomes one.
 *
 * All calls are made on the loop's thread.
 */
#ifndef SLIPWAY_PROVISIONER_POOL_H
#define SLIPWAY_PROVISIONER_POOL_H

#include "provisioner/machine.h"
#include "provisioner/template_store.h"

#define POOL_MACHINES_MAX 64
#define POOL_PORTS	  3 /* spare ports of a machine that waits: for images beyond the first */

struct flow;
struct run;
struct pool;

/* NULL, which all other calls take: without options.blank_image, and where a network cannot be
 * given to a machine that runs. */
struct pool *pool_new(struct flow *flow);
/* Take the machines away; blocks, some 0.3 s for each. Before pool_free(), if at all. */
void pool_stop(struct pool *pool);
void pool_free(struct pool *pool);

/* Whether a machine waits that the run could have. */
bool pool_fits(const struct pool *pool, const struct run *run);
/* Give the run such a machine, with its session, user and tap, which are the run's then; false if
 * there is none. */
bool pool_take(struct pool *pool, struct run *run);
/* A launch was begun, with a machine of the pool or without. */
void pool_note(struct pool *pool, const struct run *run);
/* Give up one machine for the sake of its memory or its user; false if there is none. */
bool pool_yield(struct pool *pool);
/* Something has changed that may let the pool go on. */
void pool_poll(struct pool *pool);

/* The folder of the template that the run's machine may begin from, which the caller
 * frees; NULL: it boots. */
char *pool_template(const struct pool *pool, const struct run *run);
/* A machine could not be started from it. */
void pool_template_failed(struct pool *pool, struct machine_size size);

/* True if the machine is the pool's, which then knows what to do. */
bool pool_machine_ended(struct pool *pool, const char *name);
size_t pool_count(const struct pool *pool); /* all that it has, ready or not */
size_t pool_ready(const struct pool *pool);
/* Names of all that it has, for the sweep; at most @max. */
size_t pool_names(const struct pool *pool, char (*ret_names)[MACHINE_NAME_SIZE], size_t max);

#endif
