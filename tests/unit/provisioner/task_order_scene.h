/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A task whose order is made, for all tests of what an agent is told.
 */
#ifndef SLIPWAY_TESTS_UNIT_PROVISIONER_TASK_ORDER_SCENE_H
#define SLIPWAY_TESTS_UNIT_PROVISIONER_TASK_ORDER_SCENE_H

#include <arpa/inet.h>

#include "provisioner/task_order.h"
#include "tests/support/suite.h"

#define ARENA_MAX (4u * 1024 * 1024)

/* Everything that an order is made of, from two JSON texts. */
struct scene {
	struct arena *arena;
	json_t *spec_json, *image_json;
	struct task task;
	struct task_spec spec;
	struct extensions extensions; /* none */
	struct image_settings image;
	struct network_lease lease;
	const struct task_payload *event; /* NULL: none */
	struct wire_task order;
	struct err err;
};

static inline void scene_done(struct scene *scene)
{
	json_decref(scene->spec_json);
	json_decref(scene->image_json);
	arena_free(scene->arena);
}

static inline void read_scene(struct scene *scene, const char *containers, const char *image)
{
	AUTO(freep)
	char *spec = xasprintf("{\"containers\":%s,\"ephemeralStorageGiB\":20,"
			       "\"volumes\":[{\"name\":\"u\"},{\"name\":\"v\"}]}",
			       containers);

	memset(scene, 0, sizeof(*scene));
	scene->arena = arena_new(ARENA_MAX);
	ASSERT_OK(shape_parse(spec, strlen(spec), &scene->spec_json, &scene->err), &scene->err);
	ASSERT_OK(shape_fill(&task_spec_shape, scene->spec_json, scene->arena, &scene->spec,
			     &scene->err),
		  &scene->err);
	ASSERT_OK(shape_parse(image, strlen(image), &scene->image_json, &scene->err), &scene->err);
	ASSERT_OK(shape_fill(&image_settings_shape, scene->image_json, scene->arena, &scene->image,
			     &scene->err),
		  &scene->err);
	scene->task = (struct task){.id = "0123456789abcdef0123456789abcdef",
				    .cpu_units = 256,
				    .memory_mib = 512,
				    .storage_gib = 20,
				    .container_count = scene->spec.containers.count};
	scene->lease.address.s_addr = inet_addr("10.213.0.7");
	scene->lease.gateway.s_addr = inet_addr("10.213.0.1");
	scene->lease.prefix_len = 20;
	strcpy(scene->lease.mac, "02:00:00:00:00:07");
}

static inline int fill(struct scene *scene)
{
	const struct image_settings *images[TASK_CONTAINERS_MAX];
	size_t disks[TASK_CONTAINERS_MAX] = {0};
	struct task_order_input input = {.task = &scene->task,
					 .spec = &scene->spec,
					 .lease = &scene->lease,
					 .region = "eu-test-1",
					 .dns = "10.0.0.1, 10.0.0.2",
					 .blocked = "169.254.0.0/16",
					 .images = images,
					 .event = scene->event,
					 .disks = disks};

	for (size_t i = 0; i < TASK_CONTAINERS_MAX; i++)
		images[i] = &scene->image;
	return task_order_fill(&input, scene->arena, &scene->order, &scene->err);
}

static inline const struct wire_container *first(const struct scene *scene)
{
	return scene->order.containers.items;
}

static inline const char *join(struct scene *scene, const struct shape_list *list)
{
	const char *const *items = list->items;
	char *text = arena_strdup(scene->arena, "");

	for (size_t i = 0; i < list->count; i++)
		text = arena_printf(scene->arena, "%s%s%s", text, i ? " " : "", items[i]);
	return text;
}

/* The variables, with TOKEN for the container's own. */
static inline const char *variables(struct scene *scene)
{
	const char *token = first(scene)->token;
	char *text = arena_strdup(scene->arena, join(scene, &first(scene)->env));
	char *at;

	ck_assert_uint_eq(strlen(token), 32);
	while ((at = strstr(text, token)) != NULL)
		text = arena_printf(scene->arena, "%.*sTOKEN%s", (int)(at - text), text,
				    at + strlen(token));
	return text;
}

#endif
