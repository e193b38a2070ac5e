/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "core/file.h"
#include "provisioner/share.h"
#include "provisioner/share_place.h"

#define MACHINE "slipway-0123456789abcdef0123456789abcdef-1"
#define START	"ResourceInitializationError: failed to invoke EFS utils commands to set up EFS "
#define FAILED	START "volumes: stderr: mount.nfs4: mounting fs-1:"

static char folder[64];
static char notes[80];
static struct conf_pair pairs[] = {{(char *)"fs-1", folder},
				   {(char *)"fs-2", (char *)"/tmp for 222222222222"}};
static const struct conf_map map = {pairs, ARRAY_LEN(pairs)};
static struct share_options options;
static struct arena *arena;
static json_t *document;
static struct task_spec spec;
static struct shares shares;
static struct err err;

static void begin(void)
{
	AUTO(freep) char *deep = NULL;
	AUTO(freep) char *out = NULL;
	AUTO(freep) char *in = NULL;
	AUTO(freep) char *file = NULL;

	arena = arena_new(1u << 20);
	suite_folder(folder, sizeof(folder));
	(void)snprintf(notes, sizeof(notes), "%s-notes", folder);
	options = (struct share_options){notes, {&map, NULL}};
	deep = xasprintf("%s/deep", folder);
	out = xasprintf("%s/out", folder);
	in = xasprintf("%s/in", folder);
	file = xasprintf("%s/file", folder);
	ASSERT_OK(file_make_dir(notes, 0700, &err), &err);
	ASSERT_OK(file_make_dir(deep, 0755, &err), &err);
	ck_assert_int_eq(symlink("/etc", out), 0);
	ck_assert_int_eq(symlink("deep", in), 0);
	suite_write(file, "");
}

static void end(void)
{
	shares_done(&shares);
	arena_free(arena);
	json_decref(document);
	ASSERT_OK(file_remove_tree(folder, &err), &err);
	ASSERT_OK(file_remove_tree(notes, &err), &err);
}

static void read_spec(const char *volumes)
{
	AUTO(freep)
	char *text = xasprintf("{\"containers\":[{\"name\":\"a\",\"image\":\"i\"}],"
			       "\"volumes\":[%s],\"ephemeralStorageGiB\":20}",
			       volumes);

	json_decref(STEAL(document, NULL));
	ASSERT_OK(shape_parse(text, strlen(text), &document, &err), &err);
	ASSERT_OK(shape_fill(&task_spec_shape, document, arena, &spec, &err), &err);
}

static int make(const char *id, const char *root)
{
	AUTO(freep)
	char *volumes = xasprintf("{\"name\":\"own\"},{\"name\":\"v\",\"efsVolumeConfiguration\":{"
				  "\"fileSystemId\":\"%s\",\"rootDirectory\":\"%s\"}}",
				  id, root);

	shares_done(&shares);
	err_clear(&err);
	read_spec(volumes);
	ck_assert(shares_needed(&spec));
	if (shares_look(&options, "1", &spec, &err) < 0)
		return -1;
	return shares_make(&options, "1", MACHINE, &spec, &shares, &err);
}

START_TEST(what_is_written_down_is_what_is_served)
{
	AUTO(freep) char *path = xasprintf("%s/" MACHINE ".1", notes);
	AUTO(freep) struct share_place *place = xcalloc(1, sizeof(*place));
	AUTO(fd_closep) int fd = -1;

	ASSERT_OK(make("fs-1", "/deep"), &err);
	ck_assert_uint_eq(shares.count, 1);
	ck_assert_str_eq(shares.items[0].tag, "volume1");
	ck_assert_str_eq(shares.items[0].path, path);
	ASSERT_OK(share_place_read(path, place, &err), &err);
	ck_assert_str_eq(place->folder, folder);
	ck_assert_str_eq(place->root, "deep");
	ASSERT_OK(share_place_open(place, &fd, &err), &err);
	ASSERT_OK(shares_remove(&options, MACHINE, &err), &err);
	ck_assert_int_lt(access(path, F_OK), 0);
	ASSERT_OK(shares_remove(&options, MACHINE, &err), &err);
}
END_TEST

