/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree's limits and its order. What layers make of each other is image_layers.py's
 * subject, where whole stacks are compared with a second implementation.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "provisioner/image/image_tree.h"
#include "tests/support/suite.h"

static int add(struct image_tree *tree, enum image_entry_type type, const char *path,
	       struct err *err)
{
	const struct image_entry entry = {.type = type, .path = path, .mode = 0644};

	return image_tree_add(tree, &entry, err);
}

START_TEST(entries_are_counted_also_when_they_leave_nothing)
{
	AUTO(image_tree_freep) struct image_tree *tree = image_tree_new();
	struct err err = ERR_INIT;

	image_tree_next_layer(tree);
	/* libcheck notes each assertion that holds, and these would be two millions. */
	for (int i = 0; i < IMAGE_ENTRIES_MAX; i++) {
		if (add(tree, IMAGE_ENTRY_FILE, ".wh.x", &err) < 0)
			ck_abort_msg("entry %d: %s", i, err.text);
	}
	ck_assert_int_eq(add(tree, IMAGE_ENTRY_FILE, ".wh.x", &err), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
}
END_TEST

START_TEST(sizes_of_files_do_not_overflow)
{
	AUTO(image_tree_freep) struct image_tree *tree = image_tree_new();
	const struct image_entry huge = {
		.type = IMAGE_ENTRY_FILE, .path = "a", .size_bytes = INT64_MAX};
	struct err err = ERR_INIT;

	image_tree_next_layer(tree);
	ck_assert_int_eq(image_tree_add(tree, &huge, &err), 0);
	ck_assert_int_eq(image_tree_bytes(tree), INT64_MAX);
	ck_assert_int_eq(image_tree_add(tree, &huge, &err), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
}
END_TEST

START_TEST(the_latest_time_is_known)
{
	AUTO(image_tree_freep) struct image_tree *tree = image_tree_new();
	struct image_entry entry = {.type = IMAGE_ENTRY_FILE, .path = "a", .mtime_seconds = 50};
	struct err err = ERR_INIT;

	image_tree_next_layer(tree);
	ck_assert_int_eq(image_tree_add(tree, &entry, &err), 0);
	entry.mtime_seconds = 20;
	ck_assert_int_eq(image_tree_add(tree, &entry, &err), 0);
	ck_assert_uint_eq(image_tree_latest(tree), 50);
}
END_TEST

struct walked {
	char paths[512];
};

static int take_path(void *ctx, const char *path, const struct image_inode *inode, bool carries,
		     struct err *err)
{
	struct walked *walked = ctx;
	size_t len = strlen(walked->paths);

	(void)inode;
	(void)err;
	(void)snprintf(walked->paths + len, sizeof(walked->paths) - len, "%s%s ", path,
		       carries ? "" : "*");
	return 0;
}

START_TEST(folders_come_before_their_contents_and_all_else_in_order)
{
	AUTO(image_tree_freep) struct image_tree *tree = image_tree_new();
	const struct image_entry link = {.type = IMAGE_ENTRY_HARDLINK, .path = "c", .link = "z/b"};
	struct walked walked = {""};
	struct err err = ERR_INIT;

	image_tree_next_layer(tree);
	ck_assert_int_eq(add(tree, IMAGE_ENTRY_FILE, "z/b", &err), 0);
	ck_assert_int_eq(add(tree, IMAGE_ENTRY_FILE, "a", &err), 0);
	ck_assert_int_eq(image_tree_add(tree, &link, &err), 0);
	image_tree_next_layer(tree);
	ck_assert_int_eq(add(tree, IMAGE_ENTRY_FILE, "z/a", &err), 0);
	ck_assert_int_eq(add(tree, IMAGE_ENTRY_FOLDER, "z", &err), 0);
	image_tree_settle(tree);
	ck_assert_int_eq(image_tree_walk(tree, take_path, &walked, &err), 0);
	ck_assert_str_eq(walked.paths, "z z/b z/a a c* ");
}
END_TEST

static int stop_at_once(void *ctx, const char *path, const struct image_inode *inode, bool carries,
			struct err *err)
{
	(void)path;
	(void)inode;
	(void)carries;
	++*(int *)ctx;
	return err_set(err, ERR_SYSTEM, "enough");
}

START_TEST(a_walk_ends_with_the_first_failure)
{
	AUTO(image_tree_freep) struct image_tree *tree = image_tree_new();
	struct err err = ERR_INIT;
	int calls = 0;

	image_tree_next_layer(tree);
	ck_assert_int_eq(add(tree, IMAGE_ENTRY_FILE, "a", &err), 0);
	ck_assert_int_eq(add(tree, IMAGE_ENTRY_FILE, "b", &err), 0);
	image_tree_settle(tree);
	ck_assert_int_eq(image_tree_walk(tree, stop_at_once, &calls, &err), -1);
	ck_assert_str_eq(err.text, "enough");
	ck_assert_int_eq(calls, 1);
}
END_TEST

START_TEST(many_names_are_found_again)
{
	AUTO(image_tree_freep) struct image_tree *tree = image_tree_new();
	struct err err = ERR_INIT;
	char path[64];
	int count = 0;

	for (int layer = 0; layer < 2; layer++) {
		image_tree_next_layer(tree);
		for (int i = 0; i < 20000; i++) {
			(void)snprintf(path, sizeof(path), "d%d/%d", i % 7, i);
			if (add(tree, IMAGE_ENTRY_FILE, path, &err) < 0)
				ck_abort_msg("%s: %s", path, err.text);
		}
	}
	for (const struct image_inode *file = image_tree_files(tree); file; file = file->next)
		count += file->names > 0;
	ck_assert_int_eq(count, 20000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("image_tree");
	TCase *all = tcase_create("all");

	tcase_add_test(all, entries_are_counted_also_when_they_leave_nothing);
	tcase_add_test(all, sizes_of_files_do_not_overflow);
	tcase_add_test(all, the_latest_time_is_known);
	tcase_add_test(all, folders_come_before_their_contents_and_all_else_in_order);
	tcase_add_test(all, a_walk_ends_with_the_first_failure);
	tcase_add_test(all, many_names_are_found_again);
	tcase_set_timeout(all, 60);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
