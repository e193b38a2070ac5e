/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <sys/stat.h>

#include "core/file.h"
#include "core/seal.h"

#define VALUE "correct horse battery staple"
#define LABEL "ssm/111122223333//db/password/1"

static char folder[64];
static char *path;
static struct seal_key *key;
static struct err err;

static void open_key(void)
{
	bool made;

	suite_folder(folder, sizeof(folder));
	path = xasprintf("%s/secret.key", folder);
	ASSERT_OK(seal_key_make(path, &made, &err), &err);
	ck_assert(made);
	ASSERT_OK(seal_key_open(path, &key, &err), &err);
}

static void close_key(void)
{
	seal_key_free(key);
	free(path);
	ASSERT_OK(file_remove_tree(folder, &err), &err);
}

static void fails(const struct seal_key *with, const char *label, const struct buf *sealed,
		  enum err_code code)
{
	AUTO(buf_done) struct buf out;

	buf_init_secret(&out, 1000);
	ck_assert_int_eq(seal_open(with, label, sealed->data, sealed->len, &out, &err), -1);
	ck_assert_int_eq(err.code, code);
	ck_assert_uint_eq(out.len, 0);
	ck_assert_ptr_null(strstr(err.text, "horse"));
	err_clear(&err);
}

START_TEST(what_was_sealed_opens_with_its_key_and_label_only)
{
	AUTO(buf_done) struct buf sealed;
	AUTO(buf_done) struct buf out;
	AUTO(freep) char *beside = xasprintf("%s.other", path);
	struct seal_key *other;

	buf_init(&sealed, 1000);
	buf_init_secret(&out, 1000);
	ASSERT_OK(seal_close(key, LABEL, VALUE, strlen(VALUE), &sealed, &err), &err);
	ck_assert_uint_eq(sealed.len, strlen(VALUE) + SEAL_BYTES_MORE);
	ck_assert_ptr_null(memmem(sealed.data, sealed.len, "horse", 5));
	ASSERT_OK(seal_open(key, LABEL, sealed.data, sealed.len, &out, &err), &err);
	ck_assert_str_eq(buf_text(&out), VALUE);
	fails(key, "ssm/111122223333//db/password/2", &sealed, ERR_CORRUPT);
	ASSERT_OK(seal_key_make(beside, NULL, &err), &err);
	ASSERT_OK(seal_key_open(beside, &other, &err), &err);
	fails(other, LABEL, &sealed, ERR_DENIED);
	seal_key_free(other);
}
END_TEST

START_TEST(each_damaged_byte_is_noticed)
{
	AUTO(buf_done) struct buf sealed;

	buf_init(&sealed, 1000);
	ASSERT_OK(seal_close(key, LABEL, VALUE, strlen(VALUE), &sealed, &err), &err);
	for (size_t i = 0; i < sealed.len; i++) {
		sealed.data[i] ^= 1;
		fails(key, LABEL, &sealed, i >= 1 && i < 5 ? ERR_DENIED : ERR_CORRUPT);
		sealed.data[i] ^= 1;
	}
	for (size_t len = sealed.len; len-- > 0;) {
		sealed.len = len;
		fails(key, LABEL, &sealed, ERR_CORRUPT);
	}
}
END_TEST

START_TEST(no_two_seals_are_the_same)
{
	AUTO(buf_done) struct buf one;
	AUTO(buf_done) struct buf two;

	buf_init(&one, 1000);
	buf_init(&two, 1000);
	ASSERT_OK(seal_close(key, LABEL, "", 0, &one, &err), &err);
	ASSERT_OK(seal_close(key, LABEL, "", 0, &two, &err), &err);
	ck_assert_uint_eq(one.len, SEAL_BYTES_MORE);
	ck_assert_int_ne(memcmp(one.data, two.data, one.len), 0);
}
END_TEST

START_TEST(a_key_is_made_once_and_is_its_owners_alone)
{
	struct seal_key *again;
	struct stat before, after;
	bool made = true;

	ck_assert_int_eq(stat(path, &before), 0);
	ck_assert_uint_eq(before.st_mode & 07777, 0600);
	ASSERT_OK(seal_key_make(path, &made, &err), &err);
	ck_assert(!made);
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert_int_eq(chmod(path, 0604), 0);
	ck_assert_int_eq(seal_key_open(path, &again, &err), -1);
	ck_assert_int_eq(err.code, ERR_DENIED);
	ck_assert_int_eq(chmod(path, 0400), 0);
	ASSERT_OK(seal_key_open(path, &again, &err), &err);
	seal_key_free(again);
}
END_TEST

START_TEST(a_file_that_holds_no_key_is_refused)
{
	static const char *const texts[] = {"", "00\n", "zz", "0123456789abcdef0123456789abcdef"};
	struct seal_key *none;

	ck_assert_int_eq(seal_key_open("/nowhere/key", &none, &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		ASSERT_OK(file_write(path, texts[i], strlen(texts[i]), 0600, &err), &err);
		ck_assert_int_eq(seal_key_open(path, &none, &err), -1);
		ck_assert_int_eq(err.code, ERR_INVALID);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/seal");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, open_key, close_key);
	tcase_add_test(all, what_was_sealed_opens_with_its_key_and_label_only);
	tcase_add_test(all, each_damaged_byte_is_noticed);
	tcase_add_test(all, no_two_seals_are_the_same);
	tcase_add_test(all, a_key_is_made_once_and_is_its_owners_alone);
	tcase_add_test(all, a_file_that_holds_no_key_is_refused);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