START_TEST(what_cannot_be_mounted_is_told_as_mount_tells_it)
{
	static const char *const rows[][3] = {
		{"fs-1", "/none", FAILED "/none failed, reason given by server: No such file"},
		{"fs-1", "/file", FAILED "/file failed, reason given by server: Not a directory"},
		{"fs-1", "/out", FAILED "/out failed, reason given by server: Too many levels"},
		{"fs-1", "/in", FAILED "/in failed, reason given by server: Too many levels"},
		{"fs-1", "/out/ssl", FAILED "/out/ssl failed, reason given by server: Too many"},
		{"fs-1", "/../etc", START "volumes: stderr: the root directory is no path"},
		{"fs-9", "/", START "volumes: stderr: the file system 'fs-9' is not in"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ck_assert_int_eq(make(rows[i][0], rows[i][1]), -1);
		ck_assert_int_eq(err.code, ERR_NOT_FOUND);
		ck_assert_msg(strncmp(err.text, rows[i][2], strlen(rows[i][2])) == 0, "%s",
			      err.text);
	}
	ck_assert_int_eq(make("fs-2", "/"), -1); /* another account's */
	ck_assert_ptr_nonnull(strstr(err.text, "the file system 'fs-2' is not in"));
	options.folder = NULL;
	ck_assert_int_eq(make("fs-1", "/"), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(err.text, "runs as root"));
}
END_TEST

static bool keep_none(void *ctx, const char *machine)
{
	ck_assert_str_eq(machine, MACHINE);
	return *(bool *)ctx;
}

START_TEST(what_belongs_to_no_machine_is_swept)
{
	AUTO(freep) char *path = xasprintf("%s/" MACHINE ".1", notes);
	bool keep = true;

	ASSERT_OK(make("fs-1", "/"), &err);
	ASSERT_OK(shares_sweep(&options, keep_none, &keep, &err), &err);
	ck_assert_int_eq(access(path, F_OK), 0);
	keep = false;
	ASSERT_OK(shares_sweep(&options, keep_none, &keep, &err), &err);
	ck_assert_int_lt(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_machine_has_a_limit_of_them)
{
	AUTO(buf_done) struct buf volumes;

	buf_init(&volumes, 1u << 16);
	for (unsigned i = 0; i <= MACHINE_SHARES_MAX; i++)
		ASSERT_OK(buf_printf(&volumes, &err,
				     "%s{\"name\":\"v%u\",\"efsVolumeConfiguration\":{"
				     "\"fileSystemId\":\"fs-1\"}}",
				     i ? "," : "", i),
			  &err);
	read_spec(buf_text(&volumes));
	ck_assert_int_eq(shares_check(&spec, &err), -1);
	read_spec("{\"name\":\"own\"}");
	ck_assert(!shares_needed(&spec));
	err_clear(&err);
	ASSERT_OK(shares_check(&spec, &err), &err);
}
END_TEST

START_TEST(a_note_that_is_cut_is_refused)
{
	AUTO(freep) char *path = xasprintf("%s/cut", notes);
	AUTO(freep) struct share_place *place = xcalloc(1, sizeof(*place));
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {{"", 0}, {"/a", 2}, {"/a\0", 3}, {"/a\0b", 4}, {"/a\0b\0c", 6}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		err_clear(&err);
		ASSERT_OK(file_write(path, rows[i].bytes, rows[i].len, 0600, &err), &err);
		ck_assert_msg(share_place_read(path, place, &err) < 0, "%zu", i);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provisioner/share");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, begin, end);
	tcase_add_test(all, what_is_written_down_is_what_is_served);
	tcase_add_test(all, what_cannot_be_mounted_is_told_as_mount_tells_it);
	tcase_add_test(all, what_belongs_to_no_machine_is_swept);
	tcase_add_test(all, a_machine_has_a_limit_of_them);
	tcase_add_test(all, a_note_that_is_cut_is_refused);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
